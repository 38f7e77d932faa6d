//! A local stand-in for WeChat Pay's customs API, for tests and development.
//!
//! It shares the core's vocabulary and checks, but builds and verifies signed messages by itself, so that it can judge
//! the core. It is not the live service: `docs/sandbox.md` says of each behaviour whether it is documented, inferred or
//! invented.
//!
//! ```no_run
//! # async fn run() -> Result<(), wechatpay_customs_sandbox::Error> {
//! use wechatpay_customs_sandbox::{Config, Sandbox};
//!
//! let sandbox = Sandbox::start(Config::default()).await?;
//! println!("{}", sandbox.ready()["client"]);
//! sandbox.shutdown().await;
//! # Ok(())
//! # }
//! ```
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

mod answer;
#[doc(hidden)] // Judged alone by fuzzing, which a server would slow down.
pub mod authorization;
mod calls;
mod clock;
mod connections;
mod control;
mod faults;
mod fields;
mod identities;
mod keys;
mod log;
mod payments;
mod queue;
mod records;
mod rivals;
mod server;
mod store;

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

pub use identities::IDENTITY;
pub use log::Log;

/// The longest that a shutdown waits for requests under way.
const GRACE: Duration = Duration::from_secs(2);

/// The options of a sandbox.
#[derive(Clone)]
pub struct Config {
    /// The port on 127.0.0.1; 0, the default, takes any free one.
    pub port: u16,
    /// Makes keys, ids and nonces the same at each start; random unless given.
    pub seed: Option<u64>,
    /// The only application id that the sandbox knows.
    pub appid: String,
    /// The only merchant id that the sandbox knows.
    pub mchid: String,
    /// Receiver of the line about each request; lines are dropped unless given.
    pub log: Option<Log>,
    /// The SQLite file that declarations are kept in; memory unless given.
    pub state: Option<PathBuf>,
    /// The merchant's private key, PEM; made unless given.
    pub merchant_key: Option<String>,
    /// The private key of the platform's first certificate, PEM; made unless given.
    pub platform_key: Option<String>,
    /// How many times as fast as the wall clock the sandbox clock runs, which decides states and `modify_time`; 1, the
    /// default, to 86400. Signatures always go by the wall clock.
    pub speed: u32,
}

impl Default for Config {
    /// The ids that the declare page prints, a free port and random keys.
    fn default() -> Self {
        Config {
            port: 0,
            seed: None,
            appid: "wxd678efh567hg6787".to_owned(),
            mchid: "1230000109".to_owned(),
            log: None,
            state: None,
            merchant_key: None,
            platform_key: None,
            speed: 1,
        }
    }
}

/// A running sandbox; it stops when this is dropped.
pub struct Sandbox {
    address: SocketAddr,
    service: Arc<server::Service>,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The ready line holds the merchant's key, which may be a given one.
        formatter.debug_struct("Sandbox").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Makes the keys and begins to listen on 127.0.0.1.
    ///
    /// # Errors
    /// An id, key, speed or state file cannot be used, or the port is taken.
    pub async fn start(config: Config) -> Result<Sandbox, Error> {
        for (name, id) in [("appid", &config.appid), ("mchid", &config.mchid)] {
            let sound = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
            if !(1..=32).contains(&id.len()) || !id.bytes().all(sound) {
                return Err(Error(format!("`{name}` must be 1 to 32 letters, digits, _ or -; it is {id:?}")));
            }
        }
        if !(1..=clock::FASTEST).contains(&config.speed) {
            return Err(Error(format!("`speed` must lie between 1 and {}; it is {}", clock::FASTEST, config.speed)));
        }
        let port = config.port;
        let refused = |error| {
            Error(format!(
                "127.0.0.1:{port} cannot be listened on: {error}; choose another port, or 0 for any free one"
            ))
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;

        let mut rng = match config.seed {
            Some(seed) => ChaCha20Rng::seed_from_u64(seed),
            None => {
                let mut seed = [0; 32];
                SystemRandom::new().fill(&mut seed).map_err(|_| Error("the system has no randomness".to_owned()))?;
                ChaCha20Rng::from_seed(seed)
            }
        };
        let kept = match &config.state {
            Some(path) => Some(store::Store::open(path, &config.appid, &config.mchid, config.speed)?),
            None => None,
        };
        let given = (config.merchant_key.clone(), config.platform_key.clone());
        let making = move || keys::Keys::make(&mut rng, given.0.as_deref(), given.1.as_deref()).map(|keys| (keys, rng));
        let (keys, rng) = tokio::task::spawn_blocking(making)
            .await
            .map_err(|error| Error(format!("the keys could not be made: {error}")))??;

        let (certificate, public_key) = (keys.platform.current(), &keys.platform.public_key);
        let url = format!("http://{address}");
        let ready = json!({
            "event": "ready",
            "url": url,
            "control_url": format!("{url}{}", control::CONTROL),
            "pid": std::process::id(),
            "client": {
                "appid": config.appid,
                "mchid": config.mchid,
                "serial_no": keys.merchant.serial_no,
                "private_key": keys.merchant.private_key,
                "platform_keys": {
                    certificate.id.as_str(): certificate.pem,
                    public_key.id.as_str(): public_key.pem,
                },
                "api_v3_key": keys.api_v3_key,
                "base_urls": [url],
            },
        });
        let service = Arc::new(server::Service::new(config, keys, rng, ready, kept));
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(connections::serve(listener, Arc::clone(&service), stopped));
        Ok(Sandbox { address, service, stop, server })
    }

    /// The address on which it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The line that the program prints when it is ready; `client` holds the options of a client.
    pub fn ready(&self) -> &Value {
        &self.service.ready
    }

    /// Returns to the state at its start, in the state file as well: without declarations, payments, faults and
    /// rotated certificates, with the first identity, the first settings and the wall clock. Its keys stay, so that
    /// clients keep working.
    ///
    /// # Errors
    /// The state file cannot be written; the sandbox is then unchanged.
    pub fn reset(&self) -> Result<(), Error> {
        self.service.reset().map_err(Error)
    }

    /// Stops listening and answers the requests under way, for two seconds at most.
    pub async fn shutdown(mut self) {
        drop(self.stop);
        if tokio::time::timeout(GRACE, &mut self.server).await.is_err() {
            self.server.abort();
        }
    }
}

/// The error for a sandbox that could not be started, in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// Takes a lock even after a panic, because shared data is never left half-changed.
fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
