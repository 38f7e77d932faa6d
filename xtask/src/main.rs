//! `cargo xtask demo | test | build | runtimes | size | bench | generate | fuzz`: all set-up included.

mod bench;
mod build;
mod cross;
mod demo;
mod errors_page;
mod foreign;
mod fuzz;
mod generate;
mod npm;
mod platforms;
mod python;
mod pythons;
mod run;
mod runtimes;
mod sandbox_types;
mod shapes;
mod size;
mod test;
mod typescript;
mod wasm;

use std::{env, path::PathBuf, process::ExitCode};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

const USAGE: &str = "\
cargo xtask demo [--verbose]    one declaration against the local sandbox, from four languages
cargo xtask test                everything that must hold, with the tools for it installed first
cargo xtask build [--all-targets]
                                what users install, in dist/: for this machine, or with zig for every platform
cargo xtask runtimes            for the tests: JavaScript runtimes, Chromium, and the WASM package from its tarball
cargo xtask bench [node | wasm | python] [--write]
                                what calls and clients cost against their bounds, or what one of the packages costs; writes
                                docs/performance.md
cargo xtask size                what the npm WASM package weighs against its budget, and what takes the room
cargo xtask generate [--check]  the types of the other languages, from the core
cargo xtask fuzz [TARGET] [--seconds N]
                                what `core/fuzz` describes, 60 seconds each unless told, on a nightly compiler";

/// How long one target is fuzzed.
const SECONDS: &str = "60";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["demo"] => demo::demo(false),
        ["demo", "--verbose"] => demo::demo(true),
        ["test"] => test::test(),
        ["build"] => build::all(),
        ["build", "--all-targets"] => cross::all_targets(),
        ["runtimes"] => runtimes::install(),
        ["size"] => size::size(),
        ["bench"] => bench::bench(false),
        ["bench", "--write"] => bench::bench(true),
        ["bench", "node"] => bench::node(false),
        ["bench", "node", "--write"] => bench::node(true),
        ["bench", "wasm"] => bench::wasm(false),
        ["bench", "wasm", "--write"] => bench::wasm(true),
        ["bench", "python"] => bench::python(false),
        ["bench", "python", "--write"] => bench::python(true),
        ["generate"] => generate::generate(false),
        ["generate", "--check"] => generate::generate(true),
        ["fuzz"] => fuzz::fuzz(None, SECONDS),
        ["fuzz", "--seconds", seconds] => fuzz::fuzz(None, seconds),
        ["fuzz", target] => fuzz::fuzz(Some(target), SECONDS),
        ["fuzz", target, "--seconds", seconds] => fuzz::fuzz(Some(target), seconds),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The repository's folder.
fn root() -> PathBuf {
    let xtask = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().map(PathBuf::from).unwrap_or(xtask)
}
