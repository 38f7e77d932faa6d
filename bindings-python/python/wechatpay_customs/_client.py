from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Union, cast

from . import _native
from ._driver import Driver
from ._frames import shown
from ._generated import (
    OPTIONS,
    Attempt,
    CustomsOrderFields,
    Explanation,
    Finding,
    NeededOptions,
    Operation,
    Options,
    OtherOptions,
    Signed,
)
from ._generated_calls import AsyncOperations, Operations
from ._transport import TransportFunction

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self, Unpack

Rules = Mapping[str, str]


class Prepared(Signed):
    """A request, signed and ready to be sent as it is."""

    warnings: list[Finding]
    """Findings that did not stop it."""


class _OwnOptions(OtherOptions, total=False):
    transport: _native.Transport | TransportFunction
    """What sends: connections that clients share, or a function of one's own from a ``Request`` to a ``Response``. The
    process's own connections unless given."""
    proxy: str
    """The proxy's URL, where no ``transport`` is given; that of the environment unless given."""
    ca_certificates: str | bytes
    """Certificates that are trusted instead of the system's, PEM, where no ``transport`` is given."""
    on_attempt: Callable[[Attempt], object]
    """Called at the beginning and end of each attempt; what it raises is reported as unraisable."""
    clock: Callable[[], float]
    """The time in Unix seconds, for tests."""


class ClientOptions(NeededOptions, _OwnOptions, total=False):
    """What a client is made from."""

    signer: Callable[[bytes], bytes]
    """Signs by other means than ``private_key``, such as a KMS: bytes to signature (RSASSA-PKCS1-v1_5, SHA-256)."""


class AsyncClientOptions(NeededOptions, _OwnOptions, total=False):
    """What an asynchronous client is made from; its functions may be asynchronous, others run in threads."""

    signer: Callable[[bytes], bytes] | Callable[[bytes], Awaitable[bytes]]
    """Signs by other means than ``private_key``, such as a KMS: bytes to signature (RSASSA-PKCS1-v1_5, SHA-256)."""


# `help` shows this list first; editors read the docstrings beneath the names.
for _options in (ClientOptions, AsyncClientOptions):
    _options.__doc__ = f"""{_options.__doc__}

A dictionary, or keywords. An option that does not exist is refused.

{OPTIONS}- ``signer``: Signs by other means than ``private_key``, such as a KMS: a function from bytes to the bytes of a signature
  (RSASSA-PKCS1-v1_5, SHA-256).
- ``transport``: What sends: a ``Transport`` that clients share, or a function of one's own from a ``Request`` to a
  ``Response``. The process's own connections unless given.
- ``proxy``: The proxy's URL, where no ``transport`` is given; that of the environment unless given.
- ``ca_certificates``: Certificates that are trusted instead of the system's, PEM, where no ``transport`` is given.
- ``on_attempt``: Called at the beginning and end of each attempt; what it raises is reported as unraisable.
- ``clock``: The time in Unix seconds, for tests.
"""

AnyOptions = Union[ClientOptions, Options]
"""Options to read answers and explain messages with: those of a client that sends, or fewer."""


class _Pure:
    """What a client does without waiting."""

    _driver: Driver

    def check(self, operation: Operation, fields: object, rules: Rules | None = None) -> list[Finding]:
        """Finds what is wrong with a request, with this client's options filled in, without sending it."""
        __tracebackhide__ = True
        try:
            found = self._driver.native.call("check", {"operation": operation, "fields": fields, "rules": rules})
        finally:
            del operation, fields, rules
        return cast("list[Finding]", found)

    def explain(
        self,
        message: Mapping[str, object],
        request: Mapping[str, object] | None = None,
        now: int | None = None,
    ) -> Explanation:
        """Finds out why a signature does not verify, with this client's options; see the function of the package."""
        __tracebackhide__ = True
        try:
            now = int((self._driver.clock or time.time)()) if now is None else now
            told = self._driver.native.call("explain", {"message": message, "request": request, "now": now})
        finally:
            del message, request, now
        return cast("Explanation", told)

    def export_keys(self) -> str:
        """The platform keys as one JSON text, to start another client with."""
        return cast("str", self._driver.native.call("export_keys", {}))

    def import_keys(self, keys: str) -> None:
        """Takes in platform keys that ``export_keys`` gave. They are trusted: take them from a safe place only."""
        __tracebackhide__ = True
        try:
            self._driver.native.call("import_keys", {"keys": keys})
        finally:
            del keys

    def __repr__(self) -> str:
        return f"<wechatpay_customs.{type(self).__name__}>"


class Client(_Pure, Operations):
    """Declares to customs through WeChat Pay. Making one sends nothing.

    Threads may share it, and forked processes use it on. As a context manager it is closed in the end.

    :raises InputError: for an option that does not exist or cannot be used.
    :raises KeyMaterialError: for a key that cannot be used.
    """

    __module__ = "wechatpay_customs"

    def __init__(self, **options: Unpack[ClientOptions]) -> None:
        """Takes the options of ``ClientOptions``. The logger ``wechatpay_customs`` gets a record of each attempt."""
        __tracebackhide__ = True
        try:
            opened = _native.opened(options, True)
        finally:
            del options
        self._driver = Driver(*opened)

    def close(self) -> None:
        """Refuses further calls with a ``StateError``; those under way end as they would."""
        self._driver.native.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def prepare(
        self,
        operation: Operation,
        fields: object,
        timestamp: int | None = None,
        nonce: str | None = None,
        padding: bytes | None = None,
    ) -> Prepared:
        """Checks, builds and signs a request for the caller to send.

        :param timestamp: Unix seconds; the current time unless given.
        :param nonce: 1 to 32 letters and digits; random unless given.
        :param padding: For fields that are encrypted; random unless given.
        """
        __tracebackhide__ = True
        try:
            call = self._driver.native.begin(_prepare(operation, timestamp, nonce, padding), {}, fields)
        finally:
            del operation, fields, timestamp, nonce, padding
        try:
            return cast("Prepared", self._driver.run(call))
        except BaseException as error:
            raise shown(error)


class AsyncClient(_Pure, AsyncOperations):
    """Declares to customs through WeChat Pay, in an event loop of asyncio's. Making one sends nothing.

    Tasks and event loops may share it. What is cancelled is given up. As a context manager it is closed in the end.

    :raises InputError: for an option that does not exist or cannot be used.
    :raises KeyMaterialError: for a key that cannot be used.
    """

    __module__ = "wechatpay_customs"

    def __init__(self, **options: Unpack[AsyncClientOptions]) -> None:
        """Takes the options of ``AsyncClientOptions``. The logger ``wechatpay_customs`` gets a record of each attempt."""
        __tracebackhide__ = True
        try:
            opened = _native.opened(options, True)
        finally:
            del options
        # Who makes none is not to wait for asyncio's import.
        from ._async_driver import AsyncDriver

        self._driver: AsyncDriver = AsyncDriver(*opened)

    async def close(self) -> None:
        """Refuses further calls with a ``StateError``; those under way end as they would."""
        self._driver.native.close()

    aclose = close

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def prepare(
        self,
        operation: Operation,
        fields: object,
        timestamp: int | None = None,
        nonce: str | None = None,
        padding: bytes | None = None,
    ) -> Prepared:
        """Checks, builds and signs a request for the caller to send; see ``Client.prepare``."""
        __tracebackhide__ = True
        try:
            call = self._driver.native.begin(_prepare(operation, timestamp, nonce, padding), {}, fields)
        finally:
            del operation, fields, timestamp, nonce, padding
        try:
            return cast("Prepared", await self._driver.run_async(call))
        except BaseException as error:
            raise shown(error)


def check(operation: Operation, fields: object, rules: Rules | None = None) -> list[Finding]:
    """Finds what is wrong with a request, all at once, without sending it. Never raises for bad data."""
    __tracebackhide__ = True
    try:
        found = _native.call("check", {"operation": operation, "fields": fields, "rules": rules})
    finally:
        del operation, fields, rules
    return cast("list[Finding]", found)


def prepare(
    operation: Operation,
    fields: object,
    options: ClientOptions,
    timestamp: int | None = None,
    nonce: str | None = None,
    padding: bytes | None = None,
) -> Prepared:
    """Checks, builds and signs a request for the caller to send.

    :param timestamp: Unix seconds; the current time unless given.
    :param nonce: 1 to 32 letters and digits; random unless given.
    :param padding: For fields that are encrypted; random unless given.
    """
    __tracebackhide__ = True
    try:
        driver = Driver(*_native.opened(options, True))
        call = driver.native.begin(_prepare(operation, timestamp, nonce, padding), {}, fields)
    finally:
        del operation, fields, options, timestamp, nonce, padding
    try:
        return cast("Prepared", driver.run(call))
    except BaseException as error:
        raise shown(error)


def explain(
    message: Mapping[str, object],
    options: AnyOptions,
    request: Mapping[str, object] | None = None,
    now: int | None = None,
) -> Explanation:
    """Finds out why the signature of a request or answer does not verify: the lines that must have been signed, which
    check fails, and why. Sends and signs nothing.

    :param message: A request, ``method``, ``url``, ``headers`` and ``body``; or an answer, ``status``, ``headers`` and ``body``.
    :param options: What is missing only makes a check impossible.
    :param request: The request that an answer belongs to, to show where the server's message and ours part.
    :param now: Unix seconds; the current time unless given.
    """
    __tracebackhide__ = True
    try:
        now = int(time.time()) if now is None else now
        told = _native.call("explain", {"message": message, "options": options, "request": request, "now": now})
    finally:
        del message, options, request, now
    return cast("Explanation", told)


def customs_order_fields(request: object, result: Mapping[str, object], paid: int | None = None) -> CustomsOrderFields:
    """What the order message to customs (CEB311) must say of the payment, under customs' own names.

    :param paid: The payment in fen less partial refunds; required for an order that is not split.
    """
    __tracebackhide__ = True
    try:
        fields = _native.call("customs_order_fields", {"request": request, "result": result, "paid": paid})
    finally:
        del request, result, paid
    return cast("CustomsOrderFields", fields)


def _prepare(operation: Operation, timestamp: int | None, nonce: str | None, padding: bytes | None) -> dict[str, Any]:
    return {"call": "prepare", "operation": operation, "timestamp": timestamp, "nonce": nonce, "padding": padding}
