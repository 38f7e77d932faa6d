//! Findings: remarks about single fields.

use serde::Serialize;
use serde_json::Value;

/// The weight of a finding: does it stop the request?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Severity {
    /// It stops the request.
    Error,
    /// It does not stop the request; the live server has the last word.
    Warning,
}

/// The place where a field travels.
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
    /// The word for the place, such as `body`.
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

/// A remark about one field, in the shape of the server's own `detail`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Finding {
    /// The stable name of the rule, or of a remark about an answer.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::FindingName"))]
    pub rule: &'static str,
    /// Does it stop the request?
    pub severity: Severity,
    /// JSON Pointer into a body (`/order_fee`); in a query string or header the bare name.
    pub field: String,
    /// The value as given; null if it is missing, `***` for a person's name or ID number.
    pub value: Value,
    /// The problem, and what would be right.
    pub issue: String,
    /// `body`, `query` or `argument`; for remarks about an answer `response` or `header`.
    pub location: Location,
}
