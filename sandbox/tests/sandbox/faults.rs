//! Each fault ends in the right error of the core's client.

use std::time::Duration;

use serde_json::{Value, json};
use wechatpay_customs::{
    Error, ErrorKind, Operation, Options,
    api::{certificates, declare, redeclare},
    catalogue,
    client::Client,
    model::{OrderType, State},
};
use wechatpay_customs_sandbox::Sandbox;

use crate::{
    calls::by_certificate,
    client::{client, find, options, order},
    raw::{Raw, control, declaration, start, told},
};

/// A client that loads no keys by itself.
fn alone(sandbox: &Sandbox) -> Client {
    Client::new(Options { api_v3_key: None, ..options(sandbox) }).unwrap()
}

/// Faults that last until they are taken back: no number of attempts gets around them.
async fn lasting(sandbox: &Sandbox, mut fault: Value) {
    fault["times"] = json!(1000);
    told(sandbox, "faults", fault).await;
}

async fn taken_back(sandbox: &Sandbox) {
    assert_eq!(control(sandbox, "DELETE", "faults", &Value::Null).await, (200, json!({ "faults": [] })));
}

fn numbered(number: &str) -> declare::Request {
    declare::Request { out_trade_no: number.into(), ..order() }
}

/// Was the order declared after all?
async fn is_known(client: &Client, number: &str) -> bool {
    match client.query(&find(OrderType::OutTradeNo, number)).await {
        Ok(found) => found.data.len() == 1,
        Err(error) if error.code == "ORDER_NOT_EXIST" => false,
        Err(error) => panic!("{error}"),
    }
}

/// A fault, the error it ends in, and whether the operation was carried out.
const FAULTS: &[(&str, ErrorKind, &str, bool)] = &[
    ("no_signature", ErrorKind::Signature, "SIGNATURE_MISSING", true),
    ("wrong_signature", ErrorKind::Signature, "SIGNATURE_MISMATCH", true),
    ("probe_signature", ErrorKind::Probe, "SIGNATURE_PROBE", true),
    ("stale_clock", ErrorKind::Freshness, "TIMESTAMP_SKEWED", true),
    ("unknown_serial", ErrorKind::Signature, "SERIAL_UNKNOWN", true),
    ("rotated_key", ErrorKind::Signature, "SERIAL_UNKNOWN", true),
    ("duplicated_header", ErrorKind::Signature, "SIGNATURE_DUPLICATED", true),
    ("truncated_body", ErrorKind::Transport, "BODY_FAILED", true),
    // A 200 without a signature is forged, whatever it holds.
    ("html", ErrorKind::Signature, "SIGNATURE_MISSING", false),
    ("rate_limited", ErrorKind::Api, "RATE_LIMITED", false),
    ("server_error", ErrorKind::Api, "SYSTEMERROR", false),
    ("drop_before", ErrorKind::Transport, "CONNECTION_RESET", false),
    ("drop_after", ErrorKind::Transport, "CONNECTION_RESET", true),
];

fn assert_ends(error: &Error, fault: &str, kind: ErrorKind, code: &str) {
    assert_eq!((error.kind, error.code.as_str()), (kind, code), "{fault}: {error}");
    // Whatever is not surely refused may have been carried out.
    let refused = error.kind == ErrorKind::Api && error.code == "RATE_LIMITED";
    assert_eq!(error.may_have_been_applied, !refused, "{fault}");
}

#[tokio::test]
async fn a_fault_waits_for_its_order() {
    let sandbox = start().await;
    let client = alone(&sandbox);
    for (fault, kind, code, carried_out) in FAULTS {
        lasting(&sandbox, json!({ "fault": fault, "order": fault, "operation": "declare" })).await;
        // Another order does not meet it.
        client.declare(&numbered(&format!("not-{fault}"))).await.unwrap();
        let error = client.declare(&numbered(fault)).await.unwrap_err();
        assert_ends(&error, fault, *kind, code);
        assert_eq!(is_known(&client, fault).await, *carried_out, "{fault}");
        taken_back(&sandbox).await;
        client.declare(&numbered(fault)).await.unwrap();
    }
}

#[tokio::test]
async fn a_number_can_name_its_fault() {
    let sandbox = start().await;
    let client = alone(&sandbox);
    // Those that no second attempt of the client's own gets around.
    let lasting = [ErrorKind::Signature, ErrorKind::Probe, ErrorKind::Freshness];
    for (fault, kind, code, _) in FAULTS.iter().filter(|(_, kind, ..)| lasting.contains(kind)) {
        let number = format!("fault@{fault}@1");
        let error = client.declare(&numbered(&number)).await.unwrap_err();
        assert_ends(&error, fault, *kind, code);
        client.declare(&numbered(&number)).await.unwrap();
        // The query, too, meets it once.
        let query = find(OrderType::OutTradeNo, &number);
        let error = client.query(&query).await.unwrap_err();
        assert_eq!((error.kind, error.code.as_str(), error.may_have_been_applied), (*kind, *code, false));
        assert_eq!(client.query(&query).await.unwrap().data.len(), 1, "{fault}");
    }
    for state in ["FAIL", "EXCEPT", "SUCCESS"] {
        let answer = client.declare(&numbered(&format!("fault@{state}@1"))).await.unwrap();
        assert_eq!(answer.state, State::from(state));
    }
    let error = client.declare(&numbered("fault@refunded_order@1")).await.unwrap_err();
    assert_eq!(error.reason, Some("refunded_order"));
    let row = catalogue::ENTRIES.iter().position(|entry| entry.reason == "customs_not_configured").unwrap() + 1;
    let error = client.declare(&numbered(&format!("fault@{row}@1"))).await.unwrap_err();
    assert_eq!(error.reason, Some("customs_not_configured"));
    // What names no fault is a number like any other.
    client.declare(&numbered("fault@earthquake@1")).await.unwrap();
}

#[tokio::test]
async fn parameters_are_heeded() {
    let sandbox = start().await;
    let client = client(&sandbox);
    let add = |fault: Value| told(&sandbox, "faults", fault);

    let patient = add(json!({ "fault": "rate_limited", "retry_after": 7, "times": 2 })).await;
    assert_eq!(patient["faults"][0], json!({ "fault": "rate_limited", "retry_after": 7, "times": 2 }));
    for times in [2, 1] {
        let (_, listed) = control(&sandbox, "GET", "faults", &Value::Null).await;
        assert_eq!(listed["faults"][0]["times"], times);
        let answer = Raw::post(declaration()).send(&sandbox).await;
        assert_eq!((answer.status, &answer.body["code"]), (429, &json!("RATE_LIMITED")));
        assert_eq!(answer.headers["Retry-After"], "7");
    }
    client.declare(&order()).await.unwrap();

    for (status, code) in [(500, "SYSTEMERROR"), (502, "SYSTEMERROR"), (503, "SERVICE_UNAVAILABLE")] {
        let number = format!("server-{status}");
        lasting(&sandbox, json!({ "fault": "server_error", "status": status, "carried_out": true })).await;
        let error = client.declare(&numbered(&number)).await.unwrap_err();
        taken_back(&sandbox).await;
        assert_eq!((error.status, error.code.as_str(), error.retryable), (Some(status), code, true));
        assert!(is_known(&client, &number).await);
    }
    lasting(&sandbox, json!({ "fault": "html", "status": 502 })).await;
    let error = client.declare(&order()).await.unwrap_err();
    taken_back(&sandbox).await;
    assert_eq!((error.status, error.code.as_str()), (Some(502), "BODY_NOT_JSON"));

    // Two minutes of difference are allowed, also ahead.
    for (seconds, ok) in [(120, true), (-120, true), (400, false), (-400, false)] {
        add(json!({ "fault": "stale_clock", "seconds": seconds })).await;
        assert_eq!(client.declare(&order()).await.is_ok(), ok, "{seconds}");
    }

    lasting(&sandbox, json!({ "fault": "slow", "ms": 60_000 })).await;
    // On a busy machine the time limit may be over before the request was sent: then again with more.
    let mut timeout = Duration::from_millis(300);
    let error = loop {
        let hasty = Options { timeout: Some(timeout), ..options(&sandbox) };
        let error = Client::new(hasty).unwrap().declare(&numbered("slow")).await.unwrap_err();
        if error.may_have_been_applied || timeout > Duration::from_secs(30) {
            break error;
        }
        timeout *= 4;
    };
    taken_back(&sandbox).await;
    assert!(error.code == "TIMEOUT" && error.may_have_been_applied, "{error}");
    // It may still be on its way to the records.
    while !is_known(&client, "slow").await {
        tokio::task::yield_now().await;
    }

    let detail = json!({ "field": "/duty", "value": "1", "issue": "of one's own", "location": "body" });
    add(json!({ "fault": "error", "status": 403, "code": "NO_AUTH", "message": "none", "detail": detail })).await;
    let error = client.declare(&order()).await.unwrap_err();
    assert_eq!((error.status, error.code.as_str(), error.detail.as_ref()), (Some(403), "NOAUTH", Some(&detail)));
    assert!(error.authenticated);

    add(json!({ "fault": "no_signature", "operation": "query" })).await;
    client.declare(&order()).await.unwrap();
    let (_, listed) = control(&sandbox, "GET", "faults", &Value::Null).await;
    assert_eq!(listed, json!({ "faults": [{ "fault": "no_signature", "operation": "query", "times": 1 }] }));
    control(&sandbox, "DELETE", "faults", &Value::Null).await;
    client.query(&find(OrderType::OutTradeNo, &order().out_trade_no)).await.unwrap();
}

#[tokio::test]
async fn a_state_waits_for_its_record() {
    let sandbox = start().await;
    let client = client(&sandbox);
    let state = json!({ "fault": "state", "order": "1", "state": "FAIL", "explanation": "no such person" });
    told(&sandbox, "faults", state).await;
    assert_eq!(client.declare(&numbered("2")).await.unwrap().state, State::Undeclared);
    assert_eq!(client.declare(&numbered("1")).await.unwrap().state, State::Fail);
    let found = client.query(&find(OrderType::OutTradeNo, "1")).await.unwrap();
    assert_eq!(found.data[0].explanation.as_deref(), Some("no such person"));
    let changed = told(&sandbox, "faults", json!({ "fault": "state", "order": "2", "state": "PROCESSING" })).await;
    assert_eq!(changed, json!({ "changed": 1 }));
    assert_eq!(client.declare(&numbered("2")).await.unwrap().state, State::Processing);
}

#[tokio::test]
async fn every_documented_refusal_is_recognised() {
    let sandbox = start().await;
    let chinese = Client::new(Options { accept_language: Some("zh-CN".into()), ..options(&sandbox) }).unwrap();
    for client in [client(&sandbox), chinese] {
        for (index, entry) in catalogue::ENTRIES.iter().enumerate() {
            for refusal in [json!(index + 1), json!(entry.reason)] {
                lasting(&sandbox, json!({ "fault": "error", "refusal": refusal })).await;
                let error = match entry.operation {
                    Operation::Redeclare => {
                        let request = redeclare::Request {
                            customs: "NINGBO".into(),
                            merchant_customs_no: "123456".into(),
                            out_trade_no: Some("1".into()),
                            ..redeclare::Request::default()
                        };
                        client.redeclare(&request).await.map(drop)
                    }
                    _ => client.declare(&order()).await.map(drop),
                }
                .unwrap_err();
                taken_back(&sandbox).await;
                // The page prints one row twice; its message leads to the first.
                let reason = entry.reason.replace("still_", "");
                assert_eq!((error.code.as_str(), error.reason), (entry.code, Some(reason.as_str())), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn a_rotated_key_is_in_the_list_of_certificates() {
    let sandbox: Sandbox = start().await;
    let client = Client::new(by_certificate(&sandbox)).unwrap();
    let alone = Client::new(Options { api_v3_key: None, ..by_certificate(&sandbox) }).unwrap();
    told(&sandbox, "faults", json!({ "fault": "rotated_key" })).await;
    assert_eq!(alone.declare(&order()).await.unwrap_err().code, "SERIAL_UNKNOWN");
    let listed = client.certificates(&certificates::Request {}).await.unwrap();
    let keys = listed.data.iter().map(|c| (c.serial_no.clone(), c.certificate.clone().unwrap().into())).collect();
    let new = Client::new(Options { platform_keys: Some(keys), ..by_certificate(&sandbox) }).unwrap();
    new.declare(&order()).await.unwrap();
    // An unknown serial stays unknown.
    lasting(&sandbox, json!({ "fault": "unknown_serial", "operation": "declare" })).await;
    assert_eq!(new.declare(&order()).await.unwrap_err().code, "SERIAL_UNKNOWN");
}

#[test]
fn the_reference_names_every_fault_and_setting() {
    let text = include_str!("../../../docs/sandbox.md");
    let more = [
        "slow",
        "error",
        "state",
        "late_record",
        "rival",
        "wrong_amount",
        "field_encryption",
        "literal",
        "refusal",
        "explanation",
    ];
    for name in FAULTS.iter().map(|(fault, ..)| *fault).chain(more) {
        assert!(text.contains(&format!("`{name}`")), "{name}");
    }
    assert!(text.contains(wechatpay_customs_sandbox::IDENTITY.0));
}
