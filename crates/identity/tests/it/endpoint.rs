//! The issuer's address under load, while keys change, and when it is slow, down, or answers nonsense.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::future::join_all;
use rstest::rstest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use trunkline_identity::KeyTimes;
use trunkline_tenancy::TokenVerifier;
use wiremock::ResponseTemplate;

use crate::issuer::{Place, Signer, claims, is_unavailable, reason, set, verifier};

const FRESH: i64 = 600;
const STALE: i64 = 24 * 3600;
const INTERVAL: i64 = 30;

#[tokio::test]
async fn keys_are_kept_and_asked_for_by_one_caller() {
    let signer = Signer::ec("one");
    let place = Place::publishing(&[&signer]).await;
    let token = signer.sign(&claims());
    let answers = join_all((0..50).map(|_| place.verifier.verify(&token))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(place.asked().await, 1);
    place.clock.move_on(FRESH - 1);
    place.verifier.verify(&token).await.unwrap();
    assert_eq!(place.asked().await, 1, "fresh");
    place.clock.move_on(1);
    let answers = join_all((0..50).map(|_| place.verifier.verify(&token))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(place.asked().await, 2, "renewed once");
}

#[tokio::test]
async fn unknown_keys_are_asked_for_once_in_an_interval() {
    let signer = Signer::ec("one");
    let place = Place::publishing(&[&signer]).await;
    let strangers: Vec<_> = (0..40).map(|n| Signer::ec(&format!("stranger-{n}")).sign(&claims())).collect();
    let answers = join_all(strangers.iter().map(|token| place.verifier.verify(token))).await;
    for answer in answers {
        reason(answer);
    }
    assert_eq!(place.asked().await, 1);
    place.clock.move_on(INTERVAL);
    let answers = join_all(strangers.iter().map(|token| place.verifier.verify(token))).await;
    for answer in answers {
        reason(answer);
    }
    assert_eq!(place.asked().await, 2);
}

#[tokio::test]
async fn a_new_key_is_found_and_an_old_one_forgotten() {
    let (old, new) = (Signer::ec("old"), Signer::rsa("new"));
    let place = Place::publishing(&[&old]).await;
    place.verifier.verify(&old.sign(&claims())).await.unwrap();
    place.publishes(&[&new]).await;
    reason(place.verifier.verify(&new.sign(&claims())).await);
    place.clock.move_on(INTERVAL);
    place.verifier.verify(&new.sign(&claims())).await.unwrap();
    reason(place.verifier.verify(&old.sign(&claims())).await);
    assert_eq!(place.asked().await, 1);
}

#[rstest]
#[case::an_error(ResponseTemplate::new(500))]
#[case::no_keys(ResponseTemplate::new(200).set_body_string(r#"{"keys":[]}"#))]
#[case::a_page(ResponseTemplate::new(200).set_body_string("<html>maintenance</html>"))]
#[case::megabytes(ResponseTemplate::new(200).set_body_bytes(vec![b' '; 5 * 1024 * 1024]))]
#[case::elsewhere(ResponseTemplate::new(302).insert_header("location", "/others"))]
#[tokio::test]
async fn keys_that_are_held_outlive_an_issuer_that_fails(#[case] failure: ResponseTemplate) {
    let signer = Signer::ec("one");
    let place = Place::publishing(&[&signer]).await;
    let token = signer.sign(&claims());
    place.verifier.verify(&token).await.unwrap();
    place.answers(failure).await;
    place.clock.move_on(FRESH);
    for _ in 0..10 {
        place.verifier.verify(&token).await.unwrap();
    }
    assert_eq!(place.asked().await, 1, "once in an interval, however many callers there are");
    let stranger = place.verifier.verify(&Signer::ec("two").sign(&claims())).await;
    assert!(is_unavailable(&stranger), "nobody can say that there is no such key: {stranger:?}");

    place.clock.move_on(STALE);
    let answer = place.verifier.verify(&token).await;
    assert!(is_unavailable(&answer), "{answer:?}");
    place.publishes(&[&signer]).await;
    place.clock.move_on(INTERVAL);
    place.verifier.verify(&token).await.unwrap();
}

#[tokio::test]
async fn an_issuer_that_is_down_from_the_start() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (_, verifier) = verifier(&format!("http://{closed}/keys"), KeyTimes::default());
    let token = Signer::ec("one").sign(&claims());
    for _ in 0..3 {
        assert!(is_unavailable(&verifier.verify(&token).await));
    }
    // What needs no key to be refused is refused all the same.
    reason(verifier.verify("not a token").await);
}

/// A server that does with each connection what it is told, and counts them.
async fn rough_server<F, A>(act: F) -> (String, Arc<AtomicUsize>)
where
    F: Fn(tokio::net::TcpStream) -> A + Send + 'static,
    A: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(act(connection));
        }
    });
    (url, connections)
}

async fn read_request(connection: &mut tokio::net::TcpStream) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(connection.read_u8().await.unwrap());
    }
}

#[tokio::test]
async fn an_answer_without_an_end() {
    let (told, mut sent) = tokio::sync::mpsc::unbounded_channel();
    let (url, _) = rough_server(move |mut connection| {
        let told = told.clone();
        async move {
            read_request(&mut connection).await;
            let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n";
            connection.write_all(head).await.unwrap();
            let mut written = 0_usize;
            while connection.write_all(&[b' '; 16 * 1024]).await.is_ok() {
                written += 16 * 1024;
            }
            told.send(written).unwrap();
        }
    })
    .await;
    let (_, verifier) = verifier(&url, KeyTimes::default());
    let answer = verifier.verify(&Signer::ec("one").sign(&claims())).await;
    assert!(is_unavailable(&answer), "{answer:?}");
    // The connection was closed: what was written beyond the limit lies in the buffers of two sockets.
    assert!(sent.recv().await.unwrap() < 32 * 1024 * 1024);
}

#[tokio::test]
async fn a_slow_issuer_holds_up_those_who_wait_for_it_and_only_so_long() {
    let signer = Signer::ec("one");
    let body = set(&[&signer]).to_string();
    let slow = Arc::new(AtomicUsize::new(0));
    let is_slow = Arc::clone(&slow);
    let (url, connections) = rough_server(move |mut connection| {
        let (body, is_slow) = (body.clone(), Arc::clone(&is_slow));
        async move {
            read_request(&mut connection).await;
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            connection.write_all(head.as_bytes()).await.unwrap();
            if is_slow.load(Ordering::SeqCst) == 1 {
                // The head, and then nothing, for as long as the other side likes.
                let _ = connection.read_u8().await;
            } else {
                connection.write_all(body.as_bytes()).await.unwrap();
            }
        }
    })
    .await;
    let timeout = Duration::from_secs(1);
    let (clock, verifier) = verifier(&url, KeyTimes { timeout, ..KeyTimes::default() });
    let token = signer.sign(&claims());
    verifier.verify(&token).await.unwrap();

    slow.store(1, Ordering::SeqCst);
    clock.move_on(FRESH);
    let started = Instant::now();
    let leader = tokio::spawn({
        let (verifier, token) = (Arc::clone(&verifier), token.clone());
        async move { verifier.verify(&token).await }
    });
    while connections.load(Ordering::SeqCst) < 2 {
        tokio::task::yield_now().await;
    }
    // One asks and waits; the others use what there is meanwhile.
    for _ in 0..20 {
        verifier.verify(&token).await.unwrap();
    }
    assert!(!leader.is_finished() || started.elapsed() >= timeout);
    leader.await.unwrap().unwrap();
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

/// Whoever asked goes away; the answer is there for the next one, and the interval is not lost.
#[tokio::test]
async fn a_caller_that_hangs_up_does_not_end_the_asking() {
    let signer = Signer::ec("one");
    let (body, go) = (set(&[&signer]).to_string(), Arc::new(tokio::sync::Notify::new()));
    let may_answer = Arc::clone(&go);
    let (url, connections) = rough_server(move |mut connection| {
        let (body, go) = (body.clone(), Arc::clone(&may_answer));
        async move {
            read_request(&mut connection).await;
            go.notified().await;
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            connection.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        }
    })
    .await;
    let (_, verifier) = verifier(&url, KeyTimes::default());
    let token = signer.sign(&claims());
    let hasty = tokio::spawn({
        let (verifier, token) = (Arc::clone(&verifier), token.clone());
        async move { verifier.verify(&token).await }
    });
    while connections.load(Ordering::SeqCst) < 1 {
        tokio::task::yield_now().await;
    }
    hasty.abort();
    let _ = hasty.await;
    go.notify_one();
    verifier.verify(&token).await.unwrap();
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}
