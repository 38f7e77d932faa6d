//! The life of one declaration, told on the terminal. Reads the sandbox's ready line from standard input.

use std::{error::Error, future::Future, time::Duration};

use anstream::println;
use serde_json::{Value, json};
use wechatpay_customs::{
    Operation, Options, Severity,
    api::{declare, modify, redeclare, verify_identity},
    check::{Rules, check},
    client::Client,
    customs_message::customs_order_fields_value,
    encryption::Padding,
    life::{EnsureOptions, Ensured, WaitOptions, Which},
    model::{Fen, State},
    options::Convention,
    request::Checked,
};
use wechatpay_customs_sandbox::IDENTITY;

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const PLAIN: &str = "\x1b[0m";
/// The time between two looks, in which the sandbox's clock is moved on.
const LOOKS: Duration = Duration::from_millis(250);
/// Room for text on an 80-column terminal, after the indent.
const COLUMNS: usize = 74;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let verbose = std::env::args().any(|argument| argument == "--verbose");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    let ready: Value = serde_json::from_str(&line)?;
    let options = Options::from_value(ready["client"].clone(), Convention::Python)?;
    let client = Client::new(options)?;

    println!("{BOLD}A customs declaration with WeChat Pay{PLAIN}");
    println!("{DIM}against the local sandbox at {}; no account, no network{PLAIN}", text(&ready["url"]));

    title(1, "check: the split order that the documentation prints");
    let printed = json!({
        "appid": "wxd678efh567hg6787",
        "mchid": "1230000109",
        "out_trade_no": "20150806125346",
        "transaction_id": "1000320306201511078440737890",
        "customs": "SHANGHAI_ZS",
        "merchant_customs_no": "123456",
        "duty": 888,
        "sub_order_no": "20150806125346",
        "fee_type": "CNY",
        "order_fee": 888,
        "transport_fee": 888,
        "product_fee": 888,
    });
    for finding in check(Operation::Declare, &printed, &Rules::default()) {
        let colour = if finding.severity == Severity::Error { RED } else { YELLOW };
        let word = if finding.severity == Severity::Error { "error" } else { "warning" };
        println!("   {colour}{word:<8}{PLAIN}{} = {}  {DIM}rule {}{PLAIN}", finding.field, finding.value, finding.rule);
        wrapped(&finding.issue, "           ");
    }
    println!("   An error stops the request before it costs a round trip.");

    title(2, "ensure: the same order with its sum made right, declared and through");
    let request = declare::Request { order_fee: Some(Fen(1776)), ..serde_json::from_value(printed)? };
    println!("   1776 fen = 888 freight + 888 goods");
    if verbose {
        signed_lines(&client, &request)?;
    }
    println!("   {DIM}the sandbox's clock is moved on by 30 s again and again{PLAIN}");
    let options = EnsureOptions { interval: LOOKS, max_interval: LOOKS, ..EnsureOptions::default() };
    let told = std::cell::RefCell::new(String::new());
    let progress = |reached: Ensured| {
        let state = reached.record.as_ref().map(|record| text(&record["state"]).to_owned()).unwrap_or_default();
        if told.replace(state.clone()) != state {
            println!("   {:<22} {DIM}{}{PLAIN}", shown(&state.as_str().into()), reached.why.en);
        }
    };
    let ensured = while_time_passes(&ready, client.ensure_with_progress(&request, options, progress)).await?;
    let record = ensured.record.ok_or("there is no record")?;
    println!("   {:<22} {DIM}{}{PLAIN}", shown(&State::from(text(&record["state"]))), ensured.why.en);
    println!("   sub_order_id {}", text(&record["sub_order_id"]));

    title(3, "customs: what your order message (CEB311) must say");
    let fields = customs_order_fields_value(json!(request), Value::Object(record), None)?;
    let fields = serde_json::to_value(fields)?;
    for name in ["orderNo", "payTransactionId", "payCode", "payName", "currency", "acturalPaid"] {
        println!("   {name:<17} {}", text(&fields[name]));
    }

    title(4, "a refusal: the same order again, but for another price");
    let changed = declare::Request { order_fee: Some(Fen(1888)), product_fee: Some(Fen(1000)), ..request.clone() };
    match client.declare(&changed).await {
        Ok(_) => return Err("the sandbox took changed data".into()),
        Err(error) => {
            println!("   {RED}{}{PLAIN} HTTP {}", error.code, error.status.unwrap_or_default());
            println!("   reason  {}", error.reason.unwrap_or_default());
            let advice = error.advice.as_ref().ok_or("the refusal has no remedy")?;
            wrapped(&advice.en, "   ");
            wrapped(&advice.zh, "   ");
        }
    }

    let which =
        Which { customs: request.customs.clone(), sub_order_no: request.sub_order_no.clone(), ..Which::default() };
    title(5, "redeclare: customs says that it never got the declaration");
    let again = redeclare::Request {
        customs: request.customs.clone(),
        merchant_customs_no: request.merchant_customs_no.clone(),
        out_trade_no: Some(request.out_trade_no.clone()),
        sub_order_no: request.sub_order_no.clone(),
        ..redeclare::Request::default()
    };
    println!("   {:<22} {DIM}pushed again, as it was{PLAIN}", shown(&client.redeclare(&again).await?.state));
    until_it_stands(&client, &which, &ready).await?;

    title(6, "modify: the amount was wrong");
    let amended = modify::Request {
        out_trade_no: request.out_trade_no.clone(),
        transaction_id: request.transaction_id.clone(),
        customs: request.customs.clone(),
        merchant_customs_no: request.merchant_customs_no.clone(),
        sub_order_no: request.sub_order_no.clone(),
        order_fee: Some(Fen(1888)),
        transport_fee: request.transport_fee,
        product_fee: Some(Fen(1000)),
        ..modify::Request::default()
    };
    println!("   {:<22} {DIM}1888 fen = 888 freight + 1000 goods{PLAIN}", shown(&client.modify(&amended).await?.state));
    until_it_stands(&client, &which, &ready).await?;

    title(7, "verify identity: is the payer who they say?");
    let person = verify_identity::Request {
        out_trade_no: request.out_trade_no.clone(),
        transaction_id: request.transaction_id.clone(),
        customs: request.customs.clone(),
        merchant_customs_no: request.merchant_customs_no.clone(),
        sub_order_no: request.sub_order_no.clone(),
        certificate_type: "IDCARD".to_owned(),
        certificate_id: IDENTITY.0.into(),
        certificate_name: IDENTITY.1.into(),
        ..verify_identity::Request::default()
    };
    let checked = client.verify_identity(&person).await?;
    println!(
        "   {GREEN}{}{PLAIN}  {DIM}an invented person; both fields were encrypted{PLAIN}",
        checked.certificate_check_result
    );
    println!("   In a log it is {:?}.", person.certificate_name);
    Ok(())
}

/// Waits until a declaration stops moving.
async fn until_it_stands(client: &Client, which: &Which, ready: &Value) -> Result<(), Box<dyn Error>> {
    let options = WaitOptions { interval: LOOKS, max_interval: LOOKS, ..WaitOptions::default() };
    let record = while_time_passes(ready, client.wait(which, options)).await?;
    println!("   {:<22} {DIM}since {}{PLAIN}", shown(&record.state), record.modify_time.as_deref().unwrap_or_default());
    Ok(())
}

/// Moves the sandbox's clock on until something is done.
async fn while_time_passes<T>(
    ready: &Value,
    done: impl Future<Output = Result<T, wechatpay_customs::Error>>,
) -> Result<T, Box<dyn Error>> {
    let clock = format!("{}/clock", text(&ready["control_url"]));
    let passes = async {
        loop {
            tokio::time::sleep(LOOKS).await;
            let moved = reqwest::Client::new().post(&clock).body(r#"{"advance_s":30}"#).send().await?;
            moved.error_for_status()?;
        }
    };
    tokio::select! {
        done = done => Ok(done?),
        failed = passes => {
            let failed: Result<(), Box<dyn Error>> = failed;
            Err(failed.err().unwrap_or_else(|| "time stands still".into()))
        }
    }
}

fn title(number: u8, text: &str) {
    println!("\n{BOLD}{number}  {text}{PLAIN}");
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn shown(state: &State) -> String {
    let colour = if *state == State::Success { GREEN } else { YELLOW };
    format!("{colour}{state}{PLAIN}")
}

/// Prints a text in lines that fit; Chinese characters take two columns.
fn wrapped(text: &str, indent: &str) {
    let width = |text: &str| text.chars().map(|character| if character.is_ascii() { 1 } else { 2 }).sum::<usize>();
    let room = COLUMNS - indent.len();
    let mut line = String::new();
    for word in text.split_inclusive([' ', '，', '；', '。']) {
        if width(&line) + width(word.trim_end()) > room {
            println!("{indent}{}", line.trim_end());
            line.clear();
        }
        line.push_str(word);
    }
    println!("{indent}{}", line.trim_end());
}

/// The five lines that a request's signature is made over.
fn signed_lines(client: &Client, request: &declare::Request) -> Result<(), Box<dyn Error>> {
    let nonce = "5K8264ILTKCH16CQ2502SI8ZNMTM67VS".to_owned();
    let fields = serde_json::to_value(request)?;
    let unsigned = Checked::new(client.account().merchant(), Operation::Declare, fields).build(
        client.account().merchant(),
        &client.account().platform_keys(),
        1_767_225_600,
        nonce,
        Padding::Given(vec![]),
    )?;
    println!("   {DIM}signed, each line ended by a line feed (time and nonce are examples):{PLAIN}");
    for line in String::from_utf8(unsigned.message())?.lines() {
        let characters: Vec<char> = line.chars().collect();
        for (index, part) in characters.chunks(COLUMNS - 3).enumerate() {
            let mark = if index == 0 { '|' } else { ' ' };
            println!("   {DIM}{mark}{PLAIN} {}", part.iter().collect::<String>());
        }
    }
    Ok(())
}
