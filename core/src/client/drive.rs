//! Carries out an engine's actions, until the call has ended.

use std::{future::Future, pin::pin, sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{Client, first, flights, host, log, own, seed, unexpected};
use crate::{
    engine::{Action, Call, Engine, Event, Outcome},
    protocol::options::CallOptions,
    words::error::Error,
};

impl Client {
    /// Drives any call to its end; cancels it when `cancelled` is ready.
    ///
    /// # Errors
    /// The error that a signer of the caller's returned.
    pub async fn run(
        &self,
        call: Call,
        options: CallOptions,
        cancelled: impl Future<Output = ()>,
    ) -> Result<Outcome, Error> {
        self.drive(Engine::new(call, Arc::clone(&self.account), options, seed()?), cancelled, |_| {}).await
    }

    /// Drives an engine to its end; tells `progress` what a run would give, before each of its pauses.
    pub(super) async fn drive(
        &self,
        mut engine: Engine,
        cancelled: impl Future<Output = ()>,
        progress: impl Fn(Value),
    ) -> Result<Outcome, Error> {
        let mut cancelled = pin!(cancelled);
        let mut event = Event::Start;
        let mut raised = None;
        loop {
            let step = engine.step(event, self.now());
            for emit in &step.emits {
                log::attempt(emit);
                if let Some(observer) = &self.observer {
                    observer(emit);
                }
            }
            event = match step.action {
                Action::Done { outcome: Outcome::Host } => return Err(raised.unwrap_or_else(unexpected)),
                Action::Done { outcome } => {
                    if let Outcome::Ok { warnings, .. } | Outcome::Prepared { warnings, .. } = &outcome {
                        warnings.iter().for_each(log::warning);
                    }
                    return Ok(outcome);
                }
                Action::Sign { message, entropy, .. } => {
                    // A signer of the caller's may want entropy although the engine does not know.
                    let entropy = entropy.map_or_else(seed, Ok)?;
                    let signed = self.signer.as_ref().map(|signer| signer.sign(&message, &entropy));
                    match signed {
                        Some(Ok(signature)) => Event::Signed { signature },
                        Some(Err(error)) => {
                            raised = Some(error);
                            Event::HostFailed
                        }
                        None => Event::HostFailed,
                    }
                }
                Action::Verify { spki_der, message, signature, .. } => {
                    Event::Verified { ok: self.verifier.verify(&spki_der, &message, &signature) }
                }
                action @ Action::Send { .. } if self.own_transport.is_some() => {
                    let Some(transport) = &self.own_transport else { return Err(unexpected()) };
                    let send = own::send(transport, action);
                    first(send, cancelled.as_mut()).await.unwrap_or(Event::Cancel)
                }
                Action::Send { method, url, headers, body, timeout_ms, max_body } => {
                    let send =
                        self.transport.send(method, url, headers, body, Duration::from_millis(timeout_ms), max_body);
                    let (event, between) = first(send, cancelled.as_mut()).await.unwrap_or((Event::Cancel, None));
                    engine.between(between);
                    event
                }
                Action::Sleep { ms, progress: told } => {
                    told.into_iter().for_each(&progress);
                    let sleep = host::sleep(Duration::from_millis(ms));
                    first(sleep, cancelled.as_mut()).await.map_or(Event::Cancel, |()| Event::Woke)
                }
                Action::LoadKeys { flight, timeout_ms, .. } => {
                    let download = self.flights.join(flight, self);
                    let time = host::sleep(Duration::from_millis(timeout_ms));
                    match first(first(download, pin!(time)), cancelled.as_mut()).await {
                        None => Event::Cancel,
                        Some(None) => Event::TimedOut,
                        Some(Some(flights::Landed::Well)) => Event::KeysReady,
                        Some(Some(flights::Landed::Failed(error))) => Event::KeysFailed { error: json!(error) },
                        Some(Some(flights::Landed::Raised(error))) => {
                            raised = Some(error);
                            Event::KeysFailed { error: json!(null) }
                        }
                    }
                }
            };
        }
    }
}
