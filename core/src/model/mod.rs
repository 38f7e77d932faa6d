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

/// An object of these members, whose values are taken out.
pub(crate) fn object(members: &mut [(&str, Value)]) -> Value {
    let mut object = Map::new();
    for (name, value) in members {
        object.insert((*name).to_owned(), value.take());
    }
    Value::Object(object)
}
