//! One declaration and its answer, ours and bare.

use std::{
    hint::black_box,
    sync::{Arc, LazyLock},
};

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use pkcs8::{DecodePrivateKey, DecodePublicKey};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use rsa::{
    RsaPrivateKey, RsaPublicKey,
    pkcs1v15::{Signature, SigningKey, VerifyingKey},
    signature::{RandomizedSigner, SignatureEncoding, Verifier as _},
};
use serde_json::{Value, json};
use sha2::Sha256;
use wechatpay_customs::{
    Operation, Options,
    api::declare,
    crypto::{Signer, Verifier},
    encryption::Padding,
    engine::{Account, SignedBy},
    message,
    options::Convention,
    request::{Checked, Signed, Unsigned},
    response::{Received, Verified},
};

/// When the answer was signed.
pub const TIMESTAMP: i64 = 1_767_225_600;
const NONCE: &str = "593BEC0C930BF1AFEB40B4A08C8FB242";
pub const ENTROPY: [u8; 32] = [7; 32];

/// The client of the vectors, a declaration, and the signed answer to it.
pub struct Exchange {
    pub account: Arc<Account>,
    signer: Arc<dyn Signer>,
    verifier: Arc<dyn Verifier>,
    pub fields: Value,
    request: declare::Request,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

pub static NATIVE: LazyLock<Exchange> = LazyLock::new(|| Exchange::of("auto"));
pub static SOFTWARE: LazyLock<Exchange> = LazyLock::new(|| Exchange::of("software"));

impl Exchange {
    fn of(crypto: &str) -> Exchange {
        let mut options: Value =
            serde_json::from_str(include_str!("../tests/vectors/options.json")).expect("the options are JSON");
        options["crypto"] = crypto.into();
        let options = Options::from_value(options, Convention::Python).expect("the options are right");
        let account = Arc::new(Account::new(options, SignedBy::Core).expect("the keys are right"));
        let vectors: Value =
            serde_json::from_str(include_str!("../tests/vectors/parse.json")).expect("the vectors are JSON");
        let response = &vectors["vectors"][0]["response"];
        let fields = json!({
            "appid": "wxd678efh567hg6787", "mchid": "1230000109",
            "out_trade_no": "20150806125346", "transaction_id": "1000320306201511078440737890",
            "customs": "SHANGHAI_ZS", "merchant_customs_no": "123456",
            "sub_order_no": "20150806125346", "fee_type": "CNY",
            "order_fee": 888, "transport_fee": 888, "product_fee": 0,
        });
        Exchange {
            signer: account.signer().expect("the key is right").expect("there is a key"),
            verifier: account.verifier().expect("a verifier is built in"),
            account,
            request: serde_json::from_value(fields.clone()).expect("a request"),
            fields,
            headers: serde_json::from_value(response["headers"].clone()).expect("a list of pairs"),
            body: response["body"].as_str().expect("a text").to_owned(),
        }
    }

    fn unsigned(&self, fields: Value) -> Unsigned {
        let padding = Padding::Given(Vec::new());
        Checked::new(self.account.merchant(), Operation::Declare, fields)
            .build(self.account.merchant(), &self.account.platform_keys(), TIMESTAMP, NONCE.to_owned(), padding)
            .expect("the request is right")
    }

    pub fn prepared(&self, fields: Value, signer: &dyn Signer) -> Signed {
        let unsigned = self.unsigned(fields);
        let signature = signer.sign(&unsigned.message(), &ENTROPY).expect("the key signs");
        unsigned.attach("https://apihk.mch.weixin.qq.com", &signature)
    }

    pub fn received(&self) -> Received {
        Received::new(200, self.headers.clone(), self.body.clone().into_bytes(), false)
    }

    pub fn read(&self, received: Received, verifier: &dyn Verifier) -> Verified<declare::Response> {
        received
            .verify(&self.request, &self.account.platform_keys(), verifier, TIMESTAMP)
            .expect("the answer is signed")
    }

    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(header, _)| header == name).map_or("", |(_, value)| value)
    }

    /// The platform key, what it signed, and the signature.
    fn proof(&self) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
        let keys = self.account.platform_keys();
        let key = keys.get(self.header("Wechatpay-Serial")).expect("the key is known");
        let message =
            message::response(self.header("Wechatpay-Timestamp"), self.header("Wechatpay-Nonce"), self.body.as_bytes());
        let signature = BASE64_STANDARD.decode(self.header("Wechatpay-Signature")).expect("Base64");
        (key.spki_der().to_vec(), message, signature)
    }

    fn pkcs8(&self) -> &[u8] {
        self.account.merchant().private_key().expect("there is a key").pkcs8_der()
    }
}

pub fn aws_lc_signing() -> impl Fn() -> Vec<u8> {
    let key = aws_lc_rs::rsa::KeyPair::from_pkcs8(NATIVE.pkcs8()).expect("a key");
    let message = NATIVE.unsigned(NATIVE.fields.clone()).message();
    move || {
        let mut signature = vec![0; 256];
        let random = aws_lc_rs::rand::SystemRandom::new();
        key.sign(&RSA_PKCS1_SHA256, &random, black_box(&message), &mut signature).expect("the key signs");
        signature
    }
}

pub fn aws_lc_verifying() -> impl Fn() {
    let (spki_der, message, signature) = NATIVE.proof();
    let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, spki_der).expect("a key");
    move || key.verify_sig(black_box(&message), &signature).expect("it is signed")
}

pub fn rsa_signing() -> impl Fn() -> Vec<u8> {
    let key = SigningKey::<Sha256>::new(RsaPrivateKey::from_pkcs8_der(SOFTWARE.pkcs8()).expect("a key"));
    let message = SOFTWARE.unsigned(SOFTWARE.fields.clone()).message();
    move || {
        let random = &mut ChaCha20Rng::from_seed(ENTROPY);
        key.try_sign_with_rng(random, black_box(&message)).expect("the key signs").to_vec()
    }
}

pub fn rsa_verifying() -> impl Fn() {
    let (spki_der, message, signature) = SOFTWARE.proof();
    let key = VerifyingKey::<Sha256>::new(RsaPublicKey::from_public_key_der(&spki_der).expect("a key"));
    let signature = Signature::try_from(signature.as_slice()).expect("a signature");
    move || key.verify(black_box(&message), &signature).expect("it is signed")
}

pub fn preparing(exchange: &Exchange) -> impl Fn(Value) -> Signed {
    |fields| exchange.prepared(fields, &*exchange.signer)
}

pub fn parsing(exchange: &Exchange) -> impl Fn(Received) -> Verified<declare::Response> {
    |received| exchange.read(received, &*exchange.verifier)
}
