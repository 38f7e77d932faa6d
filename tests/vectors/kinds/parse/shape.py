"""The shape of the vectors of `parse`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from objects import Object
from operation import Operation
from oracle.responses import NOW, REQUEST_ID


def parse_vector(
    name: str,
    operation: Operation,
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
        "operation": operation.name,
        "response": response,
        **({} if request is None else {"request": request}),
        "now": now,
        "expect": expect,
    }


def parsed(
    name: str,
    operation: Operation,
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
    operation: Operation,
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


def unverified(
    name: str,
    operation: Operation,
    response: Object,
    kind: str,
    code: str,
    *,
    says: Sequence[str] = (),
    **more: Any,
) -> Object:
    """A 2xx that cannot be trusted: never retryable, and what changes something may have been carried out."""
    error: Object = {"retryable": False, "may_have_been_applied": operation.changes}
    error |= {"says": list(says)} if says else {}
    return failed(name, operation, response, kind, code, error, **more)


def worded(vector: Object, *words: str, hidden: Sequence[str] = ()) -> Object:
    """The vector with words that the message of its error has to hold, and others that stand nowhere."""
    error = {**vector["expect"]["error"], "says": list(words)}
    return {**vector, **({"hidden": list(hidden)} if hidden else {}), "expect": {"error": error}}


def api_error(
    name: str,
    operation: Operation,
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
