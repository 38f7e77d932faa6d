//! The endpoints that control the sandbox; nothing of them is signed.

use hyper::StatusCode;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use crate::{
    faults::{Fault, Queued},
    lock,
    payments::{Identity, Payment},
    records::Forced,
    server::{Service, Settings},
};

/// Where they are.
pub(crate) const CONTROL: &str = "/sandbox";

/// What there is, for who asks for something else.
const ENDPOINTS: &str = "GET ready; POST clock; GET, POST and DELETE faults; POST rotate; GET and POST payments; \
                         POST identities; GET and POST settings";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_s: i64,
}

type Answered = Result<Value, String>;

impl Service {
    /// Answers a request to a control endpoint.
    pub(crate) async fn control(&self, method: &str, path: &str, body: &[u8]) -> (StatusCode, Value) {
        let answer = match (method, path.strip_prefix(CONTROL).unwrap_or_default()) {
            ("GET", "/ready") => Ok(self.ready.clone()),
            ("POST", "/clock") => self.advance(body),
            ("GET", "/faults") => Ok(json!({ "faults": lock(&self.faults).list() })),
            ("POST", "/faults") => self.add_fault(body),
            ("DELETE", "/faults") => {
                lock(&self.faults).clear();
                Ok(json!({ "faults": [] }))
            }
            ("POST", "/rotate") => match self.keys.platform.rotate() {
                Ok(key) => Ok(json!({ "serial_no": key.id, "certificate": key.pem })),
                Err(error) => Err(error.to_string()),
            },
            ("GET", "/payments") => Ok(json!({ "payments": lock(&self.records).payments.list() })),
            ("POST", "/payments") => self.register(body),
            ("POST", "/identities") => self.put_identity(body),
            ("GET", "/settings") => Ok(json!(*lock(&self.settings))),
            ("POST", "/settings") => self.set(body),
            _ => {
                let error = format!("there is no {method} {path}; there are, under {CONTROL}/: {ENDPOINTS}");
                return (StatusCode::NOT_FOUND, json!({ "error": error }));
            }
        };
        match answer {
            Ok(answer) => (StatusCode::OK, answer),
            Err(error) => (StatusCode::BAD_REQUEST, json!({ "error": error })),
        }
    }

    fn advance(&self, body: &[u8]) -> Answered {
        let Advance { advance_s } = serde_json::from_slice(body)
            .map_err(|error| format!("the body must be {{\"advance_s\": seconds}}: {error}"))?;
        // Held all the while, so that the file has what the clock has.
        let records = lock(&self.records);
        let now = self
            .clock
            .advance(advance_s)
            .ok_or("`advance_s` must not be negative, nor lead more than a hundred years ahead")?;
        records.keep_ahead(self.clock.ahead()).map_err(|why| format!("the state file cannot be written: {why}"))?;
        Ok(json!({ "now": now }))
    }

    fn add_fault(&self, body: &[u8]) -> Answered {
        let queued = Queued::read(body)?;
        if let (Fault::State { state, explanation }, Some(order)) = (&queued.fault, &queued.order) {
            let forced = Forced { state: state.clone(), explanation: explanation.clone(), since: self.clock.now() };
            let changed = lock(&self.records).force(order, &forced).map_err(|refusal| refusal.en)?;
            if changed > 0 {
                return Ok(json!({ "changed": changed }));
            }
        }
        let mut faults = lock(&self.faults);
        faults.add(queued);
        Ok(json!({ "faults": faults.list() }))
    }

    fn register(&self, body: &[u8]) -> Answered {
        let payment: Payment = read(body)?;
        for (name, fen) in [("amount", payment.amount), ("refunded", payment.refunded)] {
            if fen.0 < 0 || fen > payment.amount {
                return Err(format!("`{name}` must lie between 0 and `amount`"));
            }
        }
        let mut records = lock(&self.records);
        records.payments.register(payment);
        Ok(json!({ "payments": records.payments.list() }))
    }

    fn put_identity(&self, body: &[u8]) -> Answered {
        // The parser's own errors quote what they do not like.
        let identity: Identity = serde_json::from_slice(body).map_err(
            |_| "the body must be {\"certificate_id\", \"certificate_name\", \"out_trade_no\"?}, all of them text",
        )?;
        lock(&self.records).identities.put(identity);
        Ok(json!({}))
    }

    /// Changes the settings that are given.
    fn set(&self, body: &[u8]) -> Answered {
        let given: Map<String, Value> = read(body)?;
        let mut settings = lock(&self.settings);
        let mut changed = json!(*settings);
        if let Some(changed) = changed.as_object_mut() {
            changed.extend(given);
        }
        *settings = serde_json::from_value::<Settings>(changed).map_err(|error| error.to_string())?;
        Ok(json!(*settings))
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| format!("the body cannot be used: {error}"))
}
