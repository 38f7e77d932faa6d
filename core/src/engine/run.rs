//! The machine of a run: calls one after another, with looks at the records and sleeps in between.

use std::{mem, sync::Arc, time::Duration};

use serde_json::{Map, Value};

use super::{
    account::Account,
    action::{Action, Event, Now, Outcome, Step},
    call::Call,
    course::{millis, unexpected_event},
    look::{Look, mismatch},
    single::Single,
};
use crate::{
    keys::crypto::Random,
    protocol::{clock::LONGEST_TIMER_MS, life::look_again, options::CallOptions},
    words::{
        error::{Error, ErrorKind},
        operation::Operation,
    },
};

/// A run of several calls.
pub(super) struct Run {
    course: RunCourse,
    task: Box<dyn Task + Send + Sync>,
    doing: Doing,
    /// The call under way.
    call: Option<Box<Single>>,
}

/// The purpose of a run: it decides, and [`Run`] carries out.
pub(super) trait Task {
    /// Begins the run.
    fn begun(&mut self, course: &mut RunCourse, now: Now) -> Result<Then, Error>;

    /// Goes on after a look, with the records of the payment at its customs.
    fn seen(
        &mut self,
        course: &mut RunCourse,
        records: Vec<Map<String, Value>>,
        request_id: Option<String>,
        now: Now,
    ) -> Then;

    /// Goes on after a request that changed something.
    fn acted(&mut self, course: &mut RunCourse, acted: Acted<'_>, now: Now) -> Then;

    /// Goes on after a call failed: a look, or else the operation.
    fn failed(&mut self, course: &mut RunCourse, operation: Option<Operation>, error: Error, now: Now) -> Then;
}

/// An answered request that changed something.
pub(super) struct Acted<'a> {
    pub operation: Operation,
    pub sent: &'a Map<String, Value>,
    pub answer: &'a Map<String, Value>,
    pub request_id: Option<&'a str>,
}

/// The data that a run and its task share.
pub(super) struct RunCourse {
    pub account: Arc<Account>,
    limits: CallOptions,
    deadline: u64,
    /// The longest pause within a call, in milliseconds.
    longest_pause: Option<u64>,
    interval: u64,
    longest_interval: u64,
    random: Random,
    ends_at: u64,
    /// The last change (Unix milliseconds).
    pub changed_ms: i64,
    /// Was a request lost, so that it may have taken effect?
    pub open: bool,
}

enum Doing {
    Ready,
    Looking(Look),
    Acting(Operation, Map<String, Value>),
    Sleeping(Map<String, Value>),
    Finished,
}

/// The continuation after a decision.
pub(super) enum Then {
    /// A look, as far as it has come.
    Look(Look),
    /// A request that changes something.
    Act(Operation, Map<String, Value>),
    /// A sleep of so many milliseconds, then a look; the caller is told how far the run has come.
    Sleep(u64, Option<Value>, Map<String, Value>),
    /// The end.
    Done(Outcome),
}

impl RunCourse {
    pub fn new(
        account: Arc<Account>,
        limits: CallOptions,
        deadline_ms: u64,
        [interval, longest_interval]: [Duration; 2],
        longest_pause: Option<u64>,
        seed: &[u8; 32],
    ) -> RunCourse {
        RunCourse {
            account,
            deadline: limits.deadline.map_or(deadline_ms, millis),
            limits,
            longest_pause,
            interval: millis(interval),
            longest_interval: millis(longest_interval),
            random: Random::new(seed),
            ends_at: 0,
            changed_ms: 0,
            open: false,
        }
    }

    /// Milliseconds until the deadline, at most what a host's timer can count.
    pub fn left(&self, now: Now) -> u64 {
        self.ends_at.saturating_sub(now.mono_ms).min(LONGEST_TIMER_MS)
    }

    /// The usual time of the next look (Unix milliseconds), up to a tenth later.
    pub fn look_again(&mut self, now: Now) -> i64 {
        let at = look_again(self.changed_ms, now.unix_ms, self.interval, self.longest_interval);
        let tenth = u64::try_from(at.saturating_sub(now.unix_ms)).unwrap_or_default() / 10;
        at.saturating_add_unsigned(u64::from_le_bytes(self.random.bytes()).checked_rem(tenth).unwrap_or_default())
    }

    fn call(&mut self, call: Call, now: Now) -> Box<Single> {
        let left = Duration::from_millis(self.left(now).max(1));
        let options = CallOptions { deadline: Some(self.account.deadline.min(left)), ..self.limits };
        let single = Single::new(call, Arc::clone(&self.account), options, self.random.bytes());
        Box::new(single.in_run(self.longest_pause))
    }
}

impl Run {
    pub fn new(course: RunCourse, task: Box<dyn Task + Send + Sync>) -> Run {
        Run { course, task, doing: Doing::Ready, call: None }
    }

    pub fn between(&mut self, what: Option<String>) {
        if let Some(call) = &mut self.call {
            call.between(what);
        }
    }

    pub fn time_left(&self, now: Now) -> u64 {
        match self.doing {
            Doing::Ready => self.course.deadline.min(LONGEST_TIMER_MS),
            _ => self.course.left(now),
        }
    }

    pub fn step(&mut self, mut event: Event, now: Now) -> Step {
        let mut emits = Vec::new();
        loop {
            let then = match &mut self.call {
                Some(call) => {
                    let step = call.step(event, now);
                    emits.extend(step.emits);
                    match step.action {
                        Action::Done { outcome } => {
                            self.call = None;
                            self.called(outcome, now)
                        }
                        action => return Step { emits, action },
                    }
                }
                None => match (mem::replace(&mut self.doing, Doing::Finished), event) {
                    (Doing::Ready, Event::Start) => {
                        self.course.ends_at = now.mono_ms.saturating_add(self.course.deadline);
                        self.course.changed_ms = now.unix_ms;
                        self.task.begun(&mut self.course, now).unwrap_or_else(|error| Then::Done(Outcome::Err(error)))
                    }
                    (Doing::Sleeping(query), Event::Woke) => Then::Look(Look::new(query)),
                    (Doing::Ready | Doing::Sleeping(_), Event::Cancel) => {
                        Then::Done(Outcome::Cancelled { may_have_been_applied: self.course.open })
                    }
                    _ => Then::Done(Outcome::Err(unexpected_event(None, self.course.open))),
                },
            };
            event = Event::Start;
            if let Some(action) = self.follow(then, now) {
                return Step { emits, action };
            }
        }
    }

    /// Begins what follows: a call, or the action that it gives.
    fn follow(&mut self, then: Then, now: Now) -> Option<Action> {
        match then {
            Then::Look(look) => match look.call() {
                Some(call) => {
                    self.call = Some(self.course.call(call, now));
                    self.doing = Doing::Looking(look);
                    None
                }
                None => {
                    self.course.open = false;
                    let then = self.task.seen(&mut self.course, look.records, look.request_id, now);
                    self.follow(then, now)
                }
            },
            Then::Act(operation, fields) => {
                let call = Call::Operation { operation, fields: fields.clone().into() };
                self.call = Some(self.course.call(call, now));
                self.doing = Doing::Acting(operation, fields);
                None
            }
            Then::Sleep(ms, progress, query) => {
                self.doing = Doing::Sleeping(query);
                Some(Action::Sleep { ms, progress })
            }
            Then::Done(outcome) => Some(Action::Done { outcome }),
        }
    }

    /// Takes the end of a call.
    fn called(&mut self, outcome: Outcome, now: Now) -> Then {
        let (operation, failure) = match (mem::replace(&mut self.doing, Doing::Finished), outcome) {
            (Doing::Looking(mut look), Outcome::Ok { value, request_id, warnings, .. }) => {
                match look.took(value, &warnings, request_id) {
                    Ok(()) => return Then::Look(look),
                    Err(error) => (None, error),
                }
            }
            // The one refusal that means an empty page (query page, 2020-06-02).
            (Doing::Looking(look), Outcome::Err(error))
                if error.kind == ErrorKind::Api && error.code == "ORDER_NOT_EXIST" =>
            {
                return Then::Look(look.ended(error.request_id.clone()));
            }
            (Doing::Looking(_), Outcome::Err(error)) => (None, error),
            (
                Doing::Acting(operation, sent),
                Outcome::Ok { value: Value::Object(answer), request_id, warnings, .. },
            ) => match mismatch(&warnings, operation) {
                Ok(()) => {
                    self.course.open = false;
                    let request_id = request_id.as_deref();
                    let acted = Acted { operation, sent: &sent, answer: &answer, request_id };
                    return self.task.acted(&mut self.course, acted, now);
                }
                Err(error) => (Some(operation), error.with(|it| it.may_have_been_applied = true)),
            },
            (Doing::Acting(operation, _), Outcome::Err(error)) => (Some(operation), error),
            (_, Outcome::Cancelled { may_have_been_applied }) => {
                let may_have_been_applied = may_have_been_applied || self.course.open;
                return Then::Done(Outcome::Cancelled { may_have_been_applied });
            }
            (_, Outcome::Host) => return Then::Done(Outcome::Host),
            _ => return Then::Done(Outcome::Err(unexpected_event(None, self.course.open))),
        };
        self.course.open |= operation.is_some() && failure.may_have_been_applied;
        match (failure.kind, operation) {
            // A request that was put together here is not the caller's mistake.
            (ErrorKind::Input, Some(_)) => self.task.failed(&mut self.course, operation, failure, now),
            // They come again however often it is tried.
            (ErrorKind::Input | ErrorKind::Key | ErrorKind::State, _) => {
                let open = self.course.open;
                Then::Done(Outcome::Err(failure.with(|error| error.may_have_been_applied |= open)))
            }
            _ => self.task.failed(&mut self.course, operation, failure, now),
        }
    }
}
