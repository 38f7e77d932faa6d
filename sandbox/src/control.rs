//! The endpoints that control the sandbox; neither their requests nor their answers are signed.

use hyper::{
    StatusCode, Uri,
    header::{HOST, HeaderValue, ORIGIN},
    http::request::Parts,
};
use std::{net::IpAddr, time::Duration};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use crate::{
    clock::Lead,
    identities::Identity,
    lock,
    log::Effects,
    payments::Payment,
    queue::{Faults, Queued},
    records::Forced,
    server::{Service, Settings},
};

/// The path under which they lie.
pub(crate) const CONTROL: &str = "/sandbox";

/// The list of endpoints, for the refusal of any other.
const ENDPOINTS: &str = "GET ready; POST reset; POST clock; GET, POST and DELETE faults; POST rotate; GET and POST \
                         payments; POST identities; GET and POST settings; POST down; POST change";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_s: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Down {
    ms: u64,
}

/// The longest that the sandbox can be down: an hour.
const LONGEST_DOWN_MS: u64 = 3_600_000;

type Answered = Result<Value, String>;

impl Service {
    /// Answers a request to a control endpoint.
    ///
    /// `None` for the body means one that is too large. The endpoints are for programs on this machine: a web page that has
    /// given its own name this machine's address (DNS rebinding), or posts to it, must not read keys or order anything.
    pub(crate) fn control(&self, parts: &Parts, body: Option<&[u8]>, effects: &Effects) -> (StatusCode, Value) {
        if let Err(error) = from_this_machine(parts) {
            return (StatusCode::FORBIDDEN, json!({ "error": error }));
        }
        let (method, path) = (parts.method.as_str(), parts.uri.path());
        let Some(body) = body else {
            return (StatusCode::BAD_REQUEST, json!({ "error": "the body must not be larger than 1 MiB" }));
        };
        let answer = match (method, path.strip_prefix(CONTROL).unwrap_or_default()) {
            ("GET", "/ready") => Ok(self.ready.clone()),
            ("POST", "/reset") => self.reset().map(|()| json!({})),
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
            ("POST", "/down") => self.go_down(body),
            ("POST", "/change") => self.change(body, effects),
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

    /// Returns to the state at its start; only its keys stay.
    pub(crate) fn reset(&self) -> Result<(), String> {
        // Held all the while, so that nothing is declared between.
        let mut records = lock(&self.records);
        let lead = Lead::none();
        records.reset(self.clock.speed, lead).map_err(|why| format!("the state file cannot be written: {why}"))?;
        self.clock.reset(lead);
        *lock(&self.faults) = Faults::default();
        *lock(&self.settings) = Settings::default();
        self.network.send_if_modified(|network| network.idle.take().is_some());
        self.keys.platform.reset();
        self.gate.reset();
        Ok(())
    }

    fn advance(&self, body: &[u8]) -> Answered {
        let Advance { advance_s } = serde_json::from_slice(body)
            .map_err(|error| format!("the body must be {{\"advance_s\": whole seconds}}: {error}"))?;
        // Held all the while, so that the file has what the clock has.
        let records = lock(&self.records);
        let now = self
            .clock
            .advance(advance_s)
            .ok_or("`advance_s` must not be negative, nor lead more than a hundred years ahead")?;
        let kept = records.keep_clock(self.clock.speed, self.clock.lead());
        kept.map_err(|why| format!("the state file cannot be written: {why}"))?;
        Ok(json!({ "now": now }))
    }

    fn add_fault(&self, body: &[u8]) -> Answered {
        let queued = Queued::read(body)?;
        if let (Some(forced), Some(order)) = (Forced::by(&queued.fault, self.clock.now()), &queued.order) {
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
        let idle = settings.idle_close_ms.map(Duration::from_millis);
        self.network.send_if_modified(|network| std::mem::replace(&mut network.idle, idle) != idle);
        Ok(json!(*settings))
    }

    /// Refuses connections for some time, as a host that has died.
    fn go_down(&self, body: &[u8]) -> Answered {
        let Down { ms } = read(body)?;
        if ms > LONGEST_DOWN_MS {
            return Err(format!("`ms` must be at most {LONGEST_DOWN_MS}, an hour"));
        }
        self.network.send_modify(|network| network.down = (network.down.0.wrapping_add(1), Duration::from_millis(ms)));
        Ok(json!({}))
    }
}

/// Makes sure that a request is addressed to this machine, and not sent by a page from elsewhere.
fn from_this_machine(parts: &Parts) -> Result<(), String> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let mut hosts = parts.headers.get_all(HOST).iter().map(text).chain(parts.uri.authority().map(ToString::to_string));
    let host = hosts.next().unwrap_or_default();
    for host in std::iter::once(host).chain(hosts) {
        if !is_loopback(&format!("http://{host}")) {
            return Err(format!(
                "`Host` is {host:?}; what lies under {CONTROL} is only for programs of this machine, which name \
                 127.0.0.1, localhost or [::1] there"
            ));
        }
    }
    for origin in parts.headers.get_all(ORIGIN).iter().map(text) {
        if !is_loopback(&origin) {
            return Err(format!(
                "`Origin` is {origin:?}; what lies under {CONTROL} is not for pages from elsewhere than this machine"
            ));
        }
    }
    Ok(())
}

/// Does a URL lead to this machine, by an address or by the one name that is always its own?
fn is_loopback(url: &str) -> bool {
    let Ok(url) = url.parse::<Uri>() else { return false };
    let host = url.host().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let http = matches!(url.scheme_str(), Some("http" | "https"));
    http && (host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback()))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| format!("the body cannot be used: {error}"))
}
