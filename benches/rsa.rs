//! The bare work of a call with aws-lc-rs, for programs in other languages to be measured beside: reads lines of two numbers,
//! threads and rounds for each, signs and verifies so often, and prints the seconds that it took.

#[allow(dead_code, reason = "the other benches use the rest")]
mod exchange;

use std::{io, sync::Barrier, thread, time::Instant};

use exchange::{aws_lc_signing, aws_lc_verifying};

fn main() {
    for line in io::stdin().lines() {
        let line = line.expect("a line");
        // Cargo's own arguments have no lines.
        let numbers: Vec<usize> = line.split(' ').map(|number| number.parse().expect("a number")).collect();
        let [threads, rounds] = numbers.as_slice() else { panic!("threads and rounds: {line}") };
        println!("{}", seconds(*threads, *rounds));
    }
}

/// From the first that began to the last that ended.
fn seconds(threads: usize, rounds: usize) -> f64 {
    let ready = Barrier::new(threads);
    let work = || {
        let (sign, verify) = (aws_lc_signing(), aws_lc_verifying());
        ready.wait();
        let begun = Instant::now();
        for _ in 0..rounds {
            sign();
            verify();
        }
        (begun, Instant::now())
    };
    let spans: Vec<(Instant, Instant)> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        running.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    let begun = spans.iter().map(|(begun, _)| *begun).min().expect("a thread");
    let ended = spans.iter().map(|(_, ended)| *ended).max().expect("a thread");
    (ended - begun).as_secs_f64()
}
