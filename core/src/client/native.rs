use std::{
    error::Error as _,
    future::Future,
    io,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::BoxFuture;
use reqwest::{redirect, retry};
use tokio::runtime::{self, Handle};

use super::{failed, pairs, request};
use crate::{
    engine::{Cause, Event, Sent},
    error::{Error, INVALID_OPTION},
    options::TransportOptions,
};

/// Connections, kept open for further calls. Clones share them; making one does no I/O.
#[derive(Clone, Default)]
pub struct Transport(Arc<Inner>);

#[derive(Default)]
struct Inner {
    made: Mutex<Vec<(Home, reqwest::Client)>>,
    proxy: Option<reqwest::Proxy>,
    trusted: Option<Vec<reqwest::Certificate>>,
}

/// Where connections live: in one process, as a forked one must not touch them, and in one runtime, which serves them.
type Home = (u32, Option<runtime::Id>);

/// Runtimes that are used in turn do not evict one another's connections; those of dead ones are let go in the end.
const HOMES: usize = 4;

impl Transport {
    /// Connections through a proxy, or that trust other certificates than the system's.
    ///
    /// # Errors
    /// `INVALID_OPTION` for what cannot be used.
    pub fn new(options: &TransportOptions) -> Result<Transport, Error> {
        let refused = |name: &str, why: &str| Error::new(INVALID_OPTION, format!("option `{name}` {why}"));
        let proxy = options.proxy.as_ref().map(|url| {
            let known = ["http://", "https://"].iter().any(|scheme| url.expose().starts_with(scheme));
            let proxy = known.then(|| reqwest::Proxy::all(url.expose()).ok()).flatten();
            // The URL is not shown: it may hold a password.
            proxy.ok_or_else(|| refused("proxy", "must be the URL of a proxy: http:// or https://, a host and a port"))
        });
        let trusted = options.ca_certificates.as_ref().map(|pem| {
            let read = reqwest::Certificate::from_pem_bundle(pem.expose()).ok().filter(|read| !read.is_empty());
            read.ok_or_else(|| refused("ca_certificates", "must hold at least one certificate in PEM"))
        });
        let inner = Inner { proxy: proxy.transpose()?, trusted: trusted.transpose()?, ..Inner::default() };
        // What a certificate holds is looked at when it is used first. The system's are not read here.
        if inner.trusted.is_some() && inner.build().is_err() {
            return Err(refused("ca_certificates", "must hold nothing but X.509 in PEM"));
        }
        Ok(Transport(Arc::new(inner)))
    }

    /// The one that all clients of this process share unless they are given another.
    pub fn of_process() -> Transport {
        static TRANSPORT: LazyLock<Transport> = LazyLock::new(Transport::default);
        TRANSPORT.clone()
    }

    /// What sends in this process and tokio runtime. Made at the first request, as it reads the system's certificates.
    ///
    /// # Errors
    /// What to give an engine for its `Send`, and what went wrong.
    pub fn open(&self) -> Result<Connections, (Event, String)> {
        let mut made = self.0.made.lock().unwrap_or_else(PoisonError::into_inner);
        let here = (std::process::id(), Handle::try_current().ok().map(|runtime| runtime.id()));
        if let Some((_, client)) = made.iter().find(|(home, _)| *home == here) {
            return Ok(Connections(client.clone()));
        }
        // All that can fail here is what HTTPS needs, such as the system's certificates.
        let client = self
            .0
            .build()
            .map_err(|error| (Event::Failed { sent: Sent::No, cause: Cause::Tls }, words(&causes(&error))))?;
        if made.len() >= HOMES {
            made.remove(0);
        }
        made.push((here, client.clone()));
        Ok(Connections(client))
    }

    pub(super) async fn send(
        &self,
        method: &str,
        url: String,
        headers: Vec<(String, String)>,
        body: Option<String>,
        timeout: Duration,
        max_body: usize,
    ) -> Event {
        match self.open() {
            Ok(connections) => connections.send(method, url, headers, body, timeout, max_body).await.0,
            Err((event, _)) => event,
        }
    }
}

impl Inner {
    fn build(&self) -> reqwest::Result<reqwest::Client> {
        // The engine refuses redirects and decides about retries.
        let mut builder = reqwest::Client::builder().redirect(redirect::Policy::none()).retry(retry::never());
        if let Some(proxy) = &self.proxy {
            builder = builder.proxy(proxy.clone());
        }
        if let Some(trusted) = &self.trusted {
            builder = builder.tls_certs_only(trusted.iter().cloned());
        }
        builder.build()
    }
}

/// The connections of one process and tokio runtime.
pub struct Connections(reqwest::Client);

impl Connections {
    /// Sends what an engine's `Send` says; beside what to answer stands, for people, why no answer came.
    pub async fn send(
        &self,
        method: &str,
        url: String,
        headers: Vec<(String, String)>,
        body: Option<String>,
        timeout: Duration,
        max_body: usize,
    ) -> (Event, Option<String>) {
        let Some(request) = request(&self.0, method, url, headers, body) else { return (failed(Cause::Other), None) };
        let broken = |event: Event, error: &reqwest::Error| (event, Some(words(&causes(error))));
        let mut response = match request.timeout(timeout).send().await {
            Ok(response) => response,
            Err(error) => return broken(failure(&error), &error),
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
                Err(error) if error.is_timeout() => return broken(failed(Cause::Timeout), &error),
                Err(error) => return broken(failed(Cause::Body), &error),
            }
        }
        (Event::Response { status, headers, body, truncated }, None)
    }
}

/// What stands behind an error; the error itself names the URL.
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
            () if says(&["dns error"]) => Cause::Dns,
            () if says(&["certificate", "tls", "handshake", "invalidmessage"]) => Cause::Tls,
            () if error.is_timeout() => Cause::Timeout,
            () => Cause::Connect,
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
        () if error.is_timeout() => Cause::Timeout,
        () if reset || says(&["connection closed", "incomplete message"]) => Cause::Reset,
        () if error.is_body() || error.is_decode() => Cause::Body,
        () => Cause::Other,
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
