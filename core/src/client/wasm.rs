use std::{future::Future, time::Duration};

use futures_util::future::LocalBoxFuture;
use js_sys::{Function, Reflect, Uint8Array, global};

use super::{failed, pairs, request};
use crate::engine::{Cause, Event};

/// The host's `fetch`, which keeps the connections.
#[derive(Clone, Default)]
pub struct Transport(reqwest::Client);

impl Transport {
    pub(super) fn of_process() -> Transport {
        Transport::default()
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
        let Some(request) = request(&self.0, method, url, headers, body, timeout) else { return failed(Cause::Other) };
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) if error.is_timeout() => return failed(Cause::Timeout),
            Err(_) => return failed(Cause::Other),
        };
        let status = response.status().as_u16();
        let headers = pairs(response.headers());
        let Ok(body) = response.bytes().await else { return failed(Cause::Body) };
        let truncated = body.len() > max_body;
        Event::Response { status, headers, body: body.into_iter().take(max_body).collect(), truncated }
    }
}

pub(super) type Boxed<T> = LocalBoxFuture<'static, T>;

pub(super) fn spawn<T>(future: impl Future<Output = T> + 'static) {
    wasm_bindgen_futures::spawn_local(async { drop(future.await) });
}

/// There is but one, which never forks.
pub(super) fn process() -> u32 {
    0
}

pub(super) async fn sleep(span: Duration) {
    gloo_timers::future::sleep(span).await;
}

/// From the host's `crypto.getRandomValues`, as the choice of a `getrandom` backend is the final artefact's.
pub(super) fn seed() -> Result<[u8; 32], &'static str> {
    let fill = || {
        let crypto = Reflect::get(&global(), &"crypto".into()).ok()?;
        let get: Function = Reflect::get(&crypto, &"getRandomValues".into()).ok()?.try_into().ok()?;
        let bytes = Uint8Array::new_with_length(32);
        get.call1(&crypto, &bytes).ok()?;
        let mut seed = [0; 32];
        bytes.copy_to(&mut seed);
        Some(seed)
    };
    fill().ok_or("there is no crypto.getRandomValues")
}
