//! `GET /customs/orders`: ask what became of declarations.
//!
//! Query page, WeChat Pay Global, 2020-06-02.

use super::Endpoint;
use crate::{
    protocol::form::{Fields, Report},
    words::{
        code::{OrderType, State, VerifyDepartment},
        customs::CustomsCode,
        fen::{Count, Fen, Limit},
        field::{Method, record},
        operation::Operation,
    },
};

record! {
    /// The selection of declarations.
    request Request {
        /// Application id of the merchant or institution; from the client unless given.
        filled appid: String, max 32;
        /// Merchant id; from the client unless given.
        filled mchid: String, max 32;
        /// Kind of number that `order_no` is.
        required order_type: OrderType, max 32;
        /// The number to search by.
        required order_no: String, max 32;
        /// The customs that the payment was declared to.
        required customs: CustomsCode, max 32;
        /// The first record to return, counted from 0.
        optional offset: Count;
        /// The most records to return, at least 1; the page suggests 20 and names no maximum.
        optional limit: Limit;
    }
}

record! {
    /// One page of declarations.
    answer Response {
        /// Application id, as asked.
        optional appid: String;
        /// Merchant id, as asked.
        optional mchid: String;
        /// WeChat Pay's number for the payment.
        optional transaction_id: String;
        /// The institution that verified the payment.
        optional verify_department: VerifyDepartment;
        /// The verifying institution's number for the payment.
        optional verify_department_trade_id: String, also "Verify_department_trade_id";
        /// The first record returned.
        optional offset: Count;
        /// The most records returned.
        optional limit: Count;
        /// The number of records in all.
        optional total_count: Count;
        /// The declarations; empty if there are none.
        required data: Vec<Declaration>;
    }
}

record! {
    /// One declaration, as WeChat Pay keeps it.
    answer Declaration {
        /// The merchant's number for the sub-order, for a split order.
        optional sub_order_no: String;
        /// WeChat Pay's number for the sub-order, for a split order.
        optional sub_order_id: String;
        /// The registration number that the declaration calls `merchant_customs_no`.
        optional mch_customs_no: String;
        /// The customs that the payment was declared to.
        optional customs: CustomsCode;
        /// Currency: `CNY`.
        optional fee_type: String;
        /// Amount of the sub-order in fen.
        optional order_fee: Fen;
        /// Tariff in fen.
        optional duty: Fen;
        /// Freight in fen.
        optional transport_fee: Fen;
        /// Price of the goods in fen.
        optional product_fee: Fen;
        /// The state of the declaration.
        required state: State;
        /// Reason why it failed, or a remark on what is odd about it.
        optional explanation: String;
        /// Time of the record's last change (RFC 3339, `+08:00`).
        optional modify_time: String;
    }
}

impl Endpoint for Request {
    type Response = Response;
    const OPERATION: Operation = Operation::Query;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/customs/orders";
    const CHANGES: bool = false;
    const REPEATABLE: bool = true;

    fn rules(_: &Fields<'_>, _: &mut Report<'_>) {}
}
