from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from . import _native
from ._driver import Driver
from ._generated import (
    A,
    AsyncOperations,
    Attempt,
    CustomsOrderFields,
    Declaration,
    Explanation,
    Finding,
    Operation,
    Operations,
    Options,
    Signed,
)
from ._transport import TransportFunction

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self, Unpack

Rules = Mapping[str, str]


class Prepared(Signed):
    """A request, signed and ready to be sent as it is."""

    warnings: list[Finding]
    """Findings that did not stop it."""


class _OwnOptions(Options, total=False):
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


class ClientOptions(_OwnOptions, total=False):
    """What a client is made from."""

    signer: Callable[[bytes], bytes]
    """Signs by other means than ``private_key``, such as a KMS: bytes to signature (RSASSA-PKCS1-v1_5, SHA-256)."""


class AsyncClientOptions(_OwnOptions, total=False):
    """What an asynchronous client is made from; its functions may be asynchronous, others run in threads."""

    signer: Callable[[bytes], bytes] | Callable[[bytes], Awaitable[bytes]]
    """Signs by other means than ``private_key``, such as a KMS: bytes to signature (RSASSA-PKCS1-v1_5, SHA-256)."""


class _Pure:
    """What a client does without waiting."""

    _driver: Driver

    def check(
        self, operation: Operation, fields: object, rules: Rules | None = None
    ) -> list[Finding]:
        """Finds what is wrong with a request, with this client's options filled in, without sending it."""
        return _findings(self._driver.native.call("check", {"operation": operation, "fields": fields, "rules": rules}))

    def explain(
        self,
        message: Mapping[str, object],
        request: Mapping[str, object] | None = None,
        now: int | None = None,
    ) -> Explanation:
        """Finds out why a signature does not verify, with this client's options; see the function of the package."""
        arguments = _explain(message, request, now, self._driver)
        return cast("Explanation", self._driver.native.call("explain", arguments))

    def export_keys(self) -> str:
        """The platform keys as one JSON text, to start another client with."""
        return cast("str", self._driver.native.call("export_keys", {}))

    def import_keys(self, keys: str) -> None:
        """Takes in platform keys that ``export_keys`` gave. They are trusted: take them from a safe place only."""
        self._driver.native.call("import_keys", {"keys": keys})

    def _page(self, arguments: dict[str, object]) -> dict[str, Any]:
        return cast("dict[str, Any]", self._driver.native.call("query_all", arguments))

    def __repr__(self) -> str:
        return f"<wechatpay_customs.{type(self).__name__}>"


class Client(_Pure, Operations):
    """Declares to customs through WeChat Pay. Making one sends nothing.

    Threads may share it, and forked processes use it on. As a context manager it is closed in the end.

    :raises InputError: for an option that does not exist or cannot be used.
    :raises KeyMaterialError: for a key that cannot be used.
    """

    def __init__(self, **options: Unpack[ClientOptions]) -> None:
        """Takes the options of ``ClientOptions``. The logger ``wechatpay_customs`` gets a record of each attempt."""
        self._driver = Driver(options)

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
        return cast("Prepared", self._driver.run(_prepare(operation, fields, timestamp, nonce, padding), {}))

    def parse(
        self,
        operation: Operation,
        response: Mapping[str, object],
        request: object = None,
        now: int | None = None,
    ) -> dict[str, Any]:
        """Verifies and reads an answer that the caller received; raises as the call would."""
        return self._driver.run(_parse(operation, response, request, now), {})

    def query_all(
        self,
        fields: object = None,
        /,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
        **keywords: object,
    ) -> Iterator[Declaration]:
        """All records of a query, page by page; takes what ``query`` takes, and does not look at ``offset``."""
        given: dict[str, object] = {"fields": _merged(fields, keywords)}
        page = self._page(given)
        while page["request"] is not None:
            answer = self._driver.run(_operation(page["operation"], page["request"]), _limits(timeout, deadline))
            page = self._page({**given, "state": page["state"], "answer": answer})
            for record in page["records"]:
                yield Declaration(record)

    def _operation(
        self,
        operation: Operation,
        answer: type[A],
        fields: object,
        keywords: Mapping[str, object],
        timeout: float | None,
        deadline: float | None,
    ) -> A:
        return answer(self._driver.run(_operation(operation, _merged(fields, keywords)), _limits(timeout, deadline)))


class AsyncClient(_Pure, AsyncOperations):
    """Declares to customs through WeChat Pay, in an event loop of asyncio's. Making one sends nothing.

    Tasks and event loops may share it. What is cancelled is given up. As a context manager it is closed in the end.

    :raises InputError: for an option that does not exist or cannot be used.
    :raises KeyMaterialError: for a key that cannot be used.
    """

    def __init__(self, **options: Unpack[AsyncClientOptions]) -> None:
        """Takes the options of ``AsyncClientOptions``. The logger ``wechatpay_customs`` gets a record of each attempt."""
        # Who makes none is not to wait for asyncio's import.
        from ._async_driver import AsyncDriver

        self._driver: AsyncDriver = AsyncDriver(options)

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
        call = _prepare(operation, fields, timestamp, nonce, padding)
        return cast("Prepared", await self._driver.run_async(call, {}))

    async def parse(
        self,
        operation: Operation,
        response: Mapping[str, object],
        request: object = None,
        now: int | None = None,
    ) -> dict[str, Any]:
        """Verifies and reads an answer that the caller received; raises as the call would."""
        return await self._driver.run_async(_parse(operation, response, request, now), {})

    async def query_all(
        self,
        fields: object = None,
        /,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
        **keywords: object,
    ) -> AsyncIterator[Declaration]:
        """All records of a query, page by page; takes what ``query`` takes, and does not look at ``offset``."""
        given: dict[str, object] = {"fields": _merged(fields, keywords)}
        page = self._page(given)
        while page["request"] is not None:
            call = _operation(page["operation"], page["request"])
            answer = await self._driver.run_async(call, _limits(timeout, deadline))
            page = self._page({**given, "state": page["state"], "answer": answer})
            for record in page["records"]:
                yield Declaration(record)

    async def _operation(
        self,
        operation: Operation,
        answer: type[A],
        fields: object,
        keywords: Mapping[str, object],
        timeout: float | None,
        deadline: float | None,
    ) -> A:
        call = _operation(operation, _merged(fields, keywords))
        return answer(await self._driver.run_async(call, _limits(timeout, deadline)))


def check(operation: Operation, fields: object, rules: Rules | None = None) -> list[Finding]:
    """Finds what is wrong with a request, all at once, without sending it. Never raises for bad data."""
    return _findings(_native.call("check", {"operation": operation, "fields": fields, "rules": rules}))


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
    return cast("Prepared", Driver(options).run(_prepare(operation, fields, timestamp, nonce, padding), {}))


def parse(
    operation: Operation,
    response: Mapping[str, object],
    options: ClientOptions,
    request: object = None,
    now: int | None = None,
) -> dict[str, Any]:
    """Verifies and reads an answer that the caller received; raises as the call would.

    :param response: ``status``, ``headers`` (a mapping or pairs) and ``body`` (exactly as received).
    :param request: The fields that were sent, to compare the ids in the answer with.
    :param now: Unix seconds; the current time unless given.
    """
    return Driver(options, sends=False).run(_parse(operation, response, request, now), {})


def explain(
    message: Mapping[str, object],
    options: Options,
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
    arguments = {**_explain(message, request, now), "options": options}
    return cast("Explanation", _native.call("explain", arguments))


def customs_order_fields(request: object, result: Mapping[str, object], paid: int | None = None) -> CustomsOrderFields:
    """What the order message to customs (CEB311) must say of the payment, under customs' own names.

    :param paid: The payment in fen less partial refunds; required for an order that is not split.
    """
    arguments = {"request": request, "result": result, "paid": paid}
    return cast("CustomsOrderFields", _native.call("customs_order_fields", arguments))


def _merged(fields: object, keywords: Mapping[str, object]) -> object:
    """Fields given as one mapping, as keywords, or both; a keyword that is None counts as not given."""
    given = {name: value for name, value in keywords.items() if value is not None}
    if fields is None:
        return given
    if not given:
        return fields
    # What is not a mapping goes on as it is, to end as a finding like all else that is wrong.
    plain = fields if isinstance(fields, Mapping) else _native.plain(fields)
    return {**plain, **given} if isinstance(plain, Mapping) else fields


def _limits(timeout: float | None, deadline: float | None) -> dict[str, object]:
    return {} if timeout is None and deadline is None else {"timeout": timeout, "deadline": deadline}


def _operation(operation: Operation, fields: object) -> dict[str, object]:
    return {"call": "operation", "operation": operation, "fields": fields}


def _prepare(
    operation: Operation, fields: object, timestamp: int | None, nonce: str | None, padding: bytes | None
) -> dict[str, object]:
    return {
        "call": "prepare",
        "operation": operation,
        "fields": fields,
        "timestamp": timestamp,
        "nonce": nonce,
        "padding": padding,
    }


def _parse(
    operation: Operation, response: Mapping[str, object], request: object, now: int | None
) -> dict[str, object]:
    return {"call": "parse", "operation": operation, "response": response, "request": request, "now": now}


def _explain(
    message: Mapping[str, object],
    request: Mapping[str, object] | None,
    now: int | None,
    driver: Driver | None = None,
) -> dict[str, object]:
    clock = driver.clock if driver is not None and driver.clock is not None else time.time
    return {"message": message, "request": request, "now": int(clock()) if now is None else now}


def _findings(value: object) -> list[Finding]:
    return cast("list[Finding]", value)
