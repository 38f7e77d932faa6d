//! Which platform keys are trusted, and when more are downloaded: engines driven by hand, no network, no clock.

use std::sync::Arc;

use aes_gcm::{
    Aes256Gcm, KeyInit, Nonce,
    aead::{Aead, Payload},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use wechatpay_customs::{
    Error, Operation,
    crypto::{Signer, Verifier, rsa},
    engine::{Account, Action, Call, Engine, Event, Failure, Now, Outcome, Sent, SignedBy, Step},
    keys::PrivateKey,
    options::{CallOptions, Convention, Options},
};

const API_V3_KEY: &str = "0123456789abcdefghijklmnopqrstuv";
const NOW: Now = Now { unix_ms: 1_767_225_600_000, mono_ms: 1_000 };
const HOUR: i64 = 3_600_000;

fn later(ms: i64) -> Now {
    Now { unix_ms: NOW.unix_ms + ms, mono_ms: NOW.mono_ms + ms.unsigned_abs() }
}

fn options() -> Value {
    serde_json::from_str(include_str!("../../tests/vectors/options.json")).expect("options are JSON")
}

fn certificate() -> (String, String) {
    let keys = options()["platform_keys"].clone();
    let found = keys.as_object().expect("a map").iter().find(|(id, _)| !id.starts_with("PUB_KEY_ID_"));
    let (serial, pem) = found.expect("a certificate");
    (serial.clone(), pem.as_str().expect("PEM").to_owned())
}

fn public_key() -> (String, String) {
    let keys = options()["platform_keys"].clone();
    let found = keys.as_object().expect("a map").iter().find(|(id, _)| id.starts_with("PUB_KEY_ID_"));
    let (id, pem) = found.expect("a public key");
    (id.clone(), pem.as_str().expect("PEM").to_owned())
}

/// A client with an APIv3 key and these platform keys.
fn account(keys: &[(String, String)]) -> Arc<Account> {
    with(keys, |_| {})
}

fn with(keys: &[(String, String)], change: impl FnOnce(&mut Value)) -> Arc<Account> {
    let mut options = options();
    options["api_v3_key"] = json!(API_V3_KEY);
    options["platform_keys"] = keys.iter().cloned().collect();
    change(&mut options);
    let options = Options::from_value(options, Convention::Python).expect("the options are right");
    Arc::new(Account::new(options, SignedBy::Core).expect("the keys are right"))
}

fn fields() -> Value {
    json!({
        "out_trade_no": "20150806125346", "transaction_id": "1000320306201511078440737890",
        "customs": "SHANGHAI_ZS", "merchant_customs_no": "123456",
    })
}

fn declare() -> Call {
    Call::Operation { operation: Operation::Declare, fields: fields() }
}

fn engine(call: Call, account: &Arc<Account>) -> Engine {
    Engine::new(call, Arc::clone(account), CallOptions { max_retries: Some(0), ..CallOptions::default() }, [7; 32])
}

/// An answer of WeChat Pay's, signed with the key of the platform's certificate under any serial.
fn answer(body: &str, serial: &str, now: Now) -> Event {
    let timestamp = (now.unix_ms / 1000).to_string();
    let key = PrivateKey::read(&include_str!("../../tests/vectors/keys/platform.key.pem").into(), None, None);
    let signer = rsa::RsaSigner::new(key.expect("a key").pkcs8_der()).expect("a signer");
    let signature = signer.sign(format!("{timestamp}\nnonce\n{body}\n").as_bytes(), &[7; 32]).expect("a signature");
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Event::Response {
        status: 200,
        headers: vec![
            header("Wechatpay-Timestamp", &timestamp),
            header("Wechatpay-Nonce", "nonce"),
            header("Wechatpay-Serial", serial),
            header("Wechatpay-Signature", &BASE64_STANDARD.encode(signature)),
        ],
        body: body.as_bytes().to_vec(),
        truncated: false,
    }
}

fn declared(serial: &str, now: Now) -> Event {
    let body = json!({
        "appid": "wxd678efh567hg6787", "mchid": "1230000109", "state": "UNDECLARED", "out_trade_no": "20150806125346",
        "transaction_id": "1000320306201511078440737890", "verify_department": "OTHERS",
        "verify_department_trade_id": "1",
    });
    answer(&body.to_string(), serial, now)
}

/// The list of certificates, encrypted as WeChat Pay does.
fn list(certificates: &[(String, String)], now: Now) -> Event {
    let key = Aes256Gcm::new_from_slice(API_V3_KEY.as_bytes()).expect("32 bytes");
    let data: Vec<Value> = certificates
        .iter()
        .map(|(serial, pem)| {
            let payload = Payload { msg: pem.as_bytes(), aad: b"certificate" };
            let ciphertext = key.encrypt(Nonce::from_slice(b"0123456789ab"), payload).expect("a ciphertext");
            json!({
                "serial_no": serial, "effective_time": "2020-01-01T00:00:00+08:00", "expire_time": "2056-01-01T00:00:00+08:00",
                "encrypt_certificate": {
                    "algorithm": "AEAD_AES_256_GCM", "nonce": "0123456789ab", "associated_data": "certificate",
                    "ciphertext": BASE64_STANDARD.encode(ciphertext),
                },
            })
        })
        .collect();
    answer(&json!({ "data": data }).to_string(), &certificate().0, now)
}

fn refusal(status: u16, code: &str) -> Event {
    refusal_with(status, code, vec![])
}

fn refusal_with(status: u16, code: &str, headers: Vec<(String, String)>) -> Event {
    let body = json!({ "code": code, "message": "no" }).to_string();
    Event::Response { status, headers, body: body.into_bytes(), truncated: false }
}

/// Signs, sends and verifies until something else is asked for, answering each request with `event`.
fn run(engine: &mut Engine, first: Event, mut event: impl FnMut() -> Event, now: Now) -> Action {
    let mut next = first;
    loop {
        next = match engine.step(next, now).action {
            Action::Sign { .. } => Event::Signed { signature: vec![1; 256] },
            Action::Send { .. } => event(),
            Action::Verify { spki_der, message, signature, .. } => {
                Event::Verified { ok: rsa::RsaVerifier::default().verify(&spki_der, &message, &signature) }
            }
            action => return action,
        };
    }
}

/// The download that an engine asked for, answered with `event`; the answer for that engine.
fn download(account: &Arc<Account>, action: &Action, event: impl FnOnce() -> Event, now: Now) -> Event {
    let Action::LoadKeys { flight, .. } = action else { panic!("no download was asked for") };
    let mut event = Some(event);
    let answer = || event.take().expect("one request")();
    match run(&mut engine(Call::LoadKeys { flight: *flight }, account), Event::Start, answer, now) {
        Action::Done { outcome: Outcome::Ok { .. } } => Event::KeysReady,
        Action::Done { outcome: Outcome::Err(error) } => Event::KeysFailed { error: json!(error) },
        _ => panic!("a download ends well or not"),
    }
}

fn never() -> Event {
    panic!("nothing is sent")
}

fn urgent(action: &Action) -> bool {
    matches!(action, Action::LoadKeys { urgent: true, .. })
}

fn error(action: Action) -> Error {
    match action {
        Action::Done { outcome: Outcome::Err(error) } => error,
        _ => panic!("no error"),
    }
}

fn ok(action: &Action) -> bool {
    matches!(action, Action::Done { outcome: Outcome::Ok { .. } })
}

#[test]
fn without_keys_the_first_call_downloads_them() {
    let account = account(&[]);
    let mut call = engine(declare(), &account);
    let wanted = run(&mut call, Event::Start, never, NOW);
    assert!(urgent(&wanted));
    let ready = download(&account, &wanted, || list(&[certificate()], NOW), NOW);
    assert!(ok(&run(&mut call, ready, || declared(&certificate().0, NOW), NOW)));
    // From then on they are there.
    let mut next = engine(declare(), &account);
    assert!(ok(&run(&mut next, Event::Start, || declared(&certificate().0, NOW), NOW)));
}

#[test]
fn a_merchant_without_certificates_is_told_about_its_public_key() {
    let account = account(&[]);
    let mut call = engine(declare(), &account);
    let wanted = run(&mut call, Event::Start, never, NOW);
    let failed = download(&account, &wanted, || refusal(404, "RESOURCE_NOT_EXISTS"), NOW);
    let told = error(run(&mut call, failed, never, NOW));
    assert_eq!((told.code.as_str(), told.operation.map(|o| o.name())), ("RESOURCE_NOT_EXISTS", Some("declare")));
    assert!(told.message.contains("PUB_KEY_ID_") && told.message.contains("not sent"), "{told}");
    assert!(!told.may_have_been_applied && !told.retryable);
    // Asking again at once would not help; later it may.
    let again = error(run(&mut engine(declare(), &account), Event::Start, never, later(59_000)));
    assert_eq!(again.code, "RESOURCE_NOT_EXISTS");
    assert!(urgent(&run(&mut engine(declare(), &account), Event::Start, never, later(60_000))));
}

#[test]
fn a_download_that_failed_on_its_way_is_tried_by_the_next_call() {
    let account = account(&[]);
    let mut call = engine(declare(), &account);
    let wanted = run(&mut call, Event::Start, never, NOW);
    let lost = || Event::Failed { sent: Sent::Unknown, cause: Failure::Reset };
    let failed = download(&account, &wanted, lost, NOW);
    let told = error(run(&mut call, failed, never, NOW));
    assert_eq!(told.code, "CONNECTION_RESET");
    assert!(told.retryable && !told.may_have_been_applied, "{told}");
    assert!(urgent(&run(&mut engine(declare(), &account), Event::Start, never, later(1))));
}

#[test]
fn a_download_that_was_answered_is_not_repeated_at_once_whatever_the_answer() {
    let after = |seconds: &str| vec![("Retry-After".to_owned(), seconds.to_owned())];
    for (status, code, headers, rest_s) in [
        (500, "SYSTEMERROR", vec![], 60),
        (429, "RATE_LIMITED", after("90"), 90),
        // Less than the least interval, and more than anybody waits for.
        (429, "RATE_LIMITED", after("5"), 60),
        (429, "RATE_LIMITED", after("4000000000"), 3_600),
    ] {
        let account = account(&[]);
        let mut call = engine(declare(), &account);
        let wanted = run(&mut call, Event::Start, never, NOW);
        let failed = download(&account, &wanted, || refusal_with(status, code, headers.clone()), NOW);
        let first = error(run(&mut call, failed, never, NOW));
        assert_eq!((first.code.as_str(), first.retry_after), (code, Some(rest_s * 1_000)), "{first}");
        // Nine more of them, all within the interval: none downloads.
        for step in 1..10 {
            let ms = rest_s * 100 * step;
            let told = error(run(&mut engine(declare(), &account), Event::Start, never, later(ms as i64)));
            assert_eq!((told.code.as_str(), told.retryable, told.may_have_been_applied), (code, true, false));
            assert_eq!(told.retry_after, Some(rest_s * 1_000 - ms));
            assert!(told.message.contains(&format!("allowed in {} s", rest_s - ms / 1_000)), "{told}");
        }
        assert!(urgent(&run(&mut engine(declare(), &account), Event::Start, never, later(rest_s as i64 * 1_000))));
    }
}

#[test]
fn a_download_that_brings_no_valid_key_says_when_the_next_is_allowed() {
    let ancient = later(40 * 365 * 24 * HOUR);
    let account = account(&[]);
    let mut call = engine(declare(), &account);
    let wanted = run(&mut call, Event::Start, never, ancient);
    // It came in time and is not valid when it is needed.
    account.import_keys(&self::account(&[certificate()]).export_keys()).expect("exported keys");
    let Action::LoadKeys { flight, .. } = wanted else { panic!("no download was asked for") };
    let empty = || answer(r#"{"data":[]}"#, &certificate().0, NOW);
    let mut download = engine(Call::LoadKeys { flight }, &account);
    assert!(ok(&run(&mut download, Event::Start, empty, NOW)));
    let soon = Now { mono_ms: NOW.mono_ms + 1_000, ..ancient };
    let told = error(run(&mut engine(declare(), &account), Event::Start, never, soon));
    assert_eq!((told.code.as_str(), told.retryable, told.retry_after), ("PLATFORM_KEYS_MISSING", true, Some(59_000)));
    assert!(told.message.contains("the next download is allowed in 59 s"), "{told}");
}

#[test]
fn an_unknown_public_key_is_not_looked_for_among_certificates() {
    let account = account(&[certificate()]);
    let mut call = engine(declare(), &account);
    let id = "PUB_KEY_ID_0199999999992026112700000000000001";
    let told = error(run(&mut call, Event::Start, || declared(id, NOW), NOW));
    assert_eq!((told.code.as_str(), told.retryable), ("SERIAL_UNKNOWN", false));
    for said in [id, "`platform_keys`", "API Security"] {
        assert!(told.message.contains(said), "{told}");
    }
}

#[test]
fn one_certificate_that_cannot_be_used_spoils_no_other() {
    let (known, pem) = certificate();
    let odd = "6B1E7C3A90D24F5588A1C07D3E62F4B91D5A08C7";
    let account = account(&[]);
    let mut call = engine(declare(), &account);
    let wanted = run(&mut call, Event::Start, never, NOW);
    let Action::LoadKeys { flight, .. } = wanted else { panic!("no download was asked for") };
    let mixed = || list(&[(odd.to_owned(), "no certificate".to_owned()), (known.clone(), pem.clone())], NOW);
    let mut emits = Vec::new();
    let mut engine = engine(Call::LoadKeys { flight }, &account);
    let mut next = Event::Start;
    let done = loop {
        let step = engine.step(next, NOW);
        emits.extend(step.emits);
        next = match step.action {
            Action::Sign { .. } => Event::Signed { signature: vec![1; 256] },
            Action::Send { .. } => mixed(),
            Action::Verify { spki_der, message, signature, .. } => {
                Event::Verified { ok: rsa::RsaVerifier::default().verify(&spki_der, &message, &signature) }
            }
            action => break action,
        };
    };
    let Action::Done { outcome: Outcome::Ok { warnings, .. } } = &done else { panic!("the good one is taken") };
    assert_eq!((warnings[0].rule, warnings[0].field.as_str(), warnings.len()), ("certificate_skipped", "/data/0", 1));
    let seen: Vec<_> =
        emits.iter().map(|emit| (emit.phase.as_str(), emit.key_id.as_deref(), emit.reason.as_deref())).collect();
    let skipped = ("skipped", Some(odd), Some("CERTIFICATE_NOT_DECRYPTED"));
    assert_eq!(seen, [("request", None, None), skipped, ("response", None, None)]);
    assert!(ok(&run(&mut call, Event::KeysReady, || declared(&known, NOW), NOW)));
    // Who then meets the odd one is told why it is not there.
    let told = error(run(&mut self::engine(declare(), &account), Event::Start, || declared(odd, NOW), NOW));
    assert_eq!(told.code, "SERIAL_UNKNOWN");
    assert!(told.message.contains("what comes out is no certificate"), "{told}");
}

#[test]
fn an_answer_may_spell_a_serial_otherwise() {
    let (known, pem) = certificate();
    let colons = known.as_bytes().chunks(2).map(String::from_utf8_lossy).collect::<Vec<_>>().join(":");
    for given in [known.to_lowercase(), format!("00{known}"), colons] {
        let account = account(&[(given.clone(), pem.clone())]);
        assert_eq!(account.platform_keys().ids().collect::<Vec<_>>(), [known.as_str()]);
        for named in [&known, &given, &known.to_lowercase()] {
            assert!(ok(&run(&mut engine(declare(), &account), Event::Start, || declared(named, NOW), NOW)), "{named}");
        }
    }
}

#[test]
fn the_merchants_own_keys_are_not_taken_in_either() {
    let own = include_str!("../../tests/vectors/keys/merchant.cert.pem").to_owned();
    let serial = options()["serial_no"].as_str().expect("a serial").to_owned();
    let account = account(&[]);
    let other = with(&[(serial, own)], |options| {
        let members = options.as_object_mut().expect("a map");
        members.retain(|name, _| name == "platform_keys" || name == "api_v3_key");
    });
    let told = account.import_keys(&other.export_keys()).expect_err("they are its own");
    assert_eq!(told.code, "PLATFORM_KEY_INVALID");
    assert!(told.message.contains("the merchant's own certificate"), "{told}");
    assert!(account.platform_keys().is_empty());
}

#[test]
fn where_each_call_downloads_one_that_fails_makes_do_with_the_keys_of_another() {
    let account = account(&[]);
    let (mut first, mut second) = (engine(declare(), &account), engine(declare(), &account));
    let wanted = [&mut first, &mut second].map(|call| run(call, Event::Start, never, NOW));
    let Action::LoadKeys { flight, .. } = wanted[1] else { panic!("no download was asked for") };
    let mut late = engine(Call::LoadKeys { flight }, &account);
    assert!(matches!(late.step(Event::Start, NOW).action, Action::Sign { .. }));
    assert!(matches!(late.step(Event::Signed { signature: vec![1; 256] }, NOW).action, Action::Send { .. }));
    let ready = download(&account, &wanted[0], || list(&[certificate()], NOW), NOW);
    let lost = error(late.step(Event::Failed { sent: Sent::Unknown, cause: Failure::Reset }, NOW).action);
    for (mut call, event) in [(first, ready), (second, Event::KeysFailed { error: json!(lost) })] {
        assert!(ok(&run(&mut call, event, || declared(&certificate().0, NOW), NOW)));
    }
}

#[test]
fn keys_are_refreshed_before_they_are_12_hours_old_by_one_call() {
    let account = account(&[certificate()]);
    let call = |now| run(&mut engine(declare(), &account), Event::Start, || declared(&certificate().0, now), now);
    assert!(ok(&call(NOW)));
    assert!(ok(&call(later(11 * HOUR - 1))));
    let due = later(11 * HOUR);
    let mut first = engine(declare(), &account);
    let wanted = run(&mut first, Event::Start, never, due);
    assert!(matches!(wanted, Action::LoadKeys { urgent: false, timeout_ms: 10_000, .. }));
    assert!(ok(&call(due)), "others go on");
    // A refresh that fails stops nothing.
    let failed = download(&account, &wanted, || refusal(500, "SYSTEMERROR"), due);
    assert!(ok(&run(&mut first, failed, || declared(&certificate().0, due), due)));
    let next = later(11 * HOUR + 60_000);
    let mut second = engine(declare(), &account);
    let wanted = run(&mut second, Event::Start, never, next);
    let ready = download(&account, &wanted, || list(&[certificate()], next), next);
    assert!(ok(&run(&mut second, ready, || declared(&certificate().0, next), next)));
    assert!(ok(&call(later(21 * HOUR))), "they are new again");
}

#[test]
fn an_unknown_serial_is_looked_for_at_once_but_not_again_and_again() {
    let (known, pem) = certificate();
    let account = account(&[public_key()]);
    let mut call = engine(declare(), &account);
    let wanted = run(&mut call, Event::Start, || declared(&known, NOW), NOW);
    assert!(urgent(&wanted));
    let ready = download(&account, &wanted, || list(&[(known.clone(), pem.clone())], NOW), NOW);
    assert!(ok(&run(&mut call, ready, never, NOW)), "the answer that came is read");

    let unknown = "6B1E7C3A90D24F5588A1C07D3E62F4B91D5A08C7";
    let ask = |serial: &str, now| {
        let mut call = engine(declare(), &account);
        let action = run(&mut call, Event::Start, || declared(serial, now), now);
        (call, action)
    };
    let told = error(ask(unknown, later(1_000)).1);
    assert_eq!(told.code, "SERIAL_UNKNOWN", "a download has just ended");
    assert!(told.may_have_been_applied);
    // A second rotation within the minute: the same call may succeed when the next download is allowed.
    assert_eq!((told.retryable, told.retry_after), (true, Some(59_000)));
    assert!(told.message.contains("the next download is allowed in 59 s"), "{told}");
    let (mut call, wanted) = ask(unknown, later(60_000));
    let ready = download(&account, &wanted, || list(&[(known.clone(), pem.clone())], later(60_000)), later(60_000));
    let told = error(run(&mut call, ready, never, later(60_000)));
    assert_eq!(told.code, "SERIAL_UNKNOWN");
    assert!(told.message.contains("downloaded without it") && !told.retryable, "{told}");
    let told = error(ask(unknown, later(200_000)).1);
    assert_eq!((told.code.as_str(), told.retryable), ("SERIAL_UNKNOWN", false), "it was not in the list");
    assert!(told.message.contains("the next download is allowed in 460 s"), "{told}");
    assert!(urgent(&ask("7B1E", later(200_000)).1), "another may be");
    assert!(urgent(&ask(unknown, later(700_000)).1), "one day it may be there");
}

#[test]
fn a_download_that_failed_is_not_repeated_at_once_because_the_keys_are_old() {
    let account = account(&[certificate()]);
    let call = |serial: &str, now| {
        let mut call = engine(declare(), &account);
        let action = run(&mut call, Event::Start, || declared(serial, now), now);
        (call, action)
    };
    let known = certificate().0;
    assert!(ok(&call(&known, NOW).1));
    let nearly_due = later(11 * HOUR - 1);
    let (mut first, wanted) = call("7B1E", nearly_due);
    let failed = download(&account, &wanted, || refusal(404, "RESOURCE_NOT_EXISTS"), nearly_due);
    assert_eq!(error(run(&mut first, failed, never, nearly_due)).code, "SERIAL_UNKNOWN");
    assert!(ok(&call(&known, later(11 * HOUR)).1));
    assert!(matches!(call(&known, later(11 * HOUR + 60_000)).1, Action::LoadKeys { urgent: false, .. }));
}

#[test]
fn when_a_key_cannot_be_downloaded_the_answer_stays_unread() {
    let account = account(&[public_key()]);
    let mut call = engine(declare(), &account);
    let wanted = run(&mut call, Event::Start, || declared(&certificate().0, NOW), NOW);
    let failed = download(&account, &wanted, || refusal(500, "SYSTEMERROR"), NOW);
    let told = error(run(&mut call, failed, never, NOW));
    assert_eq!((told.code.as_str(), told.status, told.may_have_been_applied), ("SERIAL_UNKNOWN", Some(200), true));
    assert!(told.message.contains("SYSTEMERROR"), "{told}");
}

#[test]
fn a_key_that_came_meanwhile_is_not_downloaded_again() {
    let (known, pem) = certificate();
    let account = account(&[public_key()]);
    let ask = || {
        let mut call = engine(declare(), &account);
        let action = run(&mut call, Event::Start, || declared(&known, NOW), NOW);
        (call, action)
    };
    let ((mut first, wanted), (mut second, same)) = (ask(), ask());
    let flight = |action: &Action| match action {
        Action::LoadKeys { flight, .. } => *flight,
        _ => panic!("no download"),
    };
    assert_eq!(flight(&wanted), flight(&same), "one download for both");
    let ready = download(&account, &wanted, || list(&[(known.clone(), pem.clone())], NOW), NOW);
    assert!(ok(&run(&mut first, ready, never, NOW)));
    // A driver that begins the same download too late sends nothing.
    let ready = download(&account, &same, never, NOW);
    assert!(ok(&run(&mut second, ready, never, NOW)));
}

#[test]
fn a_forged_list_teaches_nothing() {
    let account = account(&[]);
    let mut call = engine(declare(), &account);
    let wanted = run(&mut call, Event::Start, never, NOW);
    let forged = || match list(&[certificate()], NOW) {
        Event::Response { status, mut headers, body, truncated } => {
            headers[3].1 = BASE64_STANDARD.encode([1; 256]);
            Event::Response { status, headers, body, truncated }
        }
        _ => panic!("a list is a response"),
    };
    let failed = download(&account, &wanted, forged, NOW);
    let told = error(run(&mut call, failed, never, NOW));
    assert_eq!(told.code, "SIGNATURE_MISMATCH");
    assert_eq!(account.platform_keys().ids().count(), 0);
}

#[test]
fn expired_certificates_verify_nothing_and_are_let_go() {
    let ancient = later(40 * 365 * 24 * HOUR);
    let alone = with(&[certificate()], |options| drop(options.as_object_mut().expect("a map").remove("api_v3_key")));
    let told = error(run(&mut engine(declare(), &alone), Event::Start, never, ancient));
    assert_eq!(told.code, "PLATFORM_KEYS_MISSING");
    assert!(told.message.contains(&certificate().0) && told.message.contains("expired on 20"), "{told}");
    let account = account(&[certificate()]);
    let wanted = run(&mut engine(declare(), &account), Event::Start, never, ancient);
    assert!(urgent(&wanted));
}

#[test]
fn keys_can_be_taken_to_another_client() {
    let first = account(&[certificate(), public_key()]);
    let second = account(&[]);
    second.import_keys(&first.export_keys()).expect("what was exported");
    assert_eq!(first.platform_keys(), second.platform_keys());
    assert!(ok(&run(&mut engine(declare(), &second), Event::Start, || declared(&certificate().0, NOW), NOW)));
    for wrong in ["", "{}", "[]", r#"{"fetched_at":null,"keys":{"7F":"rubbish"}}"#] {
        assert_eq!(second.import_keys(wrong).expect_err("no keys").code, "PLATFORM_KEY_INVALID", "{wrong}");
    }
    assert!(!first.export_keys().contains("PRIVATE"));
}

#[test]
fn exported_keys_take_their_age_along() {
    let first = account(&[certificate()]);
    assert!(ok(&run(&mut engine(declare(), &first), Event::Start, || declared(&certificate().0, NOW), NOW)));
    let second = account(&[]);
    second.import_keys(&first.export_keys()).expect("what was exported");
    let wanted = run(&mut engine(declare(), &second), Event::Start, never, later(11 * HOUR));
    assert!(matches!(wanted, Action::LoadKeys { urgent: false, .. }));
}

#[test]
fn waiting_for_keys_can_be_given_up() {
    let before = account(&[]);
    let after = account(&[public_key()]);
    let waiting = |account: &Arc<Account>| {
        let mut call = engine(declare(), account);
        assert!(urgent(&run(&mut call, Event::Start, || declared(&certificate().0, NOW), NOW)));
        call
    };
    let outcome = |step: Step| match step.action {
        Action::Done { outcome } => outcome,
        _ => panic!("it is not done"),
    };
    for (account, applied) in [(before, false), (after, true)] {
        let cancelled = outcome(waiting(&account).step(Event::Cancel, NOW));
        assert!(matches!(cancelled, Outcome::Cancelled { may_have_been_applied } if may_have_been_applied == applied));
        let late = error(waiting(&account).step(Event::TimedOut, later(30_000)).action);
        assert_eq!((late.code.as_str(), late.may_have_been_applied), ("DEADLINE_EXCEEDED", applied));
        // The host's own signer raised.
        let raised = outcome(waiting(&account).step(Event::KeysFailed { error: Value::Null }, NOW));
        assert!(matches!(raised, Outcome::Host));
        let misfit = error(waiting(&account).step(Event::Woke, NOW).action);
        assert_eq!((misfit.code.as_str(), misfit.may_have_been_applied), ("UNEXPECTED_EVENT", applied));
    }
}

#[test]
fn what_needs_no_keys_downloads_none() {
    let late = later(100 * HOUR);
    // Public keys do not age.
    let by_public_key = account(&[public_key()]);
    let sent = run(&mut engine(declare(), &by_public_key), Event::Start, || refusal(500, "SYSTEMERROR"), late);
    assert_eq!(error(sent).code, "SYSTEMERROR");
    let none = account(&[]);
    // What will not be sent.
    let wrong = Call::Operation { operation: Operation::Declare, fields: json!({}) };
    assert_eq!(error(run(&mut engine(wrong, &none), Event::Start, never, NOW)).code, "INVALID_FIELDS");
    // What the caller sends.
    let prepare =
        Call::Prepare { operation: Operation::Declare, fields: fields(), timestamp: None, nonce: None, padding: None };
    let prepared = run(&mut engine(prepare, &none), Event::Start, never, NOW);
    assert!(matches!(prepared, Action::Done { outcome: Outcome::Prepared { .. } }));
}

#[test]
fn certificates_asked_for_by_the_caller_are_trusted_too() {
    let account = account(&[]);
    let ask = Call::Operation { operation: Operation::Certificates, fields: json!({}) };
    assert!(ok(&run(&mut engine(ask, &account), Event::Start, || list(&[certificate()], NOW), NOW)));
    assert!(account.platform_keys().get(&certificate().0).is_some());
}

#[test]
fn certificates_and_public_keys_live_together() {
    let account = account(&[certificate(), public_key()]);
    let mut call = engine(declare(), &account);
    let mut headers = None;
    let mut next = Event::Start;
    let done = loop {
        next = match call.step(next, NOW).action {
            Action::Sign { .. } => Event::Signed { signature: vec![1; 256] },
            Action::Send { headers: sent, .. } => {
                headers = Some(sent);
                declared(&certificate().0, NOW)
            }
            Action::Verify { spki_der, message, signature, .. } => {
                Event::Verified { ok: rsa::RsaVerifier::default().verify(&spki_der, &message, &signature) }
            }
            action => break action,
        };
    };
    assert!(ok(&done), "answered by certificate");
    let named = headers.expect("a request").into_iter().find(|(name, _)| name == "Wechatpay-Serial");
    assert_eq!(named.map(|(_, id)| id), Some(public_key().0), "asked by public key");
}
