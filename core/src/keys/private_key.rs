use std::fmt;

use pkcs8::{PrivateKeyInfo, SecretDocument};
use zeroize::Zeroizing;

use super::{MIN_BITS, RSA, bits, pem_label};
use crate::error::{Error, PRIVATE_KEY_INVALID};

/// The merchant's RSA key: `apiclient_key.pem`.
///
/// Its bytes are wiped from memory when it is dropped, and its `Debug` shows nothing of them.
#[derive(Clone)]
pub struct PrivateKey {
    pkcs8: Zeroizing<Vec<u8>>,
}

impl PrivateKey {
    /// Reads PKCS#8 PEM (`-----BEGIN PRIVATE KEY-----`).
    ///
    /// # Errors
    /// `PRIVATE_KEY_INVALID`, saying what was given instead.
    pub fn from_pem(text: &str) -> Result<PrivateKey, Error> {
        let refused = |why: &str| Error::new(PRIVATE_KEY_INVALID, format!("`private_key` {why}"));
        match pem_label(text) {
            Some("PRIVATE KEY") => {}
            Some("PUBLIC KEY") => {
                return Err(refused("is a public key; give the merchant's private key, apiclient_key.pem"));
            }
            Some("CERTIFICATE") => {
                return Err(refused("is a certificate; give the merchant's private key, apiclient_key.pem"));
            }
            Some(label) => {
                return Err(refused(&format!(
                    "is PEM labelled `{label}`; convert it with `openssl pkcs8 -topk8 -nocrypt -in KEY`"
                )));
            }
            None => {
                return Err(refused(
                    "is not PEM; give the text of apiclient_key.pem, which begins -----BEGIN PRIVATE KEY-----",
                ));
            }
        }
        let (_, document) = SecretDocument::from_pem(text).map_err(|_| {
            refused("has the frame of a PEM private key, but what is inside cannot be read; copy it again, whole")
        })?;
        let info = document
            .decode_msg::<PrivateKeyInfo<'_>>()
            .map_err(|_| refused("is PEM, but holds no PKCS#8 private key"))?;
        if info.algorithm.oid != RSA {
            return Err(refused("is not an RSA key; WeChat Pay signs with RSA only"));
        }
        let key = pkcs1::RsaPrivateKey::try_from(info.private_key)
            .map_err(|_| refused("says that it is an RSA key, but its numbers cannot be read; copy it again, whole"))?;
        let length = bits(key.modulus);
        if length < MIN_BITS {
            return Err(refused(&format!("has {length} bits; WeChat Pay's keys have {MIN_BITS}")));
        }
        Ok(PrivateKey { pkcs8: document.to_bytes() })
    }

    /// The key as PKCS#8 DER, for a signer.
    pub fn pkcs8_der(&self) -> &[u8] {
        &self.pkcs8
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PrivateKey(***)")
    }
}
