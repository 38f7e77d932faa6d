use std::{
    error::Error as _,
    future::Future,
    io,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;
use reqwest::{redirect, retry};
use tokio::runtime::{self, Handle};

use super::{
    failed, pairs,
    proxy::{Proxy, SCHEMES, host_and_port, ignored, is_here},
    request,
};
use crate::{
    engine::{Event, Failure, Sent},
    protocol::options::TransportOptions,
    words::{
        error::{Error, INVALID_OPTION},
        field::Method,
    },
};

/// Connections, kept open for further calls. Clones share them; making one does no I/O.
#[derive(Clone, Default)]
pub struct Transport(Arc<Inner>);

#[derive(Default)]
struct Inner {
    made: Mutex<Vec<(Home, reqwest::Client)>>,
    proxy: Option<(reqwest::Proxy, Proxy)>,
    trusted: Option<Vec<reqwest::Certificate>>,
}

/// The owner of connections: one process, because a forked one must not touch them, and one runtime, which serves them; and
/// whether they go straight to the host, past every proxy.
type Home = (u32, Option<runtime::Id>, bool);

/// The longest that an idle connection is used again: servers and balancers close them after as little as five seconds, and a
/// request on its way meanwhile is lost.
const IDLE: Duration = Duration::from_secs(4);

/// The most owners that are remembered, so that runtimes used in turn keep their connections and those of dead ones are
/// dropped in the end.
const HOMES: usize = 8;

impl Transport {
    /// Makes connections that use a proxy, or that trust other certificates than the system's.
    ///
    /// # Errors
    /// `INVALID_OPTION` for an option that cannot be used.
    pub fn new(options: &TransportOptions) -> Result<Transport, Error> {
        let refused = |name: &str, why: &str| Error::new(INVALID_OPTION, format!("option `{name}` {why}"));
        let proxy = options.proxy.as_ref().map(|url| {
            let known = Proxy::named(url.expose());
            let proxy = known.and_then(|known| Some((reqwest::Proxy::all(url.expose()).ok()?, known)));
            // Does not show the URL, because it may hold a password.
            proxy.ok_or_else(|| {
                refused("proxy", &format!("must be the URL of a proxy: {SCHEMES} and ://, a host and a port"))
            })
        });
        let trusted = options.ca_certificates.as_ref().map(|pem| {
            let read = reqwest::Certificate::from_pem_bundle(pem.expose()).ok().filter(|read| !read.is_empty());
            read.ok_or_else(|| refused("ca_certificates", "must hold at least one certificate in PEM"))
        });
        let inner = Inner { proxy: proxy.transpose()?, trusted: trusted.transpose()?, ..Inner::default() };
        // Builds once, because the content of a certificate is read only at its first use. The system's are not read here.
        if inner.trusted.is_some() && inner.build(false).is_err() {
            return Err(refused("ca_certificates", "must hold nothing but X.509 in PEM"));
        }
        Ok(Transport(Arc::new(inner)))
    }

    /// The transport that all clients of this process share unless they are given another.
    pub fn of_process() -> Transport {
        static TRANSPORT: LazyLock<Transport> = LazyLock::new(Transport::default);
        TRANSPORT.clone()
    }

    /// Opens the connections to a URL in this process and tokio runtime. They are made at the first request, because that
    /// reads the system's certificates.
    ///
    /// Requests to this machine bypass every proxy, which could read them; except a proxy that was asked for and is on this
    /// machine itself.
    ///
    /// # Errors
    /// The event that answers an engine's `Send`, with what went wrong.
    pub fn open(&self, url: &str) -> Result<Connections, Sending> {
        let asked_for = self.0.proxy.as_ref().map(|(_, proxy)| proxy);
        let is_direct = is_here(url) && !asked_for.is_some_and(|proxy| is_here(&proxy.url));
        let proxy = (!is_direct).then(|| asked_for.cloned().or_else(|| Proxy::of_environment(url))).flatten();
        let mut made = self.0.made.lock().unwrap_or_else(PoisonError::into_inner);
        let here = (std::process::id(), Handle::try_current().ok().map(|runtime| runtime.id()), is_direct);
        if let Some((_, client)) = made.iter().find(|(home, _)| *home == here) {
            return Ok(Connections { client: client.clone(), proxy, is_direct });
        }
        // Only the needs of HTTPS can fail here, such as the system's certificates.
        let client = self.0.build(is_direct).map_err(|error| Sending {
            event: Event::Failed { sent: Sent::No, cause: Failure::Tls },
            why: Some(words(&causes(&error))),
            between: None,
        })?;
        if made.len() >= HOMES {
            made.remove(0);
        }
        made.push((here, client.clone()));
        Ok(Connections { client, proxy, is_direct })
    }

    pub(super) async fn send(
        &self,
        method: Method,
        url: String,
        headers: Vec<(String, String)>,
        body: Option<String>,
        timeout: Duration,
        max_body: usize,
    ) -> (Event, Option<String>) {
        let sending = match self.open(&url) {
            Ok(connections) => connections.send(method, url, headers, body, timeout, max_body).await,
            Err(sending) => sending,
        };
        (sending.event, sending.between)
    }
}

impl Inner {
    fn build(&self, is_direct: bool) -> reqwest::Result<reqwest::Client> {
        // Turned off, because the engine refuses redirects and decides about retries.
        let mut builder = reqwest::Client::builder().redirect(redirect::Policy::none()).retry(retry::never());
        builder = builder.pool_idle_timeout(IDLE);
        match &self.proxy {
            _ if is_direct => builder = builder.no_proxy(),
            Some((proxy, _)) => builder = builder.proxy(proxy.clone()),
            None => {}
        }
        if let Some(trusted) = &self.trusted {
            builder = builder.tls_certs_only(trusted.iter().cloned());
        }
        builder.build()
    }
}

/// The connections of one process and tokio runtime.
pub struct Connections {
    client: reqwest::Client,
    /// The proxy that they go through.
    proxy: Option<Proxy>,
    is_direct: bool,
}

/// The result of sending.
pub struct Sending {
    /// The answer to an engine's `Send`.
    pub event: Event,
    /// A library's own description of a failure.
    pub why: Option<String>,
    /// The obstacle that failed, for [`Engine::between`](crate::engine::Engine::between).
    pub between: Option<String>,
}

impl Connections {
    /// Carries out an engine's `Send`.
    pub async fn send(
        &self,
        method: Method,
        url: String,
        headers: Vec<(String, String)>,
        body: Option<String>,
        timeout: Duration,
        max_body: usize,
    ) -> Sending {
        let ends = Instant::now() + timeout;
        let target = host_and_port(&url);
        let broken = async |event: Event, error: Option<reqwest::Error>| {
            let why = error.as_ref().map(|error| words(&causes(error)));
            let between = match (&self.proxy, &why) {
                (Some(proxy), Some(why)) => Some(proxy.failed(why, &target, ends).await),
                (None, Some(_)) if !self.is_direct => ignored(),
                _ => None,
            };
            Sending { event, why, between }
        };
        let Some(request) = request(&self.client, method, url, headers, body) else {
            return broken(failed(Failure::Other), None).await;
        };
        let mut response = match request.timeout(timeout).send().await {
            Ok(response) => response,
            Err(error) => return broken(failure(&error), Some(error)).await,
        };
        let status = response.status().as_u16();
        let headers = pairs(response.headers());
        let mut body = Vec::new();
        let mut truncated = false;
        while !truncated {
            match response.chunk().await {
                Ok(Some(chunk)) => {
                    let room = max_body - body.len();
                    truncated = chunk.len() > room;
                    body.extend(chunk.iter().take(room));
                }
                Ok(None) => break,
                Err(error) => {
                    let cause = if error.is_timeout() { Failure::Timeout } else { Failure::Body };
                    return broken(failed(cause), Some(error)).await;
                }
            }
        }
        Sending { event: Event::Response { status, headers, body, truncated }, why: None, between: None }
    }
}

/// The causes behind an error; the error itself names the URL.
fn causes(error: &reqwest::Error) -> Vec<&(dyn std::error::Error + 'static)> {
    let mut causes = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        causes.push(cause);
        source = cause.source();
    }
    causes
}

fn words(causes: &[&(dyn std::error::Error + 'static)]) -> String {
    let mut words: Vec<String> = causes.iter().map(ToString::to_string).collect();
    words.dedup();
    words.join(": ")
}

fn failure(error: &reqwest::Error) -> Event {
    let causes = causes(error);
    let says = |words: &[&str]| {
        causes.iter().any(|cause| {
            let text = cause.to_string().to_lowercase();
            words.iter().any(|word| text.contains(word))
        })
    };
    if error.is_connect() {
        let cause = match () {
            () if says(&["dns error"]) => Failure::Dns,
            () if says(&["certificate"]) => Failure::Certificate,
            () if says(&["tls", "handshake", "corrupt message"]) => Failure::Tls,
            () if error.is_timeout() => Failure::Timeout,
            () => Failure::Connect,
        };
        return Event::Failed { sent: Sent::No, cause };
    }
    let reset = causes.iter().filter_map(|cause| cause.downcast_ref::<io::Error>()).any(|error| {
        matches!(
            error.kind(),
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof
        )
    });
    failed(match () {
        () if error.is_timeout() => Failure::Timeout,
        () if reset || says(&["connection closed", "incomplete message"]) => Failure::Reset,
        () if error.is_body() || error.is_decode() => Failure::Body,
        () => Failure::Other,
    })
}

pub(super) type Boxed<T> = BoxFuture<'static, T>;

pub(super) fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) {
    tokio::spawn(future);
}

pub(super) fn process() -> u32 {
    std::process::id()
}

pub(super) async fn sleep(span: Duration) {
    tokio::time::sleep(span).await;
}

pub(super) fn seed() -> Result<[u8; 32], getrandom::Error> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map(|()| seed)
}
