//! Options that a binding handles itself, by language.

use super::options::Convention;

/// The object of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Whose {
    /// A client.
    Client,
    /// A call or a run.
    Call,
    /// A run: `ensure` or `wait`.
    Run,
}

/// An option that the binding handles itself. One that arrives here has the wrong type.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct OwnOption {
    /// Its name in snake case.
    pub name: &'static str,
    /// The languages that have it.
    pub hosts: &'static [Convention],
    /// The object that it is an option of.
    pub of: Whose,
    /// The values that are allowed.
    pub wanted: &'static str,
    /// Its purpose.
    #[cfg(feature = "schema")]
    pub doc: &'static str,
}

const PYTHON: &[Convention] = &[Convention::Python];
const JAVASCRIPT: &[Convention] = &[Convention::JavaScript];
const BOTH: &[Convention] = &[Convention::Python, Convention::JavaScript];

macro_rules! own {
    ($($name:literal $hosts:ident $of:ident $wanted:literal $doc:literal,)+) => {
        &[$(OwnOption {
            name: $name,
            hosts: $hosts,
            of: Whose::$of,
            wanted: $wanted,
            #[cfg(feature = "schema")]
            doc: $doc,
        }),+]
    };
}

impl OwnOption {
    /// Every such option.
    pub const ALL: &[OwnOption] = own![
        "signer" BOTH Client "a function"
            "Signs by other means than `private_key`, such as a KMS or HSM: bytes to signature (RSASSA-PKCS1-v1_5, SHA-256).",
        "transport" PYTHON Client "a Transport, or a function from a request to a response"
            "What sends: connections that clients share, or a function. The process's own connections unless given.",
        "fetch" JAVASCRIPT Client "a function"
            "What sends. The host's own means unless given.",
        "proxy" PYTHON Client "given to the Transport, as there is one"
            "The proxy's URL, where `transport` is not given; that of the environment unless given.",
        "proxy" JAVASCRIPT Client "text"
            "The proxy's URL (`http://`, `https://`), where the package sends by itself: `wechatpay-customs` without `fetch`.",
        "ca_certificates" PYTHON Client "given to the Transport, as there is one"
            "Certificates that are trusted instead of the system's, PEM, where `transport` is not given.",
        "ca_certificates" JAVASCRIPT Client "text or bytes"
            "Certificates that are trusted instead of Node.js's own, PEM, where the package sends by itself.",
        "on_attempt" BOTH Client "a function"
            "Called at the beginning and end of each attempt.",
        "clock" BOTH Client "a function"
            "The time since 1970, for tests; in seconds in Python, in milliseconds in JavaScript.",
        "on_progress" BOTH Run "a function"
            "Called before each pause with what the run would give now.",
        "signal" JAVASCRIPT Call "an AbortSignal"
            "Gives the call up; the promise rejects with `signal.reason`.",
    ];

    pub(crate) fn of(convention: Convention, whose: &[Whose]) -> impl Iterator<Item = &'static OwnOption> {
        OwnOption::ALL.iter().filter(move |own| whose.contains(&own.of) && own.hosts.contains(&convention))
    }
}
