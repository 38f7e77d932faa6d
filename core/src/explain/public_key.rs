use pkcs8::{
    PrivateKeyInfo, SubjectPublicKeyInfoRef,
    der::{Decode, asn1::UintRef},
};
use rsa::{
    BigUint, Pkcs1v15Sign,
    sha2::{Digest, Sha256},
};

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
        let info = SubjectPublicKeyInfoRef::from_der(der).ok()?;
        let key = pkcs1::RsaPublicKey::try_from(info.subject_public_key.raw_bytes()).ok()?;
        PublicKey::new(key.modulus, key.public_exponent)
    }

    pub(super) fn of_pkcs8(der: &[u8]) -> Option<PublicKey> {
        let info = PrivateKeyInfo::from_der(der).ok()?;
        let key = pkcs1::RsaPrivateKey::try_from(info.private_key).ok()?;
        PublicKey::new(key.modulus, key.public_exponent)
    }

    fn new(modulus: UintRef<'_>, exponent: UintRef<'_>) -> Option<PublicKey> {
        let number = |number: UintRef<'_>| BigUint::from_bytes_be(number.as_bytes());
        let (modulus, exponent) = (number(modulus), number(exponent));
        // Both are small in every real key; a huge exponent would only take long.
        (modulus.bits() > 1024 && exponent.bits() <= 64).then_some(PublicKey { modulus, exponent })
    }

    /// The digest that was signed; nothing unless it is a PKCS#1 v1.5 signature over SHA-256 by this key.
    pub(super) fn open(&self, signature: &[u8]) -> Option<Hash> {
        let length = self.modulus.bits().div_ceil(8);
        let number = BigUint::from_bytes_be(signature);
        if signature.len() != length || number >= self.modulus {
            return None;
        }
        // 00 01 FF … FF 00, then what says SHA-256, then the digest (RFC 8017, 9.2); a number has no leading 00.
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
