//! `PATCH /customs/orders`: change a declaration.
//!
//! Modify page, WeChat Pay Global, 2020-06-02. It voids the old record and needs no re-push. The page does not say which
//! states accept it, nor whether it may be repeated: when an answer is lost, query first.

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
    /// The whole declaration, as it will be from now on.
    ///
    /// Only `merchant_customs_no` and the amounts may differ from the earlier declaration; the other fields identify it.
    request Request {
        /// Application id of the merchant or institution; from the client unless given.
        filled appid: String, max 32;
        /// Merchant id; from the client unless given.
        filled mchid: String, max 32;
        /// The merchant's order number, as declared.
        required out_trade_no: String, max 32;
        /// WeChat Pay's number for the payment, as declared.
        required transaction_id: String, max 32;
        /// The customs that the payment was declared to.
        required customs: CustomsCode, max 32;
        /// The merchant's registration number at that customs; a new one makes WeChat Pay read the registration again.
        required merchant_customs_no: String, max 32;
        /// Tariff in fen; not forwarded to customs.
        optional duty: Fen;
        /// The merchant's number for the sub-order, as declared.
        optional sub_order_no: String, max 32;
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
        /// WeChat Pay's number for the sub-order, for a split order.
        optional sub_order_id: String;
        /// Time of the record's last change (RFC 3339, `+08:00`).
        optional modify_time: String;
        /// The institution that verified the payment.
        optional verify_department: VerifyDepartment;
        /// The verifying institution's number for the payment.
        optional verify_department_trade_id: String, also "Verify_department_trade_id";
    }
}

impl Endpoint for Request {
    type Response = Response;
    const OPERATION: Operation = Operation::Modify;
    const METHOD: Method = Method::Patch;
    const PATH: &'static str = "/customs/orders";
    const CHANGES: bool = true;
    const REPEATABLE: bool = false;

    fn rules(fields: &Fields<'_>, report: &mut Report<'_>) {
        form::split_order(fields, &["order_fee", "transport_fee", "product_fee"], report);
    }
}
