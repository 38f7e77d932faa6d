//! Calls under load on each surface: a service that refuses what is too much, and a server that closes idle connections.
//!
//! `LOAD` says how large the tasks are, in percent of what was promised; 10 unless given.

use std::{
    process::Command,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::future::join_all;
use serde_json::{Value, json};
use wechatpay_customs_sandbox::{Config, Sandbox};
use wechatpay_customs_tests::{python, root};

/// The programs that make the calls, each with the arguments before the task.
fn programs() -> Vec<(&'static str, Command)> {
    let script = |name: &str| root().join("tests/load").join(name);
    let module = |name: &str| root().join("target/consumers").join(name);
    let runtime = |path: &str| root().join("tests/runtimes/node_modules").join(path);
    let program = |program: &std::path::Path, arguments: &[&std::path::Path]| {
        let mut command = Command::new(program);
        command.args(arguments);
        command
    };
    let node = std::path::Path::new("node");
    let mut deno = Command::new(runtime("@deno/linux-x64-glibc/deno"));
    deno.args(["run", "--allow-all", "--node-modules-dir=manual"]).args([script("load.mjs"), module("wasm.js")]);
    vec![
        ("Rust", Command::new(env!("CARGO_BIN_EXE_load"))),
        ("Node.js", program(node, &[&script("load.mjs"), &module("node.js")])),
        ("WASM", program(node, &[&script("load.mjs"), &module("wasm.js")])),
        ("Bun", program(&runtime("@oven/bun-linux-x64/bin/bun"), &[&script("load.mjs"), &module("node.js")])),
        ("Deno", deno),
        ("Python", program(&python(), &[&script("load.py"), "sync".as_ref()])),
        ("Python, asynchronous", program(&python(), &[&script("load.py"), "async".as_ref()])),
    ]
}

fn percent() -> usize {
    std::env::var("LOAD").map_or(10, |load| load.parse().expect("LOAD is a number"))
}

/// Runs a task on a surface beside a sandbox with these settings; gives the lines that it has logged.
async fn run(name: &str, mut command: Command, task: &str, size: usize, settings: &Value) -> Vec<Value> {
    let log = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&log);
    let line = move |line: &Value| into.lock().unwrap_or_else(PoisonError::into_inner).push(line.clone());
    let sandbox = Sandbox::start(Config { log: Some(Arc::new(line)), ..Config::default() }).await.expect("a sandbox");
    let url = format!("{}/settings", sandbox.ready()["control_url"].as_str().expect("a URL"));
    let set = reqwest::Client::new().post(url).body(settings.to_string()).send().await.expect("it answers");
    assert!(set.status().is_success());
    let mut ready = sandbox.ready().clone();
    // What was promised holds on a machine that does nothing else.
    ready["client"]["deadline"] = json!(if task == "storm" && percent() == 100 { 60 } else { 600 });
    command.arg(task).arg(ready.to_string()).arg(size.to_string());
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic").expect("it starts");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{name}: {told}{}", String::from_utf8_lossy(&output.stderr));
    let failed: Vec<String> = serde_json::from_str(told.trim()).expect("a list of failures");
    assert!(failed.is_empty(), "{name}: {} failed, as {:?}", failed.len(), &failed[..failed.len().min(3)]);
    log.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The logged requests of a method that were answered so.
fn count(lines: &[Value], method: &str, status: Option<u16>) -> usize {
    let mine = |line: &&Value| {
        line["method"] == method
            && !line["path"].as_str().unwrap_or_default().starts_with("/sandbox")
            && status.is_none_or(|status| line["status"] == status)
    };
    lines.iter().filter(mine).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_takes_200_a_second_gets_hardly_more() {
    let each_caller = 40 * percent() / 100;
    for (name, command) in programs() {
        let lines = run(name, command, "storm", each_caller, &json!({ "calls_per_second": 200 })).await;
        let needed = 64 * each_caller;
        let (sent, well) = (count(&lines, "POST", None), count(&lines, "POST", Some(200)));
        println!("{name}: {sent} requests for {needed} declarations");
        assert_eq!(well, needed, "{name}");
        // At the beginning nobody knows the limit: what is under way then is refused, twice at most.
        assert!(sent <= needed * 12 / 10 + 2 * 64, "{name}: {sent} requests for {needed} declarations");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_closes_idle_connections_loses_nothing() {
    // A modify after every fourth declare. All surfaces at once, because they only wait.
    let size = 2000 * percent() / 100;
    let idle = async |(name, command)| {
        let lines = run(name, command, "idle", size, &json!({ "idle_close_ms": 50 })).await;
        println!("{name}: {} requests", count(&lines, "POST", None) + count(&lines, "PATCH", None));
        let modified = count(&lines, "PATCH", Some(200));
        assert_eq!(modified, size.div_ceil(4), "{name}: what was lost on its way was not modified twice");
    };
    join_all(programs().into_iter().map(idle)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_are_given_up_leave_nothing_behind() {
    let size = 10_000 * percent() / 100;
    // A thread that waits is given up by Ctrl-C only, which tests/python shows.
    for (name, command) in programs().into_iter().filter(|(name, _)| *name != "Python") {
        // So few that many calls pause.
        let lines = run(name, command, "cancelled", size, &json!({ "calls_per_second": 300 })).await;
        println!("{name}: {} requests", count(&lines, "POST", None));
    }
}
