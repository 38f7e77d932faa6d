"""`modify`: changes the amounts or the registration number of a declaration."""

from __future__ import annotations

from kinds.check.findings import Hit
from kinds.prepare import prepared, refused
from objects import Object, without
from operation import Given, Operation
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
