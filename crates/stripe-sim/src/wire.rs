//! Connections that can be cut. A request carries the line that it came on; once that is cut, the connection is
//! dropped with whatever was to leave on it, and the client sees a network failure, never an HTTP status.

use std::{sync::Arc, time::Duration};

use axum::Router;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::shared::Shared;

/// How long a shutdown waits for clients that do not read their answers.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(2);
/// A pause after the system had no connection to give, most often for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The handle by which a request cuts the connection that it came on.
#[derive(Clone, Default)]
pub(crate) struct Line(CancellationToken);

impl Line {
    /// Cuts the connection, and waits until it is: an answer that comes after this is never sent.
    pub(crate) async fn cut(&self) {
        self.0.cancel();
        std::future::pending::<()>().await;
    }
}

/// Serves connections until the simulator stops, then lets requests in progress end.
pub(crate) async fn serve(listener: TcpListener, routes: Router, shared: Arc<Shared>) {
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shared.stopping.cancelled() => break,
        };
        match accepted {
            Ok((stream, _)) => connect(stream, routes.clone(), &graceful),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(SHUTDOWN_LIMIT, graceful.shutdown()).await.is_err() {
        tracing::debug!("a client did not read its answer before the simulator ended");
    }
}

fn connect(stream: TcpStream, routes: Router, graceful: &GracefulShutdown) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "answers on this connection may be a little late");
    }
    let line = Line::default();
    let cut = line.0.clone();
    let routes = routes.layer(axum::Extension(line));
    let service = TowerToHyperService::new(routes);
    let connection =
        Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).into_owned();
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        tokio::select! {
            // First, so that nothing leaves any more.
            biased;
            () = cut.cancelled() => {}
            served = connection => if let Err(error) = served {
                tracing::debug!(%error, "a connection ended early");
            },
        }
    });
}
