//! The core for JavaScript hosts that run WASM: converts, forwards, throws. The face in `face/` drives it.

use std::{mem, sync::Arc};

use js_sys::Uint8Array;
use serde::Serialize;
use serde_json::Value;
use wasm_bindgen::prelude::*;
use wechatpay_customs::{
    Error,
    crypto::{Signer, Verifier},
    engine::{self, Emit, Event, Now, SignedBy, Step},
    host,
    options::Convention,
};
use zeroize::Zeroizing;

/// An allocator that takes less room in the module than Rust's own for wasm32.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

/// The state that all calls of one client share.
#[wasm_bindgen]
pub struct Account {
    account: Arc<engine::Account>,
    signer: Option<Arc<dyn Signer>>,
    verifier: Option<Arc<dyn Verifier>>,
}

#[wasm_bindgen]
impl Account {
    /// Reads options (JSON); `own_signer` says that the caller signs by other means, `browser` that this is a web page.
    #[wasm_bindgen(constructor)]
    pub fn new(options: String, own_signer: bool, browser: bool) -> Result<Account, JsValue> {
        let options = Zeroizing::new(options);
        let signing = match (own_signer, browser) {
            (true, _) => SignedBy::Caller,
            (false, true) => SignedBy::Browser,
            (false, false) => SignedBy::Host,
        };
        let account = host::account(from_json(&options)?, Convention::JavaScript, signing).map_err(thrown)?;
        // WebCrypto would notice only when signing that the numbers of a key do not fit together.
        account.require_sound_key().map_err(thrown)?;
        let signer = if account.software() { account.signer().map_err(thrown)? } else { None };
        let verifier = account.verifier();
        Ok(Account { account, signer, verifier })
    }

    /// Throws unless requests can be signed.
    #[wasm_bindgen(js_name = requireSigning)]
    pub fn require_signing(&self) -> Result<(), JsValue> {
        self.account.require_signing().map_err(thrown)
    }

    /// Calls a pure function by name, with these options filled in.
    pub fn call(&self, function: &str, arguments: String) -> Result<String, JsValue> {
        called(function, arguments, Some(&self.account))
    }

    /// Do the options ask for the pure-Rust signer?
    #[wasm_bindgen(getter)]
    pub fn software(&self) -> bool {
        self.account.software()
    }

    /// The private key as PKCS#8 DER, for the host's WebCrypto.
    #[wasm_bindgen(js_name = privateKeyDer)]
    pub fn private_key_der(&self) -> Option<Uint8Array> {
        self.account.merchant().private_key().map(|key| Uint8Array::from(key.pkcs8_der()))
    }

    /// Signs with the pure-Rust signer; blocks.
    pub fn sign(&self, message: &[u8], entropy: &[u8]) -> Result<Uint8Array, JsValue> {
        let signer = self.signer.as_ref().ok_or_else(|| JsValue::from_str("there is no private key"))?;
        let entropy = entropy.try_into().map_err(|_| JsValue::from_str("entropy must be 32 bytes"))?;
        signer.sign(message, &entropy).map(|signature| Uint8Array::from(signature.as_slice())).map_err(thrown)
    }

    /// Verifies with the pure-Rust verifier; blocks.
    pub fn verify(&self, spki_der: &[u8], message: &[u8], signature: &[u8]) -> bool {
        self.verifier.as_ref().is_some_and(|verifier| verifier.verify(spki_der, message, signature))
    }
}

/// One call as a state machine.
#[wasm_bindgen]
pub struct Engine {
    engine: engine::Engine,
    emits: Vec<Emit>,
}

#[wasm_bindgen]
impl Engine {
    /// Makes the engine for one call; call and options are JSON, `seed` is 32 fresh random bytes.
    #[wasm_bindgen(constructor)]
    pub fn new(account: &Account, call: String, options: &str, seed: &[u8]) -> Result<Engine, JsValue> {
        let call = Zeroizing::new(call);
        let seed = seed.try_into().map_err(|_| JsValue::from_str("seed must be 32 bytes"))?;
        host::engine(Arc::clone(&account.account), from_json(&call)?, from_json(options)?, Convention::JavaScript, seed)
            .map(|engine| Engine { engine, emits: Vec::new() })
            .map_err(thrown)
    }

    /// Takes the answer to the last action (its name, its other members as JSON, and its bytes) and returns the next action,
    /// as JSON.
    ///
    /// Milliseconds come as floats, because JavaScript's other numbers are BigInts.
    pub fn step(
        &mut self,
        event: &str,
        members: &str,
        bytes: Vec<u8>,
        unix_ms: f64,
        mono_ms: f64,
    ) -> Result<String, JsValue> {
        let now = Now { unix_ms: unix_ms as i64, mono_ms: mono_ms as u64 };
        let event = Event::from_parts(event, from_json(members)?, bytes);
        let Step { emits, action } = host::step(&mut self.engine, event, now, Convention::JavaScript);
        self.emits = emits;
        Ok(json(&action))
    }

    /// Takes the observations of the last step, as objects: this library chooses all names of their members.
    pub fn emits(&mut self) -> Result<JsValue, JsValue> {
        mem::take(&mut self.emits).serialize(&serde_wasm_bindgen::Serializer::json_compatible()).map_err(Into::into)
    }
}

/// Calls a pure function by name with arguments (JSON), and returns JSON.
#[wasm_bindgen]
pub fn call(function: &str, arguments: String) -> Result<String, JsValue> {
    called(function, arguments, None)
}

fn called(function: &str, arguments: String, account: Option<&engine::Account>) -> Result<String, JsValue> {
    let arguments = Zeroizing::new(arguments);
    Ok(json(&host::call(function, from_json(&arguments)?, account, Convention::JavaScript).map_err(thrown)?))
}

/// Reads callers' values from JSON, as the addon for Node.js does.
fn from_json(text: &str) -> Result<Value, JsValue> {
    // The face writes it with `JSON.stringify`, so the place of a mistake need not be reported.
    serde_json::from_slice(text.as_bytes()).map_err(|_| JsError::new("the arguments are not JSON").into())
}

/// Writes JSON text: if members were set on an object one by one, one called `__proto__` would become its prototype.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Writes the error as JSON text; the face makes a real `Error` of it.
fn thrown(error: Error) -> JsValue {
    JsValue::from_str(&json(&host::error(error, Convention::JavaScript)))
}
