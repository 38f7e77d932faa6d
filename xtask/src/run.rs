//! Running other programs, and telling how far things are.

use std::{
    env,
    error::Error,
    ffi::OsStr,
    io,
    path::PathBuf,
    process::{Command, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{Result, root};

/// A command in the repository's folder.
pub fn command(program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    // A relative one is meant from where the user stands.
    for variable in ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"] {
        if let (Some(folder), Ok(here)) = (env::var_os(variable), env::current_dir()) {
            command.env(variable, here.join(folder));
        }
    }
    command
}

/// Runs to the end; the output is shown only if it fails.
pub fn quietly(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| not_started(command, &error))?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{stdout}{stderr}failed ({}): {command:?}", output.status).into());
    }
    Ok(stdout)
}

/// The error of a program that is not there, or does not run.
pub fn not_started(command: &Command, error: &io::Error) -> Box<dyn Error> {
    step_failed(&format!("`{}` could not be started: {error}", command.get_program().to_string_lossy()))
}

/// A folder of ours below the repository's `target/`, wherever cargo builds.
pub fn target(name: &str) -> PathBuf {
    root().join("target").join(name)
}

/// What is being done, and what was not yet said of it while something else is told on the terminal.
struct Progress {
    step: String,
    held: Option<Vec<String>>,
}

static PROGRESS: Mutex<Progress> = Mutex::new(Progress { step: String::new(), held: None });

fn progress() -> MutexGuard<'static, Progress> {
    PROGRESS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says what is being done, as the first build takes minutes.
pub fn step(what: &str) {
    let mut progress = progress();
    what.clone_into(&mut progress.step);
    match &mut progress.held {
        Some(held) => held.push(what.to_owned()),
        None => eprintln!("  · {what}"),
    }
}

/// Says nothing of steps, until they may be told.
pub fn hold_steps() {
    progress().held.get_or_insert_default();
}

/// Says what was held back, and speaks again.
pub fn tell_steps() {
    let held = progress().held.take().unwrap_or_default();
    held.iter().for_each(|what| eprintln!("  · {what}"));
}

/// May something be said of the step under way?
pub fn speaks() -> bool {
    progress().held.is_none()
}

/// An error, with the step that it came in.
pub fn step_failed(what: &str) -> Box<dyn Error> {
    let progress = progress();
    if progress.step.is_empty() { what.into() } else { format!("{}: {what}", progress.step).into() }
}
