//! The native backend.

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeyPair,
    signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256},
};

use super::{Signer, Verifier, parsed::Parsed, unsound_key};
use crate::words::error::{Error, SIGNING_FAILED};

/// Signs with `aws-lc-rs`.
pub struct AwsLcSigner(KeyPair);

impl AwsLcSigner {
    /// Takes over a key (PKCS#8, DER).
    ///
    /// # Errors
    /// `PRIVATE_KEY_INVALID` if the numbers of the key do not fit together.
    pub fn new(pkcs8_der: &[u8]) -> Result<AwsLcSigner, Error> {
        KeyPair::from_pkcs8(pkcs8_der).map(AwsLcSigner).map_err(|_| unsound_key())
    }
}

impl Signer for AwsLcSigner {
    fn sign(&self, message: &[u8], _entropy: &[u8; 32]) -> Result<Vec<u8>, Error> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| Error::new(SIGNING_FAILED, "the private key could not sign"))?;
        Ok(signature)
    }
}

/// Verifies with `aws-lc-rs`.
#[derive(Default)]
pub struct AwsLcVerifier(Parsed<ParsedPublicKey>);

impl Verifier for AwsLcVerifier {
    fn verify(&self, spki_der: &[u8], message: &[u8], signature: &[u8]) -> bool {
        let key = self.0.get(spki_der, |der| ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der).ok());
        key.is_some_and(|key| key.verify_sig(message, signature).is_ok())
    }
}
