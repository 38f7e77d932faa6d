//! A person's data in what the service says of a request: it quotes what it refuses, and that is not handed on.

use std::{fmt, mem};

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::{
    api::{Field, Kind},
    check::is_private_name,
};

const MASK: &str = "***";

/// A person's data in one request, spelt as an answer may quote it.
#[derive(Clone, Default)]
pub(crate) struct Hidden(Vec<Zeroizing<String>>);

impl fmt::Debug for Hidden {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MASK)
    }
}

impl Hidden {
    /// Those of a request of which nothing is known.
    pub fn of(request: &Value) -> Hidden {
        let mut hidden = Hidden::default();
        for (name, value) in request.as_object().into_iter().flatten() {
            if is_private_name(name) {
                hidden.add(value);
            }
        }
        hidden
    }

    /// Those of fields that were checked.
    pub fn of_fields(table: &[Field], fields: &Map<String, Value>) -> Hidden {
        let mut hidden = Hidden::default();
        let personal = table.iter().filter(|field| field.kind == Kind::Personal);
        personal.filter_map(|field| fields.get(field.name)).for_each(|value| hidden.add(value));
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
        // A single letter tells nothing of a person, and is in every text.
        if text.chars().nth(1).is_none() {
            return;
        }
        // As given; as sent, with a capital X; and in JSON that stands in a text.
        self.0.push(Zeroizing::new(text.to_owned()));
        self.0.push(Zeroizing::new(text.to_ascii_uppercase()));
        for upper in [false, true] {
            let mut escaped = Zeroizing::new(String::with_capacity(6 * text.len()));
            for character in text.chars() {
                match character.is_ascii() {
                    true => escaped.push(character),
                    false => character.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                        escaped.push_str(&if upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") });
                    }),
                }
            }
            self.0.push(escaped);
        }
    }

    /// Masks a person's data in a text.
    pub fn in_text(&self, text: &mut String) {
        for hidden in &self.0 {
            if text.contains(hidden.as_str()) {
                *text = text.replace(hidden.as_str(), MASK);
            }
        }
    }

    /// Masks a person's data at any depth, and what is theirs by its name.
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
                // As in `{"field": "/certificate_id", "value": …}`.
                let about_private = members.get("field").and_then(Value::as_str).is_some_and(is_private_name);
                for (mut name, mut value) in mem::take(members) {
                    match is_private_name(&name) || (about_private && name == "value") {
                        true => value = MASK.into(),
                        false => self.in_value(&mut value),
                    }
                    self.in_text(&mut name);
                    members.insert(name, value);
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }
}
