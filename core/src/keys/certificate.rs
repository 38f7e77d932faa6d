use der::{DateTime, Tag};

use super::limits::{FRESH_S, bits};
use crate::base::der::{Element, PublicNumbers, is_rsa, sequence, spki, time};

/// A certificate's details about its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    pub(super) der: Vec<u8>,
    pub(super) spki_der: Vec<u8>,
    serial: String,
    /// The Unix seconds from which and until which it is valid.
    valid: (i64, i64),
}

impl Certificate {
    /// Reads the fields of RFC 5280, 4.1, without names and extensions.
    pub(super) fn from_der(der: &[u8]) -> Option<Certificate> {
        let certificate = sequence(der)?;
        let [signed, Element { tag: Tag::Sequence, .. }, Element { tag: Tag::BitString, .. }] = certificate.as_slice()
        else {
            return None;
        };
        let parts = sequence(signed.der)?;
        let parts = match parts.as_slice() {
            [Element { tag: Tag::ContextSpecific { .. }, .. }, parts @ ..] => parts,
            parts => parts,
        };
        let [serial @ Element { tag: Tag::Integer, .. }, _, _, validity, _, key, ..] = parts else { return None };
        let validity = sequence(validity.der)?;
        let [from, until] = validity.as_slice() else { return None };
        spki(key.der)?;
        let serial = serial.value.iter().skip_while(|byte| **byte == 0);
        Some(Certificate {
            der: der.to_vec(),
            spki_der: key.der.to_vec(),
            serial: serial.map(|byte| format!("{byte:02X}")).collect(),
            valid: (time(from)?, time(until)?),
        })
    }

    /// Its serial number, upper-case hexadecimal.
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// The end of its validity, in Unix seconds.
    pub fn valid_until(&self) -> i64 {
        self.valid.1
    }

    /// Is it valid at this time (Unix seconds)?
    pub fn valid_at(&self, now: i64) -> bool {
        let (from, until) = self.valid;
        from <= now && now < until
    }

    /// Is it valid at this time, if clocks may be five minutes apart?
    pub(crate) fn nearly_valid_at(&self, now: i64) -> bool {
        let (from, until) = self.valid;
        from.saturating_sub(FRESH_S) <= now && now <= until.saturating_add(FRESH_S)
    }

    /// Its validity in words, such as `expired on 2024-01-01`.
    pub(crate) fn standing(&self, now: i64) -> String {
        let (from, until) = self.valid;
        match now < from {
            true => format!("is not valid before {}", date(from)),
            false => format!("expired on {}", date(until)),
        }
    }

    /// Is this text its serial number? Letter case, leading zeros and colons do not matter.
    pub(crate) fn has_serial(&self, text: &str) -> bool {
        canonical(&self.serial) == canonical(text)
    }
}

fn canonical(serial: &str) -> String {
    serial.replace(':', "").trim_start_matches('0').to_ascii_uppercase()
}

/// The time in UTC, such as `2024-01-01T00:00:00Z`.
fn date(seconds: i64) -> String {
    let since = std::time::Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
    DateTime::from_unix_duration(since).map_or_else(|_| format!("{seconds} (Unix seconds)"), |at| at.to_string())
}

/// Makes sure that a key (SubjectPublicKeyInfo, DER) is one that this API uses.
///
/// # Errors
/// The reason why it is not, in words.
pub(super) fn suitable(spki_der: &[u8]) -> Result<(), String> {
    let (algorithm, key) = spki(spki_der).ok_or("holds no public key that can be read")?;
    if !is_rsa(&algorithm) {
        return Err("is not an RSA key".to_owned());
    }
    bits(PublicNumbers::of_pkcs1(key).ok_or("holds no RSA key that can be read")?.modulus)
}
