//! `ensure` against a model of the service: faults, crashes, rivals and late records, and always an end.
//!
//! `ENSURE_RUNS` says how many random runs there are; 10 000 unless given.

mod life;

use std::sync::Arc;

use life::{Fault, Service, account, answer, later, wanted};
use proptest::prelude::*;
use serde_json::{Map, Value};
use wechatpay_customs::{
    Error, Operation,
    engine::{Account, Action, Engine, Event, Failure, Now, Outcome, Sent},
    life::{EnsureOptions, Ensured, Lost},
};

/// The process that runs `ensure`, and what the model noted of it.
struct Process {
    part: bool,
    duty: i64,
    wait: bool,
    after: Option<Value>,
    /// The state of the declaration as the process last saw it; outside it, whether it has looked at all.
    seen: Option<Option<String>>,
    modifies: u32,
    requests: u32,
    seed: u64,
    account: Arc<Account>,
    lost: Option<Lost>,
}

enum End {
    Plain(Value),
    Error(Error),
    Crashed,
}

impl Process {
    fn new(part: bool, duty: i64, wait: bool, seed: u64) -> Process {
        Process {
            part,
            duty,
            wait,
            after: None,
            seen: None,
            modifies: 0,
            requests: 0,
            seed,
            account: account(),
            lost: None,
        }
    }

    fn operation(method: &str, url: &str) -> Operation {
        match method {
            "GET" => Operation::Query,
            "PATCH" => Operation::Modify,
            _ if url.ends_with("redeclare") => Operation::Redeclare,
            _ => Operation::Declare,
        }
    }

    /// No step is taken that the last record forbids.
    fn judge(&self, operation: Operation, fresh: bool) {
        let state = self.seen.clone().flatten();
        let allowed = match operation {
            Operation::Declare => (fresh || self.seen.is_some()) && state.is_none(),
            Operation::Modify => {
                state.is_some_and(|state| ["UNDECLARED", "SUBMITTED", "SUCCESS", "FAIL", "EXCEPT"].contains(&&*state))
            }
            Operation::Redeclare => state.is_some_and(|state| ["SUCCESS", "EXCEPT"].contains(&&*state)),
            _ => true,
        };
        assert!(allowed, "{operation} was sent after the state {:?}", self.seen);
    }

    /// Drives one run to its end.
    fn run(
        &mut self,
        service: &mut Service,
        now: &mut Now,
        faults: &mut impl Iterator<Item = Fault>,
        fresh: bool,
    ) -> End {
        self.seed += 1;
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.seed.to_le_bytes());
        let options = EnsureOptions {
            wait: self.wait,
            fresh,
            after: self.after.clone(),
            lost: self.lost,
            ..EnsureOptions::default()
        };
        let fields = wanted(self.part, self.duty);
        let mut engine = Engine::ensure(fields, Arc::clone(&self.account), options, seed);
        let mut event = Event::Start;
        for _ in 0..3_000 {
            event = match engine.step(event, *now).action {
                Action::Done { outcome: Outcome::Plain { value } } => return End::Plain(value),
                Action::Done { outcome: Outcome::Err(error) } => return End::Error(error),
                Action::Sign { .. } => Event::Signed { signature: vec![1; 256] },
                Action::Verify { .. } => Event::Verified { ok: true },
                Action::Sleep { ms, progress } => {
                    assert!(self.wait || ms <= 2_000, "{ms} ms are slept in a run that must not wait");
                    if let Some(progress) = progress {
                        small(&progress);
                        self.after = Some(progress);
                    }
                    *now = later(*now, ms);
                    Event::Woke
                }
                Action::Send { method, url, body, .. } => {
                    *now = later(*now, 50);
                    self.requests += 1;
                    let operation = Process::operation(method.as_str(), &url);
                    self.judge(operation, fresh);
                    self.modifies += u32::from(operation == Operation::Modify);
                    let sent: Map<String, Value> =
                        body.as_deref().and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
                    match self.exchange(service, operation, &sent, faults.next().unwrap_or(Fault::None), *now) {
                        Some(event) => event,
                        None => return End::Crashed,
                    }
                }
                Action::Done { .. } | Action::LoadKeys { .. } | _ => panic!("an action that the model does not know"),
            };
        }
        panic!("the run does not end");
    }

    /// Sends a request through a fault; `None` if the process ends with it.
    fn exchange(
        &mut self,
        service: &mut Service,
        operation: Operation,
        sent: &Map<String, Value>,
        fault: Fault,
        now: Now,
    ) -> Option<Event> {
        if fault == Fault::Rival {
            service.rival(self.part, now);
        }
        let lost = Some(Event::Failed { sent: Sent::Unknown, cause: Failure::Reset });
        match fault {
            Fault::NotSent => return Some(Event::Failed { sent: Sent::No, cause: Failure::Connect }),
            Fault::LostBefore => return lost,
            Fault::CrashBefore => return None,
            Fault::Busy => {
                return Some(answer(429, &serde_json::json!({ "code": "RATE_LIMITED", "message": "slow" }), now));
            }
            _ => {}
        }
        let answered = service.carry_out(operation, sent, now);
        match fault {
            Fault::LostAfter => return lost,
            Fault::CrashAfter => return None,
            Fault::Failing => return Some(answer(502, &serde_json::json!({}), now)),
            _ => {}
        }
        Some(match answered {
            Ok(body) => {
                self.seen = Some(match operation {
                    Operation::Query => service.state_in(&body, self.part),
                    _ => body["state"].as_str().map(str::to_owned),
                });
                answer(200, &body, now)
            }
            Err(code) => {
                let message = if operation == Operation::Declare { life::DIFFERS } else { "no" };
                answer(400, &serde_json::json!({ "code": code, "message": message }), now)
            }
        })
    }
}

/// It fits into a job's payload.
fn small(value: &Value) {
    let escaped: usize = value.to_string().chars().map(|it| if it.is_ascii() { 1 } else { 6 * it.len_utf16() }).sum();
    assert!(escaped < 1_500, "{escaped} bytes: {value}");
}

fn runs() -> u32 {
    std::env::var("ENSURE_RUNS").map_or(10_000, |runs| runs.parse().expect("ENSURE_RUNS is a number"))
}

#[derive(Debug, Clone)]
struct Run {
    part: bool,
    wait: bool,
    fresh: bool,
    /// Does a process that crashes keep what the run before gave?
    keeps: bool,
    before: life::Before,
    fates: Vec<&'static str>,
    /// The seconds after which a record, or a change of it, shows.
    late: u16,
    faults: Vec<Fault>,
    seed: u64,
}

fn run() -> impl Strategy<Value = Run> {
    let fate = prop_oneof![12 => Just("SUCCESS"), 3 => Just("FAIL"), 8 => Just("EXCEPT"), 1 => Just("stuck")];
    (
        (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), life::before()),
        (proptest::collection::vec(fate, 0..6), prop_oneof![Just(0u16), 0..800u16]),
        (proptest::collection::vec(life::fault(), 0..24), any::<u32>()),
    )
        .prop_map(|((part, wait, fresh, keeps, before), (fates, late), (faults, seed))| Run {
            part,
            wait,
            fresh: fresh && before == life::Before::Nothing,
            keeps,
            before,
            fates,
            late,
            faults,
            seed: seed.into(),
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: runs(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_comes_to_what_is_wanted_or_to_a_named_reason(run in run()) {
        let mut service = Service::new(run.before, run.part, run.late, run.fates.clone());
        let mut now = Now { unix_ms: life::EPOCH_MS, mono_ms: 5_000 };
        let mut faults = run.faults.iter().copied();
        let mut process = Process::new(run.part, 7, run.wait, run.seed << 16);
        let mut fresh = run.fresh;
        let mut ended = None;
        for _ in 0..400 {
            match process.run(&mut service, &mut now, &mut faults, fresh) {
                End::Crashed => {
                    process.account = account();
                    process.seen = process.seen.filter(|_| run.keeps && process.after.is_some());
                    process.after = process.after.filter(|_| run.keeps);
                    now = later(now, 5_000);
                }
                End::Error(error) => {
                    prop_assert!(run.wait && error.code == "CONFLICT", "{:?}", error);
                    ended = Some(("person".to_owned(), "rival".to_owned()));
                    break;
                }
                End::Plain(value) => {
                    small(&value);
                    let ensured: Ensured = serde_json::from_value(value.clone()).expect("it has its type's shape");
                    if ensured.settled {
                        ended = Some((ensured.step, ensured.reason));
                        break;
                    }
                    let at = ensured.retry_at.expect("a run that is not settled says when to go on");
                    prop_assert!(at * 1000 > now.unix_ms, "it is to go on at once");
                    let pause = (at * 1000 - now.unix_ms) as u64;
                    now = later(now, pause);
                    process.after = Some(value);
                }
            }
            fresh = false;
        }
        let (step, reason) = ended.ok_or_else(|| TestCaseError::fail("it never settles"))?;
        prop_assert!(!service.twice(), "the same money is declared twice");
        let stands = service.stands(run.part, 7);
        // A read that comes late cannot show what a rival, or a request that was lost, has just changed.
        let unseen = run.late > 0 && (service.rivals > 0 || stands.is_some());
        match (&*step, &*reason) {
            ("done", "success") => prop_assert!(stands == Some("SUCCESS") || unseen),
            ("person", "fail") => prop_assert!(stands == Some("FAIL") || unseen),
            ("person", "except_again") => prop_assert!(stands == Some("EXCEPT") || unseen),
            ("person", "stuck") => prop_assert!(service.is_stuck(run.part)),
            ("person", "rival") => prop_assert!(service.rivals > 0),
            ("person", "declared_otherwise") => prop_assert_eq!(run.before, life::Before::Otherwise),
            ("person", "not_shown") => prop_assert!(run.late > 0, "the change shows"),
            ("person", "refused") => prop_assert!(service.rivals > 0 || run.late > 0, "it was refused"),
            other => prop_assert!(false, "{:?}", other),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: runs() / 10, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn two_who_want_different_things_change_it_once_each(
        seed in any::<u32>(), late in prop_oneof![Just(0u16), 0..300u16], turns in proptest::collection::vec(any::<bool>(), 40)
    ) {
        let mut service = Service::new(life::Before::Nothing, false, late, vec!["SUCCESS"; 8]);
        let mut now = Now { unix_ms: life::EPOCH_MS, mono_ms: 5_000 };
        let mut processes = [7, 8].map(|duty| Process::new(false, duty, false, u64::from(seed) << 16 | duty as u64));
        let mut told = [None, None];
        for turn in turns {
            let who = usize::from(turn);
            if let End::Plain(value) = processes[who].run(&mut service, &mut now, &mut std::iter::empty(), false) {
                told[who] = value["settled"].as_bool().filter(|settled| *settled).map(|_| value["reason"].clone());
                processes[who].after = Some(value);
            }
            now = later(now, 70_000);
        }
        prop_assert!(processes.iter().all(|process| process.modifies <= 1), "they change it by turns");
        if told.iter().all(Option::is_some) {
            prop_assert!(told.iter().flatten().any(|reason| reason != "success"), "neither is told of the other");
        }
    }
}

#[test]
fn a_fresh_order_without_a_fault_costs_few_requests() {
    for fresh in [true, false] {
        let mut service = Service::new(life::Before::Nothing, false, 0, vec!["SUCCESS"]);
        let mut now = Now { unix_ms: life::EPOCH_MS, mono_ms: 5_000 };
        let mut process = Process::new(false, 7, false, 1);
        let first = process.run(&mut service, &mut now, &mut std::iter::empty(), fresh);
        assert_eq!(process.requests, if fresh { 1 } else { 2 });
        assert!(matches!(first, End::Plain(value) if value["step"] == "wait" && value["reason"] == "queued"));
        let mut process = Process::new(false, 8, true, 2);
        let mut service = Service::new(life::Before::Nothing, false, 0, vec!["SUCCESS"]);
        let done = process.run(&mut service, &mut now, &mut std::iter::empty(), fresh);
        assert!(matches!(done, End::Plain(value) if value["step"] == "done"));
        assert!(process.requests <= if fresh { 6 } else { 7 }, "{}", process.requests);
    }
}

#[test]
fn what_an_earlier_run_gave_must_be_of_the_same_order() {
    let mut service = Service::new(life::Before::Nothing, false, 0, vec![]);
    let mut now = Now { unix_ms: life::EPOCH_MS, mono_ms: 5_000 };
    let mut process = Process::new(false, 7, false, 1);
    let End::Plain(value) = process.run(&mut service, &mut now, &mut std::iter::empty(), true) else { panic!("data") };
    let mut other = Process { after: Some(value), ..Process::new(true, 7, false, 2) };
    let End::Error(error) = other.run(&mut service, &mut now, &mut std::iter::empty(), false) else {
        panic!("an error")
    };
    assert_eq!((error.code.as_str(), other.requests), ("INVALID_OPTION", 0));
    let mut broken = Process { after: Some(serde_json::json!({ "step": "wait" })), ..Process::new(false, 7, false, 3) };
    let End::Error(error) = broken.run(&mut service, &mut now, &mut std::iter::empty(), false) else {
        panic!("an error")
    };
    assert!(error.message.contains("`after`"), "{error}");
}

#[test]
fn a_record_that_another_has_made_and_that_does_not_show_is_waited_for() {
    let mut now = Now { unix_ms: life::EPOCH_MS, mono_ms: 5_000 };
    let mut service = Service::new(life::Before::Nothing, false, 60, vec![]);
    let other = wanted(false, 9);
    service.carry_out(Operation::Declare, other.as_object().expect("a map"), now).expect("it is declared");
    let mut process = Process::new(false, 7, false, 1);
    let first = process.run(&mut service, &mut now, &mut std::iter::empty(), false);
    assert_eq!(reason(&first), "unanswered");
    let End::Plain(first) = first else { panic!("data") };
    assert_eq!(first["error"]["reason"], "declared_data_differs");
    process.after = Some(first);
    now = later(now, 70_000);
    let second = process.run(&mut service, &mut now, &mut std::iter::empty(), false);
    assert_eq!((reason(&second), process.modifies), ("queued", 1));
}

#[test]
fn what_the_port_lost_is_pushed_again_once_whatever_clocks_say() {
    let hours = life::EPOCH_MS / 1000 + 8 * 3600;
    for lost in [Lost::AsSeen, Lost::At(life::EPOCH_MS / 1000 + 300), Lost::At(hours)] {
        let mut now = Now { unix_ms: life::EPOCH_MS + 250_000, mono_ms: 5_000 };
        let mut service = Service::new(life::Before::Same, false, 0, vec!["SUCCESS"; 9]);
        let mut process = Process { lost: Some(lost), ..Process::new(false, 7, false, 1) };
        let mut pushed = 0;
        // The first push is lost on its way; it is found out, and made.
        let mut faults = vec![Fault::None, Fault::LostBefore].into_iter();
        for _ in 0..30 {
            let end = process.run(&mut service, &mut now, &mut faults, false);
            let End::Plain(value) = end else { panic!("data") };
            pushed = value["kept"]["redeclares"].as_u64().expect("a number");
            let settled = value["settled"] == true;
            process.after = Some(value);
            // The next run of a job does not say it again.
            process.lost = None;
            now = later(now, 200_000);
            if settled {
                break;
            }
        }
        assert_eq!(process.after.as_ref().expect("a result")["reason"], "success");
        // The one that was lost may have been carried out, so it counts.
        assert_eq!(pushed, 2, "{lost:?}");
    }
}

#[test]
fn pushes_whose_answers_are_lost_count_too() {
    let mut now = Now { unix_ms: life::EPOCH_MS + 250_000, mono_ms: 5_000 };
    let mut service = Service::new(life::Before::Same, false, 0, vec!["EXCEPT"; 40]);
    let mut process = Process::new(false, 7, false, 1);
    for run in 0.. {
        assert!(run < 60, "it never settles");
        // Each query is answered, each push is carried out and its answer lost.
        let mut faults = vec![Fault::None, Fault::LostAfter].into_iter();
        let end = process.run(&mut service, &mut now, &mut faults, false);
        let End::Plain(value) = end else { panic!("data") };
        let (settled, reason) = (value["settled"] == true, value["reason"].clone());
        process.after = Some(value);
        if settled {
            assert_eq!(reason, "except_again");
            break;
        }
        now = later(now, 300_000);
    }
}

/// The reason that a run ends with.
fn reason(end: &End) -> &str {
    match end {
        End::Plain(value) => value["reason"].as_str().expect("a reason"),
        End::Error(error) => &error.code,
        End::Crashed => "crashed",
    }
}

#[test]
fn what_is_not_known_yet_is_looked_for_again() {
    let mut now = Now { unix_ms: life::EPOCH_MS, mono_ms: 5_000 };
    let mut service = Service::new(life::Before::Different, false, 100, vec![]);
    let mut process = Process::new(false, 7, false, 1);
    let mut run = |now: &mut Now, faults: &[Fault]| {
        let end = process.run(&mut service, now, &mut faults.iter().copied(), false);
        if let End::Plain(value) = &end {
            process.after = Some(value.clone());
        }
        end
    };
    // The modify is lost before it arrives.
    let first = run(&mut now, &[Fault::None, Fault::LostBefore]);
    assert!(matches!(&first, End::Plain(value) if value["error"]["code"] == "CONNECTION_RESET"), "the error is told");
    assert_eq!(reason(&first), "unanswered");
    assert_eq!(reason(&run(&mut now, &[])), "not_due", "it is looked at, but nothing is done before its time");
    now = later(now, 68_000);
    assert_eq!(reason(&run(&mut now, &[])), "queued");
    now = later(now, 60_000);
    assert_eq!(reason(&run(&mut now, &[])), "late_read", "the record is the one before the change");
    now = later(now, 60_000);
    assert_eq!(reason(&run(&mut now, &[])), "processing");
}

#[test]
fn whatever_comes_the_result_is_small() {
    let odd = "海".repeat(60);
    let mut record = Map::new();
    for name in
        ["state", "modify_time", "sub_order_no", "sub_order_id", "transaction_id", "out_trade_no", "explanation"]
    {
        record.insert(name.to_owned(), odd.clone().into());
    }
    for name in ["verify_department_trade_id", "verify_department", "mch_customs_no", "customs", "fee_type", "mchid"] {
        record.insert(name.to_owned(), odd.clone().into());
    }
    let change = serde_json::json!({ "at": i64::MAX, "did": "redeclare", "state": odd, "request_id": odd });
    let large: Ensured = serde_json::from_value(serde_json::json!({
        "settled": true, "step": "person", "reason": "declared_otherwise",
        "why": {
            "en": "The payment is declared at this customs the other way, whole or in parts: the same money twice.",
            "zh": "该支付在此海关已按另一方式（整单或拆单）申报，再报会重复。",
        },
        "record": record, "retry_at": i64::MAX,
        "error": {
            "kind": "transport", "code": "海".repeat(32), "reason": "settlement_currency_still_differs",
            "message": "海".repeat(120), "request_id": odd, "may_have_been_applied": true,
        },
        "trail": [change, change, change, change],
        "kept": {
            "order": "0123456789abcdef", "wanted": "0123456789abcdef", "stood": true, "until": i64::MAX,
            "acted_at": i64::MAX, "redeclares": u32::MAX, "lost": i64::MAX, "dropped": u32::MAX - 4,
        },
    }))
    .expect("a result");
    let value = large.into_value();
    small(&value);
    let again = Ensured::from_value(&value).expect("it is read again");
    assert_eq!((again.settled, again.kept.redeclares, again.trail.len()), (true, u32::MAX, 1));
}
