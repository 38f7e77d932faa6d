"""Requests and responses as a transport of the caller's own sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from . import _native

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


def failed(error: BaseException) -> Event:
    """What an engine takes of an exception that a transport raised.

    Not sent are surely those that say so by ``sent = False``, and those whose connection or name was refused.
    """
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
    # Libraries wrap what the system said, some of them more than once.
    seen: BaseException | None = error
    chain: list[BaseException] = []
    while seen is not None and seen not in chain:
        chain.append(seen)
        seen = seen.__cause__ or seen.__context__
    found = [(cause, sent) for seen in chain for kind, cause, sent in kinds if isinstance(seen, kind)]
    cause, sent = found[0] if found else ("other", "unknown")
    sent = "no" if getattr(error, "sent", None) is False else sent
    return "failed", {"sent": sent, "cause": cause}, None


TransportFunction = Callable[[Request], object]
"""A transport of the caller's own: takes a :class:`Request`, returns a response, or an awaitable of one."""
