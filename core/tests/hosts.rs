//! Hosts that die and come back, through whole calls of one client.

use std::sync::Arc;

use serde_json::{Value, json};
use wechatpay_customs::{
    Operation,
    engine::{Account, Action, Call, Engine, Event, Failure, Now, Outcome, Sent, SignedBy},
    options::{CallOptions, Convention, Options},
};

const HOSTS: [&str; 2] = ["https://one.example", "https://two.example"];

fn options() -> Value {
    serde_json::from_str(include_str!("../../tests/vectors/options.json")).expect("options are JSON")
}

fn client() -> Arc<Account> {
    let mut options = options();
    options["base_urls"] = json!(HOSTS);
    options.as_object_mut().expect("a map").remove("private_key");
    let options = Options::from_value(options, Convention::Python).expect("the options are right");
    Arc::new(Account::new(options, SignedBy::Caller).expect("the keys are right"))
}

/// Makes a call so many seconds after the first, while these hosts cannot be reached; gives the hosts that it asked, in order.
fn asked(client: &Arc<Account>, at_s: u64, dead: &[usize]) -> Vec<usize> {
    let fields = json!({ "order_type": "out_trade_no", "order_no": "1", "customs": "SHANGHAI_ZS" });
    let call = Call::Operation { operation: Operation::Query, fields };
    let options = CallOptions { max_retries: Some(2), ..CallOptions::default() };
    let mut engine = Engine::new(call, Arc::clone(client), options, [3; 32]);
    let now = Now { unix_ms: 1_767_225_600_000 + 1000 * at_s as i64, mono_ms: 1000 * at_s };
    let serial = options_serial();
    let (mut hosts, mut event) = (Vec::new(), Event::Start);
    loop {
        event = match engine.step(event, now).action {
            Action::Sign { .. } => Event::Signed { signature: vec![1; 256] },
            Action::Verify { .. } => Event::Verified { ok: true },
            Action::Sleep { .. } => Event::Woke,
            Action::Send { url, .. } => {
                let host = HOSTS.iter().position(|host| url.starts_with(host)).expect("a host of the client's");
                hosts.push(host);
                match dead.contains(&host) {
                    true => Event::Failed { sent: Sent::No, cause: Failure::Connect },
                    false => Event::Response {
                        status: 200,
                        headers: [
                            ("Wechatpay-Timestamp", now.unix_ms.div_euclid(1000).to_string()),
                            ("Wechatpay-Nonce", "nonce".to_owned()),
                            ("Wechatpay-Signature", "AAAA".to_owned()),
                            ("Wechatpay-Serial", serial.clone()),
                        ]
                        .map(|(name, value)| (name.to_owned(), value))
                        .to_vec(),
                        body: br#"{"data":[],"total_count":0}"#.to_vec(),
                        truncated: false,
                    },
                }
            }
            Action::Done { outcome } => {
                let well = matches!(outcome, Outcome::Ok { .. });
                assert_eq!(well, hosts.last().is_some_and(|host| !dead.contains(host)), "{outcome:?}");
                return hosts;
            }
            _ => panic!("a call with keys does not load any"),
        };
    }
}

fn options_serial() -> String {
    options()["platform_keys"].as_object().and_then(|keys| keys.keys().next().cloned()).expect("a key")
}

#[test]
fn a_dead_host_is_left_alone_and_comes_back() {
    let client = client();
    assert_eq!(asked(&client, 0, &[0]), [0, 1], "the first is tried, then the second at once");
    assert_eq!(asked(&client, 10, &[0]), [1], "other calls go to the second");
    assert_eq!(asked(&client, 31, &[0]), [0, 1], "after 30 s one call tries the first again");
    assert_eq!(asked(&client, 60, &[0]), [1], "now it is left alone for twice as long");
    assert_eq!(asked(&client, 95, &[]), [0], "it is back");
    assert_eq!(asked(&client, 96, &[]), [0]);
    assert_eq!(asked(&client, 97, &[1]), [0], "the second is not asked for nothing");
}

#[test]
fn where_all_are_dead_each_is_tried_and_the_call_ends() {
    let client = client();
    assert_eq!(asked(&client, 0, &[0, 1]), [0, 1, 0]);
    assert_eq!(asked(&client, 1, &[1]).last(), Some(&0), "the one whose mark ends first is asked first or second");
    assert_eq!(asked(&client, 2, &[]).len(), 1);
}
