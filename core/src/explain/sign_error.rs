//! What the server says it checked, in a refusal for the signature.

use serde_json::Value;

use super::{
    Cause, Difference, Lines,
    causes::{
        CHANGED_BODY, CHANGED_BYTES, FULL_URL, Known, PATH_PREFIX, QUERY_ENCODING, UNKNOWN_REQUEST, WRONG_KEY,
        WRONG_REQUEST,
    },
    shown, variants,
};
use crate::message;

/// The service's code for a signature that is not right.
pub(crate) const SIGN_ERROR: &str = "SIGN_ERROR";

/// The message that the server checked, as far as it shows it.
pub(crate) struct SignError {
    shown: Vec<u8>,
    length: usize,
}

impl SignError {
    /// Reads the `detail` of a `SIGN_ERROR`.
    pub(crate) fn from_detail(detail: &Value) -> Option<SignError> {
        let information = detail.get("sign_information")?;
        let shown = information.get("truncated_sign_message")?.as_str()?.as_bytes().to_vec();
        let length = information.get("sign_message_length").and_then(Value::as_u64);
        let length = length.and_then(|length| usize::try_from(length).ok());
        Some(SignError { length: length.unwrap_or(shown.len()), shown })
    }

    /// Where the server's message and the one that was signed part; nothing if, as far as is shown, they do not.
    fn difference(&self, ours: &[u8]) -> Option<Difference> {
        let same = ours.iter().zip(&self.shown).take_while(|(one, other)| one == other).count();
        if ours == self.shown || (same == self.shown.len() && self.length == ours.len()) {
            return None;
        }
        let before = ours.iter().take(same).filter(|byte| **byte == b'\n').count();
        Some(Difference {
            offset: same,
            line: message::REQUEST.get(before).or(message::REQUEST.last())?,
            ours: shown::excerpt(ours, same),
            theirs: shown::excerpt(&self.shown, same),
        })
    }

    /// What the refusal tells about the message that was signed, in a sentence.
    pub(crate) fn told(&self, ours: &[u8]) -> String {
        match self.difference(ours) {
            Some(difference) => difference.told(),
            None => WRONG_KEY_TOLD.to_owned(),
        }
    }

    /// Where and why the two messages part.
    pub(super) fn explain(&self, lines: Option<&Lines>) -> (Option<Difference>, Cause) {
        let Some(lines) = lines else { return (None, UNKNOWN_REQUEST.plainly()) };
        let ours = lines.bytes();
        let Some(difference) = self.difference(&ours) else { return (None, WRONG_KEY.because(WRONG_KEY_TOLD)) };
        let cause = self.cause(lines, &difference).because(difference.told());
        (Some(difference), cause)
    }

    fn cause(&self, lines: &Lines, difference: &Difference) -> Known {
        let fits = |message: &[u8]| message.starts_with(&self.shown) && message.len() == self.length;
        let found = || variants::fitting(lines, fits).map(|(variant, _)| variant.request);
        match difference.line {
            "method" => CHANGED_BYTES,
            "timestamp" | "nonce" => WRONG_REQUEST,
            // Only the lengths differ: what does, is not shown.
            _ if difference.offset == self.shown.len() && self.length > self.shown.len() => CHANGED_BODY,
            "path" => found().unwrap_or_else(|| self.path_cause(lines)),
            _ => found().unwrap_or(CHANGED_BODY),
        }
    }

    /// Of paths that no known mistake makes of one another.
    fn path_cause(&self, lines: &Lines) -> Known {
        let ours = lines.get("path").unwrap_or_default();
        let theirs = self.shown.split(|byte| *byte == b'\n').nth(1).unwrap_or_default();
        let route = |path: &[u8]| path.split(|byte| *byte == b'?').next().map(<[u8]>::to_vec);
        let is_url = |path: &[u8]| !path.starts_with(b"/");
        match () {
            () if is_url(ours) != is_url(theirs) => FULL_URL,
            () if route(ours) == route(theirs) => QUERY_ENCODING,
            () => PATH_PREFIX,
        }
    }
}

const WRONG_KEY_TOLD: &str = "the server checked the very message that was signed, so the private key is not that of \
                              `serial_no`, or `serial_no` is not this merchant's";

impl Difference {
    fn told(&self) -> String {
        let Difference { offset, line, ours, theirs } = self;
        format!(
            "what the server checked and what was signed part at byte {offset}, in the {line}: signed `{ours}`, checked `{theirs}`"
        )
    }
}
