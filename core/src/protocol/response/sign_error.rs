//! What the server says it checked, in a refusal for the signature.

use serde_json::Value;

/// The service's code for a signature that is not right.
pub(crate) const SIGN_ERROR: &str = "SIGN_ERROR";

/// What a refusal for the signature tells of the message that the server checked.
pub(crate) struct SignError {
    /// As far as it is shown.
    pub(crate) shown: Vec<u8>,
    /// Of the whole message; nothing if it is not shown at all.
    pub(crate) length: Option<usize>,
    /// What the server objects to.
    pub(crate) issue: String,
    /// The server's clock when it refused.
    pub(crate) date: Option<i64>,
}

impl SignError {
    /// Reads the body of a `SIGN_ERROR`; `date` is that of the answer.
    ///
    /// The live service shows the four lines before the body, the body's first 8 bytes and a line feed, and counts the
    /// whole (seen in public threads, 2022 to 2025).
    pub(crate) fn new(body: &Value, date: Option<i64>) -> SignError {
        let information = body.pointer("/detail/sign_information").unwrap_or(&Value::Null);
        let length = information["sign_message_length"].as_u64().and_then(|length| usize::try_from(length).ok());
        let text = information["truncated_sign_message"].as_str();
        let mut shown = text.unwrap_or_default().as_bytes();
        let length = text.map(|text| length.unwrap_or(text.len()));
        if length.is_some_and(|length| shown.len() < length) {
            shown = shown.strip_suffix(b"\n").unwrap_or(shown);
            // Half a character at the cut.
            while let Some(before) = shown.strip_suffix("\u{FFFD}".as_bytes()) {
                shown = before;
            }
        }
        let issue =
            ["/detail/detail/issue", "/detail/issue", "/message"].into_iter().find_map(|at| body.pointer(at)?.as_str());
        SignError { shown: shown.to_vec(), length, issue: issue.unwrap_or_default().to_owned(), date }
    }
}
