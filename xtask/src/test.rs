//! Everything that must hold, in one run; installs what is missing first.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use crate::{
    Result, build,
    cargo::{self, cargo},
    fs, generate, pythons, root,
    run::{command, quietly, step, target},
    runtimes, size, wasm,
};

/// One thing that must hold, and how many tests stood behind it.
type Check = fn() -> Result<Count>;

#[derive(Default)]
struct Count {
    passed: usize,
    failed: usize,
    skipped: Vec<String>,
}

impl Count {
    fn add(&mut self, other: Count) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped.extend(other.skipped);
    }
}

/// Checks that run beside one another; the checks of one row run in turn.
type Rows<'a> = &'a [&'a [(&'static str, Check)]];

/// Everything, in an order that leaves no processor idle: many tests wait most of their time, for a runtime or a time limit.
const STAGES: [Rows; 3] = [
    &[&[
        ("formatting", || once(cargo(&["fmt", "--all", "--check"]))),
        ("generated types are what the core says", || generate(&["--check"]).map(|()| one())),
        // Beside the Rust tests it would change a program that they start.
        ("the demo", || once(cargo(&["xtask", "demo"]))),
        ("builds", || build::all().map(|()| one())),
        ("the WASM package's size", wasm_size),
    ]],
    &[
        &[("Rust tests, compiled", || cargo::run(rust_tests(&["--no-run"])).map(|_| one()))],
        &[("JavaScript runtimes", || runtimes::install().map(|()| one())), ("Python types", python_types)],
    ],
    &[
        &[("Rust tests", all_rust_tests), ("Rust examples in the documentation", || counted(rust_tests(&["--doc"])))],
        // None of them builds what a test starts or loads. These have folders of their own to build in.
        &[
            ("vectors are what their script makes", vectors),
            ("Python versions", || Ok(Count { skipped: pythons::missing(), ..one() })),
            ("minimum Rust version", minimum_rust),
            ("the WASM module is the same when built again", || wasm::reproducible().map(|()| one())),
        ],
        &[
            ("clippy", || once(clippy(&["--workspace", "--all-targets", "--features", "wechatpay-customs/rsa"]))),
            ("clippy of a program on wasm32", || {
                once(clippy(&["--package", "wechatpay-customs-wasm-client", "--target", build::WASM]))
            }),
            ("core checks for wasm32 without the client", || wasm32("rsa")),
            ("core checks for wasm32 with the client", || wasm32("rsa,client")),
            ("the Python sdist installs", python_sdist),
            ("rustdoc", rustdoc),
        ],
    ],
];

/// Runs every check, also after one failed, and ends with the counts.
pub fn test() -> Result {
    let begun = Instant::now();
    let total = Mutex::default();
    for rows in STAGES {
        thread::scope(|scope| {
            for row in rows {
                scope.spawn(|| row.iter().for_each(|(name, check)| run(name, *check, &total)));
            }
        });
    }
    let Total { count: Count { passed, failed, skipped }, mut seconds } =
        total.into_inner().unwrap_or_else(PoisonError::into_inner);
    seconds.sort_by(|one, other| other.cmp(one));
    let slowest: Vec<String> =
        seconds.iter().take(10).map(|(seconds, name)| format!("  {seconds:>4} s  {name}")).collect();
    println!("\n{} s; the slowest parts, some beside others:\n{}", begun.elapsed().as_secs(), slowest.join("\n"));
    println!("{passed} passed, {failed} failed, {} skipped", skipped.len());
    match failed {
        0 => Ok(()),
        failed => Err(format!("{failed} failed").into()),
    }
}

/// What all checks so far came to, and how long each took.
#[derive(Default)]
struct Total {
    count: Count,
    seconds: Vec<(u64, &'static str)>,
}

fn run(name: &'static str, check: Check, total: &Mutex<Total>) {
    eprintln!("== {name}");
    let since = Instant::now();
    let checked = check();
    let took = since.elapsed().as_secs();
    let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
    total.seconds.push((took, name));
    match checked {
        Ok(count) => {
            count.skipped.iter().for_each(|why| println!("skipped: {name}: {why}"));
            println!("ok: {name}: {} in {took} s", count.passed);
            total.count.add(count);
        }
        Err(error) => {
            println!("FAILED: {name}\n{error}");
            total.count.failed += 1;
        }
    }
}

fn one() -> Count {
    Count { passed: 1, ..Count::default() }
}

fn once(mut command: Command) -> Result<Count> {
    quietly(&mut command).map(|_| one())
}

fn rust_tests(more: &[&str]) -> Command {
    // What other languages load has no Rust tests, and is built as their packages are; the rest measures, or writes files.
    let others = ["python", "node", "wasm", "benches", "generate", "wasm-tool"];
    let mut tests = cargo(&["test", "--workspace", "--features", "wechatpay-customs/rsa"]);
    tests.args(others.iter().flat_map(|name| ["--exclude".to_owned(), format!("wechatpay-customs-{name}")]));
    tests.args(more);
    tests
}

/// The test programs that take longest, which begin first so that none of them is left for the end.
const LONGEST: [&str; 9] = [
    "host_languages",
    "ensure",
    "sandbox_packages",
    "guards",
    "runtimes",
    "conformance",
    "network",
    "sandbox",
    "redaction",
];

/// The place of a program among the longest; its name ends in a dash and a number of cargo's.
fn place(program: &Path) -> usize {
    let name = program.file_stem().unwrap_or_default().to_string_lossy();
    let name = name.rsplit_once('-').map_or(&*name, |(name, _)| name);
    LONGEST.iter().position(|long| *long == name).unwrap_or(LONGEST.len())
}

/// Runs the test programs, some at once because many of them wait most of their time.
fn all_rust_tests() -> Result<Count> {
    let mut programs = cargo::run(rust_tests(&["--no-run"]))?.tests;
    programs.sort_by_key(|(program, _)| place(program));
    let table = cargo::folder()?.join("tmp/network-faults.txt");
    if table.exists() {
        // That of an earlier run.
        fs::remove_file(&table)?;
    }
    let workers = thread::available_parallelism().map_or(1, usize::from) + 1;
    let (next, told) = (AtomicUsize::new(0), Mutex::new((Count::default(), Vec::new())));
    let work = || {
        while let Some((program, folder)) = programs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let since = Instant::now();
            // As cargo says it, for libraries that look for it.
            let mut test = command(program, &[]);
            let ended = counted_of(test.current_dir(folder).env("CARGO_MANIFEST_DIR", folder));
            let name = program.file_stem().unwrap_or_default().to_string_lossy();
            eprintln!("   {name}: {} s", since.elapsed().as_secs());
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            match ended {
                Ok(count) => told.0.add(count),
                Err(error) => told.1.push(format!("{name}: {error}")),
            }
        }
    };
    thread::scope(|scope| (0..workers).for_each(|_| drop(scope.spawn(work))));
    // What every fault of the network came to on every surface.
    if let Ok(table) = fs::read_to_string(&table) {
        println!("faults of the network: each end of a call, its requests, and on how many surfaces\n{table}");
    }
    let (count, failed) = told.into_inner().unwrap_or_else(PoisonError::into_inner);
    match failed.is_empty() {
        true => at_least_one(count),
        false => Err(failed.join("\n").into()),
    }
}

fn clippy(arguments: &[&str]) -> Command {
    cargo(&[&["clippy"], arguments, &["--", "-D", "warnings"]].concat())
}

fn rustdoc() -> Result<Count> {
    let packages = ["--package", "wechatpay-customs", "--package", "wechatpay-customs-sandbox"];
    let mut doc = cargo(&[&["doc", "--no-deps", "--features", "rsa,schema"], &packages[..]].concat());
    doc.env("RUSTDOCFLAGS", "-D warnings");
    once(doc)
}

/// Runs `cargo test` and adds up the result lines of its binaries.
fn counted(mut command: Command) -> Result<Count> {
    at_least_one(counted_of(&mut command)?)
}

fn at_least_one(count: Count) -> Result<Count> {
    if count.passed == 0 { Err("no test ran".into()) } else { Ok(count) }
}

fn counted_of(command: &mut Command) -> Result<Count> {
    let output = quietly(command)?;
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
