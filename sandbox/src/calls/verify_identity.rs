//! `verify_identity`: decrypts an identity, and compares it with that of who paid for a declared order.

use std::sync::Arc;

use serde_json::Value;
use wechatpay_customs::{
    api::{
        Endpoint,
        verify_identity::{Request, Response},
    },
    check::{
        check,
        rules::{ALREADY_ENCRYPTED, IDENTITY_CHECK_DIGIT, LENGTH},
    },
    model::CertificateCheckResult,
    options::FieldEncryption,
};

use super::{Admitted, Answered, PREFIXES, Route};
use crate::{
    answer::Refusal,
    fields,
    keys::PlatformKey,
    lock,
    server::{Encryption, header},
};

/// The fields that travel encrypted.
const PERSONAL: [&str; 2] = ["certificate_id", "certificate_name"];

impl Answered for Request {
    const ROUTE: Route = Route { method: "POST", prefixes: PREFIXES, path: "/customs/verify-certificate" };
    const NUMBERS: &'static [&'static str] = &["out_trade_no", "transaction_id", "sub_order_no"];

    fn fields(given: &Admitted<'_>) -> Result<Value, Refusal> {
        let key = decryption_key(given)?;
        let scheme = match given.settings.field_encryption {
            Encryption::Pkcs1 => FieldEncryption::Pkcs1,
            Encryption::Oaep => FieldEncryption::Oaep,
        };
        let rules = given.settings.rules();
        let (mut fields, mut findings) = fields::read(Self::OPERATION, given.body, &rules)?;
        let personal = PERSONAL.map(|name| format!("/{name}"));
        // These rules are for plain text.
        let of_plain = [ALREADY_ENCRYPTED.name, IDENTITY_CHECK_DIGIT.name, LENGTH.name];
        findings.retain(|finding| !(personal.contains(&finding.field) && of_plain.contains(&finding.rule)));
        Refusal::of_findings(&findings)?;
        for (name, pointer) in PERSONAL.iter().zip(&personal) {
            let Some(Value::String(text)) = fields.get_mut(*name) else { continue };
            let issue =
                "was not encrypted in the way and for the key that is expected: platform private key decryption failed";
            let plain =
                key.decrypt(text, scheme).ok_or_else(|| Refusal::param(pointer, &Value::Null, issue, "body"))?;
            *text = plain.expose().to_owned();
        }
        Refusal::of_findings(&check(Self::OPERATION, &fields, &rules))?;
        Ok(fields)
    }

    fn answer(self, given: &Admitted<'_>) -> Result<Response, Refusal> {
        let records = lock(&given.service.records);
        let known = records.find(&self.out_trade_no, self.sub_order_no.as_ref(), &self.customs);
        if known.is_none_or(|(_, record)| {
            record.request.out_trade_no != self.out_trade_no || record.request.transaction_id != self.transaction_id
        }) {
            return Err(Refusal::order_not_exist("There is no declaration of this order"));
        }
        let is_payers = records.identities.is_on_file(&self.out_trade_no, &self.certificate_id, &self.certificate_name);
        Ok(Response {
            appid: self.appid,
            mchid: self.mchid,
            out_trade_no: Some(self.out_trade_no),
            transaction_id: Some(self.transaction_id),
            certificate_check_result: match is_payers {
                true => CertificateCheckResult::Same,
                false => CertificateCheckResult::Different,
            },
            ..Response::default()
        })
    }
}

/// The key that a request says its personal fields are encrypted for.
fn decryption_key(given: &Admitted<'_>) -> Result<Arc<PlatformKey>, Refusal> {
    let id = header(given.headers, "Wechatpay-Serial").unwrap_or_default();
    given.service.keys.platform.named(id).ok_or_else(|| {
        let issue = "must name the platform key that personal fields are encrypted for";
        Refusal::param("Wechatpay-Serial", &id.into(), issue, "header")
    })
}
