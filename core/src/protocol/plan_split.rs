//! Plans how a payment is declared in parts.

use serde_json::{Map, Value};

use super::check::check;
use crate::words::{
    error::Error,
    fen::Fen,
    field::{Field, Need, Record, record},
    finding::{Finding, Location, Severity},
    operation::Operation,
    rules::{self, Rules},
};

record! {
    /// A payment that is to be split.
    request Payment {
        /// Application id of the merchant or institution; from the client unless given.
        filled appid: String, max 32;
        /// Merchant id; from the client unless given.
        filled mchid: String, max 32;
        /// The merchant's own order number at payment time.
        required out_trade_no: String, max 32;
        /// WeChat Pay's number for the payment.
        required transaction_id: String, max 32;
        /// The amount that was paid, in fen.
        required paid: Fen;
        /// The amount that was refunded, in fen.
        optional refunded: Fen;
        /// The merchant's registration number at the customs.
        optional merchant_customs_no: String, max 32;
        /// The pattern of the parts' numbers, in which `{out_trade_no}` and `{n}` stand for the order's number and the part's,
        /// from 1; `{out_trade_no}-{n}` unless given.
        optional sub_order_no: String, max 32;
    }
}

record! {
    /// A part of a payment. One part of all may leave out `product_fee`: it takes what is left.
    request Part {
        /// The merchant's number for the sub-order; by the pattern unless given.
        optional sub_order_no: String, max 32;
        /// Freight in fen; 0 unless given.
        optional transport_fee: Fen;
        /// Price of the goods in fen.
        optional product_fee: Fen;
        /// Tariff in fen; not forwarded to customs.
        optional duty: Fen;
    }
}

/// The pattern of sub-order numbers unless one is given.
const PATTERN: &str = "{out_trade_no}-{n}";
/// Members of a payment that each part takes over as they are.
const TAKEN_OVER: [&str; 5] = ["appid", "mchid", "out_trade_no", "transaction_id", "merchant_customs_no"];

/// Plans the sub-orders of a payment: gives the fields of a declare for each part, whose amounts sum exactly to what was paid.
///
/// `payment` holds the fields of [`Payment`], each of `parts` those of [`Part`].
///
/// # Errors
/// `INVALID_FIELDS` with all findings, such as parts that come to more than was paid.
pub fn plan_split(payment: &Value, parts: &Value, customs: Option<&str>) -> Result<Vec<Map<String, Value>>, Error> {
    let mut report = Vec::new();
    let planned = planned(payment, parts, customs, &mut report);
    match report.is_empty() {
        true => Ok(planned),
        false => Err(Error::invalid_fields(Operation::Declare, "the payment cannot be split so", report)),
    }
}

fn planned(
    payment: &Value,
    parts: &Value,
    customs: Option<&str>,
    report: &mut Vec<Finding>,
) -> Vec<Map<String, Value>> {
    let (Some(given), Some(parts)) = (payment.as_object(), parts.as_array().filter(|parts| !parts.is_empty())) else {
        let field = if payment.is_object() { "parts" } else { "payment" };
        let wanted = if payment.is_object() { "must be a list of parts, and not empty" } else { "must be a map" };
        add(report, &rules::TYPE, field.to_owned(), &Value::Null, wanted.to_owned());
        return Vec::new();
    };
    for field in Payment::FIELDS.iter().filter(|field| field.need == Need::Required) {
        if given.get(field.name).is_none_or(|value| value.is_null() || *value == "") {
            let place = format!("payment/{}", field.name);
            add(report, &rules::REQUIRED, place, &Value::Null, "must be given".to_owned());
        }
    }
    if let Some(pattern) = given.get("sub_order_no").filter(|pattern| !pattern.is_null() && !pattern.is_string()) {
        add(report, &rules::TYPE, "payment/sub_order_no".to_owned(), pattern, "must be text".to_owned());
    }
    let (gross, refunded) = (fen(given, "payment", "paid", report), fen(given, "payment", "refunded", report));
    let paid = gross - refunded;
    if report.is_empty() && paid <= 0 {
        let issue = format!("leaves nothing of the {gross} fen that were paid; refunded orders cannot be declared");
        add(report, &rules::RANGE, "payment/refunded".to_owned(), &refunded.into(), issue);
    }
    let mut rest = paid;
    let mut takes_rest = None;
    let mut planned = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let place = format!("parts/{index}");
        let Some(part) = part.as_object() else {
            add(report, &rules::TYPE, place, part, "must be a map".to_owned());
            continue;
        };
        known(Part::FIELDS, part, &place, report);
        let transport = fen(part, &place, "transport_fee", report);
        let product = fen(part, &place, "product_fee", report);
        if part.get("product_fee").is_none_or(Value::is_null) && takes_rest.replace(index).is_some() {
            let issue = "must be given: only one part can take what is left";
            add(report, &rules::REQUIRED, format!("{place}/product_fee"), &Value::Null, issue.to_owned());
        }
        rest -= transport + product;
        let mut fields = Map::new();
        for name in TAKEN_OVER {
            fields.extend(given.get(name).filter(|id| !id.is_null()).map(|id| (name.to_owned(), id.clone())));
        }
        fields.extend(customs.map(|customs| ("customs".to_owned(), customs.into())));
        let number = part.get("sub_order_no").filter(|number| !number.is_null()).cloned();
        fields.insert("sub_order_no".to_owned(), number.unwrap_or_else(|| numbered(given, index).into()));
        fields.insert("fee_type".to_owned(), "CNY".into());
        for (name, amount) in
            [("order_fee", transport + product), ("transport_fee", transport), ("product_fee", product)]
        {
            fields.insert(name.to_owned(), amount.into());
        }
        fields.extend(part.get("duty").filter(|duty| !duty.is_null()).map(|duty| ("duty".to_owned(), duty.clone())));
        planned.push(fields);
    }
    known(Payment::FIELDS, given, "payment", report);
    if !report.is_empty() {
        return planned;
    }
    match takes_rest.and_then(|index| planned.get_mut(index)) {
        Some(part) if rest >= 0 => {
            for name in ["order_fee", "product_fee"] {
                let amount = part.get(name).and_then(Value::as_i64).unwrap_or_default();
                part.insert(name.to_owned(), (amount + rest).into());
            }
        }
        None if rest == 0 => {}
        _ => {
            let (side, by) = if rest < 0 { ("more", -rest) } else { ("less", rest) };
            let issue = format!("come to {} fen, {by} fen {side} than the {paid} fen that were paid", paid - rest);
            add(report, &rules::ORDER_FEE_SUM, "parts".to_owned(), &Value::Null, issue);
        }
    }
    sound(&planned, report);
    planned
}

/// Reports the mistakes for which a declare of the parts would be refused; fields may still be missing.
fn sound(planned: &[Map<String, Value>], report: &mut Vec<Finding>) {
    for (index, fields) in planned.iter().enumerate() {
        let same = planned.iter().take(index).any(|other| other.get("sub_order_no") == fields.get("sub_order_no"));
        if same {
            let issue = "is that of another part; put {n} into the pattern".to_owned();
            let number = fields.get("sub_order_no").unwrap_or(&Value::Null);
            add(report, &rules::DUPLICATE_FIELD, format!("parts/{index}/sub_order_no"), number, issue);
        }
        let found = check(Operation::Declare, &Value::Object(fields.clone()), &Rules::default());
        report.extend(
            found
                .into_iter()
                .filter(|found| found.severity == Severity::Error && found.rule != rules::REQUIRED.name)
                .map(|found| Finding {
                    field: format!("/parts/{index}{}", found.field),
                    location: Location::Argument,
                    ..found
                }),
        );
    }
}

/// The number of a part by the pattern.
fn numbered(payment: &Map<String, Value>, index: usize) -> String {
    let text = |name: &str| payment.get(name).and_then(Value::as_str);
    let pattern = text("sub_order_no").unwrap_or(PATTERN);
    pattern.replace("{out_trade_no}", text("out_trade_no").unwrap_or_default()).replace("{n}", &(index + 1).to_string())
}

/// An amount; 0 if it is missing, or is not one, which is reported.
fn fen(of: &Map<String, Value>, place: &str, name: &str, report: &mut Vec<Finding>) -> i64 {
    let Some(value) = of.get(name).filter(|value| !value.is_null()) else { return 0 };
    match value.as_i64().and_then(|fen| i32::try_from(fen).ok()).filter(|fen| *fen >= 0) {
        Some(fen) => fen.into(),
        None => {
            let issue = "must be a whole number of fen, from 0 to 2147483647".to_owned();
            add(report, &rules::RANGE, format!("{place}/{name}"), value, issue);
            0
        }
    }
}

fn known(fields: &[Field], of: &Map<String, Value>, place: &str, report: &mut Vec<Finding>) {
    let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
    for (name, value) in of.iter().filter(|(name, _)| !names.contains(&name.as_str())) {
        let issue = format!("is unknown; there are {}", names.join(", "));
        add(report, &rules::UNKNOWN_FIELD, format!("{place}/{name}"), value, issue);
    }
}

fn add(report: &mut Vec<Finding>, rule: &rules::Rule, field: String, value: &Value, issue: String) {
    let (severity, location) = (Severity::Error, Location::Argument);
    report.push(Finding {
        rule: rule.name,
        severity,
        field: format!("/{field}"),
        value: value.clone(),
        issue,
        location,
    });
}
