use std::sync::LazyLock;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use wechatpay_customs::{keys::PrivateKey, message};
use wechatpay_customs_sandbox::authorization::{Call, Gate};

use crate::{NOW_S, head, headers, options};

struct Merchant {
    mchid: String,
    serial_no: String,
    /// PKCS#1 DER.
    public_key: Vec<u8>,
}

static MERCHANT: LazyLock<Merchant> = LazyLock::new(|| {
    let options = options();
    let text = |name: &str| options[name].as_str().expect("text");
    let key = PrivateKey::read(&text("private_key").into(), None, None).expect("a sound key");
    let pair = RsaKeyPair::from_pkcs8(key.pkcs8_der()).expect("a sound key");
    Merchant {
        mchid: text("mchid").to_owned(),
        serial_no: text("serial_no").to_owned(),
        public_key: pair.public().as_ref().to_vec(),
    }
});

/// A request as it comes to the sandbox. First line: method and target; then headers, an empty line and the body.
pub fn authorization(input: &[u8]) {
    let (line, rest) = head(input);
    let Some((method, target)) = line.split_once(' ') else { return };
    let (given, body) = headers(rest);
    let mut headers = HeaderMap::new();
    for (name, value) in &given {
        // What is no header never gets as far.
        let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) else { continue };
        headers.append(name, value);
    }
    let Merchant { mchid, serial_no, public_key } = &*MERCHANT;
    let gate = Gate::new(mchid, serial_no, public_key);
    let call = Call { method, target, headers: &headers, body };
    match gate.admit(&call, NOW_S) {
        Ok(()) => {
            assert_eq!(signed(&call), Some(true), "admitted, but not signed");
            assert!(gate.admit(&call, NOW_S).is_err(), "admitted twice");
        }
        Err(refusal) => {
            assert_eq!((refusal.status.as_u16(), refusal.code.as_ref()), (401, "SIGN_ERROR"));
            let detail = refusal.detail.expect("a detail");
            let shown = detail["sign_information"]["truncated_sign_message"].as_str().expect("the message");
            assert!(shown.chars().count() <= 1024);
        }
    }
}

/// Did the merchant sign it, by the core's message builder?
fn signed(call: &Call<'_>) -> Option<bool> {
    let header = call.headers.get("authorization")?.to_str().ok()?;
    let value = |name: &str| header.split(&format!("{name}=\"")).nth(1)?.split('"').next();
    let message =
        message::request(call.method, call.target, value("timestamp")?.parse().ok()?, value("nonce_str")?, call.body);
    let signature = BASE64_STANDARD.decode(value("signature")?).ok()?;
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &MERCHANT.public_key);
    Some(key.verify(&message, &signature).is_ok())
}
