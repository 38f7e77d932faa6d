//! `cargo xtask demo | test | build | runtimes | size | bench | generate | fuzz`: all set-up included.

mod bench;
mod build;
mod cargo;
mod cross;
mod demo;
mod foreign;
mod fs;
mod fuzz;
mod npm;
mod platforms;
mod pythons;
mod run;
mod runtimes;
mod size;
mod test;
mod wasm;

use std::{env, path::Path, process::ExitCode};

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
        ["generate"] => generate(&[]),
        ["generate", "--check"] => generate(&["--check"]),
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

/// Writes the types of the other languages from the core, or with `--check` tells whether one of them differs.
fn generate(arguments: &[&str]) -> Result {
    print!("{}", run::quietly(&mut cargo::tool("wechatpay-customs-generate", arguments)?)?);
    Ok(())
}

/// The repository's folder.
fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}
