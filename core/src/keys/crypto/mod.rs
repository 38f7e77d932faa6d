//! Signing and verification: RSASSA-PKCS1-v1_5 with SHA-256. Decryption: AEAD_AES_256_GCM.

pub mod aead;
#[cfg(all(feature = "aws-lc", not(target_arch = "wasm32")))]
pub mod aws_lc;
pub mod encryption;
#[cfg(any(feature = "rsa", all(feature = "aws-lc", not(target_arch = "wasm32"))))]
mod parsed;
mod random;
#[cfg(feature = "rsa")]
pub mod rsa;

pub(crate) use random::Random;

use std::sync::Arc;

use ::rsa::{BigUint, RsaPublicKey};

use crate::{
    base::der::{PrivateNumbers, PublicNumbers},
    words::{choice::Crypto, error::Error},
};

/// A signer with the merchant's private key, wherever that is kept.
pub trait Signer: Send + Sync {
    /// Signs a message, which the signer hashes; `entropy` blinds the computation where it needs blinding.
    ///
    /// # Errors
    /// `SIGNING_FAILED`.
    fn sign(&self, message: &[u8], entropy: &[u8; 32]) -> Result<Vec<u8>, Error>;
}

/// A verifier with platform keys, which parses each key only once.
pub trait Verifier: Send + Sync {
    /// Does the signature belong to this message and key (SubjectPublicKeyInfo, DER)?
    fn verify(&self, spki_der: &[u8], message: &[u8], signature: &[u8]) -> bool;
}

/// Makes the signer for a private key (PKCS#8, DER): `aws-lc-rs` where it is built in, unless `crypto` asks for software.
///
/// # Errors
/// `PRIVATE_KEY_INVALID` if the numbers of the key do not fit together, or if the build has no signer.
pub fn signer(pkcs8_der: &[u8], crypto: Crypto) -> Result<Arc<dyn Signer>, Error> {
    match crypto {
        #[cfg(all(feature = "aws-lc", not(target_arch = "wasm32")))]
        Crypto::Auto => Ok(Arc::new(aws_lc::AwsLcSigner::new(pkcs8_der)?)),
        #[cfg(feature = "rsa")]
        _ => Ok(Arc::new(rsa::RsaSigner::new(pkcs8_der)?)),
        #[cfg(not(feature = "rsa"))]
        _ => {
            let _ = pkcs8_der;
            Err(Error::new(
                crate::words::error::PRIVATE_KEY_INVALID,
                "no software signer is built in; turn on feature `rsa`, or give a signer of your own",
            ))
        }
    }
}

fn unsound_key() -> Error {
    Error::new(
        crate::words::error::PRIVATE_KEY_INVALID,
        "`private_key` is an RSA key whose numbers do not fit together; copy it again",
    )
}

/// Makes sure that the numbers of a private key fit together, without a signer's other computations.
///
/// # Errors
/// `PRIVATE_KEY_INVALID`.
pub(crate) fn require_sound(pkcs8_der: &[u8]) -> Result<(), Error> {
    let sound = PrivateNumbers::of_pkcs8(pkcs8_der).is_some_and(|key| {
        let number = BigUint::from_bytes_be;
        let [p, q] = key.primes.map(number);
        let one = BigUint::from(1_u8);
        let both = number(key.public.exponent) * number(key.private_exponent);
        let inverse = |prime: &BigUint| *prime > one && &both % (prime - &one) == one;
        inverse(&p) && inverse(&q) && p * q == number(key.public.modulus)
    });
    sound.then_some(()).ok_or_else(unsound_key)
}

/// Does [`signer`] give the pure-Rust one, which needs entropy?
pub fn is_software(crypto: Crypto) -> bool {
    crypto == Crypto::Software || cfg!(any(not(feature = "aws-lc"), target_arch = "wasm32"))
}

/// Makes the verifier that goes with [`signer`]; `None` if the build has none.
pub fn verifier(crypto: Crypto) -> Option<Arc<dyn Verifier>> {
    match crypto {
        #[cfg(all(feature = "aws-lc", not(target_arch = "wasm32")))]
        Crypto::Auto => Some(Arc::new(aws_lc::AwsLcVerifier::default())),
        #[cfg(feature = "rsa")]
        _ => Some(Arc::new(rsa::RsaVerifier::default())),
        #[cfg(not(feature = "rsa"))]
        _ => None,
    }
}

/// Reads an RSA public key (SubjectPublicKeyInfo, DER) for the `rsa` crate; `None` if that refuses it.
pub(crate) fn public_key(spki_der: &[u8]) -> Option<RsaPublicKey> {
    let PublicNumbers { modulus, exponent } = PublicNumbers::of_spki(spki_der)?;
    RsaPublicKey::new(BigUint::from_bytes_be(modulus), BigUint::from_bytes_be(exponent)).ok()
}
