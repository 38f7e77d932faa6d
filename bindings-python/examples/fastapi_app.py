"""A web service that declares orders; WECHATPAY names the file with the client's options.

Run it with ``uvicorn fastapi_app:app``.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
from collections.abc import AsyncIterator
from typing import Any

import fastapi
import pydantic

import wechatpay_customs as wx

OPTIONS: wx.AsyncClientOptions = json.loads(pathlib.Path(os.environ["WECHATPAY"]).read_text(encoding="utf-8"))


class Order(pydantic.BaseModel):
    """What is declared."""

    out_trade_no: str
    transaction_id: str
    customs: str = "SHANGHAI_ZS"
    merchant_customs_no: str = "IC2N000001"


@contextlib.asynccontextmanager
async def lifespan(app: fastapi.FastAPI) -> AsyncIterator[None]:
    """One client for all requests of this process."""
    async with wx.AsyncClient(**OPTIONS) as client:
        app.state.client = client
        yield


app = fastapi.FastAPI(lifespan=lifespan)


@app.post("/orders")
async def declare(order: Order, request: fastapi.Request) -> dict[str, Any]:
    """Declares an order. A client that hangs up gives it up."""
    declared = await request.app.state.client.declare(order)
    return {"state": declared.state, "request_id": declared.request_id}


@app.exception_handler(wx.InputError)
async def invalid(_: fastapi.Request, error: Exception) -> fastapi.responses.JSONResponse:
    """Says what is wrong with an order."""
    assert isinstance(error, wx.InputError)
    return fastapi.responses.JSONResponse({"findings": error.findings}, 422)


@app.exception_handler(wx.WechatPayError)
async def failed(_: fastapi.Request, error: Exception) -> fastapi.responses.JSONResponse:
    """Says whether it is worth another try."""
    assert isinstance(error, wx.WechatPayError)
    return fastapi.responses.JSONResponse({"code": error.code, "retryable": error.retryable}, 502)
