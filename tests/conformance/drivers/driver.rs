//! Runs vectors on the Rust surface: a vector per line in, a report per line out.

use std::{future::pending, io::BufRead};

use futures_util::future::join_all;
use serde_json::{Value, json};
use wechatpay_customs::{
    Error, Operation, Options,
    check::{Rules, check, check_json},
    client::Client,
    customs_message::customs_order_fields_value,
    encryption::Padding,
    engine::{Call, Outcome},
    explain::explain_value,
    host,
    options::{CallOptions, Convention},
    request::Checked,
};
use wechatpay_customs_conformance::{bytes, with_bytes};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut vectors = Vec::<Value>::new();
    for line in std::io::stdin().lock().lines() {
        vectors.push(serde_json::from_str(&line?)?);
    }
    // Calls that need not wait for one another.
    let (calls, others): (Vec<&Value>, Vec<&Value>) = vectors.iter().partition(|vector| vector["kind"] == "at_once");
    join_all(calls.into_iter().map(tell)).await;
    for vector in others {
        tell(vector).await;
    }
    Ok(())
}

async fn tell(vector: &Value) {
    let report = report(vector).await.unwrap_or_else(|error| json!({ "error": error }));
    println!("{}", json!({ "id": vector["id"], "report": report }));
}

async fn report(vector: &Value) -> Result<Value, Error> {
    let given_options = || with_bytes(vector["options"].clone());
    let options = || Options::from_value(given_options(), Convention::Python);
    let (operation, fields) = (&vector["operation"], &vector["fields"]);
    let named = || Operation::named(operation.as_str().unwrap_or_default());
    match vector["kind"].as_str() {
        Some("check") => {
            let rules = match &vector["rules"] {
                Value::Null => Rules::default(),
                rules => Rules::from_value(rules)?,
            };
            let findings = match fields {
                Value::String(text) => check_json(named()?, text, &rules).1,
                fields => check(named()?, fields, &rules),
            };
            Ok(json!({ "findings": findings }))
        }
        Some("customs_order_fields") => {
            let paid = Some(vector["paid"].clone());
            Ok(json!({
                "fields": customs_order_fields_value(vector["request"].clone(), vector["result"].clone(), paid)?
            }))
        }
        Some("function") => {
            let (function, arguments) = (vector["function"].as_str().unwrap_or_default(), vector["arguments"].clone());
            Ok(json!({ "gives": host::call(function, arguments, None, Convention::Python)? }))
        }
        Some("prepare") => {
            let client = Client::new(options()?)?;
            let (timestamp, nonce) = (&vector["timestamp"], &vector["nonce"]);
            let call = json!({
                "call": "prepare", "operation": operation, "fields": fields, "timestamp": timestamp, "nonce": nonce,
                "padding": bytes(&vector["padding_base64"]),
            });
            let padding = || Padding::Given(bytes(&vector["padding_base64"]).unwrap_or_default());
            let prepared = run(&client, call).await?;
            let (timestamp, nonce) = (timestamp.as_i64().unwrap_or_default(), nonce.as_str().unwrap_or_default());
            let unsigned = Checked::new(client.account().merchant(), named()?, fields.clone()).build(
                client.account().merchant(),
                &client.account().platform_keys(),
                timestamp,
                nonce.to_owned(),
                padding(),
            )?;
            let mut report = prepared;
            report["message"] = String::from_utf8_lossy(&unsigned.message()).into();
            report["authorization"] = report["headers"]["Authorization"].clone();
            Ok(report)
        }
        Some("parse") => {
            let client = Client::for_parsing(options()?)?;
            let call = json!({
                "call": "parse", "operation": operation, "response": with_bytes(vector["response"].clone()),
                "request": vector["request"], "now": vector["now"],
            });
            run(&client, call).await
        }
        Some("explain") => {
            let (given, request) = (with_bytes(vector["given"].clone()), with_bytes(vector["request"].clone()));
            explain_value(given, given_options(), request, vector["now"].as_i64(), Convention::Python)
                .map(|explanation| json!(explanation))
        }
        _ => {
            let call = json!({ "call": "operation", "operation": operation, "fields": fields });
            run(&Client::new(options()?)?, call).await
        }
    }
}

async fn run(client: &Client, call: Value) -> Result<Value, Error> {
    match client.run(Call::from_value(call)?, CallOptions::default(), pending()).await? {
        Outcome::Ok { value, request_id, warnings, attempts } => {
            Ok(json!({ "value": value, "request_id": request_id, "warnings": warnings, "attempts": attempts }))
        }
        Outcome::Prepared { request, .. } => Ok(json!(request)),
        Outcome::Err(error) => Err(error),
        outcome => Ok(json!({ "unexpected": outcome })),
    }
}
