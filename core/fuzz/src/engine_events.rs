use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use arbitrary::{Arbitrary, Unstructured};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use serde_json::{Value, json};
use wechatpay_customs::{
    ErrorKind, Operation,
    engine::{Account, Action, Call, Engine, Event, Failure, Now, Outcome, Sent, SignedBy, Step},
    keys::{PlatformKey, PlatformKeys},
    options::{CallOptions, Convention, KeyMaterial, Options},
    response::Received,
};

use crate::{NOW, options, sample};

#[derive(Debug, Arbitrary)]
struct Script {
    client: Client,
    epoch: Epoch,
    /// Two engines over one client, whose steps come in any order.
    engines: [Setup; 2],
    acts: Vec<(Act, Passing)>,
}

#[derive(Debug, Arbitrary)]
struct Setup {
    operation: u8,
    course: Course,
    timeout: Option<Duration>,
    deadline: Option<Duration>,
    max_retries: Option<u8>,
}

/// Which engine.
#[derive(Debug, Arbitrary)]
enum Course {
    Call,
    LoadKeys(u8),
    Prepare,
    Parse(Reply),
    /// Fields that no operation takes.
    Refused,
}

#[derive(Debug, Clone, Copy, Arbitrary)]
struct Client {
    platform_keys: [bool; 4],
    api_v3_key: bool,
    signer: Signer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
enum Signer {
    None,
    Caller,
    Software,
}

/// When a script begins: one of the certificates expired in 2024, most are valid from 2020 to 2056.
#[derive(Debug, Arbitrary)]
enum Epoch {
    Year2026,
    Year2023,
    Year2056,
}

#[derive(Debug, Arbitrary)]
enum Act {
    First(Happening),
    Second(Happening),
    Carry(Carry),
}

/// Keys that are carried from client to client, which takes a hundred times as long as a step.
#[derive(Debug, Arbitrary)]
enum Carry {
    Export,
    Import(Import),
}

#[derive(Debug, Arbitrary)]
enum Import {
    Keys { which: [bool; 4], fetched_at: Option<i64> },
    Any(Vec<u8>),
}

#[derive(Debug, Arbitrary)]
enum Happening {
    /// What the driver hopes for, whatever it was told to do. As likely as all others, or few scripts would get far.
    Good(Reply),
    Other(Other),
}

#[derive(Debug, Arbitrary)]
enum Other {
    Start,
    Signed(Vec<u8>),
    HostFailed,
    TimedOut,
    Response(Reply),
    Failed(Broken),
    Verified(bool),
    Woke,
    KeysReady,
    KeysFailed {
        raised: bool,
    },
    Cancel,
    /// A download that takes so many milliseconds and comes to this.
    Download(u32, Landing),
}

#[derive(Debug, Arbitrary)]
enum Landing {
    Answered(Reply),
    Forged(Reply),
    Failed(Broken),
    HostFailed,
    Cancelled,
}

#[derive(Debug, Arbitrary)]
enum Broken {
    Dns,
    Connect,
    Tls,
    Certificate,
    Timeout,
    Reset,
    Body,
    Other,
}

#[derive(Debug, Clone, Arbitrary)]
struct Reply {
    status: Status,
    signature: Signature,
    key: u8,
    body: Body,
    retry_after: Option<u32>,
    truncated: bool,
}

#[derive(Debug, Clone, Copy, Arbitrary)]
enum Status {
    Ok,
    Accepted,
    NoContent,
    NotFound,
    TooMany,
    Failed,
    Any(u16),
}

#[derive(Debug, Clone, Arbitrary)]
enum Signature {
    Sound,
    Stale,
    None,
    Probe,
    NotBase64,
}

#[derive(Debug, Clone, Arbitrary)]
enum Body {
    Sound,
    Query,
    /// The list of certificates: some of them, each as it should be or not.
    Certificates([Listed; 3]),
    Refusal(u8),
    Html,
    Any(Vec<u8>),
}

#[derive(Debug, Clone, Arbitrary)]
enum Listed {
    No,
    Sound,
    /// Encrypted with another key, or changed.
    Forged,
    UnderAnotherSerial,
    InPlain,
}

/// How the clocks move.
#[derive(Debug, Arbitrary)]
enum Passing {
    By(u16),
    Hours(u16),
    To { unix_ms: i64, mono_ms: u64 },
}

const API_V3_KEY: &str = "0123456789abcdef0123456789abcdef";

/// Platform keys by id: three certificates, of which one expired in 2024, and a public key.
static KEYS: LazyLock<[(String, String); 4]> = LazyLock::new(|| {
    let certificate = |serial: &str, pem: &str| (serial.to_owned(), pem.to_owned());
    let keys = options()["platform_keys"].take();
    let public = keys.as_object().and_then(|keys| keys.iter().find(|(id, _)| id.starts_with("PUB_KEY_ID_")));
    let (id, pem) = public.expect("a public key");
    let expired = || {
        let mut vectors: Value =
            serde_json::from_str(include_str!("../../../tests/vectors/keys.json")).expect("the vectors are JSON");
        let list = vectors["vectors"].as_array_mut().expect("a list");
        let vector = list.iter_mut().find(|vector| vector["id"] == "validity-expired").expect("the vector");
        let keys = vector["options"]["platform_keys"].as_object().expect("a map").clone();
        let (serial, pem) = keys.into_iter().next().expect("a certificate");
        certificate(&serial, pem.as_str().expect("PEM"))
    };
    [
        certificate(
            "5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
            include_str!("../../../tests/vectors/keys/platform.cert.pem"),
        ),
        expired(),
        certificate(
            "68E2A7351F90C4DB8237B6E05A1CD94F72086E5B",
            include_str!("../../../tests/vectors/keys/other.cert.pem"),
        ),
        (id.clone(), pem.as_str().expect("PEM").to_owned()),
    ]
});

/// The same, read.
static READ: LazyLock<PlatformKeys> = LazyLock::new(|| {
    let keys = KEYS.iter().map(|(id, pem)| (id.as_str(), KeyMaterial::from(pem.as_str()))).collect::<Vec<_>>();
    PlatformKeys::read(keys.iter().map(|(id, key)| (*id, key))).expect("the keys are sound")
});

fn some_keys(which: [bool; 4]) -> Value {
    KEYS.iter().zip(which).filter(|(_, wanted)| *wanted).map(|(key, _)| key.clone()).collect()
}

impl Client {
    fn account(self) -> Arc<Account> {
        let mut options = options();
        options["platform_keys"] = some_keys(self.platform_keys);
        let signing = if self.signer == Signer::Caller { SignedBy::Caller } else { SignedBy::Core };
        match self.signer {
            Signer::Software => options["crypto"] = json!("software"),
            _ => options["private_key"] = Value::Null,
        }
        if self.api_v3_key {
            options["api_v3_key"] = json!(API_V3_KEY);
        }
        let options = Options::from_value(options, Convention::Python).expect("the options are sound");
        Arc::new(Account::new(options, signing).expect("the keys are sound"))
    }
}

/// Any events at any times into two engines of any calls of one client.
pub fn engine_events(input: &[u8]) {
    let Ok(script) = Script::arbitrary_take_rest(Unstructured::new(input)) else { return };
    let mut now = script.epoch.now();
    let mut world = World { account: script.client.account(), client: script.client, flight: 0, landed: None };
    let mut carried = 0;
    let [first, second] = &script.engines;
    let (mut first, mut second) = (Watch::new(first, &world), Watch::new(second, &world));
    for (act, passing) in script.acts.iter().take(64) {
        now = passing.from(now);
        match act {
            Act::First(happening) => first.happens(happening, &mut world, &mut now),
            Act::Second(happening) => second.happens(happening, &mut world, &mut now),
            Act::Carry(_) if carried == 3 => {}
            Act::Carry(carry) => {
                carried += 1;
                match carry {
                    Carry::Export => world.export(),
                    Carry::Import(import) => world.import(import),
                }
            }
        }
    }
}

/// What all engines share, and what is expected of it.
struct World {
    account: Arc<Account>,
    client: Client,
    /// The number of downloads that have ended.
    flight: u64,
    /// When the last one ended that may not be repeated at once (monotonic milliseconds).
    landed: Option<u64>,
}

impl World {
    fn export(&self) {
        let other = Client { platform_keys: [false; 4], api_v3_key: false, signer: Signer::None }.account();
        let text = self.account.export_keys();
        other.import_keys(&text).expect("what is exported can be imported");
        assert_eq!(other.platform_keys(), self.account.platform_keys());
        assert_eq!(other.export_keys(), text);
    }

    fn import(&self, import: &Import) {
        let text = match import {
            Import::Keys { which, fetched_at } => {
                json!({ "keys": some_keys(*which), "fetched_at": fetched_at }).to_string()
            }
            Import::Any(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        };
        let before = self.account.platform_keys();
        match self.account.import_keys(&text) {
            Ok(()) => assert!(before.ids().all(|id| self.account.platform_keys().get(id).is_some())),
            Err(error) => {
                assert_eq!(error.code, "PLATFORM_KEY_INVALID");
                assert_eq!(before, self.account.platform_keys());
            }
        }
    }

    /// Does the whole download; what those hear of it who wait for it.
    fn download(&mut self, flight: u64, took: u32, landing: &Landing, now: &mut Now) -> Event {
        let setup = Setup {
            operation: 0,
            course: Course::LoadKeys(0),
            timeout: None,
            deadline: Some(Duration::from_secs(1 << 32)),
            max_retries: None,
        };
        let mut watch = Watch::of(&setup, Call::LoadKeys { flight }, self);
        let begun = *now;
        *now = later(*now, took.into());
        let mut event = Event::Start;
        loop {
            let at = if watch.asked == Asked::Start { begun } else { *now };
            if let Some(outcome) = watch.step(event, self, at) {
                return match outcome {
                    Outcome::Ok { .. } => Event::KeysReady,
                    Outcome::Err(error) => Event::KeysFailed { error: json!(error) },
                    _ => Event::KeysFailed { error: Value::Null },
                };
            }
            event = match (watch.asked, landing) {
                (Asked::Sign, Landing::HostFailed) => Event::HostFailed,
                (Asked::Sign, _) => Event::Signed { signature: vec![1; 256] },
                (Asked::Send, Landing::Answered(reply) | Landing::Forged(reply)) => reply.event(*now),
                (Asked::Send, Landing::Failed(failure)) => failure.event(),
                (Asked::Send, Landing::HostFailed | Landing::Cancelled) => Event::Cancel,
                (Asked::Verify, landing) => Event::Verified { ok: !matches!(landing, Landing::Forged(_)) },
                (asked, _) => panic!("a download asks for {asked:?}"),
            };
        }
    }
}

/// What was asked for last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Start,
    Sign,
    Send,
    Verify,
    Sleep,
    LoadKeys,
    Nothing,
}

fn fits(asked: Asked, event: &Event) -> bool {
    match (asked, event) {
        (Asked::Nothing, _) => false,
        (_, Event::Cancel)
        | (Asked::Start, Event::Start)
        | (Asked::Sign, Event::Signed { .. } | Event::HostFailed | Event::TimedOut)
        | (Asked::Send, Event::Response { .. } | Event::Failed { .. })
        | (Asked::Verify, Event::Verified { .. } | Event::HostFailed | Event::TimedOut)
        | (Asked::Sleep, Event::Woke)
        | (Asked::LoadKeys, Event::KeysReady | Event::KeysFailed { .. } | Event::TimedOut) => true,
        _ => false,
    }
}

/// An engine, what was seen of it, and what must never be seen.
struct Watch {
    engine: Engine,
    operation: Operation,
    sends: bool,
    /// The download that it is.
    flight: Option<u64>,
    asked: Asked,
    /// The download that it waits for.
    awaited: u64,
    /// The signature that no request has carried yet.
    signature: Option<Vec<u8>>,
    /// Of the answer that came last.
    status: Option<u16>,
    answered_at: i64,
    /// Was that answer found to be right?
    verified: bool,
    /// What the host and the caller did.
    failed: bool,
    cancelled: bool,
    sent: u32,
    begun: u32,
    ended: u32,
    questions: u32,
}

impl Watch {
    fn new(setup: &Setup, world: &World) -> Watch {
        let call = setup.course.call(setup.operation());
        Watch::of(setup, call, world)
    }

    fn of(setup: &Setup, call: Call, world: &World) -> Watch {
        let flight = if let Call::LoadKeys { flight } = call { Some(flight) } else { None };
        let max_retries = if flight.is_some() { Some(0) } else { setup.max_retries.map(u32::from) };
        let options = CallOptions { timeout: setup.timeout, deadline: setup.deadline, max_retries };
        Watch {
            sends: !matches!(call, Call::Prepare { .. } | Call::Parse { .. }),
            operation: flight.map_or(setup.operation(), |_| Operation::Certificates),
            engine: Engine::new(call, Arc::clone(&world.account), options, [7; 32]),
            flight,
            asked: Asked::Start,
            awaited: 0,
            signature: None,
            status: if let Course::Parse(reply) = &setup.course { Some(reply.status.code()) } else { None },
            answered_at: 0,
            verified: false,
            failed: false,
            cancelled: false,
            sent: 0,
            begun: 0,
            ended: 0,
            questions: 0,
        }
    }

    fn happens(&mut self, happening: &Happening, world: &mut World, now: &mut Now) {
        let event = match (happening, self.asked) {
            (Happening::Other(Other::Download(took, landing)), Asked::LoadKeys) => {
                world.download(self.awaited, *took, landing, now)
            }
            (Happening::Good(reply), Asked::LoadKeys) => {
                world.download(self.awaited, 0, &Landing::Answered(reply.clone()), now)
            }
            _ => happening.event(self.asked, *now),
        };
        self.step(event, world, *now);
    }

    fn event(&mut self, event: &Event, now: Now) {
        match event {
            Event::Start if self.asked == Asked::Start => self.answered_at = now.unix_ms.div_euclid(1000),
            Event::Signed { signature } if self.asked == Asked::Sign => self.signature = Some(signature.clone()),
            Event::Response { status, .. } if self.asked == Asked::Send => {
                self.status = Some(*status);
                self.answered_at = now.unix_ms.div_euclid(1000);
                self.verified = false;
            }
            Event::Verified { ok } if self.asked == Asked::Verify => self.verified = *ok,
            Event::HostFailed | Event::KeysFailed { error: Value::Null } => self.failed = true,
            Event::Cancel => self.cancelled = true,
            _ => {}
        }
    }

    /// A step has exactly one action by its type. Gives the outcome if it is the last.
    fn step(&mut self, event: Event, world: &mut World, now: Now) -> Option<Outcome> {
        self.event(&event, now);
        let fits = fits(self.asked, &event);
        // Does it end the download that is under way? One of another number ends nothing.
        let lands = self.flight.filter(|flight| *flight == world.flight && self.asked != Asked::Nothing);
        let lands = lands.filter(|_| self.asked != Asked::Start || fits);
        let Step { emits, action } = self.engine.step(event, now);
        for emit in &emits {
            let asks = emit.question && emit.operation == Operation::Query;
            assert!(asks || emit.operation == self.operation);
            match emit.phase.as_str() {
                "request" => {
                    self.begun += 1;
                    self.questions += u32::from(emit.question);
                }
                "pause" => countable(emit.ms),
                "response" | "failure" => self.ended += 1,
                "skipped" => assert_eq!(self.operation, Operation::Certificates),
                phase => panic!("{phase}"),
            }
        }
        if !fits {
            let Action::Done { outcome: Outcome::Err(error) } = &action else { panic!("a misfit went on") };
            assert_eq!(error.code, "UNEXPECTED_EVENT");
        }
        let mut end = None;
        self.asked = match action {
            Action::Sign { entropy, timeout_ms, message } => {
                assert!(world.client.signer != Signer::None, "nobody can sign");
                assert_eq!(entropy.is_some(), world.client.signer == Signer::Software);
                assert_eq!(message.iter().filter(|byte| **byte == b'\n').count(), 5);
                assert!(!self.sends || self.can_verify(world, now), "to be sent, though nothing can be verified");
                countable(timeout_ms);
                Asked::Sign
            }
            Action::Send { headers, timeout_ms, .. } => {
                assert!(self.sends, "only a whole call sends");
                let signature = self.signature.take().expect("each attempt is signed anew");
                let given: Vec<_> = headers.iter().filter(|(name, _)| name == "Authorization").collect();
                assert!(matches!(given.as_slice(), [(_, text)] if text.contains(&BASE64_STANDARD.encode(&signature))));
                assert!(timeout_ms > 0);
                countable(timeout_ms);
                self.sent += 1;
                Asked::Send
            }
            Action::Verify { key_id, spki_der, timeout_ms, .. } => {
                assert!(self.status.is_some(), "there is no answer");
                let key = READ.get(&key_id).expect("no other key is sound");
                assert!(key.spki_der() == spki_der && valid(key, self.answered_at), "{key_id} is not valid");
                countable(timeout_ms);
                Asked::Verify
            }
            Action::Sleep { ms, progress } => {
                assert!(progress.is_none(), "only runs of several calls tell their progress");
                countable(ms);
                Asked::Sleep
            }
            Action::LoadKeys { timeout_ms, flight, .. } => {
                assert!(world.client.api_v3_key && self.sends && self.operation != Operation::Certificates);
                assert_eq!(flight, world.flight);
                let ended_ms_ago = world.landed.map(|at| now.mono_ms.saturating_sub(at));
                assert!(ended_ms_ago.is_none_or(|ago| ago >= 60_000), "another download after {ended_ms_ago:?} ms");
                countable(timeout_ms);
                self.awaited = flight;
                Asked::LoadKeys
            }
            Action::Done { outcome } => {
                self.done(&outcome, fits);
                let may_repeat = match &outcome {
                    Outcome::Ok { .. } => Some(false),
                    Outcome::Err(error) => Some(error.kind == ErrorKind::Transport),
                    _ => None,
                };
                if let (Some(_), Some(may_repeat)) = (lands, may_repeat) {
                    world.flight += 1;
                    world.landed = if may_repeat { world.landed } else { Some(now.mono_ms) };
                }
                end = Some(outcome);
                Asked::Nothing
            }
            _ => panic!("an action that no driver knows"),
        };
        assert_eq!(self.begun, self.sent, "each attempt is observed");
        let under_way = match self.asked {
            Asked::Send | Asked::Verify => self.sends,
            Asked::LoadKeys => self.sent > 0,
            _ => false,
        };
        assert!(self.ended + u32::from(under_way) <= self.sent, "an attempt ends once");
        end
    }

    fn can_verify(&self, world: &World, now: Now) -> bool {
        match self.operation {
            Operation::Certificates => world.client.api_v3_key,
            _ => world.account.platform_keys().iter().any(|(_, key)| valid(key, now.unix_ms.div_euclid(1000))),
        }
    }

    fn done(&self, outcome: &Outcome, fits: bool) {
        let applied = match outcome {
            // The keys were there already.
            Outcome::Ok { value, .. } if self.flight.is_some() && self.sent == 0 => {
                assert_eq!(*value, json!({}));
                false
            }
            Outcome::Ok { .. } => {
                assert!(self.verified && self.status.is_some_and(|status| (200..300).contains(&status)));
                false
            }
            Outcome::Prepared { .. } => {
                assert!(!self.sends && self.status.is_none());
                false
            }
            Outcome::Err(error) => {
                assert!(fits == (error.code != "UNEXPECTED_EVENT"), "{error}");
                assert!(!error.authenticated || self.verified);
                assert_eq!(error.attempts, self.sent - self.questions);
                error.may_have_been_applied
            }
            Outcome::Plain { .. } => panic!("only runs of several calls end with plain data"),
            Outcome::Host => {
                assert!(self.failed);
                false
            }
            Outcome::Cancelled { may_have_been_applied } => {
                assert!(self.cancelled);
                *may_have_been_applied
            }
        };
        assert!(!(applied && self.sends && self.sent == 0), "what was not sent cannot have been applied");
    }
}

/// Is it valid now, or by a clock that is at most five minutes apart? A certificate's last second is not one of its own.
fn valid(key: &PlatformKey, now_s: i64) -> bool {
    let clocks = [now_s.saturating_sub(301), now_s, now_s.saturating_add(300)];
    key.certificate().is_none_or(|certificate| clocks.iter().any(|now_s| certificate.valid_at(*now_s)))
}

/// As far as a host's timer can count.
fn countable(ms: u64) {
    assert!(ms <= i32::MAX as u64, "{ms}");
}

impl Setup {
    fn operation(&self) -> Operation {
        // Rarely the one that encrypts, which takes a hundred times as long as all else.
        let rare = |operation: &Operation| *operation == Operation::VerifyIdentity && self.operation >= 16;
        let operations: Vec<Operation> = Operation::ALL.iter().copied().filter(|operation| !rare(operation)).collect();
        operations[usize::from(self.operation) % operations.len()]
    }
}

impl Epoch {
    fn now(&self) -> Now {
        const YEAR_MS: i64 = 31_556_952_000;
        let years = match self {
            Epoch::Year2026 => 0,
            Epoch::Year2023 => -3,
            Epoch::Year2056 => 30,
        };
        Now { unix_ms: NOW.unix_ms + years * YEAR_MS, ..NOW }
    }
}

impl Course {
    fn call(&self, operation: Operation) -> Call {
        let fields = sample(operation);
        match self {
            Course::Call => Call::Operation { operation, fields },
            Course::LoadKeys(flight) => Call::LoadKeys { flight: u64::from(flight % 3) },
            Course::Refused => Call::Operation { operation, fields: json!({ "no": "field" }) },
            Course::Prepare => Call::Prepare { operation, fields, timestamp: None, nonce: None, padding: None },
            Course::Parse(reply) => {
                Call::Parse { operation, response: reply.received(), request: Some(fields), now: None }
            }
        }
    }
}

fn later(now: Now, ms: u64) -> Now {
    Now { unix_ms: now.unix_ms.saturating_add_unsigned(ms), mono_ms: now.mono_ms.saturating_add(ms) }
}

impl Passing {
    fn from(&self, now: Now) -> Now {
        match *self {
            Passing::By(ms) => later(now, ms.into()),
            Passing::Hours(hours) => later(now, u64::from(hours) * 3_600_000),
            Passing::To { unix_ms, mono_ms } => Now { unix_ms, mono_ms },
        }
    }
}

impl Happening {
    fn event(&self, asked: Asked, now: Now) -> Event {
        match self {
            Happening::Good(reply) => match asked {
                Asked::Start => Event::Start,
                Asked::Sign => Event::Signed { signature: vec![1; 256] },
                Asked::Send => reply.event(now),
                Asked::Verify => Event::Verified { ok: true },
                Asked::Sleep => Event::Woke,
                Asked::LoadKeys => Event::KeysReady,
                Asked::Nothing => Event::Cancel,
            },
            Happening::Other(other) => other.event(now),
        }
    }
}

impl Other {
    fn event(&self, now: Now) -> Event {
        match self {
            Other::Start => Event::Start,
            Other::Signed(signature) => Event::Signed { signature: signature.clone() },
            Other::HostFailed => Event::HostFailed,
            Other::TimedOut => Event::TimedOut,
            Other::Response(reply) => reply.event(now),
            Other::Failed(failure) => failure.event(),
            Other::Verified(ok) => Event::Verified { ok: *ok },
            Other::Woke => Event::Woke,
            Other::KeysReady => Event::KeysReady,
            Other::KeysFailed { raised: true } => Event::KeysFailed { error: Value::Null },
            Other::KeysFailed { raised: false } => Event::KeysFailed { error: json!({ "code": "SERIAL_UNKNOWN" }) },
            Other::Cancel | Other::Download(..) => Event::Cancel,
        }
    }
}

impl Broken {
    fn event(&self) -> Event {
        let (sent, cause) = match self {
            Broken::Dns => (Sent::No, Failure::Dns),
            Broken::Connect => (Sent::No, Failure::Connect),
            Broken::Tls => (Sent::No, Failure::Tls),
            Broken::Certificate => (Sent::No, Failure::Certificate),
            Broken::Timeout => (Sent::Unknown, Failure::Timeout),
            Broken::Reset => (Sent::Unknown, Failure::Reset),
            Broken::Body => (Sent::Unknown, Failure::Body),
            Broken::Other => (Sent::Unknown, Failure::Other),
        };
        Event::Failed { sent, cause }
    }
}

impl Status {
    fn code(self) -> u16 {
        match self {
            Status::Ok => 200,
            Status::Accepted => 202,
            Status::NoContent => 204,
            Status::NotFound => 404,
            Status::TooMany => 429,
            Status::Failed => 500,
            Status::Any(status) => status,
        }
    }
}

impl Reply {
    fn event(&self, now: Now) -> Event {
        Event::Response {
            status: self.status.code(),
            headers: self.headers(now),
            body: self.body.bytes(),
            truncated: self.truncated,
        }
    }

    fn received(&self) -> Received {
        Received::new(self.status.code(), self.headers(NOW), self.body.bytes(), self.truncated)
    }

    fn headers(&self, now: Now) -> Vec<(String, String)> {
        let now_s = now.unix_ms.div_euclid(1000);
        let timestamp = if let Signature::Stale = self.signature { now_s.saturating_sub(300) } else { now_s };
        let serial = KEYS.get(usize::from(self.key % 5)).map_or("7F", |(id, _)| id);
        let signature = match self.signature {
            Signature::Probe => "WECHATPAY/SIGNTEST/AAAA",
            Signature::NotBase64 => "?",
            _ => "AAAA",
        };
        let mut headers = vec![("Request-ID".to_owned(), "08F7".to_owned())];
        if !matches!(self.signature, Signature::None) {
            for (name, value) in [
                ("Wechatpay-Timestamp", timestamp.to_string().as_str()),
                ("Wechatpay-Nonce", "nonce"),
                ("Wechatpay-Signature", signature),
                ("Wechatpay-Serial", serial),
            ] {
                headers.push((name.to_owned(), value.to_owned()));
            }
        }
        headers.extend(self.retry_after.map(|seconds| ("Retry-After".to_owned(), seconds.to_string())));
        headers
    }
}

impl Listed {
    fn shown(&self, serial: &str, pem: &str) -> Option<Value> {
        let key = if let Listed::Forged = self { "another key that has 32 bytes..." } else { API_V3_KEY };
        let ciphertext = match self {
            Listed::No => return None,
            Listed::InPlain => pem.to_owned(),
            _ => {
                let nonce = Nonce::assume_unique_for_key(*b"0123456789ab");
                let mut bytes = pem.as_bytes().to_vec();
                let sealed = sealing_key(key).seal_in_place_append_tag(nonce, Aad::from(b"certificate"), &mut bytes);
                sealed.expect("a short text");
                BASE64_STANDARD.encode(bytes)
            }
        };
        let serial = if let Listed::UnderAnotherSerial = self { "7F" } else { serial };
        Some(json!({
            "serial_no": serial, "effective_time": "2020-01-01T00:00:00+08:00", "expire_time": "2056-01-01T00:00:00+08:00",
            "encrypt_certificate": {
                "algorithm": "AEAD_AES_256_GCM", "nonce": "0123456789ab", "associated_data": "certificate",
                "ciphertext": ciphertext,
            },
        }))
    }
}

fn sealing_key(text: &str) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, text.as_bytes()).expect("a key of 32 bytes"))
}

impl Body {
    fn bytes(&self) -> Vec<u8> {
        const CODES: [&str; 6] =
            ["SYSTEMERROR", "RATE_LIMITED", "PARAM_ERROR", "INVALID_REQUEST", "ORDER_NOT_EXIST", "RESOURCE_NOT_EXISTS"];
        let json = match self {
            Body::Sound => json!({
                "appid": "wxd678efh567hg6787", "mchid": "1230000109", "state": "PROCESSING",
                "out_trade_no": "20150806125346", "transaction_id": "1000320306201511078440737890",
                "modify_time": "2015-09-01T10:00:00+08:00", "certificate_check_result": "SAME",
                "verify_department": "UNIONPAY", "verify_department_trade_id": "2018112288340107038204310100000",
            }),
            Body::Query => json!({
                "appid": "wxd678efh567hg6787", "mchid": "1230000109", "offset": 0, "limit": 20, "total_count": 1,
                "data": [{ "customs": "SHANGHAI_ZS", "state": "FAIL", "modify_time": "2015-09-01T10:00:00+08:00" }],
            }),
            Body::Certificates(listed) => {
                let listed = KEYS.iter().zip(listed).filter_map(|((serial, pem), listed)| listed.shown(serial, pem));
                json!({ "data": listed.collect::<Vec<_>>() })
            }
            Body::Refusal(code) => json!({ "code": CODES[usize::from(*code) % CODES.len()], "message": "no" }),
            Body::Html => return b"<html>".to_vec(),
            Body::Any(bytes) => return bytes.clone(),
        };
        json.to_string().into_bytes()
    }
}
