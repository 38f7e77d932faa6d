//! Accepts connections one by one, so that a fault can end one without an answer.

use std::{
    net::SocketAddr,
    pin::pin,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{oneshot, watch},
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    lock,
    server::{Network, Service},
};

/// The pause before accepting again after a failure, such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);
/// The longest that connections may take to end before the sandbox goes down.
const GRACE: Duration = Duration::from_secs(2);

/// Serves until it is stopped, then answers the requests under way.
pub(crate) async fn serve(mut listener: TcpListener, service: Arc<Service>, mut stopped: oneshot::Receiver<()>) {
    let Ok(address) = listener.local_addr() else { return };
    let mut network = service.network.subscribe();
    loop {
        let down = network.borrow_and_update().down;
        let (stop, stopping) = watch::channel(());
        let mut connections = JoinSet::new();
        let ends = loop {
            tokio::select! {
                // Sent or dropped: either way it is time to stop.
                _ = &mut stopped => break true,
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(connection(stream, Arc::clone(&service), stopping.clone()));
                    }
                    Err(_) => sleep(PAUSE).await,
                },
                Some(_) = connections.join_next() => {}
                Ok(()) = network.changed() => if network.borrow_and_update().down.0 != down.0 { break false },
            }
        };
        drop((listener, stop));
        let ended = async { while connections.join_next().await.is_some() {} };
        if ends {
            return ended.await;
        }
        // Whatever has not ended by then is cut off.
        let _ = timeout(GRACE, ended).await;
        drop(connections);
        let span = network.borrow().down.1;
        sleep(span).await;
        listener = match listen_again(address, &mut stopped).await {
            Some(listener) => listener,
            None => return,
        };
    }
}

/// Listens on the same address once more; `None` if it is time to stop.
async fn listen_again(address: SocketAddr, stopped: &mut oneshot::Receiver<()>) -> Option<TcpListener> {
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return Some(listener),
            Err(_) => tokio::select! {
                _ = &mut *stopped => return None,
                () = sleep(PAUSE) => {}
            },
        }
    }
}

async fn connection(stream: TcpStream, service: Arc<Service>, mut stopping: watch::Receiver<()>) {
    // Answers are small, and nobody should wait for more of them.
    let _ = stream.set_nodelay(true);
    let network = service.network.subscribe();
    let activity = Activity::default();
    let answer = service_fn(|request| {
        let under_way = activity.begin();
        let served = Arc::clone(&service).serve(request);
        async {
            let served = served.await;
            drop(under_way);
            served
        }
    });
    // An error of the service ends the connection as it stands: nothing is written.
    // An idle connection stays open unless a setting says otherwise: one that is closed while a request is on its way to it
    // would fail a call for no reason.
    let connection = http1::Builder::new().header_read_timeout(None).serve_connection(TokioIo::new(stream), answer);
    let mut connection = pin!(connection);
    tokio::select! {
        // Whatever ended it, nobody is left to be told.
        _ = connection.as_mut() => return,
        _ = stopping.changed() => {}
        () = activity.idle(network) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

/// The requests of a connection that are under way, and since when there are none.
#[derive(Default)]
struct Activity(Mutex<(usize, Option<Instant>)>);

/// A request under way.
struct UnderWay<'a>(&'a Activity);

impl Activity {
    fn begin(&self) -> UnderWay<'_> {
        let mut state = lock(&self.0);
        *state = (state.0 + 1, None);
        UnderWay(self)
    }

    /// Is ready when the connection has been idle for as long as the setting says.
    async fn idle(&self, mut network: watch::Receiver<Network>) {
        loop {
            let Some(allowed) = network.borrow_and_update().idle else {
                if network.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
                continue;
            };
            let since = lock(&self.0).1;
            match since.map(|since| allowed.saturating_sub(since.elapsed())) {
                Some(Duration::ZERO) => return,
                Some(left) => sleep(left).await,
                // Nothing was asked yet, or something is being answered.
                None => sleep(allowed.max(Duration::from_millis(1))).await,
            }
        }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.0.0);
        state.0 = state.0.saturating_sub(1);
        if state.0 == 0 {
            state.1 = Some(Instant::now());
        }
    }
}
