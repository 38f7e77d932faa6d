"""Vectors of explained requests."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from kinds.explain.shape import REQUEST_CHECKS, explained, explanation, lines
from kinds.prepare import personal_padding
from objects import Object, compact
from operation import Operation
from oracle.keys import MERCHANT, OTHER, UNKNOWN_SERIAL, pem, sign
from oracle.requests import signed_request
from oracle.responses import NOW
from samples import NONCE, ORDER, OWNER, TIMESTAMP, merged


class Message(NamedTuple):
    """The parts of a request's message."""

    method: str
    path: str
    timestamp: str
    nonce: str
    body: bytes

    def whole(self) -> bytes:
        """The whole message, as it must have been signed."""
        return f"{self.method}\n{self.path}\n{self.timestamp}\n{self.nonce}\n".encode() + self.body + b"\n"


class Sent(NamedTuple):
    """A request and the message that it must have been signed over."""

    given: Object
    message: Message

    def lines(self, shown_body: bytes | None = None) -> list[Object]:
        """The lines of its message."""
        parts = {
            name: part if isinstance(part, bytes) else part.encode() for name, part in self.message._asdict().items()
        }
        return lines(parts, shown_body)

    def with_authorization(self, change: Callable[[str], str]) -> Object:
        """The request with another header."""
        headers = self.given["headers"]
        return {**self.given, "headers": {**headers, "Authorization": change(headers["Authorization"])}}


def sent(
    operation: Operation,
    fields: Object | None = None,
    options: Object | None = None,
    *,
    body: str | bytes | None = None,
    path: str | None = None,
    signed: Callable[[Message], bytes] = Message.whole,
    signer: RSAPrivateKey = MERCHANT,
    timestamp: int = TIMESTAMP,
    **pairs: str,
) -> Sent:
    """A request as `prepare` makes it, with another body or path, signed otherwise, or with other pairs."""
    fields = operation.request if fields is None else fields
    padding = personal_padding(operation, fields, "pkcs1", "explain")
    request = signed_request(operation, fields, merged(options or {}), timestamp, NONCE, padding)
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


def sound_request(name: str, request: Sent, given: Object | None = None, **more: Any) -> Object:
    """A request with nothing wrong."""
    unknown = more.pop("unknown", ())
    expect = explanation("request", request.lines(), unknown=unknown)
    return explained(f"request-{name}", given or request.given, expect, **more)


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


def sound_requests(declare: Operation) -> list[Object]:
    """Requests with nothing wrong, under other options and in other forms."""
    plain = sent(declare)
    headers = plain.given["headers"]
    as_list = {**plain.given, "headers": [[name.lower(), value] for name, value in headers.items()]}
    scheme, _, told = headers["Authorization"].partition(" ")
    turned = {**plain.given, "headers": {**headers, "Authorization": f"{scheme} {','.join(told.split(',')[::-1])}"}}
    proxy: Object = {"base_urls": ["https://apihk.mch.weixin.qq.com", "https://proxy.example/wx/"]}
    behind_proxy = {**plain.given, "url": "https://proxy.example/wx/v3/global/customs/orders"}
    older: Object = {"path_prefix": "global/v3"}
    bundle: Object = {"private_key": pem("merchant.key.pem") + pem("merchant.cert.pem"), "serial_no": None}
    nothing: Object = {"appid": None, "mchid": None, "serial_no": None, "private_key": None, "platform_keys": None}
    spaced = json.dumps({**OWNER, **declare.request}, indent="\t") + "\r\n"
    return [
        sound_request("older-path-prefix", sent(declare, None, older), options=older),
        sound_request("headers-as-a-list-in-lower-case", plain, as_list),
        sound_request("pairs-in-another-order", plain, turned),
        sound_request("second-base-url-with-a-path", plain, behind_proxy, options=proxy),
        sound_request("body-with-white-space", sent(declare, body=spaced)),
        sound_request(
            "body-as-bytes",
            sent(declare, body=compact({**OWNER, **declare.request, "merchant_customs_no": "沪A1\\"}).encode()),
        ),
        sound_request("body-of-bytes-that-are-no-text", sent(declare, body=b'\xef\xbb\xbf{"appid":"\xff\xfe\x00"}')),
        sound_request("clock-299-seconds-behind", plain, now=NOW + 299),
        sound_request("clock-299-seconds-ahead", plain, now=NOW - 299),
        sound_request("identity-by-certificate", plain, options=bundle),
        sound_request("without-private-key", plain, options={"private_key": None}, unknown=("key", "bytes")),
        sound_request("with-no-options", plain, options=nothing, unknown=("identity", "key", "bytes")),
    ]


def requests_that_fail_early(declare: Operation) -> list[Object]:
    """Requests that fail before the bytes are looked at, or beside them."""
    good = sent(declare)
    own = good.given["headers"]
    twice = {
        **good.given,
        "headers": [*[[name, value] for name, value in own.items()], ["authorization", own["Authorization"]]],
    }
    without = {**good.given, "headers": {name: own[name] for name in own if name != "Authorization"}}
    past_header = [word for word in REQUEST_CHECKS if word != "authorization"]

    def failing(name: str, request: Sent, wrong: Sequence[str], *causes: str, **more: Any) -> Object:
        unknown = more.pop("unknown", ())
        expect = explanation("request", request.lines(), *causes, wrong=wrong, unknown=unknown)
        return explained(f"request-{name}", request.given, expect, **more)

    def malformed(name: str, given: Object, shown: list[Object] | None = None) -> Object:
        expect = explanation("request", shown, "malformed_authorization", wrong=["authorization"], open_=past_header)
        return explained(f"request-authorization-{name}", given, expect)

    def changed(name: str, change: Callable[[str], str], shown: list[Object] | None = None) -> Object:
        return malformed(name, good.with_authorization(change), shown)

    early, late = sent(declare, timestamp=NOW - 300), sent(declare, timestamp=NOW + 300)
    unprefixed = sent(declare, path="/customs/orders")
    elsewhere = {**good.given, "url": "https://proxy.example/v3/global/customs/orders"}
    elsewhere_expect = explanation("request", good.lines(), wrong=["path"])
    two = sent(declare, mchid="1230000110", timestamp=NOW - 86400)
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
        failing("of-another-mchid", sent(declare, mchid="1230000110"), ["identity"], "wrong_mchid"),
        failing("of-another-serial-no", sent(declare, serial_no=UNKNOWN_SERIAL), ["identity"], "wrong_serial"),
        failing(
            "of-another-mchid-and-serial-no",
            sent(declare, mchid="1230000110", serial_no=UNKNOWN_SERIAL),
            ["identity"],
            "wrong_mchid",
            "wrong_serial",
        ),
        failing(
            "of-another-mchid-without-private-key",
            sent(declare, mchid="1230000110"),
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
        failing("signed-with-another-key", sent(declare, signer=OTHER), ["key"], "wrong_key", unknown=["bytes"]),
        failing(
            "with-a-signature-of-three-bytes", sent(declare, signature="AAAA"), ["key"], "wrong_key", unknown=["bytes"]
        ),
    ]


def requests_signed_over_something_else(declare: Operation, query: Operation) -> list[Object]:
    """Requests whose signature opens with the key, and fits other bytes."""
    proxy: Object = {"base_urls": ["https://proxy.example/wx"]}
    asked: Object = {**query.request, "order_no": "a b+c订"}

    def other(name: str, cause: str, request: Sent, options: Object | None = None) -> Object:
        expect = explanation("request", request.lines(), cause, wrong=["bytes"])
        return explained(f"request-signed-{name}", request.given, expect, options=options)

    def declared(name: str, cause: str, signed: Callable[[Message], bytes], **more: Any) -> Object:
        return other(name, cause, sent(declare, signed=signed, **more))

    def path(change: Callable[[str], str]) -> Callable[[Message], bytes]:
        return lambda message: message._replace(path=change(message.path)).whole()

    def body(text: str | bytes) -> Callable[[Message], bytes]:
        return lambda message: message._replace(body=text.encode() if isinstance(text, str) else text).whole()

    def queried(name: str, change: Callable[[str], str]) -> Object:
        return other(f"with-{name}", "query_encoding", sent(query, asked, signed=path(change)))

    crlf = TABBED.replace("\n", "\r\n")
    host = "https://apihk.mch.weixin.qq.com"
    return [
        other(
            "with-the-path-of-the-base-url",
            "path_prefix",
            sent(declare, None, proxy, signed=path(lambda text: "/wx" + text)),
            proxy,
        ),
        declared("without-the-prefix-of-the-api", "path_prefix", path(lambda text: text.removeprefix("/v3/global"))),
        declared("with-the-whole-url", "full_url", path(lambda text: host + text)),
        other("with-the-whole-url-of-a-query", "full_url", sent(query, asked, signed=path(lambda text: host + text))),
        queried("the-query-decoded", unquote),
        queried("plus-for-a-space", lambda text: text.replace("%20", "+")),
        queried("lower-case-hex", lambda text: re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), text)),
        queried("no-query", lambda text: text.partition("?")[0]),
        declared("with-crlf", "line_ends", lambda message: message.whole().replace(b"\n", b"\r\n")),
        declared("without-the-last-line-feed", "line_ends", lambda message: message.whole()[:-1]),
        other(
            "without-the-last-line-feed-of-a-query",
            "line_ends",
            sent(query, signed=lambda message: message.whole()[:-1]),
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
        declared("over-another-body", "changed_bytes", body(compact({**OWNER, **declare.request, "duty": 88}))),
        declared("over-another-nonce", "changed_bytes", lambda message: message._replace(nonce=NONCE[::-1]).whole()),
        declared(
            "over-another-time", "changed_bytes", lambda message: message._replace(timestamp="1767225601").whole()
        ),
        declared("over-another-method", "changed_bytes", lambda message: message._replace(method="PUT").whole()),
    ]
