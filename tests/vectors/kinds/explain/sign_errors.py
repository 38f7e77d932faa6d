"""Vectors of SIGN_ERROR explained: the message that the server made, beside the request as it was sent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from kinds.explain.requests import BODY, SERIALISERS, TABBED, Sent, sent
from kinds.explain.responses import response_lines
from kinds.explain.shape import RESPONSE_CHECKS, explained, explanation
from objects import Object, compact
from operation import Operation
from oracle.keys import PLATFORM_PUBLIC, PUBLIC_KEY_ID
from oracle.responses import and_headers, answer
from samples import NOBODY, NONCE, OWNER, TIMESTAMP


def sign_errors(declare: Operation, query: Operation, verify_identity: Operation) -> list[Object]:
    """Refusals that print the message which the server made, next to the request as it was sent."""
    ordered = sent(declare, body=compact(BODY))
    queried = sent(query, {**query.request, "order_no": "a b+c订"})
    message = ordered.message

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
        request: Sent = ordered,
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
        return explained(f"sign-error-{name}", given, expect, request=ordered.given, **how)

    def path(text: str, request: Sent = ordered) -> bytes:
        return request.message._replace(path=text).whole()

    def body(text: str) -> bytes:
        return message._replace(body=text.encode()).whole()

    def end_of_head(theirs: bytes) -> int:
        return len(b"\n".join(theirs.split(b"\n")[:4])) + 1

    in_milliseconds = sent(declare, body=compact(BODY), timestamp=TIMESTAMP * 1000)
    accents = sent(declare, body=json.dumps({"a": "é海关"}, ensure_ascii=False, separators=(",", ":")))
    own, asked = message.path, queried.message.path
    host = "https://apihk.mch.weixin.qq.com"
    head = len(message.whole()) - len(message.body) - 1
    tabbed = sent(declare, body=TABBED)
    personal = {**OWNER, **verify_identity.request}
    plain = sent(verify_identity, body=compact(personal))
    hidden = [NOBODY, verify_identity.request["certificate_name"]]
    signed = refusal(message.whole(), signer=PLATFORM_PUBLIC, serial=PUBLIC_KEY_ID)
    return [
        compared("equal", message.whole(), "wrong_key"),
        compared("equal-as-far-as-it-is-printed", message.whole(), "wrong_key", cut=head + 20),
        compared("equal-of-a-query", queried.message.whole(), "wrong_key", request=queried),
        explained(
            "sign-error-equal-and-signed",
            signed,
            explanation("response", response_lines(signed), "wrong_key"),
            request=ordered.given,
        ),
        # As the live service prints it
        compared("live-equal", message.whole(), "wrong_key", live=True),
        compared("live-equal-of-a-query", queried.message.whole(), "wrong_key", request=queried, live=True),
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
        objected(
            "clock-by-name-in-english", "timestamp is more than 300 seconds from the clock of the server", "clock"
        ),
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
        compared("with-the-query-decoded", path(unquote(asked), queried), "query_encoding", request=queried),
        compared("with-plus-for-a-space", path(asked.replace("%20", "+"), queried), "query_encoding", request=queried),
        compared("without-the-query", path(asked.partition("?")[0], queried), "query_encoding", request=queried),
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
