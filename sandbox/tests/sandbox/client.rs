//! Through the core's client.

use std::time::Duration;

use serde_json::{Value, json};
use wechatpay_customs::{
    Options,
    api::{declare, query},
    client::Client,
    model::{Count, Fen, Limit, OrderType, State, VerifyDepartment},
    options::{Convention, PathPrefix},
};
use wechatpay_customs_sandbox::Sandbox;

use crate::raw::{declaration, start};

pub fn options(sandbox: &Sandbox) -> Options {
    // What ends a test that hangs; a busy machine is no reason.
    let patience = Some(Duration::from_secs(600));
    let options = Options::from_value(sandbox.ready()["client"].clone(), Convention::Python).unwrap();
    // What the sandbox does is judged answer by answer.
    Options { timeout: patience, deadline: patience, max_retries: Some(0), ..options }
}

pub fn client(sandbox: &Sandbox) -> Client {
    Client::new(options(sandbox)).unwrap()
}

pub fn order() -> declare::Request {
    serde_json::from_value(declaration()).unwrap()
}

pub fn sub_order(number: &str) -> declare::Request {
    declare::Request {
        sub_order_no: Some(number.into()),
        fee_type: Some("CNY".into()),
        order_fee: Some(Fen(888)),
        transport_fee: Some(Fen(88)),
        product_fee: Some(Fen(800)),
        ..order()
    }
}

pub fn find(order_type: OrderType, order_no: &str) -> query::Request {
    query::Request {
        appid: None,
        mchid: None,
        order_type,
        order_no: order_no.into(),
        customs: "SHANGHAI_ZS".into(),
        offset: None,
        limit: None,
    }
}

pub async fn advance(sandbox: &Sandbox, seconds: i64) -> i64 {
    let url = format!("{}/clock", sandbox.ready()["control_url"].as_str().unwrap());
    let answer =
        reqwest::Client::new().post(url).body(json!({ "advance_s": seconds }).to_string()).send().await.unwrap();
    let answer: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    answer["now"].as_i64().unwrap()
}

#[tokio::test]
async fn a_declaration_succeeds_in_time() {
    let sandbox = start().await;
    let client = client(&sandbox);
    let declared = client.declare(&order()).await.unwrap();
    assert_eq!(declared.state, State::Undeclared);
    assert_eq!(declared.out_trade_no.as_deref(), Some("20150806125346"));
    assert_eq!(declared.verify_department, Some(VerifyDepartment::Unionpay));
    assert_eq!(declared.sub_order_id, None);
    assert!(declared.unknown.is_empty() && declared.warnings.is_empty(), "{declared:?}");

    let query = find(OrderType::OutTradeNo, "20150806125346");
    let mut times = Vec::new();
    for (seconds, state) in [(0, State::Undeclared), (60, State::Processing), (120, State::Success)] {
        advance(&sandbox, seconds).await;
        let found = client.query(&query).await.unwrap();
        assert_eq!((found.offset, found.limit, found.total_count), (Some(Count(0)), Some(Count(20)), Some(Count(1))));
        assert_eq!(found.verify_department_trade_id, declared.verify_department_trade_id);
        let [record] = found.data.as_slice() else { panic!("{found:?}") };
        assert_eq!(record.state, state);
        assert_eq!(record.mch_customs_no.as_deref(), Some("123456"));
        assert!(found.unknown.is_empty() && record.unknown.is_empty() && found.warnings.is_empty(), "{found:?}");
        times.push(chrono::DateTime::parse_from_rfc3339(record.modify_time.as_deref().unwrap()).unwrap());
    }
    assert_eq!(times.iter().map(|time| (*time - times[0]).num_seconds()).collect::<Vec<_>>(), [0, 60, 180]);
    assert_eq!(times[0].offset().local_minus_utc(), 8 * 3600);
    sandbox.shutdown().await;
}

#[tokio::test]
async fn a_repeat_is_idempotent_only_with_the_same_data() {
    let sandbox = start().await;
    let english = client(&sandbox);
    english.declare(&order()).await.unwrap();
    advance(&sandbox, 60).await;
    assert_eq!(english.declare(&order()).await.unwrap().state, State::Processing);

    let changed = declare::Request { duty: Some(Fen(1)), ..order() };
    let chinese = Client::new(Options { accept_language: Some("zh-CN".into()), ..options(&sandbox) }).unwrap();
    for (client, words) in [(english, "differs from the original"), (chinese, "不一致")] {
        let error = client.declare(&changed).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.status), ("INVALID_REQUEST", Some(400)));
        assert_eq!(error.reason, Some("declared_data_differs"));
        assert!(error.message.contains(words), "{error}");
        assert!(error.authenticated && error.request_id.is_some());
    }
}

#[tokio::test]
async fn both_path_spellings_know_the_same_records() {
    let sandbox = start().await;
    let old = Client::new(Options { path_prefix: Some(PathPrefix::GlobalV3), ..options(&sandbox) }).unwrap();
    old.declare(&order()).await.unwrap();
    let found = client(&sandbox).query(&find(OrderType::TransactionId, &order().transaction_id)).await.unwrap();
    assert_eq!(found.data.len(), 1);
}

#[tokio::test]
async fn a_split_payment_is_found_by_each_number_and_in_pages() {
    let sandbox = start().await;
    let client = client(&sandbox);
    let first = client.declare(&sub_order("sub-1")).await.unwrap();
    let second = client.declare(&sub_order("sub-2")).await.unwrap();
    let id = first.sub_order_id.clone().unwrap();
    assert!(id.len() == 28 && id.bytes().all(|byte| byte.is_ascii_digit()), "{id}");
    assert_ne!(second.sub_order_id, first.sub_order_id);

    for (order_type, number, count) in [
        (OrderType::OutTradeNo, "20150806125346", 2),
        (OrderType::TransactionId, "1000320306201511078440737890", 2),
        (OrderType::SubOrderNo, "sub-1", 1),
        (OrderType::SubOrderId, id.as_str(), 1),
    ] {
        let found = client.query(&find(order_type, number)).await.unwrap();
        assert_eq!(found.total_count, Some(Count(count)));
        assert_eq!(found.data.len(), count as usize);
        assert_eq!(found.data[0].sub_order_id.as_ref(), Some(&id));
        assert_eq!(found.data[0].order_fee, Some(Fen(888)));
        assert!(found.data[0].unknown.is_empty());
    }
    let mut page = find(OrderType::OutTradeNo, "20150806125346");
    (page.offset, page.limit) = (Some(Count(1)), Some(Limit(1)));
    let found = client.query(&page).await.unwrap();
    assert_eq!((found.offset, found.limit, found.total_count), (Some(Count(1)), Some(Count(1)), Some(Count(2))));
    assert_eq!(found.data[0].sub_order_no.as_deref(), Some("sub-2"));
}

#[tokio::test]
async fn nothing_found_is_empty_or_an_error() {
    let sandbox = start().await;
    let client = client(&sandbox);
    let mut query = find(OrderType::OutTradeNo, "20150806125346");
    let error = client.query(&query).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.status), ("ORDER_NOT_EXIST", Some(404)));
    client.declare(&order()).await.unwrap();
    query.customs = "NINGBO".into();
    let found = client.query(&query).await.unwrap();
    assert_eq!((found.total_count, found.data.len()), (Some(Count(0)), 0));
}

#[tokio::test]
async fn many_requests_at_once() {
    let sandbox = start().await;
    let client = client(&sandbox);
    let calls: Vec<_> = (0..200)
        .map(|number| {
            let client = client.clone();
            tokio::spawn(async move { client.declare(&sub_order(&format!("sub-{number}"))).await.map(drop) })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let found = client.query(&find(OrderType::OutTradeNo, "20150806125346")).await.unwrap();
    assert_eq!((found.total_count, found.data.len()), (Some(Count(200)), 20));
}
