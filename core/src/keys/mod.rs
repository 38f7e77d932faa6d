//! Reading the merchant's private key, and the platform keys that answers are verified with.

mod asn1;
mod certificate;
mod certificate_list;
#[cfg_attr(target_arch = "wasm32", path = "pbes2_wasm.rs")]
mod pbes2;
mod platform_keys;
mod private_key;
mod spelling;
mod trust;

pub(crate) use asn1::{PrivateNumbers, PublicNumbers};
pub use certificate::Certificate;
pub(crate) use certificate_list::{api_v3_key, decrypted};
pub use platform_keys::{PlatformKey, PlatformKeys};
pub use private_key::PrivateKey;
pub(crate) use trust::{Refresh, Trust};

/// Timestamps and certificates are judged with clocks that may be this far apart, in seconds.
pub(crate) const FRESH_S: i64 = 300;

/// Why an encrypted key did not open.
enum Unopened {
    /// One of its algorithms is not supported here.
    Unsupported,
    WrongPassword,
}

/// More work than any tool asks for to derive a key from a password would only keep the caller waiting: this takes a second.
const MOST_ROUNDS: u32 = 2_000_000;

/// Makes sure that a modulus is long enough.
///
/// # Errors
/// How long it is, in words.
fn bits(modulus: &[u8]) -> Result<(), String> {
    /// WeChat Pay's keys have 2048 bits; shorter ones are not taken.
    const MIN: usize = 2048;
    let leading = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
    match (modulus.len() * 8).saturating_sub(leading) {
        bits if bits < MIN => Err(format!("has {bits} bits; WeChat Pay's keys have {MIN}")),
        _ => Ok(()),
    }
}
