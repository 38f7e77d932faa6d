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
use crate::engine::{Cause, Event, Sent};

/// Connections, kept open for further calls. Clones share them; making one does no I/O.
#[derive(Clone, Default)]
pub struct Transport(Arc<Mutex<Vec<(Home, reqwest::Client)>>>);

/// Where connections live: in one process, as a forked one must not touch them, and in one runtime, which serves them.
type Home = (u32, Option<runtime::Id>);

/// Runtimes that are used in turn do not evict one another's connections; those of dead ones are let go in the end.
const HOMES: usize = 4;

impl Transport {
    /// The one that all clients of this process share unless they are given another.
    pub(super) fn of_process() -> Transport {
        static TRANSPORT: LazyLock<Transport> = LazyLock::new(Transport::default);
        TRANSPORT.clone()
    }

    /// Made at the first request, as it reads the system's certificates.
    fn client(&self) -> Result<reqwest::Client, reqwest::Error> {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let here = (std::process::id(), Handle::try_current().ok().map(|runtime| runtime.id()));
        if let Some((_, client)) = made.iter().find(|(home, _)| *home == here) {
            return Ok(client.clone());
        }
        // The engine refuses redirects and decides about retries.
        let client = reqwest::Client::builder().redirect(redirect::Policy::none()).retry(retry::never()).build()?;
        if made.len() >= HOMES {
            made.remove(0);
        }
        made.push((here, client.clone()));
        Ok(client)
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
        // All that can fail here is what HTTPS needs, such as the system's certificates.
        let Ok(client) = self.client() else { return Event::Failed { sent: Sent::No, cause: Cause::Tls } };
        let Some(request) = request(&client, method, url, headers, body) else { return failed(Cause::Other) };
        let mut response = match request.timeout(timeout).send().await {
            Ok(response) => response,
            Err(error) => return failure(&error),
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
                Err(error) if error.is_timeout() => return failed(Cause::Timeout),
                Err(_) => return failed(Cause::Body),
            }
        }
        Event::Response { status, headers, body, truncated }
    }
}

fn failure(error: &reqwest::Error) -> Event {
    let mut causes = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        causes.push(cause);
        source = cause.source();
    }
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
