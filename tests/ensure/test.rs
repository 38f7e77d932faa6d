//! Many orders that are ensured on each surface, through faults and kill -9, until all stand as wanted, each in effect once.
//!
//! `ENSURE` says how many, in percent of 1000; 10 unless given.

use std::{
    io::Read,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};
use wechatpay_customs_sandbox::{Config, Sandbox};
use wechatpay_customs_tests::{python, root};

/// The programs that ensure orders, each with its arguments before the sandbox's ready line.
fn programs() -> Vec<(&'static str, Vec<String>)> {
    let at = |path: std::path::PathBuf| path.display().to_string();
    let script = |name: &str| at(root().join("tests/ensure").join(name));
    let module = |name: &str| at(root().join("target/consumers").join(name));
    let runtime = |path: &str| at(root().join("tests/runtimes/node_modules").join(path));
    let deno = ["run", "--allow-all", "--node-modules-dir=manual"].map(str::to_owned);
    vec![
        ("Rust", vec![env!("CARGO_BIN_EXE_ensure").to_owned()]),
        ("Node.js", vec!["node".to_owned(), script("ensure.mjs"), module("node.js")]),
        ("WASM", vec!["node".to_owned(), script("ensure.mjs"), module("wasm.js")]),
        ("Bun", vec![runtime("@oven/bun-linux-x64/bin/bun"), script("ensure.mjs"), module("node.js")]),
        (
            "Deno",
            [&[runtime("@deno/linux-x64-glibc/deno")], &deno[..], &[script("ensure.mjs"), module("wasm.js")]].concat(),
        ),
        ("Python", vec![at(python()), script("ensure.py"), "sync".to_owned()]),
        ("Python, asynchronous", vec![at(python()), script("ensure.py"), "async".to_owned()]),
    ]
}

fn orders() -> usize {
    std::env::var("ENSURE").map_or(10, |percent| percent.parse().expect("ENSURE is a number")) * 10
}

/// The faults that requests meet, one in five of them.
const FAULTS: [&str; 10] = [
    r#"{"fault":"drop_before"}"#,
    r#"{"fault":"drop_after"}"#,
    r#"{"fault":"server_error","status":502}"#,
    r#"{"fault":"server_error","status":500,"carried_out":true}"#,
    r#"{"fault":"rate_limited","retry_after":0}"#,
    r#"{"fault":"truncated_body"}"#,
    r#"{"fault":"probe_signature"}"#,
    r#"{"fault":"no_signature"}"#,
    r#"{"fault":"html","status":502,"carried_out":true}"#,
    r#"{"fault":"reset_after","bytes":9}"#,
];

async fn control(url: &str, endpoint: &str, body: &Value) {
    let sent = reqwest::Client::new().post(format!("{url}/{endpoint}")).body(body.to_string()).send().await;
    let sent = sent.expect("the sandbox answers");
    assert!(sent.status().is_success(), "{endpoint} {body}: {}", sent.text().await.unwrap_or_default());
}

fn started(program: &[String], ready: &Value, kept: &std::path::Path, count: usize) -> Child {
    let mut command = Command::new(&program[0]);
    command.args(&program[1..]).arg(ready.to_string()).arg(kept).arg(count.to_string());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
}

/// All that a program said, and whether it ended well.
fn said(mut program: Child) -> (String, bool) {
    let mut text = String::new();
    let stderr = program.stderr.take().map(|mut stderr| {
        std::thread::spawn(move || {
            let mut text = String::new();
            let _ = stderr.read_to_string(&mut text);
            text
        })
    });
    program.stdout.take().expect("stdout").read_to_string(&mut text).expect("text");
    let ended = program.wait().expect("it ends");
    let errors = stderr.map(|stderr| stderr.join().expect("it is read")).unwrap_or_default();
    (if ended.success() { text } else { text + &errors }, ended.success())
}

async fn settles(name: &str, program: Vec<String>, count: usize) {
    let log = Arc::new(Mutex::new(Vec::<Value>::new()));
    let into = Arc::clone(&log);
    let line = move |line: &Value| into.lock().unwrap_or_else(PoisonError::into_inner).push(line.clone());
    let sandbox = Sandbox::start(Config { log: Some(Arc::new(line)), ..Config::default() }).await.expect("a sandbox");
    let mut ready = sandbox.ready().clone();
    // Each run ends at its first failure, so that the next one must go on from it.
    ready["client"]["max_retries"] = json!(0);
    let url = ready["control_url"].as_str().expect("a URL").to_owned();
    for place in 0..count {
        let mut fault: Value = serde_json::from_str(FAULTS[place % FAULTS.len()]).expect("a fault");
        fault["order"] = json!(format!("e{place}"));
        // Declares meet it, or else queries.
        fault["operation"] = json!(if place % 3 == 0 { "query" } else { "declare" });
        control(&url, "faults", &fault).await;
    }
    let kept =
        std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("ensure-{}.jsonl", name.replace(' ', "-")));
    let _ = std::fs::remove_file(&kept);
    let passes = tokio::spawn({
        let url = url.clone();
        async move {
            loop {
                tokio::time::sleep(Duration::from_millis(50)).await;
                control(&url, "clock", &json!({ "advance_s": 10 })).await;
            }
        }
    });
    // Killed as soon as it has done something, wherever it is then.
    for killed in 1..=3 {
        let before = log.lock().unwrap_or_else(PoisonError::into_inner).len();
        let mut process = started(&program, &ready, &kept, count);
        let enough = before + count * killed / 4;
        while log.lock().unwrap_or_else(PoisonError::into_inner).len() < enough {
            if process.try_wait().expect("it can be asked").is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let _ = process.kill();
        let _ = process.wait();
    }
    let process = started(&program, &ready, &kept, count);
    let (told, well) = tokio::task::spawn_blocking(move || said(process)).await.expect("no panic");
    passes.abort();
    assert!(well, "{name}: {told}");
    let results: Vec<Value> =
        serde_json::from_str(told.trim()).unwrap_or_else(|error| panic!("{name}: {error}: {told}"));
    assert_eq!(results.len(), count, "{name}");
    for result in &results {
        assert_eq!(result["reason"], "success", "{name}: {result}");
        assert_eq!(result["record"]["duty"], 7, "{name}: {result}");
    }
    // Declares may be repeated; nothing was changed or pushed again for that.
    let log = log.lock().unwrap_or_else(PoisonError::into_inner);
    let changes = log.iter().filter(|line| {
        line["method"] == "PATCH" || line["path"].as_str().is_some_and(|path| path.ends_with("/redeclare"))
    });
    assert_eq!(changes.count(), 0, "{name}");
    let faults = log.iter().filter(|line| !line["fault"].is_null()).count();
    println!("{name}: {count} orders, {} requests, {faults} of them met a fault", log.len());
    assert!(faults * 10 > count * 8, "{name}: {faults} faults");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_orders_end_as_wanted_and_each_is_in_effect_once() {
    let mut some = programs();
    // Most of the time is spent waiting.
    let others = some.split_off(some.len() / 2);
    let settle = async |programs: Vec<(&'static str, Vec<String>)>| {
        for (name, program) in programs {
            settles(name, program, orders()).await;
        }
    };
    futures_util::join!(settle(some), settle(others));
}
