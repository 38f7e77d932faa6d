//! What a call costs without its signature, and beside it the bare work of the backends on the same bytes.
//!
//! `cargo xtask bench` runs this and compares the rows by their names.

use std::{
    hint::black_box,
    sync::{Arc, LazyLock},
};

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use divan::{AllocProfiler, Bencher};
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
    Error, Operation, Options,
    api::declare,
    crypto::{Signer, Verifier},
    encryption::Padding,
    engine::{Action, Call, Engine, Event, Now, Outcome, Shared, Signing},
    message,
    options::{CallOptions, Convention},
    request::{Signed, Unsigned},
    response::{Received, Verified},
};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

const NOW: Now = Now { unix_ms: 1_767_225_600_000, mono_ms: 1_000 };
const TIMESTAMP: i64 = NOW.unix_ms / 1000;
const NONCE: &str = "593BEC0C930BF1AFEB40B4A08C8FB242";
const ENTROPY: [u8; 32] = [7; 32];

/// The client of the vectors, a declaration, and the signed answer to it.
struct Exchange {
    shared: Arc<Shared>,
    signer: Arc<dyn Signer>,
    verifier: Arc<dyn Verifier>,
    fields: Value,
    request: declare::Request,
    headers: Vec<(String, String)>,
    body: String,
}

static NATIVE: LazyLock<Exchange> = LazyLock::new(|| Exchange::of("auto"));
static SOFTWARE: LazyLock<Exchange> = LazyLock::new(|| Exchange::of("software"));

impl Exchange {
    fn of(crypto: &str) -> Exchange {
        let mut options: Value =
            serde_json::from_str(include_str!("../tests/vectors/options.json")).expect("the options are JSON");
        options["crypto"] = crypto.into();
        let options = Options::from_value(options, Convention::Python).expect("the options are right");
        let shared = Arc::new(Shared::new(options, Signing::Core).expect("the keys are right"));
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
            signer: shared.signer().expect("the key is right").expect("there is a key"),
            verifier: shared.verifier().expect("a verifier is built in"),
            shared,
            request: serde_json::from_value(fields.clone()).expect("a request"),
            fields,
            headers: serde_json::from_value(response["headers"].clone()).expect("a list of pairs"),
            body: response["body"].as_str().expect("a text").to_owned(),
        }
    }

    fn unsigned(&self, fields: Value) -> Unsigned {
        let padding = Padding::Given(Vec::new());
        Unsigned::build(&self.shared, Operation::Declare, fields, TIMESTAMP, NONCE.to_owned(), padding)
            .expect("the request is right")
    }

    fn prepared(&self, fields: Value, signer: &dyn Signer) -> Signed {
        let unsigned = self.unsigned(fields);
        let signature = signer.sign(&unsigned.message(), &ENTROPY).expect("the key signs");
        unsigned.attach("https://apihk.mch.weixin.qq.com", &signature)
    }

    fn received(&self) -> Received {
        Received::new(200, self.headers.clone(), self.body.clone().into_bytes(), false)
    }

    fn read(&self, received: Received, verifier: &dyn Verifier) -> Verified<declare::Response> {
        received.verify(&self.request, &self.shared.platform_keys(), verifier, TIMESTAMP).expect("the answer is signed")
    }

    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(header, _)| header == name).map_or("", |(_, value)| value)
    }

    /// The platform key, what it signed, and the signature.
    fn proof(&self) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
        let keys = self.shared.platform_keys();
        let key = keys.get(self.header("Wechatpay-Serial")).expect("the key is known");
        let message =
            message::response(self.header("Wechatpay-Timestamp"), self.header("Wechatpay-Nonce"), self.body.as_bytes());
        let signature = BASE64_STANDARD.decode(self.header("Wechatpay-Signature")).expect("Base64");
        (key.spki_der().to_vec(), message, signature)
    }

    fn pkcs8(&self) -> &[u8] {
        self.shared.private_key().expect("there is a key").pkcs8_der()
    }
}

/// Signs and verifies at no cost.
struct Nothing;

impl Signer for Nothing {
    fn sign(&self, _: &[u8], _: &[u8; 32]) -> Result<Vec<u8>, Error> {
        Ok(vec![1; 256])
    }
}

impl Verifier for Nothing {
    fn verify(&self, _: &[u8], _: &[u8], _: &[u8]) -> bool {
        true
    }
}

#[divan::bench(sample_count = 500, sample_size = 10)]
fn nothing_prepare(bencher: Bencher) {
    bencher.with_inputs(|| NATIVE.fields.clone()).bench_values(|fields| NATIVE.prepared(fields, &Nothing));
}

#[divan::bench(sample_count = 500, sample_size = 10)]
fn nothing_parse(bencher: Bencher) {
    bencher.with_inputs(|| NATIVE.received()).bench_values(|received| NATIVE.read(received, &Nothing));
}

fn engine(call: Call) -> Engine {
    Engine::new(call, Arc::clone(&NATIVE.shared), CallOptions::default(), ENTROPY)
}

fn signed() -> Event {
    Event::Signed { signature: vec![1; 256] }
}

fn answered() -> Event {
    let (headers, body) = (NATIVE.headers.clone(), NATIVE.body.clone().into_bytes());
    Event::Response { status: 200, headers, body, truncated: false }
}

/// Gives each event in turn, and the outcome after the last.
fn driven<const N: usize>(mut engine: Engine, events: [Event; N]) -> Outcome {
    for event in events {
        if let Action::Done { outcome } = black_box(engine.step(event, NOW)).action {
            assert!(matches!(outcome, Outcome::Ok { .. } | Outcome::Prepared { .. }), "{outcome:?}");
            return outcome;
        }
    }
    panic!("the engine is not done")
}

#[divan::bench(sample_count = 500, sample_size = 10)]
fn nothing_prepare_engine(bencher: Bencher) {
    let call = || Call::Prepare {
        operation: "declare".into(),
        fields: NATIVE.fields.clone(),
        timestamp: None,
        nonce: None,
        padding: None,
    };
    bencher
        .with_inputs(|| (call(), [Event::Start, signed()]))
        .bench_values(|(call, events)| driven(engine(call), events));
}

#[divan::bench(sample_count = 500, sample_size = 10)]
fn nothing_parse_engine(bencher: Bencher) {
    let call = || Call::Parse {
        operation: "declare".into(),
        response: NATIVE.received(),
        request: Some(NATIVE.fields.clone()),
        now: None,
    };
    bencher
        .with_inputs(|| (call(), [Event::Start, Event::Verified { ok: true }]))
        .bench_values(|(call, events)| driven(engine(call), events));
}

#[divan::bench(sample_count = 500, sample_size = 10)]
fn nothing_call_engine(bencher: Bencher) {
    let call = || Call::Operation { operation: "declare".into(), fields: NATIVE.fields.clone() };
    bencher
        .with_inputs(|| (call(), [Event::Start, signed(), answered(), Event::Verified { ok: true }]))
        .bench_values(|(call, events)| driven(engine(call), events));
}

#[divan::bench(sample_count = 500, sample_size = 1)]
fn aws_lc_sign(bencher: Bencher) {
    let key = aws_lc_rs::rsa::KeyPair::from_pkcs8(NATIVE.pkcs8()).expect("a key");
    let message = NATIVE.unsigned(NATIVE.fields.clone()).message();
    bencher.bench_local(|| {
        let mut signature = vec![0; 256];
        let random = aws_lc_rs::rand::SystemRandom::new();
        key.sign(&RSA_PKCS1_SHA256, &random, black_box(&message), &mut signature).expect("the key signs");
        signature
    });
}

#[divan::bench(sample_count = 500, sample_size = 1)]
fn aws_lc_sign_prepare(bencher: Bencher) {
    bencher.with_inputs(|| NATIVE.fields.clone()).bench_values(|fields| NATIVE.prepared(fields, &*NATIVE.signer));
}

#[divan::bench(sample_count = 500, sample_size = 10)]
fn aws_lc_verify(bencher: Bencher) {
    let (spki_der, message, signature) = NATIVE.proof();
    let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, spki_der).expect("a key");
    bencher.bench_local(|| key.verify_sig(black_box(&message), &signature).expect("it is signed"));
}

#[divan::bench(sample_count = 500, sample_size = 10)]
fn aws_lc_verify_parse(bencher: Bencher) {
    bencher.with_inputs(|| NATIVE.received()).bench_values(|received| NATIVE.read(received, &*NATIVE.verifier));
}

#[divan::bench(sample_count = 200, sample_size = 1)]
fn rsa_sign(bencher: Bencher) {
    let key = SigningKey::<Sha256>::new(RsaPrivateKey::from_pkcs8_der(SOFTWARE.pkcs8()).expect("a key"));
    let message = SOFTWARE.unsigned(SOFTWARE.fields.clone()).message();
    bencher.bench_local(|| {
        let random = &mut ChaCha20Rng::from_seed(ENTROPY);
        key.try_sign_with_rng(random, black_box(&message)).expect("the key signs").to_vec()
    });
}

#[divan::bench(sample_count = 200, sample_size = 1)]
fn rsa_sign_prepare(bencher: Bencher) {
    bencher.with_inputs(|| SOFTWARE.fields.clone()).bench_values(|fields| SOFTWARE.prepared(fields, &*SOFTWARE.signer));
}

#[divan::bench(sample_count = 200, sample_size = 1)]
fn rsa_verify(bencher: Bencher) {
    let (spki_der, message, signature) = SOFTWARE.proof();
    let key = VerifyingKey::<Sha256>::new(RsaPublicKey::from_public_key_der(&spki_der).expect("a key"));
    let signature = Signature::try_from(signature.as_slice()).expect("a signature");
    bencher.bench_local(|| key.verify(black_box(&message), &signature).expect("it is signed"));
}

#[divan::bench(sample_count = 200, sample_size = 1)]
fn rsa_verify_parse(bencher: Bencher) {
    bencher.with_inputs(|| SOFTWARE.received()).bench_values(|received| SOFTWARE.read(received, &*SOFTWARE.verifier));
}
