"""The life of a declaration: `ensure` and `wait`, by both clients."""

from __future__ import annotations

import asyncio
import json
import threading
import unittest
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from support import OPTIONS, READY, order

import wechatpay_customs as wx

QUICK: Any = {"interval": 0.02, "max_interval": 0.02}


def control(endpoint: str, body: dict[str, Any]) -> None:
    """Tells the sandbox something."""
    request = urllib.request.Request(f"{READY['control_url']}/{endpoint}", json.dumps(body).encode(), method="POST")
    urllib.request.urlopen(request).close()


@contextmanager
def time_passes() -> Iterator[None]:
    """Lets the sandbox's clock run fast."""
    over = threading.Event()

    def pass_on() -> None:
        while not over.is_set():
            control("clock", {"advance_s": 20})

    passes = threading.Thread(target=pass_on)
    passes.start()
    try:
        yield
    finally:
        over.set()
        passes.join()


def named(fields: dict[str, Any]) -> Any:
    """The ids that name a declaration."""
    return {"customs": fields["customs"], "out_trade_no": fields["out_trade_no"]}


class Life(unittest.TestCase):
    """The synchronous client."""

    def setUp(self) -> None:
        self.client = wx.Client(**OPTIONS)

    def test_a_declaration_is_made_so(self) -> None:
        reached: list[wx.Ensured] = []
        with time_passes():
            ensured = self.client.ensure(**order(), **QUICK, on_progress=reached.append)
        self.assertEqual((ensured["settled"], ensured["step"], ensured["reason"]), (True, "done", "success"))
        self.assertEqual((ensured["record"] or {})["state"], "SUCCESS")
        self.assertEqual(reached[0]["reason"], "queued")
        self.assertEqual(json.loads(json.dumps(ensured)), ensured)

    def test_each_run_goes_on_from_the_last(self) -> None:
        wanted: Any = order(duty=7)
        first = self.client.ensure(wanted, wait=False, fresh=True)
        self.assertEqual((first["settled"], first["reason"]), (False, "queued"))
        second = self.client.ensure(wanted, wait=False, after=first)
        self.assertEqual(second["reason"], "queued")
        with self.assertRaises(wx.InputError) as caught:
            self.client.ensure(order(), wait=False, after=first)
        self.assertEqual(caught.exception.code, "INVALID_OPTION")
        wanted["duty"] = 8
        changed = self.client.ensure(wanted, wait=False, after=second)
        self.assertEqual(changed["trail"][-1]["did"], "modify")

    def test_a_rival_is_told(self) -> None:
        wanted: Any = order(duty=7)
        first = self.client.ensure(wanted, wait=False)
        control("clock", {"advance_s": 5})
        other: Any = {**wanted, "duty": 9}
        self.client.modify(other)
        told = self.client.ensure(wanted, wait=False, after=first)
        self.assertEqual((told["settled"], told["step"], told["reason"]), (True, "person", "rival"))
        with self.assertRaises(wx.StateError) as caught:
            self.client.ensure(wanted, after=first)
        self.assertEqual((caught.exception.code, caught.exception.detail["duty"]), ("CONFLICT", 9))

    def test_mistakes_are_raised(self) -> None:
        given: list[tuple[Any, Any]] = [({}, {}), (order(), {"after": {"step": "wait"}}), (order(), {"interval": 0})]
        for fields, options in given:
            with self.assertRaises(wx.InputError):
                self.client.ensure(fields, **options)
        with self.assertRaises(wx.InputError):
            self.client.wait(customs="SHANGHAI_ZS")

    def test_waiting(self) -> None:
        wanted: Any = order()
        self.client.declare(wanted)
        with self.assertRaises(wx.StateError) as caught:
            self.client.wait(named(wanted), deadline=0.3, **QUICK)
        self.assertEqual((caught.exception.code, caught.exception.detail["state"]), ("STILL_MOVING", "UNDECLARED"))
        seen: list[wx.Declaration] = []
        with time_passes():
            record = self.client.wait(**named(wanted), on_progress=seen.append, **QUICK)
        self.assertEqual((record.state, seen[0].state), ("SUCCESS", "UNDECLARED"))
        control("faults", {"fault": "state", "order": wanted["out_trade_no"], "state": "EXCEPT", "explanation": "lock"})
        self.assertEqual(self.client.wait(named(wanted)).explanation, "lock")
        ensured = self.client.ensure(wanted, wait=False)
        self.assertEqual((ensured["step"], ensured["reason"]), ("wait", "except_recent"))


class AsyncLife(unittest.IsolatedAsyncioTestCase):
    """The asynchronous client."""

    async def test_a_declaration_is_made_so(self) -> None:
        client = wx.AsyncClient(**OPTIONS)
        wanted: Any = order()
        reached: list[wx.Ensured] = []
        with time_passes():
            ensured = await client.ensure(wanted, **QUICK, on_progress=reached.append)
            record = await client.wait(named(wanted), **QUICK)
        self.assertEqual((ensured["reason"], record.state, bool(reached)), ("success", "SUCCESS", True))

    async def test_a_pause_can_be_cancelled(self) -> None:
        client = wx.AsyncClient(**OPTIONS)
        wanted: Any = order()
        await client.declare(wanted)
        with self.assertRaises(asyncio.TimeoutError):
            await asyncio.wait_for(client.wait(named(wanted), interval=60.0), 0.3)
        self.assertEqual((await client.ensure(wanted, wait=False))["reason"], "queued")


if __name__ == "__main__":
    unittest.main()
