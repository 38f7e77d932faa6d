//! Reads documented fields in their documented shape.

use serde_json::Map;
use serde_json::Value;

use crate::{
    base::json::{retain, take},
    words::field::{Field, Kind, Need},
};

/// Puts documented fields into their documented shape; a null counts as missing.
pub(crate) fn read(table: &[Field], given: &mut Map<String, Value>, at: &str) -> Result<(), String> {
    for field in table {
        let other = field.also.map(|also| take(given, also)).unwrap_or_default();
        if !other.is_null() && given.get(field.name).is_none_or(Value::is_null) {
            given.insert(field.name.to_owned(), other);
        }
    }
    retain(given, |_, value| !value.is_null());
    for field in table {
        let pointer = || format!("{at}/{}", field.name);
        let wrong = |wanted: &str| Err(format!("holds `{}`, which is not {wanted}", pointer()));
        match (field.kind, given.get_mut(field.name)) {
            (Kind::Records(..), None) => {
                given.insert(field.name.to_owned(), Value::Array(Vec::new()));
            }
            (_, None) if field.need == Need::Required => return Err(format!("lacks `{}`", pointer())),
            (_, None) => {}
            // U+FFFD replaces bytes that are not UTF-8.
            (_, Some(Value::String(text))) if text.contains('\u{FFFD}') => return wrong("text in UTF-8"),
            (Kind::Text | Kind::Personal, Some(Value::String(_))) => {}
            (Kind::Code(known), Some(Value::String(text))) => {
                // Words have been seen in odd letter case.
                if let Some(word) = known.iter().find(|word| word.eq_ignore_ascii_case(text) && *word != text) {
                    *text = (*word).to_owned();
                }
            }
            (Kind::Text | Kind::Personal | Kind::Code(_), Some(_)) => return wrong("text"),
            (Kind::Fen, Some(fen)) if fen.as_i64().is_some_and(|fen| i32::try_from(fen).is_ok()) => {}
            (Kind::Fen, Some(_)) => return wrong("a whole number of fen"),
            (Kind::Count(_), Some(count)) if count.as_u64().is_some_and(|count| u32::try_from(count).is_ok()) => {}
            (Kind::Count(_), Some(_)) => return wrong("a whole number"),
            (Kind::Records(_, table), Some(Value::Array(records))) => {
                for (index, record) in records.iter_mut().enumerate() {
                    let Value::Object(record) = record else { return wrong("a list of objects") };
                    read(table, record, &format!("{}/{index}", pointer()))?;
                }
            }
            (Kind::Records(..), Some(_)) => return wrong("a list"),
        }
    }
    Ok(())
}
