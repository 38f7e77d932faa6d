//! Reads an answer, once it is known whether its signature is right.

use serde_json::Map;
use serde_json::Value;

use super::{
    echoes::echoes,
    read::read,
    received::{Examined, Proof, Received},
    verified::Verified,
};
use crate::{
    base::{lenient, text::line},
    protocol::hiding::Hidden,
    words::{
        error::{BODY_NOT_JSON, BODY_UNEXPECTED, Error, SIGNATURE_MISMATCH, SIGNATURE_MISSING},
        finding::{Finding, Location, Severity},
        rules,
    },
};

impl Examined {
    pub(crate) fn received(&self) -> &Received {
        &self.received
    }

    /// Does the status mean success, so that a signature is required?
    pub(crate) fn succeeded(&self) -> bool {
        self.received.succeeded()
    }

    /// The signature to verify; `None` if the answer is a refusal without a usable signature.
    pub(crate) fn proof(&self) -> Option<&Proof> {
        self.proof.as_ref().ok()
    }

    /// Reads the body, given whether the signature is right (`ok`); `sent` looks up texts in the request's fields, `hidden`
    /// holds what must not be shown of them.
    pub(crate) fn settle<'a>(
        self,
        ok: bool,
        sent: impl Fn(&str) -> Option<&'a str>,
        hidden: &Hidden,
    ) -> Result<Verified<Map<String, Value>>, Error> {
        let Examined { received, operation, proof } = self;
        if !received.succeeded() {
            let odd = match &proof {
                Ok(_) if ok => None,
                Ok(proof) => Some(received.mismatch(proof)),
                Err(error) if error.is(SIGNATURE_MISSING) => None,
                Err(error) => Some(error.clone()),
            };
            return Err(received.refusal(operation, hidden).with(|details| {
                details.authenticated = ok && proof.is_ok();
                details.warnings.extend(odd.map(|error| Finding {
                    rule: rules::ERROR_SIGNATURE,
                    severity: Severity::Warning,
                    field: "Wechatpay-Signature".to_owned(),
                    value: Value::Null,
                    issue: error.message.clone(),
                    location: Location::Header,
                }));
            }));
        }
        let proof = proof?;
        if !ok {
            return Err(received.about(operation, received.mismatch(&proof)));
        }
        if operation.spec().changes && received.body.trim_ascii().is_empty() {
            let issue = format!(
                "{operation} was accepted with HTTP {} and without a body, which says nothing of the record: query it",
                received.status
            );
            let warning = Finding {
                rule: rules::EMPTY_ANSWER,
                severity: Severity::Warning,
                field: String::new(),
                value: Value::Null,
                issue,
                location: Location::Response,
            };
            let request_id = received.request_id();
            return Ok(Verified { value: Map::new(), request_id, warnings: vec![warning], attempts: 0 });
        }
        let table = operation.response_fields();
        let value = match lenient::json(&received.body) {
            Some(Value::Object(mut value)) => read(table, &mut value, "").map(|()| value),
            Some(_) => Err("is not a JSON object".to_owned()),
            None => {
                let issue = format!("the answer is signed, but it is {}", received.looks_like());
                return Err(received.about(operation, Error::new(BODY_NOT_JSON, issue)));
            }
        };
        let value = value
            .map_err(|issue| received.about(operation, Error::new(BODY_UNEXPECTED, format!("the answer {issue}"))))?;
        let mut warnings = echoes(sent, &value);
        for warning in &mut warnings {
            hidden.in_text(&mut warning.issue);
            hidden.in_value(&mut warning.value);
        }
        Ok(Verified { value, request_id: received.request_id(), warnings, attempts: 0 })
    }
}

impl Received {
    fn mismatch(&self, proof: &Proof) -> Error {
        let why = match self.compression() {
            Some(name) => format!(
                "the body is compressed (`Content-Encoding: {}`), though none was asked for: have the proxy in between \
                 leave it as it is, or decompress it before it is given here",
                line(name, 32)
            ),
            None => "the body was changed on its way, or the PEM under that id is another key's".to_owned(),
        };
        Error::new(
            SIGNATURE_MISMATCH,
            format!(
                "the signature of the answer does not belong to these bytes and platform key `{}`: {why}",
                proof.key_id
            ),
        )
    }
}
