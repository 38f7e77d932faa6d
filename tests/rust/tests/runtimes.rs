//! The npm packages from their tarballs: what only a runtime, a page, a bundler or a backend can show.

use std::process::Command;

use wechatpay_customs_sandbox::{Config, Sandbox};
use wechatpay_customs_tests::{root, tests_in};

/// Runs every file of Node.js tests in a folder of `tests`, each beside a sandbox of its own.
async fn pass(folder: &str) {
    let mut failed = Vec::new();
    for test in tests_in(folder, "", ".test.mjs") {
        if let Err(told) = passes(folder, &test).await {
            failed.push(format!("tests/{folder}/{test}:\n{told}"));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

async fn passes(folder: &str, test: &str) -> Result<(), String> {
    let sandbox = Sandbox::start(Config::default()).await.expect("a sandbox");
    let mut node = Command::new("node");
    node.args(["--test", "--unhandled-rejections=strict", test]).current_dir(root().join("tests").join(folder));
    node.env("SANDBOX_READY", sandbox.ready().to_string());
    let output = tokio::task::spawn_blocking(move || node.output()).await.expect("no panic");
    let output = output.expect("Node.js starts; `cargo xtask build` and `cargo xtask runtimes` make what it needs");
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    sandbox.shutdown().await;
    println!("{told}");
    if output.status.success() { Ok(()) } else { Err(told) }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_every_runtime() {
    pass("runtimes").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_node() {
    pass("node").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_bundles() {
    pass("bundlers").await;
}
