//! The pure-Rust backend, blinded. Slower, and under RUSTSEC-2023-0071 (timing of decryption).

use rsa::{
    BigUint, RsaPrivateKey,
    pkcs1v15::{Signature, SigningKey, VerifyingKey},
    signature::{RandomizedSigner, SignatureEncoding, Verifier as _},
};
use sha2::Sha256;

use super::{Random, Signer, Verifier, parsed::Parsed, public_key, unsound_key};
use crate::{
    base::der::PrivateNumbers,
    words::error::{Error, SIGNING_FAILED},
};

/// Signs with the `rsa` crate.
pub struct RsaSigner(SigningKey<Sha256>);

impl RsaSigner {
    /// Takes over a key (PKCS#8, DER).
    ///
    /// # Errors
    /// `PRIVATE_KEY_INVALID` if the numbers of the key do not fit together.
    pub fn new(pkcs8_der: &[u8]) -> Result<RsaSigner, Error> {
        let numbers = PrivateNumbers::of_pkcs8(pkcs8_der).ok_or_else(unsound_key)?;
        let number = BigUint::from_bytes_be;
        let key = RsaPrivateKey::from_components(
            number(numbers.public.modulus),
            number(numbers.public.exponent),
            number(numbers.private_exponent),
            numbers.primes.map(number).to_vec(),
        );
        Ok(RsaSigner(SigningKey::new(key.map_err(|_| unsound_key())?)))
    }
}

impl Signer for RsaSigner {
    fn sign(&self, message: &[u8], entropy: &[u8; 32]) -> Result<Vec<u8>, Error> {
        self.0
            .try_sign_with_rng(&mut Random::new(entropy), message)
            .map(|signature| signature.to_vec())
            .map_err(|_| Error::new(SIGNING_FAILED, "the private key could not sign"))
    }
}

/// Verifies with the `rsa` crate.
#[derive(Default)]
pub struct RsaVerifier(Parsed<VerifyingKey<Sha256>>);

impl Verifier for RsaVerifier {
    fn verify(&self, spki_der: &[u8], message: &[u8], signature: &[u8]) -> bool {
        let key = self.0.get(spki_der, |der| public_key(der).map(VerifyingKey::new));
        let signature = Signature::try_from(signature);
        key.zip(signature.ok()).is_some_and(|(key, signature)| key.verify(message, &signature).is_ok())
    }
}
