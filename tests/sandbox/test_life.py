"""Declarations that appear late or are changed by others, and a fast clock."""

from __future__ import annotations

from typing import Any

import pytest
import wechatpay_customs as wx
from wechatpay_customs_sandbox import Sandbox, SandboxError

ORDER: dict[str, Any] = {
    "out_trade_no": "20150806125349",
    "transaction_id": "1000320306201511078440737893",
    "customs": "SHANGHAI_ZS",
    "merchant_customs_no": "123456",
}


def state(client: wx.Client) -> str:
    """The state of its one record."""
    found = client.query(order_type="out_trade_no", order_no=ORDER["out_trade_no"], customs="SHANGHAI_ZS")
    return str(found.data[0].state)


def test_a_record_appears_late(wechatpay_sandbox: Sandbox, wechatpay_client: wx.Client) -> None:
    wechatpay_sandbox.fault("late_record", seconds=600, order=ORDER["out_trade_no"])
    wechatpay_client.declare(ORDER)
    with pytest.raises(wx.ApiError) as caught:
        state(wechatpay_client)
    assert caught.value.code == "ORDER_NOT_EXIST"
    wechatpay_sandbox.advance(600)
    assert state(wechatpay_client) == "SUCCESS"


def test_a_record_fails_again(wechatpay_sandbox: Sandbox, wechatpay_client: wx.Client) -> None:
    wechatpay_sandbox.fault("state", state="EXCEPT", order=ORDER["out_trade_no"], ago_s=86_400, pushes=1)
    assert wechatpay_client.declare(ORDER).state == "EXCEPT"
    for expected in ["EXCEPT", "SUCCESS"]:
        wechatpay_client.redeclare(out_trade_no=ORDER["out_trade_no"], customs="SHANGHAI_ZS", merchant_customs_no="123456")
        wechatpay_sandbox.advance(180)
        assert state(wechatpay_client) == expected


def test_somebody_else_changes_a_declaration(wechatpay_sandbox: Sandbox, wechatpay_client: wx.Client) -> None:
    wechatpay_client.declare(ORDER)
    assert wechatpay_sandbox.change(out_trade_no=ORDER["out_trade_no"], duty=7) == 1
    assert state(wechatpay_client) == "SUBMITTED"
    with pytest.raises(SandboxError, match="there is no such declaration"):
        wechatpay_sandbox.change(out_trade_no="none", duty=7)


def test_a_fast_clock() -> None:
    with Sandbox(speed=86_400) as sandbox:
        now = sandbox.advance(0)
        while sandbox.advance(0) < now + 86_400:
            pass
        assert sandbox.client().declare(ORDER).state == "UNDECLARED"
