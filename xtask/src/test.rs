//! Everything that must hold, in one run; installs what is missing first.

use std::{env, path::PathBuf, process::Command, time::Instant};

use crate::{
    Result, build,
    cargo::{self, cargo},
    fs, generate, pythons, root,
    run::{command, quietly, step, target},
    runtimes, size, wasm,
};

const CARGO_DENY: &str = "0.20.2";

/// One thing that must hold, and how many tests stood behind it.
type Check = fn() -> Result<Count>;

#[derive(Default)]
struct Count {
    passed: usize,
    failed: usize,
    skipped: Vec<String>,
}

/// Runs every check, also after one failed, and ends with the counts.
pub fn test() -> Result {
    let checks: &[(&str, Check)] = &[
        ("formatting", || once(cargo(&["fmt", "--all", "--check"]))),
        ("generated types are what the core says", || generate(&["--check"]).map(|()| one())),
        ("builds", || build::all().map(|()| one())),
        ("the WASM module is the same when built again", || wasm::reproducible().map(|()| one())),
        ("the WASM package's size", wasm_size),
        ("JavaScript runtimes", || runtimes::install().map(|()| one())),
        ("clippy", || {
            once(cargo(&[
                "clippy",
                "--workspace",
                "--all-targets",
                "--features",
                "wechatpay-customs/rsa",
                "--",
                "-D",
                "warnings",
            ]))
        }),
        ("Rust tests", || {
            counted(cargo(&[
                "test",
                "--workspace",
                "--no-fail-fast",
                "--features",
                "wechatpay-customs/rsa",
                "--exclude",
                "wechatpay-customs-python",
                "--exclude",
                "wechatpay-customs-node",
                "--exclude",
                "wechatpay-customs-wasm",
                "--exclude",
                "wechatpay-customs-benches",
                "--exclude",
                "wechatpay-customs-generate",
                "--exclude",
                "wechatpay-customs-wasm-tool",
            ]))
        }),
        ("the demo", || once(cargo(&["xtask", "demo"]))),
        ("vectors are what their script makes", vectors),
        ("Python types", python_types),
        ("Python versions", || Ok(Count { skipped: pythons::missing(), ..one() })),
        ("the Python sdist installs", python_sdist),
        ("rustdoc", || {
            once({
                let mut doc = cargo(&[
                    "doc",
                    "--no-deps",
                    "--features",
                    "rsa,schema",
                    "--package",
                    "wechatpay-customs",
                    "--package",
                    "wechatpay-customs-sandbox",
                ]);
                doc.env("RUSTDOCFLAGS", "-D warnings");
                doc
            })
        }),
        ("core checks for wasm32 without the client", || wasm32("rsa")),
        ("core checks for wasm32 with the client", || wasm32("rsa,client")),
        ("clippy of a program on wasm32", || {
            let program = ["clippy", "--package", "wechatpay-customs-wasm-client", "--target", build::WASM];
            once(cargo(&[&program[..], &["--", "-D", "warnings"]].concat()))
        }),
        ("minimum Rust version", minimum_rust),
        ("licences, sources, bans", deny),
    ];
    let begun = Instant::now();
    let mut total = Count::default();
    let mut seconds = Vec::new();
    for (name, check) in checks {
        eprintln!("== {name}");
        let since = Instant::now();
        let checked = check();
        seconds.push((since.elapsed().as_secs(), *name));
        match checked {
            Ok(count) => {
                count.skipped.iter().for_each(|why| println!("skipped: {name}: {why}"));
                println!("ok: {name}: {} in {} s", count.passed, since.elapsed().as_secs());
                total.passed += count.passed;
                total.failed += count.failed;
                total.skipped.extend(count.skipped);
            }
            Err(error) => {
                println!("FAILED: {name}\n{error}");
                total.failed += 1;
            }
        }
    }
    seconds.sort_by(|one, other| other.cmp(one));
    let slowest: Vec<String> =
        seconds.iter().take(10).map(|(seconds, name)| format!("  {seconds:>4} s  {name}")).collect();
    println!("\n{} s; the slowest parts:\n{}", begun.elapsed().as_secs(), slowest.join("\n"));
    println!("{} passed, {} failed, {} skipped", total.passed, total.failed, total.skipped.len());
    match total.failed {
        0 => Ok(()),
        failed => Err(format!("{failed} failed").into()),
    }
}

fn one() -> Count {
    Count { passed: 1, ..Count::default() }
}

fn once(mut command: Command) -> Result<Count> {
    quietly(&mut command).map(|_| one())
}

/// Runs `cargo test` and adds up the result lines of its binaries.
fn counted(mut command: Command) -> Result<Count> {
    let output = quietly(&mut command)?;
    let mut count = Count::default();
    for line in output.lines().filter(|line| line.starts_with("test result:")) {
        let number = |word: &str| -> usize {
            let before = line.split(word).next().unwrap_or_default();
            before.trim().rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or_default()
        };
        count.passed += number(" passed");
        count.failed += number(" failed");
        if number(" ignored") > 0 {
            count.skipped.push(format!("{} tests are ignored", number(" ignored")));
        }
    }
    if count.passed == 0 {
        return Err("no test ran".into());
    }
    Ok(count)
}

/// The size that is held is that of a module whose standard library was compiled for size.
fn wasm_size() -> Result<Count> {
    if !wasm::rust_sources() {
        let skipped = vec!["Rust's own sources (rust-src) cannot be had here".to_owned()];
        return Ok(Count { skipped, ..Count::default() });
    }
    size::size().map(|()| one())
}

fn vectors() -> Result<Count> {
    once(command(build::python_tools()?, &["tests/vectors/make.py", "--check"]))
}

fn python_types() -> Result<Count> {
    let python = build::python_tools()?;
    quietly(command(&python, &["-m", "mypy", "--strict", "."]).current_dir(root().join("tests/vectors")))?;
    quietly(
        command(&python, &["-m", "mypy", "--strict", "python", "examples", "../tests/python"])
            .current_dir(root().join("bindings-python")),
    )?;
    quietly(
        command(&python, &["-m", "mypy", "--strict", "src", "../../tests/sandbox"])
            .current_dir(root().join("sandbox/python")),
    )?;
    quietly(&mut command(&python, &["-m", "mypy.stubtest", "wechatpay_customs._native"]))?;
    let pyright = root().join("tests/pyright");
    build::npm_packages(&pyright, "pyright")?;
    let mut check = command("node", &["node_modules/pyright/index.js", "--project", ".", "--pythonpath"]);
    quietly(check.arg(&python).current_dir(pyright))?;
    Ok(Count { passed: 5, ..Count::default() })
}

/// What is built of the sources alone, in an environment of its own.
fn python_sdist() -> Result<Count> {
    let tools = build::python_tools()?;
    let folder = target("sdist");
    fs::remove_dir_all(&folder)?;
    let manifest = root().join("bindings-python/Cargo.toml");
    quietly(command(&tools, &["-m", "maturin", "sdist", "--manifest-path"]).arg(manifest).arg("--out").arg(&folder))?;
    let sdist = fs::read_dir(&folder)?.into_iter().next().ok_or("no sdist was made")?;
    let environment = folder.join("venv");
    quietly(command(&tools, &["-m", "venv", "--without-pip"]).arg(&environment))?;
    let python = environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let mut install = command(&tools, &["-m", "pip", "--python"]);
    install.arg(&python).args(["install", "--quiet", "--no-deps", "--no-cache-dir"]).arg(sdist);
    // What was compiled of other crates need not be compiled again; the wheel is not to lie among others.
    install.env("CARGO_BUILD_BUILD_DIR", cargo::folder()?).env("CARGO_TARGET_DIR", folder.join("target"));
    install.env("MATURIN_PEP517_ARGS", "--profile dev");
    quietly(&mut install)?;
    once(command(&python, &["-c", "import wechatpay_customs as wx; assert wx.check('declare', {})"]))
}

fn wasm32(features: &str) -> Result<Count> {
    build::wasm_target()?;
    let check =
        ["check", "--package", "wechatpay-customs", "--no-default-features", "--target", build::WASM, "--features"];
    let mut check = cargo(&check);
    check.arg(features);
    once(check)
}

/// Checks the core with the oldest compiler that it promises, where that can be had.
fn minimum_rust() -> Result<Count> {
    let manifest = fs::read_to_string(root().join("Cargo.toml"))?;
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = "));
    let version = version.ok_or("Cargo.toml names no rust-version")?.trim_matches('"');
    if quietly(&mut command("rustup", &["run", version, "cargo", "--version"])).is_err()
        && quietly(&mut command("rustup", &["toolchain", "install", version, "--profile", "minimal"])).is_err()
    {
        let skipped = vec![format!("Rust {version} cannot be had here")];
        return Ok(Count { skipped, ..Count::default() });
    }
    let check = ["run", version, "cargo", "check", "--package", "wechatpay-customs", "--features", "rsa,schema"];
    let mut check = command("rustup", &check);
    check.env("CARGO_TARGET_DIR", target("minimum-rust"));
    once(check)
}

fn deny() -> Result<Count> {
    once({
        let mut deny =
            command(tool("cargo-deny", CARGO_DENY)?, &["--all-features", "check", "licenses", "bans", "sources"]);
        deny.env_remove("CARGO");
        deny
    })
}

/// A cargo tool of this version, below `target/tools`.
pub fn tool(name: &str, version: &str) -> Result<PathBuf> {
    let tools = target("tools");
    let program = tools.join("bin").join(format!("{name}{}", env::consts::EXE_SUFFIX));
    let right = quietly(&mut command(&program, &["--version"])).is_ok_and(|output| output.contains(version));
    if !right {
        step(&format!("{name} {version}"));
        let mut install = cargo(&["install", "--locked", "--force", "--version", version, name, "--root"]);
        quietly(install.arg(&tools))?;
    }
    Ok(program)
}
