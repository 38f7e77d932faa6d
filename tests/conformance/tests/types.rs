//! What the surfaces give is what their types say: every report on a vector is compiled as a value of its type.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};
use wechatpay_customs_conformance::{Driver, drivers, python, root, vectors};

/// The vectors with a surface's reports.
fn reports(surface: &str) -> Vec<(Value, Value)> {
    let vectors = vectors();
    let named = |driver: &Driver| driver.name == surface;
    let driver = drivers(env!("CARGO_BIN_EXE_driver")).into_iter().find(named).expect("a surface");
    let mut reports: BTreeMap<String, Value> = driver.run(&vectors).unwrap_or_else(|error| panic!("{error}"));
    let report = |vector: &Value| reports.remove(vector["id"].as_str().expect("an id")).expect("a report");
    let reports: Vec<_> = vectors.iter().map(report).collect();
    vectors.into_iter().zip(reports).collect()
}

/// `verify_identity` → `VerifyIdentityAnswer`.
fn answer(operation: &Value) -> String {
    let words = operation.as_str().expect("an operation").split('_');
    words.map(|word| word[..1].to_uppercase() + &word[1..]).collect::<String>() + "Answer"
}

/// The type of what a vector gave, and the value itself; none where an error came that has no type of its own.
fn typed(vector: &Value, mut report: Value, error: Option<&str>) -> Option<(String, Value)> {
    if let Some(details) = report.get_mut("error") {
        let details = details.as_object_mut().expect("details");
        details.remove("class");
        return Some((error?.to_owned(), json!(details)));
    }
    Some(match vector["kind"].as_str().expect("a kind") {
        "check" => ("Finding[]".to_owned(), report["findings"].take()),
        "customs_order_fields" => ("CustomsOrderFields".to_owned(), report["fields"].take()),
        "function" => {
            let name = match vector["function"].as_str().expect("a function") {
                "next_step" => "NextStep",
                // Without a customs the parts are still to be completed.
                "plan_split" if vector["arguments"]["customs"].is_null() => return None,
                "plan_split" => "DeclareRequest[]",
                "realtime_upload_fields" => "RealtimeUploadFields",
                _ => return None,
            };
            (name.to_owned(), report["gives"].take())
        }
        "explain" => ("Explanation".to_owned(), report),
        "prepare" => {
            report.as_object_mut().expect("a request").remove("authorization");
            ("Prepared".to_owned(), report)
        }
        _ => {
            let mut value = report["value"].take();
            // The types are those of an answer; a success without a body has no fields, as its warning says.
            if value.as_object().is_some_and(serde_json::Map::is_empty) {
                return None;
            }
            value["request_id"] = report["request_id"].take();
            value["warnings"] = report["warnings"].take();
            value["attempts"] = report["attempts"].take();
            (answer(&vector["operation"]), value)
        }
    })
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).to_owned()
}

fn passes(command: &mut Command) {
    let output = command.current_dir(root()).output().expect("it starts; `cargo xtask build` installs what it needs");
    let told = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&told));
}

#[test]
fn typescript() {
    let lib = root().join("bindings-node/lib");
    let mut text = format!(
        "import type * as wx from {}\nimport type {{ ErrorDetails }} from {}\n",
        json!(lib.join("index.js")),
        json!(lib.join("types/generated_engine.js")),
    );
    let mut met = BTreeMap::<String, usize>::new();
    for (number, (vector, report)) in reports("node").into_iter().enumerate() {
        let Some((name, value)) = typed(&vector, report, Some("ErrorDetails")) else { continue };
        let path = if name == "ErrorDetails" { "" } else { "wx." };
        writeln!(text, "export const v{number}: {path}{name} = {value}").expect("text grows");
        *met.entry(name).or_default() += 1;
    }
    assert!(met.len() == 14 && met["Explanation"] > 100 && met["ErrorDetails"] > 100, "{met:?}");
    // Where the packages are installed: what is asked is what their `exports` give.
    let consumers = root().join("target/consumers");
    let program = |name: &str| {
        let text = fs::read_to_string(root().join("tests/javascript").join(name));
        text.unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    let types = program("types.mts");
    let files = [
        ("reports.mts", text),
        ("node.mts", types.clone()),
        ("node.cts", program("types.cts")),
        ("wasm.mts", types.replace("'wechatpay-customs'", "'wechatpay-customs-wasm'")),
    ];
    let files = files.map(|(name, text)| {
        let file = consumers.join(name);
        fs::write(&file, text).expect("a file of the tests; `cargo xtask runtimes` makes the folder");
        file
    });
    let face = root().join("face/node_modules");
    passes(
        Command::new("node")
            .arg(face.join("typescript/bin/tsc"))
            .args([
                "--noEmit",
                "--strict",
                "--exactOptionalPropertyTypes",
                "--esModuleInterop",
                "--target",
                "ES2022",
                "--module",
                "NodeNext",
            ])
            .args(["--lib", "ES2022,DOM,DOM.Iterable", "--types", "node", "--typeRoots"])
            .arg(face.join("@types"))
            .args(files),
    );
}

#[test]
fn python_types() {
    let mut text = String::from("import wechatpay_customs as wx\n\nnull = None\ntrue = True\nfalse = False\n");
    let mut met = BTreeMap::<String, usize>::new();
    for (number, (vector, report)) in reports("python").into_iter().enumerate() {
        let Some((name, value)) = typed(&vector, report, None) else { continue };
        // Answers are classes.
        if name.ends_with("Answer") {
            continue;
        }
        let kind = name.strip_suffix("[]").map_or_else(|| format!("wx.{name}"), |item| format!("list[wx.{item}]"));
        writeln!(text, "v{number}: {kind} = {value}").expect("text grows");
        *met.entry(name).or_default() += 1;
    }
    assert!(met.len() == 7 && met["Explanation"] > 100, "{met:?}");
    let file = folder().join("reports.py");
    fs::write(&file, text).expect("a file of the tests");
    passes(Command::new(python()).args(["-m", "mypy", "--strict", "--cache-dir"]).arg(folder().join("mypy")).arg(file));
}
