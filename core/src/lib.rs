//! WeChat Pay customs declarations: build, check and sign requests; verify and parse responses.
//!
//! Everything outside [`client`] is pure: no socket, clock, randomness, file or environment. Time,
//! seeds and nonces are arguments. [`engine::Engine`] decides the course of one call; a driver such
//! as [`client::Client`] only carries out the actions that it is told.
//!
//! This is not an official WeChat Pay product.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::unreachable,
        clippy::todo
    )
)]

pub mod api;
pub mod catalogue;
pub mod check;
#[cfg(feature = "client")]
pub mod client;
mod clock;
pub mod crypto;
pub mod customs_message;
pub mod encryption;
pub mod engine;
pub mod error;
pub mod explain;
mod hiding;
pub mod host;
mod json;
pub mod keys;
mod lenient;
pub mod message;
pub mod model;
mod nearest;
pub mod options;
pub mod pages;
pub mod request;
pub mod response;
#[cfg(feature = "schema")]
pub mod schema;

pub use api::Operation;
pub use check::{Finding, Severity, check};
pub use error::{Error, ErrorKind};
pub use options::Options;
