//! Masks personal data that the service quotes in its refusals.

use std::{fmt, mem};

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::api::OTHERWISE;
use crate::{
    base::nearest::{nearest, squeezed},
    words::{
        catalogue::is_documented,
        field::{Field, Kind},
        operation::Operation,
    },
};

const MASK: &str = "***";

/// The names of a refusal's own members, which stay as they are even if a person's data is spelt the same.
const DOCUMENTED: [&str; 13] = [
    "code",
    "return_code",
    "message",
    "detail",
    "field",
    "value",
    "issue",
    "location",
    "sign_information",
    "method",
    "url",
    "truncated_sign_message",
    "sign_message_length",
];

/// Values shorter than this may be part of any word, so they are masked only where they stand alone.
const SHORT: usize = 8;

/// Finds one text in another, from an offset on.
fn find(text: &str, hidden: &str, from: usize) -> Option<usize> {
    let (text, hidden) = (text.as_bytes(), hidden.as_bytes());
    let is_letter = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let whole = |at: usize| {
        let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + hidden.len()..).unwrap_or_default());
        // The letters that end an escape in a URL, or in JSON within a text, do not belong to a word.
        let escape = match before {
            [.., b'%', one, other] => one.is_ascii_hexdigit() && other.is_ascii_hexdigit(),
            [.., b'\\', _] => true,
            _ => false,
        };
        let begins = !is_letter(hidden.first()) || !is_letter(before.last()) || escape;
        begins && !(is_letter(hidden.last()) && is_letter(after.first()))
    };
    let fits = |at: &usize| {
        let found = text.get(*at..*at + hidden.len()).is_some_and(|part| part.eq_ignore_ascii_case(hidden));
        found && (hidden.len() >= SHORT || whole(*at))
    };
    (from..text.len()).find(fits)
}

/// Is it a documented word, such as a code, which reveals nothing of a person?
fn is_word(name: &str, value: &Value) -> bool {
    let known = |word: &str| match name {
        "code" | "return_code" => is_documented(word),
        "location" => ["body", "url", "query", "header", "authorization"].contains(&word),
        "method" => ["GET", "POST", "PATCH"].contains(&word),
        _ => false,
    };
    value.as_str().is_some_and(known)
}

/// A person's data in one request, in the spellings that an answer may quote.
#[derive(Clone, Default)]
pub(crate) struct Hidden(Vec<Zeroizing<String>>);

impl fmt::Debug for Hidden {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MASK)
    }
}

impl Hidden {
    /// Collects the personal values of a request; a name that is not in the table may be a misspelt personal one.
    pub fn of(table: &[Field], request: &Map<String, Value>) -> Hidden {
        let mut hidden = Hidden::default();
        for (name, value) in request {
            let known = table.iter().find(|field| field.name == name);
            if known.map_or_else(|| is_private_name(name), |field| field.kind == Kind::Personal) {
                hidden.add(value);
            }
        }
        hidden
    }

    fn add(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.add_text(text),
            Value::Number(number) => self.add_text(&number.to_string()),
            Value::Array(list) => list.iter().for_each(|value| self.add(value)),
            Value::Object(members) => members.values().for_each(|value| self.add(value)),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn add_text(&mut self, text: &str) {
        let text = text.trim();
        // A single letter reveals nothing of a person, and occurs in every text.
        if text.chars().nth(1).is_none() {
            return;
        }
        // The text as given, then as JSON within a text escapes it.
        self.0.push(Zeroizing::new(text.to_owned()));
        if text.is_ascii() {
            return;
        }
        let mut escaped = Zeroizing::new(String::with_capacity(6 * text.len()));
        for character in text.chars() {
            match character.is_ascii() {
                true => escaped.push(character),
                false => character.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                    escaped.push_str(&format!("\\u{unit:04x}"));
                }),
            }
        }
        self.0.push(escaped);
    }

    /// Masks a person's data in a text, whatever its letter case.
    pub fn in_text(&self, text: &mut String) {
        for hidden in &self.0 {
            let mut from = 0;
            while let Some(at) = find(text, hidden, from) {
                text.replace_range(at..at + hidden.len(), MASK);
                from = at + MASK.len();
            }
        }
    }

    /// Returns a text with a person's data masked.
    pub fn masked(&self, text: &str) -> String {
        let mut text = text.to_owned();
        self.in_text(&mut text);
        text
    }

    /// Masks a person's data at any depth, and every value whose name is that of a personal field.
    pub fn in_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.in_text(text),
            Value::Number(number) => {
                let mut text = number.to_string();
                self.in_text(&mut text);
                if text.contains(MASK) {
                    *value = MASK.into();
                }
            }
            Value::Array(list) => list.iter_mut().for_each(|value| self.in_value(value)),
            Value::Object(members) => {
                // Such as `{"field": "/certificate_id", "value": …}`.
                let about_private = members.get("field").and_then(Value::as_str).is_some_and(is_private_name);
                for (mut name, mut value) in mem::take(members) {
                    match is_private_name(&name) || (about_private && name == "value") {
                        true => value = MASK.into(),
                        false if is_word(&name, &value) => {}
                        false => self.in_value(&mut value),
                    }
                    if !DOCUMENTED.contains(&name.as_str()) {
                        self.in_text(&mut name);
                    }
                    members.insert(name, value);
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }
}

/// Secret options, which callers may give by mistake in the place of fields.
const SECRET: [&str; 2] = ["private_key", "api_v3_key"];

/// The names of the personal fields of all operations.
pub(crate) fn personal_names() -> impl Iterator<Item = &'static str> {
    let fields = Operation::ALL.iter().flat_map(|operation| operation.request_fields());
    fields.filter(|field| field.kind == Kind::Personal).map(|field| field.name)
}

/// Is this the name, more or less, of a field whose value is hidden?
pub(crate) fn is_private_name(name: &str) -> bool {
    let given = squeezed(name);
    // The known names contain nothing but underscores to squeeze out.
    let begins = |from: &[u8], private: &str| {
        let mut from = from.iter();
        private.bytes().filter(|letter| *letter != b'_').all(|letter| from.next() == Some(&letter))
    };
    let given = given.as_bytes();
    personal_names()
        .chain(SECRET)
        .any(|private| (0..given.len()).any(|at| begins(given.get(at..).unwrap_or_default(), private)))
}

/// Must a value be hidden: because of its name, of the name that was meant, or of a name within it?
pub(crate) fn is_private(name: &str, value: &Value) -> bool {
    let others = OTHERWISE.iter().filter(|(_, field)| is_private_name(field)).map(|(other, _)| *other);
    is_private_name(name)
        || nearest(name, &mut personal_names().chain(SECRET).chain(others)).is_some()
        || match value {
            Value::Object(members) => members.iter().any(|(name, value)| is_private(name, value)),
            Value::Array(list) => list.iter().any(|value| is_private("", value)),
            _ => false,
        }
}
