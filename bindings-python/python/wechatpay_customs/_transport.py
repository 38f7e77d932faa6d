"""Requests and responses as the caller's own transport sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from . import _native

if TYPE_CHECKING:
    Event = tuple[str | None, dict[str, object] | _native.Received | None, bytes | None]
    """An event that answers an action: its name, its members, its bytes."""


class Request:
    """A signed request, to be sent once, unchanged, and without following redirects."""

    __slots__ = ("body", "headers", "method", "timeout", "url")

    method: str
    """``GET``, ``POST`` or ``PATCH``."""
    url: str
    """The whole URL."""
    headers: dict[str, str]
    """Names and values, each name once."""
    body: bytes | None
    """The body; ``None`` for a ``GET``."""
    timeout: float
    """The longest that the exchange may take, in seconds."""

    def __init__(self, method: str, url: str, headers: dict[str, str], body: bytes | None, timeout: float) -> None:
        """Takes a value for each attribute."""
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout

    def __repr__(self) -> str:
        return f"<wechatpay_customs.Request {self.method} {self.url}>"


class Response(NamedTuple):
    """A response that the caller's own transport may return; anything with these attributes or keys will do."""

    status: int
    """HTTP status; ``status_code`` is read too."""
    headers: Mapping[str, str] | Iterable[tuple[str, str]]
    """All headers, as a mapping or as pairs."""
    body: bytes
    """The body as decoded from its transfer; ``content`` is read too."""

    def __repr__(self) -> str:
        return f"<wechatpay_customs.Response {self.status}>"


def received(given: object, max_body: int) -> tuple[Event, BaseException | None]:
    """The event for a transport's response. The request was sent, because something came, even if it cannot be read."""
    try:
        return ("response", _native.Received(given, max_body), None), None
    except Exception as error:
        return ("failed", {"sent": "unknown", "cause": "other"}, None), error


def failed(error: BaseException, before: BaseException | None) -> Event:
    """The event for an exception that a transport raised; ``before`` is the exception being handled when it was called.

    The request was certainly not sent if the exception says so by ``sent = False``, if a connection or name was refused,
    or if it says that it comes from such an exception. Other exceptions that the transport handled may have followed a
    request that was sent, as when it falls back to a second host: they never prove it, and unless they would themselves,
    they disprove it.
    """
    cause, sent = _judged(error)
    if getattr(error, "sent", None) is False:
        sent = "no"
    elif sent == "no" and any(_judged(other)[1] != "no" for other in _handled(error, before)):
        sent = "unknown"
    return "failed", {"sent": sent, "cause": cause}, None


def _judged(error: BaseException) -> tuple[str, str]:
    """The cause of a failure, and whether the request was sent despite it."""
    import socket
    import ssl

    kinds: tuple[tuple[type[BaseException], str, str], ...] = (
        (socket.gaierror, "dns", "no"),
        (ConnectionRefusedError, "connect", "no"),
        (ssl.SSLCertVerificationError, "certificate", "no"),
        (ssl.SSLError, "tls", "unknown"),
        (TimeoutError, "timeout", "unknown"),
        (ConnectionError, "reset", "unknown"),
    )
    judged = [next(((cause, sent) for kind, cause, sent in kinds if isinstance(link, kind)), None) for link in _said(error)]
    known = [judgement for judgement in judged if judgement is not None]
    if not known:
        return "other", "unknown"
    # The exception at the root must prove it.
    return known[0][0], "no" if judged[-1] is not None and all(sent == "no" for _, sent in known) else "unknown"


def _said(error: BaseException) -> list[BaseException]:
    """An exception and its stated causes; libraries wrap the system's exception, some of them more than once."""
    said: list[BaseException] = []
    link: object = error
    while isinstance(link, BaseException) and link not in said:
        said.append(link)
        # Some keep the cause as an argument instead of raising from it: urllib, urllib3, requests.
        made_of = [getattr(link, "reason", None), *link.args[:1]]
        link = link.__cause__ or next((other for other in made_of if isinstance(other, BaseException)), None)
    return said


def _handled(error: BaseException, before: BaseException | None) -> list[BaseException]:
    """The other exceptions that a transport handled before it raised this one."""
    known = [*_said(error)]
    links = [link.__context__ for link in known]
    while before is not None and before not in known:
        known.append(before)
        before = before.__context__
    handled: list[BaseException] = []
    for link in links:
        while link is not None and link not in known:
            known.append(link)
            handled.append(link)
            link = link.__context__
    return handled


TransportFunction = Callable[[Request], object]
"""The caller's own transport: takes a :class:`Request`, returns a response, or an awaitable of one."""
