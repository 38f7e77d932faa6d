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
    raw::{Raw, control, start, told},
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

#[tokio::test]
async fn somebody_else_changes_a_declaration() {
    let (sandbox, effects) = logged().await;
    let client = client(&sandbox);
    let elsewhere = declare::Request { customs: "NINGBO".into(), ..order() };
    for declared in [order(), elsewhere, sub_order("part")] {
        client.declare(&declared).await.unwrap();
    }
    advance(&sandbox, 180).await;
    let number = order().out_trade_no;
    let at_shanghai = json!({ "out_trade_no": number, "customs": "SHANGHAI_ZS", "duty": 7 });
    assert_eq!(told(&sandbox, "change", at_shanghai).await, json!({ "changed": 1 }));
    let everywhere = json!({ "out_trade_no": number, "merchant_customs_no": "654321" });
    assert_eq!(told(&sandbox, "change", everywhere).await, json!({ "changed": 2 }));
    let fees = json!({ "order_fee": 900, "transport_fee": 90, "product_fee": 810 });
    let mut part = json!({ "out_trade_no": number, "sub_order_no": "part" });
    part.as_object_mut().unwrap().extend(fees.as_object().unwrap().clone());
    assert_eq!(told(&sandbox, "change", part).await, json!({ "changed": 1 }));

    let now = advance(&sandbox, 0).await;
    let found = client.query(&find(OrderType::OutTradeNo, &number)).await.unwrap();
    let [whole, part] = found.data.as_slice() else { panic!("{found:?}") };
    for changed in [whole, part] {
        assert_eq!(changed.state, State::Submitted);
        assert!(modified(changed) <= now && modified(changed) > now - 180, "{changed:?}");
    }
    assert_eq!((whole.duty, whole.mch_customs_no.as_deref()), (Some(Fen(7)), Some("654321")));
    let fees = (part.duty, part.order_fee, part.transport_fee, part.product_fee);
    assert_eq!(fees, (None, Some(Fen(900)), Some(Fen(90)), Some(Fen(810))));
    assert_eq!(part.mch_customs_no.as_deref(), Some("123456"));
    let effects = effects.lock().unwrap().clone();
    assert_eq!(effects.len(), 7, "{effects:?}");
    for effect in &effects[3..] {
        assert_eq!((&effect["by"], &effect["operation"]), (&json!("rival"), &json!("modify")));
    }

    for (body, words) in [
        (json!({ "duty": 7 }), "missing field `out_trade_no`"),
        (json!({ "out_trade_no": number }), "at least one must be given of `merchant_customs_no`, `duty`"),
        (json!({ "out_trade_no": number, "fee_type": "USD" }), "unknown field `fee_type`"),
        (json!({ "out_trade_no": number, "duty": -1 }), "amounts must not be negative"),
        (json!({ "out_trade_no": number, "merchant_customs_no": "" }), "must have 1 to 32 characters"),
        (json!({ "out_trade_no": "none", "duty": 7 }), "there is no such declaration"),
        (json!({ "out_trade_no": number, "sub_order_no": "none", "duty": 7 }), "there is no such declaration"),
        (json!([number]), "the body cannot be used"),
    ] {
        let (status, refused) = control(&sandbox, "POST", "change", &body).await;
        assert!(status == 400 && refused["error"].as_str().unwrap().contains(words), "{body}: {refused}");
    }
}

#[tokio::test]
async fn somebody_else_is_faster() {
    let (sandbox, effects) = logged().await;
    let client = client(&sandbox);
    let rival = |more: Value| {
        let mut fault = json!({ "fault": "rival" });
        fault.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        told(&sandbox, "faults", fault)
    };
    // It declares first, with data of its own.
    client.declare(&sub_order("part")).await.unwrap();
    rival(json!({ "merchant_customs_no": "654321" })).await;
    let differs = client.declare(&order()).await.unwrap_err();
    assert_eq!(differs.reason, Some("declared_data_differs"));
    let by_rival = declare::Request { merchant_customs_no: "654321".into(), ..order() };
    assert_eq!(client.declare(&by_rival).await.unwrap().state, State::Undeclared);
    // It modifies first: the later modify counts, a query and a push find its data.
    rival(json!({ "duty": 7, "operation": "modify" })).await;
    client.modify(&change(&order())).await.unwrap();
    assert_eq!((of(&effects, "modify"), whole(&client).await.duty), (2, None));
    rival(json!({ "duty": 8, "order": order().out_trade_no })).await;
    let seen = whole(&client).await;
    assert_eq!((seen.duty, seen.state), (Some(Fen(8)), State::Submitted));
    advance(&sandbox, 180).await;
    rival(json!({ "duty": 9, "operation": "redeclare" })).await;
    assert_eq!(client.redeclare(&again()).await.unwrap_err().code, "INVALID_REQUEST");
    assert_eq!(whole(&client).await.duty, Some(Fen(9)));
    let found = client.query(&find(OrderType::SubOrderNo, "part")).await.unwrap();
    // The query above named the payment, parts and all.
    assert_eq!(found.data[0].duty, Some(Fen(8)));
    // What is not a declaration, nobody declares.
    rival(json!({ "duty": 1 })).await;
    let wrong = Raw::post(json!({ "out_trade_no": "other" })).send(&sandbox).await;
    assert_eq!((wrong.status, of(&effects, "declare")), (400, 1));
    let (status, refused) = control(&sandbox, "POST", "faults", &json!({ "fault": "rival" })).await;
    assert!(status == 400 && refused["error"].as_str().unwrap().contains("at least one must be given"), "{refused}");
}

/// The whole payment's record, beside which there are parts.
async fn whole(client: &Client) -> query::Declaration {
    let found = client.query(&find(OrderType::OutTradeNo, &order().out_trade_no)).await.unwrap();
    found.data.iter().find(|record| record.sub_order_no.is_none()).unwrap().clone()
}
