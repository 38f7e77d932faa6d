"""What loggers, the caller's function and OpenTelemetry are told."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import os
import socket
import sys
import unittest
from collections.abc import Callable
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from support import OPTIONS, order, reached, script, send, send_async, silent, until_async, without

import wechatpay_customs as wx

REQUEST = contextvars.ContextVar("REQUEST", default="")


class Collector(logging.Handler):
    """Keeps records, each with the context in which it was logged."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.records: list[tuple[str, logging.LogRecord]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append((REQUEST.get(), record))


class Logging(unittest.TestCase):
    """The logger ``wechatpay_customs``."""

    def setUp(self) -> None:
        self.collector = Collector()
        logger = logging.getLogger("wechatpay_customs")
        logger.addHandler(self.collector)
        logger.setLevel(logging.DEBUG)
        self.addCleanup(logger.removeHandler, self.collector)
        self.addCleanup(logger.setLevel, logging.NOTSET)

    def lines(self) -> list[tuple[str, str, str]]:
        return [(context, record.levelname, record.getMessage()) for context, record in self.collector.records]

    def test_one_record_an_attempt_in_the_callers_context(self) -> None:
        for transport in (None, send):
            self.collector.records.clear()
            REQUEST.set("sync")
            wx.Client(**without("platform_keys", transport=transport)).declare(order())
            self.assertEqual([line[0] for line in self.lines()], ["sync", "sync"])
            self.assertRegex(self.lines()[0][2], r"^certificates, attempt 1: response 127\.0\.0\.1:\d+ 200 \w+ \d+ ms$")
            self.assertRegex(self.lines()[1][2], r"^declare, attempt 1: response 127\.0\.0\.1:\d+ 200 \w+ \d+ ms$")
            self.assertNotIn("IC2N000001", str(self.lines()))

    def test_the_same_in_tasks(self) -> None:
        async def call(name: str, client: wx.AsyncClient) -> None:
            REQUEST.set(name)
            await client.declare(order())

        async def calls(**options: Any) -> None:
            client = wx.AsyncClient(**OPTIONS, **options)
            await asyncio.gather(*(call(str(number), client) for number in range(5)))

        for options in ({}, {"transport": send_async}):
            self.collector.records.clear()
            asyncio.run(calls(**options))
            self.assertEqual(sorted(line[0] for line in self.lines()), ["0", "1", "2", "3", "4"])

    def test_warnings_of_a_call(self) -> None:
        client, asynchronous = wx.Client(**OPTIONS), wx.AsyncClient(**OPTIONS)
        calls: list[Callable[[], object]] = [
            lambda: client.declare(order(customs="SHANGHAI_Z")),
            lambda: asyncio.run(asynchronous.declare(order(customs="SHANGHAI_Z"))),
            lambda: client.prepare("declare", order(customs="SHANGHAI_Z")),
        ]
        for number, call in enumerate(calls):
            self.collector.records.clear()
            call()
            warned = [line[2] for line in self.lines() if line[1] == "WARNING"]
            self.assertEqual(len(warned), 1, (number, self.lines()))
            self.assertRegex(warned[0], r"^declare: /customs .*did you mean SHANGHAI_ZS\? \(customs_unknown\)$")

    def test_failures_and_what_was_cancelled(self) -> None:
        async def cancelled(url: str, accepted: list[socket.socket]) -> None:
            REQUEST.set("cancelled")
            task = asyncio.create_task(wx.AsyncClient(**without(base_urls=[url])).declare(order()))
            await asyncio.to_thread(reached, accepted)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            await until_async(self.lines)

        with silent() as (url, accepted):
            asyncio.run(cancelled(url, accepted))
        with self.assertRaises(wx.TransportError):
            wx.Client(**without(base_urls=[url])).declare(order())
        self.assertEqual([line[0] for line in self.lines()], ["cancelled", ""])
        self.assertTrue(all("failure" in line[2] for line in self.lines()), self.lines())


class Functions(unittest.TestCase):
    """``on_attempt``."""

    def test_what_it_raises_changes_nothing(self) -> None:
        unraisable: list[Any] = []
        hook, sys.unraisablehook = sys.unraisablehook, unraisable.append

        def observe(_: wx.Attempt) -> None:
            raise RuntimeError("the observer")

        try:
            self.assertEqual(wx.Client(**OPTIONS, on_attempt=observe).declare(order()).state, "UNDECLARED")
            client = wx.AsyncClient(**OPTIONS, on_attempt=observe)
            self.assertEqual(asyncio.run(client.declare(order())).state, "UNDECLARED")
        finally:
            sys.unraisablehook = hook
        self.assertEqual([str(raised.exc_value) for raised in unraisable], ["the observer"] * 4)

    def test_it_is_called_before_the_request_is_sent(self) -> None:
        told: list[str] = []

        def transport(request: wx.Request) -> wx.Response:
            told.append("sent")
            return send(request)

        wx.Client(**without(transport=transport), on_attempt=lambda attempt: told.append(attempt["phase"])).declare(order())
        self.assertEqual(told, ["request", "sent", "response"])


class Spans(unittest.TestCase):
    """OpenTelemetry."""

    exporter: InMemorySpanExporter

    @classmethod
    def setUpClass(cls) -> None:
        cls.exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(cls.exporter))
        trace.set_tracer_provider(provider)

    def setUp(self) -> None:
        self.exporter.clear()

    def test_a_span_a_call_within_the_callers(self) -> None:
        tracer = trace.get_tracer("test")

        def transport(request: wx.Request) -> wx.Response:
            with tracer.start_as_current_span("inner"):
                return send(request)

        async def asynchronous() -> wx.Answer:
            return await wx.AsyncClient(**OPTIONS).declare(order())

        calls: list[Callable[[], wx.Answer]] = [
            lambda: wx.Client(**without(transport=transport)).declare(order()),
            lambda: wx.Client(**OPTIONS).declare(order()),
            lambda: asyncio.run(asynchronous()),
        ]
        for call in calls:
            self.exporter.clear()
            with tracer.start_as_current_span("outer"):
                answer = call()
            spans = {span.name: span for span in self.exporter.get_finished_spans()}
            ours = spans["wechatpay_customs.declare"]
            assert ours.parent is not None and ours.attributes is not None
            self.assertEqual(ours.parent.span_id, spans["outer"].context.span_id)
            self.assertEqual(ours.kind, trace.SpanKind.CLIENT)
            self.assertEqual(ours.attributes["http.response.status_code"], 200)
            self.assertEqual(ours.attributes["wechatpay.request_id"], answer.request_id)
            self.assertEqual([event.name for event in ours.events], ["attempt"])
            self.assertNotIn("IC2N000001", ours.to_json())
            if "inner" in spans:
                assert spans["inner"].parent is not None
                self.assertEqual(spans["inner"].parent.span_id, ours.context.span_id)

    def test_a_failure(self) -> None:
        with self.assertRaises(wx.ApiError):
            wx.Client(**without(serial_no="7F")).declare(order())
        (span,) = self.exporter.get_finished_spans()
        assert span.attributes is not None
        self.assertEqual(span.status.status_code, trace.StatusCode.ERROR)
        self.assertEqual((span.attributes["error.type"], span.attributes["http.response.status_code"]), ("SIGN_ERROR", 401))

    def test_a_call_that_ends_well_after_a_failed_attempt(self) -> None:
        wx.Client(**without(max_retries=2)).declare(order(out_trade_no=f"fault@drop_before@observed-{os.getpid()}"))
        (span,) = self.exporter.get_finished_spans()
        assert span.attributes is not None
        self.assertNotIn("error.type", span.attributes)
        phases = [(event.attributes or {}).get("error.type") for event in span.events]
        self.assertEqual(phases, ["CONNECTION_RESET", "CONNECTION_RESET", None])

    def test_without_opentelemetry_nothing_of_it_is_imported(self) -> None:
        program = """
import sys
from support import OPTIONS, order
import wechatpay_customs as wx
wx.Client(**OPTIONS).declare(order())
print([name for name in sys.modules if name.startswith("opentelemetry")], "asyncio" in sys.modules)
"""
        self.assertEqual(script(program).stdout, "[] False\n")


if __name__ == "__main__":
    unittest.main()
