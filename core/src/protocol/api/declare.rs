//! `POST /customs/orders`: declare a payment to a customs.
//!
//! Declare page, WeChat Pay Global, 2023-02-17. A declare repeated with identical data is taken to be idempotent (inferred:
//! the page documents only that different data are refused).

use super::Endpoint;
use crate::{
    protocol::form::{self, Fields, Report},
    words::{
        code::{State, VerifyDepartment},
        customs::CustomsCode,
        fen::Fen,
        field::{Method, record},
        operation::Operation,
    },
};

record! {
    /// The declaration.
    ///
    /// Giving `sub_order_no` makes it the declaration of one part of a split payment; the four amount fields are then
    /// required.
    request Request {
        /// Application id of the merchant or institution; from the client unless given.
        filled appid: String, max 32;
        /// Merchant id; from the client unless given.
        filled mchid: String, max 32;
        /// The merchant's own order number at payment time: digits, letters and `_-|*@`.
        required out_trade_no: String, max 32;
        /// WeChat Pay's number for the payment.
        required transaction_id: String, max 32;
        /// The customs to declare to.
        required customs: CustomsCode, max 32;
        /// The merchant's registration number at that customs.
        required merchant_customs_no: String, max 32;
        /// Tariff in fen; not forwarded to customs.
        optional duty: Fen;
        /// The merchant's number for the sub-order; makes this a split order.
        optional sub_order_no: String, max 32;
        /// Currency of a split order: `CNY`.
        optional fee_type: String, max 32;
        /// Amount of the sub-order in fen: `transport_fee + product_fee`.
        optional order_fee: Fen;
        /// Freight in fen, for a split order.
        optional transport_fee: Fen;
        /// Price of the goods in fen, for a split order.
        optional product_fee: Fen;
    }
}

record! {
    /// The state of the declaration, and the ids that customs will ask for.
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
        /// WeChat Pay's number for the sub-order, for a split order: customs knows it by this.
        optional sub_order_id: String;
        /// The institution that verified the payment.
        optional verify_department: VerifyDepartment;
        /// The verifying institution's number for the payment.
        optional verify_department_trade_id: String, also "Verify_department_trade_id";
    }
}

impl Endpoint for Request {
    type Response = Response;
    const OPERATION: Operation = Operation::Declare;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/customs/orders";
    const CHANGES: bool = true;
    const REPEATABLE: bool = true;

    fn rules(fields: &Fields<'_>, report: &mut Report<'_>) {
        form::split_order(fields, &["fee_type", "order_fee", "transport_fee", "product_fee"], report);
    }
}
