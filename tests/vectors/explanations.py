"""Vectors of explain.json: what must have been signed, which check fails, and why.

Requests and answers that fail are signed here by `cryptography` over the wrong message on purpose.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from kinds.prepare import personal_padding
from make import OPERATIONS
from objects import Object, compact
from operations.declare import ANSWER as DECLARE_ANSWER
from operations.query import ANSWER as QUERY_ANSWER
from operations.query import REQUEST as QUERY
from operations.verify_identity import REQUEST as IDENTITY
from oracle.keys import (
    CERTIFICATE_SERIAL,
    EXPIRED_CERTIFICATE,
    EXPIRED_SERIAL,
    MERCHANT,
    OTHER,
    PLATFORM_PUBLIC,
    PUBLIC_KEY_ID,
    UNKNOWN_SERIAL,
    pem,
    sign,
    utc,
)
from oracle.requests import signed_request
from oracle.responses import NOW, PROBE, and_headers, answer, with_header
from samples import CERTIFICATE_ONLY, HTML, NOBODY, NONCE, ORDER, OWNER, TIMESTAMP, merged

REQUEST_CHECKS = ["authorization", "identity", "clock", "path", "key", "bytes"]
RESPONSE_CHECKS = ["headers", "probe", "clock", "serial", "key", "bytes"]
CAUSES = {
    "request": [
        "missing_authorization",
        "malformed_authorization",
        "wrong_mchid",
        "wrong_serial",
        "clock",
        "path_prefix",
        "full_url",
        "query_encoding",
        "line_ends",
        "reserialised_body",
        "changed_body",
        "changed_bytes",
        "wrong_key",
    ],
    "response": [
        "stripped_headers",
        "duplicated_headers",
        "malformed_headers",
        "signature_type",
        "probe",
        "clock",
        "wrong_serial",
        "unknown_serial",
        "expired_certificate",
        "wrong_key",
        "reserialised_body",
        "line_ends",
        "changed_body",
        "changed_bytes",
        "compressed_body",
        # Of a SIGN_ERROR
        "wrong_mchid",
        "merchant_certificate",
        "repeated_nonce",
        "malformed_authorization",
        "path_prefix",
        "query_encoding",
        "full_url",
        "wrong_request",
        "unknown_request",
    ],
}


# --- Messages, and how they are shown ---------------------------------------------------------------------------------


class Message(NamedTuple):
    """The parts of a request's message."""

    method: str
    path: str
    timestamp: str
    nonce: str
    body: bytes

    def whole(self) -> bytes:
        """What must have been signed."""
        return f"{self.method}\n{self.path}\n{self.timestamp}\n{self.nonce}\n".encode() + self.body + b"\n"


def escaped(data: bytes) -> str:
    """Bytes as they are shown: control characters, backslashes and what is not UTF-8 are written out."""
    known = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\"}

    def shown(character: str) -> str:
        code = ord(character)
        if 0xDC80 <= code <= 0xDCFF:
            return f"\\x{code - 0xDC00:02x}"
        if code < 32 or 127 <= code < 160 or code == 0xFEFF:
            return known.get(character, f"\\u{{{code:x}}}")
        return known.get(character, character)

    return "".join(map(shown, data.decode("utf-8", "surrogateescape")))


def lines(parts: dict[str, bytes], shown_body: bytes | None = None) -> list[Object]:
    """Every line with its place; a body with personal fields is shown with `***` for them."""
    found: list[Object] = []
    for name, data in parts.items():
        start = found[-1]["end"] if found else 0
        shown = shown_body if name == "body" and shown_body is not None else data
        found.append({"name": name, "start": start, "end": start + len(data) + 1, "text": escaped(shown + b"\n")})
    return found


def body_of(message: Object) -> bytes:
    """The body of a request or response of a vector."""
    if "body_base64" in message:
        return base64.b64decode(message["body_base64"])
    return (message.get("body") or "").encode()


def checks(of: str, wrong: Sequence[str], unknown: Sequence[str], open_: Sequence[str]) -> list[Object]:
    """The checks: true but for those that are wrong (false), unknown (null) or left open here."""
    words = REQUEST_CHECKS if of == "request" else RESPONSE_CHECKS
    return [
        {"check": word} if word in open_ else {"check": word, "ok": None if word in unknown else word not in wrong}
        for word in words
    ]


def explanation(
    of: str,
    shown: list[Object] | None,
    *causes: str,
    wrong: Sequence[str] = (),
    unknown: Sequence[str] = (),
    open_: Sequence[str] = (),
    difference: Object | None = None,
) -> Object:
    """What is expected; without `shown` nothing is said about the lines."""
    places: Object = {} if shown is None else {"lines": shown, "length": shown[-1]["end"] if shown else None}
    if not set(causes) <= set(CAUSES[of]):
        raise ValueError(f"{causes} are not all causes of a {of}")
    return {
        "of": of,
        **places,
        "checks": checks(of, wrong, unknown, open_),
        "failed": wrong[0] if wrong else None,
        "causes": [{"cause": cause} for cause in causes],
        "difference": difference,
    }


def explained(
    name: str,
    given: Any,
    expect: Object,
    *,
    request: Object | None = None,
    now: int = NOW,
    options: Object | None = None,
    hidden: Sequence[str] = (),
) -> Object:
    """The common shape of the vectors of `explain`."""
    return {
        "id": f"explain-{name}",
        "kind": "explain",
        **({} if options is None else {"options": options}),
        "given": given,
        **({} if request is None else {"request": request}),
        "now": now,
        **({"hidden": list(hidden)} if hidden else {}),
        "expect": expect,
    }


def explain_vectors() -> list[Object]:
    """All of explain.json."""
    vectors = [
        *sound_requests(),
        *requests_that_fail_early(),
        *requests_signed_over_something_else(),
        *personal_requests(),
        *sound_responses(),
        *responses_that_fail_early(),
        *responses_signed_over_something_else(),
        *sign_errors(),
        *arguments(),
    ]
    for of, words in {"request": REQUEST_CHECKS, "response": RESPONSE_CHECKS}.items():
        expected = [vector["expect"] for vector in vectors if vector["expect"].get("of") == of]
        failed = {expect["failed"] for expect in expected}
        causes = {cause["cause"] for expect in expected for cause in expect.get("causes", [])}
        if missing := set(words) - failed | set(CAUSES[of]) - causes:
            raise ValueError(f"no vector of a {of} meets {sorted(missing)}")
    return vectors


# --- Requests ---------------------------------------------------------------------------------------------------------


class Sent(NamedTuple):
    """A request with what it must have been signed over."""

    given: Object
    message: Message

    def lines(self, shown_body: bytes | None = None) -> list[Object]:
        """Its lines."""
        parts = {
            name: part if isinstance(part, bytes) else part.encode() for name, part in self.message._asdict().items()
        }
        return lines(parts, shown_body)

    def with_authorization(self, change: Callable[[str], str]) -> Object:
        """The request with another header."""
        headers = self.given["headers"]
        return {**self.given, "headers": {**headers, "Authorization": change(headers["Authorization"])}}


def sent(
    operation: str = "declare",
    fields: Object = ORDER,
    options: Object | None = None,
    *,
    body: str | bytes | None = None,
    path: str | None = None,
    signed: Callable[[Message], bytes] = Message.whole,
    signer: RSAPrivateKey = MERCHANT,
    timestamp: int = TIMESTAMP,
    padding: Sequence[bytes] = (),
    **pairs: str,
) -> Sent:
    """A request as `prepare` makes it, with another body or path, signed otherwise, or with other pairs."""
    request = signed_request(OPERATIONS[operation], fields, merged(options or {}), timestamp, NONCE, padding)
    method, own_path = request["message"].split("\n")[:2]
    if body is None:
        body = request["body"]
    raw = body.encode() if isinstance(body, str) else body or b""
    message = Message(method, path or own_path, str(timestamp), NONCE, raw)
    told = {
        "mchid": merged(options or {})["mchid"],
        "nonce_str": NONCE,
        "timestamp": str(timestamp),
        "serial_no": merged({})["serial_no"],
        "signature": sign(signer, signed(message)),
        **pairs,
    }
    authorization = "WECHATPAY2-SHA256-RSA2048 " + ",".join(f'{name}="{value}"' for name, value in told.items())
    carried = {"body_base64": base64.b64encode(body).decode()} if isinstance(body, bytes) else {"body": body}
    given = {
        "method": method,
        "url": request["url"].replace(own_path, message.path),
        "headers": {**request["headers"], "Authorization": authorization},
        **carried,
    }
    return Sent(given, message)


def sound_requests() -> list[Object]:
    """Requests with nothing wrong."""

    def sound(name: str, request: Sent, given: Object | None = None, **more: Any) -> Object:
        unknown = more.pop("unknown", ())
        expect = explanation("request", request.lines(), unknown=unknown)
        return explained(f"request-{name}", given or request.given, expect, **more)

    declare = sent()
    headers = declare.given["headers"]
    as_list = {**declare.given, "headers": [[name.lower(), value] for name, value in headers.items()]}
    scheme, _, told = headers["Authorization"].partition(" ")
    turned = {**declare.given, "headers": {**headers, "Authorization": f"{scheme} {','.join(told.split(',')[::-1])}"}}
    proxy: Object = {"base_urls": ["https://apihk.mch.weixin.qq.com", "https://proxy.example/wx/"]}
    behind_proxy = {**declare.given, "url": "https://proxy.example/wx/v3/global/customs/orders"}
    older: Object = {"path_prefix": "global/v3"}
    bundle: Object = {"private_key": pem("merchant.key.pem") + pem("merchant.cert.pem"), "serial_no": None}
    nothing: Object = {"appid": None, "mchid": None, "serial_no": None, "private_key": None, "platform_keys": None}
    padding = personal_padding(OPERATIONS["verify_identity"], IDENTITY, "pkcs1", "explain")
    spaced = json.dumps({**OWNER, **ORDER}, indent="\t") + "\r\n"
    return [
        sound("declare", declare),
        sound("modify", sent("modify")),
        sound("query", sent("query", {**QUERY, "order_no": "a b+c订"})),
        sound("redeclare", sent("redeclare")),
        sound("verify-identity-encrypted", sent("verify_identity", IDENTITY, padding=padding)),
        sound("certificates", sent("certificates", {})),
        sound("older-path-prefix", sent("declare", ORDER, older), options=older),
        sound("headers-as-a-list-in-lower-case", declare, as_list),
        sound("pairs-in-another-order", declare, turned),
        sound("second-base-url-with-a-path", declare, behind_proxy, options=proxy),
        sound("body-with-white-space", sent(body=spaced)),
        sound("body-as-bytes", sent(body=compact({**OWNER, **ORDER, "merchant_customs_no": "沪A1\\"}).encode())),
        sound("body-of-bytes-that-are-no-text", sent(body=b'\xef\xbb\xbf{"appid":"\xff\xfe\x00"}')),
        sound("clock-299-seconds-behind", declare, now=NOW + 299),
        sound("clock-299-seconds-ahead", declare, now=NOW - 299),
        sound("identity-by-certificate", declare, options=bundle),
        sound("without-private-key", declare, options={"private_key": None}, unknown=("key", "bytes")),
        sound("with-no-options", declare, options=nothing, unknown=("identity", "key", "bytes")),
    ]


def requests_that_fail_early() -> list[Object]:
    """Requests that fail before the bytes are looked at, or beside them."""
    declare = sent()
    own = declare.given["headers"]
    twice = {
        **declare.given,
        "headers": [*[[name, value] for name, value in own.items()], ["authorization", own["Authorization"]]],
    }
    without = {**declare.given, "headers": {name: own[name] for name in own if name != "Authorization"}}
    past_header = [word for word in REQUEST_CHECKS if word != "authorization"]

    def failing(name: str, request: Sent, wrong: Sequence[str], *causes: str, **more: Any) -> Object:
        unknown = more.pop("unknown", ())
        expect = explanation("request", request.lines(), *causes, wrong=wrong, unknown=unknown)
        return explained(f"request-{name}", request.given, expect, **more)

    def malformed(name: str, given: Object, shown: list[Object] | None = None) -> Object:
        expect = explanation("request", shown, "malformed_authorization", wrong=["authorization"], open_=past_header)
        return explained(f"request-authorization-{name}", given, expect)

    def changed(name: str, change: Callable[[str], str], shown: list[Object] | None = None) -> Object:
        return malformed(name, declare.with_authorization(change), shown)

    early, late = sent(timestamp=NOW - 300), sent(timestamp=NOW + 300)
    unprefixed = sent(path="/customs/orders")
    elsewhere = {**declare.given, "url": "https://proxy.example/v3/global/customs/orders"}
    elsewhere_expect = explanation("request", declare.lines(), wrong=["path"])
    two = sent(mchid="1230000110", timestamp=NOW - 86400)
    two_expect = explanation("request", two.lines(), wrong=["identity", "clock"])
    for expect in (elsewhere_expect, two_expect):
        del expect["causes"]
    return [
        explained(
            "request-authorization-missing",
            without,
            explanation(
                "request",
                [],
                "missing_authorization",
                wrong=["authorization"],
                unknown=["identity", "clock", "key", "bytes"],
                open_=["path"],
            ),
        ),
        explained(
            "request-of-nothing",
            {},
            explanation("request", [], "missing_authorization", wrong=["authorization"], open_=past_header),
        ),
        malformed("twice", twice),
        changed("of-another-scheme", lambda text: text.replace("WECHATPAY2-SHA256-RSA2048", "WECHATPAY2-RSA2048")),
        changed("without-scheme", lambda text: text.partition(" ")[2]),
        changed("without-nonce", lambda text: text.replace(f'nonce_str="{NONCE}",', ""), []),
        changed("with-a-pair-twice", lambda text: text + ',mchid="1230000109"'),
        changed("with-a-pair-more", lambda text: text + ',appid="wxd678efh567hg6787"'),
        changed("without-quotes", lambda text: text.replace('"', "")),
        changed("timestamp-as-date", lambda text: text.replace(f'"{NOW}"', '"2026-01-01T00:00:00Z"')),
        changed("nonce-with-a-space", lambda text: text.replace(NONCE, NONCE[:-1] + " ")),
        changed("signature-not-base64", lambda text: text.replace('signature="', 'signature="!')),
        failing("of-another-mchid", sent(mchid="1230000110"), ["identity"], "wrong_mchid"),
        failing("of-another-serial-no", sent(serial_no=UNKNOWN_SERIAL), ["identity"], "wrong_serial"),
        failing(
            "of-another-mchid-and-serial-no",
            sent(mchid="1230000110", serial_no=UNKNOWN_SERIAL),
            ["identity"],
            "wrong_mchid",
            "wrong_serial",
        ),
        failing(
            "of-another-mchid-without-private-key",
            sent(mchid="1230000110"),
            ["identity"],
            "wrong_mchid",
            options={"private_key": None},
            unknown=["key", "bytes"],
        ),
        failing("300-seconds-old", early, ["clock"], "clock"),
        failing("300-seconds-ahead", late, ["clock"], "clock"),
        # Two at once: which is the likelier cause is not said here.
        explained("request-of-another-mchid-and-a-day-old", two.given, two_expect),
        failing("without-the-prefix-of-the-api", unprefixed, ["path"], "path_prefix"),
        explained("request-to-another-host", elsewhere, elsewhere_expect),
        failing("signed-with-another-key", sent(signer=OTHER), ["key"], "wrong_key", unknown=["bytes"]),
        failing("with-a-signature-of-three-bytes", sent(signature="AAAA"), ["key"], "wrong_key", unknown=["bytes"]),
    ]


# A body that serialisers write in many ways; in none of them it reads as TABBED does.
BODY: Object = {**OWNER, **ORDER, "merchant_customs_no": "沪A1/9", "duty": 88}
TABBED = json.dumps(BODY, indent="\t", ensure_ascii=False)
SERIALISERS: dict[str, Callable[[Any], str]] = {
    "with-spaces": lambda value: json.dumps(value, ensure_ascii=False),
    "as-python": json.dumps,
    "as-python-with-sorted-keys": lambda value: json.dumps(value, sort_keys=True),
    "as-php": lambda value: json.dumps(value, separators=(",", ":")).replace("/", "\\/"),
    "with-sorted-keys": lambda value: json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False),
    "with-escaped-characters": lambda value: json.dumps(value, separators=(",", ":")),
    "with-escaped-slashes": lambda value: compact(value).replace("/", "\\/"),
    "indented-by-2": lambda value: json.dumps(value, indent=2, ensure_ascii=False),
    "indented-by-4": lambda value: json.dumps(value, indent=4, ensure_ascii=False),
}


def requests_signed_over_something_else() -> list[Object]:
    """Requests whose signature opens with the key, and fits other bytes."""
    proxy: Object = {"base_urls": ["https://proxy.example/wx"]}
    query: Object = {**QUERY, "order_no": "a b+c订"}

    def other(name: str, cause: str, request: Sent, options: Object | None = None) -> Object:
        expect = explanation("request", request.lines(), cause, wrong=["bytes"])
        return explained(f"request-signed-{name}", request.given, expect, options=options)

    def declared(name: str, cause: str, signed: Callable[[Message], bytes], **more: Any) -> Object:
        return other(name, cause, sent(signed=signed, **more))

    def path(change: Callable[[str], str]) -> Callable[[Message], bytes]:
        return lambda message: message._replace(path=change(message.path)).whole()

    def body(text: str | bytes) -> Callable[[Message], bytes]:
        return lambda message: message._replace(body=text.encode() if isinstance(text, str) else text).whole()

    def asked(name: str, change: Callable[[str], str]) -> Object:
        return other(f"with-{name}", "query_encoding", sent("query", query, signed=path(change)))

    crlf = TABBED.replace("\n", "\r\n")
    host = "https://apihk.mch.weixin.qq.com"
    return [
        other(
            "with-the-path-of-the-base-url",
            "path_prefix",
            sent("declare", ORDER, proxy, signed=path(lambda text: "/wx" + text)),
            proxy,
        ),
        declared("without-the-prefix-of-the-api", "path_prefix", path(lambda text: text.removeprefix("/v3/global"))),
        declared("with-the-whole-url", "full_url", path(lambda text: host + text)),
        other("with-the-whole-url-of-a-query", "full_url", sent("query", query, signed=path(lambda text: host + text))),
        asked("the-query-decoded", unquote),
        asked("plus-for-a-space", lambda text: text.replace("%20", "+")),
        asked("lower-case-hex", lambda text: re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), text)),
        asked("no-query", lambda text: text.partition("?")[0]),
        declared("with-crlf", "line_ends", lambda message: message.whole().replace(b"\n", b"\r\n")),
        declared("without-the-last-line-feed", "line_ends", lambda message: message.whole()[:-1]),
        other(
            "without-the-last-line-feed-of-a-query",
            "line_ends",
            sent("query", QUERY, signed=lambda message: message.whole()[:-1]),
        ),
        declared("over-a-body-with-crlf", "line_ends", body(crlf), body=TABBED),
        declared("over-a-body-with-line-feeds", "line_ends", body(TABBED), body=crlf),
        *[
            declared(f"over-a-body-{name}", "reserialised_body", body(write(BODY)), body=compact(BODY))
            for name, write in SERIALISERS.items()
        ],
        *[
            declared(f"over-a-compact-body-sent-{name}", "reserialised_body", body(compact(BODY)), body=write(BODY))
            for name, write in SERIALISERS.items()
            if "sorted" not in name
        ],
        declared("over-an-empty-body", "changed_body", body("")),
        declared("over-another-body", "changed_bytes", body(compact({**OWNER, **ORDER, "duty": 88}))),
        declared("over-another-nonce", "changed_bytes", lambda message: message._replace(nonce=NONCE[::-1]).whole()),
        declared(
            "over-another-time", "changed_bytes", lambda message: message._replace(timestamp="1767225601").whole()
        ),
        declared("over-another-method", "changed_bytes", lambda message: message._replace(method="PUT").whole()),
    ]


def personal_requests() -> list[Object]:
    """Names and ID numbers in plain are not shown, whatever else is wrong."""
    name = IDENTITY["certificate_name"]
    plain = {**OWNER, **IDENTITY}
    hidden = [NOBODY, name]

    def masked(fields: Object) -> Object:
        return {**fields, "certificate_id": "***", "certificate_name": "***"}

    def personal(
        title: str, body: str, shown: str | None, wrong: Sequence[str] = (), *causes: str, **more: Any
    ) -> Object:
        request = sent("verify_identity", IDENTITY, padding=padding, body=body, **more)
        expect = explanation("request", None if shown is None else request.lines(shown.encode()), *causes, wrong=wrong)
        return explained(f"request-{title}", request.given, expect, hidden=hidden)

    padding = personal_padding(OPERATIONS["verify_identity"], IDENTITY, "pkcs1", "explain")
    quoting = {**plain, "certificate_name": f'{name}"\\'}
    return [
        personal("with-personal-fields-in-plain", compact(plain), compact(masked(plain))),
        personal(
            "with-personal-fields-and-spaces",
            json.dumps(plain, indent=2, ensure_ascii=False),
            json.dumps(masked(plain), indent=2),
        ),
        personal("with-personal-fields-escaped", json.dumps(plain), json.dumps(masked(plain))),
        personal("with-quotes-in-a-name", compact(quoting), compact(masked(quoting))),
        personal("with-personal-fields-in-broken-json", compact(plain)[:-2], None),
        personal(
            "with-personal-fields-signed-with-spaces",
            compact(plain),
            compact(masked(plain)),
            ["bytes"],
            "reserialised_body",
            signed=lambda message: message._replace(body=json.dumps(plain, ensure_ascii=False).encode()).whole(),
        ),
    ]


# --- Responses --------------------------------------------------------------------------------------------------------


def response_lines(response: Object) -> list[Object]:
    """The lines of a response that has its headers."""
    headers = {name.lower(): value for name, value in response["headers"]}
    head = {part: headers[f"wechatpay-{part}"].encode() for part in ("timestamp", "nonce")}
    return lines({**head, "body": body_of(response)})


REFUSAL: Object = {"code": "INVALID_REQUEST", "message": "see the code"}


def sound_responses() -> list[Object]:
    """Answers with nothing wrong."""

    def sound(name: str, response: Object, **more: Any) -> Object:
        unknown = more.pop("unknown", ())
        expect = explanation("response", response_lines(response), unknown=unknown)
        return explained(f"response-{name}", response, expect, **more)

    def unsigned(name: str, response: Object) -> Object:
        return explained(f"response-{name}", response, explanation("response", [], unknown=RESPONSE_CHECKS))

    good = answer(DECLARE_ANSWER)
    as_map = {**good, "headers": dict(good["headers"])}
    lower_case = {**good, "headers": [[name.lower(), value] for name, value in good["headers"]]}
    end = int(utc(2024).timestamp())
    grace = answer(DECLARE_ANSWER, signer=PLATFORM_PUBLIC, serial=EXPIRED_SERIAL, timestamp=str(end + 299))
    nothing: Object = {"appid": None, "mchid": None, "serial_no": None, "private_key": None}
    return [
        sound("by-certificate", good),
        sound("by-public-key", answer(DECLARE_ANSWER, signer=PLATFORM_PUBLIC, serial=PUBLIC_KEY_ID)),
        explained("response-headers-as-a-map", as_map, explanation("response", response_lines(good))),
        sound("headers-in-lower-case", lower_case),
        sound("with-white-space", answer(json.dumps(DECLARE_ANSWER, indent="\t") + "\r\n")),
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


def responses_that_fail_early() -> list[Object]:
    """Answers that fail before the bytes are looked at, or beside them."""
    good = answer(DECLARE_ANSWER)
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

    named = answer(DECLARE_ANSWER, serial=PUBLIC_KEY_ID)
    old: Object = {"platform_keys": {**CERTIFICATE_ONLY["platform_keys"], EXPIRED_SERIAL: EXPIRED_CERTIFICATE}}
    return [
        explained(
            "response-without-its-headers",
            answer(DECLARE_ANSWER, signer=None),
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
        headers("with-a-date", answer(DECLARE_ANSWER, timestamp="2026-01-01T00:00:00Z"), "malformed_headers"),
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
            answer(DECLARE_ANSWER, signer=OTHER, serial=UNKNOWN_SERIAL),
            "serial",
            "unknown_serial",
            unknown=["key", "bytes"],
        ),
        failing(
            "of-an-expired-certificate",
            answer(DECLARE_ANSWER, signer=PLATFORM_PUBLIC, serial=EXPIRED_SERIAL),
            "serial",
            "expired_certificate",
            options=old,
        ),
        failing("under-another-known-serial", named, "key", "wrong_serial", unknown=["bytes"]),
        failing(
            "under-the-serial-of-the-certificate",
            answer(DECLARE_ANSWER, signer=PLATFORM_PUBLIC, serial=CERTIFICATE_SERIAL),
            "key",
            "wrong_serial",
            unknown=["bytes"],
        ),
        failing("signed-with-another-key", answer(DECLARE_ANSWER, signer=OTHER), "key", "wrong_key", unknown=["bytes"]),
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


def responses_signed_over_something_else() -> list[Object]:
    """Answers whose signature opens with the named key, and fits other bytes."""

    def other(name: str, cause: str, signed: str | bytes | Object, given: str, status: int = 200) -> Object:
        response = {**answer(signed, status), "body": given}
        response.pop("body_base64", None)
        expect = explanation("response", response_lines(response), cause, wrong=["bytes"])
        return explained(f"response-{name}", response, expect)

    good = answer(DECLARE_ANSWER)
    later = with_header(good, "Wechatpay-Timestamp", lambda _: str(NOW + 1))
    body: Object = {**QUERY_ANSWER, "note": "申报/1"}
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
        other("signed-over-an-empty-body", "changed_body", "", compact(DECLARE_ANSWER)),
        other(
            "with-another-state", "changed_bytes", compact(DECLARE_ANSWER), compact({**DECLARE_ANSWER, "state": "FAIL"})
        ),
        explained(
            "response-compressed",
            and_headers({**good, "body": "\x1f"}, Content_Encoding="gzip"),
            explanation(
                "response", response_lines({**good, "body": "\x1f"}), "compressed_body", wrong=["bytes"]
            ),
        ),
        other("with-its-body-lost", "changed_bytes", compact(DECLARE_ANSWER), ""),
        explained(
            "response-with-another-timestamp",
            later,
            explanation("response", response_lines(later), "changed_bytes", wrong=["bytes"]),
        ),
    ]


# --- SIGN_ERROR -------------------------------------------------------------------------------------------------------


def sign_errors() -> list[Object]:
    """Refusals that print the message which the server made, next to the request as it was sent."""
    declare, query = sent(body=compact(BODY)), sent("query", {**QUERY, "order_no": "a b+c订"})
    message = declare.message

    def refusal(
        theirs: bytes, cut: int | None = None, end: bytes = b"", issue: str = "sign not match", **how: Any
    ) -> Object:
        """The answer; `cut` is where the message printed in it ends, `end` what stands there."""
        body: Object = {
            "code": "SIGN_ERROR",
            "message": "Sign verification failed",
            "detail": {
                "detail": {"issue": issue},
                "field": "signature",
                "location": "authorization",
                "sign_information": {
                    "method": theirs.split(b"\n")[0].decode(),
                    "url": theirs.split(b"\n")[1].decode(),
                    "truncated_sign_message": (theirs[:cut] + end).decode(errors="replace"),
                    "sign_message_length": len(theirs),
                },
            },
        }
        return answer(body, 401, **{"signer": None, **how})

    def place(request: Sent, offset: int) -> Object:
        line = next(line for line in request.lines() if line["start"] <= offset < line["end"])
        return {"offset": offset, "line": line["name"]}

    def compared(
        name: str,
        theirs: bytes,
        *causes: str,
        request: Sent = declare,
        cut: int | None = None,
        live: bool = False,
        hidden: Sequence[str] = (),
        **how: Any,
    ) -> Object:
        # The live service prints the first 8 bytes of the body, and a line feed after them.
        if live:
            cut = theirs.index(b"\n\n") + 2 if theirs.endswith(b"\n\n") else end_of_head(theirs) + 8
            how["end"] = b"\n" if cut < len(theirs) else b""
            shown = theirs[:cut].decode(errors="ignore").encode()
        else:
            shown = theirs[:cut]
        ours = request.message.whole()
        pairs = zip(ours, shown, strict=False)
        offset = next((n for n, (one, other) in enumerate(pairs) if one != other), min(len(ours), len(shown)))
        difference = None if ours[: len(shown)] == shown and len(ours) == len(theirs) else place(request, offset)
        expect = explanation("response", [], *causes, unknown=RESPONSE_CHECKS, difference=difference)
        given = refusal(theirs, cut, **how)
        return explained(f"sign-error-{name}", given, expect, request=request.given, hidden=hidden)

    def objected(name: str, issue: str, cause: str, date: str | None = None, **how: Any) -> Object:
        """Refused for something else than the signature, with the very message that was signed."""
        given = refusal(message.whole(), end_of_head(message.whole()) + 8, b"\n", issue)
        given = given if date is None else and_headers(given, Date=date)
        expect = explanation("response", [], cause, unknown=RESPONSE_CHECKS)
        return explained(f"sign-error-{name}", given, expect, request=declare.given, **how)

    def path(text: str, request: Sent = declare) -> bytes:
        return request.message._replace(path=text).whole()

    def body(text: str) -> bytes:
        return message._replace(body=text.encode()).whole()

    def end_of_head(theirs: bytes) -> int:
        return len(b"\n".join(theirs.split(b"\n")[:4])) + 1

    in_milliseconds = sent(body=compact(BODY), timestamp=TIMESTAMP * 1000)
    accents = sent(body=json.dumps({"a": "é海关"}, ensure_ascii=False, separators=(",", ":")))
    own, asked = message.path, query.message.path
    host = "https://apihk.mch.weixin.qq.com"
    head = len(message.whole()) - len(message.body) - 1
    tabbed = sent(body=TABBED)
    personal = {**OWNER, **IDENTITY}
    plain = sent(
        "verify_identity", IDENTITY, padding=personal_padding(OPERATIONS["verify_identity"], IDENTITY, "pkcs1", "explain"), body=compact(personal)
    )
    hidden = [NOBODY, IDENTITY["certificate_name"]]
    signed = refusal(message.whole(), signer=PLATFORM_PUBLIC, serial=PUBLIC_KEY_ID)
    return [
        compared("equal", message.whole(), "wrong_key"),
        compared("equal-as-far-as-it-is-printed", message.whole(), "wrong_key", cut=head + 20),
        compared("equal-of-a-query", query.message.whole(), "wrong_key", request=query),
        explained(
            "sign-error-equal-and-signed",
            signed,
            explanation("response", response_lines(signed), "wrong_key"),
            request=declare.given,
        ),
        # As the live service prints it
        compared("live-equal", message.whole(), "wrong_key", live=True),
        compared("live-equal-of-a-query", query.message.whole(), "wrong_key", request=query, live=True),
        compared("live-equal-with-half-a-character", accents.message.whole(), "wrong_key", request=accents, live=True),
        compared("live-with-a-longer-body", body(compact({**BODY, "duty": 888})), "changed_body", live=True),
        compared("live-with-spaces", body(SERIALISERS["with-spaces"](BODY)), "reserialised_body", live=True),
        compared("live-with-an-empty-body", body(""), "changed_body", live=True),
        compared("live-with-the-path-of-a-proxy", path("/wx" + own), "path_prefix", live=True),
        # The clock, and what the server names, come before the key.
        objected("clock-8-hours-behind", "sign not match", "clock", "Thu, 01 Jan 2026 08:00:00 GMT"),
        objected("clock-300-seconds-ahead", "sign not match", "clock", "Wed, 31 Dec 2025 23:55:00 GMT"),
        objected("clock-299-seconds-ahead", "sign not match", "wrong_key", "Wed, 31 Dec 2025 23:55:01 GMT"),
        objected("clock-by-name", "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟", "clock"),
        objected("clock-by-name-in-english", "timestamp is more than 300 seconds from the clock of the server", "clock"),
        objected("mchid", "mchid is not that of the sandbox", "wrong_mchid"),
        objected("serial", "商户证书序列号有误", "wrong_serial"),
        objected("certificate", "商户证书已过期", "merchant_certificate"),
        objected("nonce", "nonce_str was used before", "repeated_nonce"),
        objected("authorization", "Http头Authorization值格式错误", "malformed_authorization"),
        explained(
            "sign-error-in-milliseconds",
            and_headers(refusal(in_milliseconds.message.whole()), Date="Thu, 01 Jan 2026 00:00:00 GMT"),
            explanation("response", [], "clock", unknown=RESPONSE_CHECKS),
            request=in_milliseconds.given,
        ),
        compared("of-another-method", message._replace(method="PUT").whole(), "changed_bytes"),
        compared("with-the-path-of-a-proxy", path("/wx" + own), "path_prefix"),
        compared("without-the-prefix-of-the-api", path("/customs/orders"), "path_prefix"),
        compared("with-the-whole-url", path(host + own), "full_url"),
        compared("with-the-query-decoded", path(unquote(asked), query), "query_encoding", request=query),
        compared("with-plus-for-a-space", path(asked.replace("%20", "+"), query), "query_encoding", request=query),
        compared("without-the-query", path(asked.partition("?")[0], query), "query_encoding", request=query),
        compared("of-another-time", message._replace(timestamp="1767225601").whole(), "wrong_request"),
        compared("of-another-nonce", message._replace(nonce=NONCE[::-1]).whole(), "wrong_request"),
        compared("with-spaces-in-the-body", body(SERIALISERS["with-spaces"](BODY)), "reserialised_body"),
        compared(
            "with-spaces-in-the-body-as-far-as-it-is-printed",
            body(SERIALISERS["with-spaces"](BODY)),
            "reserialised_body",
            cut=head + 40,
        ),
        compared("with-escapes-in-the-body", body(SERIALISERS["as-php"](BODY)), "reserialised_body"),
        compared(
            "with-crlf-in-the-body",
            tabbed.message._replace(body=TABBED.replace("\n", "\r\n").encode()).whole(),
            "line_ends",
            request=tabbed,
        ),
        compared("with-an-empty-body", body(""), "changed_body"),
        compared(
            "with-a-longer-body-than-is-printed", body(compact({**BODY, "duty": 888})), "changed_body", cut=head + 40
        ),
        compared(
            "with-personal-fields",
            plain.message._replace(body=json.dumps(personal, ensure_ascii=False).encode()).whole(),
            "reserialised_body",
            request=plain,
            hidden=hidden,
        ),
        compared(
            "with-personal-fields-equal",
            plain.message.whole(),
            "wrong_key",
            request=plain,
            hidden=hidden,
        ),
        explained(
            "sign-error-without-its-request",
            refusal(message.whole()),
            explanation("response", [], "unknown_request", unknown=RESPONSE_CHECKS),
        ),
    ]


def arguments() -> list[Object]:
    """What raises: options and arguments, never messages."""

    def raised(name: str, kind: str, code: str, options: Object | None = None, given: Any = None) -> Object:
        expect = {"error": {"kind": kind, "code": code}}
        return explained(f"argument-{name}", given or sent().given, expect, options=options)

    return [
        raised("option-unknown", "input", "INVALID_OPTION", {"serial": "x"}),
        raised("message-as-text", "input", "INVALID_OPTION", given="POST /v3/global/customs/orders"),
        raised("private-key-invalid", "key", "PRIVATE_KEY_INVALID", {"private_key": "the key is in the safe"}),
        raised(
            "platform-key-invalid",
            "key",
            "PLATFORM_KEY_INVALID",
            {"platform_keys": {UNKNOWN_SERIAL: pem("platform.cert.pem")}},
        ),
    ]
