"""`query`: asks what became of the declarations of a payment or sub-order."""

from __future__ import annotations

from objects import Object
from operation import Operation
from samples import OWNER

REQUEST: Object = {"order_type": "out_trade_no", "order_no": "20150806125346", "customs": "SHANGHAI_ZS"}
# The answer that the page prints.
RECORD: Object = {
    "sub_order_no": "20150806125346",
    "sub_order_id": "20150806125346",
    "mch_customs_no": "1234567",
    "customs": "SHANGHAI_ZS",
    "fee_type": "CNY",
    "order_fee": 888,
    "duty": 888,
    "transport_fee": 888,
    "product_fee": 888,
    "state": "PROCESSING",
    "explanation": "The payment order already exists and is in a non-refund status",
    "modify_time": "2015-09-01T10:00:00+08:00",
}
ANSWER: Object = {
    **OWNER,
    "transaction_id": "1000320306201511078440737890",
    "verify_department": "UNIONPAY",
    "verify_department_trade_id": "2018112288340107038204310100000",
    "offset": 0,
    "limit": 20,
    "total_count": 1,
    "data": [RECORD],
}

QUERY = Operation(
    name="query",
    method="GET",
    path="/customs/orders",
    fields=["appid", "mchid", "order_type", "order_no", "customs", "offset", "limit"],
    optional=["offset", "limit"],
    request=REQUEST,
    answer=ANSWER,
    rules={"order_type_known": "error"},
)
