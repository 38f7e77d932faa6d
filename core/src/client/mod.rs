//! The driver for Rust: carries out an [`Engine`](crate::engine::Engine)'s actions with `reqwest`, natively and on wasm32.
//!
//! It may use [`crate::engine`] and the floors below it, and decides nothing. Begin with [`Client`].
//!
//! # On wasm32
//!
//! Rust programs that are compiled to `wasm32-unknown-unknown` and bound with `wasm-bindgen` send with the host's `fetch`,
//! take seeds from `crypto.getRandomValues`, and sign with feature `rsa` (some 10 ms for a signature; `aws-lc` does nothing
//! there, and `Client::with_signer` takes a faster signer). `getrandom` is not in the tree: the program chooses its backend
//! on wasm32, if it uses it. Limits of `fetch` behind `reqwest`:
//!
//! - Redirects are followed before they are seen. An answer from another URL than the requested one ends as
//!   `REDIRECT_REFUSED` like any redirect, unread; but by then `fetch` has sent the request on: after a 307 or 308 whole,
//!   to another origin without `Authorization`. A redirect that ends where it began cannot be seen.
//! - A program cannot bring its own `fetch`: the global one is always used. [`Transport`] has nothing to choose.
//! - The reason why no answer came is not known. Unless time was up (`TIMEOUT`) or a body broke off (`BODY_FAILED`) it is
//!   always `TRANSPORT_FAILED`, with `may_have_been_applied` for a call that changes something, even if no connection
//!   stood.
//! - A body that does not announce its length is read whole before it is capped.
//!
//! A program that needs more drives an [`Engine`](crate::engine::Engine) with its own `fetch` call, as the npm packages do.

#[cfg_attr(target_arch = "wasm32", path = "wasm.rs")]
#[cfg_attr(not(target_arch = "wasm32"), path = "native.rs")]
mod host;

mod builder;
mod calls;
mod drive;
mod flights;
mod life;
mod log;
pub mod own;
mod pages;
#[cfg(not(target_arch = "wasm32"))]
mod proxy;

use std::{
    future::{Future, pending, poll_fn},
    pin::pin,
    sync::{Arc, LazyLock},
    task::Poll,
    time::Duration,
};

use serde_json::Value;
use web_time::{Instant, SystemTime, UNIX_EPOCH};

pub use builder::Builder;
pub use host::Transport;
#[cfg(not(target_arch = "wasm32"))]
pub use host::{Connections, Sending};
pub use pages::QueryAll;

use crate::{
    engine::{Account, Call, Emit, Event, Failure, Now, Outcome, Sent, SignedBy},
    keys::crypto::{Signer, Verifier},
    protocol::{
        api::Endpoint,
        explain::{Explanation, Message},
        options::{CallOptions, Options},
        request::{Checked, Signed},
        response::{Received, Verified},
    },
    words::{
        error::{
            CLIENT_CLOSED, Error, INVALID_FIELDS, PLATFORM_KEY_INVALID, RUNTIME_UNSUPPORTED, SIGNING_FAILED,
            UNEXPECTED_EVENT,
        },
        field::Method,
        finding::Finding,
        operation::Operation,
    },
};

type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;
type Observer = Arc<dyn Fn(&Emit) + Send + Sync>;

/// A client that declares payments to customs through WeChat Pay.
///
/// Cloning is cheap: clones share keys. All clients of a process share connections unless they are given a [`Transport`].
///
/// ```no_run
/// # async fn declare(private_key: &str, platform_key: &str) -> Result<(), wechatpay_customs::Error> {
/// use wechatpay_customs::{api::declare, client::Client};
///
/// let client = Client::builder()
///     .appid("wxd678efh567hg6787")
///     .mchid("1230000109")
///     .serial_no("5157F09EFDC096DE15EBE81A47057A7232F1B8E1")
///     .private_key(private_key)
///     .platform_key("PUB_KEY_ID_01", platform_key)
///     .build()?;
/// let answer = client
///     .declare(&declare::Request {
///         out_trade_no: "20150806125346".into(),
///         transaction_id: "1000320306201511078440737890".into(),
///         customs: "SHANGHAI_ZS".into(),
///         merchant_customs_no: "123456".into(),
///         ..declare::Request::default()
///     })
///     .await?;
/// println!("{}", answer.state);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    account: Arc<Account>,
    signer: Option<Arc<dyn Signer>>,
    verifier: Arc<dyn Verifier>,
    transport: Transport,
    own_transport: Option<Arc<dyn own::OwnTransport>>,
    clock: Option<Clock>,
    flights: Arc<flights::Flights>,
    observer: Option<Observer>,
    options: CallOptions,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Client").field("account", &self.account).finish_non_exhaustive()
    }
}

impl Client {
    /// Starts a client: each option has a method of its name, and [`Builder::build`] makes the client.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Makes a client that signs with `private_key`. Sends nothing.
    ///
    /// # Errors
    /// `INVALID_OPTION`, `PRIVATE_KEY_INVALID`, `PRIVATE_KEY_MISSING`, `PLATFORM_KEY_INVALID`.
    pub fn new(options: Options) -> Result<Client, Error> {
        let client = Client::for_parsing(options)?;
        client.account.require_signing()?;
        Ok(client)
    }

    /// Makes a client that signs by other means, such as an HSM. Sends nothing.
    ///
    /// # Errors
    /// As [`Client::new`]; `INVALID_OPTION` if there is a `private_key` too.
    pub fn with_signer(options: Options, signer: Arc<dyn Signer>) -> Result<Client, Error> {
        let client = Client::made_of(account(options, SignedBy::Caller)?, Some(signer))?;
        client.account.require_signing()?;
        Ok(client)
    }

    /// Makes a client that may lack what is needed to sign; it can read answers all the same.
    ///
    /// # Errors
    /// As [`Client::new`], for what is given.
    pub fn for_parsing(options: Options) -> Result<Client, Error> {
        let account = account(options, SignedBy::Core)?;
        let signer = account.signer()?;
        Client::made_of(account, signer)
    }

    fn made_of(account: Account, signer: Option<Arc<dyn Signer>>) -> Result<Client, Error> {
        let verifier = account.verifier().ok_or_else(|| {
            Error::new(PLATFORM_KEY_INVALID, "no verifier is built in; turn on feature `aws-lc` or `rsa`")
        })?;
        Ok(Client {
            account: Arc::new(account),
            signer,
            verifier,
            transport: Transport::of_process(),
            own_transport: None,
            clock: None,
            flights: Arc::default(),
            observer: None,
            options: CallOptions::default(),
        })
    }

    /// The state that all calls of this client share.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Sends over these connections instead of the process's.
    #[must_use]
    pub fn over(mut self, transport: Transport) -> Client {
        self.transport = transport;
        self
    }

    /// The same client with options for the calls that are made through it.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use wechatpay_customs::{api::query, client::Client, options::CallOptions};
    /// # async fn query(client: Client, request: query::Request) -> Result<(), wechatpay_customs::Error> {
    /// let patient = CallOptions { deadline: Some(Duration::from_secs(120)), ..CallOptions::default() };
    /// client.with_options(patient).query(&request).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_options(&self, options: CallOptions) -> Client {
        Client { options, ..self.clone() }
    }

    /// Calls `observer` at the beginning and end of each attempt. The same is logged as `tracing` events at level DEBUG,
    /// and the warnings of a call at level WARN.
    #[must_use]
    pub fn on_attempt(mut self, observer: impl Fn(&Emit) + Send + Sync + 'static) -> Client {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Explains why the signature of a request or answer does not verify, with this client's options. Sends nothing.
    ///
    /// `now` is in Unix seconds; the clock's time unless given.
    pub fn explain(&self, message: &Message, now: Option<i64>) -> Explanation {
        let now = now.unwrap_or_else(|| self.now().unix_s());
        self.account.explain(message, Some(now))
    }

    fn now(&self) -> Now {
        match &self.clock {
            None => now(),
            Some(clock) => Now { unix_ms: unix_ms(clock()), ..now() },
        }
    }

    /// Checks a request with this client's ids and rules. Sends nothing.
    pub fn check<R: Endpoint>(&self, request: &R) -> Vec<Finding> {
        match serde_json::to_value(request) {
            Ok(fields) => Checked::new(self.account.merchant(), R::OPERATION, fields).findings().to_vec(),
            Err(_) => Vec::new(),
        }
    }

    /// Checks, builds and signs a request for the caller to send. Sends nothing.
    ///
    /// # Errors
    /// `input` and `key` errors, and that of a signer of the caller's.
    pub async fn prepare<R: Endpoint>(&self, request: &R) -> Result<Signed, Error> {
        let fields = serde_json::to_value(request).map_err(unwritable)?;
        let call = Call::Prepare { operation: R::OPERATION, fields, timestamp: None, nonce: None, padding: None };
        match self.run(call, self.options, pending()).await? {
            Outcome::Prepared { request, .. } => Ok(request),
            Outcome::Err(error) => Err(error),
            _ => Err(unexpected()),
        }
    }

    /// Verifies and reads an answer that the caller received to `request`; see [`Client::prepare`].
    ///
    /// # Errors
    /// As the call itself.
    pub async fn parse<R: Endpoint>(&self, request: &R, response: Received) -> Result<Verified<R::Response>, Error> {
        let request = Some(serde_json::to_value(request).map_err(unwritable)?);
        let call = Call::Parse { operation: R::OPERATION, response, request, now: None };
        verified(self.run(call, self.options, pending()).await)?.typed(R::OPERATION)
    }

    /// Makes one call, whichever its operation.
    ///
    /// # Errors
    /// Any error; dropping the future cancels the call.
    pub async fn call<R: Endpoint>(&self, request: &R) -> Result<Verified<R::Response>, Error> {
        let fields = serde_json::to_value(request).map_err(unwritable)?;
        self.answered(R::OPERATION, fields).await?.typed(R::OPERATION)
    }

    /// Makes the call with fields and answer as data.
    async fn answered(&self, operation: Operation, fields: Value) -> Result<Verified<Value>, Error> {
        verified(self.run(Call::Operation { operation, fields }, self.options, pending()).await)
    }

    /// Exports the platform keys as one JSON text, to start another client with.
    pub fn export_keys(&self) -> String {
        self.account.export_keys()
    }

    /// Imports platform keys that [`Client::export_keys`] gave. They are trusted, so take them from a safe place only.
    ///
    /// # Errors
    /// `PLATFORM_KEY_INVALID`.
    pub fn import_keys(&self, text: &str) -> Result<(), Error> {
        self.account.import_keys(text)
    }
}

/// The answer in an outcome.
fn verified(outcome: Result<Outcome, Error>) -> Result<Verified<Value>, Error> {
    match outcome? {
        Outcome::Ok { value, request_id, warnings, attempts } => {
            Ok(Verified::of_engine(value, request_id, warnings, attempts))
        }
        Outcome::Err(error) => Err(error),
        Outcome::Prepared { .. } | Outcome::Plain { .. } | Outcome::Host | Outcome::Cancelled { .. } => {
            Err(unexpected())
        }
    }
}

fn account(options: Options, signing: SignedBy) -> Result<Account, Error> {
    options.require_sound()?;
    Account::new(options, signing)
}

/// The result of a future; `None` if the other one is ready first.
pub async fn first<T>(answer: impl Future<Output = T>, mut other: impl Future<Output = ()> + Unpin) -> Option<T> {
    let mut answer = pin!(answer);
    poll_fn(move |context| {
        if let Poll::Ready(answer) = answer.as_mut().poll(context) {
            return Poll::Ready(Some(answer));
        }
        pin!(&mut other).poll(context).map(|()| None)
    })
    .await
}

/// The error for a call on a closed client.
pub fn closed() -> Error {
    Error::new(CLIENT_CLOSED, "the client was closed; make another, or close it later")
}

/// The error for a place where a client cannot work; `why` says what is missing and what to do.
pub fn unsupported(why: impl Into<String>) -> Error {
    Error::new(RUNTIME_UNSUPPORTED, why)
}

/// 32 fresh bytes from the system's generator.
///
/// # Errors
/// `SIGNING_FAILED`.
pub fn seed() -> Result<[u8; 32], Error> {
    host::seed().map_err(|error| Error::new(SIGNING_FAILED, format!("the system has no randomness: {error}")))
}

/// The error for a request that is not as its type says.
fn unwritable(error: serde_json::Error) -> Error {
    Error::new(INVALID_FIELDS, format!("the request cannot be written: {error}"))
}

fn unexpected() -> Error {
    Error::new(UNEXPECTED_EVENT, "the engine ended in a way that its driver does not know")
}

/// The event for a failure after which it is not known whether the request was sent.
fn failed(cause: Failure) -> Event {
    Event::Failed { sent: Sent::Unknown, cause }
}

/// Converts the engine's request for `reqwest`.
fn request(
    client: &reqwest::Client,
    method: Method,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
) -> Option<reqwest::RequestBuilder> {
    let mut request = client.request(reqwest::Method::from_bytes(method.as_str().as_bytes()).ok()?, url);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    Some(match body {
        Some(body) => request.body(body),
        None => request,
    })
}

/// All headers as they came.
fn pairs(headers: &reqwest::header::HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}

/// Reads the clocks; the monotonic one, which all calls share, begins when it is first read.
pub fn now() -> Now {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    Now { unix_ms: unix_ms(SystemTime::now()), mono_ms: millis(START.elapsed()) }
}

fn unix_ms(time: SystemTime) -> i64 {
    millis(time.duration_since(UNIX_EPOCH).unwrap_or_default()) as i64
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
