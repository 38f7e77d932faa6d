"""The asynchronous client."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import threading
import tracemalloc
import unittest
from typing import Any

import anyio
import trio
from support import OPTIONS, order, reached, send, send_async, signer, silent, until_async, without

import wechatpay_customs as wx


def sockets() -> int:
    """How many sockets are open in this process."""
    names = (f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd"))
    return sum(os.path.islink(name) and os.readlink(name).startswith("socket:") for name in names)


class Calls(unittest.IsolatedAsyncioTestCase):
    """Whole calls."""

    async def test_every_sort_of_call(self) -> None:
        async with wx.AsyncClient(**OPTIONS) as client:
            fields = order()
            declared = await client.declare(**fields)
            self.assertEqual(declared.state, "UNDECLARED")
            self.assertEqual((await client.declare(fields)).out_trade_no, fields["out_trade_no"])
            query: Any = {"order_type": "out_trade_no", "order_no": fields["out_trade_no"], "customs": "SHANGHAI_ZS"}
            self.assertEqual([record.state async for record in client.query_all(query)], ["UNDECLARED"])
            prepared = await client.prepare("declare", fields)
            self.assertIsNone(client.explain(prepared)["failed"])
            self.assertEqual(client.check("declare", {})[0]["rule"], "required")
            with self.assertRaises(wx.SignatureError):
                await client.parse("query", {"status": 200, "headers": {}, "body": b"{}"})
            with self.assertRaises(wx.InputError) as caught:
                await client.declare({})
            self.assertGreater(len(str(caught.exception).splitlines()), 3)
        with self.assertRaises(wx.StateError) as closed:
            await client.declare(order())
        self.assertEqual(closed.exception.code, "CLIENT_CLOSED")

    async def test_tasks_share_one_download_of_keys(self) -> None:
        seen: list[wx.Attempt] = []
        client = wx.AsyncClient(**without("platform_keys"), on_attempt=seen.append)
        states = await asyncio.gather(*(client.declare(order()) for _ in range(100)))
        self.assertEqual({answer.state for answer in states}, {"UNDECLARED"})
        downloads = [attempt for attempt in seen if attempt["operation"] == "certificates"]
        self.assertEqual([attempt["phase"] for attempt in downloads], ["request", "response"])

    async def test_a_download_goes_on_without_who_began_it(self) -> None:
        client = wx.AsyncClient(**without("platform_keys"))
        first = asyncio.create_task(client.declare(order()))
        second = asyncio.create_task(client.declare(order()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        first.cancel()
        self.assertEqual((await second).state, "UNDECLARED")
        with self.assertRaises(asyncio.CancelledError):
            await first

    async def test_cancellation_reaches_the_request(self) -> None:
        with silent() as (url, accepted):
            seen: list[wx.Attempt] = []
            client = wx.AsyncClient(**without(base_urls=[url]), on_attempt=seen.append)
            task = asyncio.create_task(client.declare(order()))
            await asyncio.to_thread(reached, accepted)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            # The end of the connection is read by whoever accepted it.
            connection = accepted[0]
            received = await asyncio.to_thread(lambda: [chunk for chunk in iter(lambda: connection.recv(65536), b"")])
            self.assertTrue(b"".join(received).startswith(b"POST "))
            await until_async(lambda: len(seen) == 2)
        self.assertEqual([attempt["phase"] for attempt in seen], ["request", "failure"])
        self.assertTrue(seen[1]["may_have_been_applied"])

    async def test_time_limits(self) -> None:
        with silent() as (url, _):
            client = wx.AsyncClient(**without(base_urls=[url]))
            cases: list[tuple[Any, str]] = [({"timeout": 0.2}, "TIMEOUT"), ({"deadline": 0.2}, "DEADLINE_EXCEEDED")]
            for limits, code in cases:
                with self.assertRaises(wx.TransportError) as caught:
                    await client.declare(order(), **limits)
                self.assertEqual(caught.exception.code, code)

    async def test_functions_of_ones_own(self) -> None:
        async def sign_async(message: bytes) -> bytes:
            await asyncio.sleep(0)
            return signer(message)

        class Sender:
            async def __call__(self, request: wx.Request) -> wx.Response:
                return await send_async(request)

        for own_signer in (signer, sign_async, lambda message: sign_async(message)):
            for transport in (send, send_async, Sender(), wx.Transport()):
                given: Any = {"signer": own_signer, "transport": transport}
                client = wx.AsyncClient(**without("private_key", **given))
                self.assertEqual((await client.declare(order())).state, "UNDECLARED")
        client = wx.AsyncClient(**without("platform_keys", transport=send_async))
        answers = await asyncio.gather(*(client.declare(order()) for _ in range(10)))
        self.assertEqual(len(answers), 10)

    async def test_what_own_functions_raise(self) -> None:
        class Refused(Exception):
            sent = False

        raised = Refused("before it was sent")

        async def fail(_: object) -> bytes:
            raise raised

        for name in ("platform_keys", "appid"):
            with self.assertRaises(Refused) as same:
                await wx.AsyncClient(**without("private_key", name, signer=fail)).declare(order(appid="wx1"))
            self.assertIs(same.exception, raised)
        with self.assertRaises(wx.TransportError) as caught:
            await wx.AsyncClient(**without(transport=fail)).declare(order())
        self.assertIs(caught.exception.__cause__, raised)
        self.assertFalse(caught.exception.may_have_been_applied)

        hangs = asyncio.Event()

        async def hang(_: object) -> bytes:
            hangs.set()
            await asyncio.Event().wait()
            return b""

        with self.assertRaises(wx.TransportError) as late:
            await wx.AsyncClient(**without("private_key", signer=hang)).declare(order(), deadline=0.2)
        self.assertEqual(late.exception.code, "DEADLINE_EXCEEDED")
        with self.assertRaises(wx.TransportError) as late:
            await wx.AsyncClient(**without(transport=hang)).declare(order(), timeout=0.2)
        self.assertEqual((late.exception.code, late.exception.may_have_been_applied), ("TIMEOUT", True))
        hangs.clear()
        task = asyncio.create_task(wx.AsyncClient(**without(transport=hang)).declare(order()))
        await hangs.wait()
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        await until_async(lambda: asyncio.all_tasks() == {asyncio.current_task()})


class Loops(unittest.TestCase):
    """Where the client runs."""

    def test_loops_one_after_another_and_at_once(self) -> None:
        client = wx.AsyncClient(**without("platform_keys"))

        async def calls() -> set[str]:
            answers = await asyncio.gather(*(client.declare(order()) for _ in range(10)))
            return {answer.state for answer in answers}

        for _ in range(3):
            self.assertEqual(asyncio.run(calls()), {"UNDECLARED"})
        found: list[set[str]] = []
        threads = [threading.Thread(target=lambda: found.append(asyncio.run(calls()))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(found, [{"UNDECLARED"}] * 4)

    def test_a_loop_that_ends_amid_a_call(self) -> None:
        with silent() as (url, accepted):
            client = wx.AsyncClient(**without(base_urls=[url]))

            async def leave() -> None:
                asyncio.ensure_future(client.declare(order()))
                await asyncio.to_thread(reached, accepted)

            asyncio.run(leave())
        asyncio.run(wx.AsyncClient(**OPTIONS).declare(order()))

    def test_anyio_on_asyncio(self) -> None:
        async def calls() -> list[str]:
            client, states = wx.AsyncClient(**OPTIONS), []

            async def one() -> None:
                states.append((await client.declare(order())).state)

            async with anyio.create_task_group() as group:
                for _ in range(5):
                    group.start_soon(one)
            with silent() as (url, _):
                with anyio.move_on_after(0.2) as scope:
                    await wx.AsyncClient(**without(base_urls=[url])).declare(order())
                self.assertTrue(scope.cancelled_caught)
            return states

        self.assertEqual(anyio.run(calls, backend="asyncio"), ["UNDECLARED"] * 5)

    def test_other_loops_are_refused(self) -> None:
        client = wx.AsyncClient(**OPTIONS)

        async def call() -> None:
            await client.declare(order())

        with self.assertRaises(wx.StateError) as caught:
            trio.run(call)
        self.assertEqual(caught.exception.code, "RUNTIME_UNSUPPORTED")


class Many(unittest.TestCase):
    """Ten thousand calls, two hundred at once."""

    def test_thousands_of_calls_leave_nothing_behind(self) -> None:
        asyncio.run(self.many(lambda: False), debug=False)

    def test_thousands_of_calls_of_which_many_are_cancelled(self) -> None:
        chance = random.Random(20261122)
        asyncio.run(self.many(lambda: chance.random() < 1 / 3), debug=False)

    async def many(self, is_cancelled: Any, calls: int = 10_000, at_once: int = 200) -> None:
        client = wx.AsyncClient(**OPTIONS)
        gate = asyncio.Semaphore(at_once)
        outcomes = {"answered": 0, "cancelled": 0}
        # One order, so that the sandbox's memory is not what grows.
        fields = order()
        await client.declare(fields)
        chance = random.Random(7)

        async def one() -> None:
            async with gate:
                task = asyncio.ensure_future(client.declare(fields))
                if is_cancelled():
                    await asyncio.sleep(chance.random() * 0.02)
                    task.cancel()
                try:
                    await task
                    outcomes["answered"] += 1
                except asyncio.CancelledError:
                    outcomes["cancelled"] += 1

        def traced() -> int:
            gc.collect()
            return tracemalloc.get_traced_memory()[0]

        async def round_of(number: int) -> int:
            await asyncio.gather(*(one() for _ in range(number)))
            await until_async(lambda: asyncio.all_tasks() == {asyncio.current_task()})
            return traced()

        await round_of(calls // 5)
        tracemalloc.start(1)
        try:
            threads, open_sockets = threading.active_count(), sockets()
            before = await round_of(calls // 5)
            for _ in range(3):
                await round_of(calls // 5)
            # What was cancelled may end a little later.
            await until_async(lambda: traced() - before < 200_000)
        finally:
            tracemalloc.stop()
        self.assertEqual(sum(outcomes.values()), calls)
        self.assertGreater(outcomes["answered"], calls // 2)
        self.assertEqual(asyncio.all_tasks(), {asyncio.current_task()})
        await until_async(lambda: threading.active_count() <= threads)
        await until_async(lambda: sockets() <= open_sockets + at_once)


if __name__ == "__main__":
    unittest.main()
