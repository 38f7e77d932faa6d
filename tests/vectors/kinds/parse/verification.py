"""Vectors of 2xx responses, trusted or not."""

from __future__ import annotations

import base64
import json

from kinds.parse.shape import parsed, unverified, worded
from objects import Object, compact, without
from operation import Operation
from oracle.keys import OTHER, PLATFORM_PUBLIC, PUBLIC_KEY_ID, UNKNOWN_SERIAL
from oracle.responses import ANSWER_NONCE, COMPRESSIONS, NOW, PROBE, and_headers, answer, with_body, with_header
from samples import CERTIFICATE_ONLY, HTML, PUBLIC_KEY_ONLY

CAPTIVE = "\n<!DOCTYPE html><HTML><TITLE lang=en> Sign in \x1b[2J </TITLE><form></form>"


def verification_vectors(declare: Operation, query: Operation) -> list[Object]:
    """2xx responses: trusted or not."""
    unsplit = without(declare.answer, "sub_order_no", "sub_order_id")
    good = answer(declare.answer)
    public = answer(declare.answer, signer=PLATFORM_PUBLIC, serial=PUBLIC_KEY_ID)
    signature_headers = ["Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Signature", "Wechatpay-Serial"]
    short = {header: header.removeprefix("Wechatpay-").lower() for header in signature_headers}

    def duplicated(header: str, spelling: str) -> Object:
        value = next(value for name, value in good["headers"] if name == header)
        return {**good, "headers": [*good["headers"], [spelling, value]]}

    lower_case = {**good, "headers": [[name.lower(), value] for name, value in good["headers"]]}
    spaced = json.dumps(declare.answer, indent="\t") + "\r\n"
    escaped = json.dumps({**unsplit, "explanation": "广州 📦"})
    return [
        parsed("verified-by-certificate", declare, good, declare.answer),
        parsed("verified-by-public-key", declare, public, declare.answer),
        parsed("verified-by-certificate-held-alone", declare, good, declare.answer, options=CERTIFICATE_ONLY),
        parsed("verified-by-public-key-held-alone", declare, public, declare.answer, options=PUBLIC_KEY_ONLY),
        parsed("header-names-in-lower-case", declare, lower_case, declare.answer),
        parsed("body-verified-as-sent-with-white-space", declare, answer(spaced), declare.answer),
        parsed(
            "body-verified-as-sent-with-escapes",
            declare,
            answer(escaped),
            {**unsplit, "explanation": "广州 📦"},
        ),
        parsed(
            "body-given-as-bytes",
            declare,
            answer(compact({**unsplit, "explanation": "申报中"}).encode()),
            {**unsplit, "explanation": "申报中"},
        ),
        parsed("request-id-absent", declare, answer(declare.answer, request_id=None), declare.answer, request_id=None),
        *[
            unverified(
                f"signature-missing-{short[header]}",
                declare,
                with_header(good, header, lambda _: None),
                "signature",
                "SIGNATURE_MISSING",
            )
            for header in signature_headers
        ],
        unverified(
            "signature-missing-all", declare, answer(declare.answer, signer=None), "signature", "SIGNATURE_MISSING"
        ),
        unverified(
            "signature-missing-on-query",
            query,
            answer(query.answer, signer=None),
            "signature",
            "SIGNATURE_MISSING",
        ),
        *[
            worded(
                unverified(
                    f"signature-missing-on-html-from-{by}",
                    declare,
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
                (
                    "a-sign-in-page",
                    CAPTIVE,
                    {"Server": "hotspot/1"},
                    ["titled `Sign in \\u{1b}[2J`", "from `hotspot/1`"],
                ),
                ("a-proxy", HTML, {"Via": "1.1 squid"}, ["titled `502 Bad Gateway`", "via `1.1 squid`"]),
            ]
        ],
        unverified(
            "signature-duplicated",
            declare,
            duplicated("Wechatpay-Signature", "Wechatpay-Signature"),
            "signature",
            "SIGNATURE_DUPLICATED",
        ),
        unverified(
            "signature-duplicated-in-another-letter-case",
            declare,
            duplicated("Wechatpay-Serial", "wechatpay-serial"),
            "signature",
            "SIGNATURE_DUPLICATED",
        ),
        *[
            unverified(
                f"signature-joined-by-comma-{short[header]}",
                declare,
                with_header(good, header, lambda value: f"{value}, {value}"),
                "signature",
                "SIGNATURE_DUPLICATED",
            )
            for header in signature_headers
        ],
        unverified(
            "signature-not-base64",
            declare,
            with_header(good, "Wechatpay-Signature", lambda value: "!" + value[1:]),
            "signature",
            "SIGNATURE_MALFORMED",
        ),
        # The signature is right for these lines; the body is not what was signed.
        unverified(
            "signature-nonce-with-a-line-of-the-body",
            declare,
            with_body(
                with_header(
                    answer('{"a":1}\n{"state":"SUCCESS"}'), "Wechatpay-Nonce", lambda nonce: nonce + '\n{"a":1}'
                ),
                '{"state":"SUCCESS"}',
            ),
            "signature",
            "SIGNATURE_MALFORMED",
        ),
        *[
            unverified(
                f"signature-with-a-control-character-in-{short[header]}",
                declare,
                with_header(good, header, lambda value, odd=odd: value + odd),  # type: ignore[misc]  # a lambda with a default has no type
                "signature",
                "SIGNATURE_MALFORMED",
            )
            for header, odd in zip(signature_headers, ["\r", "\0", "\n", "\x7f"], strict=True)
        ],
        worded(
            unverified(
                "signature-by-sm2",
                declare,
                and_headers(good, Wechatpay_Signature_Type="WECHATPAY2-SM2-WITH-SM3"),
                "signature",
                "SIGNATURE_UNSUPPORTED",
            ),
            "WECHATPAY2-SM2-WITH-SM3",
        ),
        parsed(
            "signature-type-named",
            declare,
            and_headers(good, Wechatpay_Signature_Type="WECHATPAY2-SHA256-RSA2048"),
            declare.answer,
        ),
        *[
            worded(
                unverified(
                    f"body-compressed-by-{how}",
                    declare,
                    {
                        **without(and_headers(good, Content_Encoding=how), "body"),
                        "body_base64": base64.b64encode(compress(compact(declare.answer).encode())).decode(),
                    },
                    "signature",
                    "SIGNATURE_MISMATCH",
                ),
                f"compressed (`Content-Encoding: {how}`)",
            )
            for how, compress in COMPRESSIONS.items()
        ],
        parsed("body-decompressed-by-the-host", declare, and_headers(good, Content_Encoding="gzip"), declare.answer),
        unverified(
            "signature-timestamp-with-sign",
            declare,
            answer(declare.answer, timestamp=f"+{NOW}"),
            "signature",
            "SIGNATURE_MALFORMED",
        ),
        unverified(
            "signature-timestamp-as-date",
            declare,
            answer(declare.answer, timestamp="2026-01-01T00:00:00Z"),
            "signature",
            "SIGNATURE_MALFORMED",
        ),
        unverified(
            "serial-unknown",
            declare,
            with_header(good, "Wechatpay-Serial", lambda _: UNKNOWN_SERIAL),
            "signature",
            "SERIAL_UNKNOWN",
        ),
        unverified(
            "serial-of-public-key-not-held",
            declare,
            public,
            "signature",
            "SERIAL_UNKNOWN",
            options=CERTIFICATE_ONLY,
            says=[PUBLIC_KEY_ID, "API Security"],
        ),
        unverified(
            "signature-of-another-body",
            declare,
            with_body(good, compact({**declare.answer, "state": "SUCCESS"})),
            "signature",
            "SIGNATURE_MISMATCH",
        ),
        unverified(
            "signature-of-the-same-json-in-other-bytes",
            declare,
            with_body(good, spaced),
            "signature",
            "SIGNATURE_MISMATCH",
        ),
        unverified(
            "signature-of-another-timestamp",
            declare,
            with_header(good, "Wechatpay-Timestamp", lambda _: str(NOW + 1)),
            "signature",
            "SIGNATURE_MISMATCH",
        ),
        unverified(
            "signature-of-another-nonce",
            declare,
            with_header(good, "Wechatpay-Nonce", lambda _: ANSWER_NONCE.upper()),
            "signature",
            "SIGNATURE_MISMATCH",
        ),
        unverified(
            "signature-by-another-key", declare, answer(declare.answer, signer=OTHER), "signature", "SIGNATURE_MISMATCH"
        ),
        unverified(
            "signature-by-the-other-known-key",
            declare,
            answer(declare.answer, serial=PUBLIC_KEY_ID),
            "signature",
            "SIGNATURE_MISMATCH",
        ),
        unverified(
            "signature-of-three-bytes",
            declare,
            with_header(good, "Wechatpay-Signature", lambda _: "AAAA"),
            "signature",
            "SIGNATURE_MISMATCH",
        ),
        unverified(
            "signature-mismatch-on-query",
            query,
            answer(query.answer, signer=OTHER),
            "signature",
            "SIGNATURE_MISMATCH",
        ),
        unverified(
            "probe-on-declare",
            declare,
            with_header(good, "Wechatpay-Signature", lambda value: PROBE + value),
            "probe",
            "SIGNATURE_PROBE",
        ),
        unverified(
            "probe-on-query",
            query,
            with_header(answer(query.answer), "Wechatpay-Signature", lambda value: PROBE + value),
            "probe",
            "SIGNATURE_PROBE",
        ),
        parsed("timestamp-299-seconds-old", declare, good, declare.answer, now=NOW + 299),
        parsed("timestamp-299-seconds-ahead", declare, good, declare.answer, now=NOW - 299),
        unverified("timestamp-300-seconds-old", declare, good, "freshness", "TIMESTAMP_SKEWED", now=NOW + 300),
        unverified("timestamp-300-seconds-ahead", declare, good, "freshness", "TIMESTAMP_SKEWED", now=NOW - 300),
        worded(
            unverified("timestamp-8-hours-old", declare, good, "freshness", "TIMESTAMP_SKEWED", now=NOW + 28800),
            "1767225600 (2026-01-01T00:00:00Z)",
            "1767254400 (2026-01-01T08:00:00Z)",
            "28800 seconds behind",
        ),
        {
            **parsed("now-in-milliseconds", declare, good, declare.answer, now=NOW * 1000),
            "expect": {"error": {"kind": "input", "code": "INVALID_OPTION", "says": ["`now`", "milliseconds"]}},
        },
    ]
