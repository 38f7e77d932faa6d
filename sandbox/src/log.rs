//! Logs one line of JSON for each request.

use std::{borrow::Cow, cell::RefCell, sync::Arc};

use hyper::{header::USER_AGENT, http::request::Parts};
use serde_json::{Value, json};
use wechatpay_customs::Operation;

use crate::{
    clock::{utc, wall_ms},
    records::Record,
    server::header,
};

/// Receives the line about each request.
pub type Log = Arc<dyn Fn(&Value) + Send + Sync>;

/// The changes of declarations by one request.
pub(crate) type Effects = RefCell<Vec<Value>>;

/// The change that made a record what it is, and who asked for it: `caller`, or `rival`.
pub(crate) fn effect(by: &str, operation: Operation, record: &Record) -> Value {
    let request = &record.request;
    json!({
        "by": by,
        "operation": operation,
        "out_trade_no": request.out_trade_no,
        "sub_order_no": request.sub_order_no,
        "customs": request.customs,
    })
}

/// The log line of one request, which is written when this is dropped; without the query string, because a wrong one may hold anything.
pub(crate) struct Line<'a> {
    pub log: Option<&'a Log>,
    pub received_ms: i64,
    pub method: &'a str,
    pub path: &'a str,
    pub user_agent: Option<&'a str>,
    /// `None` if the connection was dropped.
    pub status: Option<u16>,
    pub code: Option<Cow<'static, str>>,
    pub request_id: Option<String>,
    /// The fault that the request met.
    pub fault: Option<Value>,
    pub effects: Effects,
    /// The mistakes in a signature.
    pub more: Box<[(&'static str, Value)]>,
}

impl<'a> Line<'a> {
    /// The line of a request that is received now.
    pub(crate) fn new(log: Option<&'a Log>, parts: &'a Parts) -> Line<'a> {
        Line {
            log,
            received_ms: wall_ms(),
            method: parts.method.as_str(),
            path: parts.uri.path(),
            user_agent: header(&parts.headers, USER_AGENT.as_str()),
            status: None,
            code: None,
            request_id: None,
            fault: None,
            effects: Effects::default(),
            more: Box::default(),
        }
    }
}

impl Drop for Line<'_> {
    /// Also when the client has gone before its answer was ready.
    fn drop(&mut self) {
        let Some(log) = self.log else { return };
        let mut line = json!({
            "time": utc(self.received_ms),
            "method": self.method,
            "path": self.path,
            "user_agent": self.user_agent,
            "status": self.status,
            "code": self.code,
            "request_id": self.request_id,
        });
        if let Some(line) = line.as_object_mut() {
            line.extend(self.fault.take().map(|fault| ("fault".to_owned(), fault)));
            let effects = self.effects.take();
            line.extend((!effects.is_empty()).then(|| ("effects".to_owned(), effects.into())));
            let more = std::mem::take(&mut self.more).into_iter();
            line.extend(more.map(|(name, value)| (name.to_owned(), value)));
        }
        log(&line);
    }
}
