use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::json;
use wechatpay_customs::{
    Error, ErrorKind, Operation,
    crypto::{Verifier, rsa::RsaVerifier, signer},
    engine::{Call, Outcome},
    keys::{PlatformKeys, PrivateKey},
    options::{Convention, Crypto, KeyMaterial, Secret},
};

use crate::{NOW_S, account, ended, head, options};

/// Of the encrypted keys among the vectors, and of their PKCS#12 files.
const PASSWORD: &str = "sesame-open-4711";
const MCHID: &str = "1230000109";

/// What a user may take for a key. First line: the id of a platform key, then words (`password` gives one; `pem`, `line`,
/// `bare` and `lines` spell what follows as Base64, `escaped` does what JSON does; `sign` lets a private key sign, which is slow); then the material, text
/// or bytes, which is read as both kinds.
pub fn keys(input: &[u8]) {
    let (line, bytes) = head(input);
    let mut words = line.split(' ');
    let id = words.next().unwrap_or_default().to_owned();
    let words: Vec<&str> = words.collect();
    if costly(bytes) {
        return;
    }
    let bytes = &words.iter().fold(bytes.to_vec(), |bytes, word| spelled(word, bytes));
    let material = KeyMaterial::from(bytes.as_slice());
    let password = words.contains(&"password").then(|| Secret::from(PASSWORD));
    match PrivateKey::read(&material, password.as_ref(), Some(MCHID)) {
        Ok(key) => {
            assert_eq!(format!("{key:?}"), "PrivateKey(***)");
            let again = PrivateKey::read(&key.pkcs8_der().into(), None, None).expect("what was read can be read again");
            assert_eq!(again.pkcs8_der(), key.pkcs8_der());
            let signer = signer(key.pkcs8_der(), Crypto::Software);
            if let (Ok(signer), true) = (signer, words.contains(&"sign")) {
                let _ = signer.sign(b"message", &[7; 32]);
            }
        }
        Err(error) => {
            assert_eq!(error.kind, ErrorKind::Key);
            tells_nothing(&error, bytes, &id);
        }
    }
    match PlatformKeys::read([(id.as_str(), &material)]) {
        Ok(keys) => use_platform_key(&id, bytes, &keys),
        Err(error) => {
            assert_eq!(error.code, "PLATFORM_KEY_INVALID");
            tells_nothing(&error, bytes, &id);
        }
    }
}

/// The same material as a user's file or setting may hold it.
fn spelled(word: &str, bytes: Vec<u8>) -> Vec<u8> {
    let base64 = || BASE64_STANDARD.encode(&bytes);
    let lines = |end: &str| base64().as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line) + end).collect();
    let framed = |inside: String| format!("-----BEGIN PRIVATE KEY-----{inside}-----END PRIVATE KEY-----");
    match word {
        "bare" => base64(),
        "lines" => lines("\n"),
        "pem" => framed(format!("\r\n{}", lines("\r\n"))),
        "line" => framed(format!("\\n{}", lines("\\n"))),
        "escaped" => json!(String::from_utf8_lossy(&bytes)).to_string(),
        _ => return bytes,
    }
    .into_bytes()
}

/// May opening it take long? So may every INTEGER from 256 up, as it may be a cost; but not the usual exponent, nor what
/// only seems to be one behind the version of a certificate.
fn costly(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes).replace("\\n", "").replace("\\r", "");
    let decoded = text.split("-----").filter_map(|part| {
        let letters: Vec<u8> =
            part.bytes().filter(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte)).collect();
        BASE64_STANDARD.decode(letters).ok()
    });
    let big = |der: &[u8]| {
        [der, &[0; 3]].concat().windows(7).any(|at| match at {
            [2, 1, 2, 2, ..] | [_, _, 2, 3, 1, 0, 1] => false,
            [_, _, 2, 2, high, ..] => *high > 0,
            [_, _, 2, 3 | 4, ..] => true,
            _ => false,
        })
    };
    big(bytes) || decoded.into_iter().any(|der| big(&der))
}

/// Neither the password nor a line of what may be a key.
fn tells_nothing(error: &Error, bytes: &[u8], id: &str) {
    // An id is shown as long as it may be one.
    let told = format!("{error} {error:?}").replace(id, "");
    let text = String::from_utf8_lossy(bytes);
    let shown = text.lines().map(str::trim).find(|line| line.len() >= 48 && told.contains(line));
    assert_eq!(shown, None, "an error shows what may be a key");
    let given = text.contains(PASSWORD) || id.contains(PASSWORD);
    assert!(given || !told.contains(PASSWORD), "an error shows the password");
}

/// What passes for a key must do no harm where it is used.
fn use_platform_key(id: &str, material: &[u8], keys: &PlatformKeys) {
    let name = keys.ids().next().expect("the key that was read");
    let key = keys.get(name).expect("the key that was read");
    for length in [0, 1, 256, 512] {
        assert!(!RsaVerifier::default().verify(key.spki_der(), b"message", &vec![1; length]));
    }
    let mut options = options();
    options["platform_keys"] = json!({ id: material });
    // It may be the merchant's own certificate, which is refused.
    options["serial_no"] = json!("NOBODY");
    keys.for_encryption(NOW_S);
    let call = Call::Prepare {
        operation: Operation::VerifyIdentity,
        fields: json!({
            "out_trade_no": "20150806125346", "transaction_id": "1000320306201511078440737890",
            "customs": "SHANGHAI_ZS", "merchant_customs_no": "123456", "certificate_type": "IDCARD",
            "certificate_id": "000000190001010009", "certificate_name": "n",
        }),
        timestamp: None,
        nonce: None,
        padding: None,
    };
    let (outcome, _) = ended(call, &account(options), true, Convention::Python);
    assert!(matches!(outcome, Outcome::Prepared { .. } | Outcome::Err(_)));
}
