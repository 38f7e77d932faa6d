"""wechatpayv3 as it comes, and requests as the official SDK for Go makes them, against a sandbox.

Its ready line is in SANDBOX_READY. wechatpayv3 signs and verifies itself; the SDK's requests are signed, and their answers
verified, by ``cryptography``.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import pathlib
import tempfile
import time
import uuid
from typing import Any
from urllib.parse import quote, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.type import RequestType

OPTIONS: Any = json.loads(os.environ["SANDBOX_READY"])["client"]
KEYS: dict[str, str] = OPTIONS["platform_keys"]
PUBLIC_KEY = next(serial for serial in KEYS if serial.startswith("PUB_KEY_ID_"))
CERTIFICATE = next(serial for serial in KEYS if serial != PUBLIC_KEY)
PREFIXES = ["/v3/global", "/global/v3"]


def order(name: str) -> dict[str, str]:
    """What names an order, as nobody else has it."""
    return {
        "appid": OPTIONS["appid"],
        "mchid": OPTIONS["mchid"],
        "out_trade_no": name,
        "transaction_id": "4200000000202611220000000001",
        "customs": "SHANGHAI_ZS",
    }


def query(ids: dict[str, str]) -> str:
    """The query string that asks for it."""
    named = {"order_type": "out_trade_no", "order_no": ids["out_trade_no"], "customs": ids["customs"]}
    parameters = {"appid": ids["appid"], "mchid": ids["mchid"], **named}
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items())


def wechatpayv3(folder: str, public_key: bool) -> Any:
    """A client of it, of which nothing but the host is another."""
    more = {"public_key": KEYS[PUBLIC_KEY], "public_key_id": PUBLIC_KEY} if public_key else {"cert_dir": folder}
    client = WeChatPay(
        wechatpay_type=WeChatPayType.NATIVE,
        mchid=OPTIONS["mchid"],
        private_key=OPTIONS["private_key"],
        cert_serial_no=OPTIONS["serial_no"],
        appid=OPTIONS["appid"],
        apiv3_key=OPTIONS["api_v3_key"],
        **more,
    )
    client._core._gate_way = OPTIONS["base_urls"][0]
    return client._core


def test_wechatpayv3() -> None:
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, f"{CERTIFICATE}.pem").write_text(KEYS[CERTIFICATE], encoding="utf-8")
        for public_key in [True, False]:
            core = wechatpayv3(folder, public_key)
            for prefix in PREFIXES:
                path = f"{prefix}/customs/orders"
                ids = order(f"v3|{prefix[1]}@{public_key}")

                def told(status: int, answer: tuple[int, str]) -> Any:
                    assert answer[0] == status, answer
                    return json.loads(answer[1])

                first = {**ids, "merchant_customs_no": "IC2N000001"}
                assert told(200, core.request(path, RequestType.POST, first))["state"] == "UNDECLARED"
                found = told(200, core.request(f"{path}?{query(ids)}"))
                assert [record["mch_customs_no"] for record in found["data"]] == ["IC2N000001"]
                second = {**ids, "merchant_customs_no": "IC2N000002"}
                assert told(200, core.request(path, RequestType.PATCH, second))["state"] == "SUBMITTED"
                third = {**ids, "merchant_customs_no": "IC2N000003"}
                assert told(400, core.request(path, RequestType.POST, third))["code"] == "INVALID_REQUEST"

        # Its verification is at work: this key is of another.
        core._certificates.clear()
        core._public_key, core._public_key_id = load_pem_public_key(KEYS[PUBLIC_KEY].encode()), CERTIFICATE
        try:
            core.request("/v3/global/certificates")
        except Exception as error:
            assert str(error) == "failed to verify the signature"
        else:
            raise AssertionError("wechatpayv3 verifies nothing")


def go_sdk(method: str, target: str, fields: object = None, serial: str | None = None) -> tuple[int, Any]:
    """Sends what the official SDK for Go (0.2.21) sends, and verifies the answer."""
    # Go's encoder ends the text with a line feed, which is signed and sent.
    body = "" if fields is None else json.dumps(fields, separators=(",", ":")) + "\n"
    timestamp, nonce = str(int(time.time())), uuid.uuid4().hex
    private_key: Any = load_pem_private_key(OPTIONS["private_key"].encode(), None)
    message = f"{method}\n{target}\n{timestamp}\n{nonce}\n{body}\n".encode()
    signature = base64.b64encode(private_key.sign(message, padding.PKCS1v15(), SHA256())).decode()
    pairs = {"mchid": OPTIONS["mchid"], "nonce_str": nonce, "timestamp": timestamp, "serial_no": OPTIONS["serial_no"]}
    authorization = ",".join(f'{name}="{value}"' for name, value in {**pairs, "signature": signature}.items())
    connection = http.client.HTTPConnection(urlsplit(OPTIONS["base_urls"][0]).netloc)
    connection.putrequest(method, target, skip_accept_encoding=True)
    headers = {
        "User-Agent": "WechatPay-Go/0.2.21 (linux) GO/1.25.4",
        "Accept": "*/*",
        "Authorization": f"WECHATPAY2-SHA256-RSA2048 {authorization}",
        "Content-Type": "application/json",
        "Accept-Encoding": "gzip",
    }
    if serial is not None:
        headers["Wechatpay-Serial"] = serial
    if body:
        headers["Content-Length"] = str(len(body.encode()))
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders(body.encode())
    answer = connection.getresponse()
    received = answer.read()
    connection.close()

    named = {name: answer.headers[f"Wechatpay-{name}"] for name in ["Timestamp", "Nonce", "Signature", "Serial"]}
    assert named["Serial"] == (serial or CERTIFICATE)
    assert answer.headers["Wechatpay-Signature-Type"] == "WECHATPAY2-SHA256-RSA2048"
    public_key: Any = (
        load_pem_public_key(KEYS[PUBLIC_KEY].encode())
        if named["Serial"] == PUBLIC_KEY
        else x509.load_pem_x509_certificate(KEYS[CERTIFICATE].encode()).public_key()
    )
    signed = f"{named['Timestamp']}\n{named['Nonce']}\n".encode() + received + b"\n"
    public_key.verify(base64.b64decode(named["Signature"]), signed, padding.PKCS1v15(), SHA256())
    return answer.status, json.loads(received)


def test_go_sdk() -> None:
    for serial in [None, PUBLIC_KEY]:
        for prefix in PREFIXES:
            path = f"{prefix}/customs/orders"
            ids = order(f"go|{prefix[1]}@{serial is None}")
            status, declared = go_sdk("POST", path, {**ids, "merchant_customs_no": "IC2N000001"}, serial)
            assert (status, declared["state"]) == (200, "UNDECLARED")
            status, found = go_sdk("GET", f"{path}?{query(ids)}", None, serial)
            assert (status, [record["mch_customs_no"] for record in found["data"]]) == (200, ["IC2N000001"])
            status, modified = go_sdk("PATCH", path, {**ids, "merchant_customs_no": "IC2N000002"}, serial)
            assert (status, modified["state"]) == (200, "SUBMITTED")
            status, refused = go_sdk("POST", path, {**ids, "merchant_customs_no": "IC2N000003"}, serial)
            assert (status, refused["code"]) == (400, "INVALID_REQUEST")


if __name__ == "__main__":
    test_wechatpayv3()
    test_go_sdk()
    print("wechatpayv3 and the requests of the SDK for Go are served")
