//! What the bindings of other languages call: data in, data out.
//!
//! Bindings convert values, forward them here and raise what comes back; the compiled ones know no operation and no
//! function by name.
//! A value that JSON cannot express, such as a BigInt or a Decimal, travels as the map `{"$type": "a BigInt"}`, so that
//! it ends as a finding and not as an error of the conversion.

//!
//! It is the only floor that knows how host languages write things, and may use every other floor but [`crate::client`]. Begin
//! with [`call`], [`account`], [`engine`] and [`step`].

mod calls;
mod events;
mod functions;
mod messages;
mod options;
#[cfg(feature = "schema")]
pub mod schema;

pub use functions::{Answer, account, call, engine, error, step};
pub use messages::explain_value;
