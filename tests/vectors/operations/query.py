"""`query`: asks what became of the declarations of a payment or sub-order."""

from __future__ import annotations

from kinds.check.shape import checked
from kinds.explain.requests import sent, sound_request
from kinds.parse.shape import parsed
from kinds.prepare import prepared, refused
from objects import Object, without
from operation import Given, Operation
from oracle.responses import answer
from samples import CERTIFICATE_ONLY, ORDER, OWNER

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


def prepare() -> Given:
    """Queries, signed or refused."""
    return {
        "signed": [
            prepared("query-by-out-trade-no", QUERY, REQUEST),
            prepared(
                "query-by-transaction-id",
                QUERY,
                {**REQUEST, "order_type": "transaction_id", "order_no": ORDER["transaction_id"]},
            ),
            prepared("query-by-sub-order-no", QUERY, {**REQUEST, "order_type": "sub_order_no"}),
            prepared(
                "query-by-sub-order-id",
                QUERY,
                {**REQUEST, "order_type": "sub_order_id", "order_no": "1000320306201511078440737891"},
            ),
            prepared("query-order-no-with-all-its-signs", QUERY, {**REQUEST, "order_no": "2015_0806|12*53@46-1"}),
            prepared("query-order-no-with-reserved-signs", QUERY, {**REQUEST, "order_no": "a b+c%20d&e=f#g?h/i~.!'()"}),
            prepared("query-order-no-in-chinese", QUERY, {**REQUEST, "order_no": "订单20150806"}),
            prepared("query-offset-and-limit", QUERY, {**REQUEST, "offset": 40, "limit": 20}),
            prepared("query-offset-zero-is-sent", QUERY, {**REQUEST, "offset": 0, "limit": 1}),
            prepared(
                "query-fields-in-another-order", QUERY, {"limit": 20, "offset": 0, **dict(reversed(REQUEST.items()))}
            ),
            prepared("query-own-mchid", QUERY, {**REQUEST, "mchid": "1230000110"}),
            prepared("query-older-path-prefix", QUERY, REQUEST, {"path_prefix": "global/v3"}),
            prepared("query-base-url-with-path", QUERY, REQUEST, {"base_urls": ["https://proxy.example/wx/"]}),
            prepared("query-without-public-key", QUERY, REQUEST, CERTIFICATE_ONLY),
        ],
        "refused": [
            refused(
                "query-line-feed-in-order-no",
                QUERY,
                {**REQUEST, "order_no": "1\n1767225600"},
                ("control_character", "order_no"),
            ),
        ],
    }


def check() -> Given:
    """Queries and their findings."""
    asked = {**OWNER, **REQUEST}
    return {
        "sound": [
            checked("query-sound", QUERY, asked),
            checked("query-every-field-sound", QUERY, {**asked, "offset": 0, "limit": 1}),
        ],
        "order types": [
            *[
                checked(f"query-order-type-{order_type.replace('_', '-')}", QUERY, {**asked, "order_type": order_type})
                for order_type in ("sub_order_no", "sub_order_id")
            ],
            checked(
                "query-order-type-transaction-id",
                QUERY,
                {**asked, "order_type": "transaction_id", "order_no": ORDER["transaction_id"]},
            ),
            checked(
                "query-order-type-unknown",
                QUERY,
                {**asked, "order_type": "order_no"},
                ("order_type_known", "order_type"),
            ),
        ],
    }


def parse() -> Given:
    """Answers with their records."""
    empty = {**OWNER, "offset": 0, "limit": 20, "total_count": 0, "data": []}
    record_with_nulls = {**RECORD, "explanation": None, "duty": None}
    return {
        "records": [
            parsed("query-printed-answer", QUERY, answer(ANSWER), ANSWER),
            parsed("query-no-records-and-no-ids", QUERY, answer(empty), empty),
            parsed(
                "query-unknown-state-kept",
                QUERY,
                answer({**ANSWER, "data": [{**RECORD, "state": "ON_HOLD", "new_field": 1}]}),
                {**ANSWER, "data": [{**RECORD, "state": "ON_HOLD", "new_field": 1}]},
            ),
            parsed(
                "query-null-in-a-record-is-missing",
                QUERY,
                answer({**ANSWER, "data": [record_with_nulls]}),
                {**ANSWER, "data": [without(RECORD, "explanation", "duty")]},
            ),
            parsed(
                "query-long-explanation-kept",
                QUERY,
                answer({**ANSWER, "data": [{**RECORD, "explanation": "详" * 300}]}),
                {**ANSWER, "data": [{**RECORD, "explanation": "详" * 300}]},
            ),
        ],
    }


def explain() -> Given:
    """A sound request, whose query string has to be encoded."""
    return {"sound": [sound_request("query", sent(QUERY, {**REQUEST, "order_no": "a b+c订"}))]}
