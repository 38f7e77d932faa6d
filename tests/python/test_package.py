"""The Python package against the sandbox whose ready line is in SANDBOX_READY."""

from __future__ import annotations

import concurrent.futures
import copy
import decimal
import inspect
import json
import os
import pickle
import signal
import socket
import threading
import unittest
from typing import Any

from support import OPTIONS, at_its_limit, order, reached, silent

import wechatpay_customs as wx


class Calls(unittest.TestCase):
    """Whole calls."""

    def setUp(self) -> None:
        self.client = wx.Client(**OPTIONS)

    def test_keywords_and_mappings(self) -> None:
        fields = order()
        declared = self.client.declare(**fields)
        self.assertEqual((declared.state, declared["state"]), ("UNDECLARED", "UNDECLARED"))
        self.assertEqual(self.client.declare(fields)["out_trade_no"], fields["out_trade_no"])
        found = self.client.query(order_type="out_trade_no", order_no=fields["out_trade_no"], customs="SHANGHAI_ZS")
        self.assertEqual([record.state for record in found.data], ["UNDECLARED"])
        self.assertIsNone(found.data[0].sub_order_no)
        self.assertEqual(len(found.request_id or ""), 32)
        self.assertEqual(found.warnings, [])
        with self.assertRaises(AttributeError):
            found.no_such_field  # type: ignore[attr-defined]  # noqa: B018  # wrong on purpose
        self.assertEqual(pickle.loads(pickle.dumps(found)), found)
        self.assertIsInstance(copy.deepcopy(found).data[0], wx.Record)

    def test_threads_share_one_download_of_keys(self) -> None:
        downloads = []

        def observe(attempt: wx.Attempt) -> None:
            if attempt["phase"] == "request" and attempt["operation"] == "certificates":
                downloads.append(attempt)

        client = wx.Client(**{**OPTIONS, "platform_keys": {}}, on_attempt=observe)
        with concurrent.futures.ThreadPoolExecutor(100) as threads:
            states = list(threads.map(lambda fields: client.declare(fields).state, [order() for _ in range(300)]))
        self.assertEqual((set(states), len(downloads)), ({"UNDECLARED"}, 1))
        other = wx.Client(**{**OPTIONS, "platform_keys": {}, "api_v3_key": None})
        with self.assertRaises(wx.KeyMaterialError):
            other.declare(order())
        other.import_keys(client.export_keys())
        self.assertEqual(other.declare(order()).state, "UNDECLARED")
        with self.assertRaises(wx.KeyMaterialError):
            other.import_keys("rubbish")

    def test_errors_are_typed_and_pickle(self) -> None:
        with self.assertRaises(wx.ApiError) as caught:
            wx.Client(**{**OPTIONS, "serial_no": "7F"}).declare(order())
        error = pickle.loads(pickle.dumps(caught.exception))
        self.assertEqual((error.kind, error.code, error.status, error.attempts), ("api", "SIGN_ERROR", 401, 1))
        self.assertEqual(str(error), error.message)
        with self.assertRaises(ValueError):
            self.client.declare({})
        with self.assertRaises(wx.InputError) as unknown:
            self.client.declare(out_trade_number="1")  # type: ignore[call-overload]  # wrong on purpose
        self.assertIn("/out_trade_number", [finding["field"] for finding in unknown.exception.findings])

    def test_what_json_cannot_say_ends_as_a_finding(self) -> None:
        cycle: dict[str, Any] = {}
        cycle["again"] = cycle
        owner = {"appid": "a", "mchid": "1230000109"}
        for value, rule in [
            (decimal.Decimal("8.88"), "type"),
            (float("nan"), "type"),
            (8.88, "type"),
            ("888", "type"),
            ("\ud800", "type"),
            (True, "type"),
            (cycle, "type"),
            (object(), "type"),
            (10**400, "range"),
            (2**63, "range"),
            (-1, "range"),
        ]:
            findings = wx.check("declare", {**owner, **order(duty=value)})
            self.assertEqual([(found["rule"], found["field"]) for found in findings], [(rule, "/duty")], repr(value))

    def test_explain_tells_why(self) -> None:
        prepared = self.client.prepare("declare", order())
        self.assertIsNone(self.client.explain(prepared)["failed"])
        changed = {**prepared, "body": json.dumps(json.loads(prepared["body"] or "")).encode()}
        explanation = wx.explain(changed, OPTIONS)
        self.assertEqual((explanation["failed"], explanation["causes"][0]["cause"]), ("bytes", "reserialised_body"))
        self.assertEqual(explanation["lines"][0]["text"], "POST\\n")
        late = wx.explain(prepared, OPTIONS, now=0)
        self.assertEqual(late["failed"], "clock")
        unknown = wx.explain({"status": 401, "headers": {}, "body": b""}, {})
        self.assertEqual({check["ok"] for check in unknown["checks"]}, {None})
        with self.assertRaises(wx.InputError):
            wx.explain({}, OPTIONS, request=[])  # type: ignore[arg-type]  # wrong on purpose
        with self.assertRaises(wx.InputError):
            wx.explain({}, {"serial_number": "7F"})  # type: ignore[arg-type]  # wrong on purpose

    def test_a_client_checks_with_its_own_ids_and_rules(self) -> None:
        strict = wx.Client(**OPTIONS, rules={"customs_unknown": "error"})
        findings = strict.check("declare", order(customs="ATLANTIS"))
        self.assertEqual([(found["rule"], found["severity"]) for found in findings], [("customs_unknown", "error")])

    def test_query_all_gives_every_record(self) -> None:
        payment = f"py-pages-{os.getpid()}"
        parts = [f"{payment}-{part}" for part in range(3)]
        for part in parts:
            amounts = {"fee_type": "CNY", "order_fee": 3, "transport_fee": 1, "product_fee": 2}
            self.client.declare(order(transaction_id=payment, sub_order_no=part, **amounts))
        found = self.client.query_all(order_type="transaction_id", order_no=payment, customs="SHANGHAI_ZS", limit=1)
        self.assertEqual([record.sub_order_no for record in found], parts)

    def test_attempts_are_observed_and_logged(self) -> None:
        seen: list[wx.Attempt] = []
        client = wx.Client(**OPTIONS, on_attempt=seen.append)
        with self.assertLogs("wechatpay_customs", "DEBUG") as logged:
            client.declare(order())
        self.assertEqual([attempt["phase"] for attempt in seen], ["request", "response"])
        self.assertEqual(seen[1]["status"], 200)
        self.assertEqual(len(logged.output), 1)
        self.assertNotIn("IC2N000001", str(logged.output) + str(seen))

    def test_threads_share_a_client(self) -> None:
        states: list[str] = []
        threads = [threading.Thread(target=lambda: states.append(self.client.declare(order()).state)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(states, ["UNDECLARED"] * 8)

    @unittest.skipUnless(hasattr(os, "fork"), "this system cannot fork")
    def test_a_forked_process_calls_too(self) -> None:
        self.client.declare(order())
        child = os.fork()
        if child == 0:
            state = ""
            try:
                state = self.client.declare(order()).state
            finally:
                os._exit(0 if state == "UNDECLARED" else 1)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)
        self.assertEqual(self.client.declare(order()).state, "UNDECLARED")

    @unittest.skipUnless(os.name == "posix", "this system has no such signals")
    def test_control_c_ends_a_call(self) -> None:
        with silent() as (url, accepted):

            def interrupt() -> None:
                reached(accepted)
                os.kill(os.getpid(), signal.SIGINT)

            before = signal.signal(signal.SIGINT, signal.default_int_handler)
            thread = threading.Thread(target=interrupt)
            thread.start()
            try:
                with self.assertRaises(KeyboardInterrupt):
                    wx.Client(**{**OPTIONS, "base_urls": [url]}).declare(order())
            finally:
                signal.signal(signal.SIGINT, before)
                thread.join()

    def test_time_limits_are_in_seconds(self) -> None:
        with silent() as (url, _):
            client = wx.Client(**{**OPTIONS, "base_urls": [url]})
            for limit, code in (("timeout", "TIMEOUT"), ("deadline", "DEADLINE_EXCEEDED")):

                def call(seconds: float, limit: str = limit) -> object:
                    return client.declare(order(), **{limit: seconds})  # type: ignore[call-overload]  # a name for each

                error = at_its_limit(call)
                self.assertEqual((error.code, error.may_have_been_applied), (code, True))

    def test_the_gil_is_released_while_waiting(self) -> None:
        with silent() as (url, accepted):

            def hang_up() -> None:
                reached(accepted)
                accepted[0].shutdown(socket.SHUT_RDWR)

            # Another thread ends the call, which it can only if it runs.
            thread = threading.Thread(target=hang_up)
            thread.start()
            with self.assertRaises(wx.TransportError) as caught:
                wx.Client(**{**OPTIONS, "base_urls": [url]}).declare(order())
            thread.join()
        self.assertNotIn(caught.exception.code, ("TIMEOUT", "DEADLINE_EXCEEDED"))

    def test_prepare_and_parse(self) -> None:
        prepared = wx.prepare("query", {"order_type": "out_trade_no", "order_no": "|*@", "customs": "NINGBO"}, OPTIONS)
        self.assertEqual(sorted(prepared), ["body", "headers", "method", "url", "warnings"])
        self.assertTrue(prepared["url"].endswith("order_no=%7C%2A%40&customs=NINGBO"))
        self.assertIsNone(prepared["body"])
        with self.assertRaises(wx.SignatureError):
            wx.parse("query", {"status": 200, "headers": {}, "body": b"{}"}, {"platform_keys": OPTIONS["platform_keys"]})

    def test_everything_public_is_documented(self) -> None:
        lacking = []
        for name in wx.__all__:
            value = getattr(wx, name)
            if inspect.isclass(value) or inspect.isroutine(value):
                lacking += [name] if not inspect.getdoc(value) else []
            for member, method in vars(value).items() if inspect.isclass(value) else ():
                if not member.startswith("_") and inspect.isroutine(method) and not inspect.getdoc(method):
                    lacking.append(f"{name}.{member}")
        self.assertEqual(lacking, [])

    def test_nothing_shows_the_private_key(self) -> None:
        shown = repr(self.client) + repr(vars(self.client)) + repr(inspect.getmembers(self.client))
        self.assertNotIn("MII", shown)
        with self.assertRaises(wx.KeyMaterialError) as caught:
            wx.Client(**{**OPTIONS, "private_key": OPTIONS["private_key"][:500]})
        self.assertNotIn("MII", repr(caught.exception) + repr(vars(caught.exception)))


if __name__ == "__main__":
    unittest.main()
