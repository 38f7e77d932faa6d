from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from . import _native
from ._generated import (
    A,
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
from ._plain import plain, plain_map

if TYPE_CHECKING:
    from typing_extensions import Unpack

_LOG = logging.getLogger("wechatpay_customs")

Rules = Mapping[str, str]


class Prepared(Signed):
    """A request, signed and ready to be sent as it is."""

    warnings: list[Finding]
    """Findings that did not stop it."""


class Client(Operations):
    """Declares to customs through WeChat Pay. Making one sends nothing.

    :raises InputError: for an option that does not exist or cannot be used.
    :raises KeyMaterialError: for a key that cannot be used.
    """

    def __init__(self, *, on_attempt: Callable[[Attempt], object] | None = None, **options: Unpack[Options]) -> None:
        """Takes the options, and ``on_attempt``: called with each observation of an attempt; what it raises is reported
        as unraisable. The logger ``wechatpay_customs`` gets the same at level DEBUG.
        """

        def observe(attempt: Attempt) -> None:
            _LOG.debug("%(operation)s, attempt %(attempt)d: %(phase)s %(host)s %(status)s %(request_id)s %(ms)d ms", attempt)
            if on_attempt is not None:
                on_attempt(attempt)

        self._native = _native.Client(plain_map(**options), True, observe)

    def check(
        self, operation: Operation, fields: Mapping[str, object], rules: Rules | None = None
    ) -> list[Finding]:
        """Finds what is wrong with a request, with this client's options filled in, without sending it."""
        return _findings(self._native.call("check", plain_map(operation=operation, fields=fields, rules=rules)))

    def prepare(
        self,
        operation: Operation,
        fields: Mapping[str, object],
        timestamp: int | None = None,
        nonce: str | None = None,
        padding: bytes | None = None,
    ) -> Prepared:
        """Checks, builds and signs a request for the caller to send.

        :param timestamp: Unix seconds; the current time unless given.
        :param nonce: 1 to 32 letters and digits; random unless given.
        :param padding: For fields that are encrypted; random unless given.
        """
        return _prepare(self._native, operation, fields, timestamp, nonce, padding)

    def parse(
        self,
        operation: Operation,
        response: Mapping[str, object],
        request: Mapping[str, object] | None = None,
        now: int | None = None,
    ) -> dict[str, Any]:
        """Verifies and reads an answer that the caller received; raises as the call would."""
        return _parse(self._native, operation, response, request, now)

    def explain(
        self,
        message: Mapping[str, object],
        request: Mapping[str, object] | None = None,
        now: int | None = None,
    ) -> Explanation:
        """Finds out why a signature does not verify, with this client's options; see the function of the package."""
        return cast("Explanation", self._native.call("explain", _explain(message, request, now)))

    def query_all(
        self,
        fields: Mapping[str, object] | None = None,
        /,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
        **keywords: object,
    ) -> Iterator[Declaration]:
        """All records of a query, page by page; takes what ``query`` takes, and does not look at ``offset``."""
        limits = plain_map(timeout=timeout, deadline=deadline)
        given = plain_map(fields=_merged(fields, keywords))
        page = self._page(given)
        while page["request"] is not None:
            call = {"call": "operation", "operation": page["operation"], "fields": page["request"]}
            answer = self._native.run(call, limits)
            page = self._page({**given, "state": page["state"], "answer": answer})
            for record in page["records"]:
                yield Declaration(record)

    def export_keys(self) -> str:
        """The platform keys as one JSON text, to start another client with."""
        return cast("str", self._native.call("export_keys", {}))

    def import_keys(self, keys: str) -> None:
        """Takes in platform keys that ``export_keys`` gave. They are trusted: take them from a safe place only."""
        self._native.call("import_keys", plain_map(keys=keys))

    def _page(self, arguments: dict[str, object]) -> dict[str, Any]:
        return cast("dict[str, Any]", self._native.call("query_all", arguments))

    def _operation(
        self,
        operation: Operation,
        answer: type[A],
        fields: Mapping[str, object] | None,
        keywords: Mapping[str, object],
        timeout: float | None,
        deadline: float | None,
    ) -> A:
        call = plain_map(call="operation", operation=operation, fields=_merged(fields, keywords))
        return answer(self._native.run(call, plain_map(timeout=timeout, deadline=deadline)))

    def __repr__(self) -> str:
        return "<wechatpay_customs.Client>"


def check(operation: Operation, fields: Mapping[str, object], rules: Rules | None = None) -> list[Finding]:
    """Finds what is wrong with a request, all at once, without sending it. Never raises for bad data."""
    return _findings(_native.call("check", plain_map(operation=operation, fields=fields, rules=rules)))


def prepare(
    operation: Operation,
    fields: Mapping[str, object],
    options: Options,
    timestamp: int | None = None,
    nonce: str | None = None,
    padding: bytes | None = None,
) -> Prepared:
    """Checks, builds and signs a request for the caller to send.

    :param timestamp: Unix seconds; the current time unless given.
    :param nonce: 1 to 32 letters and digits; random unless given.
    :param padding: For fields that are encrypted; random unless given.
    """
    return _prepare(_native.Client(_options(options), True), operation, fields, timestamp, nonce, padding)


def parse(
    operation: Operation,
    response: Mapping[str, object],
    options: Options,
    request: Mapping[str, object] | None = None,
    now: int | None = None,
) -> dict[str, Any]:
    """Verifies and reads an answer that the caller received; raises as the call would.

    :param response: ``status``, ``headers`` (a mapping or pairs) and ``body`` (exactly as received).
    :param request: The fields that were sent, to compare the ids in the answer with.
    :param now: Unix seconds; the current time unless given.
    """
    return _parse(_native.Client(_options(options), False), operation, response, request, now)


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
    arguments = {**_explain(message, request, now), "options": _options(options)}
    return cast("Explanation", _native.call("explain", arguments))


def customs_order_fields(
    request: Mapping[str, object], result: Mapping[str, object], paid: int | None = None
) -> CustomsOrderFields:
    """What the order message to customs (CEB311) must say of the payment, under customs' own names.

    :param paid: The payment in fen less partial refunds; required for an order that is not split.
    """
    arguments = plain_map(request=request, result=result, paid=paid)
    return cast("CustomsOrderFields", _native.call("customs_order_fields", arguments))


def _merged(fields: Mapping[str, object] | None, keywords: Mapping[str, object]) -> object:
    """Fields given as one mapping, as keywords, or both; a keyword that is None counts as not given."""
    given = {name: value for name, value in keywords.items() if value is not None}
    if fields is None:
        return given
    # What is not a mapping goes on as it is, to end as a finding like all else that is wrong.
    return {**fields, **given} if isinstance(fields, Mapping) else fields


def _options(options: Options) -> dict[str, object]:
    return cast("dict[str, object]", plain(options))


def _explain(
    message: Mapping[str, object], request: Mapping[str, object] | None, now: int | None
) -> dict[str, object]:
    return plain_map(message=message, request=request, now=int(time.time()) if now is None else now)


def _findings(value: object) -> list[Finding]:
    return cast("list[Finding]", value)


def _prepare(
    native: _native.Client,
    operation: Operation,
    fields: Mapping[str, object],
    timestamp: int | None,
    nonce: str | None,
    padding: bytes | None,
) -> Prepared:
    call = plain_map(
        call="prepare", operation=operation, fields=fields, timestamp=timestamp, nonce=nonce, padding=padding
    )
    return cast("Prepared", native.run(call, {}))


def _parse(
    native: _native.Client,
    operation: Operation,
    response: Mapping[str, object],
    request: Mapping[str, object] | None,
    now: int | None,
) -> dict[str, Any]:
    call = plain_map(call="parse", operation=operation, response=response, request=request, now=now)
    return native.run(call, {})
