//! Reads the headers that sign an answer.

use base64ct::Base64;
use base64ct::Encoding;

use crate::{
    base::text::line,
    keys::{PUBLIC_KEY_PAGE, PlatformKeys, names_public_key},
    protocol::request::SCHEME,
    words::error::{
        Error, SERIAL_UNKNOWN, SIGNATURE_DUPLICATED, SIGNATURE_MALFORMED, SIGNATURE_MISSING, SIGNATURE_PROBE,
        SIGNATURE_UNSUPPORTED,
    },
};

/// The headers: first those that are signed, in their order, then the signature and the key's id.
pub(crate) const SIGNATURE_HEADERS: [&str; 4] =
    ["Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Signature", "Wechatpay-Serial"];

/// The values of [`SIGNATURE_HEADERS`].
pub(crate) fn signature_headers(headers: &[(String, String)]) -> Result<[&str; 4], Error> {
    let mut values = [""; 4];
    for (name, value) in SIGNATURE_HEADERS.iter().zip(&mut values) {
        let mut found = headers.iter().filter(|(header, _)| header.eq_ignore_ascii_case(name));
        *value = match (found.next(), found.next()) {
            (None, _) => {
                return Err(Error::new(
                    SIGNATURE_MISSING,
                    format!(
                        "the answer has no header `{name}`: it is forged, or a proxy stripped it; ask its operator to pass Wechatpay-* headers"
                    ),
                ));
            }
            (_, Some(_)) => {
                return Err(Error::new(SIGNATURE_DUPLICATED, format!("the answer has the header `{name}` twice")));
            }
            (Some((_, value)), None) if value.contains(char::is_control) => {
                return Err(Error::new(
                    SIGNATURE_MALFORMED,
                    format!(
                        "the header `{name}` holds a control character, which could forge a line of the verified message"
                    ),
                ));
            }
            (Some((_, value)), None) => value.trim(),
        };
        if value.contains(',') {
            return Err(Error::new(
                SIGNATURE_DUPLICATED,
                format!("the header `{name}` holds a comma: two values were joined into one"),
            ));
        }
    }
    let other = headers
        .iter()
        .find(|(header, value)| header.eq_ignore_ascii_case("Wechatpay-Signature-Type") && value.trim() != SCHEME);
    match other {
        None => Ok(values),
        Some((_, value)) => Err(Error::new(
            SIGNATURE_UNSUPPORTED,
            format!(
                "the answer is signed as `{}` (header `Wechatpay-Signature-Type`), and only {SCHEME} can be verified \
                 here: ask WeChat Pay which algorithm this merchant is set to",
                line(value.trim(), 64)
            ),
        )),
    }
}

/// Refuses a signature that is false on purpose.
pub(crate) fn probe(signature: &str) -> Result<(), Error> {
    if signature.starts_with("WECHATPAY/SIGNTEST/") {
        return Err(Error::new(
            SIGNATURE_PROBE,
            "WeChat Pay sent a false signature on purpose, to see that it is refused; the operation may have been \
             carried out: query it",
        ));
    }
    Ok(())
}

/// Reads Unix seconds written in digits.
pub(crate) fn seconds(text: &str) -> Option<i64> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

pub(crate) fn stamp(timestamp: &str) -> Result<i64, Error> {
    seconds(timestamp)
        .ok_or_else(|| Error::new(SIGNATURE_MALFORMED, "the header `Wechatpay-Timestamp` is not in Unix seconds"))
}

pub(crate) fn unknown_serial(serial: &str, keys: &PlatformKeys) -> Error {
    let known = match keys.is_empty() {
        true => "which holds none".to_owned(),
        false => keys.ids().collect::<Vec<_>>().join(", "),
    };
    let remedy = match names_public_key(serial) {
        true => format!("; put WeChat Pay's public key there under this id: both stand {PUBLIC_KEY_PAGE}"),
        false => String::new(),
    };
    Error::new(
        SERIAL_UNKNOWN,
        format!(
            "the answer is signed by platform key `{}`, which is not among `platform_keys` ({known}){remedy}",
            line(serial, 64),
        ),
    )
}

pub(crate) fn decoded(signature: &str) -> Result<Vec<u8>, Error> {
    Base64::decode_vec(signature)
        .map_err(|_| Error::new(SIGNATURE_MALFORMED, "the header `Wechatpay-Signature` is not Base64"))
}
