use base64ct::{Base64, Encoding};
use serde_json::Value;

use super::{PlatformKeys, spelling::blocks};

use crate::{
    base::secret::Secret,
    keys::crypto::aead::{ApiV3Key, NONCE},
    words::error::{API_V3_KEY_INVALID, BODY_NOT_JSON, BODY_UNEXPECTED, CERTIFICATE_NOT_DECRYPTED, Error},
};

/// Reads the key that encrypts certificates: 32 bytes, set by the merchant.
///
/// # Errors
/// `API_V3_KEY_INVALID`, saying how long it is.
pub(crate) fn api_v3_key(key: &Secret) -> Result<ApiV3Key, Error> {
    let bytes = key.expose().as_bytes();
    ApiV3Key::new(bytes).ok_or_else(|| {
        let trimmed =
            key.expose().trim_matches(|character: char| character.is_whitespace() || "\"'`".contains(character));
        let hint = match trimmed.len() {
            32 => ": leave out the quotes or blanks around it",
            _ => "",
        };
        let why =
            format!("`api_v3_key` has {} bytes; the APIv3 key of the merchant platform has 32{hint}", bytes.len());
        Error::new(API_V3_KEY_INVALID, why)
    })
}

/// The platform certificates in an answer.
#[derive(Default)]
pub(crate) struct Listed {
    /// The usable certificates.
    pub keys: PlatformKeys,
    /// Their PEM texts, by the serial that the list gives them.
    pub texts: Vec<(String, String)>,
    /// The unusable certificates, each with its place in the list, its serial and the error.
    pub skipped: Vec<(usize, String, Error)>,
}

/// Reads the certificates in an answer that is not verified yet. AES-GCM's tag proves each of them.
///
/// An unusable certificate, such as one whose key is not RSA, does not spoil the others.
///
/// # Errors
/// `BODY_NOT_JSON`, `BODY_UNEXPECTED` for another shape. If all are unusable, the error for the first:
/// `CERTIFICATE_NOT_DECRYPTED` if the APIv3 key is another or the text was changed, `PLATFORM_KEY_INVALID`.
pub(crate) fn listed(body: &[u8], key: &ApiV3Key) -> Result<Listed, Error> {
    let list: Value = serde_json::from_slice(body)
        .map_err(|_| Error::new(BODY_NOT_JSON, "the answer is not JSON, so it is not a list of certificates"))?;
    let mut listed = Listed::default();
    for (place, item) in list.get("data").and_then(Value::as_array).ok_or_else(unexpected)?.iter().enumerate() {
        let serial_no = text(&item["serial_no"])?;
        let encrypted = Encrypted::read(&item["encrypt_certificate"])?;
        let opened = encrypted.open(&serial_no, key);
        let read = opened.and_then(|pem| {
            let read = PlatformKeys::read([(serial_no.as_str(), &pem.as_str().into())]).map_err(|error| {
                error.with(|details| {
                    details.message =
                        details.message.replace("`platform_keys`", "the list of certificates in the answer");
                })
            })?;
            Ok((read, pem))
        });
        match read {
            Ok((read, pem)) => {
                listed.keys = listed.keys.with(read);
                listed.texts.push((serial_no, pem));
            }
            Err(error) => listed.skipped.push((place, serial_no, error)),
        }
    }
    match listed.skipped.first() {
        Some((_, _, error)) if listed.texts.is_empty() => Err(error.clone()),
        _ => Ok(listed),
    }
}

fn unexpected() -> Error {
    Error::new(BODY_UNEXPECTED, "the answer is not a list of encrypted certificates as on the certificates page")
}

fn text(value: &Value) -> Result<String, Error> {
    value.as_str().map(str::to_owned).ok_or_else(unexpected)
}

/// A certificate as the list holds it.
struct Encrypted {
    algorithm: String,
    nonce: String,
    associated_data: String,
    ciphertext: String,
}

impl Encrypted {
    fn read(item: &Value) -> Result<Encrypted, Error> {
        let associated_data = &item["associated_data"];
        Ok(Encrypted {
            algorithm: text(&item["algorithm"])?,
            nonce: text(&item["nonce"])?,
            associated_data: if associated_data.is_null() { String::new() } else { text(associated_data)? },
            ciphertext: text(&item["ciphertext"])?,
        })
    }

    /// Decrypts its PEM text.
    fn open(&self, serial_no: &str, key: &ApiV3Key) -> Result<String, Error> {
        let refused = |why: &str| {
            Error::new(
                CERTIFICATE_NOT_DECRYPTED,
                format!("platform certificate `{serial_no}` could not be decrypted: {why}"),
            )
        };
        if self.algorithm != "AEAD_AES_256_GCM" {
            return Err(refused(&format!("its algorithm is `{}`, not AEAD_AES_256_GCM", self.algorithm)));
        }
        if self.nonce.len() != NONCE {
            return Err(refused("its nonce is not 12 bytes"));
        }
        let ciphertext = Base64::decode_vec(&self.ciphertext).map_err(|_| refused("it is not Base64"))?;
        let plain = key
            .open(self.nonce.as_bytes(), self.associated_data.as_bytes(), &ciphertext)
            .ok_or_else(|| refused("its tag does not fit: `api_v3_key` is another one, or the answer was changed"))?;
        let text = String::from_utf8(plain).map_err(|_| refused("it is not text"))?;
        let blocks = blocks(text.as_bytes()).unwrap_or_default();
        if blocks.first().and_then(|block| block.label.as_deref()) != Some("CERTIFICATE") {
            return Err(refused("what comes out is no certificate"));
        }
        Ok(text)
    }
}
