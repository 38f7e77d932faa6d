//! What opens an encrypted key: PBES2 (RFC 8018), by what OpenSSL chooses unless told otherwise, now and in older versions.
//! Each further algorithm would be loaded by every page and worker.

use aes::{Aes128Dec, Aes256Dec};
use cbc::{
    Decryptor,
    cipher::{BlockDecryptMut as _, KeyIvInit as _, block_padding::Pkcs7},
};
use der::Tag;
use zeroize::Zeroizing;

use super::{
    MOST_ROUNDS, Unopened,
    asn1::{Element, sequence, whole},
};

const PBES2: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d";
const PBKDF2: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c";
/// With their NULL for parameters; the first is meant where none is named.
const HMAC_SHA1: &[u8] = b"\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x07\x05\x00";
const HMAC_SHA256: &[u8] = b"\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x09\x05\x00";
const AES_128_CBC: &[u8] = b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x02";
const AES_256_CBC: &[u8] = b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a";

/// The algorithms; nothing if one of them is not supported.
pub(super) struct Scheme<'a>(Option<Algorithms<'a>>);

struct Algorithms<'a> {
    derive: fn(&[u8], &[u8], u32, &mut [u8]),
    salt: &'a [u8],
    rounds: u32,
    key_length: usize,
    iv: &'a [u8],
}

/// What follows the OID of an AlgorithmIdentifier.
fn parameters<'a>(algorithm: &Element<'a>, oid: &[u8]) -> Option<Element<'a>> {
    match sequence(algorithm.der)?.as_slice() {
        [named, parameters] if named.der == oid => Some(*parameters),
        _ => None,
    }
}

impl<'a> Scheme<'a> {
    /// Reads an AlgorithmIdentifier; nothing if it is not PBES2, or asks for too much work.
    pub fn read(algorithm: &Element<'a>) -> Option<Scheme<'a>> {
        let algorithms = Algorithms::read(&sequence(parameters(algorithm, PBES2)?.der)?);
        let affordable = algorithms.as_ref().is_none_or(|known| known.rounds <= MOST_ROUNDS);
        affordable.then_some(Scheme(algorithms))
    }

    pub fn open(&self, password: &str, locked: &[u8]) -> Result<Vec<u8>, Unopened> {
        let Scheme(Some(algorithms)) = self else { return Err(Unopened::Unsupported) };
        algorithms.open(password, locked).ok_or(Unopened::WrongPassword)
    }
}

impl<'a> Algorithms<'a> {
    /// Reads the key derivation and the cipher.
    fn read(parts: &[Element<'a>]) -> Option<Algorithms<'a>> {
        let [kdf, cipher] = parts else { return None };
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
        let known = iv.tag == Tag::OctetString && iv.value.len() == 16;
        known.then_some(Algorithms { derive, salt: salt.value, rounds: whole(rounds)?, key_length, iv: iv.value })
    }

    fn open(&self, password: &str, locked: &[u8]) -> Option<Vec<u8>> {
        let mut key = Zeroizing::new([0; 32]);
        let key = key.get_mut(..self.key_length)?;
        (self.derive)(password.as_bytes(), self.salt, self.rounds, key);
        let opened = match key.len() {
            16 => Decryptor::<Aes128Dec>::new_from_slices(key, self.iv)
                .map(|aes| aes.decrypt_padded_vec_mut::<Pkcs7>(locked)),
            _ => Decryptor::<Aes256Dec>::new_from_slices(key, self.iv)
                .map(|aes| aes.decrypt_padded_vec_mut::<Pkcs7>(locked)),
        };
        opened.ok()?.ok()
    }
}
