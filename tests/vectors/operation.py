"""An operation of the API as the vectors know it, and the vectors that its file in operations/ gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from objects import Object


@dataclass(frozen=True, eq=False)
class Operation:
    """The facts about an operation, written down from its page and never taken from the core."""

    name: str
    method: str
    path: str
    """The path after the prefix."""
    fields: Sequence[str]
    """All fields of a request, in the order in which they are sent."""
    request: Object
    """A sample of what a caller passes."""
    answer: Object
    """A sample of what comes back: the answer that the page prints, if it prints one."""
    optional: Sequence[str] = ()
    printed: Object = field(default_factory=dict)
    """The request that the page prints, if it prints one."""
    changes: bool = False
    """Whether a call changes something at WeChat Pay."""
    repeatable: bool = True
    """Whether a call may be repeated without harm when its answer was lost."""
    prefix: str | None = None
    """The path prefix, where it does not follow the options."""
    personal: Sequence[str] = ()
    """Fields that are sent encrypted, in the order of their padding."""
    sent_as: Mapping[str, Callable[[str], str]] = field(default_factory=dict)
    """Fields whose value is sent in another spelling than given."""
    rules: Mapping[str, str] = field(default_factory=dict)
    """Business rules of this operation alone, with their severity."""

    @property
    def in_query(self) -> bool:
        """Whether the fields travel in the query string."""
        return self.method == "GET"

    @property
    def required(self) -> list[str]:
        """The fields that are not optional, in their order."""
        return [name for name in self.fields if name not in self.optional]

    @property
    def word(self) -> str:
        """The name as it stands in ids of vectors."""
        return self.name.replace("_", "-")


Given = dict[str, list[Object]]
"""Vectors of one kind that an operation's file gives, by the name of their part."""


class Incomplete(Exception):
    """The error for something that an operation's file must give and does not."""


class Parts:
    """The vectors of one kind from all operations' files, to be put in order. Each part is taken once."""

    def __init__(self, kind: str, given: Mapping[str, Given]) -> None:
        self._kind = kind
        self._left = {(operation, part): vectors for operation in given for part, vectors in given[operation].items()}

    def take(self, operation: str, part: str) -> list[Object]:
        """One part of one operation."""
        try:
            return self._left.pop((operation, part))
        except KeyError:
            raise Incomplete(f'`{self._kind}` in operations/{operation}.py must give a part "{part}"') from None

    def take_each(self, part: str) -> list[Object]:
        """The part of that name from every operation that gives it, in the core's order."""
        return [vector for operation, name in [*self._left] if name == part for vector in self.take(operation, name)]

    def rest(self) -> list[Object]:
        """The parts that nobody took, by operation: those of a new operation come here."""
        return [vector for operation, name in [*self._left] for vector in self.take(operation, name)]
