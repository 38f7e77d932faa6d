use base64::{Engine as _, prelude::BASE64_STANDARD};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use serde_json::{Value, json};
use wechatpay_customs::{
    Operation,
    engine::{Account, Call, Outcome, SignedBy},
    options::{Convention, Options},
    response::Received,
};

use crate::{NOW_S, ended};

/// What stands before a plain text that is to be encrypted.
const PLAIN: &str = "plain:";

/// A list of platform certificates. First line: the APIv3 key; then the body, in which a `ciphertext` that begins with
/// `plain:` is encrypted first, as no mutation would keep its tag right.
pub fn certificate_list(input: &[u8]) {
    let (key, body) = crate::head(input);
    let options = json!({ "api_v3_key": key });
    let Ok(options) = Options::from_value(options, Convention::Python) else { return };
    let account = match Account::new(options, SignedBy::Caller) {
        Ok(account) => account.into(),
        Err(error) => {
            assert_eq!(error.code, "API_V3_KEY_INVALID");
            assert!(key.len() != 32);
            assert!(key.len() < 16 || !error.message.contains(&key), "an error shows the key");
            return;
        }
    };
    let list = serde_json::from_slice::<Value>(body).ok();
    let body = match list.clone().map(|list| encrypted(list, &key)) {
        Some(list) => list.to_string().into_bytes(),
        None => body.to_vec(),
    };
    // It is signed by the first certificate that it brings.
    let serial = list.as_ref().and_then(|list| list["data"][0]["serial_no"].as_str()).unwrap_or("7F");
    for right in [true, false] {
        let headers = [
            ("Wechatpay-Timestamp", NOW_S.to_string().as_str()),
            ("Wechatpay-Nonce", "nonce"),
            ("Wechatpay-Signature", "AAAA"),
            ("Wechatpay-Serial", serial),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let call = Call::Parse {
            operation: Operation::Certificates,
            response: Received::new(200, headers.to_vec(), body.clone(), false),
            request: None,
            now: None,
        };
        let (outcome, asked) = ended(call, &account, right, Convention::Python);
        match outcome {
            Outcome::Ok { value, warnings, .. } => {
                assert!(right && asked);
                let records = value["data"].as_array().expect("a list");
                for (place, record) in records.iter().enumerate() {
                    let field = format!("/data/{place}");
                    let skipped = warnings.iter().any(|warning| warning.field == field);
                    let read =
                        record["certificate"].as_str().is_some_and(|text| text.contains("-----BEGIN CERTIFICATE"));
                    // Two may have one serial.
                    assert!(read || skipped);
                    assert_eq!(read, record.get("encrypt_certificate").is_none());
                }
            }
            Outcome::Err(_) => {}
            outcome => panic!("{outcome:?}"),
        }
    }
}

fn encrypted(mut list: Value, key: &str) -> Value {
    for record in list.get_mut("data").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(certificate) = record.get_mut("encrypt_certificate") else { continue };
        let text = |name: &str| certificate.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (nonce, associated_data, ciphertext) = (text("nonce"), text("associated_data"), text("ciphertext"));
        let Some(plain) = ciphertext.strip_prefix(PLAIN) else { continue };
        let Ok(nonce) = Nonce::try_assume_unique_for_key(nonce.as_bytes()) else { continue };
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_bytes()).expect("a key of 32 bytes"));
        let mut bytes = plain.as_bytes().to_vec();
        key.seal_in_place_append_tag(nonce, Aad::from(associated_data.as_bytes()), &mut bytes).expect("a short text");
        certificate["ciphertext"] = BASE64_STANDARD.encode(bytes).into();
    }
    list
}
