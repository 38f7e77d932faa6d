//! Starts a sandbox that runs on after the command that started it has returned.

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Read, Write, stdout},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::Value;

/// The longest that a sandbox on this machine may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Starts this program again, waits until the new process is ready, and says how to stop it.
///
/// # Errors
/// The other process's own message if it cannot start, or a message that the sandbox that the file names still runs.
pub fn start(file: &Path) -> Result<(), String> {
    if let Some(running) = running(file) {
        return Err(format!(
            "the sandbox that {} tells of still runs at {}; use it, stop it with `{}`, or name another file",
            file.display(),
            url(&running),
            stop(&running)
        ));
    }
    let failed = |error: io::Error| format!("the sandbox cannot be started in the background: {error}");
    let mut command = Command::new(env::current_exe().map_err(failed)?);
    command.args(env::args_os().skip(1)).arg("--in-background");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    apart(&mut command);
    let mut child = command.spawn().map_err(failed)?;
    let mut line = String::new();
    if let Some(told) = child.stdout.take() {
        BufReader::new(told).read_line(&mut line).map_err(failed)?;
    }
    let Ok(ready) = serde_json::from_str::<Value>(&line) else {
        let mut why = String::new();
        if let Some(mut told) = child.stderr.take() {
            told.read_to_string(&mut why).map_err(failed)?;
        }
        let ended = child.wait().map_err(failed)?;
        let why = why.trim().trim_start_matches(concat!(env!("CARGO_PKG_NAME"), ": "));
        return Err(if why.is_empty() { format!("it ended before it was ready: {ended}") } else { why.to_owned() });
    };
    let told = format!(
        "The sandbox runs at {} as process {}; {} holds what a client needs. Stop it with: {}\n",
        url(&ready),
        pid(&ready),
        file.display(),
        stop(&ready)
    );
    // It runs, whether or not anybody reads so.
    let _ = stdout().write_all(told.as_bytes());
    Ok(())
}

fn url(ready: &Value) -> &str {
    ready.get("url").and_then(Value::as_str).unwrap_or_default()
}

fn pid(ready: &Value) -> u64 {
    ready.get("pid").and_then(Value::as_u64).unwrap_or_default()
}

/// The command that stops the sandbox.
fn stop(ready: &Value) -> String {
    let pid = pid(ready);
    if cfg!(windows) { format!("taskkill /F /PID {pid}") } else { format!("kill {pid}") }
}

/// The ready line in a file, if the same sandbox that wrote it still answers.
fn running(file: &Path) -> Option<Value> {
    let line = fs::read_to_string(file).ok()?;
    let ready: Value = serde_json::from_str(&line).ok()?;
    let address: SocketAddr = url(&ready).strip_prefix("http://")?.parse().ok()?;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.write_all(format!("GET /sandbox/ready HTTP/1.0\r\nHost: {address}\r\n\r\n").as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.ends_with(line.trim()).then_some(ready)
}

/// Shields the background process from signals for the command, such as a terminal's Control-C.
#[cfg(unix)]
fn apart(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(windows)]
fn apart(command: &mut Command) {
    const DETACHED_PROCESS: u32 = 0x8;
    const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;
    std::os::windows::process::CommandExt::creation_flags(command, DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP);
}

#[cfg(not(any(unix, windows)))]
fn apart(_: &mut Command) {}
