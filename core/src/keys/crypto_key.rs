use serde_json::Value;

use super::limits::enough;
use crate::words::error::{Error, PRIVATE_KEY_INVALID};

/// Makes sure that a key which the host holds can sign for WeChat Pay. The host describes it: WebCrypto's `type`,
/// `algorithm` and `hash` by name, `modulus_length` in bits, and `usages`.
///
/// # Errors
/// `PRIVATE_KEY_INVALID`, saying what is wrong and how to import the key.
pub(crate) fn require_signing_key(key: &Value) -> Result<(), Error> {
    let text = |name: &str| key[name].as_str().unwrap_or("none");
    let bits = key["modulus_length"].as_u64().and_then(|bits| usize::try_from(bits).ok()).unwrap_or_default();
    let wrong = match (text("type"), text("algorithm"), text("hash")) {
        ("private", "RSASSA-PKCS1-v1_5", "SHA-256") => match (enough(bits), key["usages"].as_array()) {
            (Err(why), _) => why,
            (Ok(()), Some(usages)) if usages.iter().any(|usage| usage == "sign") => return Ok(()),
            _ => "may not be used to sign".to_owned(),
        },
        ("private", "RSASSA-PKCS1-v1_5", hash) => format!("is for the hash {hash}, not SHA-256"),
        ("private", algorithm, _) => format!("is for {algorithm}, not RSASSA-PKCS1-v1_5"),
        (sort, _, _) => format!("is a {sort} key, not a private one"),
    };
    Err(Error::new(
        PRIVATE_KEY_INVALID,
        format!(
            "the CryptoKey in `private_key` {wrong}; import it so: crypto.subtle.importKey('pkcs8', DER, {{ name: \
             'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }}, false, ['sign'])"
        ),
    ))
}
