//! What an engine asks its driver to do, and what the driver answers.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::{
    protocol::request::Signed,
    words::{error::Error, field::Method, finding::Finding, operation::Operation},
};

/// The time, as the driver reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Now {
    /// Milliseconds since 1970, for signing and freshness.
    pub unix_ms: i64,
    /// Milliseconds on a clock that never steps back, for deadlines.
    pub mono_ms: u64,
}

impl Now {
    /// Seconds since 1970.
    pub(crate) fn unix_s(self) -> i64 {
        self.unix_ms.div_euclid(1000)
    }
}

/// The answer to an action, or the beginning.
#[derive(Clone)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(tag = "event", rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Event {
    /// Always the first.
    Start,
    /// The message was signed.
    Signed {
        /// The signature's bytes.
        #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Bytes"))]
        signature: Vec<u8>,
    },
    /// A signer or verifier of the host's own raised; the host keeps what it raised.
    HostFailed,
    /// The action took longer than its `timeout_ms`.
    TimedOut,
    /// An answer came.
    Response {
        /// HTTP status; 0 for a redirect of which the host does not show it, as `fetch` may.
        status: u16,
        /// All headers, in the order and number in which they came.
        headers: Vec<(String, String)>,
        /// The body, as decoded from its transfer, at most `max_body` bytes.
        #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Bytes"))]
        body: Vec<u8>,
        /// Was there more?
        truncated: bool,
    },
    /// No answer came.
    Failed {
        /// Was the request sent?
        sent: Sent,
        /// What went wrong.
        cause: Failure,
    },
    /// The signature was looked at.
    Verified {
        /// Is it right?
        ok: bool,
    },
    /// The sleep is over.
    Woke,
    /// The keys are there.
    KeysReady,
    /// The keys could not be had.
    KeysFailed {
        /// Why: an error as data; null if the host's own signer raised.
        error: Value,
    },
    /// The caller wants to stop; may stand in for any answer.
    Cancel,
}

/// Of an answer, which may quote what it refuses, it shows the status and the size.
impl fmt::Debug for Event {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Start => formatter.write_str("Start"),
            Event::Signed { .. } => formatter.write_str("Signed"),
            Event::HostFailed => formatter.write_str("HostFailed"),
            Event::TimedOut => formatter.write_str("TimedOut"),
            Event::Response { status, body, truncated, .. } => formatter
                .debug_struct("Response")
                .field("status", status)
                .field("length", &body.len())
                .field("truncated", truncated)
                .finish_non_exhaustive(),
            Event::Failed { sent, cause } => write!(formatter, "Failed({sent:?}, {cause:?})"),
            Event::Verified { ok } => write!(formatter, "Verified({ok})"),
            Event::Woke => formatter.write_str("Woke"),
            Event::KeysReady => formatter.write_str("KeysReady"),
            Event::KeysFailed { error } => write!(formatter, "KeysFailed({})", error["code"]),
            Event::Cancel => formatter.write_str("Cancel"),
        }
    }
}

/// Was a request that failed sent all the same?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "snake_case"))]
pub enum Sent {
    /// Surely not: the failure came before a connection stood.
    No,
    /// It may have been.
    Unknown,
}

/// Why no answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "snake_case"))]
pub enum Failure {
    /// The host's name could not be resolved.
    Dns,
    /// No connection could be made.
    Connect,
    /// No secure connection could be made.
    Tls,
    /// It took longer than `timeout_ms`.
    Timeout,
    /// The connection was closed.
    Reset,
    /// The answer broke off.
    Body,
    /// Anything else.
    Other,
}

/// What the driver is to do next.
#[derive(Clone, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum Action {
    /// Sign; answered by `Signed`, `HostFailed` or `TimedOut`.
    Sign {
        /// What to sign.
        #[serde(with = "serde_bytes")]
        #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Bytes"))]
        message: Vec<u8>,
        /// For the software signer only: blinds the computation.
        #[serde(with = "serde_bytes")]
        #[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::Bytes>"))]
        entropy: Option<[u8; 32]>,
        /// The longest that it may take.
        timeout_ms: u64,
    },
    /// Send, without following redirects; answered by `Response` or `Failed`.
    Send {
        /// `GET`, `POST` or `PATCH`.
        method: Method,
        /// The whole URL, to be used as it is.
        url: String,
        /// All headers.
        headers: Vec<(String, String)>,
        /// The body, if there is one.
        body: Option<String>,
        /// The longest that it may take.
        timeout_ms: u64,
        /// How many bytes of the answer to read at most.
        max_body: usize,
    },
    /// Verify; answered by `Verified`, `HostFailed` or `TimedOut`.
    Verify {
        /// The platform key's serial or id.
        key_id: String,
        /// The platform key as SubjectPublicKeyInfo, DER.
        #[serde(with = "serde_bytes")]
        #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Bytes"))]
        spki_der: Vec<u8>,
        /// What was signed.
        #[serde(with = "serde_bytes")]
        #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Bytes"))]
        message: Vec<u8>,
        /// The signature's bytes.
        #[serde(with = "serde_bytes")]
        #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Bytes"))]
        signature: Vec<u8>,
        /// The longest that it may take.
        timeout_ms: u64,
    },
    /// Wait; answered by `Woke`. No engine asks for it yet.
    Sleep {
        /// How long.
        ms: u64,
    },
    /// Load platform keys; answered by `KeysReady`, `KeysFailed` or `TimedOut`. The driver starts
    /// one download (`Call::LoadKeys`) for all who wait for the same flight.
    LoadKeys {
        /// The download's number.
        flight: u64,
        /// Is there no way on without them?
        urgent: bool,
        /// The longest that it may take.
        timeout_ms: u64,
    },
    /// The end.
    Done {
        /// How it ended.
        outcome: Outcome,
    },
}

/// How a call ended.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "end", content = "with", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Outcome {
    /// It was answered.
    Ok {
        /// The verified answer.
        #[cfg_attr(feature = "schema", schemars(with = "serde_json::Map<String, Value>"))]
        value: Value,
        /// WeChat Pay's id of the request.
        request_id: Option<String>,
        /// What is odd.
        warnings: Vec<Finding>,
    },
    /// It was to be prepared only, and the caller sends it.
    Prepared {
        /// The signed request.
        request: Signed,
        /// Findings that did not stop it.
        warnings: Vec<Finding>,
    },
    /// It failed.
    Err(#[cfg_attr(feature = "schema", schemars(with = "crate::words::error::Details"))] Error),
    /// The host's own signer or verifier raised: raise that.
    Host,
    /// It was cancelled: raise the host's own cancellation.
    Cancelled {
        /// May the operation have taken effect all the same?
        may_have_been_applied: bool,
    },
}

/// What is observed of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
#[non_exhaustive]
pub enum Phase {
    /// An attempt begins.
    Request,
    /// It ended with an answer.
    Response,
    /// It ended without an answer.
    Failure,
    /// A certificate in its answer cannot be used; observed before the attempt ends.
    Skipped,
}

impl Phase {
    /// The word as it travels, such as `request`.
    pub fn as_str(self) -> &'static str {
        match self {
            Phase::Request => "request",
            Phase::Response => "response",
            Phase::Failure => "failure",
            Phase::Skipped => "skipped",
        }
    }
}

/// Something worth observing. Never holds a secret or a personal field.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Attempt"))]
pub struct Emit {
    /// `request` when an attempt begins; when it ends, `response` if an answer came and `failure` if none did. Before it ends,
    /// `skipped` for each certificate in its answer that cannot be used.
    pub phase: Phase,
    /// What was asked for.
    pub operation: Operation,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// The host that was asked.
    pub host: String,
    /// HTTP status.
    pub status: Option<u16>,
    /// WeChat Pay's id of the request.
    pub request_id: Option<String>,
    /// The serial of a certificate that was skipped.
    pub key_id: Option<String>,
    /// How long the attempt took.
    pub ms: u64,
    /// The code of what went wrong, if anything did.
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::ErrorCode>"))]
    pub reason: Option<String>,
    /// May a failed attempt have taken effect all the same?
    pub may_have_been_applied: bool,
}

/// What one step brings: any number of observations, then exactly one action.
#[derive(Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Step {
    /// To be handed on; needs no answer.
    pub emits: Vec<Emit>,
    /// To be done.
    pub action: Action,
}
