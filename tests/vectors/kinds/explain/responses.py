"""Vectors of explained responses."""

from __future__ import annotations

import json
from typing import Any

from kinds.explain.requests import SERIALISERS
from kinds.explain.shape import RESPONSE_CHECKS, body_of, explained, explanation, lines
from objects import Object, compact
from operation import Operation
from oracle.keys import (
    CERTIFICATE_SERIAL,
    EXPIRED_CERTIFICATE,
    EXPIRED_SERIAL,
    OTHER,
    PLATFORM_PUBLIC,
    PUBLIC_KEY_ID,
    UNKNOWN_SERIAL,
    utc,
)
from oracle.responses import NOW, PROBE, and_headers, answer, with_header
from samples import CERTIFICATE_ONLY, HTML


def response_lines(response: Object) -> list[Object]:
    """The lines of a response that has its headers."""
    headers = {name.lower(): value for name, value in response["headers"]}
    head = {part: headers[f"wechatpay-{part}"].encode() for part in ("timestamp", "nonce")}
    return lines({**head, "body": body_of(response)})


REFUSAL: Object = {"code": "INVALID_REQUEST", "message": "see the code"}


def sound_responses(declare: Operation) -> list[Object]:
    """Answers with nothing wrong."""

    def sound(name: str, response: Object, **more: Any) -> Object:
        unknown = more.pop("unknown", ())
        expect = explanation("response", response_lines(response), unknown=unknown)
        return explained(f"response-{name}", response, expect, **more)

    def unsigned(name: str, response: Object) -> Object:
        return explained(f"response-{name}", response, explanation("response", [], unknown=RESPONSE_CHECKS))

    good = answer(declare.answer)
    as_map = {**good, "headers": dict(good["headers"])}
    lower_case = {**good, "headers": [[name.lower(), value] for name, value in good["headers"]]}
    end = int(utc(2024).timestamp())
    grace = answer(declare.answer, signer=PLATFORM_PUBLIC, serial=EXPIRED_SERIAL, timestamp=str(end + 299))
    nothing: Object = {"appid": None, "mchid": None, "serial_no": None, "private_key": None}
    return [
        sound("by-certificate", good),
        sound("by-public-key", answer(declare.answer, signer=PLATFORM_PUBLIC, serial=PUBLIC_KEY_ID)),
        explained("response-headers-as-a-map", as_map, explanation("response", response_lines(good))),
        sound("headers-in-lower-case", lower_case),
        sound("with-white-space", answer(json.dumps(declare.answer, indent="\t") + "\r\n")),
        sound("of-bytes-that-are-no-text", answer(b'\xef\xbb\xbf{"state":"\xff\xfe\\"}')),
        sound("empty", answer("", 204)),
        sound("error-signed", answer(REFUSAL, 400)),
        sound("299-seconds-old", good, now=NOW + 299),
        sound("299-seconds-ahead", good, now=NOW - 299),
        sound("without-other-options", good, options=nothing),
        sound("with-no-platform-keys", good, options={"platform_keys": None}, unknown=("serial", "key", "bytes")),
        sound(
            "299-seconds-after-the-certificate",
            grace,
            now=end + 299,
            options={"platform_keys": {EXPIRED_SERIAL: EXPIRED_CERTIFICATE}},
        ),
        unsigned("error-unsigned", answer(REFUSAL, 400, signer=None)),
        unsigned("error-of-a-proxy", answer(HTML, 502, signer=None, content_type="text/html", request_id=None)),
    ]


def responses_that_fail_early(declare: Operation) -> list[Object]:
    """Answers that fail before the bytes are looked at, or beside them."""
    good = answer(declare.answer)
    past_headers = [word for word in RESPONSE_CHECKS if word != "headers"]
    values = dict(good["headers"])

    def headers(name: str, response: Object, cause: str, shown: list[Object] | None = None) -> Object:
        expect = explanation("response", shown, cause, wrong=["headers"], open_=past_headers)
        return explained(f"response-{name}", response, expect)

    def failing(name: str, response: Object, wrong: str, cause: str, **more: Any) -> Object:
        unknown = more.pop("unknown", ())
        expect = explanation("response", response_lines(response), cause, wrong=[wrong], unknown=unknown)
        return explained(f"response-{name}", response, expect, **more)

    def without(name: str) -> Object:
        return with_header(good, f"Wechatpay-{name}", lambda _: None)

    def repeated(name: str) -> Object:
        return {**good, "headers": [*good["headers"], [name, values[name]]]}

    named = answer(declare.answer, serial=PUBLIC_KEY_ID)
    old: Object = {"platform_keys": {**CERTIFICATE_ONLY["platform_keys"], EXPIRED_SERIAL: EXPIRED_CERTIFICATE}}
    return [
        explained(
            "response-without-its-headers",
            answer(declare.answer, signer=None),
            explanation("response", [], "stripped_headers", wrong=["headers"], unknown=past_headers),
        ),
        explained(
            "response-of-a-status-alone",
            {"status": 200},
            explanation("response", [], "stripped_headers", wrong=["headers"], open_=past_headers),
        ),
        headers("without-timestamp", without("Timestamp"), "stripped_headers", []),
        headers("without-nonce", without("Nonce"), "stripped_headers", []),
        headers("without-signature", without("Signature"), "stripped_headers"),
        headers("without-serial", without("Serial"), "stripped_headers"),
        headers("with-two-signatures", repeated("Wechatpay-Signature"), "duplicated_headers"),
        headers("with-two-serials", repeated("Wechatpay-Serial"), "duplicated_headers"),
        headers(
            "with-signatures-joined-by-comma",
            with_header(good, "Wechatpay-Signature", lambda value: f"{value}, {value}"),
            "duplicated_headers",
        ),
        headers(
            "with-a-signature-not-base64",
            with_header(good, "Wechatpay-Signature", lambda value: "!" + value[1:]),
            "malformed_headers",
        ),
        headers("with-a-date", answer(declare.answer, timestamp="2026-01-01T00:00:00Z"), "malformed_headers"),
        failing(
            "probe",
            with_header(good, "Wechatpay-Signature", lambda value: PROBE + value),
            "probe",
            "probe",
            unknown=["key", "bytes"],
        ),
        headers(
            "by-sm2",
            and_headers(good, Wechatpay_Signature_Type="WECHATPAY2-SM2-WITH-SM3"),
            "signature_type",
        ),
        headers(
            "with-a-line-feed-in-its-nonce",
            with_header(good, "Wechatpay-Nonce", lambda nonce: nonce + "\n{}"),
            "malformed_headers",
        ),
        failing("300-seconds-old", good, "clock", "clock", now=NOW + 300),
        failing("300-seconds-ahead", good, "clock", "clock", now=NOW - 300),
        failing(
            "of-an-unknown-serial",
            answer(declare.answer, signer=OTHER, serial=UNKNOWN_SERIAL),
            "serial",
            "unknown_serial",
            unknown=["key", "bytes"],
        ),
        failing(
            "of-an-expired-certificate",
            answer(declare.answer, signer=PLATFORM_PUBLIC, serial=EXPIRED_SERIAL),
            "serial",
            "expired_certificate",
            options=old,
        ),
        failing("under-another-known-serial", named, "key", "wrong_serial", unknown=["bytes"]),
        failing(
            "under-the-serial-of-the-certificate",
            answer(declare.answer, signer=PLATFORM_PUBLIC, serial=CERTIFICATE_SERIAL),
            "key",
            "wrong_serial",
            unknown=["bytes"],
        ),
        failing("signed-with-another-key", answer(declare.answer, signer=OTHER), "key", "wrong_key", unknown=["bytes"]),
        failing(
            "error-signed-with-another-key", answer(REFUSAL, 400, signer=OTHER), "key", "wrong_key", unknown=["bytes"]
        ),
        failing(
            "with-a-signature-of-three-bytes",
            with_header(good, "Wechatpay-Signature", lambda _: "AAAA"),
            "key",
            "wrong_key",
            unknown=["bytes"],
        ),
    ]


def responses_signed_over_something_else(declare: Operation, query: Operation) -> list[Object]:
    """Answers whose signature opens with the named key, and fits other bytes."""

    def other(name: str, cause: str, signed: str | bytes | Object, given: str, status: int = 200) -> Object:
        response = {**answer(signed, status), "body": given}
        response.pop("body_base64", None)
        expect = explanation("response", response_lines(response), cause, wrong=["bytes"])
        return explained(f"response-{name}", response, expect)

    good = answer(declare.answer)
    later = with_header(good, "Wechatpay-Timestamp", lambda _: str(NOW + 1))
    body: Object = {**query.answer, "note": "申报/1"}
    # No serialiser of ours writes tabs.
    tabbed = json.dumps(body, indent="\t", ensure_ascii=False)
    crlf = tabbed.replace("\n", "\r\n")
    ends = {
        "crlf-for-line-feeds": (tabbed, crlf),
        "line-feeds-for-crlf": (crlf, tabbed),
        "a-line-feed-more": (tabbed, tabbed + "\n"),
        "a-line-feed-less": (tabbed + "\n", tabbed),
        "a-byte-order-mark-more": (tabbed, "\ufeff" + tabbed),
        "a-byte-order-mark-less": ("\ufeff" + tabbed, tabbed),
    }
    return [
        *[other(f"with-{name}", "line_ends", signed, given) for name, (signed, given) in ends.items()],
        *[
            other(f"reserialised-{name}", "reserialised_body", compact(body), write(body))
            for name, write in SERIALISERS.items()
            if "sorted" not in name
        ],
        *[
            other(f"compact-for-{name}", "reserialised_body", write(body), compact(body))
            for name, write in SERIALISERS.items()
        ],
        other("error-reserialised", "reserialised_body", compact(REFUSAL), json.dumps(REFUSAL), 400),
        other("signed-over-an-empty-body", "changed_body", "", compact(declare.answer)),
        other(
            "with-another-state", "changed_bytes", compact(declare.answer), compact({**declare.answer, "state": "FAIL"})
        ),
        explained(
            "response-compressed",
            and_headers({**good, "body": "\x1f"}, Content_Encoding="gzip"),
            explanation("response", response_lines({**good, "body": "\x1f"}), "compressed_body", wrong=["bytes"]),
        ),
        other("with-its-body-lost", "changed_bytes", compact(declare.answer), ""),
        explained(
            "response-with-another-timestamp",
            later,
            explanation("response", response_lines(later), "changed_bytes", wrong=["bytes"]),
        ),
    ]
