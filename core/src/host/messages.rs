//! Reads messages to explain as a host language gives them.

use serde_json::{Map, Value};

use super::calls::{body, headers, must_be, seconds};
use crate::{
    base::json::take,
    engine::{Account, SignedBy},
    protocol::{
        explain::{Explanation, Message, Request, Response},
        options::{Convention, Options},
    },
    words::error::Error,
};

/// Does the same as `explain` with a message, a client's options and a request as a host language gives them.
///
/// # Errors
/// The errors of [`Account::new`]; `INVALID_OPTION` for an argument of the wrong type.
pub fn explain_value(
    given: Value,
    options: Value,
    request: Value,
    now: Option<i64>,
    convention: Convention,
) -> Result<Explanation, Error> {
    let options = if options.is_null() { Value::Object(Map::new()) } else { options };
    let account = Account::new(Options::from_value(options, convention)?, SignedBy::Core)?;
    Ok(account.explain(&Message::from_values(given, request)?, now))
}

/// Explains from the named arguments `message`, `request` and `now`, and from `options` if there is no client.
pub(super) fn explain(
    account: Option<&Account>,
    given: &mut Map<String, Value>,
    convention: Convention,
) -> Result<Explanation, Error> {
    let now = seconds(given, "now")?;
    let (message, request) = (take(given, "message"), take(given, "request"));
    match account {
        Some(account) => Ok(account.explain(&Message::from_values(message, request)?, now)),
        None => explain_value(message, take(given, "options"), request, now, convention),
    }
}

impl Explanation {
    /// Changes every text that this library wrote.
    pub(crate) fn texts(&mut self, change: fn(&mut String)) {
        self.checks.iter_mut().filter_map(|check| check.issue.as_mut()).for_each(change);
        for cause in &mut self.causes {
            change(&mut cause.issue);
            change(cause.remedy.to_mut());
        }
    }
}

impl Message {
    /// Reads a message as a host language gives it: a map with `status` is an answer, any other a request. `request`
    /// belongs to an answer and may be null.
    ///
    /// # Errors
    /// `INVALID_OPTION` for a member of the wrong type. A missing one counts as empty.
    pub fn from_values(message: Value, request: Value) -> Result<Message, Error> {
        let Value::Object(mut given) = message else { return Err(must_be("`message`", "a map")) };
        let request = match request {
            Value::Null => None,
            Value::Object(request) => Some(read_request(request, "request")?),
            _ => return Err(must_be("`request`", "a map of method, url, headers and body")),
        };
        let status = match take(&mut given, "status") {
            Value::Null => return Ok(Message::Request(read_request(given, "message")?)),
            status => status.as_u64().and_then(|status| u16::try_from(status).ok()),
        };
        let response = Response {
            status: status.ok_or_else(|| must_be("`message.status`", "an HTTP status"))?,
            headers: read_headers(&mut given, "message")?,
            body: body(take(&mut given, "body"), "message")?,
        };
        Ok(Message::Response(response, request))
    }
}

fn read_request(mut given: Map<String, Value>, what: &str) -> Result<Request, Error> {
    let mut text = |name: &str| match take(&mut given, name) {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text),
        _ => Err(must_be(&format!("`{what}.{name}`"), "text")),
    };
    let (method, url) = (text("method")?, text("url")?);
    let headers = read_headers(&mut given, what)?;
    Ok(Request { method, url, headers, body: body(take(&mut given, "body"), what)? })
}

fn read_headers(given: &mut Map<String, Value>, what: &str) -> Result<Vec<(String, String)>, Error> {
    match take(given, "headers") {
        Value::Null => Ok(Vec::new()),
        given => headers(given, what),
    }
}
