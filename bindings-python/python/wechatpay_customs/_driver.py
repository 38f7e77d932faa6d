"""Drives calls: runs the caller's own functions, waits, observes. It decides nothing."""

from __future__ import annotations

import atexit
import contextvars
import os
import sys
import threading
import time
from collections.abc import Callable
from types import CoroutineType
from typing import TYPE_CHECKING, Any

from . import _native, _observe
from ._errors import WechatPayError
from ._transport import Request, TransportFunction, failed, received

if TYPE_CHECKING:
    from concurrent.futures import Future

    from ._generated import Attempt
    from ._transport import Event

    Landed = BaseException | None
    Progress = Callable[[Any], object] | None

Signer = Callable[[bytes], object]

START: Event = ("start", None, None)
GO_ON: Event = (None, None, None)
HOST_FAILED: Event = ("host_failed", None, None)
TIMED_OUT: Event = ("timed_out", None, None)
WOKE: Event = ("woke", None, None)
CANCEL: Event = ("cancel", None, None)

# Threads that wait for the network must not return to an interpreter that has ended.
atexit.register(_native.ending)

# Before a fork, makes sure that other threads do not hold locks.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_native.before_fork, after_in_child=_native.after_fork, after_in_parent=_native.after_fork
    )


class Driver:
    """Drives the calls of one client, where a thread may wait."""

    def __init__(
        self,
        native: _native.Client,
        signer: Signer | None,
        on_attempt: Callable[[Attempt], object] | None,
        clock: Callable[[], float] | None,
        transport: TransportFunction | None,
    ) -> None:
        """Takes what :func:`_native.opened` returns: the core's part, and the caller's own functions."""
        self.native = native
        self.signer = signer
        self.on_attempt = on_attempt
        self.clock = clock
        self.transport = transport
        self._flights: dict[object, Future[Landed]] = {}

    def run(self, call: _native.Call, on_progress: Progress = None) -> dict[str, Any]:
        """Drives a call or run to its end."""
        tracer = _observe.tracer()
        if tracer is None:
            return self._run(call, None, on_progress)
        with _observe.span(tracer, call.name) as span:
            return self._run(call, span, on_progress)

    def _run(self, handle: _native.Call, span: Any, on_progress: Progress) -> dict[str, Any]:
        event, failure, takes = START, None, None
        try:
            observed, ahead = _observe.wanted(self.on_attempt, span), self.ahead()
            while True:
                emits, action, takes = handle.advance(*event, observed, ahead)
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
                event, failure = self._answer(action, takes, failure)
        except BaseException as error:
            self.give_up(handle, span)
            _observe.failed(span, error)
            raise
        finally:
            # Breaks the circle of an exception and its frame, which would keep both alive.
            del failure, takes

    def _answer(self, action: str, takes: Any, failure: BaseException | None) -> tuple[Event, BaseException | None]:
        """Carries out an action; returns the event, and the exception that the caller's function raised."""
        if action == "go_on":
            return GO_ON, failure
        if action == "sign" and self.signer is not None:
            try:
                return signed(self.signer(takes[0])), None
            except Exception as error:
                return HOST_FAILED, error
        if action == "send" and self.transport is not None:
            request, max_body = takes
            before = sys.exc_info()[1]
            try:
                given = self.transport(Request(*request))
            except Exception as error:
                return failed(error, before), error
            return received(given, max_body)
        if action == "load_keys":
            return self._load_keys(*takes)
        if action == "sleep":
            time.sleep(takes[0])
            return WOKE, None
        raise ended(action, takes, failure)

    def give_up(self, handle: _native.Call, span: Any) -> None:
        """Ends a call that has not ended, so that observers see the end of its attempt."""
        if handle.waits_for_answer():
            for attempt in handle.advance(*CANCEL, True, 0)[0]:
                _observe.tell(self.on_attempt, span, attempt)

    def ahead(self) -> int:
        """The milliseconds by which the caller's clock is ahead of the system's."""
        return 0 if self.clock is None else int((self.clock() - time.time()) * 1000)

    def _load_keys(self, flight: int, timeout: float) -> tuple[Event, BaseException | None]:
        """Waits for a download, and starts it unless it is under way; it continues even if nobody waits."""
        from concurrent.futures import Future, TimeoutError

        # A forked process inherits the memory of a download, but not its thread.
        key = (os.getpid(), flight)
        landing: Future[Landed] = Future()
        found = self._flights.setdefault(key, landing)
        if found is landing:
            context = contextvars.copy_context()
            thread = threading.Thread(target=context.run, args=(self._download, key, landing), daemon=True)
            try:
                thread.start()
            except RuntimeError as error:
                self._flights.pop(key, None)
                raise _native.unsupported(f"no thread to download keys with can be started ({error})") from error
        try:
            return landed(found.result(timeout))
        except TimeoutError:
            return TIMED_OUT, None

    def _download(self, key: tuple[int, int], landing: Future[Landed]) -> None:
        try:
            self.run(self.native.begin({"call": "load_keys", "flight": key[1]}, {}))
            failure = None
        except BaseException as error:
            failure = error
        self._flights.pop(key, None)
        landing.set_result(failure)


def landed(failure: Landed) -> tuple[Event, BaseException | None]:
    """The event for a download's end: success, an error of ours, or an exception of the caller's own signer."""
    if failure is None:
        return ("keys_ready", None, None), None
    if isinstance(failure, WechatPayError):
        return ("keys_failed", {"error": {"code": failure.code}}, None), None
    return ("keys_failed", {"error": None}, None), failure


def signed(given: object) -> Event:
    """The event for a signer's result; the engine refuses the empty bytes that replace any other type."""
    if isinstance(given, CoroutineType):
        given.close()  # Python would warn that nobody awaits it
    return "signed", None, bytes(given) if isinstance(given, (bytes, bytearray, memoryview)) else b""


def wrapped(record: Callable[[dict[str, Any]], Any], on_progress: Progress) -> Progress:
    """Hands what a run has reached on as a record of its class."""
    return None if on_progress is None else lambda reached: on_progress(record(reached))


def ended(action: str, takes: Any, failure: BaseException | None) -> BaseException:
    """The exception to raise at the end of a call."""
    if action == "raise":
        if failure is not None:
            takes.__cause__ = failure
        raised: BaseException = takes
        return raised
    return failure if failure is not None else _native.unsupported("the call was given up")
