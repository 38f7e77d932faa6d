//! Reads calls and their parts as a host language gives them.

use serde_json::{Map, Value};

use crate::{
    base::{
        json::{byte_list, take},
        secret::Wiped,
    },
    engine::Call,
    protocol::{clock::in_milliseconds, response::Received},
    words::{
        error::{Error, INVALID_OPTION},
        operation::Operation,
    },
};

impl Call {
    /// Reads a call as a host language gives it: `call` is `operation`, `load_keys`, `prepare` or `parse`, beside it stand
    /// the fields of that variant; a null counts as not given.
    ///
    /// # Errors
    /// `UNKNOWN_OPERATION`; `INVALID_OPTION`, naming what is missing or of the wrong type.
    pub fn from_value(value: Value) -> Result<Call, Error> {
        let mut value = Wiped::from(value);
        let Value::Object(given) = &mut *value else { return Err(must_be("a call", "a map")) };
        let call = text(given, "call")?;
        if call == "load_keys" {
            let flight = given.get("flight").and_then(Value::as_u64).ok_or_else(|| must_be("`flight`", "a number"))?;
            return Ok(Call::LoadKeys { flight });
        }
        let operation = Operation::named(&text(given, "operation")?)?;
        match call.as_str() {
            "operation" => Ok(Call::Operation { operation, fields: take(given, "fields") }),
            "prepare" => Ok(Call::Prepare {
                operation,
                timestamp: seconds(given, "timestamp")?,
                nonce: match take(given, "nonce") {
                    Value::Null => None,
                    Value::String(nonce) => Some(nonce),
                    _ => return Err(must_be("`nonce`", "text")),
                },
                padding: match take(given, "padding") {
                    Value::Null => None,
                    mut padding => Some(bytes(&mut padding).ok_or_else(|| must_be("`padding`", "bytes"))?),
                },
                // Taken last, so that a refusal before it leaves the fields to be wiped with the rest.
                fields: take(given, "fields"),
            }),
            "parse" => Ok(Call::Parse {
                operation,
                response: received(take(given, "response"))?,
                now: seconds(given, "now")?,
                request: Some(take(given, "request")).filter(|request| !request.is_null()),
            }),
            _ => Err(must_be("`call`", "operation, prepare or parse")),
        }
    }
}

pub(crate) fn must_be(what: &str, wanted: &str) -> Error {
    Error::new(INVALID_OPTION, format!("{what} must be {wanted}"))
}

fn text(given: &mut Map<String, Value>, name: &str) -> Result<String, Error> {
    match take(given, name) {
        Value::String(text) => Ok(text),
        _ => Err(must_be(&format!("`{name}`"), "text")),
    }
}

pub(crate) fn seconds(given: &mut Map<String, Value>, name: &str) -> Result<Option<i64>, Error> {
    match take(given, name) {
        Value::Null => Ok(None),
        value => match value.as_i64() {
            Some(seconds) if in_milliseconds(seconds) => {
                Err(must_be(&format!("`{name}`"), &format!("in Unix seconds; {seconds} is in milliseconds")))
            }
            Some(seconds) => Ok(Some(seconds)),
            None => Err(must_be(&format!("`{name}`"), "a whole number of Unix seconds")),
        },
    }
}

/// Reads headers as pairs, from a map or a list of pairs. Some HTTP clients give the values of a repeated one as a list.
fn pairs(value: &Value) -> Option<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    match value {
        Value::Object(headers) => {
            for (name, value) in headers {
                let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                for value in values {
                    pairs.push((name.clone(), value.as_str()?.to_owned()));
                }
            }
        }
        Value::Array(headers) => {
            for header in headers {
                match header.as_array()?.as_slice() {
                    [Value::String(name), Value::String(text)] => pairs.push((name.clone(), text.clone())),
                    _ => return None,
                }
            }
        }
        _ => return None,
    }
    Some(pairs)
}

fn bytes(given: &mut Value) -> Option<Vec<u8>> {
    byte_list(given)?.iter().map(|byte| u8::try_from(byte.as_u64()?).ok()).collect()
}

/// Reads an answer: `status`, `headers` (a map from name to text or texts, or a list of pairs), `body` (text, or a list of
/// bytes).
fn received(value: Value) -> Result<Received, Error> {
    let Value::Object(mut given) = value else {
        return Err(must_be("`response`", "a map of status, headers and body"));
    };
    let status = take(&mut given, "status").as_u64().and_then(|status| u16::try_from(status).ok());
    let status = status.ok_or_else(|| must_be("`response.status`", "an HTTP status"))?;
    let headers = headers(take(&mut given, "headers"), "response")?;
    let body = body(take(&mut given, "body"), "response")?;
    Ok(Received::new(status, headers, body, false))
}

/// Reads the headers of `what` as a host language gives them.
pub(crate) fn headers(value: Value, what: &str) -> Result<Vec<(String, String)>, Error> {
    pairs(&value).ok_or_else(|| must_be(&format!("`{what}.headers`"), "a map, or a list of pairs, of texts"))
}

/// Reads the body of `what` as a host language gives it.
pub(crate) fn body(value: Value, what: &str) -> Result<Vec<u8>, Error> {
    let body = match value {
        Value::Null => Some(Vec::new()),
        Value::String(text) => Some(text.into_bytes()),
        mut list => bytes(&mut list),
    };
    body.ok_or_else(|| must_be(&format!("`{what}.body`"), "text or bytes, exactly as sent or received"))
}
