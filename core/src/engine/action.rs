//! The actions that an engine asks of its driver, and the events that answer them.

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
    /// The first event of every call.
    Start,
    /// The message was signed.
    Signed {
        /// The signature's bytes.
        #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Bytes"))]
        signature: Vec<u8>,
    },
    /// The host's own signer or verifier raised an exception; the host keeps it.
    HostFailed,
    /// The action took longer than its `timeout_ms`.
    TimedOut,
    /// An answer came.
    Response {
        /// HTTP status; 0 for a redirect whose status the host hides, as `fetch` may.
        status: u16,
        /// All headers, in the order in which they came and as often.
        headers: Vec<(String, String)>,
        /// The body, decoded from its transfer, at most `max_body` bytes.
        #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Bytes"))]
        body: Vec<u8>,
        /// Was the body longer than that?
        truncated: bool,
    },
    /// No answer came.
    Failed {
        /// Was the request sent?
        sent: Sent,
        /// Kind of failure.
        cause: Failure,
    },
    /// The signature was checked.
    Verified {
        /// Is it right?
        ok: bool,
    },
    /// The sleep is over.
    Woke,
    /// The keys were loaded.
    KeysReady,
    /// The keys could not be loaded.
    KeysFailed {
        /// The error as data; null if the host's own signer raised an exception.
        error: Value,
    },
    /// The caller wants to stop; allowed in place of any answer.
    Cancel,
}

/// Shows only a response's status and size: its body may quote personal data.
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

/// Was a failed request sent despite the failure?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "snake_case"))]
pub enum Sent {
    /// Certainly not: the failure came before a connection stood.
    No,
    /// Possibly.
    Unknown,
}

/// Kind of failure that left a request without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "snake_case"))]
pub enum Failure {
    /// The host's name could not be resolved.
    Dns,
    /// No connection could be made.
    Connect,
    /// No secure connection could be made.
    Tls,
    /// The server's certificate is not trusted.
    Certificate,
    /// The answer took longer than `timeout_ms`.
    Timeout,
    /// The connection was closed.
    Reset,
    /// The answer broke off.
    Body,
    /// Anything else.
    Other,
}

/// The driver's next task.
#[derive(Clone, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum Action {
    /// Sign; answered by `Signed`, `HostFailed` or `TimedOut`.
    Sign {
        /// The message to sign.
        #[serde(with = "serde_bytes")]
        #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Bytes"))]
        message: Vec<u8>,
        /// Entropy that blinds the computation; for the software signer only.
        #[serde(with = "serde_bytes")]
        #[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::Bytes>"))]
        entropy: Option<[u8; 32]>,
        /// The longest that signing may take.
        timeout_ms: u64,
    },
    /// Send, without following redirects; answered by `Response` or `Failed`.
    Send {
        /// `GET`, `POST` or `PATCH`.
        method: Method,
        /// The whole URL, to be used unchanged.
        url: String,
        /// All headers.
        headers: Vec<(String, String)>,
        /// The body, if there is one.
        body: Option<String>,
        /// The longest that the exchange may take.
        timeout_ms: u64,
        /// The most bytes of the answer to read.
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
        /// The message that was signed.
        #[serde(with = "serde_bytes")]
        #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Bytes"))]
        message: Vec<u8>,
        /// The signature's bytes.
        #[serde(with = "serde_bytes")]
        #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Bytes"))]
        signature: Vec<u8>,
        /// The longest that verifying may take.
        timeout_ms: u64,
    },
    /// Wait; answered by `Woke`.
    Sleep {
        /// The time to wait.
        ms: u64,
        /// The state of a run that goes on after the sleep, to tell the caller; null within a call.
        progress: Option<Value>,
    },
    /// Load platform keys; answered by `KeysReady`, `KeysFailed` or `TimedOut`. The driver starts
    /// one download (`Call::LoadKeys`) for all who wait for the same flight.
    LoadKeys {
        /// The download's number.
        flight: u64,
        /// Is the call unable to go on without them?
        urgent: bool,
        /// The longest that loading may take.
        timeout_ms: u64,
    },
    /// The end of the call.
    Done {
        /// The way in which the call ended.
        outcome: Outcome,
    },
}

/// The way in which a call ended.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "end", content = "with", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Outcome {
    /// The call was answered.
    Ok {
        /// The verified answer.
        #[cfg_attr(feature = "schema", schemars(with = "serde_json::Map<String, Value>"))]
        value: Value,
        /// WeChat Pay's id of the request.
        request_id: Option<String>,
        /// Remarks on what is odd.
        warnings: Vec<Finding>,
        /// The number of requests that were made; queries about a lost answer are not counted.
        attempts: u32,
    },
    /// The request is prepared for the caller to send.
    Prepared {
        /// The signed request.
        request: Signed,
        /// Findings that did not stop it.
        warnings: Vec<Finding>,
    },
    /// The run has ended; its result is plain data.
    Plain {
        /// The result.
        value: Value,
    },
    /// The call failed.
    Err(#[cfg_attr(feature = "schema", schemars(with = "crate::words::error::Details"))] Error),
    /// The host's own signer or verifier raised an exception: raise it again.
    Host,
    /// The call was cancelled: raise the host's own cancellation.
    Cancelled {
        /// May the operation have taken effect despite that?
        may_have_been_applied: bool,
    },
}

/// The stage of an attempt that is observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
#[non_exhaustive]
pub enum Phase {
    /// An attempt begins.
    Request,
    /// The attempt ended with an answer.
    Response,
    /// The attempt ended without an answer.
    Failure,
    /// A certificate in the answer cannot be used; observed before the attempt ends.
    Skipped,
    /// The call pauses before its next attempt.
    Pause,
}

impl Phase {
    /// The word for the phase, such as `request`.
    pub fn as_str(self) -> &'static str {
        match self {
            Phase::Request => "request",
            Phase::Response => "response",
            Phase::Failure => "failure",
            Phase::Skipped => "skipped",
            Phase::Pause => "pause",
        }
    }
}

/// An observation of an attempt. It never holds a secret or a personal field.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Attempt"))]
pub struct Emit {
    /// `request` when an attempt begins; when it ends, `response` if an answer came, else `failure`. Before it ends,
    /// `skipped` for each certificate in its answer that cannot be used. `pause` before an attempt that repeats another or
    /// waits for its turn.
    pub phase: Phase,
    /// The operation of the call.
    pub operation: Operation,
    /// The attempt's number, from 1; of a pause, that of the attempt to come. Questions are counted apart.
    pub attempt: u32,
    /// Is it a query that asks whether a request with a lost answer was carried out?
    pub question: bool,
    /// The host that the attempt asks.
    pub host: String,
    /// HTTP status.
    pub status: Option<u16>,
    /// WeChat Pay's id of the request.
    pub request_id: Option<String>,
    /// The serial of a skipped certificate.
    pub key_id: Option<String>,
    /// The duration of the attempt, or of the pause to come.
    pub ms: u64,
    /// The code of the error, if there was one; of a pause, the error that is its reason.
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::ErrorCode>"))]
    pub reason: Option<String>,
    /// May the operation have taken effect, by this attempt or an earlier one, without a verified answer?
    pub may_have_been_applied: bool,
}

/// The result of one step: any number of observations, then exactly one action.
#[derive(Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Step {
    /// Observations to pass on; they need no answer.
    pub emits: Vec<Emit>,
    /// The action to carry out.
    pub action: Action,
}
