//! AEAD_AES_256_GCM (RFC 5116), with which WeChat Pay encrypts platform certificates.

use aes_gcm::{
    Aes256Gcm, KeyInit, Nonce,
    aead::{Aead, Payload},
};
use zeroize::Zeroizing;

/// The length of a nonce in bytes.
pub const NONCE: usize = 12;

/// The merchant's APIv3 key. It is wiped from memory when dropped.
///
/// Kept as its bytes, on the heap: a cipher that is moved leaves its round keys on the stack, from where they get into the
/// unwritten parts of other values.
#[derive(Clone)]
pub struct ApiV3Key(Zeroizing<Vec<u8>>);

impl ApiV3Key {
    /// Takes over a key; `None` if it does not have 32 bytes.
    pub fn new(bytes: &[u8]) -> Option<ApiV3Key> {
        (bytes.len() == 32).then(|| ApiV3Key(Zeroizing::new(bytes.to_vec())))
    }

    /// Decrypts a ciphertext that ends with its 16-byte tag; `None` if the tag does not fit or the nonce does not have
    /// [`NONCE`] bytes.
    pub fn open(&self, nonce: &[u8], associated_data: &[u8], ciphertext: &[u8]) -> Option<Vec<u8>> {
        // The type would panic at any other length.
        let nonce: [u8; NONCE] = nonce.try_into().ok()?;
        let cipher = Aes256Gcm::new_from_slice(&self.0).ok()?;
        cipher.decrypt(&Nonce::from(nonce), Payload { msg: ciphertext, aad: associated_data }).ok()
    }
}
