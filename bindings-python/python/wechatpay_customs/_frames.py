"""Keeps this package's frames out of tracebacks."""

from __future__ import annotations

from types import TracebackType
from typing import TypeVar

E = TypeVar("E", bound=BaseException)


def shown(error: E) -> E:
    """Returns an error without this package's frames beneath the caller's call."""
    # The first frame is the one that raises it again.
    error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
    left: list[BaseException | None] = [error]
    seen: set[int] = set()
    while left:
        link = left.pop()
        if link is not None and id(link) not in seen:
            seen.add(id(link))
            link.__traceback__ = _theirs(link.__traceback__)
            left += [link.__cause__, link.__context__]
    return error


def _theirs(traceback: TracebackType | None) -> TracebackType | None:
    entries: list[TracebackType] = []
    while traceback is not None:
        if traceback.tb_frame.f_globals.get("__name__") not in _INNER:
            entries.append(traceback)
        traceback = traceback.tb_next
    following: TracebackType | None = None
    for entry in reversed(entries):
        entry.tb_next, following = following, entry
    return following


_INNER = frozenset(f"{__package__}.{name}" for name in ("_async_driver", "_driver", "_observe", "_transport"))
"""Modules that callers do not call."""
