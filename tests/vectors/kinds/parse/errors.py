"""Vectors of responses that are not 2xx: refusals, pages of proxies, redirects."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from kinds.parse.shape import api_error, failed, worded
from objects import Object, compact, without
from operation import Operation
from oracle.keys import OTHER, PLATFORM_PUBLIC, PUBLIC_KEY_ID
from oracle.responses import and_headers, answer, gzipped
from samples import HTML, NOBODY_WITH_X

EPOCH = "Thu, 01 Jan 2026 00:00:00 GMT"


def quoting_vectors(verify_identity: Operation) -> list[Object]:
    """Refusals that quote the request: personal data in them is hidden, and nothing else is lost."""

    def quoting(name: str, person: Object, error: Object, told: Object, *hidden: str) -> Object:
        response = answer(error, 400, signer=None)
        request = {**verify_identity.request, **person}
        error = {"may_have_been_applied": False, "retryable": False, **told}
        vector = failed(f"quoting-{name}", verify_identity, response, "api", error.pop("code"), error, request=request)
        return {**vector, "hidden": list(hidden)} if hidden else vector

    words: Object = {"field": "/certificate_name", "issue": "must be like someone", "location": "body"}
    return [
        *[
            quoting(
                f"a-name-like-{name.lower()}-with-{code.lower().replace('_', '-')}",
                {"certificate_name": name},
                {"code": code, "message": f"wrong parameter, see {name}.", "detail": {**words, "value": name}},
                {
                    "code": code,
                    "detail": {**words, "value": "***"},
                    "says": [f"{code} (HTTP 400): wrong parameter, see ***."],
                },
            )
            for name in ["OR", "Li", "Sy", "de", "me", "code", "detail", "INVALID"]
            for code in ["PARAM_ERROR", "INVALID_REQUEST"]
        ],
        quoting(
            "an-id-in-another-letter-case",
            {"certificate_id": NOBODY_WITH_X},
            {
                "code": "PARAM_ERROR",
                "message": f"{NOBODY_WITH_X.lower()} is wrong",
                "detail": {"a": NOBODY_WITH_X.lower()},
            },
            {"code": "PARAM_ERROR", "detail": {"a": "***"}},
            NOBODY_WITH_X,
            NOBODY_WITH_X.lower(),
        ),
        quoting(
            "a-name-within-a-text",
            {"certificate_name": "Li"},
            {"code": "PARAM_ERROR", "message": "x", "detail": {"a": 'name%3DLi&b {\\"n\\":\\"li\\"}\\tLI'}},
            {"code": "PARAM_ERROR", "detail": {"a": 'name%3D***&b {\\"n\\":\\"***\\"}\\t***'}},
        ),
    ]


def error_vectors(operations: Mapping[str, Operation]) -> list[Object]:
    """Responses that are not 2xx."""
    declare, modify, query = operations["declare"], operations["modify"], operations["query"]
    changing = [operation for operation in operations.values() if operation.changes]
    # An error as the declare page prints it, and one in the shape of SIGN_ERROR.
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

    def page(name: str, operation: Operation, response: Object, retryable: bool, applied: bool) -> Object:
        error = {"authenticated": False, "retryable": retryable, "may_have_been_applied": applied}
        return failed(name, operation, response, "response", "BODY_NOT_JSON", error)

    html_502 = answer(HTML, 502, signer=None, content_type="text/html", request_id=None)
    html_404 = answer("<html>not found</html>", 404, signer=None, content_type="text/html", request_id=None)
    return [
        api_error(
            "error-printed-unsigned",
            declare,
            unsigned(printed, 400),
            "INVALID_REQUEST",
            reason=None,
            detail=printed["detail"],
            warnings=[],
        ),
        api_error(
            "error-detail-with-a-member-called-proto",
            declare,
            unsigned({**printed, "detail": {"__proto__": printed["detail"], "issue": "x"}}, 400),
            "INVALID_REQUEST",
            detail={"__proto__": printed["detail"], "issue": "x"},
            warnings=[],
        ),
        api_error(
            "error-signed",
            declare,
            answer(printed, 400),
            "INVALID_REQUEST",
            authenticated=True,
            detail=printed["detail"],
            warnings=[],
        ),
        api_error(
            "error-signed-by-public-key",
            query,
            answer(named("ORDER_NOT_EXIST"), 404, signer=PLATFORM_PUBLIC, serial=PUBLIC_KEY_ID),
            "ORDER_NOT_EXIST",
            authenticated=True,
            warnings=[],
        ),
        api_error(
            "error-wrongly-signed",
            declare,
            answer(printed, 400, signer=OTHER),
            "INVALID_REQUEST",
            detail=printed["detail"],
            warnings=[{"rule": "error_signature"}],
        ),
        api_error(
            "error-declared-data-differs",
            declare,
            unsigned(differs, 400),
            "INVALID_REQUEST",
            reason="declared_data_differs",
        ),
        api_error(
            "error-sign-error-with-its-own-detail",
            declare,
            unsigned(sign_error, 401),
            "SIGN_ERROR",
            detail=sign_error["detail"],
        ),
        api_error("error-param-error", query, unsigned(named("PARAM_ERROR"), 400), "PARAM_ERROR"),
        api_error("error-no-auth", declare, unsigned(named("NO_AUTH"), 403), "NOAUTH"),
        api_error("error-noauth", declare, unsigned(named("NOAUTH"), 403), "NOAUTH"),
        api_error(
            "error-return-code",
            query,
            unsigned({"return_code": "ORDER_NOT_EXIST", "message": "no such order"}, 404),
            "ORDER_NOT_EXIST",
        ),
        api_error(
            "error-return-code-normalised",
            declare,
            unsigned({"return_code": "NO_AUTH", "message": "no permission"}, 403),
            "NOAUTH",
        ),
        *[
            api_error(
                f"error-{status}-{code.lower().replace('_', '-')}-on-{operation.name}",
                operation,
                unsigned(named(code), status),
                code,
                applied=operation.changes,
            )
            for status, code in [
                (400, "SOMETHING_NEW"),
                (400, "APPID_MCHID_NOT_MATCH"),
                (404, "not_found"),
                (409, "CONFLICT"),
                (425, "TOO_EARLY"),
                (499, "CLIENT_CLOSED"),
            ]
            for operation in [*changing, query]
        ],
        *[
            failed(
                f"error-code-empty-on-{operation.name}",
                operation,
                unsigned({"code": "", "message": "odd"}, 400),
                "response",
                "BODY_UNEXPECTED",
                {"may_have_been_applied": operation.changes, "retryable": False},
            )
            for operation in [modify, query]
        ],
        api_error(
            "error-code-empty-beside-return-code",
            modify,
            unsigned({"code": "", "return_code": "PARAM_ERROR", "message": "odd"}, 400),
            "PARAM_ERROR",
        ),
        api_error("error-unknown-code-at-429", modify, unsigned(named("SLOW_DOWN"), 429), "SLOW_DOWN", retryable=True),
        *[
            api_error(
                f"error-{what}",
                declare,
                answer(b'{"code":"PARAM_ERROR","message":' + text + b',"detail":{"field":"/duty"}}', 400, signer=None),
                "PARAM_ERROR",
                advice={},
                detail={"field": "/duty"},
            )
            for what, text in [
                ("in-gbk", b'"\xb2\xce\xca\xfd\xb4\xed\xce\xf3"'),
                ("in-gbk-with-a-backslash", b'"\xd5\\"'),
                ("with-half-of-a-surrogate-pair", b'"\\ud83d"'),
                ("with-a-line-feed-in-a-text", b'"a\nb"'),
                ("with-an-unknown-escape", b'"\\x"'),
                ("with-a-number-beyond-floats", b'"","more":1e400'),
                ("with-128-levels", b'"","more":' + b"[" * 128 + b"]" * 128),
            ]
        ],
        api_error(
            "error-with-a-byte-order-mark",
            declare,
            answer(b"\xef\xbb\xbf" + compact(named("PARAM_ERROR")).encode(), 400, signer=None),
            "PARAM_ERROR",
        ),
        api_error(
            "error-with-an-integer-beyond-64-bits",
            declare,
            answer('{"code":"PARAM_ERROR","detail":{"value":123456789012345678901234567890}}', 400, signer=None),
            "PARAM_ERROR",
            detail={"value": "123456789012345678901234567890"},
        ),
        failed(
            "error-compressed",
            declare,
            {
                **without(and_headers(unsigned(named("PARAM_ERROR"), 400), Content_Encoding="gzip"), "body"),
                "body_base64": base64.b64encode(gzipped(compact(named("PARAM_ERROR")).encode())).decode(),
            },
            "response",
            "BODY_NOT_JSON",
            {"may_have_been_applied": True, "says": ["compressed body (`Content-Encoding: gzip`)"]},
        ),
        # Nothing of the service's can break a line of ours, or fill pages.
        worded(
            api_error(
                "error-with-escapes",
                declare,
                unsigned({"code": "PARAM_ERROR", "message": "a\n\x1b[2Jb\u202ec" + "x" * 2_000}, 400),
                "PARAM_ERROR",
            ),
            "a\\n\\u{1b}[2Jb\\u{202e}c",
            hidden=["x" * 600],
        ),
        worded(
            api_error(
                "error-with-escapes-in-its-code",
                query,
                unsigned({"code": "A\nB" + "C" * 1000, "message": ""}, 400),
                "A\\nB" + "C" * 61 + "…",
            ),
            "refused: A\\nBCC",
        ),
        # A date is counted from that of the answer.
        *[
            failed(
                f"retry-after-{what}",
                query,
                and_headers(unsigned(named("RATE_LIMITED"), 429), **headers),
                "api",
                "RATE_LIMITED",
                {"retry_after": milliseconds},
            )
            for what, headers, milliseconds in [
                ("in-seconds", {"Retry-After": "30"}, 30_000),
                ("as-a-date", {"Retry-After": "Thu, 01 Jan 2026 00:01:00 GMT", "Date": EPOCH}, 60_000),
                ("as-a-date-that-is-past", {"Retry-After": "Wed, 31 Dec 2025 00:00:00 GMT", "Date": EPOCH}, 0),
                ("as-a-date-without-another", {"Retry-After": "Thu, 01 Jan 2026 00:01:00 GMT"}, None),
                ("as-neither", {"Retry-After": "soon", "Date": EPOCH}, None),
            ]
        ],
        *quoting_vectors(operations["verify_identity"]),
        *[
            api_error(
                f"error-429-{code.lower().replace('_', '-')}",
                operation,
                unsigned(named(code), 429),
                "RATE_LIMITED",
                retryable=True,
            )
            for code, operation in {
                "RATE_LIMITED": declare,
                "RATELIMIT_EXCEEDED": declare,
                "FREQUENCY_LIMITED": query,
            }.items()
        ],
        *[
            api_error(
                f"error-500-{code.lower().replace('_', '-')}-on-{operation.name}",
                operation,
                unsigned(named(code), 500),
                "SYSTEMERROR",
                retryable=True,
                applied=operation.changes,
            )
            for code, operation in [("SYSTEM_ERROR", declare), ("SYSTEMERROR", declare), ("SYSTEMERROR", query)]
        ],
        api_error(
            "error-code-tells-more-than-the-status",
            declare,
            unsigned(named("SYSTEMERROR"), 400),
            "SYSTEMERROR",
            retryable=True,
            applied=None,
        ),
        api_error(
            "error-503-signed",
            declare,
            answer(named("SERVICE_UNAVAILABLE"), 503),
            "SERVICE_UNAVAILABLE",
            authenticated=True,
            retryable=True,
            applied=True,
        ),
        page("html-502-on-declare", declare, html_502, True, True),
        page("html-502-on-query", query, html_502, True, False),
        page("html-404-is-no-answer-about-the-order", query, html_404, False, False),
        page("empty-503", declare, answer("", 503, signer=None), True, True),
        page("empty-429", declare, answer("", 429, signer=None), True, False),
        failed(
            "rate-limited-for-longer-than-timers-count",
            declare,
            {
                **(limited := answer({"code": "RATE_LIMITED", "message": "later"}, 429)),
                "headers": [*limited["headers"], ["Retry-After", "9007199254741"]],
            },
            "api",
            "RATE_LIMITED",
            {"retryable": True, "may_have_been_applied": False, "authenticated": True},
        ),
        failed("status-that-says-nothing", declare, answer("", 199, signer=None), "response", "STATUS_UNEXPECTED", {}),
        failed(
            "redirect-not-shown",
            declare,
            answer("", 0, signer=None),
            "response",
            "REDIRECT_REFUSED",
            {"status": None},
        ),
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
                (302, query, answer("", 302, signer=None)),
                (307, declare, answer("", 307, signer=None)),
            ]
        ],
    ]
