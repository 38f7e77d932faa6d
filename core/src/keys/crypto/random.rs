//! Derives many random bytes from few.

use aes::Aes256;
use ctr::{
    Ctr32BE,
    cipher::{KeyIvInit, StreamCipher},
};
use rsa::rand_core::{CryptoRng, Error, RngCore};

/// The keystream of AES-256-CTR under a seed that is used once.
///
/// Uses the cipher that decrypts certificates, so that it costs WASM next to nothing.
pub(crate) struct Random(Ctr32BE<Aes256>);

impl Random {
    /// `seed` comes from a secure generator.
    pub fn new(seed: &[u8; 32]) -> Random {
        Random(Ctr32BE::new(seed.into(), &[0; 16].into()))
    }

    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill_bytes(&mut bytes);
        bytes
    }
}

impl RngCore for Random {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes(self.bytes())
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes(self.bytes())
    }

    fn fill_bytes(&mut self, wanted: &mut [u8]) {
        wanted.fill(0);
        self.0.apply_keystream(wanted);
    }

    fn try_fill_bytes(&mut self, wanted: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(wanted);
        Ok(())
    }
}

impl CryptoRng for Random {}
