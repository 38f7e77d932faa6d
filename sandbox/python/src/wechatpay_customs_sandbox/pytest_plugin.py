"""Fixtures for pytest: a sandbox for the session, and a client of it for each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from ._sandbox import Sandbox

if TYPE_CHECKING:
    import wechatpay_customs


@pytest.fixture(scope="session")
def wechatpay_sandbox() -> Iterator[Sandbox]:
    """A sandbox that runs until the session ends; with pytest-xdist each worker has its own."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def wechatpay_client(wechatpay_sandbox: Sandbox) -> Iterator[wechatpay_customs.Client]:
    """A client of the sandbox; faults that the test has left are taken back after it."""
    with wechatpay_sandbox.client() as client:
        yield client
    wechatpay_sandbox.clear_faults()
