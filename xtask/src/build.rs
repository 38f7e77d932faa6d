//! Builds what the other languages load.

use std::{
    env::consts::{DLL_PREFIX, DLL_SUFFIX, EXE_SUFFIX},
    path::{Path, PathBuf},
    thread,
};

use crate::{
    Result, cargo,
    fs::{self, fresh},
    npm,
    platforms::{self, Platform},
    pythons, root,
    run::{command, quietly, step, target},
    wasm,
};

/// The Rust target of the WASM package.
pub const WASM: &str = "wasm32-unknown-unknown";

/// Everything; what users would install lies in `dist/` then.
pub fn all() -> Result {
    let host = platforms::host()?;
    let face = face()?;
    wasm_target()?;
    // The module is compiled in a folder of its own, mostly on one processor.
    let (addon, program) = thread::scope(|scope| -> Result<_> {
        let module = scope.spawn(|| wasm_package(&face).map_err(|error| error.to_string()));
        let made = (addon_alone()?, sandbox()?);
        wasm_client()?;
        python()?;
        module.join().map_err(|_| "building the WASM package ended in a panic")??;
        Ok(made)
    })?;
    node(&face, host, &addon)?;
    let dist = root().join("dist");
    fresh(&dist)?;
    fs::copy_dir(&target("wheels"), &dist)?;
    for package in ["bindings-node", "bindings-wasm"] {
        pack(package, &dist)?;
    }
    npm::platform_package(host, &addon, &dist)?;
    npm::sandbox(&[(host, program)], &dist)
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

/// The TypeScript face, compiled.
fn face() -> Result<PathBuf> {
    let face = root().join("face");
    let build = face.join("build");
    face_packages()?;
    step("TypeScript face");
    fs::remove_dir_all(&build)?;
    quietly(command("node", &["node_modules/typescript/bin/tsc", "--project", "."]).current_dir(&face))?;
    Ok(build)
}

/// What compiles and bundles the face.
pub fn face_packages() -> Result {
    npm_packages(&root().join("face"), "npm packages of the TypeScript face")
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
fn node(face: &Path, host: &Platform, addon: &Path) -> Result {
    let package = root().join("bindings-node");
    let lib = package.join("lib");
    fs::remove_dir_all(&lib)?;
    let types = lib.join("types");
    declarations(face, &types)?;
    // The same types for `import` and `require`: both get the one script, which is CommonJS.
    fs::write(types.join("package.json"), r#"{ "type": "commonjs" }"#)?;
    licences(&package)?;
    step("Node.js script");
    let mut types = command("node", &["node_modules/typescript/bin/tsc", "--project"]);
    quietly(types.arg(&package).current_dir(root().join("face")))?;
    node_scripts(root())?;
    fs::copy(root().join("face/node_modules/hpagent/LICENSE"), lib.join("hpagent.LICENSE"))?;
    fs::copy(addon, lib.join(host.addon()))
}

fn addon_alone() -> Result<PathBuf> {
    step("Node.js addon");
    addon(&cargo::build(&["--release", "--package", "wechatpay-customs-node"])?)
}

/// The addon among what cargo has built.
pub fn addon(built: &cargo::Built) -> Result<PathBuf> {
    built.file(format!("{DLL_PREFIX}wechatpay_customs_node{DLL_SUFFIX}"))
}

/// What `bindings-node/lib` holds beside types and addon, in a tree of sources that has the WASM module and its glue.
pub fn node_scripts(tree: &Path) -> Result {
    let (package, lib) = (tree.join("bindings-node"), tree.join("bindings-node/lib"));
    fs::create_dir_all(&lib)?;
    for file in ["index.js", "index.d.ts", "index.d.cts"] {
        fs::copy(package.join("entry").join(file), lib.join(file))?;
    }
    bundle(&package.join("entry/package.ts"), &lib.join("index.cjs"))?;
    let module = format!("{}_bg.wasm", wasm::NAME);
    fs::copy(tree.join("bindings-wasm/pkg/core").join(&module), lib.join(module))
}

/// One script for Node.js, for `import` and `require`; what is not ours stays outside.
pub fn bundle(entry: &Path, script: &Path) -> Result {
    let bundle = ["--bundle", "--platform=node", "--format=cjs", "--target=node20", "--packages=external"];
    // What connects through a proxy becomes part of the script: npm then installs nothing beside the package.
    let hpagent = root().join("face/node_modules/hpagent/index.js");
    let alias = format!("--alias:hpagent={}", hpagent.display());
    esbuild(&[&bundle[..], &[&alias]].concat(), script, &[entry.to_owned()])
}

/// The sandbox as a program.
fn sandbox() -> Result<PathBuf> {
    step("sandbox");
    sandbox_program(&cargo::build(&["--release", "--package", "wechatpay-customs-sandbox", "--bins"])?)
}

/// The sandbox among what cargo has built.
pub fn sandbox_program(built: &cargo::Built) -> Result<PathBuf> {
    built.file(format!("wechatpay-customs-sandbox{EXE_SUFFIX}"))
}

/// `bindings-wasm/pkg`: module with its glue, face, entry.
fn wasm_package(face: &Path) -> Result<PathBuf> {
    let package = root().join("bindings-wasm");
    let pkg = package.join("pkg");
    fs::remove_dir_all(&pkg)?;
    declarations(face, &pkg.join("face"))?;
    licences(&package)?;
    let named = wasm::module(&pkg.join("core"), "wasm-package")?;
    wasm_scripts(root())?;
    Ok(named)
}

/// What `bindings-wasm/pkg` holds beside types and module, in a tree of sources that has the module and its glue.
pub fn wasm_scripts(tree: &Path) -> Result {
    let package = tree.join("bindings-wasm");
    let pkg = package.join("pkg");
    let glue = pkg.join("core").join(format!("{}.js", wasm::NAME));
    esbuild(&["--minify", "--target=es2022", "--allow-overwrite"], &glue, std::slice::from_ref(&glue))?;
    // What the entries share becomes one script; each finds the module by itself.
    let shared = ["--bundle", "--splitting", "--format=esm", "--minify", "--target=es2022"];
    let outside = ["--external:./core/*", "--external:node:*", "--chunk-names=face"];
    esbuild(&[shared.as_slice(), &outside].concat(), &pkg, &scripts(&package.join("entry"))?)
}

/// Makes scripts as small as they can be; what editors read lies in the declarations beside them.
fn esbuild(options: &[&str], out: &Path, entries: &[PathBuf]) -> Result {
    let into = if out.is_dir() { "outdir" } else { "outfile" };
    let mut esbuild = command("node", &["node_modules/esbuild/bin/esbuild"]);
    esbuild.args(options).arg(format!("--{into}={}", out.display())).args(entries);
    quietly(esbuild.current_dir(root().join("face"))).map(drop)
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
    fs::copy_dir(from, to)?;
    scripts(to)?.into_iter().try_for_each(fs::remove_file)
}

/// The scripts in a folder.
fn scripts(folder: &Path) -> Result<Vec<PathBuf>> {
    Ok(fs::read_dir(folder)?
        .into_iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "js"))
        .collect())
}

/// `target/wasm-client`: the Rust program that drives calls on wasm32 by itself, for Node.js.
fn wasm_client() -> Result {
    wasm_target()?;
    step("Rust program on wasm32");
    let built = cargo::build(&["--package", "wechatpay-customs-wasm-client", "--target", WASM])?;
    wasm::bind("nodejs", &built.file("wechatpay_customs_wasm_client.wasm")?, &target("wasm-client"))
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
        let made = quietly(command(python_of_the_machine()?, &["-m", "venv", "--clear"]).arg(&venv));
        made.map_err(|error| {
            let debian = "where Python is Debian's or Ubuntu's, install python3-venv (`apt-get install python3-venv`)";
            format!("{error}\nPython's own modules `venv` and `ensurepip` are needed; {debian}")
        })?;
        quietly(command(&python, &["-m", "pip", "install", "--quiet", "--requirement"]).arg(&requirements))?;
        fs::write(&installed, pinned)?;
    }
    Ok(python)
}

/// A Python that is new enough.
pub fn python_of_the_machine() -> Result<&'static str> {
    let host = ["python3", "python"].into_iter().find(|name| {
        let new_enough = "import sys; sys.exit(sys.version_info < (3, 10))";
        quietly(&mut command(name, &["-c", new_enough])).is_ok()
    });
    Ok(host.ok_or("Python 3.10 or newer is needed, as `python3` or `python`")?)
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
        quietly(command(&python, &install).arg(wheel))?;
    }
    pythons::install(&python)
}
