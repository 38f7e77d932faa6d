"""The shape of the vectors of `explain`, and how messages are shown in them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from objects import Object
from oracle.responses import NOW

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
    """The expected explanation; without `shown` it says nothing about the lines."""
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
