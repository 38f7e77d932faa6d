//! The payment fields for the real-time data upload that customs asks of platforms (Announcement 179 of 2018).

use serde::Serialize;
use serde_json::Value;

use super::{
    customs_message::{CustomsOrderFields, customs_order_fields_value},
    life::{Basis, Source, reasons},
};
use crate::{
    protocol::api::declare,
    words::{
        code::VerifyDepartment,
        error::Error,
        field::Record,
        finding::{Finding, Location, Severity},
        operation::Operation,
        rules,
    },
};

/// The payment fields of the upload, under customs' own names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct RealtimeUploadFields {
    /// The order's number: `out_trade_no`, or `sub_order_no` of a split order.
    pub order_no: String,
    /// The payment's number at the institution that verified it: `verify_department_trade_id`.
    pub pay_transaction_id: String,
    /// WeChat Pay's number for the payment, as the order message carries it; not a field of the upload.
    pub order_pay_transaction_id: String,
    /// The institution that verified the payment: `1` UnionPay, `2` NetsUnion, `3` another.
    pub ver_dept: &'static str,
    /// Tenpay's registration number.
    pub pay_code: &'static str,
    /// Customs' code for CNY.
    pub currency: &'static str,
    /// The declared amount in yuan with two decimals.
    pub total_amount: String,
    /// The source of each field that is not WeChat Pay's own word.
    pub standing: UploadStanding,
}

/// The sources of the fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct UploadStanding {
    /// Source of `orderNo`.
    pub order_no: Source,
    /// Source of `payTransactionId`: a note on pages of the v2 API; practice varies.
    pub pay_transaction_id: Source,
    /// Source of `verDept`: the same note.
    pub ver_dept: Source,
    /// Source of `totalAmount`.
    pub total_amount: Source,
}

const STANDING: UploadStanding = UploadStanding {
    order_no: Source::of(Basis::Inferred, reasons::DECLARE),
    pay_transaction_id: Source::of(Basis::Documented, reasons::V2),
    ver_dept: Source::of(Basis::Documented, reasons::V2),
    total_amount: Source::of(Basis::Inferred, reasons::DECLARE),
};

/// The payment fields of the upload.
///
/// `request` is the declaration and `result` its answer, or its record with the ids beside it. `paid` is the payment in fen
/// less partial refunds; it is required for an order that is not split.
///
/// # Errors
/// As [`customs_order_fields_value`]; `INVALID_FIELDS` if `result` does not say who verified the payment.
pub fn realtime_upload_fields(
    request: Value,
    result: Value,
    paid: Option<Value>,
) -> Result<RealtimeUploadFields, Error> {
    let text = |name: &str| {
        let names = declare::Response::FIELDS.iter().filter(|field| field.name == name);
        let names = names.flat_map(|field| [Some(field.name), field.also]).flatten();
        let texts = names.filter_map(|name| result.get(name)?.as_str());
        texts.map(str::to_owned).find(|text| !text.is_empty())
    };
    let (id, department) = (text("verify_department_trade_id"), text("verify_department"));
    let CustomsOrderFields { order_no, pay_transaction_id, pay_code, currency, actural_paid, .. } =
        customs_order_fields_value(request, result, paid)?;
    let missing = |field: &str| {
        let issue =
            "is missing in the answer, which WeChat Pay fills in when it has verified the payment: query the order";
        unusable(field, issue)
    };
    let id = id.ok_or_else(|| missing("/verify_department_trade_id"))?;
    let department = department.ok_or_else(|| missing("/verify_department"))?;
    Ok(RealtimeUploadFields {
        order_no,
        pay_transaction_id: id,
        order_pay_transaction_id: pay_transaction_id,
        ver_dept: match VerifyDepartment::from(department) {
            VerifyDepartment::Unionpay => "1",
            VerifyDepartment::Netsunion => "2",
            VerifyDepartment::Others => "3",
            VerifyDepartment::Other(_) => {
                return Err(unusable("/verify_department", "is an institution for which customs' number is not known"));
            }
        },
        pay_code,
        currency,
        total_amount: actural_paid,
        standing: STANDING,
    })
}

fn unusable(field: &str, issue: &str) -> Error {
    let finding = Finding {
        rule: rules::REQUIRED.name,
        severity: Severity::Error,
        field: field.to_owned(),
        value: Value::Null,
        issue: issue.to_owned(),
        location: Location::Response,
    };
    Error::invalid_fields(Operation::Declare, "the fields for the upload cannot be determined", vec![finding])
}
