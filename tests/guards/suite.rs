//! What the test run promises about itself: it leaves no test out, and does not lean on what this machine has already.

use std::{fs, path::Path, process::Command};

use wechatpay_customs_tests::root;

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Files that people write, by their names within the repository.
fn files(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}")) {
        let name = entry.expect("an entry").file_name().into_string().expect("Unicode");
        let path = format!("{folder}/{name}");
        if !root().join(&path).is_dir() {
            found.push(path);
        } else if !["node_modules", "vectors", "corpus"].contains(&&*name) {
            found.extend(files(&path));
        }
    }
    found
}

#[test]
fn every_test_in_another_language_is_run() {
    let found: Vec<String> = files("tests").into_iter().filter(|path| is_test(path)).collect();
    assert!(found.len() > 20, "{found:?}");
    for path in found {
        let (folder, name) = path.trim_start_matches("tests/").split_once('/').expect("a folder of tests");
        match (folder, Path::new(name).extension().and_then(|kind| kind.to_str())) {
            // `host_languages.rs` and `runtimes.rs` run all that their folders have, pytest also.
            ("bundlers" | "javascript" | "node" | "runtimes", Some("mjs")) | ("python" | "sandbox", Some("py")) => {}
            ("sandbox", _) => {
                let runner = read("tests/rust/tests/sandbox_packages.rs");
                assert!(
                    runner.contains(&format!("\"{name}\"")),
                    "tests/rust/tests/sandbox_packages.rs does not run {path}"
                );
            }
            _ => panic!("nobody runs {path}"),
        }
    }
}

/// Cargo finds what lies in a `tests` of a package; the rest must be named.
#[test]
fn every_test_in_rust_is_run() {
    let (manifest, guards) = (read("tests/rust/Cargo.toml"), read("tests/guards/main.rs"));
    let mut named = 0;
    for path in files("tests").into_iter().filter(|path| path.ends_with(".rs")) {
        let (place, name) = match path.split('/').collect::<Vec<_>>().as_slice() {
            ["tests", "guards", name] if *name != "main.rs" => {
                (&guards, format!("mod {};", name.trim_end_matches(".rs")))
            }
            ["tests", folder, name @ ("main.rs" | "test.rs")] => (&manifest, format!("path = \"../{folder}/{name}\"")),
            _ => continue,
        };
        assert!(place.lines().any(|line| line == name), "nobody runs {path}");
        named += 1;
    }
    assert!(named > 5, "{named}");
}

/// By the names that the test runners of JavaScript and Python look for.
fn is_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.contains(".test.") || name.contains(".spec.") || (name.starts_with("test_") && name.ends_with(".py"))
}

/// As by `npm install ./bindings-node`, which runs this script.
#[test]
fn a_package_that_is_not_built_says_what_to_do() {
    for (package, needs) in
        [("bindings-node", "lib/index.cjs"), ("bindings-wasm", "pkg/node.js"), ("sandbox/node", "lib/index.cjs")]
    {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("not-built").join(package);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("package.json"), read(&format!("{package}/package.json"))).expect("a manifest");
        let prepare = || Command::new("npm").args(["run", "prepare"]).current_dir(&folder).output().expect("npm");
        let refused = prepare();
        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && told.contains("not built: run cargo xtask build"), "{package}: {told}");
        let built = folder.join(needs);
        fs::create_dir_all(built.parent().expect("a parent")).expect("a folder");
        fs::write(built, "").expect("a file");
        assert!(prepare().status.success(), "{package}");
    }
}

/// Where cargo builds is for its settings to say (`CARGO_TARGET_DIR`, `build.target-dir`).
#[test]
fn nothing_assumes_where_cargo_builds() {
    let sources = ["benches", "tests", "xtask", "tools", "sandbox/node", "sandbox/python", "bindings-node/entry"];
    let sources = sources.into_iter().flat_map(files);
    for path in sources.filter(|path| [".rs", ".mjs", ".ts", ".py"].iter().any(|kind| path.ends_with(kind))) {
        let text = read(&path);
        for profile in ["debug", "release"] {
            let assumed = [["target", "/", profile].concat(), ["target(\"", profile].concat()];
            assert!(!assumed.iter().any(|path| text.contains(path)), "{path}: `cargo build` tells where it builds");
        }
        let own = path.starts_with("xtask/") && !path.ends_with("/fs.rs");
        assert!(!own || !text.contains("std::fs"), "{path}: errors of `xtask/src/fs.rs` name the file and the step");
    }
}

#[test]
fn nothing_is_taken_from_a_cache_of_this_machines() {
    let sources = ["benches", "tests", "tools", "xtask"].into_iter().flat_map(files);
    let sources = sources.filter(|path| [".rs", ".mjs", ".py", ".json"].iter().any(|kind| path.ends_with(kind)));
    for path in sources.filter(|path| !path.ends_with("suite.rs")) {
        for line in read(&path).lines().filter(|line| line.contains("--offline") || line.contains("--prefer-offline")) {
            assert!(line.contains("--cache"), "{path}: what is not in an empty cache is missing elsewhere: {line}");
        }
    }
    let run = read(".ci/run");
    assert!(run.contains("npm_config_cache=") && run.contains("PIP_CACHE_DIR="), "{run}");
}
