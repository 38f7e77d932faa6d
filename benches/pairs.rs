//! Prints what a call costs as a multiple of the bare work of its backend.
//!
//! Ours and the bare work are done by turns, and each is first in turn: what disturbs the one disturbs the other.

mod exchange;

use std::time::Instant;

use exchange::{
    Exchange, NATIVE, SOFTWARE, aws_lc_signing, aws_lc_verifying, parsing, preparing, rsa_signing, rsa_verifying,
};

fn main() {
    let fields = |exchange: &'static Exchange| || exchange.fields.clone();
    let received = |exchange: &'static Exchange| || exchange.received();
    pair("aws_lc_sign_prepare", 10_000, aws_lc_signing(), fields(&NATIVE), preparing(&NATIVE));
    pair("aws_lc_verify_parse", 20_000, aws_lc_verifying(), received(&NATIVE), parsing(&NATIVE));
    pair("rsa_sign_prepare", 4_000, rsa_signing(), fields(&SOFTWARE), preparing(&SOFTWARE));
    pair("rsa_verify_parse", 10_000, rsa_verifying(), received(&SOFTWARE), parsing(&SOFTWARE));
}

/// Prints the median ratio.
fn pair<A, I, B>(name: &str, count: usize, bare: impl Fn() -> A, input: impl Fn() -> I, ours: impl Fn(I) -> B) {
    let mut ratios: Vec<f64> = (0..count)
        .map(|number| {
            let input = input();
            let (bare, ours) = match number % 2 {
                0 => (seconds(&bare), seconds(|| ours(input))),
                _ => {
                    let ours = seconds(|| ours(input));
                    (seconds(&bare), ours)
                }
            };
            ours / bare
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    println!("{name} {}", ratios[count / 2]);
}

fn seconds<T>(work: impl FnOnce() -> T) -> f64 {
    let begun = Instant::now();
    let made = work();
    let took = begun.elapsed();
    drop(made);
    took.as_secs_f64()
}
