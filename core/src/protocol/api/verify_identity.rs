//! `POST /customs/verify-certificate`: compare the payer's identity with the one that WeChat Pay has on file.
//!
//! Chinese page 4013025128, 2025-01-07, read through a transcription; it also says that fields are encrypted with
//! RSAES-PKCS1-v1_5. Works only for a declared order. Whatever the answer, WeChat Pay pushes only the identity that it has
//! on file.

use super::Endpoint;
use crate::{
    protocol::form::{Fields, Report},
    words::{
        code::CertificateCheckResult,
        customs::CustomsCode,
        field::{Method, record},
        operation::Operation,
        personal::Personal,
    },
};

record! {
    /// The identity to check, and the order that it belongs to.
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
        /// The merchant's registration number at that customs.
        required merchant_customs_no: String, max 32;
        /// The merchant's number for the sub-order, for a split order.
        optional sub_order_no: String, max 32;
        /// Kind of identity document: `IDCARD`.
        required certificate_type: String, max 16;
        /// ID number in plain text; it is encrypted when the request is built.
        required certificate_id: Personal;
        /// Name in plain text; it is encrypted when the request is built.
        required certificate_name: Personal;
    }
}

record! {
    /// The result of the identity check.
    answer Response {
        /// Application id, as asked.
        optional appid: String;
        /// Merchant id, as asked.
        optional mchid: String;
        /// The merchant's order number, as asked.
        optional out_trade_no: String;
        /// WeChat Pay's number for the payment, as asked.
        optional transaction_id: String;
        /// Does the identity match that of the payer?
        required certificate_check_result: CertificateCheckResult;
    }
}

impl Endpoint for Request {
    type Response = Response;
    const OPERATION: Operation = Operation::VerifyIdentity;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/customs/verify-certificate";
    const CHANGES: bool = false;
    const REPEATABLE: bool = true;

    fn rules(_: &Fields<'_>, _: &mut Report<'_>) {}
}
