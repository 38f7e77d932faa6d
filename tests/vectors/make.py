#!/usr/bin/env python3
"""Writes the conformance vectors beside this file; README.md describes their format.

Nothing here uses the library. Signed messages, bodies and query strings are built below from the written description of
the protocol, signatures come from the Python package `cryptography`, and the expected findings, values and errors are
written out by hand. The same keys give the same files, byte for byte.

    python3 make.py            write the files
    python3 make.py --check    write nothing; exit 1 and name the files that differ
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
)

from kinds import check, prepare
from objects import Object, compact, without
from operations import load, parts
from operations.certificates import listed, sealed, times
from operations.declare import ANSWER as DECLARE_ANSWER
from operations.modify import ANSWER as MODIFY_ANSWER
from operations.modify import PRINTED as PRINTED_MODIFY
from operations.query import ANSWER as QUERY_ANSWER
from operations.query import RECORD as QUERY_RECORD
from operations.query import REQUEST as QUERY
from operations.redeclare import ANSWER as REDECLARE_ANSWER
from operations.redeclare import PRINTED as PRINTED_REDECLARE
from operations.verify_identity import ANSWER as IDENTITY_ANSWER
from operations.verify_identity import REQUEST as IDENTITY
from oracle.keys import (
    CERTIFICATE_SERIAL,
    LATER_CERTIFICATE,
    LATER_SERIAL,
    OTHER,
    PLATFORM,
    PLATFORM_PUBLIC,
    PUBLIC_KEY_ID,
    UNKNOWN_SERIAL,
    make_certificate,
    pem,
    private_key,
    utc,
)
from oracle.responses import (
    ANSWER_NONCE,
    COMPRESSIONS,
    NOW,
    PROBE,
    REQUEST_ID,
    and_headers,
    answer,
    gzipped,
    with_body,
    with_header,
)
from samples import (
    API_V3_KEY,
    CERTIFICATE_ONLY,
    HTML,
    NO_KEYS,
    NOBODIES,
    NOBODY_WITH_X,
    OPTIONS,
    ORDER,
    OWNER,
    PUBLIC_KEY_ONLY,
    SPLIT,
)

HERE = Path(__file__).resolve().parent

OPERATIONS = load()
CHANGING = [name for name, operation in OPERATIONS.items() if operation.changes]
NOT_REPEATABLE = [name for name, operation in OPERATIONS.items() if not operation.repeatable]


# --- The fields that the vectors start from (all identities are synthetic) --------------------------------------------


UNSPLIT_ANSWER: Object = {
    name: value for name, value in DECLARE_ANSWER.items() if name not in ("sub_order_no", "sub_order_id")
}


# --- parse ------------------------------------------------------------------------------------------------------------

CAPTIVE = "\n<!DOCTYPE html><HTML><TITLE lang=en> Sign in \x1b[2J </TITLE><form></form>"


def parse_vector(
    name: str,
    operation: str,
    response: Object,
    expect: Object,
    *,
    request: Object | None = None,
    now: int = NOW,
    options: Object | None = None,
) -> Object:
    """The common shape of the vectors of `parse`."""
    return {
        "id": name,
        "kind": "parse",
        **({} if options is None else {"options": options}),
        "operation": operation,
        "response": response,
        **({} if request is None else {"request": request}),
        "now": now,
        "expect": expect,
    }


def parsed(
    name: str,
    operation: str,
    response: Object,
    value: Object,
    *echoes: str,
    request_id: str | None = REQUEST_ID,
    **more: Any,
) -> Object:
    """A response that is read; `echoes` are the pointers to ids that differ from the request."""
    expect = {
        "value": value,
        "warnings": [{"rule": "id_echo", "field": field} for field in echoes],
        "request_id": request_id,
    }
    return parse_vector(name, operation, response, expect, **more)


def failed(
    name: str,
    operation: str,
    response: Object,
    kind: str,
    code: str,
    error: Object,
    *,
    request: Object | None = None,
    now: int = NOW,
    options: Object | None = None,
) -> Object:
    """A response that ends in an error."""
    request_id = next((value for header, value in response["headers"] if header.lower() == "request-id"), None)
    told = {"kind": kind, "code": code, "status": response["status"], **error, "request_id": request_id}
    return parse_vector(name, operation, response, {"error": told}, request=request, now=now, options=options)


def unverified(
    name: str,
    response: Object,
    kind: str,
    code: str,
    *,
    operation: str = "declare",
    says: Sequence[str] = (),
    **more: Any,
) -> Object:
    """A 2xx that cannot be trusted: never retryable, and what changes something may have been carried out."""
    error: Object = {"retryable": False, "may_have_been_applied": operation in CHANGING}
    error |= {"says": list(says)} if says else {}
    return failed(name, operation, response, kind, code, error, **more)


def worded(vector: Object, *words: str, hidden: Sequence[str] = ()) -> Object:
    """The vector with words that the message of its error has to hold, and others that stand nowhere."""
    error = {**vector["expect"]["error"], "says": list(words)}
    return {**vector, **({"hidden": list(hidden)} if hidden else {}), "expect": {"error": error}}


def api_error(
    name: str,
    operation: str,
    response: Object,
    code: str,
    *,
    authenticated: bool = False,
    retryable: bool = False,
    applied: bool | None = False,
    **error: Any,
) -> Object:
    """An error that the service names; nothing is said about `applied` when it is None."""
    told = {
        "authenticated": authenticated,
        "retryable": retryable,
        **({} if applied is None else {"may_have_been_applied": applied}),
        **error,
    }
    return failed(name, operation, response, "api", code, told)


def verification_vectors() -> list[Object]:
    """2xx responses: trusted or not."""
    good = answer(DECLARE_ANSWER)
    public = answer(DECLARE_ANSWER, signer=PLATFORM_PUBLIC, serial=PUBLIC_KEY_ID)
    signature_headers = ["Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Signature", "Wechatpay-Serial"]
    short = {header: header.removeprefix("Wechatpay-").lower() for header in signature_headers}

    def duplicated(header: str, spelling: str) -> Object:
        value = next(value for name, value in good["headers"] if name == header)
        return {**good, "headers": [*good["headers"], [spelling, value]]}

    lower_case = {**good, "headers": [[name.lower(), value] for name, value in good["headers"]]}
    spaced = json.dumps(DECLARE_ANSWER, indent="\t") + "\r\n"
    escaped = json.dumps({**UNSPLIT_ANSWER, "explanation": "广州 📦"})
    return [
        parsed("verified-by-certificate", "declare", good, DECLARE_ANSWER),
        parsed("verified-by-public-key", "declare", public, DECLARE_ANSWER),
        parsed("verified-by-certificate-held-alone", "declare", good, DECLARE_ANSWER, options=CERTIFICATE_ONLY),
        parsed("verified-by-public-key-held-alone", "declare", public, DECLARE_ANSWER, options=PUBLIC_KEY_ONLY),
        parsed("header-names-in-lower-case", "declare", lower_case, DECLARE_ANSWER),
        parsed("body-verified-as-sent-with-white-space", "declare", answer(spaced), DECLARE_ANSWER),
        parsed(
            "body-verified-as-sent-with-escapes",
            "declare",
            answer(escaped),
            {**UNSPLIT_ANSWER, "explanation": "广州 📦"},
        ),
        parsed(
            "body-given-as-bytes",
            "declare",
            answer(compact({**UNSPLIT_ANSWER, "explanation": "申报中"}).encode()),
            {**UNSPLIT_ANSWER, "explanation": "申报中"},
        ),
        parsed(
            "request-id-absent", "declare", answer(DECLARE_ANSWER, request_id=None), DECLARE_ANSWER, request_id=None
        ),
        *[
            unverified(
                f"signature-missing-{short[header]}",
                with_header(good, header, lambda _: None),
                "signature",
                "SIGNATURE_MISSING",
            )
            for header in signature_headers
        ],
        unverified("signature-missing-all", answer(DECLARE_ANSWER, signer=None), "signature", "SIGNATURE_MISSING"),
        unverified(
            "signature-missing-on-query",
            answer(QUERY_ANSWER, signer=None),
            "signature",
            "SIGNATURE_MISSING",
            operation="query",
        ),
        *[
            worded(
                unverified(
                    f"signature-missing-on-html-from-{by}",
                    and_headers(answer(page, signer=None, content_type="text/html", request_id=None), **headers),
                    "signature",
                    "SIGNATURE_MISSING",
                ),
                "HTML",
                "`base_urls`",
                *says,
            )
            for by, page, headers, says in [
                ("nobody", "<p>hello", {}, []),
                ("a-sign-in-page", CAPTIVE, {"Server": "hotspot/1"}, ["titled `Sign in \\u{1b}[2J`", "from `hotspot/1`"]),
                ("a-proxy", HTML, {"Via": "1.1 squid"}, ["titled `502 Bad Gateway`", "via `1.1 squid`"]),
            ]
        ],
        unverified(
            "signature-duplicated",
            duplicated("Wechatpay-Signature", "Wechatpay-Signature"),
            "signature",
            "SIGNATURE_DUPLICATED",
        ),
        unverified(
            "signature-duplicated-in-another-letter-case",
            duplicated("Wechatpay-Serial", "wechatpay-serial"),
            "signature",
            "SIGNATURE_DUPLICATED",
        ),
        *[
            unverified(
                f"signature-joined-by-comma-{short[header]}",
                with_header(good, header, lambda value: f"{value}, {value}"),
                "signature",
                "SIGNATURE_DUPLICATED",
            )
            for header in signature_headers
        ],
        unverified(
            "signature-not-base64",
            with_header(good, "Wechatpay-Signature", lambda value: "!" + value[1:]),
            "signature",
            "SIGNATURE_MALFORMED",
        ),
        # The signature is right for these lines; the body is not what was signed.
        unverified(
            "signature-nonce-with-a-line-of-the-body",
            with_body(
                with_header(answer('{"a":1}\n{"state":"SUCCESS"}'), "Wechatpay-Nonce", lambda nonce: nonce + '\n{"a":1}'),
                '{"state":"SUCCESS"}',
            ),
            "signature",
            "SIGNATURE_MALFORMED",
        ),
        *[
            unverified(
                f"signature-with-a-control-character-in-{short[header]}",
                with_header(good, header, lambda value, odd=odd: value + odd),  # type: ignore[misc]  # a default value
                "signature",
                "SIGNATURE_MALFORMED",
            )
            for header, odd in zip(signature_headers, ["\r", "\0", "\n", "\x7f"], strict=True)
        ],
        worded(
            unverified(
                "signature-by-sm2",
                and_headers(good, Wechatpay_Signature_Type="WECHATPAY2-SM2-WITH-SM3"),
                "signature",
                "SIGNATURE_UNSUPPORTED",
            ),
            "WECHATPAY2-SM2-WITH-SM3",
        ),
        parsed(
            "signature-type-named",
            "declare",
            and_headers(good, Wechatpay_Signature_Type="WECHATPAY2-SHA256-RSA2048"),
            DECLARE_ANSWER,
        ),
        *[
            worded(
                unverified(
                    f"body-compressed-by-{how}",
                    {
                        **without(and_headers(good, Content_Encoding=how), "body"),
                        "body_base64": base64.b64encode(compress(compact(DECLARE_ANSWER).encode())).decode(),
                    },
                    "signature",
                    "SIGNATURE_MISMATCH",
                ),
                f"compressed (`Content-Encoding: {how}`)",
            )
            for how, compress in COMPRESSIONS.items()
        ],
        parsed("body-decompressed-by-the-host", "declare", and_headers(good, Content_Encoding="gzip"), DECLARE_ANSWER),
        unverified(
            "signature-timestamp-with-sign",
            answer(DECLARE_ANSWER, timestamp=f"+{NOW}"),
            "signature",
            "SIGNATURE_MALFORMED",
        ),
        unverified(
            "signature-timestamp-as-date",
            answer(DECLARE_ANSWER, timestamp="2026-01-01T00:00:00Z"),
            "signature",
            "SIGNATURE_MALFORMED",
        ),
        unverified(
            "serial-unknown",
            with_header(good, "Wechatpay-Serial", lambda _: UNKNOWN_SERIAL),
            "signature",
            "SERIAL_UNKNOWN",
        ),
        unverified(
            "serial-of-public-key-not-held",
            public,
            "signature",
            "SERIAL_UNKNOWN",
            options=CERTIFICATE_ONLY,
            says=[PUBLIC_KEY_ID, "API Security"],
        ),
        unverified(
            "signature-of-another-body",
            with_body(good, compact({**DECLARE_ANSWER, "state": "SUCCESS"})),
            "signature",
            "SIGNATURE_MISMATCH",
        ),
        unverified(
            "signature-of-the-same-json-in-other-bytes", with_body(good, spaced), "signature", "SIGNATURE_MISMATCH"
        ),
        unverified(
            "signature-of-another-timestamp",
            with_header(good, "Wechatpay-Timestamp", lambda _: str(NOW + 1)),
            "signature",
            "SIGNATURE_MISMATCH",
        ),
        unverified(
            "signature-of-another-nonce",
            with_header(good, "Wechatpay-Nonce", lambda _: ANSWER_NONCE.upper()),
            "signature",
            "SIGNATURE_MISMATCH",
        ),
        unverified("signature-by-another-key", answer(DECLARE_ANSWER, signer=OTHER), "signature", "SIGNATURE_MISMATCH"),
        unverified(
            "signature-by-the-other-known-key",
            answer(DECLARE_ANSWER, serial=PUBLIC_KEY_ID),
            "signature",
            "SIGNATURE_MISMATCH",
        ),
        unverified(
            "signature-of-three-bytes",
            with_header(good, "Wechatpay-Signature", lambda _: "AAAA"),
            "signature",
            "SIGNATURE_MISMATCH",
        ),
        unverified(
            "signature-mismatch-on-query",
            answer(QUERY_ANSWER, signer=OTHER),
            "signature",
            "SIGNATURE_MISMATCH",
            operation="query",
        ),
        unverified(
            "probe-on-declare",
            with_header(good, "Wechatpay-Signature", lambda value: PROBE + value),
            "probe",
            "SIGNATURE_PROBE",
        ),
        unverified(
            "probe-on-query",
            with_header(answer(QUERY_ANSWER), "Wechatpay-Signature", lambda value: PROBE + value),
            "probe",
            "SIGNATURE_PROBE",
            operation="query",
        ),
        parsed("timestamp-299-seconds-old", "declare", good, DECLARE_ANSWER, now=NOW + 299),
        parsed("timestamp-299-seconds-ahead", "declare", good, DECLARE_ANSWER, now=NOW - 299),
        unverified("timestamp-300-seconds-old", good, "freshness", "TIMESTAMP_SKEWED", now=NOW + 300),
        unverified("timestamp-300-seconds-ahead", good, "freshness", "TIMESTAMP_SKEWED", now=NOW - 300),
        worded(
            unverified("timestamp-8-hours-old", good, "freshness", "TIMESTAMP_SKEWED", now=NOW + 28800),
            "1767225600 (2026-01-01T00:00:00Z)",
            "1767254400 (2026-01-01T08:00:00Z)",
            "28800 seconds behind",
        ),
        {
            **parsed("now-in-milliseconds", "declare", good, DECLARE_ANSWER, now=NOW * 1000),
            "expect": {"error": {"kind": "input", "code": "INVALID_OPTION", "says": ["`now`", "milliseconds"]}},
        },
    ]


# What JSON can hold and hosts cannot, or that is nested too deep, and how it is read.
ODD_VALUES: list[tuple[str, str, Any]] = [
    ("half-of-a-surrogate-pair", '"a\\ud83d"', "a\ufffd"),
    ("number-beyond-floats", "1e400", "1e400"),
    ("integer-beyond-64-bits", "-123456789012345678901234567890", "-123456789012345678901234567890"),
    ("64-levels", "[" * 61 + "1" + "]" * 61, json.loads("[" * 61 + "1" + "]" * 61)),
]


def value_vectors() -> list[Object]:
    """Verified 2xx responses: their values, their warnings, and bodies that cannot be read."""
    upper = {
        ("Verify_department_trade_id" if name == "verify_department_trade_id" else name): value
        for name, value in UNSPLIT_ANSWER.items()
    }
    extra: Object = {"new_text": "新", "new_object": {"list": [1, "2", True]}}
    # What would be the prototype of an object in JavaScript, if it were set and not defined.
    inherited: Object = {"__proto__": {"sub_order_id": "1", "new_text": "新"}}
    nulls = {**UNSPLIT_ANSWER, "sub_order_no": None, "sub_order_id": None, "modify_time": None}
    request = {**OWNER, **ORDER}
    split_request = {**request, **SPLIT, "sub_order_no": "20150806125346"}
    empty = {**OWNER, "offset": 0, "limit": 20, "total_count": 0, "data": []}
    record_with_nulls = {**QUERY_RECORD, "explanation": None, "duty": None}

    def unreadable(name: str, body: str | bytes | Object | list[Any], code: str, operation: str = "declare") -> Object:
        error = {"may_have_been_applied": operation == "declare"}
        return failed(name, operation, answer(body), "response", code, error)

    return [
        parsed("declare-unsplit-answer", "declare", answer(UNSPLIT_ANSWER), UNSPLIT_ANSWER),
        parsed("declare-key-spelled-as-in-the-table", "declare", answer(upper), UNSPLIT_ANSWER),
        parsed(
            "declare-unknown-fields-kept",
            "declare",
            answer({**extra, **UNSPLIT_ANSWER}),
            {**extra, **UNSPLIT_ANSWER},
        ),
        parsed(
            "declare-member-called-proto-kept",
            "declare",
            answer({**UNSPLIT_ANSWER, **inherited, "new_object": inherited}),
            {**UNSPLIT_ANSWER, **inherited, "new_object": inherited},
        ),
        parsed(
            "query-member-called-proto-kept",
            "query",
            answer({**QUERY_ANSWER, "data": [{**QUERY_RECORD, **inherited}]}),
            {**QUERY_ANSWER, "data": [{**QUERY_RECORD, **inherited}]},
        ),
        parsed(
            "declare-unknown-large-numbers-kept",
            "declare",
            answer({**UNSPLIT_ANSWER, "new_number": 2**33, "new_numbers": [2**53 - 1, -(2**40)]}),
            {**UNSPLIT_ANSWER, "new_number": 2**33, "new_numbers": [2**53 - 1, -(2**40)]},
        ),
        *[
            parsed(
                f"declare-unknown-{what}",
                "declare",
                answer(compact(UNSPLIT_ANSWER)[:-1] + f',"new":{odd},"news":[{{"a":{odd}}}]}}'),
                {**UNSPLIT_ANSWER, "new": read, "news": [{"a": read}]},
            )
            for what, odd, read in ODD_VALUES
        ],
        parsed(
            "declare-with-a-byte-order-mark", "declare", answer("\ufeff" + compact(UNSPLIT_ANSWER)), UNSPLIT_ANSWER
        ),
        parsed(
            "declare-unknown-not-utf-8",
            "declare",
            answer(compact(UNSPLIT_ANSWER)[:-1].encode() + b',"new":"\xff"}'),
            {**UNSPLIT_ANSWER, "new": "\ufffd"},
        ),
        *[
            parse_vector(
                f"{operation}-accepted-with-{status}-and-{what}",
                operation,
                answer(body, status),
                {
                    "value": {},
                    "warnings": [{"rule": "empty_answer", "field": "", "location": "response"}],
                    "request_id": REQUEST_ID,
                },
                request={**OWNER, **ORDER},
            )
            for operation in CHANGING
            for status, what, body in [(204, "nothing", ""), (200, "nothing", ""), (202, "a-line-feed", "\r\n")]
        ],
        *[
            unreadable(f"{operation.replace('_', '-')}-with-an-empty-body", "", "BODY_NOT_JSON", operation)
            for operation in ["query", "verify_identity"]
        ],
        parsed("declare-null-is-missing", "declare", answer(nulls), UNSPLIT_ANSWER),
        parsed(
            "declare-unknown-values-kept",
            "declare",
            answer({**UNSPLIT_ANSWER, "state": "ON_HOLD", "verify_department": "SOMEONE"}),
            {**UNSPLIT_ANSWER, "state": "ON_HOLD", "verify_department": "SOMEONE"},
        ),
        parsed("query-printed-answer", "query", answer(QUERY_ANSWER), QUERY_ANSWER),
        parsed("query-no-records-and-no-ids", "query", answer(empty), empty),
        parsed(
            "query-unknown-state-kept",
            "query",
            answer({**QUERY_ANSWER, "data": [{**QUERY_RECORD, "state": "ON_HOLD", "new_field": 1}]}),
            {**QUERY_ANSWER, "data": [{**QUERY_RECORD, "state": "ON_HOLD", "new_field": 1}]},
        ),
        parsed(
            "query-null-in-a-record-is-missing",
            "query",
            answer({**QUERY_ANSWER, "data": [record_with_nulls]}),
            {**QUERY_ANSWER, "data": [without(QUERY_RECORD, "explanation", "duty")]},
        ),
        parsed(
            "query-long-explanation-kept",
            "query",
            answer({**QUERY_ANSWER, "data": [{**QUERY_RECORD, "explanation": "详" * 300}]}),
            {**QUERY_ANSWER, "data": [{**QUERY_RECORD, "explanation": "详" * 300}]},
        ),
        # Ids that the answer carries are compared with the request.
        parsed("echo-equal", "declare", answer(UNSPLIT_ANSWER), UNSPLIT_ANSWER, request=request),
        parsed("echo-equal-split", "declare", answer(DECLARE_ANSWER), DECLARE_ANSWER, request=split_request),
        *[
            parsed(
                f"echo-differs-{field.replace('_', '-')}",
                "declare",
                answer({**DECLARE_ANSWER, field: other}),
                {**DECLARE_ANSWER, field: other},
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
            "declare",
            answer({**UNSPLIT_ANSWER, "mchid": "1230000110", "out_trade_no": "20150806125347"}),
            {**UNSPLIT_ANSWER, "mchid": "1230000110", "out_trade_no": "20150806125347"},
            "/mchid",
            "/out_trade_no",
            request=request,
        ),
        parsed(
            "echo-absent-is-not-compared",
            "declare",
            answer(UNSPLIT_ANSWER),
            UNSPLIT_ANSWER,
            request=split_request,
        ),
        parsed(
            "echo-differs-on-query",
            "query",
            answer({**QUERY_ANSWER, "mchid": "1230000110"}),
            {**QUERY_ANSWER, "mchid": "1230000110"},
            "/mchid",
            request={**OWNER, **QUERY},
        ),
        parsed(
            "echo-differs-from-ids-of-the-options",
            "declare",
            answer({**UNSPLIT_ANSWER, "appid": "wx0000000000000001", "mchid": "1230000110"}),
            {**UNSPLIT_ANSWER, "appid": "wx0000000000000001", "mchid": "1230000110"},
            "/appid",
            "/mchid",
            request=ORDER,
        ),
        parsed(
            "echo-differs-in-a-record",
            "query",
            answer({**QUERY_ANSWER, "data": [QUERY_RECORD, {**QUERY_RECORD, "sub_order_no": "20150806125347"}]}),
            {**QUERY_ANSWER, "data": [QUERY_RECORD, {**QUERY_RECORD, "sub_order_no": "20150806125347"}]},
            "/data/1/sub_order_no",
            request={**QUERY, "order_type": "sub_order_no", "order_no": QUERY_RECORD["sub_order_no"]},
        ),
        # The request names no sub-order, and the answer does.
        parsed(
            "echo-of-a-sub-order-that-was-not-sent",
            "declare",
            answer(DECLARE_ANSWER),
            DECLARE_ANSWER,
            "/sub_order_no",
            "/sub_order_id",
            request=request,
        ),
        parsed(
            "echo-of-another-customs-in-a-record",
            "query",
            answer({**QUERY_ANSWER, "data": [QUERY_RECORD, {**QUERY_RECORD, "customs": "NINGBO"}]}),
            {**QUERY_ANSWER, "data": [QUERY_RECORD, {**QUERY_RECORD, "customs": "NINGBO"}]},
            "/data/1/customs",
            request=QUERY,
        ),
        parsed(
            "echo-of-the-customs-in-another-letter-case",
            "query",
            answer({**QUERY_ANSWER, "data": [{**QUERY_RECORD, "customs": "shanghai_zs"}]}),
            {**QUERY_ANSWER, "data": [{**QUERY_RECORD, "customs": "SHANGHAI_ZS"}]},
            request=QUERY,
        ),
        parsed("echo-of-the-sub-orders-of-a-payment", "query", answer(QUERY_ANSWER), QUERY_ANSWER, request=QUERY),
        # Verified, and yet unreadable.
        unreadable("verified-text", "OK", "BODY_NOT_JSON"),
        unreadable("verified-truncated-json", compact(DECLARE_ANSWER)[:-1], "BODY_NOT_JSON"),
        unreadable("verified-not-utf-8", b'{"state":"\xff\xfe"}', "BODY_UNEXPECTED"),
        unreadable("verified-list", [DECLARE_ANSWER], "BODY_UNEXPECTED"),
        unreadable("verified-without-state", without(DECLARE_ANSWER, "state"), "BODY_UNEXPECTED"),
        unreadable("verified-state-null", {**DECLARE_ANSWER, "state": None}, "BODY_UNEXPECTED"),
        unreadable(
            "verified-query-amount-as-text",
            {**QUERY_ANSWER, "data": [{**QUERY_RECORD, "order_fee": "888"}]},
            "BODY_UNEXPECTED",
            "query",
        ),
        unreadable("verified-query-text", "OK", "BODY_NOT_JSON", "query"),
    ]


EPOCH = "Thu, 01 Jan 2026 00:00:00 GMT"


def quoting_vectors() -> list[Object]:
    """Refusals that quote what they refuse: a person's data is hidden, and nothing else suffers by it."""

    def quoting(name: str, person: Object, error: Object, told: Object, *hidden: str) -> Object:
        response = answer(error, 400, signer=None)
        request = {**IDENTITY, **person}
        error = {"may_have_been_applied": False, "retryable": False, **told}
        vector = failed(f"quoting-{name}", "verify_identity", response, "api", error.pop("code"), error, request=request)
        return {**vector, "hidden": list(hidden)} if hidden else vector

    words: Object = {"field": "/certificate_name", "issue": "must be like someone", "location": "body"}
    return [
        *[
            quoting(
                f"a-name-like-{name.lower()}-with-{code.lower().replace('_', '-')}",
                {"certificate_name": name},
                {"code": code, "message": f"wrong parameter, see {name}.", "detail": {**words, "value": name}},
                {
                    "code": code,
                    "detail": {**words, "value": "***"},
                    "says": [f"{code} (HTTP 400): wrong parameter, see ***."],
                },
            )
            for name in ["OR", "Li", "Sy", "de", "me", "code", "detail", "INVALID"]
            for code in ["PARAM_ERROR", "INVALID_REQUEST"]
        ],
        quoting(
            "an-id-in-another-letter-case",
            {"certificate_id": NOBODY_WITH_X},
            {"code": "PARAM_ERROR", "message": f"{NOBODY_WITH_X.lower()} is wrong", "detail": {"a": NOBODY_WITH_X.lower()}},
            {"code": "PARAM_ERROR", "detail": {"a": "***"}},
            NOBODY_WITH_X,
            NOBODY_WITH_X.lower(),
        ),
        quoting(
            "a-name-within-a-text",
            {"certificate_name": "Li"},
            {"code": "PARAM_ERROR", "message": "x", "detail": {"a": 'name%3DLi&b {\\"n\\":\\"li\\"}\\tLI'}},
            {"code": "PARAM_ERROR", "detail": {"a": 'name%3D***&b {\\"n\\":\\"***\\"}\\t***'}},
        ),
    ]


def error_vectors() -> list[Object]:
    """Responses that are not 2xx."""
    # As the declare page prints it, and the shape that SIGN_ERROR has.
    printed: Object = {
        "code": "INVALID_REQUEST",
        "message": "Parameter format verification error",
        "detail": {
            "field": "#/properties/payer",
            "value": "1346177081915535577",
            "issue": "與ALLOF schema不符",
            "location": "body",
        },
    }
    sign_error: Object = {
        "code": "SIGN_ERROR",
        "message": "Sign verification failed",
        "detail": {
            "detail": {"issue": "sign not match"},
            "field": "signature",
            "location": "authorization",
            "sign_information": {
                "method": "POST",
                "url": "/v3/global/customs/orders",
                "truncated_sign_message": "POST\n/v3/global/customs/orders\n1767225600\n",
                "sign_message_length": 384,
            },
        },
    }
    differs: Object = {
        "code": "INVALID_REQUEST",
        "message": (
            "The information re-entered by merchant for customs declaration is different from the original one"
        ),
    }

    def unsigned(body: Object, status: int) -> Object:
        return answer(body, status, signer=None)

    def named(code: str, message: str = "see the code") -> Object:
        return {"code": code, "message": message}

    def page(name: str, operation: str, response: Object, retryable: bool, applied: bool) -> Object:
        error = {"authenticated": False, "retryable": retryable, "may_have_been_applied": applied}
        return failed(name, operation, response, "response", "BODY_NOT_JSON", error)

    html_502 = answer(HTML, 502, signer=None, content_type="text/html", request_id=None)
    html_404 = answer("<html>not found</html>", 404, signer=None, content_type="text/html", request_id=None)
    return [
        api_error(
            "error-printed-unsigned",
            "declare",
            unsigned(printed, 400),
            "INVALID_REQUEST",
            reason=None,
            detail=printed["detail"],
            warnings=[],
        ),
        api_error(
            "error-detail-with-a-member-called-proto",
            "declare",
            unsigned({**printed, "detail": {"__proto__": printed["detail"], "issue": "x"}}, 400),
            "INVALID_REQUEST",
            detail={"__proto__": printed["detail"], "issue": "x"},
            warnings=[],
        ),
        api_error(
            "error-signed",
            "declare",
            answer(printed, 400),
            "INVALID_REQUEST",
            authenticated=True,
            detail=printed["detail"],
            warnings=[],
        ),
        api_error(
            "error-signed-by-public-key",
            "query",
            answer(named("ORDER_NOT_EXIST"), 404, signer=PLATFORM_PUBLIC, serial=PUBLIC_KEY_ID),
            "ORDER_NOT_EXIST",
            authenticated=True,
            warnings=[],
        ),
        api_error(
            "error-wrongly-signed",
            "declare",
            answer(printed, 400, signer=OTHER),
            "INVALID_REQUEST",
            detail=printed["detail"],
            warnings=[{"rule": "error_signature"}],
        ),
        api_error(
            "error-declared-data-differs",
            "declare",
            unsigned(differs, 400),
            "INVALID_REQUEST",
            reason="declared_data_differs",
        ),
        api_error(
            "error-sign-error-with-its-own-detail",
            "declare",
            unsigned(sign_error, 401),
            "SIGN_ERROR",
            detail=sign_error["detail"],
        ),
        api_error("error-param-error", "query", unsigned(named("PARAM_ERROR"), 400), "PARAM_ERROR"),
        api_error("error-no-auth", "declare", unsigned(named("NO_AUTH"), 403), "NOAUTH"),
        api_error("error-noauth", "declare", unsigned(named("NOAUTH"), 403), "NOAUTH"),
        api_error(
            "error-return-code",
            "query",
            unsigned({"return_code": "ORDER_NOT_EXIST", "message": "no such order"}, 404),
            "ORDER_NOT_EXIST",
        ),
        api_error(
            "error-return-code-normalised",
            "declare",
            unsigned({"return_code": "NO_AUTH", "message": "no permission"}, 403),
            "NOAUTH",
        ),
        *[
            api_error(
                f"error-{status}-{code.lower().replace('_', '-')}-on-{operation}",
                operation,
                unsigned(named(code), status),
                code,
                applied=operation in CHANGING,
            )
            for status, code in [
                (400, "SOMETHING_NEW"),
                (400, "APPID_MCHID_NOT_MATCH"),
                (404, "not_found"),
                (409, "CONFLICT"),
                (425, "TOO_EARLY"),
                (499, "CLIENT_CLOSED"),
            ]
            for operation in ["declare", "modify", "redeclare", "query"]
        ],
        *[
            failed(
                f"error-code-empty-on-{operation}",
                operation,
                unsigned({"code": "", "message": "odd"}, 400),
                "response",
                "BODY_UNEXPECTED",
                {"may_have_been_applied": operation in CHANGING, "retryable": False},
            )
            for operation in ["modify", "query"]
        ],
        api_error(
            "error-code-empty-beside-return-code",
            "modify",
            unsigned({"code": "", "return_code": "PARAM_ERROR", "message": "odd"}, 400),
            "PARAM_ERROR",
        ),
        api_error(
            "error-unknown-code-at-429", "modify", unsigned(named("SLOW_DOWN"), 429), "SLOW_DOWN", retryable=True
        ),
        *[
            api_error(
                f"error-{what}",
                "declare",
                answer(b'{"code":"PARAM_ERROR","message":' + text + b',"detail":{"field":"/duty"}}', 400, signer=None),
                "PARAM_ERROR",
                advice={},
                detail={"field": "/duty"},
            )
            for what, text in [
                ("in-gbk", b'"\xb2\xce\xca\xfd\xb4\xed\xce\xf3"'),
                ("in-gbk-with-a-backslash", b'"\xd5\\"'),
                ("with-half-of-a-surrogate-pair", b'"\\ud83d"'),
                ("with-a-line-feed-in-a-text", b'"a\nb"'),
                ("with-an-unknown-escape", b'"\\x"'),
                ("with-a-number-beyond-floats", b'"","more":1e400'),
                ("with-128-levels", b'"","more":' + b"[" * 128 + b"]" * 128),
            ]
        ],
        api_error(
            "error-with-a-byte-order-mark",
            "declare",
            answer(b"\xef\xbb\xbf" + compact(named("PARAM_ERROR")).encode(), 400, signer=None),
            "PARAM_ERROR",
        ),
        api_error(
            "error-with-an-integer-beyond-64-bits",
            "declare",
            answer('{"code":"PARAM_ERROR","detail":{"value":123456789012345678901234567890}}', 400, signer=None),
            "PARAM_ERROR",
            detail={"value": "123456789012345678901234567890"},
        ),
        failed(
            "error-compressed",
            "declare",
            {
                **without(and_headers(unsigned(named("PARAM_ERROR"), 400), Content_Encoding="gzip"), "body"),
                "body_base64": base64.b64encode(gzipped(compact(named("PARAM_ERROR")).encode())).decode(),
            },
            "response",
            "BODY_NOT_JSON",
            {"may_have_been_applied": True, "says": ["compressed body (`Content-Encoding: gzip`)"]},
        ),
        # Nothing of the service's can break a line of ours, or fill pages.
        worded(
            api_error(
                "error-with-escapes",
                "declare",
                unsigned({"code": "PARAM_ERROR", "message": "a\n\x1b[2Jb\u202ec" + "x" * 2_000}, 400),
                "PARAM_ERROR",
            ),
            "a\\n\\u{1b}[2Jb\\u{202e}c",
            hidden=["x" * 600],
        ),
        worded(
            api_error(
                "error-with-escapes-in-its-code",
                "query",
                unsigned({"code": "A\nB" + "C" * 1000, "message": ""}, 400),
                "A\\nB" + "C" * 61 + "…",
            ),
            "refused: A\\nBCC",
        ),
        # A date is counted from that of the answer.
        *[
            failed(
                f"retry-after-{what}",
                "query",
                and_headers(unsigned(named("RATE_LIMITED"), 429), **headers),
                "api",
                "RATE_LIMITED",
                {"retry_after": milliseconds},
            )
            for what, headers, milliseconds in [
                ("in-seconds", {"Retry-After": "30"}, 30_000),
                ("as-a-date", {"Retry-After": "Thu, 01 Jan 2026 00:01:00 GMT", "Date": EPOCH}, 60_000),
                ("as-a-date-that-is-past", {"Retry-After": "Wed, 31 Dec 2025 00:00:00 GMT", "Date": EPOCH}, 0),
                ("as-a-date-without-another", {"Retry-After": "Thu, 01 Jan 2026 00:01:00 GMT"}, None),
                ("as-neither", {"Retry-After": "soon", "Date": EPOCH}, None),
            ]
        ],
        *quoting_vectors(),
        *[
            api_error(
                f"error-429-{code.lower().replace('_', '-')}",
                operation,
                unsigned(named(code), 429),
                "RATE_LIMITED",
                retryable=True,
            )
            for code, operation in {
                "RATE_LIMITED": "declare",
                "RATELIMIT_EXCEEDED": "declare",
                "FREQUENCY_LIMITED": "query",
            }.items()
        ],
        *[
            api_error(
                f"error-500-{code.lower().replace('_', '-')}-on-{operation}",
                operation,
                unsigned(named(code), 500),
                "SYSTEMERROR",
                retryable=True,
                applied=operation == "declare",
            )
            for code, operation in [("SYSTEM_ERROR", "declare"), ("SYSTEMERROR", "declare"), ("SYSTEMERROR", "query")]
        ],
        api_error(
            "error-code-tells-more-than-the-status",
            "declare",
            unsigned(named("SYSTEMERROR"), 400),
            "SYSTEMERROR",
            retryable=True,
            applied=None,
        ),
        api_error(
            "error-503-signed",
            "declare",
            answer(named("SERVICE_UNAVAILABLE"), 503),
            "SERVICE_UNAVAILABLE",
            authenticated=True,
            retryable=True,
            applied=True,
        ),
        page("html-502-on-declare", "declare", html_502, True, True),
        page("html-502-on-query", "query", html_502, True, False),
        page("html-404-is-no-answer-about-the-order", "query", html_404, False, False),
        page("empty-503", "declare", answer("", 503, signer=None), True, True),
        page("empty-429", "declare", answer("", 429, signer=None), True, False),
        failed(
            "rate-limited-for-longer-than-timers-count",
            "declare",
            {
                **(limited := answer({"code": "RATE_LIMITED", "message": "later"}, 429)),
                "headers": [*limited["headers"], ["Retry-After", "9007199254741"]],
            },
            "api",
            "RATE_LIMITED",
            {"retryable": True, "may_have_been_applied": False, "authenticated": True},
        ),
        failed("status-that-says-nothing", "declare", answer("", 199, signer=None), "response", "STATUS_UNEXPECTED", {}),
        failed(
            "redirect-not-shown",
            "declare",
            answer("", 0, signer=None),
            "response",
            "REDIRECT_REFUSED",
            {"status": None},
        ),
        *[
            failed(
                f"redirect-{status}",
                operation,
                {**response, "headers": [*response["headers"], ["Location", "https://elsewhere.example/"]]},
                "response",
                "REDIRECT_REFUSED",
                {},
            )
            for status, operation, response in [
                (302, "query", answer("", 302, signer=None)),
                (307, "declare", answer("", 307, signer=None)),
            ]
        ],
    ]


def parse_vectors() -> list[Object]:
    """Responses, trusted, read or refused."""
    return [
        *verification_vectors(),
        *value_vectors(),
        *error_vectors(),
        *answer_vectors(),
        *[
            vector
            for operation in ("modify", "redeclare", "verify_identity", "certificates")
            for vector in failures(operation)
        ],
        *certificates_vectors(),
        *refusal_vectors(),
    ]


# Per operation: a request, its answer, and other values for the ids that the answer may carry.
ANSWERS: dict[str, tuple[Object, Object, Object]] = {
    "modify": (
        PRINTED_MODIFY,
        MODIFY_ANSWER,
        {
            "appid": "wx0000000000000001",
            "mchid": "1230000110",
            "out_trade_no": "20150806125347",
            "transaction_id": "1000320306201511078440737899",
            "sub_order_no": "20150806125347",
        },
    ),
    "redeclare": (
        {**PRINTED_REDECLARE, "sub_order_id": "20150806125346"},
        REDECLARE_ANSWER,
        {
            "appid": "wx0000000000000001",
            "mchid": "1230000110",
            "out_trade_no": "20150806125347",
            "transaction_id": "1000320306201511078440737899",
            "sub_order_no": "20150806125347",
            "sub_order_id": "20150806125347",
        },
    ),
    "verify_identity": (
        {**OWNER, **IDENTITY},
        IDENTITY_ANSWER,
        {
            "appid": "wx0000000000000001",
            "mchid": "1230000110",
            "out_trade_no": "20150806125347",
            "transaction_id": "1000320306201511078440737899",
        },
    ),
}


def answers(operation: str) -> list[Object]:
    """Answers of one operation, trusted and not."""
    request, value, others = ANSWERS[operation]
    word = operation.replace("_", "-")
    required = "certificate_check_result" if operation == "verify_identity" else "state"
    extra: Object = {"new_text": "新", "new_object": {"list": [1, "2", True]}, "new_number": 2**33}
    changed = {**value, **others}
    good = answer(value)

    def unreadable(what: str, body: str | Object | list[Any], code: str) -> Object:
        error = {"retryable": False, "may_have_been_applied": operation in CHANGING}
        return failed(f"{word}-verified-{what}", operation, answer(body), "response", code, error)

    return [
        parsed(f"{word}-answer", operation, good, value),
        parsed(f"{word}-answer-to-its-request", operation, good, value, request=request),
        parsed(
            f"{word}-answer-by-public-key",
            operation,
            answer(value, signer=PLATFORM_PUBLIC, serial=PUBLIC_KEY_ID),
            value,
        ),
        parsed(f"{word}-unknown-fields-kept", operation, answer({**extra, **value}), {**extra, **value}),
        parsed(
            f"{word}-null-is-missing",
            operation,
            answer({**dict.fromkeys(value), required: value[required]}),
            {required: value[required]},
            request=request,
        ),
        *[
            parsed(
                f"{word}-echo-differs-{field.replace('_', '-')}",
                operation,
                answer({**value, field: other}),
                {**value, field: other},
                f"/{field}",
                request=request,
            )
            for field, other in others.items()
        ],
        parsed(
            f"{word}-echo-differs-everywhere",
            operation,
            answer(changed),
            changed,
            *[f"/{field}" for field in others],
            request=request,
        ),
        parsed(
            f"{word}-echo-differs-from-ids-of-the-options",
            operation,
            answer(changed),
            changed,
            "/appid",
            "/mchid",
            *[f"/{field}" for field in ("sub_order_no", "sub_order_id") if field in changed],
            request=without(request, *others, "sub_order_id"),
        ),
        unreadable("text", "OK", "BODY_NOT_JSON"),
        unreadable("list", [value], "BODY_UNEXPECTED"),
        unreadable(f"without-{required.replace('_', '-')}", without(value, required), "BODY_UNEXPECTED"),
        unreadable(f"{required.replace('_', '-')}-as-number", {**value, required: 1}, "BODY_UNEXPECTED"),
        unverified(
            f"{word}-signature-missing",
            answer(value, signer=None),
            "signature",
            "SIGNATURE_MISSING",
            operation=operation,
        ),
        unverified(
            f"{word}-signature-mismatch",
            answer(value, signer=OTHER),
            "signature",
            "SIGNATURE_MISMATCH",
            operation=operation,
        ),
        unverified(
            f"{word}-serial-unknown",
            answer(value, serial=UNKNOWN_SERIAL),
            "signature",
            "SERIAL_UNKNOWN",
            operation=operation,
        ),
        unverified(
            f"{word}-probe",
            with_header(good, "Wechatpay-Signature", lambda value: PROBE + value),
            "probe",
            "SIGNATURE_PROBE",
            operation=operation,
        ),
        unverified(
            f"{word}-timestamp-300-seconds-old",
            good,
            "freshness",
            "TIMESTAMP_SKEWED",
            operation=operation,
            now=NOW + 300,
        ),
    ]


def answer_vectors() -> list[Object]:
    """Answers of modify, redeclare and verify_identity."""
    upper = {
        ("Verify_department_trade_id" if name == "verify_department_trade_id" else name): value
        for name, value in MODIFY_ANSWER.items()
    }
    long = {**REDECLARE_ANSWER, "explanation": "详" * 300}
    return [
        *[vector for operation in ANSWERS for vector in answers(operation)],
        parsed("modify-key-spelled-as-in-the-table", "modify", answer(upper), MODIFY_ANSWER),
        parsed(
            "modify-unsplit-answer-without-modify-time",
            "modify",
            answer(without(MODIFY_ANSWER, "sub_order_no", "sub_order_id", "modify_time")),
            without(MODIFY_ANSWER, "sub_order_no", "sub_order_id", "modify_time"),
            request=PRINTED_MODIFY,
        ),
        parsed(
            "modify-unknown-state-kept",
            "modify",
            answer({**MODIFY_ANSWER, "state": "ON_HOLD", "verify_department": "SOMEONE"}),
            {**MODIFY_ANSWER, "state": "ON_HOLD", "verify_department": "SOMEONE"},
        ),
        # As printed: the answer carries another sub_order_id than the request.
        parsed(
            "redeclare-printed-answer-to-the-printed-request",
            "redeclare",
            answer(REDECLARE_ANSWER),
            REDECLARE_ANSWER,
            "/sub_order_id",
            request=PRINTED_REDECLARE,
        ),
        parsed("redeclare-long-explanation-kept", "redeclare", answer(long), long),
        parsed(
            "redeclare-unknown-state-kept",
            "redeclare",
            answer({**REDECLARE_ANSWER, "state": "ON_HOLD"}),
            {**REDECLARE_ANSWER, "state": "ON_HOLD"},
        ),
        parsed(
            "redeclare-ids-that-were-not-sent",
            "redeclare",
            answer(REDECLARE_ANSWER),
            REDECLARE_ANSWER,
            "/sub_order_no",
            "/sub_order_id",
            request=without(PRINTED_REDECLARE, "transaction_id", "sub_order_no", "sub_order_id"),
        ),
        *[
            parsed(
                f"verify-identity-result-{what}",
                "verify_identity",
                answer({**IDENTITY_ANSWER, "certificate_check_result": sent}),
                {**IDENTITY_ANSWER, "certificate_check_result": read},
            )
            for what, sent, read in [
                ("same-in-lower-case", "same", "SAME"),
                ("different", "DIFFERENT", "DIFFERENT"),
                ("different-in-odd-case", "dIFFERENT", "DIFFERENT"),
                ("unchecked", "UNCHECKED", "UNCHECKED"),
                ("unchecked-in-odd-case", "Unchecked", "UNCHECKED"),
                ("unknown-kept", "NOT_ON_FILE", "NOT_ON_FILE"),
                ("unknown-kept-as-spelt", "NotOnFile", "NotOnFile"),
            ]
        ],
    ]


def failures(operation: str) -> list[Object]:
    """Failures of one operation: what may be sent again, and what may have taken effect."""
    word = operation.replace("_", "-")
    passing: Object = {
        "authenticated": False,
        "retryable": operation not in NOT_REPEATABLE,
        "may_have_been_applied": operation in CHANGING,
    }
    options: Object | None = {"api_v3_key": API_V3_KEY} if operation == "certificates" else None
    limited: Object = {"authenticated": False, "retryable": True, "may_have_been_applied": False}
    final: Object = {"authenticated": False, "retryable": False, "may_have_been_applied": False}

    def page(status: int, error: Object, body: str = HTML) -> Object:
        what = "html" if body else "empty"
        response = answer(body, status, signer=None, content_type="text/html", request_id=None)
        return failed(
            f"{word}-{what}-{status}", operation, response, "response", "BODY_NOT_JSON", error, options=options
        )

    def named(status: int, sent: str, code: str, error: Object) -> Object:
        response = answer({"code": sent, "message": "see the code"}, status, signer=None)
        name = f"{word}-{status}-{sent.lower().replace('_', '-')}"
        return failed(name, operation, response, "api", code, error, options=options)

    return [
        named(500, "SYSTEMERROR", "SYSTEMERROR", passing),
        named(500, "SYSTEM_ERROR", "SYSTEMERROR", passing),
        named(503, "SERVICE_UNAVAILABLE", "SERVICE_UNAVAILABLE", passing),
        named(502, "SOMETHING_NEW", "SOMETHING_NEW", passing),
        page(500, passing),
        page(502, passing),
        page(503, passing, ""),
        page(504, passing, ""),
        named(429, "RATE_LIMITED", "RATE_LIMITED", limited),
        named(429, "FREQUENCY_LIMITED", "RATE_LIMITED", limited),
        page(429, limited, ""),
        named(400, "PARAM_ERROR", "PARAM_ERROR", final),
        named(400, "INVALID_REQUEST", "INVALID_REQUEST", final),
        named(401, "SIGN_ERROR", "SIGN_ERROR", final),
        named(403, "NO_AUTH", "NOAUTH", final),
        named(404, "RESOURCE_NOT_EXISTS", "RESOURCE_NOT_EXISTS", final),
        failed(
            f"{word}-error-signed",
            operation,
            answer({"code": "SYSTEMERROR", "message": "System error"}, 500),
            "api",
            "SYSTEMERROR",
            {**passing, "authenticated": True},
            options=options,
        ),
    ]


def certificates_vectors() -> list[Object]:
    """Lists of platform certificates: decrypted, and verified with what they bring or with what is held."""
    first_pem = pem("platform.cert.pem")
    first, second = listed(first_pem, CERTIFICATE_SERIAL), listed(LATER_CERTIFICATE, LATER_SERIAL)
    opened_first: Object = {**times(first_pem, CERTIFICATE_SERIAL), "certificate": first_pem}
    opened_second: Object = {**times(LATER_CERTIFICATE, LATER_SERIAL), "certificate": LATER_CERTIFICATE}
    body: Object = {"data": [first, second]}
    value: Object = {"data": [opened_first, opened_second]}
    good = answer(body)
    bootstrap: Object = {**NO_KEYS, "api_v3_key": API_V3_KEY}
    holding: Object = {"api_v3_key": API_V3_KEY}

    def read(name: str, response: Object, expected: Object, options: Object) -> Object:
        return parsed(f"certificates-{name}", "certificates", response, expected, options=options)

    def distrusted(
        name: str, response: Object, kind: str, code: str, options: Object = bootstrap, **more: Any
    ) -> Object:
        return unverified(
            f"certificates-{name}", response, kind, code, operation="certificates", options=options, **more
        )

    def not_decrypted(name: str, *items: Object, options: Object = bootstrap) -> Object:
        error: Object = {"retryable": False, "may_have_been_applied": False}
        response = answer({"data": list(items)})
        return failed(
            f"certificates-{name}",
            "certificates",
            response,
            "key",
            "CERTIFICATE_NOT_DECRYPTED",
            error,
            options=options,
        )

    def bad_key(name: str, code: str, options: Object) -> Object:
        expect = {"error": {"kind": "key", "code": code, "retryable": False, "may_have_been_applied": False}}
        return parse_vector(f"certificates-{name}", "certificates", good, expect, options=options)

    def unreadable(name: str, content: str | Object | list[Any], code: str) -> Object:
        return failed(
            f"certificates-{name}",
            "certificates",
            answer(content),
            "response",
            code,
            {"may_have_been_applied": False},
            options=holding,
        )

    def flipped(position: int) -> Callable[[bytes], bytes]:
        def damage(data: bytes) -> bytes:
            index = position % len(data)
            return data[:index] + bytes([data[index] ^ 1]) + data[index + 1 :]

        return damage

    def damaged(**options: Any) -> Object:
        return listed(first_pem, CERTIFICATE_SERIAL, **options)

    def listed_text(text: str) -> Object:
        return {"encrypt_certificate": sealed(text)}

    def skipping(name: str, *items: Object) -> Object:
        """A list whose first certificate signs; the others stay encrypted, and there is a remark for each."""
        value = {"data": [opened_first, *items[1:]]}
        vector = read(name, answer({"data": list(items)}), value, bootstrap)
        vector["expect"]["warnings"] = [
            {"rule": "certificate_skipped", "field": f"/data/{place}", "value": item["serial_no"]}
            for place, item in enumerate(items)
            if place
        ]
        return vector

    curve = load_pem_private_key(pem("ec.key.pem").encode(), password=None).public_key()
    if not isinstance(curve, EllipticCurvePublicKey):
        raise TypeError("ec.key.pem is not an EC key")
    curve_serial, small_serial = "3A6D01C8E57F42B9904E7D2B16A8F35C0D92E471", "5E18B40F7A93C62D81F05B9E3C7A4D60F2B918E3"
    small = private_key("small.key.pem").public_key()
    of_curve = listed(make_certificate(PLATFORM, curve_serial, utc(2021), utc(2057), curve), curve_serial)
    of_1024_bits = listed(make_certificate(PLATFORM, small_serial, utc(2021), utc(2057), small), small_serial)
    sm4 = listed(LATER_CERTIFICATE, UNKNOWN_SERIAL, algorithm="AEAD_SM4_GCM")
    extended = {"data": [{**first, "new_field": 1}, second], "new_text": "新"}
    other_key = API_V3_KEY[::-1]
    return [
        # Nothing but the APIv3 key is held.
        read("first-list-signed-by-its-first", good, value, bootstrap),
        read(
            "first-list-signed-by-its-second",
            answer(body, signer=PLATFORM_PUBLIC, serial=LATER_SERIAL),
            value,
            bootstrap,
        ),
        read("first-list-of-one", answer({"data": [first]}), {"data": [opened_first]}, bootstrap),
        read(
            "first-list-with-header-names-in-lower-case",
            {**good, "headers": [[name.lower(), text] for name, text in good["headers"]]},
            value,
            bootstrap,
        ),
        read(
            "first-list-with-other-nonce-and-associated-data",
            answer({"data": [damaged(nonce="61f9c719728a", associated_data="certificate 2")]}),
            {"data": [opened_first]},
            bootstrap,
        ),
        read(
            "first-list-with-empty-associated-data",
            answer({"data": [damaged(associated_data="")]}),
            {"data": [opened_first]},
            bootstrap,
        ),
        read(
            "unknown-fields-kept",
            answer(extended),
            {"data": [{**opened_first, "new_field": 1}, opened_second], "new_text": "新"},
            bootstrap,
        ),
        # One that cannot be used spoils none of the others, unless it is the one that signed.
        skipping("second-one-flipped", first, listed(LATER_CERTIFICATE, LATER_SERIAL, damage=flipped(0))),
        skipping("second-one-of-another-algorithm", first, sm4),
        skipping("second-one-of-an-elliptic-curve", first, of_curve),
        skipping("second-one-of-1024-bits", first, of_1024_bits),
        skipping("second-one-under-another-serial", first, listed(LATER_CERTIFICATE, UNKNOWN_SERIAL)),
        skipping("second-one-no-certificate", first, {**second, **listed_text("no certificate")}),
        skipping("two-and-a-half-of-three", first, sm4, of_curve),
        *[
            failed(
                f"certificates-list-signed-by-one-{name}",
                "certificates",
                answer({"data": [odd, second]}, serial=odd["serial_no"]),
                "key",
                code,
                {"may_have_been_applied": False, "says": [odd["serial_no"], says]},
                options=bootstrap,
            )
            for name, odd, code, says in (
                ("of-an-elliptic-curve", of_curve, "PLATFORM_KEY_INVALID", "RSA"),
                ("of-1024-bits", of_1024_bits, "PLATFORM_KEY_INVALID", "1024 bits"),
                ("of-another-algorithm", sm4, "CERTIFICATE_NOT_DECRYPTED", "AEAD_SM4_GCM"),
            )
        ],
        failed(
            "certificates-list-of-none-that-can-be-used",
            "certificates",
            answer({"data": [of_curve, sm4]}),
            "key",
            "PLATFORM_KEY_INVALID",
            {"may_have_been_applied": False, "says": [of_curve["serial_no"], "the list of certificates", "RSA"]},
            options=holding,
        ),
        # Keys are held.
        read("list-signed-by-a-certificate-held", good, value, {**CERTIFICATE_ONLY, **holding}),
        read(
            "list-signed-by-a-public-key-held",
            answer(body, signer=PLATFORM_PUBLIC, serial=PUBLIC_KEY_ID),
            value,
            {**PUBLIC_KEY_ONLY, **holding},
        ),
        read(
            "list-of-others-signed-by-a-certificate-held",
            answer({"data": [second]}),
            {"data": [opened_second]},
            {**CERTIFICATE_ONLY, **holding},
        ),
        read(
            "list-signed-by-a-new-certificate",
            answer(body, signer=PLATFORM_PUBLIC, serial=LATER_SERIAL),
            value,
            {**CERTIFICATE_ONLY, **holding},
        ),
        read("empty-list", answer({"data": []}), {"data": []}, holding),
        # Decryption fails.
        not_decrypted("with-another-api-v3-key", first, second, options={**NO_KEYS, "api_v3_key": other_key}),
        not_decrypted("with-another-api-v3-key-and-keys-held", first, options={"api_v3_key": other_key}),
        not_decrypted("first-byte-flipped", damaged(damage=flipped(0)), second),
        not_decrypted("byte-in-the-middle-flipped", damaged(damage=flipped(700)), second),
        not_decrypted("tag-flipped", damaged(damage=flipped(-1)), second),
        not_decrypted("tag-cut-off", damaged(damage=lambda data: data[:-16])),
        not_decrypted("shorter-than-a-tag", damaged(damage=lambda data: data[:15])),
        not_decrypted(
            "associated-data-changed",
            damaged(associated_data="certificate")
            | {"encrypt_certificate": {**first["encrypt_certificate"], "associated_data": "transaction"}},
        ),
        not_decrypted(
            "nonce-changed", {**first, "encrypt_certificate": {**first["encrypt_certificate"], "nonce": "9b1c7e04a5d3"}}
        ),
        not_decrypted(
            "algorithm-unknown",
            {**first, "encrypt_certificate": {**first["encrypt_certificate"], "algorithm": "AEAD_SM4_GCM"}},
            second,
        ),
        not_decrypted("byte-flipped-and-keys-held", damaged(damage=flipped(0)), options=holding),
        # The APIv3 key itself
        *[
            bad_key(f"api-v3-key-of-{size}-characters", "API_V3_KEY_INVALID", {**NO_KEYS, "api_v3_key": "k" * size})
            for size in (1, 31, 33, 34, 64)
        ],
        bad_key("api-v3-key-missing", "API_V3_KEY_MISSING", NO_KEYS),
        bad_key("api-v3-key-missing-and-keys-held", "API_V3_KEY_MISSING", CERTIFICATE_ONLY),
        # Decrypted, and not to be trusted.
        distrusted(
            "first-list-signed-by-a-certificate-that-is-not-listed",
            answer({"data": [second]}),
            "signature",
            "SERIAL_UNKNOWN",
        ),
        distrusted("first-list-empty", answer({"data": []}), "signature", "SERIAL_UNKNOWN"),
        distrusted(
            "list-signed-by-a-public-key-not-held",
            answer(body, signer=PLATFORM_PUBLIC, serial=PUBLIC_KEY_ID),
            "signature",
            "SERIAL_UNKNOWN",
            says=[PUBLIC_KEY_ID, "API Security"],
        ),
        distrusted("serial-unknown", answer(body, serial=UNKNOWN_SERIAL), "signature", "SERIAL_UNKNOWN"),
        distrusted(
            "serial-unknown-and-keys-held",
            answer(body, serial=UNKNOWN_SERIAL),
            "signature",
            "SERIAL_UNKNOWN",
            holding,
        ),
        distrusted("first-list-signed-by-another-key", answer(body, signer=OTHER), "signature", "SIGNATURE_MISMATCH"),
        distrusted(
            "first-list-signed-by-the-other-one", answer(body, serial=LATER_SERIAL), "signature", "SIGNATURE_MISMATCH"
        ),
        distrusted(
            "list-signed-by-another-key-and-keys-held",
            answer(body, signer=OTHER),
            "signature",
            "SIGNATURE_MISMATCH",
            holding,
        ),
        distrusted(
            "list-changed-after-signing",
            with_body(good, compact({"data": [second, first]})),
            "signature",
            "SIGNATURE_MISMATCH",
        ),
        distrusted("signature-missing", answer(body, signer=None), "signature", "SIGNATURE_MISSING"),
        *[
            distrusted(
                f"html-without-signature{what}",
                answer(HTML, signer=None, content_type="text/html"),
                "signature",
                "SIGNATURE_MISSING",
                options,
            )
            for what, options in [("", bootstrap), ("-and-keys-held", holding)]
        ],
        distrusted(
            "text-signed-by-another-key-and-keys-held",
            answer("OK", signer=OTHER),
            "signature",
            "SIGNATURE_MISMATCH",
            holding,
        ),
        distrusted(
            "signature-duplicated",
            {**good, "headers": [*good["headers"], ["wechatpay-serial", CERTIFICATE_SERIAL]]},
            "signature",
            "SIGNATURE_DUPLICATED",
        ),
        distrusted(
            "probe",
            with_header(good, "Wechatpay-Signature", lambda text: PROBE + text),
            "probe",
            "SIGNATURE_PROBE",
        ),
        distrusted("timestamp-300-seconds-old", good, "freshness", "TIMESTAMP_SKEWED", now=NOW + 300),
        # Verified, and yet unreadable.
        unreadable("verified-text", "OK", "BODY_NOT_JSON"),
        unreadable("verified-list-outside-an-object", [first], "BODY_UNEXPECTED"),
        unreadable("verified-without-data", {"certificates": []}, "BODY_UNEXPECTED"),
        # Only a public key exists for this merchant; an error is read whatever keys are held.
        *[
            failed(
                f"certificates-do-not-exist{what}",
                "certificates",
                answer({"code": "RESOURCE_NOT_EXISTS", "message": "无可用的平台证书"}, 404, signer=None),
                "api",
                "RESOURCE_NOT_EXISTS",
                {"authenticated": False, "retryable": False, "may_have_been_applied": False},
                options=options,
            )
            for what, options in [("", bootstrap), ("-and-no-api-v3-key-either", PUBLIC_KEY_ONLY)]
        ],
    ]


# Every row of the tables of errors on the declare page (2023-02-17) and the redeclare page (2025-01-07), as printed.
ROWS: list[tuple[str, str, str, str]] = [
    (
        "declare",
        "INVALID_REQUEST",
        "The information re-entered by merchant for customs declaration is different from the original one",
        "declared_data_differs",
    ),
    ("declare", "INVALID_REQUEST", "Customs information is not configured", "customs_not_configured"),
    ("declare", "INVALID_REQUEST", "Order amount does not match", "order_amount_differs"),
    ("declare", "INVALID_REQUEST", "Declaration is not allowed for refunded orders.", "refunded_order"),
    ("declare", "NOAUTH", "The merchant has not registered with the current customs", "customs_not_registered"),
    ("declare", "NOAUTH", "Self-Clearance is not enabled.", "self_clearance_not_enabled"),
    ("declare", "PARAM_ERROR", "Merchant ID (mch_id) is not set", "mchid_not_set"),
    ("declare", "PARAM_ERROR", "Invalid merchant ID length", "mchid_length"),
    ("declare", "PARAM_ERROR", "Currency is not set", "currency_not_set"),
    ("declare", "PARAM_ERROR", "Merchant order No. (out_trade_no) is not set", "out_trade_no_not_set"),
    ("declare", "PARAM_ERROR", "WeChat order No. (transaction_id) is not set.", "transaction_id_not_set"),
    ("declare", "PARAM_ERROR", "Invalid WeChat order No. length", "transaction_id_length"),
    ("declare", "PARAM_ERROR", "Customs information is not set", "customs_not_set"),
    ("declare", "PARAM_ERROR", "Customs registration No. is not set", "merchant_customs_no_not_set"),
    ("declare", "PARAM_ERROR", "Invalid customs registration No. length", "merchant_customs_no_length"),
    ("declare", "PARAM_ERROR", "Invalid sub-order No. length (sub_order_no)", "sub_order_no_length"),
    ("declare", "PARAM_ERROR", "AppId is not set", "appid_not_set"),
    (
        "declare",
        "PARAM_ERROR",
        "Transaction currency is different from merchant's settlement currency",
        "settlement_currency_differs",
    ),
    ("declare", "PARAM_ERROR", "Parameter error", "parameter_error"),
    ("declare", "PARAM_ERROR", "Incorrect order amount", "order_amount_incorrect"),
    ("declare", "PARAM_ERROR", "Incorrect transaction order information", "transaction_data_incorrect"),
    ("declare", "PARAM_ERROR", "Merchant's split declaration amount is incorrect.", "split_amount_too_high"),
    # Printed a second time, with another remedy; the words alone cannot tell it from the first.
    (
        "declare",
        "PARAM_ERROR",
        "Transaction currency is different from merchant's settlement currency.",
        "settlement_currency_differs",
    ),
    ("declare", "PARAM_ERROR", "Missing parameters in split declaration.", "split_parameters_missing"),
    ("declare", "SYSTEMERROR", "System error", "system_error"),
    ("redeclare", "INVALID_REQUEST", "Customs declaration record does not exist.", "declaration_not_found"),
    ("redeclare", "INVALID_REQUEST", "Customs information is not configured.", "customs_not_configured"),
    ("redeclare", "NOAUTH", "The merchant has not registered with the current customs", "customs_not_registered"),
    ("redeclare", "NOAUTH", "Self-Clearance is not enabled.", "self_clearance_not_enabled"),
    ("redeclare", "PARAM_ERROR", "Parameter error", "parameter_error"),
    ("redeclare", "SYSTEMERROR", "System error", "system_error"),
]
STATUSES = {"INVALID_REQUEST": 400, "PARAM_ERROR": 400, "NOAUTH": 403, "SYSTEMERROR": 500}


MAINLAND = [
    ("timestamp_expired", "SIGN_ERROR", "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟"),
    ("authorization_scheme", "SIGN_ERROR", "Http头Authorization认证类型不正确"),
    ("authorization_malformed", "SIGN_ERROR", "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》"),
    ("certificate_serial_wrong", "SIGN_ERROR", "商户证书序列号有误。请使用签名私钥匹配的证书序列号"),
    ("certificate_expired", "SIGN_ERROR", "商户证书已过期。"),
    ("certificate_revoked", "SIGN_ERROR", "商户证书已作废。"),
    ("certificate_replaced", "SIGN_ERROR", "已更换证书，请使用新证书"),
    ("certificate_never_made", "SIGN_ERROR", "商户未申请过证书。"),
    ("api_v3_key_not_set", "SIGN_ERROR", "商户未设置APIv3密钥。"),
    ("nonce_wrong", "SIGN_ERROR", "Http头Authorization中的nonce_str不合法"),
    ("mchid_differs", "PARAM_ERROR", "http header中的mchid与post payload中的mchid不匹配"),
    ("appid_mchid_not_match", "APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配，请检查后再试"),
]


def refusal_vectors() -> list[Object]:
    """Documented refusals by the words of their messages."""

    def refusal(
        name: str, operation: str, code: str, message: str, reason: str | None, sent: str | None = None
    ) -> Object:
        passing = code == "SYSTEMERROR"
        return api_error(
            f"refusal-{name}",
            operation,
            answer({"code": sent or code, "message": message}, STATUSES[code], signer=None),
            code,
            retryable=passing and operation not in NOT_REPEATABLE,
            applied=passing and operation in CHANGING,
            reason=reason,
        )

    def declare(name: str, code: str, message: str, reason: str | None) -> Object:
        return refusal(f"declare-{name}", "declare", code, message, reason)

    vectors = []
    seen: set[tuple[str, str]] = set()
    for operation, code, message, reason in ROWS:
        again = "-again" if (operation, reason) in seen else ""
        seen.add((operation, reason))
        word = f"{operation}-{reason.replace('_', '-')}{again}"
        # Letter case, spaces and punctuation carry nothing.
        bare = "".join(letter for letter in message if letter not in ".'")
        vectors += [
            refusal(word, operation, code, message, reason),
            refusal(f"{word}-in-capitals", operation, code, message.upper(), reason),
            refusal(f"{word}-with-other-punctuation", operation, code, f"  {bare.replace(' ', '  ')}!", reason),
        ]
    return [
        *vectors,
        # What the mainland's pages explain, on any operation
        *[
            api_error(
                f"refusal-mainland-{reason.replace('_', '-')}-on-{operation.replace('_', '-')}",
                operation,
                answer({"code": code, "message": message}, 401 if code == "SIGN_ERROR" else 400, signer=None),
                code,
                applied=code == "APPID_MCHID_NOT_MATCH" and operation in CHANGING,
                reason=reason,
            )
            for reason, code, message in MAINLAND
            for operation in ["declare", "verify_identity"]
        ],
        # Another spelling of the code
        refusal(
            "redeclare-no-auth",
            "redeclare",
            "NOAUTH",
            "Self-Clearance is not enabled.",
            "self_clearance_not_enabled",
            "NO_AUTH",
        ),
        refusal(
            "declare-system-error-with-underscore",
            "declare",
            "SYSTEMERROR",
            "System error",
            "system_error",
            "SYSTEM_ERROR",
        ),
        # The Chinese of the service is not printed on the pages that were seen: these are plain ways to say it.
        declare("chinese-customs-not-configured", "INVALID_REQUEST", "海关信息未配置", "customs_not_configured"),
        declare("chinese-order-amount-differs", "INVALID_REQUEST", "订单金额不匹配", "order_amount_differs"),
        declare("chinese-refunded-order", "INVALID_REQUEST", "退款订单不允许报关。", "refunded_order"),
        declare("chinese-customs-not-registered", "NOAUTH", "商户未在当前海关备案", "customs_not_registered"),
        declare("chinese-self-clearance-not-enabled", "NOAUTH", "未开通自助清关功能", "self_clearance_not_enabled"),
        declare(
            "chinese-transaction-id-not-set",
            "PARAM_ERROR",
            "微信支付订单号(transaction_id)未设置",
            "transaction_id_not_set",
        ),
        declare("chinese-sub-order-no-length", "PARAM_ERROR", "子订单号长度错误", "sub_order_no_length"),
        declare("chinese-parameter-error", "PARAM_ERROR", "参数错误", "parameter_error"),
        declare("chinese-system-error", "SYSTEMERROR", "系统错误", "system_error"),
        refusal(
            "redeclare-chinese-declaration-not-found",
            "redeclare",
            "INVALID_REQUEST",
            "报关记录不存在",
            "declaration_not_found",
        ),
        # No documented cause
        declare("code-of-another-row", "NOAUTH", "Order amount does not match", None),
        declare("unprinted-message", "INVALID_REQUEST", "查询指定记录不存在,请重新选择条件查询", None),
        declare("empty-message", "PARAM_ERROR", "", None),
        refusal("redeclare-row-of-declare", "redeclare", "INVALID_REQUEST", "Order amount does not match", None),
        refusal(
            "declare-row-of-redeclare", "declare", "INVALID_REQUEST", "Customs declaration record does not exist.", None
        ),
        refusal("query-row-of-declare", "query", "PARAM_ERROR", "AppId is not set", None),
    ]


# --- customs_order_fields ---------------------------------------------------------------------------------------------


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


def customs_order_fields_vectors() -> list[Object]:
    """What the order message to customs has to carry."""
    request = {**OWNER, **ORDER}
    split_request = {**request, **SPLIT}
    split_answer = {
        **DECLARE_ANSWER,
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
        return order_fields(name, request, UNSPLIT_ANSWER, expect, paid)

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
            ("unsplit", request, UNSPLIT_ANSWER, 888),
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
            {**UNSPLIT_ANSWER, "sub_order_no": "", "sub_order_id": None},
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
        order_fields("unsplit-paid-negative", request, UNSPLIT_ANSWER, refusal, -5),
        order_fields("unsplit-without-paid", request, UNSPLIT_ANSWER, refusal),
        order_fields("split-without-sub-order-id", split_request, without(split_answer, "sub_order_id"), refusal),
    ]


# --- Files ------------------------------------------------------------------------------------------------------------


def files() -> dict[str, str]:
    """The text of every file, by name."""
    # They take from this file what they need, so it has to be whole before they are read.
    from explanations import explain_vectors
    from key_forms import key_vectors

    suites = {
        "prepare.json": prepare.vectors(OPERATIONS, parts("prepare", OPERATIONS)),
        "check.json": check.vectors(OPERATIONS, parts("check", OPERATIONS)),
        "parse.json": parse_vectors(),
        "keys.json": key_vectors(),
        "explain.json": explain_vectors(),
        "customs_order_fields.json": customs_order_fields_vectors(),
    }
    seen: set[str] = set()
    for vectors in suites.values():
        for vector in vectors:
            if vector["id"] in seen:
                raise ValueError(f"two vectors are named {vector['id']}")
            seen.add(vector["id"])
            # The names and ID numbers go into a request encrypted, and into nothing else.
            if any(personal in compact(vector["expect"]) for personal in [*NOBODIES, "测试"]):
                raise ValueError(f"{vector['id']} expects to see a person's name or ID number")
    contents: dict[str, Any] = {
        "options.json": OPTIONS,
        **{name: {"vectors": vectors} for name, vectors in suites.items()},
    }
    return {name: json.dumps(content, indent=2, ensure_ascii=False) + "\n" for name, content in contents.items()}


def main() -> int:
    """Writes the files, or compares them."""
    parser = argparse.ArgumentParser(description="Write the conformance vectors, or check that they are up to date.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 naming the files that differ")
    checking = parser.parse_args().check

    differing = []
    for name, text in files().items():
        path = HERE / name
        data = text.encode()
        if not checking:
            path.write_bytes(data)
        elif not path.is_file() or path.read_bytes() != data:
            differing.append(name)
    for name in differing:
        print(f"{name} differs from what make.py generates", file=sys.stderr)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
