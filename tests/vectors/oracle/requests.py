"""Requests as they go over the wire, signed by `cryptography`."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from objects import Object, compact
from operation import Operation
from oracle.encryption import encrypted, encryption_key
from oracle.keys import MERCHANT, sign


def signed_request(
    operation: Operation, fields: Object, options: Object, timestamp: int, nonce: str, padding: Sequence[bytes] = ()
) -> Object:
    """A request as it goes over the wire, with its signed message; `padding` has an item for each personal field."""
    method, order = operation.method, operation.fields
    path = f"/{operation.prefix or options.get('path_prefix', 'v3/global')}{operation.path}"
    owner = {name: options[name] for name in ("appid", "mchid") if name in order}
    filled = {**owner, **fields}
    ordered = {name: filled[name] for name in order if name in filled}
    if len(ordered) != len(filled):
        raise ValueError(f"unknown field in {sorted(filled)}")

    key_id = max((known for known in options["platform_keys"] if known.startswith("PUB_KEY_ID_")), default=None)
    if padding:
        key_id, key = encryption_key(options["platform_keys"], timestamp)
        for name, part in zip(operation.personal, padding, strict=True):
            text = operation.sent_as.get(name, str)(ordered[name])
            ordered[name] = encrypted(key, text, part, options.get("field_encryption", "pkcs1"))

    body: str | None = None
    if method != "GET":
        body = compact(ordered)
    elif ordered:
        path += "?" + "&".join(f"{name}={quote(str(value), safe='')}" for name, value in ordered.items())

    message = f"{method}\n{path}\n{timestamp}\n{nonce}\n{body or ''}\n"
    signature = sign(MERCHANT, message.encode())
    pairs = {
        "mchid": options["mchid"],
        "nonce_str": nonce,
        "timestamp": str(timestamp),
        "serial_no": options["serial_no"],
        "signature": signature,
    }
    authorization = "WECHATPAY2-SHA256-RSA2048 " + ",".join(f'{name}="{value}"' for name, value in pairs.items())

    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "Content-Type": "application/json",
        "User-Agent": options.get("user_agent", "wechatpay-customs/0.1.0"),
        "Accept-Language": options.get("accept_language", "en"),
        "Authorization": authorization,
    }
    if key_id is not None:
        headers["Wechatpay-Serial"] = key_id

    base = options.get("base_urls", ["https://apihk.mch.weixin.qq.com"])[0].removesuffix("/")
    return {
        "message": message,
        "authorization": authorization,
        "method": method,
        "url": base + path,
        "body": body,
        "headers": headers,
    }
