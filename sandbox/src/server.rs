//! From a request to its signed answer, with the fault that befalls it.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use http_body_util::{BodyExt, Limited};
use hyper::{
    HeaderMap, Request, StatusCode,
    body::Incoming,
    header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, USER_AGENT},
    http::request::Parts,
};
use rand_chacha::ChaCha20Rng;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::watch;
use wechatpay_customs::check::{Rules, rules::Level};

use crate::{
    Config,
    answer::{Refusal, Response, Signing, html, plain, signed},
    authorization::{self, Gate},
    calls::{Admitted, Spec},
    clock::{Clock, Lead, wall_s},
    control::CONTROL,
    faults::{Fault, row},
    fields,
    keys::{ALPHANUMERIC, DIGITS, HEX, Keys, PlatformKey, random_text},
    lock,
    log::{Effects, Line},
    payments::WrongAmount,
    queue::Faults,
    records::Records,
    store::{Kept, Store},
};

/// The largest body that is accepted.
const MAX_BODY: usize = 1024 * 1024;
/// The largest body that is read to its end, so that its sender gets an answer and not a reset.
const MAX_READ: usize = 8 * MAX_BODY;

pub(crate) struct Service {
    pub config: Config,
    pub keys: Keys,
    pub ready: Value,
    pub clock: Clock,
    pub records: Mutex<Records>,
    pub faults: Mutex<Faults>,
    pub settings: Mutex<Settings>,
    pub gate: Gate,
    pub rng: Mutex<ChaCha20Rng>,
    pub pace: Pace,
    /// Commands to the part that accepts connections.
    pub network: watch::Sender<Network>,
}

/// The sandbox's behaviour towards connections.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Network {
    /// The time after which an idle connection is closed.
    pub idle: Option<Duration>,
    /// The time for which connections are refused from now on, and the number of the command.
    pub down: (u64, Duration),
}

/// The settings that can be changed while the sandbox runs.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The code that refuses a wrong amount.
    pub wrong_amount: WrongAmount,
    /// The encryption that personal fields must have.
    pub field_encryption: Encryption,
    /// Must lengths be those of the declare page's table of errors?
    pub literal: bool,
    /// The most calls that are answered within a second of the wall clock; those beyond get 429.
    pub calls_per_second: Option<u32>,
    /// The milliseconds after which an idle connection is closed.
    pub idle_close_ms: Option<u64>,
}

/// Counts the calls of the current second.
#[derive(Default)]
pub(crate) struct Pace(Mutex<(i64, u32)>);

impl Pace {
    /// Is one more call too many?
    fn exceeded(&self, most: u32) -> bool {
        let mut counted = lock(&self.0);
        let second = wall_s();
        if counted.0 != second {
            *counted = (second, 0);
        }
        counted.1 = counted.1.saturating_add(1);
        counted.1 > most
    }
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Encryption {
    #[default]
    Pkcs1,
    Oaep,
}

impl Settings {
    pub(crate) fn rules(self) -> Rules {
        let literal = ["mchid_digits", "transaction_id_digits"].map(|name| (name, Level::Error));
        match self.literal {
            // Both names are rules that may be changed.
            true => Rules::new(literal).unwrap_or_default(),
            false => Rules::default(),
        }
    }
}

/// The error for a connection that ends without an answer.
#[derive(Debug)]
pub(crate) struct Dropped;

impl std::fmt::Display for Dropped {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the connection is dropped, as a fault says")
    }
}

impl std::error::Error for Dropped {}

impl Service {
    pub(crate) fn new(
        config: Config,
        keys: Keys,
        mut rng: ChaCha20Rng,
        ready: Value,
        kept: Option<(Store, Kept)>,
    ) -> Service {
        let (store, records, lead) = match kept {
            Some((store, kept)) => (Some(store), kept.records, kept.lead),
            None => (None, Vec::new(), Lead::none()),
        };
        Service {
            gate: Gate::new(&config.mchid, &keys.merchant.serial_no, &keys.merchant.public_key),
            clock: Clock::new(config.speed, lead),
            records: Mutex::new(Records::new(random_text(&mut rng, DIGITS, 18), store, records)),
            faults: Mutex::default(),
            settings: Mutex::default(),
            rng: Mutex::new(rng),
            pace: Pace::default(),
            network: watch::Sender::new(Network::default()),
            config,
            keys,
            ready,
        }
    }

    /// Answers a request, or drops its connection.
    pub(crate) async fn serve(self: Arc<Self>, request: Request<Incoming>) -> Result<Response, Dropped> {
        let (parts, body) = request.into_parts();
        let mut line = Line::new(self.config.log.as_ref(), &parts);
        let body = Limited::new(body, MAX_READ).collect().await.ok().map(|body| body.to_bytes());
        let body = body.as_deref().filter(|body| body.len() <= MAX_BODY);
        let (method, path) = (parts.method.as_str(), parts.uri.path());
        let response = if path.strip_prefix(CONTROL).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
            let (status, body) = self.control(&parts, body, &line.effects);
            Ok(plain(status, &body))
        } else {
            let call = Spec::at(method, path);
            let fault = call.and_then(|call| {
                let query = parts.uri.query().unwrap_or_default();
                let numbers = fields::numbers(call.numbers, query, body.unwrap_or_default());
                lock(&self.faults).take(call.operation, &numbers)
            });
            line.fault = fault.as_ref().map(Fault::logged);
            if let (Some(Fault::Rival(change)), Some(call)) = (&fault, call) {
                let query = parts.uri.query().unwrap_or_default();
                // A declaration that the rival cannot make is refused to the caller as well.
                let _ = self.go_before(change, call, query, body.unwrap_or_default(), &line.effects);
            }
            let most = lock(&self.settings).calls_per_second;
            let crowded = call.is_some() && most.is_some_and(|most| self.pace.exceeded(most));
            let fault = if crowded { Some(Fault::RateLimited { retry_after: 1 }) } else { fault };
            let (request_id, nonce) = {
                let mut rng = lock(&self.rng);
                (random_text(&mut rng, HEX, 32), random_text(&mut rng, ALPHANUMERIC, 32))
            };
            line.request_id = Some(request_id.clone());
            if let Some(Fault::Late { ms }) = fault {
                self.carry_out_late(&parts, body, Duration::from_millis(ms), request_id.clone());
            }
            let (status, body) = match self.carried_out(&parts, call, body, fault.as_ref(), &line.effects) {
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
            self.answered(&parts.headers, status, &body, &request_id, &nonce, fault).await
        };
        line.status = response.as_ref().ok().map(|response| response.status().as_u16());
        response
    }

    /// Carries a call out later, when nobody waits for its answer; the log gets one more line if it takes effect.
    fn carry_out_late(self: &Arc<Self>, parts: &Parts, body: Option<&[u8]>, after: Duration, request_id: String) {
        let (service, parts, body) = (Arc::clone(self), parts.clone(), body.map(<[u8]>::to_vec));
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            let call = Spec::at(parts.method.as_str(), parts.uri.path());
            let mut line = Line::new(None, &parts);
            line.request_id = Some(request_id);
            // Refused or not, its sender does not hear of it.
            let _ = service.answer(&parts, call, body.as_deref(), None, &line.effects);
            line.log = service.config.log.as_ref().filter(|_| !line.effects.borrow().is_empty());
        });
    }

    /// The API's answer, unless a fault prevents it.
    fn carried_out(
        &self,
        parts: &Parts,
        call: Option<&Spec>,
        body: Option<&[u8]>,
        fault: Option<&Fault>,
        effects: &Effects,
    ) -> Result<Value, Refusal> {
        let refusal = match fault {
            Some(Fault::DropBefore {} | Fault::Late { .. } | Fault::Html { carried_out: false, .. }) => {
                Refusal::system_error("never seen by anybody")
            }
            Some(Fault::RateLimited { .. }) => {
                Refusal::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", "Frequency limit exceeded", "频率超限")
            }
            Some(Fault::ServerError { status, carried_out }) => {
                if *carried_out {
                    // Refused or not: the answer is the same.
                    let _ = self.answer(parts, call, body, None, effects);
                }
                Refusal {
                    status: StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
                    code: if *status == 503 { "SERVICE_UNAVAILABLE" } else { "SYSTEMERROR" }.into(),
                    ..Refusal::system_error("System error")
                }
            }
            Some(Fault::Error { refusal, status, code, message, detail }) => {
                let operation = call.map(|call| call.operation);
                let documented = refusal.as_ref().and_then(|refusal| row(refusal, operation)).map(Refusal::documented);
                let status = status.and_then(|status| StatusCode::from_u16(status).ok());
                let message = message.clone().unwrap_or_default();
                let own = || {
                    let status = status.unwrap_or(StatusCode::BAD_REQUEST);
                    Refusal::new(status, code.clone().unwrap_or_default(), message.clone(), message)
                };
                Refusal { detail: detail.clone().map(Box::new), ..documented.unwrap_or_else(own) }
            }
            fault => return self.answer(parts, call, body, fault, effects),
        };
        Err(refusal)
    }

    /// Signs an answer and applies its fault.
    async fn answered(
        &self,
        headers: &HeaderMap,
        status: StatusCode,
        body: &Value,
        request_id: &str,
        nonce: &str,
        fault: Option<Fault>,
    ) -> Result<Response, Dropped> {
        let mut key = self.signing_key(headers);
        match &fault {
            Some(
                Fault::DropBefore {}
                | Fault::DropAfter {}
                | Fault::Late { .. }
                | Fault::LateRecord { answered: false, .. },
            ) => return Err(Dropped),
            Some(Fault::Html { status, .. }) => return Ok(html(StatusCode::from_u16(*status).unwrap_or_default())),
            Some(Fault::Slow { ms }) => tokio::time::sleep(Duration::from_millis(*ms)).await,
            Some(Fault::RotatedKey {}) => match self.keys.platform.rotate() {
                Ok(new) => key = new,
                Err(error) => {
                    return Ok(plain(StatusCode::INTERNAL_SERVER_ERROR, &json!({ "error": error.to_string() })));
                }
            },
            _ => {}
        }
        let with = Signing { key: &key, request_id, nonce, now: wall_s(), fault: fault.as_ref() };
        Ok(signed(status, body, &with))
    }

    /// The API's answer; `None` for the body means one that is too large.
    fn answer(
        &self,
        parts: &Parts,
        call: Option<&Spec>,
        body: Option<&[u8]>,
        fault: Option<&Fault>,
        effects: &Effects,
    ) -> Result<Value, Refusal> {
        let (method, headers) = (parts.method.as_str(), &parts.headers);
        let Some(call) = call else {
            let en = format!("There is no {method} {}", parts.uri.path());
            return Err(Refusal::new(StatusCode::NOT_FOUND, "RESOURCE_NOT_EXISTS", en, "请求的资源不存在"));
        };
        let Some(body) = body else {
            return Err(Refusal::param("", &Value::Null, "must not be larger than 1 MiB", "body"));
        };
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        self.gate.admit(&authorization::Call { method, target, headers, body }, wall_s())?;
        require_headers(headers, call.route.has_body())?;
        let settings = *lock(&self.settings);
        let query = parts.uri.query().unwrap_or_default();
        let now = self.clock.now();
        (call.answer)(&Admitted { service: self, headers, query, body, settings, now, fault, effects })
    }

    /// The public key for a request that names it, else the certificate.
    fn signing_key(&self, headers: &HeaderMap) -> Arc<PlatformKey> {
        let platform = &self.keys.platform;
        match header(headers, "Wechatpay-Serial") {
            Some(id) if id == platform.public_key.id => Arc::clone(&platform.public_key),
            _ => platform.current(),
        }
    }
}

fn require_headers(headers: &HeaderMap, has_body: bool) -> Result<(), Refusal> {
    let named = |name: &str| header(headers, name).unwrap_or_default();
    let is = |value: &str, kinds: &[&str]| {
        let kind = value.split(';').next().unwrap_or_default().trim();
        kinds.iter().any(|wanted| kind.eq_ignore_ascii_case(wanted))
    };
    let refused = |name: &str, issue| Err(Refusal::param(name, &named(name).into(), issue, "header"));
    // The wildcards stand for JSON as for anything else; WeChat Pay's own SDK for Go sends `*/*` with every call.
    let json = ["application/json", "application/*", "*/*"];
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    if !accepted.flat_map(|value| value.split(',')).any(|value| is(value, &json)) {
        return refused("Accept", "must be application/json, or a wildcard for it such as */*");
    }
    if named(USER_AGENT.as_str()).is_empty() {
        return refused("User-Agent", "must be given");
    }
    if has_body && !is(named(CONTENT_TYPE.as_str()), &["application/json"]) {
        return refused("Content-Type", "must be application/json");
    }
    Ok(())
}

pub(crate) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
