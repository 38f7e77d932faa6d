//! The beginning of a call: its fields are checked, its keys loaded, its request built.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    State, Turn,
    action::{Action, Event, Now, Outcome},
    attempt::{Signing, Then, examined},
    call::Call,
    course::{Course, Stake, Waiting, done, millis, unexpected_event},
    exchange::Exchange,
    next,
    repeat::send,
    trust::{Refresh, next_download},
};
use crate::{
    keys::crypto::encryption::Padding,
    protocol::{
        clock::in_milliseconds,
        request::{Checked, Content, filled},
    },
    words::{
        error::{ENCRYPTION_KEY_MISSING, Error, INVALID_OPTION, PLATFORM_KEYS_MISSING},
        field::Kind,
        operation::Operation,
    },
};

/// A call that has not begun.
pub(super) struct Ready(pub Call);

impl Waiting for Ready {
    fn answered(self, course: &mut Course, event: Event, now: Now) -> Turn {
        let Event::Start = event else { return Err(unexpected_event(None, false)) };
        course.ends_at = now.mono_ms.saturating_add(millis(course.deadline));
        if in_milliseconds(now.unix_s()) {
            let why = format!(
                "option `clock` gives a time that is {} s after 1970, thousands of years from now: it is in another unit",
                now.unix_s()
            );
            return Err(Error::new(INVALID_OPTION, why));
        }
        let operation = self.0.operation();
        self.begun(course, operation, now).map_err(|error| in_operation(error, operation))
    }

    fn stake(self) -> Stake {
        Stake { operation: None, may_have_been_applied: false, attempt: None }
    }
}

impl Ready {
    fn begun(mut self, course: &mut Course, operation: Operation, now: Now) -> Turn {
        let account = Arc::clone(&course.account);
        let merchant = &account.merchant;
        match &mut self.0 {
            Call::Operation { fields, .. } => {
                account.require_signing()?;
                let checked = Checked::new(merchant, operation, fields.take());
                match refresh(course, &checked, now) {
                    Refresh::None => compose(course, checked, now),
                    Refresh::Later { rest_ms, .. } => {
                        compose(course, checked, now).map_err(|error| brought_none(error, rest_ms))
                    }
                    Refresh::Due(flight) => preload(course, checked, flight, false, now),
                    Refresh::Urgent(flight) => preload(course, checked, flight, true, now),
                    Refresh::Failed(error) => Err(not_loaded(operation, error)),
                }
            }
            Call::LoadKeys { flight } => {
                if !account.trust.awaits(*flight) {
                    let value = Value::Object(Map::new());
                    return done(Outcome::Ok { value, request_id: None, warnings: Vec::new(), attempts: 0 });
                }
                course.flight = Some(*flight);
                account.require_signing()?;
                compose(course, Checked::new(merchant, operation, Value::Object(Map::new())), now)
            }
            Call::Prepare { fields, timestamp, nonce, padding, .. } => {
                account.require_signing()?;
                let nonce = nonce.take().unwrap_or_else(|| course.nonce());
                let padding = padding.take().map_or_else(|| Padding::Seed(course.seed()), Padding::Given);
                let timestamp = timestamp.unwrap_or_else(|| course.service_time(now));
                let checked = Checked::new(merchant, operation, fields.take());
                let unsigned = checked.build(merchant, &account.platform_keys(), timestamp, nonce, padding)?;
                Signing::begin(course, unsigned, Then::HandOver, now)
            }
            Call::Parse { response, request, now: at, .. } => {
                // A refusal can be read without keys.
                if response.succeeded() {
                    account.require_platform_keys(operation, None)?;
                }
                let request = request.take().map(|request| filled(merchant, operation, request.into()));
                let content = Content::of_caller(operation, request.unwrap_or_else(|| Value::Null.into()));
                let exchange = Exchange { content, message: None, attempt: None };
                let received = std::mem::take(response);
                let judged = at.unwrap_or_else(|| course.judging(&received, now.unix_s()));
                examined(course, exchange, received, judged, now, None)
            }
        }
    }
}

/// Decides what to do about the keys before a request is sent.
fn refresh(course: &Course, checked: &Checked, now: Now) -> Refresh {
    let operation = checked.operation();
    // A request that will not be sent needs no keys.
    if course.account.api_v3_key.is_none() || operation.spec().brings_keys || checked.refused() {
        return Refresh::None;
    }
    let encrypts = operation.request_fields().iter().any(|field| field.kind == Kind::Personal);
    course.account.trust.before(encrypts, now)
}

/// Builds a request to send, and asks for its signature.
fn compose(course: &mut Course, checked: Checked, now: Now) -> Turn {
    let (nonce, padding, now_s) = (course.nonce(), Padding::Seed(course.seed()), course.service_time(now));
    let (account, operation) = (Arc::clone(&course.account), checked.operation());
    let unsigned = checked
        .build(&account.merchant, &account.platform_keys(), now_s, nonce, padding)
        .and_then(|unsigned| account.require_platform_keys(operation, Some(now_s)).map(|()| unsigned))
        .map_err(|error| in_operation(error, operation))?;
    course.host = account.hosts.pick(&[], now.mono_ms);
    send(course, unsigned, now)
}

/// A call while keys are loaded before its request.
pub(super) struct Preloading {
    checked: Checked,
    flight: u64,
    urgent: bool,
}

fn preload(course: &Course, checked: Checked, flight: u64, urgent: bool, now: Now) -> Turn {
    let left = course.left(now);
    // Leaves half of the time for the call itself.
    let timeout_ms = if urgent { left } else { course.limit().min(left / 2) };
    let state = State::Preloading(Preloading { checked, flight, urgent });
    next(state, Action::LoadKeys { flight, urgent, timeout_ms })
}

impl Waiting for Preloading {
    const CAN_TIME_OUT: bool = true;

    fn answered(self, course: &mut Course, event: Event, now: Now) -> Turn {
        let Preloading { checked, flight, urgent } = self;
        let operation = checked.operation();
        match event {
            Event::KeysReady => compose(course, checked, now),
            Event::KeysFailed { .. } if !urgent => compose(course, checked, now),
            Event::KeysFailed { error: Value::Null } => done(Outcome::Host),
            Event::KeysFailed { .. } => match course.account.trust.failure(flight, now) {
                Some(why) => Err(not_loaded(operation, why)),
                // Where each call downloads for itself, another call's download may have succeeded.
                None => compose(course, checked, now),
            },
            _ => Err(unexpected_event(Some(operation), false)),
        }
    }

    fn without(self, course: &mut Course, now: Now) -> Result<Turn, Self> {
        if self.urgent { Err(self) } else { Ok(compose(course, self.checked, now)) }
    }

    fn stake(self) -> Stake {
        Stake { operation: Some(self.checked.operation()), may_have_been_applied: false, attempt: None }
    }
}

fn in_operation(error: Error, operation: Operation) -> Error {
    error.with(|details| details.operation = details.operation.or(Some(operation)))
}

/// The error for a request that was not sent, because its answer could not have been verified.
fn not_loaded(operation: Operation, why: Error) -> Error {
    why.with(|details| {
        details.message = format!(
            "{operation} was not sent, because the platform certificates could not be downloaded: {}",
            details.message
        );
        details.operation = Some(operation);
    })
}

/// The error for a request that was not sent, because a recent download brought no key for it.
fn brought_none(error: Error, rest_ms: u64) -> Error {
    if !error.is(PLATFORM_KEYS_MISSING) && !error.is(ENCRYPTION_KEY_MISSING) {
        return error;
    }
    error.with(|details| {
        details.message.push_str("; the platform certificates were downloaded just now, and none is valid");
        details.message.push_str(&next_download(rest_ms));
        details.retryable = true;
        details.retry_after = Some(rest_ms);
    })
}
