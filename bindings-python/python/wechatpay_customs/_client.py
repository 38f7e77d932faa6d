from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Union, cast

from . import _native
from ._driver import Driver
from ._frames import shown
from ._generated import (
    OPTIONS,
    Attempt,
    CustomsCode,
    CustomsOrderFields,
    DeclareRequest,
    Explanation,
    Finding,
    Model,
    NeededOptions,
    NextStep,
    Operation,
    Options,
    OtherOptions,
    Part,
    Payment,
    RealtimeUploadFields,
    Signed,
)
from ._generated_calls import AsyncOperations, Operations
from ._transport import TransportFunction

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self, Unpack

Rules = Mapping[str, str]


class Prepared(Signed):
    """A signed request, to be sent without any change."""

    warnings: list[Finding]
    """Findings that did not stop it."""


class _OwnOptions(OtherOptions, total=False):
    transport: _native.Transport | TransportFunction
    """The transport: connections that clients share, or the caller's function from a ``Request`` to a ``Response``. The
    process's own connections unless given."""
    proxy: str
    """The proxy's URL, if ``transport`` is not given; the environment's proxy unless given."""
    ca_certificates: str | bytes
    """Certificates to trust instead of the system's, PEM, if ``transport`` is not given."""
    on_attempt: Callable[[Attempt], object]
    """Called at the beginning and end of each attempt; its exceptions are reported as unraisable."""
    clock: Callable[[], float]
    """The time in Unix seconds, for tests."""


class ClientOptions(NeededOptions, _OwnOptions, total=False):
    """The options of a client."""

    signer: Callable[[bytes], bytes]
    """Signs by other means than ``private_key``, such as a KMS: bytes to signature (RSASSA-PKCS1-v1_5, SHA-256)."""


class AsyncClientOptions(NeededOptions, _OwnOptions, total=False):
    """The options of an asynchronous client; functions may be asynchronous, others run in threads."""

    signer: Callable[[bytes], bytes] | Callable[[bytes], Awaitable[bytes]]
    """Signs by other means than ``private_key``, such as a KMS: bytes to signature (RSASSA-PKCS1-v1_5, SHA-256)."""


# `help` shows this list first; editors read the docstrings beneath the names.
for _options in (ClientOptions, AsyncClientOptions):
    _options.__doc__ = f"""{_options.__doc__}

A dictionary, or keywords. An unknown option is refused.

{OPTIONS}- ``signer``: Signs by other means than ``private_key``, such as a KMS: a function from bytes to the bytes of a signature
  (RSASSA-PKCS1-v1_5, SHA-256).
- ``transport``: A ``Transport`` that clients share, or the caller's function from a ``Request`` to a ``Response``.
  The process's own connections unless given.
- ``proxy``: The proxy's URL, if ``transport`` is not given; the environment's proxy unless given.
- ``ca_certificates``: Certificates to trust instead of the system's, PEM, if ``transport`` is not given.
- ``on_attempt``: Called at the beginning and end of each attempt; its exceptions are reported as unraisable.
- ``clock``: The time in Unix seconds, for tests.
"""

AnyOptions = Union[ClientOptions, Options]
"""Options for reading answers and explaining messages: a sending client's, or fewer."""


class _Pure:
    """The methods of a client that do not wait."""

    _driver: Driver

    def check(self, operation: Operation, fields: object, rules: Rules | None = None) -> list[Finding]:
        """Finds what is wrong with a request, with this client's options filled in. Sends nothing."""
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
        """Explains why a signature does not verify, with this client's options; see the package's function."""
        __tracebackhide__ = True
        try:
            now = int((self._driver.clock or time.time)()) if now is None else now
            told = self._driver.native.call("explain", {"message": message, "request": request, "now": now})
        finally:
            del message, request, now
        return cast("Explanation", told)

    def export_keys(self) -> str:
        """Exports the platform keys as one JSON text, to start another client with."""
        return cast("str", self._driver.native.call("export_keys", {}))

    def import_keys(self, keys: str) -> None:
        """Imports platform keys that ``export_keys`` gave. They are trusted, so take them from a safe place only."""
        __tracebackhide__ = True
        try:
            self._driver.native.call("import_keys", {"keys": keys})
        finally:
            del keys

    def __repr__(self) -> str:
        return f"<wechatpay_customs.{type(self).__name__}>"


class Client(_Pure, Operations):
    """A client that declares payments to customs through WeChat Pay. Making one sends nothing.

    Threads may share it, and forked processes may go on using it. A ``with`` block closes it at its end.

    :raises InputError: for an option that is unknown or cannot be used.
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
        """Refuses further calls with a ``StateError``; calls under way go on to their end."""
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
    """A client that declares payments to customs through WeChat Pay, in an asyncio event loop. Making one sends nothing.

    Tasks and event loops may share it. Cancelling a task gives its call up. An ``async with`` block closes it at its end.

    :raises InputError: for an option that is unknown or cannot be used.
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
        # Imported late so that sync-only users do not pay for asyncio.
        from ._async_driver import AsyncDriver

        self._driver: AsyncDriver = AsyncDriver(*opened)

    async def close(self) -> None:
        """Refuses further calls with a ``StateError``; calls under way go on to their end."""
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
    """Finds everything that is wrong with a request. Sends nothing, and never raises for bad data."""
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
    """Explains why the signature of a request or answer does not verify: the lines that must be signed, the check that
    fails, and the causes. Sends and signs nothing.

    :param message: A request, ``method``, ``url``, ``headers`` and ``body``; or an answer, ``status``, ``headers`` and ``body``.
    :param options: Those of a client. A missing one only makes a check impossible.
    :param request: The request that an answer belongs to, to show where the server's message differs from ours.
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
    """The payment fields for the order message to customs (CEB311), under customs' own names.

    :param paid: The payment in fen less partial refunds; required for an order that is not split.
    """
    __tracebackhide__ = True
    try:
        fields = _native.call("customs_order_fields", {"request": request, "result": result, "paid": paid})
    finally:
        del request, result, paid
    return cast("CustomsOrderFields", fields)


def realtime_upload_fields(
    request: object, result: Mapping[str, object], paid: int | None = None
) -> RealtimeUploadFields:
    """The payment fields for the real-time data upload (Announcement 179 of 2018), under customs' own names.

    :param result: The answer to the declaration, or its record with the ids beside it.
    :param paid: The payment in fen less partial refunds; required for an order that is not split.
    """
    __tracebackhide__ = True
    try:
        fields = _native.call("realtime_upload_fields", {"request": request, "result": result, "paid": paid})
    finally:
        del request, result, paid
    return cast("RealtimeUploadFields", fields)


def plan_split(
    payment: Payment | Model, parts: Sequence[Part | Model], customs: CustomsCode | None = None
) -> list[DeclareRequest]:
    """Plans the sub-orders of a payment: the fields of a declare for each part, whose amounts sum exactly to what was paid.

    :param payment: See :class:`Payment`.
    :param parts: See :class:`Part`.
    :raises InputError: with all findings, such as parts that come to more than was paid.
    """
    __tracebackhide__ = True
    try:
        planned = _native.call("plan_split", {"payment": payment, "parts": parts, "customs": customs})
    finally:
        del payment, parts, customs
    return cast("list[DeclareRequest]", planned)


def cny_fen(amount: str, rate: str, coupon: str | None = None) -> int:
    """Converts an amount in another currency, with its coupon, at the order's own rate to fen; further decimals are cut off.

    :param amount: Decimal text, such as ``"12.34"``.
    :param rate: CNY for one unit of that currency, as a decimal text.
    """
    __tracebackhide__ = True
    try:
        fen = _native.call("cny_fen", {"amount": amount, "rate": rate, "coupon": coupon})
    finally:
        del amount, rate, coupon
    return cast("int", fen)


def next_step(
    record: Mapping[str, object] | None,
    wanted: object = None,
    history: object = None,
    now: int | None = None,
    lost: int | bool | None = None,
) -> NextStep:
    """Decides what a declaration needs now, why, and according to which source. Sends nothing.

    :param record: A record of a query with the ids beside it, or an answer; None if there is not one.
    :param wanted: The fields of the declaration that is wanted.
    :param history: A trail, or what ``ensure`` gave.
    :param now: Unix seconds; the current time unless given.
    :param lost: When the electronic port was found to lack it (Unix seconds), or True.
    """
    __tracebackhide__ = True
    try:
        now = int(time.time()) if now is None else now
        given = {"record": record, "wanted": wanted, "history": history, "now": now, "lost": lost}
        step = _native.call("next_step", given)
    finally:
        del record, wanted, history, now, lost
        given = {}
    return cast("NextStep", step)


def _prepare(operation: Operation, timestamp: int | None, nonce: str | None, padding: bytes | None) -> dict[str, Any]:
    return {"call": "prepare", "operation": operation, "timestamp": timestamp, "nonce": nonce, "padding": padding}
