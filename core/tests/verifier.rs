//! A verifier keeps the keys that it parsed, and never takes one for another.
#![cfg(feature = "rsa")]

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;
use wechatpay_customs::{
    crypto::verifier,
    engine::{Account, SignedBy},
    message,
    options::{Convention, Crypto, Options},
};

#[test]
fn keys_are_kept_apart_however_many_there_are() {
    let options = serde_json::from_str(include_str!("../../tests/vectors/options.json")).expect("JSON");
    let options = Options::from_value(options, Convention::Python).expect("the options are right");
    let account = Account::new(options, SignedBy::Core).expect("the keys are right");
    let vectors: Value = serde_json::from_str(include_str!("../../tests/vectors/parse.json")).expect("JSON");
    let response = &vectors["vectors"][0]["response"];
    let header = |name: &str| {
        let headers = response["headers"].as_array().expect("a list");
        headers.iter().find(|pair| pair[0] == name).and_then(|pair| pair[1].as_str()).expect("a header")
    };
    let body = response["body"].as_str().expect("a text").as_bytes();
    let message = message::response(header("Wechatpay-Timestamp"), header("Wechatpay-Nonce"), body);
    let signature = BASE64_STANDARD.decode(header("Wechatpay-Signature")).expect("Base64");
    let keys = account.platform_keys();
    let key = keys.get(header("Wechatpay-Serial")).expect("a known key").spki_der();

    for crypto in [Crypto::Auto, Crypto::Software] {
        let verifier = verifier(crypto).expect("a verifier is built in");
        for round in 0..3 {
            assert!(verifier.verify(key, &message, &signature), "{crypto:?}, round {round}");
            for change in 1..20 {
                let mut other = key.to_vec();
                other[100] ^= change;
                assert!(!verifier.verify(&other, &message, &signature), "{crypto:?}, round {round}, key {change}");
            }
            assert!(!verifier.verify(b"no key", &message, &signature));
        }
        assert!(!verifier.verify(key, b"another message", &signature));
    }
}
