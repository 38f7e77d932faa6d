//! The core for Node.js: converts, forwards, throws; signs and verifies on the thread pool. The face in
//! `bindings-wasm/face` drives.

use std::sync::Arc;

use napi::{
    Env, Result, Status, Task,
    bindgen_prelude::{AsyncTask, Uint8Array, Unknown},
};
use napi_derive::napi;
use serde_json::Value;
use wechatpay_customs::{
    Error,
    crypto::{Signer, Verifier},
    engine::{self, Event, Now, Signing},
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

    /// Signs on the thread pool.
    #[napi]
    pub fn sign(&self, message: Uint8Array, entropy: Option<Uint8Array>) -> Result<AsyncTask<Signature>> {
        let signer = self.signer.clone().ok_or_else(|| invalid("there is no private key"))?;
        let entropy = match entropy {
            None => [0; 32],
            Some(entropy) => entropy.as_ref().try_into().map_err(|_| invalid("entropy must be 32 bytes"))?,
        };
        Ok(AsyncTask::new(Signature { signer, message: message.to_vec(), entropy }))
    }

    /// Verifies on the thread pool.
    #[napi]
    pub fn verify(
        &self,
        spki_der: Uint8Array,
        message: Uint8Array,
        signature: Uint8Array,
    ) -> Result<AsyncTask<Verification>> {
        let verifier = self.verifier.clone().ok_or_else(|| invalid("there is no verifier"))?;
        Ok(AsyncTask::new(Verification {
            verifier,
            spki_der: spki_der.to_vec(),
            message: message.to_vec(),
            signature: signature.to_vec(),
        }))
    }
}

/// A signature being made.
pub struct Signature {
    signer: Arc<dyn Signer>,
    message: Vec<u8>,
    entropy: [u8; 32],
}

impl Task for Signature {
    type Output = Vec<u8>;
    type JsValue = Uint8Array;

    fn compute(&mut self) -> Result<Vec<u8>> {
        self.signer.sign(&self.message, &self.entropy).map_err(|error| invalid(&error.message))
    }

    fn resolve(&mut self, _: Env, signature: Vec<u8>) -> Result<Uint8Array> {
        Ok(signature.into())
    }
}

/// A signature being verified.
pub struct Verification {
    verifier: Arc<dyn Verifier>,
    spki_der: Vec<u8>,
    message: Vec<u8>,
    signature: Vec<u8>,
}

impl Task for Verification {
    type Output = bool;
    type JsValue = bool;

    fn compute(&mut self) -> Result<bool> {
        Ok(self.verifier.verify(&self.spki_der, &self.message, &self.signature))
    }

    fn resolve(&mut self, _: Env, ok: bool) -> Result<bool> {
        Ok(ok)
    }
}

/// One call as a state machine.
#[napi]
pub struct Engine(engine::Engine);

#[napi]
impl Engine {
    /// Prepares one call (JSON, as its options); `seed` is 32 fresh random bytes.
    #[napi(constructor)]
    pub fn new(env: Env, shared: &Shared, call: String, options: String, seed: Uint8Array) -> Result<Self> {
        let seed = seed.as_ref().try_into().map_err(|_| invalid("seed must be 32 bytes"))?;
        let call = Zeroizing::new(call);
        let (call, options) = (from_json(&call)?, from_json(&options)?);
        host::engine(Arc::clone(&shared.shared), call, options, Convention::JavaScript, seed)
            .map(Engine)
            .map_err(|error| thrown(env, error))
    }

    /// Takes the answer to the last action (its name, what else it says as JSON, and its bytes) and gives the next.
    #[napi]
    pub fn step<'env>(
        &mut self,
        env: &'env Env,
        event: String,
        members: String,
        bytes: Uint8Array,
        unix_ms: f64,
        mono_ms: f64,
    ) -> Result<Unknown<'env>> {
        let event = Event::from_parts(&event, from_json(&members)?, bytes.to_vec());
        let now = Now { unix_ms: unix_ms as i64, mono_ms: mono_ms as u64 };
        env.to_js_value(&host::step(&mut self.0, event, now, Convention::JavaScript))
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
