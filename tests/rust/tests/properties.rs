//! What is accepted here arrives at the sandbox as it was, whatever it is.

use std::sync::atomic::{AtomicU32, Ordering};

use proptest::{
    prelude::{Just, ProptestConfig, Strategy, any, prop_oneof},
    test_runner::TestRunner,
};
use serde_json::json;
use tokio::runtime::Runtime;
use wechatpay_customs::{
    Operation, Options, Severity,
    api::{declare, query},
    check::{Rules, check},
    client::Client,
    model::Fen,
    options::Convention,
};
use wechatpay_customs_sandbox::{Config, Sandbox};

/// Text of 1 to 32 characters that no rule refuses, the awkward ones among them.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9A-Za-z_|*@-]{1,32}",
        "[ -~]{1,32}",
        "[一-龥“”＆％＋🀀]{1,10}".prop_map(|text| text.replace('🀀', "%2F")),
        "[%&=+?#/\\\\\"' ]{1,10}",
    ]
}

fn amount() -> impl Strategy<Value = i32> {
    prop_oneof![Just(0), Just(i32::MAX), 0..=1_000_000i32]
}

/// A declaration that passes the checks; its order number begins with what is not used twice.
fn declaration() -> impl Strategy<Value = declare::Request> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let split = (text(), amount(), 0..=1_000_000i32);
    ("[0-9A-Za-z_|*@-]{0,20}", text(), text(), text(), any::<Option<u16>>(), proptest::option::of(split)).prop_map(
        |(order, payment, customs, registration, duty, split)| {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let plain = declare::Request {
                out_trade_no: format!("{number:x}-{order}"),
                transaction_id: payment,
                customs: customs.as_str().into(),
                merchant_customs_no: registration,
                duty: duty.map(|duty| Fen(duty.into())),
                ..declare::Request::default()
            };
            let Some((sub_order, transport, product)) = split else { return plain };
            let transport = transport.min(i32::MAX - product);
            declare::Request {
                sub_order_no: Some(format!("{number:x}-{}", sub_order.chars().take(20).collect::<String>())),
                fee_type: Some("CNY".to_owned()),
                order_fee: Some(Fen(transport + product)),
                transport_fee: Some(Fen(transport)),
                product_fee: Some(Fen(product)),
                ..plain
            }
        },
    )
}

#[test]
fn an_accepted_declaration_is_found_again_as_it_was() {
    let runtime = Runtime::new().expect("a runtime");
    let sandbox = runtime.block_on(Sandbox::start(Config::default())).expect("a sandbox");
    let options = Options::from_value(sandbox.ready()["client"].clone(), Convention::Python).expect("sound options");
    let client = Client::new(options).expect("sound keys");
    let mut runner = TestRunner::new(ProptestConfig { cases: 200, failure_persistence: None, ..Default::default() });
    let result = runner.run(&declaration(), |request| {
        let mut fields = json!(request);
        fields["appid"] = "a".into();
        fields["mchid"] = "m".into();
        let findings = check(Operation::Declare, &fields, &Rules::default());
        assert!(findings.iter().all(|finding| finding.severity == Severity::Warning), "{findings:?}");
        runtime.block_on(async {
            let declared = client.declare(&request).await.expect("it is accepted");
            assert_eq!(declared.out_trade_no.as_ref(), Some(&request.out_trade_no));
            assert_eq!(declared.transaction_id.as_ref(), Some(&request.transaction_id));
            assert_eq!(declared.sub_order_no, request.sub_order_no);
            let (order_type, order_no) = match &request.sub_order_no {
                Some(sub_order_no) => ("sub_order_no", sub_order_no),
                None => ("out_trade_no", &request.out_trade_no),
            };
            let question = query::Request {
                order_type: order_type.into(),
                order_no: order_no.clone(),
                customs: request.customs.clone(),
                ..query::Request::default()
            };
            let found = client.query(&question).await.expect("it is found");
            let [record] = found.data.as_slice() else { panic!("{} records", found.data.len()) };
            assert_eq!(record.mch_customs_no.as_ref(), Some(&request.merchant_customs_no));
            assert_eq!(record.customs.as_ref(), Some(&request.customs));
            assert_eq!(record.sub_order_no, request.sub_order_no);
            assert_eq!(
                (record.order_fee, record.transport_fee, record.product_fee, record.duty),
                (request.order_fee, request.transport_fee, request.product_fee, request.duty),
            );
        });
        Ok(())
    });
    runtime.block_on(sandbox.shutdown());
    result.unwrap_or_else(|failure| panic!("{failure}"));
}
