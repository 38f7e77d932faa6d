"""Drives calls in an asyncio event loop, also under anyio."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
import sys
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import _native, _observe
from ._driver import (
    GO_ON,
    HOST_FAILED,
    START,
    TIMED_OUT,
    WOKE,
    Driver,
    ended,
    landed,
    signed,
)
from ._transport import Request, failed, received

if TYPE_CHECKING:
    from ._driver import Progress
    from ._transport import Event

    Given = tuple[str | None, dict[str, object] | _native.Received | None, bytes | None, bool, int]

SEND_TIMED_OUT: Event = ("failed", {"sent": "unknown", "cause": "timeout"}, None)

_MAILBOXES: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _native.Mailbox] = weakref.WeakKeyDictionary()


class AsyncDriver(Driver):
    """Drives the calls of one client in event loops, where only awaiting may wait."""

    def __init__(self, *opened: Any) -> None:
        """Takes what :class:`Driver` takes; functions may be asynchronous."""
        super().__init__(*opened)
        self._tasks: dict[object, asyncio.Task[BaseException | None]] = {}

    async def run_async(self, call: _native.Call, on_progress: Progress = None) -> dict[str, Any]:
        """Drives a call or run to its end."""
        loop = _running_loop()
        tracer = _observe.tracer()
        if tracer is None:
            return await self._run_async(loop, call, None, on_progress)
        with _observe.span(tracer, call.name) as span:
            return await self._run_async(loop, call, span, on_progress)

    async def _run_async(
        self, loop: asyncio.AbstractEventLoop, handle: _native.Call, span: Any, on_progress: Progress
    ) -> dict[str, Any]:
        event, failure, takes = START, None, None
        try:
            observed, ahead = _observe.wanted(self.on_attempt, span), self.ahead()
            while True:
                given: Given = (*event, observed, ahead)
                # If the caller sends, a response is verified and read here, because that is faster than waiting.
                if self.transport is not None and (self.signer is not None or event[0] == "response"):
                    emits, action, takes = handle.advance(*given)
                else:
                    emits, action, takes = await self._soon(loop, handle, given, span)
                for attempt in emits:
                    _observe.tell(self.on_attempt, span, attempt)
                if action == "ok":
                    answer: dict[str, Any] = takes
                    _observe.warn(handle.name, answer["warnings"])
                    return answer
                if action == "plain":
                    plain: dict[str, Any] = takes
                    return plain
                if action == "sleep":
                    _observe.progress(on_progress, takes[1])
                event, failure = await self._answer_async(loop, action, takes, failure)
        except BaseException as error:
            self.give_up(handle, span)
            _observe.failed(span, error)
            raise
        finally:
            del failure, takes

    async def _answer_async(
        self, loop: asyncio.AbstractEventLoop, action: str, takes: Any, failure: BaseException | None
    ) -> tuple[Event, BaseException | None]:
        """Carries out an action; returns the event, and the exception that the caller's function raised."""
        if action == "go_on":
            return GO_ON, failure
        if action == "sign" and self.signer is not None:
            done = await _asked(self.signer, takes[0], takes[1])
            if done is None:
                return TIMED_OUT, None
            raised = done.exception()
            if isinstance(raised, Exception):
                return HOST_FAILED, raised
            return signed(done.result()), None
        if action == "send" and self.transport is not None:
            request, max_body = takes
            before = sys.exc_info()[1]
            done = await _asked(self.transport, Request(*request), request[-1])
            if done is None:
                return SEND_TIMED_OUT, None
            # Not raised again here, because that would link it with an exception that the caller handles.
            raised = done.exception()
            if isinstance(raised, Exception):
                return failed(raised, before), raised
            return received(done.result(), max_body)
        if action == "load_keys":
            return await self._load_keys_async(loop, *takes)
        if action == "sleep":
            await asyncio.sleep(takes[0])
            return WOKE, None
        raise ended(action, takes, failure)

    async def _soon(
        self, loop: asyncio.AbstractEventLoop, handle: _native.Call, given: Given, span: Any
    ) -> tuple[Any, str, Any]:
        """Lets the network thread go on, and waits for the result."""
        future: asyncio.Future[tuple[Any, str, Any]] = loop.create_future()
        context = contextvars.copy_context()

        def tell(turn: tuple[Any, str, Any]) -> None:
            for attempt in turn[0]:
                _observe.tell(self.on_attempt, span, attempt)

        def settle(turn: tuple[Any, str, Any]) -> None:
            if future.done():
                # Nobody waits any more, but observers must still see the attempt end.
                context.run(tell, turn)
            else:
                future.set_result(turn)

        handle.advance_soon(*given, _mailbox(loop), settle)
        try:
            return await future
        except BaseException:
            handle.cancel()
            if future.done() and not future.cancelled():
                tell(future.result())
            raise

    async def _load_keys_async(
        self, loop: asyncio.AbstractEventLoop, flight: int, timeout: float
    ) -> tuple[Event, BaseException | None]:
        """Waits for a download, and starts it unless it is under way in this loop; it continues even if nobody waits."""
        key = (id(loop), flight)
        task = self._tasks.get(key)
        if task is None or task.get_loop() is not loop:
            self._tasks[key] = task = loop.create_task(self._download_async(flight))
            task.add_done_callback(lambda _: self._tasks.pop(key, None))
        done, _ = await asyncio.wait((task,), timeout=timeout)
        if not done:
            return TIMED_OUT, None
        return landed(_native.unsupported("the event loop ended") if task.cancelled() else task.result())

    async def _download_async(self, flight: int) -> BaseException | None:
        try:
            await self.run_async(self.native.begin({"call": "load_keys", "flight": flight}, {}))
        except Exception as error:
            return error
        return None


def _running_loop() -> asyncio.AbstractEventLoop:
    try:
        return asyncio.get_running_loop()
    except RuntimeError as error:
        why = "AsyncClient needs a running event loop of asyncio's, also under anyio; Client works without"
        raise _native.unsupported(why) from error


def _mailbox(loop: asyncio.AbstractEventLoop) -> _native.Mailbox:
    mailbox = _MAILBOXES.get(loop)
    if mailbox is None:
        reference = weakref.ref(loop)

        def drain() -> None:
            loop = reference()
            for settle, turn in _MAILBOXES[loop].take() if loop is not None else ():
                settle(turn)

        def wake() -> None:
            loop = reference()
            if loop is not None:
                # Nobody waits in a closed loop.
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(drain)

        _MAILBOXES[loop] = mailbox = _native.Mailbox(wake)
    return mailbox


async def _asked(function: Callable[[Any], object], argument: object, timeout: float) -> asyncio.Task[object] | None:
    """Calls a function of the caller's; ``None`` if the time is up first."""
    task = asyncio.ensure_future(_called(function, argument))
    try:
        done, _ = await asyncio.wait((task,), timeout=timeout)
    except BaseException:
        task.cancel()
        raise
    if done:
        return task
    task.cancel()
    return None


async def _called(function: Callable[[Any], object], argument: object) -> object:
    """Awaits an asynchronous function; runs any other in a thread, because it may block."""
    own = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None))
    given = function(argument) if own else await asyncio.to_thread(function, argument)
    return await given if inspect.isawaitable(given) else given
