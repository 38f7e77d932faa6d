"""`redeclare`: pushes a declaration again that the electronic port lost."""

from __future__ import annotations

from collections.abc import Mapping

from kinds.check.every_field import field_vectors, mode_levels
from kinds.check.findings import Hit
from kinds.check.shape import found
from kinds.explain.requests import sent, sound_request
from kinds.parse.every_operation import answers, failures
from kinds.parse.refusals import Row, documented, refusal
from kinds.parse.shape import parsed
from kinds.prepare import prepared, refused
from objects import Object, without
from operation import Given, Operation
from oracle.responses import answer
from samples import CERTIFICATE_ONLY, ORDER, OWNER

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


def prepare() -> Given:
    """Declarations pushed again, signed or refused."""
    return {
        "requests": [
            prepared("redeclare-unsplit", REDECLARE, ORDER),
            prepared("redeclare-printed-request", REDECLARE, PRINTED),
            prepared("redeclare-by-out-trade-no-alone", REDECLARE, without(ORDER, "transaction_id")),
            prepared("redeclare-by-transaction-id-alone", REDECLARE, without(ORDER, "out_trade_no")),
            prepared("redeclare-by-sub-order-no", REDECLARE, {**ORDER, "sub_order_no": "20150806125346-1"}),
            prepared(
                "redeclare-by-sub-order-id",
                REDECLARE,
                {**without(ORDER, "transaction_id"), "sub_order_id": "1000320306201511078440737891"},
            ),
            prepared("redeclare-older-path-prefix", REDECLARE, PRINTED, {"path_prefix": "global/v3"}),
            prepared("redeclare-base-url-with-path", REDECLARE, ORDER, {"base_urls": ["https://proxy.example/wx"]}),
            prepared("redeclare-without-public-key", REDECLARE, ORDER, CERTIFICATE_ONLY),
            prepared(
                "redeclare-without-payment-ids-with-the-rule-off",
                REDECLARE,
                without(ORDER, "out_trade_no", "transaction_id"),
                {"rules": {"payment_id_missing": "off"}},
            ),
            refused(
                "redeclare-without-payment-ids",
                REDECLARE,
                without(ORDER, "out_trade_no", "transaction_id"),
                ("payment_id_missing", "out_trade_no"),
            ),
            refused(
                "redeclare-with-sub-order-ids-alone",
                REDECLARE,
                without(PRINTED, "out_trade_no", "transaction_id"),
                ("payment_id_missing", "out_trade_no"),
                ("split_institution_mode", "sub_order_no"),
            ),
            refused("redeclare-with-duty", REDECLARE, {**ORDER, "duty": 88}, ("unknown_field", "duty")),
        ],
    }


def check() -> Given:
    """Declarations pushed again, and their findings."""
    every = {
        **OWNER,
        **ORDER,
        "sub_order_no": "20150806125346-1",
        "sub_order_id": "1000320306201511078440737891",
    }
    unsplit = {**OWNER, **ORDER}
    no_ids = without(unsplit, "out_trade_no", "transaction_id")
    mode: Hit = ("split_institution_mode", "sub_order_no")
    no_payment: Hit = ("payment_id_missing", "out_trade_no")

    def redeclare(name: str, fields: Object, *hits: Hit, rules: Mapping[str, str] | None = None) -> Object:
        return found(REDECLARE, name, fields, *hits, rules=rules)

    return {
        "fields": field_vectors(REDECLARE, every),
        "own": [
            redeclare("nothing-given", {}, *[("required", name) for name in REDECLARE.required], no_payment),
            redeclare("unsplit-sound", unsplit),
            redeclare("printed-request", PRINTED, mode),
            redeclare("both-payment-ids-missing", no_ids, no_payment),
            redeclare("both-payment-ids-missing-of-a-sub-order", {**no_ids, "sub_order_id": "1"}, no_payment),
            redeclare("out-trade-no-alone", without(unsplit, "transaction_id")),
            redeclare("transaction-id-alone", without(unsplit, "out_trade_no")),
            redeclare("out-trade-no-alone-and-empty", {**no_ids, "out_trade_no": ""}, ("empty", "out_trade_no")),
            redeclare("transaction-id-alone-and-null", {**no_ids, "transaction_id": None}, ("type", "transaction_id")),
            redeclare("sub-order-no-alone", {**unsplit, "sub_order_no": "20150806125346-1"}, mode),
            redeclare("sub-order-id-alone", {**unsplit, "sub_order_id": "1000320306201511078440737891"}),
            redeclare("with-duty", {**unsplit, "duty": 88}, ("unknown_field", "duty")),
            redeclare("with-currency", {**unsplit, "fee_type": "CNY"}, ("unknown_field", "fee_type")),
            redeclare("payment-ids-missing-with-the-rule-off", no_ids, rules={"payment_id_missing": "off"}),
            *[
                redeclare(
                    f"payment-ids-missing-with-the-rule-as-{level}",
                    no_ids,
                    no_payment,
                    rules={"payment_id_missing": level},
                )
                for level in ("warning", "error")
            ],
            *mode_levels(REDECLARE, every),
        ],
    }


# Every row of the table of errors on the page (2025-01-07), as printed.
REFUSALS: list[Row] = [
    ("INVALID_REQUEST", "Customs declaration record does not exist.", "declaration_not_found"),
    ("INVALID_REQUEST", "Customs information is not configured.", "customs_not_configured"),
    ("NOAUTH", "The merchant has not registered with the current customs", "customs_not_registered"),
    ("NOAUTH", "Self-Clearance is not enabled.", "self_clearance_not_enabled"),
    ("PARAM_ERROR", "Parameter error", "parameter_error"),
    ("SYSTEMERROR", "System error", "system_error"),
]

# Other values for the ids that an answer may carry.
OTHER_IDS: Object = {
    "appid": "wx0000000000000001",
    "mchid": "1230000110",
    "out_trade_no": "20150806125347",
    "transaction_id": "1000320306201511078440737899",
    "sub_order_no": "20150806125347",
    "sub_order_id": "20150806125347",
}


def parse() -> Given:
    """Answers and failures."""
    long = {**ANSWER, "explanation": "详" * 300}
    return {
        "answers": answers(REDECLARE, {**PRINTED, "sub_order_id": ANSWER["sub_order_id"]}, OTHER_IDS),
        "own answers": [
            # As printed: the answer carries another sub_order_id than the request.
            parsed(
                "redeclare-printed-answer-to-the-printed-request",
                REDECLARE,
                answer(ANSWER),
                ANSWER,
                "/sub_order_id",
                request=PRINTED,
            ),
            parsed("redeclare-long-explanation-kept", REDECLARE, answer(long), long),
            parsed(
                "redeclare-unknown-state-kept",
                REDECLARE,
                answer({**ANSWER, "state": "ON_HOLD"}),
                {**ANSWER, "state": "ON_HOLD"},
            ),
            parsed(
                "redeclare-ids-that-were-not-sent",
                REDECLARE,
                answer(ANSWER),
                ANSWER,
                "/sub_order_no",
                "/sub_order_id",
                request=without(PRINTED, "transaction_id", "sub_order_no", "sub_order_id"),
            ),
        ],
        "failures": failures(REDECLARE),
        "refusals": documented(REDECLARE, REFUSALS),
        "refusals in Chinese": [
            # The Chinese of the service is not printed on the pages that were seen: these are plain ways to say it.
            refusal(
                "chinese-declaration-not-found",
                REDECLARE,
                "INVALID_REQUEST",
                "报关记录不存在",
                "declaration_not_found",
            ),
        ],
    }


def explain() -> Given:
    """A sound request."""
    return {"sound": [sound_request("redeclare", sent(REDECLARE))]}
