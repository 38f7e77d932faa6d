//! `POST /customs/redeclare`: push a declaration again that the electronic port lost.
//!
//! Redeclare page, WeChat Pay Global, 2025-01-07. Allowed only from `SUCCESS` or `EXCEPT`. The page's table requires both
//! payment ids, its prose and the Chinese page one of the two. It is not known to be repeatable: when an answer is lost,
//! query first.

use super::Endpoint;
use crate::{
    protocol::form::{Fields, Report},
    words::{
        code::State,
        customs::CustomsCode,
        field::{Method, record},
        operation::Operation,
        rules,
    },
};

record! {
    /// The declaration to push again.
    request Request {
        /// Application id of the merchant or institution; from the client unless given.
        filled appid: String, max 32;
        /// Merchant id; from the client unless given.
        filled mchid: String, max 32;
        /// The customs that the payment was declared to.
        required customs: CustomsCode, max 32;
        /// The merchant's registration number at that customs.
        required merchant_customs_no: String, max 32;
        /// The merchant's order number; it or `transaction_id` is required.
        optional out_trade_no: String, max 32;
        /// WeChat Pay's number for the payment; it or `out_trade_no` is required.
        optional transaction_id: String, max 32;
        /// The merchant's number for the sub-order; a split order needs it or `sub_order_id`.
        optional sub_order_no: String, max 32;
        /// WeChat Pay's number for the sub-order; a split order needs it or `sub_order_no`.
        optional sub_order_id: String, max 32;
    }
}

record! {
    /// The state of the declaration.
    answer Response {
        /// Application id, as declared.
        optional appid: String;
        /// Merchant id, as declared.
        optional mchid: String;
        /// The state of the declaration.
        required state: State;
        /// The merchant's order number, as declared.
        optional out_trade_no: String;
        /// WeChat Pay's number for the payment, as declared.
        optional transaction_id: String;
        /// The merchant's number for the sub-order, for a split order.
        optional sub_order_no: String;
        /// WeChat Pay's number for the sub-order, for a split order.
        optional sub_order_id: String;
        /// Time of the record's last change (RFC 3339, `+08:00`).
        optional modify_time: String;
        /// Reason why it failed, or a remark on what is odd about it.
        optional explanation: String;
    }
}

impl Endpoint for Request {
    type Response = Response;
    const OPERATION: Operation = Operation::Redeclare;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/customs/redeclare";
    const CHANGES: bool = true;
    const REPEATABLE: bool = false;

    fn rules(_: &Fields<'_>, report: &mut Report<'_>) {
        if !report.given("out_trade_no") && !report.given("transaction_id") {
            report.add(&rules::PAYMENT_ID_MISSING, "out_trade_no", "or transaction_id must be given");
        }
    }
}
