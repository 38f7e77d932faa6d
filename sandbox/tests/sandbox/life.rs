//! Records that are stuck, fail again, appear late or are changed by others.

use std::sync::{Arc, Mutex};

use chrono::DateTime;
use serde_json::{Value, json};
use wechatpay_customs::{
    ErrorKind,
    api::{declare, modify, query, redeclare},
    client::Client,
    model::{Fen, OrderType, State},
};
use wechatpay_customs_sandbox::{Config, Sandbox};

use crate::{
    calls::{change, push},
    client::{advance, client, find, order, sub_order},
    raw::{start, told},
};

/// The one record of the order, as a query shows it.
async fn record(client: &Client) -> query::Declaration {
    let found = client.query(&find(OrderType::OutTradeNo, &order().out_trade_no)).await.unwrap();
    let [record] = found.data.as_slice() else { panic!("{found:?}") };
    record.clone()
}

/// Its `modify_time`, in Unix seconds.
fn modified(record: &query::Declaration) -> i64 {
    DateTime::parse_from_rfc3339(record.modify_time.as_deref().unwrap()).unwrap().timestamp()
}

/// What the log tells of changes.
type Effects = Arc<Mutex<Vec<Value>>>;

async fn logged() -> (Sandbox, Effects) {
    let effects = Effects::default();
    let into = Arc::clone(&effects);
    let line =
        move |line: &Value| into.lock().unwrap().extend(line["effects"].as_array().into_iter().flatten().cloned());
    let config = Config { seed: Some(1), log: Some(Arc::new(line)), ..Config::default() };
    (Sandbox::start(config).await.unwrap(), effects)
}

/// How many times an operation changed the whole payment's record.
fn of(effects: &Effects, operation: &str) -> usize {
    let is = |effect: &&Value| effect["operation"] == operation && effect["sub_order_no"].is_null();
    effects.lock().unwrap().iter().filter(is).count()
}

fn again() -> redeclare::Request {
    push(&order())
}

#[tokio::test]
async fn a_record_can_have_been_stuck_for_a_day() {
    let sandbox = start().await;
    let client = client(&sandbox);
    let stuck = |state| json!({ "fault": "state", "order": order().out_trade_no, "state": state, "ago_s": 86_400 });
    // Both before it is declared and after.
    told(&sandbox, "faults", stuck("UNDECLARED")).await;
    assert_eq!(client.declare(&order()).await.unwrap().state, State::Undeclared);
    for state in ["UNDECLARED", "PROCESSING"] {
        let then = advance(&sandbox, 0).await;
        told(&sandbox, "faults", stuck(state)).await;
        let record = record(&client).await;
        let now = advance(&sandbox, 0).await;
        assert_eq!(record.state, State::from(state));
        assert!((then..=now).contains(&(modified(&record) + 86_400)), "{then} {record:?} {now}");
    }
}

#[tokio::test]
async fn a_record_can_fail_again_after_each_push() {
    let sandbox = start().await;
    let client = client(&sandbox);
    client.declare(&order()).await.unwrap();
    let except = json!({
        "fault": "state", "order": order().out_trade_no, "state": "EXCEPT", "explanation": "lock", "pushes": 2,
    });
    assert_eq!(told(&sandbox, "faults", except).await, json!({ "changed": 1 }));
    for _ in 0..2 {
        let stuck = record(&client).await;
        assert_eq!((&stuck.state, stuck.explanation.as_deref()), (&State::Except, Some("lock")));
        assert_eq!(client.redeclare(&again()).await.unwrap().state, State::Undeclared);
        for (seconds, state) in [(0, State::Undeclared), (60, State::Processing)] {
            advance(&sandbox, seconds).await;
            let moving = record(&client).await;
            assert_eq!((moving.state, moving.explanation), (state, None));
        }
        advance(&sandbox, 120).await;
    }
    assert_eq!(record(&client).await.state, State::Except);
    client.redeclare(&again()).await.unwrap();
    advance(&sandbox, 180).await;
    assert_eq!(record(&client).await.state, State::Success);
}

#[tokio::test]
async fn a_record_can_appear_late() {
    let sandbox = start().await;
    let client = client(&sandbox);
    let query = find(OrderType::OutTradeNo, &order().out_trade_no);
    told(&sandbox, "faults", json!({ "fault": "late_record", "seconds": 600 })).await;
    // A query does not meet it.
    assert_eq!(client.query(&query).await.unwrap_err().code, "ORDER_NOT_EXIST");
    assert_eq!(client.declare(&order()).await.unwrap().state, State::Undeclared);
    advance(&sandbox, 60).await;
    assert_eq!(client.query(&query).await.unwrap_err().code, "ORDER_NOT_EXIST");
    // Whoever declares it again is told of it, and does not make it appear.
    assert_eq!(client.declare(&order()).await.unwrap().state, State::Processing);
    let other = declare::Request { duty: Some(Fen(7)), ..order() };
    assert_eq!(client.declare(&other).await.unwrap_err().reason, Some("declared_data_differs"));
    assert_eq!(client.query(&query).await.unwrap_err().code, "ORDER_NOT_EXIST");
    advance(&sandbox, 540).await;
    let at_first = record(&client).await;
    assert_eq!(at_first.state, State::Success);

    let changed = modify::Request { merchant_customs_no: "654321".into(), ..change(&order()) };
    told(&sandbox, "faults", json!({ "fault": "late_record", "operation": "modify", "seconds": 1000 })).await;
    assert_eq!(client.modify(&changed).await.unwrap().state, State::Submitted);
    advance(&sandbox, 60).await;
    assert_eq!(record(&client).await, at_first);
    advance(&sandbox, 940).await;
    let then = record(&client).await;
    assert_eq!((&then.state, then.mch_customs_no.as_deref()), (&State::Success, Some("654321")));

    let except = json!({ "fault": "state", "state": "EXCEPT", "order": order().out_trade_no });
    told(&sandbox, "faults", except).await;
    let except = record(&client).await;
    let unanswered = json!({ "fault": "late_record", "answered": false, "order": order().out_trade_no });
    told(&sandbox, "faults", unanswered).await;
    let pushed = redeclare::Request { merchant_customs_no: "654321".into(), ..again() };
    let error = client.redeclare(&pushed).await.unwrap_err();
    assert!(error.kind == ErrorKind::Transport && error.may_have_been_applied, "{error}");
    assert_eq!(record(&client).await, except);
    assert_eq!(client.redeclare(&pushed).await.unwrap_err().code, "INVALID_REQUEST");
    advance(&sandbox, 60).await;
    assert_eq!(record(&client).await.state, State::Processing);
}

#[tokio::test]
async fn the_log_tells_what_took_effect() {
    let (sandbox, effects) = logged().await;
    let client = client(&sandbox);
    client.declare(&order()).await.unwrap();
    client.declare(&order()).await.unwrap();
    client.declare(&sub_order("part")).await.unwrap();
    client.declare(&declare::Request { duty: Some(Fen(7)), ..order() }).await.unwrap_err();
    client.redeclare(&again()).await.unwrap_err();
    client.query(&find(OrderType::OutTradeNo, &order().out_trade_no)).await.unwrap();
    for (fault, carried_out) in [
        (json!({ "fault": "drop_before" }), 0),
        (json!({ "fault": "drop_after" }), 1),
        (json!({ "fault": "late", "ms": 0 }), 1),
        (json!({ "fault": "server_error" }), 0),
        (json!({ "fault": "server_error", "carried_out": true }), 1),
    ] {
        let wanted = of(&effects, "modify") + carried_out;
        told(&sandbox, "faults", fault).await;
        client.modify(&change(&order())).await.unwrap_err();
        // One that is late takes effect when nobody waits for it any more.
        while of(&effects, "modify") < wanted {
            tokio::task::yield_now().await;
        }
        assert_eq!(of(&effects, "modify"), wanted);
    }
    advance(&sandbox, 180).await;
    client.redeclare(&again()).await.unwrap();
    assert_eq!((of(&effects, "declare"), of(&effects, "redeclare")), (1, 1));
    let made = |sub_order_no: Option<&str>| {
        json!({
            "by": "caller", "operation": "declare", "out_trade_no": order().out_trade_no,
            "sub_order_no": sub_order_no, "customs": "SHANGHAI_ZS",
        })
    };
    assert_eq!(effects.lock().unwrap()[..2], [made(None), made(Some("part"))]);
}
