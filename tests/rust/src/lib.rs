//! What tests need that start programs of the other folders.

use std::{path::PathBuf, process::Command};

use serde_json::Value;
pub use wechatpay_customs_conformance::{python, root};

/// Builds a program of this workspace, and gives where cargo has put it.
pub fn program(package: &str) -> PathBuf {
    let build = ["build", "--quiet", "--message-format", "json", "--package", package, "--bin", package];
    let built = Command::new(env!("CARGO")).args(build).current_dir(root()).output().expect("cargo runs");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let told = String::from_utf8_lossy(&built.stdout);
    let mut messages = told.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let program = messages.find_map(|message| message["executable"].as_str().map(PathBuf::from));
    program.unwrap_or_else(|| panic!("{package} is no program"))
}

/// The tests in a folder of `tests`, sorted: every file whose name begins and ends so. New ones need no mention elsewhere.
pub fn tests_in(folder: &str, begins: &str, ends: &str) -> Vec<String> {
    let files = std::fs::read_dir(root().join("tests").join(folder)).expect("a folder of tests");
    let names = files.map(|entry| entry.expect("an entry").file_name().into_string().expect("Unicode"));
    let mut names: Vec<_> = names.filter(|name| name.starts_with(begins) && name.ends_with(ends)).collect();
    assert!(!names.is_empty(), "tests/{folder} has no {begins}*{ends}");
    names.sort();
    names
}
