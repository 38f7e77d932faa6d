//! From a body or query string to a checked request.

use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use wechatpay_customs::{
    Operation,
    api::{Endpoint, Kind},
    check::{
        Rules, check, check_json,
        rules::{ALREADY_ENCRYPTED, IDENTITY_CHECK_DIGIT, LENGTH},
    },
    model::Personal,
};

use crate::answer::Refusal;

/// The fields that travel encrypted.
const PERSONAL: [&str; 2] = ["certificate_id", "certificate_name"];

/// The fields of a JSON body, the personal ones decrypted.
pub(crate) fn of_body(
    operation: Operation,
    body: &[u8],
    rules: &Rules,
    decrypt: impl Fn(&str) -> Option<Personal>,
) -> Result<Value, Refusal> {
    let text = std::str::from_utf8(body).map_err(|_| Refusal::param("", &Value::Null, "must be UTF-8", "body"))?;
    let (mut fields, mut findings) = check_json(operation, text, rules);
    let personal = PERSONAL.map(|name| format!("/{name}"));
    if operation == Operation::VerifyIdentity {
        // The check is made for plain text.
        let of_plain = [ALREADY_ENCRYPTED.name, IDENTITY_CHECK_DIGIT.name, LENGTH.name];
        findings.retain(|finding| !(personal.contains(&finding.field) && of_plain.contains(&finding.rule)));
    }
    Refusal::of_findings(&findings)?;
    if operation == Operation::VerifyIdentity {
        for (name, pointer) in PERSONAL.iter().zip(&personal) {
            let Some(Value::String(text)) = fields.get_mut(*name) else { continue };
            let issue =
                "was not encrypted in the way and for the key that is expected: platform private key decryption failed";
            let plain = decrypt(text).ok_or_else(|| Refusal::param(pointer, &Value::Null, issue, "body"))?;
            *text = plain.expose().to_owned();
        }
        Refusal::of_findings(&check(operation, &fields, rules))?;
    }
    Ok(fields)
}

/// The fields of a query string.
pub(crate) fn of_query(operation: Operation, query: &str, rules: &Rules) -> Result<Value, Refusal> {
    let refused = |name: &str, value: &str, issue: &str| Refusal::param(name, &value.into(), issue, "query");
    let mut fields = Map::new();
    for pair in query.split('&').filter(|_| !query.is_empty()) {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(refused(pair, "", "must be a parameter with = and a value"));
        };
        let (Some(name), Some(value)) = (decoded(name), decoded(value)) else {
            return Err(refused(name, value, "must be percent-encoded UTF-8: % and two hexadecimal digits a byte"));
        };
        if value == "null" {
            return Err(refused(&name, &value, "must not be the word null; leave the parameter out instead"));
        }
        if fields.contains_key(&name) {
            return Err(refused(&name, &value, "is given twice; which one counts is not defined"));
        }
        let value = typed(operation, &name, value);
        fields.insert(name, value);
    }
    let fields = Value::Object(fields);
    Refusal::of_findings(&check(operation, &fields, rules))?;
    Ok(fields)
}

/// The request that sound fields make.
pub(crate) fn request<R: Endpoint + DeserializeOwned>(fields: Value) -> Result<R, Refusal> {
    serde_json::from_value(fields).map_err(|error| Refusal::param("", &Value::Null, &error.to_string(), "body"))
}

/// Every number of an order that a request names, however wrong the request is otherwise.
pub(crate) fn numbers(query: &str, body: &[u8]) -> Vec<String> {
    const NAMES: [&str; 4] = ["out_trade_no", "transaction_id", "sub_order_no", "sub_order_id"];
    let of_query = query.split('&').filter_map(|pair| decoded(pair.strip_prefix("order_no=")?));
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    of_query.chain(NAMES.iter().filter_map(|name| Some(body.get(name)?.as_str()?.to_owned()))).collect()
}

/// Percent-decoding; a plus is a plus.
fn decoded(text: &str) -> Option<String> {
    let whole = text.split('%').skip(1).all(|after| {
        let mut digits = after.bytes().map(|byte| byte.is_ascii_hexdigit());
        digits.next() == Some(true) && digits.next() == Some(true)
    });
    whole.then(|| percent_decode_str(text).decode_utf8().ok().map(|text| text.into_owned())).flatten()
}

/// A number where the operation wants one; any other text is left for the check to refuse.
fn typed(operation: Operation, name: &str, value: String) -> Value {
    let number = operation
        .request_fields()
        .iter()
        .any(|field| field.name == name && matches!(field.kind, Kind::Count(_) | Kind::Fen));
    let digits = number && value.bytes().all(|byte| byte.is_ascii_digit());
    match value.parse::<u64>() {
        Ok(number) if digits => number.into(),
        _ => value.into(),
    }
}
