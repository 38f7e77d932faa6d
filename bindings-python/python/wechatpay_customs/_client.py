from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypedDict, cast

from . import _native
from ._generated import A, Operation, Operations, Options
from ._plain import plain, plain_map

if TYPE_CHECKING:
    from typing_extensions import Unpack

Rules = Mapping[str, str]


class Prepared(TypedDict):
    """A request, signed and ready to be sent as it is."""

    method: str
    url: str
    headers: dict[str, str]
    body: str | None
    """JSON text; None for a GET."""
    warnings: list[dict[str, Any]]
    """Findings that did not stop it."""


class Client(Operations):
    """Declares to customs through WeChat Pay. Making one sends nothing.

    :raises InputError: for an option that does not exist or cannot be used.
    :raises KeyMaterialError: for a key that cannot be used.
    """

    def __init__(self, **options: Unpack[Options]) -> None:
        self._native = _native.Client(plain_map(**options), True)

    def check(
        self, operation: Operation, fields: Mapping[str, object], rules: Rules | None = None
    ) -> list[dict[str, Any]]:
        """Finds what is wrong with a request, with this client's options filled in, without sending it."""
        return _findings(self._native.call("check", plain_map(operation=operation, fields=fields, rules=rules)))

    def prepare(
        self,
        operation: Operation,
        fields: Mapping[str, object],
        timestamp: int | None = None,
        nonce: str | None = None,
    ) -> Prepared:
        """Checks, builds and signs a request for the caller to send.

        :param timestamp: Unix seconds; the current time unless given.
        :param nonce: 1 to 32 letters and digits; random unless given.
        """
        return _prepare(self._native, operation, fields, timestamp, nonce)

    def parse(
        self,
        operation: Operation,
        response: Mapping[str, object],
        request: Mapping[str, object] | None = None,
        now: int | None = None,
    ) -> dict[str, Any]:
        """Verifies and reads an answer that the caller received; raises as the call would."""
        return _parse(self._native, operation, response, request, now)

    def _operation(
        self,
        operation: Operation,
        answer: type[A],
        fields: Mapping[str, object] | None,
        keywords: Mapping[str, object],
        timeout: float | None,
        deadline: float | None,
    ) -> A:
        given = {name: value for name, value in keywords.items() if value is not None}
        # What is not a mapping goes on as it is, to end as a finding like all else that is wrong.
        merged = {**fields, **given} if isinstance(fields, Mapping) else given if fields is None else fields
        call = plain_map(call="operation", operation=operation, fields=merged)
        return answer(self._native.run(call, plain_map(timeout=timeout, deadline=deadline)))

    def __repr__(self) -> str:
        return "<wechatpay_customs.Client>"


def check(operation: Operation, fields: Mapping[str, object], rules: Rules | None = None) -> list[dict[str, Any]]:
    """Finds what is wrong with a request, all at once, without sending it. Never raises for bad data."""
    return _findings(_native.call("check", plain_map(operation=operation, fields=fields, rules=rules)))


def prepare(
    operation: Operation,
    fields: Mapping[str, object],
    options: Options,
    timestamp: int | None = None,
    nonce: str | None = None,
) -> Prepared:
    """Checks, builds and signs a request for the caller to send.

    :param timestamp: Unix seconds; the current time unless given.
    :param nonce: 1 to 32 letters and digits; random unless given.
    """
    return _prepare(_native.Client(_options(options), True), operation, fields, timestamp, nonce)


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


def customs_order_fields(
    request: Mapping[str, object], result: Mapping[str, object], paid: int | None = None
) -> dict[str, str]:
    """What the order message to customs (CEB311) must say of the payment, under customs' own names.

    :param paid: The payment in fen less partial refunds; required for an order that is not split.
    """
    arguments = plain_map(request=request, result=result, paid=paid)
    return cast("dict[str, str]", _native.call("customs_order_fields", arguments))


def _options(options: Options) -> dict[str, object]:
    return cast("dict[str, object]", plain(options))


def _findings(value: object) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", value)


def _prepare(
    native: _native.Client,
    operation: Operation,
    fields: Mapping[str, object],
    timestamp: int | None,
    nonce: str | None,
) -> Prepared:
    call = plain_map(call="prepare", operation=operation, fields=fields, timestamp=timestamp, nonce=nonce)
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
