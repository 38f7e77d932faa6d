//! Looks at a declaration until it stops moving.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    account::Account,
    action::{Now, Outcome},
    course::unexpected_event,
    look::Look,
    retry::Met,
    run::{Acted, Run, RunCourse, Task, Then},
};
use crate::{
    base::text::line,
    protocol::life::{WaitOptions, Which, record},
    words::{
        code::State,
        error::{Error, ErrorKind, ID_MISMATCH, STILL_MOVING},
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

/// Waits for a declaration to stop moving.
pub(super) struct Wait {
    which: Value,
    /// The last record that was seen.
    record: Option<Map<String, Value>>,
    /// The error of the last look, if it failed.
    error: Option<Error>,
}

/// The run of `wait`.
pub(super) fn run(which: Value, account: Arc<Account>, options: WaitOptions, seed: &[u8; 32]) -> Run {
    let intervals = [options.interval, options.max_interval];
    let course = RunCourse::new(account, options.call, DEADLINE_MS, intervals, None, seed);
    Run::new(course, Box::new(Wait { which, record: None, error: None }))
}

fn refused(findings: Vec<Finding>) -> Error {
    Error::invalid_fields(Operation::Query, "nothing was waited for", findings)
}

impl Task for Wait {
    fn begun(&mut self, _: &mut RunCourse, _: Now) -> Result<Then, Error> {
        let findings = unsound(&self.which);
        if findings.is_empty() { Ok(Then::Look(Look::new(self.query()))) } else { Err(refused(findings)) }
    }

    fn seen(&mut self, course: &mut RunCourse, records: Vec<Map<String, Value>>, _: Option<String>, now: Now) -> Then {
        self.error = None;
        let record = match self.pick(records) {
            Ok(Some(record)) => record,
            Ok(None) => return self.sleep(course, 0, now),
            Err(findings) => return Then::Done(Outcome::Err(refused(findings))),
        };
        if self.which.as_object().is_some_and(|which| record::conflicts(&record, which)) {
            let why = "the record carries another id than the declaration that was named";
            return Then::Done(Outcome::Err(
                Error::new(ID_MISMATCH, why).with(|error| error.operation = Some(Operation::Query)),
            ));
        }
        if let State::Success | State::Fail | State::Except = record::state(&record) {
            return Then::Done(Outcome::Plain { value: record.into() });
        }
        let news = self.record.as_ref().is_none_or(|before| {
            ["state", "modify_time"].iter().any(|name| record::text(before, name) != record::text(&record, name))
        });
        if news {
            course.changed_ms = now.unix_ms;
        }
        self.record = Some(record);
        self.sleep(course, 0, now)
    }

    fn acted(&mut self, _: &mut RunCourse, _: Acted<'_>, _: Now) -> Then {
        Then::Done(Outcome::Err(unexpected_event(None, false)))
    }

    fn failed(&mut self, course: &mut RunCourse, _: Option<Operation>, error: Error, now: Now) -> Then {
        if error.kind == ErrorKind::Api && Met::answer(&error) == Met::Refused {
            return Then::Done(Outcome::Err(error));
        }
        let asked = error.retry_after.unwrap_or_default();
        self.error = Some(error);
        self.sleep(course, asked, now)
    }
}

impl Wait {
    fn which(&self, name: &str) -> Option<&str> {
        record::text(self.which.as_object()?, name)
    }

    fn query(&self) -> Map<String, Value> {
        let mut query = Map::new();
        for name in ["appid", "mchid", "customs"] {
            if let Some(id) = self.which(name) {
                query.insert(name.to_owned(), id.into());
            }
        }
        let by = BY.into_iter().find_map(|name| Some((name, self.which(name)?)));
        let (order_type, order_no) = by.unwrap_or_default();
        query.insert("order_type".to_owned(), order_type.into());
        query.insert("order_no".to_owned(), order_no.into());
        query
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
    fn sleep(&mut self, course: &mut RunCourse, least_ms: u64, now: Now) -> Then {
        let ms = u64::try_from(course.look_again(now).saturating_sub(now.unix_ms)).unwrap_or_default();
        let ms = ms.max(1).max(least_ms);
        let progress = self.record.clone().map(Value::Object);
        if ms < course.left(now) {
            return Then::Sleep(ms, progress, self.query());
        }
        let state = self.record.as_ref().and_then(|record| record::text(record, "state"));
        let mut why = match state {
            Some(state) => format!("the declaration is still {} at the end of the deadline", line(state, 32)),
            None => "there is still no such declaration at the end of the deadline".to_owned(),
        };
        if let Some(error) = &self.error {
            why.push_str(&format!("; the last query failed: {}", error.message));
        }
        Then::Done(Outcome::Err(Error::new(STILL_MOVING, why).with(|error| {
            error.operation = Some(Operation::Query);
            error.detail = progress;
            error.retryable = true;
        })))
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
    let odd = BY.iter().filter(|name| given.get(**name).is_some_and(|value| !value.is_null() && !value.is_string()));
    findings.extend(odd.map(|name| Finding { rule: rules::TYPE.name, ..missing(name, "must be text".to_owned()) }));
    if findings.is_empty() && BY.iter().all(|name| record::text(given, name).is_none()) {
        findings.push(missing(BY[2], format!("must be given, or another of {}", BY.join(", "))));
    }
    findings
}
