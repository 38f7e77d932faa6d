//! The vocabulary: operations and their fields, amounts, customs codes, states, rules, findings and errors.
//!
//! It knows WeChat Pay's names for things, and nothing of how they travel. It may use [`crate::base`] alone. Begin with
//! [`operation`], the list of all calls, and [`field`], the table that describes a request or an answer.

pub mod catalogue;
pub mod choice;
pub mod code;
pub mod customs;
pub mod error;
pub mod fen;
pub mod field;
pub mod finding;
pub mod operation;
pub mod personal;
pub mod rules;
