//! The course of one call: its limits and its randomness, and what can interrupt any of its states.

use std::{sync::Arc, time::Duration};

use super::{
    State, Turn,
    account::Account,
    action::{Action, Emit, Event, Now, Outcome, Phase},
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
    /// The number of attempts so far.
    pub attempts: u32,
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
            account,
            random: Random::new(seed),
            attempts: 0,
            ends_at: 0,
            emits: Vec::new(),
            flight: None,
            between: None,
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
        let Stake { operation, may_have_been_applied, attempt } = match without {
            Ok(turn) => return turn,
            Err(state) => state.stake(),
        };
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

    /// Emits the observation that an attempt ended.
    pub(super) fn observe_end(&mut self, attempt: Option<Emit>, error: Option<&Error>, may_have_been_applied: bool) {
        self.emits.extend(attempt.map(|attempt| Emit {
            phase: if attempt.phase == Phase::Request { Phase::Failure } else { attempt.phase },
            reason: error.map(|error| error.code.clone()),
            may_have_been_applied,
            ..attempt
        }));
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
    Ok((State::Finished, Action::Done { outcome }))
}
