"""What the tests share: the sandbox whose ready line is in SANDBOX_READY, orders, and other processes."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from typing import Any

import wechatpay_customs as wx

READY = json.loads(os.environ["SANDBOX_READY"])
OPTIONS: Any = READY["client"]
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


def script(text: str, *arguments: str, timeout: float = 120, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a program of Python's in a process of its own."""
    command = [sys.executable, "-X", "dev", "-c", text, *arguments]
    here = os.path.dirname(__file__)
    env = {**os.environ, "PYTHONPATH": here, **environment}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=timeout, check=False)
