//! Calls under load on the Rust surface; prints what failed. The arguments: the task, the sandbox's ready line, its size.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use futures_util::future::join_all;
use serde_json::{Value, json};
use wechatpay_customs::{
    Error, Options,
    api::{declare, modify},
    client::Client,
    options::Convention,
};

fn order(number: &str) -> Value {
    json!({
        "out_trade_no": number, "transaction_id": "1000320306201511078440737890", "customs": "SHANGHAI_ZS",
        "merchant_customs_no": "123456",
    })
}

async fn declared(client: &Client, number: &str) -> Result<(), Error> {
    let request: declare::Request = serde_json::from_value(order(number)).expect("fields");
    client.declare(&request).await.map(drop)
}

async fn modified(client: &Client, number: &str) -> Result<(), Error> {
    let mut fields = order(number);
    fields["duty"] = json!(7);
    let request: modify::Request = serde_json::from_value(fields).expect("fields");
    client.modify(&request).await.map(drop)
}

async fn pause(call: u64) {
    tokio::time::sleep(Duration::from_micros(49_000 + call * 337 % 2_000)).await;
}

/// A third of the calls is given up: before they are sent, on their way, or in a pause.
async fn cancelled(client: &Client, size: u64) -> Vec<String> {
    let (next, failed) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let half = async |until: u64| {
        let caller = async |_| {
            loop {
                let number = next.fetch_add(1, Relaxed);
                if number >= until {
                    break;
                }
                let span = if number % 3 == 0 { number * 7919 % 40 } else { 600_000 };
                let name = format!("c{number}");
                let call = declared(client, &name);
                if let Ok(Err(error)) = tokio::time::timeout(Duration::from_millis(span), call).await {
                    failed.lock().expect("nobody panics").push(error.to_string());
                }
            }
        };
        join_all((0..16).map(caller)).await;
        resident_kb()
    };
    let before = half(size / 2).await;
    let grown = half(size).await.saturating_sub(before);
    let mut failed = failed.lock().expect("nobody panics").clone();
    if grown > 20_000 {
        failed.push(format!("memory has grown by {grown} kB"));
    }
    failed.extend(declared(client, "last").await.err().map(|error| error.to_string()));
    failed
}

fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("procfs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
    line.split_whitespace().next().and_then(|number| number.parse().ok()).expect("a number")
}

#[tokio::main]
async fn main() {
    let [task, ready, size] = &std::env::args().skip(1).collect::<Vec<_>>()[..] else { panic!("three arguments") };
    let mut ready: Value = serde_json::from_str(ready).expect("a ready line");
    let size: u64 = size.parse().expect("a number");
    let options = Options::from_value(ready["client"].take(), Convention::Python).expect("options");
    let client = Client::new(options).expect("a client");
    if task == "cancelled" {
        println!("{}", json!(cancelled(&client, size).await));
        return;
    }
    let caller = async |place: u64| {
        let mut ended = Vec::new();
        for call in 0..size {
            let number = format!("{place}-{call}");
            ended.push(declared(&client, &number).await);
            if task == "idle" {
                pause(call).await;
                if call % 4 == 0 {
                    ended.push(modified(&client, &number).await);
                    pause(call + 1).await;
                }
            }
        }
        ended
    };
    let ended = join_all((0..if task == "storm" { 64 } else { 1 }).map(caller)).await.concat();
    let failed: Vec<String> = ended.iter().filter_map(|ended| ended.as_ref().err()).map(ToString::to_string).collect();
    println!("{}", json!(failed));
}
