//! What survives, and what is refused before anything is answered.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};
use wechatpay_customs::{
    Options,
    api::declare,
    client::Client,
    model::{OrderType, State},
    options::Convention,
};
use wechatpay_customs_sandbox::{Config, Sandbox};

use crate::{
    client::{advance, client, find, order, sub_order},
    raw::start,
};

/// A place for the files of one test, taken away at its end.
pub struct Place(PathBuf);

impl Place {
    pub fn new(name: &str) -> Place {
        let place = std::env::temp_dir().join(format!("wechatpay-customs-sandbox-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&place);
        std::fs::create_dir_all(&place).unwrap();
        Place(place)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn numbered(number: &str) -> declare::Request {
    declare::Request { out_trade_no: number.into(), ..order() }
}

async fn with_state(file: PathBuf) -> Sandbox {
    Sandbox::start(Config { seed: Some(1), state: Some(file), ..Config::default() }).await.unwrap()
}

#[tokio::test]
async fn declarations_and_the_clock_outlive_the_sandbox() {
    let place = Place::new("outlive");
    let first = with_state(place.file("state")).await;
    let part = client(&first).declare(&sub_order("1")).await.unwrap();
    advance(&first, 60).await;
    first.shutdown().await;

    let second = with_state(place.file("state")).await;
    let found = client(&second).query(&find(OrderType::SubOrderId, part.sub_order_id.as_ref().unwrap())).await.unwrap();
    assert_eq!((&found.data[0].state, found.data.len()), (&State::Processing, 1));
    let other = client(&second).declare(&sub_order("2")).await.unwrap();
    assert_ne!(other.sub_order_id, part.sub_order_id);
    // A file belongs to one sandbox at a time, and to one merchant.
    let busy = Config { state: Some(place.file("state")), ..Config::default() };
    let error = Sandbox::start(busy.clone()).await.unwrap_err().to_string();
    let words = format!("another sandbox has this file open: {}", place.file("state").display());
    assert!(error.starts_with(&words) && error.lines().count() == 1, "{error}");
    second.shutdown().await;
    let error = Sandbox::start(Config { mchid: "1".into(), ..busy }).await.unwrap_err().to_string();
    assert!(error.contains("its mchid is 1230000109, not 1"), "{error}");
}

#[tokio::test]
async fn a_fast_clock_runs_ahead_and_does_not_step_back() {
    // A quarter of an hour in each second.
    let place = Place::new("fast");
    let config = |speed| Config { seed: Some(1), state: Some(place.file("state")), speed, ..Config::default() };
    let fast = Sandbox::start(config(900)).await.unwrap();
    let query = find(OrderType::OutTradeNo, &order().out_trade_no);
    let declared = client(&fast).declare(&order()).await.unwrap();
    assert!(declared.warnings.is_empty(), "signatures go by the wall clock: {declared:?}");
    let found = loop {
        let found = client(&fast).query(&query).await.unwrap();
        if found.data[0].state == State::Success {
            break found;
        }
    };
    let before = advance(&fast, 3600).await;
    fast.shutdown().await;
    // It went on meanwhile, and goes on at its new speed.
    let slow = Sandbox::start(config(1)).await.unwrap();
    let after = advance(&slow, 0).await;
    assert!(after >= before, "{after} {before}");
    assert_eq!(client(&slow).query(&query).await.unwrap().data, found.data);
    slow.reset().unwrap();
    assert!(advance(&slow, 0).await < after, "a reset leads back to the wall clock");
    slow.shutdown().await;
    let fast = Sandbox::start(config(86_400)).await.unwrap();
    let first = advance(&fast, 0).await;
    while advance(&fast, 0).await < first + 86_400 {}
    fast.shutdown().await;

    for speed in [0, 86_401] {
        let error = Sandbox::start(config(speed)).await.unwrap_err().to_string();
        assert_eq!(error, format!("`speed` must lie between 1 and 86400; it is {speed}"));
        refused(&["--speed", &speed.to_string()], &error);
    }
    refused(&["--speed", "1.5"], "invalid value '1.5' for '--speed <N>'");
    let program = Program::start(&["--speed", "86400"]);
    program.client().declare(&order()).await.unwrap();
    while program.client().query(&query).await.unwrap().data[0].state != State::Success {}
}

#[tokio::test]
async fn keys_can_be_given() {
    let place = Place::new("keys");
    let made = start().await;
    let merchant_key = made.ready()["client"]["private_key"].as_str().unwrap().to_owned();
    let config = Config { merchant_key: Some(merchant_key.clone()), ..Config::default() };
    let given = Sandbox::start(config).await.unwrap();
    for name in ["private_key", "serial_no"] {
        assert_eq!(given.ready()["client"][name], made.ready()["client"][name]);
    }
    client(&given).declare(&order()).await.unwrap();

    std::fs::write(place.file("key.pem"), merchant_key).unwrap();
    std::fs::write(place.file("no.pem"), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").unwrap();
    let key = place.file("key.pem");
    let mut program = Program::start(&["--platform-key", key.to_str().unwrap()]);
    program.client().declare(&order()).await.unwrap();
    program.kill();
    for (file, words) in [("no.pem", "is not an unencrypted RSA private key"), ("none.pem", "cannot be read")] {
        refused(&["--platform-key", place.file(file).to_str().unwrap()], words);
    }
}

#[test]
fn what_is_no_state_file_is_refused_in_one_line() {
    let place = Place::new("refused");
    std::fs::write(place.file("text"), "not a database, but long enough to be looked at ".repeat(100)).unwrap();
    let foreign = rusqlite::Connection::open(place.file("foreign")).unwrap();
    foreign.execute_batch("CREATE TABLE somebody (elses TEXT)").unwrap();
    drop(foreign);
    for (file, words) in [
        ("text", "file is not a database"),
        ("foreign", "it is a database of another program"),
        ("no/such/directory", "unable to open database file"),
    ] {
        refused(&["--state", place.file(file).to_str().unwrap()], words);
    }
    let ahead = place.file("ahead");
    tokio::runtime::Runtime::new().unwrap().block_on(async { with_state(ahead.clone()).await.shutdown().await });
    let seconds = "its clock is not a number of seconds within a hundred years";
    for (fact, value, words) in [
        ("speed", "0", "its clock has a speed that there is not"),
        ("since_ms", "once", "its clock runs since a time that is not a number"),
        ("ahead_s", "-1", seconds),
        ("ahead_s", "9223372036854775807", seconds),
        ("ahead_s", "soon", seconds),
    ] {
        let file = rusqlite::Connection::open(&ahead).unwrap();
        file.execute("INSERT OR REPLACE INTO facts VALUES (?1, ?2)", [fact, value]).unwrap();
        drop(file);
        refused(&["--state", ahead.to_str().unwrap()], words);
    }
    refused(&["--stat", "x"], "unexpected argument '--stat' found");
    refused(&["--port", "70000"], "invalid value '70000' for '--port <PORT>'");
    refused(&["--seed"], "a value is required for '--seed <SEED>'");
}

fn refused(arguments: &[&str], words: &str) {
    let output = Command::new(env!("CARGO_BIN_EXE_wechatpay-customs-sandbox")).args(arguments).output().unwrap();
    assert!(!output.status.success() && output.stdout.is_empty(), "{arguments:?}");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains(words) && stderr.lines().count() == 1, "{arguments:?}: {stderr}");
}

/// The program, of which nothing is left when it is dropped.
pub struct Program {
    pub child: Child,
    pub ready: Value,
}

impl Program {
    fn start(arguments: &[&str]) -> Program {
        Program::start_with(arguments, Stdio::null())
    }

    pub fn start_with(arguments: &[&str], stderr: Stdio) -> Program {
        let mut child = Command::new(env!("CARGO_BIN_EXE_wechatpay-customs-sandbox"))
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        Program { child, ready: serde_json::from_str(&line).unwrap() }
    }

    pub fn client(&self) -> Client {
        Client::new(Options::from_value(self.ready["client"].clone(), Convention::Python).unwrap()).unwrap()
    }

    /// SIGKILL, on Unix.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_a_kill_at_any_moment() {
    let place = Place::new("killed");
    let file = place.file("state");
    let arguments = ["--seed", "1", "--state", file.to_str().unwrap()];
    let acknowledged = Arc::new(Mutex::new(Vec::<String>::new()));
    // Moments that are odd to one another; what is asserted holds at each.
    for (round, ms) in [3, 17, 41, 88, 160].into_iter().enumerate() {
        let mut program = Program::start(&arguments);
        let client = program.client();
        let calls: Vec<_> = (0..8)
            .map(|caller| {
                let (client, acknowledged) = (client.clone(), Arc::clone(&acknowledged));
                tokio::spawn(async move {
                    for count in 0.. {
                        let number = format!("r{round}c{caller}n{count}");
                        if client.declare(&numbered(&number)).await.is_err() {
                            return;
                        }
                        acknowledged.lock().unwrap().push(number);
                    }
                })
            })
            .collect();
        // From the first acknowledged declaration on.
        while !acknowledged.lock().unwrap().iter().any(|number| number.starts_with(&format!("r{round}"))) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_millis(ms)).await;
        program.kill();
        for call in calls {
            call.await.unwrap();
        }
    }
    let program = Program::start(&arguments);
    let client = program.client();
    let acknowledged = acknowledged.lock().unwrap().clone();
    assert!(acknowledged.len() >= 5);
    for number in acknowledged {
        let found = client.query(&find(OrderType::OutTradeNo, &number)).await.unwrap();
        assert_eq!(found.data.len(), 1, "{number}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_declarations_over_32_connections() {
    let place = Place::new("thousand");
    let sandbox = with_state(place.file("state")).await;
    // A client each, so that each has a connection of its own.
    let calls: Vec<_> = (0..32)
        .map(|caller| {
            let client = client(&sandbox);
            tokio::spawn(async move {
                let mut ids = Vec::new();
                for count in (caller..1000).step_by(32) {
                    // The client verifies each answer.
                    let answer = client.declare(&sub_order(&format!("sub-{count}"))).await.unwrap();
                    assert_eq!(answer.sub_order_no, Some(format!("sub-{count}")));
                    ids.push(answer.sub_order_id.clone().unwrap());
                }
                ids
            })
        })
        .collect();
    let mut ids = Vec::new();
    for call in calls {
        ids.extend(call.await.unwrap());
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 1000, "each has an id of its own");
    sandbox.shutdown().await;

    let again = with_state(place.file("state")).await;
    let mut query = find(OrderType::OutTradeNo, &order().out_trade_no);
    query.limit = Some(wechatpay_customs::model::Limit(1000));
    let found = client(&again).query(&query).await.unwrap();
    let mut kept: Vec<String> = found.data.iter().map(|record| record.sub_order_id.clone().unwrap()).collect();
    kept.sort_unstable();
    assert_eq!(kept, ids);
    assert_eq!(json!(found.total_count), json!(1000));
}
