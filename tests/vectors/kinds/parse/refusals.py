"""Vectors of documented refusals, recognised by the words of their messages."""

from __future__ import annotations

from collections.abc import Sequence

from kinds.parse.shape import api_error
from objects import Object
from operation import Operation
from oracle.responses import answer

Row = tuple[str, str, str]
"""Code, message as printed, and the reason that the library gives."""

# The HTTP status that comes with a code.
STATUSES = {"INVALID_REQUEST": 400, "PARAM_ERROR": 400, "NOAUTH": 403, "SYSTEMERROR": 500}
# Reason, code and message of refusals that the pages for merchants of the mainland explain.
MAINLAND = [
    ("timestamp_expired", "SIGN_ERROR", "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟"),
    ("authorization_scheme", "SIGN_ERROR", "Http头Authorization认证类型不正确"),
    ("authorization_malformed", "SIGN_ERROR", "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》"),
    ("certificate_serial_wrong", "SIGN_ERROR", "商户证书序列号有误。请使用签名私钥匹配的证书序列号"),
    ("certificate_expired", "SIGN_ERROR", "商户证书已过期。"),
    ("certificate_revoked", "SIGN_ERROR", "商户证书已作废。"),
    ("certificate_replaced", "SIGN_ERROR", "已更换证书，请使用新证书"),
    ("certificate_never_made", "SIGN_ERROR", "商户未申请过证书。"),
    ("api_v3_key_not_set", "SIGN_ERROR", "商户未设置APIv3密钥。"),
    ("nonce_wrong", "SIGN_ERROR", "Http头Authorization中的nonce_str不合法"),
    ("mchid_differs", "PARAM_ERROR", "http header中的mchid与post payload中的mchid不匹配"),
    ("appid_mchid_not_match", "APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配，请检查后再试"),
]


def refusal(
    name: str, operation: Operation, code: str, message: str, reason: str | None, sent: str | None = None
) -> Object:
    """A refusal and its documented cause, if it is one; `sent` is another spelling of the code."""
    passing = code == "SYSTEMERROR"
    return api_error(
        f"refusal-{operation.word}-{name}",
        operation,
        answer({"code": sent or code, "message": message}, STATUSES[code], signer=None),
        code,
        retryable=passing and operation.repeatable,
        applied=passing and operation.changes,
        reason=reason,
    )


def documented(operation: Operation, rows: Sequence[Row]) -> list[Object]:
    """Every row of a page's table of errors, in three spellings."""
    vectors: list[Object] = []
    seen: set[str] = set()
    for code, message, reason in rows:
        word = reason.replace("_", "-") + ("-again" if reason in seen else "")
        seen.add(reason)
        # Letter case, spaces and punctuation carry nothing.
        bare = "".join(letter for letter in message if letter not in ".'")
        vectors += [
            refusal(word, operation, code, message, reason),
            refusal(f"{word}-in-capitals", operation, code, message.upper(), reason),
            refusal(f"{word}-with-other-punctuation", operation, code, f"  {bare.replace(' ', '  ')}!", reason),
        ]
    return vectors


def mainland(declare: Operation, verify_identity: Operation) -> list[Object]:
    """Refusals that the mainland's pages explain, on any operation."""
    return [
        api_error(
            f"refusal-mainland-{reason.replace('_', '-')}-on-{operation.word}",
            operation,
            answer({"code": code, "message": message}, 401 if code == "SIGN_ERROR" else 400, signer=None),
            code,
            # A nonce that was used before tells of a request that somebody on the way has repeated.
            retryable=reason == "nonce_wrong" and operation.repeatable,
            applied=reason in ("appid_mchid_not_match", "nonce_wrong") and operation.changes,
            reason=reason,
        )
        for reason, code, message in MAINLAND
        for operation in [declare, verify_identity]
    ]


def other_codes(declare: Operation, redeclare: Operation) -> list[Object]:
    """Documented refusals under another spelling of their code."""
    return [
        refusal(
            "no-auth",
            redeclare,
            "NOAUTH",
            "Self-Clearance is not enabled.",
            "self_clearance_not_enabled",
            "NO_AUTH",
        ),
        refusal(
            "system-error-with-underscore",
            declare,
            "SYSTEMERROR",
            "System error",
            "system_error",
            "SYSTEM_ERROR",
        ),
    ]


def undocumented(declare: Operation, redeclare: Operation, query: Operation) -> list[Object]:
    """Refusals with no documented cause: a row counts only for its code and its operation."""
    return [
        refusal("code-of-another-row", declare, "NOAUTH", "Order amount does not match", None),
        refusal("unprinted-message", declare, "INVALID_REQUEST", "查询指定记录不存在,请重新选择条件查询", None),
        refusal("empty-message", declare, "PARAM_ERROR", "", None),
        refusal("row-of-declare", redeclare, "INVALID_REQUEST", "Order amount does not match", None),
        refusal("row-of-redeclare", declare, "INVALID_REQUEST", "Customs declaration record does not exist.", None),
        refusal("row-of-declare", query, "PARAM_ERROR", "AppId is not set", None),
    ]
