use pkcs8::{
    SubjectPublicKeyInfoRef,
    der::{DateTime, Decode, Encode},
};
use x509_cert::Certificate as X509;

use super::{FRESH_S, bits, is_rsa};

/// What a certificate says of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    pub(super) der: Vec<u8>,
    pub(super) spki_der: Vec<u8>,
    serial: String,
    /// From when until when it is valid, in Unix seconds.
    valid: (i64, i64),
}

impl Certificate {
    pub(super) fn from_der(der: &[u8]) -> Option<Certificate> {
        let certificate = X509::from_der(der).ok()?.tbs_certificate;
        let serial = certificate.serial_number.as_bytes().iter().skip_while(|byte| **byte == 0);
        let seconds =
            |time: x509_cert::time::Time| i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
        Some(Certificate {
            der: der.to_vec(),
            spki_der: certificate.subject_public_key_info.to_der().ok()?,
            serial: serial.map(|byte| format!("{byte:02X}")).collect(),
            valid: (seconds(certificate.validity.not_before), seconds(certificate.validity.not_after)),
        })
    }

    /// Its serial number, upper-case hexadecimal.
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// Until when it is valid, in Unix seconds.
    pub fn valid_until(&self) -> i64 {
        self.valid.1
    }

    /// Is it valid at this time (Unix seconds)?
    pub fn valid_at(&self, now: i64) -> bool {
        let (from, until) = self.valid;
        from <= now && now < until
    }

    /// Is it valid, as far as clocks that are five minutes apart can tell?
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
/// What it is instead, in words.
pub(super) fn suitable(spki_der: &[u8]) -> Result<(), String> {
    let info =
        SubjectPublicKeyInfoRef::from_der(spki_der).map_err(|_| "holds no public key that can be read".to_owned())?;
    if !is_rsa(&info.algorithm) {
        return Err("is not an RSA key".to_owned());
    }
    let key = pkcs1::RsaPublicKey::try_from(info.subject_public_key.raw_bytes())
        .map_err(|_| "holds no RSA key that can be read".to_owned())?;
    bits(key.modulus)
}
