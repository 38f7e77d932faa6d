//! What only a host language can show, by its own test runner, against the sandbox.

use std::process::Command;

use wechatpay_customs_sandbox::{Config, Sandbox};
use wechatpay_customs_tests::{python, root};

async fn passes(mut command: Command) {
    let sandbox = Sandbox::start(Config::default()).await.expect("a sandbox");
    command.current_dir(root()).env("SANDBOX_READY", sandbox.ready().to_string());
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic");
    let output = output.expect("the program starts; `cargo xtask build` makes what it needs");
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{told}");
    assert!(output.status.success(), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn javascript() {
    let mut node = Command::new("node");
    node.args(["--test", "--unhandled-rejections=strict", "tests/javascript/face.test.mjs"]);
    passes(node).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python_package() {
    let mut python = Command::new(python());
    python.args(["-X", "dev", "-W", "error", "tests/python/test_package.py"]);
    passes(python).await;
}
