//! Platform certificates are downloaded when they are needed, once for all who wait.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use serde_json::json;
use wechatpay_customs::{Options, api::declare, client::Client, engine::Phase, options::Convention};
use wechatpay_customs_sandbox::{Config, Sandbox};

const CALLERS: usize = 1_000;

fn order(number: usize) -> declare::Request {
    declare::Request {
        out_trade_no: format!("download-{number}"),
        transaction_id: "4200000000202611220000000001".into(),
        customs: "SHANGHAI_ZS".into(),
        merchant_customs_no: "IC2N000001".into(),
        ..declare::Request::default()
    }
}

/// A client without platform keys, and how many downloads it has begun.
fn client(sandbox: &Sandbox) -> (Client, Arc<AtomicUsize>) {
    let mut options = sandbox.ready()["client"].clone();
    options["platform_keys"] = json!({});
    // A thousand at once may take long on a busy machine; time is not what is tested.
    options["timeout"] = json!(120);
    options["deadline"] = json!(120);
    let options = Options::from_value(options, Convention::Python).expect("the options are right");
    let downloads = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&downloads);
    let client = Client::new(options).expect("the keys are right").on_attempt(move |attempt| {
        if attempt.phase == Phase::Request && attempt.operation.name() == "certificates" {
            counter.fetch_add(1, Relaxed);
        }
    });
    (client, downloads)
}

async fn all_declare(client: &Client, from: usize) {
    let calls: Vec<_> = (from..from + CALLERS)
        .map(|number| {
            let client = client.clone();
            tokio::spawn(async move { client.declare(&order(number)).await })
        })
        .collect();
    for call in calls {
        call.await.expect("no panic").expect("it is declared");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_callers_cause_one_download() {
    let sandbox = Sandbox::start(Config::default()).await.expect("a sandbox");
    let (client, downloads) = client(&sandbox);
    all_declare(&client, 0).await;
    assert_eq!(downloads.load(Relaxed), 1, "before the first request");

    // Another client learns of a rotated key by its answers alone.
    let (fresh, downloads) = self::client(&sandbox);
    fresh.import_keys(&client.export_keys()).expect("exported keys");
    let rotate = format!("http://{}/sandbox/rotate", sandbox.address());
    assert!(reqwest::Client::new().post(rotate).body("{}").send().await.expect("an answer").status().is_success());
    all_declare(&fresh, CALLERS).await;
    assert_eq!(downloads.load(Relaxed), 1, "on an unknown serial");
    sandbox.shutdown().await;
}

#[tokio::test]
async fn a_download_goes_on_without_the_caller_that_began_it() {
    let sandbox = Sandbox::start(Config::default()).await.expect("a sandbox");
    let (client, downloads) = client(&sandbox);
    // Given up before it was once polled to its end, while another waits.
    let request = order(0);
    let mut first = Box::pin(client.declare(&request));
    assert!(futures_util::poll!(&mut first).is_pending());
    let second = client.declare(&request);
    drop(first);
    second.await.expect("it is declared");
    assert_eq!(downloads.load(Relaxed), 1);
    sandbox.shutdown().await;
}

#[tokio::test]
async fn after_a_download_that_was_refused_calls_wait_for_their_turn() {
    // The download itself is tried three times, unless it was told to wait for longer than a call may take.
    for (fault, wait_s, tries) in [
        (json!({ "fault": "server_error", "operation": "certificates", "times": 20 }), 60, 3),
        (json!({ "fault": "rate_limited", "operation": "certificates", "times": 20, "retry_after": 600 }), 600, 1),
    ] {
        let sandbox = Sandbox::start(Config::default()).await.expect("a sandbox");
        let (client, downloads) = client(&sandbox);
        let faults = format!("http://{}/sandbox/faults", sandbox.address());
        let set = reqwest::Client::new().post(faults).body(fault.to_string()).send().await.expect("an answer");
        assert!(set.status().is_success(), "{fault}");
        let mut shortest = u64::MAX;
        for number in 0..10 {
            let told = client.declare(&order(number)).await.expect_err("there is no key");
            assert!(told.retryable && !told.may_have_been_applied, "{told:?}");
            assert!(told.message.contains("the next download is allowed in"), "{told}");
            let wait = told.retry_after.expect("a time");
            assert!((1..=wait_s * 1_000).contains(&wait) && wait <= shortest, "{told:?}");
            shortest = wait;
        }
        assert_eq!(downloads.load(Relaxed), tries, "{fault}");
        sandbox.shutdown().await;
    }
}

#[tokio::test]
async fn a_second_rotation_within_a_minute_says_when_to_come_again() {
    let sandbox = Sandbox::start(Config::default()).await.expect("a sandbox");
    let (client, downloads) = client(&sandbox);
    client.declare(&order(0)).await.expect("it is declared");
    let rotate = format!("http://{}/sandbox/rotate", sandbox.address());
    assert!(reqwest::Client::new().post(rotate).body("{}").send().await.expect("an answer").status().is_success());
    let told = client.declare(&order(1)).await.expect_err("the key is not known yet");
    assert_eq!(told.code, "SERIAL_UNKNOWN");
    assert!(told.retryable && told.may_have_been_applied && told.message.contains("allowed in"), "{told:?}");
    assert!(told.retry_after.is_some_and(|ms| (1..=60_000).contains(&ms)), "{told:?}");
    assert_eq!(downloads.load(Relaxed), 1);
    sandbox.shutdown().await;
}
