//! Findings about a request, before it is sent.

pub mod rules;

use serde::Serialize;
use serde_json::{Map, Value};

pub use rules::{Rule, Rules};

use crate::{
    api::{Field, Kind, Method, Need, Operation},
    json::{Json, object, unsaid},
    model::Wiped,
    nearest::{nearest, squeezed},
    options::FieldEncryption,
};

/// Does a finding stop the request?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Severity {
    /// It does.
    Error,
    /// It does not; the live server has the last word.
    Warning,
}

/// One remark about one field, in the shape of the server's own `detail`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Finding {
    /// The rule's stable name, or that of a remark about an answer.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::FindingName"))]
    pub rule: &'static str,
    /// Does it stop the request?
    pub severity: Severity,
    /// JSON Pointer into a body (`/order_fee`); the bare name in a query string or header.
    pub field: String,
    /// The value as given; null when there is none, `***` for a person's name and ID number.
    pub value: Value,
    /// What is wrong, and what would be right.
    pub issue: String,
    /// `body`, `query` or `argument`; for remarks about an answer `response` or `header`.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["body", "query", "argument", "response", "header"])))]
    pub location: &'static str,
}

/// The fields of one request that are sound in themselves.
pub struct Fields<'a> {
    sound: Vec<(&'static str, &'a Value)>,
}

impl<'a> Fields<'a> {
    /// The text of a field, if it was given and is sound.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.value(name).and_then(Value::as_str)
    }

    /// The whole number in a field, if it was given and is sound.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.value(name).and_then(Value::as_i64)
    }

    /// Was the field given, and is it sound?
    pub fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    fn value(&self, name: &str) -> Option<&'a Value> {
        self.sound.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }
}

/// Collects findings at the severities that the caller chose.
pub struct Report<'a> {
    rules: &'a Rules,
    location: &'static str,
    table: &'static [Field],
    given: &'a Map<String, Value>,
    findings: Vec<Finding>,
}

impl<'a> Report<'a> {
    fn new(operation: Operation, rules: &'a Rules, given: &'a Map<String, Value>) -> Report<'a> {
        let table = operation.request_fields();
        Report { rules, location: location(operation), table, given, findings: Vec::new() }
    }

    /// Adds a finding about a field, unless its rule is off.
    pub fn add(&mut self, rule: &Rule, field: &str, issue: impl Into<String>) {
        if let Some(severity) = self.rules.severity(rule) {
            self.findings.push(Finding {
                rule: rule.name,
                severity,
                field: if self.location == "body" { pointer(field) } else { field.to_owned() },
                value: match self.given.get(field) {
                    Some(value) if self.hides(field, value) => "***".into(),
                    given => given.map(shown).unwrap_or_default(),
                },
                issue: issue.into(),
                location: self.location,
            });
        }
    }

    /// Is a value not to be shown? A name that is no field's may be misspelt or belong elsewhere.
    fn hides(&self, field: &str, value: &Value) -> bool {
        match self.table.iter().find(|known| known.name == field) {
            Some(known) if !matches!(value, Value::Object(_) | Value::Array(_)) => known.kind == Kind::Personal,
            _ => is_private(field, value),
        }
    }

    /// Was the field given at all, sound or not?
    pub fn given(&self, field: &str) -> bool {
        self.given.contains_key(field)
    }
}

/// Where the fields of a request travel.
fn location(operation: Operation) -> &'static str {
    match operation.spec().method {
        Method::Get => "query",
        Method::Post | Method::Patch => "body",
    }
}

/// A JSON Pointer (RFC 6901) to a member of the body; nothing points to the body itself.
fn pointer(field: &str) -> String {
    match field {
        "" => String::new(),
        field => format!("/{}", field.replace('~', "~0").replace('/', "~1")),
    }
}

/// Finds what is wrong with a request, all at once, without sending it.
///
/// `fields` is what would be given to the operation, `appid` and `mchid` included.
pub fn check(operation: Operation, fields: &Value, rules: &Rules) -> Vec<Finding> {
    let spec = operation.spec();
    let none = Map::new();
    let given = fields.as_object().filter(|_| unsaid(fields).is_none());
    let Some(given) = given else {
        let mut report = Report::new(operation, rules, &none);
        report.add(&rules::TYPE, "", format!("must be a map of fields, not {}", called(fields)));
        return report.findings;
    };
    let mut report = Report::new(operation, rules, given);
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
    // Fields that are sound are known.
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
            rules::text(name, text, &mut report);
        }
    }
    (spec.rules)(&Fields { sound }, &mut report);
    report.findings
}

/// [`check`] for a request that is still JSON text, where a field can stand twice.
///
/// Gives the request that was read beside the findings.
pub fn check_json(operation: Operation, text: &str, rules: &Rules) -> (Value, Vec<Finding>) {
    let (given, mut findings) = read_json(operation, text, rules);
    if !given.is_null() {
        findings.extend(check(operation, &given, rules));
    }
    (given, findings)
}

/// A request that is still JSON text: its fields, or null if it is something else, and what only the text can show.
pub(crate) fn read_json(operation: Operation, text: &str, rules: &Rules) -> (Value, Vec<Finding>) {
    let members = match serde_json::from_slice(text.as_bytes()) {
        Ok(Json::Map(members)) => members,
        other => {
            drop(other.map(|json| Wiped::from(Value::from(json))));
            let none = Map::new();
            let mut report = Report::new(operation, rules, &none);
            report.add(&rules::TYPE, "", "must be the JSON text of a map of fields");
            return (Value::Null, report.findings);
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
    let mut report = Report::new(operation, rules, &given);
    for name in twice.keys() {
        report.add(&rules::DUPLICATE_FIELD, name, "is given twice; which one counts is not defined");
    }
    let findings = report.findings;
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

/// The integrity of one value: none of this can be switched off.
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
        // What stands there in place of a type's name may be a person's.
        (Kind::Personal, Value::Object(_)) => Some((&rules::TYPE, "must be text".to_owned())),
        _ => Some((&rules::TYPE, format!("must be {wanted}, not {}", called(value)))),
    }
}

/// What cannot be encrypted, or was already.
fn unencryptable(text: &str, longest: usize) -> Option<(&'static Rule, String)> {
    let base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    if text.len() >= 256 && text.bytes().all(base64) {
        let issue = "looks encrypted already; give it plain, as it is encrypted when the request is built";
        return Some((&rules::ALREADY_ENCRYPTED, issue.to_owned()));
    }
    (text.len() > longest)
        .then(|| (&rules::LENGTH, format!("must be at most {longest} bytes in UTF-8; it has {}", text.len())))
}

/// Is this meant as a whole number? Beyond 2^53 some languages hold only floats, which then are out of range.
fn whole(number: &serde_json::Number) -> bool {
    number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|float| float.abs() >= 9_007_199_254_740_992.0)
}

/// What a converter calls whole numbers that JSON's readers would bend.
const WHOLE: &str = "a whole number";

/// What a user would call a value.
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

/// A value as it was given, as far as data can say it.
fn shown(value: &Value) -> Value {
    match (value, unsaid(value)) {
        (Value::Object(members), Some(_)) if members.contains_key("text") => members["text"].clone(),
        (_, Some(called)) => object(&mut [("$type", called.into())]),
        (Value::Array(list), None) => list.iter().map(shown).collect(),
        (Value::Object(members), None) => {
            let mut given = Map::new();
            for (name, value) in members {
                given.insert(name.clone(), shown(value));
            }
            given.into()
        }
        _ => value.clone(),
    }
}

/// Names of the v2 API and of answers, and what requests call the same.
const OTHERWISE: [(&str, &str); 4] = [
    ("mch_customs_no", "merchant_customs_no"),
    ("cert_type", "certificate_type"),
    ("cert_id", "certificate_id"),
    ("name", "certificate_name"),
];

/// The field that a name which is not one most likely meant.
fn meant(name: &str, fields: &[Field]) -> Option<&'static str> {
    let is_field = |known: &str| fields.iter().any(|field| field.name == known);
    let others = OTHERWISE.iter().filter(|(_, field)| is_field(field));
    let mut names = fields.iter().map(|field| field.name).chain(others.map(|(name, _)| *name));
    let given = squeezed(name);
    // Here names have nothing but underscores to squeeze out.
    let is_given = |known: &str| known.bytes().filter(|letter| *letter != b'_').eq(given.bytes());
    // What another call names so is no mistake of spelling.
    let elsewhere = |operation: &Operation| operation.request_fields().iter().any(|field| is_given(field.name));
    let found = match Operation::ALL.iter().any(elsewhere) {
        true => names.find(|known| is_given(known)),
        false => nearest(name, &mut names),
    }?;
    Some(OTHERWISE.iter().find(|(other, _)| *other == found).map_or(found, |(_, field)| field))
}

/// Secret options, which can be given in the place of fields.
const SECRET: [&str; 2] = ["private_key", "api_v3_key"];

/// The names of a person's fields, in all operations.
pub(crate) fn personal_names() -> impl Iterator<Item = &'static str> {
    let fields = Operation::ALL.iter().flat_map(|operation| operation.request_fields());
    fields.filter(|field| field.kind == Kind::Personal).map(|field| field.name)
}

/// Is this the name of a field whose value is not shown, more or less?
pub(crate) fn is_private_name(name: &str) -> bool {
    let given = squeezed(name);
    // Here names have nothing but underscores to squeeze out.
    let begins = |from: &[u8], private: &str| {
        let mut from = from.iter();
        private.bytes().filter(|letter| *letter != b'_').all(|letter| from.next() == Some(&letter))
    };
    let given = given.as_bytes();
    personal_names()
        .chain(SECRET)
        .any(|private| (0..given.len()).any(|at| begins(given.get(at..).unwrap_or_default(), private)))
}

/// Is it not to be shown, by its name, what that was meant to be, or the name of something in it?
fn is_private(name: &str, value: &Value) -> bool {
    let others = OTHERWISE.iter().filter(|(_, field)| is_private_name(field)).map(|(other, _)| *other);
    is_private_name(name)
        || nearest(name, &mut personal_names().chain(SECRET).chain(others)).is_some()
        || match value {
            Value::Object(members) => members.iter().any(|(name, value)| is_private(name, value)),
            Value::Array(list) => list.iter().any(|value| is_private("", value)),
            _ => false,
        }
}
