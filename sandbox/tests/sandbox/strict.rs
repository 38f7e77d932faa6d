//! Each mistake that a client can make is found.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use wechatpay_customs_sandbox::{Config, Sandbox};

use crate::raw::{Answer, ORDERS, Raw, declaration, start, unix_s, wire};

fn assert_sign_error(answer: &Answer, raw: &Raw, issue: &str) {
    assert_eq!((answer.status, &answer.body["code"]), (401, &json!("SIGN_ERROR")), "{issue}: {}", answer.body);
    let detail = &answer.body["detail"];
    let found = detail["detail"]["issue"].as_str().unwrap();
    assert!(found.contains(issue), "{found:?} should say {issue:?}");
    assert_eq!((&detail["field"], &detail["location"]), (&json!("signature"), &json!("authorization")));
    assert_eq!(detail["sign_information"]["method"], raw.method);
    assert_eq!(detail["sign_information"]["url"], raw.target);
}

fn assert_param_error(answer: &Answer, field: &str, location: &str, issue: &str) {
    assert_eq!((answer.status, &answer.body["code"]), (400, &json!("PARAM_ERROR")), "{field}: {}", answer.body);
    let detail = &answer.body["detail"];
    assert_eq!((&detail["field"], &detail["location"]), (&json!(field), &json!(location)), "{}", answer.body);
    assert!(detail["issue"].as_str().unwrap().contains(issue), "{detail} should say {issue:?}");
}

#[tokio::test]
async fn a_sound_request_passes_whatever_the_order_of_the_pairs() {
    let sandbox = start().await;
    let mut raw = Raw::post(declaration());
    let mut pairs = raw.pairs(&sandbox);
    pairs.reverse();
    raw.authorization = Some(format!("WECHATPAY2-SHA256-RSA2048 {}", pairs.join(",")));
    let answer = raw.send(&sandbox).await;
    assert_eq!((answer.status, &answer.body["state"]), (200, &json!("UNDECLARED")), "{}", answer.body);
}

#[tokio::test]
async fn the_request_names_the_key_of_the_answer() {
    let sandbox = start().await;
    let keys = sandbox.ready()["client"]["platform_keys"].as_object().unwrap();
    let public = keys.keys().find(|id| id.starts_with("PUB_KEY_ID_01")).unwrap();
    let certificate = keys.keys().find(|id| !id.starts_with("PUB_KEY_ID_")).unwrap();
    for (named, wanted) in [(public.as_str(), public), (certificate, certificate), ("PUB_KEY_ID_00", certificate)] {
        let answer = Raw::get(ORDERS).header("Wechatpay-Serial", named).send(&sandbox).await;
        assert_eq!(answer.headers["Wechatpay-Serial"], wanted.as_str());
    }
    assert_eq!(Raw::get(ORDERS).send(&sandbox).await.headers["Wechatpay-Serial"], certificate.as_str());
}

#[tokio::test]
async fn a_nonce_counts_once() {
    let sandbox = start().await;
    let raw = Raw::post(declaration());
    assert_eq!(raw.send(&sandbox).await.status, 200);
    assert_sign_error(&raw.send(&sandbox).await, &raw, "nonce_str was used before");
    let nonce = raw.nonce.clone();
    let other = Raw { nonce, ..Raw::post(declaration()) };
    assert_sign_error(&other.send(&sandbox).await, &other, "nonce_str was used before");
}

#[tokio::test]
async fn what_is_signed_is_exactly_what_was_sent() {
    let sandbox = start().await;
    let good = Raw::post(declaration());
    let wrong = |message: &str| Raw { message: Some(message.into()), ..good.clone() };
    for raw in [
        wrong("nothing of the kind"),
        wrong(good.message().trim_end()),
        wrong(&good.message().replace("/v3/global", "/global/v3")),
        wrong(&good.message().replace(ORDERS, &format!("http://{}{ORDERS}", sandbox.address()))),
        wrong(&good.message().replace("POST", "GET")),
        wrong(&good.message().replace(',', ", ")),
    ] {
        let answer = raw.send(&sandbox).await;
        assert_sign_error(&answer, &raw, "sign not match");
        let information = &answer.body["detail"]["sign_information"];
        // The body's first eight bytes, and a line feed in the place of the rest.
        let head = good.message().split_inclusive('\n').take(4).collect::<String>();
        assert_eq!(information["truncated_sign_message"], format!("{head}{}\n", &good.message()[head.len()..][..8]));
        assert_eq!(information["sign_message_length"], good.message().len());
    }
    // None of those used the nonce up.
    assert_eq!(good.send(&sandbox).await.status, 200);

    // The query is signed as encoded, not as meant.
    let target = format!("{ORDERS}?order_no=a%7Cb");
    let encoded = Raw::get(&target);
    assert_param_error(&encoded.send(&sandbox).await, "appid", "query", "is required");
    let message = encoded.message().replace("%7C", "|");
    let decoded = Raw { message: Some(message), ..Raw::get(&target) };
    assert_sign_error(&decoded.send(&sandbox).await, &decoded, "sign not match");
}

#[tokio::test]
async fn who_signs_and_when() {
    let sandbox = start().await;
    let good = || Raw::post(declaration());
    let at = |seconds: u64| Raw { timestamp: seconds.to_string(), ..good() };
    let cases = [
        (at(unix_s() - 310), "timestamp is more than 300 seconds"),
        (at(unix_s() + 310), "timestamp is more than 300 seconds"),
        (Raw { timestamp: format!("{}.0", unix_s()), ..good() }, "timestamp must be in Unix seconds"),
        (Raw { timestamp: "yesterday".into(), ..good() }, "timestamp must be in Unix seconds"),
        (Raw { timestamp: String::new(), ..good() }, "timestamp must be in Unix seconds"),
        (Raw { mchid: "1230000110".into(), ..good() }, "mchid is not that of the sandbox"),
        (Raw { serial_no: "0123".into(), ..good() }, "serial_no is not that"),
        (Raw { nonce: "not-alphanumeric".into(), ..good() }, "nonce_str must be"),
        (Raw { nonce: "n".repeat(33), ..good() }, "nonce_str must be"),
        (Raw { nonce: String::new(), ..good() }, "nonce_str must be"),
    ];
    for (raw, issue) in cases {
        assert_sign_error(&raw.send(&sandbox).await, &raw, issue);
    }
    for seconds in [unix_s() - 290, unix_s() + 290] {
        assert_eq!(at(seconds).send(&sandbox).await.status, 200);
    }
}

#[tokio::test]
async fn authorization_has_five_pairs_and_nothing_else() {
    let sandbox = start().await;
    let raw = Raw::post(declaration());
    let pairs = raw.pairs(&sandbox);
    let scheme = "WECHATPAY2-SHA256-RSA2048 ";
    let whole = format!("{scheme}{}", pairs.join(","));
    let mut cases = vec![
        (String::new(), "is missing"),
        (whole.replace(scheme, "WECHATPAY2-SHA256-RSA2048"), "must begin with"),
        (whole.replace("SHA256", "SM2"), "must begin with"),
        (format!("{whole},{}", pairs[0]), "mchid twice"),
        (format!("{whole},extra=\"1\""), "must hold pairs"),
        (format!("{whole},"), "must hold pairs"),
        (pairs.join(", ").replacen("mchid", &format!("{scheme}mchid"), 1), "must hold pairs"),
        (
            whole.replace(&format!("timestamp=\"{}\"", raw.timestamp), &format!("timestamp={}", raw.timestamp)),
            "must hold",
        ),
        (whole.replace("signature=\"", "signature=\"!"), "signature is not Base64"),
    ];
    let missing = ["mchid", "nonce_str", "timestamp", "serial_no", "signature"];
    for (index, name) in missing.into_iter().enumerate() {
        let mut rest = pairs.clone();
        rest.remove(index);
        cases.push((format!("{scheme}{}", rest.join(",")), name));
    }
    for (authorization, issue) in cases {
        let raw = Raw { authorization: Some(authorization), ..raw.clone() };
        assert_sign_error(&raw.send(&sandbox).await, &raw, issue);
    }
    let twice = raw.clone().header("authorization", &whole);
    assert_sign_error(&twice.send(&sandbox).await, &twice, "given twice");
    assert_eq!(raw.send(&sandbox).await.status, 200);
}

#[tokio::test]
async fn headers_are_required() {
    let sandbox = start().await;
    let good = || Raw::post(declaration());
    let cases = [
        (good().header("Accept", ""), "Accept"),
        (good().header("Accept", "text/html"), "Accept"),
        (good().header("Accept", "text/html, application/xml;q=0.9, application/json5"), "Accept"),
        (good().without("User-Agent"), "User-Agent"),
        (good().without("Content-Type"), "Content-Type"),
        (good().header("Content-Type", "text/plain"), "Content-Type"),
    ];
    for (raw, name) in cases {
        assert_param_error(&raw.send(&sandbox).await, name, "header", "must be");
    }
    // As clients send them: WeChat Pay's own, axios, a browser, Java's.
    let accepted = [
        "*/*",
        "application/json, text/plain, */*",
        "application/json;charset=utf-8",
        "text/html,application/xhtml+xml,*/*;q=0.8",
        "Application/*",
    ];
    for accept in accepted {
        assert_eq!(good().header("Accept", accept).send(&sandbox).await.status, 200, "{accept}");
    }
    let fuller = good().header("Content-Type", "Application/JSON; charset=utf-8");
    assert_eq!(fuller.send(&sandbox).await.status, 200);

    // reqwest adds an `Accept` to a request that has none.
    let raw = Raw::get(ORDERS);
    let authorization = format!("WECHATPAY2-SHA256-RSA2048 {}", raw.pairs(&sandbox).join(","));
    let head =
        format!("GET {ORDERS} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: t\r\nAuthorization: {authorization}\r\n");
    let (status, body) = wire(&sandbox, &head, "").await;
    assert_eq!((status, &body["detail"]["field"]), (400, &json!("Accept")), "{body}");
}

#[tokio::test]
async fn bodies_are_read_strictly() {
    let sandbox = start().await;
    let with = |name: &str, value: Value| {
        let mut fields = declaration();
        fields[name] = value;
        fields.to_string()
    };
    let printed_twice = declaration().to_string().replacen('{', "{\"customs\":\"NINGBO\",", 1);
    let mut lacking = declaration();
    lacking.as_object_mut().unwrap().remove("customs");
    let cases = [
        (printed_twice, "/customs", "is given twice"),
        (with("duty", Value::Null), "/duty", "null"),
        (with("duty", json!("888")), "/duty", "not text"),
        (with("duty", json!(8.88)), "/duty", "not a fraction"),
        (with("duty", json!(2_147_483_648_u32)), "/duty", "2147483647"),
        (with("mchid", json!(1_230_000_109)), "/mchid", "must be text"),
        (with("out_trade_no", json!("a/b")), "/out_trade_no", "must hold only"),
        (with("customs_no", json!("1")), "/customs_no", "is not a field"),
        (with("appid", json!("wx0000000000000000")), "/appid", "is not that of the sandbox"),
        (with("mchid", json!("1230000110")), "/mchid", "is not that of the sandbox"),
        (with("sub_order_no", json!("1")), "/fee_type", "is required"),
        (lacking.to_string(), "/customs", "is required"),
        ("[]".into(), "", "JSON text of a map"),
        ("".into(), "", "JSON text of a map"),
        (format!("{}{}", declaration(), " ".repeat(1024 * 1024)), "", "1 MiB"),
    ];
    for (body, field, issue) in cases {
        assert_param_error(&Raw::post(body).send(&sandbox).await, field, "body", issue);
    }
    let private = Raw::post(with("certificate_id", json!("000000190001010000"))).send(&sandbox).await;
    assert_param_error(&private, "/certificate_id", "body", "is not a field");
    assert_eq!(private.body["detail"]["value"], "***");
    // What is only a warning passes.
    assert_eq!(Raw::post(with("customs", json!("ATLANTIS"))).send(&sandbox).await.status, 200);
}

#[tokio::test]
async fn queries_are_read_strictly() {
    let sandbox = start().await;
    let good =
        "appid=wxd678efh567hg6787&mchid=1230000109&order_type=out_trade_no&order_no=20150806125346&customs=NINGBO";
    let cases = [
        (format!("{good}&customs=NINGBO"), "customs", "is given twice"),
        (format!("{good}&offset=null"), "offset", "the word null"),
        (format!("{good}&offset=-1"), "offset", "must be a whole number"),
        (format!("{good}&offset=+1"), "offset", "must be a whole number"),
        (format!("{good}&limit=0"), "limit", "must lie between 1"),
        (format!("{good}&limit=%2"), "limit", "percent-encoded"),
        (format!("{good}&limit=%F0"), "limit", "percent-encoded"),
        (format!("{good}&limit"), "limit", "with = and a value"),
        (format!("{good}&"), "", "with = and a value"),
        (format!("{good}&page=1"), "page", "is not a field"),
        (good.replace("out_trade_no", "order"), "order_type", "must be one of"),
        (good.replace("1230000109", "1230000110"), "mchid", "is not that of the sandbox"),
        (String::new(), "appid", "is required"),
    ];
    for (query, field, issue) in cases {
        assert_param_error(&Raw::get(format!("{ORDERS}?{query}")).send(&sandbox).await, field, "query", issue);
    }
    let encoded = good.replace("20150806125346", "2015080612534%36");
    assert_eq!(Raw::post(declaration()).send(&sandbox).await.status, 200);
    let answer = Raw::get(format!("{ORDERS}?{encoded}")).send(&sandbox).await;
    assert_eq!((answer.status, &answer.body["data"]), (200, &json!([])), "{}", answer.body);
}

#[tokio::test]
async fn only_known_paths_and_methods() {
    let sandbox = start().await;
    for (method, target) in [
        ("GET", "/"),
        ("GET", "/v3/global/customs/order"),
        ("GET", "/v3/global/customs/orders/"),
        ("POST", "/v3/customs/orders"),
        ("DELETE", ORDERS),
        ("PUT", ORDERS),
    ] {
        let answer = Raw { method, ..Raw::get(target) }.send(&sandbox).await;
        assert_eq!((answer.status, &answer.body["code"]), (404, &json!("RESOURCE_NOT_EXISTS")), "{method} {target}");
    }
}

#[tokio::test]
async fn control_endpoints_are_plain_json() {
    let sandbox = start().await;
    let control = sandbox.ready()["control_url"].as_str().unwrap();
    let client = reqwest::Client::new();
    let read = async |request: reqwest::RequestBuilder| -> (u16, Value) {
        let answer = request.send().await.unwrap();
        assert!(!answer.headers().contains_key("Wechatpay-Signature"));
        (answer.status().as_u16(), serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap())
    };
    let clock = |body: &str| read(client.post(format!("{control}/clock")).body(body.to_owned()));
    assert_eq!(read(client.get(format!("{control}/ready"))).await, (200, sandbox.ready().clone()));
    let (status, answer) = clock("{\"advance_s\":3600}").await;
    assert_eq!(status, 200);
    assert!(answer["now"].as_u64().unwrap().abs_diff(unix_s() + 3600) < 5);
    for body in ["", "{}", "{\"advance_s\":-1}", "{\"advance_s\":9223372036854775807}", "{\"advance_s\":1,\"to\":2}"] {
        assert_eq!(clock(body).await.0, 400, "{body}");
    }
    assert_eq!(read(client.get(format!("{control}/clock"))).await.0, 404);
    assert_eq!(read(client.get(control)).await.0, 404);
    // Signatures go by the wall clock all the same; the raw request checks the answer's.
    assert_eq!(Raw::post(declaration()).send(&sandbox).await.status, 200);
}

#[tokio::test]
async fn the_log_explains_a_bad_signature_and_keeps_identities_out() {
    let lines = Arc::new(Mutex::new(Vec::<Value>::new()));
    let kept = Arc::clone(&lines);
    let log = Arc::new(move |line: &Value| kept.lock().unwrap().push(line.clone()));
    let sandbox = Sandbox::start(Config { seed: Some(1), log: Some(log), ..Config::default() }).await.unwrap();

    let good = Raw::post(declaration());
    let answer = good.send(&sandbox).await;
    let bad = Raw { message: Some("x".into()), ..good.clone() };
    bad.send(&sandbox).await;
    let private = Raw { message: Some("x".into()), ..Raw::post(json!({ "certificate_id": "000000190001010000" })) };
    private.send(&sandbox).await;

    let lines = lines.lock().unwrap().clone();
    let [first, second, third] = lines.as_slice() else { panic!("{lines:?}") };
    assert!(chrono::DateTime::parse_from_rfc3339(first["time"].as_str().unwrap()).is_ok());
    assert_eq!((&first["method"], &first["path"]), (&json!("POST"), &json!(ORDERS)));
    assert_eq!((&first["status"], &first["code"]), (&json!(200), &Value::Null));
    assert_eq!(first["request_id"], answer.headers["Request-ID"].to_str().unwrap());
    assert_eq!((&second["status"], &second["code"]), (&json!(401), &json!("SIGN_ERROR")));
    assert_eq!(second["expected_message"], good.message());
    assert_eq!(
        second["got"],
        json!({
            "mchid": "1230000109",
            "nonce_str": good.nonce,
            "timestamp": good.timestamp,
            "serial_no": sandbox.ready()["client"]["serial_no"],
        })
    );
    assert_eq!(third["expected_message"], "***");
    assert!(!lines.iter().any(|line| line.to_string().contains("000000190001010000")));
}
