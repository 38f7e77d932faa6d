"""Calls under load on the Python surface; prints what failed. The arguments: sync or async, the task, and its size."""

import asyncio
import itertools
import json
import random
import sys
import threading
import time
from typing import Any

import wechatpay_customs as wx

kind, task, ready, size = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), int(sys.argv[4])
options: Any = ready["client"]
failed: list[str] = []


def order(number: str) -> Any:
    return {
        "out_trade_no": number,
        "transaction_id": "1000320306201511078440737890",
        "customs": "SHANGHAI_ZS",
        "merchant_customs_no": "123456",
    }


def pause() -> float:
    return 0.049 + 0.002 * random.random()


def storm(client: wx.Client, place: int) -> None:
    for call in range(size):
        try:
            client.declare(order(f"s{place}-{call}"))
        except wx.WechatPayError as error:
            failed.append(f"{error.code}: {error}")


def idle(client: wx.Client, place: int) -> None:
    for call in range(size):
        number = order(f"i{place}-{call}")
        try:
            client.declare(number)
            time.sleep(pause())
            if call % 4 == 0:
                client.modify({**number, "duty": 7})
                time.sleep(pause())
        except wx.WechatPayError as error:
            failed.append(f"{error.code}: {error}")


async def storm_async(client: wx.AsyncClient, place: int) -> None:
    for call in range(size):
        try:
            await client.declare(order(f"s{place}-{call}"))
        except wx.WechatPayError as error:
            failed.append(f"{error.code}: {error}")


async def idle_async(client: wx.AsyncClient, place: int) -> None:
    for call in range(size):
        number = order(f"i{place}-{call}")
        try:
            await client.declare(number)
            await asyncio.sleep(pause())
            if call % 4 == 0:
                await client.modify({**number, "duty": 7})
                await asyncio.sleep(pause())
        except wx.WechatPayError as error:
            failed.append(f"{error.code}: {error}")


async def cancelled(client: wx.AsyncClient) -> None:
    """A third of the calls is given up: before they are sent, on their way, or in a pause."""
    numbers = itertools.count()

    async def caller(until: int) -> None:
        while (number := next(numbers)) < until:
            call = client.declare(order(f"c{number}"))
            try:
                await (asyncio.wait_for(call, 0.04 * random.random()) if number % 3 == 0 else call)
            except asyncio.TimeoutError:
                pass
            except wx.WechatPayError as error:
                failed.append(f"{error.code}: {error}")

    async def half(until: int) -> int:
        await asyncio.gather(*(caller(until) for _ in range(16)))
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

    before = await half(size // 2)
    grown = await half(size) - before
    if grown > 20_000:
        failed.append(f"memory has grown by {grown} kB")
    await client.declare(order("last"))


async def all_async() -> None:
    client = wx.AsyncClient(**options)
    if task == "cancelled":
        return await cancelled(client)
    made = storm_async if task == "storm" else idle_async
    await asyncio.gather(*(made(client, place) for place in range(64 if task == "storm" else 1)))


if kind == "async":
    asyncio.run(all_async())
else:
    client = wx.Client(**options)
    made = storm if task == "storm" else idle
    threads = [threading.Thread(target=made, args=(client, place)) for place in range(64 if task == "storm" else 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
print(json.dumps(failed))
