"""Answers: dictionaries whose documented fields are attributes too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from ._generated import Finding


class Record(dict[str, Any]):
    """A record as WeChat Pay sent it, unknown fields included.

    A documented field that did not come is ``None`` as an attribute and missing as a key.
    """

    _records: ClassVar[dict[str, type[Record]]] = {}

    def __init__(self, fields: dict[str, Any]) -> None:
        super().__init__(fields)
        for name, record in self._records.items():
            self[name] = [record(item) for item in self[name]]

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            if any(name in vars(base).get("__annotations__", ()) for base in type(self).__mro__):
                return None
            raise AttributeError(f"{type(self).__name__} has no field {name!r}") from None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({super().__repr__()})"


class Answer(Record):
    """A verified answer.

    ``request_id`` and ``warnings`` are this library's, not fields of WeChat Pay's.
    """

    request_id: str | None
    """WeChat Pay's id of the request, for its support."""
    warnings: list[Finding]
    """What is odd, but stops nothing."""
