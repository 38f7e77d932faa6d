//! A Rust program on wasm32 that calls through `client::Client`; its host tells it what to do, in JSON.
#![cfg(target_arch = "wasm32")]

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use wasm_bindgen::prelude::*;
use wechatpay_customs::{
    Error, Options,
    api::{Endpoint, declare, query},
    client::Client,
    options::Convention,
};

/// A client, and what its attempts have shown.
#[wasm_bindgen]
pub struct Program {
    client: Client,
    seen: Arc<Mutex<Vec<Value>>>,
}

#[wasm_bindgen]
impl Program {
    /// Makes a client of options as Python writes them.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &str) -> Result<Program, String> {
        let options = serde_json::from_str(options).map_err(|error| error.to_string())?;
        let client = Options::from_value(options, Convention::Python).and_then(Client::new).map_err(told)?;
        let seen = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&seen);
        let client =
            client.on_attempt(move |attempt| into.lock().unwrap_or_else(PoisonError::into_inner).push(json!(attempt)));
        Ok(Program { client, seen })
    }

    /// Declares an order.
    pub async fn declare(&self, order: String) -> Result<String, String> {
        call::<declare::Request>(self.client.clone(), order).await
    }

    /// Asks what became of it.
    pub async fn query(&self, question: String) -> Result<String, String> {
        call::<query::Request>(self.client.clone(), question).await
    }

    /// What was observed since it was last asked.
    pub fn attempts(&self) -> String {
        json!(std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))).to_string()
    }
}

async fn call<R: Endpoint>(client: Client, fields: String) -> Result<String, String> {
    let request: R = serde_json::from_str(&fields).map_err(|error| error.to_string())?;
    let answer = client.call(&request).await.map_err(told)?;
    Ok(json!({ "value": *answer, "request_id": answer.request_id, "warnings": answer.warnings }).to_string())
}

/// An error as data.
fn told(error: Error) -> String {
    json!(error).to_string()
}
