"""What goes in, what comes out, and what goes wrong."""

from __future__ import annotations

import collections
import copy
import dataclasses
import decimal
import enum
import json
import os
import pickle
import types
import unittest
from typing import Any, TypedDict

import pydantic
from support import OPTIONS, order, silent, without

import wechatpay_customs as wx


class OrderDict(TypedDict):
    """An order."""

    out_trade_no: str
    transaction_id: str
    customs: str
    merchant_customs_no: str


@dataclasses.dataclass
class OrderData:
    """An order, and a field that is not given."""

    out_trade_no: str
    transaction_id: str
    customs: str
    merchant_customs_no: str
    duty: int | None = None


class Port(str, enum.Enum):
    """A customs."""

    SHANGHAI = "SHANGHAI_ZS"


class OrderModel(pydantic.BaseModel):
    """The same as a model."""

    out_trade_no: str
    transaction_id: str
    customs: Port
    merchant_customs_no: str
    duty: int | None = None


class Inputs(unittest.TestCase):
    """What fields may be given as."""

    def setUp(self) -> None:
        self.client = wx.Client(**OPTIONS)

    def test_every_sort_of_mapping(self) -> None:
        typed: OrderDict = order()  # type: ignore[assignment]  # it is one
        given: list[Any] = [
            order(),
            typed,
            OrderData(**order()),
            OrderModel(**order()),
            types.MappingProxyType(order()),
            collections.OrderedDict(order()),
            collections.ChainMap({}, order()),
            {**order(), "customs": Port.SHANGHAI},
        ]
        for fields in given:
            self.assertEqual(self.client.check("declare", fields), [], type(fields))
            declared = self.client.declare(fields)
            self.assertEqual((declared.state, declared.get("duty")), ("UNDECLARED", None))
        for fields in (OrderData(**order()), OrderModel(**order()), order()):
            found = self.client.check("declare", fields)
            self.assertEqual(found, [])
            self.assertEqual(self.client.declare(fields, out_trade_no="mine", duty=1).out_trade_no, "mine")

    def test_amounts_are_integers(self) -> None:
        for amount in (True, 1.0, "1", decimal.Decimal(1), 10**30, -1, None.__class__, object(), {1}, b"1"):
            with self.assertRaises(wx.InputError) as caught:
                self.client.declare(order(duty=amount))
            self.assertEqual([finding["field"] for finding in caught.exception.findings], ["/duty"])

    def test_what_is_no_mapping_is_a_finding(self) -> None:
        wrong: list[Any] = [7, "declare", [1], OrderData, object(), {1: 2}, {"\ud800": 1}, {None: None}]
        for fields in wrong:
            self.assertTrue(self.client.check("declare", fields), fields)
            with self.assertRaises(wx.InputError):
                self.client.declare(fields)
        with self.assertRaises(wx.InputError):
            self.client.declare(wrong[0], duty=1)

    def test_values_are_called_what_they_are(self) -> None:
        def found(**fields: object) -> tuple[str, object]:
            (finding,) = wx.check("declare", {"appid": "a", "mchid": "1230000109", **order(), **fields})
            return finding["issue"], finding["value"]

        number = 4200000000202611220000000001
        self.assertEqual(found(transaction_id=number), ("must be text, not a whole number", str(number)))
        self.assertEqual(found(duty=number), ("must lie between 0 and 2147483647 fen", str(number)))
        called = {"NaN": float("nan"), "infinity": float("inf"), "bytes": b"1", "an Odd": type("Odd", (), {})()}
        for name, value in called.items():
            self.assertEqual(found(duty=value)[0], f"must be a whole number of fen, not {name}")
        for name, fields in {"a SimpleNamespace": types.SimpleNamespace(**order()), "bytes": b"{}"}.items():
            for check in (wx.check, self.client.check):
                (finding,) = check("declare", fields)
                self.assertEqual((finding["field"], finding["issue"]), ("", f"must be a map of fields, not {name}"))

    def test_no_more_is_read_than_there_is_room_for(self) -> None:
        read = 0

        class Pair(collections.UserDict):  # type: ignore[type-arg]  # of anything
            def items(self) -> Any:
                nonlocal read
                read += 1
                return super().items()

        tree: Any = 1
        for _ in range(18):
            tree = Pair(first=tree, second=tree)
        (finding,) = self.client.check("declare", order(duty=tree))
        self.assertEqual((finding["rule"], finding["value"]), ("type", {"$type": "something that is too large"}))
        # Whole it has 2 ** 18 of them.
        self.assertLess(read, 150_000)

    def test_errors_say_what_was_meant_and_what_to_do(self) -> None:
        with self.assertRaises(wx.InputError) as caught:
            wx.Client(**without(serialNo="7F"))
        self.assertIn('"serialNo"; did you mean "serial_no"?', str(caught.exception))
        for name in ("base_urls", "signer", "transport", "proxy", "ca_certificates", "on_attempt", "clock"):
            self.assertIn(name, str(caught.exception))
        assert caught.exception.advice is not None
        self.assertEqual(set(caught.exception.advice), {"en", "zh"})
        self.assertRegex(caught.exception.advice["zh"], "[\u4e00-\u9fff]")

    def test_what_an_object_raises_is_a_finding(self) -> None:
        class Items(collections.UserDict):  # type: ignore[type-arg]  # of anything
            def items(self) -> Any:
                raise LookupError("the cache is gone")

        class Triples(collections.UserDict):  # type: ignore[type-arg]  # of anything
            def items(self) -> Any:
                return [(1, 2, 3)]

        class Dumped:
            def model_dump(self) -> Any:
                raise RuntimeError("no")

        class Nameless:
            def __str__(self) -> str:
                raise ValueError("no")

        class Attributes:
            def __getattr__(self, name: str) -> Any:
                raise OSError(name)

        class Looped(list[Any]):
            def __iter__(self) -> Any:
                raise ZeroDivisionError

        odd: list[Any] = [Items(), Triples(), Dumped(), Attributes(), {Nameless(): 1}]
        for fields in odd:
            self.assertTrue(wx.check("declare", fields))
            self.assertTrue(self.client.check("declare", fields))
            calls: list[Any] = [
                lambda fields=fields: self.client.declare(fields),
                lambda fields=fields: self.client.prepare("declare", fields),
                lambda fields=fields: wx.prepare("declare", fields, OPTIONS),
                lambda fields=fields: next(self.client.query_all(fields)),
                lambda fields=fields: self.client.declare(order(), duty=fields),
                lambda fields=fields: wx.Client(**without(rules=fields)),
                lambda fields=fields: wx.Client(**without(platform_keys=fields)),
                lambda fields=fields: wx.customs_order_fields(fields, {}),
                lambda fields=fields: self.client.parse("declare", fields),
            ]
            for call in calls:
                with self.assertRaises(wx.WechatPayError):
                    call()
        for value in (*odd, Looped()):
            findings = self.client.check("declare", order(duty=value))
            self.assertEqual([finding["field"] for finding in findings], ["/duty"], type(value))
        with self.assertRaises(wx.InputError):
            wx.prepare("declare", order(), Items())  # type: ignore[arg-type]  # wrong on purpose

        class Interrupted:
            def model_dump(self) -> Any:
                raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            wx.check("declare", Interrupted())

    def test_wrong_calls(self) -> None:
        client: Any = self.client
        with self.assertRaises(wx.InputError) as caught:
            client.prepare("refund", {})
        self.assertEqual(caught.exception.code, "UNKNOWN_OPERATION")
        for limits in ({"timeout": 0}, {"timeout": "1"}, {"deadline": -1}, {"deadline": float("nan")}):
            with self.assertRaises(wx.InputError):
                client.declare(order(), **limits)
        wrong: list[Any] = [
            lambda: wx.Client(privat_key="x"),  # type: ignore[call-arg]  # wrong on purpose
            lambda: wx.Client(**without(private_key=7)),
            lambda: wx.Client(**without(platform_keys=[])),
            lambda: wx.Client(**without("mchid")),
            lambda: client.parse("declare", {"status": "x"}),
            lambda: client.parse("declare", 7),
            lambda: client.prepare("declare", order(), nonce=7),
            lambda: client.prepare("declare", order(), padding="x"),
            lambda: client.import_keys(7),
        ]
        for call in wrong:
            with self.assertRaises(wx.WechatPayError):
                call()
        with self.assertRaises(wx.InputError) as unknown:
            wx.Client(**without(retries=2))
        self.assertIn("signer", str(unknown.exception))

    def test_a_closed_client(self) -> None:
        with wx.Client(**OPTIONS) as client:
            client.declare(order())
        query = client.query_all(order_type="out_trade_no", order_no="1", customs="NINGBO")
        for call in (lambda: client.declare(order()), lambda: client.prepare("declare", order()), lambda: next(query)):
            with self.assertRaises(wx.StateError) as caught:
                call()
            self.assertEqual(caught.exception.code, "CLIENT_CLOSED")
        client.close()
        self.assertEqual(client.check("declare", order()), [])


class Results(unittest.TestCase):
    """What comes of a call."""

    declared: wx.Answer
    found: Any

    @classmethod
    def setUpClass(cls) -> None:
        client = wx.Client(**OPTIONS)
        fields = order()
        cls.declared = client.declare(fields)
        cls.found = client.query(order_type="out_trade_no", order_no=fields["out_trade_no"], customs="SHANGHAI_ZS")

    def test_they_are_read(self) -> None:
        declared: Any = self.declared
        self.assertEqual((declared.state, declared["state"], dict(declared)["state"]), ("UNDECLARED",) * 3)
        self.assertTrue(declared.state == "UNDECLARED" and type(declared.state) is str)
        self.assertIsNone(declared.sub_order_no)
        self.assertNotIn("sub_order_no", declared)
        self.assertEqual(declared.warnings, [])
        self.assertEqual(len(declared), len(list(declared)))
        self.assertIn("state", dir(declared))
        for name in ("no_such_field", "_no_such_field"):
            with self.assertRaises(AttributeError):
                getattr(declared, name)
        with self.assertRaises(KeyError):
            declared["no_such_field"]
        self.assertIsInstance(self.found.data[0], wx.Record)

    def test_they_cannot_be_changed(self) -> None:
        found, before = self.found, self.found.to_dict()
        for change in (
            lambda: setattr(found, "mchid", "1"),
            lambda: delattr(found, "mchid"),
            lambda: found.__setitem__("mchid", "1"),
            lambda: found.pop("mchid"),
            lambda: setattr(found.data[0], "state", "SUCCESS"),
        ):
            with self.assertRaises((AttributeError, TypeError)):
                change()
        found.data.clear()
        found["data"].append(1)
        found.warnings.append(1)
        found.to_dict()["data"].clear()
        self.assertEqual(found.to_dict(), before)

    def test_they_are_equal_and_travel(self) -> None:
        found = self.found
        for again in (pickle.loads(pickle.dumps(found)), copy.copy(found), copy.deepcopy(found), found.to_dict()):
            self.assertEqual(found, again)
        self.assertNotEqual(found, self.declared)
        self.assertIs(type(pickle.loads(pickle.dumps(found)).data[0]), type(found.data[0]))
        self.assertEqual(json.loads(json.dumps(found.to_dict())), found)

    def test_unknown_fields_are_there_and_not_shown(self) -> None:
        answer: Any = type(self.declared)({**self.declared, "payer": {"name": "诸葛"}})
        self.assertEqual((answer.payer, answer["payer"]), ({"name": "诸葛"},) * 2)
        self.assertEqual(pickle.loads(pickle.dumps(answer)), answer)
        self.assertNotIn("诸葛", repr(answer) + str(answer) + f"{answer}")
        self.assertIn("payer=...", repr(answer))
        self.assertTrue(repr(answer).startswith("DeclareAnswer("))

    def test_warnings_are_visible(self) -> None:
        declared = wx.Client(**OPTIONS).declare(order(customs="SHANGHAI"))
        self.assertEqual([warning["rule"] for warning in declared.warnings], ["customs_legacy"])
        self.assertIn("customs_legacy", repr(declared))


class Errors(unittest.TestCase):
    """What is raised."""

    def test_findings_are_printed_one_a_line(self) -> None:
        with self.assertRaises(wx.InputError) as caught:
            wx.Client(**OPTIONS).declare(order(duty="1", customs=7))
        lines = str(caught.exception).splitlines()
        self.assertEqual(lines[0], "declare was not sent")
        self.assertEqual(len(lines), 1 + len(caught.exception.findings))
        self.assertTrue(all(line.startswith("  - /") for line in lines[1:]), lines)
        self.assertIsInstance(caught.exception, ValueError)

    def test_they_travel(self) -> None:
        with self.assertRaises(wx.InputError) as caught:
            wx.Client(**OPTIONS).declare({})
        for error in (pickle.loads(pickle.dumps(caught.exception)), copy.copy(caught.exception)):
            self.assertIs(type(error), wx.InputError)
            self.assertEqual((str(error), vars(error)), (str(caught.exception), vars(caught.exception)))

    def test_their_cause_is_chained(self) -> None:
        with silent() as (url, accepted):
            pass
        with self.assertRaises(wx.TransportError) as caught:
            wx.Client(**without(base_urls=[url])).declare(order())
        self.assertEqual((caught.exception.code, caught.exception.retryable), ("CONNECT_FAILED", True))
        self.assertIn("refused", str(caught.exception.__cause__).lower())
        with self.assertRaises(wx.TransportError) as dropped:
            wx.Client(**OPTIONS).declare(order(out_trade_no=f"fault@drop_after@{os.getpid()}"))
        self.assertTrue(dropped.exception.may_have_been_applied)
        self.assertIsInstance(dropped.exception.__cause__, OSError)


if __name__ == "__main__":
    unittest.main()
