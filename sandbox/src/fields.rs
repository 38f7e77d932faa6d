//! Turns a body or query string into a checked request.

use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use wechatpay_customs::{
    Finding, Operation,
    api::{Endpoint, Kind},
    check::{Rules, check, check_json},
};

use crate::{Config, answer::Refusal};

/// The fields of a JSON body, and what is found of them.
pub(crate) fn read(operation: Operation, body: &[u8], rules: &Rules) -> Result<(Value, Vec<Finding>), Refusal> {
    let text = std::str::from_utf8(body).map_err(|_| Refusal::param("", &Value::Null, "must be UTF-8", "body"))?;
    Ok(check_json(operation, text, rules))
}

/// The fields of a JSON body.
pub(crate) fn of_body(operation: Operation, body: &[u8], rules: &Rules) -> Result<Value, Refusal> {
    let (fields, findings) = read(operation, body, rules)?;
    Refusal::of_findings(&findings)?;
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

/// Makes the typed request from sound fields.
pub(crate) fn request<R: Endpoint + DeserializeOwned>(fields: Value) -> Result<R, Refusal> {
    serde_json::from_value(fields).map_err(|error| Refusal::param("", &Value::Null, &error.to_string(), "body"))
}

/// Refuses another application or merchant than the one that the sandbox knows.
pub(crate) fn require_ours(fields: &Value, config: &Config, has_body: bool) -> Result<(), Refusal> {
    let (slash, location) = if has_body { ("/", "body") } else { ("", "query") };
    for (name, ours) in [("appid", &config.appid), ("mchid", &config.mchid)] {
        if let Some(value) = fields.get(name).filter(|value| *value != ours) {
            let issue = format!("is not that of the sandbox, {ours}");
            return Err(Refusal::param(&format!("{slash}{name}"), value, &issue, location));
        }
    }
    Ok(())
}

/// The one length of the table of errors that no rule of the core has.
pub(crate) fn require_literal(fields: &Value) -> Result<(), Refusal> {
    match fields.get("merchant_customs_no") {
        Some(number) if number.as_str().map(str::len) != Some(6) => {
            Err(Refusal::param("/merchant_customs_no", number, "must be a 6-digit string", "body"))
        }
        _ => Ok(()),
    }
}

/// The numbers that a request names under these names, however wrong it is otherwise.
pub(crate) fn numbers(names: &[&str], query: &str, body: &[u8]) -> Vec<String> {
    let given = query.split('&').filter_map(|pair| pair.split_once('='));
    let of_query = given.filter_map(|(name, value)| names.contains(&name).then(|| decoded(value))?);
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    of_query.chain(names.iter().filter_map(|name| Some(body.get(name)?.as_str()?.to_owned()))).collect()
}

/// Decodes percent escapes; a plus stays a plus.
fn decoded(text: &str) -> Option<String> {
    let whole = text.split('%').skip(1).all(|after| {
        let mut digits = after.bytes().map(|byte| byte.is_ascii_hexdigit());
        digits.next() == Some(true) && digits.next() == Some(true)
    });
    whole.then(|| percent_decode_str(text).decode_utf8().ok().map(|text| text.into_owned())).flatten()
}

/// Reads a number if the operation wants one; leaves any other text for the check to refuse.
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
