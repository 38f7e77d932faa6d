"""Signers, transports and clocks of one's own on the synchronous client, and what connections of ours can be told."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import ssl
import threading
import time
import unittest
import urllib.error
import urllib.request
from types import SimpleNamespace
from typing import Any

import httpx
from support import OPTIONS, order, script, send, send_async, signer, without

import wechatpay_customs as wx


class Signers(unittest.TestCase):
    """Signers of one's own."""

    def test_a_signer(self) -> None:
        client = wx.Client(**without("private_key", signer=signer))
        self.assertEqual(client.declare(order()).state, "UNDECLARED")
        self.assertIsNone(client.explain(client.prepare("declare", order()))["failed"])
        options: Any = without("private_key", signer=lambda message: memoryview(bytearray(signer(message))))
        self.assertEqual(wx.prepare("declare", order(), options)["method"], "POST")

    def test_what_it_raises_surfaces_unchanged(self) -> None:
        class Sealed(Exception):
            pass

        raised = Sealed("the HSM is sealed")

        def refuse(_: bytes) -> bytes:
            raise raised

        client = wx.Client(**without("private_key", signer=refuse))
        for call in (lambda: client.declare(order()), lambda: client.prepare("declare", order())):
            with self.assertRaises(Sealed) as caught:
                call()
            self.assertIs(caught.exception, raised)
            self.assertIsNone(caught.exception.__cause__)
        # The same where the signature is that of a download which others wait for.
        client = wx.Client(**without("private_key", "platform_keys", signer=refuse))
        with self.assertRaises(Sealed) as caught:
            client.declare(order())
        self.assertIs(caught.exception, raised)

    def test_what_is_no_signature(self) -> None:
        async def sign_async(message: bytes) -> bytes:
            return signer(message)

        wrong: list[Any] = [lambda _: None, lambda _: "text", lambda _: b"", lambda _: 7, sign_async]
        for function in wrong:
            with self.assertRaises(wx.KeyMaterialError) as caught:
                wx.Client(**without("private_key", signer=function)).declare(order())
            self.assertEqual(caught.exception.code, "SIGNING_FAILED")
        with self.assertRaises(wx.ApiError) as refused:
            wx.Client(**without("private_key", signer=lambda _: b"no signature")).declare(order())
        self.assertEqual(refused.exception.code, "SIGN_ERROR")


class Transports(unittest.TestCase):
    """Transports of one's own."""

    def test_requests_are_guessable(self) -> None:
        seen: list[wx.Request] = []

        def transport(request: wx.Request) -> wx.Response:
            seen.append(request)
            return send(request)

        client = wx.Client(**without("platform_keys", transport=transport, timeout=300))
        fields = order()
        client.declare(fields)
        self.assertEqual(client.query(order_type="out_trade_no", order_no=fields["out_trade_no"], customs="SHANGHAI_ZS").mchid, OPTIONS["mchid"])
        self.assertEqual([request.method for request in seen], ["GET", "POST", "GET"])
        declared, query = seen[1:]
        self.assertEqual(json.loads(declared.body or b"")["out_trade_no"], fields["out_trade_no"])
        self.assertIsNone(query.body)
        self.assertTrue(query.url.startswith(OPTIONS["base_urls"][0]))
        self.assertIn("Authorization", declared.headers)
        self.assertEqual(declared.timeout, 300)
        self.assertNotIn(declared.headers["Authorization"], repr(declared))

    def test_responses_of_other_libraries(self) -> None:
        with httpx.Client() as http:

            def by_httpx(request: wx.Request) -> httpx.Response:
                return http.request(request.method, request.url, headers=request.headers, content=request.body)

            self.assertEqual(wx.Client(**without(transport=by_httpx)).declare(order()).state, "UNDECLARED")

        def shaped(make: Any) -> Any:
            return lambda request: make(*send(request))

        shapes: list[Any] = [
            lambda status, headers, body: {"status": status, "headers": dict(headers), "body": body},
            lambda status, headers, body: {"status": status, "headers": list(headers), "body": body.decode()},
            lambda status, headers, body: SimpleNamespace(status_code=status, headers=list(headers), content=body),
            lambda status, headers, body: SimpleNamespace(
                status=status, headers=[(name.encode(), value.encode()) for name, value in headers], body=bytearray(body)
            ),
            lambda status, headers, body: {"status": status, "headers": {n: [v] for n, v in headers}, "body": memoryview(body)},
        ]
        for make in shapes:
            self.assertEqual(wx.Client(**without(transport=shaped(make))).declare(order()).state, "UNDECLARED")

    def test_what_is_no_response(self) -> None:
        wrong: list[Any] = [
            None,
            "text",
            {},
            {"status": "200", "headers": {}, "body": b""},
            {"status": True, "headers": {}, "body": b""},
            {"status": 2**40, "headers": {}, "body": b""},
            {"status": 200, "headers": 7, "body": b""},
            {"status": 200, "headers": {"a": 1}, "body": b""},
            {"status": 200, "headers": ["ab", "c"], "body": b""},
            {"status": 200, "headers": {}, "body": 7},
            SimpleNamespace(status=200),
        ]
        for response in wrong:
            with self.assertRaises(wx.TransportError) as caught:
                wx.Client(**without(transport=lambda _, response=response: response)).declare(order())
            error = caught.exception
            self.assertEqual((error.code, error.may_have_been_applied), ("TRANSPORT_FAILED", True), response)
            self.assertIsInstance(error.__cause__, TypeError)
            self.assertIn("status, headers and body", str(error.__cause__))
        with self.assertRaises(wx.TransportError):
            wx.Client(**without(transport=send_async)).declare(order())

    def test_what_is_not_to_be_trusted(self) -> None:
        def answering(**parts: Any) -> wx.Client:
            answer = {"status": 200, "headers": {}, "body": b"{}", **parts}
            return wx.Client(**without(transport=lambda _: answer))

        with self.assertRaises(wx.SignatureError):
            answering().declare(order())
        with self.assertRaises(wx.ResponseError) as redirect:
            answering(status=302, headers={"Location": "https://example.com"}).declare(order())
        self.assertEqual(redirect.exception.code, "REDIRECT_REFUSED")
        with self.assertRaises(wx.ResponseError) as large:
            answering(body=b" " * (2**20 + 1)).declare(order())
        self.assertEqual(large.exception.code, "BODY_TOO_LARGE")

    def test_what_it_raises_is_the_cause(self) -> None:
        def wrapped() -> Exception:
            try:
                try:
                    raise ConnectionRefusedError("refused")
                except OSError as error:
                    raise RuntimeError("in a library") from error
            except RuntimeError as error:
                return error

        said = OSError("said so")
        said.sent = False  # type: ignore[attr-defined]  # as the documentation describes
        cases: list[tuple[Exception, str, bool]] = [
            (OSError("it broke"), "TRANSPORT_FAILED", True),
            (said, "TRANSPORT_FAILED", False),
            (ConnectionResetError(), "CONNECTION_RESET", True),
            (ConnectionRefusedError(), "CONNECT_FAILED", False),
            (wrapped(), "CONNECT_FAILED", False),
            (socket.gaierror(), "DNS_FAILED", False),
            (ssl.SSLCertVerificationError(), "TLS_FAILED", False),
            (ssl.SSLError(), "TLS_FAILED", True),
            (TimeoutError(), "TIMEOUT", True),
            (RuntimeError("anything"), "TRANSPORT_FAILED", True),
        ]
        for raised, code, applied in cases:

            def fail(_: wx.Request, raised: Exception = raised) -> wx.Response:
                raise raised

            with self.assertRaises(wx.TransportError) as caught:
                wx.Client(**without(transport=fail, timeout=10, deadline=30)).declare(order())
            self.assertIs(caught.exception.__cause__, raised)
            self.assertEqual((caught.exception.code, caught.exception.may_have_been_applied), (code, applied), raised)

    def test_what_was_handled_proves_nothing(self) -> None:
        """Only what an exception says of itself, or comes from, tells that nothing was sent."""

        def broken() -> wx.Response:
            raise http.client.IncompleteRead(b"")

        def refused() -> wx.Response:
            raise ConnectionRefusedError

        def made_of() -> wx.Response:
            try:
                return refused()
            except OSError as error:
                raise urllib.error.URLError(error)  # noqa: B904  # as urllib does

        def then(first: Any, second: Any, link: bool = False) -> Any:
            def falls_back() -> wx.Response:
                try:
                    return first()  # type: ignore[no-any-return]  # one of the above
                except Exception as error:
                    try:
                        return second()  # type: ignore[no-any-return]  # one of the above
                    except Exception as last:
                        if link:
                            raise last from error
                        raise

            return falls_back

        def http_of(library: Any) -> Any:
            return lambda: library.post("http://127.0.0.1:1")

        before: list[BaseException] = [ConnectionRefusedError(), socket.gaierror(), ssl.SSLCertVerificationError(), KeyError()]
        cases: list[tuple[Any, str, bool]] = [
            (broken, "TRANSPORT_FAILED", True),
            (refused, "CONNECT_FAILED", False),
            (made_of, "CONNECT_FAILED", False),
            (http_of(httpx), "CONNECT_FAILED", False),
            (then(refused, broken), "TRANSPORT_FAILED", True),
            (then(refused, refused), "CONNECT_FAILED", False),
            (then(broken, refused), "CONNECT_FAILED", True),
            (then(broken, refused, link=True), "CONNECT_FAILED", True),
            (then(refused, then(broken, refused)), "CONNECT_FAILED", True),
            (then(http_of(httpx), http_of(httpx)), "CONNECT_FAILED", False),
        ]
        for handled in before:
            for number, (raises, code, applied) in enumerate(cases):

                def transport(_: wx.Request, raises: Any = raises) -> wx.Response:
                    return raises()  # type: ignore[no-any-return]  # one of the above

                async def transport_async(_: wx.Request, raises: Any = raises) -> wx.Response:
                    return raises()  # type: ignore[no-any-return]  # one of the above

                calls: list[Any] = [
                    lambda given=transport: wx.Client(**without(transport=given)).modify(order(duty=1)),
                    lambda given=transport: asyncio.run(wx.AsyncClient(**without(transport=given)).modify(order(duty=1))),
                    lambda given=transport_async: asyncio.run(wx.AsyncClient(**without(transport=given)).modify(order(duty=1))),
                ]
                for call in calls:
                    try:
                        raise handled
                    except type(handled):
                        with self.assertRaises(wx.TransportError) as caught:
                            call()
                    told = (caught.exception.code, caught.exception.may_have_been_applied)
                    self.assertEqual(told, (code, applied), f"{handled!r}, {number}")
                    self.assertEqual(caught.exception.retryable, not applied)

    def test_a_response_that_cannot_be_read_was_sent(self) -> None:
        class Lazy:
            headers: dict[str, str] = {}
            content = b""

            @property
            def status(self) -> int:
                raise ConnectionRefusedError

        with self.assertRaises(wx.TransportError) as caught:
            wx.Client(**without(transport=lambda _: Lazy())).modify(order(duty=1))
        self.assertTrue(caught.exception.may_have_been_applied)

    def test_what_is_not_an_error_goes_through(self) -> None:
        for kind in (KeyboardInterrupt, SystemExit, GeneratorExit):
            seen: list[wx.Attempt] = []

            def stop(_: wx.Request, kind: type[BaseException] = kind) -> wx.Response:
                raise kind

            with self.assertRaises(kind):
                wx.Client(**without(transport=stop), on_attempt=seen.append).declare(order())
            self.assertEqual([attempt["phase"] for attempt in seen], ["request", "failure"])
            self.assertTrue(seen[1]["may_have_been_applied"])

    def test_a_client_within_a_transport(self) -> None:
        inner = wx.Client(**OPTIONS)
        seen: list[str] = []

        def transport(request: wx.Request) -> wx.Response:
            seen.append(inner.declare(order()).state)
            return send(request)

        def observe(_: wx.Attempt) -> None:
            seen.append(inner.declare(order()).state)

        self.assertEqual(wx.Client(**without(transport=transport), on_attempt=observe).declare(order()).state, "UNDECLARED")
        self.assertEqual(seen, ["UNDECLARED"] * 3)

    def test_threads_share_one_download_by_an_own_transport(self) -> None:
        downloads: list[str] = []

        def transport(request: wx.Request) -> wx.Response:
            if request.url.endswith("/certificates"):
                downloads.append(request.url)
                time.sleep(0.2)
            return send(request)

        client = wx.Client(**without("platform_keys", transport=transport))
        states: list[str] = []
        threads = [threading.Thread(target=lambda: states.append(client.declare(order()).state)) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual((states, len(downloads)), (["UNDECLARED"] * 20, 1))

    def test_a_clock(self) -> None:
        client = wx.Client(**OPTIONS, clock=lambda: 1_700_000_000.9)
        prepared = client.prepare("declare", order())
        stamp = prepared["headers"]["Authorization"].split('timestamp="')[1].split('"')[0]
        self.assertEqual(stamp, "1700000000")
        with self.assertRaises(wx.WechatPayError):
            client.declare(order())

    def test_gevent_goes_on_in_its_transport(self) -> None:
        program = """
import gevent.monkey
gevent.monkey.patch_all()
import gevent, gevent.event
from support import PATIENCE, order, send, without
import wechatpay_customs as wx
begun = []
all_begun = gevent.event.Event()
def transport(request):
    if not request.url.endswith("/certificates"):
        begun.append(request)
        if len(begun) == 5:
            all_begun.set()
        assert all_begun.wait(PATIENCE), "one waits for the other"
    return send(request)
client = wx.Client(**without("platform_keys", transport=transport))
greenlets = [gevent.spawn(lambda: client.declare(order()).state) for _ in range(5)]
gevent.joinall(greenlets, raise_error=True)
print({greenlet.value for greenlet in greenlets})
"""
        told = script(program)
        self.assertEqual(told.stdout, "{'UNDECLARED'}\n", told.stderr)


class Connections(unittest.TestCase):
    """What connections of ours can be told."""

    def test_clients_share_them(self) -> None:
        transport = wx.Transport()
        for _ in range(3):
            self.assertEqual(wx.Client(**OPTIONS, transport=transport).declare(order()).state, "UNDECLARED")
        self.assertEqual(repr(transport), "<wechatpay_customs.Transport>")

    def test_proxies(self) -> None:
        asked: list[str] = []
        with socket.create_server(("127.0.0.1", 0)) as server:
            proxy = f"http://merchant:secret@127.0.0.1:{server.getsockname()[1]}"

            def serve() -> None:
                for _ in range(2):
                    connection = server.accept()[0]
                    with connection, connection.makefile("rb") as lines:
                        asked.append(lines.readline().decode())
                        connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

            thread = threading.Thread(target=serve)
            thread.start()
            for client in (wx.Client(**OPTIONS, proxy=proxy), wx.Client(**OPTIONS, transport=wx.Transport(proxy=proxy))):
                with self.assertRaises(wx.WechatPayError) as caught:
                    client.declare(order())
                self.assertEqual(caught.exception.status, 502)
            thread.join()
        self.assertTrue(all(line.startswith("POST http://127.0.0.1") for line in asked), asked)

    def test_certificates_that_are_trusted(self) -> None:
        import certificates

        with certificates.server() as (url, pem, folder):
            options = without(base_urls=[url])
            with self.assertRaises(wx.TransportError) as caught:
                wx.Client(**options).declare(order())
            self.assertEqual((caught.exception.code, caught.exception.may_have_been_applied), ("TLS_FAILED", False))
            self.assertIn("certificate", str(caught.exception.__cause__))
            self.assertIsInstance(caught.exception.__cause__, OSError)
            for given in ({"ca_certificates": pem}, {"transport": wx.Transport(ca_certificates=pem.encode())}):
                with self.assertRaises(wx.SignatureError):
                    wx.Client(**options, **given).declare(order())
            program = """
import sys
from support import order, without
import wechatpay_customs as wx
try:
    wx.Client(**without(base_urls=[sys.argv[1]])).declare(order())
except wx.WechatPayError as error:
    print(error.kind)
"""
            self.assertEqual(script(program, url, SSL_CERT_FILE=f"{folder}/ca.pem").stdout, "signature\n")
            self.assertEqual(script(program, url).stdout, "transport\n")

    def test_what_cannot_be_used(self) -> None:
        secret = "http://merchant:s3cret@"
        wrong: list[Any] = [
            {"proxy": 7},
            {"proxy": ""},
            {"proxy": secret},
            {"proxy": "ftp://127.0.0.1:1"},
            {"proxy": "127.0.0.1:1"},
            {"ca_certificates": "/etc/ssl/certs"},
            {"ca_certificates": b""},
            {"ca_certificates": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"},
        ]
        for options in wrong:
            makers: list[Any] = [wx.Transport, lambda **given: wx.Client(**OPTIONS, **given)]
            for make in makers:
                with self.assertRaises(wx.InputError) as caught:
                    make(**options)
                self.assertEqual(caught.exception.code, "INVALID_OPTION")
                self.assertIn(f"option `{next(iter(options))}`", str(caught.exception))
                self.assertNotIn("s3cret", repr(vars(caught.exception)))
        no_functions: list[Any] = [{"transport": "requests"}, {"signer": b""}, {"clock": 7}, {"on_attempt": []}]
        for given in no_functions:
            with self.assertRaises(wx.InputError) as caught:
                wx.Client(**OPTIONS, **given)
            self.assertIn(f"option `{next(iter(given))}` must be a", str(caught.exception))
        with self.assertRaises(wx.InputError):
            wx.Client(**OPTIONS, transport=send, proxy="http://127.0.0.1:1")
        with self.assertRaises(wx.InputError) as both:
            wx.Client(**OPTIONS, signer=signer)
        self.assertIn("exclude each other", str(both.exception))


if __name__ == "__main__":
    unittest.main()
