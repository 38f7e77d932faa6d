//! The life of a declaration: the next step, decided purely from the last record that was seen.
//!
//! [`next_step`] is a table: the first row that fits decides. The rows and their sources are in [`Reason::ALL`], and in
//! docs/life-of-a-declaration.md.

mod ensured;
mod history;
mod options;
pub mod reasons;
pub(crate) mod record;

use serde::Serialize;
use serde_json::{Map, Value};

pub(crate) use ensured::add;
pub use ensured::{Ensured, Failure, Kept, Trail};
pub use history::History;
pub use options::{EnsureOptions, WaitOptions, Which};
pub use reasons::{Basis, Reason, Source, Step};
pub use record::Difference;

use crate::{
    base::text::line,
    words::{catalogue::Advice, code::State, operation::Operation},
};

/// The seconds for which the record of an answered declare is waited for (ours).
const SHOWS_WITHIN_S: i64 = 15 * 60;
/// The seconds after which a declaration that does not move needs a person (ours).
const STUCK_AFTER_S: i64 = 24 * 3600;
/// The seconds after a failure of customs' interface before it is pushed again (ours).
const EXCEPT_RESTS_S: i64 = 10 * 60;
/// The most times that a declaration is pushed again after failures of customs' interface, unless told otherwise.
pub const MAX_REDECLARES: u32 = 3;
/// The time from a change to the next look, and the longest between two looks, in milliseconds.
pub const INTERVAL_MS: u64 = 60_000;
/// The longest time between two looks, in milliseconds.
pub const MAX_INTERVAL_MS: u64 = 15 * 60_000;
/// The most characters of an explanation that a reason quotes.
const QUOTED: usize = 200;

/// The facts that decide about the next step. Everything may be missing.
#[derive(Debug, Clone, Default)]
pub struct Situation<'a> {
    /// A query's record with the ids beside it merged in, or an answer.
    pub record: Option<&'a Map<String, Value>>,
    /// The fields of the declaration that is wanted, as for a declare.
    pub wanted: Option<&'a Map<String, Value>>,
    /// The steps so far.
    pub history: History,
    /// The time (Unix seconds); without it no time has passed.
    pub now: Option<i64>,
    /// The electronic port lacks the declaration.
    pub lost: Option<Lost>,
    /// The most times to push it again after failures of customs' interface; 3 unless given.
    pub max_redeclares: Option<u32>,
}

/// The news that the electronic port lacks a declaration that customs had accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// The port was found to lack it at this time (Unix seconds): a record that changed later is not meant.
    At(i64),
    /// The record is meant as it is first seen.
    AsSeen,
}

/// The next step, with its reason.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct NextStep {
    /// The step.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::StepName"))]
    pub step: Step,
    /// The stable name of the reason.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::StepReason"))]
    pub reason: &'static str,
    /// The reason in words, in English and Chinese.
    pub why: Advice,
    /// The source of the rule behind it.
    pub source: Source,
    /// The request that carries the step out, if all ids that it needs are known; for a refusal by customs, the modify that
    /// sends the same data again.
    pub request: Option<StepRequest>,
    /// The fields in which the record differs from what is wanted.
    pub differences: Vec<Difference>,
    /// The time to look again (Unix seconds).
    pub retry_at: Option<i64>,
}

/// A request that is complete but for the client's own ids.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct StepRequest {
    /// The operation to call.
    pub operation: Operation,
    /// Its fields.
    pub fields: Map<String, Value>,
}

/// Decides the next step for a declaration. Pure: it sends nothing, and reads no clock.
pub fn next_step(situation: &Situation<'_>) -> NextStep {
    let Situation { record, wanted, history, now, .. } = situation;
    let (reason, retry_at) = decide(situation);
    let mut why = reason.why();
    let explanation = record.and_then(|record| record::text(record, "explanation"));
    if let (Some(explanation), true) = (explanation, [Reason::Fail, Reason::ExceptAgain].contains(&reason)) {
        let explanation = line(explanation, QUOTED);
        why.en.to_mut().push_str(&format!(" Its explanation: {explanation}"));
        why.zh.to_mut().push_str(&format!("海关说明：{explanation}"));
    }
    let differences = record.zip(*wanted).map(|(record, wanted)| record::differences(record, wanted));
    let looks_again = || {
        let now = (*now)?;
        let last = record.and_then(record::changed_at).or(history.last_change()).unwrap_or(now);
        let at = look_again(last.saturating_mul(1000), now.saturating_mul(1000), INTERVAL_MS, MAX_INTERVAL_MS);
        Some(seconds(at))
    };
    NextStep {
        step: reason.step(),
        reason: reason.name(),
        why,
        source: reason.source(),
        request: request(reason, situation),
        differences: differences.unwrap_or_default(),
        retry_at: if reason.step() == Step::Wait { retry_at.or_else(looks_again) } else { None },
    }
}

/// The request that carries out the step of a reason.
pub(crate) fn request(reason: Reason, situation: &Situation<'_>) -> Option<StepRequest> {
    let operation = match reason.step() {
        Step::Declare => Operation::Declare,
        Step::Modify => Operation::Modify,
        Step::Redeclare => Operation::Redeclare,
        // For a cause that was mended elsewhere.
        Step::Person if reason == Reason::Fail => Operation::Modify,
        Step::Wait | Step::Done | Step::Person => return None,
    };
    let fields = record::request(operation, situation.wanted, situation.record)?;
    Some(StepRequest { operation, fields })
}

/// The first row of the table that fits, and the time to look again if it is not the usual one.
pub(crate) fn decide(situation: &Situation<'_>) -> (Reason, Option<i64>) {
    let Situation { record, wanted, history, now, lost, max_redeclares } = situation;
    let row = |reason: Reason| (reason, None);
    let passed = |since: Option<i64>, seconds: i64| {
        since.zip(*now).is_some_and(|(since, now)| now.saturating_sub(since) >= seconds)
    };
    let Some(record) = *record else {
        return match wanted {
            None => row(Reason::NothingDeclared),
            Some(_) => match history.declared_at() {
                Some(at) if !passed(Some(at), SHOWS_WITHIN_S) => row(Reason::DeclaredRecently),
                _ => row(Reason::NotDeclared),
            },
        };
    };
    if let Some(wanted) = wanted {
        if record::conflicts(record, wanted) {
            return row(Reason::Conflict);
        }
        if record::is_part(record) != record::is_part(wanted) {
            return row(Reason::DeclaredOtherwise);
        }
    }
    let differs = wanted.is_some_and(|wanted| !record::differences(record, wanted).is_empty());
    let state = record::state(record);
    let changed_at = record::changed_at(record);
    let since = changed_at.or_else(|| history.first_seen(state.as_str()));
    let stuck = passed(since, STUCK_AFTER_S);
    match state {
        State::Processing | State::Other(_) if stuck => row(Reason::Stuck),
        State::Processing => row(Reason::Processing),
        State::Other(_) => row(Reason::UnknownState),
        _ if differs => row(Reason::Differs),
        State::Undeclared | State::Submitted if stuck => row(Reason::Stuck),
        State::Undeclared | State::Submitted => row(Reason::Queued),
        State::Success if is_covered(*lost, changed_at, history) => row(Reason::Lost),
        State::Success => row(Reason::Success),
        State::Except if !passed(since, EXCEPT_RESTS_S) => {
            let rested = since.or(*now).map(|since| since.saturating_add(EXCEPT_RESTS_S));
            (Reason::ExceptRecent, rested)
        }
        State::Except if history.redeclares() < max_redeclares.unwrap_or(MAX_REDECLARES) => row(Reason::Except),
        State::Except => row(Reason::ExceptAgain),
        State::Fail => row(Reason::Fail),
    }
}

/// Is this accepted record the one that the port lost? One that was pushed again since is not, so that a repetition or a crash
/// does nothing.
fn is_covered(lost: Option<Lost>, changed_at: Option<i64>, history: &History) -> bool {
    let lost_at = match lost {
        None => return false,
        Some(Lost::At(at)) => Some(at),
        Some(Lost::AsSeen) => history.lost(),
    };
    match (lost_at, changed_at) {
        (Some(at), Some(changed_at)) => changed_at <= at,
        _ => history.redeclares() == 0,
    }
}

/// The next time to look (Unix milliseconds): an interval after the last change, then after times that grow by half.
pub(crate) fn look_again(last_ms: i64, now_ms: i64, interval_ms: u64, longest_ms: u64) -> i64 {
    let longest = longest_ms.max(1);
    let mut interval = interval_ms.clamp(1, longest);
    let mut at = last_ms.min(now_ms).saturating_add_unsigned(interval);
    while at <= now_ms && interval < longest {
        interval = interval.saturating_add(interval.div_ceil(2)).min(longest);
        at = at.saturating_add_unsigned(interval);
    }
    match u64::try_from(now_ms.saturating_sub(at)) {
        Ok(late) => at.saturating_add_unsigned((late / longest).saturating_add(1).saturating_mul(longest)),
        Err(_) => at,
    }
}

/// Unix seconds, not before that time.
pub(crate) fn seconds(unix_ms: i64) -> i64 {
    unix_ms.saturating_add(999).div_euclid(1000)
}
