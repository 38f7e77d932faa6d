//! The endpoints: the API under both path spellings, and the controls of the sandbox.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::to_bytes,
    extract::{Request, State},
    http::{
        HeaderMap, StatusCode,
        header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, USER_AGENT},
        request::Parts,
    },
    response::Response,
};
use rand_chacha::ChaCha20Rng;
use serde::Deserialize;
use serde_json::{Value, json};
use wechatpay_customs::Operation;

use crate::{
    Config,
    answer::{Refusal, plain, signed},
    authorization::{Call, Gate},
    clock::{Clock, wall_ms, wall_s},
    fields,
    keys::{ALPHANUMERIC, DIGITS, HEX, Keys, PlatformKey, random_text},
    lock,
    log::Line,
    records::Records,
};

/// Where the control endpoints are.
pub(crate) const CONTROL: &str = "/sandbox";
/// The largest body that is taken.
const MAX_BODY: usize = 1024 * 1024;
/// The largest body that is read to its end, so that its sender gets an answer and not a reset.
const MAX_READ: usize = 8 * MAX_BODY;

struct Service {
    config: Config,
    keys: Keys,
    ready: Value,
    gate: Gate,
    clock: Clock,
    records: Mutex<Records>,
    rng: Mutex<ChaCha20Rng>,
}

pub(crate) fn router(config: Config, keys: Keys, mut rng: ChaCha20Rng, ready: Value) -> Router {
    let service = Service {
        gate: Gate::new(&config.mchid, &keys.merchant),
        clock: Clock::default(),
        records: Mutex::new(Records::new(random_text(&mut rng, DIGITS, 18))),
        rng: Mutex::new(rng),
        config,
        keys,
        ready,
    };
    // Everything is signed, and a wrong path is answered like any other request: no routes.
    Router::new().fallback(serve).with_state(Arc::new(service))
}

async fn serve(State(service): State<Arc<Service>>, request: Request) -> Response {
    let received_ms = wall_ms();
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_READ).await.ok().filter(|body| body.len() <= MAX_BODY);
    let body = body.as_deref();
    let (method, path) = (parts.method.as_str(), parts.uri.path());

    let mut line = Line { received_ms, method, path, status: 0, code: None, request_id: None, more: Box::default() };
    let request_id;
    let response = if path.strip_prefix(CONTROL).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
        let (status, body) = service.control(method, path, body.unwrap_or_default());
        plain(status, &body)
    } else {
        let (status, body) = match service.answer(&parts, body) {
            Ok(body) => (StatusCode::OK, body),
            Err(refusal) => {
                let chinese = header(&parts.headers, ACCEPT_LANGUAGE.as_str())
                    .is_some_and(|languages| languages.to_ascii_lowercase().starts_with("zh"));
                let body = refusal.body(chinese);
                line.code = Some(refusal.code);
                line.more = refusal.log;
                (refusal.status, body)
            }
        };
        let nonce;
        {
            let mut rng = lock(&service.rng);
            (request_id, nonce) = (random_text(&mut rng, HEX, 32), random_text(&mut rng, ALPHANUMERIC, 32));
        }
        line.request_id = Some(&request_id);
        signed(status, &body, service.signing_key(&parts.headers), &request_id, &nonce, wall_s())
    };
    if let Some(log) = &service.config.log {
        line.status = response.status().as_u16();
        line.write(log);
    }
    response
}

impl Service {
    /// What the API answers; no body means one that is too large.
    fn answer(&self, parts: &Parts, body: Option<&[u8]>) -> Result<Value, Refusal> {
        let (method, headers) = (parts.method.as_str(), &parts.headers);
        let unknown = || {
            let en = format!("There is no {method} {}", parts.uri.path());
            Refusal::new(StatusCode::NOT_FOUND, "RESOURCE_NOT_EXISTS", en, "请求的资源不存在")
        };
        let operation = operation(method, parts.uri.path()).ok_or_else(unknown)?;
        let Some(body) = body else {
            return Err(Refusal::param("", &Value::Null, "must not be larger than 1 MiB", "body"));
        };
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        self.gate.admit(&Call { method, target, headers, body }, wall_s())?;
        require_headers(headers, method != "GET")?;
        let now = self.clock.now();
        match operation {
            Operation::Declare => {
                let fields = fields::of_body(operation, body)?;
                self.require_ours(&fields, "/", "body")?;
                lock(&self.records).declare(fields::request(fields)?, now)
            }
            Operation::Query => {
                let fields = fields::of_query(operation, parts.uri.query().unwrap_or_default())?;
                self.require_ours(&fields, "", "query")?;
                lock(&self.records).query(&fields::request(fields)?, now)
            }
            _ => Err(unknown()),
        }
    }

    fn require_ours(&self, fields: &Value, slash: &str, location: &str) -> Result<(), Refusal> {
        for (name, ours) in [("appid", &self.config.appid), ("mchid", &self.config.mchid)] {
            if let Some(value) = fields.get(name).filter(|value| *value != ours) {
                let issue = format!("is not that of the sandbox, {ours}");
                return Err(Refusal::param(&format!("{slash}{name}"), value, &issue, location));
            }
        }
        Ok(())
    }

    /// The public key for a request that names it, else the certificate.
    fn signing_key(&self, headers: &HeaderMap) -> &PlatformKey {
        let public_key = &self.keys.public_key;
        match header(headers, "Wechatpay-Serial") {
            Some(id) if id == public_key.id => public_key,
            _ => &self.keys.certificate,
        }
    }

    fn control(&self, method: &str, path: &str, body: &[u8]) -> (StatusCode, Value) {
        match (method, path.strip_prefix(CONTROL).unwrap_or_default()) {
            ("GET", "/ready") => (StatusCode::OK, self.ready.clone()),
            ("POST", "/clock") => match serde_json::from_slice(body).map(|Advance { advance_s }| advance_s) {
                Err(error) => refused(format!("the body must be {{\"advance_s\": seconds}}: {error}")),
                Ok(by) => match self.clock.advance(by) {
                    Some(now) => (StatusCode::OK, json!({ "now": now })),
                    None => {
                        refused("`advance_s` must not be negative, nor lead more than a hundred years ahead".to_owned())
                    }
                },
            },
            _ => (
                StatusCode::NOT_FOUND,
                json!({
                    "error": format!(
                        "there is no {method} {path}; there are GET {CONTROL}/ready and POST {CONTROL}/clock"
                    ),
                }),
            ),
        }
    }
}

fn refused(error: String) -> (StatusCode, Value) {
    (StatusCode::BAD_REQUEST, json!({ "error": error }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_s: i64,
}

/// Both spellings of a path, written out here so that a wrong one in the core is noticed.
fn operation(method: &str, path: &str) -> Option<Operation> {
    let rest = ["/v3/global", "/global/v3"].iter().find_map(|prefix| path.strip_prefix(prefix))?;
    match (method, rest) {
        ("POST", "/customs/orders") => Some(Operation::Declare),
        ("GET", "/customs/orders") => Some(Operation::Query),
        _ => None,
    }
}

fn require_headers(headers: &HeaderMap, has_body: bool) -> Result<(), Refusal> {
    let named = |name: &str| header(headers, name).unwrap_or_default();
    let is_json = |value: &str| {
        let kind = value.split(';').next().unwrap_or_default();
        kind.trim().eq_ignore_ascii_case("application/json")
    };
    let refused = |name: &str, issue| Err(Refusal::param(name, &named(name).into(), issue, "header"));
    if !named(ACCEPT.as_str()).split(',').any(is_json) {
        return refused("Accept", "must be application/json");
    }
    if named(USER_AGENT.as_str()).is_empty() {
        return refused("User-Agent", "must be given");
    }
    if has_body && !is_json(named(CONTENT_TYPE.as_str())) {
        return refused("Content-Type", "must be application/json");
    }
    Ok(())
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
