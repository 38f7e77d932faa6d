//! The form of a request: its sound fields, a report on it, and the business rules that operations share.

use serde_json::{Map, Value};

use crate::{
    base::{
        json::{object, unsaid},
        nearest::nearest,
    },
    words::{
        code::OrderType,
        customs::{CustomsCode, Standing},
        field::{Field, Kind},
        finding::{Finding, Location},
        rules::{self, Rule, Rules},
    },
};

/// The fields that passed their own checks, for rules over several fields.
pub struct Fields<'a> {
    sound: Vec<(&'static str, &'a Value)>,
}

impl<'a> Fields<'a> {
    pub(crate) fn of(sound: Vec<(&'static str, &'a Value)>) -> Fields<'a> {
        Fields { sound }
    }

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
    location: Location,
    table: &'static [Field],
    /// Must a value be hidden because of its name, although that is not a field's name?
    is_private: fn(&str, &Value) -> bool,
    given: &'a Map<String, Value>,
    findings: Vec<Finding>,
}

impl<'a> Report<'a> {
    pub(crate) fn new(
        location: Location,
        table: &'static [Field],
        is_private: fn(&str, &Value) -> bool,
        rules: &'a Rules,
        given: &'a Map<String, Value>,
    ) -> Report<'a> {
        Report { rules, location, table, is_private, given, findings: Vec::new() }
    }

    pub(crate) fn findings(self) -> Vec<Finding> {
        self.findings
    }

    /// Adds a finding about a field, unless its rule is off.
    pub fn add(&mut self, rule: &Rule, field: &str, issue: impl Into<String>) {
        if let Some(severity) = self.rules.severity(rule) {
            self.findings.push(Finding {
                rule: rule.name,
                severity,
                field: if self.location == Location::Body { pointer(field) } else { field.to_owned() },
                value: match self.given.get(field) {
                    Some(value) if self.hides(field, value) => "***".into(),
                    given => given.map(shown).unwrap_or_default(),
                },
                issue: issue.into(),
                location: self.location,
            });
        }
    }

    fn field(&self, name: &str) -> Option<&'static Field> {
        self.table.iter().find(|known| known.name == name)
    }

    /// Must a value be hidden? A name that is not a field's may be misspelt or belong elsewhere.
    fn hides(&self, field: &str, value: &Value) -> bool {
        match self.field(field) {
            Some(known) if !matches!(value, Value::Object(_) | Value::Array(_)) => known.kind == Kind::Personal,
            _ => (self.is_private)(field, value),
        }
    }

    /// Was the field given at all, sound or not?
    pub fn given(&self, field: &str) -> bool {
        self.given.contains_key(field)
    }
}

/// The JSON Pointer (RFC 6901) to a member of the body; an empty one points to the body itself.
fn pointer(field: &str) -> String {
    match field {
        "" => String::new(),
        field => format!("/{}", field.replace('~', "~0").replace('/', "~1")),
    }
}

/// Shows a value as it was given, as far as JSON can express it.
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

/// Applies the rules for a single text, which follow from the field's name wherever it stands.
pub(super) fn text(field: &str, text: &str, report: &mut Report<'_>) {
    // Names may hold rare characters from outside the BMP; such characters begin with this byte or a higher one.
    if field != "certificate_name" && text.bytes().any(|byte| byte >= 0xF0) {
        report.add(
            &rules::OUTSIDE_BMP,
            field,
            "must not hold characters outside the Basic Multilingual Plane, such as emoji",
        );
    }
    if let Some(issue) = unusual(report.field(field).is_some_and(|known| known.kind == Kind::Personal), text) {
        report.add(&rules::UNUSUAL_CHARACTERS, field, issue);
    }
    match field {
        "mchid" if !digits(text, 10) => report.add(&rules::MCHID_DIGITS, field, "is usually 10 digits"),
        "transaction_id" if !digits(text, 28) => {
            report.add(&rules::TRANSACTION_ID_DIGITS, field, "is usually 28 digits")
        }
        "out_trade_no" if !order_characters(text) => {
            report.add(&rules::OUT_TRADE_NO_CHARACTERS, field, "must hold only digits, letters and _-|*@");
        }
        "sub_order_no" => {
            report.add(
                &rules::SPLIT_INSTITUTION_MODE,
                field,
                "splits an order: some pages allow that to institutions only",
            );
            if !order_characters(text) {
                report.add(&rules::SUB_ORDER_NO_CHARACTERS, field, "should hold only digits, letters and _-|*@");
            }
        }
        "certificate_type" if text != "IDCARD" => report.add(&rules::CERTIFICATE_TYPE_IDCARD, field, "must be IDCARD"),
        "certificate_id" if !check_digit_fits(text) => {
            report.add(
                &rules::IDENTITY_CHECK_DIGIT,
                field,
                "must be an ID number of 18 characters whose check digit fits",
            );
        }
        "fee_type" if text != "CNY" => report.add(&rules::FEE_TYPE_CNY, field, "must be CNY"),
        "order_type" if !OrderType::KNOWN.contains(&text) => {
            report.add(&rules::ORDER_TYPE_KNOWN, field, format!("must be one of {}", OrderType::KNOWN.join(", ")));
        }
        "customs" => match CustomsCode::from(text).place() {
            None => {
                let what = "is not a customs code that this version knows";
                let issue = match nearest(text, &mut CustomsCode::KNOWN.iter().copied()) {
                    Some(known) => format!("{what}; did you mean {known}?"),
                    None => what.to_owned(),
                };
                report.add(&rules::CUSTOMS_UNKNOWN, field, issue);
            }
            Some(place) if place.standing == Standing::Legacy => {
                report.add(&rules::CUSTOMS_LEGACY, field, format!("is a suspended or older code ({})", place.en));
            }
            Some(_) => {}
        },
        _ => {}
    }
}

/// Names something in a text that is invisible, or that looks like a usual character.
fn unusual(is_personal: bool, text: &str) -> Option<String> {
    if text.is_ascii() && !text.starts_with(' ') && !text.ends_with(' ') {
        return None;
    }
    if text.trim().is_empty() {
        return Some("holds nothing but blanks".to_owned());
    }
    let blank = |character: &char| character.is_whitespace();
    let end = text.chars().next().filter(blank).or(text.chars().next_back().filter(blank));
    if let Some(end) = end {
        return Some(format!("begins or ends with a blank (U+{:04X})", u32::from(end)));
    }
    text.chars().find_map(|character| {
        let code = u32::from(character);
        match code {
            0xAD | 0x180E | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0xFEFF => {
                Some(format!("holds an invisible character (U+{code:04X})"))
            }
            // Does not show the character: it may be a digit of a person's number.
            0xFF01..=0xFF5E if is_personal => Some("holds a full-width character".to_owned()),
            0xFF01..=0xFF5E => Some(format!("holds a full-width character (U+{code:04X})")),
            _ => None,
        }
    })
}

/// Applies the rules of a request that may be for one part of a split payment.
///
/// `parts` are the fields that such a request needs beside `sub_order_no`.
pub fn split_order(fields: &Fields<'_>, parts: &[&str], report: &mut Report<'_>) {
    let split = report.given("sub_order_no");
    for part in parts {
        match (split, fields.has(part)) {
            (true, false) if !report.given(part) => {
                report.add(&rules::SPLIT_FIELDS_INCOMPLETE, part, "is required when sub_order_no is given")
            }
            (false, true) => {
                report.add(&rules::SPLIT_WITHOUT_SUB_ORDER_NO, part, "has no effect unless sub_order_no is given")
            }
            _ => {}
        }
    }
    if let (Some(order), Some(transport), Some(product)) =
        (fields.number("order_fee"), fields.number("transport_fee"), fields.number("product_fee"))
        && order != transport + product
    {
        report.add(
            &rules::ORDER_FEE_SUM,
            "order_fee",
            format!("must be transport_fee + product_fee = {} fen", transport + product),
        );
    }
}

fn digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// ISO 7064 MOD 11-2 over the first 17 digits, as GB 11643 says.
fn check_digit_fits(text: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: &[u8; 11] = b"10X98765432";
    let Some((digits, [last])) = text.as_bytes().split_at_checked(17) else { return false };
    if !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    CHECKS.get((sum % 11) as usize) == Some(&last.to_ascii_uppercase())
}

fn order_characters(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-|*@".contains(&byte))
}
