"""`declare`: declares a payment, or one part of a split payment, to a customs."""

from __future__ import annotations

from objects import Object
from operation import Operation
from samples import ORDER, OWNER, SPLIT

# The request that the page prints. Its own sum rule does not hold for it.
PRINTED: Object = {
    **OWNER,
    **ORDER,
    "duty": 888,
    "sub_order_no": "20150806125346",
    "fee_type": "CNY",
    "order_fee": 888,
    "transport_fee": 888,
    "product_fee": 888,
}
# The answer that the page prints.
ANSWER: Object = {
    **OWNER,
    "state": "PROCESSING",
    "out_trade_no": "20150806125346",
    "transaction_id": "1000320306201511078440737890",
    "sub_order_no": "20150806125346",
    "sub_order_id": "20150806125346",
    "verify_department": "UNIONPAY",
    "verify_department_trade_id": "2018112288340107038204310100000",
}

DECLARE = Operation(
    name="declare",
    method="POST",
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
        "fee_type",
        "order_fee",
        "transport_fee",
        "product_fee",
    ],
    optional=["duty", *SPLIT],
    request=ORDER,
    printed=PRINTED,
    answer=ANSWER,
    changes=True,
)
