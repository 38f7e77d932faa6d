//! Every documented refusal is recognised by its wording, and by nothing else's.

use std::collections::BTreeSet;

use wechatpay_customs::{
    Operation,
    catalogue::{CODE_ADVICE, ENTRIES, MAINLAND, by_reason, code_advice, entry, mainland},
    error::CODES,
};

use Operation::{Declare, Redeclare};

/// The messages as printed on the declare page (2023-02-17), in its order.
const DECLARE: [(&str, &str, &str); 25] = [
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
    (
        "PARAM_ERROR",
        "Transaction currency is different from merchant's settlement currency.",
        "settlement_currency_still_differs",
    ),
    ("PARAM_ERROR", "Missing parameters in split declaration.", "split_parameters_missing"),
    ("SYSTEMERROR", "System error", "system_error"),
];

/// The messages as printed on the redeclare page (2025-01-07).
const REDECLARE: [(&str, &str, &str); 6] = [
    ("INVALID_REQUEST", "Customs declaration record does not exist.", "declaration_not_found"),
    ("INVALID_REQUEST", "Customs information is not configured.", "customs_not_configured"),
    ("NOAUTH", "The merchant has not registered with the current customs", "customs_not_registered"),
    ("NOAUTH", "Self-Clearance is not enabled.", "self_clearance_not_enabled"),
    ("PARAM_ERROR", "Parameter error", "parameter_error"),
    ("SYSTEMERROR", "System error", "system_error"),
];

fn printed() -> impl Iterator<Item = (Operation, &'static str, &'static str, &'static str)> {
    let on = |operation| move |(code, message, reason)| (operation, code, message, reason);
    DECLARE.into_iter().map(on(Declare)).chain(REDECLARE.into_iter().map(on(Redeclare)))
}

/// The row that is printed twice is found as the first of the two.
fn found(reason: &str) -> &str {
    if reason == "settlement_currency_still_differs" { "settlement_currency_differs" } else { reason }
}

fn reason(operation: Operation, code: &str, message: &str) -> Option<&'static str> {
    entry(operation, code, message).map(|entry| entry.reason)
}

#[test]
fn one_entry_for_every_printed_row() {
    assert_eq!(ENTRIES.len(), 31);
    let entries: BTreeSet<_> = ENTRIES.iter().map(|entry| (entry.operation.name(), entry.code, entry.reason)).collect();
    let rows: BTreeSet<_> = printed().map(|(operation, code, _, reason)| (operation.name(), code, reason)).collect();
    assert_eq!(entries, rows);
    let names: BTreeSet<_> = ENTRIES.iter().map(|entry| (entry.operation.name(), entry.reason)).collect();
    assert_eq!(names.len(), 31, "a reason stands twice on one operation");
    let order = |operation| ENTRIES.iter().filter(move |entry| entry.operation == operation).map(|entry| entry.reason);
    assert!(order(Declare).eq(DECLARE.iter().map(|row| row.2)), "not in the page's order");
    assert!(order(Redeclare).eq(REDECLARE.iter().map(|row| row.2)), "not in the page's order");
}

#[test]
fn each_printed_wording_finds_its_entry_however_it_is_written() {
    for (operation, code, message, name) in printed() {
        let mut variants = vec![
            message.to_owned(),
            message.to_uppercase(),
            message.to_lowercase(),
            format!("  {}!  ", message.trim_end_matches('.')),
            message.replace([' ', '-'], "  "),
            message.replace(' ', "_"),
            message.replace('-', ""),
            message.replace(['.', ' ', '-', '_', '(', ')', '\''], ""),
            message.replace("No.", "number"),
            message.replace("No.", "no"),
            message.replace("is not", "isn't").replace("does not", "doesn't").replace("has not", "hasn't"),
            message.replace("is not", "isn’t"),
            message.replace("is not", "was not yet"),
            message.chars().map(wide).collect(),
        ];
        if code == "PARAM_ERROR" {
            variants.push(format!("Parameter error: {message}"));
        }
        for variant in variants {
            assert_eq!(reason(operation, code, &variant), Some(found(name)), "{operation} {code}: {variant}");
        }
    }
}

fn wide(character: char) -> char {
    match character {
        '!'..='~' => char::from_u32(u32::from(character) + 0xFEE0).expect("a full-width form"),
        ' ' => '\u{3000}',
        other => other,
    }
}

#[test]
fn other_operations_and_codes_have_no_such_entries() {
    for (operation, code, message, name) in printed() {
        for other in Operation::ALL.iter().filter(|other| **other != operation) {
            match by_reason(*other, name) {
                Some(same) => assert_eq!(reason(*other, code, message), Some(same.reason), "{other}: {message}"),
                None => assert_ne!(reason(*other, code, message), Some(found(name)), "{other}: {message}"),
            }
            if ![Declare, Redeclare].contains(other) {
                assert_eq!(reason(*other, code, message), None, "{other}: {message}");
            }
        }
        for other in ["INVALID_REQUEST", "NOAUTH", "PARAM_ERROR", "SYSTEMERROR", "SIGN_ERROR", "SOMETHING_NEW", ""] {
            if other != code {
                assert_ne!(reason(operation, other, message), Some(name), "{operation} {other}: {message}");
            }
        }
        assert_eq!(reason(operation, "SIGN_ERROR", message), None);
    }
}

#[test]
fn the_row_that_is_printed_twice() {
    let first = by_reason(Declare, "settlement_currency_differs").expect("an entry");
    let second = by_reason(Declare, "settlement_currency_still_differs").expect("an entry");
    assert_ne!(first.advice, second.advice);
    assert!(first.advice.en.contains("fee_type") && second.advice.en.contains("again"));
}

#[test]
fn every_entry_is_found_by_its_reason() {
    for entry in ENTRIES {
        let found = by_reason(entry.operation, entry.reason).expect("an entry");
        assert_eq!((found.code, found.cause(), &found.advice), (entry.code, entry.cause(), &entry.advice));
    }
    assert!(by_reason(Operation::Query, "parameter_error").is_none());
    assert!(by_reason(Redeclare, "declared_data_differs").is_none());
    assert!(by_reason(Declare, "nothing").is_none());
}

#[test]
fn other_wordings() {
    for (operation, code, message, expected) in [
        (Declare, "INVALID_REQUEST", "differs from the original", "declared_data_differs"),
        (
            Declare,
            "INVALID_REQUEST",
            "The information re-entered for customs declaration differs from the original",
            "declared_data_differs",
        ),
        (Declare, "INVALID_REQUEST", "The order amount is different from the original payment", "order_amount_differs"),
        (Declare, "INVALID_REQUEST", "order amount mismatch", "order_amount_differs"),
        (Declare, "INVALID_REQUEST", "Refunded orders can't be declared", "refunded_order"),
        (Declare, "INVALID_REQUEST", "Customs info has not been configured yet", "customs_not_configured"),
        (Redeclare, "INVALID_REQUEST", "no declaration record was found", "declaration_not_found"),
        (Redeclare, "INVALID_REQUEST", "Declaration record not found", "declaration_not_found"),
        (Declare, "NO_AUTH", "merchant isn't registered with this customs", "customs_not_registered"),
        (Declare, "NOAUTH", "Self clearance has not been enabled", "self_clearance_not_enabled"),
        (Declare, "PARAM_ERROR", "mchid is empty", "mchid_not_set"),
        (Declare, "PARAM_ERROR", "Merchant ID is required.", "mchid_not_set"),
        (Declare, "PARAM_ERROR", "Invalid merchant ID length: 10 digits required", "mchid_length"),
        (Declare, "PARAM_ERROR", "fee_type is missing", "currency_not_set"),
        (Declare, "PARAM_ERROR", "Currency is required for split declaration", "currency_not_set"),
        (Declare, "PARAM_ERROR", "out_trade_no must not be empty", "out_trade_no_not_set"),
        (Declare, "PARAM_ERROR", "Merchant order number isn't set", "out_trade_no_not_set"),
        (Declare, "PARAM_ERROR", "transactionId is not set", "transaction_id_not_set"),
        (Declare, "PARAM_ERROR", "WeChat Pay order number is not set", "transaction_id_not_set"),
        (Declare, "PARAM_ERROR", "invalid length of transaction_id", "transaction_id_length"),
        (Declare, "PARAM_ERROR", "customs is not set", "customs_not_set"),
        (Declare, "PARAM_ERROR", "customs must not be empty", "customs_not_set"),
        (Declare, "PARAM_ERROR", "merchant_customs_no is not set", "merchant_customs_no_not_set"),
        (Declare, "PARAM_ERROR", "merchant_customs_no: invalid length", "merchant_customs_no_length"),
        (Declare, "PARAM_ERROR", "sub_order_no is too long", "sub_order_no_length"),
        (Declare, "PARAM_ERROR", "Parameter error: appid is required", "appid_not_set"),
        (Declare, "PARAM_ERROR", "Customs declaration failed: appid is not set", "appid_not_set"),
        (Declare, "PARAM_ERROR", "Settlement currency is not set", "currency_not_set"),
        (Declare, "PARAM_ERROR", "Split order amount exceeds the original order amount", "split_amount_too_high"),
        (
            Declare,
            "PARAM_ERROR",
            "Missing parameters in split declaration: fee_type, order_fee",
            "split_parameters_missing",
        ),
        (Declare, "PARAM_ERROR", "Missing parameters", "parameter_error"),
        (Declare, "PARAM_ERROR", "Invalid parameter", "parameter_error"),
        (Redeclare, "PARAM_ERROR", "Parameter error: mchid is not set", "parameter_error"),
        (Declare, "SYSTEM_ERROR", "system busy, please try again later", "system_error"),
        // Chinese: four wordings of WeChat Pay's FAQ on the v2 API and one from a forum thread, then inferred ones.
        (Declare, "INVALID_REQUEST", "商户海关申报重入信息不一致", "declared_data_differs"),
        (Declare, "NOAUTH", "商户不支持该海关", "customs_not_registered"),
        (Declare, "NOAUTH", "商户不支持申报", "self_clearance_not_enabled"),
        (Declare, "PARAM_ERROR", "交易单信息有误", "transaction_data_incorrect"),
        (Declare, "PARAM_ERROR", "请求参数参数长度错误", "parameter_error"),
        (Declare, "INVALID_REQUEST", "重新提交的报关信息与原信息不一致", "declared_data_differs"),
        (Declare, "INVALID_REQUEST", "海关信息未配置", "customs_not_configured"),
        (Redeclare, "INVALID_REQUEST", "商戶未配置海關資訊", "customs_not_configured"),
        (Declare, "INVALID_REQUEST", "订单金额不匹配", "order_amount_differs"),
        (Declare, "INVALID_REQUEST", "訂單金額與原支付單金額不一致", "order_amount_differs"),
        (Declare, "INVALID_REQUEST", "金额与原订单不一致", "order_amount_differs"),
        (Declare, "INVALID_REQUEST", "退款订单不允许申报", "refunded_order"),
        (Declare, "INVALID_REQUEST", "訂單已退款，不能報關", "refunded_order"),
        (Redeclare, "INVALID_REQUEST", "報關記錄不存在", "declaration_not_found"),
        (Redeclare, "INVALID_REQUEST", "报关单不存在", "declaration_not_found"),
        (Declare, "NOAUTH", "商戶未在當前海關備案", "customs_not_registered"),
        (Redeclare, "NOAUTH", "商户没有在该海关注册", "customs_not_registered"),
        (Declare, "NOAUTH", "未開通自助清關", "self_clearance_not_enabled"),
        (Declare, "PARAM_ERROR", "商户号(mch_id)未设置", "mchid_not_set"),
        (Declare, "PARAM_ERROR", "商戶號長度不合法", "mchid_length"),
        (Declare, "PARAM_ERROR", "幣種未設置", "currency_not_set"),
        (Declare, "PARAM_ERROR", "商户订单号（out_trade_no）不能为空", "out_trade_no_not_set"),
        (Declare, "PARAM_ERROR", "微信支付订单号未设置", "transaction_id_not_set"),
        (Declare, "PARAM_ERROR", "微信訂單號長度錯誤", "transaction_id_length"),
        (Declare, "PARAM_ERROR", "海关信息没有设置", "customs_not_set"),
        (Declare, "PARAM_ERROR", "海关不能为空", "customs_not_set"),
        (Declare, "PARAM_ERROR", "海关备案号为空", "merchant_customs_no_not_set"),
        (Declare, "PARAM_ERROR", "海關備案號長度無效", "merchant_customs_no_length"),
        (Declare, "PARAM_ERROR", "商户子订单号长度非法", "sub_order_no_length"),
        (Declare, "PARAM_ERROR", "缺少参数appid", "appid_not_set"),
        (Declare, "PARAM_ERROR", "交易币种与商户结算币种不一致", "settlement_currency_differs"),
        (Declare, "PARAM_ERROR", "參數錯誤", "parameter_error"),
        (Declare, "PARAM_ERROR", "订单金额有误", "order_amount_incorrect"),
        (Declare, "PARAM_ERROR", "商户拆单申报金额错误", "split_amount_too_high"),
        (Declare, "PARAM_ERROR", "拆單缺少參數：fee_type", "split_parameters_missing"),
        (Redeclare, "SYSTEMERROR", "系統繁忙，請稍後再試", "system_error"),
    ] {
        assert_eq!(reason(operation, code, message), Some(expected), "{operation} {code}: {message}");
    }
}

#[test]
fn messages_that_say_something_else() {
    for (operation, code, message) in [
        (Declare, "INVALID_REQUEST", "Parameter format verification error"),
        (Declare, "INVALID_REQUEST", "查询指定记录不存在,请重新选择条件查询"),
        (Declare, "INVALID_REQUEST", ""),
        (Declare, "NOAUTH", "see the code"),
        (Declare, "NOAUTH", "no permission"),
        (Declare, "PARAM_ERROR", "see the code"),
        (Declare, "PARAM_ERROR", "not set"),
        (Declare, "PARAM_ERROR", "customs"),
        (Declare, "SYSTEMERROR", "see the code"),
        (Operation::Query, "PARAM_ERROR", "Parameter error"),
    ] {
        assert_eq!(reason(operation, code, message), None, "{operation} {code}: {message}");
    }
    let long = format!("{}AppId is not set", "x ".repeat(2_000_000));
    assert_eq!(reason(Declare, "PARAM_ERROR", &long), None);
}

#[test]
fn advice_in_two_languages_and_in_our_own_words() {
    let chinese = |text: &str| text.chars().any(|character| ('\u{4E00}'..='\u{9FFF}').contains(&character));
    let causes = ENTRIES.iter().map(|entry| (entry.reason, entry.cause().en, entry.cause().zh));
    let advice = ENTRIES.iter().map(|entry| (entry.reason, entry.advice.clone()));
    let advice = advice.chain(CODE_ADVICE.iter().map(|(code, advice)| (*code, advice.clone())));
    let advice = advice.chain(MAINLAND.iter().map(|entry| (entry.reason, entry.advice.clone())));
    let advice: Vec<_> = advice.chain(CODES.iter().map(|code| (code.name, code.advice()))).collect();
    let advice = advice.iter().map(|(name, advice)| (*name, &*advice.en, &*advice.zh));
    for (name, en, zh) in causes.chain(advice) {
        assert!(en.ends_with('.') && !chinese(en) && !en.contains("  "), "{name}: {en}");
        assert!(zh.ends_with('。') && chinese(zh) && !zh.contains("  "), "{name}: {zh}");
        for (_, _, message, _) in printed() {
            assert!(!en.contains(message.trim_end_matches('.')), "{name}: {en}");
        }
    }
    for (operation, _, message, name) in printed() {
        let entry = by_reason(operation, name).expect("an entry");
        assert_ne!(entry.cause().en.trim_end_matches('.'), message.trim_end_matches('.'));
    }
    let refunded = by_reason(Declare, "refunded_order").expect("an entry");
    assert!(refunded.advice.en.contains("cannot be declared") && !refunded.advice.en.contains("regist"));
}

#[test]
fn what_the_mainland_explains_is_nothing_that_the_customs_pages_print() {
    for (_, _, message, _) in printed() {
        assert_eq!(mainland(message).map(|entry| entry.reason), None, "{message}");
    }
    let mut names: Vec<_> = MAINLAND.iter().map(|entry| entry.reason).collect();
    names.extend(ENTRIES.iter().filter(|entry| entry.operation == Declare).map(|entry| entry.reason));
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
    for (message, reason) in [
        ("merchant certificate expired", Some("certificate_expired")),
        ("Incorrect signature: nonce_str was used before; each request needs a new one", Some("nonce_wrong")),
        ("Incorrect signature: the header Authorization is missing", Some("authorization_malformed")),
        ("timestamp is more than 300 seconds from the clock of the server, 1", Some("timestamp_expired")),
        ("AppId and mch_id do not match", Some("appid_mchid_not_match")),
        ("签名错误，请检查后再试", None),
        ("Sign verification failed", None),
        ("", None),
    ] {
        assert_eq!(mainland(message).map(|entry| entry.reason), reason, "{message}");
    }
}

#[test]
fn advice_by_code() {
    let codes = [
        "PARAM_ERROR",
        "INVALID_REQUEST",
        "SIGN_ERROR",
        "NOAUTH",
        "ORDER_NOT_EXIST",
        "RESOURCE_NOT_EXISTS",
        "RATE_LIMITED",
        "SYSTEMERROR",
        "SERVICE_UNAVAILABLE",
        "APPID_MCHID_NOT_MATCH",
    ];
    assert!(CODE_ADVICE.iter().map(|(code, _)| *code).eq(codes));
    for code in codes {
        assert!(code_advice(code).is_some(), "{code}");
    }
    assert!(ENTRIES.iter().all(|entry| code_advice(entry.code).is_some()));
    for (spelling, code) in [
        ("NO_AUTH", "NOAUTH"),
        ("SYSTEM_ERROR", "SYSTEMERROR"),
        ("RATELIMIT_EXCEEDED", "RATE_LIMITED"),
        ("FREQUENCY_LIMITED", "RATE_LIMITED"),
    ] {
        assert_eq!(code_advice(spelling), code_advice(code));
    }
    assert_eq!(code_advice("SOMETHING_NEW"), None);
    assert_eq!(code_advice(""), None);
}
