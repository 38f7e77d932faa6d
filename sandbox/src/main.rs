//! Starts a sandbox: one ready line on stdout, one line per request on stderr.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::unreachable,
        clippy::todo
    )
)]

mod background;

use std::{
    fs::{self, OpenOptions},
    io::{self, Write, stderr, stdout},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
};

use clap::Parser;
use tokio::sync::oneshot;
use wechatpay_customs_sandbox::{Config, Log, Sandbox};

/// A local stand-in for WeChat Pay's customs API, for tests and development.
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// Port on 127.0.0.1; 0 takes any free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Makes keys, ids and nonces the same at each start.
    #[arg(long)]
    seed: Option<u64>,
    /// The one application id that the sandbox knows.
    #[arg(long, default_value_t = Config::default().appid)]
    appid: String,
    /// The one merchant id that the sandbox knows.
    #[arg(long, default_value_t = Config::default().mchid)]
    mchid: String,
    /// SQLite file that declarations are kept in; made if it is not there.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// The merchant's private key, PEM.
    #[arg(long, value_name = "FILE")]
    merchant_key: Option<PathBuf>,
    /// The private key of the platform's first certificate, PEM.
    #[arg(long, value_name = "FILE")]
    platform_key: Option<PathBuf>,
    /// How many times as fast as the wall clock the sandbox clock runs; a whole number.
    #[arg(long, value_name = "N", default_value_t = Config::default().speed)]
    speed: u32,
    /// Starts the sandbox in the background: returns when it is ready, and has written what a client needs to FILE.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["exit_with_stdin", "ready_file"])]
    background: Option<PathBuf>,
    /// Writes the ready line to FILE as well, whole at once and readable by its owner only, since it holds keys; takes it
    /// away in the end.
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// Appends the line about each request to FILE instead of writing it to stderr.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Writes nothing about requests.
    #[arg(long, conflicts_with = "log")]
    quiet: bool,
    /// Stops when standard input ends, as it does when the process that holds its other end has ended.
    #[arg(long)]
    exit_with_stdin: bool,
    /// Is this the process that another has started for `--background`?
    #[arg(long, hide = true)]
    in_background: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => {
            // One line, as for any other error.
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
            let _ = writeln!(stderr(), "wechatpay-customs-sandbox: {line}; see --help");
            return ExitCode::from(2);
        }
        // Help or version.
        Err(text) => return text.print().map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS),
    };
    match run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(stderr(), "wechatpay-customs-sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<(), Box<dyn std::error::Error>> {
    let Cli { port, seed, appid, mchid, state, merchant_key, platform_key, speed, quiet, exit_with_stdin, .. } = cli;
    let ready_file = match cli.background {
        Some(file) if !cli.in_background => return Ok(background::start(&file)?),
        // Nobody reads its stderr, once it is ready.
        file => file.or(cli.ready_file),
    };
    let (merchant_key, platform_key) = (pem(merchant_key)?, pem(platform_key)?);
    // Before the ready line, so that whoever waits for it can stop the program at once.
    let stopped = stop_signal()?;
    let orphaned = orphaned(exit_with_stdin);
    let log = match cli.log {
        Some(file) => Some(log(&file)?),
        None if quiet || cli.in_background => None,
        None => Some(Arc::new(|line: &_| {
            // A log that nobody reads any more is no reason to stop.
            let _ = writeln!(stderr(), "{line}");
        }) as Log),
    };
    let config = Config { port, seed, appid, mchid, log, state, merchant_key, platform_key, speed };
    let sandbox = Sandbox::start(config).await?;
    let ready = format!("{}\n", sandbox.ready());
    if let Some(file) = &ready_file {
        write_whole(file, &ready).map_err(|error| format!("{} cannot be written: {error}", file.display()))?;
    }
    stdout()
        .write_all(ready.as_bytes())
        .and_then(|()| stdout().flush())
        .map_err(|error| format!("the ready line cannot be written to stdout: {error}"))?;
    tokio::select! {
        () = stopped => {}
        () = orphaned => {}
    }
    if let Some(file) = ready_file
        && fs::read_to_string(&file).is_ok_and(|text| text == ready)
    {
        // Whoever finds it would look for a sandbox that is not there any more.
        let _ = fs::remove_file(file);
    }
    sandbox.shutdown().await;
    Ok(())
}

/// Makes a log that appends to a file.
fn log(file: &Path) -> Result<Log, String> {
    let log = OpenOptions::new().append(true).create(true).open(file);
    let log = log.map_err(|error| format!("the log {} cannot be written: {error}", file.display()))?;
    let log = Mutex::new(log);
    Ok(Arc::new(move |line: &_| {
        // In one piece; a full disk is no reason to stop.
        let line = format!("{line}\n");
        let _ = log.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes());
    }))
}

/// Writes a file so that readers never see a part of it, and only its owner can read it.
fn write_whole(file: &Path, text: &str) -> io::Result<()> {
    let mut name = file.file_name().ok_or_else(|| io::Error::other("it is no name of a file"))?.to_owned();
    name.push(format!(".{}", std::process::id()));
    let part = file.with_file_name(name);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&part).and_then(|mut part| part.write_all(text.as_bytes()));
    let moved = written.and_then(|()| fs::rename(&part, file));
    if moved.is_err() {
        let _ = fs::remove_file(part);
    }
    moved
}

/// The text of a key file, if one is named.
fn pem(file: Option<PathBuf>) -> Result<Option<String>, String> {
    let read = |file: PathBuf| {
        std::fs::read_to_string(&file).map_err(|error| format!("{} cannot be read: {error}", file.display()))
    };
    file.map(read).transpose()
}

/// Waits for the end of standard input; for ever unless `exit_with_stdin`.
async fn orphaned(exit_with_stdin: bool) {
    if !exit_with_stdin {
        return std::future::pending().await;
    }
    let (held, ended) = oneshot::channel::<()>();
    // A thread of its own, as the runtime would wait for one of its threads to have read.
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        drop(held);
    });
    let _ = ended.await;
}

#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
