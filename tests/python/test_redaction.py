"""Nothing that Python can show of clients, answers and errors holds a secret or a person's data.

REDACTION_PLAN names the file that says what must not be found, in which forms, and what to call.
"""

from __future__ import annotations

import asyncio
import base64
import copy
import decimal
import faulthandler
import json
import logging
import os
import pathlib
import pickle
import re
import sys
import tempfile
import traceback
import unittest
import warnings
from typing import Any

import wechatpay_customs as wx

PLAN = json.loads(pathlib.Path(os.environ["REDACTION_PLAN"]).read_text(encoding="utf-8"))
CASES: dict[str, dict[str, Any]] = {case["id"]: case for case in PLAN["cases"]}
NAME = "诸葛哨兵"


def squeezed(text: str) -> str:
    """Without what differs from one way of printing to the next: blanks, letter case, how often it was escaped."""
    return "".join(text.split()).replace("\\", "").lower()


FORMS = [(sentinel["name"], [squeezed(form) for form in sentinel["forms"]]) for sentinel in PLAN["sentinels"]]


def found(text: str) -> list[str]:
    within = squeezed(text)
    return [name for name, forms in FORMS if any(form in within for form in forms)]


def shown(value: object) -> str:
    """Everything that a log, a test runner or an error tracker could print of a value."""
    texts = [repr(value), str(value), ascii(value), f"{value!r:>5}"]
    if hasattr(value, "__dict__"):
        texts.append(repr(vars(value)))
    if isinstance(value, BaseException):
        texts += ["".join(traceback.format_exception(value)), repr(value.args), repr(value.__context__)]
        texts += [repr(vars(copy.copy(value))), repr(value.__reduce_ex__(4))]
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            pickled = pickle.dumps(value, protocol)
            texts += [pickled.decode("utf-8", "replace"), repr(pickled), repr(vars(pickle.loads(pickled)))]
    return "\n".join(texts)


def with_bytes(options: dict[str, Any]) -> dict[str, Any]:
    return {
        name.removesuffix("_base64"): base64.b64decode(value) if name.endswith("_base64") else value
        for name, value in options.items()
    }


class Collector(logging.Handler):
    """Keeps what is logged, arguments included."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{self.format(record)} {vars(record)!r}")


class Redaction(unittest.TestCase):
    maxDiff = None

    def setUp(self) -> None:
        self.leaks: list[str] = []
        self.codes: set[str] = set()

    def show(self, at: str, value: object) -> None:
        if isinstance(value, wx.WechatPayError):
            self.codes.add(value.code)
        self.search(at, shown(value))

    def search(self, at: str, text: str) -> None:
        names = found(text)
        if names:
            self.leaks.append(f"{at}: {names}: {text[:400]}")

    def end(self, at: str, action: Any, *arguments: Any, **keywords: Any) -> None:
        """Shows what comes of a call, be it an answer or an error."""
        try:
            self.show(at, action(*arguments, **keywords))
        except Exception as error:  # whatever it is, it is shown
            self.search(at, traceback.format_exc())
            self.show(at, error)

    def run_case(self, case: dict[str, Any]) -> None:
        at, kind, operation, fields = case["id"], case["kind"], case["operation"], case["fields"]
        options = with_bytes(case["options"])

        def client() -> wx.Client:
            return wx.Client(**options, on_attempt=lambda attempt: self.show(at, attempt))

        self.end(at, client)
        if kind == "check":
            self.end(at, wx.check, operation, fields, case.get("rules"))
            self.end(at, lambda: client().check(operation, fields, case.get("rules")))
        elif kind == "explain":
            self.end(at, wx.explain, case["given"], options, case.get("request"))
        elif kind == "prepare":
            self.end(at, wx.prepare, operation, fields, options)
        elif kind == "parse":
            self.end(at, wx.parse, operation, case["response"], options, case.get("request"))
        elif hasattr(wx.Client, operation):
            self.end(at, lambda: getattr(client(), operation)(fields))
            if isinstance(fields, dict):
                self.end(at, lambda: getattr(client(), operation)(**fields))

    def own_functions(self, sound: dict[str, Any]) -> None:
        """What the caller's own functions are shown and raise, on both clients."""

        def sign(message: bytes) -> bytes:
            return b""

        def send(request: wx.Request) -> wx.Response:
            self.search("request", repr(request) + str(request) + f"{vars(wx.Request)}")
            raise OSError("the transport")

        options = {name: value for name, value in sound["options"].items() if name != "private_key"}
        for given in ({**options, "signer": sign}, {**sound["options"], "transport": send}, sound["options"]):
            self.end("own functions", wx.Client(**given).verify_identity, sound["fields"])
            client = wx.AsyncClient(**given)
            self.show("client", client)
            self.end("own functions, asynchronous", lambda: asyncio.run(client.verify_identity(sound["fields"])))
        with wx.Client(**sound["options"]) as closed:
            pass
        self.end("closed", closed.verify_identity, sound["fields"])
        self.end("proxy", wx.Client, **{**sound["options"], "proxy": options["api_v3_key"]})
        self.end("certificates", wx.Transport, ca_certificates=sound["options"]["private_key"])

    def test_nothing_shows_a_secret_or_a_person(self) -> None:
        collector = Collector()
        unraisable: list[str] = []
        root, level, hook = logging.getLogger(), logging.getLogger().level, sys.unraisablehook
        root.addHandler(collector)
        root.setLevel(logging.DEBUG)
        sys.unraisablehook = lambda raised: unraisable.append(shown(raised.exc_value) + repr(raised))
        sound, slow = CASES["call: sound"], CASES["call: slow"]

        def observer(_: object) -> None:
            with tempfile.TemporaryFile("w+") as dump:
                faulthandler.dump_traceback(dump)
                dump.seek(0)
                self.search("faulthandler", dump.read())
            raise RuntimeError("the observer")

        try:
            with warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always")
                for case in CASES.values():
                    self.run_case(case)
                self.end("observer", wx.Client(**sound["options"], on_attempt=observer).verify_identity, sound["fields"])
                self.end("late", wx.Client(**sound["options"]).verify_identity, slow["fields"], deadline=0.1)
                self.own_functions(sound)
                self.end("options as fields", wx.Client(**sound["options"]).verify_identity, sound["options"])
                for odd in (decimal.Decimal("990000180002300075"), NAME.encode(), {NAME}, 990000180002300075 * 10**9, object):
                    fields = {**sound["fields"], "certificate_id": odd, "certificate_name": odd}
                    self.end("what JSON cannot say", wx.check, "verify_identity", fields)
        finally:
            root.removeHandler(collector)
            root.setLevel(level)
            sys.unraisablehook = hook
        for line in collector.lines:
            self.search("logging", line)
        for line in unraisable:
            self.search("unraisable", line)
        self.search("warnings", repr([str(warning) for warning in warned]))
        self.assertGreater(len(collector.lines), 50)
        self.assertEqual([line.count("the observer") > 0 for line in unraisable], [True, True])
        lacking = [code for code in PLAN["key_codes"] if code not in self.codes]
        self.assertEqual(lacking, ["PKCS12_UNSUPPORTED"], "key errors that no case met")
        self.assertEqual(self.leaks, [])

    def test_the_search_finds_every_form(self) -> None:
        for sentinel in PLAN["sentinels"]:
            for form in sentinel["forms"]:
                for planted in ({"detail": [f"x{form}y"]}, RuntimeError(f"x{form}y")):
                    self.assertEqual(found(shown(planted)), [sentinel["name"]], form)
        key = CASES["prepare: key: good"]["options"]["private_key"]
        der = base64.b64decode(re.sub("-.*-", "", key))
        lines = [name for name, _ in FORMS if name.startswith("private key")]
        for value in (key, key.encode(), der, bytearray(der), list(der), der.hex(), RuntimeError(der), json.dumps(key)):
            self.assertEqual(found(shown(value)), lines, repr(value)[:40])
        for text in (NAME, NAME.encode(), json.dumps(NAME), pickle.dumps(NAME), pickle.dumps(RuntimeError([NAME]))):
            self.assertEqual(found(shown(text)), ["name"])
        self.assertEqual(found(shown({"certificate_name": "***"})), [])


if __name__ == "__main__":
    unittest.main()
