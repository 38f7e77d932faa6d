"""`verify_identity`: asks whether an identity matches that of the payer."""

from __future__ import annotations

from objects import Object
from operation import Operation
from samples import NOBODY, ORDER, OWNER, PERSONAL

REQUEST: Object = {
    **ORDER,
    "certificate_type": "IDCARD",
    "certificate_id": NOBODY,
    "certificate_name": "测试甲",
}
# No page that was seen prints an answer.
ANSWER: Object = {
    **OWNER,
    "out_trade_no": "20150806125346",
    "transaction_id": "1000320306201511078440737890",
    "certificate_check_result": "SAME",
}


def with_capital_x(number: str) -> str:
    """An ID number as it is sent: a check digit `x` becomes `X`."""
    return number[:-1] + "X" if number.endswith("x") else number


VERIFY_IDENTITY = Operation(
    name="verify_identity",
    method="POST",
    path="/customs/verify-certificate",
    fields=[
        "appid",
        "mchid",
        "out_trade_no",
        "transaction_id",
        "customs",
        "merchant_customs_no",
        "sub_order_no",
        "certificate_type",
        "certificate_id",
        "certificate_name",
    ],
    optional=["sub_order_no"],
    request=REQUEST,
    answer=ANSWER,
    personal=PERSONAL,
    sent_as={"certificate_id": with_capital_x},
    rules={"certificate_type_idcard": "error", "identity_check_digit": "error"},
)
