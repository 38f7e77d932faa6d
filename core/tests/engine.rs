//! The engine, driven by hand: no network, no clock.

use std::sync::Arc;

use serde_json::{Value, json};
use wechatpay_customs::{
    ErrorKind, Operation,
    engine::{Account, Action, Call, Engine, Event, Failure, Now, Outcome, Sent, SignedBy, Step},
    error::{CODES, UNEXPECTED_EVENT},
    options::{CallOptions, Convention, Options},
    response::Received,
};

const NOW: Now = Now { unix_ms: 1_767_225_600_000, mono_ms: 1_000 };

fn options() -> Value {
    serde_json::from_str(include_str!("../../tests/vectors/options.json")).expect("options are JSON")
}

fn account(change: impl FnOnce(&mut Value)) -> Arc<Account> {
    let mut options = options();
    change(&mut options);
    let options = Options::from_value(options, Convention::Python).expect("the options are right");
    Arc::new(Account::new(options, SignedBy::Core).expect("the keys are right"))
}

fn declare() -> Call {
    Call::Operation {
        operation: Operation::Declare,
        fields: json!({
            "out_trade_no": "20150806125346", "transaction_id": "1000320306201511078440737890",
            "customs": "SHANGHAI_ZS", "merchant_customs_no": "123456",
        }),
    }
}

fn query() -> Call {
    Call::Operation {
        operation: Operation::Query,
        fields: json!({ "order_type": "out_trade_no", "order_no": "20150806125346", "customs": "SHANGHAI_ZS" }),
    }
}

/// What follows a failed attempt is tested in `retries.rs`.
const ONCE: CallOptions = CallOptions { timeout: None, deadline: None, max_retries: Some(0) };

fn engine(call: Call) -> Engine {
    Engine::new(call, account(|_| {}), ONCE, [7; 32])
}

fn later(ms: u64) -> Now {
    Now { unix_ms: NOW.unix_ms + ms as i64, mono_ms: NOW.mono_ms + ms }
}

fn signed() -> Event {
    Event::Signed { signature: vec![1; 256] }
}

/// An engine that waits for the answer to its `Send`.
fn sending(call: Call) -> Engine {
    let mut engine = engine(call);
    assert!(matches!(engine.step(Event::Start, NOW).action, Action::Sign { .. }));
    assert!(matches!(engine.step(signed(), NOW).action, Action::Send { .. }));
    engine
}

fn outcome(step: Step) -> Outcome {
    match step.action {
        Action::Done { outcome } => outcome,
        _ => panic!("the engine is not done"),
    }
}

fn error(step: Step) -> wechatpay_customs::Error {
    match outcome(step) {
        Outcome::Err(error) => error,
        outcome => panic!("no error: {outcome:?}"),
    }
}

#[test]
fn a_call_signs_then_sends() {
    let mut engine = engine(declare());
    let Action::Sign { message, entropy, timeout_ms } = engine.step(Event::Start, NOW).action else {
        panic!("signing comes first")
    };
    let message = String::from_utf8(message).expect("the message is text");
    let lines: Vec<&str> = message.split('\n').collect();
    assert_eq!(lines[..3], ["POST", "/v3/global/customs/orders", "1767225600"]);
    assert!(lines[3].len() == 32 && lines[3].bytes().all(|byte| byte.is_ascii_alphanumeric()));
    assert!(entropy.is_none(), "only the software signer is blinded");
    assert_eq!(timeout_ms, 30_000);
    let step = engine.step(signed(), NOW);
    assert_eq!(step.emits.iter().map(|emit| emit.phase.as_str()).collect::<Vec<_>>(), ["request"]);
    let Action::Send { method, url, timeout_ms, max_body, .. } = step.action else { panic!("sending comes second") };
    assert_eq!((method.as_str(), url.as_str()), ("POST", "https://apihk.mch.weixin.qq.com/v3/global/customs/orders"));
    assert_eq!((timeout_ms, max_body), (10_000, 1024 * 1024));
}

#[test]
fn the_software_signer_gets_fresh_entropy() {
    let account = account(|options| options["crypto"] = json!("software"));
    let entropy = |seed| {
        let mut engine = Engine::new(declare(), Arc::clone(&account), CallOptions::default(), [seed; 32]);
        match engine.step(Event::Start, NOW).action {
            Action::Sign { entropy: Some(entropy), .. } => entropy,
            _ => panic!("no entropy"),
        }
    };
    assert_ne!(entropy(1), entropy(2));
}

#[test]
fn the_same_seed_gives_the_same_nonce() {
    let message = |seed| match Engine::new(declare(), account(|_| {}), CallOptions::default(), [seed; 32])
        .step(Event::Start, NOW)
        .action
    {
        Action::Sign { message, .. } => message,
        _ => panic!("signing comes first"),
    };
    assert_eq!(message(1), message(1));
    assert_ne!(message(1), message(2));
}

#[test]
fn an_event_that_answers_nothing_ends_the_call() {
    let misfits: [fn() -> Event; 11] = [
        || Event::Start,
        signed,
        || Event::HostFailed,
        || Event::TimedOut,
        || Event::Response { status: 200, headers: vec![], body: vec![], truncated: false },
        || Event::Failed { sent: Sent::No, cause: Failure::Dns },
        || Event::Verified { ok: true },
        || Event::Woke,
        || Event::KeysReady,
        || Event::KeysFailed { error: Value::Null },
        || Event::Cancel,
    ];
    for (index, misfit) in misfits.iter().enumerate() {
        for step in 0..3 {
            let fits = matches!((step, index), (0, 0 | 10) | (1, 1 | 2 | 3 | 10) | (2, 4 | 5 | 10));
            if fits {
                continue;
            }
            let mut engine = engine(declare());
            [Event::Start, signed()].into_iter().take(step).for_each(|event| drop(engine.step(event, NOW)));
            let error = error(engine.step(misfit(), NOW));
            assert_eq!((error.kind, error.code.as_str()), (ErrorKind::State, UNEXPECTED_EVENT.name), "{step} {index}");
            assert_eq!(crate::error(engine.step(Event::Start, NOW)).code, UNEXPECTED_EVENT.name, "it stays ended");
        }
    }
}

#[test]
fn cancelling_tells_whether_the_operation_may_have_been_applied() {
    let cancelled = |mut engine: Engine| match outcome(engine.step(Event::Cancel, NOW)) {
        Outcome::Cancelled { may_have_been_applied } => may_have_been_applied,
        outcome => panic!("not cancelled: {outcome:?}"),
    };
    assert!(!cancelled(engine(declare())));
    assert!(cancelled(sending(declare())));
    assert!(!cancelled(sending(query())));
}

#[test]
fn a_signer_that_raised_ends_the_call_with_what_it_raised() {
    let mut engine = engine(declare());
    engine.step(Event::Start, NOW);
    assert!(matches!(outcome(engine.step(Event::HostFailed, NOW)), Outcome::Host));
}

#[test]
fn transport_failures_tell_what_is_known() {
    for (cause, sent, code, applied) in [
        (Failure::Dns, Sent::No, "DNS_FAILED", false),
        (Failure::Connect, Sent::No, "CONNECT_FAILED", false),
        (Failure::Tls, Sent::No, "TLS_FAILED", false),
        (Failure::Timeout, Sent::Unknown, "TIMEOUT", true),
        (Failure::Reset, Sent::Unknown, "CONNECTION_RESET", true),
        (Failure::Body, Sent::Unknown, "BODY_FAILED", true),
        (Failure::Other, Sent::Unknown, "TRANSPORT_FAILED", true),
    ] {
        let error = error(sending(declare()).step(Event::Failed { sent, cause }, later(5)));
        assert_eq!((error.kind, error.code.as_str()), (ErrorKind::Transport, code));
        assert_eq!((error.may_have_been_applied, error.retryable, error.attempts), (applied, true, 1), "{code}");
        assert!(error.message.contains("apihk.mch.weixin.qq.com"), "{}", error.message);
    }
}

#[test]
fn the_deadline_ends_the_call_before_and_after_sending() {
    let mut engine = engine(declare());
    engine.step(Event::Start, NOW);
    let unsent = error(engine.step(signed(), later(30_000)));
    assert_eq!((unsent.code.as_str(), unsent.may_have_been_applied), ("DEADLINE_EXCEEDED", false));
    let late = Event::Failed { sent: Sent::Unknown, cause: Failure::Timeout };
    let sent = error(sending(declare()).step(late, later(30_000)));
    assert_eq!((sent.code.as_str(), sent.may_have_been_applied), ("DEADLINE_EXCEEDED", true));
}

#[test]
fn the_shorter_of_timeout_and_deadline_ends_an_attempt() {
    let ms = std::time::Duration::from_millis;
    for (timeout, deadline, sent_for, code, says) in [
        (400, 30_000, 400, "TIMEOUT", "400 ms"),
        // A driver's timer and the engine's clock may be a little apart.
        (60_000, 30_000, 29_999, "DEADLINE_EXCEEDED", "deadline"),
        (30_000, 30_000, 29_999, "DEADLINE_EXCEEDED", "deadline"),
        (30_000, 30_000, 400, "TIMEOUT", "the transport's own"),
    ] {
        let options = CallOptions { timeout: Some(ms(timeout)), deadline: Some(ms(deadline)), ..ONCE };
        let mut engine = Engine::new(declare(), account(|_| {}), options, [7; 32]);
        engine.step(Event::Start, NOW);
        let Action::Send { timeout_ms, .. } = engine.step(signed(), NOW).action else { panic!("it is sent") };
        assert_eq!(timeout_ms, timeout.min(deadline));
        let error = error(engine.step(Event::Failed { sent: Sent::Unknown, cause: Failure::Timeout }, later(sent_for)));
        assert_eq!(error.code, code);
        assert!(error.message.contains(says), "{error}");
    }
}

#[test]
fn less_than_a_millisecond_is_an_attempt_all_the_same() {
    let options = CallOptions { timeout: Some(std::time::Duration::from_micros(400)), ..ONCE };
    let mut engine = Engine::new(declare(), account(|_| {}), options, [7; 32]);
    engine.step(Event::Start, NOW);
    assert!(matches!(engine.step(signed(), NOW).action, Action::Send { timeout_ms: 1, .. }));
    let late = error(engine.step(Event::Failed { sent: Sent::Unknown, cause: Failure::Timeout }, later(1)));
    assert_eq!(late.code, "TIMEOUT");
}

#[test]
fn spans_of_time_count_in_the_hosts_unit_from_a_millisecond_on() {
    let read = |convention, value: Value| Options::from_value(json!({ "timeout": value }), convention);
    let ms = std::time::Duration::from_millis;
    for (convention, value, span) in [
        (Convention::Python, json!(0.001), ms(1)),
        (Convention::Python, json!(10), ms(10_000)),
        (Convention::JavaScript, json!(1), ms(1)),
        (Convention::JavaScript, json!(10_000), ms(10_000)),
        (Convention::JavaScript, json!(1e300), std::time::Duration::MAX),
    ] {
        assert_eq!(read(convention, value).expect("a span").timeout, Some(span));
    }
    for (convention, value, unit) in [
        (Convention::Python, json!(0.0004), "seconds, at least 0.001"),
        (Convention::Python, json!(0), "seconds"),
        (Convention::JavaScript, json!(0.4), "milliseconds, at least 1"),
        (Convention::JavaScript, json!(-1), "milliseconds"),
    ] {
        let error = read(convention, value).expect_err("no span");
        assert!(error.code == "INVALID_OPTION" && error.message.contains(unit), "{error}");
    }
}

#[test]
fn nothing_is_sent_without_keys_to_verify_the_answer_with() {
    let account = account(|options| drop(options.as_object_mut().expect("a map").remove("platform_keys")));
    let mut engine = Engine::new(declare(), account, CallOptions::default(), [7; 32]);
    assert_eq!(error(engine.step(Event::Start, NOW)).code, "PLATFORM_KEYS_MISSING");
}

#[test]
fn what_is_logged_of_an_attempt() {
    let mut engine = sending(declare());
    let headers = vec![("Request-ID".to_owned(), "08F7".to_owned())];
    let step = engine.step(Event::Response { status: 500, headers, body: b"{}".to_vec(), truncated: false }, later(12));
    let emit = step.emits.first().expect("an observation").clone();
    assert_eq!((emit.phase.as_str(), emit.attempt, emit.ms, emit.status), ("response", 1, 12, Some(500)));
    assert_eq!((emit.host.as_str(), emit.request_id.as_deref()), ("apihk.mch.weixin.qq.com", Some("08F7")));
}

#[test]
fn neither_options_nor_clients_show_the_private_key() {
    let options = Options::from_value(options(), Convention::Python).expect("the options are right");
    let shown = format!("{options:?} {:?}", account(|_| {}));
    assert!(!shown.contains("PRIVATE KEY"), "{shown}");
}

#[test]
fn codes_are_listed_once() {
    let mut names: Vec<_> = CODES.iter().map(|code| code.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), CODES.len());
}

#[test]
fn an_answer_that_the_caller_received_does_not_move_the_clock() {
    let account = account(|options| options["correct_clock"] = json!(true));
    let keys = options()["platform_keys"].take();
    let serial = keys.as_object().and_then(|keys| keys.keys().next()).expect("a key");
    let stamp = (NOW.unix_ms / 1000 - 1800).to_string();
    let headers = [("Timestamp", stamp.as_str()), ("Nonce", "nonce"), ("Signature", "AAAA"), ("Serial", serial)];
    let headers = headers.map(|(name, value)| (format!("Wechatpay-{name}"), value.to_owned())).to_vec();
    let response = Received::new(200, headers, br#"{"state":"SUCCESS"}"#.to_vec(), false);
    let call = Call::Parse { operation: Operation::Declare, response, request: None, now: None };
    let mut engine = Engine::new(call, Arc::clone(&account), ONCE, [7; 32]);
    assert!(matches!(engine.step(Event::Start, NOW).action, Action::Verify { .. }), "it is judged as a call's answer");
    assert!(matches!(outcome(engine.step(Event::Verified { ok: true }, NOW)), Outcome::Ok { attempts: 0, .. }));
    let mut engine = Engine::new(declare(), account, ONCE, [7; 32]);
    let Action::Sign { message, .. } = engine.step(Event::Start, NOW).action else { panic!("signing comes first") };
    assert!(String::from_utf8_lossy(&message).contains("\n1767225600\n"));
}
