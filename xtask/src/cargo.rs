//! Cargo, and where it puts what it builds: that is for its settings to say.

use std::{
    env, fmt,
    io::{BufRead, BufReader, IsTerminal, Read},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
    thread,
};

use serde_json::Value;

use crate::{
    Result,
    run::{command, not_started, quietly, speaks},
};

/// `cargo` as this program was started by it.
pub fn cargo(arguments: &[&str]) -> Command {
    command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), arguments)
}

/// The folder that cargo builds in; artefacts of its own builds are better taken from [`build`].
pub fn folder() -> Result<&'static Path> {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    if let Some(folder) = FOLDER.get() {
        return Ok(folder);
    }
    let told: Value = serde_json::from_str(&quietly(&mut cargo(&["metadata", "--no-deps", "--format-version", "1"]))?)?;
    let folder = told["target_directory"].as_str().ok_or("`cargo metadata` names no target_directory")?;
    Ok(FOLDER.get_or_init(|| PathBuf::from(folder)))
}

/// What a build has made.
pub struct Built {
    files: Vec<PathBuf>,
    /// The test programs, each with the folder of its package, where it is to be run.
    pub tests: Vec<(PathBuf, PathBuf)>,
}

impl Built {
    /// The file of this name.
    pub fn file(&self, name: impl fmt::Display) -> Result<PathBuf> {
        let name = name.to_string();
        let found = self.files.iter().find(|file| file.file_name().is_some_and(|of| *of == *name));
        Ok(found.ok_or_else(|| format!("cargo has built no {name}, but {:?}", self.files))?.clone())
    }
}

/// Builds with these arguments, tells how many crates were compiled where somebody watches, and gives the files.
pub fn build(arguments: &[&str]) -> Result<Built> {
    run(cargo(&[&["build"], arguments].concat()))
}

/// The same with a command that begins with `cargo build`.
pub fn run(mut build: Command) -> Result<Built> {
    build.args(["--message-format", "json-render-diagnostics"]);
    let mut running = build.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let running = running.as_mut().map_err(|error| not_started(&build, error))?;
    let mut stderr = running.stderr.take().ok_or("cargo has no stderr")?;
    let said = thread::spawn(move || {
        let mut said = Vec::new();
        let read = stderr.read_to_end(&mut said);
        read.map(|_| String::from_utf8_lossy(&said).into_owned())
    });
    let stdout = BufReader::new(running.stdout.take().ok_or("cargo has no stdout")?);
    let watched = std::io::stderr().is_terminal();
    let (mut built, mut compiled) = (Built { files: Vec::new(), tests: Vec::new() }, 0);
    for line in stdout.lines() {
        // What programs and build scripts print is not cargo's.
        let Ok(message) = serde_json::from_str::<Value>(&line?) else { continue };
        if message["reason"] != "compiler-artifact" {
            continue;
        }
        compiled += usize::from(message["fresh"] == false);
        if watched && compiled > 0 && speaks() {
            eprint!(
                "\r\x1b[K    {compiled} crates compiled: {}",
                message["target"]["name"].as_str().unwrap_or_default()
            );
        }
        let of = [&message["executable"], &message["filenames"]];
        let names =
            of.into_iter().flat_map(|value| value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice));
        built.files.extend(names.filter_map(Value::as_str).map(PathBuf::from));
        let (program, manifest) = (message["executable"].as_str(), message["manifest_path"].as_str());
        let folder = manifest.and_then(|manifest| Path::new(manifest).parent());
        if let (true, Some(program), Some(folder)) = (message["profile"]["test"] == true, program, folder) {
            built.tests.push((program.into(), folder.to_owned()));
        }
    }
    if watched && compiled > 0 && speaks() {
        eprint!("\r\x1b[K");
    }
    let ended = running.wait().map_err(|error| not_started(&build, &error))?;
    if !ended.success() {
        let said = said.join().map_err(|_| "cargo's stderr was not read")??;
        return Err(format!("{said}failed ({ended}): {build:?}").into());
    }
    Ok(built)
}

/// A program of `tools/` to run: what takes more than a handful of crates is not compiled before it is needed.
pub fn tool(package: &str, arguments: &[&str]) -> Result<Command> {
    let program = build(&["--package", package])?.file(format!("{package}{}", env::consts::EXE_SUFFIX))?;
    Ok(command(program, arguments))
}

#[cfg(test)]
mod tests {
    use std::env;

    use super::{cargo, run};
    use crate::fs;

    #[test]
    fn what_was_built_is_found_wherever_cargo_puts_it() {
        let package = env::temp_dir().join(format!("xtask-{}", std::process::id()));
        let manifest = package.join("Cargo.toml");
        fs::create_dir_all(package.join("src")).expect("a folder of the test's");
        // A workspace of its own, wherever temporary files are.
        let text = "[package]\nname = \"tiny\"\nedition = \"2024\"\n[workspace]\n";
        fs::write(&manifest, text).expect("a manifest");
        fs::write(package.join("src/main.rs"), "fn main() {}").expect("a program");
        for variable in ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"] {
            let folder = package.join(variable);
            let mut build = cargo(&["build", "--manifest-path"]);
            build.arg(&manifest).env_remove("CARGO_TARGET_DIR").env(variable, &folder);
            let built = run(build).and_then(|built| built.file(format!("tiny{}", env::consts::EXE_SUFFIX)));
            let built = built.expect("it is built");
            assert!(built.starts_with(&folder) && built.exists(), "{}", built.display());
        }
        fs::remove_dir_all(package).expect("a folder of the test's");
    }
}
