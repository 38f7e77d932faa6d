//! Reading the merchant's private key, and the platform keys that answers are verified with.

mod asn1;
mod certificate;
mod certificate_list;
mod crypto_key;
mod pbes2;
mod platform_keys;
mod private_key;
mod spelling;
mod trust;

pub(crate) use asn1::{PrivateNumbers, PublicNumbers};
pub use certificate::Certificate;
pub(crate) use certificate_list::{Listed, api_v3_key, listed};
pub(crate) use crypto_key::require_signing_key;
pub(crate) use platform_keys::{PUBLIC_KEY_PAGE, names_public_key};
pub use platform_keys::{PlatformKey, PlatformKeys};
pub use private_key::PrivateKey;
pub(crate) use trust::{Refresh, Trust, next_download};

/// Timestamps and certificates are judged with clocks that may be this far apart, in seconds.
pub(crate) const FRESH_S: i64 = 300;

/// WeChat Pay's keys have 2048 bits; shorter ones are not taken.
const MIN_BITS: usize = 2048;

/// Makes sure that a modulus is long enough.
///
/// # Errors
/// How long it is, in words.
fn bits(modulus: &[u8]) -> Result<(), String> {
    let leading = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
    enough((modulus.len() * 8).saturating_sub(leading))
}

fn enough(bits: usize) -> Result<(), String> {
    match bits < MIN_BITS {
        true => Err(format!("has {bits} bits; WeChat Pay's keys have {MIN_BITS}")),
        false => Ok(()),
    }
}
