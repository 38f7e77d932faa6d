//! The two signed messages, byte for byte (API v3 Global: signature and verification pages, 2024-09 to 2025-03).

/// Names of the lines of a request's message, in order.
pub const REQUEST: &[&str] = &["method", "path", "timestamp", "nonce", "body"];
/// Names of the lines of an answer's message, in order.
pub const RESPONSE: &[&str] = &["timestamp", "nonce", "body"];

/// The message that a merchant signs: five lines, each ended by a line feed.
///
/// `path` is the path with its query string, exactly as sent, without a reverse proxy's prefix.
pub fn request(method: &str, path: &str, timestamp: i64, nonce: &str, body: &[u8]) -> Vec<u8> {
    lines(&[method.as_bytes(), path.as_bytes(), timestamp.to_string().as_bytes(), nonce.as_bytes(), body], "\n")
}

/// The message that WeChat Pay signs: three lines, each ended by a line feed.
///
/// `timestamp` is the header's own text and `body` the bytes received.
pub fn response(timestamp: &str, nonce: &str, body: &[u8]) -> Vec<u8> {
    lines(&[timestamp.as_bytes(), nonce.as_bytes(), body], "\n")
}

/// Joins texts, each ended by `end`.
pub(crate) fn lines(texts: &[impl AsRef<[u8]>], end: &str) -> Vec<u8> {
    let mut message = Vec::with_capacity(texts.iter().map(|text| text.as_ref().len() + end.len()).sum());
    for text in texts {
        message.extend_from_slice(text.as_ref());
        message.extend_from_slice(end.as_bytes());
    }
    message
}
