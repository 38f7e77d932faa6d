//! No `Debug`, `Display`, error, finding, log, panic or URL of the core, the Rust driver and the sandbox holds a secret or
//! a person's data. `host_languages.rs` runs the same on the other surfaces.

mod planted;

use std::{
    collections::BTreeSet,
    fmt::Debug,
    future::pending,
    panic,
    sync::{Arc, Mutex, PoisonError},
};

use planted::{ID_NUMBER, NAME, config, found, identity, plan, private_key, sentinels};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tracing::{
    field::{Field, Visit},
    span,
};
use wechatpay_customs::{
    Error, ErrorKind, Operation, Options,
    api::{declare, verify_identity},
    check::{Rules, check, check_json},
    client::Client,
    crypto::Signer,
    encryption::Padding,
    engine::{Account, Call, Engine, Event, Now, Outcome, SignedBy},
    error::{CODES, PKCS12_UNSUPPORTED, PRIVATE_KEY_IN_BROWSER},
    explain::{Message, explain_value},
    host,
    keys::PrivateKey,
    model::Personal,
    options::{CallOptions, Convention, KeyMaterial, Secret},
    request::Checked,
};
use wechatpay_customs_conformance::with_bytes;
use wechatpay_customs_sandbox::{Config, Sandbox};

/// What was logged, and what panics said, by anybody in this process.
static LOGGED: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn log(line: String) {
    LOGGED.lock().unwrap_or_else(PoisonError::into_inner).push(line);
}

/// Collects `tracing` at every level.
struct Tracer;

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push_str(&format!(" {field}={value:?}"));
    }
}

impl tracing::Subscriber for Tracer {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let mut line = Line(attributes.metadata().name().to_owned());
        attributes.record(&mut line);
        log(line.0);
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        let mut line = Line(String::new());
        values.record(&mut line);
        log(line.0);
    }
    fn event(&self, event: &tracing::Event<'_>) {
        let mut line = Line(event.metadata().target().to_owned());
        event.record(&mut line);
        log(line.0);
    }
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// Collects the crate `log` at every level, as reqwest and rustls use it.
struct Logger;

impl log::Log for Logger {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }
    fn log(&self, record: &log::Record<'_>) {
        self::log(format!("{} {}", record.target(), record.args()));
    }
    fn flush(&self) {}
}

/// Everything that was shown, each with where.
#[derive(Default)]
struct Shown {
    texts: Vec<(String, String)>,
    codes: BTreeSet<String>,
    rules: BTreeSet<&'static str>,
}

impl Shown {
    fn text(&mut self, at: &str, text: impl Into<String>) {
        self.texts.push((at.to_owned(), text.into()));
    }

    fn debug(&mut self, at: &str, value: &impl Debug) {
        self.text(at, format!("{value:?}{value:#?}"));
    }

    fn error(&mut self, at: &str, error: &Error) {
        self.debug(at, error);
        self.text(at, error.to_string());
        self.text(at, json!(host::error(error.clone(), Convention::JavaScript)).to_string());
        let boxed: Box<dyn std::error::Error> = Box::new(error.clone());
        self.text(at, format!("{boxed:?} {boxed} {:?}", boxed.source().map(ToString::to_string)));
        self.codes.insert(error.code.clone());
        self.rules.extend(error.findings.iter().map(|finding| finding.rule));
    }

    /// Takes a result apart: an error is shown, anything else is given back.
    fn result<T: Debug>(&mut self, at: &str, result: Result<T, Error>) -> Option<T> {
        match result {
            Ok(value) => {
                self.debug(at, &value);
                Some(value)
            }
            Err(error) => {
                self.error(at, &error);
                None
            }
        }
    }

    fn outcome(&mut self, at: &str, outcome: Result<Outcome, Error>) {
        match self.result(at, outcome) {
            Some(Outcome::Err(error)) => self.error(at, &error),
            Some(outcome) => self.text(at, json!(outcome).to_string()),
            None => {}
        }
    }
}

/// One case on the Rust surface, by every way that there is.
async fn run(case: &Value, shown: &mut Shown) {
    let at = case["id"].as_str().expect("an id");
    let (kind, operation, fields) = (case["kind"].as_str().expect("a kind"), &case["operation"], &case["fields"]);
    let options = Options::from_value(with_bytes(case["options"].clone()), Convention::Python);
    let Some(options) = shown.result(at, options) else { return };
    if kind == "explain" {
        let explained = explain_value(
            case["given"].clone(),
            case["options"].clone(),
            case["request"].clone(),
            None,
            Convention::Python,
        );
        shown.result(at, explained);
        let message = Message::from_values(case["given"].clone(), case["request"].clone()).expect("a message");
        let account = Account::new(options, SignedBy::Core).expect("the keys are right");
        return shown.debug(at, &account.explain(&message, None));
    }
    let made = match kind {
        "parse" => Client::for_parsing(options.clone()),
        _ => Client::new(options.clone()),
    };
    let Some(client) = shown.result(at, made) else { return };
    shown.debug(at, client.account());
    let operation_named = shown.result(at, Operation::named(operation.as_str().unwrap_or_default()));
    let call = match kind {
        "check" => {
            let arguments = json!({ "operation": operation, "fields": fields, "rules": case["rules"] });
            for account in [None, Some(client.account())] {
                let findings = host::call("check", arguments.clone(), account, Convention::JavaScript);
                shown.result(at, findings);
            }
            let (Some(operation), rules) = (operation_named, Rules::default()) else { return };
            let findings = match fields {
                Value::String(text) => check_json(operation, text, &rules).1,
                fields => check(operation, fields, &rules),
            };
            shown.rules.extend(findings.iter().map(|finding| finding.rule));
            shown.debug(at, &findings);
            shown.text(at, json!(findings).to_string());
            return;
        }
        "prepare" => {
            if let Some(operation) = operation_named {
                let padding = Padding::Seed([7; 32]);
                let built = Checked::new(client.account().merchant(), operation, fields.clone()).build(
                    client.account().merchant(),
                    &client.account().platform_keys(),
                    1_767_225_600,
                    "n".into(),
                    padding,
                );
                if let Some(unsigned) = shown.result(at, built) {
                    let signed = unsigned.attach("http://127.0.0.1", b"signature");
                    shown.debug(at, &signed);
                    shown.text(at, json!(signed).to_string());
                }
            }
            json!({ "call": kind, "operation": operation, "fields": fields })
        }
        "parse" => json!({
            "call": kind, "operation": operation, "response": case["response"], "request": case["request"],
        }),
        _ => {
            match serde_json::from_value::<verify_identity::Request>(fields.clone()) {
                Ok(request) => {
                    shown.debug(at, &request);
                    let answer = client.verify_identity(&request).await;
                    shown.result(at, answer);
                }
                // Of JSON text it says the whole.
                Err(_) if fields.is_string() => {}
                Err(error) => shown.text(at, format!("{error} {error:?}")),
            }
            json!({ "call": "operation", "operation": operation, "fields": fields })
        }
    };
    let read = Call::from_value(call.clone());
    if let Err(error) = &read {
        shown.error(at, error);
    }
    if let Ok(call) = read {
        shown.outcome(at, client.run(call, CallOptions::default(), pending()).await);
    }
    // As a host language drives it.
    let account = Arc::new(Account::new(options, SignedBy::Core).expect("the keys are right"));
    match host::engine(account, call, json!({}), Convention::JavaScript, [7; 32]) {
        Err(error) => shown.error(at, &error),
        Ok(mut engine) => drive(at, &mut engine, fields, shown),
    }
}

/// Gives an engine an answer that quotes the request, and shows what it emits and how it ends.
fn drive(at: &str, engine: &mut Engine, fields: &Value, shown: &mut Shown) {
    let now = Now { unix_ms: 1_767_225_600_000, mono_ms: 0 };
    let quoted = format!("{}, {}", fields["certificate_name"], fields["certificate_id"]);
    let body = json!({ "code": "PARAM_ERROR", "message": quoted }).to_string().into_bytes();
    let mut event = Event::Start;
    for next in [
        Event::Signed { signature: vec![1; 256] },
        Event::Response { status: 400, headers: vec![("X".into(), NAME.into())], body, truncated: false },
        Event::Cancel,
        Event::Cancel,
    ] {
        shown.debug(at, &event);
        let step = host::step(engine, event, now, Convention::JavaScript);
        shown.debug(at, &step.emits);
        let action = json!(step)["action"].clone();
        if action["action"] == "done" || action["action"] == "send" {
            shown.text(at, action.to_string());
        }
        event = next;
    }
}

struct Broken(&'static str);

impl Signer for Broken {
    fn sign(&self, _: &[u8], _: &[u8; 32]) -> Result<Vec<u8>, Error> {
        match self.0 {
            "nothing" => Ok(Vec::new()),
            why => panic!("the signer {why}"),
        }
    }
}

fn fails_on_purpose(shown: &mut Shown, at: &str, end: Result<(), tokio::task::JoinError>) {
    let panicked = end.expect_err("it panics");
    shown.debug(at, &panicked);
    shown.text(at, panicked.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_shows_a_secret_or_a_person() {
    tracing::subscriber::set_global_default(Tracer).expect("the first");
    log::set_logger(&Logger).expect("the first");
    log::set_max_level(log::LevelFilter::Trace);
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |panicked| {
        log(panicked.to_string());
        usual(panicked);
    }));
    let sandbox_log = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&sandbox_log);
    let line = move |line: &Value| into.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_string());
    let sandbox = Sandbox::start(Config { log: Some(Arc::new(line)), ..config() }).await.expect("a sandbox");
    let sentinels = sentinels(&sandbox);
    let mut shown = Shown::default();
    shown.debug("the sandbox", &sandbox);

    let options = || Options::from_value(sandbox.ready()["client"].clone(), Convention::Python).expect("options");
    let client = Client::new(options()).expect("keys");
    let declared: declare::Request = {
        let Value::Object(mut fields) = identity() else { return };
        fields.retain(|name, _| !name.starts_with("certificate"));
        serde_json::from_value(fields.into()).expect("a request")
    };
    client.declare(&declared).await.expect("it is declared");
    let cases = plan(&sandbox).await;
    for case in &cases {
        run(case, &mut shown).await;
    }

    // What holds a secret by itself.
    let key = KeyMaterial::from(private_key());
    shown.debug("a private key", &PrivateKey::read(&key, None, None));
    shown.debug("key material", &(key, Secret::from(NAME), Personal::from(ID_NUMBER)));
    for wrong in [json!(990_000_180_002_300_075_u64), json!([NAME]), json!({ NAME: ID_NUMBER }), json!(9.9e17)] {
        let refused = serde_json::from_value::<Personal>(wrong.clone()).expect_err("it is no text");
        shown.text("a person's data as data", format!("{refused} {refused:?}"));
        let text = json!({ "certificate_id": wrong, "certificate_name": NAME }).to_string();
        let refused = serde_json::from_str::<verify_identity::Request>(&text).expect_err("it lacks fields");
        shown.text("a request as data", format!("{refused} {refused:?}"));
    }

    // Callers that fail, and callers that give up.
    let request: verify_identity::Request = serde_json::from_value(identity()).expect("a request");
    let without_key = || Options { private_key: None, ..options() };
    for why in ["panics", "nothing"] {
        let client = Client::with_signer(without_key(), Arc::new(Broken(why))).expect("keys");
        let request = request.clone();
        let call = tokio::spawn(async move { client.verify_identity(&request).await });
        match call.await {
            Ok(answer) => drop(shown.result(why, answer)),
            Err(panicked) => fails_on_purpose(&mut shown, why, Err(panicked)),
        }
    }
    let observed = client.clone().on_attempt(|attempt| panic!("the observer panics at {attempt:?}"));
    let by_value = request.clone();
    let call = tokio::spawn(async move { drop(observed.verify_identity(&by_value).await) });
    fails_on_purpose(&mut shown, "an observer", call.await);
    let slow = cases.iter().find(|case| case["id"] == "call: slow").expect("a slow answer");
    let call = json!({ "call": "operation", "operation": "verify_identity", "fields": slow["fields"] });
    let call = Call::from_value(call).expect("a call");
    let begun = Arc::new(Notify::new());
    let begins = Arc::clone(&begun);
    let observed = client.clone().on_attempt(move |_| begins.notify_one());
    let cancelled = observed.run(call, CallOptions::default(), Box::pin(begun.notified())).await;
    assert!(matches!(cancelled, Ok(Outcome::Cancelled { .. })), "{cancelled:?}");
    shown.outcome("cancelled", cancelled);

    // The control endpoints, which are told a person's data to compare with.
    let http = reqwest::Client::new();
    let control = sandbox.ready()["control_url"].as_str().expect("a URL");
    for body in [
        json!({ "certificate_id": ID_NUMBER, "certificate_name": NAME }),
        json!({ "certificate_id": 990_000_180_002_300_075_u64, "certificate_name": [NAME] }),
        json!({ "certificate_id": ID_NUMBER, "certificate_name": { NAME: 1 } }),
        json!({ "certificate_id": ID_NUMBER }),
        json!([ID_NUMBER, NAME]),
        json!(NAME),
    ] {
        let answer = http.post(format!("{control}/identities")).body(body.to_string()).send().await.expect("an answer");
        shown.text("control", format!("{:?}", answer.headers()));
        shown.text("control", answer.text().await.expect("a text"));
    }
    for path in ["settings", "payments", "nothing"] {
        let answer = http.get(format!("{control}/{path}")).send().await.expect("an answer");
        shown.text("control", answer.text().await.expect("a text"));
    }
    let same = client.verify_identity(&request).await.expect("an answer");
    assert_eq!(same.certificate_check_result.as_str(), "SAME");
    sandbox.shutdown().await;

    for line in LOGGED.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        shown.text("a log or panic", line);
    }
    for line in sandbox_log.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        shown.text("the sandbox's log", line);
    }
    let logged = |words: &str| shown.texts.iter().any(|(_, text)| text.contains(words));
    for words in ["wechatpay_customs::client", "hyper_util", "the observer panics at Emit", "\"method\":\"POST\""] {
        assert!(logged(words), "nothing was collected with `{words}`");
    }
    let met = |kind: ErrorKind| -> Vec<&str> {
        CODES
            .iter()
            .filter(|code| code.kind == kind && !shown.codes.contains(code.name))
            .map(|code| code.name)
            .collect()
    };
    let elsewhere = [PRIVATE_KEY_IN_BROWSER.name, PKCS12_UNSUPPORTED.name];
    assert_eq!(met(ErrorKind::Key), elsewhere, "key errors that no case met");
    for rule in [
        "required",
        "empty",
        "type",
        "length",
        "control_character",
        "unknown_field",
        "already_encrypted",
        "duplicate_field",
        "identity_check_digit",
        "certificate_type_idcard",
    ] {
        assert!(shown.rules.contains(rule), "no case broke the rule `{rule}`");
    }
    let mut leaks: Vec<String> = Vec::new();
    for (at, text) in &shown.texts {
        let found = found(text, &sentinels);
        if !found.is_empty() {
            leaks.push(format!("{at}: {found:?}: {}", text.chars().take(400).collect::<String>()));
        }
    }
    println!("{} cases, {} texts", cases.len(), shown.texts.len());
    assert!(leaks.is_empty(), "{} of {} texts:\n{}", leaks.len(), shown.texts.len(), leaks.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_search_finds_every_form() {
    let sandbox = Sandbox::start(config()).await.expect("a sandbox");
    let sentinels = sentinels(&sandbox);
    assert!(sentinels.len() > 20);
    for sentinel in &sentinels {
        for form in &sentinel.forms {
            let planted = format!("Error {{ message: \"x{form}y\" }}");
            assert_eq!(found(&planted, &sentinels), [sentinel.name.as_str()], "{form}");
        }
    }
    // As they would come about.
    let pem = private_key();
    let der: Vec<u8> = {
        use base64::{Engine as _, prelude::BASE64_STANDARD};
        let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        BASE64_STANDARD.decode(body).expect("PEM")
    };
    let hex: String = der.iter().map(|byte| format!("{byte:02X}")).collect();
    let lines = sentinels.iter().filter(|sentinel| sentinel.name.starts_with("private key")).count();
    for text in [
        pem.clone(),
        json!(pem).to_string(),
        json!(json!(pem).to_string()).to_string(),
        format!("{:?}", pem.as_bytes().iter().map(|byte| char::from(*byte)).collect::<String>()),
        format!("{der:?}"),
        format!("{der:#?}"),
        json!(der).to_string(),
        hex,
        der.escape_ascii().to_string(),
    ] {
        assert_eq!(found(&text, &sentinels).len(), lines, "{text}");
    }
    for text in [
        format!("{:?}", NAME.as_bytes()),
        format!("{:#?}", NAME.as_bytes()),
        format!("{}", NAME.escape_unicode()).replace(['{', '}'], ""),
        r#"{\"certificate_name\":\"\\u8BF8\\u845b\\u54E8\\u5175\"}"#.to_owned(),
        "%E8%AF%B8%E8%91%9B%E5%93%A8%E5%85%B5".to_owned(),
        "6K+46JGb5ZOo5YW1".to_owned(),
    ] {
        assert_eq!(found(&text, &sentinels), ["name"], "{text}");
    }
    assert_eq!(found("zebulon  QUIXWOOD", &sentinels), ["Latin name"]);
    let clean = format!("{:?}{}", sandbox.ready()["client"]["platform_keys"], json!({ "certificate_name": "***" }));
    assert!(found(&clean, &sentinels).is_empty());
}
