//! Connections that fail, over bare TCP: what was certainly not sent, and what may have happened.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use trunkline_provider::{NumberProvider, ProviderError};

use crate::support::*;

/// What the server does with a request that it has read whole.
#[derive(Debug, Clone)]
enum Act {
    /// Writes these bytes and closes.
    WriteAndClose(String),
    /// Writes these bytes and keeps the connection for the next request.
    WriteAndKeep(String),
    /// Closes without a word.
    Close,
    /// Never answers.
    Hang,
}

/// A server that takes its acts in order, over however many connections, and counts whole requests by method.
struct Wire {
    url: String,
    posts: Arc<AtomicUsize>,
    gets: Arc<AtomicUsize>,
    /// Told whenever the server has closed a connection.
    closed: Arc<Notify>,
}

impl Wire {
    async fn acting(acts: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wire = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            posts: Arc::default(),
            gets: Arc::default(),
            closed: Arc::default(),
        };
        let (posts, gets, closed) = (wire.posts.clone(), wire.gets.clone(), wire.closed.clone());
        tokio::spawn(async move {
            let mut acts = acts.into_iter();
            while let Ok((mut stream, _)) = listener.accept().await {
                while let Some(request) = read_request(&mut stream).await {
                    let counter = if request.starts_with("POST") { &posts } else { &gets };
                    counter.fetch_add(1, Ordering::SeqCst);
                    match acts.next().unwrap_or(Act::Hang) {
                        Act::WriteAndKeep(answer) => stream.write_all(answer.as_bytes()).await.unwrap(),
                        Act::WriteAndClose(answer) => {
                            stream.write_all(answer.as_bytes()).await.unwrap();
                            break;
                        }
                        Act::Close => break,
                        Act::Hang => std::future::pending::<()>().await,
                    }
                }
                drop(stream);
                closed.notify_one();
            }
        });
        wire
    }

    fn posts(&self) -> usize {
        self.posts.load(Ordering::SeqCst)
    }
}

/// One request with its body; `None` when the client has closed.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .filter_map(|line| line.split_once(": "))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .map_or(0, |(_, length)| length.parse().unwrap());
            if body.len() >= length {
                return Some(text);
            }
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&chunk[..read]),
        }
    }
}

fn answer(status: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nDate: {DATE}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

fn bought() -> String {
    answer("201 Created", &owned(NUMBER).to_string())
}

fn empty_page() -> String {
    answer("200 OK", r#"{"incoming_phone_numbers": [], "next_page_uri": null}"#)
}

#[tokio::test]
async fn a_host_that_refuses_connections_was_certainly_not_asked() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = client(config(&url));
    for error in [
        client.buy(&purchase()).await.map(|_| ()).unwrap_err(),
        client.release(&identity()).await.map(|_| ()).unwrap_err(),
        client.look(&number()).await.map(|_| ()).unwrap_err(),
    ] {
        assert!(matches!(error, ProviderError::Unavailable { .. }), "{error:?}");
    }
}

/// A host that takes the connection and never begins TLS: time runs out before a byte of the request is sent.
#[tokio::test]
async fn a_timeout_while_connecting_is_certain() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = config(&format!("https://{}", listener.local_addr().unwrap()));
    config.connect_timeout = Duration::from_millis(50);
    let error = client(config).buy(&purchase()).await.unwrap_err();
    assert!(matches!(error, ProviderError::Unavailable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_reset_after_sending_may_have_happened_and_is_not_repeated() {
    let wire = Wire::acting(vec![Act::Close, Act::WriteAndClose(bought())]).await;
    let error = client(config(&wire.url)).buy(&purchase()).await.unwrap_err();
    assert!(error.may_have_happened(), "{error:?}");
    assert_eq!(wire.posts(), 1);
}

#[tokio::test]
async fn an_answer_cut_short_may_have_happened() {
    for cut in [
        bought()[..bought().len() - 40].to_owned(),
        "HTTP/1.1 201 Created\r\nContent-Le".to_owned(),
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 90\r\n\r\n{\"code\": 21422, \"mess".to_owned(),
        "no HTTP at all\r\n\r\n".to_owned(),
    ] {
        let wire = Wire::acting(vec![Act::WriteAndClose(cut.clone())]).await;
        let error = client(config(&wire.url)).buy(&purchase()).await.unwrap_err();
        assert!(error.may_have_happened(), "{cut}: {error:?}");
        assert_eq!(wire.posts(), 1);
    }
}

#[tokio::test]
async fn no_answer_in_time_may_have_happened() {
    let wire = Wire::acting(vec![Act::Hang]).await;
    let mut config = config(&wire.url);
    config.request_timeout = Duration::from_millis(300);
    let error = client(config).buy(&purchase()).await.unwrap_err();
    assert!(error.may_have_happened(), "{error:?}");
    assert!(wire.posts() <= 1);
}

#[tokio::test]
async fn a_read_is_asked_again_on_a_new_connection() {
    let wire = Wire::acting(vec![Act::Close, Act::WriteAndClose(empty_page())]).await;
    assert!(client(config(&wire.url)).look(&number()).await.unwrap().number.is_none());
    assert_eq!(wire.gets.load(Ordering::SeqCst), 2);
}

/// The server takes a purchase on a kept connection and closes it without an answer: the client must not send the
/// purchase again by itself, however sure it is that the connection was stale.
#[tokio::test]
async fn a_purchase_on_a_kept_connection_is_sent_once() {
    let acts = vec![Act::WriteAndKeep(empty_page()), Act::Close, Act::WriteAndClose(bought())];
    let wire = Wire::acting(acts).await;
    let client = client(config(&wire.url));
    client.look(&number()).await.unwrap();
    let error = client.buy(&purchase()).await.unwrap_err();
    assert!(error.may_have_happened(), "{error:?}");
    assert_eq!(wire.posts(), 1);
}

/// The server closes a kept connection between two requests. Whichever side notices first, the purchase arrives at
/// most once, and a success is one purchase.
#[tokio::test]
async fn a_purchase_after_an_idle_close_arrives_at_most_once() {
    for _ in 0..50 {
        let wire = Wire::acting(vec![Act::WriteAndClose(empty_page()), Act::WriteAndClose(bought())]).await;
        let client = client(config(&wire.url));
        client.look(&number()).await.unwrap();
        wire.closed.notified().await;
        match client.buy(&purchase()).await {
            Ok(_) => assert_eq!(wire.posts(), 1),
            Err(error) => {
                assert!(error.may_have_happened(), "{error:?}");
                assert_eq!(wire.posts(), 0);
            }
        }
    }
}

/// Errors and logs name neither the URL, which carries account and number, nor the secret.
#[tokio::test]
async fn failures_name_no_secret_and_no_number() {
    let wire = Wire::acting(vec![Act::Close, Act::Close, Act::Close, Act::Close]).await;
    let client = client(config(&wire.url));
    let text = format!("{:?} {client:?}", client.look(&number()).await.unwrap_err());
    assert!(!text.contains("4152300101") && !text.contains("a secret token"), "{text}");
}

/// A host may bring a client of its own. If that follows redirects, a purchase it repeated elsewhere is not believed.
#[tokio::test]
async fn a_client_that_follows_redirects_gets_no_believable_answer() {
    let redirect = "HTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n";
    let wire =
        Wire::acting(vec![Act::WriteAndClose(redirect.to_owned()), Act::WriteAndClose(bought())]).await;
    let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let client = trunkline_twilio::TwilioClient::new(http, config(&wire.url));
    let error = client.buy(&purchase()).await.unwrap_err();
    assert!(error.may_have_happened(), "{error:?}");
    assert_eq!(wire.posts(), 2);
}
