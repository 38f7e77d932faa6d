"""JSON objects, and their compact text."""

from __future__ import annotations

import json
from typing import Any

Object = dict[str, Any]


def compact(value: Any) -> str:
    """Compact JSON, keys in the order of the object, non-ASCII characters unescaped."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def without(fields: Object, *names: str) -> Object:
    """The object less some of its members."""
    return {name: value for name, value in fields.items() if name not in names}
