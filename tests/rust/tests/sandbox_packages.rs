//! The packages that start the sandbox, as npm and pip have installed them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use wechatpay_customs_tests::{python, root};

fn passes(command: &mut Command) -> String {
    let output =
        command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; `cargo xtask build` is missing"));
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{told}");
    assert!(output.status.success(), "{told}");
    told
}

/// A folder below the one that `cargo xtask runtimes` has installed the npm package in, with test runners and the tests, which are
/// copied once: another test may be reading them.
static CONSUMER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = root().join("target/consumers-sandbox/tests");
    let tests = fs::read_dir(root().join("tests/sandbox")).expect("a folder of tests");
    let is_file = |path: &Path| path.is_file() && path.extension().is_some_and(|kind| kind != "json");
    for file in tests.map(|entry| entry.expect("an entry").path()).filter(|path| is_file(path)) {
        let to = folder.join(file.file_name().expect("a name"));
        fs::copy(file, to).expect("a copy; `cargo xtask runtimes` makes the folder");
    }
    folder
});

#[test]
fn with_the_test_runner_of_node() {
    let test = ["--test", "--unhandled-rejections=strict", "sandbox.test.mjs"];
    passes(Command::new("node").args(test).current_dir(&*CONSUMER));
}

#[test]
fn with_other_test_runners() {
    let test = ["--test", "--unhandled-rejections=strict", "runners.test.mjs"];
    passes(Command::new("node").args(test).current_dir(&*CONSUMER));
}

#[test]
fn with_vitest() {
    let patient = ["--testTimeout=600000", "--hookTimeout=600000"];
    let test = [&["node_modules/vitest/vitest.mjs", "run", "vitest.test.mjs"], &patient[..]].concat();
    let told = passes(Command::new("node").args(test).env("NO_COLOR", "1").current_dir(&*CONSUMER));
    assert!(told.contains("3 passed"), "{told}");
}

#[test]
fn with_pytest() {
    let test = ["-X", "dev", "-W", "error", "-m", "pytest", "--quiet", "-p", "no:cacheprovider", "tests/sandbox"];
    passes(Command::new(python()).args(test).current_dir(root()));
}
