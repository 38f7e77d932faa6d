//! Every surface declares and queries against the sandbox, which builds and verifies signed messages by itself.

use serde_json::{Value, json};
use wechatpay_customs_conformance::{differences, drivers};
use wechatpay_customs_sandbox::{Config, Sandbox};

/// Nobody's: the region and the day do not exist, the check digit fits.
const ID_NUMBER: &str = "00000019000101005X";

/// Calls and what must come of them; the surface's number makes the orders its own.
fn calls(options: &Value, surface: usize) -> Vec<(Value, Value)> {
    let order = |number: &str| {
        json!({
            "out_trade_no": format!("{surface}|{number}@*-_"), "transaction_id": format!("42000000002026112200000{surface:05}"),
            "customs": "SHANGHAI_ZS", "merchant_customs_no": "IC2N000001",
        })
    };
    let with = |mut order: Value, more: Value| {
        order.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
        order
    };
    let split = with(
        order("split"),
        json!({
            "sub_order_no": format!("{surface}-sub"), "fee_type": "CNY", "order_fee": 300, "transport_fee": 100,
            "product_fee": 200, "duty": 0,
        }),
    );
    let ask = |order_type: &str, order_no: &str| json!({ "order_type": order_type, "order_no": order_no, "customs": "SHANGHAI_ZS" });
    let mut calls = Vec::new();
    let mut call = |id: &str, operation: &str, fields: Value, change: Value, expected: Value| {
        let mut options = options.clone();
        options.as_object_mut().expect("a map").extend(change.as_object().expect("a map").clone());
        let vector = json!({ "id": id, "kind": "call", "operation": operation, "fields": fields, "options": options });
        calls.push((vector, expected));
    };
    let none = || json!({});
    call("declare", "declare", order("plain"), none(), json!({ "warnings": [] }));
    call("again, identical", "declare", order("plain"), none(), json!({ "warnings": [] }));
    call(
        "split, older paths",
        "declare",
        split,
        json!({ "path_prefix": "global/v3" }),
        json!({ "warnings": [{ "rule": "split_institution_mode" }] }),
    );
    call("query", "query", ask("out_trade_no", &format!("{surface}|plain@*-_")), none(), json!({ "warnings": [] }));
    call(
        "query a page",
        "query",
        with(ask("sub_order_no", &format!("{surface}-sub")), json!({ "offset": 0, "limit": 1 })),
        none(),
        json!({ "warnings": [] }),
    );
    call(
        "by certificate",
        "query",
        ask("out_trade_no", &format!("{surface}|plain@*-_")),
        {
            let certificate = |(id, _): &(&String, &Value)| !id.starts_with("PUB_KEY_ID_");
            let keys = options["platform_keys"].as_object().expect("a map");
            json!({ "platform_keys": keys.iter().filter(certificate).collect::<std::collections::BTreeMap<_, _>>() })
        },
        json!({ "warnings": [] }),
    );
    let identity = |order: Value| {
        let person = json!({ "certificate_type": "IDCARD", "certificate_id": ID_NUMBER, "certificate_name": "张三" });
        with(order, person)
    };
    call("identity", "verify_identity", identity(order("plain")), none(), json!({ "warnings": [] }));
    call("certificates", "certificates", json!({}), none(), json!({ "warnings": [] }));
    call(
        "certificates, no keys yet",
        "certificates",
        json!({}),
        json!({ "platform_keys": {} }),
        json!({ "warnings": [] }),
    );
    call(
        "keys downloaded when needed",
        "declare",
        order("no-keys"),
        json!({ "platform_keys": {} }),
        json!({ "warnings": [] }),
    );
    let amended = with(order("plain"), json!({ "merchant_customs_no": "IC2N000003" }));
    let again = json!({
        "out_trade_no": format!("{surface}|plain@*-_"), "customs": "SHANGHAI_ZS", "merchant_customs_no": "IC2N000001",
    });
    call(
        "redeclare too early",
        "redeclare",
        again,
        none(),
        json!({ "error": {
        "kind": "api", "code": "INVALID_REQUEST", "status": 400, "may_have_been_applied": false,
    } }),
    );
    let lost = with(order("lost"), json!({ "out_trade_no": format!("fault@EXCEPT@{surface}") }));
    let pushed = json!({
        "out_trade_no": lost["out_trade_no"], "customs": lost["customs"],
        "merchant_customs_no": lost["merchant_customs_no"],
    });
    call("lost by customs", "declare", lost, none(), json!({ "warnings": [] }));
    call("redeclare", "redeclare", pushed, none(), json!({ "warnings": [] }));
    call("modify", "modify", amended, none(), json!({ "warnings": [] }));
    call("modify what is not there", "modify", order("never-declared"), none(), json!({ "error": { "kind": "api" } }));
    let changed = with(order("plain"), json!({ "merchant_customs_no": "IC2N000002" }));
    call(
        "again, changed",
        "declare",
        changed,
        none(),
        json!({ "error": {
        "kind": "api", "code": "INVALID_REQUEST", "reason": "declared_data_differs", "status": 400, "authenticated": true,
        "retryable": false, "may_have_been_applied": false, "attempts": 1, "operation": "declare",
    } }),
    );
    call(
        "unknown order",
        "query",
        ask("out_trade_no", "nobody's"),
        none(),
        json!({ "error": {
        "kind": "api", "code": "ORDER_NOT_EXIST", "status": 404, "authenticated": true, "may_have_been_applied": false,
    } }),
    );
    call(
        "another merchant's serial",
        "declare",
        order("other"),
        json!({ "serial_no": "7F" }),
        json!({ "error": {
        "kind": "api", "code": "SIGN_ERROR", "status": 401, "retryable": false,
    } }),
    );
    calls
}

/// A call with the private key as a `CryptoKey`.
fn with_crypto_key(call: &Value) -> (Value, Value) {
    let mut call = call.clone();
    call["id"] = json!("again, with a CryptoKey");
    call["options"]["private_key"] = json!({ "crypto_key": call["options"]["private_key"] });
    (call, json!({ "warnings": [] }))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_surface_calls_the_sandbox() {
    let sandbox = Sandbox::start(Config::default()).await.expect("a sandbox");
    let options = sandbox.ready()["client"].clone();
    let mut failures = Vec::new();
    for (surface, driver) in drivers(env!("CARGO_BIN_EXE_driver")).into_iter().enumerate() {
        // No page may call the service: it allows no other origin, and a page may not hold the merchant's key.
        if driver.browser {
            continue;
        }
        let mut calls = calls(&options, surface);
        if driver.imports_keys() {
            calls.insert(1, with_crypto_key(&calls[0].0));
        }
        let vectors: Vec<Value> = calls.iter().map(|(vector, _)| vector.clone()).collect();
        let name = driver.name.clone();
        let reports = tokio::task::spawn_blocking(move || driver.run(&vectors)).await.expect("no panic");
        let reports = reports.unwrap_or_else(|error| panic!("{error}"));
        for (vector, expected) in &calls {
            let id = vector["id"].as_str().expect("an id");
            let report = &reports[id];
            let mut wrong = differences(expected, report);
            let request_id = report.get("error").unwrap_or(report)["request_id"].as_str().unwrap_or_default();
            if request_id.len() != 32 {
                wrong.push(format!("request id {request_id:?}"));
            }
            if expected.get("error").is_none() {
                let value = &report["value"];
                let told = match vector["operation"].as_str() {
                    Some("certificates") => value["data"][0]["certificate"].as_str().map(|pem| &pem[..27]),
                    Some("verify_identity") => value["certificate_check_result"].as_str(),
                    _ => value.get("state").unwrap_or(&value["data"][0]["state"]).as_str(),
                };
                let right = match vector["operation"].as_str() {
                    Some("certificates") => "-----BEGIN CERTIFICATE-----",
                    Some("verify_identity") => "SAME",
                    Some("modify") => "SUBMITTED",
                    Some("declare") if id == "lost by customs" => "EXCEPT",
                    _ => "UNDECLARED",
                };
                if told != Some(right) {
                    wrong.push(format!("{told:?}, not {right}"));
                }
            }
            failures.extend(wrong.iter().map(|why| format!("{name}: {id}: {why}: {report}")));
        }
    }
    sandbox.shutdown().await;
    assert!(failures.is_empty(), "{} differences:\n{}", failures.len(), failures.join("\n"));
}
