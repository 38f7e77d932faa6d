//! Amounts in fen, and counts of records.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::words::{
    field::{FieldType, Kind},
    finding::{Finding, Location, Severity},
    rules,
};

/// An amount in fen, the hundredth part of a yuan.
///
/// WeChat Pay wants "a valid 32-bit signed integer", so fractions of a fen cannot be expressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
pub struct Fen(#[cfg_attr(feature = "schema", schemars(range(min = 0)))] pub i32);

impl Fen {
    /// Reads an amount in yuan, such as `8.88`: digits, and at most two decimals.
    ///
    /// # Errors
    /// A finding for any other text; further decimals are never rounded away.
    pub fn from_yuan(text: &str) -> Result<Fen, Finding> {
        let finding = |rule: &rules::Rule, issue: String| Finding {
            rule: rule.name,
            severity: Severity::Error,
            field: "yuan".to_owned(),
            value: text.into(),
            issue,
            location: Location::Argument,
        };
        let wrong = || finding(&rules::TYPE, "must be digits with at most two decimals, such as 8.88".to_owned());
        let (yuan, decimals) = text.split_once('.').unwrap_or((text, "00"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(yuan) || !digits(decimals) {
            return Err(wrong());
        }
        if decimals.len() > 2 {
            let issue = format!("has {} decimals; a fen is the smallest amount, so there are two", decimals.len());
            return Err(finding(&rules::TYPE, issue));
        }
        let fen = yuan.parse::<i32>().ok().zip(format!("{decimals:0<2}").parse::<i32>().ok());
        fen.and_then(|(yuan, fen)| yuan.checked_mul(100)?.checked_add(fen))
            .map(Fen)
            .ok_or_else(|| finding(&rules::RANGE, "must be at most 21474836.47 yuan".to_owned()))
    }

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

/// The most records to return: 1 or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
pub struct Limit(#[cfg_attr(feature = "schema", schemars(range(min = 1)))] pub u32);

impl FieldType for Limit {
    const KIND: Kind = Kind::Count(1);
}

/// A number of records: 0 or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
pub struct Count(pub u32);

impl FieldType for Count {
    const KIND: Kind = Kind::Count(0);
}
