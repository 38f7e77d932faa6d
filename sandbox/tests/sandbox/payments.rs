//! Declarations of payments that the sandbox was told of, and lengths taken literally.

use serde_json::{Value, json};
use wechatpay_customs::{
    api::{declare, modify},
    model::Fen,
};

use crate::{
    client::{client, order, sub_order},
    raw::{Raw, control, declaration, start, told},
};

fn part(number: &str, fen: i32) -> declare::Request {
    declare::Request { order_fee: Some(Fen(fen)), product_fee: Some(Fen(fen - 88)), ..sub_order(number) }
}

#[tokio::test]
async fn a_registered_payment_is_not_exceeded() {
    let sandbox = start().await;
    let client = client(&sandbox);
    let payment = json!({
        "out_trade_no": order().out_trade_no, "transaction_id": order().transaction_id, "amount": 1000,
    });
    told(&sandbox, "payments", payment.clone()).await;
    client.declare(&part("1", 600)).await.unwrap();
    for (wrong_amount, reason) in
        [("INVALID_REQUEST", "order_amount_differs"), ("PARAM_ERROR", "split_amount_too_high")]
    {
        told(&sandbox, "settings", json!({ "wrong_amount": wrong_amount })).await;
        for request in [part("2", 401), part("3", 1001)] {
            let error = client.declare(&request).await.unwrap_err();
            assert_eq!((error.code.as_str(), error.reason), (wrong_amount, Some(reason)), "{error}");
        }
    }
    client.declare(&part("2", 400)).await.unwrap();
    // A repeat adds nothing, a modification takes the place of what was.
    client.declare(&part("2", 400)).await.unwrap();
    let change = |fen: i32| modify::Request {
        out_trade_no: order().out_trade_no,
        transaction_id: order().transaction_id,
        customs: order().customs,
        merchant_customs_no: order().merchant_customs_no,
        sub_order_no: Some("2".into()),
        order_fee: Some(Fen(fen)),
        transport_fee: Some(Fen(88)),
        product_fee: Some(Fen(fen - 88)),
        ..modify::Request::default()
    };
    assert_eq!(client.modify(&change(401)).await.unwrap_err().code, "PARAM_ERROR");
    client.modify(&change(300)).await.unwrap();
    client.declare(&part("4", 100)).await.unwrap();
    // At another customs the sum begins anew.
    client.declare(&declare::Request { customs: "NINGBO".into(), ..part("1", 1000) }).await.unwrap();

    let (_, listed) = control(&sandbox, "GET", "payments", &Value::Null).await;
    assert_eq!(listed["payments"].as_array().unwrap().len(), 1);
    assert_eq!((&listed["payments"][0]["amount"], &listed["payments"][0]["currency"]), (&json!(1000), &json!("CNY")));
}

#[tokio::test]
async fn ids_currency_and_refunds_are_those_of_the_payment() {
    let sandbox = start().await;
    let client = client(&sandbox);
    let mut payment = json!({
        "out_trade_no": order().out_trade_no, "transaction_id": order().transaction_id, "amount": 1000,
    });
    told(&sandbox, "payments", payment.clone()).await;
    for request in [
        declare::Request { out_trade_no: "another".into(), ..order() },
        declare::Request { transaction_id: "1".repeat(28), ..order() },
    ] {
        let error = client.declare(&request).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.status), ("INVALID_REQUEST", Some(400)), "{error}");
    }
    // Neither number is registered.
    let free = declare::Request { out_trade_no: "free".into(), transaction_id: "2".repeat(28), ..order() };
    client.declare(&free).await.unwrap();

    payment["refunded"] = json!(1000);
    told(&sandbox, "payments", payment.clone()).await;
    assert_eq!(client.declare(&order()).await.unwrap_err().reason, Some("refunded_order"));
    payment["refunded"] = json!(999);
    told(&sandbox, "payments", payment.clone()).await;
    client.declare(&order()).await.unwrap();
    payment["currency"] = json!("HKD");
    told(&sandbox, "payments", payment).await;
    let error = client.declare(&part("1", 888)).await.unwrap_err();
    assert_eq!(error.reason, Some("settlement_currency_differs"));
}

#[tokio::test]
async fn lengths_can_be_taken_literally() {
    let sandbox = start().await;
    let with = |name: &str, value: &str| {
        let mut fields = declaration();
        fields[name] = value.into();
        fields["out_trade_no"] = format!("{name}{}", value.len()).into();
        Raw::post(fields)
    };
    let odd = [("transaction_id", "1000320306"), ("merchant_customs_no", "1234567890")];
    for (name, value) in odd {
        assert_eq!(with(name, value).send(&sandbox).await.status, 200);
    }
    told(&sandbox, "settings", json!({ "literal": true })).await;
    for (name, value) in odd {
        let answer = with(name, value).send(&sandbox).await;
        assert_eq!((answer.status, &answer.body["detail"]["field"]), (400, &json!(format!("/{name}"))));
    }
    assert_eq!(Raw::post(declaration()).send(&sandbox).await.status, 200);
}
