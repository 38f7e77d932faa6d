//! From bytes to an answer: [`Received`], then [`Verified`]. There is no way from the one to the other but a signature.

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
pub(crate) use sign_error::SignError;
pub(crate) use signature::{SIGNATURE_HEADERS, decoded, probe, seconds, signature_headers, stamp, unknown_serial};
pub use verified::Verified;
