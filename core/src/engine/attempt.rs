//! One attempt: one signature, one host, one answer.

use serde_json::Value;

use super::{
    Progress, State, Turn,
    account::SignerKind,
    action::{Action, Event, Now, Outcome, Phase},
    certificates::{certificates, keys, show_decrypted, skipped},
    course::{Course, Stake, Waiting, done, unexpected_event},
    exchange::{Ended, Exchange},
    failure::failed,
    next,
    retry::Met,
    trust::{Refresh, next_download},
};
use crate::{
    keys::names_public_key,
    protocol::{
        request::Unsigned,
        response::{Examined, MAX_BODY, Received},
    },
    words::error::{Error, INVALID_OPTION, SIGNING_FAILED},
};

/// The next step for a signed request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    HandOver,
    Send,
}

/// A request while it is being signed.
pub(super) struct Signing {
    unsigned: Unsigned,
    then: Then,
}

impl Signing {
    /// Asks for the request's signature.
    pub fn begin(course: &mut Course, unsigned: Unsigned, then: Then, now: Now) -> Turn {
        let entropy = (course.account.signer_kind == SignerKind::Software).then(|| course.seed());
        let action = Action::Sign { message: unsigned.message(), entropy, timeout_ms: course.left(now) };
        next(State::Signing(Signing { unsigned, then }), action)
    }
}

impl Waiting for Signing {
    const HOST_CAN_FAIL: bool = true;
    const CAN_TIME_OUT: bool = true;

    fn answered(self, course: &mut Course, event: Event, now: Now) -> Turn {
        let Signing { unsigned, then } = self;
        let operation = unsigned.operation();
        let Event::Signed { signature } = event else { return Err(unexpected_event(Some(operation), false)) };
        if signature.is_empty() {
            let why = "the signer gave no signature; it must give the signature's bytes, not text";
            return Err(Error::new(SIGNING_FAILED, why).with(|details| details.operation = Some(operation)));
        }
        let Some(base) = course.account.merchant.bases.get(course.host) else {
            return Err(Error::new(INVALID_OPTION, "option `base_urls` is empty"));
        };
        let message = Some(unsigned.message());
        let (signed, content) = unsigned.signed(&base.url, &signature);
        if then == Then::HandOver {
            return done(Outcome::Prepared { request: signed, warnings: content.warnings });
        }
        if course.left(now) == 0 {
            return Err(course.too_late(operation, false));
        }
        let timeout_ms = course.limit().min(course.left(now));
        match &mut course.question {
            Some(question) => question.asked += 1,
            None => {
                course.attempts += 1;
                course.first_sent_s.get_or_insert(now.unix_s());
            }
        }
        let attempt = course.attempt(Phase::Request, operation);
        course.emits.push(attempt.clone());
        let exchange = Exchange { content, message, attempt: Some(attempt) };
        let state = State::Sending(Sending { exchange, since: now.mono_ms });
        next(
            state,
            Action::Send {
                method: signed.method,
                url: signed.url,
                headers: signed.headers,
                body: signed.body,
                timeout_ms,
                max_body: MAX_BODY,
            },
        )
    }

    fn stake(self) -> Stake {
        Stake { operation: Some(self.unsigned.operation()), may_have_been_applied: false, attempt: None }
    }
}

/// A request while its answer is awaited.
pub(super) struct Sending {
    exchange: Exchange,
    since: u64,
}

impl Waiting for Sending {
    fn answered(self, course: &mut Course, event: Event, now: Now) -> Turn {
        let Sending { mut exchange, since } = self;
        let received = match event {
            Event::Response { status, headers, body, truncated } => Received::new(status, headers, body, truncated),
            Event::Failed { sent, cause } => {
                let error = failed(course, &exchange, sent, cause, since, now);
                if let Some(attempt) = &mut exchange.attempt {
                    attempt.ms = now.mono_ms.saturating_sub(since);
                }
                course.observe_end(exchange.attempt.take(), Some(&error), error.may_have_been_applied);
                return exchange.failed(error, Met::without_answer(sent, cause));
            }
            _ => return Err(unexpected_event(Some(exchange.operation()), exchange.may_have_been_applied())),
        };
        course.account.hosts.reached(course.host);
        if let Some(attempt) = &mut exchange.attempt {
            attempt.phase = Phase::Response;
            attempt.status = Some(received.status());
            attempt.request_id = received.request_id();
            attempt.ms = now.mono_ms.saturating_sub(since);
        }
        let now_s = course.judging(&received, now.unix_s());
        // Only a call of our own may download keys; its answer may be the first to name a new one.
        if course.account.api_v3_key.is_some() && !exchange.operation().spec().brings_keys {
            let keys = course.account.platform_keys();
            let another = received.names_another_key(&keys, now_s);
            if let Some(serial) = another.filter(|serial| !names_public_key(serial)) {
                match course.account.trust.lacking(serial, &keys, now) {
                    Refresh::Urgent(flight) => {
                        let serial = serial.to_owned();
                        let state = State::Loading(Loading { exchange, received, serial, flight, now_s });
                        let timeout_ms = course.left(now);
                        return next(state, Action::LoadKeys { flight, urgent: true, timeout_ms });
                    }
                    Refresh::Failed(error) => {
                        return examined(course, exchange, received, now_s, now, Some(failed_download(&error)));
                    }
                    Refresh::Later { rest_ms, missing } => {
                        let text = course.not_brought(serial) + &next_download(rest_ms);
                        let note = Note { text, retry_after: Some(rest_ms).filter(|_| !missing) };
                        return examined(course, exchange, received, now_s, now, Some(note));
                    }
                    Refresh::None | Refresh::Due(_) => {}
                }
            }
        }
        examined(course, exchange, received, now_s, now, None)
    }

    fn stake(self) -> Stake {
        self.exchange.stake()
    }
}

/// An answer that names an unknown key, while keys are loaded.
pub(super) struct Loading {
    exchange: Exchange,
    received: Received,
    serial: String,
    flight: u64,
    now_s: i64,
}

impl Waiting for Loading {
    const CAN_TIME_OUT: bool = true;

    fn answered(self, course: &mut Course, event: Event, now: Now) -> Turn {
        let Loading { exchange, received, serial, flight, now_s } = self;
        let may_have_been_applied = exchange.may_have_been_applied();
        let note = match event {
            Event::KeysReady => {
                let lacking = received.names_another_key(&course.account.platform_keys(), now_s).is_some();
                lacking.then(|| {
                    course.account.trust.still_lacking(&serial, now);
                    Note { text: course.not_brought(&serial), retry_after: None }
                })
            }
            Event::KeysFailed { error: Value::Null } => {
                course.observe_end(exchange.attempt, None, may_have_been_applied);
                return done(Outcome::Host);
            }
            Event::KeysFailed { .. } => Some(failed_download(&course.why_not_loaded(flight, now))),
            _ => return Err(unexpected_event(Some(exchange.operation()), may_have_been_applied)),
        };
        examined(course, exchange, received, now_s, now, note)
    }

    fn stake(self) -> Stake {
        self.exchange.stake()
    }
}

impl Course {
    /// The time to judge an answer's freshness by (Unix seconds).
    pub(super) fn judging(&self, received: &Received, local: i64) -> i64 {
        self.account.service_clock.as_ref().map_or(local, |clock| clock.judging(received.stamp(), local))
    }
}

/// Examines an answer, and asks to verify its signature if it has one; `note` says why the key that it names could not be
/// downloaded.
pub(super) fn examined(
    course: &mut Course,
    mut exchange: Exchange,
    received: Received,
    now_s: i64,
    now: Now,
    note: Option<Note>,
) -> Turn {
    let examined = match keys(course, &received, exchange.operation(), now_s) {
        Ok(keys) => received.examine(exchange.operation(), &keys, now_s, &exchange.content.hidden),
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
                    details.retryable = note.retry_after.is_some() && exchange.operation().spec().repeatable;
                }),
            };
            course.observe_end(exchange.attempt.take(), Some(&error), error.may_have_been_applied);
            let met = Met::answer(&error);
            return exchange.failed(error, met);
        }
    };
    let verifying = Verifying { examined, exchange };
    let Some(proof) = verifying.examined.proof() else { return verifying.verified(course, false, now) };
    let action = Action::Verify {
        key_id: proof.key_id.clone(),
        spki_der: proof.spki_der.clone(),
        message: proof.message.clone(),
        signature: proof.signature.clone(),
        timeout_ms: course.left(now),
    };
    next(State::Verifying(Box::new(verifying)), action)
}

/// An answer while its signature is being verified.
pub(super) struct Verifying {
    examined: Examined,
    exchange: Exchange,
}

impl Verifying {
    fn verified(self, course: &mut Course, ok: bool, now: Now) -> Turn {
        let Verifying { examined, mut exchange } = self;
        let certificates = certificates(course, &examined, &exchange, ok, now);
        let refused = examined.received().sign_error();
        let (local, status, stamp) = (now.unix_s(), examined.received().status(), examined.received().stamp());
        let service_time = stamp.filter(|_| ok).or_else(|| examined.received().date());
        let content = &exchange.content;
        let settled = certificates.and_then(|certificates| {
            Ok((examined.settle(ok, |field| content.text(field), &content.hidden)?, certificates))
        });
        match settled {
            Ok((answer, certificates)) => {
                course.observe_end(exchange.attempt.take(), None, false);
                if exchange.is_ours() {
                    course.account.pace.accepted(now.mono_ms);
                }
                if let (Some(clock), Some(stamp), true) = (&course.account.service_clock, stamp, exchange.is_ours()) {
                    clock.learn(stamp, local);
                }
                let request_id = answer.request_id.clone();
                if course.question.is_some() {
                    let warnings = answer.warnings.clone();
                    let page = answer.into_inner();
                    return Ok(Progress::Ended(Ended::Answered { page, warnings, request_id, stamp }));
                }
                let mut warnings = exchange.content.warnings;
                warnings.extend(answer.warnings.iter().cloned());
                let mut value = Value::Object(answer.into_inner());
                if let Some(listed) = certificates {
                    warnings.extend(listed.skipped.iter().map(skipped));
                    show_decrypted(&mut value, &listed.texts);
                }
                done(Outcome::Ok { value, request_id, warnings, attempts: course.attempts })
            }
            Err(error) => {
                course.observe_end(exchange.attempt.take(), Some(&error), error.may_have_been_applied);
                let met = match (&course.account.service_clock, service_time) {
                    (Some(clock), Some(time))
                        if exchange.is_ours()
                            && refused.is_some()
                            && !course.corrected
                            && clock.explains(time, local) =>
                    {
                        course.corrected = true;
                        Met::WrongTime
                    }
                    _ => Met::answer(&error),
                };
                if exchange.is_ours() && status != 429 {
                    course.account.pace.accepted(now.mono_ms);
                }
                let told = refused.zip(exchange.message.as_ref()).and_then(|(refusal, ours)| refusal.summary(ours));
                let error = error.with(|details| {
                    // Oddities of the request may explain its refusal.
                    details.warnings.splice(..0, content.warnings.iter().cloned()).for_each(drop);
                    if let Some(told) = told {
                        details.message.push_str("; ");
                        details.message.push_str(&content.hidden.masked(&told));
                    }
                });
                exchange.failed(error, met)
            }
        }
    }
}

impl Waiting for Verifying {
    const HOST_CAN_FAIL: bool = true;
    const CAN_TIME_OUT: bool = true;

    fn answered(self, course: &mut Course, event: Event, now: Now) -> Turn {
        match event {
            Event::Verified { ok } => self.verified(course, ok, now),
            _ => Err(unexpected_event(Some(self.exchange.operation()), self.exchange.may_have_been_applied())),
        }
    }

    /// Reads a refusal even if its signature cannot be verified.
    fn without(self, course: &mut Course, now: Now) -> Result<Turn, Self> {
        if self.examined.succeeded() { Err(self) } else { Ok(self.verified(course, false, now)) }
    }

    fn stake(self) -> Stake {
        self.exchange.stake()
    }
}

/// A remark beside an error, about a key that could not be downloaded.
pub(super) struct Note {
    text: String,
    /// The time after which the same call may find the key, in milliseconds.
    retry_after: Option<u64>,
}

fn failed_download(why: &Error) -> Note {
    Note { text: format!("downloading the platform certificates failed: {why}"), retry_after: why.retry_after }
}
