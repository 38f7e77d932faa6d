//! Requests made by hand, signed with the `rsa` crate: neither the core's code nor the sandbox's.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use rsa::{
    RsaPrivateKey, RsaPublicKey,
    pkcs1v15::{Signature, SigningKey, VerifyingKey},
    pkcs8::{DecodePrivateKey, DecodePublicKey},
    sha2::Sha256,
    signature::{SignatureEncoding, Signer, Verifier},
};
use serde_json::{Value, json};
use wechatpay_customs_sandbox::{Config, Sandbox};

pub const ORDERS: &str = "/v3/global/customs/orders";

pub async fn start() -> Sandbox {
    Sandbox::start(Config { seed: Some(1), ..Config::default() }).await.unwrap()
}

/// A declaration that nothing is wrong with.
pub fn declaration() -> Value {
    json!({
        "appid": "wxd678efh567hg6787",
        "mchid": "1230000109",
        "out_trade_no": "20150806125346",
        "transaction_id": "1000320306201511078440737890",
        "customs": "SHANGHAI_ZS",
        "merchant_customs_no": "123456",
    })
}

/// A request whose every part a test can change before it is sent.
#[derive(Clone)]
pub struct Raw {
    pub method: &'static str,
    pub target: String,
    pub body: String,
    pub timestamp: String,
    pub nonce: String,
    pub headers: Vec<(&'static str, String)>,
    pub mchid: String,
    pub serial_no: String,
    /// What is signed; the right message unless given.
    pub message: Option<String>,
    /// The whole header; the right one unless given.
    pub authorization: Option<String>,
}

pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

pub fn unix_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn new_nonce() -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("nonce{}", NEXT.fetch_add(1, Ordering::SeqCst))
}

impl Raw {
    pub fn get(target: impl Into<String>) -> Raw {
        Raw {
            method: "GET",
            target: target.into(),
            body: String::new(),
            timestamp: unix_s().to_string(),
            nonce: new_nonce(),
            headers: vec![
                ("Accept", "application/json".into()),
                ("User-Agent", "test".into()),
                ("Accept-Language", "en".into()),
            ],
            mchid: "1230000109".into(),
            serial_no: String::new(),
            message: None,
            authorization: None,
        }
    }

    pub fn post(body: impl ToString) -> Raw {
        let mut raw = Raw { method: "POST", body: body.to_string(), ..Raw::get(ORDERS) };
        raw.headers.push(("Content-Type", "application/json".into()));
        raw
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Raw {
        self.headers.retain(|(given, _)| *given != name);
        self.headers.push((name, value.into()));
        self
    }

    pub fn without(mut self, name: &str) -> Raw {
        self.headers.retain(|(given, _)| *given != name);
        self
    }

    pub fn message(&self) -> String {
        format!("{}\n{}\n{}\n{}\n{}\n", self.method, self.target, self.timestamp, self.nonce, self.body)
    }

    pub fn signature(&self, sandbox: &Sandbox) -> String {
        let key = RsaPrivateKey::from_pkcs8_pem(sandbox.ready()["client"]["private_key"].as_str().unwrap()).unwrap();
        let message = self.message.clone().unwrap_or_else(|| self.message());
        BASE64_STANDARD.encode(SigningKey::<Sha256>::new(key).sign(message.as_bytes()).to_vec())
    }

    /// The five pairs, in the documented order.
    pub fn pairs(&self, sandbox: &Sandbox) -> Vec<String> {
        let serial = sandbox.ready()["client"]["serial_no"].as_str().unwrap();
        let serial = if self.serial_no.is_empty() { serial } else { &self.serial_no };
        [
            ("mchid", self.mchid.as_str()),
            ("nonce_str", &self.nonce),
            ("timestamp", &self.timestamp),
            ("serial_no", serial),
            ("signature", &self.signature(sandbox)),
        ]
        .map(|(name, value)| format!("{name}=\"{value}\""))
        .to_vec()
    }

    pub async fn send(&self, sandbox: &Sandbox) -> Answer {
        let authorization = self
            .authorization
            .clone()
            .unwrap_or_else(|| format!("WECHATPAY2-SHA256-RSA2048 {}", self.pairs(sandbox).join(",")));
        let method = reqwest::Method::from_bytes(self.method.as_bytes()).unwrap();
        // A client without default headers of its own.
        let mut request = reqwest::Client::new()
            .request(method, format!("http://{}{}", sandbox.address(), self.target))
            .body(self.body.clone());
        if !authorization.is_empty() {
            request = request.header("Authorization", authorization);
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.unwrap();
        verify(sandbox, &headers, &bytes);
        Answer { status, headers, body: serde_json::from_slice(&bytes).unwrap() }
    }
}

/// Every answer of the API is signed, errors too.
fn verify(sandbox: &Sandbox, headers: &reqwest::header::HeaderMap, body: &[u8]) {
    let named = |name: &str| headers[name].to_str().unwrap().to_owned();
    assert_eq!(named("Content-Type"), "application/json; charset=utf-8");
    assert!(!named("Request-ID").is_empty());
    assert_eq!(named("Wechatpay-Signature-Type"), "WECHATPAY2-SHA256-RSA2048");
    assert!(named("Wechatpay-Timestamp").parse::<u64>().unwrap().abs_diff(unix_s()) < 5);
    let key = public_key(sandbox, &named("Wechatpay-Serial"));
    let message = [named("Wechatpay-Timestamp").as_bytes(), named("Wechatpay-Nonce").as_bytes(), body]
        .map(|text| [text, b"\n"].concat());
    let signature = BASE64_STANDARD.decode(named("Wechatpay-Signature")).unwrap();
    VerifyingKey::<Sha256>::new(key)
        .verify(&message.concat(), &Signature::try_from(signature.as_slice()).unwrap())
        .expect("the answer must be signed by the key that it names");
}

pub fn public_key(sandbox: &Sandbox, id: &str) -> RsaPublicKey {
    let pem = sandbox.ready()["client"]["platform_keys"][id].as_str().expect("a key of the ready line").to_owned();
    if id.starts_with("PUB_KEY_ID_01") {
        return RsaPublicKey::from_public_key_pem(&pem).unwrap();
    }
    let keys = wechatpay_customs::keys::PlatformKeys::read([(id, &pem.as_str().into())]).unwrap();
    RsaPublicKey::from_public_key_der(keys.get(id).unwrap().spki_der()).unwrap()
}

/// Sends the lines of a request exactly as they are, and gives status and body.
pub async fn wire(sandbox: &Sandbox, head: &str, body: &str) -> (u16, Value) {
    let address = sandbox.address();
    let request = format!("{head}Connection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let sent = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    });
    let answer = sent.await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or_else(|_| body.into()))
}

/// Calls a control endpoint.
pub async fn control(sandbox: &Sandbox, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let url = format!("{}/{path}", sandbox.ready()["control_url"].as_str().unwrap());
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let answer = reqwest::Client::new().request(method, url).body(body.to_string()).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap())
}

/// Posts to a control endpoint what it takes.
pub async fn told(sandbox: &Sandbox, path: &str, body: Value) -> Value {
    let (status, answer) = control(sandbox, "POST", path, &body).await;
    assert_eq!(status, 200, "{path} {body}: {answer}");
    answer
}
