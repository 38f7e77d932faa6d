//! Turns bytes into an answer: [`Received`], then [`Verified`]. Only a verified signature leads from one to the other.

mod echoes;
mod examined;
mod read;
mod received;
mod refusal;
mod sign_error;
mod signature;
mod verified;

pub(crate) use echoes::IDS;
pub(crate) use read::read;
pub(crate) use received::Examined;
#[cfg(all(feature = "client", target_arch = "wasm32"))]
pub(crate) use received::REDIRECTED;
pub use received::{MAX_BODY, Received};
pub(crate) use refusal::is_repeated;
pub(crate) use sign_error::SignError;
pub(crate) use signature::{SIGNATURE_HEADERS, decoded, probe, seconds, signature_headers, stamp, unknown_serial};
pub use verified::Verified;
