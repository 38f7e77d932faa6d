use base64ct::{Base64, Encoding};
use serde_json::Value;

use super::spelling::blocks;

use crate::{
    crypto::aead::{ApiV3Key, NONCE},
    error::{API_V3_KEY_INVALID, BODY_NOT_JSON, BODY_UNEXPECTED, CERTIFICATE_NOT_DECRYPTED, Error},
    options::Secret,
};

/// The key that encrypts certificates: 32 bytes, set by the merchant.
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

/// The PEM texts in an answer that is not verified yet, by serial. AES-GCM's tag proves each of them.
///
/// # Errors
/// `BODY_NOT_JSON`, `BODY_UNEXPECTED` for another shape, `CERTIFICATE_NOT_DECRYPTED` if the APIv3 key is another or the text was changed.
pub(crate) fn decrypted(body: &[u8], key: &ApiV3Key) -> Result<Vec<(String, String)>, Error> {
    let list: Value = serde_json::from_slice(body)
        .map_err(|_| Error::new(BODY_NOT_JSON, "the answer is not JSON, so it is no list of certificates"))?;
    let unexpected = || {
        Error::new(
            BODY_UNEXPECTED,
            "the answer is no list of encrypted certificates, as the certificates page shows it",
        )
    };
    let mut certificates = Vec::new();
    for item in list.get("data").and_then(Value::as_array).ok_or_else(unexpected)? {
        let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(unexpected);
        let serial_no = text(&item["serial_no"])?;
        let encrypted = &item["encrypt_certificate"];
        let (algorithm, nonce) = (text(&encrypted["algorithm"])?, text(&encrypted["nonce"])?);
        let (associated_data, ciphertext) = (&encrypted["associated_data"], text(&encrypted["ciphertext"])?);
        let associated_data = if associated_data.is_null() { String::new() } else { text(associated_data)? };
        let refused = |why: &str| {
            Error::new(
                CERTIFICATE_NOT_DECRYPTED,
                format!("platform certificate `{serial_no}` could not be decrypted: {why}"),
            )
        };
        if algorithm != "AEAD_AES_256_GCM" {
            return Err(refused(&format!("its algorithm is `{algorithm}`, not AEAD_AES_256_GCM")));
        }
        if nonce.len() != NONCE {
            return Err(refused("its nonce is not 12 bytes"));
        }
        let ciphertext = Base64::decode_vec(&ciphertext).map_err(|_| refused("it is not Base64"))?;
        let plain = key
            .open(nonce.as_bytes(), associated_data.as_bytes(), &ciphertext)
            .ok_or_else(|| refused("its tag does not fit: `api_v3_key` is another one, or the answer was changed"))?;
        let text = String::from_utf8(plain).map_err(|_| refused("it is not text"))?;
        let blocks = blocks(text.as_bytes()).unwrap_or_default();
        if blocks.first().and_then(|block| block.label.as_deref()) != Some("CERTIFICATE") {
            return Err(refused("what comes out is no certificate"));
        }
        certificates.push((serial_no, text));
    }
    Ok(certificates)
}
