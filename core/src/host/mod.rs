//! The functions that the bindings of other languages call: data in, data out.
//!
//! Bindings convert values, forward them here and raise the errors that come back; the compiled ones know neither
//! operations nor functions by name. A value that JSON cannot express, such as a BigInt or a Decimal, travels as the map
//! `{"$type": "a BigInt"}`, so that it becomes a finding and not a conversion error.
//!
//! Only this floor knows how host languages write things. It may use every other floor but [`crate::client`]. Begin with
//! [`call`], [`account`], [`engine`] and [`step`].

mod calls;
mod events;
mod functions;
mod life;
mod messages;
mod options;
#[cfg(feature = "schema")]
pub mod schema;

pub use functions::{Answer, account, call, engine, error, step};
pub use messages::explain_value;
