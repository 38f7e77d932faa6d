//! The WASM package where it is to run: what only a runtime, a page or a bundler can show.

use std::process::Command;

use wechatpay_customs_sandbox::{Config, Sandbox};
use wechatpay_customs_tests::root;

/// Runs a file of Node.js tests beside a sandbox.
async fn passes(test: &str) {
    let sandbox = Sandbox::start(Config::default()).await.expect("a sandbox");
    let mut node = Command::new("node");
    node.args(["--test", "--unhandled-rejections=strict", test]).current_dir(root().join("tests/runtimes"));
    node.env("SANDBOX_READY", sandbox.ready().to_string());
    let output = tokio::task::spawn_blocking(move || node.output()).await.expect("no panic");
    let output = output.expect("Node.js starts; `cargo xtask build` and `cargo xtask runtimes` make what it needs");
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    sandbox.shutdown().await;
    println!("{told}");
    assert!(output.status.success(), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_in_one_isolate() {
    passes("workerd.test.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_in_chromium() {
    passes("page.test.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_package_and_bundles_of_it() {
    passes("package.test.mjs").await;
}
