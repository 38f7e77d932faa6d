"""Requests and responses as a transport of the caller's own sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from . import _native

if TYPE_CHECKING:
    Event = tuple[str | None, dict[str, object] | _native.Received | None, bytes | None]
    """An answer to what a call asks for: its name, its members, its bytes."""


class Request:
    """A signed request, to be sent as it is: without following redirects, and once."""

    __slots__ = ("body", "headers", "method", "timeout", "url")

    method: str
    """``GET``, ``POST`` or ``PATCH``."""
    url: str
    """The whole URL."""
    headers: dict[str, str]
    """Names and values, each name once."""
    body: bytes | None
    """The body; nothing for a ``GET``."""
    timeout: float
    """The longest that it may take, in seconds."""

    def __init__(self, method: str, url: str, headers: dict[str, str], body: bytes | None, timeout: float) -> None:
        """Takes what the attributes say."""
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout

    def __repr__(self) -> str:
        return f"<wechatpay_customs.Request {self.method} {self.url}>"


class Response(NamedTuple):
    """What a transport of the caller's own may return; anything with these attributes or keys will do."""

    status: int
    """HTTP status; ``status_code`` is read too."""
    headers: Mapping[str, str] | Iterable[tuple[str, str]]
    """All headers, as a mapping or as pairs."""
    body: bytes
    """The body as decoded from its transfer; ``content`` is read too."""

    def __repr__(self) -> str:
        return f"<wechatpay_customs.Response {self.status}>"


def received(given: object, max_body: int) -> tuple[Event, BaseException | None]:
    """What an engine takes of what a transport gave. Something came, so that the request was sent, even if it cannot be read."""
    try:
        return ("response", _native.Received(given, max_body), None), None
    except Exception as error:
        return ("failed", {"sent": "unknown", "cause": "other"}, None), error


def failed(error: BaseException, before: BaseException | None) -> Event:
    """What an engine takes of an exception that a transport raised; ``before`` is what was handled when it was called.

    Not sent are surely those that say so by ``sent = False``, those whose connection or name was refused, and those that say
    that they come from one of these. What else the transport handled may have followed something that was sent, as where it
    falls back to a second host: so that is never a proof, and takes one away unless it is one itself.
    """
    cause, sent = _judged(error)
    if getattr(error, "sent", None) is False:
        sent = "no"
    elif sent == "no" and any(_judged(other)[1] != "no" for other in _handled(error, before)):
        sent = "unknown"
    return "failed", {"sent": sent, "cause": cause}, None


def _judged(error: BaseException) -> tuple[str, str]:
    """What went wrong, and whether the request was sent all the same."""
    import socket
    import ssl

    kinds: tuple[tuple[type[BaseException], str, str], ...] = (
        (socket.gaierror, "dns", "no"),
        (ConnectionRefusedError, "connect", "no"),
        (ssl.SSLCertVerificationError, "tls", "no"),
        (ssl.SSLError, "tls", "unknown"),
        (TimeoutError, "timeout", "unknown"),
        (ConnectionError, "reset", "unknown"),
    )
    judged = [next(((cause, sent) for kind, cause, sent in kinds if isinstance(link, kind)), None) for link in _said(error)]
    known = [judgement for judgement in judged if judgement is not None]
    if not known:
        return "other", "unknown"
    # What it comes from in the end must prove it.
    return known[0][0], "no" if judged[-1] is not None and all(sent == "no" for _, sent in known) else "unknown"


def _said(error: BaseException) -> list[BaseException]:
    """An exception, and those that it says it comes from; libraries wrap what the system said, some of them more than once."""
    said: list[BaseException] = []
    link: object = error
    while isinstance(link, BaseException) and link not in said:
        said.append(link)
        # Some do not raise it from the other, but make it of the other: urllib, urllib3, requests.
        made_of = [getattr(link, "reason", None), *link.args[:1]]
        link = link.__cause__ or next((other for other in made_of if isinstance(other, BaseException)), None)
    return said


def _handled(error: BaseException, before: BaseException | None) -> list[BaseException]:
    """What else a transport handled while it came to an exception."""
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
"""A transport of the caller's own: takes a :class:`Request`, returns a response, or an awaitable of one."""
