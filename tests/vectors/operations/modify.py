"""`modify`: changes the amounts or the registration number of a declaration."""

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
    "customs": "SHANGHAI_ZS",
    "merchant_customs_no": "123456",
    "duty": 888,
    "order_fee": 888,
    "transport_fee": 888,
    "product_fee": 888,
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
    "verify_department": "UNIONPAY",
    "verify_department_trade_id": "2018112288340107038204310100000",
}

MODIFY = Operation(
    name="modify",
    method="PATCH",
    path="/customs/orders",
    fields=[
        "appid",
        "mchid",
        "out_trade_no",
        "transaction_id",
        "customs",
        "merchant_customs_no",
        "duty",
        "sub_order_no",
        "order_fee",
        "transport_fee",
        "product_fee",
    ],
    optional=["duty", "sub_order_no", "order_fee", "transport_fee", "product_fee"],
    request=ORDER,
    printed=PRINTED,
    answer=ANSWER,
    changes=True,
    repeatable=False,
)
