//! The two signed messages, byte for byte (API v3 Global: signature and verification pages, 2024-09 to 2025-03).

/// What a merchant signs: five lines, each ended by a line feed.
///
/// `path` is the path with its query string, exactly as sent, without a reverse proxy's prefix.
pub fn request(method: &str, path: &str, timestamp: i64, nonce: &str, body: &[u8]) -> Vec<u8> {
    let mut message = format!("{method}\n{path}\n{timestamp}\n{nonce}\n").into_bytes();
    message.extend_from_slice(body);
    message.push(b'\n');
    message
}

/// What WeChat Pay signs: three lines, each ended by a line feed.
///
/// `timestamp` is the header's own text and `body` the bytes received.
pub fn response(timestamp: &str, nonce: &str, body: &[u8]) -> Vec<u8> {
    let mut message = format!("{timestamp}\n{nonce}\n").into_bytes();
    message.extend_from_slice(body);
    message.push(b'\n');
    message
}
