use aes::{Aes128Dec, Aes256Dec};
use cbc::{
    Decryptor,
    cipher::{BlockCipher, BlockDecryptMut, KeyInit, KeyIvInit, block_padding::Pkcs7},
};
use der::{Decode, Tag};
use pbkdf2::pbkdf2_hmac;
use rsa::sha2::Sha256;
use sha1::Sha1;
use zeroize::Zeroizing;

use super::{Closed, MOST_ROUNDS};
use crate::keys::asn1::{Element, elements};

const PBES2: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d";
const PBKDF2: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c";
const HMAC_SHA1: &[u8] = b"\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x07";
const HMAC_SHA256: &[u8] = b"\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x09";
const AES_128_CBC: &[u8] = b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x02";
const AES_256_CBC: &[u8] = b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a";

/// What OpenSSL chooses unless told otherwise, now and in older versions: PBKDF2 with AES-CBC. Every page and worker would
/// load what else the `pkcs5` crate knows.
pub(in crate::keys) struct Pbes2<'a> {
    salt: &'a [u8],
    rounds: u32,
    derive: fn(&[u8], &[u8], u32, &mut [u8]),
    key_length: usize,
    iv: &'a [u8],
}

impl<'a> Pbes2<'a> {
    /// Reads an AlgorithmIdentifier; nothing if it is another scheme, or asks for too much work.
    pub fn read(algorithm: &Element<'a>) -> Option<Self> {
        let [kdf, cipher] = *elements(parameters(algorithm, PBES2)?.value)?.as_slice() else { return None };
        let kdf = elements(parameters(&kdf, PBKDF2)?.value)?;
        let [salt, rounds, more @ ..] = kdf.as_slice() else { return None };
        let rounds = u32::from_der(rounds.der).ok().filter(|rounds| *rounds <= MOST_ROUNDS)?;
        let derive = match more.last() {
            Some(prf) if prf.tag == Tag::Sequence => match elements(prf.value)?.first()?.der {
                HMAC_SHA1 => pbkdf2_hmac::<Sha1>,
                HMAC_SHA256 => pbkdf2_hmac::<Sha256>,
                _ => return None,
            },
            _ => pbkdf2_hmac::<Sha1>,
        };
        let [cipher, iv] = *elements(cipher.value)?.as_slice() else { return None };
        let key_length = match cipher.der {
            AES_128_CBC => 16,
            AES_256_CBC => 32,
            _ => return None,
        };
        Some(Pbes2 { salt: salt.value, rounds, derive, key_length, iv: iv.value })
    }

    pub fn open(&self, password: &str, locked: &[u8]) -> Result<Vec<u8>, Closed> {
        let mut key = Zeroizing::new([0; 32]);
        let key = key.get_mut(..self.key_length).ok_or(Closed::Unsupported)?;
        (self.derive)(password.as_bytes(), self.salt, self.rounds, key);
        let opened = match self.key_length {
            16 => decrypted::<Aes128Dec>(key, self.iv, locked),
            _ => decrypted::<Aes256Dec>(key, self.iv, locked),
        };
        opened.ok_or(Closed::WrongPassword)
    }
}

/// The second part of an AlgorithmIdentifier, if the first is this.
fn parameters<'a>(algorithm: &Element<'a>, oid: &[u8]) -> Option<Element<'a>> {
    match *elements(algorithm.value)?.as_slice() {
        [id, parameters] if id.der == oid => Some(parameters),
        _ => None,
    }
}

fn decrypted<C: BlockCipher + BlockDecryptMut + KeyInit>(key: &[u8], iv: &[u8], locked: &[u8]) -> Option<Vec<u8>> {
    Decryptor::<C>::new_from_slices(key, iv).ok()?.decrypt_padded_vec_mut::<Pkcs7>(locked).ok()
}
