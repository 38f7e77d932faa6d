//! Fuzzing with libFuzzer, which takes a nightly compiler.

use crate::{
    Result, fs, root,
    run::{command, not_started, quietly, step, target},
    test::tool,
};

const CARGO_FUZZ: &str = "0.13.2";
const NIGHTLY: &str = "nightly";

/// Runs one target, or each in turn, for so many seconds. What is found first ends the run.
pub fn fuzz(name: Option<&str>, seconds: &str) -> Result {
    let seconds: u32 = seconds.parse().map_err(|_| format!("--seconds takes a whole number, not {seconds:?}"))?;
    let mut targets = Vec::new();
    for entry in fs::read_dir(root().join("core/fuzz/fuzz_targets"))? {
        targets.extend(entry.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    }
    if let Some(name) = name {
        if !targets.iter().any(|target| target == name) {
            return Err(format!("there is no target {name:?}; there are {}", targets.join(", ")).into());
        }
        targets.retain(|target| target == name);
    }
    nightly()?;
    let cargo_fuzz = tool("cargo-fuzz", CARGO_FUZZ)?;
    for name in targets {
        println!("== {name}");
        // What is found goes here, and only what is worth it to the committed corpus, from which each run begins.
        let found = target("fuzz-corpus").join(&name);
        fs::create_dir_all(&found)?;
        let mut run = command(
            &cargo_fuzz,
            &[
                "fuzz",
                "run",
                "--fuzz-dir",
                "core/fuzz",
                "--features",
                "libfuzzer",
                "--target-dir",
                "target/fuzz",
                &name,
            ],
        );
        run.arg(found).arg(format!("core/fuzz/corpus/{name}"));
        run.args(["--", "-timeout=10", "-max_len=8192", "-print_final_stats=1", &format!("-max_total_time={seconds}")]);
        run.env("RUSTUP_TOOLCHAIN", NIGHTLY).env_remove("CARGO");
        // What a release gains from these, fuzzing would only wait for.
        run.env("CARGO_PROFILE_RELEASE_LTO", "off").env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
        if !run.status().map_err(|error| not_started(&run, &error))?.success() {
            return Err(format!("{name} failed; what it failed on lies in core/fuzz/artifacts/{name}").into());
        }
    }
    Ok(())
}

fn nightly() -> Result {
    let here = |arguments: &[&str]| quietly(&mut command("rustup", arguments));
    if here(&["run", NIGHTLY, "rustc", "--version"]).is_err() {
        step(&format!("Rust {NIGHTLY}"));
        here(&["toolchain", "install", NIGHTLY, "--profile", "minimal"])
            .map_err(|error| format!("fuzzing takes a nightly compiler, which cannot be had here:\n{error}"))?;
    }
    Ok(())
}
