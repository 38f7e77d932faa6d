"""Declares a split order and asks for it. The argument is the sandbox's ready line, saved as a file."""

import json
import pathlib
import sys
from typing import Any

import wechatpay_customs as wx

ready = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
# Splits are settled with WeChat Pay here, so that the warning about them need not be logged.
client = wx.Client(**ready["client"], rules={"split_institution_mode": "off"})
order: dict[str, Any] = {
    "out_trade_no": "20150806125347",
    "transaction_id": "1000320306201511078440737890",
    "customs": "SHANGHAI_ZS",
    "merchant_customs_no": "123456",
    "duty": 888,
    "sub_order_no": "20150806125347",
    "fee_type": "CNY",
    "order_fee": 1776,
    "transport_fee": 888,
    "product_fee": 888,
}
declared = client.declare(**order)
found = client.query(order_type="sub_order_no", order_no=order["sub_order_no"], customs=order["customs"])
prepared = client.prepare("declare", order, timestamp=1767225600, nonce="5K8264ILTKCH16CQ2502SI8ZNMTM67VS")
print(
    json.dumps(
        {
            "state": declared.state,
            "records": len(found.data),
            "authorization": prepared["headers"]["Authorization"],
        }
    )
)
