"""Reports attempts: to the logger, the caller's function, and the span of a call."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from . import _native
from ._generated import Attempt, Finding

_LOG = logging.getLogger("wechatpay_customs")


def tracer() -> Any:
    """OpenTelemetry's tracer, if the program has imported its API; otherwise nobody listens."""
    trace: Any = sys.modules.get("opentelemetry.trace")
    return None if trace is None else trace.get_tracer("wechatpay_customs", _native.__version__)


def span(tracer: Any, name: str) -> AbstractContextManager[Any]:
    """Opens a span around a call."""
    name = f"wechatpay_customs.{name}"
    kind = sys.modules["opentelemetry.trace"].SpanKind.CLIENT
    span: AbstractContextManager[Any] = tracer.start_as_current_span(name, kind=kind)
    return span


def wanted(on_attempt: Callable[[Attempt], object] | None, span: Any) -> bool:
    """Does anybody observe?"""
    return on_attempt is not None or _LOG.isEnabledFor(logging.DEBUG) or (span is not None and span.is_recording())


def tell(on_attempt: Callable[[Attempt], object] | None, span: Any, attempt: Attempt) -> None:
    """Tells all observers; an exception of the caller's function is only reported, because it must not change the call."""
    if attempt["phase"] == "skipped":
        _LOG.warning("%(operation)s, attempt %(attempt)d: certificate %(key_id)s is skipped: %(reason)s", attempt)
    elif attempt["phase"] != "request":
        _LOG.debug("%(operation)s, attempt %(attempt)d: %(phase)s %(host)s %(status)s %(request_id)s %(ms)d ms", attempt)
        if span is not None and span.is_recording():
            told = {_ATTRIBUTES[name]: value for name, value in attempt.items() if name in _ATTRIBUTES and value is not None}
            # An attempt that failed does not make the call fail.
            span.set_attributes({name: value for name, value in told.items() if name != _ATTRIBUTES["reason"]})
            span.add_event("attempt", {**told, "attempt": attempt["attempt"], "ms": attempt["ms"]})
    if on_attempt is not None:
        try:
            on_attempt(attempt)
        except Exception as error:
            _native.unraisable(error, on_attempt)


def progress(on_progress: Callable[[Any], object] | None, reached: object) -> None:
    """Tells the caller of a run what it would give now; an exception is only reported, because it must not end the run."""
    if on_progress is not None and reached is not None:
        try:
            on_progress(reached)
        except Exception as error:
            _native.unraisable(error, on_progress)


def failed(span: Any, error: BaseException) -> None:
    """Marks the span of a call that failed."""
    code = getattr(error, "code", None)
    if span is not None and span.is_recording() and isinstance(code, str):
        span.set_attribute(_ATTRIBUTES["reason"], code)


def warn(name: str, warnings: list[Finding]) -> None:
    """Logs the warnings of a call that succeeded."""
    for warning in warnings:
        _LOG.warning("%s: %s %s (%s)", name, warning["field"], warning["issue"], warning["rule"])


_ATTRIBUTES = {
    "operation": "wechatpay.operation",
    "host": "server.address",
    "status": "http.response.status_code",
    "request_id": "wechatpay.request_id",
    "reason": "error.type",
}
