//! The machine of one call.

use std::{mem, sync::Arc};

use super::{
    Progress, State,
    account::Account,
    action::{Action, Event, Now, Outcome, Step},
    call::Call,
    course::{Course, unexpected_event},
    follow,
    start::Ready,
};
use crate::protocol::options::CallOptions;

/// One call, from its fields to its verified answer.
pub(super) struct Single {
    course: Course,
    state: State,
}

impl Single {
    pub fn new(call: Call, account: Arc<Account>, options: CallOptions, seed: [u8; 32]) -> Single {
        Single { course: Course::new(account, options, &seed), state: State::Ready(Ready(call)) }
    }

    /// Makes it part of a run, which looks by itself what became of a lost request; the call ends rather than pause for longer
    /// than so many milliseconds.
    pub fn in_run(mut self, longest_pause: Option<u64>) -> Single {
        self.course.asks = false;
        self.course.longest_pause = longest_pause;
        self
    }

    pub fn between(&mut self, what: Option<String>) {
        self.course.between = what;
    }

    pub fn step(&mut self, event: Event, now: Now) -> Step {
        let course = &mut self.course;
        let turn = match mem::replace(&mut self.state, State::Finished) {
            State::Ready(state) => course.turn(state, event, now),
            State::Preloading(state) => course.turn(state, event, now),
            State::Pausing(state) => course.turn(state, event, now),
            State::Signing(state) => course.turn(state, event, now),
            State::Sending(state) => course.turn(state, event, now),
            State::Loading(state) => course.turn(state, event, now),
            State::Verifying(state) => course.turn(*state, event, now),
            State::Finished => Err(unexpected_event(None, false)),
        };
        let turn = match turn {
            Ok(Progress::Ended(ended)) => follow::ended(course, ended, now),
            turn => turn,
        };
        let action = match turn {
            Ok(Progress::Next(state, action)) => {
                self.state = state;
                action
            }
            // Whatever follows an attempt begins another, or ends the call.
            Ok(Progress::Ended(_)) => {
                Action::Done { outcome: Outcome::Err(course.ended(unexpected_event(None, true))) }
            }
            Err(error) => Action::Done { outcome: Outcome::Err(course.ended(error)) },
        };
        if let (Some(flight), Action::Done { outcome }) = (course.flight, &action) {
            match outcome {
                Outcome::Err(error) => course.account.trust.ended(flight, Some(error.clone()), now),
                Outcome::Ok { .. } => course.account.trust.ended(flight, None, now),
                Outcome::Prepared { .. } | Outcome::Plain { .. } | Outcome::Host | Outcome::Cancelled { .. } => {}
            }
        }
        Step { emits: mem::take(&mut course.emits), action }
    }

    pub fn time_left(&self, now: Now) -> u64 {
        match self.state {
            State::Ready(_) => self.course.whole(),
            _ => self.course.left(now),
        }
    }
}
