use std::sync::Arc;

use base64ct::{Base64, Encoding};
use der::Tag;
use rsa::RsaPublicKey;
use serde_json::{Map, Value};

use super::{
    Certificate, PrivateKey,
    certificate::suitable,
    spelling::{Unreadable, blocks, tags},
};
use crate::{
    base::der::{PrivateNumbers, PublicNumbers, spki, to_spki},
    base::{secret::KeyMaterial, text::header_safe},
    keys::crypto,
    words::error::{Error, PLATFORM_KEY_INVALID},
};

/// One of WeChat Pay's keys, which verifies answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformKey {
    spki_der: Vec<u8>,
    certificate: Option<Certificate>,
    /// The key to encrypt personal fields with; `None` if it is too large for that.
    encrypting: Option<RsaPublicKey>,
}

impl PlatformKey {
    fn new(spki_der: Vec<u8>, certificate: Option<Certificate>) -> PlatformKey {
        let encrypting = crypto::public_key(&spki_der);
        PlatformKey { spki_der, certificate, encrypting }
    }

    /// The public key as SubjectPublicKeyInfo, DER.
    pub fn spki_der(&self) -> &[u8] {
        &self.spki_der
    }

    /// The certificate; `None` for a WeChat Pay public key, which does not expire.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }

    pub(crate) fn encrypting(&self) -> Option<&RsaPublicKey> {
        self.encrypting.as_ref()
    }

    /// Is it valid at this time (Unix seconds), if clocks may be five minutes apart?
    pub fn valid_at(&self, now: i64) -> bool {
        self.certificate().is_none_or(|certificate| certificate.nearly_valid_at(now))
    }

    /// The certificate or key, DER.
    fn der(&self) -> &[u8] {
        self.certificate.as_ref().map_or(&self.spki_der, |certificate| &certificate.der)
    }
}

const CERTIFICATE: &str = "CERTIFICATE";

/// The platform keys by serial number or `PUB_KEY_ID_…`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlatformKeys {
    /// Sorted by id.
    keys: Vec<(String, Arc<PlatformKey>)>,
}

impl PlatformKeys {
    /// Reads keys: certificates by their serial, public keys by their id; as PEM in any spelling, DER or Base64.
    ///
    /// # Errors
    /// `PLATFORM_KEY_INVALID`, naming the key and saying what is wrong with it.
    pub fn read<'a>(given: impl IntoIterator<Item = (&'a str, &'a KeyMaterial)>) -> Result<PlatformKeys, Error> {
        let mut keys = PlatformKeys::default();
        for (id, material) in given {
            let key = read(id, material).map_err(|why| {
                // An id longer than any real one may be a key that was swapped with its id.
                refused(if id.len() <= 64 { id } else { "…" }, &why)
            })?;
            // A certificate's own spelling of its serial is its id.
            let id = key.certificate().map_or(id, Certificate::serial).to_owned();
            keys.insert(id, Arc::new(key));
        }
        Ok(keys)
    }

    /// Makes sure that the merchant's own key is not among them, as far as its key or its certificate's serial is known.
    ///
    /// # Errors
    /// `PLATFORM_KEY_INVALID`, saying which it is and where to find WeChat Pay's.
    pub(crate) fn require_foreign(&self, own: Option<&PrivateKey>, serial_no: Option<&str>) -> Result<(), Error> {
        let own = own.and_then(|key| PrivateNumbers::of_pkcs8(key.pkcs8_der())).map(|key| key.public);
        for (id, key) in self.iter() {
            let is_own = own.is_some() && own == PublicNumbers::of_spki(&key.spki_der);
            let what = match key.certificate() {
                Some(found) if is_own || serial_no.is_some_and(|serial| found.has_serial(serial)) => {
                    "is the merchant's own certificate"
                }
                None if is_own => "is the public half of the merchant's own `private_key`",
                _ => continue,
            };
            let why = format!(
                "{what}, and answers are signed with WeChat Pay's key: give that ({PUBLIC_KEY_PAGE}), or leave \
                 `platform_keys` out and give `api_v3_key`"
            );
            return Err(refused(id, &why));
        }
        Ok(())
    }

    fn place(&self, id: &str) -> Result<usize, usize> {
        self.keys.binary_search_by(|(known, _)| known.as_str().cmp(id))
    }

    fn insert(&mut self, id: String, key: Arc<PlatformKey>) {
        match self.place(&id) {
            Ok(place) => drop(self.keys.splice(place..=place, [(id, key)])),
            Err(place) => self.keys.insert(place, (id, key)),
        }
    }

    /// The key that an answer names: a public key by its exact id, a certificate by its serial in any spelling.
    pub fn get(&self, id: &str) -> Option<&PlatformKey> {
        let found = match self.place(id) {
            Ok(place) => self.keys.get(place),
            Err(_) => self.keys.iter().find(|(_, key)| key.certificate().is_some_and(|found| found.has_serial(id))),
        };
        found.map(|(_, key)| key.as_ref())
    }

    /// The ids of all keys.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|(id, _)| id.as_str())
    }

    /// Are there no keys?
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Every key with its id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &PlatformKey)> {
        self.keys.iter().map(|(id, key)| (id.as_str(), key.as_ref()))
    }

    /// The key to encrypt personal fields with: the public key that requests name if there is one, else the valid
    /// certificate that expires last.
    pub fn for_encryption(&self, now: i64) -> Option<(&str, &PlatformKey)> {
        let rank = |key: &PlatformKey| match key.certificate() {
            None => Some(i64::MAX),
            Some(certificate) => certificate.valid_at(now).then_some(certificate.valid_until()),
        };
        // `max_by_key` returns the last of equals.
        self.iter()
            .filter_map(|(id, key)| Some((rank(key)?, id, key)))
            .max_by_key(|(rank, _, _)| *rank)
            .map(|(_, id, key)| (id, key))
    }

    /// Adds more keys.
    pub(crate) fn with(mut self, more: PlatformKeys) -> PlatformKeys {
        for (id, key) in more.keys {
            self.insert(id, key);
        }
        self
    }

    /// Removes expired certificates.
    pub(crate) fn without_expired(mut self, now: i64) -> PlatformKeys {
        let expired = |key: &PlatformKey| key.certificate().is_some_and(|certificate| certificate.valid_until() < now);
        self.keys.retain(|(_, key)| key.valid_at(now) || !expired(key));
        self
    }

    /// The id of the WeChat Pay public key, which every request then names.
    ///
    /// Of several it is the last in alphabetical order, in whichever order they were given: ids hold the date after the
    /// merchant's number, so that is the newest (inferred from ids seen in public).
    pub fn public_key_id(&self) -> Option<&str> {
        self.iter().filter(|(_, key)| key.certificate().is_none()).map(|(id, _)| id).last()
    }

    /// All keys as Base64, by id.
    pub(crate) fn to_base64(&self) -> Map<String, Value> {
        let mut texts = Map::new();
        for (id, key) in self.iter() {
            texts.insert(id.to_owned(), Base64::encode_string(key.der()).into());
        }
        texts
    }
}

const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_";

/// The page that shows WeChat Pay's public key and its id ("How to change to the WeChat Pay public key", 2024-12-12).
pub(crate) const PUBLIC_KEY_PAGE: &str =
    "on the merchant platform: Account Center, API Security, WeChat Pay public key";

/// Is it the id of a public key, which a download of certificates cannot bring?
pub(crate) fn names_public_key(id: &str) -> bool {
    id.starts_with(PUBLIC_KEY_ID)
}

fn refused(id: &str, why: &str) -> Error {
    Error::new(PLATFORM_KEY_INVALID, format!("`platform_keys`: `{id}` {why}"))
}

fn read(id: &str, material: &KeyMaterial) -> Result<PlatformKey, String> {
    if !header_safe(&id.replace(':', "")) {
        return Err("is not the serial of a certificate or the id of a public key".to_owned());
    }
    let blocks = blocks(material.expose()).map_err(|why| {
        match why {
            Unreadable::NoKey => {
                "is not PEM; give a platform certificate or public key, which begins -----BEGIN …-----"
            }
            Unreadable::Path => "is the path of a file, it seems; give what the file holds",
            Unreadable::Broken => "is PEM, but what is inside cannot be read; copy it again, whole",
            Unreadable::LegacyEncryption => "is a private key; a platform certificate or public key is needed",
        }
        .to_owned()
    })?;
    let Some(block) = blocks.first() else { return Err("holds nothing".to_owned()) };
    if let Some(spki_der) = public_key(&block.der) {
        suitable(&spki_der)?;
        if !names_public_key(id) {
            return Err(format!(
                "is not the id of its public key, which begins {PUBLIC_KEY_ID} and stands beside the key {PUBLIC_KEY_PAGE}"
            ));
        }
        return Ok(PlatformKey::new(spki_der, None));
    }
    let Some(certificate) = Certificate::from_der(&block.der) else {
        let needed = "a platform certificate or public key is needed";
        return Err(match (tags(&block.der).as_slice(), block.label.as_deref()) {
            // PKCS#8, PKCS#1, SEC1; or encrypted PKCS#8.
            ([Tag::Integer, _, _, ..] | [Tag::Sequence, Tag::OctetString], _) => format!("is a private key; {needed}"),
            (_, Some(label)) if label.ends_with("PRIVATE KEY") => format!("is a private key; {needed}"),
            (_, Some(label @ (CERTIFICATE | "PUBLIC KEY" | "RSA PUBLIC KEY"))) => {
                format!("is PEM labelled `{label}`, but what is inside cannot be read; copy it again, whole")
            }
            (_, Some(label)) => format!("is PEM labelled `{label}`; {needed}"),
            (_, None) => format!("is neither a platform certificate nor a public key; {needed}"),
        });
    };
    suitable(&certificate.spki_der)?;
    if !certificate.has_serial(id) {
        return Err(format!("is not the serial of its certificate, which is {}", certificate.serial()));
    }
    Ok(PlatformKey::new(certificate.spki_der.clone(), Some(certificate)))
}

/// Reads a public key, PKCS#1 or SubjectPublicKeyInfo, as the latter.
fn public_key(der: &[u8]) -> Option<Vec<u8>> {
    if spki(der).is_some() {
        return Some(der.to_vec());
    }
    PublicNumbers::of_pkcs1(der)?;
    to_spki(der).map(|der| der.to_vec())
}
