"""What goes through proxies, what goes past them, and what is said of those that fail."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import threading
import unittest
from collections.abc import Callable, Iterator
from typing import Any

import certificates
from support import OPTIONS, order, script, without

import wechatpay_customs as wx

SECRET = "s3cret"
LIVE = "https://apihk.mch.weixin.qq.com"


@contextlib.contextmanager
def serving(serve: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[bytes]]]:
    """A server that does one thing with each connection: its host and port, and what connections began with."""
    asked: list[bytes] = []

    def one(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            asked.append(connection.recv(4096, socket.MSG_PEEK))
            serve(connection)

    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=one, args=(server.accept()[0],), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}", asked
        finally:
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def answering(text: bytes) -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(text)

    return serve


def socks(connection: socket.socket) -> None:
    """SOCKS 5 without authentication (RFC 1928), to ports of this machine."""
    connection.recv(4096)
    connection.sendall(b"\x05\x00")
    asked = connection.recv(4096)
    with socket.create_connection(("127.0.0.1", int.from_bytes(asked[-2:], "big"))) as target:
        connection.sendall(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")

        def carry(one: socket.socket, other: socket.socket) -> None:
            with contextlib.suppress(OSError):
                while data := one.recv(65536):
                    other.sendall(data)
                other.shutdown(socket.SHUT_WR)

        back = threading.Thread(target=carry, args=(target, connection), daemon=True)
        back.start()
        carry(connection, target)
        back.join(10)


def refused(**options: Any) -> list[wx.TransportError]:
    """What both clients say of a call that cannot be sent."""
    errors = []
    given = without(**options)
    calls: list[Any] = [
        lambda: wx.Client(**given).modify(order(duty=1)),
        lambda: asyncio.run(wx.AsyncClient(**given).modify(order(duty=1))),
    ]
    for call in calls:
        try:
            call()
        except wx.TransportError as error:
            errors.append(error)
        else:
            raise AssertionError("it was sent")
    return errors


PROGRAM = """
import asyncio, json, sys
from support import order, without
import wechatpay_customs as wx
told = []
for url in sys.argv[1:]:
    client = wx.Client(**without(base_urls=[url]))
    other = wx.AsyncClient(**without(base_urls=[url]))
    for call in (lambda: client.declare(order()), lambda: asyncio.run(other.declare(order()))):
        try:
            told.append(call().state)
        except wx.WechatPayError as error:
            told.append(f"{error.code} {error.may_have_been_applied} {error.message}")
print(json.dumps(told))
"""


class Proxies(unittest.TestCase):
    """Connections of ours."""

    def told(self, *urls: str, **environment: str) -> list[str]:
        for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
            os.environ.pop(name, None)
            os.environ.pop(name.upper(), None)
        variables: Any = environment
        done = script(PROGRAM, *urls, **variables)
        self.assertEqual(done.returncode, 0, done.stderr)
        told: list[str] = json.loads(done.stdout)
        return told

    def test_this_machine_is_never_reached_through_one(self) -> None:
        port = OPTIONS["base_urls"][0].rsplit(":", 1)[1]
        with serving(answering(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")) as (proxy, asked):
            for names in (("HTTP_PROXY", "http_proxy"), ("ALL_PROXY",), ("all_proxy",), ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")):
                told = self.told(f"http://127.0.0.1:{port}", f"http://localhost:{port}", **{name: f"http://{proxy}" for name in names})
                self.assertEqual(told, ["UNDECLARED"] * 4, names)
            environment = {name: f"http://{proxy}" for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")}
            told = self.told("http://[::1]:1", "https://127.0.0.1:1", "https://localhost:1", **environment)
            self.assertEqual([line.split()[0] for line in told], ["CONNECT_FAILED"] * 6)
            self.assertEqual(asked, [])
            # Nor through one that was asked for, unless it is on this machine: here it would be read elsewhere.
            client = wx.Client(**without(proxy="http://proxy.invalid:3128"))
            self.assertEqual(client.declare(order()).state, "UNDECLARED")
            with self.assertRaises(wx.WechatPayError) as caught:
                wx.Client(**without(proxy=f"http://{proxy}")).declare(order())
            self.assertEqual((caught.exception.status, len(asked)), (502, 1))

    def test_one_that_fails_is_named(self) -> None:
        def hangs_up(connection: socket.socket) -> None:
            connection.recv(4096)

        cases: list[tuple[Callable[[socket.socket], None], str]] = [
            (answering(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"), "answered 403"),
            (answering(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"), "answered 407"),
            (answering(b"HTTP/1.0 503 Service Unavailable\r\n\r\n"), "answered 503"),
            (answering(b"SSH-2.0-OpenSSH_9.6\r\n"), "refused, or is none"),
            (hangs_up, "broke off, or is none"),
            (answering(b"HTTP/1.1 200 OK\r\n\r\nno TLS"), "it was sent through the proxy"),
        ]
        for serve, said in cases:
            with serving(serve) as (proxy, asked):
                url = f"http://merchant:{SECRET}@{proxy}"
                given: list[Any] = [{"proxy": url}, {"transport": wx.Transport(proxy=url)}]
                for options in given:
                    for error in refused(base_urls=[LIVE], **options):
                        self.assertIn(f"http://{proxy}", error.message)
                        self.assertIn(said, error.message)
                        self.assertIn("apihk.mch.weixin.qq.com", error.message)
                        self.assertFalse(error.may_have_been_applied, error.message)
                        self.assertIn(error.code, ("CONNECT_FAILED", "TLS_FAILED"))
                        self.assertNotIn(SECRET, repr(vars(error)) + str(error.__cause__))
                for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
                    for line in self.told(LIVE, **{name: url}):
                        self.assertIn(f"http://{proxy}", line)
                        self.assertIn(said, line)
                        self.assertNotIn(SECRET, line)
                self.assertTrue(all(line.startswith(b"CONNECT apihk.mch.weixin.qq.com:443 ") for line in asked), asked)

    def test_one_that_is_dead_is_named(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            dead = f"127.0.0.1:{server.getsockname()[1]}"
        for scheme in ("http", "https", "socks5", "socks5h", "socks4"):
            for error in refused(base_urls=[LIVE], proxy=f"{scheme}://merchant:{SECRET}@{dead}"):
                told = (error.code, error.may_have_been_applied)
                self.assertEqual(told, ("DNS_FAILED" if "name" in error.message and scheme in ("socks5", "socks4") else "CONNECT_FAILED", False), error.message)
                self.assertIn(f"{scheme}://{dead}", error.message)
                self.assertNotIn(SECRET, repr(vars(error)) + str(error.__cause__))
        for line in self.told(LIVE, ALL_PROXY=f"socks5h://{dead}"):
            self.assertIn(f"the proxy socks5h://{dead} was not reached", line)

    def test_one_whose_scheme_is_not_known_is_named(self) -> None:
        for line in self.told("https://proxy.invalid", ALL_PROXY=f"quic://merchant:{SECRET}@127.0.0.1:1"):
            self.assertIn("the proxy in ALL_PROXY was not used, as its scheme, quic, is not supported", line)
            self.assertNotIn(SECRET, line)

    def test_socks(self) -> None:
        with certificates.server() as (url, pem, _), serving(socks) as (proxy, asked):
            for scheme in ("socks5", "socks5h"):
                with self.assertRaises(wx.SignatureError):
                    wx.Client(**without(base_urls=[url]), proxy=f"{scheme}://{proxy}", ca_certificates=pem).declare(order())
            self.assertEqual([line[:1] for line in asked], [b"\x05"] * 2)


class Answers(unittest.TestCase):
    """What connections of ours ask for, and how they fail."""

    def test_nothing_compressed_is_asked_for(self) -> None:
        with serving(answering(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")) as (server, asked):
            with self.assertRaises(wx.WechatPayError):
                wx.Client(**without(base_urls=[f"http://{server}"])).declare(order())
        lines = [line.lower() for line in asked[0].split(b"\r\n")]
        self.assertEqual([line for line in lines if line.startswith(b"accept-encoding:")], [b"accept-encoding: identity"])

    def test_failures_before_a_connection_stood(self) -> None:
        with serving(answering(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as (plain, _), certificates.server() as (url, _, _):
            cases = {
                f"https://{plain}": "TLS_FAILED",
                url: "TLS_FAILED",
                "http://127.0.0.1:1": "CONNECT_FAILED",
                "https://no-such-host.invalid": "DNS_FAILED",
            }
            for base, code in cases.items():
                for error in refused(base_urls=[base]):
                    self.assertEqual((error.code, error.may_have_been_applied, error.retryable), (code, False, True), base)
                    self.assertIsInstance(error.__cause__, OSError)


if __name__ == "__main__":
    unittest.main()
