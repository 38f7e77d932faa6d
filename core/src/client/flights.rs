use std::{
    future::pending,
    sync::{Mutex, PoisonError},
};

use futures_util::future::{FutureExt, Shared, WeakShared};

use super::{Client, host};
use crate::{
    engine::{Call, Outcome},
    protocol::options::CallOptions,
    words::error::Error,
};

/// The current download of platform certificates, for all calls of a client that wait for it.
#[derive(Default)]
pub(super) struct Flights(Mutex<Option<Flight>>);

struct Flight {
    number: u64,
    /// A forked process inherits the memory of a download, but not its connection.
    process: u32,
    /// Weak, because a runtime that is shut down drops its tasks.
    download: WeakShared<host::Boxed<Landed>>,
}

type Download = Shared<host::Boxed<Landed>>;

/// The way in which a download ended.
#[derive(Clone)]
pub(super) enum Landed {
    Well,
    Failed(Error),
    /// A signer of the caller's returned this error.
    Raised(Error),
}

impl Flights {
    /// Waits for a download, and starts it unless it is under way. It continues even if nobody waits any more.
    pub fn join(&self, number: u64, client: &Client) -> Download {
        let process = host::process();
        let mut flight = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let under_way = flight.as_ref().filter(|flight| (flight.number, flight.process) == (number, process));
        if let Some(download) = under_way.and_then(|flight| flight.download.upgrade()) {
            return download;
        }
        let client = client.clone();
        let download: host::Boxed<Landed> = Box::pin(async move { download(&client, number).await });
        let download = download.shared();
        *flight = download.downgrade().map(|download| Flight { number, process, download });
        host::spawn(download.clone());
        download
    }

    /// Forgets a download that has ended.
    fn landed(&self, number: u64) {
        let mut flight = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if flight.as_ref().is_some_and(|flight| flight.number == number) {
            *flight = None;
        }
    }
}

async fn download(client: &Client, flight: u64) -> Landed {
    let landed = match client.run(Call::LoadKeys { flight }, CallOptions::default(), pending()).await {
        Ok(Outcome::Err(error)) => Landed::Failed(error),
        Ok(_) => Landed::Well,
        Err(error) => Landed::Raised(error),
    };
    client.flights.landed(flight);
    landed
}
