//! One call, whose steps run on the thread pool, signatures and verifications included.

use std::{
    mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use napi::{
    Env, Result, Task,
    bindgen_prelude::{AsyncTask, Either, Uint8Array},
};
use napi_derive::napi;
use wechatpay_customs::{
    crypto::{Signer, Verifier},
    engine::{self, Action, Emit, Event, Now, Step},
    host,
    options::Convention,
};
use zeroize::Zeroizing;

use crate::{Account, from_json, invalid, thrown};

/// One call as a state machine.
#[napi]
pub struct Engine {
    call: Arc<Mutex<Call>>,
    means: Means,
    /// Kept outside the call, because a thread may hold that when JavaScript asks.
    timeout_ms: AtomicU64,
}

struct Call {
    engine: engine::Engine,
    observed: bool,
    /// Observations of steps that end in a signature or a verification.
    emits: Vec<Emit>,
    /// Grows with each step that JavaScript asks for; a thread that works for an earlier step then stops.
    turn: u64,
    /// The work that waits for a thread.
    next: Option<Next>,
    /// The step that a thread has reached, until JavaScript takes it.
    ready: Option<String>,
}

enum Next {
    Take { event: String, members: String, bytes: Vec<u8> },
    Compute(Computation),
}

#[napi]
impl Engine {
    /// Makes the engine for one call; call and options are JSON. Observations are left out unless `observed`.
    #[napi(constructor)]
    pub fn new(env: Env, account: &Account, call: String, options: String, observed: bool) -> Result<Self> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| invalid(&format!("the system has no randomness: {error}")))?;
        let call = Zeroizing::new(call);
        let (call, options) = (from_json(&call)?, from_json(&options)?);
        let engine = host::engine(Arc::clone(&account.account), call, options, Convention::JavaScript, seed)
            .map_err(|error| thrown(env, error))?;
        let call = Call { engine, observed, emits: Vec::new(), turn: 0, next: None, ready: None };
        let means = Means { signer: account.signer.clone(), verifier: account.verifier.clone() };
        Ok(Engine { call: Arc::new(Mutex::new(call)), means, timeout_ms: AtomicU64::new(0) })
    }

    /// Takes the answer to the last action (its name, its other members as JSON, and its bytes) and returns a promise of
    /// the next step, as JSON.
    ///
    /// Until it is fulfilled, `cancel` and `timed_out` are accepted too. They return a step at once, which may be the
    /// promised one.
    #[napi]
    pub fn step(
        &self,
        event: String,
        members: String,
        bytes: Uint8Array,
        unix_ms: f64,
        mono_ms: f64,
    ) -> Result<Either<String, AsyncTask<Work>>> {
        let clock = Clock { began: Instant::now(), at: Now { unix_ms: unix_ms as i64, mono_ms: mono_ms as u64 } };
        let mut call = lock(&self.call);
        if let Some(ready) = call.ready.take() {
            return Ok(Either::A(ready));
        }
        call.turn += 1;
        let next = match &*event {
            "cancel" | "timed_out" => match call.interrupted(&event, &self.means, clock.at) {
                Ok(computation) => Next::Compute(computation),
                Err(action) => return Ok(Either::A(call.action_json(action)?)),
            },
            _ => Next::Take { event, members, bytes: bytes.to_vec() },
        };
        call.next = Some(next);
        self.timeout_ms.store(call.engine.time_left(clock.at), Ordering::Relaxed);
        let work = Work { call: Arc::clone(&self.call), means: self.means.clone(), turn: call.turn, clock };
        Ok(Either::B(AsyncTask::new(work)))
    }

    /// The longest that a driver may wait for the promise of the last step, in milliseconds.
    #[napi(getter)]
    pub fn timeout_ms(&self) -> f64 {
        self.timeout_ms.load(Ordering::Relaxed) as f64
    }
}

impl Call {
    fn step(&mut self, event: Event, now: Now) -> Action {
        let Step { emits, action } = host::step(&mut self.engine, event, now, Convention::JavaScript);
        if self.observed {
            self.emits.extend(emits);
        }
        action
    }

    fn action_json(&mut self, action: Action) -> Result<String> {
        Ok(serde_json::to_string(&Step { emits: mem::take(&mut self.emits), action })?)
    }

    /// Takes an interruption, after the answer that still waits for a thread.
    fn interrupted(&mut self, event: &str, means: &Means, now: Now) -> std::result::Result<Computation, Action> {
        if let Some(Next::Take { event, members, bytes }) = self.next.take() {
            let action = self.step(read(&event, &members, bytes), now);
            means.computation(action)?;
        }
        let action = self.step(read(event, "null", Vec::new()), now);
        means.computation(action)
    }
}

fn read(event: &str, members: &str, bytes: Vec<u8>) -> Event {
    Event::from_parts(event, from_json(members).unwrap_or_default(), bytes)
}

/// Ignores poisoning, because a call is whole after each of its steps, so a panic in one does not harm the next.
fn lock(call: &Mutex<Call>) -> MutexGuard<'_, Call> {
    call.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The signer and the verifier; without a signer the caller signs.
#[derive(Clone)]
struct Means {
    signer: Option<Arc<dyn Signer>>,
    verifier: Option<Arc<dyn Verifier>>,
}

impl Means {
    /// The computation for an action, or the action itself if it is JavaScript's to carry out.
    fn computation(&self, action: Action) -> std::result::Result<Computation, Action> {
        match (action, &self.signer, &self.verifier) {
            (Action::Sign { message, entropy, .. }, Some(signer), _) => {
                Ok(Computation::Sign { signer: Arc::clone(signer), message, entropy: entropy.unwrap_or_default() })
            }
            (Action::Verify { spki_der, message, signature, .. }, _, Some(verifier)) => {
                Ok(Computation::Verify { verifier: Arc::clone(verifier), spki_der, message, signature })
            }
            (action, ..) => Err(action),
        }
    }
}

enum Computation {
    Sign { signer: Arc<dyn Signer>, message: Vec<u8>, entropy: [u8; 32] },
    Verify { verifier: Arc<dyn Verifier>, spki_der: Vec<u8>, message: Vec<u8>, signature: Vec<u8> },
}

impl Computation {
    fn run(self) -> Event {
        match self {
            // The engine refuses an empty signature as one that could not be made.
            Computation::Sign { signer, message, entropy } => {
                Event::Signed { signature: signer.sign(&message, &entropy).unwrap_or_default() }
            }
            Computation::Verify { verifier, spki_der, message, signature } => {
                Event::Verified { ok: verifier.verify(&spki_der, &message, &signature) }
            }
        }
    }
}

/// The time that JavaScript gave, which goes on.
struct Clock {
    began: Instant,
    at: Now,
}

impl Clock {
    fn now(&self) -> Now {
        let since = self.began.elapsed().as_millis() as u64;
        let Now { unix_ms, mono_ms } = self.at;
        Now { unix_ms: unix_ms.saturating_add_unsigned(since), mono_ms: mono_ms.saturating_add(since) }
    }
}

/// The work on the thread pool until the next step that JavaScript takes.
pub struct Work {
    call: Arc<Mutex<Call>>,
    means: Means,
    turn: u64,
    clock: Clock,
}

impl Task for Work {
    type Output = ();
    type JsValue = Option<String>;

    fn compute(&mut self) -> Result<()> {
        let mut call = lock(&self.call);
        if call.turn != self.turn {
            return Ok(());
        }
        let mut next = match call.next.take() {
            None => return Ok(()),
            Some(Next::Compute(computation)) => Ok(computation),
            Some(Next::Take { event, members, bytes }) => {
                let action = call.step(read(&event, &members, bytes), self.clock.now());
                self.means.computation(action)
            }
        };
        loop {
            match next {
                Err(action) => {
                    call.ready = Some(call.action_json(action)?);
                    return Ok(());
                }
                Ok(computation) => {
                    drop(call);
                    let event = computation.run();
                    call = lock(&self.call);
                    if call.turn != self.turn {
                        return Ok(());
                    }
                    let action = call.step(event, self.clock.now());
                    next = self.means.computation(action);
                }
            }
        }
    }

    /// Returns null if JavaScript has already taken the step, or has interrupted the work for it.
    fn resolve(&mut self, _: Env, (): ()) -> Result<Option<String>> {
        let mut call = lock(&self.call);
        Ok(if call.turn == self.turn { call.ready.take() } else { None })
    }
}
