//! The result of `ensure`: plain data without personal fields, small enough for a job's payload.

use serde_json::{Map, Value};

use super::reasons::{Reason, Step};
use crate::{
    base::{
        json::{json_text, object},
        text::line,
    },
    words::{
        catalogue::{Advice, advise},
        error::Error,
    },
};

/// The most changes that a trail keeps.
const CHANGES: usize = 4;
/// The most characters of a text that came from the service.
const TEXT: usize = 60;
/// The most bytes of a result as JSON with all characters beyond ASCII escaped.
const BYTES: usize = 1_450;
/// The fields of a record in the order in which they are kept if there is not room for all.
const RECORD: [&str; 18] = [
    "state",
    "modify_time",
    "sub_order_no",
    "sub_order_id",
    "transaction_id",
    "out_trade_no",
    "verify_department_trade_id",
    "verify_department",
    "explanation",
    "mch_customs_no",
    "customs",
    "order_fee",
    "transport_fee",
    "product_fee",
    "duty",
    "fee_type",
    "mchid",
    "appid",
];

/// A change that was made or seen.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(any(feature = "client", feature = "schema"), derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Trail {
    /// Unix seconds.
    pub at: i64,
    /// The operation; `query` for a change that was seen.
    pub did: String,
    /// The state of the declaration then; null if the answer did not tell.
    pub state: Option<String>,
    /// WeChat Pay's id of the request.
    pub request_id: Option<String>,
}

/// An error, as far as a job needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(any(feature = "client", feature = "schema"), derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "EnsureError"))]
pub struct Failure {
    /// The kind of error, such as `transport`.
    pub kind: String,
    /// The service's code, or one of this library's own.
    pub code: String,
    /// The catalogue's name for a documented refusal.
    pub reason: Option<String>,
    /// The beginning of its message.
    pub message: String,
    /// WeChat Pay's id of the request.
    pub request_id: Option<String>,
    /// May the operation have taken effect despite the error?
    pub may_have_been_applied: bool,
}

impl Failure {
    pub(crate) fn of(error: &Error) -> Failure {
        Failure {
            kind: error.kind.name().to_owned(),
            code: line(&error.code, 32),
            reason: error.reason.map(str::to_owned),
            message: line(&error.message, 2 * TEXT),
            request_id: error.request_id.as_deref().map(|id| line(id, TEXT)),
            may_have_been_applied: error.may_have_been_applied,
        }
    }
}

/// The memory of `ensure` between two runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(any(feature = "client", feature = "schema"), derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Kept {
    /// A digest of the declaration's ids.
    pub order: String,
    /// A digest of what is wanted.
    pub wanted: String,
    /// Did the record ever stand as wanted, or was it answered so?
    pub stood: bool,
    /// The time on the service's clock (Unix seconds) up to which a record that differs is an old one.
    pub until: Option<i64>,
    /// The time of the last request that changed something (Unix seconds).
    pub acted_at: Option<i64>,
    /// The times that it was pushed again.
    pub redeclares: u32,
    /// The electronic port lost the record that had last changed by this time on the service's clock (Unix seconds).
    pub lost: Option<i64>,
    /// The option `lost` that this came from, if it was a time.
    pub lost_given: Option<i64>,
    /// The time of the first run (Unix seconds).
    pub began: Option<i64>,
    /// The time at which the service first said that it holds other data, though no record shows (Unix seconds).
    pub differs_at: Option<i64>,
    /// The number of changes that the trail no longer shows.
    pub dropped: u32,
}

/// The result of `ensure`; give it back as `after` to go on.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(any(feature = "client", feature = "schema"), derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Ensured {
    /// Is it over? True for the steps `done` and `person`.
    pub settled: bool,
    /// The step: `wait`, `done` or `person`.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::StepName"))]
    pub step: String,
    /// The stable name of the reason.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::StepReason"))]
    pub reason: String,
    /// The reason in words, in English and Chinese.
    pub why: Advice,
    /// The record as it was last seen or answered; texts longer than 60 characters are cut. Null if there is not one.
    pub record: Option<Map<String, Value>>,
    /// The time to go on (Unix seconds).
    pub retry_at: Option<i64>,
    /// The error that stands behind the reason, if there is one.
    pub error: Option<Failure>,
    /// The last four changes.
    pub trail: Vec<Trail>,
    /// The memory for the next run.
    pub kept: Kept,
}

impl Ensured {
    pub(crate) fn new(
        reason: Reason,
        record: Option<&Map<String, Value>>,
        retry_at: Option<i64>,
        error: Option<&Error>,
        trail: &[Trail],
        kept: Kept,
    ) -> Ensured {
        Ensured {
            settled: reason.step() != Step::Wait,
            step: reason.step().as_str().to_owned(),
            reason: reason.name().to_owned(),
            why: reason.why(),
            record: record.map(|record| cut(record, RECORD.len())),
            retry_at,
            error: error.map(Failure::of),
            trail: trail.to_vec(),
            kept,
        }
    }

    /// Writes it as data, and leaves out what there is not room for: first ids of requests, then older changes and the end
    /// of a message, then fields of the record, and at last the rest of odd texts.
    pub fn into_value(mut self) -> Value {
        const FIELDS: usize = RECORD.len();
        for round in 0..=FIELDS + 5 {
            let value = self.value();
            if escaped_length(&json_text(&value)) <= BYTES {
                return value;
            }
            match round {
                // The last change keeps its id for longest.
                0 => self.trail.iter_mut().rev().skip(1).for_each(|entry| entry.request_id = None),
                1 => self.trail.iter_mut().for_each(|entry| entry.request_id = None),
                2 => self.error.iter_mut().for_each(|error| error.message = line(&error.message, TEXT / 2)),
                3 => drop_older(&mut self.trail, &mut self.kept.dropped, 2),
                4 => drop_older(&mut self.trail, &mut self.kept.dropped, 1),
                round if round < FIELDS + 5 => {
                    self.record = self.record.map(|record| cut(&record, FIELDS + 4 - round));
                }
                _ => {
                    let states = self.trail.iter_mut().filter_map(|entry| entry.state.as_mut());
                    states.for_each(|state| *state = line(state, TEXT / 6));
                    self.error.iter_mut().for_each(|error| error.request_id = None);
                }
            }
        }
        self.value()
    }

    fn value(&self) -> Value {
        let text = |text: &Option<String>| text.as_deref().map_or(Value::Null, Value::from);
        let Ensured { settled, step, reason, why, record, retry_at, error, trail, kept } = self;
        let trail = trail.iter().map(|Trail { at, did, state, request_id }| {
            object(&mut [
                ("at", (*at).into()),
                ("did", did.as_str().into()),
                ("state", text(state)),
                ("request_id", text(request_id)),
            ])
        });
        let error = error.as_ref().map(|error| {
            object(&mut [
                ("kind", error.kind.as_str().into()),
                ("code", error.code.as_str().into()),
                ("reason", text(&error.reason)),
                ("message", error.message.as_str().into()),
                ("request_id", text(&error.request_id)),
                ("may_have_been_applied", error.may_have_been_applied.into()),
            ])
        });
        let kept = object(&mut [
            ("order", kept.order.as_str().into()),
            ("wanted", kept.wanted.as_str().into()),
            ("stood", kept.stood.into()),
            ("until", kept.until.into()),
            ("acted_at", kept.acted_at.into()),
            ("redeclares", kept.redeclares.into()),
            ("lost", kept.lost.into()),
            ("lost_given", kept.lost_given.into()),
            ("began", kept.began.into()),
            ("differs_at", kept.differs_at.into()),
            ("dropped", kept.dropped.into()),
        ]);
        object(&mut [
            ("settled", (*settled).into()),
            ("step", step.as_str().into()),
            ("reason", reason.as_str().into()),
            ("why", object(&mut [("en", (*why.en).into()), ("zh", (*why.zh).into())])),
            ("record", record.clone().into()),
            ("retry_at", (*retry_at).into()),
            ("error", error.into()),
            ("trail", Value::Array(trail.collect())),
            ("kept", kept),
        ])
    }

    /// Reads what an earlier run gave; `None` if it is not that.
    pub fn from_value(value: &Value) -> Option<Ensured> {
        let text = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).map(str::to_owned);
        let kept = value.get("kept")?;
        let number = |name: &str| kept.get(name).and_then(whole);
        let count = |name: &str| number(name).and_then(|number| u32::try_from(number).ok()).unwrap_or_default();
        Some(Ensured {
            settled: value.get("settled")?.as_bool()?,
            step: text(value, "step")?,
            reason: text(value, "reason")?,
            // Only read by people.
            why: advise("", ""),
            record: value.get("record").and_then(Value::as_object).cloned(),
            retry_at: value.get("retry_at").and_then(whole),
            error: None,
            trail: trail(value.get("trail")?.as_array()?),
            kept: Kept {
                order: text(kept, "order")?,
                wanted: text(kept, "wanted")?,
                stood: kept.get("stood").and_then(Value::as_bool).unwrap_or_default(),
                until: number("until"),
                acted_at: number("acted_at"),
                redeclares: count("redeclares"),
                lost: number("lost"),
                lost_given: number("lost_given"),
                began: number("began"),
                differs_at: number("differs_at"),
                dropped: count("dropped"),
            },
        })
    }
}

/// Reads a whole number; stores that know floats only give it as one.
fn whole(value: &Value) -> Option<i64> {
    let float = value.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0);
    value.as_i64().or(float.map(|float| float as i64))
}

/// Reads a trail; leaves out anything else.
pub(super) fn trail(list: &[Value]) -> Vec<Trail> {
    let entries = list.iter().filter_map(|entry| {
        let text = |name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Trail {
            at: whole(entry.get("at")?)?,
            did: text("did")?,
            state: text("state"),
            request_id: text("request_id"),
        })
    });
    entries.collect()
}

/// Adds a change to a trail.
pub(crate) fn add(
    trail: &mut Vec<Trail>,
    dropped: &mut u32,
    at: i64,
    did: &str,
    state: Option<&str>,
    id: Option<&str>,
) {
    let text = |text: &str| line(text, TEXT);
    trail.push(Trail { at, did: did.to_owned(), state: state.map(text), request_id: id.map(text) });
    drop_older(trail, dropped, CHANGES);
}

fn drop_older(trail: &mut Vec<Trail>, dropped: &mut u32, most: usize) {
    let older = trail.len().saturating_sub(most);
    trail.drain(..older);
    *dropped = dropped.saturating_add(u32::try_from(older).unwrap_or(u32::MAX));
}

/// The first of a record's fields, with their texts cut.
fn cut(record: &Map<String, Value>, most: usize) -> Map<String, Value> {
    let mut kept = Map::new();
    for name in RECORD.iter().take(most) {
        let value = match record.get(*name) {
            Some(Value::String(text)) if !text.is_empty() => line(text, TEXT).into(),
            Some(number @ Value::Number(_)) => number.clone(),
            _ => continue,
        };
        kept.insert((*name).to_owned(), value);
    }
    kept
}

/// The length of a JSON text with its characters beyond ASCII escaped.
fn escaped_length(text: &str) -> usize {
    text.chars().map(|character| if character.is_ascii() { 1 } else { 6 * character.len_utf16() }).sum()
}
