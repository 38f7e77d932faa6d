//! From a body or query string to a checked request.

use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use wechatpay_customs::{
    Operation,
    api::{Endpoint, Kind},
    check::{Rules, check, check_json},
};

use crate::answer::Refusal;

/// The fields of a JSON body.
pub(crate) fn of_body(operation: Operation, body: &[u8]) -> Result<Value, Refusal> {
    let text = std::str::from_utf8(body).map_err(|_| Refusal::param("", &Value::Null, "must be UTF-8", "body"))?;
    let (fields, findings) = check_json(operation, text, &Rules::default());
    Refusal::of_findings(&findings)?;
    Ok(fields)
}

/// The fields of a query string.
pub(crate) fn of_query(operation: Operation, query: &str) -> Result<Value, Refusal> {
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
    Refusal::of_findings(&check(operation, &fields, &Rules::default()))?;
    Ok(fields)
}

/// The request that sound fields make.
pub(crate) fn request<R: Endpoint + DeserializeOwned>(fields: Value) -> Result<R, Refusal> {
    serde_json::from_value(fields).map_err(|error| Refusal::param("", &Value::Null, &error.to_string(), "body"))
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
