//! One call as a state machine, without I/O.
//!
//! [`Engine::step`] takes an [`Event`] and the time, and gives an [`Action`]. A driver carries actions out and
//! decides nothing.

mod account;
mod action;
mod call;
pub(crate) mod trust;

use std::{sync::Arc, time::Duration};

use serde_json::Value;

pub use account::{Account, Signing};
pub use action::{Action, Cause, Emit, Event, Now, Outcome, Sent, Step};
pub use call::Call;

use crate::{
    base::{json::keep, secret::Wiped},
    keys::{
        Listed, PlatformKeys,
        crypto::{Random, encryption::Padding},
        names_public_key,
    },
    protocol::{
        check::check,
        clock::in_milliseconds,
        hiding::Hidden,
        merchant::Base,
        options::CallOptions,
        request::{Unsigned, filled},
        response::{Examined, MAX_BODY, Received},
    },
    words::{
        error::{
            BODY_FAILED, CONNECT_FAILED, CONNECTION_RESET, Code, DEADLINE_EXCEEDED, DNS_FAILED, ENCRYPTION_KEY_MISSING,
            Error, INVALID_OPTION, PLATFORM_KEYS_MISSING, SIGNING_FAILED, TIMEOUT, TLS_FAILED, TRANSPORT_FAILED,
            UNEXPECTED_EVENT,
        },
        field::Kind,
        finding::{Finding, Severity},
        operation::Operation,
        rules,
    },
};
use account::Signs;
use trust::{Refresh, next_download};

/// The most milliseconds by which a host's timer may go off before its time.
const EARLY: u64 = 50;

/// The most milliseconds that every host's timer counts.
const LONGEST: u64 = i32::MAX as u64;

/// One call, from its fields to its verified answer.
pub struct Engine {
    account: Arc<Account>,
    timeout: Duration,
    deadline: Duration,
    random: Random,
    state: State,
    attempt: u32,
    /// On the monotonic clock; set by the first event.
    ends_at: u64,
    emits: Vec<Emit>,
    /// The download of keys that this call is, if it is one.
    flight: Option<u64>,
    /// What stood between, and what it had to do with a failure to come.
    between: Option<String>,
}

enum State {
    Ready(Call),
    /// Keys come before the request.
    Preloading {
        operation: Operation,
        fields: Wiped,
        flight: u64,
        urgent: bool,
    },
    /// The answer names a key that is not known yet.
    Loading {
        exchange: Exchange,
        received: Received,
        serial: String,
        flight: u64,
        now_s: i64,
    },
    Signing {
        unsigned: Unsigned,
        base: Base,
        then: Then,
    },
    Sending {
        exchange: Exchange,
        since: u64,
    },
    Verifying {
        examined: Box<Examined>,
        exchange: Exchange,
    },
    Finished,
}

/// What to do with a signed request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    HandOver,
    Send,
}

/// A request that went out, or that the caller sent by other means.
struct Exchange {
    operation: Operation,
    request: Option<Wiped>,
    /// What the answer may quote of it and is not to be shown.
    hidden: Hidden,
    warnings: Vec<Finding>,
    /// What was signed, if we did.
    message: Option<Vec<u8>>,
    /// What is observed when the attempt ends; nothing if the caller sent.
    attempt: Option<Emit>,
}

impl Exchange {
    /// May a request of ours have taken effect, whatever becomes of its answer?
    fn may_have_been_applied(&self) -> bool {
        self.attempt.is_some() && self.operation.spec().changes
    }
}

impl Engine {
    /// Prepares one call.
    ///
    /// `seed` is 32 fresh bytes from a secure generator; the nonce and the blinding come from it.
    pub fn new(call: Call, account: Arc<Account>, options: CallOptions, seed: [u8; 32]) -> Engine {
        Engine {
            timeout: options.timeout.unwrap_or(account.timeout),
            deadline: options.deadline.unwrap_or(account.deadline),
            account,
            random: Random::new(&seed),
            state: State::Ready(call),
            attempt: 0,
            ends_at: 0,
            emits: Vec::new(),
            flight: None,
            between: None,
        }
    }

    /// Takes in what stood between this machine and the host, such as a proxy, and what it did: the error about the failure
    /// that is the next event says it too. It is shown, so it must hold no password.
    pub fn between(&mut self, what: Option<String>) {
        self.between = what;
    }

    /// Takes the answer to the last action and gives the next.
    pub fn step(&mut self, event: Event, now: Now) -> Step {
        let action = match (std::mem::replace(&mut self.state, State::Finished), event) {
            (State::Ready(call), Event::Start) => {
                self.ends_at = now.mono_ms.saturating_add(millis(self.deadline));
                self.start(call, now)
            }
            (State::Ready(_) | State::Preloading { .. } | State::Signing { .. }, Event::Cancel) => Ok(cancelled(false)),
            (State::Preloading { operation, fields, flight, urgent }, event) => {
                self.preloaded(operation, fields, flight, urgent, event, now)
            }
            (State::Signing { unsigned, base, then }, Event::Signed { signature }) => {
                self.signed(unsigned, &base, then, &signature, now)
            }
            (State::Signing { .. }, Event::HostFailed) => Ok(done(Outcome::Host)),
            (State::Signing { unsigned, .. }, Event::TimedOut) => Err(self.too_late(unsigned.operation(), false)),
            (
                State::Sending { exchange, .. } | State::Loading { exchange, .. } | State::Verifying { exchange, .. },
                Event::Cancel,
            ) => {
                let may_have_been_applied = exchange.may_have_been_applied();
                self.ended(exchange.attempt, None, may_have_been_applied);
                Ok(cancelled(may_have_been_applied))
            }
            (State::Sending { exchange, since }, Event::Response { status, headers, body, truncated }) => {
                self.response(exchange, Received::new(status, headers, body, truncated), since, now)
            }
            (State::Sending { exchange, since }, Event::Failed { sent, cause }) => {
                Err(self.failed(exchange, sent, cause, since, now))
            }
            (State::Verifying { examined, exchange }, Event::Verified { ok }) => {
                self.verified(*examined, exchange, ok, now)
            }
            (State::Loading { exchange, received, serial, flight, now_s }, event) => {
                self.loaded(exchange, received, &serial, flight, now_s, event, now)
            }
            // A refusal is read also where its signature cannot be verified.
            (State::Verifying { examined, exchange }, Event::HostFailed | Event::TimedOut) if !examined.succeeded() => {
                self.verified(*examined, exchange, false, now)
            }
            (State::Verifying { exchange, .. }, Event::HostFailed) => {
                let may_have_been_applied = exchange.may_have_been_applied();
                self.ended(exchange.attempt, None, may_have_been_applied);
                Ok(done(Outcome::Host))
            }
            (State::Verifying { exchange, .. }, Event::TimedOut) => {
                let error = self.too_late(exchange.operation, exchange.may_have_been_applied());
                self.ended(exchange.attempt, Some(&error), error.may_have_been_applied);
                Err(error)
            }
            (State::Sending { exchange, .. } | State::Verifying { exchange, .. }, _) => {
                Err(misfit(Some(exchange.operation), exchange.may_have_been_applied()))
            }
            (State::Signing { unsigned, .. }, _) => Err(misfit(Some(unsigned.operation()), false)),
            (State::Ready(_) | State::Finished, _) => Err(misfit(None, false)),
        };
        let action = action.unwrap_or_else(|error| {
            let attempts = self.attempt;
            done(Outcome::Err(error.with(|details| details.attempts = attempts)))
        });
        if let (Some(flight), Action::Done { outcome }) = (self.flight, &action) {
            match outcome {
                Outcome::Err(error) => self.account.trust.ended(flight, Some(error.clone()), now),
                Outcome::Ok { .. } => self.account.trust.ended(flight, None, now),
                Outcome::Prepared { .. } | Outcome::Host | Outcome::Cancelled { .. } => {}
            }
        }
        Step { emits: std::mem::take(&mut self.emits), action }
    }

    fn start(&mut self, call: Call, now: Now) -> Result<Action, Error> {
        if in_milliseconds(now.unix_s()) {
            let why = format!(
                "option `clock` gives a time that is {} s after 1970, thousands of years from now: it is in another unit",
                now.unix_s()
            );
            return Err(Error::new(INVALID_OPTION, why));
        }
        let operation = match &call {
            Call::Operation { operation, .. } | Call::Prepare { operation, .. } | Call::Parse { operation, .. } => {
                Operation::named(operation)?
            }
            Call::LoadKeys { .. } => Operation::Certificates,
        };
        self.begin(operation, call, now)
            .map_err(|error| error.with(|details| details.operation = details.operation.or(Some(operation))))
    }

    fn begin(&mut self, operation: Operation, mut call: Call, now: Now) -> Result<Action, Error> {
        let now_s = now.unix_s();
        match &mut call {
            Call::Operation { fields, .. } => {
                self.account.require_signing()?;
                let fields = filled(&self.account.merchant, operation, fields.take().into());
                match self.refresh(operation, &fields, now) {
                    Refresh::None => self.compose(operation, fields, now),
                    Refresh::Later { rest_ms, .. } => {
                        self.compose(operation, fields, now).map_err(|error| brought_none(error, rest_ms))
                    }
                    Refresh::Due(flight) => Ok(self.preload(operation, fields, flight, false, now)),
                    Refresh::Urgent(flight) => Ok(self.preload(operation, fields, flight, true, now)),
                    Refresh::Failed(error) => Err(not_loaded(operation, error)),
                }
            }
            Call::LoadKeys { flight } => {
                let flight = *flight;
                if !self.account.trust.awaits(flight) {
                    let value = Value::Object(serde_json::Map::new());
                    return Ok(done(Outcome::Ok { value, request_id: None, warnings: Vec::new() }));
                }
                self.flight = Some(flight);
                self.account.require_signing()?;
                self.compose(operation, Value::Object(serde_json::Map::new()).into(), now)
            }
            Call::Prepare { fields, timestamp, nonce, padding, .. } => {
                self.account.require_signing()?;
                let nonce = nonce.take().unwrap_or_else(|| self.nonce());
                let padding = padding.take().map_or_else(|| Padding::Seed(self.seed()), Padding::Given);
                let timestamp = timestamp.unwrap_or(now_s);
                let unsigned = Unsigned::build(
                    &self.account.merchant,
                    &self.account.platform_keys(),
                    operation,
                    fields.take(),
                    timestamp,
                    nonce,
                    padding,
                )?;
                self.sign(unsigned, Then::HandOver, now)
            }
            Call::Parse { response, request, now: at, .. } => {
                // A refusal can be read without any key.
                if response.succeeded() {
                    self.account.require_platform_keys(operation, None)?;
                }
                let request = request.take().map(|request| filled(&self.account.merchant, operation, request.into()));
                let map = request.as_deref().and_then(Value::as_object);
                let hidden = map.map(|map| Hidden::of(operation.request_fields(), map)).unwrap_or_default();
                let exchange =
                    Exchange { operation, request, hidden, warnings: Vec::new(), message: None, attempt: None };
                let received = std::mem::take(response);
                self.examine(exchange, received, at.unwrap_or(now_s), now, None)
            }
        }
    }

    /// What is to be done about the keys before a request is sent.
    fn refresh(&self, operation: Operation, fields: &Value, now: Now) -> Refresh {
        if self.account.api_v3_key.is_none() || operation.spec().brings_keys {
            return Refresh::None;
        }
        // What will not be sent needs no keys.
        let findings = check(operation, fields, &self.account.merchant.rules);
        if findings.iter().any(|finding| finding.severity == Severity::Error) {
            return Refresh::None;
        }
        let encrypts = operation.request_fields().iter().any(|field| field.kind == Kind::Personal);
        self.account.trust.before(encrypts, now)
    }

    fn preload(&mut self, operation: Operation, fields: Wiped, flight: u64, urgent: bool, now: Now) -> Action {
        self.state = State::Preloading { operation, fields, flight, urgent };
        // Half the time is left for the call itself.
        let timeout_ms = if urgent { self.left(now) } else { self.limit().min(self.left(now) / 2) };
        Action::LoadKeys { flight, urgent, timeout_ms }
    }

    fn preloaded(
        &mut self,
        operation: Operation,
        fields: Wiped,
        flight: u64,
        urgent: bool,
        event: Event,
        now: Now,
    ) -> Result<Action, Error> {
        match event {
            Event::KeysReady => self.compose(operation, fields, now),
            Event::KeysFailed { .. } | Event::TimedOut if !urgent => self.compose(operation, fields, now),
            Event::KeysFailed { error: Value::Null } => Ok(done(Outcome::Host)),
            Event::KeysFailed { .. } => match self.account.trust.failure(flight, now) {
                Some(why) => Err(not_loaded(operation, why)),
                // Where each call downloads for itself, the one of another may have ended well.
                None => self.compose(operation, fields, now),
            },
            Event::TimedOut => Err(self.too_late(operation, false)),
            _ => Err(misfit(Some(operation), false)),
        }
    }

    /// Builds a request that is to be sent and has it signed.
    fn compose(&mut self, operation: Operation, mut fields: Wiped, now: Now) -> Result<Action, Error> {
        let (nonce, padding, now_s) = (self.nonce(), Padding::Seed(self.seed()), now.unix_s());
        let in_operation =
            |error: Error| error.with(|details| details.operation = details.operation.or(Some(operation)));
        let unsigned = Unsigned::build(
            &self.account.merchant,
            &self.account.platform_keys(),
            operation,
            fields.take(),
            now_s,
            nonce,
            padding,
        );
        let unsigned = unsigned.map_err(in_operation)?;
        self.account.require_platform_keys(operation, Some(now_s)).map_err(in_operation)?;
        self.sign(unsigned, Then::Send, now)
    }

    fn why_not_loaded(&self, flight: u64, now: Now) -> Error {
        let unknown = || Error::new(TRANSPORT_FAILED, "the download ended without a reason");
        self.account.trust.failure(flight, now).unwrap_or_else(unknown)
    }

    /// What is said of a serial that a download did not bring.
    fn not_brought(&self, serial: &str) -> String {
        match self.account.trust.skipped(serial) {
            Some(why) => format!("its certificate was downloaded and is not used, as {why}"),
            None => "the platform certificates were downloaded without it".to_owned(),
        }
    }

    fn sign(&mut self, unsigned: Unsigned, then: Then, now: Now) -> Result<Action, Error> {
        let Some(base) = self.account.merchant.bases.first().cloned() else {
            return Err(Error::new(crate::words::error::INVALID_OPTION, "option `base_urls` is empty"));
        };
        let entropy = (self.account.signs == Signs::Software).then(|| self.seed());
        let action = Action::Sign { message: unsigned.message(), entropy, timeout_ms: self.left(now) };
        self.state = State::Signing { unsigned, base, then };
        Ok(action)
    }

    fn signed(
        &mut self,
        mut unsigned: Unsigned,
        base: &Base,
        then: Then,
        signature: &[u8],
        now: Now,
    ) -> Result<Action, Error> {
        let operation = unsigned.operation();
        if signature.is_empty() {
            let why = "the signer gave no signature; it must give the signature's bytes, not text";
            return Err(Error::new(SIGNING_FAILED, why).with(|details| details.operation = Some(operation)));
        }
        let warnings = unsigned.warnings().to_vec();
        let message = Some(unsigned.message());
        let (fields, hidden) = unsigned.take_fields();
        let signed = unsigned.attach(&base.url, signature);
        if then == Then::HandOver {
            return Ok(done(Outcome::Prepared { request: signed, warnings }));
        }
        if self.left(now) == 0 {
            return Err(self.too_late(operation, false));
        }
        let timeout_ms = self.limit().min(self.left(now));
        self.attempt += 1;
        let attempt = Emit {
            phase: "request",
            operation,
            attempt: self.attempt,
            host: base.host.clone(),
            status: None,
            request_id: None,
            key_id: None,
            ms: 0,
            reason: None,
            may_have_been_applied: false,
        };
        self.emits.push(attempt.clone());
        let request = Some(Value::Object(fields).into());
        let exchange = Exchange { operation, request, hidden, warnings, message, attempt: Some(attempt) };
        self.state = State::Sending { exchange, since: now.mono_ms };
        Ok(Action::Send {
            method: signed.method,
            url: signed.url,
            headers: signed.headers,
            body: signed.body,
            timeout_ms,
            max_body: MAX_BODY,
        })
    }

    fn response(&mut self, mut exchange: Exchange, received: Received, since: u64, now: Now) -> Result<Action, Error> {
        if let Some(attempt) = &mut exchange.attempt {
            attempt.phase = "response";
            attempt.status = Some(received.status());
            attempt.request_id = received.request_id();
            attempt.ms = now.mono_ms.saturating_sub(since);
        }
        let now_s = now.unix_s();
        // Only a call of our own may download; its answer may be the first to name a new key.
        if self.account.api_v3_key.is_some() && !exchange.operation.spec().brings_keys {
            let keys = self.account.platform_keys();
            let another = received.names_another_key(&keys, now_s);
            if let Some(serial) = another.filter(|serial| !names_public_key(serial)) {
                match self.account.trust.lacking(serial, &keys, now) {
                    Refresh::Urgent(flight) => {
                        let serial = serial.to_owned();
                        self.state = State::Loading { exchange, received, serial, flight, now_s };
                        return Ok(Action::LoadKeys { flight, urgent: true, timeout_ms: self.left(now) });
                    }
                    Refresh::Failed(error) => {
                        return self.examine(exchange, received, now_s, now, Some(failed_download(&error)));
                    }
                    Refresh::Later { rest_ms, missing } => {
                        let text = self.not_brought(serial) + &next_download(rest_ms);
                        let note = Note { text, retry_after: Some(rest_ms).filter(|_| !missing) };
                        return self.examine(exchange, received, now_s, now, Some(note));
                    }
                    Refresh::None | Refresh::Due(_) => {}
                }
            }
        }
        self.examine(exchange, received, now_s, now, None)
    }

    #[expect(clippy::too_many_arguments, reason = "all that a state holds, and an event")]
    fn loaded(
        &mut self,
        exchange: Exchange,
        received: Received,
        serial: &str,
        flight: u64,
        now_s: i64,
        event: Event,
        now: Now,
    ) -> Result<Action, Error> {
        let may_have_been_applied = exchange.may_have_been_applied();
        match event {
            Event::KeysReady => {
                let mut note = None;
                if received.names_another_key(&self.account.platform_keys(), now_s).is_some() {
                    self.account.trust.still_lacking(serial, now);
                    note = Some(Note { text: self.not_brought(serial), retry_after: None });
                }
                self.examine(exchange, received, now_s, now, note)
            }
            Event::KeysFailed { error: Value::Null } => {
                self.ended(exchange.attempt, None, may_have_been_applied);
                Ok(done(Outcome::Host))
            }
            Event::KeysFailed { .. } => {
                let why = self.why_not_loaded(flight, now);
                self.examine(exchange, received, now_s, now, Some(failed_download(&why)))
            }
            Event::TimedOut => {
                let error = self.too_late(exchange.operation, may_have_been_applied);
                self.ended(exchange.attempt, Some(&error), may_have_been_applied);
                Err(error)
            }
            _ => Err(misfit(Some(exchange.operation), may_have_been_applied)),
        }
    }

    /// The keys that an answer is verified with: those that are known; if it names another, also those that it brings.
    fn keys(&self, received: &Received, operation: Operation, now_s: i64) -> Result<Arc<PlatformKeys>, Error> {
        let known = self.account.platform_keys();
        let key = self.account.api_v3_key.as_ref().filter(|_| operation.spec().brings_keys);
        match key.zip(received.names_another_key(&known, now_s)) {
            Some((key, serial)) => {
                let listed = received.certificates(operation, key)?;
                let skipped = listed.skipped.into_iter().find(|(_, skipped, _)| skipped == serial);
                match skipped {
                    Some((_, _, error)) => Err(received.about(operation, error)),
                    None => Ok(Arc::new(PlatformKeys::clone(&known).with(listed.keys))),
                }
            }
            None => Ok(known),
        }
    }

    /// `note` says why the key that the answer names could not be downloaded.
    fn examine(
        &mut self,
        exchange: Exchange,
        received: Received,
        now_s: i64,
        now: Now,
        note: Option<Note>,
    ) -> Result<Action, Error> {
        let examined = match self.keys(&received, exchange.operation, now_s) {
            Ok(keys) => received.examine(exchange.operation, &keys, now_s, &exchange.hidden),
            Err(error) => Err(error),
        };
        let examined = match examined {
            Ok(examined) => examined,
            Err(error) => {
                let error = match note {
                    None => error,
                    Some(note) => error.with(|details| {
                        details.message = format!("{}; {}", details.message, note.text);
                        details.retry_after = note.retry_after;
                        details.retryable = note.retry_after.is_some() && exchange.operation.spec().repeatable;
                    }),
                };
                self.ended(exchange.attempt, Some(&error), error.may_have_been_applied);
                return Err(error);
            }
        };
        let Some(proof) = examined.proof() else { return self.verified(examined, exchange, false, now) };
        let action = Action::Verify {
            key_id: proof.key_id.clone(),
            spki_der: proof.spki_der.clone(),
            message: proof.message.clone(),
            signature: proof.signature.clone(),
            timeout_ms: self.left(now),
        };
        self.state = State::Verifying { examined: Box::new(examined), exchange };
        Ok(action)
    }

    fn verified(&mut self, examined: Examined, exchange: Exchange, ok: bool, now: Now) -> Result<Action, Error> {
        let certificates = self.certificates(&examined, &exchange, ok, now);
        let Exchange { request, hidden, mut warnings, message, attempt, .. } = exchange;
        let refused = examined.received().sign_error();
        let sent = |field: &str| request.as_ref()?.get(field)?.as_str();
        match certificates.and_then(|certificates| Ok((examined.settle(ok, sent, &hidden)?, certificates))) {
            Ok((answer, certificates)) => {
                self.ended(attempt, None, false);
                let request_id = answer.request_id.clone();
                warnings.extend(answer.warnings.iter().cloned());
                let mut value = Value::Object(answer.into_inner());
                if let Some(listed) = certificates {
                    warnings.extend(listed.skipped.iter().map(skipped));
                    show_decrypted(&mut value, &listed.texts);
                }
                Ok(done(Outcome::Ok { value, request_id, warnings }))
            }
            Err(error) => {
                self.ended(attempt, Some(&error), error.may_have_been_applied);
                let told = refused.zip(message).and_then(|(refusal, ours)| refusal.told(&ours));
                Err(error.with(|details| {
                    // What was odd about the request may explain its refusal.
                    details.warnings.splice(..0, warnings).for_each(drop);
                    if let Some(told) = told {
                        details.message.push_str("; ");
                        details.message.push_str(&hidden.masked(&told));
                    }
                }))
            }
        }
    }

    /// The certificates in an answer that was verified, which are trusted from then on; none in any other.
    fn certificates(
        &mut self,
        examined: &Examined,
        exchange: &Exchange,
        ok: bool,
        now: Now,
    ) -> Result<Option<Listed>, Error> {
        let operation = exchange.operation;
        let key =
            self.account.api_v3_key.as_ref().filter(|_| ok && examined.succeeded() && operation.spec().brings_keys);
        let Some(key) = key else { return Ok(None) };
        let listed = examined.received().certificates(operation, key)?;
        for (_, serial, error) in &listed.skipped {
            self.emits.extend(exchange.attempt.clone().map(|attempt| Emit {
                phase: "skipped",
                key_id: Some(serial.clone()),
                reason: Some(error.code.clone()),
                ..attempt
            }));
        }
        self.account.trust.learn(&listed, now);
        Ok(Some(listed))
    }

    /// Lets the end of an attempt be observed.
    fn ended(&mut self, attempt: Option<Emit>, error: Option<&Error>, may_have_been_applied: bool) {
        self.emits.extend(attempt.map(|attempt| Emit {
            phase: if attempt.phase == "request" { "failure" } else { attempt.phase },
            reason: error.map(|error| error.code.clone()),
            may_have_been_applied,
            ..attempt
        }));
    }

    fn failed(&mut self, mut exchange: Exchange, sent: Sent, cause: Cause, since: u64, now: Now) -> Error {
        let operation = exchange.operation;
        let host = exchange.attempt.as_ref().map(|attempt| attempt.host.clone()).unwrap_or_default();
        let may_have_been_applied = sent == Sent::Unknown && operation.spec().changes;
        // What ended it is the shorter of the two, unless it was a limit of the transport's own.
        let deadline_first = since.saturating_add(self.limit()) >= self.ends_at;
        let by_deadline = self.left(now) == 0 || (deadline_first && self.left(now) < EARLY);
        let in_time = match now.mono_ms.saturating_sub(since).saturating_add(EARLY) < self.limit() {
            true => "no answer came within a limit of the transport's own".to_owned(),
            false => format!("no answer came within its timeout of {} ms", self.limit()),
        };
        let (code, what): (Code, &str) = match cause {
            Cause::Dns => (DNS_FAILED, "its name could not be resolved"),
            Cause::Connect => (CONNECT_FAILED, "no connection could be made"),
            Cause::Tls => (TLS_FAILED, "no secure connection could be made"),
            Cause::Timeout if by_deadline => (DEADLINE_EXCEEDED, "the whole call took longer than its deadline"),
            Cause::Timeout => (TIMEOUT, &in_time),
            Cause::Reset => (CONNECTION_RESET, "the connection was closed before an answer came"),
            Cause::Body => (BODY_FAILED, "the answer broke off"),
            Cause::Other => (TRANSPORT_FAILED, "the transport failed"),
        };
        let after = match may_have_been_applied {
            true => "; it may have been carried out: query it",
            false => "",
        };
        let between = self.between.take().map(|between| format!("; {between}")).unwrap_or_default();
        let message = format!("{operation} got no answer from {host}: {what}{between}{after}");
        let error = Error::new(code, message).with(|details| {
            details.operation = Some(operation);
            details.may_have_been_applied = may_have_been_applied;
            details.retryable = operation.spec().repeatable || sent == Sent::No;
        });
        if let Some(attempt) = &mut exchange.attempt {
            attempt.ms = now.mono_ms.saturating_sub(since);
        }
        self.ended(exchange.attempt, Some(&error), may_have_been_applied);
        error
    }

    fn too_late(&self, operation: Operation, may_have_been_applied: bool) -> Error {
        Error::new(
            DEADLINE_EXCEEDED,
            format!("{operation} was not finished within its deadline of {} ms", millis(self.deadline)),
        )
        .with(|details| {
            details.operation = Some(operation);
            details.may_have_been_applied = may_have_been_applied;
            details.retryable = operation.spec().repeatable || !may_have_been_applied;
        })
    }

    /// Milliseconds that the whole call may still take, as far as a host's timer can count; for drivers that hand a step to
    /// another thread.
    pub fn time_left(&self, now: Now) -> u64 {
        match self.state {
            State::Ready(_) => millis(self.deadline).min(LONGEST),
            _ => self.left(now),
        }
    }

    /// The most milliseconds of one attempt; a timer of none would count nothing.
    fn limit(&self) -> u64 {
        millis(self.timeout).max(1)
    }

    /// Milliseconds until the deadline, as far as a host's timer can count.
    fn left(&self, now: Now) -> u64 {
        self.ends_at.saturating_sub(now.mono_ms).min(LONGEST)
    }

    /// 32 bytes for something that wants randomness of its own.
    fn seed(&mut self) -> [u8; 32] {
        self.random.bytes()
    }

    /// 32 letters and digits, evenly distributed.
    fn nonce(&mut self) -> String {
        const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let mut nonce = String::with_capacity(32);
        while nonce.len() < 32 {
            // 6 bits; the two values beyond the 62 letters are drawn again.
            for byte in self.random.bytes::<32>() {
                if let (Some(letter), true) = (LETTERS.get(usize::from(byte >> 2)), nonce.len() < 32) {
                    nonce.push(char::from(*letter));
                }
            }
        }
        nonce
    }
}

/// What is said, beside an error, of a key that could not be downloaded.
struct Note {
    text: String,
    /// When the same call may find the key, in milliseconds.
    retry_after: Option<u64>,
}

fn failed_download(why: &Error) -> Note {
    Note { text: format!("downloading the platform certificates failed: {why}"), retry_after: why.retry_after }
}

/// Of a request that was not sent, soon after a download that brought no key for it.
fn brought_none(error: Error, rest_ms: u64) -> Error {
    if ![PLATFORM_KEYS_MISSING.name, ENCRYPTION_KEY_MISSING.name].contains(&error.code.as_str()) {
        return error;
    }
    error.with(|details| {
        details.message.push_str("; the platform certificates were downloaded just now, and none is valid");
        details.message.push_str(&next_download(rest_ms));
        details.retryable = true;
        details.retry_after = Some(rest_ms);
    })
}

/// What is remarked of a certificate in a list that cannot be used.
fn skipped((place, serial, error): &(usize, String, Error)) -> Finding {
    Finding {
        rule: rules::CERTIFICATE_SKIPPED,
        severity: Severity::Warning,
        field: format!("/data/{place}"),
        value: serial.as_str().into(),
        issue: format!("{error}; it is skipped"),
        location: "response",
    }
}

/// Puts certificates in the place of their encrypted form.
fn show_decrypted(value: &mut Value, certificates: &[(String, String)]) {
    let records = value.get_mut("data").and_then(Value::as_array_mut).into_iter().flatten();
    for record in records.filter_map(Value::as_object_mut) {
        let serial = record.get("serial_no").and_then(Value::as_str).unwrap_or_default();
        if let Some((_, pem)) = certificates.iter().rfind(|(known, _)| known == serial) {
            record.insert("certificate".to_owned(), pem.as_str().into());
            keep(record, |name, _| name != "encrypt_certificate");
        }
    }
}

/// What is said of an event that does not answer the last action.
fn misfit(operation: Option<Operation>, may_have_been_applied: bool) -> Error {
    let why = "the engine was given an event that does not answer its last action";
    Error::new(UNEXPECTED_EVENT, why).with(|details| {
        details.operation = operation;
        details.may_have_been_applied = may_have_been_applied;
    })
}

/// Of a request that could not be sent, as there was nothing to verify its answer with.
fn not_loaded(operation: Operation, why: Error) -> Error {
    why.with(|details| {
        details.message = format!(
            "{operation} was not sent, as the platform certificates could not be downloaded: {}",
            details.message
        );
        details.operation = Some(operation);
    })
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

fn done(outcome: Outcome) -> Action {
    Action::Done { outcome }
}

fn cancelled(may_have_been_applied: bool) -> Action {
    done(Outcome::Cancelled { may_have_been_applied })
}
