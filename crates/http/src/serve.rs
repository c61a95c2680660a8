//! The listener: accepts connections within limits, and lets them finish when the server stops.
//!
//! A client that dawdles over its headers, or does not read its answer, is cut off. Connections beyond the limit wait
//! unaccepted in the kernel's queue. Requests that are being answered when the server stops have `drain` to end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::load::Watched;
use crate::rate::Peer;

/// After a connection could not be accepted (no file handles left, say), how long nothing is accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How much of a request's head a connection keeps. What is larger is refused with 431 before anything of ours sees it.
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// How many headers a request may have.
const HEADERS_MAX: usize = 100;

/// How many connections there may be, and how long each part of one may take.
#[derive(Debug, Clone)]
pub struct ConnectionLimits {
    /// At most so many connections at once.
    pub connections: usize,
    /// How long the headers of a request may take, counted from when the connection waits for it; so also how long a
    /// connection may be idle.
    pub header_timeout: Duration,
    /// For how long a client may take nothing of what it is sent.
    pub write_timeout: Duration,
    /// When the server stops, how long requests that are being answered have to end.
    pub drain: Duration,
}

impl Default for ConnectionLimits {
    /// 4,096 connections; 75 seconds for headers, so that proxies, which mostly keep connections for 60, are the ones to
    /// close them; 30 seconds for a client that does not read; 40 seconds to drain, longer than a purchase waits.
    fn default() -> Self {
        Self {
            connections: 4_096,
            header_timeout: Duration::from_secs(75),
            write_timeout: Duration::from_secs(30),
            drain: Duration::from_secs(40),
        }
    }
}

/// Serves until told to stop, then until the requests that are being answered have ended.
pub async fn serve(listener: TcpListener, router: Router, limits: ConnectionLimits, stop: CancellationToken) {
    let mut http = auto::Builder::new(TokioExecutor::new()).http1_only();
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_BYTES_MAX);
    let (places, graceful) = (Arc::new(Semaphore::new(limits.connections)), GracefulShutdown::new());
    loop {
        let ((stream, peer), place) = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = stop.cancelled() => break,
        };
        let service = router.clone().map_request(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer));
            request
        });
        let stream = TokioIo::new(Watched::new(stream, limits.write_timeout));
        let connection = http.serve_connection(stream, TowerToHyperService::new(service)).into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            let _place = place;
            if let Err(error) = connection.await {
                tracing::debug!(error, "a connection broke");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(limits.drain, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests that were still being answered are cut off");
    }
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> ((TcpStream, SocketAddr), Option<OwnedSemaphorePermit>) {
    // Nobody closes the semaphore, so there is always a place in the end.
    let place = Arc::clone(places).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok(accepted) => return (accepted, place),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a connection could not be accepted"
                );
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
