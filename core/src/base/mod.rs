//! The ground floor: JSON, DER, texts and secrets.
//!
//! It knows nothing of WeChat Pay and imports nothing from the other floors. Begin with [`secret`], which holds every type
//! that is wiped from memory.

pub(crate) mod der;
pub(crate) mod json;
pub(crate) mod lenient;
pub(crate) mod nearest;
pub mod secret;
pub(crate) mod text;
