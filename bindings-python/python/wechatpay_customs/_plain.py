"""Turns what a caller gave into plain data; what JSON cannot say is named by its type, so that it ends as a finding."""

from __future__ import annotations

import math
from collections.abc import Mapping

_DEEPEST = 64


def plain(value: object, depth: int = 0) -> object:
    """Strings, numbers, booleans, None, lists and dictionaries of them."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value) if _is_unicode(value) else {"$type": "text that is not Unicode"}
    if isinstance(value, int):
        # Beyond 64 bits only its size matters: it is out of every range.
        return int(value) if -(2**63) <= value < 2**64 else 1e300 if value > 0 else -1e300
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"$type": "not a number"}
    if depth == _DEEPEST:
        return {"$type": "too deep"}
    if isinstance(value, Mapping):
        return {str(name).encode(errors="replace").decode(): plain(member, depth + 1) for name, member in value.items()}
    if isinstance(value, (bytes, bytearray, list, tuple)):
        return [plain(member, depth + 1) for member in value]
    return {"$type": f"a {type(value).__name__}"}


def plain_map(**members: object) -> dict[str, object]:
    """Named members as plain data."""
    return {name: plain(member) for name, member in members.items()}


def _is_unicode(text: str) -> bool:
    """Is there no lone surrogate in it?"""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
