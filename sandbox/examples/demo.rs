//! The life of one declaration, told on the terminal. Reads the sandbox's ready line from standard input.

use std::error::Error;

use anstream::println;
use serde_json::{Value, json};
use wechatpay_customs::{
    Operation, Options, Severity,
    api::{declare, modify, query, redeclare, verify_identity},
    check::{Rules, check},
    client::Client,
    customs_message::customs_order_fields,
    encryption::Padding,
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

    title(2, "declare: the same order with its sum made right");
    let request = declare::Request { order_fee: Some(Fen(1776)), ..serde_json::from_value(printed)? };
    println!("   1776 fen = 888 freight + 888 goods");
    if verbose {
        signed_lines(&client, &request)?;
    }
    let answer = client.declare(&request).await?;
    println!("   state        {}", shown(&answer.state));
    println!("   sub_order_id {}", answer.sub_order_id.as_deref().unwrap_or_default());
    println!("   {DIM}signature verified; Request-ID {}{PLAIN}", answer.request_id.as_deref().unwrap_or_default());

    title(3, "query: until customs has taken it");
    let question = query::Request {
        order_type: "sub_order_no".into(),
        order_no: "20150806125346".into(),
        customs: "SHANGHAI_ZS".into(),
        ..query::Request::default()
    };
    until_success(&client, &question, &ready).await?;

    title(4, "customs: what your order message (CEB311) must say");
    let fields = serde_json::to_value(customs_order_fields(&request, &answer, None)?)?;
    for name in ["orderNo", "payTransactionId", "payCode", "payName", "currency", "acturalPaid"] {
        println!("   {name:<17} {}", text(&fields[name]));
    }

    title(5, "a refusal: the same order again, but for another price");
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

    title(6, "redeclare: customs says that it never got the declaration");
    let again = redeclare::Request {
        customs: request.customs.clone(),
        merchant_customs_no: request.merchant_customs_no.clone(),
        out_trade_no: Some(request.out_trade_no.clone()),
        sub_order_no: request.sub_order_no.clone(),
        ..redeclare::Request::default()
    };
    println!("   {:<22} {DIM}pushed again, as it was{PLAIN}", shown(&client.redeclare(&again).await?.state));
    until_success(&client, &question, &ready).await?;

    title(7, "modify: the amount was wrong");
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
    until_success(&client, &question, &ready).await?;

    title(8, "verify identity: is the payer who they say?");
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

/// Asks for a declaration until customs has taken it, and moves the sandbox's clock on in between.
async fn until_success(client: &Client, question: &query::Request, ready: &Value) -> Result<(), Box<dyn Error>> {
    loop {
        let found = client.query(question).await?;
        let record = found.data.first().ok_or("the declaration is not found")?;
        println!(
            "   {:<22} {DIM}since {}{PLAIN}",
            shown(&record.state),
            record.modify_time.as_deref().unwrap_or_default()
        );
        if record.state == State::Success {
            return Ok(());
        }
        println!("   {DIM}the sandbox's clock is moved on by 90 s{PLAIN}");
        let clock = format!("{}/clock", text(&ready["control_url"]));
        reqwest::Client::new().post(clock).body(r#"{"advance_s":90}"#).send().await?.error_for_status()?;
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
