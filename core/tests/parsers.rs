//! Parsers take anything and panic at nothing.

use std::sync::Arc;

use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};
use wechatpay_customs::{
    Operation,
    check::{Rules, check, check_json},
    engine::{Account, Action, Call, Engine, Event, Now, Outcome, SignedBy},
    keys::{PlatformKeys, PrivateKey},
    options::{CallOptions, Convention, Options},
};

fn account() -> Arc<Account> {
    let options: Value = serde_json::from_str(include_str!("../../tests/vectors/options.json")).expect("JSON");
    let mut options = options;
    options["api_v3_key"] = json!("0123456789abcdef0123456789abcdef");
    let options = Options::from_value(options, Convention::Python).expect("sound options");
    Arc::new(Account::new(options, SignedBy::Core).expect("sound keys"))
}

/// Where requests are sent to with this base URL, or what is said of it.
fn sent_to(url: &str) -> Result<String, String> {
    let options = Options::from_value(json!({ "base_urls": [url] }), Convention::Python).expect("a list of texts");
    match Account::new(options, SignedBy::Core) {
        Ok(account) => Ok(account.merchant().base_urls().collect()),
        Err(error) => Err(error.message.clone()),
    }
}

#[test]
fn base_urls_are_https_or_of_this_machine() {
    for (given, taken) in [
        ("https://proxy.example", "https://proxy.example"),
        ("HTTPS://proxy.example:8443/wx/", "https://proxy.example:8443/wx"),
        ("https://a_b.example/~p/%20;x=1", "https://a_b.example/~p/%20;x=1"),
        ("https://[2001:db8::1]:443", "https://[2001:db8::1]:443"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("http://127.1.2.3", "http://127.1.2.3"),
        ("http://[::1]:65535", "http://[::1]:65535"),
    ] {
        assert_eq!(sent_to(given).as_deref(), Ok(taken), "{given}");
    }
    for (given, why) in [
        ("", "lacks https://"),
        ("proxy.example", "lacks https://"),
        ("https://", "not a URL"),
        ("https:///path", "not a URL"),
        ("https://proxy example", "not a URL"),
        ("https://proxy.example\\@evil.example", "user"),
        ("https://proxy.example\\evil.example", "not a URL"),
        ("https://proxy.example/\r\n", "not a URL"),
        ("https://bücher.example", "not a URL"),
        ("https://[::1", "not a URL"),
        ("https://[::1]x", "port"),
        ("https://::1", "not a URL"),
        ("https://proxy%2e.example", "not a URL"),
        ("https://proxy.example:", "port"),
        ("https://proxy.example:+1", "port"),
        ("https://proxy.example:0", "port"),
        ("https://proxy.example:65536", "port"),
        ("https://me:secret@proxy.example", "user"),
        ("https://proxy.example?a=b", "query"),
        ("ftp://proxy.example", "scheme"),
        ("http://proxy.example", "plain http"),
        ("http://127.0.0.1.example.com", "plain http"),
        ("http://127.0.0.256", "plain http"),
        ("http://127.1", "plain http"),
        ("http://[::2]", "plain http"),
        ("http://localhost.example.com", "plain http"),
    ] {
        assert!(sent_to(given).is_err_and(|message| message.contains(why)), "{given}: {:?}", sent_to(given));
    }
}

/// Any JSON, documented names among its keys.
/// So many that to look for each among all others would take minutes.
#[test]
fn repeated_names_in_json_text_are_found() {
    let names = 0..40_000;
    let members: Vec<String> = names.clone().chain(names).map(|name| format!("\"{name}\":1")).collect();
    let text = format!("{{{}}}", members.join(","));
    let (fields, findings) = check_json(Operation::Certificates, &text, &Rules::default());
    assert_eq!(fields.as_object().map(serde_json::Map::len), Some(40_000));
    let of = |rule: &str| findings.iter().filter(|finding| finding.rule == rule).count();
    assert_eq!((of("duplicate_field"), of("unknown_field"), findings.len()), (40_000, 40_000, 80_000));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
        Just(json!("SUCCESS")),
    ];
    let name = prop_oneof![
        ".{0,8}",
        Just("state".to_owned()),
        Just("data".to_owned()),
        Just("order_fee".to_owned()),
        Just("sub_order_no".to_owned()),
        Just("certificate_id".to_owned()),
        Just("encrypt_certificate".to_owned()),
        Just("serial_no".to_owned()),
        Just("code".to_owned()),
        Just("message".to_owned()),
    ];
    leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            vec((name.clone(), inner), 0..6).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn operation() -> impl Strategy<Value = Operation> {
    (0..Operation::ALL.len()).prop_map(|index| Operation::ALL[index])
}

/// Drives a call on data alone: whatever has to be verified is called right or wrong.
fn parse(account: &Arc<Account>, operation: Operation, response: Value, right: bool) -> Option<Outcome> {
    let call = json!({ "call": "parse", "operation": operation, "response": response, "now": 1_767_225_600 });
    let call = Call::from_value(call).ok()?;
    let mut engine = Engine::new(call, Arc::clone(account), CallOptions::default(), [1; 32]);
    let now = Now { unix_ms: 1_767_225_600_000, mono_ms: 0 };
    let mut event = Event::Start;
    loop {
        event = match engine.step(event, now).action {
            Action::Verify { .. } => Event::Verified { ok: right },
            Action::Done { outcome } => return Some(outcome),
            _ => panic!("a parse neither signs nor sends"),
        };
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn check_takes_anything(operation in operation(), fields in any_json(), text in ".{0,200}") {
        check(operation, &fields, &Rules::default());
        check_json(operation, &fields.to_string(), &Rules::default());
        check_json(operation, &text, &Rules::default());
    }

    #[test]
    fn answers_can_be_anything(
        operation in operation(),
        status in any::<u16>(),
        body in prop_oneof![any_json().prop_map(|json| json.to_string().into_bytes()), vec(any::<u8>(), 0..200)],
        signature in prop_oneof!["[A-Za-z0-9+/]{0,40}={0,2}", ".{0,40}"],
        timestamp in prop_oneof![Just("1767225600".to_owned()), ".{0,12}"],
        right in any::<bool>(),
    ) {
        let serial = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1";
        let response = json!({
            "status": status,
            "headers": [
                ["wechatpay-timestamp", timestamp], ["Wechatpay-Nonce", "n"], ["Wechatpay-Signature", signature],
                ["Wechatpay-Serial", serial], ["Request-ID", ".."],
            ],
            "body": body,
        });
        let outcome = parse(&account(), operation, response, right);
        // Nothing but a verified success ends well.
        if let Some(Outcome::Ok { .. }) = outcome {
            prop_assert!(right && (200..300).contains(&status));
        }
    }

    #[test]
    fn calls_options_and_keys_can_be_anything(value in any_json(), text in ".{0,300}") {
        let _ = Call::from_value(value.clone());
        let _ = Call::from_value(json!({ "call": "parse", "operation": "query", "response": value }));
        let _ = Options::from_value(value, Convention::JavaScript);
        for label in ["PRIVATE KEY", "PUBLIC KEY", "CERTIFICATE", "EC PRIVATE KEY"] {
            let pem = format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n");
            prop_assert!(PrivateKey::read(&pem.as_str().into(), None, None).is_err());
            prop_assert!(PlatformKeys::read([("7F", &pem.as_str().into())]).is_err());
        }
    }
}
