"""The exceptions: one class for each kind of error."""

from __future__ import annotations

import sys
from typing import Any

from ._generated import ErrorAttributes


class WechatPayError(ErrorAttributes, Exception):
    """An error: what went wrong, at which field or key, and what to do."""

    message: str
    """The description of what happened, for people."""

    def __init__(self, details: dict[str, Any]) -> None:
        super().__init__(details["message"])
        self._details = details
        self.__dict__.update(details)
        if details["retry_after"] is not None:
            self.retry_after = details["retry_after"] / 1000
        # Before Python 3.11 tracebacks have no notes.
        if sys.version_info >= (3, 11):
            for note in self._notes():
                self.add_note(note)

    def _notes(self) -> list[str]:
        """The lines that a traceback shows below the message."""
        notes = [] if self.advice is None else [self.advice["en"], self.advice["zh"]]
        return notes if self.request_id is None else [*notes, f"request_id: {self.request_id}"]

    def __str__(self) -> str:
        """The description of what happened; findings on a line each."""
        findings = [finding for finding in self.findings if finding["severity"] == "error"]
        if not findings:
            return self.message
        told = [f"{finding['field']} {finding['issue']}".strip() for finding in findings]
        head = self.message.removesuffix("; ".join(told)).rstrip(": ")
        return "\n  - ".join([head, *told])

    def __reduce__(self) -> tuple[type[WechatPayError], tuple[dict[str, Any]]]:
        return type(self), (self._details,)


class InputError(WechatPayError, ValueError):
    """The call cannot be made as asked: correct the fields or options."""


class KeyMaterialError(WechatPayError):
    """A key or certificate cannot be used."""


class SignatureError(WechatPayError):
    """The answer's signature is missing or wrong."""


class FreshnessError(WechatPayError):
    """The answer's timestamp is too far from the local clock."""


class ProbeError(WechatPayError):
    """WeChat Pay probed whether signatures are verified."""


class TransportError(WechatPayError):
    """No answer came."""


class ApiError(WechatPayError):
    """The service refused."""


class ResponseError(WechatPayError):
    """An answer came that cannot be read as documented."""


class StateError(WechatPayError):
    """The library was used in a way that it does not allow."""


_CLASSES: dict[str, type[WechatPayError]] = {
    "input": InputError,
    "key": KeyMaterialError,
    "signature": SignatureError,
    "freshness": FreshnessError,
    "probe": ProbeError,
    "transport": TransportError,
    "api": ApiError,
    "response": ResponseError,
    "state": StateError,
}


for _class in (WechatPayError, *_CLASSES.values()):
    _class.__module__ = __package__


def from_details(details: dict[str, Any]) -> WechatPayError:
    """The exception for the core's error data."""
    return _CLASSES[details["kind"]](details)
