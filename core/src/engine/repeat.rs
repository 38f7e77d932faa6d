//! Sends a request again, or for the first time: after a pause, on another host, in its turn.

use std::sync::Arc;

use super::{
    State, Turn,
    action::{Action, Event, Now},
    attempt::{Signing, Then},
    course::{Course, Stake, Waiting, unexpected_event},
    next,
    retry::{self, Met, Next, Situation},
};
use crate::{
    protocol::request::{Content, Unsigned},
    words::{
        error::{DEADLINE_EXCEEDED, Error},
        operation::Operation,
    },
};

/// The service's code for too many requests.
const RATE_LIMITED: &str = "RATE_LIMITED";

/// The longest first pause, in milliseconds; each one after it may be twice as long.
const FIRST_PAUSE_MS: u64 = 500;
/// The longest pause, in milliseconds.
const LONGEST_PAUSE_MS: u64 = 8_000;

impl Course {
    /// Decides what follows, for an operation that may be `repeatable` and has `left` repetitions.
    pub(super) fn next(&mut self, met: Met, repeatable: bool, left: u32) -> Next {
        if !self.tried.contains(&self.host) {
            self.tried.push(self.host);
        }
        let situation = Situation {
            repeatable,
            off: self.max_retries == 0,
            left,
            untried: self.tried.len() < self.account.hosts.count(),
            probed: self.probed,
            open: self.open,
        };
        self.probed |= met == Met::Probe;
        retry::next(met, situation)
    }

    /// The longest pause that the call can still make, in milliseconds.
    fn longest(&self, now: Now) -> u64 {
        self.left(now).saturating_sub(1).min(self.longest_pause.unwrap_or(u64::MAX))
    }

    /// The milliseconds until the next attempt: those that the service asks for, or else random.
    pub(super) fn pause(&mut self, error: &Error) -> u64 {
        let longest = FIRST_PAUSE_MS.saturating_mul(1 << self.pauses.min(8)).min(LONGEST_PAUSE_MS);
        self.pauses = self.pauses.saturating_add(1);
        error.retry_after.unwrap_or_else(|| self.below(longest))
    }
}

/// Sends the same content again.
pub(super) fn again(
    course: &mut Course,
    content: Content,
    error: Error,
    elsewhere: bool,
    pause: bool,
    now: Now,
) -> Turn {
    let pause = if pause { course.pause(&error) } else { 0 };
    if pause > 0 && elsewhere {
        // After a pause every host but the last one may be tried again.
        course.tried = vec![course.host];
    }
    if elsewhere {
        course.host = course.account.hosts.pick(&course.tried, now.mono_ms);
    }
    paused(course, content, error, pause, now)
}

/// Sends after a pause, unless the deadline comes before its end; then the call ends with `error`.
pub(super) fn paused(course: &mut Course, content: Content, error: Error, ms: u64, now: Now) -> Turn {
    if ms >= course.left(now) {
        return Err(too_late(error));
    }
    if ms > course.longest(now) {
        return Err(error.with(|details| details.retry_after = Some(ms)));
    }
    course.observe_pause(content.operation, ms, &error.code);
    match ms {
        0 => in_turn(course, content, Some(error), now),
        ms => next(
            State::Pausing(Pausing { content, error: Some(error), has_turn: false }),
            Action::Sleep { ms, progress: None },
        ),
    }
}

/// Signs and sends a request that was just built, when it is its turn.
pub(super) fn send(course: &mut Course, unsigned: Unsigned, now: Now) -> Turn {
    match course.account.pace.wait(now.mono_ms, course.longest(now)) {
        0 => Signing::begin(course, unsigned, Then::Send, now),
        wait => turn_in(course, unsigned.into_content(), None, wait, now),
    }
}

/// Signs and sends when it is the request's turn.
fn in_turn(course: &mut Course, content: Content, error: Option<Error>, now: Now) -> Turn {
    match course.account.pace.wait(now.mono_ms, course.longest(now)) {
        0 => sign(course, content, now),
        wait => turn_in(course, content, error, wait, now),
    }
}

/// Waits for the request's turn; `error` is that of the last attempt, if there was one.
fn turn_in(course: &mut Course, content: Content, error: Option<Error>, wait: u64, now: Now) -> Turn {
    if wait > course.longest(now) {
        return Err(error.map_or_else(|| crowded(content.operation, wait), too_late));
    }
    course.observe_pause(content.operation, wait, RATE_LIMITED);
    next(State::Pausing(Pausing { content, error, has_turn: true }), Action::Sleep { ms: wait, progress: None })
}

fn sign(course: &mut Course, content: Content, now: Now) -> Turn {
    let account = Arc::clone(&course.account);
    let (nonce, timestamp) = (course.nonce(), course.service_time(now));
    let unsigned = content.again(&account.merchant, &account.platform_keys(), timestamp, nonce)?;
    Signing::begin(course, unsigned, Then::Send, now)
}

/// A request that waits for its time.
pub(super) struct Pausing {
    content: Content,
    /// The error of the attempt before, if there was one.
    error: Option<Error>,
    /// Does the pause end at this request's turn?
    has_turn: bool,
}

impl Waiting for Pausing {
    fn answered(self, course: &mut Course, event: Event, now: Now) -> Turn {
        let Pausing { content, error, has_turn } = self;
        match event {
            Event::Woke if has_turn => sign(course, content, now),
            Event::Woke => in_turn(course, content, error, now),
            _ => Err(unexpected_event(Some(content.operation), false)),
        }
    }

    fn stake(self) -> Stake {
        Stake { operation: Some(self.content.operation), may_have_been_applied: false, attempt: None }
    }
}

fn too_late(error: Error) -> Error {
    error.with(|details| details.message.push_str("; the deadline left no time to try again"))
}

/// The error for a request whose turn comes after the deadline.
fn crowded(operation: Operation, wait: u64) -> Error {
    let why = format!(
        "{operation} was not sent: WeChat Pay asked for fewer requests (HTTP 429), and its turn comes in {} s, later than this call waits",
        wait.div_ceil(1000)
    );
    Error::new(DEADLINE_EXCEEDED, why).with(|details| {
        details.operation = Some(operation);
        details.retryable = true;
        details.retry_after = Some(wait);
    })
}
