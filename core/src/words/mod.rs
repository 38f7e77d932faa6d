//! The vocabulary: operations and their fields, amounts, customs codes, states, rules, findings and errors.
//!
//! It knows what WeChat Pay calls things, and nothing of how they travel. It may use [`crate::base`] alone. Begin with
//! [`operation`], the list of all calls, and [`field`], the table of which a request or an answer is made.

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
