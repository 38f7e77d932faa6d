//! Checks a request before it is sent.

use serde_json::{Map, Value};

pub use super::form::{Fields, Report};
pub use crate::words::{
    finding::{Finding, Location, Severity},
    rules::{self, Rule, Rules},
};

use super::{api::OTHERWISE, form, hiding::is_private};
use crate::{
    base::{
        json::{Json, unsaid},
        nearest::{nearest, squeezed},
        secret::Wiped,
    },
    words::{
        choice::FieldEncryption,
        field::{Field, Kind, Method, Need},
        operation::Operation,
    },
};

/// The place where an operation's request fields travel.
fn location(operation: Operation) -> Location {
    match operation.spec().method {
        Method::Get => Location::Query,
        Method::Post | Method::Patch => Location::Body,
    }
}

/// Starts a report on a request to an operation; it never shows private values.
fn report<'a>(operation: Operation, rules: &'a Rules, given: &'a Map<String, Value>) -> Report<'a> {
    Report::new(location(operation), operation.request_fields(), is_private, rules, given)
}

/// Finds everything that is wrong with a request, without sending it.
///
/// `fields` is what the operation would be given, including `appid` and `mchid`.
pub fn check(operation: Operation, fields: &Value, rules: &Rules) -> Vec<Finding> {
    let spec = operation.spec();
    let none = Map::new();
    let given = fields.as_object().filter(|_| unsaid(fields).is_none());
    let Some(given) = given else {
        let mut report = report(operation, rules, &none);
        report.add(&rules::TYPE, "", format!("must be a map of fields, not {}", called(fields)));
        return report.findings();
    };
    let mut report = report(operation, rules, given);
    let mut sound = Vec::with_capacity(given.len());
    for field in spec.request {
        match given.get(field.name) {
            None if field.need == Need::Optional => {}
            None => report.add(&rules::REQUIRED, field.name, "is required"),
            Some(value) => match unsound(field, value, rules.longest_personal) {
                Some((rule, issue)) => report.add(rule, field.name, issue),
                None => sound.push((field.name, value)),
            },
        }
    }
    // Sound fields are known, so fewer of them than were given may mean that some are unknown.
    if sound.len() < given.len() {
        for name in given.keys().filter(|name| !spec.request.iter().any(|field| field.name == name.as_str())) {
            let issue = match meant(name, spec.request) {
                Some(known) => format!("is not a field of {operation}; did you mean `{known}`?"),
                None => format!("is not a field of {operation}; take it out"),
            };
            report.add(&rules::UNKNOWN_FIELD, name, issue);
        }
    }
    for (name, value) in &sound {
        if let Some(text) = value.as_str() {
            form::text(name, text, &mut report);
        }
    }
    (spec.rules)(&Fields::of(sound), &mut report);
    report.findings()
}

/// Does the same as [`check`] for a request that is still JSON text, where a field can stand twice.
///
/// Returns the parsed request with the findings.
pub fn check_json(operation: Operation, text: &str, rules: &Rules) -> (Value, Vec<Finding>) {
    let (given, mut findings) = read_json(operation, text, rules);
    if !given.is_null() {
        findings.extend(check(operation, &given, rules));
    }
    (given, findings)
}

/// Parses a request that is still JSON text: its fields, or null if it is not an object, and the findings that only the
/// text can show.
pub(crate) fn read_json(operation: Operation, text: &str, rules: &Rules) -> (Value, Vec<Finding>) {
    let members = match serde_json::from_slice(text.as_bytes()) {
        Ok(Json::Map(members)) => members,
        other => {
            drop(other.map(|json| Wiped::from(Value::from(json))));
            let none = Map::new();
            let mut report = report(operation, rules, &none);
            report.add(&rules::TYPE, "", "must be the JSON text of a map of fields");
            return (Value::Null, report.findings());
        }
    };
    let mut given = Map::new();
    let mut twice = Map::new();
    for (name, value) in members {
        if given.contains_key(&name) {
            twice.insert(name.clone(), Value::Null);
        }
        drop(given.insert(name, value.into()).map(Wiped::from));
    }
    let mut report = report(operation, rules, &given);
    for name in twice.keys() {
        report.add(&rules::DUPLICATE_FIELD, name, "is given twice; which one counts is not defined");
    }
    let findings = report.findings();
    (Value::Object(given), findings)
}

/// Can these be the fields of a request, whatever business rules say?
pub(crate) fn is_request(operation: Operation, given: &Map<String, Value>) -> bool {
    let table = operation.request_fields();
    let longest = FieldEncryption::default().longest();
    let sound = |field: &Field| match given.get(field.name) {
        None => field.need != Need::Required,
        Some(value) => unsound(field, value, longest).is_none(),
    };
    table.iter().all(sound) && given.keys().all(|name| table.iter().any(|field| field.name == name.as_str()))
}

/// Checks the integrity of one value, by rules that cannot be switched off.
fn unsound(field: &Field, value: &Value, longest_personal: usize) -> Option<(&'static Rule, String)> {
    let wanted = match field.kind {
        Kind::Text | Kind::Personal | Kind::Code(_) => "text",
        Kind::Fen => "a whole number of fen",
        Kind::Count(_) => "a whole number",
        Kind::Records(..) => "a list",
    };
    match (field.kind, value) {
        (_, Value::Null) => Some((&rules::TYPE, format!("must be {wanted}, not null; leave the field out instead"))),
        (Kind::Text | Kind::Personal | Kind::Code(_), Value::String(text)) => {
            if text.is_empty() {
                return Some((&rules::EMPTY, "must not be empty".to_owned()));
            }
            if text.chars().any(char::is_control) {
                return Some((&rules::CONTROL_CHARACTER, "must not hold control characters or line breaks".to_owned()));
            }
            if field.kind == Kind::Personal {
                return unencryptable(text, longest_personal);
            }
            let (length, max) = (text.chars().count(), field.max.unwrap_or(usize::MAX));
            (length > max).then(|| (&rules::LENGTH, format!("must be at most {max} characters; it has {length}")))
        }
        (Kind::Fen, Value::Number(number)) if whole(number) => {
            let in_range = number.as_i64().is_some_and(|fen| (0..=i64::from(i32::MAX)).contains(&fen));
            (!in_range).then(|| (&rules::RANGE, "must lie between 0 and 2147483647 fen".to_owned()))
        }
        (Kind::Count(min), Value::Number(number)) if whole(number) => {
            let in_range = number.as_i64().is_some_and(|count| (min..=i64::from(i32::MAX)).contains(&count));
            (!in_range).then(|| (&rules::RANGE, format!("must lie between {min} and 2147483647")))
        }
        (Kind::Fen, value) if unsaid(value) == Some(WHOLE) => {
            Some((&rules::RANGE, "must lie between 0 and 2147483647 fen".to_owned()))
        }
        (Kind::Count(min), value) if unsaid(value) == Some(WHOLE) => {
            Some((&rules::RANGE, format!("must lie between {min} and 2147483647")))
        }
        // Does not quote the type's name, because a person's data may stand in its place.
        (Kind::Personal, Value::Object(_)) => Some((&rules::TYPE, "must be text".to_owned())),
        _ => Some((&rules::TYPE, format!("must be {wanted}, not {}", called(value)))),
    }
}

/// Finds a text that cannot be encrypted, or already is.
fn unencryptable(text: &str, longest: usize) -> Option<(&'static Rule, String)> {
    let base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    if text.len() >= 256 && text.bytes().all(base64) {
        let issue = "looks encrypted already; give it plain, as it is encrypted when the request is built";
        return Some((&rules::ALREADY_ENCRYPTED, issue.to_owned()));
    }
    (text.len() > longest)
        .then(|| (&rules::LENGTH, format!("must be at most {longest} bytes in UTF-8; it has {}", text.len())))
}

/// Is this meant as a whole number? Beyond 2^53 some languages hold only floats, which are out of range here.
fn whole(number: &serde_json::Number) -> bool {
    number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|float| float.abs() >= 9_007_199_254_740_992.0)
}

/// The name that a converter gives whole numbers that JSON's readers would change.
const WHOLE: &str = "a whole number";

/// The user's word for a value.
fn called(value: &Value) -> &str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(number) if whole(number) => "a number",
        Value::Number(number) if number.as_f64().is_some_and(|float| float.fract() == 0.0) => {
            "a number with a decimal point"
        }
        Value::Number(_) => "a fraction",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => unsaid(value).unwrap_or("an object"),
    }
}

/// Finds the field that an unknown name most likely meant.
fn meant(name: &str, fields: &[Field]) -> Option<&'static str> {
    let is_field = |known: &str| fields.iter().any(|field| field.name == known);
    let others = OTHERWISE.iter().filter(|(_, field)| is_field(field));
    let mut names = fields.iter().map(|field| field.name).chain(others.map(|(name, _)| *name));
    let given = squeezed(name);
    // The known names contain nothing but underscores to squeeze out.
    let is_given = |known: &str| known.bytes().filter(|letter| *letter != b'_').eq(given.bytes());
    // A name that another call uses is not a spelling mistake.
    let elsewhere = |operation: &Operation| operation.request_fields().iter().any(|field| is_given(field.name));
    let found = match Operation::ALL.iter().any(elsewhere) {
        true => names.find(|known| is_given(known)),
        false => nearest(name, &mut names),
    }?;
    Some(OTHERWISE.iter().find(|(other, _)| *other == found).map_or(found, |(_, field)| field))
}
