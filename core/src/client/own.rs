//! A transport of the program's own, in place of `reqwest`.

use std::{pin::pin, sync::Arc, time::Duration};

use super::{failed, first, host};
pub use crate::engine::{Failure, Sent};
use crate::{
    engine::{Action, Event},
    protocol::response::MAX_BODY,
    words::field::Method,
};

/// The future that a transport returns; on wasm32 it need not be `Send`.
pub type Boxed<T> = host::Boxed<T>;

/// A signed request, to be sent once, unchanged, and without following redirects.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Request {
    /// `GET`, `POST` or `PATCH`.
    pub method: Method,
    /// The whole URL.
    pub url: String,
    /// All headers.
    pub headers: Vec<(String, String)>,
    /// The body, if there is one.
    pub body: Option<String>,
    /// The longest that the exchange may take; the client stops waiting then.
    pub timeout: Duration,
}

/// An answer as it came.
#[derive(Debug, Clone)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// All headers, in the order in which they came and as often.
    pub headers: Vec<(String, String)>,
    /// The body, decoded from its transfer; reading may stop after 1 MiB.
    pub body: Vec<u8>,
}

/// The reason why no answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unanswered {
    /// Was the request sent? `Sent::No` only with proof that no connection stood: it is sent again then, even if that does
    /// harm.
    pub sent: Sent,
    /// Kind of failure.
    pub cause: Failure,
}

/// Sends requests by means of the program's own, such as a client that it shares with other parts. It must not repeat one.
pub trait OwnTransport: Send + Sync {
    /// Sends a request.
    fn send(&self, request: Request) -> Boxed<Result<Response, Unanswered>>;
}

/// Carries out an engine's `Send`.
pub(super) async fn send(transport: &Arc<dyn OwnTransport>, action: Action) -> Event {
    let Action::Send { method, url, headers, body, timeout_ms, .. } = action else { return failed(Failure::Other) };
    let timeout = Duration::from_millis(timeout_ms);
    let answer = transport.send(Request { method, url, headers, body, timeout });
    match first(answer, pin!(host::sleep(timeout))).await {
        Some(Ok(Response { status, headers, mut body })) => {
            let truncated = body.len() > MAX_BODY;
            body.truncate(MAX_BODY);
            Event::Response { status, headers, body, truncated }
        }
        Some(Err(Unanswered { sent, cause })) => Event::Failed { sent, cause },
        None => failed(Failure::Timeout),
    }
}
