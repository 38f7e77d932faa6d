//! Looks at a declaration until it stops moving.

use std::{mem, sync::Arc};

use serde_json::{Map, Value};

use super::{
    account::Account,
    action::{Action, Event, Now, Outcome, Step},
    course::{millis, unexpected_event},
    look::Look,
    retry::Met,
    single::Single,
};
use crate::{
    keys::crypto::Random,
    protocol::{
        clock::LONGEST_TIMER_MS,
        life::{WaitOptions, Which, look_again, record},
        options::CallOptions,
    },
    words::{
        code::State,
        error::{Error, ErrorKind, STILL_MOVING},
        field::Record as _,
        finding::{Finding, Location, Severity},
        operation::Operation,
        rules,
    },
};

/// The deadline in milliseconds.
const DEADLINE_MS: u64 = 15 * 60_000;

/// The ids that a declaration can be named by, each more exact than the next.
const BY: [&str; 4] = ["sub_order_no", "sub_order_id", "out_trade_no", "transaction_id"];

/// A wait.
pub(super) struct Wait {
    account: Arc<Account>,
    options: WaitOptions,
    random: Random,
    which: Value,
    doing: Doing,
    call: Option<Single>,
    ends_at: u64,
    /// The last record that was seen.
    record: Option<Map<String, Value>>,
    /// The last change (Unix milliseconds).
    changed_ms: i64,
    /// The error of the last look, if it failed.
    error: Option<Error>,
}

enum Doing {
    Ready,
    Looking(Look),
    Sleeping,
    Finished,
}

/// What follows: `None` for the call that was just made.
type Then = Option<Action>;

fn done(outcome: Outcome) -> Then {
    Some(Action::Done { outcome })
}

impl Wait {
    pub fn new(which: Value, account: Arc<Account>, options: WaitOptions, seed: &[u8; 32]) -> Wait {
        Wait {
            account,
            options,
            random: Random::new(seed),
            which,
            doing: Doing::Ready,
            call: None,
            ends_at: 0,
            record: None,
            changed_ms: 0,
            error: None,
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
                        action => Some(action),
                    }
                }
                None => match (mem::replace(&mut self.doing, Doing::Finished), event) {
                    (Doing::Ready, Event::Start) => self.begun(now),
                    (Doing::Sleeping, Event::Woke) => self.look(now),
                    (Doing::Ready | Doing::Sleeping, Event::Cancel) => {
                        done(Outcome::Cancelled { may_have_been_applied: false })
                    }
                    _ => done(Outcome::Err(unexpected_event(None, false))),
                },
            };
            match then {
                None => event = Event::Start,
                Some(action) => return Step { emits, action },
            }
        }
    }

    fn begun(&mut self, now: Now) -> Then {
        self.ends_at = now.mono_ms.saturating_add(self.deadline());
        self.changed_ms = now.unix_ms;
        let findings = unsound(&self.which);
        match findings.is_empty() {
            true => self.look(now),
            false => done(Outcome::Err(Error::invalid_fields(Operation::Query, "nothing was waited for", findings))),
        }
    }

    fn which(&self, name: &str) -> Option<&str> {
        record::text(self.which.as_object()?, name)
    }

    fn look(&mut self, now: Now) -> Then {
        let mut query = Map::new();
        for name in ["appid", "mchid", "customs"] {
            query.extend(self.which(name).map(|value| (name.to_owned(), value.into())));
        }
        let by = BY.into_iter().find_map(|name| Some((name, self.which(name)?)));
        let (order_type, order_no) = by.unwrap_or_default();
        query.insert("order_type".to_owned(), order_type.into());
        query.insert("order_no".to_owned(), order_no.into());
        self.page(Look::new(query), now)
    }

    fn page(&mut self, look: Look, now: Now) -> Then {
        let Some(call) = look.call() else { return self.seen(look.into_records(), now) };
        let left = std::time::Duration::from_millis(self.left(now).max(1));
        let CallOptions { timeout, max_retries, .. } = self.options.call;
        let options = CallOptions { timeout, deadline: Some(self.account.deadline.min(left)), max_retries };
        self.call = Some(Single::new(call, Arc::clone(&self.account), options, self.random.bytes()));
        self.doing = Doing::Looking(look);
        None
    }

    fn called(&mut self, outcome: Outcome, now: Now) -> Then {
        match (mem::replace(&mut self.doing, Doing::Finished), outcome) {
            (Doing::Looking(mut look), Outcome::Ok { value, request_id, warnings, .. }) => {
                match look.took(value, &warnings, request_id) {
                    Ok(()) => self.page(look, now),
                    Err(error) => self.failed(error, now),
                }
            }
            // The one refusal that means an empty page (query page, 2020-06-02).
            (_, Outcome::Err(error)) if error.kind == ErrorKind::Api && error.code == "ORDER_NOT_EXIST" => {
                self.seen(Vec::new(), now)
            }
            (_, Outcome::Err(error)) => self.failed(error, now),
            (_, Outcome::Ok { .. } | Outcome::Prepared { .. } | Outcome::Plain { .. }) => {
                done(Outcome::Err(unexpected_event(None, false)))
            }
            (_, outcome @ (Outcome::Host | Outcome::Cancelled { .. })) => done(outcome),
        }
    }

    fn failed(&mut self, error: Error, now: Now) -> Then {
        match error.kind {
            ErrorKind::Input | ErrorKind::Key | ErrorKind::State => done(Outcome::Err(error)),
            ErrorKind::Api if Met::answer(&error) == Met::Refused => done(Outcome::Err(error)),
            _ => {
                let asked = error.retry_after.unwrap_or_default();
                self.error = Some(error);
                self.sleep(asked, now)
            }
        }
    }

    /// Takes the records that a look found.
    fn seen(&mut self, records: Vec<Map<String, Value>>, now: Now) -> Then {
        self.error = None;
        let record = match self.pick(records) {
            Ok(record) => record,
            Err(findings) => {
                return done(Outcome::Err(Error::invalid_fields(Operation::Query, "nothing was waited for", findings)));
            }
        };
        let Some(record) = record else { return self.sleep(0, now) };
        if let State::Success | State::Fail | State::Except = record::state(&record) {
            return done(Outcome::Plain { value: record.into() });
        }
        let seen = |record: &Map<String, Value>| {
            (record::text(record, "state").map(str::to_owned), record::changed_at(record))
        };
        if self.record.as_ref().map(seen) != Some(seen(&record)) {
            self.changed_ms = now.unix_ms;
        }
        self.record = Some(record);
        self.sleep(0, now)
    }

    /// Picks the record that is named, else that of the whole payment, else the only one.
    fn pick(&self, mut records: Vec<Map<String, Value>>) -> Result<Option<Map<String, Value>>, Vec<Finding>> {
        records.retain(|record| {
            let both = record::text(record, "customs").zip(self.which("customs"));
            both.is_none_or(|(came, asked)| came.eq_ignore_ascii_case(asked))
        });
        let parts = ["sub_order_no", "sub_order_id"];
        if parts.iter().any(|name| self.which(name).is_some()) {
            let named = |record: &Map<String, Value>| {
                parts.iter().all(|name| {
                    let (asked, came) = (self.which(name), record::text(record, name));
                    asked.is_none() || came.is_none() || asked == came
                }) && record::is_part(record)
            };
            return Ok(records.into_iter().find(named));
        }
        if let Some(whole) = records.iter().position(|record| !record::is_part(record)) {
            return Ok(Some(records.swap_remove(whole)));
        }
        match records.len() {
            0 | 1 => Ok(records.pop()),
            many => {
                let issue = format!("must be given, because the payment is declared here in {many} parts");
                Err(vec![missing("sub_order_no", issue)])
            }
        }
    }

    /// Sleeps until the next look, at least so many milliseconds; ends at the deadline.
    fn sleep(&mut self, least_ms: u64, now: Now) -> Then {
        let [interval, longest] = [self.options.interval, self.options.max_interval].map(millis);
        let at = look_again(self.changed_ms, now.unix_ms, interval, longest);
        let ms = u64::try_from(at.saturating_sub(now.unix_ms)).unwrap_or_default().max(1);
        let jitter = u64::from_le_bytes(self.random.bytes()).checked_rem(ms / 10).unwrap_or_default();
        let ms = ms.saturating_add(jitter).max(least_ms);
        let progress = self.record.clone().map(Value::Object);
        if ms < self.left(now) {
            self.doing = Doing::Sleeping;
            return Some(Action::Sleep { ms, progress });
        }
        let state = self.record.as_ref().and_then(|record| record::text(record, "state"));
        let mut why = match state {
            Some(state) => format!("the declaration is still {state} at the end of the deadline"),
            None => "there is still no such declaration at the end of the deadline".to_owned(),
        };
        if let Some(error) = &self.error {
            why.push_str(&format!("; the last query failed: {}", error.message));
        }
        done(Outcome::Err(Error::new(STILL_MOVING, why).with(|error| {
            error.operation = Some(Operation::Query);
            error.detail = progress;
            error.retryable = true;
        })))
    }

    fn deadline(&self) -> u64 {
        self.options.call.deadline.map_or(DEADLINE_MS, millis)
    }

    fn left(&self, now: Now) -> u64 {
        self.ends_at.saturating_sub(now.mono_ms).min(LONGEST_TIMER_MS)
    }
}

fn missing(field: &str, issue: String) -> Finding {
    let (rule, field) = (rules::REQUIRED.name, field.to_owned());
    Finding { rule, severity: Severity::Error, field, value: Value::Null, issue, location: Location::Argument }
}

/// Finds what is wrong with the ids; the query itself is checked as any other.
fn unsound(which: &Value) -> Vec<Finding> {
    let Some(given) = which.as_object() else {
        return vec![missing("", format!("must be a map of `customs` and one of {}", BY.join(", ")))];
    };
    let unknown = given.keys().filter(|name| Which::FIELDS.iter().all(|field| field.name != **name));
    let mut findings: Vec<Finding> = unknown
        .map(|name| Finding {
            rule: rules::UNKNOWN_FIELD.name,
            issue: format!("is unknown; a declaration is named by customs and one of {}", BY.join(", ")),
            ..missing(name, String::new())
        })
        .collect();
    if BY.iter().all(|name| record::text(given, name).is_none()) {
        findings.push(missing(BY[2], format!("must be given, or another of {}", BY.join(", "))));
    }
    findings
}
