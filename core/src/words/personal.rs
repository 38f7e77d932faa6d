//! A person's name or ID number.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use zeroize::Zeroizing;

use crate::words::field::{FieldType, Kind};

/// A person's name or ID number: `Debug` never shows it, and it is wiped from memory when dropped.
///
/// Give it in plain text; it is encrypted for WeChat Pay when the request is built.
#[derive(Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
pub struct Personal(#[cfg_attr(feature = "schema", schemars(with = "String"))] Zeroizing<String>);

impl Personal {
    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Personal {
    fn from(text: &str) -> Self {
        Personal(Zeroizing::new(text.to_owned()))
    }
}

impl From<String> for Personal {
    fn from(text: String) -> Self {
        Personal(Zeroizing::new(text))
    }
}

impl<'de> Deserialize<'de> for Personal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Replaces the error for another type, because that quotes the value that was given.
        Zeroizing::deserialize(deserializer).map(Personal).map_err(|_| D::Error::custom("a person's data must be text"))
    }
}

impl fmt::Debug for Personal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

impl FieldType for Personal {
    const KIND: Kind = Kind::Personal;
}
