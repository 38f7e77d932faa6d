use std::{future::Future, pin::pin, time::Duration};

use futures_util::future::LocalBoxFuture;
use js_sys::{Function, Reflect, Uint8Array, global};

use super::{failed, first, pairs, request};
use crate::{
    engine::{Event, Failure},
    protocol::response::REDIRECTED,
    words::field::Method,
};

/// The host's `fetch`, which keeps the connections.
#[derive(Clone, Default)]
pub struct Transport(reqwest::Client);

impl Transport {
    pub(super) fn of_process() -> Transport {
        Transport::default()
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
        let request = request(&self.0, method, url, headers, body).and_then(|request| request.build().ok());
        let Some(request) = request else { return (failed(Failure::Other), None) };
        // reqwest's own time limit reports a late body as one that broke off. A dropped request is aborted.
        let answer = first(self.exchange(request, max_body), pin!(sleep(timeout))).await;
        (answer.unwrap_or_else(|| failed(Failure::Timeout)), None)
    }

    async fn exchange(&self, request: reqwest::Request, max_body: usize) -> Event {
        let asked = request.url().clone();
        let Ok(response) = self.0.execute(request).await else { return failed(Failure::Other) };
        let headers = pairs(response.headers());
        // reqwest cannot tell `fetch` to leave redirects alone; only the final URL shows that it followed one.
        if *response.url() != asked {
            return Event::Response { status: REDIRECTED, headers: Vec::new(), body: Vec::new(), truncated: false };
        }
        let status = response.status().as_u16();
        if response.content_length().is_some_and(|length| length > max_body as u64) {
            return Event::Response { status, headers, body: Vec::new(), truncated: true };
        }
        let Ok(body) = response.bytes().await else { return failed(Failure::Body) };
        let truncated = body.len() > max_body;
        Event::Response { status, headers, body: body.into_iter().take(max_body).collect(), truncated }
    }
}

pub(super) type Boxed<T> = LocalBoxFuture<'static, T>;

pub(super) fn spawn<T>(future: impl Future<Output = T> + 'static) {
    wasm_bindgen_futures::spawn_local(async { drop(future.await) });
}

/// There is only one process, and it never forks.
pub(super) fn process() -> u32 {
    0
}

pub(super) async fn sleep(span: Duration) {
    gloo_timers::future::sleep(span).await;
}

/// Seeds from the host's `crypto.getRandomValues`, because the final artefact chooses a `getrandom` backend.
pub(super) fn seed() -> Result<[u8; 32], &'static str> {
    let fill = || {
        let crypto = Reflect::get(&global(), &"crypto".into()).ok()?;
        let get: Function = Reflect::get(&crypto, &"getRandomValues".into()).ok()?.into();
        let bytes = Uint8Array::new_with_length(32);
        get.call1(&crypto, &bytes).ok()?;
        let mut seed = [0; 32];
        bytes.copy_to(&mut seed);
        Some(seed)
    };
    fill().ok_or("there is no crypto.getRandomValues")
}
