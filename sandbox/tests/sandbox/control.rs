//! The endpoints that control a sandbox: who may use them, what they refuse, and the way back to the beginning.

use serde_json::{Value, json};
use wechatpay_customs::{
    Options,
    api::certificates,
    client::Client,
    model::{OrderType, State},
};
use wechatpay_customs_sandbox::Sandbox;

use crate::{
    calls::by_certificate,
    client::{advance, client, find, options, order, sub_order},
    raw::{ORDERS, Raw, control, declaration, start, told, wire},
    state::Place,
};

/// A request to a control endpoint with these lines in its head.
async fn asked(sandbox: &Sandbox, request: &str, lines: &[&str], body: &str) -> (u16, Value) {
    let mut head = format!("{request} HTTP/1.1\r\n");
    lines.iter().for_each(|line| head.push_str(&format!("{line}\r\n")));
    wire(sandbox, &head, body).await
}

#[tokio::test]
async fn only_this_machine_controls_it() {
    let sandbox = start().await;
    let port = sandbox.address().port();
    let own = [
        format!("Host: 127.0.0.1:{port}"),
        "Host: 127.0.0.1".into(),
        "Host: LOCALHOST:80".into(),
        "Host: [::1]:3000".into(),
        "Host: 127.8.8.8".into(),
    ];
    for host in &own {
        for origin in ["Origin: http://localhost:5173", "Origin: https://127.0.0.1", "Origin: http://[::1]", "X: y"] {
            let (status, ready) = asked(&sandbox, "GET /sandbox/ready", &[host, origin], "").await;
            assert_eq!((status, &ready), (200, sandbox.ready()), "{host}, {origin}");
        }
    }
    // A page whose name leads here, one that names no host, and what only looks alike.
    let foreign = [
        format!("Host: evil.example:{port}"),
        "Host: localhost.evil.example".into(),
        "Host: 127.0.0.1.evil.example".into(),
        "Host: 192.168.0.1".into(),
        "Host: 0.0.0.0".into(),
        "Host: evil.example#@localhost".into(),
        "Host: ".into(),
        "X: y".into(),
    ];
    for host in &foreign {
        for request in ["GET /sandbox/ready", "GET /sandbox/settings", "POST /sandbox/reset", "GET /sandbox"] {
            let (status, refused) = asked(&sandbox, request, &[host], "").await;
            assert_eq!(status, 403, "{request}, {host}: {refused}");
            let error = refused["error"].as_str().unwrap();
            assert!(error.starts_with("`Host` is ") && error.contains("127.0.0.1, localhost or [::1]"), "{error}");
        }
    }
    let twice = ["Host: localhost", "Host: evil.example"];
    assert_eq!(asked(&sandbox, "GET /sandbox/ready", &twice, "").await.0, 403);
    let whole = asked(&sandbox, "GET http://evil.example/sandbox/ready", &["Host: localhost"], "").await;
    assert_eq!(whole.0, 403, "{}", whole.1);
    // A page from elsewhere that posts what it cannot read the answer of.
    for origin in ["https://evil.example", "null", "http://localhost.evil.example", "file://", "localhost", ""] {
        let lines = [own[0].as_str(), &format!("Origin: {origin}")];
        let (status, refused) = asked(&sandbox, "POST /sandbox/faults", &lines, r#"{"fault":"drop_after"}"#).await;
        assert_eq!(status, 403, "{origin}");
        assert!(refused["error"].as_str().unwrap().starts_with("`Origin` is "), "{refused}");
    }
    assert_eq!(control(&sandbox, "GET", "faults", &Value::Null).await, (200, json!({ "faults": [] })));
}

#[tokio::test]
async fn calls_are_answered_whatever_their_host() {
    let sandbox = start().await;
    let sound =
        Raw::post(declaration()).header("Host", "apihk.mch.weixin.qq.com").header("Origin", "https://a.example");
    assert_eq!(sound.send(&sandbox).await.status, 200);
    // They need the merchant's signature, which no page has.
    let head = format!("GET {ORDERS} HTTP/1.1\r\nHost: evil.example\r\n");
    assert_eq!(wire(&sandbox, &head, "").await.1["code"], "SIGN_ERROR");
}

#[tokio::test]
async fn numbers_have_bounds() {
    let sandbox = start().await;
    let most = u64::MAX;
    let cases = [
        (
            "faults",
            json!({ "fault": "slow", "ms": most }),
            "the fault `slow`: `ms` must lie between 0 and 3600000, an hour",
        ),
        ("faults", json!({ "fault": "slow", "ms": -1 }), "the fault `slow`: invalid value: integer `-1`"),
        ("faults", json!({ "fault": "slow", "ms": 1.5 }), "the fault `slow`: invalid type: floating point `1.5`"),
        (
            "faults",
            json!({ "fault": "stale_clock", "seconds": i64::MIN }),
            "`seconds` must lie between -3162240000 and",
        ),
        ("faults", json!({ "fault": "stale_clock", "seconds": i64::MAX }), "a hundred years"),
        (
            "faults",
            json!({ "fault": "state", "state": "FAIL", "ago_s": -1 }),
            "the fault `state`: `ago_s` must lie between 0 and 3162240000, a hundred years",
        ),
        ("faults", json!({ "fault": "state", "state": "FAIL", "pushes": -1 }), "the fault `state`: invalid value"),
        ("faults", json!({ "fault": "rate_limited", "retry_after": most }), "the fault `rate_limited`: invalid value"),
        ("faults", json!({ "fault": "html", "status": 600 }), "`status` must lie between 200 and 599"),
        ("faults", json!({ "fault": "html", "status": most }), "the fault `html`: invalid value"),
        ("faults", json!({ "fault": "server_error", "status": 499 }), "`status` must lie between 500 and 599"),
        ("faults", json!({ "fault": "error", "refusal": most }), "`refusal` must be the place (1 to "),
        ("faults", json!({ "fault": "error", "refusal": 0 }), "`refusal` must be the place (1 to "),
        ("faults", json!({ "fault": "error", "refusal": "nosuch" }), "`refusal` must be the place (1 to "),
        ("faults", json!({ "fault": "drop_after", "times": 0 }), "`times` must be a whole number from 1 to 4294967295"),
        (
            "faults",
            json!({ "fault": "drop_after", "times": most }),
            "`times` must be a whole number from 1 to 4294967295",
        ),
        ("faults", json!({ "fault": "drop_after", "ms": 1 }), "the fault `drop_after`: unknown field `ms`"),
        ("clock", json!({ "advance_s": i64::MAX }), "nor lead more than a hundred years ahead"),
        ("clock", json!({ "advance_s": most }), "the body must be {\"advance_s\": whole seconds}"),
        ("clock", json!({ "advance_s": 3_162_240_001_i64 }), "nor lead more than a hundred years ahead"),
        ("payments", json!({ "out_trade_no": "1", "transaction_id": "2", "amount": most }), "the body cannot be used"),
        ("payments", json!({ "out_trade_no": "1", "transaction_id": "2", "amount": -1 }), "must lie between 0 and"),
    ];
    for (path, body, words) in cases {
        let (status, refused) = control(&sandbox, "POST", path, &body).await;
        let error = refused["error"].as_str().unwrap_or_default();
        assert!(status == 400 && error.contains(words), "{path} {body}: {status} {refused}");
    }
    let (status, refused) = control(&sandbox, "POST", "faults", &json!("x".repeat(1 << 20))).await;
    assert_eq!((status, refused), (400, json!({ "error": "the body must not be larger than 1 MiB" })));
    // The bounds themselves can be done.
    for fault in
        [json!({ "fault": "slow", "ms": 3_600_000 }), json!({ "fault": "stale_clock", "seconds": 3_162_240_000_i64 })]
    {
        told(&sandbox, "faults", fault).await;
    }
    let now = told(&sandbox, "clock", json!({ "advance_s": 3_162_240_000_i64 })).await;
    assert!(now["now"].as_i64().unwrap() > 4_800_000_000);
}

#[tokio::test]
async fn an_unknown_fault_is_told_which_there_are() {
    let sandbox = start().await;
    for (body, words) in [
        (json!({ "fault": "nosuch" }), "no such fault: \"nosuch\"; expected one of `no_signature`, `wrong_signature`"),
        (json!({ "fault": 1 }), "no such fault: 1; expected one of `no_signature`"),
        (json!({}), "`fault` must be given, the name of a fault; expected one of `no_signature`"),
    ] {
        let (status, refused) = control(&sandbox, "POST", "faults", &body).await;
        let error = refused["error"].as_str().unwrap();
        assert!(status == 400 && error.starts_with(words) && error.ends_with("`error`, `state`"), "{error}");
    }
}

#[tokio::test]
async fn a_reset_leads_back_to_the_beginning() {
    let place = Place::new("reset");
    let config = || wechatpay_customs_sandbox::Config {
        seed: Some(1),
        state: Some(place.file("state")),
        ..wechatpay_customs_sandbox::Config::default()
    };
    let sandbox = Sandbox::start(config()).await.unwrap();
    let ours = client(&sandbox);
    let at_first = control(&sandbox, "GET", "settings", &Value::Null).await;
    let raw = Raw::post(declaration());
    for by_method in [true, false] {
        assert_eq!(raw.send(&sandbox).await.status, 200, "a nonce counts anew");
        let part = ours.declare(&sub_order("1")).await.unwrap();
        assert_eq!(part.state, State::Undeclared, "by the clock of a new sandbox");
        advance(&sandbox, 86_400).await;
        told(&sandbox, "faults", json!({ "fault": "drop_before", "times": 100 })).await;
        told(&sandbox, "settings", json!({ "literal": true, "wrong_amount": "PARAM_ERROR" })).await;
        let payment = json!({ "out_trade_no": order().out_trade_no, "transaction_id": "1", "amount": 1 });
        told(&sandbox, "payments", payment).await;
        let rotated = told(&sandbox, "rotate", Value::Null).await["serial_no"].clone();

        match by_method {
            true => sandbox.reset().unwrap(),
            false => assert_eq!(told(&sandbox, "reset", Value::Null).await, json!({})),
        }
        assert_eq!(control(&sandbox, "GET", "faults", &Value::Null).await, (200, json!({ "faults": [] })));
        assert_eq!(control(&sandbox, "GET", "payments", &Value::Null).await, (200, json!({ "payments": [] })));
        assert_eq!(control(&sandbox, "GET", "settings", &Value::Null).await, at_first);
        let gone = ours.query(&find(OrderType::OutTradeNo, &order().out_trade_no)).await.unwrap_err();
        assert_eq!(gone.code, "ORDER_NOT_EXIST");
        // Its first certificate signs again, and alone; the next is another.
        let by_certificate = Client::new(by_certificate(&sandbox)).unwrap();
        let listed = by_certificate.certificates(&certificates::Request {}).await.unwrap();
        assert_eq!(listed.data.len(), 1);
        assert_ne!(told(&sandbox, "rotate", Value::Null).await["serial_no"], rotated);
        sandbox.reset().unwrap();
    }
    // A fault that a number names is met again, as by a new sandbox.
    let alone = Client::new(Options { api_v3_key: None, ..options(&sandbox) }).unwrap();
    let number = wechatpay_customs::api::declare::Request { out_trade_no: "fault@no_signature@1".into(), ..order() };
    for _ in 0..2 {
        assert_eq!(alone.declare(&number).await.unwrap_err().code, "SIGNATURE_MISSING");
        sandbox.reset().unwrap();
    }
    // The file has forgotten it all too.
    ours.declare(&order()).await.unwrap();
    advance(&sandbox, 86_400).await;
    sandbox.reset().unwrap();
    sandbox.shutdown().await;
    let again = Sandbox::start(config()).await.unwrap();
    assert_eq!(client(&again).declare(&order()).await.unwrap().state, State::Undeclared);
}

#[tokio::test]
async fn there_are_not_more_certificates_than_a_client_can_read() {
    let sandbox = start().await;
    // Each takes a while to make; so only the answer is looked at that a full list would have.
    let listed = Raw::get("/v3/global/certificates").send(&sandbox).await;
    assert!(listed.body.to_string().len() * 200 < 1 << 20);
}

#[tokio::test]
async fn a_host_that_is_down_refuses_connections_and_comes_back() {
    let sandbox = start().await;
    let connects = async || tokio::net::TcpStream::connect(sandbox.address()).await.is_ok();
    told(&sandbox, "down", json!({ "ms": 3000 })).await;
    while connects().await {
        tokio::task::yield_now().await;
    }
    while !connects().await {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(control(&sandbox, "GET", "ready", &Value::Null).await.0, 200);
    let (status, told) = control(&sandbox, "POST", "down", &json!({ "ms": 3_600_001 })).await;
    assert!(status == 400 && told["error"].as_str().is_some_and(|why| why.contains("an hour")), "{told}");
}
