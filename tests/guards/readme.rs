//! Every block of the README runs as it stands there.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use wechatpay_customs_tests::{program, python, root};

/// The blocks of a language, in order.
fn blocks(readme: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    readme.split(&fence).skip(1).filter_map(|rest| rest.split("```").next()).map(str::to_owned).collect()
}

fn fresh_folder() -> PathBuf {
    let folder = root().join("target/readme");
    let _ = fs::remove_dir_all(&folder);
    for package in ["bindings-node", "bindings-wasm"] {
        let manifest = fs::read_to_string(root().join(package).join("package.json")).expect("a manifest");
        let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
        let installed = folder.join("node_modules").join(manifest["name"].as_str().expect("a name"));
        fs::create_dir_all(installed.parent().expect("a parent")).expect("a folder");
        #[cfg(unix)]
        std::os::unix::fs::symlink(root().join(package), installed).expect("a link");
        #[cfg(windows)]
        std::os::windows::fs::symlink_dir(root().join(package), installed).expect("a link");
    }
    folder
}

/// Is stopped as the sandbox says that it can be.
struct Background(String);

impl Drop for Background {
    fn drop(&mut self) {
        let mut words = self.0.split(' ');
        let _ = Command::new(words.next().unwrap_or_default()).args(words).status();
    }
}

/// Runs the block that starts the sandbox.
fn sandbox(block: &str, folder: &Path) -> Background {
    // In the folder of the quickstarts, where no cargo project is.
    let run = "cargo run --quiet --package wechatpay-customs-sandbox --";
    assert!(block.contains(run), "the block starts the sandbox by cargo run: {block}");
    let command = block.trim().replace(run, &program("wechatpay-customs-sandbox").to_string_lossy());
    let told = output(Command::new("sh").args(["-c", &command]), folder);
    let (_, stop) = told.trim_end().rsplit_once(": ").expect("it says how it is stopped");
    Background(stop.to_owned())
}

fn output(command: &mut Command, folder: &Path) -> String {
    let output = command.current_dir(folder).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && stderr.is_empty(), "{command:?}: {}\n{stdout}{stderr}", output.status);
    stdout.into_owned()
}

#[test]
fn every_quickstart_runs_against_the_sandbox() {
    let readme = fs::read_to_string(root().join("README.md")).expect("a README");
    let folder = fresh_folder();
    let shell = blocks(&readme, "sh");
    // The first two are the commands that run this test and the demo; `cargo xtask test` runs the demo too.
    assert_eq!(shell[..2], ["cargo xtask demo\n", "cargo xtask test\n"]);
    assert_eq!(shell.len(), 3);
    let _sandbox = sandbox(&shell[2], &folder);

    let scripts = blocks(&readme, "js");
    assert_eq!(scripts.len(), 2);
    let script = |index: usize| {
        let file = folder.join(format!("quickstart{index}.mjs"));
        fs::write(&file, &scripts[index]).expect("a script");
        file
    };
    assert!(output(Command::new("node").arg(script(0)), &folder).starts_with("UNDECLARED "));
    let in_workerd = root().join("tests/runtimes/readme.mjs");
    let told = output(Command::new("node").arg(in_workerd).arg(script(1)), &folder);
    assert_eq!(told, "200 UNDECLARED\n502 INVALID_FIELDS\n");

    let python_blocks = blocks(&readme, "python");
    assert_eq!(python_blocks.len(), 1);
    let told = output(Command::new(python()).args(["-c", &python_blocks[0]]), &folder);
    assert!(told.starts_with("UNDECLARED ") && told.contains("'acturalPaid': '8.88'"), "{told}");

    assert_eq!(blocks(&readme, "rust").len(), 1);
    let mut rust = Command::new(env!("CARGO"));
    rust.args(["run", "--quiet", "--package", "wechatpay-customs-tests", "--example", "quickstart"]);
    let told = output(&mut rust, &folder);
    assert!(told.starts_with("UNDECLARED ["), "{told}");
    depends(&blocks(&readme, "toml"), &folder);
    let fences = readme.lines().filter(|line| line.starts_with("```") && line.len() > 3).count();
    assert_eq!(fences, shell.len() + scripts.len() + 3, "a block of a language that is not run here");
}

/// Cargo takes the block as the dependencies of a program beside a clone: paths, features and versions are there.
fn depends(blocks: &[String], folder: &Path) {
    assert_eq!(blocks.len(), 1);
    let program = folder.join("program");
    fs::create_dir_all(program.join("src")).expect("a folder");
    fs::write(program.join("src/main.rs"), "fn main() {}").expect("a program");
    fs::copy(root().join("Cargo.lock"), program.join("Cargo.lock")).expect("the versions that are here");
    #[cfg(unix)]
    std::os::unix::fs::symlink(root(), folder.join("wechatpay-customs")).expect("a link");
    #[cfg(windows)]
    std::os::windows::fs::symlink_dir(root(), folder.join("wechatpay-customs")).expect("a link");
    let package = "[package]\nname = \"program\"\nedition = \"2024\"\n[workspace]\n";
    fs::write(program.join("Cargo.toml"), format!("{package}{}", blocks[0])).expect("a manifest");
    let mut tree = Command::new(env!("CARGO"));
    tree.args(["tree", "--quiet", "--edges", "normal,features", "--depth", "2"]);
    let told = output(&mut tree, &program);
    for feature in ["aws-lc", "client", "pkcs12"] {
        assert!(told.contains(&format!("wechatpay-customs feature \"{feature}\"")), "{told}");
    }
}

#[test]
fn the_readme_is_short() {
    let readme = fs::read_to_string(root().join("README.md")).expect("a README");
    assert!(readme.lines().count() <= 200);
}
