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

/// Where a field travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
#[non_exhaustive]
pub enum Location {
    /// The body of a request.
    Body,
    /// The query string of a request.
    Query,
    /// An argument of a function of this library.
    Argument,
    /// The body of an answer.
    Response,
    /// A header of an answer.
    Header,
}

impl Location {
    /// The word as it travels, such as `body`.
    pub fn as_str(self) -> &'static str {
        match self {
            Location::Body => "body",
            Location::Query => "query",
            Location::Argument => "argument",
            Location::Response => "response",
            Location::Header => "header",
        }
    }
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
    pub location: Location,
}
