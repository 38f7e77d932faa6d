"""`modify`: changes the amounts or the registration number of a declaration."""

from __future__ import annotations

from collections.abc import Mapping

from kinds.check.every_field import field_vectors, mode_levels
from kinds.check.findings import Hit
from kinds.check.shape import found
from kinds.explain.requests import sent, sound_request
from kinds.parse.every_operation import answers, failures
from kinds.parse.shape import parsed
from kinds.prepare import prepared, refused
from objects import Object, without
from operation import Given, Operation
from oracle.responses import answer
from samples import CERTIFICATE_ONLY, ORDER, OWNER, SPLIT

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


def prepare() -> Given:
    """Changes, signed or refused."""
    split = {**ORDER, "duty": 88, **without(SPLIT, "fee_type")}
    mode: Hit = ("split_institution_mode", "sub_order_no")
    return {
        "requests": [
            prepared("modify-unsplit", MODIFY, ORDER),
            prepared("modify-split", MODIFY, split),
            prepared("modify-fields-in-another-order", MODIFY, dict(reversed(split.items()))),
            prepared("modify-older-path-prefix", MODIFY, split, {"path_prefix": "global/v3"}),
            prepared("modify-base-url-with-path", MODIFY, ORDER, {"base_urls": ["https://proxy.example/wx"]}),
            prepared("modify-without-public-key", MODIFY, ORDER, CERTIFICATE_ONLY),
            prepared(
                "modify-own-appid-and-mchid",
                MODIFY,
                {**ORDER, "appid": "wx0000000000000001", "mchid": "1230000110"},
            ),
            prepared(
                "modify-printed-request-with-sum-as-warning",
                MODIFY,
                PRINTED,
                {"rules": {"order_fee_sum": "warning"}},
            ),
            refused("modify-printed-request", MODIFY, PRINTED, mode, ("order_fee_sum", "order_fee")),
            refused("modify-with-currency", MODIFY, {**split, "fee_type": "CNY"}, mode, ("unknown_field", "fee_type")),
            refused(
                "modify-split-without-its-amounts",
                MODIFY,
                {**ORDER, "sub_order_no": "20150806125346-1"},
                mode,
                *[("split_fields_incomplete", name) for name in ("order_fee", "transport_fee", "product_fee")],
            ),
        ],
    }


def check() -> Given:
    """Changes and their findings."""
    every = {**OWNER, **ORDER, "duty": 88, **without(SPLIT, "fee_type")}
    unsplit = {**OWNER, **ORDER}
    parts = ("order_fee", "transport_fee", "product_fee")
    mode: Hit = ("split_institution_mode", "sub_order_no")
    sum_rule: Hit = ("order_fee_sum", "order_fee")

    def modify(name: str, fields: Object, *hits: Hit, rules: Mapping[str, str] | None = None) -> Object:
        return found(MODIFY, name, fields, *hits, rules=rules)

    def amounts(order: int, transport: int, product: int) -> Object:
        return {**every, "order_fee": order, "transport_fee": transport, "product_fee": product}

    return {
        "fields": field_vectors(MODIFY, every, split=parts),
        "own": [
            modify("nothing-given", {}, *[("required", name) for name in MODIFY.required]),
            modify("unsplit-sound", unsplit),
            modify("unsplit-with-duty", {**unsplit, "duty": 0}),
            modify("duty-largest", {**unsplit, "duty": 2147483647}),
            modify("with-currency", {**every, "fee_type": "CNY"}, mode, ("unknown_field", "fee_type")),
            modify("with-sub-order-id", {**every, "sub_order_id": "1"}, mode, ("unknown_field", "sub_order_id")),
            modify("printed-request", PRINTED, mode, sum_rule),
            modify("amounts-of-zero", amounts(0, 0, 0), mode),
            modify("amounts-largest-in-goods", amounts(2147483647, 0, 2147483647), mode),
            modify("amounts-largest-in-freight", amounts(2147483647, 2147483647, 0), mode),
            modify("sum-one-too-small", amounts(887, 88, 800), mode, sum_rule),
            modify("sum-one-too-large", amounts(889, 88, 800), mode, sum_rule),
            modify(
                "sum-wrong-and-not-split",
                without(amounts(889, 88, 800), "sub_order_no"),
                sum_rule,
                *[("split_without_sub_order_no", part) for part in parts],
            ),
            modify(
                "split-all-amounts-missing",
                {**unsplit, "sub_order_no": "20150806125346-1"},
                mode,
                *[("split_fields_incomplete", part) for part in parts],
            ),
            modify(
                "split-without-its-number-with-the-rule-off",
                without(every, "sub_order_no"),
                rules={"split_without_sub_order_no": "off"},
            ),
            modify(
                "split-incomplete-with-the-rule-as-warning",
                without(every, "order_fee"),
                mode,
                ("split_fields_incomplete", "order_fee"),
                rules={"split_fields_incomplete": "warning"},
            ),
            modify("sum-with-the-rule-off", amounts(889, 88, 800), mode, rules={"order_fee_sum": "off"}),
            *mode_levels(MODIFY, every),
        ],
    }


# Other values for the ids that an answer may carry.
OTHER_IDS: Object = {
    "appid": "wx0000000000000001",
    "mchid": "1230000110",
    "out_trade_no": "20150806125347",
    "transaction_id": "1000320306201511078440737899",
    "sub_order_no": "20150806125347",
}


def parse() -> Given:
    """Answers and failures."""
    upper = {
        ("Verify_department_trade_id" if name == "verify_department_trade_id" else name): value
        for name, value in ANSWER.items()
    }
    return {
        "answers": answers(MODIFY, PRINTED, OTHER_IDS),
        "own answers": [
            parsed("modify-key-spelled-as-in-the-table", MODIFY, answer(upper), ANSWER),
            parsed(
                "modify-unsplit-answer-without-modify-time",
                MODIFY,
                answer(without(ANSWER, "sub_order_no", "sub_order_id", "modify_time")),
                without(ANSWER, "sub_order_no", "sub_order_id", "modify_time"),
                request=PRINTED,
            ),
            parsed(
                "modify-unknown-state-kept",
                MODIFY,
                answer({**ANSWER, "state": "ON_HOLD", "verify_department": "SOMEONE"}),
                {**ANSWER, "state": "ON_HOLD", "verify_department": "SOMEONE"},
            ),
        ],
        "failures": failures(MODIFY),
    }


def explain() -> Given:
    """A sound request."""
    return {"sound": [sound_request("modify", sent(MODIFY))]}
