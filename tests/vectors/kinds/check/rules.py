"""Vectors of each rule that fields of any operation can break."""

from __future__ import annotations

from kinds.check.findings import Hit
from kinds.check.shape import bad_rules, check_vector, checked, twice
from objects import Object, without
from operation import Operation
from samples import OWNER, SPLIT

KNOWN_CUSTOMS = [
    "GUANGZHOU_ZS",
    "HANGZHOU_ZS",
    "NINGBO",
    "ZHENGZHOU_BS",
    "CHONGQING",
    "SHENZHEN",
    "ZHENGZHOU_ZH_ZS",
    "TIANJIN",
    "ZONGSHU",
]
LEGACY_CUSTOMS = [
    "GUANGZHOU_HP_GJ",
    "GUANGZHOU_NS_GJ",
    "XIAN",
    "BEIJING",
    "NO",
    "SHANGHAI",
    "GUANGZHOU",
    "HANGZHOU",
    "ZHENGZHOU_ZH",
]


def integrity(declare: Operation, query: Operation) -> list[Object]:
    """The rules that guard the signed message, on a body and on a query string."""
    order = {**OWNER, **declare.request}
    split = {**order, **SPLIT}
    asked = {**OWNER, **query.request}
    mode: Hit = ("split_institution_mode", "sub_order_no")
    return [
        # required and empty
        checked(
            "declare-nothing-given",
            declare,
            {},
            *[("required", name) for name in declare.required],
        ),
        checked("declare-customs-missing", declare, without(order, "customs"), ("required", "customs")),
        checked("declare-text-empty", declare, {**order, "merchant_customs_no": ""}, ("empty", "merchant_customs_no")),
        checked("query-nothing-given", query, {}, *[("required", name) for name in query.required]),
        checked("query-order-no-empty", query, {**asked, "order_no": ""}, ("empty", "order_no")),
        # type
        checked("declare-amount-as-fraction", declare, {**order, "duty": 8.88}, ("type", "duty")),
        checked("declare-amount-as-text", declare, {**split, "order_fee": "888"}, mode, ("type", "order_fee")),
        checked("declare-amount-as-boolean", declare, {**order, "duty": True}, ("type", "duty")),
        checked("declare-amount-null", declare, {**order, "duty": None}, ("type", "duty")),
        checked("declare-text-as-number", declare, {**order, "mchid": 1230000109}, ("type", "mchid")),
        checked("declare-text-null", declare, {**order, "customs": None}, ("type", "customs")),
        checked("declare-text-as-list", declare, {**order, "customs": ["SHANGHAI_ZS"]}, ("type", "customs")),
        checked("query-limit-as-text", query, {**asked, "limit": "20"}, ("type", "limit")),
        # length, in characters
        checked("declare-32-characters", declare, {**order, "out_trade_no": "A" * 32}),
        checked("declare-33-characters", declare, {**order, "out_trade_no": "A" * 33}, ("length", "out_trade_no")),
        checked("declare-32-characters-of-3-bytes", declare, {**order, "merchant_customs_no": "关" * 32}),
        checked(
            "declare-33-characters-of-3-bytes",
            declare,
            {**order, "merchant_customs_no": "关" * 33},
            ("length", "merchant_customs_no"),
        ),
        checked(
            "declare-32-characters-of-2-utf16-units",
            declare,
            {**order, "merchant_customs_no": "\U00020bb7" * 32},
            ("outside_bmp", "merchant_customs_no"),
        ),
        checked(
            "declare-sub-order-no-33-characters",
            declare,
            {**split, "sub_order_no": "1" * 33},
            ("length", "sub_order_no"),
        ),
        checked("query-order-no-33-characters", query, {**asked, "order_no": "1" * 33}, ("length", "order_no")),
        # range
        checked("declare-amount-0", declare, {**order, "duty": 0}),
        checked("declare-amount-negative", declare, {**order, "duty": -1}, ("range", "duty")),
        checked("declare-amount-largest", declare, {**order, "duty": 2147483647}),
        checked("declare-amount-too-large", declare, {**order, "duty": 2147483648}, ("range", "duty")),
        checked("query-limit-0", query, {**asked, "limit": 0}, ("range", "limit")),
        checked("query-offset-negative", query, {**asked, "offset": -1}, ("range", "offset")),
        checked(
            "query-bounds-of-offset-and-limit",
            query,
            {**asked, "offset": 2147483648, "limit": 2147483647},
            ("range", "offset"),
        ),
        # control_character
        checked(
            "declare-line-feed-at-the-end",
            declare,
            {**order, "out_trade_no": "20150806125346\n"},
            ("control_character", "out_trade_no"),
        ),
        checked(
            "declare-nul-tab-and-del",
            declare,
            {**order, "appid": "wx\u0000", "customs": "NING\tBO", "merchant_customs_no": "123456\u007f"},
            ("control_character", "appid"),
            ("control_character", "customs"),
            ("control_character", "merchant_customs_no"),
        ),
        checked(
            "declare-control-character-beyond-ascii",
            declare,
            {**order, "merchant_customs_no": "123\u0085456"},
            ("control_character", "merchant_customs_no"),
        ),
        checked("declare-text-with-space", declare, {**order, "merchant_customs_no": "12 34"}),
        checked("query-carriage-return", query, {**asked, "order_no": "2015\r0806"}, ("control_character", "order_no")),
        # unknown_field
        checked("declare-unknown-field", declare, {**order, "sub_mchid": "1900000109"}, ("unknown_field", "sub_mchid")),
        checked(
            "declare-unknown-field-called-proto",
            declare,
            {**order, "__proto__": {"__proto__": {"duty": 1}}},
            ("unknown_field", "__proto__"),
        ),
        checked("declare-unknown-field-null", declare, {**order, "sub_mchid": None}, ("unknown_field", "sub_mchid")),
        checked(
            "declare-unknown-field-escaped-in-pointer",
            declare,
            {**order, "a/b~c": {"d": 1}},
            ("unknown_field", "a/b~c"),
        ),
        checked(
            "declare-field-in-another-letter-case",
            declare,
            {"AppId": OWNER["appid"], **without(order, "appid")},
            ("required", "appid"),
            ("unknown_field", "AppId"),
        ),
        checked("query-field-of-another-operation", query, {**asked, "duty": 888}, ("unknown_field", "duty")),
    ]


def texts(declare: Operation, query: Operation) -> list[Object]:
    """The business rules of texts."""
    order = {**OWNER, **declare.request}
    split = {**order, **SPLIT}
    asked = {**OWNER, **query.request}
    mode: Hit = ("split_institution_mode", "sub_order_no")
    return [
        checked("declare-out-trade-no-every-sign", declare, {**order, "out_trade_no": "azAZ09_-|*@"}),
        checked(
            "declare-out-trade-no-with-point",
            declare,
            {**order, "out_trade_no": "2015.0806"},
            ("out_trade_no_characters", "out_trade_no"),
        ),
        checked(
            "declare-out-trade-no-in-chinese",
            declare,
            {**order, "out_trade_no": "订单1"},
            ("out_trade_no_characters", "out_trade_no"),
        ),
        checked("declare-sub-order-no-every-sign", declare, {**split, "sub_order_no": "azAZ09_-|*@"}, mode),
        checked(
            "declare-sub-order-no-with-point",
            declare,
            {**split, "sub_order_no": "2015.0806"},
            ("sub_order_no_characters", "sub_order_no"),
            mode,
        ),
        checked("declare-last-character-of-the-plane", declare, {**order, "merchant_customs_no": "1\uffff"}),
        checked(
            "declare-first-character-outside-the-plane",
            declare,
            {**order, "merchant_customs_no": "1\U00010000"},
            ("outside_bmp", "merchant_customs_no"),
        ),
        checked(
            "query-order-no-outside-the-plane", query, {**asked, "order_no": "\U0001f4e6"}, ("outside_bmp", "order_no")
        ),
        checked("query-order-no-of-any-characters", query, {**asked, "order_no": "订单 2015.0806/1"}),
        checked("declare-mchid-9-digits", declare, {**order, "mchid": "123000010"}, ("mchid_digits", "mchid")),
        checked("declare-mchid-11-digits", declare, {**order, "mchid": "12300001090"}, ("mchid_digits", "mchid")),
        checked(
            "declare-mchid-fullwidth-digits",
            declare,
            {**order, "mchid": "１２３００００１０９"},
            ("mchid_digits", "mchid"),
            ("unusual_characters", "mchid"),
        ),
        checked("query-mchid-with-letter", query, {**asked, "mchid": "123000010A"}, ("mchid_digits", "mchid")),
        checked(
            "declare-transaction-id-27-digits",
            declare,
            {**order, "transaction_id": "1" * 27},
            ("transaction_id_digits", "transaction_id"),
        ),
        checked("declare-transaction-id-28-digits", declare, {**order, "transaction_id": "1" * 28}),
        checked(
            "declare-transaction-id-29-digits",
            declare,
            {**order, "transaction_id": "1" * 29},
            ("transaction_id_digits", "transaction_id"),
        ),
    ]


def customs_codes(declare: Operation, query: Operation) -> list[Object]:
    """Codes of customs: known, of older documentation, unknown."""
    order = {**OWNER, **declare.request}
    asked = {**OWNER, **query.request}
    return [
        *[
            checked(f"customs-known-{code.lower().replace('_', '-')}", declare, {**order, "customs": code})
            for code in KNOWN_CUSTOMS
        ],
        *[
            checked(
                f"customs-legacy-{code.lower().replace('_', '-')}",
                declare,
                {**order, "customs": code},
                ("customs_legacy", "customs"),
            )
            for code in LEGACY_CUSTOMS
        ],
        checked("customs-unknown", declare, {**order, "customs": "ATLANTIS"}, ("customs_unknown", "customs")),
        checked("customs-in-lower-case", declare, {**order, "customs": "shanghai_zs"}, ("customs_unknown", "customs")),
        checked("customs-legacy-in-query", query, {**asked, "customs": "SHANGHAI"}, ("customs_legacy", "customs")),
    ]


def odd_json(declare: Operation, redeclare: Operation) -> list[Object]:
    """A field that stands twice in JSON text, and numbers that few hosts hold."""
    order = {**OWNER, **declare.request}
    return [
        twice("field-twice-in-json-text", declare, order, "customs"),
        twice("field-twice-in-the-printed-redeclare", redeclare, redeclare.printed, "customs", "sub_order_no"),
        checked("duty-tiny-fraction", declare, {**order, "duty": 1e-17}, ("type", "duty")),
        checked("duty-beyond-all-integers", declare, {**order, "duty": 1e300}, ("range", "duty")),
        checked("duty-of-34-bits", declare, {**order, "duty": 2**33}, ("range", "duty")),
    ]


def several(declare: Operation, query: Operation) -> list[Object]:
    """Several findings at once."""
    order = {**OWNER, **declare.request}
    split = {**order, **SPLIT}
    asked = {**OWNER, **query.request}
    mode: Hit = ("split_institution_mode", "sub_order_no")
    sum_rule: Hit = ("order_fee_sum", "order_fee")
    return [
        checked(
            "several-findings-in-their-own-fields",
            declare,
            {
                **without(split, "appid"),
                "out_trade_no": "2015.0806",
                "merchant_customs_no": "",
                "customs": "ATLANTIS",
                "duty": "88",
                "order_fee": 889,
                "note": "x",
            },
            ("required", "appid"),
            ("out_trade_no_characters", "out_trade_no"),
            ("customs_unknown", "customs"),
            ("empty", "merchant_customs_no"),
            ("type", "duty"),
            mode,
            sum_rule,
            ("unknown_field", "note"),
        ),
        checked(
            "several-findings-of-a-query",
            query,
            {**asked, "mchid": "1", "order_type": "x", "order_no": 1, "limit": 0},
            ("mchid_digits", "mchid"),
            ("order_type_known", "order_type"),
            ("type", "order_no"),
            ("range", "limit"),
        ),
    ]


def settings(declare: Operation) -> list[Object]:
    """Rules at other levels than their own, and settings that are refused."""
    order = {**OWNER, **declare.request}
    split = {**order, **SPLIT}
    mode: Hit = ("split_institution_mode", "sub_order_no")
    sum_rule: Hit = ("order_fee_sum", "order_fee")
    return [
        checked("rule-warning-to-error", declare, split, mode, rules={"split_institution_mode": "error"}),
        checked("rule-warning-off", declare, split, rules={"split_institution_mode": "off"}),
        checked("rule-error-to-warning", declare, declare.printed, mode, sum_rule, rules={"order_fee_sum": "warning"}),
        checked("rule-error-off", declare, declare.printed, mode, rules={"order_fee_sum": "off"}),
        checked(
            "rules-set-to-their-defaults",
            declare,
            declare.printed,
            mode,
            sum_rule,
            rules={"order_fee_sum": "error", "split_institution_mode": "warning"},
        ),
        checked(
            "rule-off-leaves-the-others",
            declare,
            {**order, "mchid": "1", "customs": "ATLANTIS"},
            ("customs_unknown", "customs"),
            rules={"mchid_digits": "off"},
        ),
        bad_rules("rule-name-unknown", declare, {"order_total": "off"}),
        bad_rules("rule-of-integrity-off", declare, {"required": "off"}),
        bad_rules("rule-of-integrity-as-it-is", declare, {"length": "error"}),
        bad_rules("rule-level-unknown", declare, {"order_fee_sum": "info"}),
        check_vector(
            "check-operation-unknown",
            "declair",
            order,
            None,
            {"error": {"kind": "input", "code": "UNKNOWN_OPERATION"}},
        ),
        bad_rules("rule-already-encrypted-off", declare, {"already_encrypted": "off"}),
        bad_rules("rule-duplicate-field-as-warning", declare, {"duplicate_field": "warning"}),
    ]
