//! The core for JavaScript hosts that run WASM: converts, forwards, throws. The face beside it drives.

use std::sync::Arc;

use js_sys::Uint8Array;
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::prelude::*;
use wechatpay_customs::{Error, engine, host, options::Convention};

/// What all calls of one client share.
#[wasm_bindgen]
pub struct Shared(Arc<engine::Shared>);

#[wasm_bindgen]
impl Shared {
    /// Reads options; `own_signer` tells that the host signs by other means.
    #[wasm_bindgen(constructor)]
    pub fn new(options: JsValue, own_signer: bool) -> Result<Shared, JsValue> {
        host::shared(from_js(options)?, Convention::JavaScript, own_signer).map(Shared).map_err(thrown)
    }

    /// Throws unless requests can be signed.
    #[wasm_bindgen(js_name = requireSigning)]
    pub fn require_signing(&self) -> Result<(), JsValue> {
        self.0.require_signing().map_err(thrown)
    }

    /// Calls a pure function by name, with these options filled in.
    pub fn call(&self, function: &str, arguments: JsValue) -> Result<JsValue, JsValue> {
        to_js(&host::call(function, from_js(arguments)?, Some(&self.0)).map_err(thrown)?)
    }

    /// Is the pure-Rust signer asked for?
    #[wasm_bindgen(getter)]
    pub fn software(&self) -> bool {
        self.0.software()
    }

    /// The private key as PKCS#8 DER, for the host's WebCrypto.
    #[wasm_bindgen(js_name = privateKeyDer)]
    pub fn private_key_der(&self) -> Option<Uint8Array> {
        self.0.private_key().map(|key| Uint8Array::from(key.pkcs8_der()))
    }

    /// Signs with the pure-Rust signer; blocks.
    pub fn sign(&self, message: &[u8], entropy: &[u8]) -> Result<Uint8Array, JsValue> {
        let signer = self.0.signer().map_err(thrown)?.ok_or_else(|| JsValue::from_str("there is no private key"))?;
        let entropy = entropy.try_into().map_err(|_| JsValue::from_str("entropy must be 32 bytes"))?;
        signer.sign(message, &entropy).map(|signature| Uint8Array::from(signature.as_slice())).map_err(thrown)
    }

    /// Verifies with the pure-Rust verifier; blocks.
    pub fn verify(&self, spki_der: &[u8], message: &[u8], signature: &[u8]) -> bool {
        self.0.verifier().is_some_and(|verifier| verifier.verify(spki_der, message, signature))
    }
}

/// One call as a state machine.
#[wasm_bindgen]
pub struct Engine(engine::Engine);

#[wasm_bindgen]
impl Engine {
    /// Prepares one call; `seed` is 32 fresh random bytes.
    #[wasm_bindgen(constructor)]
    pub fn new(shared: &Shared, call: JsValue, options: JsValue, seed: &[u8]) -> Result<Engine, JsValue> {
        let seed = seed.try_into().map_err(|_| JsValue::from_str("seed must be 32 bytes"))?;
        host::engine(Arc::clone(&shared.0), from_js(call)?, from_js(options)?, Convention::JavaScript, seed)
            .map(Engine)
            .map_err(thrown)
    }

    /// Takes the answer to the last action and gives the next.
    pub fn step(&mut self, event: JsValue, now: JsValue) -> Result<JsValue, JsValue> {
        to_js(&self.0.step(from_js(event)?, from_js(now)?))
    }
}

/// Calls a pure function by name.
#[wasm_bindgen]
pub fn call(function: &str, arguments: JsValue) -> Result<JsValue, JsValue> {
    to_js(&host::call(function, from_js(arguments)?, None).map_err(thrown)?)
}

fn from_js<T: DeserializeOwned>(value: JsValue) -> Result<T, JsValue> {
    serde_wasm_bindgen::from_value(value).map_err(Into::into)
}

/// Plain objects, never `Map`; bytes as `Uint8Array`.
fn to_js(value: &impl Serialize) -> Result<JsValue, JsValue> {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible().serialize_bytes_as_arrays(false);
    value.serialize(&serializer).map_err(Into::into)
}

/// The error as data; the face makes a real `Error` of it.
fn thrown(error: Error) -> JsValue {
    to_js(&error).unwrap_or_else(|error| error)
}
