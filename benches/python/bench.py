"""What the Python package costs beside bare RSA and beside `wechatpayv3`, whose transports answer from memory both.

The argument is the program of `benches/rsa.rs`, which does the bare work by turns with ours. Prints a figure a line.
"""

from __future__ import annotations

import asyncio
import json
import pathlib
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import wechatpayv3.core
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from wechatpayv3.type import RequestType

import wechatpay_customs as wx

VECTORS = pathlib.Path(__file__).parents[2] / "tests/vectors"
OPTIONS: dict[str, Any] = json.loads((VECTORS / "options.json").read_text(encoding="utf-8"))
ANSWER: dict[str, Any] = json.loads((VECTORS / "parse.json").read_text(encoding="utf-8"))["vectors"][0]["response"]
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
ROUNDS = 60
CALLS = 50
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


def theirs() -> Callable[[], object]:
    (key,) = (key for serial, key in OPTIONS["platform_keys"].items() if serial == HEADERS["Wechatpay-Serial"])
    if "CERTIFICATE" in key:
        public = x509.load_pem_x509_certificate(key.encode()).public_key()
        key = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    headers = {**HEADERS, "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048", "Content-Type": "application/json"}
    response = SimpleNamespace(status_code=ANSWER["status"], headers=headers, text=ANSWER["body"])
    vars(wechatpayv3.core)["requests"] = SimpleNamespace(post=lambda **_: response)
    serial = HEADERS["Wechatpay-Serial"]
    core = wechatpayv3.core.Core(
        OPTIONS["mchid"], OPTIONS["serial_no"], OPTIONS["private_key"], "k" * 32, public_key=key, public_key_id=serial
    )

    def call() -> object:
        status, text = core.request("/v3/global/customs/orders", RequestType.POST, ORDER)
        assert status == ANSWER["status"]
        return json.loads(text)

    return call


def seconds(call: Callable[[], object], threads: int, rounds: int) -> float:
    """How long so many threads take for so many calls each."""
    if threads == 1:
        begun = time.perf_counter()
        for _ in range(rounds):
            call()
        return time.perf_counter() - begun
    ready = threading.Barrier(threads + 1)

    def work() -> None:
        ready.wait()
        for _ in range(rounds):
            call()

    running = [threading.Thread(target=work) for _ in range(threads)]
    for thread in running:
        thread.start()
    ready.wait()
    begun = time.perf_counter()
    for thread in running:
        thread.join()
    return time.perf_counter() - begun


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
    for _ in range(2):
        await asyncio.gather(*(client.declare(ORDER) for _ in range(200)))
    end = time.perf_counter()
    return (middle - begun) / CALLS, (end - middle) / 400


def import_ratio() -> tuple[float, float]:
    """Milliseconds of the import beyond an empty program, and as a multiple of the standard library's for HTTPS."""

    def took(modules: str) -> float:
        program = f"import time; t = time.perf_counter(); import {modules}; print(time.perf_counter() - t)"
        return float(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout)

    pairs = [(took("wechatpay_customs"), took("json, ssl, http.client")) for _ in range(PROCESSES)]
    return statistics.median(pair[0] for pair in pairs) * 1e3, statistics.median(pair[0] / pair[1] for pair in pairs)


def main() -> None:
    bare, call, their_call = Bare(sys.argv[1]), ours(), theirs()
    for warm in (call, their_call):
        seconds(warm, 2, CALLS)
    bare(2, CALLS)
    calls, bares, rivals, scalings, loops = [], [], [], [], []
    for number in range(ROUNDS):
        turns: list[Callable[[], None]] = [
            lambda: calls.append(seconds(call, 1, CALLS) / CALLS),
            lambda: bares.append(bare(1, CALLS) / CALLS),
            lambda: rivals.append(seconds(their_call, 1, CALLS) / CALLS),
        ]
        for turn in turns if number % 2 else reversed(turns):
            turn()
        if number % 2:
            two = seconds(call, 2, CALLS) / CALLS
            bare_two = bare(2, CALLS) / CALLS
        else:
            bare_two = bare(2, CALLS) / CALLS
            two = seconds(call, 2, CALLS) / CALLS
        scalings.append((calls[-1] / two) / (bares[-1] / bare_two))
        loops.append(asyncio.run(asynchronous()))
    import_ms, import_times = import_ratio()
    figures = {
        "bare": statistics.median(bares) * 1e6,
        "call": statistics.median(calls) * 1e6,
        "call_ratio": statistics.median(mine / bare for mine, bare in zip(calls, bares)),
        "peer": statistics.median(rivals) * 1e6,
        "peer_ratio": statistics.median(rival / mine for rival, mine in zip(rivals, calls)),
        "scaling": statistics.median(scalings),
        "async_one": statistics.median((loop[0] - bare) * 1e6 for loop, bare in zip(loops, bares)),
        "async_many": statistics.median((loop[1] - bare) * 1e6 for loop, bare in zip(loops, bares)),
        "import": import_ms,
        "import_ratio": import_times,
    }
    for name, value in figures.items():
        print(name, value)


main()
