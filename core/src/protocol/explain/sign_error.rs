//! Explains the server's own account of what it checked, in a refusal because of the signature.

use super::{
    Cause, Difference, Lines,
    causes::{
        CHANGED_BODY, CHANGED_BYTES, CLOCK, FULL_URL, KnownCause, MALFORMED_AUTHORIZATION, MERCHANT_CERTIFICATE,
        PATH_PREFIX, QUERY_ENCODING, REPEATED_NONCE, RESERIALISED_BODY, UNKNOWN_REQUEST, WRONG_KEY, WRONG_MCHID,
        WRONG_REQUEST, WRONG_SERIAL_NO,
    },
    shown, variants,
};
use crate::{
    base::text::line,
    protocol::{
        clock::{SERVER, fresh},
        message,
        response::{SignError, seconds},
    },
};

/// Causes other than the signature itself, by words of the refusal.
const OBJECTIONS: [(&[&str], KnownCause); 6] = [
    (&["timestamp", "时间戳"], CLOCK),
    (&["nonce", "随机"], REPEATED_NONCE),
    (&["mchid", "mch_id"], WRONG_MCHID),
    (&["serial", "序列号"], WRONG_SERIAL_NO),
    (&["certificate", "证书"], MERCHANT_CERTIFICATE),
    (&["authorization"], MALFORMED_AUTHORIZATION),
];

impl SignError {
    /// The first difference between the server's message and the signed one; `None` if the shown part and the length agree.
    fn difference(&self, ours: &[u8]) -> Option<Difference> {
        let same = ours.iter().zip(&self.shown).take_while(|(one, other)| one == other).count();
        let length = self.length?;
        if same == self.shown.len() && length == ours.len() {
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

    /// Sums up in a sentence what the refusal reveals about the signed message.
    pub(crate) fn summary(&self, ours: &[u8]) -> Option<String> {
        self.judged(Some(ours), |_| CHANGED_BYTES).map(|(_, cause)| cause.issue)
    }

    /// The first difference between the two messages, and its cause, as far as the refusal reveals them.
    pub(super) fn explain(&self, lines: Option<&Lines>) -> Option<(Option<Difference>, Cause)> {
        let ours = lines.map(Lines::bytes);
        self.judged(ours.as_deref(), |difference| lines.map_or(CHANGED_BYTES, |lines| self.cause(lines, difference)))
    }

    /// Finds what must be mended first: the clock, then the bytes, then what the server names; only then the key.
    fn judged(
        &self,
        ours: Option<&[u8]>,
        cause: impl FnOnce(&Difference) -> KnownCause,
    ) -> Option<(Option<Difference>, Cause)> {
        let stamped = ours.and_then(|ours| std::str::from_utf8(ours.split(|byte| *byte == b'\n').nth(2)?).ok());
        if let (Some(stamped), Some(date)) = (stamped.and_then(seconds), self.date)
            && let Err(skewed) = fresh("request", stamped, &SERVER, date)
        {
            return Some((None, CLOCK.because(skewed.message.clone())));
        }
        if let Some(difference) = ours.and_then(|ours| self.difference(ours)) {
            let told = difference.summary(self, ours.map_or(0, <[u8]>::len));
            let cause = cause(&difference).because(told);
            return Some((Some(difference), cause));
        }
        let agreed = ours.and_then(|_| self.agreed());
        let issue = self.issue.to_ascii_lowercase();
        let named = |(words, _): &&(&[&str], KnownCause)| words.iter().any(|word| issue.contains(word));
        if let Some((_, objection)) = OBJECTIONS.iter().find(named) {
            let agreed = agreed.map(|agreed| format!("{agreed}; ")).unwrap_or_default();
            let told = format!("{agreed}what it objects to is not the signature itself: {}", line(&self.issue, 256));
            return Some((None, objection.because(told)));
        }
        // Without the server's message, nothing more can be said.
        self.length?;
        Some(match agreed {
            None => (None, UNKNOWN_REQUEST.plainly()),
            Some(agreed) => {
                let so = "so the private key is not that of `serial_no`, or `serial_no` is not this merchant's";
                (None, WRONG_KEY.because(format!("{agreed}, {so}")))
            }
        })
    }

    /// Says how much of the server's message is known to equal the signed one.
    fn agreed(&self) -> Option<String> {
        let (length, shown) = (self.length?, self.shown.len());
        Some(match shown == length {
            true => "the server checked the very message that was signed".to_owned(),
            false => format!(
                "the server checked the message that was signed, as far as can be told: it shows the first {shown} of \
                 {length} bytes, and they and the length are the same"
            ),
        })
    }

    fn cause(&self, lines: &Lines, difference: &Difference) -> KnownCause {
        let fits = |message: &[u8]| message.starts_with(&self.shown) && Some(message.len()) == self.length;
        let found = || variants::fitting(lines, fits).map(|(variant, _)| variant.request);
        match difference.line {
            "method" => CHANGED_BYTES,
            "timestamp" | "nonce" => WRONG_REQUEST,
            // Only the lengths differ: the part that is not shown allows only the likeliest cause.
            _ if difference.offset == self.shown.len() => {
                found().filter(|known| *known == RESERIALISED_BODY).unwrap_or(CHANGED_BODY)
            }
            "path" => found().unwrap_or_else(|| self.path_cause(lines)),
            _ => found().unwrap_or(CHANGED_BODY),
        }
    }

    /// The cause for two paths that no known mistake explains.
    fn path_cause(&self, lines: &Lines) -> KnownCause {
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

impl Difference {
    fn summary(&self, refusal: &SignError, ours: usize) -> String {
        let Difference { offset, line, ours: signed, theirs } = self;
        match refusal.length.filter(|length| *offset == refusal.shown.len() && *length > *offset) {
            Some(length) => format!(
                "what the server checked and what was signed are the same in the {offset} bytes that it shows, but it \
                 checked {length} bytes and {ours} were signed: they part further on, in the {line}"
            ),
            None => format!(
                "what the server checked and what was signed part at byte {offset}, in the {line}: signed `{signed}`, \
                 checked `{theirs}`"
            ),
        }
    }
}
