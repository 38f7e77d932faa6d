"""Vectors of life.json: what a declaration needs next, and the fields and amounts around it."""

from __future__ import annotations

import math

from objects import Object, without
from samples import ORDER, OWNER, SPLIT

# 2026-01-01T12:00:00+08:00, the time at which every step is decided.
NOW = 1767240000
HOUR = 3600




def look_after(ago: int) -> int:
    """The next look at what changed so long ago: a minute after the change, then after times that grow by half to 15 minutes."""
    look, interval = 60.0, 60.0
    while look <= ago:
        interval = min(900.0, interval * 1.5)
        look += interval
    return NOW - ago + math.ceil(look)



def at(seconds: int) -> str:
    """A time of this day in the form of `modify_time`."""
    return f"2026-01-01T{12 + seconds // HOUR:02}:{seconds % HOUR // 60:02}:{seconds % 60:02}+08:00"


def function(name: str, called: str, arguments: Object, expect: Object) -> Object:
    """The common shape of the vectors of a pure function with named arguments."""
    return {"id": name, "kind": "function", "function": called, "arguments": arguments, "expect": expect}


# A record as a query gives it, with the ids beside it merged in; changed a minute ago.
RECORD: Object = {
    **OWNER,
    "transaction_id": ORDER["transaction_id"],
    "customs": ORDER["customs"],
    "mch_customs_no": ORDER["merchant_customs_no"],
    "state": "SUCCESS",
    "modify_time": "2026-01-01T11:59:00+08:00",
}
WANTED: Object = {**OWNER, **ORDER}
PART: Object = {**RECORD, **without(SPLIT, "fee_type"), "sub_order_id": "1000320306201511078440737891"}
PART_WANTED: Object = {**WANTED, **SPLIT}
MODIFY: Object = {"operation": "modify", "fields": WANTED}
REDECLARE: Object = {"operation": "redeclare", "fields": WANTED}


def record(state: str, ago: int | None = 60, **more: object) -> Object:
    """The record in another state, changed so many seconds ago."""
    time: Object = {} if ago is None else {"modify_time": at(-ago)}
    return {**without(RECORD, "modify_time"), "state": state, **time, **more}


def did(what: str, ago: int, state: str | None = "UNDECLARED") -> Object:
    """An entry of a trail."""
    return {"at": NOW - ago, "did": what, "state": state, "request_id": None}


def next_step(name: str, given: Object, step: str, reason: str, **more: object) -> Object:
    """A vector of `next_step`; what is not expected to be given is expected to be null."""
    arguments = {"record": None, "now": NOW, **given}
    expect = {"step": step, "reason": reason, "request": None, "retry_at": None, **more}
    return function(f"next-{name}", "next_step", arguments, {"gives": expect})


def steps() -> list[Object]:
    """A vector for each row of the table, and for its neighbours."""
    again = [did("redeclare", 9000 - 1000 * number) for number in range(3)]
    others: Object = {
        "appid": "wx0000000000000001",
        "mchid": "1230000110",
        "out_trade_no": "20150806125347",
        "transaction_id": "1000320306201511078440737899",
        "customs": "NINGBO",
    }
    conflicts = [
        next_step(
            f"conflict-{field.replace('_', '-')}",
            {"record": {**RECORD, field: other}, "wanted": WANTED},
            "person",
            "conflict",
        )
        for field, other in others.items()
    ]
    return [
        *conflicts,
        next_step(
            "conflict-sub-order",
            {"record": {**PART, "sub_order_no": "another"}, "wanted": PART_WANTED},
            "person",
            "conflict",
        ),
        next_step(
            "customs-in-odd-case", {"record": record("SUCCESS", customs="shanghai_zs"), "wanted": WANTED}, "done", "success"
        ),
        next_step("whole-where-a-part-is", {"record": PART, "wanted": WANTED}, "person", "declared_otherwise"),
        next_step("part-where-the-whole-is", {"record": RECORD, "wanted": PART_WANTED}, "person", "declared_otherwise"),
        next_step(
            "nothing-declared",
            {"wanted": WANTED},
            "declare",
            "not_declared",
            request={"operation": "declare", "fields": WANTED},
            source={
                "standing": "documented",
                "page": "Customs Declaration API, WeChat Pay Global",
                "date": "2023-02-17",
            },
        ),
        next_step("nothing-declared-without-an-id", {"wanted": without(WANTED, "transaction_id")}, "declare", "not_declared"),
        next_step("nothing-known", {}, "person", "nothing_declared"),
        next_step(
            "declared-a-minute-ago",
            {"wanted": WANTED, "history": [did("declare", 60)]},
            "wait",
            "declared_recently",
            retry_at=look_after(60),
        ),
        next_step(
            "declared-and-looked-for",
            {"wanted": WANTED, "history": [did("declare", 120), did("query", 60, None)]},
            "wait",
            "declared_recently",
            retry_at=look_after(60),
        ),
        next_step(
            "declared-15-minutes-ago",
            {"wanted": WANTED, "history": [did("declare", 900)]},
            "declare",
            "not_declared",
            request={"operation": "declare", "fields": WANTED},
        ),
        next_step(
            "declared-without-an-answer",
            {"wanted": WANTED, "history": [did("declare", 60, None)]},
            "declare",
            "not_declared",
            request={"operation": "declare", "fields": WANTED},
        ),
        next_step("processing", {"record": record("PROCESSING", 30), "wanted": WANTED}, "wait", "processing", retry_at=look_after(30)),
        next_step(
            "processing-though-it-differs",
            {"record": record("PROCESSING", 30, mch_customs_no="999999"), "wanted": WANTED},
            "wait",
            "processing",
            retry_at=look_after(30),
            differences=[{"field": "merchant_customs_no", "wanted": "123456", "found": "999999"}],
        ),
        next_step(
            "unknown-state", {"record": record("IN_REVIEW", 70), "wanted": WANTED}, "wait", "unknown_state", retry_at=look_after(70)
        ),
        next_step("processing-for-a-day", {"record": {**record("PROCESSING"), "modify_time": "2025-12-31T12:00:00+08:00"}}, "person", "stuck"),
        next_step(
            "processing-for-nearly-a-day",
            {"record": {**record("PROCESSING"), "modify_time": "2025-12-31T12:00:01+08:00"}},
            "wait",
            "processing",
            retry_at=look_after(86399),
        ),
        next_step("unknown-state-for-a-day", {"record": {**record("IN_REVIEW"), "modify_time": "2025-12-31T11:00:00+08:00"}}, "person", "stuck"),
        next_step(
            "another-amount",
            {"record": {**PART, "order_fee": 999}, "wanted": PART_WANTED},
            "modify",
            "differs",
            request={"operation": "modify", "fields": without(PART_WANTED, "fee_type")},
            differences=[{"field": "order_fee", "wanted": 888, "found": 999}],
        ),
        next_step(
            "another-registration-while-queued",
            {"record": record("UNDECLARED", mch_customs_no="999999"), "wanted": WANTED},
            "modify",
            "differs",
            request=MODIFY,
        ),
        next_step(
            "another-registration-after-a-refusal",
            {"record": record("FAIL", mch_customs_no="999999"), "wanted": WANTED},
            "modify",
            "differs",
            request=MODIFY,
        ),
        next_step(
            "amounts-of-a-payment-that-is-not-split-are-not-taken-over",
            {"record": {**record("SUCCESS", mch_customs_no="999999"), "order_fee": 888, "transport_fee": 888}, "wanted": WANTED},
            "modify",
            "differs",
            request=MODIFY,
        ),
        next_step(
            "what-the-record-lacks-does-not-differ",
            {"record": without(RECORD, "mch_customs_no"), "wanted": {**WANTED, "duty": 7}},
            "done",
            "success",
            differences=[],
        ),
        next_step("queued", {"record": record("UNDECLARED", 0), "wanted": WANTED}, "wait", "queued", retry_at=look_after(0)),
        next_step("queued-for-longer", {"record": record("UNDECLARED", 160)}, "wait", "queued", retry_at=look_after(160)),
        next_step("submitted", {"record": record("SUBMITTED", 149)}, "wait", "queued", retry_at=look_after(149)),
        next_step(
            "queued-for-a-day", {"record": {**record("SUBMITTED"), "modify_time": "2025-12-31T12:00:00+08:00"}}, "person", "stuck"
        ),
        next_step(
            "queued-for-a-day-by-the-trail",
            {"record": record("SUBMITTED", None), "history": [did("modify", 25 * HOUR, "SUBMITTED")]},
            "person",
            "stuck",
        ),
        next_step("lost", {"record": RECORD, "wanted": WANTED, "lost": NOW}, "redeclare", "lost", request=REDECLARE),
        next_step(
            "lost-without-what-is-wanted",
            {"record": RECORD, "lost": True},
            "redeclare",
            "lost",
            request={
                "operation": "redeclare",
                "fields": {**OWNER, **without(ORDER, "out_trade_no")},
            },
        ),
        next_step("lost-before-it-changed", {"record": RECORD, "wanted": WANTED, "lost": NOW - 61}, "done", "success"),
        next_step("lost-when-it-changed", {"record": RECORD, "lost": NOW - 60}, "redeclare", "lost", request={"operation": "redeclare"}),
        next_step(
            "lost-and-pushed-again",
            {"record": record("SUCCESS", None), "wanted": WANTED, "lost": True, "history": [did("redeclare", 60)]},
            "done",
            "success",
        ),
        next_step("not-lost", {"record": RECORD, "wanted": WANTED, "lost": False}, "done", "success"),
        next_step("success", {"record": RECORD, "wanted": WANTED}, "done", "success"),
        next_step("success-of-a-part", {"record": PART, "wanted": PART_WANTED}, "done", "success"),
        next_step("success-by-an-answer", {"record": {**OWNER, "state": "SUCCESS", "out_trade_no": ORDER["out_trade_no"]}}, "done", "success"),
        next_step("except-a-minute-ago", {"record": record("EXCEPT"), "wanted": WANTED}, "wait", "except_recent", retry_at=NOW + 540),
        next_step(
            "except-first-seen-now", {"record": record("EXCEPT", None), "wanted": WANTED}, "wait", "except_recent", retry_at=NOW + 600
        ),
        next_step("except-10-minutes-ago", {"record": record("EXCEPT", 600), "wanted": WANTED}, "redeclare", "except", request=REDECLARE),
        next_step(
            "except-10-minutes-ago-by-the-trail",
            {"record": record("EXCEPT", None), "wanted": WANTED, "history": [did("query", 600, "EXCEPT")]},
            "redeclare",
            "except",
            request=REDECLARE,
        ),
        next_step(
            "except-after-two",
            {"record": record("EXCEPT", 700), "wanted": WANTED, "history": again[:2]},
            "redeclare",
            "except",
            request=REDECLARE,
        ),
        next_step(
            "except-after-three",
            {"record": record("EXCEPT", 700, explanation="lock"), "wanted": WANTED, "history": again},
            "person",
            "except_again",
        ),
        next_step(
            "fail",
            {"record": record("FAIL", explanation="订购人姓名不一致"), "wanted": WANTED},
            "person",
            "fail",
            request=MODIFY,
        ),
        next_step("fail-without-what-is-wanted", {"record": record("FAIL")}, "person", "fail"),
    ]


REFUSED: Object = {"error": {"kind": "input", "code": "INVALID_FIELDS"}}
OPTION: Object = {"error": {"kind": "input", "code": "INVALID_OPTION"}}


def arguments_refused() -> list[Object]:
    """What is not a record, a history or a time."""
    return [
        function("next-of-a-whole-answer", "next_step", {"record": {"data": [RECORD]}, "now": NOW}, OPTION),
        function("next-of-a-list", "next_step", {"record": [], "now": NOW}, OPTION),
        function("next-with-a-text-for-history", "next_step", {"record": None, "history": "x", "now": NOW}, OPTION),
        function("next-in-milliseconds", "next_step", {"record": None, "now": NOW * 1000}, OPTION),
        function("next-lost-in-milliseconds", "next_step", {"record": RECORD, "lost": NOW * 1000, "now": NOW}, OPTION),
        function("next-lost-in-words", "next_step", {"record": RECORD, "lost": "yes", "now": NOW}, OPTION),
    ]


def amounts() -> list[Object]:
    """Amounts in other currencies."""

    def fen(name: str, amount: str, rate: str, expect: int, coupon: str | None = None) -> Object:
        more = {} if coupon is None else {"coupon": coupon}
        return function(f"cny-{name}", "cny_fen", {"amount": amount, "rate": rate, **more}, {"gives": expect})

    def refused(name: str, arguments: Object, expect: Object = REFUSED) -> Object:
        return function(f"cny-{name}", "cny_fen", arguments, expect)

    return [
        fen("whole", "10", "7.1", 7100),
        fen("cut-off", "12.34", "7.1299", 8798),
        fen("cut-off-not-rounded", "0.01", "1.99", 1),
        fen("with-a-coupon", "12.34", "7.1299", 9511, "1"),
        fen("a-coupon-is-added-before-the-rate", "0.01", "0.5", 1, "0.01"),
        fen("many-digits", "1.0000001", "1.0000001", 100),
        fen("largest", "21474836.47", "1", 2147483647),
        refused("too-large", {"amount": "21474836.48", "rate": "1"}),
        refused("too-large-to-count", {"amount": "999999999999999", "rate": "999999999999999"}),
        refused("words", {"amount": "ten", "rate": "1"}),
        refused("negative", {"amount": "-1", "rate": "1"}),
        refused("comma", {"amount": "1,5", "rate": "1"}),
        refused("exponent", {"amount": "1e3", "rate": "1"}),
        refused("float", {"amount": 12.34, "rate": "7.1"}, OPTION),
        refused("too-many-digits", {"amount": "1.000000000000001", "rate": "1"}),
    ]


def splits() -> list[Object]:
    """Payments that are split."""
    payment: Object = {
        "out_trade_no": ORDER["out_trade_no"],
        "transaction_id": ORDER["transaction_id"],
        "merchant_customs_no": ORDER["merchant_customs_no"],
        "paid": 1000,
    }

    def part(number: str, transport: int, product: int, **more: object) -> Object:
        return {
            **ORDER,
            "sub_order_no": number,
            "fee_type": "CNY",
            "order_fee": transport + product,
            "transport_fee": transport,
            "product_fee": product,
            **more,
        }

    def split(name: str, given: Object, parts: object, expect: Object, customs: object = ORDER["customs"]) -> Object:
        arguments = {"payment": {**payment, **given}, "parts": parts, "customs": customs}
        return function(f"split-{name}", "plan_split", arguments, expect)

    def refused(name: str, given: Object, parts: object, *findings: Object) -> Object:
        return split(name, given, parts, {"error": {"kind": "input", "code": "INVALID_FIELDS", "findings": list(findings)}})

    one, two = "20150806125346-1", "20150806125346-2"
    return [
        split(
            "exactly",
            {},
            [{"transport_fee": 100, "product_fee": 400}, {"product_fee": 500, "duty": 7}],
            {"gives": [part(one, 100, 400), part(two, 0, 500, duty=7)]},
        ),
        split("what-is-left", {}, [{}, {"product_fee": 300}], {"gives": [part(one, 0, 700), part(two, 0, 300)]}),
        split("less-a-refund", {"refunded": 400}, [{"product_fee": 600}], {"gives": [part(one, 0, 600)]}),
        split(
            "with-numbers",
            {"sub_order_no": "S{n}"},
            [{"product_fee": 600, "sub_order_no": "given"}, {}],
            {"gives": [part("given", 0, 600), part("S2", 0, 400)]},
        ),
        split(
            "without-customs",
            {},
            [{}],
            {"gives": [without(part(one, 0, 1000), "customs")]},
            None,
        ),
        refused("more-than-paid", {}, [{"product_fee": 600}, {"product_fee": 401}], {"rule": "order_fee_sum", "field": "/parts"}),
        refused("less-than-paid", {}, [{"product_fee": 999}], {"rule": "order_fee_sum", "field": "/parts"}),
        refused("more-than-is-left", {"refunded": 500}, [{"product_fee": 501}, {}], {"rule": "order_fee_sum", "field": "/parts"}),
        refused("two-take-what-is-left", {}, [{}, {}], {"rule": "required", "field": "/parts/1/product_fee"}),
        refused("without-parts", {}, [], {"rule": "type", "field": "/parts"}),
        refused("without-an-amount", {"paid": None}, [{}], {"rule": "required", "field": "/payment/paid"}),
        refused("without-its-number", {"out_trade_no": None}, [{}], {"rule": "required", "field": "/payment/out_trade_no"}),
        refused("wholly-refunded", {"refunded": 1000}, [{}], {"rule": "range", "field": "/payment/refunded", "value": 1000}),
        refused("with-a-pattern-that-is-a-number", {"sub_order_no": 1}, [{}], {"rule": "type", "field": "/payment/sub_order_no", "value": 1}),
        refused("a-fraction", {}, [{"product_fee": 0.5}, {}], {"rule": "range", "field": "/parts/0/product_fee", "value": 0.5}),
        refused("a-negative-amount", {"refunded": -1}, [{}], {"rule": "range", "field": "/payment/refunded", "value": -1}),
        refused("an-unknown-member", {"amount": 5}, [{}], {"rule": "unknown_field", "field": "/payment/amount", "value": 5}),
        refused(
            "numbers-that-are-the-same",
            {"sub_order_no": "S"},
            [{"product_fee": 1}, {}],
            {"rule": "duplicate_field", "field": "/parts/1/sub_order_no", "value": "S"},
        ),
        refused(
            "a-number-that-is-too-long",
            {"sub_order_no": "{out_trade_no}-{out_trade_no}-of-{n}"},
            [{}],
            {"rule": "length", "field": "/parts/0/sub_order_no", "value": "20150806125346-20150806125346-of-1"},
        ),
    ]


def uploads() -> list[Object]:
    """The fields of the real-time data upload."""
    answer: Object = {
        **OWNER,
        "state": "SUCCESS",
        "out_trade_no": ORDER["out_trade_no"],
        "transaction_id": ORDER["transaction_id"],
        "verify_department": "NETSUNION",
        "verify_department_trade_id": "2018112288340107038204310100000",
    }

    def upload(name: str, request: Object, result: Object, expect: Object, paid: int | None = 888) -> Object:
        arguments = {"request": request, "result": result, **({} if paid is None else {"paid": paid})}
        return function(f"upload-{name}", "realtime_upload_fields", arguments, expect)

    def told(department: str, **more: object) -> Object:
        return {
            "gives": {
                "orderNo": ORDER["out_trade_no"],
                "payTransactionId": "2018112288340107038204310100000",
                "orderPayTransactionId": ORDER["transaction_id"],
                "verDept": department,
                "payCode": "4403169D3W",
                "currency": "142",
                "totalAmount": "8.88",
                **more,
            }
        }

    v2 = {"standing": "documented", "page": "Customs Declaration API, v2", "date": "2024-11-14"}
    split_answer = {**answer, "sub_order_no": SPLIT["sub_order_no"], "sub_order_id": "1000320306201511078440737891"}
    missing = {"error": {"kind": "input", "code": "INVALID_FIELDS"}}
    return [
        upload("netsunion", WANTED, answer, told("2", standing={"payTransactionId": v2, "verDept": v2})),
        upload("unionpay", WANTED, {**answer, "verify_department": "UNIONPAY"}, told("1")),
        upload("others", WANTED, {**answer, "verify_department": "OTHERS"}, told("3")),
        upload(
            "in-the-table's-spelling",
            WANTED,
            {**without(answer, "verify_department_trade_id"), "Verify_department_trade_id": "X1"},
            told("2", payTransactionId="X1"),
        ),
        upload(
            "split",
            PART_WANTED,
            split_answer,
            told("2", orderNo=SPLIT["sub_order_no"], orderPayTransactionId="1000320306201511078440737891"),
            None,
        ),
        upload("without-a-department", WANTED, without(answer, "verify_department"), missing),
        upload("without-a-number", WANTED, without(answer, "verify_department_trade_id"), missing),
        upload("with-an-unknown-department", WANTED, {**answer, "verify_department": "BANK"}, missing),
        upload("without-what-was-paid", WANTED, answer, missing, None),
        upload(
            "of-another-order",
            WANTED,
            {**answer, "transaction_id": "1000320306201511078440737899"},
            {"error": {"kind": "response", "code": "ID_MISMATCH"}},
        ),
    ]


def vectors() -> list[Object]:
    """The vectors of life.json in their order."""
    return [*steps(), *arguments_refused(), *amounts(), *splits(), *uploads()]
