//! Refusals, and answers with their signatures.

use axum::{
    body::Body,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use wechatpay_customs::{Finding, Severity};

use crate::{authorization::lines, keys::PlatformKey};

/// The most characters of a message and of what `detail` holds.
const LONGEST: usize = 256;

/// An error answer.
pub(crate) struct Refusal {
    pub status: StatusCode,
    pub code: &'static str,
    pub en: String,
    pub zh: String,
    pub detail: Option<Value>,
    /// What else the log shows.
    pub log: Box<[(&'static str, Value)]>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &'static str, en: impl Into<String>, zh: impl Into<String>) -> Refusal {
        Refusal { status, code, en: en.into(), zh: zh.into(), detail: None, log: Box::default() }
    }

    pub(crate) fn with_detail(mut self, detail: Value) -> Refusal {
        self.detail = Some(detail);
        self
    }

    /// `PARAM_ERROR` about one field, header or parameter; no field means the whole body.
    pub(crate) fn param(field: &str, value: &Value, issue: &str, location: &str) -> Refusal {
        let value = match value {
            // Nobody's identity is sent back in an error.
            _ if field.ends_with("certificate_id") || field.ends_with("certificate_name") => "***".to_owned(),
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let name = match field.trim_start_matches('/') {
            "" => location,
            name => name,
        };
        Refusal::new(
            StatusCode::BAD_REQUEST,
            "PARAM_ERROR",
            format!("Parameter error: {name} {issue}"),
            format!("参数错误：{name}"),
        )
        .with_detail(json!({
            "field": clip(field, LONGEST),
            "value": clip(&value, LONGEST),
            "issue": clip(issue, LONGEST),
            "location": location,
        }))
    }

    /// The first finding that stops a request.
    pub(crate) fn of_findings(findings: &[Finding]) -> Result<(), Refusal> {
        let Some(found) = findings.iter().find(|finding| finding.severity == Severity::Error) else { return Ok(()) };
        Err(Refusal::param(&found.field, &found.value, &found.issue, found.location))
    }

    pub(crate) fn body(&self, chinese: bool) -> Value {
        let message = clip(if chinese { &self.zh } else { &self.en }, LONGEST);
        let mut body = json!({ "code": self.code, "message": message });
        if let (Some(detail), Some(body)) = (&self.detail, body.as_object_mut()) {
            body.insert("detail".to_owned(), detail.clone());
        }
        body
    }
}

/// The beginning of a text.
pub(crate) fn clip(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// Plain JSON, as the control endpoints answer.
pub(crate) fn plain(status: StatusCode, body: &Value) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

/// A signed answer.
pub(crate) fn signed(
    status: StatusCode,
    body: &Value,
    key: &PlatformKey,
    request_id: &str,
    nonce: &str,
    now: i64,
) -> Response {
    let body = body.to_string();
    let timestamp = now.to_string();
    let failed = || plain(StatusCode::INTERNAL_SERVER_ERROR, &json!({ "error": "the answer could not be signed" }));
    let Some(signature) = key.sign(&lines(&[timestamp.as_bytes(), nonce.as_bytes(), body.as_bytes()])) else {
        return failed();
    };
    Response::builder()
        .status(status)
        .header(CONTENT_TYPE, "application/json; charset=utf-8")
        .header("Request-ID", request_id)
        .header("Wechatpay-Timestamp", timestamp)
        .header("Wechatpay-Nonce", nonce)
        .header("Wechatpay-Signature", BASE64_STANDARD.encode(signature))
        .header("Wechatpay-Serial", &key.id)
        .body(Body::from(body))
        .unwrap_or_else(|_| failed())
}
