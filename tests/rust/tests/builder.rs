//! A client option by option in Rust, and how its errors read when `main` returns them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};
use wechatpay_customs::{
    Error, Options, Severity,
    api::{declare, query, verify_identity},
    check::{Rules, rules::Level},
    client::{
        Builder, Client,
        own::{self, Boxed, Failure, OwnTransport, Sent, Unanswered},
    },
    crypto::Signer,
    model::Fen,
    options::{CallOptions, Convention, Crypto, FieldEncryption, PathPrefix},
    response::Received,
};
use wechatpay_customs_conformance::vectors;
use wechatpay_customs_sandbox::{Config, Sandbox};

/// The base options of the vectors.
fn given() -> Value {
    vectors().swap_remove(0)["options"].take()
}

fn sound() -> Builder {
    let given = given();
    let text = |name: &str| given[name].as_str().expect("text").to_owned();
    let keys = given["platform_keys"].as_object().expect("a map").clone();
    keys.into_iter().fold(
        Client::builder()
            .appid(text("appid"))
            .mchid(text("mchid"))
            .serial_no(text("serial_no"))
            .private_key(text("private_key")),
        |builder, (id, key)| builder.platform_key(id, key.as_str().expect("PEM")),
    )
}

fn refused(builder: Builder) -> Error {
    builder.build().expect_err("it is refused")
}

#[test]
fn every_option_has_a_method_of_its_name() {
    let client = sound()
        .private_key_password("not needed")
        .api_v3_key("0123456789abcdefghijklmnopqrstuv")
        .base_urls(["https://proxy.example/wx", "https://apihk.mch.weixin.qq.com"])
        .path_prefix(PathPrefix::GlobalV3)
        .timeout(Duration::from_secs(5))
        .deadline(Duration::from_secs(20))
        .max_retries(3u32)
        .correct_clock(true)
        .accept_language("zh-CN")
        .user_agent("shop/1")
        .field_encryption(FieldEncryption::Oaep)
        .crypto(Crypto::Software)
        .rules(Rules::new([("mchid_digits", Level::Off)]).expect("a rule"))
        .build()
        .expect("all are sound");
    let urls: Vec<&str> = client.account().merchant().base_urls().collect();
    assert_eq!(urls, ["https://proxy.example/wx", "https://apihk.mch.weixin.qq.com"]);
    assert_eq!(client.account().platform_keys().ids().count(), 2);
    // The list replaces what was added before.
    let told = refused(sound().platform_keys([("AA", "no key")]));
    assert!(told.code == "PLATFORM_KEY_INVALID" && told.message.contains("`AA`"), "{told}");
}

/// Whatever an option holds, the builder, `Options` and the other languages refuse it alike.
#[test]
fn what_is_refused_elsewhere_is_refused_here() {
    let with = |name: &str, value: Value| {
        let mut options = given();
        options[name] = value;
        Options::from_value(options, Convention::Python).and_then(Client::new).expect_err("it is refused elsewhere")
    };
    for (here, elsewhere) in [
        (refused(sound().mchid("")), with("mchid", json!(""))),
        (refused(sound().appid("")), with("appid", json!(""))),
        (refused(sound().private_key("")), with("private_key", json!(""))),
        (refused(sound().private_key("a secret")), with("private_key", json!("a secret"))),
        (refused(sound().api_v3_key("short")), with("api_v3_key", json!("short"))),
        (refused(sound().base_urls([""; 0])), with("base_urls", json!([]))),
        (refused(sound().base_urls(["http://example.com"])), with("base_urls", json!(["http://example.com"]))),
        (refused(sound().serial_no("7F \n")), with("serial_no", json!("7F \n"))),
        (refused(sound().platform_keys([("AA", "")])), with("platform_keys", json!({ "AA": "" }))),
        (refused(Client::builder()), Client::new(Options::default()).expect_err("all is missing")),
    ] {
        assert_eq!((&here.code, &here.message), (&elsewhere.code, &elsewhere.message));
    }
    for span in [Duration::ZERO, Duration::from_micros(400)] {
        for told in [
            refused(sound().timeout(span)),
            refused(sound().deadline(span)),
            Client::new(Options { timeout: Some(span), ..Options::default() }).expect_err("too short"),
        ] {
            assert_eq!(told.code, "INVALID_OPTION");
            assert!(told.message.contains("must be at least a millisecond"), "{told}");
        }
    }
}

struct Refuses;

impl Signer for Refuses {
    fn sign(&self, _: &[u8], _: &[u8; 32]) -> Result<Vec<u8>, Error> {
        Client::builder().mchid("").build().map(|_| Vec::new())
    }
}

#[tokio::test]
async fn a_signer_takes_the_place_of_the_private_key() {
    let told = refused(sound().signer(Arc::new(Refuses)));
    assert!(told.message.contains("`private_key`"), "{told}");
    let client = Client::builder()
        .appid("wxd678efh567hg6787")
        .mchid("1230000109")
        .serial_no("7F")
        .platform_keys(
            given()["platform_keys"]
                .as_object()
                .expect("a map")
                .iter()
                .map(|(id, key)| (id.as_str(), key.as_str().expect("PEM"))),
        )
        .signer(Arc::new(Refuses))
        .build()
        .expect("a sound client");
    let told = client.declare(&order()).await.expect_err("the signer raises");
    assert!(told.message.contains("`mchid`"), "{told}");
}

fn order() -> declare::Request {
    declare::Request {
        out_trade_no: "builder-1".into(),
        transaction_id: "4200000000202611220000000001".into(),
        customs: "SHANGHAI_ZS".into(),
        merchant_customs_no: "IC2N000001".into(),
        ..declare::Request::default()
    }
}

/// A client of a sandbox, by the builder.
fn client(sandbox: &Sandbox) -> Client {
    builder(sandbox).build().expect("the sandbox's options are sound")
}

fn builder(sandbox: &Sandbox) -> Builder {
    let given = sandbox.ready()["client"].clone();
    let text = |name: &str| given[name].as_str().expect("text").to_owned();
    let keys = given["platform_keys"].as_object().expect("a map");
    Client::builder()
        .appid(text("appid"))
        .mchid(text("mchid"))
        .serial_no(text("serial_no"))
        .private_key(text("private_key"))
        .platform_keys(keys.iter().map(|(id, key)| (id, key.as_str().expect("PEM"))))
        .base_urls(given["base_urls"][0].as_str())
}

#[tokio::test]
async fn an_error_that_main_returns_reads_like_a_sentence() {
    let sandbox = Sandbox::start(Config::default()).await.expect("a sandbox");
    let client = client(&sandbox);
    client.declare(&order()).await.expect("it is declared");

    // Refused before it is sent: the message, then a line for each finding.
    let wrong = declare::Request { duty: Some(Fen(-1)), customs: "".into(), ..order() };
    let shown = format!("{:?}", client.declare(&wrong).await.expect_err("two mistakes"));
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines[0].starts_with("declare was not sent: ") && lines[0].ends_with(" [INVALID_FIELDS]"), "{shown}");
    assert!(lines.iter().any(|line| line.starts_with("  range: /duty ") && line.ends_with("(given: -1)")), "{shown}");

    // Refused by the service: what to do, and its id of the request for its support.
    let unknown = query::Request {
        order_type: "out_trade_no".into(),
        order_no: "never-declared".into(),
        customs: "SHANGHAI_ZS".into(),
        ..query::Request::default()
    };
    let told = client.query(&unknown).await.expect_err("there is no such record");
    let shown = format!("{told:?}");
    assert!(shown.starts_with(&format!("{told} [{}]", told.code)), "{shown}");
    assert!(shown.contains(&*told.advice.as_ref().expect("an advice").en), "{shown}");
    assert!(shown.contains(&format!("request id: {}", told.request_id.as_deref().expect("an id"))), "{shown}");

    // A person's data and the marks of a dumped structure stand nowhere.
    let person = verify_identity::Request {
        out_trade_no: "builder-1".into(),
        transaction_id: "4200000000202611220000000001".into(),
        customs: "SHANGHAI_ZS".into(),
        merchant_customs_no: "IC2N000001".into(),
        certificate_type: "IDCARD".into(),
        certificate_id: "000000190001010008".into(),
        certificate_name: "Nobody Atall".into(),
        ..verify_identity::Request::default()
    };
    let told = client.verify_identity(&person).await.expect_err("the check digit does not fit");
    let shown = format!("{told:?} {told:#?}");
    for secret in ["Nobody Atall", "000000190001010008", "Details", "None", "BEGIN"] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
    sandbox.shutdown().await;
}

/// Forwards to the sandbox, after a request that it has not sent.
struct Forwards {
    http: reqwest::Client,
    asked: Arc<AtomicUsize>,
}

impl OwnTransport for Forwards {
    fn send(&self, request: own::Request) -> Boxed<Result<own::Response, Unanswered>> {
        let first = self.asked.fetch_add(1, Ordering::SeqCst) == 0;
        let http = self.http.clone();
        Box::pin(async move {
            if first {
                return Err(Unanswered { sent: Sent::No, cause: Failure::Connect });
            }
            let method = reqwest::Method::from_bytes(request.method.as_str().as_bytes()).expect("a method");
            let sent = http.request(method, &request.url).body(request.body.unwrap_or_default());
            let sent = request.headers.iter().fold(sent, |sent, (name, value)| sent.header(name, value));
            let answer = sent.send().await.expect("the sandbox answers");
            let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
            let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
            Ok(own::Response {
                status,
                headers: headers.collect(),
                body: answer.bytes().await.expect("a body").to_vec(),
            })
        })
    }
}

#[tokio::test]
async fn a_transport_and_a_clock_of_ones_own() {
    let sandbox = Sandbox::start(Config::default()).await.expect("a sandbox");
    let asked = Arc::new(AtomicUsize::new(0));
    let transport = Forwards { http: reqwest::Client::new(), asked: Arc::clone(&asked) };
    let mine = builder(&sandbox).own_transport(transport).build().expect("a sound client");
    let answer = mine.declare(&order()).await.expect("it is sent again");
    assert_eq!((answer.state.as_str(), answer.attempts, asked.load(Ordering::SeqCst)), ("UNDECLARED", 2, 2));
    // Half an hour behind: refused, unless the clock is corrected.
    let late = || SystemTime::now() - Duration::from_secs(1800);
    let told = builder(&sandbox).clock(late).build().expect("a client").declare(&order()).await.expect_err("too old");
    assert_eq!((told.code.as_str(), told.attempts), ("SIGN_ERROR", 1));
    let corrected = builder(&sandbox).clock(late).correct_clock(true).build().expect("a client");
    assert_eq!(corrected.declare(&order()).await.expect("it is corrected").attempts, 2);
    assert_eq!(corrected.declare(&order()).await.expect("it stays corrected").attempts, 1);
    let hours = builder(&sandbox).clock(|| SystemTime::now() - Duration::from_secs(7200)).correct_clock(true);
    assert_eq!(hours.build().expect("a client").declare(&order()).await.expect_err("too far").code, "SIGN_ERROR");
}

#[tokio::test]
async fn a_request_is_checked_prepared_and_its_answer_read_by_the_client() {
    let sandbox = Sandbox::start(Config::default()).await.expect("a sandbox");
    let client = builder(&sandbox).build().expect("a client");
    assert!(client.check(&order()).iter().all(|finding| finding.severity != Severity::Error));
    assert!(client.check(&declare::Request::default()).iter().any(|finding| finding.field == "/customs"));
    let signed = client.prepare(&order()).await.expect("it is signed");
    let mut sent = reqwest::Client::new().post(&signed.url).body(signed.body.expect("a body"));
    for (name, value) in &signed.headers {
        sent = sent.header(name, value);
    }
    let answer = sent.send().await.expect("the sandbox answers");
    let headers = answer.headers().iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    let (status, headers) = (answer.status().as_u16(), headers.collect());
    let received = Received::new(status, headers, answer.bytes().await.expect("a body").to_vec(), false);
    let answer = client.parse(&order(), received).await.expect("it is verified");
    assert_eq!((answer.state.as_str(), answer.attempts), ("UNDECLARED", 0));
}

#[tokio::test]
async fn options_of_one_call() {
    let sandbox = Sandbox::start(Config::default()).await.expect("a sandbox");
    let client = builder(&sandbox).build().expect("a client");
    let once = CallOptions { max_retries: Some(0), ..CallOptions::default() };
    let lost = declare::Request { out_trade_no: "fault@drop_before@1".into(), ..order() };
    assert!(client.with_options(once).declare(&lost).await.expect_err("it is lost").may_have_been_applied);
    let lost = declare::Request { out_trade_no: "fault@drop_before@2".into(), ..order() };
    assert_eq!(client.declare(&lost).await.expect("it is sent again").attempts, 2);
}
