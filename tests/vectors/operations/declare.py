"""`declare`: declares a payment, or one part of a split payment, to a customs."""

from __future__ import annotations

from kinds.check.findings import Hit
from kinds.check.shape import checked
from kinds.explain.requests import sent, sound_request
from kinds.parse.refusals import Row, documented, refusal
from kinds.parse.shape import parsed
from kinds.prepare import prepared, refused
from objects import Object, without
from operation import Given, Operation
from oracle.responses import answer
from samples import NOBODY, ORDER, OWNER, SPLIT

# The request that the page prints. Its own sum rule does not hold for it.
PRINTED: Object = {
    **OWNER,
    **ORDER,
    "duty": 888,
    "sub_order_no": "20150806125346",
    "fee_type": "CNY",
    "order_fee": 888,
    "transport_fee": 888,
    "product_fee": 888,
}
# The answer that the page prints.
ANSWER: Object = {
    **OWNER,
    "state": "PROCESSING",
    "out_trade_no": "20150806125346",
    "transaction_id": "1000320306201511078440737890",
    "sub_order_no": "20150806125346",
    "sub_order_id": "20150806125346",
    "verify_department": "UNIONPAY",
    "verify_department_trade_id": "2018112288340107038204310100000",
}

DECLARE = Operation(
    name="declare",
    method="POST",
    path="/customs/orders",
    fields=[
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
    ],
    optional=["duty", *SPLIT],
    request=ORDER,
    printed=PRINTED,
    answer=ANSWER,
    changes=True,
)


def prepare() -> Given:
    """Requests, signed or refused."""
    every_field = {**ORDER, "duty": 88, **SPLIT}
    return {
        "signed": [
            prepared("declare-unsplit", DECLARE, ORDER),
            prepared("declare-split", DECLARE, every_field),
            prepared("declare-fields-in-another-order", DECLARE, dict(reversed(every_field.items()))),
            prepared("declare-non-ascii-text-unescaped", DECLARE, {**ORDER, "merchant_customs_no": "沪A1·é"}),
            prepared("declare-json-escapes", DECLARE, {**ORDER, "merchant_customs_no": 'q"b\\s/l<&>\u2028'}),
            prepared("declare-duty-zero", DECLARE, {**ORDER, "duty": 0}),
            prepared(
                "declare-largest-amounts",
                DECLARE,
                {
                    **ORDER,
                    **SPLIT,
                    "duty": 2147483647,
                    "order_fee": 2147483647,
                    "transport_fee": 0,
                    "product_fee": 2147483647,
                },
            ),
            prepared(
                "declare-own-appid-and-mchid",
                DECLARE,
                {"appid": "wx0000000000000001", "mchid": "1230000110", **ORDER},
            ),
        ],
        "printed": [
            prepared(
                "declare-printed-request-with-sum-as-warning",
                DECLARE,
                PRINTED,
                {"rules": {"order_fee_sum": "warning"}},
            ),
        ],
        "refused": [
            refused(
                "declare-sum-wrong",
                DECLARE,
                {**ORDER, **SPLIT, "order_fee": 889},
                ("order_fee_sum", "order_fee"),
                ("split_institution_mode", "sub_order_no"),
            ),
            refused(
                "declare-required-missing", DECLARE, without(ORDER, "transaction_id"), ("required", "transaction_id")
            ),
            refused(
                "declare-warning-turned-to-error",
                DECLARE,
                {**ORDER, "customs": "ATLANTIS"},
                ("customs_unknown", "customs"),
                rules={"customs_unknown": "error"},
            ),
        ],
    }


def check() -> Given:
    """Declarations and their findings."""
    order = {**OWNER, **ORDER}
    split = {**order, **SPLIT}
    mode: Hit = ("split_institution_mode", "sub_order_no")
    sum_rule: Hit = ("order_fee_sum", "order_fee")
    return {
        "sound": [
            checked("declare-unsplit-sound", DECLARE, order),
            checked("declare-every-field-sound", DECLARE, {**split, "duty": 88}, mode),
            checked("declare-printed-request", DECLARE, PRINTED, mode, sum_rule),
        ],
        "split orders": [
            checked(
                "split-all-fields-missing",
                DECLARE,
                {**order, "sub_order_no": "20150806125346-1"},
                mode,
                *[("split_fields_incomplete", name) for name in [*SPLIT][1:]],
            ),
            checked(
                "split-fee-type-missing",
                DECLARE,
                without(split, "fee_type"),
                mode,
                ("split_fields_incomplete", "fee_type"),
            ),
            checked(
                "split-amount-missing-so-no-sum",
                DECLARE,
                {**without(split, "transport_fee"), "order_fee": 1},
                mode,
                ("split_fields_incomplete", "transport_fee"),
            ),
            checked(
                "split-amount-unsound-so-no-sum",
                DECLARE,
                {**split, "order_fee": 1, "product_fee": -1},
                mode,
                ("range", "product_fee"),
            ),
        ],
        "sums": [
            checked("split-sum-one-too-small", DECLARE, {**split, "order_fee": 887}, mode, sum_rule),
            checked("split-sum-one-too-large", DECLARE, {**split, "order_fee": 889}, mode, sum_rule),
            checked(
                "split-sum-of-zeros", DECLARE, {**split, "order_fee": 0, "transport_fee": 0, "product_fee": 0}, mode
            ),
            checked(
                "split-sum-beyond-32-bits",
                DECLARE,
                {**split, "order_fee": 2147483647, "transport_fee": 2147483647, "product_fee": 2147483647},
                mode,
                sum_rule,
            ),
            checked("split-currency-other", DECLARE, {**split, "fee_type": "USD"}, mode, ("fee_type_cny", "fee_type")),
            checked(
                "split-currency-in-lower-case",
                DECLARE,
                {**split, "fee_type": "cny"},
                mode,
                ("fee_type_cny", "fee_type"),
            ),
            checked(
                "split-fields-without-sub-order-no",
                DECLARE,
                without(split, "sub_order_no"),
                *[("split_without_sub_order_no", name) for name in [*SPLIT][1:]],
            ),
            checked(
                "split-one-field-without-sub-order-no",
                DECLARE,
                {**order, "product_fee": 800},
                ("split_without_sub_order_no", "product_fee"),
            ),
        ],
        "fields of others": [
            checked(
                "declare-sub-order-id-is-not-sent",
                DECLARE,
                {**split, "sub_order_id": "1000320306201511078440737891"},
                mode,
                ("unknown_field", "sub_order_id"),
            ),
            checked(
                "declare-identity-is-not-sent-nor-shown",
                DECLARE,
                {**order, "certificate_id": NOBODY, "certificate_name": "测试甲"},
                ("unknown_field", "certificate_id"),
                ("unknown_field", "certificate_name"),
            ),
        ],
    }


# Every row of the table of errors on the page (2023-02-17), as printed.
REFUSALS: list[Row] = [
    (
        "INVALID_REQUEST",
        "The information re-entered by merchant for customs declaration is different from the original one",
        "declared_data_differs",
    ),
    ("INVALID_REQUEST", "Customs information is not configured", "customs_not_configured"),
    ("INVALID_REQUEST", "Order amount does not match", "order_amount_differs"),
    ("INVALID_REQUEST", "Declaration is not allowed for refunded orders.", "refunded_order"),
    ("NOAUTH", "The merchant has not registered with the current customs", "customs_not_registered"),
    ("NOAUTH", "Self-Clearance is not enabled.", "self_clearance_not_enabled"),
    ("PARAM_ERROR", "Merchant ID (mch_id) is not set", "mchid_not_set"),
    ("PARAM_ERROR", "Invalid merchant ID length", "mchid_length"),
    ("PARAM_ERROR", "Currency is not set", "currency_not_set"),
    ("PARAM_ERROR", "Merchant order No. (out_trade_no) is not set", "out_trade_no_not_set"),
    ("PARAM_ERROR", "WeChat order No. (transaction_id) is not set.", "transaction_id_not_set"),
    ("PARAM_ERROR", "Invalid WeChat order No. length", "transaction_id_length"),
    ("PARAM_ERROR", "Customs information is not set", "customs_not_set"),
    ("PARAM_ERROR", "Customs registration No. is not set", "merchant_customs_no_not_set"),
    ("PARAM_ERROR", "Invalid customs registration No. length", "merchant_customs_no_length"),
    ("PARAM_ERROR", "Invalid sub-order No. length (sub_order_no)", "sub_order_no_length"),
    ("PARAM_ERROR", "AppId is not set", "appid_not_set"),
    (
        "PARAM_ERROR",
        "Transaction currency is different from merchant's settlement currency",
        "settlement_currency_differs",
    ),
    ("PARAM_ERROR", "Parameter error", "parameter_error"),
    ("PARAM_ERROR", "Incorrect order amount", "order_amount_incorrect"),
    ("PARAM_ERROR", "Incorrect transaction order information", "transaction_data_incorrect"),
    ("PARAM_ERROR", "Merchant's split declaration amount is incorrect.", "split_amount_too_high"),
    # Printed a second time, with another remedy; the words alone cannot tell it from the first.
    (
        "PARAM_ERROR",
        "Transaction currency is different from merchant's settlement currency.",
        "settlement_currency_differs",
    ),
    ("PARAM_ERROR", "Missing parameters in split declaration.", "split_parameters_missing"),
    ("SYSTEMERROR", "System error", "system_error"),
]


def parse() -> Given:
    """Answers and refusals."""
    unsplit = without(ANSWER, "sub_order_no", "sub_order_id")
    upper = {
        ("Verify_department_trade_id" if name == "verify_department_trade_id" else name): value
        for name, value in unsplit.items()
    }
    return {
        "unsplit answers": [
            parsed("declare-unsplit-answer", DECLARE, answer(unsplit), unsplit),
            parsed("declare-key-spelled-as-in-the-table", DECLARE, answer(upper), unsplit),
        ],
        "refusals": documented(DECLARE, REFUSALS),
        "refusals in Chinese": [
            # The Chinese of the service is not printed on the pages that were seen: these are plain ways to say it.
            refusal(
                "chinese-customs-not-configured", DECLARE, "INVALID_REQUEST", "海关信息未配置", "customs_not_configured"
            ),
            refusal(
                "chinese-order-amount-differs", DECLARE, "INVALID_REQUEST", "订单金额不匹配", "order_amount_differs"
            ),
            refusal("chinese-refunded-order", DECLARE, "INVALID_REQUEST", "退款订单不允许报关。", "refunded_order"),
            refusal(
                "chinese-customs-not-registered", DECLARE, "NOAUTH", "商户未在当前海关备案", "customs_not_registered"
            ),
            refusal(
                "chinese-self-clearance-not-enabled",
                DECLARE,
                "NOAUTH",
                "未开通自助清关功能",
                "self_clearance_not_enabled",
            ),
            refusal(
                "chinese-transaction-id-not-set",
                DECLARE,
                "PARAM_ERROR",
                "微信支付订单号(transaction_id)未设置",
                "transaction_id_not_set",
            ),
            refusal("chinese-sub-order-no-length", DECLARE, "PARAM_ERROR", "子订单号长度错误", "sub_order_no_length"),
            refusal("chinese-parameter-error", DECLARE, "PARAM_ERROR", "参数错误", "parameter_error"),
            refusal("chinese-system-error", DECLARE, "SYSTEMERROR", "系统错误", "system_error"),
        ],
    }


def explain() -> Given:
    """A sound request."""
    return {"sound": [sound_request("declare", sent(DECLARE))]}
