//! Makes a declaration be as it is wanted, whatever happened before: looks, takes the next step, and looks again.

use std::{mem, sync::Arc};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{
    account::Account,
    action::{Action, Event, Now, Outcome, Step},
    call::Call,
    course::{millis, unexpected_event},
    look::{Look, mismatch},
    retry::Met,
    single::Single,
};
use crate::{
    base::json::{json_text, retain},
    keys::crypto::Random,
    protocol::{
        check::check,
        clock::LONGEST_TIMER_MS,
        life::{
            self, EnsureOptions, Ensured, History, Kept, Lost, Reason, Situation, Trail, look_again, next_step,
            reasons, record,
        },
        options::CallOptions,
        request::filled,
    },
    words::{
        error::{CONFLICT, Error, ErrorKind, INVALID_OPTION},
        finding::{Finding, Severity},
        operation::Operation,
    },
};

/// The deadline with `wait`, and without, in milliseconds.
const DEADLINE_MS: [u64; 2] = [15 * 60_000, 60_000];
/// The longest pause that a run sleeps which is not to wait, in milliseconds.
const LONGEST_PAUSE_MS: u64 = 2_000;
/// The seconds after a change in which a record of before it can still be read (ours).
const LATE_READS_S: i64 = 15 * 60;

/// A run of `ensure`.
pub(super) struct Ensure {
    account: Arc<Account>,
    options: EnsureOptions,
    random: Random,
    /// The fields as they were given, until they are checked.
    given: Value,
    wanted: Map<String, Value>,
    doing: Doing,
    /// The call under way.
    call: Option<Single>,
    ends_at: u64,
    record: Option<Map<String, Value>>,
    trail: Vec<Trail>,
    kept: Kept,
    /// The time before which no step is taken (Unix seconds).
    due: Option<i64>,
    /// The last change (Unix milliseconds).
    changed_ms: i64,
    /// A request that was refused because of what the record is said to be; it was asked for again then.
    refused: Option<(Operation, Error)>,
    asked_again: bool,
    /// Was a request lost, so that it may have taken effect?
    open: bool,
}

enum Doing {
    Ready,
    Looking(Look),
    Acting(Operation, Map<String, Value>),
    Sleeping,
    Finished,
}

/// What follows a call or a decision.
enum Then {
    /// The call that was just made.
    Call,
    Action(Action),
}

fn done(outcome: Outcome) -> Then {
    Then::Action(Action::Done { outcome })
}

impl Ensure {
    pub fn new(wanted: Value, account: Arc<Account>, options: EnsureOptions, seed: &[u8; 32]) -> Ensure {
        Ensure {
            account,
            options,
            random: Random::new(seed),
            given: wanted,
            wanted: Map::new(),
            doing: Doing::Ready,
            call: None,
            ends_at: 0,
            record: None,
            trail: Vec::new(),
            kept: Kept::default(),
            due: None,
            changed_ms: 0,
            refused: None,
            asked_again: false,
            open: false,
        }
    }

    pub fn between(&mut self, what: Option<String>) {
        if let Some(call) = &mut self.call {
            call.between(what);
        }
    }

    pub fn time_left(&self, now: Now) -> u64 {
        match self.doing {
            Doing::Ready => self.deadline().min(LONGEST_TIMER_MS),
            _ => self.left(now),
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
                        action => Then::Action(action),
                    }
                }
                None => match (mem::replace(&mut self.doing, Doing::Finished), event) {
                    (Doing::Ready, Event::Start) => self.begun(now).unwrap_or_else(|error| done(Outcome::Err(error))),
                    (Doing::Sleeping, Event::Woke) => self.look(now),
                    (Doing::Ready | Doing::Sleeping, Event::Cancel) => {
                        done(Outcome::Cancelled { may_have_been_applied: self.open })
                    }
                    _ => done(Outcome::Err(unexpected_event(None, self.open))),
                },
            };
            match then {
                Then::Call => event = Event::Start,
                Then::Action(action) => return Step { emits, action },
            }
        }
    }

    fn begun(&mut self, now: Now) -> Result<Then, Error> {
        self.ends_at = now.mono_ms.saturating_add(self.deadline());
        self.changed_ms = now.unix_ms;
        let merchant = &self.account.merchant;
        let mut wanted = filled(merchant, Operation::Declare, self.given.take().into());
        let findings = check(Operation::Declare, &wanted, &merchant.rules);
        let (false, Value::Object(wanted)) = (refuses(&findings), &mut *wanted) else {
            return Err(Error::invalid_fields(Operation::Declare, "nothing was sent for it", findings));
        };
        let mut wanted = mem::take(wanted);
        retain(&mut wanted, |_, value| !value.is_null());
        self.kept.order = digest(
            &["mchid", "out_trade_no", "sub_order_no", "customs"]
                .map(|name| record::text(&wanted, name).unwrap_or_default().to_ascii_uppercase().into()),
        );
        self.kept.wanted = digest(&[Value::Object(wanted.clone())]);
        self.wanted = wanted;
        self.remember(now)?;
        match self.options.fresh && self.options.after.is_none() {
            true => Ok(self.decided(Vec::new(), None, now)),
            false => Ok(self.look(now)),
        }
    }

    /// Takes over what the run before kept.
    fn remember(&mut self, now: Now) -> Result<(), Error> {
        let Some(after) = self.options.after.as_ref().filter(|after| !after.is_null()) else {
            self.options.after = None;
            return Ok(());
        };
        let refused = |why: &str| Err(Error::new(INVALID_OPTION, format!("option `after` must be {why}")));
        let Some(after) = Ensured::from_value(after) else {
            return refused("what an earlier `ensure` of this order gave, unchanged");
        };
        if after.kept.order != self.kept.order {
            return refused("what an earlier `ensure` of the same order gave; this is another order's");
        }
        // Other wants start afresh.
        if after.kept.wanted == self.kept.wanted {
            self.changed_ms = after.trail.last().map_or(now.unix_ms, |last| last.at.saturating_mul(1000));
            let Ensured { record, retry_at, trail, kept, .. } = after;
            (self.record, self.due, self.trail, self.kept) = (record, retry_at, trail, kept);
        }
        Ok(())
    }

    /// Makes a call.
    fn begin(&mut self, doing: Doing, call: Call, now: Now) -> Then {
        let left = std::time::Duration::from_millis(self.left(now).max(1));
        let CallOptions { timeout, max_retries, .. } = self.options.call;
        let options = CallOptions { timeout, deadline: Some(self.account.deadline.min(left)), max_retries };
        let longest = (!self.options.wait).then_some(LONGEST_PAUSE_MS);
        let single = Single::new(call, Arc::clone(&self.account), options, self.random.bytes());
        self.call = Some(single.in_run(longest));
        self.doing = doing;
        Then::Call
    }

    fn look(&mut self, now: Now) -> Then {
        let mut query = Map::new();
        for name in ["appid", "mchid", "customs"] {
            query.extend(self.wanted.get(name).map(|value| (name.to_owned(), value.clone())));
        }
        query.insert("order_type".to_owned(), "out_trade_no".into());
        query.extend(self.wanted.get("out_trade_no").map(|value| ("order_no".to_owned(), value.clone())));
        self.page(Look::new(query), now)
    }

    fn page(&mut self, look: Look, now: Now) -> Then {
        match look.call() {
            Some(call) => self.begin(Doing::Looking(look), call, now),
            None => {
                let id = look.request_id.clone();
                self.decided(look.into_records(), id, now)
            }
        }
    }

    /// Takes the end of a call.
    fn called(&mut self, outcome: Outcome, now: Now) -> Then {
        match (mem::replace(&mut self.doing, Doing::Finished), outcome) {
            (Doing::Looking(mut look), Outcome::Ok { value, request_id, warnings, .. }) => {
                match look.took(value, &warnings, request_id) {
                    Ok(()) => self.page(look, now),
                    Err(error) => self.failed(None, error, now),
                }
            }
            // The one refusal that means an empty page (query page, 2020-06-02).
            (Doing::Looking(_), Outcome::Err(error))
                if error.kind == ErrorKind::Api && error.code == "ORDER_NOT_EXIST" =>
            {
                self.decided(Vec::new(), error.request_id.clone(), now)
            }
            (Doing::Looking(_), Outcome::Err(error)) => self.failed(None, error, now),
            (
                Doing::Acting(operation, sent),
                Outcome::Ok { value: Value::Object(answer), request_id, warnings, .. },
            ) => match mismatch(&warnings, operation) {
                Ok(()) => self.acted(operation, &sent, &answer, request_id.as_deref(), now),
                Err(error) => self.failed(Some(operation), error.with(|it| it.may_have_been_applied = true), now),
            },
            (Doing::Acting(operation, _), Outcome::Err(error)) => self.failed(Some(operation), error, now),
            (_, Outcome::Cancelled { may_have_been_applied }) => {
                done(Outcome::Cancelled { may_have_been_applied: may_have_been_applied || self.open })
            }
            (_, Outcome::Host) => done(Outcome::Host),
            _ => done(Outcome::Err(unexpected_event(None, self.open))),
        }
    }

    /// Decides after a look.
    fn decided(&mut self, records: Vec<Map<String, Value>>, request_id: Option<String>, now: Now) -> Then {
        let now_s = now.unix_s();
        self.open = false;
        let own = pick(&records, &self.wanted);
        let recently = self.kept.acted_at.is_some_and(|at| now_s.saturating_sub(at) < LATE_READS_S);
        let Some(record) = own else {
            return match recently {
                true => self.waits(reasons::DECLARED_RECENTLY, None, now),
                false => {
                    self.record = None;
                    self.follow(now)
                }
            };
        };
        let differs = !record::differences(record, &self.wanted).is_empty();
        let changed_at = record::changed_at(record);
        let old = changed_at.zip(self.kept.until).map(|(at, until)| at < until || (at == until && differs));
        if recently && (old == Some(true) || (differs && self.kept.stood && old.is_none())) {
            return self.waits(reasons::LATE_READ, None, now);
        }
        let news = self.record.as_ref().is_none_or(|before| {
            record::text(before, "state") != record::text(record, "state") || record::changed_at(before) != changed_at
        });
        let record = record.clone();
        if news {
            let (state, dropped) = (record::text(&record, "state"), &mut self.kept.dropped);
            life::add(&mut self.trail, dropped, now_s, "query", state, request_id.as_deref());
            self.changed_ms = now.unix_ms;
        }
        let same =
            record::is_part(&record) == record::is_part(&self.wanted) && !record::conflicts(&record, &self.wanted);
        self.record = Some(record);
        if differs && self.kept.stood && same {
            return self.rival(now);
        }
        if !differs && same {
            self.kept.stood = true;
            self.kept.until = self.kept.until.max(changed_at);
        }
        if self.options.lost == Some(Lost::AsSeen) && self.kept.lost.is_none() {
            self.kept.lost = Some(changed_at.unwrap_or(now_s));
        }
        self.follow(now)
    }

    /// The next step for the record as it was last seen.
    fn next(&self, now: Now) -> life::NextStep {
        let ensured = Ensured::new(reasons::QUEUED, None, None, None, &self.trail, self.kept.clone());
        next_step(&Situation {
            record: self.record.as_ref(),
            wanted: Some(&self.wanted),
            history: History::of(&ensured),
            now: Some(now.unix_s()),
            lost: self.options.lost,
            max_redeclares: Some(self.options.max_redeclares),
        })
    }

    /// Takes the next step.
    fn follow(&mut self, now: Now) -> Then {
        let next = self.next(now);
        let reason = reason(next.reason);
        let Some(request) = next.request.filter(|_| acts(reason)) else {
            return self.settles(reason, next.retry_at, now);
        };
        if let Some((_, error)) = self.refused.take_if(|(operation, _)| *operation == request.operation) {
            return self.ends(reasons::REFUSED, None, Some(&error), now);
        }
        if let Some(due) = self.due.take_if(|due| now.unix_s() < *due) {
            return self.waits(reasons::NOT_DUE, Some(due.saturating_mul(1000)), now);
        }
        let fields = request.fields.clone();
        let call = Call::Operation { operation: request.operation, fields: request.fields.into() };
        self.begin(Doing::Acting(request.operation, fields), call, now)
    }

    /// Takes the answer to a request that changes something.
    fn acted(
        &mut self,
        operation: Operation,
        sent: &Map<String, Value>,
        answer: &Map<String, Value>,
        request_id: Option<&str>,
        now: Now,
    ) -> Then {
        let now_s = now.unix_s();
        let state = record::text(answer, "state");
        life::add(&mut self.trail, &mut self.kept.dropped, now_s, operation.name(), state, request_id);
        let before = self.record.as_ref().and_then(record::changed_at).map(|at| at.saturating_add(1));
        self.kept.until = self.kept.until.max(record::changed_at(answer).or(before));
        self.kept.stood = true;
        self.kept.acted_at = Some(now_s);
        self.kept.redeclares = self.kept.redeclares.saturating_add(u32::from(operation == Operation::Redeclare));
        self.changed_ms = now.unix_ms;
        (self.refused, self.open, self.asked_again) = (None, false, false);
        self.record = Some(record::changed(self.record.take(), sent, answer));
        let next = self.next(now);
        match reason(next.reason) {
            // What was just done is not done again before it was seen.
            again if acts(again) => self.waits(reasons::QUEUED, None, now),
            reason => self.settles(reason, next.retry_at.filter(|_| reason == reasons::EXCEPT_RECENT), now),
        }
    }

    fn failed(&mut self, operation: Option<Operation>, error: Error, now: Now) -> Then {
        self.open |= operation.is_some() && error.may_have_been_applied;
        match error.kind {
            ErrorKind::Input | ErrorKind::Key | ErrorKind::State => done(Outcome::Err(error)),
            ErrorKind::Api if Met::answer(&error) == Met::Refused && !error.may_have_been_applied => match operation {
                // It may be news of the record: "differs from the original", or of a state that somebody else has changed.
                Some(operation) if error.code == "INVALID_REQUEST" && !self.asked_again => {
                    self.asked_again = true;
                    self.refused = Some((operation, error));
                    self.look(now)
                }
                _ => self.ends(reasons::REFUSED, None, Some(&error), now),
            },
            _ => {
                let asked = error.retry_after.map(|ms| now.unix_ms.saturating_add_unsigned(ms));
                let at = self.look_again(now).max(asked.unwrap_or_default());
                self.ends(reasons::UNANSWERED, Some(at), Some(&error), now)
            }
        }
    }

    fn rival(&mut self, now: Now) -> Then {
        if !self.options.wait {
            return self.ends(reasons::RIVAL, None, None, now);
        }
        let differs = self.record.as_ref().map(|record| record::differences(record, &self.wanted)).unwrap_or_default();
        let differs: Vec<String> =
            differs.iter().map(|it| format!("`{}` is {}, and {} is wanted", it.field, it.found, it.wanted)).collect();
        let why =
            format!("the declaration stood as wanted, and somebody else has changed it since: {}", differs.join("; "));
        let record = self.record.take().map(Value::Object);
        done(Outcome::Err(Error::new(CONFLICT, why).with(|error| error.detail = record)))
    }

    fn settles(&mut self, reason: Reason, retry_at: Option<i64>, now: Now) -> Then {
        match reason.step {
            life::Step::Wait => {
                let asked = retry_at.filter(|_| reason == reasons::EXCEPT_RECENT);
                self.waits(reason, asked.map(|at| at.saturating_mul(1000)), now)
            }
            _ => self.ends(reason, None, None, now),
        }
    }

    /// Waits until a time (Unix milliseconds), or the usual one.
    fn waits(&mut self, reason: Reason, at: Option<i64>, now: Now) -> Then {
        let at = at.unwrap_or_else(|| self.look_again(now));
        let error = self.refused.take().map(|(_, error)| error);
        self.ends(reason, Some(at), error.as_ref(), now)
    }

    /// Ends the run, or sleeps until it goes on.
    fn ends(&mut self, reason: Reason, at: Option<i64>, error: Option<&Error>, now: Now) -> Then {
        let retry_at = at.map(life::seconds);
        let ensured = Ensured::new(reason, self.record.as_ref(), retry_at, error, &self.trail, self.kept.clone());
        let value = ensured.into_value();
        let sleep = at.map(|at| u64::try_from(at.saturating_sub(now.unix_ms)).unwrap_or_default().max(1));
        match sleep {
            Some(ms) if self.options.wait && ms < self.left(now) => {
                self.doing = Doing::Sleeping;
                Then::Action(Action::Sleep { ms, progress: Some(value) })
            }
            _ => done(Outcome::Plain { value }),
        }
    }

    /// The usual time of the next look (Unix milliseconds), up to a tenth later.
    fn look_again(&mut self, now: Now) -> i64 {
        let [interval, longest] = [self.options.interval, self.options.max_interval].map(millis);
        let at = look_again(self.changed_ms, now.unix_ms, interval, longest);
        let tenth = u64::try_from(at.saturating_sub(now.unix_ms)).unwrap_or_default() / 10;
        let random = u64::from_le_bytes(self.random.bytes());
        at.saturating_add_unsigned(random.checked_rem(tenth).unwrap_or_default())
    }

    /// Milliseconds that the whole run may take.
    fn deadline(&self) -> u64 {
        let [waiting, at_once] = DEADLINE_MS;
        self.options.call.deadline.map_or(if self.options.wait { waiting } else { at_once }, millis)
    }

    fn left(&self, now: Now) -> u64 {
        self.ends_at.saturating_sub(now.mono_ms).min(LONGEST_TIMER_MS)
    }
}

/// Finds the record of what is wanted; else one by which the payment is declared the other way.
fn pick<'a>(records: &'a [Map<String, Value>], wanted: &Map<String, Value>) -> Option<&'a Map<String, Value>> {
    let here = |record: &&Map<String, Value>| {
        let both = record::text(record, "customs").zip(record::text(wanted, "customs"));
        both.is_none_or(|(came, asked)| came.eq_ignore_ascii_case(asked))
    };
    let own = |record: &&Map<String, Value>| match record::text(wanted, "sub_order_no") {
        Some(part) => record::text(record, "sub_order_no") == Some(part),
        None => !record::is_part(record),
    };
    let otherwise = |record: &&Map<String, Value>| record::is_part(record) != record::is_part(wanted);
    records.iter().filter(here).find(own).or_else(|| records.iter().filter(here).find(otherwise))
}

fn reason(name: &str) -> Reason {
    reasons::ALL.iter().copied().find(|reason| reason.name == name).unwrap_or(reasons::UNKNOWN_STATE)
}

/// Is it a step that sends a request?
fn acts(reason: Reason) -> bool {
    matches!(reason.step, life::Step::Declare | life::Step::Modify | life::Step::Redeclare)
}

fn refuses(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

/// 16 hexadecimal digits that tell values apart.
fn digest(values: &[Value]) -> String {
    let mut hash = Sha256::new();
    for value in values {
        hash.update(json_text(value));
        hash.update([0]);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
