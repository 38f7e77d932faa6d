//! The vocabulary: amounts, customs codes, states.

mod code;
mod customs;
mod fen;
mod personal;

pub use code::{CertificateCheckResult, OrderType, State, VerifyDepartment};
pub use customs::{CustomsCode, Place, Standing};
pub use fen::{Count, Fen, Limit};
pub use personal::Personal;
pub(crate) use personal::{Wiped, wipe};

use serde_json::{Map, Value};

/// JSON text as this library writes it: no blanks, text as UTF-8.
pub(crate) fn json_text(value: &Value) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Takes a member's value; null if there is none.
///
/// The member stays, as null: in WASM, how trees of members shrink would be compiled for nothing else.
pub(crate) fn take(members: &mut Map<String, Value>, name: &str) -> Value {
    members.get_mut(name).map(Value::take).unwrap_or_default()
}

/// Lets go of all members but these, as [`take`] without how trees shrink.
pub(crate) fn keep(members: &mut Map<String, Value>, kept: fn(&str, &Value) -> bool) {
    if members.iter().all(|(name, value)| kept(name, value)) {
        return;
    }
    for (name, value) in std::mem::take(members) {
        if kept(&name, &value) {
            members.insert(name, value);
        }
    }
}

/// An object of these members, whose values are taken out.
pub(crate) fn object(members: &mut [(&str, Value)]) -> Value {
    let mut object = Map::new();
    for (name, value) in members {
        object.insert((*name).to_owned(), value.take());
    }
    Value::Object(object)
}
