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

    /// Converts an amount in another currency, with its coupon, at the order's own rate (CNY for one unit); decimals beyond
    /// a fen are cut off, not rounded.
    ///
    /// All are decimal texts, such as `12.34`. Inferred from what merchants report: an order paid in a foreign currency is
    /// declared in CNY at the rate of the order, paid and coupon together.
    ///
    /// # Errors
    /// A finding for any other text, and for more than 21474836.47 yuan.
    pub fn from_foreign(amount: &str, rate: &str, coupon: Option<&str>) -> Result<Fen, Finding> {
        let finding = |field: &str, value: &str, rule: &rules::Rule, issue: &str| Finding {
            rule: rule.name,
            severity: Severity::Error,
            field: field.to_owned(),
            value: value.into(),
            issue: issue.to_owned(),
            location: Location::Argument,
        };
        let read = |field: &str, text: &str| {
            decimal(text).ok_or_else(|| {
                let issue =
                    "must be a decimal text with at most 9 digits before its point and 9 after it, such as 12.34";
                finding(field, text, &rules::TYPE, issue)
            })
        };
        let ((amount, more), (rate, parts)) = (read("amount", amount)?, read("rate", rate)?);
        let (coupon, rest) = coupon.map_or(Ok((0, 0)), |coupon| read("coupon", coupon))?;
        let (amount, more) = (amount + coupon + (more + rest) / UNIT, (more + rest) % UNIT);
        // Without 128 bits: what is cut off is cut off in each step alike, because every division is by a power of ten.
        let small = amount * parts + more * rate + more * parts / UNIT;
        let fen = (amount * rate).checked_mul(100).and_then(|fen| fen.checked_add(small / (UNIT / 100)));
        let fen = fen.and_then(|fen| i32::try_from(fen).ok());
        fen.map(Fen).ok_or_else(|| finding("amount", "", &rules::RANGE, "must come to at most 21474836.47 yuan"))
    }

    /// The amount in yuan with two decimals, such as `8.88`.
    pub fn to_yuan(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        format!("{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

/// The billionths in one.
const UNIT: u64 = 1_000_000_000;

/// Reads a decimal text: what stands before its point, and the billionths after it.
fn decimal(text: &str) -> Option<(u64, u64)> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(decimals) {
        return None;
    }
    whole.parse().ok().zip(format!("{decimals:0<9}").parse().ok())
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
