//! The rules by name, and a caller's choices about them.

use crate::{
    base::nearest::nearest,
    words::{
        choice::FieldEncryption,
        error::{Error, INVALID_OPTION},
        finding::Severity,
    },
};

/// A rule that a request can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// Its stable name.
    pub name: &'static str,
    /// The rule in a sentence.
    #[cfg(feature = "schema")]
    pub about: &'static str,
    /// The severity at which it is reported unless the caller chooses otherwise.
    pub severity: Severity,
    /// Does it guard the integrity of the message? The level of such a rule cannot be changed.
    pub integrity: bool,
}

macro_rules! rules {
    ($($NAME:ident $name:literal $Severity:ident $integrity:literal $about:literal,)+) => {
        $(
            #[doc = $about]
            pub const $NAME: Rule = Rule {
                name: $name,
                #[cfg(feature = "schema")]
                about: $about,
                severity: Severity::$Severity,
                integrity: $integrity,
            };
        )+

        /// Every rule.
        pub const ALL: &[Rule] = &[$($NAME),+];
    };
}

rules! {
    REQUIRED "required" Error true "A required field must be given.",
    EMPTY "empty" Error true "A text must not be empty.",
    TYPE "type" Error true "A value must be of the documented type.",
    LENGTH "length" Error true "A text must not be longer than documented, counted in characters.",
    RANGE "range" Error true "A number must lie within the documented range.",
    CONTROL_CHARACTER "control_character" Error true "No control characters: they could forge a line of the signed message.",
    UNKNOWN_FIELD "unknown_field" Error true "Only documented fields are sent.",
    ALREADY_ENCRYPTED "already_encrypted" Error true "Personal fields are given plain; the library encrypts them.",
    DUPLICATE_FIELD "duplicate_field" Error true "A field is given once.",
    OUT_TRADE_NO_CHARACTERS "out_trade_no_characters" Error false "`out_trade_no` holds only digits, letters and `_-|*@`.",
    SPLIT_FIELDS_INCOMPLETE "split_fields_incomplete" Error false "A split order needs all its amounts, and on declare its currency.",
    ORDER_FEE_SUM "order_fee_sum" Error false "`order_fee` is `transport_fee` plus `product_fee`.",
    FEE_TYPE_CNY "fee_type_cny" Error false "`fee_type` is `CNY`.",
    OUTSIDE_BMP "outside_bmp" Error false "Characters outside the Basic Multilingual Plane are not taken.",
    ORDER_TYPE_KNOWN "order_type_known" Error false "`order_type` is one of the four documented words.",
    PAYMENT_ID_MISSING "payment_id_missing" Error false "A re-push names the payment by `out_trade_no` or `transaction_id` (prose of the redeclare page, 2025-01-07).",
    CERTIFICATE_TYPE_IDCARD "certificate_type_idcard" Error false "`certificate_type` is `IDCARD`.",
    IDENTITY_CHECK_DIGIT "identity_check_digit" Error false "`certificate_id` is a mainland ID number of 18 characters with a right check digit (GB 11643).",
    MCHID_DIGITS "mchid_digits" Warning false "The declare page says that `mchid` has 10 digits; nine-digit overseas ids exist.",
    TRANSACTION_ID_DIGITS "transaction_id_digits" Warning false "The declare page says that `transaction_id` has 28 digits.",
    CUSTOMS_UNKNOWN "customs_unknown" Warning false "`customs` is not in the known list.",
    CUSTOMS_LEGACY "customs_legacy" Warning false "`customs` is suspended, or an older spelling.",
    SUB_ORDER_NO_CHARACTERS "sub_order_no_characters" Warning false "`sub_order_no` is assumed to take the characters of `out_trade_no` (inferred).",
    SPLIT_WITHOUT_SUB_ORDER_NO "split_without_sub_order_no" Warning false "Split amounts have no effect without `sub_order_no`.",
    UNUSUAL_CHARACTERS "unusual_characters" Warning false "A text that begins or ends with a blank, or holds invisible or full-width characters, was most likely copied so by mistake.",
    SPLIT_INSTITUTION_MODE "split_institution_mode" Warning false "The Chinese pages of 2025 limit splits to institution mode; the English ones do not.",
}

/// The remark for an answer that names another order than the request.
pub(crate) const ID_ECHO: &str = "id_echo";
/// The remark for an error answer whose signature is wrong.
pub(crate) const ERROR_SIGNATURE: &str = "error_signature";
/// The remark for an accepted change whose answer says nothing of the record.
pub(crate) const EMPTY_ANSWER: &str = "empty_answer";

/// The remark for an answer that was lost and is made from the record.
pub(crate) const ANSWER_RECOVERED: &str = "answer_recovered";

/// The remark for a platform certificate in a list that cannot be used.
pub(crate) const CERTIFICATE_SKIPPED: &str = "certificate_skipped";

/// The remarks about an answer, each with its rule in a sentence.
#[cfg(feature = "schema")]
pub(crate) const REMARKS: &[(&str, &str)] = &[
    (ID_ECHO, "An answer should name the order that the request names."),
    (ERROR_SIGNATURE, "The signature of an error answer, where there is one, should be right."),
    (CERTIFICATE_SKIPPED, "A platform certificate in a list should be one that can be used."),
    (EMPTY_ANSWER, "An answer should say what became of the record."),
    (ANSWER_RECOVERED, "An answer should arrive; this one was lost, and is made from the record that a query brought."),
];

/// The level that a caller chooses for a business rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "RuleLevel", rename_all = "lowercase"))]
pub enum Level {
    /// Stops a request that breaks the rule.
    Error,
    /// Only reports a request that breaks the rule.
    Warning,
    /// Ignores the rule.
    Off,
}

/// The caller's choices about business rules, by rule name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    levels: Vec<(&'static str, Level)>,
    /// The most bytes that a personal field may have, because longer ones cannot be encrypted.
    pub(crate) longest_personal: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Rules { levels: Vec::new(), longest_personal: FieldEncryption::default().longest() }
    }
}

impl Rules {
    /// Chooses levels by rule name.
    ///
    /// # Errors
    /// `INVALID_OPTION` for an unknown name, and for an integrity rule.
    pub fn new<'a>(levels: impl IntoIterator<Item = (&'a str, Level)>) -> Result<Rules, Error> {
        let mut rules = Rules::default();
        for (name, level) in levels {
            let refused = |why: String| Error::new(INVALID_OPTION, format!("option `rules`: {why}"));
            let rule = ALL.iter().find(|rule| rule.name == name).ok_or_else(|| {
                let mut known = ALL.iter().filter(|rule| !rule.integrity).map(|rule| rule.name);
                refused(match nearest(name, &mut known) {
                    Some(known) => format!("no rule is named \"{name}\"; did you mean \"{known}\"?"),
                    None => format!("no rule is named \"{name}\""),
                })
            })?;
            if rule.integrity {
                return Err(refused(format!("`{name}` guards the integrity of the message and cannot be changed")));
            }
            rules.levels.retain(|(known, _)| *known != rule.name);
            rules.levels.push((rule.name, level));
        }
        Ok(rules)
    }

    /// The same rules for another encryption of personal fields.
    pub(crate) fn encrypting(mut self, scheme: FieldEncryption) -> Rules {
        self.longest_personal = scheme.longest();
        self
    }

    pub(crate) fn severity(&self, rule: &Rule) -> Option<Severity> {
        let level = self.levels.iter().find(|(name, _)| *name == rule.name).map(|(_, level)| level);
        match level {
            None => Some(rule.severity),
            Some(Level::Error) => Some(Severity::Error),
            Some(Level::Warning) => Some(Severity::Warning),
            Some(Level::Off) => None,
        }
    }
}
