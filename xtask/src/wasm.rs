//! The module of the npm WASM package, built to be small.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Result,
    build::{WASM, wasm_target},
    cargo::{self, cargo},
    fs, root,
    run::{command, quietly, step, target},
};

/// What wasm-bindgen calls module and glue.
pub const NAME: &str = "wechatpay_customs_wasm";

/// A panic ends the program at once, without a text that nobody could read there, and the standard library is compiled for
/// size; without that the module is an eighth larger. Both need Rust's own sources and options that are not stable yet, which
/// this variable unlocks in the stable compiler.
const UNLOCK: (&str, &str) = ("RUSTC_BOOTSTRAP", "1");
/// And AES in half the code: it opens keys and certificates, and stretches a seed.
const FOR_SIZE: &str =
    "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none -Zfmt-debug=none --cfg aes_compact";
const STD_FOR_SIZE: [&str; 2] = ["-Zbuild-std=core,alloc,std,panic_abort", "-Zbuild-std-features=optimize_for_size"];

/// What Rust's target has turned on by itself; binaryen must be told.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Nothing lies at the lowest addresses: the stack grows towards them, and the program ends before it gets there. To
/// inline what is called once saves nothing after compression.
///
/// A second round finds a little more after the first.
const OPTIMISE: [&str; 5] = ["-Oz", "-Oz", "-g", "--low-memory-unused", "--one-caller-inline-max-function-size=20"];

/// Puts the module and its glue into a folder, by way of a folder below `target/`, and gives a copy of the module that still
/// has the names of its functions.
pub fn module(into: &Path, through: &str) -> Result<PathBuf> {
    wasm_target()?;
    let through = target(through);
    let mut build = cargo(&["build", "--package", "wechatpay-customs-wasm", "--target", WASM, "--profile", "wasm"]);
    build.arg("--target-dir").arg(&through);
    if rust_sources() {
        build.args(STD_FOR_SIZE).env(UNLOCK.0, UNLOCK.1).env("RUSTFLAGS", format!("{FOR_SIZE}{}", without_paths()?));
    }
    step("WASM module");
    bind("web", &cargo::run(build)?.file(format!("{NAME}.wasm"))?, into)?;
    let (bound, named) = (into.join(format!("{NAME}_bg.wasm")), through.join("named.wasm"));
    wasm_opt(&bound, &named, &OPTIMISE)?;
    wasm_opt(&named, &bound, &["--strip-debug", "--strip-producers"])?;
    Ok(named)
}

/// The same quickly, and neither small nor fast.
pub fn quick_module(into: &Path) -> Result {
    wasm_target()?;
    let built = cargo::build(&["--package", "wechatpay-customs-wasm", "--target", WASM])?;
    bind("web", &built.file(format!("{NAME}.wasm"))?, into)
}

/// Gives a module its glue.
pub fn bind(host: &str, module: &Path, into: &Path) -> Result {
    quietly(tool(&["bind", host])?.arg(module).arg(into)).map(drop)
}

/// The tool that reads and rewrites modules; it takes some time to compile.
pub fn tool(arguments: &[&str]) -> Result<Command> {
    cargo::tool("wechatpay-customs-wasm-tool", arguments)
}

/// Makes sure that the module of the package comes out the same when it is built again.
pub fn reproducible() -> Result {
    let (first, again) = (root().join("bindings-wasm/pkg/core"), target("wasm-again").join("package"));
    module(&again, "wasm-again")?;
    let name = format!("{NAME}_bg.wasm");
    match fs::read(first.join(&name))? == fs::read(again.join(&name))? {
        true => Ok(()),
        false => Err(format!("{name} is not the same when it is built again").into()),
    }
}

/// Are the sources of Rust's standard library there, or can they be had?
pub fn rust_sources() -> bool {
    let there = || {
        let installed = quietly(&mut command("rustup", &["component", "list", "--installed"]));
        installed.is_ok_and(|installed| installed.lines().any(|line| line == "rust-src"))
    };
    if there() {
        return true;
    }
    step("Rust's own sources (rustup component rust-src)");
    let added = quietly(&mut command("rustup", &["component", "add", "rust-src"]));
    if let Err(error) = &added {
        println!("skipped: a standard library for size, as rust-src cannot be had: {error}");
    }
    added.is_ok()
}

/// Keeps this machine's folders out of the module.
fn without_paths() -> Result<String> {
    let home = |variable: &str, folder: &str| {
        env::var_os(variable).map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(folder))).unwrap_or_default()
    };
    let sysroot = quietly(&mut command("rustc", &["--print", "sysroot"]))?;
    let folders =
        [(root().to_owned(), "."), (home("CARGO_HOME", ".cargo"), "cargo"), (PathBuf::from(sysroot.trim()), "rust")];
    let remaps = folders.map(|(from, to)| format!(" --remap-path-prefix={}={to}", from.display()));
    Ok(remaps.concat())
}

fn wasm_opt(from: &Path, to: &Path, arguments: &[&str]) -> Result {
    let face = root().join("face");
    let mut optimise = command("node", &["node_modules/binaryen/bin/wasm-opt"]);
    optimise.args(FEATURES).args(arguments).arg(from).arg("-o").arg(to);
    quietly(optimise.current_dir(face))?;
    Ok(())
}
