"""Runs vectors on the Python surface: a vector per line in, a report per line out."""

import asyncio
import base64
import functools
import json
import pickle
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import wechatpay_customs as wx


def with_bytes(value: Any) -> Any:
    """Members called NAME_base64, at any depth, become bytes called NAME."""
    if isinstance(value, list):
        return [with_bytes(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name.removesuffix("_base64"): base64.b64decode(member) if name.endswith("_base64") else with_bytes(member)
        for name, member in value.items()
    }


def report(vector: dict[str, Any]) -> dict[str, Any]:
    kind, options, operation = vector["kind"], with_bytes(vector.get("options", {})), vector.get("operation")
    if kind == "check":
        return {"findings": wx.check(operation, vector["fields"], vector.get("rules"))}
    if kind == "customs_order_fields":
        return {"fields": wx.customs_order_fields(vector["request"], vector["result"], vector.get("paid"))}
    if kind == "function":
        return {"gives": getattr(wx, vector["function"])(**vector["arguments"])}
    if kind == "prepare":
        padding = base64.b64decode(vector["padding_base64"]) if "padding_base64" in vector else None
        timestamp, nonce = vector.get("timestamp"), vector.get("nonce")
        prepared = wx.prepare(operation, vector["fields"], options, timestamp, nonce, padding)
        return {**prepared, "authorization": prepared["headers"]["Authorization"]}
    if kind == "parse":
        response = with_bytes(vector["response"])
        return answer(wx.parse(operation, response, options, vector.get("request"), vector.get("now")))
    if kind == "explain":
        return wx.explain(with_bytes(vector["given"]), options, with_bytes(vector.get("request")), vector.get("now"))
    client = wx.Client(**options)
    return answer(getattr(client, operation)(vector["fields"]))


async def report_async(vector: dict[str, Any]) -> dict[str, Any]:
    """The same by the asynchronous client, which is made with a vector's options where they are given to a function."""
    kind, operation = vector["kind"], vector.get("operation")
    # A client is one that sends; only the function reads answers without what that takes.
    pure = kind in ("check", "customs_order_fields", "explain", "function")
    if pure or not {"mchid", "serial_no", "private_key"} <= vector["options"].keys():
        return report(vector)
    client = wx.AsyncClient(**with_bytes(vector["options"]))
    if kind == "prepare":
        padding = base64.b64decode(vector["padding_base64"]) if "padding_base64" in vector else None
        timestamp, nonce = vector.get("timestamp"), vector.get("nonce")
        prepared = await client.prepare(operation, vector["fields"], timestamp, nonce, padding)
        return {**prepared, "authorization": prepared["headers"]["Authorization"]}
    if kind != "parse":
        return answer(await getattr(client, operation)(vector["fields"]))
    response = with_bytes(vector["response"])
    return answer(await client.parse(operation, response, vector.get("request"), vector.get("now")))


def answer(result: Any) -> dict[str, Any]:
    if isinstance(result, wx.Answer):
        result = result.to_dict()
    value = {name: field for name, field in result.items() if name not in ("request_id", "warnings", "attempts")}
    return {
        "value": value,
        "request_id": result["request_id"],
        "warnings": result["warnings"],
        "attempts": result["attempts"],
    }


def refused(error: wx.WechatPayError) -> dict[str, Any]:
    # As a worker process would send it to its parent.
    again = pickle.loads(pickle.dumps(error))
    attributes = {name: value for name, value in vars(again).items() if not name.startswith("_")}
    # Vectors count in milliseconds.
    if again.retry_after is not None:
        attributes["retry_after"] = round(again.retry_after * 1000)
    return {"error": {**attributes, "class": type(again).__name__}}


def outcome(make: Callable[[dict[str, Any]], dict[str, Any]], vector: dict[str, Any]) -> dict[str, Any]:
    try:
        return make(vector)
    except wx.WechatPayError as error:
        return refused(error)
    except Exception as error:  # the runner shows what it was
        return {"unexpected": repr(error)}


async def outcome_async(vector: dict[str, Any]) -> dict[str, Any]:
    try:
        return await report_async(vector)
    except wx.WechatPayError as error:
        return refused(error)
    except Exception as error:
        return {"unexpected": repr(error)}


async def outcomes_async(vectors: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return await asyncio.gather(*map(outcome_async, vectors))


def tell(vectors: list[dict[str, Any]], outcomes: Iterable[dict[str, Any]]) -> None:
    for vector, told in zip(vectors, outcomes):
        print(json.dumps({"id": vector["id"], "report": told}), flush=True)


awaited = sys.argv[1:] == ["async"]
given = [json.loads(line) for line in sys.stdin]
# Calls that need not wait for one another.
calls = [vector for vector in given if vector["kind"] == "at_once"]
others = [vector for vector in given if vector["kind"] != "at_once"]
if awaited:
    tell(calls, asyncio.run(outcomes_async(calls)))
    tell(others, (asyncio.run(outcome_async(vector)) for vector in others))
else:
    with ThreadPoolExecutor(max_workers=256) as pool:
        tell(calls, pool.map(functools.partial(outcome, report), calls))
    tell(others, (outcome(report, vector) for vector in others))
