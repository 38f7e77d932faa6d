#!/usr/bin/env python3
"""Writes the conformance vectors beside this file; README.md describes their format.

Nothing here uses the library. Signed messages, bodies and query strings are built below from the written description of
the protocol, signatures come from the Python package `cryptography`, and the expected findings, values and errors are
written out by hand. The same keys give the same files, byte for byte.

    python3 make.py            write the files
    python3 make.py --check    write nothing; exit 1 and name the files that differ
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

Object = dict[str, Any]

HERE = Path(__file__).resolve().parent
KEYS = HERE / "keys"


# --- Keys and options -------------------------------------------------------------------------------------------------


def pem(name: str) -> str:
    """The text of a file in keys/."""
    return (KEYS / name).read_text(encoding="ascii")


def broken_key() -> str:
    """The merchant's key with one bit of one of its primes changed."""
    key = private_key("merchant.key.pem")
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    prime = key.private_numbers().p.to_bytes(128, "big")
    changed = bytes([*prime[:64], prime[64] ^ 1, *prime[65:]])
    lines = textwrap.wrap(base64.b64encode(der.replace(prime, changed)).decode(), 64)
    return "\n".join(["-----BEGIN PRIVATE KEY-----", *lines, "-----END PRIVATE KEY-----", ""])


def private_key(name: str) -> RSAPrivateKey:
    """An RSA private key from keys/."""
    key = load_pem_private_key(pem(name).encode(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError(f"{name} is not an RSA key")
    return key


MERCHANT = private_key("merchant.key.pem")
PLATFORM = private_key("platform.key.pem")
PLATFORM_PUBLIC = private_key("platform_public.key.pem")
OTHER = private_key("other.key.pem")

CERTIFICATE_SERIAL = f"{x509.load_pem_x509_certificate(pem('platform.cert.pem').encode()).serial_number:040X}"
PUBLIC_KEY_ID = "PUB_KEY_ID_0112345678901234567890123456789012"
UNKNOWN_SERIAL = "6B1E7C3A90D24F5588A1C07D3E62F4B91D5A08C7"

CERTIFICATE_ONLY: Object = {"platform_keys": {CERTIFICATE_SERIAL: pem("platform.cert.pem")}}
PUBLIC_KEY_ONLY: Object = {"platform_keys": {PUBLIC_KEY_ID: pem("platform_public.pub.pem")}}

OPTIONS: Object = {
    "appid": "wxd678efh567hg6787",
    "mchid": "1230000109",
    "serial_no": "4F8C21D7A03E96B5C1D82E7FA4630B95D1E8C72A",
    "private_key": pem("merchant.key.pem"),
    "platform_keys": {**CERTIFICATE_ONLY["platform_keys"], **PUBLIC_KEY_ONLY["platform_keys"]},
}


def merged(overrides: Object) -> Object:
    """The base options with a vector's overrides: whole values are replaced, null removes an option."""
    return {name: value for name, value in {**OPTIONS, **overrides}.items() if value is not None}


def sign(key: RSAPrivateKey, message: bytes) -> str:
    """RSASSA-PKCS1-v1_5 with SHA-256, in Base64."""
    return base64.b64encode(key.sign(message, PKCS1v15(), SHA256())).decode()


def compact(value: Any) -> str:
    """Compact JSON, keys in the order of the object, non-ASCII characters unescaped."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


# --- The fields that the vectors start from (all identities are synthetic) --------------------------------------------

DECLARE_ORDER = [
    "appid",
    "mchid",
    "out_trade_no",
    "transaction_id",
    "customs",
    "merchant_customs_no",
    "duty",
    "sub_order_no",
    "fee_type",
    "order_fee",
    "transport_fee",
    "product_fee",
]
QUERY_ORDER = ["appid", "mchid", "order_type", "order_no", "customs", "offset", "limit"]

OWNER: Object = {"appid": OPTIONS["appid"], "mchid": OPTIONS["mchid"]}
DECLARE: Object = {
    "out_trade_no": "20150806125346",
    "transaction_id": "1000320306201511078440737890",
    "customs": "SHANGHAI_ZS",
    "merchant_customs_no": "123456",
}
SPLIT: Object = {
    "sub_order_no": "20150806125346-1",
    "fee_type": "CNY",
    "order_fee": 888,
    "transport_fee": 88,
    "product_fee": 800,
}
# The request that the declare page prints. Its own sum rule does not hold for it.
PRINTED_DECLARE: Object = {
    **OWNER,
    **DECLARE,
    "duty": 888,
    "sub_order_no": "20150806125346",
    "fee_type": "CNY",
    "order_fee": 888,
    "transport_fee": 888,
    "product_fee": 888,
}
QUERY: Object = {"order_type": "out_trade_no", "order_no": "20150806125346", "customs": "SHANGHAI_ZS"}

# The answers that the declare and query pages print.
DECLARE_ANSWER: Object = {
    **OWNER,
    "state": "PROCESSING",
    "out_trade_no": "20150806125346",
    "transaction_id": "1000320306201511078440737890",
    "sub_order_no": "20150806125346",
    "sub_order_id": "20150806125346",
    "verify_department": "UNIONPAY",
    "verify_department_trade_id": "2018112288340107038204310100000",
}
QUERY_RECORD: Object = {
    "sub_order_no": "20150806125346",
    "sub_order_id": "20150806125346",
    "mch_customs_no": "1234567",
    "customs": "SHANGHAI_ZS",
    "fee_type": "CNY",
    "order_fee": 888,
    "duty": 888,
    "transport_fee": 888,
    "product_fee": 888,
    "state": "PROCESSING",
    "explanation": "The payment order already exists and is in a non-refund status",
    "modify_time": "2015-09-01T10:00:00+08:00",
}
QUERY_ANSWER: Object = {
    **OWNER,
    "transaction_id": "1000320306201511078440737890",
    "verify_department": "UNIONPAY",
    "verify_department_trade_id": "2018112288340107038204310100000",
    "offset": 0,
    "limit": 20,
    "total_count": 1,
    "data": [QUERY_RECORD],
}
UNSPLIT_ANSWER: Object = {
    name: value for name, value in DECLARE_ANSWER.items() if name not in ("sub_order_no", "sub_order_id")
}


def without(fields: Object, *names: str) -> Object:
    """The object less some of its members."""
    return {name: value for name, value in fields.items() if name not in names}


# --- Findings ---------------------------------------------------------------------------------------------------------

INTEGRITY = ["required", "empty", "type", "length", "range", "control_character", "unknown_field"]
BUSINESS = {
    "out_trade_no_characters": "error",
    "split_fields_incomplete": "error",
    "order_fee_sum": "error",
    "fee_type_cny": "error",
    "outside_bmp": "error",
    "order_type_known": "error",
    "mchid_digits": "warning",
    "transaction_id_digits": "warning",
    "customs_unknown": "warning",
    "customs_legacy": "warning",
    "sub_order_no_characters": "warning",
    "split_without_sub_order_no": "warning",
    "split_institution_mode": "warning",
}
SEVERITY = {**dict.fromkeys(INTEGRITY, "error"), **BUSINESS}

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

Hit = tuple[str, str]
"""A rule and the name of the field that breaks it."""


def findings(operation: str, fields: Object, hits: Sequence[Hit], rules: Mapping[str, str]) -> list[Object]:
    """Hits written out: a JSON Pointer into a body or a bare name of a query string, and the value as given."""
    in_query = operation == "query"
    return [
        {
            "rule": rule,
            "severity": rules.get(rule, SEVERITY[rule]),
            "field": name if in_query else "/" + name.replace("~", "~0").replace("/", "~1"),
            "value": fields.get(name),
            "location": "query" if in_query else "body",
        }
        for rule, name in hits
    ]


# --- prepare ----------------------------------------------------------------------------------------------------------

TIMESTAMP = 1767225600
NONCE = "Q7xTn0Bf4KzW9mRd2LhV6yGs8JcP3eAu"
METHODS = {"declare": "POST", "query": "GET"}


def signed_request(operation: str, fields: Object, options: Object, timestamp: int, nonce: str) -> Object:
    """What has to go over the wire, with the message that was signed."""
    method = METHODS[operation]
    path = f"/{options.get('path_prefix', 'v3/global')}/customs/orders"
    filled = {"appid": options["appid"], "mchid": options["mchid"], **fields}
    order = DECLARE_ORDER if operation == "declare" else QUERY_ORDER
    ordered = {name: filled[name] for name in order if name in filled}
    if len(ordered) != len(filled):
        raise ValueError(f"unknown field in {sorted(filled)}")

    body: str | None = None
    if operation == "declare":
        body = compact(ordered)
    else:
        path += "?" + "&".join(f"{name}={quote(str(value), safe='')}" for name, value in ordered.items())

    message = f"{method}\n{path}\n{timestamp}\n{nonce}\n{body or ''}\n"
    signature = sign(MERCHANT, message.encode())
    pairs = {
        "mchid": options["mchid"],
        "nonce_str": nonce,
        "timestamp": str(timestamp),
        "serial_no": options["serial_no"],
        "signature": signature,
    }
    authorization = "WECHATPAY2-SHA256-RSA2048 " + ",".join(f'{name}="{value}"' for name, value in pairs.items())

    headers = {
        "Accept": "application/json",
        "Content-Type": "application/json",
        "User-Agent": options.get("user_agent", "wechatpay-customs/0.1.0"),
        "Accept-Language": options.get("accept_language", "en"),
        "Authorization": authorization,
    }
    public_keys = [key_id for key_id in options["platform_keys"] if key_id.startswith("PUB_KEY_ID_")]
    if public_keys:
        headers["Wechatpay-Serial"] = public_keys[0]

    base = options.get("base_urls", ["https://apihk.mch.weixin.qq.com"])[0].removesuffix("/")
    return {
        "message": message,
        "authorization": authorization,
        "method": method,
        "url": base + path,
        "body": body,
        "headers": headers,
    }


def prepare_vector(
    name: str, operation: str, fields: Object, options: Object | None, nonce: str, expect: Object
) -> Object:
    """The common shape of the vectors of `prepare`."""
    return {
        "id": name,
        "kind": "prepare",
        **({} if options is None else {"options": options}),
        "operation": operation,
        "fields": fields,
        "timestamp": TIMESTAMP,
        "nonce": nonce,
        "expect": expect,
    }


def prepared(name: str, operation: str, fields: Object, options: Object | None = None, nonce: str = NONCE) -> Object:
    """A request that gets signed."""
    expect = signed_request(operation, fields, merged(options or {}), TIMESTAMP, nonce)
    return prepare_vector(name, operation, fields, options, nonce, expect)


def not_prepared(
    name: str,
    kind: str,
    code: str,
    options: Object | None = None,
    *,
    operation: str = "declare",
    nonce: str = NONCE,
) -> Object:
    """A request that gets refused for its options or its operation."""
    return prepare_vector(name, operation, DECLARE, options, nonce, {"error": {"kind": kind, "code": code}})


def refused(name: str, operation: str, fields: Object, *hits: Hit, rules: Mapping[str, str] | None = None) -> Object:
    """A request that gets refused for its fields. All findings come back, the warnings too."""
    options = None if rules is None else {"rules": dict(rules)}
    filled = {**OWNER, **fields}
    error = {
        "kind": "input",
        "code": "INVALID_FIELDS",
        "findings": findings(operation, filled, hits, rules or {}),
    }
    return prepare_vector(name, operation, fields, options, NONCE, {"error": error})


def prepare_vectors() -> list[Object]:
    """Requests, signed or refused."""
    every_field = {**DECLARE, "duty": 88, **SPLIT}

    def invalid_option(name: str, options: Object | None = None, nonce: str = NONCE) -> Object:
        return not_prepared(name, "input", "INVALID_OPTION", options, nonce=nonce)

    def invalid_key(name: str, text: str) -> Object:
        return not_prepared(name, "key", "PRIVATE_KEY_INVALID", {"private_key": text})

    return [
        prepared("declare-unsplit", "declare", DECLARE),
        prepared("declare-split", "declare", every_field),
        prepared("declare-fields-in-another-order", "declare", dict(reversed(every_field.items()))),
        prepared("declare-non-ascii-text-unescaped", "declare", {**DECLARE, "merchant_customs_no": "沪A1·é"}),
        prepared("declare-json-escapes", "declare", {**DECLARE, "merchant_customs_no": 'q"b\\s/l<&>\u2028'}),
        prepared("declare-duty-zero", "declare", {**DECLARE, "duty": 0}),
        prepared(
            "declare-largest-amounts",
            "declare",
            {
                **DECLARE,
                **SPLIT,
                "duty": 2147483647,
                "order_fee": 2147483647,
                "transport_fee": 0,
                "product_fee": 2147483647,
            },
        ),
        prepared(
            "declare-own-appid-and-mchid",
            "declare",
            {"appid": "wx0000000000000001", "mchid": "1230000110", **DECLARE},
        ),
        prepared("declare-own-nonce", "declare", DECLARE, nonce="0123456789abcdefghijKLMNOPQRSTUV"),
        prepared("declare-older-path-prefix", "declare", DECLARE, {"path_prefix": "global/v3"}),
        prepared("declare-path-prefix-given-as-default", "declare", DECLARE, {"path_prefix": "v3/global"}),
        prepared("declare-base-url-with-path", "declare", DECLARE, {"base_urls": ["https://proxy.example/wx"]}),
        prepared(
            "declare-first-base-url-without-its-slash",
            "declare",
            DECLARE,
            {"base_urls": ["https://api.mch.weixin.qq.com/", "https://apihk.mch.weixin.qq.com"]},
        ),
        prepared("declare-loopback-over-http", "declare", DECLARE, {"base_urls": ["http://127.0.0.1:8080"]}),
        prepared("declare-loopback-v6-over-http", "declare", DECLARE, {"base_urls": ["http://[::1]:8080"]}),
        prepared("declare-without-public-key", "declare", DECLARE, CERTIFICATE_ONLY),
        prepared("declare-with-public-key-only", "declare", DECLARE, PUBLIC_KEY_ONLY),
        prepared("declare-accept-language", "declare", DECLARE, {"accept_language": "zh-CN"}),
        prepared("declare-user-agent", "declare", DECLARE, {"user_agent": "example-shop/2.1 (warehouse 3)"}),
        prepared(
            "declare-printed-request-with-sum-as-warning",
            "declare",
            PRINTED_DECLARE,
            {"rules": {"order_fee_sum": "warning"}},
        ),
        prepared("query-by-out-trade-no", "query", QUERY),
        prepared(
            "query-by-transaction-id",
            "query",
            {**QUERY, "order_type": "transaction_id", "order_no": DECLARE["transaction_id"]},
        ),
        prepared("query-by-sub-order-no", "query", {**QUERY, "order_type": "sub_order_no"}),
        prepared(
            "query-by-sub-order-id",
            "query",
            {**QUERY, "order_type": "sub_order_id", "order_no": "1000320306201511078440737891"},
        ),
        prepared("query-order-no-with-all-its-signs", "query", {**QUERY, "order_no": "2015_0806|12*53@46-1"}),
        prepared("query-order-no-with-reserved-signs", "query", {**QUERY, "order_no": "a b+c%20d&e=f#g?h/i~.!'()"}),
        prepared("query-order-no-in-chinese", "query", {**QUERY, "order_no": "订单20150806"}),
        prepared("query-offset-and-limit", "query", {**QUERY, "offset": 40, "limit": 20}),
        prepared("query-offset-zero-is-sent", "query", {**QUERY, "offset": 0, "limit": 1}),
        prepared("query-fields-in-another-order", "query", {"limit": 20, "offset": 0, **dict(reversed(QUERY.items()))}),
        prepared("query-own-mchid", "query", {**QUERY, "mchid": "1230000110"}),
        prepared("query-older-path-prefix", "query", QUERY, {"path_prefix": "global/v3"}),
        prepared("query-base-url-with-path", "query", QUERY, {"base_urls": ["https://proxy.example/wx/"]}),
        prepared("query-without-public-key", "query", QUERY, CERTIFICATE_ONLY),
        refused(
            "declare-sum-wrong",
            "declare",
            {**DECLARE, **SPLIT, "order_fee": 889},
            ("order_fee_sum", "order_fee"),
            ("split_institution_mode", "sub_order_no"),
        ),
        refused(
            "declare-required-missing", "declare", without(DECLARE, "transaction_id"), ("required", "transaction_id")
        ),
        refused(
            "declare-warning-turned-to-error",
            "declare",
            {**DECLARE, "customs": "ATLANTIS"},
            ("customs_unknown", "customs"),
            rules={"customs_unknown": "error"},
        ),
        refused(
            "query-line-feed-in-order-no",
            "query",
            {**QUERY, "order_no": "1\n1767225600"},
            ("control_character", "order_no"),
        ),
        invalid_option("option-unknown", {"serial": "x"}),
        invalid_option("option-base-url-over-http", {"base_urls": ["http://apihk.mch.weixin.qq.com"]}),
        invalid_option("option-base-url-like-loopback", {"base_urls": ["http://127.0.0.1.example.com"]}),
        invalid_option("option-path-prefix-unknown", {"path_prefix": "v3"}),
        invalid_option("option-user-agent-with-line-break", {"user_agent": "shop\r\nX-Injected: 1"}),
        invalid_option("option-nonce-with-line-feed", nonce="Q7xTn0Bf4KzW9mRd2LhV6yGs8JcP3eA\n"),
        not_prepared("private-key-missing", "key", "PRIVATE_KEY_MISSING", {"private_key": None}),
        invalid_key("private-key-not-pem", "this is not a key"),
        invalid_key("private-key-of-elliptic-curve", pem("ec.key.pem")),
        invalid_key("private-key-of-1024-bits", pem("small.key.pem")),
        invalid_key("private-key-is-a-public-key", pem("platform_public.pub.pem")),
        invalid_key("private-key-whose-numbers-do-not-fit", broken_key()),
        invalid_key("private-key-cut-short", pem("merchant.key.pem")[:900]),
        not_prepared("operation-unknown", "input", "UNKNOWN_OPERATION", operation="declair"),
    ]


# --- check ------------------------------------------------------------------------------------------------------------


def check_vector(name: str, operation: str, fields: Object, rules: Mapping[str, str] | None, expect: Object) -> Object:
    """The common shape of the vectors of `check`."""
    return {
        "id": name,
        "kind": "check",
        "operation": operation,
        "fields": fields,
        **({} if rules is None else {"rules": dict(rules)}),
        "expect": expect,
    }


def checked(name: str, fields: Object, *hits: Hit, rules: Mapping[str, str] | None = None) -> Object:
    """A declare and its findings."""
    return check_vector(name, "declare", fields, rules, {"findings": findings("declare", fields, hits, rules or {})})


def checked_query(name: str, fields: Object, *hits: Hit) -> Object:
    """A query and its findings."""
    return check_vector(name, "query", fields, None, {"findings": findings("query", fields, hits, {})})


def bad_rules(name: str, rules: Mapping[str, str]) -> Object:
    """Rule settings that are refused."""
    expect = {"error": {"kind": "input", "code": "INVALID_OPTION"}}
    return check_vector(name, "declare", {**OWNER, **DECLARE}, rules, expect)


def check_vectors() -> list[Object]:
    """Fields and what is found wrong with them."""
    declare = {**OWNER, **DECLARE}
    split = {**declare, **SPLIT}
    query = {**OWNER, **QUERY}
    mode: Hit = ("split_institution_mode", "sub_order_no")
    sum_rule: Hit = ("order_fee_sum", "order_fee")
    return [
        # Sound requests, and the one that the documentation prints.
        checked("declare-unsplit-sound", declare),
        checked("declare-every-field-sound", {**split, "duty": 88}, mode),
        checked("declare-printed-request", PRINTED_DECLARE, mode, sum_rule),
        checked_query("query-sound", query),
        checked_query("query-every-field-sound", {**query, "offset": 0, "limit": 1}),
        # required and empty
        checked(
            "declare-nothing-given",
            {},
            *[("required", name) for name in DECLARE_ORDER[:6]],
        ),
        checked("declare-customs-missing", without(declare, "customs"), ("required", "customs")),
        checked("declare-text-empty", {**declare, "merchant_customs_no": ""}, ("empty", "merchant_customs_no")),
        checked_query("query-nothing-given", {}, *[("required", name) for name in QUERY_ORDER[:5]]),
        checked_query("query-order-no-empty", {**query, "order_no": ""}, ("empty", "order_no")),
        # type
        checked("declare-amount-as-fraction", {**declare, "duty": 8.88}, ("type", "duty")),
        checked("declare-amount-as-text", {**split, "order_fee": "888"}, mode, ("type", "order_fee")),
        checked("declare-amount-as-boolean", {**declare, "duty": True}, ("type", "duty")),
        checked("declare-amount-null", {**declare, "duty": None}, ("type", "duty")),
        checked("declare-text-as-number", {**declare, "mchid": 1230000109}, ("type", "mchid")),
        checked("declare-text-null", {**declare, "customs": None}, ("type", "customs")),
        checked("declare-text-as-list", {**declare, "customs": ["SHANGHAI_ZS"]}, ("type", "customs")),
        checked_query("query-limit-as-text", {**query, "limit": "20"}, ("type", "limit")),
        # length, in characters
        checked("declare-32-characters", {**declare, "out_trade_no": "A" * 32}),
        checked("declare-33-characters", {**declare, "out_trade_no": "A" * 33}, ("length", "out_trade_no")),
        checked("declare-32-characters-of-3-bytes", {**declare, "merchant_customs_no": "关" * 32}),
        checked(
            "declare-33-characters-of-3-bytes",
            {**declare, "merchant_customs_no": "关" * 33},
            ("length", "merchant_customs_no"),
        ),
        checked(
            "declare-32-characters-of-2-utf16-units",
            {**declare, "merchant_customs_no": "\U00020bb7" * 32},
            ("outside_bmp", "merchant_customs_no"),
        ),
        checked("declare-sub-order-no-33-characters", {**split, "sub_order_no": "1" * 33}, ("length", "sub_order_no")),
        checked_query("query-order-no-33-characters", {**query, "order_no": "1" * 33}, ("length", "order_no")),
        # range
        checked("declare-amount-0", {**declare, "duty": 0}),
        checked("declare-amount-negative", {**declare, "duty": -1}, ("range", "duty")),
        checked("declare-amount-largest", {**declare, "duty": 2147483647}),
        checked("declare-amount-too-large", {**declare, "duty": 2147483648}, ("range", "duty")),
        checked_query("query-limit-0", {**query, "limit": 0}, ("range", "limit")),
        checked_query("query-offset-negative", {**query, "offset": -1}, ("range", "offset")),
        checked_query(
            "query-bounds-of-offset-and-limit",
            {**query, "offset": 2147483648, "limit": 2147483647},
            ("range", "offset"),
        ),
        # control_character
        checked(
            "declare-line-feed-at-the-end",
            {**declare, "out_trade_no": "20150806125346\n"},
            ("control_character", "out_trade_no"),
        ),
        checked(
            "declare-nul-tab-and-del",
            {**declare, "appid": "wx\u0000", "customs": "NING\tBO", "merchant_customs_no": "123456\u007f"},
            ("control_character", "appid"),
            ("control_character", "customs"),
            ("control_character", "merchant_customs_no"),
        ),
        checked(
            "declare-control-character-beyond-ascii",
            {**declare, "merchant_customs_no": "123\u0085456"},
            ("control_character", "merchant_customs_no"),
        ),
        checked("declare-text-with-space", {**declare, "merchant_customs_no": "12 34"}),
        checked_query("query-carriage-return", {**query, "order_no": "2015\r0806"}, ("control_character", "order_no")),
        # unknown_field
        checked("declare-unknown-field", {**declare, "sub_mchid": "1900000109"}, ("unknown_field", "sub_mchid")),
        checked("declare-unknown-field-null", {**declare, "sub_mchid": None}, ("unknown_field", "sub_mchid")),
        checked("declare-unknown-field-escaped-in-pointer", {**declare, "a/b~c": {"d": 1}}, ("unknown_field", "a/b~c")),
        checked(
            "declare-field-in-another-letter-case",
            {"AppId": OWNER["appid"], **without(declare, "appid")},
            ("required", "appid"),
            ("unknown_field", "AppId"),
        ),
        checked_query("query-field-of-another-operation", {**query, "duty": 888}, ("unknown_field", "duty")),
        # Business rules of texts
        checked("declare-out-trade-no-every-sign", {**declare, "out_trade_no": "azAZ09_-|*@"}),
        checked(
            "declare-out-trade-no-with-point",
            {**declare, "out_trade_no": "2015.0806"},
            ("out_trade_no_characters", "out_trade_no"),
        ),
        checked(
            "declare-out-trade-no-in-chinese",
            {**declare, "out_trade_no": "订单1"},
            ("out_trade_no_characters", "out_trade_no"),
        ),
        checked("declare-sub-order-no-every-sign", {**split, "sub_order_no": "azAZ09_-|*@"}, mode),
        checked(
            "declare-sub-order-no-with-point",
            {**split, "sub_order_no": "2015.0806"},
            ("sub_order_no_characters", "sub_order_no"),
            mode,
        ),
        checked("declare-last-character-of-the-plane", {**declare, "merchant_customs_no": "1\uffff"}),
        checked(
            "declare-first-character-outside-the-plane",
            {**declare, "merchant_customs_no": "1\U00010000"},
            ("outside_bmp", "merchant_customs_no"),
        ),
        checked_query(
            "query-order-no-outside-the-plane", {**query, "order_no": "\U0001f4e6"}, ("outside_bmp", "order_no")
        ),
        checked_query("query-order-no-of-any-characters", {**query, "order_no": "订单 2015.0806/1"}),
        checked("declare-mchid-9-digits", {**declare, "mchid": "123000010"}, ("mchid_digits", "mchid")),
        checked("declare-mchid-11-digits", {**declare, "mchid": "12300001090"}, ("mchid_digits", "mchid")),
        checked(
            "declare-mchid-fullwidth-digits", {**declare, "mchid": "１２３００００１０９"}, ("mchid_digits", "mchid")
        ),
        checked_query("query-mchid-with-letter", {**query, "mchid": "123000010A"}, ("mchid_digits", "mchid")),
        checked(
            "declare-transaction-id-27-digits",
            {**declare, "transaction_id": "1" * 27},
            ("transaction_id_digits", "transaction_id"),
        ),
        checked("declare-transaction-id-28-digits", {**declare, "transaction_id": "1" * 28}),
        checked(
            "declare-transaction-id-29-digits",
            {**declare, "transaction_id": "1" * 29},
            ("transaction_id_digits", "transaction_id"),
        ),
        *[
            checked_query(f"query-order-type-{order_type.replace('_', '-')}", {**query, "order_type": order_type})
            for order_type in ("sub_order_no", "sub_order_id")
        ],
        checked_query(
            "query-order-type-transaction-id",
            {**query, "order_type": "transaction_id", "order_no": DECLARE["transaction_id"]},
        ),
        checked_query(
            "query-order-type-unknown", {**query, "order_type": "order_no"}, ("order_type_known", "order_type")
        ),
        # Customs codes
        *[
            checked(f"customs-known-{code.lower().replace('_', '-')}", {**declare, "customs": code})
            for code in KNOWN_CUSTOMS
        ],
        *[
            checked(
                f"customs-legacy-{code.lower().replace('_', '-')}",
                {**declare, "customs": code},
                ("customs_legacy", "customs"),
            )
            for code in LEGACY_CUSTOMS
        ],
        checked("customs-unknown", {**declare, "customs": "ATLANTIS"}, ("customs_unknown", "customs")),
        checked("customs-in-lower-case", {**declare, "customs": "shanghai_zs"}, ("customs_unknown", "customs")),
        checked_query("customs-legacy-in-query", {**query, "customs": "SHANGHAI"}, ("customs_legacy", "customs")),
        # Split orders
        checked(
            "split-all-fields-missing",
            {**declare, "sub_order_no": "20150806125346-1"},
            mode,
            *[("split_fields_incomplete", name) for name in DECLARE_ORDER[8:]],
        ),
        checked("split-fee-type-missing", without(split, "fee_type"), mode, ("split_fields_incomplete", "fee_type")),
        checked(
            "split-amount-missing-so-no-sum",
            {**without(split, "transport_fee"), "order_fee": 1},
            mode,
            ("split_fields_incomplete", "transport_fee"),
        ),
        checked(
            "split-amount-unsound-so-no-sum",
            {**split, "order_fee": 1, "product_fee": -1},
            mode,
            ("range", "product_fee"),
        ),
        checked("duty-tiny-fraction", {**declare, "duty": 1e-17}, ("type", "duty")),
        checked("duty-beyond-all-integers", {**declare, "duty": 1e300}, ("range", "duty")),
        checked("duty-of-34-bits", {**declare, "duty": 2**33}, ("range", "duty")),
        checked("split-sum-one-too-small", {**split, "order_fee": 887}, mode, sum_rule),
        checked("split-sum-one-too-large", {**split, "order_fee": 889}, mode, sum_rule),
        checked("split-sum-of-zeros", {**split, "order_fee": 0, "transport_fee": 0, "product_fee": 0}, mode),
        checked(
            "split-sum-beyond-32-bits",
            {**split, "order_fee": 2147483647, "transport_fee": 2147483647, "product_fee": 2147483647},
            mode,
            sum_rule,
        ),
        checked("split-currency-other", {**split, "fee_type": "USD"}, mode, ("fee_type_cny", "fee_type")),
        checked("split-currency-in-lower-case", {**split, "fee_type": "cny"}, mode, ("fee_type_cny", "fee_type")),
        checked(
            "split-fields-without-sub-order-no",
            without(split, "sub_order_no"),
            *[("split_without_sub_order_no", name) for name in DECLARE_ORDER[8:]],
        ),
        checked(
            "split-one-field-without-sub-order-no",
            {**declare, "product_fee": 800},
            ("split_without_sub_order_no", "product_fee"),
        ),
        # Several at once
        checked(
            "several-findings-in-their-own-fields",
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
        checked_query(
            "several-findings-of-a-query",
            {**query, "mchid": "1", "order_type": "x", "order_no": 1, "limit": 0},
            ("mchid_digits", "mchid"),
            ("order_type_known", "order_type"),
            ("type", "order_no"),
            ("range", "limit"),
        ),
        # Rule settings
        checked("rule-warning-to-error", split, mode, rules={"split_institution_mode": "error"}),
        checked("rule-warning-off", split, rules={"split_institution_mode": "off"}),
        checked("rule-error-to-warning", PRINTED_DECLARE, mode, sum_rule, rules={"order_fee_sum": "warning"}),
        checked("rule-error-off", PRINTED_DECLARE, mode, rules={"order_fee_sum": "off"}),
        checked(
            "rules-set-to-their-defaults",
            PRINTED_DECLARE,
            mode,
            sum_rule,
            rules={"order_fee_sum": "error", "split_institution_mode": "warning"},
        ),
        checked(
            "rule-off-leaves-the-others",
            {**declare, "mchid": "1", "customs": "ATLANTIS"},
            ("customs_unknown", "customs"),
            rules={"mchid_digits": "off"},
        ),
        bad_rules("rule-name-unknown", {"order_fee_summ": "off"}),
        bad_rules("rule-of-integrity-off", {"required": "off"}),
        bad_rules("rule-of-integrity-as-it-is", {"length": "error"}),
        bad_rules("rule-level-unknown", {"order_fee_sum": "info"}),
        check_vector(
            "check-operation-unknown",
            "declair",
            declare,
            None,
            {"error": {"kind": "input", "code": "UNKNOWN_OPERATION"}},
        ),
    ]


# --- parse ------------------------------------------------------------------------------------------------------------

NOW = 1767225600
ANSWER_NONCE = "c5ac7061fccab6bf3e254dcf98995b8c"
REQUEST_ID = "08F78BB5AF0610D302189F8BDC5720E8D8E5A102-268486789"
PROBE = "WECHATPAY/SIGNTEST/"
HTML = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


def answer(
    body: str | bytes | Object | list[Any],
    status: int = 200,
    *,
    signer: RSAPrivateKey | None = PLATFORM,
    serial: str = CERTIFICATE_SERIAL,
    timestamp: str = str(NOW),
    request_id: str | None = REQUEST_ID,
    content_type: str = "application/json; charset=utf-8",
) -> Object:
    """A response: signed as described, or unsigned without a signer."""
    text = body if isinstance(body, str | bytes) else compact(body)
    raw = text if isinstance(text, bytes) else text.encode()
    headers = [["Content-Type", content_type]]
    if request_id is not None:
        headers.append(["Request-ID", request_id])
    if signer is not None:
        signature = sign(signer, f"{timestamp}\n{ANSWER_NONCE}\n".encode() + raw + b"\n")
        headers += [
            ["Wechatpay-Timestamp", timestamp],
            ["Wechatpay-Nonce", ANSWER_NONCE],
            ["Wechatpay-Signature", signature],
            ["Wechatpay-Serial", serial],
        ]
    shown = {"body": text} if isinstance(text, str) else {"body_base64": base64.b64encode(raw).decode()}
    return {"status": status, "headers": headers, **shown}


def with_header(response: Object, name: str, change: Callable[[str], str | None]) -> Object:
    """The response with one header changed, or dropped when the change gives None."""
    headers = []
    for header, value in response["headers"]:
        new = change(value) if header == name else value
        if new is not None:
            headers.append([header, new])
    return {**response, "headers": headers}


def with_body(response: Object, body: str) -> Object:
    """The response with another body than the one that was signed."""
    return {**response, "body": body}


def parse_vector(
    name: str,
    operation: str,
    response: Object,
    expect: Object,
    *,
    request: Object | None = None,
    now: int = NOW,
    options: Object | None = None,
) -> Object:
    """The common shape of the vectors of `parse`."""
    return {
        "id": name,
        "kind": "parse",
        **({} if options is None else {"options": options}),
        "operation": operation,
        "response": response,
        **({} if request is None else {"request": request}),
        "now": now,
        "expect": expect,
    }


def parsed(
    name: str,
    operation: str,
    response: Object,
    value: Object,
    *echoes: str,
    request_id: str | None = REQUEST_ID,
    **more: Any,
) -> Object:
    """A response that is read; `echoes` are the pointers to ids that differ from the request."""
    expect = {
        "value": value,
        "warnings": [{"rule": "id_echo", "field": field} for field in echoes],
        "request_id": request_id,
    }
    return parse_vector(name, operation, response, expect, **more)


def failed(
    name: str,
    operation: str,
    response: Object,
    kind: str,
    code: str,
    error: Object,
    *,
    request: Object | None = None,
    now: int = NOW,
    options: Object | None = None,
) -> Object:
    """A response that ends in an error."""
    request_id = next((value for header, value in response["headers"] if header.lower() == "request-id"), None)
    told = {"kind": kind, "code": code, "status": response["status"], **error, "request_id": request_id}
    return parse_vector(name, operation, response, {"error": told}, request=request, now=now, options=options)


def unverified(name: str, response: Object, kind: str, code: str, *, operation: str = "declare", **more: Any) -> Object:
    """A 2xx that cannot be trusted: never retryable, and a declare may have been carried out."""
    error = {"retryable": False, "may_have_been_applied": operation == "declare"}
    return failed(name, operation, response, kind, code, error, **more)


def api_error(
    name: str,
    operation: str,
    response: Object,
    code: str,
    *,
    authenticated: bool = False,
    retryable: bool = False,
    applied: bool | None = False,
    **error: Any,
) -> Object:
    """An error that the service names; nothing is said about `applied` when it is None."""
    told = {
        "authenticated": authenticated,
        "retryable": retryable,
        **({} if applied is None else {"may_have_been_applied": applied}),
        **error,
    }
    return failed(name, operation, response, "api", code, told)


def verification_vectors() -> list[Object]:
    """2xx responses: trusted or not."""
    good = answer(DECLARE_ANSWER)
    public = answer(DECLARE_ANSWER, signer=PLATFORM_PUBLIC, serial=PUBLIC_KEY_ID)
    signature_headers = ["Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Signature", "Wechatpay-Serial"]
    short = {header: header.removeprefix("Wechatpay-").lower() for header in signature_headers}

    def duplicated(header: str, spelling: str) -> Object:
        value = next(value for name, value in good["headers"] if name == header)
        return {**good, "headers": [*good["headers"], [spelling, value]]}

    lower_case = {**good, "headers": [[name.lower(), value] for name, value in good["headers"]]}
    spaced = json.dumps(DECLARE_ANSWER, indent="\t") + "\r\n"
    escaped = json.dumps({**UNSPLIT_ANSWER, "explanation": "广州 📦"})
    return [
        parsed("verified-by-certificate", "declare", good, DECLARE_ANSWER),
        parsed("verified-by-public-key", "declare", public, DECLARE_ANSWER),
        parsed("verified-by-certificate-held-alone", "declare", good, DECLARE_ANSWER, options=CERTIFICATE_ONLY),
        parsed("verified-by-public-key-held-alone", "declare", public, DECLARE_ANSWER, options=PUBLIC_KEY_ONLY),
        parsed("header-names-in-lower-case", "declare", lower_case, DECLARE_ANSWER),
        parsed("body-verified-as-sent-with-white-space", "declare", answer(spaced), DECLARE_ANSWER),
        parsed(
            "body-verified-as-sent-with-escapes",
            "declare",
            answer(escaped),
            {**UNSPLIT_ANSWER, "explanation": "广州 📦"},
        ),
        parsed(
            "body-given-as-bytes",
            "declare",
            answer(compact({**UNSPLIT_ANSWER, "explanation": "申报中"}).encode()),
            {**UNSPLIT_ANSWER, "explanation": "申报中"},
        ),
        parsed(
            "request-id-absent", "declare", answer(DECLARE_ANSWER, request_id=None), DECLARE_ANSWER, request_id=None
        ),
        *[
            unverified(
                f"signature-missing-{short[header]}",
                with_header(good, header, lambda _: None),
                "signature",
                "SIGNATURE_MISSING",
            )
            for header in signature_headers
        ],
        unverified("signature-missing-all", answer(DECLARE_ANSWER, signer=None), "signature", "SIGNATURE_MISSING"),
        unverified(
            "signature-missing-on-query",
            answer(QUERY_ANSWER, signer=None),
            "signature",
            "SIGNATURE_MISSING",
            operation="query",
        ),
        unverified(
            "signature-missing-on-html",
            answer(HTML, signer=None, content_type="text/html", request_id=None),
            "signature",
            "SIGNATURE_MISSING",
        ),
        unverified(
            "signature-duplicated",
            duplicated("Wechatpay-Signature", "Wechatpay-Signature"),
            "signature",
            "SIGNATURE_DUPLICATED",
        ),
        unverified(
            "signature-duplicated-in-another-letter-case",
            duplicated("Wechatpay-Serial", "wechatpay-serial"),
            "signature",
            "SIGNATURE_DUPLICATED",
        ),
        *[
            unverified(
                f"signature-joined-by-comma-{short[header]}",
                with_header(good, header, lambda value: f"{value}, {value}"),
                "signature",
                "SIGNATURE_DUPLICATED",
            )
            for header in signature_headers
        ],
        unverified(
            "signature-not-base64",
            with_header(good, "Wechatpay-Signature", lambda value: "!" + value[1:]),
            "signature",
            "SIGNATURE_MALFORMED",
        ),
        unverified(
            "signature-timestamp-with-sign",
            answer(DECLARE_ANSWER, timestamp=f"+{NOW}"),
            "signature",
            "SIGNATURE_MALFORMED",
        ),
        unverified(
            "signature-timestamp-as-date",
            answer(DECLARE_ANSWER, timestamp="2026-01-01T00:00:00Z"),
            "signature",
            "SIGNATURE_MALFORMED",
        ),
        unverified(
            "serial-unknown",
            with_header(good, "Wechatpay-Serial", lambda _: UNKNOWN_SERIAL),
            "signature",
            "SERIAL_UNKNOWN",
        ),
        unverified("serial-of-public-key-not-held", public, "signature", "SERIAL_UNKNOWN", options=CERTIFICATE_ONLY),
        unverified(
            "signature-of-another-body",
            with_body(good, compact({**DECLARE_ANSWER, "state": "SUCCESS"})),
            "signature",
            "SIGNATURE_MISMATCH",
        ),
        unverified(
            "signature-of-the-same-json-in-other-bytes", with_body(good, spaced), "signature", "SIGNATURE_MISMATCH"
        ),
        unverified(
            "signature-of-another-timestamp",
            with_header(good, "Wechatpay-Timestamp", lambda _: str(NOW + 1)),
            "signature",
            "SIGNATURE_MISMATCH",
        ),
        unverified(
            "signature-of-another-nonce",
            with_header(good, "Wechatpay-Nonce", lambda _: ANSWER_NONCE.upper()),
            "signature",
            "SIGNATURE_MISMATCH",
        ),
        unverified("signature-by-another-key", answer(DECLARE_ANSWER, signer=OTHER), "signature", "SIGNATURE_MISMATCH"),
        unverified(
            "signature-by-the-other-known-key",
            answer(DECLARE_ANSWER, serial=PUBLIC_KEY_ID),
            "signature",
            "SIGNATURE_MISMATCH",
        ),
        unverified(
            "signature-of-three-bytes",
            with_header(good, "Wechatpay-Signature", lambda _: "AAAA"),
            "signature",
            "SIGNATURE_MISMATCH",
        ),
        unverified(
            "signature-mismatch-on-query",
            answer(QUERY_ANSWER, signer=OTHER),
            "signature",
            "SIGNATURE_MISMATCH",
            operation="query",
        ),
        unverified(
            "probe-on-declare",
            with_header(good, "Wechatpay-Signature", lambda value: PROBE + value),
            "probe",
            "SIGNATURE_PROBE",
        ),
        unverified(
            "probe-on-query",
            with_header(answer(QUERY_ANSWER), "Wechatpay-Signature", lambda value: PROBE + value),
            "probe",
            "SIGNATURE_PROBE",
            operation="query",
        ),
        parsed("timestamp-299-seconds-old", "declare", good, DECLARE_ANSWER, now=NOW + 299),
        parsed("timestamp-299-seconds-ahead", "declare", good, DECLARE_ANSWER, now=NOW - 299),
        unverified("timestamp-300-seconds-old", good, "freshness", "TIMESTAMP_SKEWED", now=NOW + 300),
        unverified("timestamp-300-seconds-ahead", good, "freshness", "TIMESTAMP_SKEWED", now=NOW - 300),
    ]


def value_vectors() -> list[Object]:
    """Verified 2xx responses: their values, their warnings, and bodies that cannot be read."""
    upper = {
        ("Verify_department_trade_id" if name == "verify_department_trade_id" else name): value
        for name, value in UNSPLIT_ANSWER.items()
    }
    extra: Object = {"new_text": "新", "new_object": {"list": [1, "2", True]}}
    nulls = {**UNSPLIT_ANSWER, "sub_order_no": None, "sub_order_id": None, "modify_time": None}
    request = {**OWNER, **DECLARE}
    split_request = {**request, **SPLIT, "sub_order_no": "20150806125346"}
    empty = {**OWNER, "offset": 0, "limit": 20, "total_count": 0, "data": []}
    record_with_nulls = {**QUERY_RECORD, "explanation": None, "duty": None}

    def unreadable(name: str, body: str | bytes | Object | list[Any], code: str, operation: str = "declare") -> Object:
        error = {"may_have_been_applied": operation == "declare"}
        return failed(name, operation, answer(body), "response", code, error)

    return [
        parsed("declare-unsplit-answer", "declare", answer(UNSPLIT_ANSWER), UNSPLIT_ANSWER),
        parsed("declare-key-spelled-as-in-the-table", "declare", answer(upper), UNSPLIT_ANSWER),
        parsed(
            "declare-unknown-fields-kept",
            "declare",
            answer({**extra, **UNSPLIT_ANSWER}),
            {**extra, **UNSPLIT_ANSWER},
        ),
        parsed(
            "declare-unknown-large-numbers-kept",
            "declare",
            answer({**UNSPLIT_ANSWER, "new_number": 2**33, "new_numbers": [2**53 - 1, -(2**40)]}),
            {**UNSPLIT_ANSWER, "new_number": 2**33, "new_numbers": [2**53 - 1, -(2**40)]},
        ),
        parsed("declare-null-is-missing", "declare", answer(nulls), UNSPLIT_ANSWER),
        parsed(
            "declare-unknown-values-kept",
            "declare",
            answer({**UNSPLIT_ANSWER, "state": "ON_HOLD", "verify_department": "SOMEONE"}),
            {**UNSPLIT_ANSWER, "state": "ON_HOLD", "verify_department": "SOMEONE"},
        ),
        parsed("query-printed-answer", "query", answer(QUERY_ANSWER), QUERY_ANSWER),
        parsed("query-no-records-and-no-ids", "query", answer(empty), empty),
        parsed(
            "query-unknown-state-kept",
            "query",
            answer({**QUERY_ANSWER, "data": [{**QUERY_RECORD, "state": "ON_HOLD", "new_field": 1}]}),
            {**QUERY_ANSWER, "data": [{**QUERY_RECORD, "state": "ON_HOLD", "new_field": 1}]},
        ),
        parsed(
            "query-null-in-a-record-is-missing",
            "query",
            answer({**QUERY_ANSWER, "data": [record_with_nulls]}),
            {**QUERY_ANSWER, "data": [without(QUERY_RECORD, "explanation", "duty")]},
        ),
        parsed(
            "query-long-explanation-kept",
            "query",
            answer({**QUERY_ANSWER, "data": [{**QUERY_RECORD, "explanation": "详" * 300}]}),
            {**QUERY_ANSWER, "data": [{**QUERY_RECORD, "explanation": "详" * 300}]},
        ),
        # Ids that the answer carries are compared with the request.
        parsed("echo-equal", "declare", answer(UNSPLIT_ANSWER), UNSPLIT_ANSWER, request=request),
        parsed("echo-equal-split", "declare", answer(DECLARE_ANSWER), DECLARE_ANSWER, request=split_request),
        *[
            parsed(
                f"echo-differs-{field.replace('_', '-')}",
                "declare",
                answer({**DECLARE_ANSWER, field: other}),
                {**DECLARE_ANSWER, field: other},
                f"/{field}",
                request=split_request,
            )
            for field, other in {
                "appid": "wx0000000000000001",
                "mchid": "1230000110",
                "out_trade_no": "20150806125347",
                "transaction_id": "1000320306201511078440737899",
                "sub_order_no": "20150806125347",
            }.items()
        ],
        parsed(
            "echo-differs-twice",
            "declare",
            answer({**UNSPLIT_ANSWER, "mchid": "1230000110", "out_trade_no": "20150806125347"}),
            {**UNSPLIT_ANSWER, "mchid": "1230000110", "out_trade_no": "20150806125347"},
            "/mchid",
            "/out_trade_no",
            request=request,
        ),
        parsed(
            "echo-absent-is-not-compared",
            "declare",
            answer(UNSPLIT_ANSWER),
            UNSPLIT_ANSWER,
            request=split_request,
        ),
        parsed(
            "echo-differs-on-query",
            "query",
            answer({**QUERY_ANSWER, "mchid": "1230000110"}),
            {**QUERY_ANSWER, "mchid": "1230000110"},
            "/mchid",
            request={**OWNER, **QUERY},
        ),
        parsed(
            "echo-differs-from-ids-of-the-options",
            "declare",
            answer({**UNSPLIT_ANSWER, "appid": "wx0000000000000001", "mchid": "1230000110"}),
            {**UNSPLIT_ANSWER, "appid": "wx0000000000000001", "mchid": "1230000110"},
            "/appid",
            "/mchid",
            request=DECLARE,
        ),
        parsed(
            "echo-differs-in-a-record",
            "query",
            answer({**QUERY_ANSWER, "data": [QUERY_RECORD, {**QUERY_RECORD, "sub_order_no": "20150806125347"}]}),
            {**QUERY_ANSWER, "data": [QUERY_RECORD, {**QUERY_RECORD, "sub_order_no": "20150806125347"}]},
            "/data/1/sub_order_no",
            request={**QUERY, "order_type": "sub_order_no", "order_no": QUERY_RECORD["sub_order_no"]},
        ),
        # Verified, and yet unreadable.
        unreadable("verified-text", "OK", "BODY_NOT_JSON"),
        unreadable("verified-empty-body", "", "BODY_NOT_JSON"),
        unreadable("verified-truncated-json", compact(DECLARE_ANSWER)[:-1], "BODY_NOT_JSON"),
        unreadable("verified-not-utf-8", b'{"state":"\xff\xfe"}', "BODY_NOT_JSON"),
        unreadable("verified-list", [DECLARE_ANSWER], "BODY_UNEXPECTED"),
        unreadable("verified-without-state", without(DECLARE_ANSWER, "state"), "BODY_UNEXPECTED"),
        unreadable("verified-state-null", {**DECLARE_ANSWER, "state": None}, "BODY_UNEXPECTED"),
        unreadable(
            "verified-query-amount-as-text",
            {**QUERY_ANSWER, "data": [{**QUERY_RECORD, "order_fee": "888"}]},
            "BODY_UNEXPECTED",
            "query",
        ),
        unreadable("verified-query-text", "OK", "BODY_NOT_JSON", "query"),
    ]


def error_vectors() -> list[Object]:
    """Responses that are not 2xx."""
    # As the declare page prints it, and the shape that SIGN_ERROR has.
    printed: Object = {
        "code": "INVALID_REQUEST",
        "message": "Parameter format verification error",
        "detail": {
            "field": "#/properties/payer",
            "value": "1346177081915535577",
            "issue": "與ALLOF schema不符",
            "location": "body",
        },
    }
    sign_error: Object = {
        "code": "SIGN_ERROR",
        "message": "Sign verification failed",
        "detail": {
            "detail": {"issue": "sign not match"},
            "field": "signature",
            "location": "authorization",
            "sign_information": {
                "method": "POST",
                "url": "/v3/global/customs/orders",
                "truncated_sign_message": "POST\n/v3/global/customs/orders\n1767225600\n",
                "sign_message_length": 384,
            },
        },
    }
    differs: Object = {
        "code": "INVALID_REQUEST",
        "message": (
            "The information re-entered by merchant for customs declaration is different from the original one"
        ),
    }

    def unsigned(body: Object, status: int) -> Object:
        return answer(body, status, signer=None)

    def named(code: str, message: str = "see the code") -> Object:
        return {"code": code, "message": message}

    def page(name: str, operation: str, response: Object, retryable: bool, applied: bool) -> Object:
        error = {"authenticated": False, "retryable": retryable, "may_have_been_applied": applied}
        return failed(name, operation, response, "response", "BODY_NOT_JSON", error)

    html_502 = answer(HTML, 502, signer=None, content_type="text/html", request_id=None)
    html_404 = answer("<html>not found</html>", 404, signer=None, content_type="text/html", request_id=None)
    return [
        api_error(
            "error-printed-unsigned",
            "declare",
            unsigned(printed, 400),
            "INVALID_REQUEST",
            reason=None,
            detail=printed["detail"],
            warnings=[],
        ),
        api_error(
            "error-signed",
            "declare",
            answer(printed, 400),
            "INVALID_REQUEST",
            authenticated=True,
            detail=printed["detail"],
            warnings=[],
        ),
        api_error(
            "error-signed-by-public-key",
            "query",
            answer(named("ORDER_NOT_EXIST"), 404, signer=PLATFORM_PUBLIC, serial=PUBLIC_KEY_ID),
            "ORDER_NOT_EXIST",
            authenticated=True,
            warnings=[],
        ),
        api_error(
            "error-wrongly-signed",
            "declare",
            answer(printed, 400, signer=OTHER),
            "INVALID_REQUEST",
            detail=printed["detail"],
            warnings=[{"rule": "error_signature"}],
        ),
        api_error(
            "error-declared-data-differs",
            "declare",
            unsigned(differs, 400),
            "INVALID_REQUEST",
            reason="declared_data_differs",
        ),
        api_error(
            "error-sign-error-with-its-own-detail",
            "declare",
            unsigned(sign_error, 401),
            "SIGN_ERROR",
            detail=sign_error["detail"],
        ),
        api_error("error-param-error", "query", unsigned(named("PARAM_ERROR"), 400), "PARAM_ERROR"),
        api_error("error-no-auth", "declare", unsigned(named("NO_AUTH"), 403), "NOAUTH"),
        api_error("error-noauth", "declare", unsigned(named("NOAUTH"), 403), "NOAUTH"),
        api_error(
            "error-return-code",
            "query",
            unsigned({"return_code": "ORDER_NOT_EXIST", "message": "no such order"}, 404),
            "ORDER_NOT_EXIST",
        ),
        api_error(
            "error-return-code-normalised",
            "declare",
            unsigned({"return_code": "NO_AUTH", "message": "no permission"}, 403),
            "NOAUTH",
        ),
        api_error("error-unknown-code", "declare", unsigned(named("SOMETHING_NEW"), 400), "SOMETHING_NEW"),
        *[
            api_error(
                f"error-429-{code.lower().replace('_', '-')}",
                operation,
                unsigned(named(code), 429),
                "RATE_LIMITED",
                retryable=True,
            )
            for code, operation in {
                "RATE_LIMITED": "declare",
                "RATELIMIT_EXCEEDED": "declare",
                "FREQUENCY_LIMITED": "query",
            }.items()
        ],
        *[
            api_error(
                f"error-500-{code.lower().replace('_', '-')}-on-{operation}",
                operation,
                unsigned(named(code), 500),
                "SYSTEMERROR",
                retryable=True,
                applied=operation == "declare",
            )
            for code, operation in [("SYSTEM_ERROR", "declare"), ("SYSTEMERROR", "declare"), ("SYSTEMERROR", "query")]
        ],
        api_error(
            "error-code-tells-more-than-the-status",
            "declare",
            unsigned(named("SYSTEMERROR"), 400),
            "SYSTEMERROR",
            retryable=True,
            applied=None,
        ),
        api_error(
            "error-503-signed",
            "declare",
            answer(named("SERVICE_UNAVAILABLE"), 503),
            "SERVICE_UNAVAILABLE",
            authenticated=True,
            retryable=True,
            applied=True,
        ),
        page("html-502-on-declare", "declare", html_502, True, True),
        page("html-502-on-query", "query", html_502, True, False),
        page("html-404-is-no-answer-about-the-order", "query", html_404, False, False),
        page("empty-503", "declare", answer("", 503, signer=None), True, True),
        page("empty-429", "declare", answer("", 429, signer=None), True, False),
        *[
            failed(
                f"redirect-{status}",
                operation,
                {**response, "headers": [*response["headers"], ["Location", "https://elsewhere.example/"]]},
                "response",
                "REDIRECT_REFUSED",
                {},
            )
            for status, operation, response in [
                (302, "query", answer("", 302, signer=None)),
                (307, "declare", answer("", 307, signer=None)),
            ]
        ],
    ]


def parse_vectors() -> list[Object]:
    """Responses, trusted, read or refused."""
    return [*verification_vectors(), *value_vectors(), *error_vectors()]


# --- customs_order_fields ---------------------------------------------------------------------------------------------


def order_fields(name: str, request: Object, result: Object, expect: Object, paid: int | None = None) -> Object:
    """The common shape of the vectors of `customs_order_fields`."""
    return {
        "id": name,
        "kind": "customs_order_fields",
        "request": request,
        "result": result,
        **({} if paid is None else {"paid": paid}),
        "expect": expect,
    }


def customs_order_fields_vectors() -> list[Object]:
    """What the order message to customs has to carry."""
    request = {**OWNER, **DECLARE}
    split_request = {**request, **SPLIT}
    split_answer = {
        **DECLARE_ANSWER,
        "sub_order_no": SPLIT["sub_order_no"],
        "sub_order_id": "1000320306201511078440737891",
    }
    refusal = {"error": {"kind": "input", "code": "INVALID_FIELDS"}}

    def told(order_no: str, payment: str, yuan: str) -> Object:
        return {
            "fields": {
                "orderNo": order_no,
                "payTransactionId": payment,
                "payCode": "4403169D3W",
                "payName": "财付通支付科技有限公司",
                "currency": "142",
                "acturalPaid": yuan,
            }
        }

    def unsplit(name: str, paid: int, yuan: str) -> Object:
        expect = told("20150806125346", "1000320306201511078440737890", yuan)
        return order_fields(name, request, UNSPLIT_ANSWER, expect, paid)

    def split(name: str, fee: int, yuan: str) -> Object:
        fields = {**split_request, "order_fee": fee, "transport_fee": 0, "product_fee": fee}
        expect = told("20150806125346-1", "1000320306201511078440737891", yuan)
        return order_fields(name, fields, split_answer, expect)

    return [
        unsplit("unsplit-888-fen", 888, "8.88"),
        unsplit("unsplit-5-fen", 5, "0.05"),
        unsplit("unsplit-whole-yuan", 100000, "1000.00"),
        unsplit("unsplit-largest", 2147483647, "21474836.47"),
        split("split-888-fen", 888, "8.88"),
        split("split-110-fen", 110, "1.10"),
        order_fields("unsplit-paid-negative", request, UNSPLIT_ANSWER, refusal, -5),
        order_fields("unsplit-without-paid", request, UNSPLIT_ANSWER, refusal),
        order_fields("split-without-sub-order-id", split_request, without(split_answer, "sub_order_id"), refusal),
    ]


# --- Files ------------------------------------------------------------------------------------------------------------


def files() -> dict[str, str]:
    """The text of every file, by name."""
    suites = {
        "prepare.json": prepare_vectors(),
        "check.json": check_vectors(),
        "parse.json": parse_vectors(),
        "customs_order_fields.json": customs_order_fields_vectors(),
    }
    seen: set[str] = set()
    for vectors in suites.values():
        for vector in vectors:
            if vector["id"] in seen:
                raise ValueError(f"two vectors are named {vector['id']}")
            seen.add(vector["id"])
    contents: dict[str, Any] = {
        "options.json": OPTIONS,
        **{name: {"vectors": vectors} for name, vectors in suites.items()},
    }
    return {name: json.dumps(content, indent=2, ensure_ascii=False) + "\n" for name, content in contents.items()}


def main() -> int:
    """Writes the files, or compares them."""
    parser = argparse.ArgumentParser(description="Write the conformance vectors, or check that they are up to date.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 naming the files that differ")
    check = parser.parse_args().check

    differing = []
    for name, text in files().items():
        path = HERE / name
        data = text.encode()
        if not check:
            path.write_bytes(data)
        elif not path.is_file() or path.read_bytes() != data:
            differing.append(name)
    for name in differing:
        print(f"{name} differs from what make.py generates", file=sys.stderr)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
