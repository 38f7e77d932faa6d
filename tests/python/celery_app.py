"""Tasks whose client is made, and has called, before the workers are forked; messages are files."""

from __future__ import annotations

import os
import sys

import celery  # type: ignore[import-untyped]  # it has no types
from support import OPTIONS, order

import wechatpay_customs as wx

folder = os.environ["CELERY_FOLDER"]
app = celery.Celery("tasks", broker="filesystem://", backend=f"file://{folder}/results")
app.conf.broker_transport_options = {
    "data_folder_in": f"{folder}/broker",
    "data_folder_out": f"{folder}/broker",
    "processed_folder": f"{folder}/processed",
    "control_folder": f"{folder}/control",
}
app.conf.broker_connection_retry_on_startup = True
client = wx.Client(**OPTIONS)
if "worker" in sys.argv:
    client.declare(order())


@app.task  # type: ignore[misc]  # it has no types
def declare() -> tuple[int, str]:
    """Declares, and tells which process did."""
    return os.getpid(), client.declare(order()).state
