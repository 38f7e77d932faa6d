"""`redeclare`: pushes a declaration again that the electronic port lost."""

from __future__ import annotations

from kinds.prepare import prepared, refused
from objects import Object, without
from operation import Given, Operation
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
