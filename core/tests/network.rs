//! Calls over a network that fails in every way, against a model of the service: nothing lost, nothing twice.
//!
//! `NETWORK_RUNS` says how many random runs there are; 10 000 unless given.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
    time::Duration,
};

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use wechatpay_customs::{
    Operation,
    engine::{Account, Action, Call, Emit, Engine, Event, Failure, Now, Outcome, Phase, Sent, SignedBy},
    options::{CallOptions, Convention, Options},
};

const EPOCH_MS: i64 = 1_767_225_600_000;
const HOSTS: [&str; 2] = ["https://one.example", "https://two.example"];

/// What happens to one request on its way.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Well,
    NotSent(Failure),
    /// The request does not arrive; nobody can know.
    LostBefore,
    /// The request is carried out and its answer is lost.
    LostAfter,
    /// The answer is lost, and the request is carried out so many milliseconds later.
    Late(u16),
    Busy(Option<u8>),
    FailingBefore(u16),
    FailingAfter(u16),
    /// Carried out, with a false signature on purpose.
    Probe,
    /// Carried out, and the answer is replaced by a page.
    Html,
    /// Refused, though the request is in order.
    Refused,
    /// No answer within the time allowed.
    Slow,
    /// The caller gives up.
    Cancelled,
    /// Somebody else changes the record first.
    Rival,
}

fn way() -> impl Strategy<Value = Way> {
    prop_oneof![
        6 => Just(Way::Well),
        1 => prop_oneof![Just(Failure::Dns), Just(Failure::Connect), Just(Failure::Tls), Just(Failure::Certificate)]
            .prop_map(Way::NotSent),
        2 => Just(Way::LostBefore),
        3 => Just(Way::LostAfter),
        1 => (0..5000u16).prop_map(Way::Late),
        1 => proptest::option::of(0..40u8).prop_map(Way::Busy),
        1 => prop_oneof![Just(500), Just(502), Just(503)].prop_map(Way::FailingBefore),
        2 => prop_oneof![Just(500), Just(502), Just(504)].prop_map(Way::FailingAfter),
        1 => Just(Way::Probe),
        1 => Just(Way::Html),
        1 => Just(Way::Refused),
        1 => Just(Way::Slow),
        1 => Just(Way::Cancelled),
        1 => Just(Way::Rival),
    ]
}

#[derive(Debug, Clone)]
struct Run {
    operation: Operation,
    /// Is there a record already, and in which state?
    record: Option<&'static str>,
    hosts: usize,
    max_retries: u32,
    deadline_ms: u16,
    ways: Vec<Way>,
    /// The milliseconds that each action takes.
    takes: Vec<u16>,
    seed: [u8; 32],
}

fn run() -> impl Strategy<Value = Run> {
    let operations = prop_oneof![
        Just(Operation::Declare),
        Just(Operation::Modify),
        Just(Operation::Redeclare),
        Just(Operation::Query),
        Just(Operation::VerifyIdentity),
    ];
    let states = proptest::option::of(prop_oneof![Just("SUCCESS"), Just("EXCEPT"), Just("FAIL"), Just("PROCESSING")]);
    (
        (operations, states, 1..3usize, 0..4u32),
        (prop_oneof![Just(1500u16), Just(30_000)], proptest::collection::vec(way(), 0..8)),
        (proptest::collection::vec(0..400u16, 8), any::<[u8; 32]>()),
    )
        .prop_map(|((operation, record, hosts, max_retries), (deadline_ms, ways), (takes, seed))| Run {
            operation,
            record,
            hosts,
            max_retries,
            deadline_ms,
            ways,
            takes,
            seed,
        })
}

/// The service, as far as it matters here.
#[derive(Clone, Default)]
struct Service {
    /// The one record.
    record: Option<Map<String, Value>>,
    /// Requests that are carried out later: when, and which.
    late: Vec<(u64, Operation, Map<String, Value>)>,
    /// How often this caller's operation took effect.
    applied: u32,
    /// How often it did although nobody waited for it any more.
    applied_late: u32,
    rivals: u32,
}

const AMOUNTS: [&str; 4] = ["duty", "order_fee", "transport_fee", "product_fee"];

fn seconds(now: Now) -> i64 {
    now.unix_ms.div_euclid(1000)
}

fn time(now: Now) -> String {
    let seconds = seconds(now) - EPOCH_MS / 1000;
    format!("2026-01-01T{:02}:{:02}:{:02}+00:00", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

impl Service {
    fn pass(&mut self, now: Now) {
        let (due, rest) = std::mem::take(&mut self.late).into_iter().partition(|(at, ..)| *at <= now.mono_ms);
        self.late = rest;
        let due: Vec<(u64, Operation, Map<String, Value>)> = due;
        for (_, operation, fields) in due {
            if self.carry_out(operation, &fields, now).is_ok() {
                self.applied_late += 1;
            }
        }
    }

    /// Carries a request out; `Err` is a refusal.
    fn carry_out(
        &mut self,
        operation: Operation,
        fields: &Map<String, Value>,
        now: Now,
    ) -> Result<Value, &'static str> {
        let state = |record: &Map<String, Value>| record["state"].as_str().unwrap_or_default().to_owned();
        let written = |fields: &Map<String, Value>, state: &str| {
            let mut record = Map::new();
            record.insert("mch_customs_no".to_owned(), fields["merchant_customs_no"].clone());
            for name in AMOUNTS.into_iter().filter(|name| fields.contains_key(*name)) {
                record.insert(name.to_owned(), fields[name].clone());
            }
            record.insert("state".to_owned(), state.into());
            record.insert("modify_time".to_owned(), time(now).into());
            record
        };
        match (operation, &mut self.record) {
            (Operation::Declare, None) => {
                self.record = Some(written(fields, "UNDECLARED"));
                self.applied += 1;
            }
            (Operation::Declare, Some(record)) => {
                let same = record["mch_customs_no"] == fields["merchant_customs_no"];
                if !same {
                    return Err("INVALID_REQUEST");
                }
                self.applied += 1;
            }
            (Operation::Modify, Some(record)) => {
                *record = written(fields, "SUBMITTED");
                self.applied += 1;
            }
            (Operation::Redeclare, Some(record)) if ["SUCCESS", "EXCEPT"].contains(&&*state(record)) => {
                record.insert("state".to_owned(), "SUBMITTED".into());
                record.insert("modify_time".to_owned(), time(now).into());
                self.applied += 1;
            }
            (Operation::Redeclare, Some(_)) => return Err("INVALID_REQUEST"),
            (Operation::Modify | Operation::Redeclare, None) => return Err("ORDER_NOT_EXIST"),
            (Operation::VerifyIdentity, _) => {
                return Ok(json!({ "certificate_check_result": "SAME", "verify_department": "OTHERS" }));
            }
            _ => {
                let Some(record) = &self.record else { return Err("ORDER_NOT_EXIST") };
                return Ok(json!({ "transaction_id": TRANSACTION, "data": [record], "total_count": 1 }));
            }
        }
        Ok(json!({ "state": self.record.as_ref().map(state) }))
    }

    fn rival(&mut self, now: Now) {
        self.rivals += 1;
        let fields = json!({ "merchant_customs_no": "999999", "duty": 9 });
        let _ = self.carry_out(Operation::Modify, fields.as_object().expect("a map"), now);
        self.applied = self.applied.saturating_sub(u32::from(self.record.is_some()));
    }
}

const TRANSACTION: &str = "1000320306201511078440737890";

fn fields(operation: Operation) -> Value {
    let order = json!({
        "out_trade_no": "20150806125346", "transaction_id": TRANSACTION,
        "customs": "SHANGHAI_ZS", "merchant_customs_no": "123456",
    });
    match operation {
        Operation::Declare | Operation::Redeclare => order,
        Operation::Modify => {
            let mut order = order;
            order["duty"] = json!(7);
            order
        }
        Operation::Query => {
            json!({ "order_type": "out_trade_no", "order_no": "20150806125346", "customs": "SHANGHAI_ZS" })
        }
        _ => json!({
            "out_trade_no": "20150806125346", "transaction_id": TRANSACTION, "customs": "SHANGHAI_ZS",
            "merchant_customs_no": "123456", "certificate_type": "IDCARD", "certificate_id": "330821198809085211",
            "certificate_name": "Zhang San",
        }),
    }
}

/// The options of a client; keys are read once.
fn account(hosts: usize) -> Arc<Account> {
    static OPTIONS: LazyLock<Value> = LazyLock::new(|| {
        serde_json::from_str(include_str!("../../tests/vectors/options.json")).expect("options are JSON")
    });
    let mut options = OPTIONS.clone();
    options["base_urls"] = json!(HOSTS[..hosts]);
    // The model signs by its word.
    options.as_object_mut().expect("a map").remove("private_key");
    let options = Options::from_value(options, Convention::Python).expect("the options are right");
    Arc::new(Account::new(options, SignedBy::Caller).expect("the keys are right"))
}

fn answer(status: u16, body: &Value, signature: &str, now: Now, more: &[(&str, String)]) -> Event {
    static SERIAL: LazyLock<String> = LazyLock::new(|| {
        let options: Value = serde_json::from_str(include_str!("../../tests/vectors/options.json")).expect("JSON");
        options["platform_keys"].as_object().and_then(|keys| keys.keys().next().cloned()).expect("a key")
    });
    let mut headers = vec![
        ("Wechatpay-Timestamp".to_owned(), seconds(now).to_string()),
        ("Wechatpay-Nonce".to_owned(), "nonce".to_owned()),
        ("Wechatpay-Signature".to_owned(), signature.to_owned()),
        ("Wechatpay-Serial".to_owned(), SERIAL.clone()),
    ];
    headers.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    Event::Response { status, headers, body: body.to_string().into_bytes(), truncated: false }
}

/// What a run came to, as far as the test judges it.
struct Told {
    outcome: Outcome,
    emits: Vec<Emit>,
    service: Service,
    /// The operation's requests that were sent, and those among them that were answered 429.
    sent: u32,
    busy: u32,
    questions: u32,
}

/// Drives one call to its end.
fn drive(run: &Run) -> Told {
    let call = Call::Operation { operation: run.operation, fields: fields(run.operation) };
    let deadline = u64::from(run.deadline_ms);
    let options = CallOptions {
        deadline: Some(Duration::from_millis(deadline)),
        timeout: Some(Duration::from_secs(10)),
        max_retries: Some(run.max_retries),
    };
    let mut engine = Engine::new(call, account(run.hosts), options, run.seed);
    let mut now = Now { unix_ms: EPOCH_MS, mono_ms: 5_000 };
    let ends = now.mono_ms + deadline;
    let advance = |now: Now, ms: u64| Now { unix_ms: now.unix_ms + ms as i64, mono_ms: now.mono_ms + ms };
    let mut service = Service::default();
    if let Some(state) = run.record {
        let mut record =
            json!({ "mch_customs_no": "123456", "state": state, "modify_time": "2025-12-31T00:00:00+08:00" });
        record["duty"] = json!(5);
        service.record = record.as_object().cloned();
    }
    let (mut ways, mut takes) = (run.ways.iter().copied(), run.takes.iter().copied().cycle());
    let mut told =
        Told { outcome: Outcome::Host, emits: vec![], service: Service::default(), sent: 0, busy: 0, questions: 0 };
    // Is it open whether the last request was carried out?
    let mut open = false;
    let mut event = Event::Start;
    for _ in 0..2_000 {
        let step = engine.step(event, now);
        told.emits.extend(step.emits);
        let takes = u64::from(takes.next().unwrap_or_default());
        event = match step.action {
            Action::Done { outcome } => {
                assert!(now.mono_ms <= ends, "the call ends {} ms after its deadline", now.mono_ms - ends);
                service.pass(now);
                return Told { outcome, service, ..told };
            }
            Action::Sign { timeout_ms, .. } if takes > timeout_ms => {
                now = advance(now, timeout_ms);
                Event::TimedOut
            }
            Action::Sign { .. } => {
                now = advance(now, takes);
                Event::Signed { signature: vec![1; 256] }
            }
            Action::Verify { timeout_ms, .. } if takes > timeout_ms => {
                now = advance(now, timeout_ms);
                Event::TimedOut
            }
            Action::Verify { .. } => {
                now = advance(now, takes);
                Event::Verified { ok: true }
            }
            Action::Sleep { ms, .. } => {
                assert!(now.mono_ms + ms < ends, "a pause passes the deadline");
                let way = run.seed[0].is_multiple_of(16).then_some(Event::Cancel);
                now = advance(now, ms);
                way.unwrap_or(Event::Woke)
            }
            Action::Send { method, url, body, timeout_ms, .. } => {
                assert!(now.mono_ms + timeout_ms <= ends, "an attempt may pass the deadline");
                let question = run.operation != Operation::Query && method.as_str() == "GET";
                let operation = if question { Operation::Query } else { run.operation };
                let sent: Map<String, Value> =
                    body.as_deref().and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
                if question {
                    told.questions += 1;
                } else {
                    told.sent += 1;
                    let harmless = ![Operation::Modify, Operation::Redeclare].contains(&run.operation);
                    assert!(harmless || !open, "{} is repeated although it may have been carried out", run.operation);
                }
                let way = ways.next().unwrap_or(Way::Well);
                let arrives = advance(now, takes.min(timeout_ms) / 2);
                service.pass(arrives);
                let host = usize::from(url.starts_with(HOSTS[1]));
                assert!(host < run.hosts);
                now = advance(now, if way == Way::Slow { timeout_ms } else { takes.min(timeout_ms) });
                let lost = |cause| Event::Failed { sent: Sent::Unknown, cause };
                if way == Way::Rival {
                    service.rival(arrives);
                }
                // A refusal comes through as it is.
                let refused = matches!(way, Way::Probe | Way::Html)
                    && service.clone().carry_out(operation, &sent, arrives).is_err();
                let way = if refused { Way::Well } else { way };
                let event = match way {
                    Way::NotSent(cause) => Event::Failed { sent: Sent::No, cause },
                    Way::LostBefore => lost(Failure::Reset),
                    Way::Late(ms) => {
                        if !question && operation != Operation::Query {
                            service.late.push((now.mono_ms + u64::from(ms), operation, sent));
                        }
                        lost(Failure::Reset)
                    }
                    Way::Busy(seconds) => {
                        told.busy += u32::from(!question);
                        let after = seconds.map(|seconds| ("Retry-After", seconds.to_string()));
                        answer(
                            429,
                            &json!({ "code": "RATE_LIMITED", "message": "slower" }),
                            "AAAA",
                            now,
                            after.as_slice(),
                        )
                    }
                    Way::FailingBefore(status) => answer(status, &json!("<html>"), "AAAA", now, &[]),
                    Way::Refused => answer(400, &json!({ "code": "PARAM_ERROR", "message": "odd" }), "AAAA", now, &[]),
                    Way::Cancelled => Event::Cancel,
                    Way::Well
                    | Way::Rival
                    | Way::LostAfter
                    | Way::FailingAfter(_)
                    | Way::Probe
                    | Way::Html
                    | Way::Slow => {
                        let carried_out = service.carry_out(operation, &sent, arrives);
                        match (way, &carried_out) {
                            (Way::Slow, _) => lost(Failure::Timeout),
                            (Way::LostAfter, _) => lost(Failure::Body),
                            (Way::FailingAfter(status), _) => answer(status, &json!({}), "AAAA", now, &[]),
                            (Way::Html, Ok(_)) => Event::Response {
                                status: 200,
                                headers: vec![],
                                body: b"<html>".to_vec(),
                                truncated: false,
                            },
                            (Way::Probe, Ok(body)) => answer(200, body, "WECHATPAY/SIGNTEST/AAAA", now, &[]),
                            (_, Ok(body)) => answer(200, body, "AAAA", now, &[]),
                            (_, Err(code)) => {
                                let status = if *code == "ORDER_NOT_EXIST" { 404 } else { 400 };
                                answer(status, &json!({ "code": code, "message": "no" }), "AAAA", now, &[])
                            }
                        }
                    }
                };
                let is_open = !matches!(way, Way::Well | Way::Rival | Way::NotSent(_) | Way::Busy(_) | Way::Refused);
                if question {
                    open &= is_open || matches!(way, Way::NotSent(_) | Way::Busy(_) | Way::Refused);
                } else {
                    open |= is_open;
                }
                event
            }
            _ => panic!("an action that a call with its keys does not need"),
        };
    }
    panic!("the call does not end");
}

fn runs() -> u32 {
    std::env::var("NETWORK_RUNS").map_or(10_000, |runs| runs.parse().expect("NETWORK_RUNS is a number"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: runs(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_and_nothing_takes_effect_twice(run in run()) {
        let told = drive(&run);
        let repeated = told.sent.saturating_sub(1 + told.busy);
        prop_assert!(repeated <= run.max_retries, "{} repetitions of at most {}", repeated, run.max_retries);
        let changes = [Operation::Modify, Operation::Redeclare].contains(&run.operation);
        let Service { applied, applied_late, rivals, .. } = told.service;
        prop_assert!(!changes || applied <= 1 + applied_late + rivals, "it took effect {applied} times");
        match &told.outcome {
            Outcome::Ok { attempts, .. } => {
                prop_assert_eq!(*attempts, told.sent);
                let does = changes || run.operation == Operation::Declare;
                // A re-push is possible from two states only, so a record that moves counts as pushed; and a declaration
                // that stands already need not be made.
                let seems = match run.operation {
                    Operation::Redeclare => run.record == Some("PROCESSING"),
                    Operation::Declare => run.record.is_some(),
                    _ => false,
                };
                prop_assert!(!does || applied > 0 || rivals > 0 || seems, "reported as done, and it was not");
            }
            Outcome::Err(error) => {
                prop_assert_eq!(error.attempts, told.sent);
                let unknown = error.may_have_been_applied;
                // What takes effect after a question was answered cannot be known.
                prop_assert!(unknown || applied == 0 || applied_late > 0, "reported as not done, and it was: {:?}", error);
            }
            Outcome::Cancelled { may_have_been_applied } => {
                prop_assert!(*may_have_been_applied || applied == 0, "cancelled as not done, and it was");
            }
            outcome => prop_assert!(false, "{:?}", outcome),
        }
        // Observations pair up: every request ends, unless the call was given up meanwhile.
        let mut phases = BTreeMap::new();
        for emit in &told.emits {
            *phases.entry(emit.phase.as_str()).or_insert(0u32) += 1;
        }
        let of = |phase: Phase| phases.get(phase.as_str()).copied().unwrap_or_default();
        prop_assert_eq!(of(Phase::Request), of(Phase::Response) + of(Phase::Failure));
        prop_assert_eq!(of(Phase::Request), told.sent + told.questions);
    }
}
