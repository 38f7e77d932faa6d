//! What the house promises about itself: a pure core, bindings without knowledge of the protocol.

use std::{collections::BTreeSet, ffi::OsStr, fs, path::Path, process::Command};

use serde_json::{Map, Value};
use wechatpay_customs::{
    Operation, Options,
    api::{Field, Kind},
    catalogue,
    check::rules,
    error::CODES,
    options::Convention,
};
use wechatpay_customs_tests::root;

#[path = "../../xtask/src/platforms.rs"]
#[allow(dead_code, reason = "xtask uses all of it")]
mod platforms;

/// The crates that the core is made of with these features.
fn crates(features: &str, more: &[&str]) -> BTreeSet<String> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--package", "wechatpay-customs", "--no-default-features", "--features", features])
        .args(["--edges", "normal,build", "--prefix", "none", "--format", "{p}"])
        .args(more)
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let tree = String::from_utf8_lossy(&tree.stdout);
    let crates: BTreeSet<_> = tree.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    assert!(crates.contains("rsa") && crates.len() > 10, "{tree}");
    crates
}

#[test]
fn the_core_without_client_does_no_io() {
    let crates = crates("rsa", &[]);
    for name in ["tokio", "hyper", "reqwest", "getrandom", "cc", "cmake", "aws-lc-sys", "ring", "openssl-sys", "libc"] {
        assert!(!crates.contains(name), "{name} is in the tree of the core: {crates:?}");
    }
}

#[test]
fn a_program_on_wasm32_chooses_its_randomness_itself() {
    let crates = crates("rsa,client", &["--target", "wasm32-unknown-unknown"]);
    assert!(crates.contains("reqwest") && !crates.contains("getrandom"), "{crates:?}");
}

#[test]
fn texts_for_documentation_are_not_in_the_wasm_module() {
    let module = root().join("bindings-wasm/pkg/core/wechatpay_customs_wasm_bg.wasm");
    let module = fs::read(module).expect("the module; `cargo xtask build` makes it");
    let holds = |text: &str| module.windows(text.len()).any(|bytes| bytes == text.as_bytes());
    assert!(holds("merchant_customs_no"));
    let mut texts: Vec<&str> = Operation::ALL.iter().map(|operation| operation.about()).collect();
    texts.extend(Options::FIELDS.iter().map(|option| option.doc.trim()));
    texts.extend(CODES.iter().map(|code| code.about.trim()));
    texts.extend(rules::ALL.iter().map(|rule| rule.about));
    texts.extend(catalogue::ENTRIES.iter().flat_map(|entry| [entry.cause().en, entry.cause().zh]));
    texts.extend(catalogue::MAINLAND.iter().flat_map(|entry| [entry.cause.en, entry.cause.zh]));
    // Documentation of fields and words.
    texts.extend(["registration number at that customs", "(GACC unified version)"]);
    let found: Vec<_> = texts.into_iter().filter(|text| holds(text)).collect();
    assert!(found.is_empty(), "{found:?}");
}

/// Hand-written sources of bindings and drivers.
fn sources() -> Vec<(String, String)> {
    let mut sources = Vec::new();
    for folder in [
        "bindings-node/src",
        "bindings-node/entry",
        "bindings-wasm/src",
        "bindings-wasm/entry",
        "face/src",
        "bindings-python/src",
        "bindings-python/python",
        "core/src/client",
    ] {
        collect(&root().join(folder), &mut sources);
    }
    sources
}

fn collect(folder: &Path, sources: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        let name = entry.strip_prefix(root()).expect("it lies in the repository").display().to_string();
        let kind = entry.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if entry.is_dir() {
            collect(&entry, sources);
        } else if ["rs", "ts", "js", "mjs", "py", "pyi"].contains(&kind)
            && !name.contains("generated")
            // There `declare` is a word of TypeScript's.
            && !name.ends_with(".d.ts")
        {
            sources.push((name, fs::read_to_string(entry).expect("a text")));
        }
    }
}

/// Lines without comments and documentation.
fn code(text: &str) -> String {
    let mut documentation = false;
    let mut code = String::new();
    for line in text.lines() {
        let trimmed = line.trim_start();
        let quotes = trimmed.matches("\"\"\"").count();
        let comment = ["//", "#", "*", "/*"].iter().any(|mark| trimmed.starts_with(mark));
        if !documentation && !comment && quotes == 0 {
            code.push_str(line.split(" // ").next().unwrap_or_default());
            code.push('\n');
        }
        documentation ^= quotes % 2 == 1;
    }
    code
}

fn field_names(fields: &[Field], names: &mut BTreeSet<String>) {
    for field in fields {
        names.insert(field.name.to_owned());
        if let Kind::Records(_, fields) = field.kind {
            field_names(fields, names);
        }
    }
}

#[test]
fn bindings_hold_no_knowledge_of_the_protocol() {
    let mut forbidden = BTreeSet::new();
    for operation in Operation::ALL {
        forbidden.insert(operation.name().to_owned());
        forbidden.insert(Convention::JavaScript.name(operation.name()));
        field_names(operation.request_fields(), &mut forbidden);
        field_names(operation.response_fields(), &mut forbidden);
    }
    forbidden.extend(rules::ALL.iter().map(|rule| rule.name.to_owned()));
    forbidden.extend(CODES.iter().map(|code| code.name.to_owned()));
    forbidden.extend(catalogue::ENTRIES.iter().flat_map(|entry| [entry.reason.to_owned(), entry.code.to_owned()]));
    forbidden.extend(catalogue::MAINLAND.iter().map(|entry| entry.reason.to_owned()));
    for text in
        ["/customs/orders", "v3/global", "global/v3", "mch.weixin.qq.com", "WECHATPAY2", "Wechatpay-", "Request-ID"]
    {
        forbidden.insert(text.to_owned());
    }
    // Option names are the caller's; the others are words of the languages themselves.
    for option in Options::FIELDS {
        forbidden.remove(option.name);
    }
    for word in
        ["type", "data", "certificate", "required", "empty", "range", "length", "limit", "offset", "state", "TIMEOUT"]
    {
        forbidden.remove(word);
    }
    assert!(forbidden.len() > 60, "{forbidden:?}");
    let sources = sources();
    assert!(sources.len() > 15, "{}", sources.len());
    let mut found = Vec::new();
    for (name, text) in &sources {
        let code = code(text);
        let words: BTreeSet<&str> =
            code.split(|character: char| !(character.is_alphanumeric() || "_/.-".contains(character))).collect();
        for forbidden in &forbidden {
            let is_word = forbidden.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if words.contains(forbidden.as_str()) || (!is_word && code.contains(forbidden.as_str())) {
                found.push(format!("{name}: {forbidden}"));
            }
        }
    }
    // The Rust driver is part of the core and names the codes of its own failures.
    found.retain(|line| !(line.starts_with("core/src/client") && CODES.iter().any(|code| line.ends_with(code.name))));
    // Its pages are typed by the query that they are of.
    // And a run is typed by the declaration that is wanted, and the record that it comes to.
    let typed =
        ["core/src/client/pages.rs: query", "core/src/client/life.rs: query", "core/src/client/life.rs: declare"];
    found.retain(|line| !typed.contains(&line.as_str()));
    // The name of an argument, as of the field.
    let argument = ["face/src/client.ts: customs", "bindings-python/python/wechatpay_customs/_client.py: customs"];
    found.retain(|line| !argument.contains(&line.as_str()));
    // What goes wrong before the core is loaded, or in a function that only the face has, it says by the core's own codes.
    let own = ["face/src/native.ts: NOT_LOADED", "face/src/errors.ts: INVALID_OPTION"];
    found.retain(|line| !own.iter().any(|own| line.ends_with(own)));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The lines of every block whose first line is meant; it ends where a line is not indented.
fn blocks(text: &str, is_meant: impl Fn(&str) -> bool) -> Vec<&str> {
    let mut inside = false;
    let mut lines = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        if line.starts_with(' ') {
            lines.extend(inside.then_some(line));
        } else {
            inside = is_meant(line);
        }
    }
    lines
}

/// The name of the method or attribute that a line of a class declares, be it Rust, TypeScript or Python.
fn declared(line: &str, indent: usize) -> Option<&str> {
    let mut rest = line.strip_prefix(&" ".repeat(indent))?;
    for word in ["pub ", "static ", "readonly ", "async ", "get ", "set ", "fn ", "def "] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    let end = rest.find(|character: char| !(character.is_alphanumeric() || character == '_'))?;
    let (name, after) = rest.split_at(end);
    (end > 0 && ["(", "<", ":", "?", " ="].iter().any(|mark| after.starts_with(mark))).then_some(name)
}

fn names<'a>(lines: impl IntoIterator<Item = &'a str>, indent: usize) -> Vec<String> {
    lines.into_iter().filter_map(|line| declared(line, indent).map(str::to_owned)).collect()
}

/// The methods and attributes that the clients have beside the operations, by surface.
fn own_names() -> [(&'static str, Convention, Vec<String>); 4] {
    let mut driver = Vec::new();
    collect(&root().join("core/src/client"), &mut driver);
    let driver: String = driver.into_iter().map(|(_, text)| text).collect();
    let mut rust = names(blocks(&driver, |line| line == "impl Client {" || line.ends_with(" for Client {")), 4);
    let (before, _) = driver.split_once("\npub struct Client ").expect("the client");
    let derived = before.lines().last().and_then(|line| line.strip_prefix("#[derive(")?.strip_suffix(")]"));
    rust.extend(derived.expect("what it derives").split(", ").map(str::to_lowercase));

    let face = fs::read_to_string(root().join("face/src/client.ts")).expect("a source");
    let javascript = names(blocks(&face, |line| line == "export class Client {"), 2);

    let [mut written, mut generated] = [String::new(), String::new()];
    for file in fs::read_dir(root().join("bindings-python/python/wechatpay_customs")).expect("a folder") {
        let file = file.expect("an entry").path();
        let name = file.file_name().and_then(OsStr::to_str).expect("a name");
        if name.ends_with(".py") {
            let text = if name.contains("generated") { &mut generated } else { &mut written };
            *text += &(fs::read_to_string(file).expect("a source") + "\n");
        }
    }
    let python = |class: &str| {
        let head = format!("class {class}(");
        let bases = written.lines().find_map(|line| line.strip_prefix(&head)?.strip_suffix("):")).expect("the class");
        let bases: Vec<String> = bases.split(", ").map(|base| format!("class {base}")).collect();
        let is_base = |line: &str| bases.iter().any(|base| line.split(['(', ':']).next() == Some(base));
        let mut own = names(blocks(&written, |line| line.starts_with(&head) || is_base(line)), 4);
        let lines = blocks(&generated, is_base);
        let defined = lines.iter().enumerate().filter(|(place, _)| *place == 0 || lines[place - 1] != "    @overload");
        let mut methods = names(defined.map(|(_, line)| *line), 4);
        // The operations stand among these, once each.
        for operation in Operation::ALL {
            if let Some(place) = methods.iter().position(|name| name == operation.name()) {
                methods.swap_remove(place);
            }
        }
        own.append(&mut methods);
        own
    };
    [
        ("Rust's Client", Convention::Python, rust),
        ("JavaScript's Client", Convention::JavaScript, javascript),
        ("Python's Client", Convention::Python, python("Client")),
        ("Python's AsyncClient", Convention::Python, python("AsyncClient")),
    ]
}

#[test]
fn no_operation_takes_the_name_of_a_method_of_the_clients() {
    let surfaces = own_names();
    let taken = |operation: &str| {
        let taken = surfaces.iter().filter(|(_, convention, own)| own.contains(&convention.name(operation)));
        taken.map(|(surface, ..)| *surface).collect::<Vec<_>>()
    };
    for operation in Operation::ALL {
        let taken = taken(operation.name());
        assert!(taken.is_empty(), "`{operation}` is a method or attribute already, of {}", taken.join(", "));
    }
    // Each place that names are read from gives some.
    assert_eq!(taken("explain").len(), 4);
    for (name, surface) in [
        ("clone", "Rust's Client"),
        ("query_all", "Rust's Client"),
        ("backend", "JavaScript's Client"),
        ("query_all", "JavaScript's Client"),
        ("close", "Python's Client"),
        ("parse", "Python's Client"),
        ("aclose", "Python's AsyncClient"),
        ("query_all", "Python's AsyncClient"),
    ] {
        assert!(taken(name).contains(&surface), "{surface}: {name}");
    }
}

#[test]
fn the_files_of_operations_are_formatted() {
    // `cargo fmt` alone does not see modules that a macro declares.
    let folders = ["core/src/protocol/api", "sandbox/src/calls"];
    let mut files = Vec::new();
    folders.iter().for_each(|folder| collect(&root().join(folder), &mut files));
    assert!(files.len() > folders.len() * Operation::ALL.len());
    let checked = Command::new(env!("CARGO"))
        .args(["fmt", "--package", "wechatpay-customs-tests", "--", "--check"])
        .args(files.iter().map(|(file, _)| file))
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let difference = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success(), "run `cargo fmt --all -- {}/*.rs`\n{difference}", folders.join("/*.rs "));
}

#[test]
fn the_node_package_names_every_platform() {
    let manifest = fs::read_to_string(root().join("bindings-node/package.json")).expect("a manifest");
    let manifest: Value = serde_json::from_str(&manifest).expect("JSON");
    let with_addon = platforms::ALL.iter().filter(|platform| platform.has_addon());
    let built: Map<String, Value> =
        with_addon.map(|platform| (platform.package(), env!("CARGO_PKG_VERSION").into())).collect();
    let loaded = fs::read_to_string(root().join("bindings-node/entry/files.ts")).expect("a script");
    for package in built.keys() {
        assert!(loaded.contains(&format!("require('{package}')")), "{package} is not loaded by name");
    }
    assert_eq!(manifest["optionalDependencies"], Value::Object(built));
}

#[test]
fn the_same_version_everywhere() {
    let version = env!("CARGO_PKG_VERSION");
    for manifest in ["bindings-node/package.json", "bindings-wasm/package.json", "sandbox/node/package.json"] {
        let manifest = fs::read_to_string(root().join(manifest)).expect("a manifest");
        assert!(manifest.contains(&format!("\"version\": \"{version}\"")), "{manifest}");
    }
}
