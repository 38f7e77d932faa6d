//! Builds what the other languages load.

use std::{
    env::consts::{DLL_PREFIX, DLL_SUFFIX, EXE_SUFFIX},
    fs,
    path::{Path, PathBuf},
};

use wasm_bindgen_cli_support::Bindgen;

use crate::{
    Result, npm,
    platforms::{self, Platform},
    pythons, root,
    run::{cargo, command, copy, quietly, target},
    wasm,
};

/// The Rust target of the WASM package.
pub const WASM: &str = "wasm32-unknown-unknown";

/// Everything; what users would install lies in `dist/` then.
pub fn all() -> Result {
    let host = platforms::host()?;
    let face = face()?;
    wasm_package(&face)?;
    let addon = node(&face, host)?;
    wasm_client()?;
    let program = sandbox()?;
    python()?;
    let dist = root().join("dist");
    fresh(&dist)?;
    copy(&target("wheels"), &dist)?;
    for package in ["bindings-node", "bindings-wasm"] {
        pack(package, &dist)?;
    }
    npm::platform_package(host, &addon, &dist)?;
    npm::sandbox(&[(host, program)], &dist)
}

/// Makes a folder that has nothing in it.
pub fn fresh(folder: &Path) -> Result {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(fs::create_dir_all(folder)?)
}

/// Puts the tarball of an npm package into a folder, and gives its name.
pub fn pack(package: impl AsRef<Path>, into: &Path) -> Result<String> {
    let pack = ["pack", "--silent", "--ignore-scripts", "--pack-destination"];
    Ok(quietly(command("npm", &pack).arg(into).current_dir(root().join(package)))?.trim().to_owned())
}

/// The WASM package alone; gives its module with the names of its functions.
pub fn only_wasm() -> Result<PathBuf> {
    wasm_package(&face()?)
}

/// Says what is being done, as the first build takes minutes.
pub fn step(what: &str) {
    eprintln!("  · {what}");
}

/// The TypeScript face, compiled.
fn face() -> Result<PathBuf> {
    let face = root().join("bindings-wasm/face");
    let build = face.join("build");
    npm_packages(&face, "npm packages of the TypeScript face")?;
    step("TypeScript face");
    if build.exists() {
        fs::remove_dir_all(&build)?;
    }
    quietly(command("node", &["node_modules/typescript/bin/tsc", "--project", "."]).current_dir(&face))?;
    Ok(build)
}

/// Installs what a folder's `package-lock.json` names, unless that is done.
pub fn npm_packages(folder: &Path, what: &str) -> Result {
    let pinned = fs::read(folder.join("package-lock.json"))?;
    let installed = folder.join("node_modules/.pinned");
    if fs::read(&installed).ok().as_ref() != Some(&pinned) {
        step(what);
        let install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
        quietly(command("npm", &install).current_dir(folder))?;
        fs::write(&installed, pinned)?;
    }
    Ok(())
}

/// `bindings-node/lib`: face and entry as one script, their types, the addon, and the WASM module for where none fits.
fn node(face: &Path, host: &Platform) -> Result<PathBuf> {
    let (package, wasm) = (root().join("bindings-node"), root().join("bindings-wasm"));
    let lib = package.join("lib");
    if lib.exists() {
        fs::remove_dir_all(&lib)?;
    }
    let types = lib.join("types");
    declarations(face, &types)?;
    // The same types for `import` and `require`: both get the one script, which is CommonJS.
    fs::write(types.join("package.json"), r#"{ "type": "commonjs" }"#)?;
    for file in ["index.js", "index.d.ts", "index.d.cts"] {
        fs::copy(package.join("entry").join(file), lib.join(file))?;
    }
    licences(&package)?;
    step("Node.js script");
    quietly(
        command("node", &["node_modules/typescript/bin/tsc", "--project"]).arg(&package).current_dir(wasm.join("face")),
    )?;
    bundle(&package.join("entry/package.ts"), &lib.join("index.cjs"))?;
    let module = format!("{}_bg.wasm", wasm::NAME);
    fs::copy(wasm.join("pkg/core").join(&module), lib.join(module))?;
    step("Node.js addon");
    quietly(&mut cargo(&["build", "--release", "--package", "wechatpay-customs-node"]))?;
    let addon = target("release").join(format!("{DLL_PREFIX}wechatpay_customs_node{DLL_SUFFIX}"));
    fs::copy(&addon, lib.join(host.addon()))?;
    Ok(addon)
}

/// One script for Node.js, for `import` and `require`; what is not ours stays outside.
pub fn bundle(entry: &Path, script: &Path) -> Result {
    let bundle = ["--bundle", "--platform=node", "--format=cjs", "--target=node20", "--packages=external"];
    esbuild(&bundle, script, &[entry.to_owned()])
}

/// The sandbox as a program.
pub fn sandbox() -> Result<PathBuf> {
    step("sandbox");
    quietly(&mut cargo(&["build", "--release", "--package", "wechatpay-customs-sandbox", "--bins"]))?;
    Ok(target("release").join(format!("wechatpay-customs-sandbox{EXE_SUFFIX}")))
}

/// `bindings-wasm/pkg`: module with its glue, face, entry.
fn wasm_package(face: &Path) -> Result<PathBuf> {
    let package = root().join("bindings-wasm");
    let pkg = package.join("pkg");
    if pkg.exists() {
        fs::remove_dir_all(&pkg)?;
    }
    declarations(face, &pkg.join("face"))?;
    licences(&package)?;
    let core = pkg.join("core");
    let named = wasm::module(&core, "wasm-package")?;
    let glue = core.join(format!("{}.js", wasm::NAME));
    esbuild(&["--minify", "--target=es2022", "--allow-overwrite"], &glue, std::slice::from_ref(&glue))?;
    // What the entries share becomes one script; each finds the module by itself.
    let shared = ["--bundle", "--splitting", "--format=esm", "--minify", "--target=es2022"];
    let outside = ["--external:./core/*", "--external:node:*", "--chunk-names=face"];
    esbuild(&[shared.as_slice(), &outside].concat(), &pkg, &scripts(&package.join("entry"))?)?;
    Ok(named)
}

/// Makes scripts as small as they can be; what editors read lies in the declarations beside them.
fn esbuild(options: &[&str], out: &Path, entries: &[PathBuf]) -> Result {
    let into = if out.is_dir() { "outdir" } else { "outfile" };
    let mut esbuild = command("node", &["node_modules/esbuild/bin/esbuild"]);
    esbuild.args(options).arg(format!("--{into}={}", out.display())).args(entries);
    quietly(esbuild.current_dir(root().join("bindings-wasm/face")))?;
    Ok(())
}

/// Every package carries the licences.
pub fn licences(package: &Path) -> Result {
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        fs::copy(root().join(licence), package.join(licence))?;
    }
    Ok(())
}

/// Copies what says the types of scripts, without the scripts.
fn declarations(from: &Path, to: &Path) -> Result {
    copy(from, to)?;
    scripts(to)?.into_iter().try_for_each(|script| Ok(fs::remove_file(script)?))
}

/// The scripts in a folder.
fn scripts(folder: &Path) -> Result<Vec<PathBuf>> {
    let files = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let files: Vec<_> = files.collect::<std::io::Result<_>>()?;
    Ok(files.into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "js")).collect())
}

/// `target/wasm-client`: the Rust program that drives calls on wasm32 by itself, for Node.js.
fn wasm_client() -> Result {
    wasm_target()?;
    step("Rust program on wasm32");
    quietly(&mut cargo(&["build", "--package", "wechatpay-customs-wasm-client", "--target", WASM]))?;
    Bindgen::new()
        .nodejs(true)?
        .typescript(false)
        .input_path(target(WASM).join("debug/wechatpay_customs_wasm_client.wasm"))
        .generate(target("wasm-client"))?;
    Ok(())
}

/// The Rust target for WASM; without it nothing of ours can be tested.
pub fn wasm_target() -> Result {
    let installed = quietly(&mut command("rustup", &["target", "list", "--installed"]))?;
    if !installed.lines().any(|line| line == WASM) {
        step("Rust target wasm32-unknown-unknown");
        quietly(&mut command("rustup", &["target", "add", WASM]))?;
    }
    Ok(())
}

/// The Python environment with the pinned tools.
pub fn python_tools() -> Result<PathBuf> {
    python_environment("venv", "tests/requirements.txt", "Python environment")
}

/// A Python environment below `target/`, with what a file pins.
pub fn python_environment(name: &str, requirements: &str, what: &str) -> Result<PathBuf> {
    let venv = target(name);
    let python = venv.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let requirements = root().join(requirements);
    let pinned = fs::read(&requirements)?;
    let installed = venv.join("pinned.txt");
    if fs::read(&installed).ok().as_ref() != Some(&pinned) {
        step(what);
        let host = ["python3", "python"].into_iter().find(|name| {
            let new_enough = "import sys; sys.exit(sys.version_info < (3, 10))";
            command(name, &["-c", new_enough]).status().is_ok_and(|status| status.success())
        });
        let host = host.ok_or("Python 3.10 or newer is needed, as `python3` or `python`")?;
        quietly(command(host, &["-m", "venv", "--clear"]).arg(&venv))?;
        quietly(command(&python, &["-m", "pip", "install", "--quiet", "--requirement"]).arg(&requirements))?;
        fs::write(&installed, pinned)?;
    }
    Ok(python)
}

/// The Python packages, installed into the environment under `target/`.
fn python() -> Result {
    let python = python_tools()?;
    let wheels = target("wheels");
    fresh(&wheels)?;
    for project in ["bindings-python", "sandbox/python"] {
        step(if project == "bindings-python" { "Python module" } else { "Python package of the sandbox" });
        let mut maturin = command(&python, &["-m", "maturin", "build", "--release", "--out"]);
        quietly(maturin.arg(&wheels).arg("--interpreter").arg(&python).current_dir(root().join(project)))?;
    }
    for wheel in fs::read_dir(&wheels)? {
        let install = ["-m", "pip", "install", "--quiet", "--force-reinstall", "--no-deps"];
        quietly(command(&python, &install).arg(wheel?.path()))?;
    }
    pythons::install(&python)
}
