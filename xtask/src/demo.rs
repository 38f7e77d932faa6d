//! One declaration against the local sandbox, from four languages.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
};

use anstream::println;
use serde_json::Value;

use crate::{
    Result, build, root,
    run::{cargo, command, quietly, target},
};

/// The sandbox as a process; it is stopped when this is dropped.
pub struct Sandbox {
    process: Child,
    /// Its ready line.
    pub ready: String,
}

impl Sandbox {
    /// Builds and starts it.
    pub fn start() -> Result<Sandbox> {
        let mut process = Command::new(build::sandbox()?).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let stdout = process.stdout.take().ok_or("the sandbox has no stdout")?;
        let mut sandbox = Sandbox { process, ready: String::new() };
        BufReader::new(stdout).read_line(&mut sandbox.ready)?;
        match sandbox.ready.is_empty() {
            true => Err("the sandbox did not start".into()),
            false => Ok(sandbox),
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Tells the story.
pub fn demo(verbose: bool) -> Result {
    eprintln!("Building (the first time takes some minutes):");
    build::all()?;
    quietly(&mut cargo(&["build", "--release", "--package", "wechatpay-customs-sandbox", "--example", "demo"]))?;
    let sandbox = Sandbox::start()?;
    eprintln!();
    let program = target("release").join("examples").join(format!("demo{}", std::env::consts::EXE_SUFFIX));
    let mut demo = Command::new(program);
    let mut demo = demo.args(verbose.then_some("--verbose")).stdin(Stdio::piped()).spawn()?;
    demo.stdin.take().ok_or("the demo has no stdin")?.write_all(sandbox.ready.as_bytes())?;
    if !demo.wait()?.success() {
        return Err("the demo failed".into());
    }
    let ready = target("sandbox.json");
    fs::write(&ready, &sandbox.ready)?;
    let told = languages(&ready);
    fs::remove_file(&ready)?;
    told
}

/// The same declaration from the other languages, and whether they sign alike.
fn languages(ready: &Path) -> Result {
    println!("\n\x1b[1m9  a declaration from each of the other languages\x1b[0m");
    let script = root().join("bindings-wasm/examples/declare.mjs");
    let node = |entry: &str| {
        let mut node = command("node", &[]);
        node.arg(&script).arg(root().join(entry)).arg(ready);
        node
    };
    let mut python = command(build::python_tools()?, &["bindings-python/examples/declare.py"]);
    python.arg(ready);
    let mut signatures = Vec::new();
    for (name, mut program) in
        [("Node", node("bindings-node/lib/index.js")), ("Python", python), ("WASM", node("bindings-wasm/pkg/node.js"))]
    {
        let told: Value = serde_json::from_str(&quietly(&mut program)?)?;
        let authorization = told["authorization"].as_str().unwrap_or_default().to_owned();
        let signature = authorization.split("signature=\"").nth(1).unwrap_or_default().get(..20).unwrap_or_default();
        println!("   {name:<7} {:<10} signature {signature}…", told["state"].as_str().unwrap_or_default());
        signatures.push(authorization);
    }
    match signatures.windows(2).all(|pair| pair[0] == pair[1]) {
        true => println!("   All three sign the same bytes at the same time with the same nonce alike."),
        false => return Err("the languages sign differently".into()),
    }
    Ok(())
}
