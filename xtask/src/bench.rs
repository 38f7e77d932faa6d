//! What calls, the first signature and clients cost, against the bounds that the project sets itself.

use std::{collections::BTreeMap, env::consts::EXE_SUFFIX, fmt::Write, thread};

use crate::{
    Result, build,
    cargo::{self, cargo},
    fs, root,
    run::{command, not_started, quietly, step, target},
    runtimes,
};

const PAGE: &str = "docs/performance.md";
const BEGIN: &str = "<!-- figures: written by `cargo xtask bench --write` -->\n";
const BEGIN_NODE: &str = "<!-- figures: written by `cargo xtask bench node --write` -->\n";
const BEGIN_WASM: &str = "<!-- figures: written by `cargo xtask bench wasm --write` -->\n";
const BEGIN_PYTHON: &str = "<!-- figures: written by `cargo xtask bench python --write` -->\n";
/// Where npm puts the program itself.
const WORKERD: &str = "tests/runtimes/node_modules/@cloudflare/workerd-linux-64";
const END: &str = "<!-- end of figures -->\n";

/// How often the calls are measured; the fastest sample of all counts, as everything else measures the neighbours.
const ROUNDS: usize = 5;
/// How many processes make a first signature.
const PROCESSES: usize = 15;
/// Bytes of a client beyond the first.
const CLIENT_BYTES: f64 = 20_000.0;
/// Threads or sockets that all clients together may add; `tests/rust/tests/footprint.rs` says why not none.
const FEW: i64 = 10;

enum Bound {
    None,
    Nanoseconds(f64),
    /// Against the bare work.
    Ratio(f64),
}

/// The rows of `benches/calls.rs`, and with a ratio also of `benches/pairs.rs`.
const CALLS: &[(&str, &str, Bound)] = &[
    ("nothing_prepare", "check, build, attach", Bound::Nanoseconds(5_000.0)),
    ("nothing_parse", "receive, verify, parse", Bound::Nanoseconds(5_000.0)),
    ("nothing_prepare_engine", "prepare by the engine", Bound::None),
    ("nothing_parse_engine", "parse by the engine", Bound::None),
    ("nothing_call_engine", "a whole call by the engine", Bound::None),
    ("aws_lc_sign", "aws-lc-rs: a bare signature", Bound::None),
    ("aws_lc_sign_prepare", "aws-lc-rs: prepare and sign", Bound::Ratio(1.02)),
    ("aws_lc_verify", "aws-lc-rs: a bare verification", Bound::None),
    ("aws_lc_verify_parse", "aws-lc-rs: verify and parse", Bound::Ratio(1.25)),
    ("rsa_sign", "rsa: a bare signature", Bound::None),
    ("rsa_sign_prepare", "rsa: prepare and sign", Bound::Ratio(1.02)),
    ("rsa_verify", "rsa: a bare verification", Bound::None),
    ("rsa_verify_parse", "rsa: verify and parse", Bound::Ratio(1.25)),
];

const OURS: &str = "wechatpay-customs";
const PEERS: &[&str] = &["wechatpay-axios-plugin", "wechatpay-node-v3"];
/// Calls per second of a processor, as a multiple of those of the best peer: at least, and wanted.
const BESIDE_PEERS: (f64, f64) = (1.0, 1.3);
/// Milliseconds of a call on the event loop, `fetch` apart.
const ON_THE_LOOP: f64 = 0.1;

enum Hosts {
    None,
    Both(f64),
    Workerd(f64),
}

/// The rows of `benches/wasm/bench.mjs`, their units and bounds.
const HOSTED: &[(&str, &str, &str, Hosts)] = &[
    ("sign", "a bare `subtle.sign`", " ms", Hosts::None),
    ("prepare", "prepare and sign, as a multiple of it", "", Hosts::Both(1.25)),
    ("verify", "a bare `subtle.verify`", " ms", Hosts::None),
    ("parse", "verify and parse, as a multiple of it", "", Hosts::Both(2.0)),
    ("first", "from nothing to the first signed request", " ms", Hosts::Both(10.0)),
    ("bare_call", "bare signature, `fetch` and verification: processor time", " ms", Hosts::None),
    ("call", "a whole call: processor time", " ms", Hosts::Workerd(3.0)),
];

/// What a figure must not go beyond.
enum Limit {
    None,
    Most(f64),
    Least(f64),
}

/// The rows of `benches/python/bench.py`, their units and bounds.
const PYTHON: &[(&str, &str, &str, Limit)] = &[
    ("bare", "bare aws-lc-rs: a signature and a verification", " µs", Limit::None),
    ("call", "a whole call", " µs", Limit::None),
    ("call_ratio", "… as a multiple of the bare work", "", Limit::Most(1.1)),
    ("scaling", "… by two threads: its gain as a multiple of that of the bare work", "", Limit::Least(0.9)),
    (
        "peer",
        "a call of `wechatpayv3` 2.0.4 over a transport of `requests` that answers from memory",
        " µs",
        Limit::None,
    ),
    ("peer_ratio", "… as a multiple of ours", "", Limit::Least(2.0)),
    ("peer_stripped", "the same with nothing of `requests` left", " µs", Limit::None),
    ("peer_stripped_ratio", "… as a multiple of ours", "", Limit::None),
    ("async_one", "`AsyncClient`, one call after another: beyond the bare work", " µs", Limit::None),
    ("async_many", "`AsyncClient`, 200 calls at once: each beyond the bare work", " µs", Limit::None),
    ("import", "`import wechatpay_customs`", " ms", Limit::None),
    ("import_ratio", "… as a multiple of `import json, ssl, http.client`", "", Limit::Most(1.5)),
    ("wheel", "the wheel", " MB", Limit::Most(6.0)),
];

/// Measures, prints and, if `write`, puts the figures into the page.
pub fn bench(write: bool) -> Result {
    let lock = fs::read_to_string(root().join("Cargo.lock"))?;
    let version = |name: &str| {
        let entry = lock.split_once(&format!("name = \"{name}\"\nversion = \"")).map(|(_, rest)| rest);
        entry.and_then(|rest| rest.split('"').next()).unwrap_or("unknown").to_owned()
    };
    let mut figures = machine(&[("aws-lc-rs", version("aws-lc-rs")), ("rsa", version("rsa"))])?;
    let mut over = 0;
    calls(&mut figures, &mut over)?;
    first_signature(&mut figures)?;
    clients(&mut figures, &mut over)?;
    told(&figures, over, write.then_some(BEGIN))
}

/// The same for the Node.js package, from its tarball, beside other libraries.
pub fn node(write: bool) -> Result {
    build::all()?;
    runtimes::without_browser()?;
    let folder = root().join("benches/node");
    build::npm_packages(&folder, "libraries to compare with")?;
    let mut with = vec![("Node.js", version_of_node()?)];
    for peer in PEERS {
        with.push((peer, version_in(&format!("benches/node/node_modules/{peer}"))?));
    }
    let mut figures = machine(&with)?;
    let mut over = 0;
    beside_peers(&mut figures, &mut over)?;
    told(&figures, over, write.then_some(BEGIN_NODE))
}

/// The same for the npm WASM package in Node.js and in workerd.
pub fn wasm(write: bool) -> Result {
    build::only_wasm()?;
    runtimes::without_browser()?;
    let mut figures = machine(&[("Node.js", version_of_node()?), ("workerd", version_in(WORKERD)?)])?;
    let mut over = 0;
    in_hosts(&mut figures, &mut over)?;
    told(&figures, over, write.then_some(BEGIN_WASM))
}

/// The same for the Python package, from its wheel as it is released, beside another library.
pub fn python(write: bool) -> Result {
    let tools = build::python_tools()?;
    let wheels = target("bench-wheels");
    fs::remove_dir_all(&wheels)?;
    step("Python module, optimised");
    let mut maturin = command(&tools, &["-m", "maturin", "build", "--release", "--interpreter"]);
    let manifest = root().join("bindings-python/Cargo.toml");
    quietly(maturin.arg(&tools).arg("--manifest-path").arg(manifest).arg("--out").arg(&wheels))?;
    let wheel = fs::read_dir(&wheels)?.into_iter().next().ok_or("no wheel was built")?;
    let environment = target("bench-python");
    quietly(command(&tools, &["-m", "venv", "--clear"]).arg(&environment))?;
    let python = environment.join("bin/python");
    let install = ["-m", "pip", "install", "--quiet", "--requirement", "benches/python/requirements.txt"];
    quietly(command(&python, &install).arg(&wheel))?;
    let run =
        ["bench", "--package", "wechatpay-customs-benches", "--bench", "rsa", "--no-run", "--message-format", "json"];
    let built = quietly(&mut cargo(&run))?;
    // The other programs of the package are built along.
    let mut artefacts = built.lines().filter(|line| line.contains("benches/rsa.rs"));
    let program = artefacts.find_map(|line| line.split_once("\"executable\":\"")?.1.split('"').next());
    step("Python");
    let mut run = command(&python, &["benches/python/bench.py"]);
    run.arg(program.ok_or("no program was built")?);
    let output = run.output().map_err(|error| not_started(&run, &error))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut measured: BTreeMap<&str, f64> = BTreeMap::new();
    for (name, value) in output.lines().filter_map(|line| line.split_once(' ')) {
        measured.insert(name, value.parse()?);
    }
    measured.insert("wheel", fs::size(&wheel)? as f64 / 1e6);
    let version = quietly(&mut command(&python, &["--version"]))?;
    let mut figures = machine(&[("CPython", version.trim().trim_start_matches("Python ").to_owned())])?;
    figures.push_str("\n| in Python | | bound | |\n|---|--:|--:|---|\n");
    let mut over = 0;
    for (name, about, unit, limit) in PYTHON {
        let value = *measured.get(name).ok_or_else(|| format!("`{name}` was not measured"))?;
        let (bound, verdict) = match limit {
            Limit::None => (String::new(), ""),
            Limit::Most(most) => (format!("at most {most}{unit}"), verdict(value <= *most, &mut over)),
            Limit::Least(least) => (format!("at least {least}{unit}"), verdict(value >= *least, &mut over)),
        };
        let digits = if unit.is_empty() { 3 } else { 1 };
        writeln!(figures, "| {about} | {value:.digits$}{unit} | {bound} | {verdict} |")?;
    }
    told(&figures, over, write.then_some(BEGIN_PYTHON))
}

/// Prints the figures, puts them behind their mark in the page, and fails if bounds are exceeded.
fn told(figures: &str, over: usize, mark: Option<&str>) -> Result {
    println!("{figures}");
    if let Some(mark) = mark {
        let page = fs::read_to_string(root().join(PAGE))?;
        let (before, rest) = page.split_once(mark).ok_or("the page lacks its first mark")?;
        let (_, after) = rest.split_once(END).ok_or("the page lacks its second mark")?;
        fs::write(root().join(PAGE), format!("{before}{mark}\n{figures}\n{END}{after}"))?;
    }
    match over {
        0 => Ok(()),
        over => Err(format!("{over} bounds are exceeded").into()),
    }
}

/// Says whether a bound holds.
fn verdict(holds: bool, over: &mut usize) -> &'static str {
    *over += usize::from(!holds);
    if holds { "ok" } else { "over" }
}

fn machine(with: &[(&str, String)]) -> Result<String> {
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let mut machine = format!(
        "{}, on {} ({} cores), with {}",
        quietly(&mut command("date", &["-u", "+%F"]))?.trim(),
        model.map_or("an unknown processor", |(_, model)| model),
        thread::available_parallelism()?,
        quietly(&mut command("rustc", &["--version"]))?.trim(),
    );
    for (name, version) in with {
        write!(machine, ", {name} {version}")?;
    }
    machine.push_str(".\n");
    Ok(machine)
}

#[derive(Clone, Copy)]
struct Row {
    ns: f64,
    allocations: f64,
}

fn calls(figures: &mut String, over: &mut usize) -> Result {
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    for round in 1..=ROUNDS {
        step(&format!("calls, round {round} of {ROUNDS}"));
        let run = ["bench", "--package", "wechatpay-customs-benches", "--bench", "calls", "--"];
        let mut run = cargo(&run);
        run.args(["--color", "never"]);
        for (name, row) in read(&quietly(&mut run)?)? {
            let best = rows.entry(name).or_insert(row);
            best.ns = best.ns.min(row.ns);
        }
    }
    step("calls in pairs with the bare work");
    let run = ["bench", "--package", "wechatpay-customs-benches", "--bench", "pairs"];
    let output = quietly(&mut cargo(&run))?;
    let ratios: BTreeMap<&str, &str> = output.lines().filter_map(|line| line.split_once(' ')).collect();
    let missing = |name: &str| format!("`{name}` was not measured");
    figures.push_str("\n| call | ns | allocations | ratio | bound | |\n|---|--:|--:|--:|--:|---|\n");
    for (name, about, bound) in CALLS {
        let Row { ns, allocations } = rows.get(*name).ok_or_else(|| missing(name))?;
        let (ratio, bound, verdict) = match bound {
            Bound::None => (String::new(), String::new(), ""),
            Bound::Nanoseconds(bound) => (String::new(), format!("{bound} ns"), verdict(ns <= bound, over)),
            Bound::Ratio(bound) => {
                let ratio: f64 = ratios.get(name).ok_or_else(|| missing(name))?.parse()?;
                (format!("{ratio:.3}"), format!("{bound}"), verdict(ratio <= *bound, over))
            }
        };
        writeln!(figures, "| {about} | {ns:.0} | {allocations} | {ratio} | {bound} | {verdict} |")?;
    }
    Ok(())
}

/// Reads divan's tree: a line per row that begins with its fastest sample, under it the allocations.
fn read(tree: &str) -> Result<Vec<(String, Row)>> {
    let mut rows: Vec<(String, Row)> = Vec::new();
    let mut counts = false;
    for line in tree.lines() {
        let cell = |line: &str| line.split('│').next().unwrap_or_default().trim().to_owned();
        if let Some(rest) = line.strip_prefix("├─ ").or_else(|| line.strip_prefix("╰─ ")) {
            let cell = cell(rest);
            let words: Vec<&str> = cell.split_whitespace().collect();
            let [name, number, unit] = words.as_slice() else { return Err(format!("not a row: {line}").into()) };
            let scale = match *unit {
                "ns" => 1.0,
                "µs" => 1e3,
                "ms" => 1e6,
                _ => return Err(format!("an unknown unit: {line}").into()),
            };
            rows.push(((*name).to_owned(), Row { ns: number.parse::<f64>()? * scale, allocations: 0.0 }));
            continue;
        }
        let cell = cell(line.trim_start_matches(['│', ' ']));
        if counts && let Some((_, row)) = rows.last_mut() {
            row.allocations += cell.parse::<f64>()?;
        }
        counts = cell == "alloc:" || cell == "grow:";
    }
    Ok(rows)
}

/// With and without AWS-LC's own gathering of entropy, which is chosen when it is built.
fn first_signature(figures: &mut String) -> Result {
    figures.push_str("\n| first signature of a process | median |\n|---|--:|\n");
    for (about, no_jitter) in [
        ("entropy of the system and the processor, as this project builds it", "1"),
        ("AWS-LC measures the processor's jitter, its default", "0"),
    ] {
        step(&format!("first signature: {about}"));
        let build = ["build", "--release", "--package", "wechatpay-customs-benches", "--bin", "first_signature"];
        let mut build = cargo(&build);
        build.env("AWS_LC_SYS_NO_JITTER_ENTROPY", no_jitter);
        if no_jitter == "0" {
            build.arg("--target-dir").arg(target("jitter"));
        }
        let program = cargo::run(build)?.file(format!("first_signature{EXE_SUFFIX}"))?;
        let mut times = Vec::new();
        for _ in 0..PROCESSES {
            times.push(quietly(&mut command(&program, &[]))?.trim().parse::<f64>()?);
        }
        times.sort_by(f64::total_cmp);
        let median = times.get(PROCESSES / 2).ok_or("nothing was measured")?;
        writeln!(figures, "| {about} | {:.1} ms |", median / 1e6)?;
    }
    Ok(())
}

/// What the test of the footprint prints: the same is asserted there.
fn clients(figures: &mut String, over: &mut usize) -> Result {
    step("memory of 1000 clients");
    let run = ["test", "--package", "wechatpay-customs-tests", "--test", "footprint", "--", "--nocapture"];
    let output = quietly(&mut cargo(&run))?;
    figures.push_str("\n| beyond the first of 1000 clients | more | below | |\n|---|--:|--:|---|\n");
    for line in output.lines().filter_map(|line| line.strip_prefix("footprint: ")) {
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            [crypto, "allocated", allocated, "resident", resident] => {
                let crypto = if *crypto == "auto" { "aws-lc-rs" } else { "rsa" };
                for (what, bytes) in [("allocated by Rust", allocated), ("resident", resident)] {
                    let verdict = verdict(bytes.parse::<f64>()? < CLIENT_BYTES, over);
                    writeln!(figures, "| {crypto}: bytes {what}, each | {bytes} | {CLIENT_BYTES} | {verdict} |")?;
                }
            }
            ["threads", threads, more_threads, "sockets", sockets, more_sockets] => {
                for (what, first, all) in [("threads", threads, more_threads), ("sockets", sockets, more_sockets)] {
                    let more = all.parse::<i64>()?.saturating_sub(first.parse()?).max(0);
                    let verdict = verdict(more < FEW, over);
                    writeln!(figures, "| {what} of all, after a call by each | {more} | {FEW} | {verdict} |")?;
                }
            }
            _ => return Err(format!("not a figure: {line}").into()),
        }
    }
    Ok(())
}

fn version_of_node() -> Result<String> {
    Ok(quietly(&mut command("node", &["--version"]))?.trim().trim_start_matches('v').to_owned())
}

/// The version of an npm package that is installed in a folder.
fn version_in(folder: &str) -> Result<String> {
    let manifest = fs::read_to_string(root().join(folder).join("package.json"))?;
    let manifest: serde_json::Value = serde_json::from_str(&manifest)?;
    Ok(manifest["version"].as_str().ok_or("a package has a version")?.to_owned())
}

/// Reads lines of a name, which may have blanks, and a figure.
fn lines(output: &str) -> Result<BTreeMap<&str, f64>> {
    output.lines().filter_map(|line| line.rsplit_once(' ')).map(|(name, value)| Ok((name, value.parse()?))).collect()
}

/// What `benches/node/bench.mjs` prints of each library.
fn beside_peers(figures: &mut String, over: &mut usize) -> Result {
    step("the Node.js package and other libraries by turns");
    let output = quietly(&mut command("node", &["benches/node/bench.mjs"]))?;
    let measured = lines(&output)?;
    let of = |library: &str, name: &str| {
        let missing = || format!("`{name}` of {library} was not measured");
        measured.get(&*format!("{library} {name}")).copied().ok_or_else(missing)
    };
    let mut best = f64::INFINITY;
    figures.push_str("\n| declarations on Node.js | a second of a processor | a second | ms of each on the event loop | ours as a multiple |\n");
    figures.push_str("|---|--:|--:|--:|--:|\n");
    for library in [&[OURS], PEERS].concat() {
        let ratio = of(library, "ratio")?;
        let (cpu, wall, held) = (of(library, "cpu")?, of(library, "wall")?, of(library, "loop")?);
        let ratio = if library == OURS {
            String::new()
        } else {
            best = best.min(ratio);
            format!("{ratio:.2}")
        };
        writeln!(figures, "| {library} | {cpu:.0} | {wall:.0} | {held:.3} | {ratio} |")?;
    }
    let (least, wanted) = BESIDE_PEERS;
    let (own, alone) = (of(OURS, "own")?, of(OURS, "ownAlone")?);
    figures.push_str("\n| wechatpay-customs on Node.js | | bound | |\n|---|--:|--:|---|\n");
    let about = "calls a second of a processor, as a multiple of the best other's";
    let verdict_of_calls = verdict(best >= least, over);
    writeln!(figures, "| {about} | {best:.2} | {least} at least, {wanted} wanted | {verdict_of_calls} |")?;
    let held = verdict(own <= ON_THE_LOOP, over);
    writeln!(
        figures,
        "| a call on the event loop, but for its exchange by `http` | {own:.3} ms | {ON_THE_LOOP} ms | {held} |"
    )?;
    writeln!(
        figures,
        "| … one call after the other, where the loop sleeps and wakes for each answer | {alone:.3} ms | | |"
    )?;
    Ok(())
}

/// What `benches/wasm/bench.mjs` prints of Node.js and of workerd.
fn in_hosts(figures: &mut String, over: &mut usize) -> Result {
    step("Node.js and workerd");
    let output = quietly(&mut command("node", &["benches/wasm/bench.mjs"]))?;
    let measured = lines(&output)?;
    figures.push_str("\n| in WebAssembly | Node.js | workerd | bound | |\n|---|--:|--:|--:|---|\n");
    for (name, about, unit, bound) in HOSTED {
        let of = |host: &str| {
            measured.get(&*format!("{host} {name}")).ok_or_else(|| format!("`{name}` of {host} was not measured"))
        };
        let (node, workerd) = (*of("node")?, *of("workerd")?);
        let (bound, verdict) = match bound {
            Hosts::None => (String::new(), ""),
            Hosts::Both(bound) => (format!("{bound}{unit}"), verdict(node <= *bound && workerd <= *bound, over)),
            Hosts::Workerd(bound) => (format!("{bound}{unit} in workerd"), verdict(workerd <= *bound, over)),
        };
        writeln!(figures, "| {about} | {node:.3}{unit} | {workerd:.3}{unit} | {bound} | {verdict} |")?;
    }
    Ok(())
}
