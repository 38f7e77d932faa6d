use std::fmt;

use serde::{Deserialize, Serialize};

use crate::api::{FieldType, Kind};

/// An amount in fen, the hundredth part of a yuan.
///
/// WeChat Pay wants "a valid 32-bit signed integer"; there is no way to put a fraction in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fen(pub i32);

impl Fen {
    /// The amount in yuan with two decimals, such as `8.88`.
    pub fn to_yuan(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        format!("{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

impl fmt::Display for Fen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} fen", self.0)
    }
}

impl FieldType for Fen {
    const KIND: Kind = Kind::Fen;
}

/// How many records to give at most: 1 or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Limit(pub u32);

impl FieldType for Limit {
    const KIND: Kind = Kind::Count(1);
}

/// A number of records: 0 or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Count(pub u32);

impl FieldType for Count {
    const KIND: Kind = Kind::Count(0);
}
