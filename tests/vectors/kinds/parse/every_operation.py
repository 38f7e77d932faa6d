"""Vectors that an operation asks for about its answers and its failures."""

from __future__ import annotations

from typing import Any

from kinds.parse.shape import failed, parsed, unverified
from objects import Object, without
from operation import Operation
from oracle.keys import OTHER, PLATFORM_PUBLIC, PUBLIC_KEY_ID, UNKNOWN_SERIAL
from oracle.responses import NOW, PROBE, answer, with_header
from samples import HTML


def answers(operation: Operation, request: Object, others: Object, required: str = "state") -> list[Object]:
    """Answers of one operation, trusted and not.

    `others` are other values for the ids that its answer may carry, `required` is the field that the answer must have.
    """
    value, word = operation.answer, operation.word
    extra: Object = {"new_text": "新", "new_object": {"list": [1, "2", True]}, "new_number": 2**33}
    changed = {**value, **others}
    good = answer(value)

    def unreadable(what: str, body: str | Object | list[Any], code: str) -> Object:
        error = {"retryable": False, "may_have_been_applied": operation.changes}
        return failed(f"{word}-verified-{what}", operation, answer(body), "response", code, error)

    return [
        parsed(f"{word}-answer", operation, good, value),
        parsed(f"{word}-answer-to-its-request", operation, good, value, request=request),
        parsed(
            f"{word}-answer-by-public-key",
            operation,
            answer(value, signer=PLATFORM_PUBLIC, serial=PUBLIC_KEY_ID),
            value,
        ),
        parsed(f"{word}-unknown-fields-kept", operation, answer({**extra, **value}), {**extra, **value}),
        parsed(
            f"{word}-null-is-missing",
            operation,
            answer({**dict.fromkeys(value), required: value[required]}),
            {required: value[required]},
            request=request,
        ),
        *[
            parsed(
                f"{word}-echo-differs-{field.replace('_', '-')}",
                operation,
                answer({**value, field: other}),
                {**value, field: other},
                f"/{field}",
                request=request,
            )
            for field, other in others.items()
        ],
        parsed(
            f"{word}-echo-differs-everywhere",
            operation,
            answer(changed),
            changed,
            *[f"/{field}" for field in others],
            request=request,
        ),
        parsed(
            f"{word}-echo-differs-from-ids-of-the-options",
            operation,
            answer(changed),
            changed,
            "/appid",
            "/mchid",
            *[f"/{field}" for field in ("sub_order_no", "sub_order_id") if field in changed],
            request=without(request, *others, "sub_order_id"),
        ),
        unreadable("text", "OK", "BODY_NOT_JSON"),
        unreadable("list", [value], "BODY_UNEXPECTED"),
        unreadable(f"without-{required.replace('_', '-')}", without(value, required), "BODY_UNEXPECTED"),
        unreadable(f"{required.replace('_', '-')}-as-number", {**value, required: 1}, "BODY_UNEXPECTED"),
        unverified(
            f"{word}-signature-missing",
            operation,
            answer(value, signer=None),
            "signature",
            "SIGNATURE_MISSING",
        ),
        unverified(
            f"{word}-signature-mismatch",
            operation,
            answer(value, signer=OTHER),
            "signature",
            "SIGNATURE_MISMATCH",
        ),
        unverified(
            f"{word}-serial-unknown",
            operation,
            answer(value, serial=UNKNOWN_SERIAL),
            "signature",
            "SERIAL_UNKNOWN",
        ),
        unverified(
            f"{word}-probe",
            operation,
            with_header(good, "Wechatpay-Signature", lambda value: PROBE + value),
            "probe",
            "SIGNATURE_PROBE",
        ),
        unverified(
            f"{word}-timestamp-300-seconds-old",
            operation,
            good,
            "freshness",
            "TIMESTAMP_SKEWED",
            now=NOW + 300,
        ),
    ]


def failures(operation: Operation, options: Object | None = None) -> list[Object]:
    """Failures of one operation: whether it may be sent again, and whether it may have taken effect."""
    word = operation.word
    passing: Object = {
        "authenticated": False,
        "retryable": operation.repeatable,
        "may_have_been_applied": operation.changes,
    }
    limited: Object = {"authenticated": False, "retryable": True, "may_have_been_applied": False}
    final: Object = {"authenticated": False, "retryable": False, "may_have_been_applied": False}

    def page(status: int, error: Object, body: str = HTML) -> Object:
        what = "html" if body else "empty"
        response = answer(body, status, signer=None, content_type="text/html", request_id=None)
        return failed(
            f"{word}-{what}-{status}", operation, response, "response", "BODY_NOT_JSON", error, options=options
        )

    def named(status: int, sent: str, code: str, error: Object) -> Object:
        response = answer({"code": sent, "message": "see the code"}, status, signer=None)
        name = f"{word}-{status}-{sent.lower().replace('_', '-')}"
        return failed(name, operation, response, "api", code, error, options=options)

    return [
        named(500, "SYSTEMERROR", "SYSTEMERROR", passing),
        named(500, "SYSTEM_ERROR", "SYSTEMERROR", passing),
        named(503, "SERVICE_UNAVAILABLE", "SERVICE_UNAVAILABLE", passing),
        named(502, "SOMETHING_NEW", "SOMETHING_NEW", passing),
        page(500, passing),
        page(502, passing),
        page(503, passing, ""),
        page(504, passing, ""),
        named(429, "RATE_LIMITED", "RATE_LIMITED", limited),
        named(429, "FREQUENCY_LIMITED", "RATE_LIMITED", limited),
        page(429, limited, ""),
        named(400, "PARAM_ERROR", "PARAM_ERROR", final),
        named(400, "INVALID_REQUEST", "INVALID_REQUEST", final),
        named(401, "SIGN_ERROR", "SIGN_ERROR", final),
        named(403, "NO_AUTH", "NOAUTH", final),
        named(404, "RESOURCE_NOT_EXISTS", "RESOURCE_NOT_EXISTS", final),
        failed(
            f"{word}-error-signed",
            operation,
            answer({"code": "SYSTEMERROR", "message": "System error"}, 500),
            "api",
            "SYSTEMERROR",
            {**passing, "authenticated": True},
            options=options,
        ),
    ]
