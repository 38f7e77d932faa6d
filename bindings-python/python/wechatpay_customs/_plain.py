"""Turns what a caller gave into plain data; what JSON cannot express is named by its type."""

from __future__ import annotations

import math
from collections.abc import Mapping


def plain(value: object) -> object:
    """Strings, numbers, booleans, None, lists and dictionaries of them."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        # Beyond 64 bits only its size matters: it is out of every range.
        return int(value) if -(2**63) <= value < 2**63 else math.copysign(1e300, value)
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$type": "not a number"}
    if isinstance(value, Mapping):
        return {str(name): plain(member) for name, member in value.items()}
    if isinstance(value, (bytes, bytearray, list, tuple)):
        return [plain(member) for member in value]
    return {"$type": f"a {type(value).__name__}"}


def plain_map(**members: object) -> dict[str, object]:
    """Named members as plain data."""
    return {name: plain(member) for name, member in members.items()}
