use std::sync::{Arc, LazyLock};

use serde_json::{Map, Value, json};
use wechatpay_customs::{
    Operation, Severity,
    check::{Rules, check, check_json},
    engine::{Account, Action, Call, Engine, Event, Outcome},
    host,
    options::{CallOptions, Convention},
};

use crate::{NOW, account, ended, head, operation, options};

static CLIENTS: LazyLock<[Arc<Account>; 2]> = LazyLock::new(|| {
    let mut options = options();
    let pkcs1 = account(options.clone());
    options["field_encryption"] = json!("oaep");
    options["path_prefix"] = json!("global/v3");
    [pkcs1, account(options)]
});

/// What a caller gives. First line: an operation and letters (`o` for OAEP and the older paths, `j` for JavaScript), and
/// then its fields as JSON text; or the name of a pure function, and then its arguments.
pub fn request_json(input: &[u8]) {
    let (line, text) = head(input);
    let (name, letters) = line.split_once(' ').unwrap_or((&line, ""));
    let Ok(text) = std::str::from_utf8(text) else { return };
    let client = &CLIENTS[usize::from(letters.contains('o'))];
    let convention = if letters.contains('j') { Convention::JavaScript } else { Convention::Python };
    match operation(name) {
        Some(operation) => {
            let _ = host::call("check", json!({ "operation": name, "fields": text }), Some(client), convention);
            let (fields, findings) = check_json(operation, text, &Rules::default());
            if fields.is_null() {
                assert!(findings.iter().any(|finding| finding.severity == Severity::Error));
                return;
            }
            prepare(operation, fields, client, convention);
        }
        None => {
            let Ok(arguments) = serde_json::from_str(text) else { return };
            let _ = host::call(name, arguments, Some(client), convention);
        }
    }
}

/// What is checked and sound can be prepared, and nothing else; what is prepared holds what was given.
fn prepare(operation: Operation, fields: Value, client: &Arc<Account>, convention: Convention) {
    let call = || Call::Prepare { operation, fields: fields.clone(), timestamp: None, nonce: None, padding: None };
    let Action::Sign { message, .. } =
        Engine::new(call(), Arc::clone(client), CallOptions::default(), [7; 32]).step(Event::Start, NOW).action
    else {
        let (Outcome::Err(error), _) = ended(call(), client, true, convention) else { panic!("it was not refused") };
        assert_eq!(error.code, "INVALID_FIELDS");
        assert!(error.findings.iter().any(|finding| finding.severity == Severity::Error));
        return;
    };
    // No field can forge a line.
    assert_eq!(message.iter().filter(|byte| **byte == b'\n').count(), 5);
    let (Outcome::Prepared { request, .. }, _) = ended(call(), client, true, convention) else {
        panic!("it was not prepared")
    };
    let mut given: Map<String, Value> = fields.as_object().cloned().unwrap_or_default();
    for (name, id) in [("appid", "wxd678efh567hg6787"), ("mchid", "1230000109")] {
        if operation.request_fields().iter().any(|field| field.name == name) {
            given.entry(name).or_insert(id.into());
        }
    }
    let findings = check(operation, &Value::Object(given.clone()), &Rules::default());
    assert!(findings.iter().all(|finding| finding.severity == Severity::Warning), "{findings:?}");
    assert!(request.url.is_ascii() && !request.url.contains(char::is_whitespace), "{}", request.url);
    if let Some(body) = request.body {
        let mut sent: Map<String, Value> = serde_json::from_str(&body).expect("a body is JSON");
        for name in ["certificate_id", "certificate_name"] {
            let (sent, given) = (sent.remove(name), given.remove(name));
            assert_eq!(sent.is_some(), given.is_some());
            assert!(sent.is_none() || sent != given, "{name} is not encrypted");
        }
        assert_eq!(sent, given);
    }
}
