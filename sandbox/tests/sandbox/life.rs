//! Records that are stuck, fail again, appear late or are changed by others.

use chrono::DateTime;
use serde_json::json;
use wechatpay_customs::{
    api::{query, redeclare},
    client::Client,
    model::{OrderType, State},
};

use crate::{
    calls::push,
    client::{advance, client, find, order},
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
