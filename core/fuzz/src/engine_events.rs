use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use arbitrary::{Arbitrary, Unstructured};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use wechatpay_customs::{
    Operation,
    engine::{Action, Call, Cause, Engine, Event, Now, Outcome, Sent, Shared, Signing, Step},
    options::{CallOptions, Convention, Options},
    response::Received,
};

use crate::{NOW, options};

#[derive(Debug, Arbitrary)]
struct Script {
    operation: u8,
    course: Course,
    client: Client,
    timeout: Option<Duration>,
    deadline: Option<Duration>,
    happenings: Vec<(Happening, Passing)>,
}

/// Which engine.
#[derive(Debug, Arbitrary)]
enum Course {
    Call,
    Prepare,
    Parse(Reply),
    /// Fields that no operation takes.
    Refused,
}

#[derive(Debug, Clone, Copy, Arbitrary)]
struct Client {
    platform_keys: bool,
    api_v3_key: bool,
    signer: Signer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
enum Signer {
    None,
    Caller,
    Software,
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
    Failed(Failure),
    Verified(bool),
    Woke,
    KeysReady,
    KeysFailed,
    Cancel,
}

#[derive(Debug, Arbitrary)]
enum Failure {
    Dns,
    Connect,
    Tls,
    Timeout,
    Reset,
    Body,
    Other,
}

#[derive(Debug, Arbitrary)]
struct Reply {
    status: Status,
    signature: Signature,
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

#[derive(Debug, Arbitrary)]
enum Signature {
    Sound,
    OfUnknownKey,
    Stale,
    None,
    Probe,
    NotBase64,
}

#[derive(Debug, Arbitrary)]
enum Body {
    Sound,
    Query,
    Certificates,
    Refusal(u8),
    Html,
    Any(Vec<u8>),
}

/// How the clocks move.
#[derive(Debug, Arbitrary)]
enum Passing {
    By(u16),
    To { unix_ms: i64, mono_ms: u64 },
}

const SERIAL: &str = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1";

/// Every client that there can be, made once: reading keys takes long.
static CLIENTS: LazyLock<Vec<(Client, Arc<Shared>)>> = LazyLock::new(|| {
    let mut clients = Vec::new();
    for signer in [Signer::None, Signer::Caller, Signer::Software] {
        for (platform_keys, api_v3_key) in [(false, false), (false, true), (true, false), (true, true)] {
            let mut options = options();
            let signing = if signer == Signer::Caller { Signing::Caller } else { Signing::Core };
            match signer {
                Signer::Software => options["crypto"] = json!("software"),
                _ => options["private_key"] = Value::Null,
            }
            if !platform_keys {
                options["platform_keys"] = json!({});
            }
            if api_v3_key {
                options["api_v3_key"] = json!("0123456789abcdef0123456789abcdef");
            }
            let options = Options::from_value(options, Convention::Python).expect("the options are sound");
            let shared = Arc::new(Shared::new(options, signing).expect("the keys are sound"));
            clients.push((Client { platform_keys, api_v3_key, signer }, shared));
        }
    }
    clients
});

/// Any events at any times into an engine of any call.
pub fn engine_events(input: &[u8]) {
    let Ok(script) = Script::arbitrary_take_rest(Unstructured::new(input)) else { return };
    // Rarely the one that encrypts, which takes a hundred times as long as all else.
    let rare = |operation: &Operation| *operation == Operation::VerifyIdentity && script.operation >= 16;
    let operations: Vec<Operation> = Operation::ALL.iter().copied().filter(|operation| !rare(operation)).collect();
    let operation = operations[usize::from(script.operation) % operations.len()];
    let wanted = script.client;
    let (_, shared) = CLIENTS
        .iter()
        .find(|(client, _)| {
            (client.platform_keys, client.api_v3_key, client.signer)
                == (wanted.platform_keys, wanted.api_v3_key, wanted.signer)
        })
        .expect("every client is there");
    let options = CallOptions { timeout: script.timeout, deadline: script.deadline };
    let call = script.course.call(operation);
    let mut watch = Watch {
        sends: !matches!(call, Call::Prepare { .. } | Call::Parse { .. }),
        operation,
        client: wanted,
        asked: Asked::Start,
        signature: None,
        status: if let Course::Parse(reply) = &script.course { Some(reply.status.code()) } else { None },
        verified: false,
        failed: false,
        cancelled: false,
        loaded: false,
        sent: 0,
        begun: 0,
        ended: 0,
    };
    let mut engine = Engine::new(call, Arc::clone(shared), options, [7; 32]);
    let mut now = NOW;
    for (happening, passing) in script.happenings.iter().take(64) {
        now = passing.from(now);
        let event = happening.event(watch.asked, now);
        watch.event(&event);
        let fits = fits(watch.asked, &event);
        let step = engine.step(event, now);
        watch.step(step, fits);
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

/// What was seen of an engine, and what must never be seen.
struct Watch {
    sends: bool,
    operation: Operation,
    client: Client,
    asked: Asked,
    /// The signature that no request has carried yet.
    signature: Option<Vec<u8>>,
    /// Of the answer that came last.
    status: Option<u16>,
    /// Was that answer found to be right?
    verified: bool,
    /// What the host and the caller did.
    failed: bool,
    cancelled: bool,
    /// Were platform keys loaded?
    loaded: bool,
    sent: u32,
    begun: u32,
    ended: u32,
}

impl Watch {
    fn event(&mut self, event: &Event) {
        match event {
            Event::Signed { signature } if self.asked == Asked::Sign => self.signature = Some(signature.clone()),
            Event::Response { status, .. } if self.asked == Asked::Send => {
                self.status = Some(*status);
                self.verified = false;
            }
            Event::Verified { ok } if self.asked == Asked::Verify => self.verified = *ok,
            Event::HostFailed => self.failed = true,
            Event::Cancel => self.cancelled = true,
            Event::KeysReady if self.asked == Asked::LoadKeys => self.loaded = true,
            _ => {}
        }
    }

    /// A step has exactly one action by its type.
    fn step(&mut self, Step { emits, action }: Step, fits: bool) {
        for emit in &emits {
            assert_eq!(emit.operation, self.operation);
            match emit.phase {
                "request" => self.begun += 1,
                "response" | "failure" => self.ended += 1,
                phase => panic!("{phase}"),
            }
        }
        if !fits {
            let Action::Done { outcome: Outcome::Err(error) } = &action else { panic!("a misfit went on") };
            assert_eq!(error.code, "UNEXPECTED_EVENT");
        }
        self.asked = match action {
            Action::Sign { entropy, timeout_ms, message } => {
                assert!(self.client.signer != Signer::None, "nobody can sign");
                assert_eq!(entropy.is_some(), self.client.signer == Signer::Software);
                assert_eq!(message.iter().filter(|byte| **byte == b'\n').count(), 5);
                countable(timeout_ms);
                Asked::Sign
            }
            Action::Send { headers, timeout_ms, .. } => {
                assert!(self.sends, "only a whole call sends");
                let signature = self.signature.take().expect("each attempt is signed anew");
                let given: Vec<_> = headers.iter().filter(|(name, _)| name == "Authorization").collect();
                assert!(matches!(given.as_slice(), [(_, text)] if text.contains(&BASE64_STANDARD.encode(&signature))));
                let brings = self.operation == Operation::Certificates || self.loaded;
                assert!(
                    self.client.platform_keys || (self.client.api_v3_key && brings),
                    "sent, though nothing can be verified"
                );
                assert!(timeout_ms > 0);
                countable(timeout_ms);
                self.sent += 1;
                Asked::Send
            }
            Action::Verify { timeout_ms, .. } => {
                assert!(self.status.is_some(), "there is no answer");
                countable(timeout_ms);
                Asked::Verify
            }
            Action::Sleep { ms } => {
                countable(ms);
                Asked::Sleep
            }
            Action::LoadKeys { timeout_ms, .. } => {
                countable(timeout_ms);
                Asked::LoadKeys
            }
            Action::Done { outcome } => {
                self.done(&outcome, fits);
                Asked::Nothing
            }
            _ => panic!("an action that no driver knows"),
        };
        assert_eq!(self.begun, self.sent, "each attempt is observed");
        let under_way = u32::from(matches!(self.asked, Asked::Send | Asked::Verify) && self.sends);
        assert!(self.ended + under_way <= self.sent, "an attempt ends once");
    }

    fn done(&self, outcome: &Outcome, fits: bool) {
        let applied = match outcome {
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
                assert_eq!(error.attempts, self.sent);
                error.may_have_been_applied
            }
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

/// As far as a host's timer can count.
fn countable(ms: u64) {
    assert!(ms <= i32::MAX as u64, "{ms}");
}

impl Course {
    fn call(&self, operation: Operation) -> Call {
        let fields = match operation {
            Operation::Query => {
                json!({ "order_type": "out_trade_no", "order_no": "20150806125346", "customs": "SHANGHAI_ZS" })
            }
            Operation::Certificates => json!({}),
            _ => json!({
                "out_trade_no": "20150806125346", "transaction_id": "1000320306201511078440737890",
                "customs": "SHANGHAI_ZS", "merchant_customs_no": "123456",
            }),
        };
        let fields = match operation {
            Operation::VerifyIdentity => {
                let mut fields = fields;
                fields["certificate_type"] = json!("IDCARD");
                fields["certificate_id"] = json!("000000190001010009");
                fields["certificate_name"] = json!("测试甲");
                fields
            }
            _ => fields,
        };
        let operation = operation.name().to_owned();
        match self {
            Course::Call => Call::Operation { operation, fields },
            Course::Refused => Call::Operation { operation, fields: json!({ "no": "field" }) },
            Course::Prepare => Call::Prepare { operation, fields, timestamp: None, nonce: None, padding: None },
            Course::Parse(reply) => {
                Call::Parse { operation, response: reply.received(), request: Some(fields), now: None }
            }
        }
    }
}

impl Passing {
    fn from(&self, now: Now) -> Now {
        match *self {
            Passing::By(ms) => {
                Now { unix_ms: now.unix_ms.saturating_add(ms.into()), mono_ms: now.mono_ms.saturating_add(ms.into()) }
            }
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
            Other::KeysFailed => Event::KeysFailed { error: json!({ "code": "SERIAL_UNKNOWN" }) },
            Other::Cancel => Event::Cancel,
        }
    }
}

impl Failure {
    fn event(&self) -> Event {
        let (sent, cause) = match self {
            Failure::Dns => (Sent::No, Cause::Dns),
            Failure::Connect => (Sent::No, Cause::Connect),
            Failure::Tls => (Sent::No, Cause::Tls),
            Failure::Timeout => (Sent::Unknown, Cause::Timeout),
            Failure::Reset => (Sent::Unknown, Cause::Reset),
            Failure::Body => (Sent::Unknown, Cause::Body),
            Failure::Other => (Sent::Unknown, Cause::Other),
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
        let serial = if let Signature::OfUnknownKey = self.signature { "7F" } else { SERIAL };
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
            Body::Certificates => json!({ "data": [] }),
            Body::Refusal(code) => json!({ "code": CODES[usize::from(*code) % CODES.len()], "message": "no" }),
            Body::Html => return b"<html>".to_vec(),
            Body::Any(bytes) => return bytes.clone(),
        };
        json.to_string().into_bytes()
    }
}
