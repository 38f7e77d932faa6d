//! Remarks about single fields.

use serde::Serialize;
use serde_json::Value;

/// Does a finding stop the request?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Severity {
    /// It does.
    Error,
    /// It does not; the live server has the last word.
    Warning,
}

/// One remark about one field, in the shape of the server's own `detail`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Finding {
    /// The rule's stable name, or that of a remark about an answer.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::FindingName"))]
    pub rule: &'static str,
    /// Does it stop the request?
    pub severity: Severity,
    /// JSON Pointer into a body (`/order_fee`); the bare name in a query string or header.
    pub field: String,
    /// The value as given; null when there is none, `***` for a person's name and ID number.
    pub value: Value,
    /// What is wrong, and what would be right.
    pub issue: String,
    /// `body`, `query` or `argument`; for remarks about an answer `response` or `header`.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["body", "query", "argument", "response", "header"])))]
    pub location: &'static str,
}
