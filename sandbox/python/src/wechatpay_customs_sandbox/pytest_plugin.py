"""Fixtures for pytest: a sandbox that is as new for each test, and clients of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from ._sandbox import Sandbox

if TYPE_CHECKING:
    import wechatpay_customs


@pytest.fixture(scope="session")
def wechatpay_sandbox_session() -> Iterator[Sandbox]:
    """The one process behind ``wechatpay_sandbox``, for fixtures of a wider scope; each worker of pytest-xdist has its own.

    What is declared here is gone as soon as a test asks for ``wechatpay_sandbox`` or a client.
    """
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def wechatpay_sandbox(wechatpay_sandbox_session: Sandbox) -> Sandbox:
    """A sandbox that knows nothing of earlier tests; it runs until the session ends and is reset before each test."""
    wechatpay_sandbox_session.reset()
    return wechatpay_sandbox_session


@pytest.fixture
def wechatpay_client(wechatpay_sandbox: Sandbox) -> Iterator[wechatpay_customs.Client]:
    """A client of the sandbox for one test."""
    with wechatpay_sandbox.client() as client:
        yield client


@pytest.fixture
def wechatpay_async_client(wechatpay_sandbox: Sandbox) -> wechatpay_customs.AsyncClient:
    """An asynchronous client of the sandbox for one test, whichever plugin runs its event loop."""
    # It is of no event loop until it is used; so nothing need be awaited here, which each plugin does in its own way.
    return wechatpay_sandbox.async_client()
