"""No frame of ours holds a secret or a person's data while a call is under way or when it raises.

Tools that report errors, as Sentry does by default, print the locals of every frame.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pathlib
import sys
import traceback
import types
import unittest
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from support import OPTIONS, order, send, signer, silent, without

import wechatpay_customs as wx

PACKAGE = str(pathlib.Path(wx.__file__).parent)
KEY: str = OPTIONS["private_key"]
LINE = KEY.splitlines()[len(KEY.splitlines()) // 2]
API_V3_KEY = "SentinelApiV3KeyOfAnotherShop042"
NAME, ID_NUMBER, PASSWORD = "诸葛哨兵", "990000180002300075", "sesame-open-4711"
SENTINELS = {"private key": LINE, "APIv3 key": API_V3_KEY, "name": NAME, "id": ID_NUMBER, "password": PASSWORD}


def printed(value: object) -> str:
    """All that a formatter could print of a local: what it holds too, where it shows that."""
    texts = []
    for show in (repr, lambda value: repr(vars(value)), lambda value: repr([getattr(value, name) for name in value.__slots__])):
        with contextlib.suppress(Exception):
            texts.append(show(value))
    return "\n".join(texts)


def frames(error: BaseException) -> Iterator[types.FrameType]:
    """The frames of an exception and of all that it is linked with."""
    left: list[BaseException | None] = [error]
    seen: set[int] = set()
    while left:
        link = left.pop()
        if link is not None and id(link) not in seen:
            seen.add(id(link))
            yield from (frame for frame, _ in traceback.walk_tb(link.__traceback__))
            left += [link.__cause__, link.__context__]


def ours(frame: types.FrameType) -> bool:
    return frame.f_code.co_filename.startswith(PACKAGE)


def found(every: Iterator[types.FrameType]) -> list[str]:
    """What frames of ours hold that they must not."""
    held = []
    for frame in filter(ours, every):
        for name, value in frame.f_locals.items():
            text = printed(value)
            # Bytes are printed as their escapes.
            forms = {(what, form) for what, plain in SENTINELS.items() for form in (plain, repr(plain.encode())[2:-1])}
            held += [f"{frame.f_code.co_name}: {name} holds the {what}" for what, form in forms if form in text]
    return held


def running() -> Iterator[types.FrameType]:
    """The frames that are running."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


def person(**more: Any) -> dict[str, Any]:
    """An identity to be verified."""
    return {**order(), "certificate_type": "IDCARD", "certificate_id": ID_NUMBER, "certificate_name": NAME, **more}


def options(*names: str, **more: Any) -> Any:
    """Sound options that hold every secret."""
    return without(*names, **{"api_v3_key": API_V3_KEY, **more})


class Stop(BaseException):
    """What nothing may catch."""


class Odd:
    """An object of the caller's whose reading raises."""

    def __init__(self, raised: type[BaseException]) -> None:
        self.raised = raised

    def model_dump(self) -> dict[str, Any]:
        raise self.raised


class Frames(unittest.TestCase):
    """Every way in which a call fails."""

    def setUp(self) -> None:
        self.held: list[str] = []

    def fails(self, what: str, call: Callable[[], object], kind: type[BaseException] = wx.WechatPayError) -> None:
        with self.subTest(what):
            try:
                call()
            except kind as error:
                held = found(frames(error))
                self.assertEqual(held, [])
                # The one that the caller called is all that a traceback shows of ours.
                mine = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if ours(frame)]
                self.assertEqual(len(mine), 0 if what.startswith("Transport") else 1, [frame.f_code for frame in mine])
                self.assertIn("__tracebackhide__", mine[0].f_locals if mine else {"__tracebackhide__"})
            else:
                self.fail("it did not raise")

    def looks(self, given: object) -> None:
        """In a function of the caller's: looks at what called it."""
        self.held += found(running())

    def test_options(self) -> None:
        wrong: dict[str, Any] = {
            "unknown": options(privat_key=KEY),
            "type": options(serial_no=7),
            "url": options(base_urls=["ftp://example.com"]),
            "cut": options(private_key=KEY[: len(KEY) * 3 // 4]),
            "password": options(private_key=KEY, private_key_password=PASSWORD, mchid=None),
            "api_v3_key": options(api_v3_key=API_V3_KEY + "xx"),
            "both": options(signer=signer),
            "missing": options("mchid"),
            "misplaced": options(serial_no=KEY),
            "bytes": options(private_key=KEY.encode()[: len(KEY) * 3 // 4]),
            "proxy": options(proxy=API_V3_KEY),
            "transport": options(transport=KEY),
            "raises": options(rules=Odd(LookupError), platform_keys=Odd(OSError)),
        }
        response: Any = {"status": 200, "headers": {}, "body": b"{}"}
        for name, given in wrong.items():
            self.fails(f"Client {name}", partial(wx.Client, **given))
            self.fails(f"AsyncClient {name}", partial(wx.AsyncClient, **given))
            self.fails(f"prepare {name}", partial(wx.prepare, "verify_identity", person(), given))
            if name not in ("missing", "password"):
                self.fails(f"parse {name}", partial(wx.parse, "declare", response, given, person()))
        for given in (options(privat_key=KEY), options(serial_no=7)):
            self.fails("explain", partial(wx.explain, response, given, {"body": NAME}))
        stopping = options(rules=Odd(Stop))
        makers: list[Any] = [wx.Client, wx.AsyncClient]
        for make in makers:
            self.fails("stopped", partial(make, **stopping), Stop)
        self.fails("Transport", lambda: wx.Transport(proxy=API_V3_KEY))
        self.fails("Transport of certificates", lambda: wx.Transport(ca_certificates=KEY))

    def test_what_sends_nothing(self) -> None:
        client = wx.Client(**options())
        response: Any = {"status": 200, "headers": {"x": NAME}, "body": NAME}
        unknown: Any = "refund"
        unnamed: Any = person()
        stop: Any = Odd(Stop)
        stopping: Any = {**person(), "x": stop}
        for name, action in {
            "check": lambda: wx.check(unknown, person()),
            "check of a client": lambda: client.check(unknown, person()),
            "prepare": lambda: wx.prepare("verify_identity", person(duty=1), options()),
            "prepare of a client": lambda: client.prepare("verify_identity", person(duty=1)),
            "prepare of the key": lambda: client.prepare("declare", options()),
            "parse": lambda: wx.parse("verify_identity", response, options(), person()),
            "parse of a client": lambda: client.parse("verify_identity", response, person()),
            "check, the wrong way round": lambda: wx.check(unnamed, "verify_identity"),
            "parse, the wrong way round": lambda: wx.parse(unnamed, response, options()),
            "prepare, the wrong way round": lambda: client.prepare(unnamed, "verify_identity"),
            "import_keys": lambda: client.import_keys(KEY),
            "customs_order_fields": lambda: wx.customs_order_fields(person(), {"name": NAME}),
        }.items():
            self.fails(name, action)
        self.assertTrue(wx.check("verify_identity", Odd(LookupError)))
        for name, stopped in {
            "check": lambda: wx.check("verify_identity", {**person(), "x": Odd(Stop)}),
            "prepare": lambda: client.prepare("verify_identity", {**person(), "x": Odd(Stop)}),
            "parse": lambda: client.parse("verify_identity", response, {**person(), "x": Odd(Stop)}),
            "explain": lambda: client.explain({"method": KEY, "x": Odd(Stop)}),
            "declare": lambda: client.declare(person(), duty=stop),
            "query_all": lambda: next(client.query_all(stopping)),
        }.items():
            self.fails(f"{name}, stopped", stopped, Stop)

    def calls(self, url: str) -> Iterator[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], type[BaseException]]]:
        """What fails whichever the client: options, fields, limits, and what comes out."""

        def refuses(given: object) -> Any:
            self.looks(given)
            raise LookupError("of the caller's")

        def stops(given: object) -> Any:
            self.looks(given)
            raise Stop

        def falls_back(request: wx.Request) -> wx.Response:
            try:
                refuses(request)
            except LookupError:
                raise ConnectionResetError from None
            raise AssertionError

        ours, none = wx.WechatPayError, dict[str, Any]()
        yield "fields", options(), person(certificate_id=[ID_NUMBER]), none, ours
        yield "secrets as fields", options(), options(), none, ours
        yield "limits", options(), person(), {"timeout": -1}, ours
        yield "limits as text", options(), person(), {"deadline": PASSWORD}, ours
        yield "refused", options(mchid="1900000000"), person(), none, ours
        yield "no answer in time", options(base_urls=[url]), person(), {"timeout": 0.2}, ours
        yield "no answer at all", options(base_urls=[url]), person(), {"deadline": 0.2}, ours
        yield "no server", options(base_urls=["http://127.0.0.1:1"]), person(), none, ours
        yield "keys", options("platform_keys", base_urls=["http://127.0.0.1:1"]), person(), none, ours
        yield "signer", options("private_key", signer=refuses), person(), none, LookupError
        yield "signer stops", options("private_key", signer=stops), person(), none, Stop
        yield "no signature", options("private_key", signer=lambda _: 7), person(), none, ours
        yield "transport", options(transport=refuses), person(), none, ours
        yield "transport falls back", options(transport=falls_back), person(), none, ours
        yield "transport stops", options(transport=stops), person(), none, Stop
        yield "no response", options(transport=lambda _: 7), person(), none, ours
        yield "clock", options(clock=lambda: refuses(0)), person(), none, LookupError

    def test_calls(self) -> None:
        with silent() as (url, _):
            for name, made, fields, limits, kind in self.calls(url):
                client = wx.Client(**made)
                self.fails(name, lambda: client.verify_identity(fields, **limits), kind)
                self.fails(f"{name}, keywords", lambda: client.verify_identity(**limits, **fields), kind)
                self.fails(f"{name}, pages", lambda: list(client.query_all(fields, **limits)), wx.InputError if kind is wx.WechatPayError else BaseException)
        self.assertEqual(self.held, [])

    def test_asynchronous_calls(self) -> None:
        async def pages(client: wx.AsyncClient, fields: Any, limits: Any) -> list[object]:
            return [record async for record in client.query_all(fields, **limits)]

        with silent() as (url, _):
            for name, made, fields, limits, kind in self.calls(url):
                if kind is Stop:
                    # asyncio lets it through to whoever runs the loop.
                    continue
                client = wx.AsyncClient(**made)
                self.fails(name, lambda: asyncio.run(client.verify_identity(fields, **limits)), kind)
                self.fails(f"{name}, keywords", lambda: asyncio.run(client.verify_identity(**limits, **fields)), kind)
                self.fails(f"{name}, pages", lambda: asyncio.run(pages(client, fields, limits)), Exception)
            client = wx.AsyncClient(**options(base_urls=[url]))

            async def cancelled() -> None:
                task = asyncio.create_task(client.verify_identity(person()))
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                task.cancel()
                await task

            self.fails("cancelled", lambda: asyncio.run(cancelled()), asyncio.CancelledError)
            other = client.prepare("verify_identity", person(duty=1))
            self.fails("prepare", lambda: asyncio.run(other))
            response: Any = {"status": 200, "headers": {}, "body": NAME}
            parsed = client.parse("verify_identity", response, person())
            self.fails("parse", lambda: asyncio.run(parsed))
        self.assertEqual(self.held, [])

    def test_what_is_observed(self) -> None:
        def transport(request: wx.Request) -> wx.Response:
            self.looks(request)
            return send(request)

        wx.Client(**options(on_attempt=self.looks, transport=transport)).check("declare", {})
        with self.assertRaises(wx.WechatPayError):
            wx.Client(**options(on_attempt=self.looks, mchid="1900000000")).verify_identity(person())
        self.assertEqual(self.held, [])

    def test_a_closed_client(self) -> None:
        with wx.Client(**options()) as client:
            pass
        self.fails("closed", lambda: client.verify_identity(person()))

    def test_the_search_finds(self) -> None:
        secret: Any
        for secret in (KEY, KEY.encode(), [NAME], {"x": ID_NUMBER}, types.SimpleNamespace(key=PASSWORD), API_V3_KEY):
            namespace: dict[str, Any] = {}
            program = compile("def leak(secret):\n    raise LookupError", os.path.join(PACKAGE, "x.py"), "exec")
            exec(program, namespace)
            try:
                namespace["leak"](secret)
            except LookupError as error:
                self.assertEqual(len(found(frames(error))), 1, repr(secret)[:20])


if __name__ == "__main__":
    unittest.main()
