//! The course of one call: its limits and its randomness, and what can interrupt any of its states.

use std::{sync::Arc, time::Duration};

use super::{
    State, Turn,
    account::Account,
    action::{Action, Emit, Event, Now, Outcome, Phase},
    asked::Question,
    next,
};
use crate::{
    keys::crypto::Random,
    protocol::{clock::LONGEST_TIMER_MS, options::CallOptions},
    words::{
        error::{DEADLINE_EXCEEDED, Error, TRANSPORT_FAILED, UNEXPECTED_EVENT},
        operation::Operation,
    },
};

/// The data that all states of a call share.
pub(super) struct Course {
    pub account: Arc<Account>,
    timeout: Duration,
    pub deadline: Duration,
    random: Random,
    /// The number of attempts so far; questions are not counted.
    pub attempts: u32,
    pub max_retries: u32,
    /// Does it ask itself what became of a lost request? A run of several calls looks by itself.
    pub asks: bool,
    /// The longest pause that the call may sleep, in milliseconds; it ends rather than pause for longer.
    pub longest_pause: Option<u64>,
    /// The attempts that repeated another, but for those after a 429.
    pub repetitions: u32,
    pub pauses: u32,
    /// The host that is being asked, and those that were tried since the last pause.
    pub host: usize,
    pub tried: Vec<usize>,
    /// Was an answer a probe? Was the clock corrected after a refusal?
    pub probed: bool,
    pub corrected: bool,
    /// Did an attempt end so that the operation may have taken effect?
    pub open: bool,
    /// The time when the request was first sent, by the local clock (Unix seconds).
    pub first_sent_s: Option<i64>,
    /// The question about a request whose answer was lost.
    pub question: Option<Box<Question>>,
    /// The deadline on the monotonic clock; set by the first event.
    pub ends_at: u64,
    pub emits: Vec<Emit>,
    /// The download of keys that this call makes, if it is one.
    pub flight: Option<u64>,
    /// The obstacle between this machine and the host, to mention in a failure.
    pub between: Option<String>,
}

/// The consequences of ending a call while a state waits.
pub(super) struct Stake {
    pub operation: Option<Operation>,
    pub may_have_been_applied: bool,
    /// The attempt that would end.
    pub attempt: Option<Emit>,
}

/// A state of a call, which waits for the answer to the action that began it.
pub(super) trait Waiting: Sized {
    /// Is the action carried out by the host's own means, which may raise an exception?
    const HOST_CAN_FAIL: bool = false;
    /// Did the action set a time limit, so that the driver may answer `TimedOut`?
    const CAN_TIME_OUT: bool = false;

    /// Takes the answer.
    fn answered(self, course: &mut Course, event: Event, now: Now) -> Turn;

    /// Goes on although the host could not give the answer; returns the state if that is impossible.
    fn without(self, _: &mut Course, _: Now) -> Result<Turn, Self> {
        Err(self)
    }

    fn stake(self) -> Stake;
}

impl Course {
    pub fn new(account: Arc<Account>, options: CallOptions, seed: &[u8; 32]) -> Course {
        Course {
            timeout: options.timeout.unwrap_or(account.timeout),
            deadline: options.deadline.unwrap_or(account.deadline),
            random: Random::new(seed),
            attempts: 0,
            max_retries: options.max_retries.unwrap_or(account.max_retries),
            asks: true,
            longest_pause: None,
            repetitions: 0,
            pauses: 0,
            host: 0,
            tried: Vec::new(),
            probed: false,
            corrected: false,
            open: false,
            first_sent_s: None,
            question: None,
            ends_at: 0,
            emits: Vec::new(),
            flight: None,
            between: None,
            account,
        }
    }

    /// Hands an event to a state. Events that interrupt any state are handled here, once.
    pub fn turn<S: Waiting>(&mut self, state: S, event: Event, now: Now) -> Turn {
        let without = match event {
            Event::Cancel => Err(state),
            Event::HostFailed if S::HOST_CAN_FAIL => state.without(self, now),
            Event::TimedOut if S::CAN_TIME_OUT => state.without(self, now),
            event => return state.answered(self, event, now),
        };
        match without {
            Ok(turn) => turn,
            Err(state) => self.interrupted(&event, state.stake()),
        }
    }

    /// Ends the call in the midst of a state. Not inlined, because each type of state would have its own copy.
    #[inline(never)]
    fn interrupted(&mut self, event: &Event, Stake { operation, may_have_been_applied, attempt }: Stake) -> Turn {
        let may_have_been_applied = may_have_been_applied || self.open;
        let operation = self.question.as_ref().map(|question| question.operation()).or(operation);
        match (event, operation) {
            (Event::Cancel, _) => {
                self.observe_end(attempt, None, may_have_been_applied);
                done(Outcome::Cancelled { may_have_been_applied })
            }
            (Event::TimedOut, Some(operation)) => {
                let error = self.too_late(operation, may_have_been_applied);
                self.observe_end(attempt, Some(&error), may_have_been_applied);
                Err(error)
            }
            _ => {
                self.observe_end(attempt, None, may_have_been_applied);
                done(Outcome::Host)
            }
        }
    }

    /// The error that ends the call, with what is true of the call as a whole.
    pub fn ended(&self, error: Error) -> Error {
        error.with(|details| {
            details.attempts = self.attempts;
            details.may_have_been_applied |= self.open;
            let repeatable = details.operation.is_none_or(|operation| operation.spec().repeatable);
            details.retryable &= repeatable || !details.may_have_been_applied;
        })
    }

    /// Emits the observation that an attempt ended.
    pub(super) fn observe_end(&mut self, attempt: Option<Emit>, error: Option<&Error>, may_have_been_applied: bool) {
        self.emits.extend(attempt.map(|attempt| Emit {
            phase: if attempt.phase == Phase::Request { Phase::Failure } else { attempt.phase },
            reason: error.map(|error| error.code.clone()),
            may_have_been_applied: may_have_been_applied || self.open,
            ..attempt
        }));
    }

    /// Emits the observation that a request waits for so many milliseconds.
    pub(super) fn observe_pause(&mut self, operation: Operation, ms: u64, reason: &str) {
        let pause = self.attempt(Phase::Pause, operation);
        self.emits.push(Emit { attempt: pause.attempt + 1, ms, reason: Some(reason.to_owned()), ..pause });
    }

    /// The observation of the current attempt.
    pub(super) fn attempt(&self, phase: Phase, operation: Operation) -> Emit {
        let host = self.account.merchant.bases.get(self.host).map(|base| base.host.clone()).unwrap_or_default();
        Emit {
            phase,
            operation,
            attempt: self.question.as_ref().map_or(self.attempts, |question| question.asked),
            question: self.question.is_some(),
            host,
            status: None,
            request_id: None,
            key_id: None,
            ms: 0,
            reason: None,
            may_have_been_applied: self.open,
        }
    }

    pub(super) fn too_late(&self, operation: Operation, may_have_been_applied: bool) -> Error {
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

    /// The most milliseconds for one attempt; at least 1, because a timer cannot count 0.
    pub(super) fn limit(&self) -> u64 {
        millis(self.timeout).max(1)
    }

    /// Milliseconds until the deadline, at most what a host's timer can count.
    pub(super) fn left(&self, now: Now) -> u64 {
        self.ends_at.saturating_sub(now.mono_ms).min(LONGEST_TIMER_MS)
    }

    /// Milliseconds that the whole call may take, at most what a host's timer can count.
    pub fn whole(&self) -> u64 {
        millis(self.deadline).min(LONGEST_TIMER_MS)
    }

    /// Unix seconds: the service's, as far as its clock is followed; else the local clock's.
    pub(super) fn service_time(&self, now: Now) -> i64 {
        self.account.service_clock.as_ref().map_or(now.unix_s(), |clock| clock.at(now.unix_s()))
    }

    /// A random number below `limit`.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        u64::from_le_bytes(self.random.bytes()).checked_rem(limit).unwrap_or_default()
    }

    /// 32 random bytes to seed something else.
    pub(super) fn seed(&mut self) -> [u8; 32] {
        self.random.bytes()
    }

    /// 32 letters and digits, evenly distributed.
    pub(super) fn nonce(&mut self) -> String {
        const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let mut nonce = String::with_capacity(32);
        while nonce.len() < 32 {
            // Takes 6 bits of each byte; draws again for the two values beyond the 62 letters and digits.
            for byte in self.random.bytes::<32>() {
                if let (Some(letter), true) = (LETTERS.get(usize::from(byte >> 2)), nonce.len() < 32) {
                    nonce.push(char::from(*letter));
                }
            }
        }
        nonce
    }

    pub(super) fn why_not_loaded(&self, flight: u64, now: Now) -> Error {
        let unknown = || Error::new(TRANSPORT_FAILED, "the download ended without saying why");
        self.account.trust.failure(flight, now).unwrap_or_else(unknown)
    }

    /// Explains that a download did not bring a serial.
    pub(super) fn not_brought(&self, serial: &str) -> String {
        match self.account.trust.skipped(serial) {
            Some(why) => format!("its certificate was downloaded and is not used, because {why}"),
            None => "the platform certificates were downloaded without it".to_owned(),
        }
    }
}

/// The error for an event that does not answer the last action.
pub(super) fn unexpected_event(operation: Option<Operation>, may_have_been_applied: bool) -> Error {
    let why = "the engine was given an event that does not answer its last action";
    Error::new(UNEXPECTED_EVENT, why).with(|details| {
        details.operation = operation;
        details.may_have_been_applied = may_have_been_applied;
    })
}

pub(super) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// The end of a call.
pub(super) fn done(outcome: Outcome) -> Turn {
    next(State::Finished, Action::Done { outcome })
}
