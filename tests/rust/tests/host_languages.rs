//! What only a host language can show, by its own test runner, against the sandbox.

mod planted;

use std::{
    fs,
    path::Path,
    process::Command,
    sync::{self, Arc, PoisonError},
};

use planted::{found, plan, sentinels};
use serde_json::{Value, json};
use wechatpay_customs::{
    ErrorKind,
    error::{CODES, Code, PRIVATE_KEY_IN_BROWSER},
};
use wechatpay_customs_sandbox::{Config, Sandbox};
use wechatpay_customs_tests::{python, root, tests_in};

async fn passes(sandbox: &Sandbox, mut command: Command) -> String {
    command.current_dir(root()).env("SANDBOX_READY", sandbox.ready().to_string());
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic");
    let output = output.expect("the program starts; `cargo xtask build` makes what it needs");
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{told}");
    assert!(output.status.success(), "{told}");
    told
}

fn node(test: &str) -> Command {
    let mut node = Command::new("node");
    node.args(["--test", "--unhandled-rejections=strict", test]);
    node
}

fn python_script(test: &str) -> Command {
    let mut python = Command::new(python());
    python.args(["-X", "dev", "-W", "error", test]);
    python
}

/// What follows a plan of the tests has a test of its own below.
const PLANNED: [&str; 2] = ["redaction.test.mjs", "test_redaction.py"];

/// Runs every test of a folder, each beside a sandbox of its own.
async fn pass(folder: &str, begins: &str, ends: &str, run: fn(&str) -> Command) {
    for test in tests_in(folder, begins, ends) {
        if !PLANNED.contains(&&*test) {
            println!("{test}");
            let sandbox = Sandbox::start(Config::default()).await.expect("a sandbox");
            passes(&sandbox, run(&format!("tests/{folder}/{test}"))).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn javascript() {
    pass("javascript", "", ".test.mjs", node).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python_package() {
    pass("python", "test_", ".py", python_script).await;
}

/// Runs what `redaction.rs` runs; nothing that was planted may come out, here or in the sandbox's log.
async fn shows_no_secret(name: &str, mut command: Command) {
    let log = Arc::new(sync::Mutex::new(String::new()));
    let into = Arc::clone(&log);
    let line = move |line: &Value| into.lock().unwrap_or_else(PoisonError::into_inner).push_str(&line.to_string());
    let config = Config { log: Some(Arc::new(line)), ..planted::config() };
    let sandbox = Sandbox::start(config).await.expect("a sandbox");
    let sentinels = sentinels(&sandbox);
    // The conformance test meets the code that only a page does, and looks for keys in it.
    let elsewhere = |code: &&Code| *code != &PRIVATE_KEY_IN_BROWSER;
    let key_codes = CODES.iter().filter(|code| code.kind == ErrorKind::Key).filter(elsewhere);
    let key_codes: Vec<_> = key_codes.map(|code| code.name).collect();
    let forms: Vec<_> =
        sentinels.iter().map(|sentinel| json!({ "name": sentinel.name, "forms": sentinel.forms })).collect();
    let plan = json!({ "sentinels": forms, "cases": plan(&sandbox).await, "key_codes": key_codes });
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&file, plan.to_string()).expect("a file of the tests");
    command.env("REDACTION_PLAN", file);
    let told = passes(&sandbox, command).await;
    assert_eq!(found(&told, &sentinels), Vec::<&str>::new());
    let log = log.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(log.contains("verify-certificate"));
    assert_eq!(found(&log, &sentinels), Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn javascript_shows_no_secret() {
    shows_no_secret("redaction-javascript.json", node("tests/javascript/redaction.test.mjs")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python_shows_no_secret() {
    shows_no_secret("redaction-python.json", python_script("tests/python/test_redaction.py")).await;
}
