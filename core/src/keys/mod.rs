//! Keys: reading the merchant's private key and WeChat Pay's platform keys, signing, verifying, encrypting.
//!
//! It may use [`crate::words`] and [`crate::base`]; it takes and returns bytes. Begin with [`PrivateKey`], [`PlatformKeys`]
//! and [`crypto`].

mod certificate;
mod certificate_list;
pub mod crypto;
mod crypto_key;
pub(crate) mod limits;
mod pbes2;
mod platform_keys;
mod private_key;
mod spelling;

pub use certificate::Certificate;
pub(crate) use certificate_list::{Listed, api_v3_key, listed};
pub(crate) use crypto_key::require_signing_key;
pub(crate) use platform_keys::{PUBLIC_KEY_PAGE, names_public_key};
pub use platform_keys::{PlatformKey, PlatformKeys};
pub use private_key::PrivateKey;
