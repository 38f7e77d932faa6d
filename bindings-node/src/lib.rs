//! The core for Node.js: converts, forwards, throws; runs the steps of calls on the thread pool. The face in
//! `face` drives it.

mod engine;

use std::sync::Arc;

use napi::{Env, Result, Status, Task, bindgen_prelude::AsyncTask};
use napi_derive::napi;
use serde_json::Value;
use wechatpay_customs::{
    Error,
    crypto::{Signer, Verifier},
    engine::{Account as Common, SignedBy},
    host,
    options::Convention,
};
use zeroize::Zeroizing;

/// The state that all calls of one client share.
#[napi]
pub struct Account {
    account: Arc<Common>,
    signer: Option<Arc<dyn Signer>>,
    verifier: Option<Arc<dyn Verifier>>,
}

#[napi]
impl Account {
    /// Reads options (JSON); `own_signer` says that the caller signs by other means.
    #[napi(constructor)]
    pub fn new(env: Env, options: String, own_signer: bool) -> Result<Self> {
        let options = Zeroizing::new(options);
        let signing = if own_signer { SignedBy::Caller } else { SignedBy::Core };
        let account = host::account(from_json(&options)?, Convention::JavaScript, signing);
        let account = account.map_err(|error| thrown(env, error))?;
        let signer = account.signer().map_err(|error| thrown(env, error))?;
        let verifier = account.verifier();
        Ok(Account { account, signer, verifier })
    }

    /// Throws unless requests can be signed.
    #[napi]
    pub fn require_signing(&self, env: Env) -> Result<()> {
        self.account.require_signing().map_err(|error| thrown(env, error))
    }

    /// Calls a pure function by name with arguments (JSON), with these options filled in, and returns JSON.
    #[napi]
    pub fn call(&self, env: Env, function: String, arguments: String) -> Result<String> {
        called(env, &function, arguments, Some(&self.account))
    }

    /// Does the same on the thread pool, for functions that may take long: a promise of JSON, `{"value": …}` or
    /// `{"error": …}`.
    #[napi]
    pub fn call_apart(&self, function: String, arguments: String) -> AsyncTask<Apart> {
        let (account, arguments) = (Arc::clone(&self.account), Zeroizing::new(arguments));
        AsyncTask::new(Apart { account, function, arguments })
    }
}

/// A pure function that is called on the thread pool.
pub struct Apart {
    account: Arc<Common>,
    function: String,
    arguments: Zeroizing<String>,
}

impl Task for Apart {
    type Output = String;
    type JsValue = String;

    fn compute(&mut self) -> Result<String> {
        let arguments = from_json(&self.arguments)?;
        Ok(match host::call(&self.function, arguments, Some(&self.account), Convention::JavaScript) {
            Ok(value) => format!("{{\"value\":{}}}", serde_json::to_string(&value)?),
            Err(error) => {
                format!("{{\"error\":{}}}", serde_json::to_string(&host::error(error, Convention::JavaScript))?)
            }
        })
    }

    fn resolve(&mut self, _: Env, told: String) -> Result<String> {
        Ok(told)
    }
}

/// Calls a pure function by name with arguments (JSON), and returns JSON.
#[napi]
pub fn call(env: Env, function: String, arguments: String) -> Result<String> {
    called(env, &function, arguments, None)
}

fn called(env: Env, function: &str, arguments: String, account: Option<&Common>) -> Result<String> {
    let arguments = Zeroizing::new(arguments);
    let value = host::call(function, from_json(&arguments)?, account, Convention::JavaScript);
    Ok(serde_json::to_string(&value.map_err(|error| thrown(env, error))?)?)
}

/// Reads callers' values from JSON, because N-API's own conversion changes some numbers.
fn from_json(text: &str) -> Result<Value> {
    Ok(serde_json::from_str(text)?)
}

/// Throws the error as JSON text, of which the face makes a real `Error`: if members were set on an object one by one, one
/// called `__proto__` would become its prototype.
fn thrown(env: Env, error: Error) -> napi::Error {
    let message = error.to_string();
    let told = serde_json::to_string(&host::error(error, Convention::JavaScript)).unwrap_or_default();
    match env.throw(told) {
        Ok(()) => napi::Error::new(Status::PendingException, message),
        Err(error) => error,
    }
}

fn invalid(why: &str) -> napi::Error {
    napi::Error::new(Status::InvalidArg, why)
}
