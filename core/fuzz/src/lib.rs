//! What is fuzzed: a function for each target, from any bytes to a panic, or none.
//!
//! `cargo xtask fuzz` drives them with libFuzzer on a nightly compiler; `tests/conformance/tests/corpus.rs` replays `corpus/` on
//! stable Rust. Most inputs are text, a first line that says what to do and then what is given, so that seeds can be
//! written by hand and survive mutation.
#![forbid(unsafe_code)]

mod authorization;
mod certificate_list;
mod engine_events;
mod explain;
mod keys;
mod request_json;
mod response;

pub use authorization::authorization;
pub use certificate_list::certificate_list;
pub use engine_events::engine_events;
pub use explain::explain;
pub use keys::keys;
pub use request_json::request_json;
pub use response::response;

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use serde_json::Value;
use wechatpay_customs::{
    Operation,
    engine::{Account, Action, Call, Engine, Event, Now, Outcome, SignedBy},
    host,
    options::{CallOptions, Convention, Options},
};

/// A target: its name, and what any bytes must leave standing.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("authorization", authorization),
    ("certificate_list", certificate_list),
    ("engine_events", engine_events),
    ("explain", explain),
    ("keys", keys),
    ("request_json", request_json),
    ("response", response),
];

/// When the vectors were signed.
const NOW_S: i64 = 1_767_225_600;
const NOW: Now = Now { unix_ms: NOW_S * 1000, mono_ms: 1_000 };

/// The options of the vectors.
fn options() -> Value {
    serde_json::from_str(include_str!("../../../tests/vectors/options.json")).expect("the options are JSON")
}

/// A sound request of each operation: the first among the vectors that needs no options of its own.
static SAMPLES: LazyLock<HashMap<Operation, Value>> = LazyLock::new(|| {
    let prepared: Value =
        serde_json::from_str(include_str!("../../../tests/vectors/prepare.json")).expect("the vectors are JSON");
    let mut samples = HashMap::new();
    for vector in prepared["vectors"].as_array().expect("a list") {
        let is_sound = vector.get("options").is_none() && vector["expect"].get("error").is_none();
        if let Some(operation) = operation(vector["operation"].as_str().expect("a name")).filter(|_| is_sound) {
            samples.entry(operation).or_insert_with(|| vector["fields"].clone());
        }
    }
    samples
});

fn sample(operation: Operation) -> Value {
    SAMPLES.get(&operation).unwrap_or_else(|| panic!("prepare.json has no sound request of {operation}")).clone()
}

/// What a client with these options knows. Its private key, which takes long to read, is kept by a signer elsewhere.
fn account(mut options: Value) -> Arc<Account> {
    options["private_key"] = Value::Null;
    let options = Options::from_value(options, Convention::Python).expect("the options are sound");
    Arc::new(Account::new(options, SignedBy::Caller).expect("the keys are sound"))
}

/// The first line, and what comes after it.
fn head(input: &[u8]) -> (String, &[u8]) {
    let (line, rest) = match input.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&input[..end], &input[end + 1..]),
        None => (input, &[][..]),
    };
    (String::from_utf8_lossy(line).into_owned(), rest)
}

/// Lines of `name: value` up to an empty one, and what comes after it.
fn headers(mut input: &[u8]) -> (Vec<(String, String)>, &[u8]) {
    let mut headers = Vec::new();
    while !input.is_empty() {
        let (line, rest) = head(input);
        input = rest;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(": ").unwrap_or((&line, ""));
        headers.push((name.to_owned(), value.to_owned()));
    }
    (headers, input)
}

fn operation(name: &str) -> Option<Operation> {
    Operation::named(name).ok()
}

/// Drives a call to its end. Signatures are made up and found right or wrong as told, since computing them is slow;
/// nothing is sent. Gives the outcome, and whether there was something to verify.
fn ended(call: Call, account: &Arc<Account>, right: bool, convention: Convention) -> (Outcome, bool) {
    let mut engine = Engine::new(call, Arc::clone(account), CallOptions::default(), [7; 32]);
    let (mut event, mut asked) = (Event::Start, false);
    loop {
        event = match host::step(&mut engine, event, NOW, convention).action {
            Action::Sign { .. } => Event::Signed { signature: vec![1; 256] },
            Action::Verify { .. } => {
                asked = true;
                Event::Verified { ok: right }
            }
            Action::Done { outcome } => return (outcome, asked),
            _ => panic!("only what is prepared or parsed is driven here"),
        };
    }
}
