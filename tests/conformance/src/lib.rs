//! The surfaces under test, each behind a driver process that takes a vector per line and gives a report per line.

use std::{
    collections::BTreeMap,
    env,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Map, Value, json};
use wechatpay_customs::options::Convention;

/// One surface of the library.
pub struct Driver {
    /// What it is called in messages.
    pub name: String,
    program: PathBuf,
    arguments: Vec<PathBuf>,
    software: bool,
    /// Is it a page in a browser? Private keys are then imported as `CryptoKey`, where they can be.
    pub browser: bool,
}

/// The repository's folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("tests/conformance lies in it").to_owned()
}

/// The Python that has the package installed.
pub fn python() -> PathBuf {
    root().join(if cfg!(windows) { "target/venv/Scripts/python.exe" } else { "target/venv/bin/python" })
}

/// The Pythons that have the package installed from its wheel and nothing else; which there are depends on the machine.
pub fn pythons() -> Vec<(&'static str, PathBuf)> {
    let folder = root().join("target/pythons");
    let names = ["python 3.10", "python 3.11", "python 3.12", "python 3.13", "python 3.14"];
    let found = |name: &'static str| {
        let environment = folder.join(name.trim_start_matches("python "));
        let python = environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
        environment.exists().then_some((name, python))
    };
    names.into_iter().filter_map(found).collect()
}

/// Every surface. What is missing is an error when it is run, never left out.
///
/// With `WECHATPAY_CUSTOMS_DRIVERS` those of that file instead, which `cargo xtask build --all-targets` writes for what it has
/// built for other platforms.
pub fn drivers(rust: &str) -> Vec<Driver> {
    if let Some(file) = env::var_os("WECHATPAY_CUSTOMS_DRIVERS") {
        return elsewhere(Path::new(&file));
    }
    let root = root();
    let script = |name: &str| root.join("tests/conformance/drivers").join(name);
    let installed = |entry: &str| vec![script("driver.mjs"), root.join("target").join(entry)];
    let node = || installed("consumers/node.js");
    let wasm = || installed("consumers/wasm.js");
    let runtimes = root.join("tests/runtimes");
    let program = |path: &str| runtimes.join("node_modules").join(path);
    let bun = || program("@oven/bun-linux-x64/bin/bun");
    let deno = program("@deno/linux-x64-glibc/deno");
    let deno_run = ["run", "--allow-all", "--node-modules-dir=manual"].map(PathBuf::from).into_iter().chain(wasm());
    let hosted = |name: &str| vec![runtimes.join("driver.mjs"), name.into()];
    let driver = |name: &str, program: PathBuf, arguments: Vec<PathBuf>| Driver {
        name: name.to_owned(),
        program,
        arguments,
        software: false,
        browser: false,
    };
    let pythons = pythons();
    assert!(!pythons.is_empty(), "no Python has the package; `cargo xtask build` installs it");
    let mut drivers = vec![
        driver("rust", rust.into(), vec![]),
        Driver { software: true, ..driver("rust, software", rust.into(), vec![]) },
        driver("node", "node".into(), node()),
        driver("node 20", program("node20/bin/node"), node()),
        driver("node 22", program("node22/bin/node"), node()),
        driver("node 24", program("node24/bin/node"), node()),
        driver("node 26", program("node26/bin/node"), node()),
        driver("node on Bun", bun(), node()),
        driver("wasm within the Node package", "node".into(), installed("consumers-without-addon/node.js")),
        driver("python", python(), vec![script("driver.py")]),
        driver("python, asynchronous", python(), vec![script("driver.py"), "async".into()]),
        driver("wasm", "node".into(), wasm()),
        Driver { software: true, ..driver("wasm, software", "node".into(), wasm()) },
        driver("wasm on Bun", bun(), wasm()),
        driver("wasm on Deno", deno, deno_run.collect()),
        driver("wasm on workerd", "node".into(), hosted("workerd")),
        driver("wasm on edge-runtime", "node".into(), hosted("edge")),
        Driver { browser: true, ..driver("wasm in Chromium", "node".into(), hosted("chromium")) },
    ];
    drivers.extend(pythons.into_iter().map(|(name, python)| driver(name, python, vec![script("driver.py")])));
    drivers
}

fn elsewhere(file: &Path) -> Vec<Driver> {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let listed: Vec<Value> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    assert!(!listed.is_empty(), "{} names no driver", file.display());
    let driver = |listed: &Value| {
        let mut command = listed["command"].as_array()?.iter().filter_map(Value::as_str).map(PathBuf::from);
        let (program, arguments) = (command.next()?, command.collect());
        Some(Driver { name: listed["name"].as_str()?.to_owned(), program, arguments, software: false, browser: false })
    };
    listed.iter().map(|listed| driver(listed).unwrap_or_else(|| panic!("no driver: {listed}"))).collect()
}

/// The private key of most vectors, which can be imported as a `CryptoKey`.
fn merchant_key() -> String {
    let file = root().join("tests/vectors/keys/merchant.key.pem");
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

impl Driver {
    /// Does it run JavaScript, which knows `CryptoKey`?
    pub fn imports_keys(&self) -> bool {
        !self.software && (self.name.starts_with("node") || self.name.starts_with("wasm"))
    }

    /// Does a page refuse this vector, as it is about what a `CryptoKey` cannot be? That is any other form of a private key,
    /// and an explanation of a request, which takes the key's public half.
    pub fn refuses(&self, vector: &Value) -> bool {
        let given = ["private_key", "private_key_base64"].map(|name| &vector["options"][name]);
        let uses_key =
            !["check", "customs_order_fields", "function"].contains(&vector["kind"].as_str().unwrap_or_default());
        let importable = *given[0] == merchant_key() && vector["given"].get("url").is_none();
        self.browser
            && uses_key
            && given.iter().any(|key| !key.is_null())
            && !importable
            && self.own(vector)["error"]["code"] != "INVALID_OPTION"
    }

    fn own<'a>(&self, vector: &'a Value) -> &'a Value {
        let own = if self.name.starts_with("wasm") { vector.get("expect_wasm") } else { None };
        own.unwrap_or(&vector["expect"])
    }

    /// What a vector must come to on this surface.
    pub fn expected(&self, vector: &Value) -> Value {
        if self.refuses(vector) {
            return json!({ "error": { "kind": "key", "code": "PRIVATE_KEY_IN_BROWSER", "class": "KeyMaterialError" } });
        }
        let mut expected = self.own(vector).clone();
        // What is signed can only be seen where the steps are separate; elsewhere the signature proves it.
        if let (false, Some(expected)) = (self.name.starts_with("rust"), expected.as_object_mut()) {
            expected.remove("message");
        }
        expected
    }

    /// Runs vectors and gives each one's report by id; fails unless each was reported exactly once.
    pub fn run(&self, vectors: &[Value]) -> Result<BTreeMap<String, Value>, String> {
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| {
                format!(
                    "{}: `{}` could not be started: {error}; run `cargo xtask build` and \
                     `cargo xtask runtimes`",
                    self.name,
                    self.program.display()
                )
            })?;
        let mut lines = String::new();
        for vector in vectors {
            let mut vector = vector.clone();
            if self.software && vector.get("options").is_some() {
                vector["options"]["crypto"] = json!("software");
            }
            if self.browser && !self.refuses(&vector) && !vector["options"]["private_key"].is_null() {
                vector["options"]["private_key"] = json!({ "crypto_key": vector["options"]["private_key"] });
            }
            lines.push_str(&vector.to_string());
            lines.push('\n');
        }
        let mut stdin = child.stdin.take().expect("stdin is piped");
        let writer = thread::spawn(move || stdin.write_all(lines.as_bytes()));
        let output = child.wait_with_output().map_err(|error| format!("{}: {error}", self.name))?;
        let written = writer.join().expect("the writer does not panic");
        let stdout = String::from_utf8_lossy(&output.stdout);
        let mut reports = BTreeMap::new();
        for line in stdout.lines() {
            let line: Value = serde_json::from_str(line).map_err(|error| format!("{}: {error}: {line}", self.name))?;
            let id = line["id"].as_str().unwrap_or_default().to_owned();
            if reports.insert(id.clone(), line["report"].clone()).is_some() {
                return Err(format!("{}: `{id}` was reported twice", self.name));
            }
        }
        let missing: Vec<&str> =
            vectors.iter().filter_map(|vector| vector["id"].as_str()).filter(|id| !reports.contains_key(*id)).collect();
        if !output.status.success() || written.is_err() || !missing.is_empty() || reports.len() != vectors.len() {
            return Err(format!("{}: {}; not reported: {missing:?}", self.name, output.status));
        }
        Ok(reports)
    }
}

/// Does something with every driver, with as many at once as keep the processors busy; gives what each came to.
pub fn with_each<T: Send>(drivers: &[Driver], run: impl Fn(&Driver) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let take = || drivers.get(next.fetch_add(1, Ordering::Relaxed));
        std::iter::from_fn(take).map(&run).collect::<Vec<T>>()
    };
    // Each waits now and then, for its runtime or for a time limit.
    let workers = 2 * thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let running: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        running.into_iter().flat_map(|worker| worker.join().expect("no driver's test panics")).collect()
    })
}

/// The files of `tests/vectors` that hold vectors.
const FILES: [&str; 7] =
    ["prepare.json", "check.json", "parse.json", "keys.json", "explain.json", "customs_order_fields.json", "life.json"];

/// Every vector of `tests/vectors`, with the base options laid under its own.
pub fn vectors() -> Vec<Value> {
    let folder = root().join("tests/vectors");
    let read = |name: &str| -> Value {
        let text = std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    let base: Map<String, Value> = serde_json::from_value(read("options.json")).expect("options are a map");
    let mut vectors = Vec::new();
    for file in FILES {
        for mut vector in serde_json::from_value::<Vec<Value>>(read(file)["vectors"].take()).expect("a list of vectors")
        {
            let mut options = base.clone();
            for (name, value) in vector["options"].as_object().into_iter().flatten() {
                options.insert(name.clone(), value.clone());
            }
            options.retain(|_, value| !value.is_null());
            vector["options"] = options.into();
            vectors.push(vector);
        }
    }
    vectors
}

/// Members called `NAME_base64`, at any depth, become bytes called `NAME`.
pub fn with_bytes(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .map(|(name, member)| match name.strip_suffix("_base64") {
                Some(name) => (name.to_owned(), bytes(&member).into()),
                None => (name, with_bytes(member)),
            })
            .collect(),
        Value::Array(items) => items.into_iter().map(with_bytes).collect(),
        value => value,
    }
}

/// The bytes that a vector holds as Base64.
pub fn bytes(base64: &Value) -> Option<Vec<u8>> {
    BASE64_STANDARD.decode(base64.as_str()?).ok()
}

/// Where a report is not what a vector expects.
///
/// Only named members are compared; null is as good as missing; the order of findings and warnings has no meaning, that
/// of other lists has. `says` names parts of the `message` or `issue` beside it.
pub fn differences(expected: &Value, report: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare(expected, report, "", &mut found);
    found.extend(report.get("unexpected").map(|what| format!("unexpected: {what}")));
    found
}

fn compare(expected: &Value, report: &Value, at: &str, found: &mut Vec<String>) {
    match (expected, report) {
        // A value is whole: what is not expected must not be there.
        (Value::Object(members), Value::Object(given)) if at.ends_with("/value") || at.ends_with("/detail") => {
            if members != given {
                found.push(format!("{at}: expected {expected}, got {report}"));
            }
        }
        (Value::Object(members), Value::Object(_)) => {
            for (name, expected) in members {
                let at = format!("{at}/{name}");
                match name.as_str() {
                    "says" => compare_words(expected, report.get("message").unwrap_or(&report["issue"]), &at, found),
                    _ => compare(expected, &report[name], &at, found),
                }
            }
        }
        (Value::Array(expected), Value::Array(report)) if at.ends_with("findings") || at.ends_with("warnings") => {
            let mut left: Vec<&Value> = report.iter().collect();
            for item in expected {
                match left.iter().position(|candidate| differences(item, candidate).is_empty()) {
                    Some(index) => drop(left.remove(index)),
                    None => found.push(format!("{at}: lacks {item}")),
                }
            }
            found.extend(left.iter().map(|item| format!("{at}: has {item}")));
        }
        (Value::Array(expected), Value::Array(report)) if expected.len() == report.len() => {
            for (index, (expected, report)) in expected.iter().zip(report).enumerate() {
                compare(expected, report, &format!("{at}/{index}"), found);
            }
        }
        _ if expected == report => {}
        _ => found.push(format!("{at}: expected {expected}, got {report}")),
    }
}

fn compare_words(words: &Value, message: &Value, at: &str, found: &mut Vec<String>) {
    let message = message.as_str().unwrap_or_default();
    for word in words.as_array().into_iter().flatten().filter_map(Value::as_str) {
        // Options have the host's spelling.
        if !message.contains(word) && !message.contains(&Convention::JavaScript.name(word)) {
            found.push(format!("{at}: lacks `{word}`: {message}"));
        }
    }
}
