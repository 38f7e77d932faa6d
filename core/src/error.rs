//! The one error type, and the codes that are ours.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::{
    api::Operation,
    catalogue::Advice,
    check::{Finding, Severity},
};

/// What sort of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum ErrorKind {
    /// What was asked for cannot be sent. Correct the fields or options.
    Input,
    /// A key or certificate cannot be used. Correct the options.
    Key,
    /// The answer's signature is missing or wrong. Do not trust it; query what happened.
    Signature,
    /// The answer's timestamp is too far from the local clock. Check the clock.
    Freshness,
    /// WeChat Pay probed whether signatures are verified. Query what happened.
    Probe,
    /// No answer came. See `retryable` and `may_have_been_applied`.
    Transport,
    /// The service refused. See `code`, `reason` and `advice`.
    Api,
    /// An answer came that cannot be read as documented.
    Response,
    /// The library was driven in a way that it does not allow.
    State,
}

impl ErrorKind {
    /// Every kind.
    pub const ALL: &[ErrorKind] = &[
        ErrorKind::Input,
        ErrorKind::Key,
        ErrorKind::Signature,
        ErrorKind::Freshness,
        ErrorKind::Probe,
        ErrorKind::Transport,
        ErrorKind::Api,
        ErrorKind::Response,
        ErrorKind::State,
    ];

    /// The kind as a word, such as `input`.
    pub fn name(self) -> &'static str {
        match self {
            ErrorKind::Input => "input",
            ErrorKind::Key => "key",
            ErrorKind::Signature => "signature",
            ErrorKind::Freshness => "freshness",
            ErrorKind::Probe => "probe",
            ErrorKind::Transport => "transport",
            ErrorKind::Api => "api",
            ErrorKind::Response => "response",
            ErrorKind::State => "state",
        }
    }
}

/// A code of ours, with its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Code {
    /// Which kind of error carries it.
    pub kind: ErrorKind,
    /// The code.
    pub name: &'static str,
    /// What it means.
    #[cfg(feature = "schema")]
    pub about: &'static str,
}

macro_rules! codes {
    ($($Kind:ident { $($(#[doc = $about:literal])+ $NAME:ident,)+ })+) => {
        $($(
            $(#[doc = $about])+
            pub const $NAME: Code = Code {
                kind: ErrorKind::$Kind,
                name: stringify!($NAME),
                #[cfg(feature = "schema")]
                about: concat!($($about),+),
            };
        )+)+

        /// Every code that is ours; the service's own codes are not among them.
        pub const CODES: &[Code] = &[$($($NAME,)+)+];
    };
}

codes! {
    Input {
        /// The request breaks rules; see `findings`.
        INVALID_FIELDS,
        /// An option is unknown, missing or unusable.
        INVALID_OPTION,
        /// There is no such operation.
        UNKNOWN_OPERATION,
    }
    Key {
        /// The private key cannot be used.
        PRIVATE_KEY_INVALID,
        /// A private key was given as text or bytes to a page in a browser, where whoever opens the page could read it.
        PRIVATE_KEY_IN_BROWSER,
        /// Neither a private key nor a signer was given.
        PRIVATE_KEY_MISSING,
        /// The private key is encrypted and there is no password.
        PRIVATE_KEY_PASSWORD_MISSING,
        /// The password does not open the private key.
        PRIVATE_KEY_PASSWORD_WRONG,
        /// PKCS#12 cannot be read on this surface; convert it.
        PKCS12_UNSUPPORTED,
        /// The private key and the certificate beside it do not belong together.
        CERTIFICATE_MISMATCH,
        /// The merchant's certificate has expired.
        CERTIFICATE_EXPIRED,
        /// `serial_no` is not the serial of the certificate that came with the private key.
        SERIAL_NO_MISMATCH,
        /// A platform certificate or public key cannot be used.
        PLATFORM_KEY_INVALID,
        /// There is nothing to verify an answer with, so nothing was sent.
        PLATFORM_KEYS_MISSING,
        /// The APIv3 key cannot be used.
        API_V3_KEY_INVALID,
        /// The certificates cannot be decrypted without the APIv3 key.
        API_V3_KEY_MISSING,
        /// A platform certificate could not be decrypted.
        CERTIFICATE_NOT_DECRYPTED,
        /// There is no valid platform key to encrypt personal fields with.
        ENCRYPTION_KEY_MISSING,
        /// Signing failed.
        SIGNING_FAILED,
    }
    Signature {
        /// A signature header is missing.
        SIGNATURE_MISSING,
        /// A signature header came twice, or holds a comma.
        SIGNATURE_DUPLICATED,
        /// A signature header cannot be read.
        SIGNATURE_MALFORMED,
        /// The answer names a platform key that is not known here.
        SERIAL_UNKNOWN,
        /// The platform certificate that the answer names has expired or is not valid yet.
        CERTIFICATE_NOT_VALID,
        /// The signature does not belong to these bytes and this key.
        SIGNATURE_MISMATCH,
    }
    Freshness {
        /// The answer's timestamp is 5 minutes or more from the local clock.
        TIMESTAMP_SKEWED,
    }
    Probe {
        /// The signature is a deliberate probe.
        SIGNATURE_PROBE,
    }
    Transport {
        /// The host's name could not be resolved.
        DNS_FAILED,
        /// No connection could be made.
        CONNECT_FAILED,
        /// No secure connection could be made.
        TLS_FAILED,
        /// One attempt took too long.
        TIMEOUT,
        /// The whole call took too long.
        DEADLINE_EXCEEDED,
        /// The connection was closed before an answer came.
        CONNECTION_RESET,
        /// The answer broke off.
        BODY_FAILED,
        /// The transport failed in another way.
        TRANSPORT_FAILED,
    }
    Response {
        /// The body is larger than any answer of this API.
        BODY_TOO_LARGE,
        /// The body is not JSON.
        BODY_NOT_JSON,
        /// The body is JSON, but not of the documented shape.
        BODY_UNEXPECTED,
        /// The answer names another order than the request, where that decides.
        ID_MISMATCH,
        /// The server redirects; this API never does.
        REDIRECT_REFUSED,
        /// The status is neither success nor failure.
        STATUS_UNEXPECTED,
    }
    State {
        /// The engine was given an event that does not answer its last action.
        UNEXPECTED_EVENT,
        /// The WebAssembly module is not loaded yet; `await init()` loads it.
        NOT_LOADED,
        /// The client was closed.
        CLIENT_CLOSED,
        /// The client cannot work where it was called, such as in an event loop of another kind.
        RUNTIME_UNSUPPORTED,
    }
}

/// What went wrong, to which field or key, and what to do.
#[derive(Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Error(Box<Details>);

/// Everything that an error says.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ErrorDetails"))]
#[non_exhaustive]
pub struct Details {
    /// The sort of error.
    pub kind: ErrorKind,
    /// The service's code, normalised, or one of this library's.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::ErrorCode"))]
    pub code: String,
    /// The catalogue's name of a documented refusal.
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::Reason>"))]
    pub reason: Option<&'static str>,
    /// What happened, for people.
    pub message: String,
    /// The operation, if there was one.
    pub operation: Option<Operation>,
    /// The HTTP status of the answer.
    pub status: Option<u16>,
    /// WeChat Pay's id of the request, for its support.
    pub request_id: Option<String>,
    /// The service's `detail`, as sent but for a person's data, which is `***`.
    pub detail: Option<Value>,
    /// What is wrong with the request.
    pub findings: Vec<Finding>,
    /// What is odd, but not the error itself.
    pub warnings: Vec<Finding>,
    /// Can the same call succeed later?
    pub retryable: bool,
    /// When to try again at the earliest, in milliseconds.
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::Milliseconds>"))]
    pub retry_after: Option<u64>,
    /// How many attempts were made.
    pub attempts: u32,
    /// May the operation have taken effect all the same?
    pub may_have_been_applied: bool,
    /// What to do, in English and Chinese.
    pub advice: Option<Advice>,
    /// Did the signature of the error answer verify?
    pub authenticated: bool,
}

impl Error {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Error {
        Error(Box::new(Details {
            kind: code.kind,
            code: code.name.to_owned(),
            reason: None,
            message: message.into(),
            operation: None,
            status: None,
            request_id: None,
            detail: None,
            findings: Vec::new(),
            warnings: Vec::new(),
            retryable: false,
            retry_after: None,
            attempts: 0,
            may_have_been_applied: false,
            advice: None,
            authenticated: false,
        }))
    }

    /// An error of kind `api`, whose code is the service's.
    pub(crate) fn refused(code: String, message: String) -> Error {
        let mut error = Error::new(STATUS_UNEXPECTED, message).with(|error| error.kind = ErrorKind::Api);
        error.0.code = code;
        error
    }

    /// `outcome` says what did not happen, such as "declare was not sent".
    pub(crate) fn invalid_fields(operation: Operation, outcome: &str, findings: Vec<Finding>) -> Error {
        let issues: Vec<String> = findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .map(|finding| format!("{} {}", finding.field, finding.issue).trim().to_owned())
            .collect();
        Error::new(INVALID_FIELDS, format!("{outcome}: {}", issues.join("; "))).with(|error| {
            error.operation = Some(operation);
            error.findings = findings;
        })
    }

    /// Every value in it that came from a caller or from the network.
    pub(crate) fn values(&mut self, change: fn(&mut Value)) {
        let Details { detail, findings, warnings, .. } = &mut *self.0;
        detail.iter_mut().for_each(change);
        findings.iter_mut().chain(warnings).for_each(|finding| change(&mut finding.value));
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Details)) -> Error {
        change(&mut self.0);
        self
    }
}

impl std::ops::Deref for Error {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl std::error::Error for Error {}
