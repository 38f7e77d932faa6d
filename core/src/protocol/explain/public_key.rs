use rsa::{
    BigUint, Pkcs1v15Sign,
    sha2::{Digest, Sha256},
};

use crate::base::der::{PrivateNumbers, PublicNumbers};

/// The public half of an RSA key.
pub(super) struct PublicKey {
    modulus: BigUint,
    exponent: BigUint,
}

/// A SHA-256 digest.
pub(super) type Hash = [u8; 32];

pub(super) fn hash(message: &[u8]) -> Hash {
    Sha256::digest(message).into()
}

impl PublicKey {
    pub(super) fn of_spki(der: &[u8]) -> Option<PublicKey> {
        PublicKey::new(PublicNumbers::of_spki(der)?)
    }

    pub(super) fn of_pkcs8(der: &[u8]) -> Option<PublicKey> {
        PublicKey::new(PrivateNumbers::of_pkcs8(der)?.public)
    }

    fn new(numbers: PublicNumbers<'_>) -> Option<PublicKey> {
        let (modulus, exponent) = (BigUint::from_bytes_be(numbers.modulus), BigUint::from_bytes_be(numbers.exponent));
        // Real keys have small exponents; a huge one would only take long.
        (modulus.bits() > 1024 && exponent.bits() <= 64).then_some(PublicKey { modulus, exponent })
    }

    /// The signed digest; `None` unless this key made a PKCS#1 v1.5 signature over SHA-256.
    pub(super) fn open(&self, signature: &[u8]) -> Option<Hash> {
        let length = self.modulus.bits().div_ceil(8);
        let number = BigUint::from_bytes_be(signature);
        if signature.len() != length || number >= self.modulus {
            return None;
        }
        // 00 01 FF … FF 00, then the identifier of SHA-256, then the digest (RFC 8017, 9.2); a number drops the leading 00.
        let opened = number.modpow(&self.exponent, &self.modulus).to_bytes_be();
        let says = Pkcs1v15Sign::new::<Sha256>().prefix;
        let filled = length.checked_sub(3 + says.len() + size_of::<Hash>())?;
        let rest = opened.strip_prefix(&[1])?;
        let (filling, rest) = rest.split_at_checked(filled)?;
        if filling.iter().any(|byte| *byte != 0xff) {
            return None;
        }
        rest.strip_prefix(&[0])?.strip_prefix(&*says)?.try_into().ok()
    }
}
