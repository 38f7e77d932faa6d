//! Writes the fields of a request as they are sent: in a query string, or as JSON.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::{
    base::json::json_text,
    words::{
        error::{Error, INVALID_FIELDS},
        field::Field,
    },
};

/// The JSON body with the fields in documented order.
pub(super) fn json_body(table: &[Field], fields: &Map<String, Value>) -> Result<String, Error> {
    serde_json::to_string(&InOrder(table, fields))
        .map_err(|_| Error::new(INVALID_FIELDS, "the request cannot be written as JSON"))
}

/// Writes fields in documented order.
struct InOrder<'a>(&'a [Field], &'a Map<String, Value>);

impl Serialize for InOrder<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(in_order(self.0, self.1))
    }
}

/// All characters but the unreserved ones of RFC 3986.
pub(crate) const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The query string with the fields in documented order.
pub(super) fn query_string(table: &[Field], fields: &Map<String, Value>) -> String {
    let pairs: Vec<String> = in_order(table, fields)
        .map(|(name, value)| {
            let text = match value {
                Value::String(text) => text.clone(),
                other => json_text(other),
            };
            format!("{name}={}", utf8_percent_encode(&text, ENCODED))
        })
        .collect();
    pairs.join("&")
}

fn in_order<'a>(table: &'a [Field], fields: &'a Map<String, Value>) -> impl Iterator<Item = (&'static str, &'a Value)> {
    table.iter().filter_map(|field| fields.get(field.name).map(|value| (field.name, value)))
}
