//! A person's data and the merchant's key stand in nothing that the sandbox writes or answers.

use std::{
    fs,
    io::Read,
    process::Stdio,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use wechatpay_customs_sandbox::{Config, Sandbox};

use crate::{
    calls::person,
    client::{client, order},
    raw::{Raw, control, start},
    state::{Place, Program},
};

/// Nobody: neither the region nor the day exists; the check digit fits.
const ID: &str = "990000180002300075";
const NAME: &str = "诸葛哨兵";

/// The texts that nothing may hold: the person's, plain and as JSON escapes them, and a line of the key.
fn secrets(key: &str) -> Vec<String> {
    let escaped = |upper: bool| -> String {
        let unit = |unit| if upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
        NAME.encode_utf16().map(unit).collect()
    };
    vec![ID.into(), NAME.into(), escaped(false), escaped(true), key.lines().nth(12).expect("a line").into()]
}

fn assert_clean(at: &str, bytes: &[u8], secrets: &[String]) {
    for secret in secrets {
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{at} holds {secret}: {}", String::from_utf8_lossy(bytes));
    }
}

/// Bodies for every endpoint that is told of a person, sound ones and others.
fn bodies() -> Vec<Value> {
    vec![
        json!({ "certificate_id": ID, "certificate_name": NAME }),
        json!({ "certificate_id": 990_000_180_002_300_075_u64, "certificate_name": [NAME] }),
        json!({ "certificate_id": ID, "certificate_name": { "first": NAME }, "out_trade_no": 7 }),
        json!({ "certificateId": ID, "CERTIFICATE-NAME": NAME }),
        json!([ID, NAME]),
        json!(NAME),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_writes_nothing_of_a_person() {
    let place = Place::new("redaction");
    let key = start().await.ready()["client"]["private_key"].as_str().expect("a key").to_owned();
    let secrets = secrets(&key);
    fs::write(place.file("key.pem"), &key).expect("a file");
    let (key_file, state) = (place.file("key.pem"), place.file("state"));
    let arguments = ["--merchant-key", key_file.to_str().expect("a path"), "--state", state.to_str().expect("a path")];
    // Its ready line holds the key, for the client.
    let mut program = Program::start_with(&arguments, Stdio::piped());
    let client = program.client();
    let ready = program.ready.clone();
    client.declare(&order()).await.expect("it is declared");
    let (url, control_url) = (ready["url"].as_str().expect("a URL"), ready["control_url"].as_str().expect("a URL"));
    let http = reqwest::Client::new();
    for body in bodies() {
        let answer =
            http.post(format!("{control_url}/identities")).body(body.to_string()).send().await.expect("an answer");
        assert_clean("a control answer", &answer.bytes().await.expect("a body"), &secrets);
        // Not signed: the log explains why that is refused.
        let path = format!("{url}/v3/global/customs/verify-certificate?certificate_name={NAME}");
        http.post(path).body(body.to_string()).send().await.expect("an answer");
    }
    let fault = json!({
        "fault": "error", "status": 400, "code": "PARAM_ERROR", "message": format!("{NAME} is not {ID}"),
        "detail": { "value": NAME }, "operation": "verify_identity",
    });
    http.post(format!("{control_url}/faults")).body(fault.to_string()).send().await.expect("an answer");
    let refused = client.verify_identity(&person(ID, NAME)).await.expect_err("it is told to refuse");
    assert_clean("the error", format!("{refused:?}").as_bytes(), &secrets);
    let same = client.verify_identity(&person(ID, NAME)).await.expect("an answer");
    assert_eq!(same.certificate_check_result.as_str(), "SAME");

    program.kill();
    let (mut rest, mut stderr) = (Vec::new(), Vec::new());
    program.child.stdout.take().expect("stdout").read_to_end(&mut rest).expect("stdout");
    program.child.stderr.take().expect("stderr").read_to_end(&mut stderr).expect("stderr");
    assert!(String::from_utf8_lossy(&stderr).lines().count() >= 9, "a line for each request");
    assert_clean("stdout", &rest, &secrets);
    assert_clean("stderr", &stderr, &secrets);
    let mut files = 0;
    for file in fs::read_dir(state.parent().expect("a folder")).expect("a folder") {
        let file = file.expect("a file").path();
        if file != key_file {
            assert_clean(&file.display().to_string(), &fs::read(&file).expect("a file"), &secrets);
            files += 1;
        }
    }
    assert!(files >= 2, "the state and its log");
}

#[tokio::test]
async fn answers_and_debug_hold_nothing_of_a_person() {
    let log = Arc::new(Mutex::new(String::new()));
    let kept = Arc::clone(&log);
    let line = move |line: &Value| kept.lock().expect("no panic").push_str(&line.to_string());
    let sandbox = Sandbox::start(Config { log: Some(Arc::new(line)), ..Config::default() }).await.expect("a sandbox");
    let key = sandbox.ready()["client"]["private_key"].as_str().expect("a key");
    let secrets = secrets(key);
    assert_clean("Debug", format!("{sandbox:?}{sandbox:#?}").as_bytes(), &secrets);
    client(&sandbox).declare(&order()).await.expect("it is declared");
    let sound = json!(person(ID, NAME));
    let changed = |name: &str, value: Value| {
        let mut fields = sound.clone();
        fields[name] = value;
        fields.to_string()
    };
    let mut sent = vec![
        sound.to_string(),
        changed("certificate_id", json!(990_000_180_002_300_075_u64)),
        changed("certificate_name", json!([NAME])),
        changed("certificate_name", json!(NAME.repeat(100))),
        changed("certificateName", json!(NAME)),
        changed("payer", json!({ "certificate_name": NAME })),
        changed("out_trade_no", json!(1)),
        sound.to_string().replacen('{', &format!("{{\"certificate_name\":\"{NAME}\","), 1),
        sound.to_string().replace('}', ""),
    ];
    sent.extend(bodies().iter().map(Value::to_string));
    for body in sent {
        for target in ["/v3/global/customs/verify-certificate", "/v3/global/customs/orders", "/nowhere"] {
            // Rightly signed, but not encrypted.
            let raw = Raw { target: target.into(), ..Raw::post(&body) };
            let named = raw.header("Wechatpay-Serial", public_key_id(&sandbox));
            let answer = named.send(&sandbox).await;
            assert!(answer.status >= 400, "{body}");
            assert_clean(&format!("the answer to {body}"), answer.body.to_string().as_bytes(), &secrets);
        }
    }
    for path in ["settings", "payments", "faults"] {
        let (_, answer) = control(&sandbox, "GET", path, &Value::Null).await;
        assert_clean(path, answer.to_string().as_bytes(), &secrets);
    }
    assert_clean("the log", log.lock().expect("no panic").as_bytes(), &secrets);
}

fn public_key_id(sandbox: &Sandbox) -> &str {
    let keys = sandbox.ready()["client"]["platform_keys"].as_object().expect("a map");
    keys.keys().find(|id| id.starts_with("PUB_KEY_ID_")).expect("a public key")
}

#[test]
#[should_panic(expected = "a file holds")]
fn the_search_finds_what_is_there() {
    assert_clean("a file", &[b"\0\x01", NAME.as_bytes(), b"\xff"].concat(), &[NAME.to_owned()]);
}
