//! `GET /v3/global/certificates`: the platform certificates, encrypted with the APIv3 key.
//!
//! Rules pages, API v3 Global, 2024-09 to 2025-03. The path has one spelling. For a merchant that has only a WeChat Pay
//! public key the call fails with `RESOURCE_NOT_EXISTS`.

use super::Endpoint;
use crate::{
    protocol::form::{Fields, Report},
    words::{
        choice::PathPrefix,
        field::{Method, record},
        operation::Operation,
    },
};

record! {
    /// Takes no fields.
    request Request {}
}

record! {
    /// The platform certificates, decrypted and verified.
    answer Response {
        /// The certificates; several may be valid at once.
        required data: Vec<PlatformCertificate>;
    }
}

record! {
    /// One platform certificate.
    answer PlatformCertificate {
        /// The certificate's serial number, upper-case hexadecimal.
        required serial_no: String;
        /// The time from which it is valid (RFC 3339); a new one appears 24 hours before it is used.
        optional effective_time: String;
        /// The time until which it is valid (RFC 3339).
        optional expire_time: String;
        /// The certificate in PEM, as decrypted by this library.
        optional certificate: String;
    }
}

impl Endpoint for Request {
    type Response = Response;
    const OPERATION: Operation = Operation::Certificates;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/certificates";
    const PREFIX: Option<PathPrefix> = Some(PathPrefix::V3Global);
    const CHANGES: bool = false;
    const REPEATABLE: bool = true;
    const BRINGS_KEYS: bool = true;

    fn rules(_: &Fields<'_>, _: &mut Report<'_>) {}
}
