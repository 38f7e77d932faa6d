//! The payment fields for the merchant's own message to customs (CEB311, the order).

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    base::json::retain,
    protocol::{
        api::declare,
        check::is_request,
        response::{IDS, read},
    },
    words::{
        error::{Error, ID_MISMATCH},
        fen::Fen,
        field::Record,
        finding::{Finding, Location, Severity},
        operation::Operation,
        rules,
    },
};

/// Tenpay's registration number at customs (declare page, 2023-02-17).
pub const PAY_CODE: &str = "4403169D3W";
/// The name under which Tenpay is registered (declare page, 2023-02-17; Tenpay Payment Technology Co., Ltd.).
pub const PAY_NAME: &str = "财付通支付科技有限公司";
/// Customs' code for CNY.
pub const CURRENCY: &str = "142";

/// The payment fields of the order message, under customs' own names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct CustomsOrderFields {
    /// The order's number: `out_trade_no`, or `sub_order_no` of a split order.
    pub order_no: String,
    /// The payment's number: `transaction_id`, or `sub_order_id` of a split order.
    pub pay_transaction_id: String,
    /// Tenpay's registration number.
    pub pay_code: &'static str,
    /// Tenpay's registered name.
    pub pay_name: &'static str,
    /// Customs' code for CNY.
    pub currency: &'static str,
    /// The declared amount in yuan with two decimals. The spelling is customs' own.
    pub actural_paid: String,
}

/// The payment fields of the order message, with which customs finds the declared payment.
///
/// `request` is the declaration and `result` its answer. `paid` is the payment in fen less partial refunds; it is required
/// for an order that is not split, because no answer carries that amount.
///
/// # Errors
/// `INVALID_FIELDS`, naming what is missing; `ID_MISMATCH` if `result` names another order than `request`.
pub fn customs_order_fields(
    request: &declare::Request,
    result: &declare::Response,
    paid: Option<Fen>,
) -> Result<CustomsOrderFields, Error> {
    let answered = |name: &str| result.text(name).or_else(|| result.unknown.get(name)?.as_str());
    fields(|name| request.text(name), request.order_fee, answered, paid)
}

/// Does the same as [`customs_order_fields`] for hosts that hold data instead of types; a null counts as not given.
///
/// # Errors
/// As [`customs_order_fields`], and `INVALID_FIELDS` if `request` is not a declaration or `result` not its answer.
pub fn customs_order_fields_value(
    request: Value,
    result: Value,
    paid: Option<Value>,
) -> Result<CustomsOrderFields, Error> {
    let misfit = |field, issue| refused(&rules::TYPE, field, Location::Argument, issue);
    let declared = fields_of(request, |fields| is_request(Operation::Declare, fields));
    let declared = declared.ok_or_else(|| misfit("request", "must be the fields that were declared"))?;
    let answer = fields_of(result, |fields| read(Operation::Declare.response_fields(), fields, "").is_ok());
    let answer = answer.ok_or_else(|| misfit("result", "must be the answer to the declaration"))?;
    let fen = |value: &Value| value.as_i64().and_then(|fen| i32::try_from(fen).ok()).map(Fen);
    let paid = match paid.filter(|paid| !paid.is_null()) {
        None => None,
        Some(paid) => Some(fen(&paid).ok_or_else(|| misfit("paid", "must be a whole number of fen"))?),
    };
    if paid.is_some_and(|Fen(paid)| paid < 0) {
        return Err(refused(&rules::RANGE, "paid", Location::Argument, "must not be negative"));
    }
    fields(
        |name| declared.get(name).and_then(Value::as_str),
        declared.get("order_fee").and_then(fen),
        |name| answer.get(name).and_then(Value::as_str),
        paid,
    )
}

fn fields_of(value: Value, fit: impl FnOnce(&mut Map<String, Value>) -> bool) -> Option<Map<String, Value>> {
    let Value::Object(mut fields) = value else { return None };
    retain(&mut fields, |_, value| !value.is_null());
    fit(&mut fields).then_some(fields)
}

/// Collects the fields; `declared` and `answered` look up texts in the declaration and in its answer.
fn fields<'a>(
    declared: impl Fn(&str) -> Option<&'a str>,
    order_fee: Option<Fen>,
    answered: impl Fn(&str) -> Option<&'a str>,
    paid: Option<Fen>,
) -> Result<CustomsOrderFields, Error> {
    let answered = |name: &str| answered(name).filter(|text| !text.is_empty());
    for name in IDS.into_iter().chain(["customs"]) {
        let issue = match (declared(name), answered(name)) {
            (Some(sent), Some(came)) if sent != came => format!("`{came}`, but `{sent}` was declared"),
            (None, Some(came)) if name == "sub_order_no" => {
                format!("`{came}`, but an order that is not split was declared")
            }
            _ => continue,
        };
        return Err(Error::new(
            ID_MISMATCH,
            format!("the answer is not that of this declaration: its {name} is {issue}; query the order"),
        )
        .with(|error| error.operation = Some(Operation::Declare)));
    }
    let missing = |field, location, issue| refused(&rules::REQUIRED, field, location, issue);
    let fields = |order_no: &str, pay_transaction_id: &str, paid: Fen| CustomsOrderFields {
        order_no: order_no.to_owned(),
        pay_transaction_id: pay_transaction_id.to_owned(),
        pay_code: PAY_CODE,
        pay_name: PAY_NAME,
        currency: CURRENCY,
        actural_paid: paid.to_yuan(),
    };
    let Some(sub_order_no) = declared("sub_order_no") else {
        let paid = paid.ok_or_else(|| {
            missing(
                "paid",
                Location::Argument,
                "is required for an order that is not split: the amount paid in fen, less partial refunds",
            )
        })?;
        let text = |name| declared(name).unwrap_or_default();
        return Ok(fields(text("out_trade_no"), text("transaction_id"), paid));
    };
    let sub_order_id = answered("sub_order_id").ok_or_else(|| {
        missing(
            "/sub_order_id",
            Location::Response,
            "is missing in the answer: customs knows a split order by it; query the order",
        )
    })?;
    let order_fee = order_fee.ok_or_else(|| {
        missing("/order_fee", Location::Body, "is required for a split order: it is the declared amount")
    })?;
    Ok(fields(sub_order_no, sub_order_id, order_fee))
}

fn refused(rule: &rules::Rule, field: &str, location: Location, issue: &str) -> Error {
    let finding = Finding {
        rule: rule.name,
        severity: Severity::Error,
        field: field.to_owned(),
        value: Value::Null,
        issue: issue.to_owned(),
        location,
    };
    Error::invalid_fields(Operation::Declare, "the fields for customs cannot be determined", vec![finding])
}
