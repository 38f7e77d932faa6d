"""Vectors of verified answers: their values, their warnings, and bodies that cannot be read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kinds.parse.shape import failed, parse_vector, parsed
from objects import Object, compact, without
from operation import Operation
from oracle.responses import REQUEST_ID, answer
from samples import OWNER, SPLIT

# Values that JSON can hold and hosts cannot, or that are nested too deep, and how they are read.
ODD_VALUES: list[tuple[str, str, Any]] = [
    ("half-of-a-surrogate-pair", '"a\\ud83d"', "a\ufffd"),
    ("number-beyond-floats", "1e400", "1e400"),
    ("integer-beyond-64-bits", "-123456789012345678901234567890", "-123456789012345678901234567890"),
    ("64-levels", "[" * 61 + "1" + "]" * 61, json.loads("[" * 61 + "1" + "]" * 61)),
]


def unreadable(name: str, operation: Operation, body: str | bytes | Object | list[Any], code: str) -> Object:
    """A verified answer that cannot be read."""
    error = {"may_have_been_applied": operation.changes}
    return failed(name, operation, answer(body), "response", code, error)


def values(operations: Mapping[str, Operation]) -> list[Object]:
    """Answers with unknown, odd or missing members, and empty answers."""
    declare, query, verify_identity = operations["declare"], operations["query"], operations["verify_identity"]
    record = query.answer["data"][0]
    unsplit = without(declare.answer, "sub_order_no", "sub_order_id")
    extra: Object = {"new_text": "新", "new_object": {"list": [1, "2", True]}}
    # In JavaScript this member would become the prototype if it were set instead of defined.
    inherited: Object = {"__proto__": {"sub_order_id": "1", "new_text": "新"}}
    nulls = {**unsplit, "sub_order_no": None, "sub_order_id": None, "modify_time": None}
    return [
        parsed(
            "declare-unknown-fields-kept",
            declare,
            answer({**extra, **unsplit}),
            {**extra, **unsplit},
        ),
        parsed(
            "declare-member-called-proto-kept",
            declare,
            answer({**unsplit, **inherited, "new_object": inherited}),
            {**unsplit, **inherited, "new_object": inherited},
        ),
        parsed(
            "query-member-called-proto-kept",
            query,
            answer({**query.answer, "data": [{**record, **inherited}]}),
            {**query.answer, "data": [{**record, **inherited}]},
        ),
        parsed(
            "declare-unknown-large-numbers-kept",
            declare,
            answer({**unsplit, "new_number": 2**33, "new_numbers": [2**53 - 1, -(2**40)]}),
            {**unsplit, "new_number": 2**33, "new_numbers": [2**53 - 1, -(2**40)]},
        ),
        *[
            parsed(
                f"declare-unknown-{what}",
                declare,
                answer(compact(unsplit)[:-1] + f',"new":{odd},"news":[{{"a":{odd}}}]}}'),
                {**unsplit, "new": read, "news": [{"a": read}]},
            )
            for what, odd, read in ODD_VALUES
        ],
        parsed("declare-with-a-byte-order-mark", declare, answer("\ufeff" + compact(unsplit)), unsplit),
        parsed(
            "declare-unknown-not-utf-8",
            declare,
            answer(compact(unsplit)[:-1].encode() + b',"new":"\xff"}'),
            {**unsplit, "new": "\ufffd"},
        ),
        *[
            parse_vector(
                f"{operation.name}-accepted-with-{status}-and-{what}",
                operation,
                answer(body, status),
                {
                    "value": {},
                    "warnings": [{"rule": "empty_answer", "field": "", "location": "response"}],
                    "request_id": REQUEST_ID,
                },
                request={**OWNER, **operation.request},
            )
            for operation in operations.values()
            if operation.changes
            for status, what, body in [(204, "nothing", ""), (200, "nothing", ""), (202, "a-line-feed", "\r\n")]
        ],
        *[
            unreadable(f"{operation.word}-with-an-empty-body", operation, "", "BODY_NOT_JSON")
            for operation in [query, verify_identity]
        ],
        parsed("declare-null-is-missing", declare, answer(nulls), unsplit),
        parsed(
            "declare-unknown-values-kept",
            declare,
            answer({**unsplit, "state": "ON_HOLD", "verify_department": "SOMEONE"}),
            {**unsplit, "state": "ON_HOLD", "verify_department": "SOMEONE"},
        ),
    ]


def echoes(declare: Operation, query: Operation) -> list[Object]:
    """Ids that an answer carries are compared with those of the request."""
    request = {**OWNER, **declare.request}
    split_request = {**request, **SPLIT, "sub_order_no": "20150806125346"}
    record = query.answer["data"][0]
    unsplit = without(declare.answer, "sub_order_no", "sub_order_id")
    return [
        parsed("echo-equal", declare, answer(unsplit), unsplit, request=request),
        parsed("echo-equal-split", declare, answer(declare.answer), declare.answer, request=split_request),
        *[
            parsed(
                f"echo-differs-{field.replace('_', '-')}",
                declare,
                answer({**declare.answer, field: other}),
                {**declare.answer, field: other},
                f"/{field}",
                request=split_request,
            )
            for field, other in {
                "appid": "wx0000000000000001",
                "mchid": "1230000110",
                "out_trade_no": "20150806125347",
                "transaction_id": "1000320306201511078440737899",
                "sub_order_no": "20150806125347",
            }.items()
        ],
        parsed(
            "echo-differs-twice",
            declare,
            answer({**unsplit, "mchid": "1230000110", "out_trade_no": "20150806125347"}),
            {**unsplit, "mchid": "1230000110", "out_trade_no": "20150806125347"},
            "/mchid",
            "/out_trade_no",
            request=request,
        ),
        parsed(
            "echo-absent-is-not-compared",
            declare,
            answer(unsplit),
            unsplit,
            request=split_request,
        ),
        parsed(
            "echo-differs-on-query",
            query,
            answer({**query.answer, "mchid": "1230000110"}),
            {**query.answer, "mchid": "1230000110"},
            "/mchid",
            request={**OWNER, **query.request},
        ),
        parsed(
            "echo-differs-from-ids-of-the-options",
            declare,
            answer({**unsplit, "appid": "wx0000000000000001", "mchid": "1230000110"}),
            {**unsplit, "appid": "wx0000000000000001", "mchid": "1230000110"},
            "/appid",
            "/mchid",
            request=declare.request,
        ),
        parsed(
            "echo-differs-in-a-record",
            query,
            answer({**query.answer, "data": [record, {**record, "sub_order_no": "20150806125347"}]}),
            {**query.answer, "data": [record, {**record, "sub_order_no": "20150806125347"}]},
            "/data/1/sub_order_no",
            request={**query.request, "order_type": "sub_order_no", "order_no": record["sub_order_no"]},
        ),
        # The request names no sub-order, and the answer does.
        parsed(
            "echo-of-a-sub-order-that-was-not-sent",
            declare,
            answer(declare.answer),
            declare.answer,
            "/sub_order_no",
            "/sub_order_id",
            request=request,
        ),
        parsed(
            "echo-of-another-customs-in-a-record",
            query,
            answer({**query.answer, "data": [record, {**record, "customs": "NINGBO"}]}),
            {**query.answer, "data": [record, {**record, "customs": "NINGBO"}]},
            "/data/1/customs",
            request=query.request,
        ),
        parsed(
            "echo-of-the-customs-in-another-letter-case",
            query,
            answer({**query.answer, "data": [{**record, "customs": "shanghai_zs"}]}),
            {**query.answer, "data": [{**record, "customs": "SHANGHAI_ZS"}]},
            request=query.request,
        ),
        parsed("echo-of-the-sub-orders-of-a-payment", query, answer(query.answer), query.answer, request=query.request),
    ]


def unreadable_answers(declare: Operation, query: Operation) -> list[Object]:
    """Answers that are verified and yet cannot be read."""
    record = query.answer["data"][0]
    return [
        unreadable("verified-text", declare, "OK", "BODY_NOT_JSON"),
        unreadable("verified-truncated-json", declare, compact(declare.answer)[:-1], "BODY_NOT_JSON"),
        unreadable("verified-not-utf-8", declare, b'{"state":"\xff\xfe"}', "BODY_UNEXPECTED"),
        unreadable("verified-list", declare, [declare.answer], "BODY_UNEXPECTED"),
        unreadable("verified-without-state", declare, without(declare.answer, "state"), "BODY_UNEXPECTED"),
        unreadable("verified-state-null", declare, {**declare.answer, "state": None}, "BODY_UNEXPECTED"),
        unreadable(
            "verified-query-amount-as-text",
            query,
            {**query.answer, "data": [{**record, "order_fee": "888"}]},
            "BODY_UNEXPECTED",
        ),
        unreadable("verified-query-text", query, "OK", "BODY_NOT_JSON"),
    ]
