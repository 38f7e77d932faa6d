//! What a call costs without its signature, and what it costs with it beside the bare work of the backends.
//!
//! `cargo xtask bench` runs this and knows the rows by their names.

mod exchange;

use std::{hint::black_box, sync::Arc};

use divan::{AllocProfiler, Bencher};
use exchange::{
    ENTROPY, NATIVE, SOFTWARE, TIMESTAMP, aws_lc_signing, aws_lc_verifying, parsing, preparing, rsa_signing,
    rsa_verifying,
};
use wechatpay_customs::{
    Error, Operation,
    crypto::{Signer, Verifier},
    engine::{Action, Call, Engine, Event, Now, Outcome},
    options::CallOptions,
};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

const NOW: Now = Now { unix_ms: TIMESTAMP * 1000, mono_ms: 1_000 };

/// Signs and verifies at no cost.
struct Nothing;

impl Signer for Nothing {
    fn sign(&self, _: &[u8], _: &[u8; 32]) -> Result<Vec<u8>, Error> {
        Ok(vec![1; 256])
    }
}

impl Verifier for Nothing {
    fn verify(&self, _: &[u8], _: &[u8], _: &[u8]) -> bool {
        true
    }
}

#[divan::bench(sample_count = 500, sample_size = 10)]
fn nothing_prepare(bencher: Bencher) {
    bencher.with_inputs(|| NATIVE.fields.clone()).bench_values(|fields| NATIVE.prepared(fields, &Nothing));
}

#[divan::bench(sample_count = 500, sample_size = 10)]
fn nothing_parse(bencher: Bencher) {
    bencher.with_inputs(|| NATIVE.received()).bench_values(|received| NATIVE.read(received, &Nothing));
}

fn engine(call: Call) -> Engine {
    Engine::new(call, Arc::clone(&NATIVE.account), CallOptions::default(), ENTROPY)
}

fn signed() -> Event {
    Event::Signed { signature: vec![1; 256] }
}

fn answered() -> Event {
    let (headers, body) = (NATIVE.headers.clone(), NATIVE.body.clone().into_bytes());
    Event::Response { status: 200, headers, body, truncated: false }
}

/// Gives each event in turn, and the outcome after the last.
fn driven<const N: usize>(mut engine: Engine, events: [Event; N]) -> Outcome {
    for event in events {
        if let Action::Done { outcome } = black_box(engine.step(event, NOW)).action {
            assert!(matches!(outcome, Outcome::Ok { .. } | Outcome::Prepared { .. }), "{outcome:?}");
            return outcome;
        }
    }
    panic!("the engine is not done")
}

#[divan::bench(sample_count = 500, sample_size = 10)]
fn nothing_prepare_engine(bencher: Bencher) {
    let call = || Call::Prepare {
        operation: Operation::Declare,
        fields: NATIVE.fields.clone(),
        timestamp: None,
        nonce: None,
        padding: None,
    };
    bencher
        .with_inputs(|| (call(), [Event::Start, signed()]))
        .bench_values(|(call, events)| driven(engine(call), events));
}

#[divan::bench(sample_count = 500, sample_size = 10)]
fn nothing_parse_engine(bencher: Bencher) {
    let call = || Call::Parse {
        operation: Operation::Declare,
        response: NATIVE.received(),
        request: Some(NATIVE.fields.clone()),
        now: None,
    };
    bencher
        .with_inputs(|| (call(), [Event::Start, Event::Verified { ok: true }]))
        .bench_values(|(call, events)| driven(engine(call), events));
}

#[divan::bench(sample_count = 500, sample_size = 10)]
fn nothing_call_engine(bencher: Bencher) {
    let call = || Call::Operation { operation: Operation::Declare, fields: NATIVE.fields.clone() };
    bencher
        .with_inputs(|| (call(), [Event::Start, signed(), answered(), Event::Verified { ok: true }]))
        .bench_values(|(call, events)| driven(engine(call), events));
}

#[divan::bench(sample_count = 500, sample_size = 1)]
fn aws_lc_sign(bencher: Bencher) {
    bencher.bench_local(aws_lc_signing());
}

#[divan::bench(sample_count = 500, sample_size = 1)]
fn aws_lc_sign_prepare(bencher: Bencher) {
    bencher.with_inputs(|| NATIVE.fields.clone()).bench_local_values(preparing(&NATIVE));
}

#[divan::bench(sample_count = 500, sample_size = 10)]
fn aws_lc_verify(bencher: Bencher) {
    bencher.bench_local(aws_lc_verifying());
}

#[divan::bench(sample_count = 500, sample_size = 10)]
fn aws_lc_verify_parse(bencher: Bencher) {
    bencher.with_inputs(|| NATIVE.received()).bench_local_values(parsing(&NATIVE));
}

#[divan::bench(sample_count = 200, sample_size = 1)]
fn rsa_sign(bencher: Bencher) {
    bencher.bench_local(rsa_signing());
}

#[divan::bench(sample_count = 200, sample_size = 1)]
fn rsa_sign_prepare(bencher: Bencher) {
    bencher.with_inputs(|| SOFTWARE.fields.clone()).bench_local_values(preparing(&SOFTWARE));
}

#[divan::bench(sample_count = 200, sample_size = 1)]
fn rsa_verify(bencher: Bencher) {
    bencher.bench_local(rsa_verifying());
}

#[divan::bench(sample_count = 200, sample_size = 1)]
fn rsa_verify_parse(bencher: Bencher) {
    bencher.with_inputs(|| SOFTWARE.received()).bench_local_values(parsing(&SOFTWARE));
}
