//! The core for Node.js: converts, forwards, throws; signs and verifies on the thread pool. The face in
//! `bindings-wasm/face` drives.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use napi::{
    Env, Result, Status, Task,
    bindgen_prelude::{AsyncTask, Either, Uint8Array, Unknown},
};
use napi_derive::napi;
use serde_json::Value;
use wechatpay_customs::{
    Error,
    crypto::{Signer, Verifier},
    engine::{self, Action, Emit, Event, Now, Signing, Step},
    host,
    options::Convention,
};
use zeroize::Zeroizing;

/// What all calls of one client share.
#[napi]
pub struct Shared {
    shared: Arc<engine::Shared>,
    signer: Option<Arc<dyn Signer>>,
    verifier: Option<Arc<dyn Verifier>>,
}

#[napi]
impl Shared {
    /// Reads options (JSON); `own_signer` tells that the caller signs by other means.
    #[napi(constructor)]
    pub fn new(env: Env, options: String, own_signer: bool) -> Result<Self> {
        let options = Zeroizing::new(options);
        let signing = if own_signer { Signing::Caller } else { Signing::Core };
        let shared = host::shared(from_json(&options)?, Convention::JavaScript, signing);
        let shared = shared.map_err(|error| thrown(env, error))?;
        let signer = shared.signer().map_err(|error| thrown(env, error))?;
        let verifier = shared.verifier();
        Ok(Shared { shared, signer, verifier })
    }

    /// Throws unless requests can be signed.
    #[napi]
    pub fn require_signing(&self, env: Env) -> Result<()> {
        self.shared.require_signing().map_err(|error| thrown(env, error))
    }

    /// Calls a pure function by name with arguments (JSON), with these options filled in.
    #[napi]
    pub fn call<'env>(&self, env: &'env Env, function: String, arguments: String) -> Result<Unknown<'env>> {
        called(env, &function, arguments, Some(&self.shared))
    }
}

/// One call as a state machine, which signs and verifies on the thread pool.
#[napi]
pub struct Engine {
    call: Arc<Mutex<Call>>,
    signer: Option<Arc<dyn Signer>>,
    verifier: Option<Arc<dyn Verifier>>,
}

struct Call {
    engine: engine::Engine,
    observed: bool,
    /// Of steps that end in work for the thread pool.
    emits: Vec<Emit>,
    /// Grows by each step that JavaScript asks for; what the thread pool began in an earlier one is in vain.
    turn: u64,
    /// The step that the thread pool has come to, until JavaScript takes it.
    ready: Option<String>,
    /// The longest that the thread pool may take.
    timeout_ms: u64,
}

#[napi]
impl Engine {
    /// Prepares one call (JSON, as its options); its observations are left out unless `observed`.
    #[napi(constructor)]
    pub fn new(env: Env, shared: &Shared, call: String, options: String, observed: bool) -> Result<Self> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| invalid(&format!("the system has no randomness: {error}")))?;
        let call = Zeroizing::new(call);
        let (call, options) = (from_json(&call)?, from_json(&options)?);
        let engine = host::engine(Arc::clone(&shared.shared), call, options, Convention::JavaScript, seed)
            .map_err(|error| thrown(env, error))?;
        Ok(Engine {
            call: Arc::new(Mutex::new(Call {
                engine,
                observed,
                emits: Vec::new(),
                turn: 0,
                ready: None,
                timeout_ms: 0,
            })),
            signer: shared.signer.clone(),
            verifier: shared.verifier.clone(),
        })
    }

    /// Takes the answer to the last action (its name, what else it says as JSON, and its bytes) and gives the next step as
    /// JSON; a promise of it if there is something to sign or to verify before. Until that promise is fulfilled, `cancel`
    /// and `timed_out` are taken too, and come too late if the step is there already.
    #[napi]
    pub fn step(
        &self,
        event: String,
        members: String,
        bytes: Uint8Array,
        unix_ms: f64,
        mono_ms: f64,
    ) -> Result<Either<String, AsyncTask<Work>>> {
        let event = Event::from_parts(&event, from_json(&members)?, bytes.to_vec());
        let now = Now { unix_ms: unix_ms as i64, mono_ms: mono_ms as u64 };
        let mut call = lock(&self.call);
        if let Some(ready) = call.ready.take() {
            return Ok(Either::A(ready));
        }
        call.turn += 1;
        let action = call.step(event, now);
        let computation = match (action, &self.signer, &self.verifier) {
            (Action::Sign { message, entropy, timeout_ms }, Some(signer), _) => {
                call.timeout_ms = timeout_ms;
                Computation::Sign { signer: Arc::clone(signer), message, entropy: entropy.unwrap_or_default() }
            }
            (Action::Verify { spki_der, message, signature, timeout_ms, .. }, _, Some(verifier)) => {
                call.timeout_ms = timeout_ms;
                Computation::Verify { verifier: Arc::clone(verifier), spki_der, message, signature }
            }
            (action, ..) => return Ok(Either::A(call.told(action)?)),
        };
        let begun = Begun { at: Instant::now(), now };
        Ok(Either::B(AsyncTask::new(Work { call: Arc::clone(&self.call), turn: call.turn, begun, computation })))
    }

    /// The longest in milliseconds that the promise of the last step is to be waited for.
    #[napi(getter)]
    pub fn timeout_ms(&self) -> f64 {
        lock(&self.call).timeout_ms as f64
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

    fn told(&mut self, action: Action) -> Result<String> {
        Ok(serde_json::to_string(&Step { emits: std::mem::take(&mut self.emits), action })?)
    }
}

/// A call is whole after each of its steps, so that one that panicked harms no other.
fn lock(call: &Mutex<Call>) -> MutexGuard<'_, Call> {
    call.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A signature or a verification, and the step after it.
pub struct Work {
    call: Arc<Mutex<Call>>,
    turn: u64,
    begun: Begun,
    computation: Computation,
}

/// The time that JavaScript told, and when it did.
struct Begun {
    at: Instant,
    now: Now,
}

enum Computation {
    Sign { signer: Arc<dyn Signer>, message: Vec<u8>, entropy: [u8; 32] },
    Verify { verifier: Arc<dyn Verifier>, spki_der: Vec<u8>, message: Vec<u8>, signature: Vec<u8> },
}

impl Task for Work {
    type Output = ();
    type JsValue = Option<String>;

    fn compute(&mut self) -> Result<()> {
        if lock(&self.call).turn != self.turn {
            return Ok(());
        }
        let event = match &self.computation {
            // An empty signature is refused as one that could not be made.
            Computation::Sign { signer, message, entropy } => {
                Event::Signed { signature: signer.sign(message, entropy).unwrap_or_default() }
            }
            Computation::Verify { verifier, spki_der, message, signature } => {
                Event::Verified { ok: verifier.verify(spki_der, message, signature) }
            }
        };
        let (Begun { at, now }, mut call) = (&self.begun, lock(&self.call));
        if call.turn == self.turn {
            let since = at.elapsed().as_millis() as u64;
            let now =
                Now { unix_ms: now.unix_ms.saturating_add_unsigned(since), mono_ms: now.mono_ms.saturating_add(since) };
            let action = call.step(event, now);
            call.ready = Some(call.told(action)?);
        }
        Ok(())
    }

    fn resolve(&mut self, _: Env, (): ()) -> Result<Option<String>> {
        let mut call = lock(&self.call);
        Ok(if call.turn == self.turn { call.ready.take() } else { None })
    }
}

/// Calls a pure function by name with arguments (JSON).
#[napi]
pub fn call<'env>(env: &'env Env, function: String, arguments: String) -> Result<Unknown<'env>> {
    called(env, &function, arguments, None)
}

fn called<'env>(
    env: &'env Env,
    function: &str,
    arguments: String,
    shared: Option<&engine::Shared>,
) -> Result<Unknown<'env>> {
    let arguments = Zeroizing::new(arguments);
    let value = host::call(function, from_json(&arguments)?, shared, Convention::JavaScript);
    env.to_js_value(&value.map_err(|error| thrown(*env, error))?)
}

/// What callers give comes as JSON: N-API's own conversion of numbers bends some of them.
fn from_json(text: &str) -> Result<Value> {
    Ok(serde_json::from_str(text)?)
}

/// Throws the error as data; the face makes a real `Error` of it.
fn thrown(env: Env, error: Error) -> napi::Error {
    let message = error.to_string();
    match env.to_js_value(&host::error(error, Convention::JavaScript)).and_then(|data| env.throw(data)) {
        Ok(()) => napi::Error::new(Status::PendingException, message),
        Err(error) => error,
    }
}

fn invalid(why: &str) -> napi::Error {
    napi::Error::new(Status::InvalidArg, why)
}
