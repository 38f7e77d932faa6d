"""A web application whose client is made, and has called, before its workers are forked."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from support import OPTIONS, order

import wechatpay_customs as wx

client = wx.Client(**OPTIONS)
client.declare(order())


def app(_: dict[str, Any], start: Callable[[str, list[tuple[str, str]]], object]) -> Iterable[bytes]:
    """Declares, and tells which process did."""
    state = client.declare(order()).state
    start("200 OK", [("Content-Type", "text/plain")])
    return [f"{os.getpid()} {state}".encode()]
