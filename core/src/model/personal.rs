use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::api::{FieldType, Kind};

/// A person's name or ID number: no `Debug` shows it, and it is wiped from memory when dropped.
///
/// Give it plain; it is encrypted for WeChat Pay when the request is built.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Personal(Zeroizing<String>);

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

impl fmt::Debug for Personal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

impl FieldType for Personal {
    const KIND: Kind = Kind::Personal;
}
