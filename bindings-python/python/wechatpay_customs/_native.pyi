from collections.abc import Callable, Mapping
from typing import Any, final

from typing_extensions import Buffer

__all__ = [
    "Call",
    "Client",
    "Given",
    "Mailbox",
    "Received",
    "Transport",
    "__version__",
    "after_fork",
    "before_fork",
    "call",
    "ending",
    "opened",
    "unraisable",
    "unsupported",
]
__version__: str

@final
class Transport:
    """Connections to send over. Clients that are given the same transport share them. Making one does not do I/O.

    :param proxy: The proxy's URL, with user and password if the proxy wants them; the environment's proxy unless given.
    :param ca_certificates: Certificates to trust instead of the system's, PEM.
    :raises InputError: for a proxy or certificate that cannot be used.
    """

    def __new__(cls, *, proxy: str | None = None, ca_certificates: str | bytes | None = None) -> Transport: ...

@final
class Client:
    def begin(
        self,
        call: dict[str, Any],
        limits: dict[str, Any],
        fields: object = None,
        more: dict[str, Any] | None = None,
    ) -> Call: ...
    def page(
        self, function: str, given: Given, answer: Mapping[str, Any] | None
    ) -> tuple[list[dict[str, Any]], Call | None]: ...
    def call(self, function: str, arguments: dict[str, Any]) -> object: ...
    def close(self) -> None: ...

@final
class Given:
    def __new__(cls, fields: object, more: dict[str, Any], limits: dict[str, Any]) -> Given: ...

@final
class Call:
    @property
    def name(self) -> str: ...
    def advance(
        self,
        event: str | None,
        members: dict[str, Any] | Received | None,
        content: Buffer | None,
        observed: bool,
        clock_ahead_ms: int,
    ) -> tuple[Any, str, Any]: ...
    def advance_soon(
        self,
        event: str | None,
        members: dict[str, Any] | Received | None,
        content: Buffer | None,
        observed: bool,
        clock_ahead_ms: int,
        mailbox: Mailbox,
        to: Callable[[tuple[Any, str, Any]], object],
    ) -> None: ...
    def cancel(self) -> None: ...
    def waits_for_answer(self) -> bool: ...

@final
class Received:
    def __new__(cls, response: object, max_body: int) -> Received: ...

@final
class Mailbox:
    def __new__(cls, wake: Callable[[], object]) -> Mailbox: ...
    def take(self) -> list[tuple[Callable[[tuple[Any, str, Any]], object], tuple[Any, str, Any]]]: ...

def after_fork() -> None: ...
def before_fork() -> None: ...
def call(function: str, arguments: dict[str, Any]) -> object: ...
def ending() -> None: ...
def opened(options: object, sends: bool) -> tuple[Client, Any, Any, Any, Any]: ...
def unraisable(error: BaseException, where: object) -> None: ...
def unsupported(why: str) -> BaseException: ...
