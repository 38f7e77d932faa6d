"""Vectors of explain.json: the lines that must have been signed, the check that fails, and why.

Requests and answers that fail are signed by `cryptography` over the wrong message on purpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kinds.explain.requests import requests_signed_over_something_else, requests_that_fail_early, sent, sound_requests
from kinds.explain.responses import responses_signed_over_something_else, responses_that_fail_early, sound_responses
from kinds.explain.shape import CAUSES, REQUEST_CHECKS, RESPONSE_CHECKS, explained
from kinds.explain.sign_errors import sign_errors
from objects import Object
from operation import Operation, Parts
from oracle.keys import UNKNOWN_SERIAL, pem


def vectors(operations: Mapping[str, Operation], parts: Parts) -> list[Object]:
    """The vectors of explain.json in their order."""
    declare, query, verify_identity = operations["declare"], operations["query"], operations["verify_identity"]
    made = [
        *parts.take_each("sound"),
        *sound_requests(declare),
        *requests_that_fail_early(declare),
        *requests_signed_over_something_else(declare, query),
        *parts.take_each("personal"),
        *sound_responses(declare),
        *responses_that_fail_early(declare),
        *responses_signed_over_something_else(declare, query),
        *sign_errors(declare, query, verify_identity),
        *arguments(declare),
        *parts.rest(),
    ]
    for of, words in {"request": REQUEST_CHECKS, "response": RESPONSE_CHECKS}.items():
        expected = [vector["expect"] for vector in made if vector["expect"].get("of") == of]
        failed = {expect["failed"] for expect in expected}
        causes = {cause["cause"] for expect in expected for cause in expect.get("causes", [])}
        if missing := set(words) - failed | set(CAUSES[of]) - causes:
            raise ValueError(f"no vector of a {of} meets {sorted(missing)}")
    return made


def arguments(declare: Operation) -> list[Object]:
    """Options and arguments that raise; messages never do."""

    def raised(name: str, kind: str, code: str, options: Object | None = None, given: Any = None) -> Object:
        expect = {"error": {"kind": kind, "code": code}}
        return explained(f"argument-{name}", given or sent(declare).given, expect, options=options)

    return [
        raised("option-unknown", "input", "INVALID_OPTION", {"serial": "x"}),
        raised("message-as-text", "input", "INVALID_OPTION", given="POST /v3/global/customs/orders"),
        raised("private-key-invalid", "key", "PRIVATE_KEY_INVALID", {"private_key": "the key is in the safe"}),
        raised(
            "platform-key-invalid",
            "key",
            "PLATFORM_KEY_INVALID",
            {"platform_keys": {UNKNOWN_SERIAL: pem("platform.cert.pem")}},
        ),
    ]
