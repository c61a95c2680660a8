//! The listener over real sockets: slow clients, too many clients, and a server that stops.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use trunkline_http::{ConnectionLimits, serve};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

struct Server {
    address: std::net::SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
    /// Told when a handler has begun.
    begun: Arc<Notify>,
    /// Lets one handler answer.
    go: Arc<Notify>,
    /// What the handlers did, in order.
    log: Arc<Mutex<Vec<&'static str>>>,
}

async fn server(limits: ConnectionLimits) -> Server {
    let (begun, go, stop) = (Arc::new(Notify::new()), Arc::new(Notify::new()), CancellationToken::new());
    let log = Arc::<Mutex<Vec<&'static str>>>::default();
    let (begins, goes, notes) = (begun.clone(), go.clone(), log.clone());
    let slow = move || {
        let (begins, goes, notes) = (begins.clone(), goes.clone(), notes.clone());
        async move {
            notes.lock().unwrap().push("begun");
            begins.notify_one();
            goes.notified().await;
            notes.lock().unwrap().push("ended");
            "done"
        }
    };
    let router = Router::new().route("/", get(slow));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(serve(listener, router, limits, stop.clone()));
    Server { address, stop, task, begun, go, log }
}

async fn read_all(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test]
async fn a_client_that_dawdles_over_its_headers_is_cut_off() {
    let limits =
        ConnectionLimits { header_timeout: Duration::from_millis(50), ..ConnectionLimits::default() };
    let server = server(limits).await;
    let mut dawdler = TcpStream::connect(server.address).await.unwrap();
    dawdler.write_all(b"GET / HTTP/1.1\r\nhost").await.unwrap();
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    // Reading ends only because the server closes.
    read_all(&mut dawdler).await;
    read_all(&mut silent).await;
}

#[tokio::test]
async fn a_request_in_hand_is_answered_when_the_server_stops() {
    let server = server(ConnectionLimits::default()).await;
    let mut client = TcpStream::connect(server.address).await.unwrap();
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    client.write_all(REQUEST).await.unwrap();
    server.begun.notified().await;
    server.stop.cancel();
    read_all(&mut idle).await;
    server.go.notify_one();
    assert!(read_all(&mut client).await.ends_with("done"));
    server.task.await.unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn a_request_that_does_not_end_is_cut_off_after_the_drain() {
    let limits = ConnectionLimits { drain: Duration::from_millis(50), ..ConnectionLimits::default() };
    let server = server(limits).await;
    let mut client = TcpStream::connect(server.address).await.unwrap();
    client.write_all(REQUEST).await.unwrap();
    server.begun.notified().await;
    server.stop.cancel();
    server.task.await.unwrap();
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_for_a_place() {
    let limits = ConnectionLimits { connections: 1, ..ConnectionLimits::default() };
    let server = server(limits).await;
    let closing = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let mut first = TcpStream::connect(server.address).await.unwrap();
    first.write_all(closing).await.unwrap();
    server.begun.notified().await;
    let mut second = TcpStream::connect(server.address).await.unwrap();
    second.write_all(closing).await.unwrap();
    for client in [&mut first, &mut second] {
        server.go.notify_one();
        assert!(read_all(client).await.ends_with("done"));
    }
    assert_eq!(*server.log.lock().unwrap(), ["begun", "ended", "begun", "ended"]);
}
