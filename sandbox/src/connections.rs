//! Accepts connections one by one, so that a fault can end one without an answer.

use std::{pin::pin, sync::Arc, time::Duration};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{oneshot, watch},
    task::JoinSet,
};

use crate::server::Service;

/// The pause before accepting again after a failure, such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until it is stopped, then answers the requests under way.
pub(crate) async fn serve(listener: TcpListener, service: Arc<Service>, mut stopped: oneshot::Receiver<()>) {
    let (stop, stopping) = watch::channel(());
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            // Sent or dropped: either way it is time to stop.
            _ = &mut stopped => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, Arc::clone(&service), stopping.clone()));
                }
                Err(_) => tokio::time::sleep(PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop((listener, stop));
    while connections.join_next().await.is_some() {}
}

async fn connection(stream: TcpStream, service: Arc<Service>, mut stopping: watch::Receiver<()>) {
    // Answers are small, and nobody should wait for more of them.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| Arc::clone(&service).serve(request));
    // An error of the service ends the connection as it stands: nothing is written.
    // An idle connection stays open: one that is closed while a request is on its way to it would fail a call for no reason.
    let connection = http1::Builder::new().header_read_timeout(None).serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    tokio::select! {
        // Whatever ended it, nobody is left to be told.
        _ = connection.as_mut() => {}
        _ = stopping.changed() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}
