"""What type checkers must say of the package; it is checked, and never run."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Iterator
from typing import Any, Literal

from typing_extensions import assert_type

import wechatpay_customs as wx


@dataclasses.dataclass
class Order:
    """An order."""

    out_trade_no: str


class Model:
    """A model, shaped as pydantic's are."""

    def model_dump(self, *, mode: str = "python") -> dict[str, Any]:
        return {"mode": mode}


def of_the_client(client: wx.Client, response: dict[str, object], operation: wx.Operation) -> None:
    """The synchronous client."""
    declared = client.declare(
        out_trade_no="1", transaction_id="2", customs="SHANGHAI_ZS", merchant_customs_no="3", duty=1, sub_order_no=None
    )
    assert_type(declared, wx.DeclareAnswer)
    assert_type(declared.state, Literal['UNDECLARED', 'SUBMITTED', 'PROCESSING', 'SUCCESS', 'FAIL', 'EXCEPT'] | str)
    assert_type(declared.sub_order_no, str | None)
    assert_type(declared.request_id, str | None)
    assert_type(declared.warnings, list[wx.Finding])
    assert_type(declared.to_dict(), dict[str, Any])
    order: wx.DeclareRequest = {
        "out_trade_no": "1", "transaction_id": "2", "customs": "ANY_OTHER", "merchant_customs_no": "3"
    }
    for answer in (client.declare(order), client.declare(order, duty=1), client.declare(**order)):
        assert_type(answer, wx.DeclareAnswer)
    assert_type(client.declare(Order("1")), wx.DeclareAnswer)
    assert_type(client.declare(Model(), customs="NINGBO"), wx.DeclareAnswer)
    found = client.query({"order_type": "out_trade_no", "order_no": "1", "customs": "NINGBO"})
    assert_type(found.total_count, int | None)
    for record in found.data:
        assert_type(record, wx.Declaration)
        assert_type(record.order_fee, int | None)
    every = client.query_all(order_type="out_trade_no", order_no="1", customs="NINGBO")
    iterator: Iterator[wx.Record] = every
    assert_type(every, Iterator[wx.Declaration])
    assert_type(client.redeclare(customs="NINGBO", merchant_customs_no="1", out_trade_no="2").state, wx.State)
    for certificate in client.certificates().data:
        assert_type(certificate, wx.PlatformCertificate)
    assert_type(client.check("declare", {}), list[wx.Finding])
    prepared = client.prepare("declare", {})
    assert_type(prepared["method"], Literal['GET', 'POST', 'PATCH'])
    assert_type(client.parse("declare", response), wx.DeclareAnswer)
    assert_type(client.parse("query", response).data, list[wx.Declaration])
    assert_type(client.parse(operation, response), wx.Answer)
    with client as same:
        assert_type(same, wx.Client)
    client.declare()  # type: ignore[call-overload]  # wrong on purpose
    client.declare(customs="X")  # type: ignore[call-overload]  # wrong on purpose
    client.declare(42)  # type: ignore[call-overload]  # wrong on purpose
    client.declare("{}")  # type: ignore[call-overload]  # wrong on purpose
    client.declare({"nonsense": 1})  # type: ignore[arg-type]  # wrong on purpose
    client.declare({"customs": "X"})  # type: ignore[arg-type]  # wrong on purpose
    client.declare(order, duty="1")  # type: ignore[call-overload]  # wrong on purpose
    client.declare(order, out_trade_number="1")  # type: ignore[call-overload]  # wrong on purpose
    client.query_all(order_tpye="out_trade_no")  # type: ignore[call-overload]  # wrong on purpose
    client.query_all(order_type="out_trade_no", order_no=1, customs="X")  # type: ignore[call-overload]  # wrong on purpose
    client.certificates(42)  # type: ignore[arg-type]  # wrong on purpose
    client.check("refund", {})  # type: ignore[arg-type]  # wrong on purpose
    client.parse("refund", response)  # type: ignore[call-overload]  # wrong on purpose
    declared["state"] = "SUCCESS"  # type: ignore[index]  # wrong on purpose
    print(declared.out_trade_number)  # type: ignore[attr-defined]  # wrong on purpose
    print(iterator)


async def of_the_asynchronous_client(client: wx.AsyncClient, order: wx.DeclareRequest, response: dict[str, object]) -> None:
    """The asynchronous client."""
    assert_type((await client.declare(order)).out_trade_no, str | None)
    assert_type(await client.declare(order, duty=1), wx.DeclareAnswer)
    iterator: AsyncIterator[wx.Record] = client.query_all(order_type="out_trade_no", order_no="1", customs="NINGBO")
    async for record in client.query_all({"order_type": "out_trade_no", "order_no": "1", "customs": "NINGBO"}):
        assert_type(record, wx.Declaration)
    assert_type((await client.prepare("declare", {}))["body"], str | None)
    assert_type(await client.parse("verify_identity", response), wx.VerifyIdentityAnswer)
    async with client as same:
        assert_type(same, wx.AsyncClient)
    await client.declare(customs="X")  # type: ignore[call-overload]  # wrong on purpose
    await client.declare(42)  # type: ignore[call-overload]  # wrong on purpose
    await client.declare({"nonsense": 1})  # type: ignore[arg-type]  # wrong on purpose
    client.query_all(order_tpye="out_trade_no")  # type: ignore[call-overload]  # wrong on purpose
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
        phase: Literal["request", "response", "failure", "skipped", "pause"] = attempt["phase"]
        print(phase)

    wx.Client(mchid="1", signer=sign, transport=send, on_attempt=observe, timeout=1, deadline=2.5, clock=lambda: 0.0)
    wx.AsyncClient(mchid="1", signer=sign_async, transport=wx.Transport(proxy="http://127.0.0.1:1", ca_certificates=pem))
    wx.AsyncClient(mchid="1", signer=sign, rules={"customs_unknown": "error"})
    options: wx.ClientOptions = {"mchid": "1", "private_key": pem, "platform_keys": {"PUB_KEY_ID_1": "pem"}}
    wx.Client(**options)
    reading: wx.Options = {"platform_keys": {"PUB_KEY_ID_1": "pem"}}
    for given in (options, reading):
        assert_type(wx.explain({}, given), wx.Explanation)
    assert_type(wx.parse("declare", {}, reading), wx.DeclareAnswer)
    assert_type(wx.parse("query", {}, options), wx.QueryAnswer)
    wx.Client()  # type: ignore[call-arg]  # wrong on purpose
    wx.AsyncClient()  # type: ignore[call-arg]  # wrong on purpose
    wx.Client(mchid="1", signer=sign_async)  # type: ignore[arg-type]  # wrong on purpose
    wx.Client(mchid="1", serial_number="1")  # type: ignore[call-arg]  # wrong on purpose
    wx.Client(mchid="1", timeout="1")  # type: ignore[arg-type]  # wrong on purpose


def of_errors(error: wx.WechatPayError) -> None:
    """What is raised."""
    assert_type(error.findings, list[wx.Finding])
    assert_type(error.retry_after, float | None)
    assert_type(error.may_have_been_applied, bool)
    details: Any = error.detail
    refused: ValueError = wx.InputError(details)
    print(refused)
