//! Reading the merchant's private key, and the platform keys that answers are verified with.

mod certificate_list;
mod platform_keys;
mod private_key;

pub(crate) use certificate_list::{api_v3_key, decrypted};
pub use platform_keys::{PlatformKey, PlatformKeys};
pub use private_key::PrivateKey;

use pkcs8::{ObjectIdentifier, der::asn1::UintRef};

/// rsaEncryption (RFC 8017).
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// WeChat Pay's keys have 2048 bits; shorter ones are not taken.
const MIN_BITS: usize = 2048;

/// The length of a modulus in bits.
fn bits(modulus: UintRef<'_>) -> usize {
    let bytes = modulus.as_bytes();
    let leading = bytes.first().map_or(0, |byte| byte.leading_zeros() as usize);
    (bytes.len() * 8).saturating_sub(leading)
}

/// The label of a PEM text, such as `PRIVATE KEY`.
fn pem_label(text: &str) -> Option<&str> {
    pkcs8::der::pem::decode_label(text.as_bytes()).ok()
}
