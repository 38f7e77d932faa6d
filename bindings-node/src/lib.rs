//! The core for Node.js: converts, forwards, throws; takes the steps of calls on the thread pool. The face in
//! `bindings-wasm/face` drives.

mod engine;

use std::sync::Arc;

use napi::{Env, Result, Status, bindgen_prelude::Unknown};
use napi_derive::napi;
use serde_json::Value;
use wechatpay_customs::{
    Error,
    crypto::{Signer, Verifier},
    engine::{Shared as Common, Signing},
    host,
    options::Convention,
};
use zeroize::Zeroizing;

/// What all calls of one client share.
#[napi]
pub struct Shared {
    shared: Arc<Common>,
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

/// Calls a pure function by name with arguments (JSON).
#[napi]
pub fn call<'env>(env: &'env Env, function: String, arguments: String) -> Result<Unknown<'env>> {
    called(env, &function, arguments, None)
}

fn called<'env>(env: &'env Env, function: &str, arguments: String, shared: Option<&Common>) -> Result<Unknown<'env>> {
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
