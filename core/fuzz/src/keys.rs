use serde_json::json;
use wechatpay_customs::{
    ErrorKind,
    crypto::{Verifier, rsa::RsaVerifier, signer},
    engine::{Call, Outcome},
    keys::{PlatformKeys, PrivateKey},
    options::{Convention, Crypto, KeyMaterial, Secret},
};

use crate::{NOW_S, ended, head, options, shared};

/// Of the encrypted keys among the vectors, and of their PKCS#12 files.
const PASSWORD: &str = "sesame-open-4711";
const MCHID: &str = "1230000109";

/// What a user may take for a key. First line: the id of a platform key, then words (`password` gives one, `sign` lets a
/// private key sign, which is slow); then the material, text or bytes, which is read as both kinds.
pub fn keys(input: &[u8]) {
    let (line, bytes) = head(input);
    let mut words = line.split(' ');
    let id = words.next().unwrap_or_default().to_owned();
    let words: Vec<&str> = words.collect();
    let material = KeyMaterial::from(bytes);
    let password = words.contains(&"password").then(|| Secret::from(PASSWORD));
    match PrivateKey::read(&material, password.as_ref(), Some(MCHID)) {
        Ok(key) => {
            assert_eq!(format!("{key:?}"), "PrivateKey(***)");
            let signer = signer(&key, Crypto::Software);
            if let (Ok(signer), true) = (signer, words.contains(&"sign")) {
                let _ = signer.sign(b"message", &[7; 32]);
            }
        }
        Err(error) => {
            assert_eq!(error.kind, ErrorKind::Key);
            let text = String::from_utf8_lossy(bytes);
            let shown = text.lines().find(|line| line.len() >= 48 && error.message.contains(line));
            assert_eq!(shown, None, "an error shows what may be a key");
        }
    }
    match PlatformKeys::read([(id.as_str(), &material)]) {
        Ok(keys) => use_platform_key(&id, bytes, &keys),
        Err(error) => assert_eq!(error.code, "PLATFORM_KEY_INVALID"),
    }
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
    keys.for_encryption(NOW_S);
    let call = Call::Prepare {
        operation: "verify_identity".to_owned(),
        fields: json!({
            "out_trade_no": "20150806125346", "transaction_id": "1000320306201511078440737890",
            "customs": "SHANGHAI_ZS", "merchant_customs_no": "123456", "certificate_type": "IDCARD",
            "certificate_id": "000000190001010009", "certificate_name": "n",
        }),
        timestamp: None,
        nonce: None,
        padding: None,
    };
    let (outcome, _) = ended(call, &shared(options), true, Convention::Python);
    assert!(matches!(outcome, Outcome::Prepared { .. } | Outcome::Err(_)));
}
