"""Vectors of prepare.json: requests, signed or refused."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

from kinds.check.findings import Hit, findings
from objects import Object
from operation import Operation, Parts
from oracle.encryption import oaep_seed, pkcs1_padding
from oracle.keys import PLATFORM, PUBLIC_KEY_ID, broken_key, pem, public_pem
from oracle.requests import signed_request
from samples import CERTIFICATE_ONLY, NONCE, OWNER, PUBLIC_KEY_ONLY, TIMESTAMP, merged


def prepare_vector(
    name: str,
    operation: str,
    fields: Object,
    options: Object | None,
    nonce: str,
    expect: Object,
    padding: bytes | None = None,
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
        **({} if padding is None else {"padding_base64": base64.b64encode(padding).decode()}),
        "expect": expect,
    }


def personal_padding(operation: Operation, fields: Object, scheme: str, label: str) -> list[bytes]:
    """Padding for the personal fields, in their order; it depends on the label alone."""
    if scheme == "oaep":
        return [oaep_seed(f"{label} {name}") for name in operation.personal]
    return [pkcs1_padding(fields[name], f"{label} {name}") for name in operation.personal]


def prepared(
    name: str,
    operation: Operation,
    fields: Object,
    options: Object | None = None,
    nonce: str = NONCE,
    padding: Sequence[bytes] | None = None,
) -> Object:
    """A request that gets signed, its personal fields encrypted."""
    given = merged(options or {})
    if padding is None:
        padding = personal_padding(operation, fields, given.get("field_encryption", "pkcs1"), name)
    expect = signed_request(operation, fields, given, TIMESTAMP, nonce, padding)
    padded = b"".join(padding) if operation.personal else None
    return prepare_vector(name, operation.name, fields, options, nonce, expect, padded)


def refused(
    name: str,
    operation: Operation,
    fields: Object,
    *hits: Hit,
    rules: Mapping[str, str] | None = None,
    options: Object | None = None,
) -> Object:
    """A request that gets refused for its fields. All findings come back, the warnings too."""
    options = options if rules is None else {**(options or {}), "rules": dict(rules)}
    filled = {**OWNER, **fields}
    error = {
        "kind": "input",
        "code": "INVALID_FIELDS",
        "findings": findings(operation, filled, hits, rules or {}),
    }
    return prepare_vector(name, operation.name, fields, options, NONCE, {"error": error})


def vectors(operations: Mapping[str, Operation], parts: Parts) -> list[Object]:
    """The vectors of prepare.json in their order."""
    declare, verify_identity = operations["declare"], operations["verify_identity"]
    return [
        *parts.take("declare", "signed"),
        *signed_by_options(declare),
        *parts.take("declare", "printed"),
        *parts.take("query", "signed"),
        *parts.take("declare", "refused"),
        *parts.take("query", "refused"),
        *refused_for_options(declare),
        *parts.take("modify", "requests"),
        *parts.take("redeclare", "requests"),
        *parts.take("verify_identity", "requests"),
        *two_public_keys(declare, verify_identity),
        *parts.rest(),
    ]


def signed_by_options(declare: Operation) -> list[Object]:
    """One request under other options: they decide its nonce, its URL and its headers."""
    return [
        prepared("declare-own-nonce", declare, declare.request, nonce="0123456789abcdefghijKLMNOPQRSTUV"),
        prepared("declare-older-path-prefix", declare, declare.request, {"path_prefix": "global/v3"}),
        prepared("declare-path-prefix-given-as-default", declare, declare.request, {"path_prefix": "v3/global"}),
        prepared("declare-base-url-with-path", declare, declare.request, {"base_urls": ["https://proxy.example/wx"]}),
        prepared(
            "declare-first-base-url-without-its-slash",
            declare,
            declare.request,
            {"base_urls": ["https://api.mch.weixin.qq.com/", "https://apihk.mch.weixin.qq.com"]},
        ),
        prepared("declare-loopback-over-http", declare, declare.request, {"base_urls": ["http://127.0.0.1:8080"]}),
        prepared("declare-loopback-v6-over-http", declare, declare.request, {"base_urls": ["http://[::1]:8080"]}),
        prepared("declare-without-public-key", declare, declare.request, CERTIFICATE_ONLY),
        prepared("declare-with-public-key-only", declare, declare.request, PUBLIC_KEY_ONLY),
        prepared("declare-accept-language", declare, declare.request, {"accept_language": "zh-CN"}),
        prepared("declare-user-agent", declare, declare.request, {"user_agent": "example-shop/2.1 (warehouse 3)"}),
    ]


def refused_for_options(declare: Operation) -> list[Object]:
    """Requests refused for their options, their operation or their time."""

    def not_prepared(
        name: str,
        kind: str,
        code: str,
        options: Object | None = None,
        *,
        operation: str = declare.name,
        nonce: str = NONCE,
    ) -> Object:
        expect = {"error": {"kind": kind, "code": code}}
        return prepare_vector(name, operation, declare.request, options, nonce, expect)

    def invalid_option(name: str, options: Object | None = None, nonce: str = NONCE) -> Object:
        return not_prepared(name, "input", "INVALID_OPTION", options, nonce=nonce)

    def invalid_key(name: str, text: str) -> Object:
        return not_prepared(name, "key", "PRIVATE_KEY_INVALID", {"private_key": text})

    return [
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
        {
            **not_prepared("timestamp-in-milliseconds", "input", "INVALID_OPTION"),
            "timestamp": TIMESTAMP * 1000,
            "expect": {"error": {"kind": "input", "code": "INVALID_OPTION", "says": ["`timestamp`", "milliseconds"]}},
        },
    ]


def two_public_keys(declare: Operation, verify_identity: Operation) -> list[Object]:
    """Requests name the public key that they are encrypted with: of two the last by id, however they are given."""
    older, newer = PUBLIC_KEY_ID, "PUB_KEY_ID_0112345678901234567890123456789013"
    both = {older: PUBLIC_KEY_ONLY["platform_keys"][older], newer: public_pem(PLATFORM)}
    orders: dict[str, Object] = {
        "": {"platform_keys": both},
        "-in-another-order": {"platform_keys": dict(reversed(both.items()))},
        "-beside-a-certificate": {"platform_keys": {**both, **CERTIFICATE_ONLY["platform_keys"]}},
    }
    return [
        vector
        for name, options in orders.items()
        for vector in (
            prepared(f"declare-with-two-public-keys{name}", declare, declare.request, options),
            prepared(f"verify-identity-with-two-public-keys{name}", verify_identity, verify_identity.request, options),
        )
    ]
