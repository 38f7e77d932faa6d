"""Orders that are ensured on the Python surface until all are settled; goes on from what it kept, however it ended before.

The arguments: sync or async, the sandbox's ready line, the file to keep results in, and the number of orders.
"""

import asyncio
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import wechatpay_customs as wx

kind, ready, kept, count = sys.argv[1], json.loads(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
options: Any = ready["client"]
OPTIONS: Any = {"wait": False, "interval": 0.1, "max_interval": 0.3}


def order(place: int) -> Any:
    return {
        "out_trade_no": f"e{place}",
        "transaction_id": "1000320306201511078440737890",
        "customs": "SHANGHAI_ZS",
        "merchant_customs_no": "123456",
        "duty": 7,
    }


# A line for each result, the last of an order's counts; one that was cut off by a crash does not.
results: dict[int, Any] = {}
if kept.exists():
    for line in kept.read_text().splitlines():
        try:
            place, result = json.loads(line)
        except ValueError:
            continue
        results[place] = result
file = kept.open("a")


def keep(place: int, result: Any) -> None:
    results[place] = result
    file.write("\n" + json.dumps([place, result]) + "\n")
    file.flush()


def due(result: Any) -> float:
    return max(0.0, min(result["retry_at"] - time.time(), 0.1)) if result else 0.0


def settle(client: wx.Client, place: int) -> None:
    while not (results.get(place) or {}).get("settled"):
        time.sleep(due(results.get(place)))
        keep(place, client.ensure(order(place), after=results.get(place), **OPTIONS))


async def settle_async(client: wx.AsyncClient, lane: int) -> None:
    for place in range(lane, count, 16):
        while not (results.get(place) or {}).get("settled"):
            await asyncio.sleep(due(results.get(place)))
            keep(place, await client.ensure(order(place), after=results.get(place), **OPTIONS))


async def settle_all() -> None:
    client = wx.AsyncClient(**options)
    await asyncio.gather(*(settle_async(client, lane) for lane in range(16)))


if kind == "async":
    asyncio.run(settle_all())
else:
    shared = wx.Client(**options)
    with ThreadPoolExecutor(max_workers=16) as pool:
        list(pool.map(lambda place: settle(shared, place), range(count)))
print(json.dumps([result for _, result in sorted(results.items())]))
