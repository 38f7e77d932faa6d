//! One declaration against the local sandbox, from four languages.
//!
//! The story begins as soon as sandbox and story are compiled; the other languages are built while it is told. All of it
//! without optimisation, apart from what `cargo xtask build` makes, and in as few compilations as can be.

use std::{
    env::{
        self,
        consts::{DLL_PREFIX, DLL_SUFFIX, EXE_SUFFIX},
    },
    io::{BufRead, BufReader, IsTerminal, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Instant,
};

use serde_json::Value;

use crate::{
    Result, build, cargo, fs, platforms, root,
    run::{command, hold_steps, not_started, quietly, step, target, tell_steps},
    wasm,
};

/// The sandbox as a process; it is stopped when this is dropped.
struct Sandbox {
    process: Child,
    /// Its ready line.
    ready: String,
}

impl Sandbox {
    fn start(program: &Path) -> Result<Sandbox> {
        let mut start = Command::new(program);
        let process = start.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut process = process.map_err(|error| not_started(&start, &error))?;
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

/// The packages that are compiled natively, always named together: what they share has then the same features each time, and
/// is compiled once.
const NATIVE: [&str; 8] = [
    "--package",
    "wechatpay-customs-sandbox",
    "--package",
    "wechatpay-customs-node",
    "--package",
    "wechatpay-customs-python",
    "--features",
    "wechatpay-customs-python/extension-module",
];
const STORY: [&str; 4] = ["--bin", "wechatpay-customs-sandbox", "--example", "demo"];

/// Tells the story.
pub fn demo(verbose: bool) -> Result {
    let begun = Instant::now();
    step("sandbox and story (two or three minutes the first time)");
    let built = cargo::build(&[&NATIVE[..], &STORY].concat())?;
    let sandbox = Sandbox::start(&build::sandbox_program(&built)?)?;
    hold_steps();
    let languages = thread::spawn(|| Languages::build().map_err(|error| error.to_string()));
    eprintln!();
    let mut story = Command::new(built.file(format!("demo{EXE_SUFFIX}"))?);
    story.args(verbose.then_some("--verbose")).stdin(Stdio::piped());
    let mut telling = story.spawn().map_err(|error| not_started(&story, &error))?;
    telling.stdin.take().ok_or("the demo has no stdin")?.write_all(sandbox.ready.as_bytes())?;
    if !telling.wait()?.success() {
        return Err("the demo failed".into());
    }
    println!("\n{}", bold("9  a declaration from each of the other languages"));
    if !languages.is_finished() {
        eprintln!("   They are being built, which takes two or three minutes more the first time.");
        tell_steps();
    }
    let languages = languages.join().map_err(|_| "building the other languages ended in a panic")??;
    let ready = target("demo/sandbox.json");
    fs::write(&ready, &sandbox.ready)?;
    let told = languages.declare(&ready);
    fs::remove_file(&ready)?;
    told?;
    eprintln!("   {} s in all", begun.elapsed().as_secs());
    Ok(())
}

fn bold(text: &str) -> String {
    let wanted = std::io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none();
    if wanted { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
}

/// The other languages, in a tree of their own: what `cargo xtask build` has made for users stays as it is.
struct Languages(PathBuf);

impl Languages {
    fn build() -> Result<Languages> {
        let tree = target("demo");
        fs::fresh(&tree)?;
        for folder in ["bindings-node/entry", "bindings-wasm/entry", "face/src"] {
            fs::copy_dir(&root().join(folder), &tree.join(folder))?;
        }
        step("Node.js addon and Python module");
        let built = cargo::build(&[&NATIVE[..], &STORY, &["--lib"]].concat())?;
        let package = tree.join("python/wechatpay_customs");
        fs::copy_dir(&root().join("bindings-python/python/wechatpay_customs"), &package)?;
        let module = if cfg!(windows) { "_native.pyd" } else { "_native.abi3.so" };
        fs::copy(built.file(format!("{DLL_PREFIX}_native{DLL_SUFFIX}"))?, package.join(module))?;
        build::face_packages()?;
        step("WASM module");
        wasm::quick_module(&tree.join("bindings-wasm/pkg/core"))?;
        step("scripts of the npm packages");
        build::wasm_scripts(&tree)?;
        build::node_scripts(&tree)?;
        fs::copy(build::addon(&built)?, tree.join("bindings-node/lib").join(platforms::host()?.addon()))?;
        fs::write(tree.join("package.json"), r#"{ "type": "module" }"#)?;
        Ok(Languages(tree))
    }

    /// The same declaration from each, and whether they sign alike.
    fn declare(&self, ready: &Path) -> Result {
        let script = root().join("bindings-wasm/examples/declare.mjs");
        let node = |entry: &str| {
            let mut node = command("node", &[]);
            node.arg(&script).arg(self.0.join(entry)).arg(ready);
            node
        };
        let mut python = command(build::python_of_the_machine()?, &["bindings-python/examples/declare.py"]);
        python.env("PYTHONPATH", self.0.join("python")).arg(ready);
        let mut signatures = Vec::new();
        for (name, mut program) in [
            ("Node", node("bindings-node/lib/index.js")),
            ("Python", python),
            ("WASM", node("bindings-wasm/pkg/node.js")),
        ] {
            let told: Value = serde_json::from_str(&quietly(&mut program)?)?;
            let authorization = told["authorization"].as_str().unwrap_or_default().to_owned();
            let signature = authorization.split("signature=\"").nth(1).unwrap_or_default();
            let (state, begins) = (told["state"].as_str().unwrap_or_default(), signature.get(..20).unwrap_or_default());
            println!("   {name:<7} {state:<10} signature {begins}…");
            signatures.push(authorization);
        }
        match signatures.windows(2).all(|pair| pair[0] == pair[1]) {
            true => println!("   All three sign the same bytes at the same time with the same nonce alike."),
            false => return Err("the languages sign differently".into()),
        }
        Ok(())
    }
}
