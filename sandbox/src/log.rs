//! Logs one line of JSON for each request.

use std::{borrow::Cow, sync::Arc};

use serde_json::{Value, json};

/// Receives the line about each request.
pub type Log = Arc<dyn Fn(&Value) + Send + Sync>;

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
    /// The mistakes in a signature.
    pub more: Box<[(&'static str, Value)]>,
}

impl Drop for Line<'_> {
    /// Also when the client has gone before its answer was ready.
    fn drop(&mut self) {
        let Some(log) = self.log else { return };
        let mut line = json!({
            "time": crate::clock::utc(self.received_ms),
            "method": self.method,
            "path": self.path,
            "user_agent": self.user_agent,
            "status": self.status,
            "code": self.code,
            "request_id": self.request_id,
        });
        if let Some(line) = line.as_object_mut() {
            line.extend(self.fault.take().map(|fault| ("fault".to_owned(), fault)));
            let more = std::mem::take(&mut self.more).into_iter();
            line.extend(more.map(|(name, value)| (name.to_owned(), value)));
        }
        log(&line);
    }
}
