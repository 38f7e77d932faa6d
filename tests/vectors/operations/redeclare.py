"""`redeclare`: pushes a declaration again that the electronic port lost."""

from __future__ import annotations

from objects import Object
from operation import Operation
from samples import ORDER, OWNER

# The request that the page prints, in its order.
PRINTED: Object = {
    **OWNER,
    "out_trade_no": "20150806125346",
    "transaction_id": "1000320306201511078440737890",
    "sub_order_no": "20150806125346",
    "sub_order_id": "1000320306201511078440737891",
    "customs": "SHANGHAI_ZS",
    "merchant_customs_no": "123456",
}
# The answer that the page prints.
ANSWER: Object = {
    **OWNER,
    "state": "SUBMITTED",
    "out_trade_no": "20150806125346",
    "transaction_id": "1000320306201511078440737890",
    "sub_order_no": "20150806125346",
    "sub_order_id": "20150806125346",
    "modify_time": "2015-09-01T10:00:00+08:00",
    "explanation": "The payment order already exists and is in a non-refund status.0",
}

REDECLARE = Operation(
    name="redeclare",
    method="POST",
    path="/customs/redeclare",
    fields=[
        "appid",
        "mchid",
        "customs",
        "merchant_customs_no",
        "out_trade_no",
        "transaction_id",
        "sub_order_no",
        "sub_order_id",
    ],
    optional=["out_trade_no", "transaction_id", "sub_order_no", "sub_order_id"],
    request=ORDER,
    printed=PRINTED,
    answer=ANSWER,
    changes=True,
    repeatable=False,
    rules={"payment_id_missing": "error"},
)
