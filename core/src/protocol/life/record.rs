//! A declaration as a query's record or an answer shows it.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    protocol::clock::rfc3339,
    words::{
        code::State,
        field::{Kind, Need},
        operation::Operation,
    },
};

/// The ids of a declaration that a request names and a record carries.
const IDS: [&str; 6] = ["appid", "mchid", "out_trade_no", "transaction_id", "sub_order_no", "customs"];
/// A request's name for the registration number, and a record's.
const REGISTRATION: (&str, &str) = ("merchant_customs_no", "mch_customs_no");

/// A field in which a record differs from what is wanted.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Difference {
    /// The field, as a modify names it.
    pub field: &'static str,
    /// The value that is wanted.
    pub wanted: Value,
    /// The value that the record has.
    pub found: Value,
}

/// The text in a member, unless it is empty.
pub(crate) fn text<'a>(of: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    of.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The value of a field, which a record may name otherwise than a request.
fn value<'a>(of: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let otherwise = if name == REGISTRATION.0 { REGISTRATION.1 } else { name };
    [of.get(name), of.get(otherwise)].into_iter().flatten().find(|value| !value.is_null())
}

/// Is it one part of a split payment?
pub(crate) fn is_part(of: &Map<String, Value>) -> bool {
    text(of, "sub_order_no").or_else(|| text(of, "sub_order_id")).is_some()
}

pub(crate) fn state(record: &Map<String, Value>) -> State {
    text(record, "state").unwrap_or_default().into()
}

/// The time of its last change (Unix seconds).
pub(crate) fn changed_at(record: &Map<String, Value>) -> Option<i64> {
    rfc3339(text(record, "modify_time")?)
}

/// Do both carry an id that differs?
pub(crate) fn conflicts(record: &Map<String, Value>, wanted: &Map<String, Value>) -> bool {
    IDS.into_iter().any(|name| {
        let both = text(record, name).zip(text(wanted, name));
        // Customs codes have been seen in odd letter case.
        both.is_some_and(|(came, sent)| came != sent && !(name == "customs" && came.eq_ignore_ascii_case(sent)))
    })
}

/// The fields in which a record differs from what is wanted, of those that a modify may change. A record that lacks one does
/// not differ in it.
pub(crate) fn differences(record: &Map<String, Value>, wanted: &Map<String, Value>) -> Vec<Difference> {
    let changeable = |name: &str, kind: Kind| kind == Kind::Fen || name == REGISTRATION.0;
    let fields = Operation::Modify.request_fields().iter().filter(|field| changeable(field.name, field.kind));
    let differs = fields.filter_map(|field| {
        let (wanted, found) = (value(wanted, field.name)?, value(record, field.name)?);
        (wanted != found).then(|| Difference { field: field.name, wanted: wanted.clone(), found: found.clone() })
    });
    differs.collect()
}

/// The fields of a request, from what is wanted and else from the record; `None` if an id that it needs is not known.
pub(crate) fn request(
    operation: Operation,
    wanted: Option<&Map<String, Value>>,
    record: Option<&Map<String, Value>>,
) -> Option<Map<String, Value>> {
    let mut fields = Map::new();
    for field in operation.request_fields() {
        // The amounts of a payment that is not split are its own, not the declaration's.
        let record = record.filter(|record| field.kind != Kind::Fen || is_part(record));
        let known = [wanted, record].into_iter().flatten().find_map(|known| value(known, field.name));
        match known {
            Some(known) if known != "" => drop(fields.insert(field.name.to_owned(), known.clone())),
            _ if field.need == Need::Required => return None,
            _ => {}
        }
    }
    let names_payment = fields.contains_key("out_trade_no") || fields.contains_key("transaction_id");
    names_payment.then_some(fields)
}

/// The record after an answered request: as it was, with what was sent, and with what came back.
pub(crate) fn changed(
    record: Option<Map<String, Value>>,
    sent: &Map<String, Value>,
    answer: &Map<String, Value>,
) -> Map<String, Value> {
    let mut record = record.unwrap_or_default();
    for name in ["state", "explanation", "modify_time"] {
        if let Some(value) = record.get_mut(name) {
            *value = Value::Null;
        }
    }
    for (name, value) in sent.iter().chain(answer).filter(|(_, value)| !value.is_null()) {
        let name = if name == REGISTRATION.0 { REGISTRATION.1 } else { name };
        record.insert(name.to_owned(), value.clone());
    }
    record
}
