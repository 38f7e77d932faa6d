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

use std::{
    io::{self, Write, stderr, stdout},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
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
    /// Writes nothing about requests.
    #[arg(long)]
    quiet: bool,
    /// Stops when standard input ends, as it does when the process that holds its other end has ended.
    #[arg(long)]
    exit_with_stdin: bool,
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
    let Cli { port, seed, appid, mchid, state, merchant_key, platform_key, quiet, exit_with_stdin } = cli;
    let (merchant_key, platform_key) = (pem(merchant_key)?, pem(platform_key)?);
    // Before the ready line, so that whoever waits for it can stop the program at once.
    let stopped = stop_signal()?;
    let orphaned = orphaned(exit_with_stdin);
    let log: Log = Arc::new(|line: &_| {
        // A log that nobody reads any more is no reason to stop.
        let _ = writeln!(stderr(), "{line}");
    });
    let log = (!quiet).then_some(log);
    let config = Config { port, seed, appid, mchid, log, state, merchant_key, platform_key };
    let sandbox = Sandbox::start(config).await?;
    writeln!(stdout(), "{}", sandbox.ready())
        .and_then(|()| stdout().flush())
        .map_err(|error| format!("the ready line cannot be written to stdout: {error}"))?;
    tokio::select! {
        () = stopped => {}
        () = orphaned => {}
    }
    sandbox.shutdown().await;
    Ok(())
}

/// The text of a key file, if one is named.
fn pem(file: Option<PathBuf>) -> Result<Option<String>, String> {
    let read = |file: PathBuf| {
        std::fs::read_to_string(&file).map_err(|error| format!("{} cannot be read: {error}", file.display()))
    };
    file.map(read).transpose()
}

/// Waits for the end of standard input, or for ever if that means nothing.
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
