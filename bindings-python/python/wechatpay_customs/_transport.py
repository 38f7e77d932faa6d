"""Requests and responses as a transport of the caller's own sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple


Event = tuple[str | None, dict[str, object] | None, bytes | None]
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


def received(response: object, max_body: int) -> Event:
    """What an engine takes of a response.

    :raises TypeError: for something else.
    """
    status = _part(response, "status", "status_code")
    headers = _part(response, "headers", "headers")
    body = _part(response, "body", "content")
    if isinstance(status, bool) or not isinstance(status, int):
        raise _wrong(response, "an integer as `status`")
    body = b"" if body is None else body.encode() if isinstance(body, str) else body
    if not isinstance(body, (bytes, bytearray, memoryview)):
        raise _wrong(response, "bytes as `body`")
    content = bytes(body)
    members = {"status": status, "headers": list(_pairs(response, headers)), "truncated": len(content) > max_body}
    return "response", members, content[:max_body]


def _part(response: object, *names: str) -> Any:
    for name in names:
        if isinstance(response, Mapping):
            if name in response:
                return response[name]
        elif hasattr(response, name):
            return getattr(response, name)
    raise _wrong(response, f"`{names[0]}`")


def _wrong(response: object, lacks: str) -> TypeError:
    kind = type(response).__name__
    return TypeError(
        f"the transport gave a {kind} without {lacks}; it must return an object or mapping with status, headers and body"
    )


def _pairs(response: object, headers: Any) -> Iterable[tuple[str, str]]:
    # httpx joins the values of one that came twice, unless it is asked so.
    items = getattr(headers, "multi_items", None) or getattr(headers, "items", None)
    try:
        for name, value in items() if callable(items) else headers:
            for one in value if isinstance(value, (list, tuple)) else (value,):
                yield _text(name), _text(one)
    except (TypeError, ValueError, UnicodeError):
        raise _wrong(response, "headers that are a mapping, or pairs, of texts") from None


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if not isinstance(value, str):
        raise TypeError
    return value


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
