//! Other libraries for WeChat Pay, as they come, against the program. `cargo xtask runtimes` installs them.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Runs a script with the ready line of a sandbox that it has for itself.
fn passes(interpreter: impl AsRef<Path>, arguments: &[&str]) -> String {
    let mut sandbox = Command::new(env!("CARGO_BIN_EXE_wechatpay-customs-sandbox"))
        .arg("--exit-with-stdin")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut ready = String::new();
    BufReader::new(sandbox.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    let output = Command::new(interpreter.as_ref())
        .args(arguments)
        .current_dir(root().join("tests/peers"))
        .env("SANDBOX_READY", ready)
        // None of them goes past a proxy of the environment by itself.
        .envs(["NO_PROXY", "no_proxy"].map(|name| (name, "127.0.0.1")))
        .output()
        .expect("it starts; `cargo xtask runtimes` installs what it needs");
    drop(sandbox.stdin.take());
    assert!(sandbox.wait().unwrap().success());
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{told}");
    told
}

#[test]
fn wechatpay_axios_plugin() {
    let told = passes("node", &["--test", "--test-reporter=tap", "peers.mjs"]);
    assert!(told.contains("# pass 5"), "{told}");
}

#[test]
fn wechatpayv3_and_the_sdk_for_go() {
    let python = root().join(if cfg!(windows) { "target/peers/Scripts/python.exe" } else { "target/peers/bin/python" });
    let told = passes(python, &["peers.py"]);
    assert!(told.contains("are served"), "{told}");
}
