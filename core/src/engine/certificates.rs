//! Platform certificates in an answer: they may verify it, and are trusted once it is verified.

use std::sync::Arc;

use serde_json::Value;

use super::{
    action::{Emit, Now, Phase},
    course::Course,
    exchange::Exchange,
};
use crate::{
    base::json::retain,
    keys::{Listed, PlatformKeys},
    protocol::response::{Examined, Received},
    words::{
        error::Error,
        finding::{Finding, Location, Severity},
        operation::Operation,
        rules,
    },
};

/// The keys to verify an answer with: the known ones; if it names another, also those that it brings.
pub(super) fn keys(
    course: &Course,
    received: &Received,
    operation: Operation,
    now_s: i64,
) -> Result<Arc<PlatformKeys>, Error> {
    let known = course.account.platform_keys();
    let key = course.account.api_v3_key.as_ref().filter(|_| operation.spec().brings_keys);
    match key.zip(received.names_another_key(&known, now_s)) {
        Some((key, serial)) => {
            let listed = received.certificates(operation, key)?;
            let skipped = listed.skipped.into_iter().find(|(_, skipped, _)| skipped == serial);
            match skipped {
                Some((_, _, error)) => Err(received.about(operation, error)),
                None => Ok(Arc::new(PlatformKeys::clone(&known).with(listed.keys))),
            }
        }
        None => Ok(known),
    }
}

/// Takes the certificates of a verified answer, which are trusted from then on; `None` for any other answer.
pub(super) fn certificates(
    course: &mut Course,
    examined: &Examined,
    exchange: &Exchange,
    ok: bool,
    now: Now,
) -> Result<Option<Listed>, Error> {
    let operation = exchange.operation();
    let key = course.account.api_v3_key.as_ref().filter(|_| ok && examined.succeeded() && operation.spec().brings_keys);
    let Some(key) = key else { return Ok(None) };
    let listed = examined.received().certificates(operation, key)?;
    for (_, serial, error) in &listed.skipped {
        course.emits.extend(exchange.attempt.clone().map(|attempt| Emit {
            phase: Phase::Skipped,
            key_id: Some(serial.clone()),
            reason: Some(error.code.clone()),
            ..attempt
        }));
    }
    course.account.trust.learn(&listed, now);
    Ok(Some(listed))
}

/// The remark on a certificate in a list that cannot be used.
pub(super) fn skipped((place, serial, error): &(usize, String, Error)) -> Finding {
    Finding {
        rule: rules::CERTIFICATE_SKIPPED,
        severity: Severity::Warning,
        field: format!("/data/{place}"),
        value: serial.as_str().into(),
        issue: format!("{error}; it is skipped"),
        location: Location::Response,
    }
}

/// Replaces encrypted certificates in an answer by their PEM.
pub(super) fn show_decrypted(value: &mut Value, certificates: &[(String, String)]) {
    let records = value.get_mut("data").and_then(Value::as_array_mut).into_iter().flatten();
    for record in records.filter_map(Value::as_object_mut) {
        let serial = record.get("serial_no").and_then(Value::as_str).unwrap_or_default();
        if let Some((_, pem)) = certificates.iter().rfind(|(known, _)| known == serial) {
            record.insert("certificate".to_owned(), pem.as_str().into());
            retain(record, |name, _| name != "encrypt_certificate");
        }
    }
}
