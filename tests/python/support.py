"""What the tests share: the sandbox whose ready line is in SANDBOX_READY, orders, and other processes."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import wechatpay_customs as wx

READY = json.loads(os.environ["SANDBOX_READY"])
PATIENCE = 600.0
"""Seconds after which something that was waited for does not come any more; a busy machine is no reason."""
# Single attempts: `network.rs` tests what follows them.
OPTIONS: Any = {**READY["client"], "timeout": PATIENCE, "deadline": PATIENCE, "max_retries": 0}
NUMBERS = itertools.count()


def order(**more: Any) -> dict[str, Any]:
    """An order that was not declared before."""
    return {
        "out_trade_no": f"py-{os.getpid()}-{next(NUMBERS)}",
        "transaction_id": "4200000000202611220000000001",
        "customs": "SHANGHAI_ZS",
        "merchant_customs_no": "IC2N000001",
        **more,
    }


def send(request: wx.Request) -> wx.Response:
    """A transport of one's own, by the standard library."""
    asked = urllib.request.Request(request.url, request.body, request.headers, method=request.method)
    try:
        answer = urllib.request.urlopen(asked, timeout=request.timeout)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return wx.Response(answer.status, answer.headers.items(), answer.read())


async def send_async(request: wx.Request) -> wx.Response:
    """The same for an asynchronous client."""
    import asyncio

    return await asyncio.to_thread(send, request)


def signer(message: bytes) -> bytes:
    """A signer of one's own, by another library."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    key = serialization.load_pem_private_key(OPTIONS["private_key"].encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key.sign(message, padding.PKCS1v15(), hashes.SHA256())


def without(*names: str, **more: Any) -> Any:
    """The sandbox's options without some, and with others."""
    return {**{name: value for name, value in OPTIONS.items() if name not in names}, **more}


@contextlib.contextmanager
def silent() -> Iterator[tuple[str, list[socket.socket]]]:
    """A server that accepts and says nothing: its URL, and the connections that it accepted."""
    accepted: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    accepted.append(server.accept()[0])

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}", accepted
        finally:
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            thread.join(10)
            for connection in accepted:
                connection.close()


def until(comes: Callable[[], object]) -> None:
    """Waits for something."""
    end = time.monotonic() + PATIENCE
    while not comes():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.01)


async def until_async(comes: Callable[[], object]) -> None:
    """The same on an event loop, which goes on meanwhile."""
    import asyncio

    end = time.monotonic() + PATIENCE
    while not comes():
        assert time.monotonic() < end, "it does not come"
        await asyncio.sleep(0.01)


def reached(accepted: list[socket.socket]) -> None:
    """Waits until a request has begun to reach a silent server."""
    until(lambda: accepted)
    accepted[0].settimeout(PATIENCE)
    accepted[0].recv(1, socket.MSG_PEEK)


def at_its_limit(call: Callable[[float], object]) -> wx.TransportError:
    """What a call to a silent server comes to at its time limit, in seconds. On a busy machine that may be over before the
    request was sent: then again with more."""
    limit = 0.2
    while True:
        try:
            call(limit)
        except wx.TransportError as error:
            if error.may_have_been_applied or limit > PATIENCE:
                return error
        limit *= 3


def complaints(stderr: str) -> str:
    """What a program told on its error output, but for asyncio's word on each step that took long, in development mode."""
    return re.sub(r"^Executing <.* took [0-9.]+ seconds\n", "", stderr, flags=re.MULTILINE)


def script(text: str, *arguments: str, timeout: float = PATIENCE, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a program of Python's in a process of its own."""
    command = [sys.executable, "-X", "dev", "-c", text, *arguments]
    here = os.path.dirname(__file__)
    env = {**os.environ, "PYTHONPATH": here, **environment}
    ended = subprocess.run(command, env=env, capture_output=True, text=True, timeout=timeout, check=False)
    ended.stderr = complaints(ended.stderr)
    return ended
