//! Reads what concerns the life of a declaration as a host language gives it.

use serde_json::{Map, Value};

use super::{
    calls::{must_be, seconds},
    options::{FromHost, read},
};
use crate::{
    base::json::take,
    protocol::{
        life::{EnsureOptions, History, Lost, NextStep, Situation, WaitOptions, next_step},
        options::{Convention, OptionKind, OptionType, Options},
    },
    words::error::Error,
};

/// The result of an earlier `ensure`, which the engine reads.
struct Given(Value);

impl OptionType for Given {
    const KIND: OptionKind = OptionKind::Ensured;
}

impl FromHost for Given {
    fn read(value: &mut Value, _: Convention) -> Option<Self> {
        value.is_object().then(|| Given(value.take()))
    }
}

impl OptionType for Lost {
    const KIND: OptionKind = OptionKind::Lost;
}

impl FromHost for Lost {
    fn read(value: &mut Value, _: Convention) -> Option<Self> {
        match value {
            Value::Bool(true) => Some(Lost::AsSeen),
            value => value.as_i64().map(Lost::At),
        }
    }
}

/// Takes what may be false, which counts as not given.
fn lost(given: &mut Map<String, Value>, convention: Convention) -> Result<Option<Lost>, Error> {
    if given.get("lost") == Some(&Value::Bool(false)) {
        take(given, "lost");
    }
    let at = read(given, "lost", convention)?;
    if let Some(Lost::At(at)) = at
        && crate::protocol::clock::in_milliseconds(at)
    {
        return Err(must_be("`lost`", &format!("in Unix seconds; {at} is in milliseconds")));
    }
    Ok(at)
}

/// Reads the options of `ensure`.
///
/// # Errors
/// `INVALID_OPTION`.
pub(super) fn ensure_options(value: Value, convention: Convention) -> Result<EnsureOptions, Error> {
    let (call, mut given) = Options::for_run(value, EnsureOptions::FIELDS, convention)?;
    let defaults = EnsureOptions::default();
    Ok(EnsureOptions {
        wait: read(&mut given, "wait", convention)?.unwrap_or(defaults.wait),
        fresh: read(&mut given, "fresh", convention)?.unwrap_or_default(),
        after: read(&mut given, "after", convention)?.map(|Given(after)| after),
        lost: lost(&mut given, convention)?,
        interval: read(&mut given, "interval", convention)?.unwrap_or(defaults.interval),
        max_interval: read(&mut given, "max_interval", convention)?.unwrap_or(defaults.max_interval),
        max_redeclares: read(&mut given, "max_redeclares", convention)?.unwrap_or(defaults.max_redeclares),
        call,
    })
}

/// Reads the options of `wait`.
///
/// # Errors
/// `INVALID_OPTION`.
pub(super) fn wait_options(value: Value, convention: Convention) -> Result<WaitOptions, Error> {
    let (call, mut given) = Options::for_run(value, WaitOptions::FIELDS, convention)?;
    let defaults = WaitOptions::default();
    Ok(WaitOptions {
        interval: read(&mut given, "interval", convention)?.unwrap_or(defaults.interval),
        max_interval: read(&mut given, "max_interval", convention)?.unwrap_or(defaults.max_interval),
        call,
    })
}

/// Decides from the named arguments `record`, `wanted`, `history`, `now` and `lost`.
///
/// # Errors
/// `INVALID_OPTION` for an argument of the wrong type.
pub(super) fn next(given: &mut Map<String, Value>, convention: Convention) -> Result<NextStep, Error> {
    let map = |name: &str, value: Value| match value {
        Value::Null => Ok(None),
        Value::Object(map) => Ok(Some(map)),
        _ => Err(must_be(&format!("`{name}`"), "a map, or null")),
    };
    let record = map("record", take(given, "record"))?;
    if record.as_ref().is_some_and(|record| record.get("data").is_some_and(Value::is_array)) {
        return Err(must_be("`record`", "one record of a query with the ids beside it, not the whole answer"));
    }
    let wanted = map("wanted", take(given, "wanted"))?;
    let history = take(given, "history");
    if !matches!(history, Value::Null | Value::Array(_) | Value::Object(_)) {
        return Err(must_be("`history`", "a trail, or what `ensure` gave"));
    }
    Ok(next_step(&Situation {
        record: record.as_ref(),
        wanted: wanted.as_ref(),
        history: History::from_value(&history),
        now: seconds(given, "now")?,
        lost: lost(given, convention)?,
        max_redeclares: None,
    }))
}
