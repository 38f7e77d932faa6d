//! Makes a declaration be as it is wanted, whatever happened before: looks, takes the next step, and looks again.

use std::sync::Arc;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{
    account::Account,
    action::{Now, Outcome},
    look::Look,
    retry::Met,
    run::{Acted, Run, RunCourse, Task, Then},
};
use crate::{
    base::{
        json::{json_text, retain},
        text::line,
    },
    protocol::{
        check::check,
        life::{self, EnsureOptions, Ensured, History, Kept, Lost, Reason, Situation, Trail, record},
        request::filled,
    },
    words::{
        catalogue,
        error::{CONFLICT, Error, ErrorKind, INVALID_OPTION},
        finding::{Finding, Severity},
        operation::Operation,
    },
};

/// The deadline with `wait`, and without, in milliseconds.
const DEADLINE_MS: [u64; 2] = [15 * 60_000, 60_000];
/// The longest pause that a run sleeps which is not to wait, in milliseconds.
const LONGEST_PAUSE_MS: u64 = 2_000;
/// The longest that a run can have asked to wait, in seconds.
const LONGEST_DUE_S: i64 = 2 * 3600;
/// The seconds after a change in which a record of before it can still be read (ours).
const LATE_READS_S: i64 = 15 * 60;

/// Makes a declaration be as it is wanted.
pub(super) struct Ensure {
    options: EnsureOptions,
    /// The fields as they were given, until they are checked.
    given: Value,
    wanted: Map<String, Value>,
    record: Option<Map<String, Value>>,
    trail: Vec<Trail>,
    kept: Kept,
    /// The time before which no step is taken (Unix seconds).
    due: Option<i64>,
    /// A request that was refused because of what the record is said to be; it was asked for again then.
    refused: Option<(Operation, Error)>,
    asked_again: bool,
    /// The code of a refusal that is not documented, after which the request was sent again.
    sent_again: Option<String>,
}

/// The run of `ensure`.
pub(super) fn run(wanted: Value, account: Arc<Account>, options: EnsureOptions, seed: &[u8; 32]) -> Run {
    let [waiting, at_once] = DEADLINE_MS;
    let deadline = if options.wait { waiting } else { at_once };
    let longest_pause = (!options.wait).then_some(LONGEST_PAUSE_MS);
    let intervals = [options.interval, options.max_interval];
    let course = RunCourse::new(account, options.call, deadline, intervals, longest_pause, seed);
    let ensure = Ensure {
        options,
        given: wanted,
        wanted: Map::new(),
        record: None,
        trail: Vec::new(),
        kept: Kept::default(),
        due: None,
        refused: None,
        asked_again: false,
        sent_again: None,
    };
    Run::new(course, Box::new(ensure))
}

impl Task for Ensure {
    fn begun(&mut self, course: &mut RunCourse, now: Now) -> Result<Then, Error> {
        let merchant = &course.account.merchant;
        let mut wanted = filled(merchant, Operation::Declare, self.given.take().into());
        let findings = check(Operation::Declare, &wanted, &merchant.rules);
        let (false, Value::Object(wanted)) = (refuses(&findings), &mut *wanted) else {
            return Err(Error::invalid_fields(Operation::Declare, "nothing was sent for it", findings));
        };
        self.wanted = std::mem::take(wanted);
        retain(&mut self.wanted, |_, value| !value.is_null());
        let id = |name: &str| record::text(&self.wanted, name).unwrap_or_default().to_ascii_uppercase();
        self.kept.order = digest(&["mchid", "out_trade_no", "sub_order_no", "customs"].map(id));
        self.kept.wanted = digest(&[json_text(&Value::Object(self.wanted.clone()))]);
        self.kept.began = Some(now.unix_s());
        self.remember(course, now.unix_s())?;
        if let Some(Lost::At(at)) = self.options.lost {
            self.kept.lost_given = Some(at);
        }
        match self.options.fresh && self.options.after.is_none() {
            true => Ok(self.follow(course, now)),
            false => Ok(self.look()),
        }
    }

    fn seen(
        &mut self,
        course: &mut RunCourse,
        records: Vec<Map<String, Value>>,
        request_id: Option<String>,
        now: Now,
    ) -> Then {
        let now_s = now.unix_s();
        // A time to come is that of a wrong clock.
        let since_acted = self.kept.acted_at.map(|at| now_s.saturating_sub(at)).filter(|since| *since > -60);
        let recently = since_acted.is_some_and(|since| since < LATE_READS_S);
        let Some(record) = pick(&records, &self.wanted) else {
            if recently {
                return self.waits(course, Reason::DeclaredRecently, None, now);
            }
            self.record = None;
            return self.follow(course, now);
        };
        let differs = !record::differences(record, &self.wanted).is_empty();
        let changed_at = record::changed_at(record);
        let old = changed_at.zip(self.kept.until).map(|(at, until)| at < until || (at == until && differs));
        if old == Some(true) || (differs && self.kept.stood && changed_at.is_none()) {
            return match recently {
                true => self.waits(course, Reason::LateRead, None, now),
                false => self.ends(course, Reason::NotShown, None, None, now),
            };
        }
        let news = self.record.as_ref().is_none_or(|before| {
            record::text(before, "state") != record::text(record, "state") || record::changed_at(before) != changed_at
        });
        if news {
            let state = record::text(record, "state");
            life::add(&mut self.trail, &mut self.kept.dropped, now_s, "query", state, request_id.as_deref());
            course.changed_ms = now.unix_ms;
        }
        let same = record::is_part(record) == record::is_part(&self.wanted) && !record::conflicts(record, &self.wanted);
        self.record = Some(record.clone());
        if differs && self.kept.stood && same {
            return self.rival(course, now);
        }
        if !differs && same {
            self.kept.stood = true;
            self.kept.until = self.kept.until.max(changed_at);
        }
        if let (Some(lost), None) = (self.options.lost, self.kept.lost) {
            // Exactly the record that is seen now, so that the one that a push makes is another, whatever clocks say.
            let seen = changed_at.unwrap_or(now_s);
            self.kept.lost = Some(match lost {
                Lost::AsSeen => seen,
                Lost::At(at) => at.min(seen),
            });
        }
        self.follow(course, now)
    }

    fn acted(&mut self, course: &mut RunCourse, acted: Acted<'_>, now: Now) -> Then {
        let Acted { operation, sent, answer, request_id } = acted;
        let now_s = now.unix_s();
        let state = record::text(answer, "state");
        life::add(&mut self.trail, &mut self.kept.dropped, now_s, operation.name(), state, request_id);
        let before = self.record.as_ref().and_then(record::changed_at).map(|at| at.saturating_add(1));
        self.kept.until = self.kept.until.max(record::changed_at(answer).or(before));
        self.kept.stood = true;
        self.kept.acted_at = Some(now_s);
        self.kept.redeclares = self.kept.redeclares.saturating_add(u32::from(operation == Operation::Redeclare));
        course.changed_ms = now.unix_ms;
        (self.refused, self.asked_again, self.sent_again, self.kept.differs_at) = (None, false, None, None);
        self.record = Some(record::changed(self.record.take(), sent, answer));
        let (reason, retry_at) = life::decide(&self.situation(now));
        // A step that was just taken is not repeated before it was seen.
        let reason = if reason.acts() { Reason::Queued } else { reason };
        self.settles(course, reason, retry_at, now)
    }

    fn failed(&mut self, course: &mut RunCourse, operation: Option<Operation>, error: Error, now: Now) -> Then {
        if operation == Some(Operation::Redeclare) && error.may_have_been_applied {
            // It counts, because it may have been carried out.
            self.kept.redeclares = self.kept.redeclares.saturating_add(1);
            let id = error.request_id.as_deref();
            life::add(&mut self.trail, &mut self.kept.dropped, now.unix_s(), Operation::Redeclare.name(), None, id);
        }
        if error.kind == ErrorKind::Input {
            return self.ends(course, Reason::Refused, None, Some(&error), now);
        }
        let by_the_api = error.kind == ErrorKind::Api && Met::answer(&error) == Met::Refused;
        let documented = by_the_api && catalogue::is_documented(&error.code);
        let refused = documented && (operation.is_none() || !error.may_have_been_applied);
        match operation {
            // A code that is not documented may be a gateway's: the request is sent again after a look, once.
            Some(operation) if by_the_api && !documented => {
                if self.sent_again.as_deref() == Some(error.code.as_str()) {
                    return self.ends(course, Reason::Refused, None, Some(&error), now);
                }
                self.sent_again = Some(error.code.clone());
                self.refused = Some((operation, error));
                self.look()
            }
            // It may be news of the record: "differs from the original", or of a state that somebody else has changed.
            Some(operation) if refused && error.code == "INVALID_REQUEST" && !self.asked_again => {
                self.asked_again = true;
                self.refused = Some((operation, error));
                self.look()
            }
            _ if refused => self.ends(course, Reason::Refused, None, Some(&error), now),
            _ => {
                let asked = error.retry_after.map(|ms| now.unix_ms.saturating_add_unsigned(ms));
                let at = asked.unwrap_or_else(|| course.look_again(now));
                self.ends(course, Reason::Unanswered, Some(at), Some(&error), now)
            }
        }
    }
}

impl Ensure {
    /// Takes over what the run before kept.
    fn remember(&mut self, course: &mut RunCourse, now_s: i64) -> Result<(), Error> {
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
            let last = after.trail.last().map(|last| last.at).or(after.kept.began);
            course.changed_ms = last.map_or(course.changed_ms, |at| at.saturating_mul(1000).min(course.changed_ms));
            let Ensured { settled, record, retry_at, trail, kept, .. } = after;
            (self.record, self.trail, self.kept) = (record, trail, kept);
            // A time that no pause could have asked for is that of a wrong clock.
            self.due = retry_at.filter(|at| at.saturating_sub(now_s) <= LONGEST_DUE_S);
            // Is it another loss than the one before?
            let another = match self.options.lost {
                Some(Lost::At(at)) => self.kept.lost_given != Some(at),
                Some(Lost::AsSeen) => settled,
                None => false,
            };
            if another {
                self.kept.lost = None;
            }
        }
        Ok(())
    }

    /// The look at the payment's records.
    fn look(&self) -> Then {
        Then::Look(Look::new(self.query()))
    }

    fn query(&self) -> Map<String, Value> {
        let mut query = Map::new();
        query.insert("order_type".to_owned(), "out_trade_no".into());
        let names = [("appid", "appid"), ("mchid", "mchid"), ("customs", "customs"), ("out_trade_no", "order_no")];
        for (name, asked) in names {
            query.insert(asked.to_owned(), record::text(&self.wanted, name).into());
        }
        query
    }

    /// The situation as it was last seen.
    fn situation(&self, now: Now) -> Situation<'_> {
        Situation {
            record: self.record.as_ref(),
            wanted: Some(&self.wanted),
            history: History::kept(&self.trail, &self.kept),
            now: Some(now.unix_s()),
            lost: self.kept.lost.map(Lost::At),
            max_redeclares: Some(self.options.max_redeclares),
        }
    }

    /// Takes the next step.
    fn follow(&mut self, course: &mut RunCourse, now: Now) -> Then {
        let situation = self.situation(now);
        let (reason, retry_at) = life::decide(&situation);
        let said_to_differ =
            self.refused.as_ref().is_some_and(|(_, error)| error.reason == Some("declared_data_differs"));
        // The record may lack the field in which the service says that it differs.
        let reason = if said_to_differ && reason == Reason::Success { Reason::Differs } else { reason };
        let request = if reason.acts() { life::request(reason, &situation) } else { None };
        let Some(request) = request else { return self.settles(course, reason, retry_at, now) };
        let same = |refused: &mut (Operation, Error)| refused.0 == request.operation && self.sent_again.is_none();
        if let Some((_, error)) = self.refused.take_if(same) {
            let since = *self.kept.differs_at.get_or_insert(now.unix_s());
            // There is a record, then, which does not show yet.
            if self.record.is_none() && said_to_differ && now.unix_s().saturating_sub(since) < LATE_READS_S {
                let at = course.look_again(now);
                return self.ends(course, Reason::Unanswered, Some(at), Some(&error), now);
            }
            return self.ends(course, Reason::Refused, None, Some(&error), now);
        }
        if let Some(due) = self.due.take_if(|due| now.unix_s() < *due) {
            return self.waits(course, Reason::NotDue, Some(due), now);
        }
        Then::Act(request.operation, request.fields)
    }

    fn rival(&mut self, course: &mut RunCourse, now: Now) -> Then {
        if !self.options.wait {
            return self.ends(course, Reason::Rival, None, None, now);
        }
        let differs = self.record.as_ref().map(|record| record::differences(record, &self.wanted)).unwrap_or_default();
        let differs: Vec<String> = differs
            .iter()
            .map(|it| {
                let [found, wanted] = [&it.found, &it.wanted].map(|value| line(&json_text(value), 64));
                format!("`{}` is {found}, and {wanted} is wanted", it.field)
            })
            .collect();
        let why =
            format!("the declaration stood as wanted, and somebody else has changed it since: {}", differs.join("; "));
        let record = self.record.take().map(Value::Object);
        Then::Done(Outcome::Err(Error::new(CONFLICT, why).with(|error| error.detail = record)))
    }

    fn settles(&mut self, course: &mut RunCourse, reason: Reason, retry_at: Option<i64>, now: Now) -> Then {
        match reason.step() {
            life::Step::Wait => self.waits(course, reason, retry_at, now),
            _ => self.ends(course, reason, None, None, now),
        }
    }

    /// Waits until a time (Unix seconds), or the usual one.
    fn waits(&mut self, course: &mut RunCourse, reason: Reason, at: Option<i64>, now: Now) -> Then {
        let at = at.map_or_else(|| course.look_again(now), |at| at.saturating_mul(1000));
        let error = self.refused.take().map(|(_, error)| error);
        self.ends(course, reason, Some(at), error.as_ref(), now)
    }

    /// Ends the run, or sleeps until it goes on.
    fn ends(
        &mut self,
        course: &mut RunCourse,
        reason: Reason,
        at: Option<i64>,
        error: Option<&Error>,
        now: Now,
    ) -> Then {
        let retry_at = at.map(life::seconds);
        let record = self.record.as_ref();
        let mut ensured = Ensured::new(reason, record, retry_at, error, &self.trail, self.kept.clone());
        if let Some(error) = &mut ensured.error {
            error.may_have_been_applied |= course.open;
        }
        let value = ensured.into_value();
        let sleep = at.map(|at| u64::try_from(at.saturating_sub(now.unix_ms)).unwrap_or_default().max(1));
        match sleep {
            Some(ms) if self.options.wait && ms < course.left(now) => {
                (self.asked_again, self.sent_again) = (false, None);
                Then::Sleep(ms, Some(value), self.query())
            }
            _ => Then::Done(Outcome::Plain { value }),
        }
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

fn refuses(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

/// 16 hexadecimal digits that tell texts apart.
fn digest(texts: &[String]) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text);
        hash.update([0]);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
