use std::collections::BTreeMap;

use pkcs8::{
    Document, SubjectPublicKeyInfoRef,
    der::{Decode, DecodePem, Encode},
};
use x509_cert::Certificate;

use super::{MIN_BITS, RSA, bits, pem_label};
use crate::error::{Error, PLATFORM_KEY_INVALID};

/// One key of WeChat Pay's, by which it signs answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformKey {
    spki_der: Vec<u8>,
    /// From when until when a certificate is valid, in Unix seconds; a public key has no such times.
    valid: Option<(i64, i64)>,
}

impl PlatformKey {
    /// The public key as SubjectPublicKeyInfo, DER.
    pub fn spki_der(&self) -> &[u8] {
        &self.spki_der
    }

    /// May it sign now? A certificate's bounds are taken 300 seconds wider, as clocks differ; a public key has none.
    pub(crate) fn valid_at(&self, now: i64) -> bool {
        self.valid.is_none_or(|(from, until)| from.saturating_sub(300) <= now && now <= until.saturating_add(300))
    }
}

/// The platform keys by serial number or `PUB_KEY_ID_…`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlatformKeys {
    keys: BTreeMap<String, PlatformKey>,
}

impl PlatformKeys {
    /// Reads keys from PEM texts: certificates by their serial, public keys by their id.
    ///
    /// # Errors
    /// `PLATFORM_KEY_INVALID`, naming the key and saying what is wrong with it.
    pub fn from_pem<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<PlatformKeys, Error> {
        let mut keys = BTreeMap::new();
        for (id, text) in texts {
            let key = read(id, text)
                .map_err(|why| Error::new(PLATFORM_KEY_INVALID, format!("`platform_keys`: `{id}` {why}")))?;
            keys.insert(canonical(id), key);
        }
        Ok(PlatformKeys { keys })
    }

    /// The key that an answer names, letter by letter.
    pub fn get(&self, id: &str) -> Option<&PlatformKey> {
        self.keys.get(id)
    }

    /// The ids of all keys.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The key that personal fields are encrypted with: the public key if there is one, else the valid certificate that
    /// expires last.
    pub fn for_encryption(&self, now: i64) -> Option<(&str, &PlatformKey)> {
        let rank = |key: &PlatformKey| match key.valid {
            None => Some(i64::MAX),
            Some((from, until)) => (from <= now && now < until).then_some(until),
        };
        let ranked = self.keys.iter().filter_map(|(id, key)| Some((rank(key)?, id, key)));
        ranked.max_by_key(|(rank, _, _)| *rank).map(|(_, id, key)| (id.as_str(), key))
    }

    /// Takes in more keys.
    pub(crate) fn with(mut self, more: PlatformKeys) -> PlatformKeys {
        self.keys.extend(more.keys);
        self
    }

    /// The id of the WeChat Pay public key, which every request then names.
    pub fn public_key_id(&self) -> Option<&str> {
        self.ids().find(|id| id.starts_with(PUBLIC_KEY_ID))
    }
}

const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_";

/// Certificate serials are upper-case hexadecimal; ids of public keys stay as they are.
fn canonical(id: &str) -> String {
    if id.starts_with(PUBLIC_KEY_ID) { id.to_owned() } else { id.to_ascii_uppercase() }
}

fn read(id: &str, text: &str) -> Result<PlatformKey, String> {
    if !super::super::request::header_safe(id) {
        return Err("is not the serial of a certificate or the id of a public key".to_owned());
    }
    let mut valid = None;
    let spki_der = match pem_label(text) {
        Some("CERTIFICATE") => {
            let (spki_der, times) = certificate(id, text)?;
            valid = Some(times);
            spki_der
        }
        Some("PUBLIC KEY") => Document::from_pem(text)
            .map(|(_, document)| document.into_vec())
            .map_err(|_| "is PEM, but its public key cannot be read; copy it again, whole".to_owned())?,
        Some(label) => {
            return Err(format!("is PEM labelled `{label}`; a platform certificate or public key is needed"));
        }
        None => {
            return Err(
                "is not PEM; give a platform certificate or public key, which begins -----BEGIN …-----".to_owned()
            );
        }
    };
    let info =
        SubjectPublicKeyInfoRef::from_der(&spki_der).map_err(|_| "holds no public key that can be read".to_owned())?;
    if info.algorithm.oid != RSA {
        return Err("is not an RSA key".to_owned());
    }
    let key = pkcs1::RsaPublicKey::try_from(info.subject_public_key.raw_bytes())
        .map_err(|_| "holds no RSA key that can be read".to_owned())?;
    let length = bits(key.modulus);
    if length < MIN_BITS {
        return Err(format!("has {length} bits; WeChat Pay's keys have {MIN_BITS}"));
    }
    Ok(PlatformKey { spki_der, valid })
}

/// A certificate's key, and when it is valid.
fn certificate(id: &str, text: &str) -> Result<(Vec<u8>, (i64, i64)), String> {
    let certificate = Certificate::from_pem(text)
        .map_err(|_| "is PEM, but its certificate cannot be read; copy it again, whole".to_owned())?
        .tbs_certificate;
    let serial: String = certificate
        .serial_number
        .as_bytes()
        .iter()
        .skip_while(|byte| **byte == 0)
        .map(|byte| format!("{byte:02X}"))
        .collect();
    if serial.trim_start_matches('0') != canonical(id).trim_start_matches('0') {
        return Err(format!("is not the serial of its certificate, which is {serial}"));
    }
    let seconds = |time: x509_cert::time::Time| i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
    let times = (seconds(certificate.validity.not_before), seconds(certificate.validity.not_after));
    let spki_der =
        certificate.subject_public_key_info.to_der().map_err(|_| "holds no public key that can be read".to_owned())?;
    Ok((spki_der, times))
}
