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

fn seconds(threads: usize, rounds: usize) -> f64 {
    let ready = Barrier::new(threads + 1);
    let begun = thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let (sign, verify) = (aws_lc_signing(), aws_lc_verifying());
                ready.wait();
                for _ in 0..rounds {
                    sign();
                    verify();
                }
            });
        }
        ready.wait();
        Instant::now()
    });
    begun.elapsed().as_secs_f64()
}
