"""Responses as the service sends them, signed by `cryptography`, and what happens to them on the way."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from objects import Object, compact
from oracle.keys import CERTIFICATE_SERIAL, PLATFORM, sign

NOW = 1767225600
ANSWER_NONCE = "c5ac7061fccab6bf3e254dcf98995b8c"
REQUEST_ID = "08F78BB5AF0610D302189F8BDC5720E8D8E5A102-268486789"
PROBE = "WECHATPAY/SIGNTEST/"


def answer(
    body: str | bytes | Object | list[Any],
    status: int = 200,
    *,
    signer: RSAPrivateKey | None = PLATFORM,
    serial: str = CERTIFICATE_SERIAL,
    timestamp: str = str(NOW),
    request_id: str | None = REQUEST_ID,
    content_type: str = "application/json; charset=utf-8",
) -> Object:
    """A response: signed as described, or unsigned without a signer."""
    text = body if isinstance(body, str | bytes) else compact(body)
    raw = text if isinstance(text, bytes) else text.encode()
    headers = [["Content-Type", content_type]]
    if request_id is not None:
        headers.append(["Request-ID", request_id])
    if signer is not None:
        signature = sign(signer, f"{timestamp}\n{ANSWER_NONCE}\n".encode() + raw + b"\n")
        headers += [
            ["Wechatpay-Timestamp", timestamp],
            ["Wechatpay-Nonce", ANSWER_NONCE],
            ["Wechatpay-Signature", signature],
            ["Wechatpay-Serial", serial],
        ]
    shown = {"body": text} if isinstance(text, str) else {"body_base64": base64.b64encode(raw).decode()}
    return {"status": status, "headers": headers, **shown}


def with_header(response: Object, name: str, change: Callable[[str], str | None]) -> Object:
    """The response with one header changed, or dropped when the change gives None."""
    headers = []
    for header, value in response["headers"]:
        new = change(value) if header == name else value
        if new is not None:
            headers.append([header, new])
    return {**response, "headers": headers}


def and_headers(response: Object, **more: str) -> Object:
    """The response with more headers; their names are written with underscores."""
    return {**response, "headers": [*response["headers"], *([name.replace("_", "-"), more[name]] for name in more)]}


def with_body(response: Object, body: str) -> Object:
    """The response with another body than the one that was signed."""
    return {**response, "body": body}


def stored(data: bytes) -> bytes:
    """One block of DEFLATE that is not compressed: compressors differ in what they write."""
    return b"\x01" + struct.pack("<HH", len(data), len(data) ^ 0xFFFF) + data


def gzipped(data: bytes) -> bytes:
    """A gzip file (RFC 1952)."""
    return b"\x1f\x8b\x08" + bytes(6) + b"\xff" + stored(data) + struct.pack("<II", zlib.crc32(data), len(data))


COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzipped,
    "deflate": lambda data: b"\x78\x01" + stored(data) + struct.pack(">I", zlib.adler32(data)),
}
