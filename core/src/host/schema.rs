//! JSON Schemas of the data that travels, from which the types of other languages are generated.
//!
//! Requests, answers, findings, errors, explanations, and an engine's events and actions implement [`schemars::JsonSchema`]
//! where they are defined. Here are the types of fields that are plain text in Rust although a table of the core lists
//! their words.

use std::{borrow::Cow, collections::BTreeMap};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::{
    protocol::{
        explain::{CAUSES, REQUEST_CHECKS, RESPONSE_CHECKS},
        life,
    },
    words::{
        catalogue::{CODE_ADVICE, ENTRIES, MAINLAND},
        error::CODES,
        operation::Operation,
        rules,
    },
};

/// The schema of one word, with its meaning.
fn word(word: &str, about: &str) -> Value {
    match about.trim() {
        "" => json!({ "const": word }),
        about => json!({ "const": word, "description": about }),
    }
}

/// The schema of a text that is one of these words.
fn closed<'a>(about: &str, words: impl IntoIterator<Item = (&'a str, &'a str)>) -> Schema {
    let words: Vec<Value> = words.into_iter().map(|(name, about)| word(name, about)).collect();
    json_schema!({ "description": about.trim(), "oneOf": words })
}

/// The schema of a text that is one of these words, or any other.
pub(crate) fn open(about: &str, words: &[(&str, &str)]) -> Schema {
    let words = words.iter().map(|(name, about)| word(name, about));
    let words: Vec<Value> = words.chain([json!({ "type": "string" })]).collect();
    json_schema!({ "description": about.trim(), "anyOf": words })
}

/// Removes repeated words, and gives them no meaning.
fn bare<'a>(words: impl IntoIterator<Item = &'a str>) -> BTreeMap<&'a str, &'a str> {
    words.into_iter().map(|word| (word, "")).collect()
}

macro_rules! words {
    ($($(#[doc = $about:literal])+ $Name:ident: $words:expr;)+) => {
        $(
            $(#[doc = $about])+
            pub enum $Name {}

            impl JsonSchema for $Name {
                fn schema_name() -> Cow<'static, str> {
                    stringify!($Name).into()
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    closed(concat!($($about),+), $words)
                }
            }
        )+
    };
}

words! {
    /// A rule's stable name.
    RuleName: rules::ALL.iter().map(|rule| (rule.name, rule.about));
    /// The name of a remark about an answer.
    RemarkName: rules::REMARKS.iter().copied();
    /// This library's own codes.
    OwnCode: CODES.iter().map(|code| (code.name, code.about));
    /// The service's documented codes, normalised.
    ServiceCode: bare(ENTRIES.iter().map(|entry| entry.code).chain(CODE_ADVICE.iter().map(|(code, _)| *code)));
    /// The catalogue's names of documented refusals.
    Reason: ENTRIES.iter().map(|entry| (entry.reason, entry.cause().en))
        .chain(MAINLAND.iter().map(|entry| (entry.reason, entry.cause.en)))
        .collect::<BTreeMap<_, _>>();
    /// The name of a check of `explain`.
    CheckName: bare(REQUEST_CHECKS.iter().chain(RESPONSE_CHECKS).copied());
    /// A step in the life of a declaration.
    StepName: life::Step::ALL.iter().map(|(step, about)| (step.as_str(), *about));
    /// The stable name of the reason for a step.
    StepReason: life::Reason::ALL.iter().map(|reason| (reason.name(), reason.about()));
    /// The cause of a signature that does not verify.
    CauseName: bare(CAUSES.iter().copied());
}

/// One of these types, and with `or text` any other text.
macro_rules! either {
    ($($(#[$doc:meta])+ $Name:ident: $($Type:ty),+ $(; or $text:literal)?;)+) => {
        $(
            $(#[$doc])+
            pub enum $Name {}

            impl JsonSchema for $Name {
                fn schema_name() -> Cow<'static, str> {
                    stringify!($Name).into()
                }

                fn inline_schema() -> bool {
                    true
                }

                fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                    json_schema!({
                        "anyOf": [$(generator.subschema_for::<$Type>(),)+ $(json!({ "type": $text }))?],
                    })
                }
            }
        )+
    };
}

either! {
    /// The name of a finding: a rule, or a remark about an answer.
    FindingName: RuleName, RemarkName;
    /// The code of an error; the service may send others than the documented ones.
    ErrorCode: OwnCode, ServiceCode; or "string";
}

impl JsonSchema for Operation {
    fn schema_name() -> Cow<'static, str> {
        "Operation".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        closed(
            "A call of the customs API.",
            Operation::ALL.iter().map(|operation| (operation.name(), operation.about())),
        )
    }
}

/// Bytes, in the host language's own type.
pub enum Bytes {}

impl JsonSchema for Bytes {
    fn schema_name() -> Cow<'static, str> {
        "Bytes".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "format": "bytes", "items": { "type": "integer", "minimum": 0, "maximum": 255 } })
    }
}

/// A span of time in milliseconds; Python's surface gives it in seconds.
pub enum Milliseconds {}

impl JsonSchema for Milliseconds {
    fn schema_name() -> Cow<'static, str> {
        "Milliseconds".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "format": "milliseconds", "minimum": 0 })
    }
}
