//! Logs one line of JSON for each request.

use std::sync::Arc;

use serde_json::{Value, json};

/// Receives the line about each request.
pub type Log = Arc<dyn Fn(&Value) + Send + Sync>;

/// The log line of one request, without the query string, because a wrong one may hold anything.
pub(crate) struct Line<'a> {
    pub received_ms: i64,
    pub method: &'a str,
    pub path: &'a str,
    /// `None` if the connection was dropped.
    pub status: Option<u16>,
    pub code: Option<&'a str>,
    pub request_id: Option<&'a str>,
    /// The fault that the request met.
    pub fault: Option<Value>,
    /// The mistakes in a signature.
    pub more: Box<[(&'static str, Value)]>,
}

impl Line<'_> {
    pub(crate) fn write(self, log: &Log) {
        let mut line = json!({
            "time": crate::clock::utc(self.received_ms),
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "code": self.code,
            "request_id": self.request_id,
        });
        if let Some(line) = line.as_object_mut() {
            line.extend(self.fault.map(|fault| ("fault".to_owned(), fault)));
            line.extend(self.more.into_iter().map(|(name, value)| (name.to_owned(), value)));
        }
        log(&line);
    }
}
