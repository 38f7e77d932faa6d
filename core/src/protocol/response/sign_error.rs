//! Reads the server's own account of what it checked, in a refusal because of the signature.

use serde_json::Value;

/// The service's code for a wrong signature.
pub(crate) const SIGN_ERROR: &str = "SIGN_ERROR";

/// A refusal's details of the message that the server checked.
pub(crate) struct SignError {
    /// The message, as far as the server shows it.
    pub(crate) shown: Vec<u8>,
    /// The length of the whole message; `None` if the server shows nothing of it.
    pub(crate) length: Option<usize>,
    /// The server's objection, in its own words.
    pub(crate) issue: String,
    /// The server's time when it refused.
    pub(crate) date: Option<i64>,
}

impl SignError {
    /// Reads the body of a `SIGN_ERROR`; `date` is the answer's.
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
            // The cut may leave half a character.
            while let Some(before) = shown.strip_suffix("\u{FFFD}".as_bytes()) {
                shown = before;
            }
        }
        let issue =
            ["/detail/detail/issue", "/detail/issue", "/message"].into_iter().find_map(|at| body.pointer(at)?.as_str());
        SignError { shown: shown.to_vec(), length, issue: issue.unwrap_or_default().to_owned(), date }
    }
}
