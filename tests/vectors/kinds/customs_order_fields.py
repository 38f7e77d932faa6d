"""Vectors of customs_order_fields.json: the fields that the order message to customs must carry."""

from __future__ import annotations

from objects import Object, without
from operation import Operation
from samples import OWNER, SPLIT


def order_fields(name: str, request: Object, result: Object, expect: Object, paid: int | None = None) -> Object:
    """The common shape of the vectors of `customs_order_fields`."""
    return {
        "id": name,
        "kind": "customs_order_fields",
        "request": request,
        "result": result,
        **({} if paid is None else {"paid": paid}),
        "expect": expect,
    }


def vectors(declare: Operation) -> list[Object]:
    """The vectors of customs_order_fields.json in their order."""
    unsplit_answer = without(declare.answer, "sub_order_no", "sub_order_id")
    request = {**OWNER, **declare.request}
    split_request = {**request, **SPLIT}
    split_answer = {
        **declare.answer,
        "sub_order_no": SPLIT["sub_order_no"],
        "sub_order_id": "1000320306201511078440737891",
    }
    refusal = {"error": {"kind": "input", "code": "INVALID_FIELDS"}}

    def told(order_no: str, payment: str, yuan: str) -> Object:
        return {
            "fields": {
                "orderNo": order_no,
                "payTransactionId": payment,
                "payCode": "4403169D3W",
                "payName": "财付通支付科技有限公司",
                "currency": "142",
                "acturalPaid": yuan,
            }
        }

    def unsplit(name: str, paid: int, yuan: str) -> Object:
        expect = told("20150806125346", "1000320306201511078440737890", yuan)
        return order_fields(name, request, unsplit_answer, expect, paid)

    def split(name: str, fee: int, yuan: str) -> Object:
        fields = {**split_request, "order_fee": fee, "transport_fee": 0, "product_fee": fee}
        expect = told("20150806125346-1", "1000320306201511078440737891", yuan)
        return order_fields(name, fields, split_answer, expect)

    def mismatch(name: str, sent: Object, result: Object, paid: int | None = None) -> Object:
        return order_fields(name, sent, result, {"error": {"kind": "response", "code": "ID_MISMATCH"}}, paid)

    # In each id that both carry, the answer names another order; customs stands in records of a query only.
    others: Object = {
        "appid": "wx0000000000000001",
        "mchid": "1230000110",
        "out_trade_no": "20150806125347",
        "transaction_id": "1000320306201511078440737899",
        "customs": "NINGBO",
    }
    mismatches = [
        mismatch(f"{kind}-answer-with-another-{field.replace('_', '-')}", sent, {**result, field: other}, paid)
        for kind, sent, result, paid in [
            ("unsplit", request, unsplit_answer, 888),
            ("split", split_request, split_answer, None),
        ]
        for field, other in others.items()
    ]

    return [
        *mismatches,
        mismatch(
            "split-answer-of-another-sub-order",
            split_request,
            {"state": "SUCCESS", "sub_order_no": "S2", "sub_order_id": "1000320306201511078440737892"},
        ),
        mismatch("unsplit-answer-of-a-sub-order", request, split_answer, 888),
        order_fields(
            "unsplit-answer-with-empty-sub-order-no",
            request,
            {**unsplit_answer, "sub_order_no": "", "sub_order_id": None},
            told("20150806125346", "1000320306201511078440737890", "8.88"),
            888,
        ),
        order_fields(
            "unsplit-answer-without-ids",
            request,
            {"state": "SUCCESS", "out_trade_no": ""},
            told("20150806125346", "1000320306201511078440737890", "8.88"),
            888,
        ),
        unsplit("unsplit-888-fen", 888, "8.88"),
        unsplit("unsplit-5-fen", 5, "0.05"),
        unsplit("unsplit-whole-yuan", 100000, "1000.00"),
        unsplit("unsplit-largest", 2147483647, "21474836.47"),
        split("split-888-fen", 888, "8.88"),
        split("split-110-fen", 110, "1.10"),
        order_fields("unsplit-paid-negative", request, unsplit_answer, refusal, -5),
        order_fields("unsplit-without-paid", request, unsplit_answer, refusal),
        order_fields("split-without-sub-order-id", split_request, without(split_answer, "sub_order_id"), refusal),
    ]
