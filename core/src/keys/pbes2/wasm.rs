use aes::{Aes128Dec, Aes256Dec};
use cbc::{
    Decryptor,
    cipher::{BlockCipher, BlockDecryptMut, KeyInit, KeyIvInit, block_padding::Pkcs7},
};
use der::Tag;
use zeroize::Zeroizing;

use super::{Closed, MOST_ROUNDS};
use crate::base::der::{Element, sequence, whole};

const PBES2: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d";
const PBKDF2: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c";
/// The HMACs, with their NULL for parameters; the first is the default if none is named.
const HMAC_SHA1: &[u8] = b"\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x07\x05\x00";
const HMAC_SHA256: &[u8] = b"\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x09\x05\x00";
const AES_128_CBC: &[u8] = b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x02";
const AES_256_CBC: &[u8] = b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a";

/// The algorithms that OpenSSL chooses by default, now and in older versions. Others are left out because every page and
/// worker would have to load them.
pub(in crate::keys) struct Pbes2<'a> {
    derive: fn(&[u8], &[u8], u32, &mut [u8]),
    salt: &'a [u8],
    rounds: u32,
    key_length: usize,
    iv: &'a [u8],
}

/// The parameters of an AlgorithmIdentifier with this OID.
fn parameters<'a>(algorithm: &Element<'a>, oid: &[u8]) -> Option<Element<'a>> {
    match sequence(algorithm.der)?.as_slice() {
        [named, parameters] if named.der == oid => Some(*parameters),
        _ => None,
    }
}

impl<'a> Pbes2<'a> {
    /// Reads an AlgorithmIdentifier; `None` if it is another scheme, or asks for too much work.
    pub fn read(algorithm: &Element<'a>) -> Option<Self> {
        let parts = sequence(parameters(algorithm, PBES2)?.der)?;
        let [kdf, cipher] = parts.as_slice() else { return None };
        let kdf = sequence(parameters(kdf, PBKDF2)?.der)?;
        let [salt @ Element { tag: Tag::OctetString, .. }, rounds, more @ ..] = kdf.as_slice() else { return None };
        let prf = match more {
            [] | [Element { tag: Tag::Integer, .. }] => HMAC_SHA1,
            [prf] | [Element { tag: Tag::Integer, .. }, prf] => prf.value,
            _ => return None,
        };
        let derive = match prf {
            HMAC_SHA1 => pbkdf2::pbkdf2_hmac::<sha1::Sha1>,
            HMAC_SHA256 => pbkdf2::pbkdf2_hmac::<rsa::sha2::Sha256>,
            _ => return None,
        };
        let (iv, key_length) = match (parameters(cipher, AES_128_CBC), parameters(cipher, AES_256_CBC)) {
            (Some(iv), _) => (iv, 16),
            (_, Some(iv)) => (iv, 32),
            _ => return None,
        };
        let rounds = whole(rounds).filter(|rounds| (1..=MOST_ROUNDS).contains(rounds))?;
        let known = iv.tag == Tag::OctetString && iv.value.len() == 16;
        known.then_some(Pbes2 { derive, salt: salt.value, rounds, key_length, iv: iv.value })
    }

    pub fn open(&self, password: &str, locked: &[u8]) -> Result<Vec<u8>, Closed> {
        let mut key = Zeroizing::new([0; 32]);
        let key = key.get_mut(..self.key_length).ok_or(Closed::Unsupported)?;
        (self.derive)(password.as_bytes(), self.salt, self.rounds, key);
        let opened = match key.len() {
            16 => decrypted::<Aes128Dec>(key, self.iv, locked),
            _ => decrypted::<Aes256Dec>(key, self.iv, locked),
        };
        opened.ok_or(Closed::WrongPassword)
    }
}

fn decrypted<C: BlockCipher + BlockDecryptMut + KeyInit>(key: &[u8], iv: &[u8], locked: &[u8]) -> Option<Vec<u8>> {
    Decryptor::<C>::new_from_slices(key, iv).ok()?.decrypt_padded_vec_mut::<Pkcs7>(locked).ok()
}
