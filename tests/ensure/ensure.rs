//! Orders that are ensured on the Rust surface until all are settled; goes on from what it kept, however it ended before.
//!
//! The arguments: the sandbox's ready line, the file to keep results in, and the number of orders.

use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::Write,
    sync::Mutex,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures_util::future::join_all;
use serde_json::{Value, json};
use wechatpay_customs::{
    Options,
    api::declare,
    client::Client,
    life::{EnsureOptions, Ensured},
    options::Convention,
};

fn order(place: u64) -> declare::Request {
    let order = json!({
        "out_trade_no": format!("e{place}"), "transaction_id": "1000320306201511078440737890",
        "customs": "SHANGHAI_ZS", "merchant_customs_no": "123456", "duty": 7,
    });
    serde_json::from_value(order).expect("fields")
}

/// The time until an order is due, a tenth of a second at most.
fn due(ensured: Option<&Ensured>) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let at = ensured.and_then(|ensured| u64::try_from(ensured.retry_at?).ok()).map(Duration::from_secs);
    at.unwrap_or_default().saturating_sub(now).min(Duration::from_millis(100))
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [ready, kept, count] = &arguments[..] else { panic!("three arguments") };
    let ready: Value = serde_json::from_str(ready).expect("JSON");
    let count: u64 = count.parse().expect("a number");
    let options = Options::from_value(ready["client"].clone(), Convention::Python).expect("options");
    let client = Client::new(options).expect("a client");
    let mut results: BTreeMap<u64, Ensured> = BTreeMap::new();
    // A line for each result, the last of an order's counts; one that was cut off by a crash does not.
    for line in fs::read_to_string(kept).unwrap_or_default().lines() {
        if let Ok((place, result)) = serde_json::from_str(line) {
            results.insert(place, result);
        }
    }
    let file = Mutex::new(OpenOptions::new().create(true).append(true).open(kept).expect("a file"));
    let results = Mutex::new(results);
    let settle = async |lane: u64| {
        for place in (lane..count).step_by(16) {
            loop {
                let after = results.lock().expect("nobody panics").get(&place).cloned();
                if after.as_ref().is_some_and(|after| after.settled) {
                    break;
                }
                tokio::time::sleep(due(after.as_ref())).await;
                let interval = Duration::from_millis(100);
                let options = EnsureOptions {
                    wait: false,
                    after: after.map(|after| json!(after)),
                    interval,
                    max_interval: 3 * interval,
                    ..EnsureOptions::default()
                };
                let result = client.ensure(&order(place), options).await.expect("only data");
                let line = format!("\n{}\n", json!([place, result]));
                file.lock().expect("nobody panics").write_all(line.as_bytes()).expect("it is kept");
                results.lock().expect("nobody panics").insert(place, result);
            }
        }
    };
    join_all((0..16).map(settle)).await;
    let results = results.into_inner().expect("nobody panics");
    println!("{}", json!(results.into_values().collect::<Vec<_>>()));
}
