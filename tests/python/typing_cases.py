"""What type checkers must say of the package; it is checked, and never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Literal

from typing_extensions import assert_type

import wechatpay_customs as wx


def of_the_client(client: wx.Client, response: dict[str, object]) -> None:
    """The synchronous client."""
    declared = client.declare(out_trade_no="1", customs="SHANGHAI_ZS", duty=1)
    assert_type(declared.state, Literal['UNDECLARED', 'SUBMITTED', 'PROCESSING', 'SUCCESS', 'FAIL', 'EXCEPT'] | str)
    assert_type(declared.sub_order_no, str | None)
    assert_type(declared.request_id, str | None)
    assert_type(declared.warnings, list[wx.Finding])
    assert_type(declared.to_dict(), dict[str, Any])
    found = client.query({"order_type": "out_trade_no"})
    assert_type(found.total_count, int | None)
    for record in found.data:
        assert_type(record.order_fee, int | None)
    every = client.query_all(order_no="1")
    iterator: Iterator[wx.Record] = every
    assert_type(client.check("declare", {}), list[wx.Finding])
    prepared = client.prepare("declare", {})
    assert_type(prepared["method"], Literal['GET', 'POST', 'PATCH'])
    assert_type(client.parse("declare", response), dict[str, Any])
    with client as same:
        assert_type(same, wx.Client)
    client.declare(duty="1")  # type: ignore[arg-type]  # wrong on purpose
    client.declare(out_trade_number="1")  # type: ignore[call-arg]  # wrong on purpose
    client.check("refund", {})  # type: ignore[arg-type]  # wrong on purpose
    declared["state"] = "SUCCESS"  # type: ignore[index]  # wrong on purpose
    print(declared.out_trade_number)  # type: ignore[attr-defined]  # wrong on purpose
    print(iterator)


async def of_the_asynchronous_client(client: wx.AsyncClient) -> None:
    """The asynchronous client."""
    assert_type((await client.declare(out_trade_no="1")).out_trade_no, str | None)
    iterator: AsyncIterator[wx.Record] = client.query_all(order_no="1")
    assert_type((await client.prepare("declare", {}))["body"], str | None)
    async with client as same:
        assert_type(same, wx.AsyncClient)
    print(iterator)


def of_options(pem: bytes) -> None:
    """What clients are made from."""

    def sign(message: bytes) -> bytes:
        return message

    async def sign_async(message: bytes) -> bytes:
        return message

    def send(request: wx.Request) -> wx.Response:
        assert_type(request.body, bytes | None)
        assert_type(request.headers, dict[str, str])
        return wx.Response(200, {}, b"")

    def observe(attempt: wx.Attempt) -> None:
        phase: Literal["request", "response", "failure"] = attempt["phase"]
        print(phase)

    wx.Client(signer=sign, transport=send, on_attempt=observe, timeout=1, deadline=2.5, clock=lambda: 0.0)
    wx.AsyncClient(signer=sign_async, transport=wx.Transport(proxy="http://127.0.0.1:1", ca_certificates=pem))
    wx.AsyncClient(signer=sign, rules={"customs_unknown": "error"})
    options: wx.ClientOptions = {"private_key": pem, "platform_keys": {"PUB_KEY_ID_1": "pem"}}
    wx.Client(**options)
    wx.Client(signer=sign_async)  # type: ignore[arg-type]  # wrong on purpose
    wx.Client(serial_number="1")  # type: ignore[call-arg]  # wrong on purpose
    wx.Client(timeout="1")  # type: ignore[arg-type]  # wrong on purpose


def of_errors(error: wx.WechatPayError) -> None:
    """What is raised."""
    assert_type(error.findings, list[wx.Finding])
    assert_type(error.retry_after, float | None)
    assert_type(error.may_have_been_applied, bool)
    details: Any = error.detail
    refused: ValueError = wx.InputError(details)
    print(refused)
