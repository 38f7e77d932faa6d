"""What the Python package costs beside bare RSA and beside `wechatpayv3`, whose transports answer from memory both.

The argument is the program of `benches/rsa.rs`, which does the bare work by turns with ours. Prints a figure a line.
"""

from __future__ import annotations

import asyncio
import io
import json
import pathlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import requests
import wechatpayv3.core
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from wechatpayv3.type import RequestType

import wechatpay_customs as wx

VECTORS = pathlib.Path(__file__).parents[2] / "tests/vectors"
OPTIONS: dict[str, Any] = json.loads((VECTORS / "options.json").read_text(encoding="utf-8"))
PARSED: list[dict[str, Any]] = json.loads((VECTORS / "parse.json").read_text(encoding="utf-8"))["vectors"]
# The order's own answer, because another order's would cause warnings in each call.
ANSWER: dict[str, Any] = next(vector for vector in PARSED if vector["id"] == "declare-unsplit-answer")["response"]
HEADERS = {name: value for name, value in ANSWER["headers"]}
SIGNED_AT = 1_767_225_600
ORDER: dict[str, Any] = {
    "appid": "wxd678efh567hg6787",
    "mchid": "1230000109",
    "out_trade_no": "20150806125346",
    "transaction_id": "1000320306201511078440737890",
    "customs": "SHANGHAI_ZS",
    "merchant_customs_no": "123456",
}
ROUNDS = 150
CALLS = 20
PROCESSES = 21


class Bare:
    """The bare work, done by the program in Rust."""

    def __init__(self, program: str) -> None:
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, threads: int, rounds: int) -> float:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(f"{threads} {rounds}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


def ours() -> Callable[[], object]:
    body = ANSWER["body"].encode()
    response = wx.Response(ANSWER["status"], HEADERS, body)
    client = wx.Client(**OPTIONS, transport=lambda request: response, clock=lambda: SIGNED_AT)
    return lambda: client.declare(ORDER)


def theirs(whole: bool) -> Callable[[], object]:
    """A call of `wechatpayv3`; its transport is that of `requests`, or all of `requests` if not `whole`."""
    serial = HEADERS["Wechatpay-Serial"]
    key = OPTIONS["platform_keys"][serial]
    if "CERTIFICATE" in key:
        public = x509.load_pem_x509_certificate(key.encode()).public_key()
        key = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    headers = {**HEADERS, "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048", "Content-Type": "application/json"}

    def answer(*_: object, **__: object) -> requests.Response:
        response = requests.Response()
        response.status_code = ANSWER["status"]
        response.headers.update(headers)
        response.raw = io.BytesIO(ANSWER["body"].encode())
        response.encoding = "utf-8"
        return response

    core = wechatpayv3.core.Core(
        OPTIONS["mchid"], OPTIONS["serial_no"], OPTIONS["private_key"], "k" * 32, public_key=key, public_key_id=serial
    )

    def call() -> object:
        vars(wechatpayv3.core)["requests"] = requests if whole else SimpleNamespace(post=answer)
        status, text = core.request("/v3/global/customs/orders", RequestType.POST, ORDER)
        assert status == ANSWER["status"]
        return json.loads(text)

    setattr(requests.adapters.HTTPAdapter, "send", answer)
    return call


def seconds(call: Callable[[], object], threads: int, rounds: int) -> float:
    """How long so many threads take for so many calls each, from the first that begins to the last that ends."""
    ready = threading.Barrier(threads)
    spans: list[tuple[float, float]] = []

    def work() -> None:
        ready.wait()
        begun = time.perf_counter()
        for _ in range(rounds):
            call()
        spans.append((begun, time.perf_counter()))

    running = [threading.Thread(target=work) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return max(end for _, end in spans) - min(begin for begin, _ in spans)


async def asynchronous() -> tuple[float, float]:
    """Seconds of a call, one after another and two hundred at once."""
    response = wx.Response(ANSWER["status"], HEADERS, ANSWER["body"].encode())

    async def answer(_: wx.Request) -> wx.Response:
        return response

    client = wx.AsyncClient(**OPTIONS, transport=answer, clock=lambda: SIGNED_AT)
    begun = time.perf_counter()
    for _ in range(CALLS):
        await client.declare(ORDER)
    middle = time.perf_counter()
    await asyncio.gather(*(client.declare(ORDER) for _ in range(200)))
    end = time.perf_counter()
    return (middle - begun) / CALLS, (end - middle) / 200


def imports() -> tuple[float, float]:
    """Milliseconds that the import takes, and as a multiple of the standard library's for HTTPS."""

    def took(modules: str) -> float:
        program = f"import time; t = time.perf_counter(); import {modules}; print(time.perf_counter() - t)"
        return float(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout)

    pairs = [(took("wechatpay_customs"), took("json, ssl, http.client")) for _ in range(PROCESSES)]
    return min(pair[0] for pair in pairs) * 1e3, min(pair[0] for pair in pairs) / min(pair[1] for pair in pairs)


def main() -> None:
    bare, call, whole, stripped = Bare(sys.argv[1]), ours(), theirs(whole=True), theirs(whole=False)
    works: dict[str, Callable[[], float]] = {
        "bare": lambda: bare(1, CALLS),
        "call": lambda: seconds(call, 1, CALLS),
        "peer": lambda: seconds(whole, 1, CALLS),
        "peer_stripped": lambda: seconds(stripped, 1, CALLS),
        "bare_two": lambda: bare(2, CALLS),
        "call_two": lambda: seconds(call, 2, CALLS),
    }
    # By turns, and the fastest of each: what disturbs the machine is not to count.
    best = {name: min(work() for _ in range(3)) for name, work in works.items()}
    one, many = asyncio.run(asynchronous())
    for _ in range(ROUNDS):
        for name, work in works.items():
            best[name] = min(best[name], work())
        again = asyncio.run(asynchronous())
        one, many = min(one, again[0]), min(many, again[1])
    import_ms, import_ratio = imports()
    us = {name: value / CALLS * 1e6 for name, value in best.items()}
    figures = {
        **us,
        "call_ratio": us["call"] / us["bare"],
        "peer_ratio": us["peer"] / us["call"],
        "peer_stripped_ratio": us["peer_stripped"] / us["call"],
        "scaling": (us["call"] / us["call_two"]) / (us["bare"] / us["bare_two"]),
        "async_one": one * 1e6 - us["bare"],
        "async_many": many * 1e6 - us["bare"],
        "import": import_ms,
        "import_ratio": import_ratio,
    }
    for name, value in figures.items():
        print(name, value)


main()
