//! Explains why a signature does not verify: the lines that must be signed, the checks, and the likely causes.
//!
//! The public key recovers the signed digest from the signature. So a wrong key is told from wrong bytes with certainty,
//! and trying finds what was signed instead. Nothing is sent or signed.

mod answer;
mod causes;
mod public_key;
mod shown;
pub(crate) mod sign_error;
mod signed_request;
mod variants;

pub use causes::CAUSES;

use std::borrow::Cow;

use serde::Serialize;

use causes::KnownCause;
use public_key::{Hash, hash};
use variants::Variant;

use super::{merchant::Merchant, message, request::Signed};
use crate::{keys::PlatformKeys, words::error::Error};

/// The checks of a request, in order.
pub const REQUEST_CHECKS: &[&str] = &["authorization", "identity", "clock", "path", "key", "bytes"];
/// The checks of an answer, in order.
pub const RESPONSE_CHECKS: &[&str] = &["headers", "probe", "clock", "serial", "key", "bytes"];

/// A request as it was sent. Leave empty what is not known.
#[derive(Clone, Default)]
pub struct Request {
    /// `GET`, `POST` or `PATCH`.
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// All headers.
    pub headers: Vec<(String, String)>,
    /// The body's exact bytes.
    pub body: Vec<u8>,
}

/// An answer as it was received.
#[derive(Clone, Default)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// All headers, as often as they came.
    pub headers: Vec<(String, String)>,
    /// The body's exact bytes.
    pub body: Vec<u8>,
}

/// The message to explain.
#[derive(Clone)]
pub enum Message {
    /// A request.
    Request(Request),
    /// An answer, and the request that it answers if that is known.
    Response(Response, Option<Request>),
}

impl From<Signed> for Request {
    fn from(signed: Signed) -> Request {
        Request {
            method: signed.method.as_str().to_owned(),
            url: signed.url,
            headers: signed.headers,
            body: signed.body.unwrap_or_default().into_bytes(),
        }
    }
}

/// The findings about a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Explanation {
    /// `request` or `response`.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["request", "response"])))]
    pub of: &'static str,
    /// The lines of the message that must be signed; empty if one of them is not known.
    pub lines: Vec<Line>,
    /// The length of that message in bytes.
    pub length: Option<usize>,
    /// Every check, in order; each is made for itself, also after a failure.
    pub checks: Vec<Check>,
    /// The first check that failed.
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::CheckName>"))]
    pub failed: Option<&'static str>,
    /// The likely causes, the likeliest first.
    pub causes: Vec<Cause>,
    /// The first difference between the message that the server checked and the one that was signed; for a `SIGN_ERROR`
    /// only.
    pub difference: Option<Difference>,
}

/// One line of a signed message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ExplanationLine"))]
pub struct Line {
    /// `method`, `path`, `timestamp`, `nonce` or `body`.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = message::REQUEST)))]
    pub name: &'static str,
    /// Offset of the first byte.
    pub start: usize,
    /// Offset of the byte after the line feed.
    pub end: usize,
    /// The line with its line feed; invisible characters are escaped, a person's values are `***`.
    pub text: String,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ExplanationCheck"))]
pub struct Check {
    /// The check's name.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::CheckName"))]
    pub check: &'static str,
    /// Did it pass? Null if it could not be made.
    pub ok: Option<bool>,
    /// Reason why it did not pass.
    pub issue: Option<String>,
}

/// One cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ExplanationCause"))]
pub struct Cause {
    /// The cause's name.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::CauseName"))]
    pub cause: &'static str,
    /// Description of what happened.
    pub issue: String,
    /// Advice on what to do.
    pub remedy: Cow<'static, str>,
}

/// The first difference between two messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ExplanationDifference"))]
pub struct Difference {
    /// Offset of the first byte that differs.
    pub offset: usize,
    /// The line that holds it.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = message::REQUEST)))]
    pub line: &'static str,
    /// The signed text from there on, at most 40 characters, escaped.
    pub ours: String,
    /// The text that the server checked, likewise.
    pub theirs: String,
}

/// Explains why the signature of a message does not verify.
///
/// `now` is in Unix seconds. A check that needs `now` or an option that is missing cannot be made.
pub fn explain(merchant: &Merchant, keys: &PlatformKeys, message: &Message, now: Option<i64>) -> Explanation {
    match message {
        Message::Request(request) => signed_request::explain(merchant, request, now),
        Message::Response(response, request) => answer::explain(merchant, keys, response, request.as_ref(), now),
    }
}

/// The lines of a message, and for a request also other texts that may have been signed.
struct Lines {
    names: &'static [&'static str],
    texts: Vec<Vec<u8>>,
    url: String,
    /// The part of the base URL's path before the signed path, such as `/proxy`.
    base_path: String,
}

impl Lines {
    fn bytes(&self) -> Vec<u8> {
        message::lines(&self.texts, "\n")
    }

    fn get(&self, name: &str) -> Option<&[u8]> {
        self.names.iter().zip(&self.texts).find(|(known, _)| **known == name).map(|(_, text)| text.as_slice())
    }

    /// The message with the text of one line replaced.
    fn with(&self, name: &str, text: &[u8]) -> Vec<u8> {
        let texts = self.names.iter().zip(&self.texts);
        let texts: Vec<&[u8]> = texts.map(|(known, own)| if *known == name { text } else { own }).collect();
        message::lines(&texts, "\n")
    }

    fn shown(&self) -> Vec<Line> {
        let mut start = 0;
        let lines = self.names.iter().zip(&self.texts).map(|(name, text)| {
            let end = start + text.len() + 1;
            Line { name, start: std::mem::replace(&mut start, end), end, text: shown::text(text) + "\\n" }
        });
        lines.collect()
    }
}

/// The result of a check.
enum Verdict {
    Passed,
    /// The check could not be made, for this reason.
    Impossible(&'static str),
    Failed(String, Vec<Cause>),
}

impl Verdict {
    fn failed(cause: Cause) -> Verdict {
        Verdict::Failed(cause.issue.clone(), vec![cause])
    }

    /// Was this digest made from these lines? If not, finds the lines that it was made from.
    fn of_bytes(
        lines: &Lines,
        digest: Hash,
        known: impl Fn(&Variant) -> Option<KnownCause>,
        otherwise: KnownCause,
    ) -> Verdict {
        let fits = |message: &[u8]| hash(message) == digest;
        if fits(&lines.bytes()) {
            return Verdict::Passed;
        }
        let found = variants::fitting(lines, fits).and_then(|(variant, how)| Some(known(variant)?.with(&how)));
        let cause = found.unwrap_or_else(|| otherwise.plainly());
        Verdict::Failed("the signature was made over other bytes than these lines".to_owned(), vec![cause])
    }
}

impl From<Result<(), (Error, KnownCause)>> for Verdict {
    fn from(result: Result<(), (Error, KnownCause)>) -> Verdict {
        match result {
            Ok(()) => Verdict::Passed,
            Err((error, cause)) => Verdict::failed(cause.because(error.message.clone())),
        }
    }
}

#[derive(Default)]
struct Checks {
    checks: Vec<Check>,
    failed: Option<&'static str>,
    causes: Vec<Cause>,
}

impl Checks {
    fn run(&mut self, check: &'static str, verdict: impl FnOnce() -> Verdict) {
        let (ok, issue) = match verdict() {
            Verdict::Passed => (Some(true), None),
            Verdict::Impossible(why) => (None, Some(why.to_owned())),
            Verdict::Failed(issue, causes) => {
                // Every check is made; the first that failed must be mended first, so it gives the causes.
                if self.failed.is_none() {
                    self.failed = Some(check);
                    self.causes = causes;
                }
                (Some(false), Some(issue))
            }
        };
        self.checks.push(Check { check, ok, issue });
    }

    fn explanation(self, of: &'static str, lines: Option<&Lines>) -> Explanation {
        Explanation {
            of,
            lines: lines.map(Lines::shown).unwrap_or_default(),
            length: lines.map(|lines| lines.bytes().len()),
            checks: self.checks,
            failed: self.failed,
            causes: self.causes,
            difference: None,
        }
    }
}
