"""Answers as WeChat Pay sent them. They cannot be changed; documented fields are attributes too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

if TYPE_CHECKING:
    from ._generated import Finding


class Record(Mapping[str, Any]):
    """A record as WeChat Pay sent it, unknown fields included; equal to a mapping of the same.

    A documented field that did not come is ``None`` as an attribute and missing as a key.
    """

    __slots__ = ("_fields",)

    _fields: dict[str, Any]
    _records: ClassVar[dict[str, type[Record]]] = {}
    _documented: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls) -> None:
        cls._documented = cls._documented.union(cls.__annotations__)

    def __init__(self, fields: Mapping[str, Any]) -> None:
        """Takes plain data, and turns mappings that are documented as records into records."""
        taken = dict(fields)
        for name, record in self._records.items():
            taken[name] = [item if isinstance(item, record) else record(item) for item in taken[name]]
        object.__setattr__(self, "_fields", taken)

    def to_dict(self) -> dict[str, Any]:
        """A copy as plain data, to change or to write as JSON."""
        return {name: _plain(value) for name, value in self._fields.items()}

    def __getitem__(self, name: str) -> Any:
        return _copied(self._fields[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    # Hidden from type checkers, so that they know only documented fields and find misspelt ones.
    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name in self._fields:
                return _copied(self._fields[name])
            if name in self._documented:
                return None
            raise AttributeError(f"{type(self).__name__} has no field {name!r}")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} cannot be changed; to_dict() gives a copy that can")

    def __delattr__(self, name: str) -> NoReturn:
        self.__setattr__(name, None)

    def __reduce__(self) -> tuple[type[Record], tuple[dict[str, Any]]]:
        return type(self), (self.to_dict(),)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._fields})

    def __repr__(self) -> str:
        # Undocumented fields may hold anything, even a person's data.
        known = [f"{name}={value!r}" for name, value in self._fields.items() if name in self._documented]
        unknown = [f"{name}=..." for name in self._fields if name not in self._documented]
        return f"{type(self).__name__}({', '.join(known + unknown)})"


class Answer(Record):
    """A verified answer.

    ``request_id``, ``warnings`` and ``attempts`` are this library's, not fields of WeChat Pay's.
    """

    __slots__ = ()

    request_id: str | None
    """WeChat Pay's id of the request, for its support."""
    warnings: list[Finding]
    """Remarks on what is odd; they stop nothing."""
    attempts: int
    """The number of requests that were made for it; 0 if this library made none."""


def _copied(value: Any) -> Any:
    """Returns a value for the caller to keep: lists and mappings are copied."""
    if isinstance(value, list):
        return [_copied(item) for item in value]
    if isinstance(value, dict):
        return {name: _copied(item) for name, item in value.items()}
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return value.to_dict()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return _copied(value)
