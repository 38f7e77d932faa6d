//! Encrypts personal fields for WeChat Pay.
//!
//! The Chinese page of 2025-01-07 says RSAES-PKCS1-v1_5; the general rules page says OAEP, and a merchant who used it was
//! refused. So PKCS1-v1_5 is the default and OAEP (SHA-1, MGF1) an option.

use base64ct::{Base64, Encoding};
use rsa::{
    Oaep, Pkcs1v15Encrypt, RsaPublicKey,
    rand_core::{CryptoRng, Error as RandError, RngCore},
    traits::PublicKeyParts,
};
use sha1::Sha1;

use crate::{keys::crypto::Random, words::choice::FieldEncryption};

/// The source of padding bytes.
pub enum Padding {
    /// Bytes that the caller gives: for each field in turn, PKCS1 takes key length − 3 − text length bytes that are not
    /// zero, OAEP takes 20.
    Given(Vec<u8>),
    /// 32 fresh bytes of a secure generator, from which padding is derived.
    Seed([u8; 32]),
}

impl Padding {
    pub(crate) fn source(self, scheme: FieldEncryption) -> Source {
        match self {
            Padding::Given(bytes) => {
                Source::Given { bytes, at: 0, misfit: false, zero_fits: scheme == FieldEncryption::Oaep }
            }
            Padding::Seed(seed) => Source::Rng(Box::new(Random::new(&seed))),
        }
    }
}

/// Gives padding bytes in the form that the `rsa` crate asks for.
pub(crate) enum Source {
    Given { bytes: Vec<u8>, at: usize, misfit: bool, zero_fits: bool },
    Rng(Box<Random>),
}

impl Source {
    /// Were the given bytes too few, too many or, where that matters, zero?
    pub(crate) fn misfit(&self) -> bool {
        match self {
            Source::Given { bytes, at, misfit, .. } => *misfit || *at != bytes.len(),
            Source::Rng(_) => false,
        }
    }
}

impl RngCore for Source {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill_bytes(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, wanted: &mut [u8]) {
        match self {
            Source::Rng(rng) => rng.fill_bytes(wanted),
            Source::Given { bytes, at, misfit, zero_fits } => {
                for byte in wanted {
                    // After the last given byte, a byte that is not zero ends the search for one.
                    *byte = bytes.get(*at).copied().unwrap_or(1);
                    *misfit |= *at >= bytes.len() || (*byte == 0 && !*zero_fits);
                    *at += 1;
                }
            }
        }
    }

    fn try_fill_bytes(&mut self, wanted: &mut [u8]) -> Result<(), RandError> {
        self.fill_bytes(wanted);
        Ok(())
    }
}

impl CryptoRng for Source {}

/// The most bytes of text that a key can encrypt.
pub(crate) fn limit(key: &RsaPublicKey, scheme: FieldEncryption) -> usize {
    key.size().saturating_sub(scheme.overhead())
}

/// Encrypts a text as Base64; `None` if it is too long.
pub(crate) fn encrypt(key: &RsaPublicKey, text: &str, scheme: FieldEncryption, padding: &mut Source) -> Option<String> {
    let encrypted = match scheme {
        FieldEncryption::Pkcs1 => key.encrypt(padding, Pkcs1v15Encrypt, text.as_bytes()),
        FieldEncryption::Oaep => key.encrypt(padding, Oaep::new::<Sha1>(), text.as_bytes()),
    };
    Some(Base64::encode_string(&encrypted.ok()?))
}
