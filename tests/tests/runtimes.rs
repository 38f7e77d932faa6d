//! The npm packages from their tarballs: what only a runtime, a page, a bundler or a backend can show.

use std::process::Command;

use tokio::sync::Mutex;
use wechatpay_customs_sandbox::{Config, Sandbox};
use wechatpay_customs_tests::root;

/// One at a time: some of them make thousands of calls.
static ALONE: Mutex<()> = Mutex::const_new(());

/// Runs a file of Node.js tests, in a folder of `tests`, beside a sandbox.
async fn passes(folder: &str, test: &str) {
    let _alone = ALONE.lock().await;
    let sandbox = Sandbox::start(Config::default()).await.expect("a sandbox");
    let mut node = Command::new("node");
    node.args(["--test", "--unhandled-rejections=strict", test]).current_dir(root().join("tests").join(folder));
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
    passes("runtimes", "workerd.test.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_in_chromium() {
    passes("runtimes", "page.test.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_package_and_bundles_of_it() {
    passes("runtimes", "package.test.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_surely_not_sent() {
    passes("runtimes", "failures.test.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_package() {
    passes("node", "package.test.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_realm_of_its_own() {
    passes("node", "realm.test.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fetch_of_the_users_own() {
    passes("node", "fetch.test.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_calls_of_which_a_third_is_given_up() {
    passes("node", "many_calls.test.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn worker_threads() {
    passes("node", "workers.test.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_wait_for_a_thread() {
    passes("node", "thread_pool.test.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn examples_of_backends() {
    passes("node", "examples.test.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bundlers_and_tracers() {
    passes("bundlers", "bundlers.test.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn next_js() {
    passes("bundlers", "next.test.mjs").await;
}
