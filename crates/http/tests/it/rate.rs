//! How often callers may ask and strangers may try: by credentials, by address, and what is never counted.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use insta::assert_snapshot;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use trunkline_http::{ConnectionLimits, Rate, RateSettings, serve};
use trunkline_provisioning::port::StoreError;

use crate::world::{Answer, Call, Key, World};

fn rate(per_second: u32, burst: u32) -> Option<Rate> {
    let (per_second, burst) = (NonZeroU32::new(per_second)?, NonZeroU32::new(burst)?);
    Some(Rate { per_second, burst })
}

fn limited(per_caller: Option<Rate>, per_address: Option<Rate>) -> Router {
    let rates = RateSettings { per_caller, per_address, ..RateSettings::default() };
    World { rates, ..World::new() }.router()
}

async fn ask(router: &Router, key: Key) -> Answer {
    Call::get("/api/pricing").key(key).to(router.clone()).await
}

fn guess(letter: &str) -> Call {
    Call::get("/api/pricing").header("authorization", &format!("Bearer tl_{}", letter.repeat(43)))
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_asks_too_often_waits_and_others_do_not() {
    let router = limited(rate(2, 3), None);
    for _ in 0..3 {
        assert_eq!(ask(&router, Key::Ann).await.status, StatusCode::OK);
    }
    let refused = ask(&router, Key::Ann).await;
    assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, Some("1")));
    assert_snapshot!(refused.picture());
    tokio::time::advance(Duration::from_millis(500)).await;
    assert_eq!(ask(&router, Key::Ann).await.status, StatusCode::OK);
    assert_eq!(ask(&router, Key::Ann).await.status, StatusCode::TOO_MANY_REQUESTS);
}

/// No money moved, and the same request may be sent again.
#[tokio::test]
async fn a_purchase_that_comes_too_often_is_free_of_charge() {
    let router = limited(rate(1, 1), None);
    assert_eq!(ask(&router, Key::Ann).await.status, StatusCode::OK);
    let answer = Call::post("/api/numbers/purchase", "{}").key(Key::Ann).to(router).await;
    assert_eq!((answer.code().as_str(), &answer.json()["charged"]), ("RATE_LIMITED", &"no".into()));
}

#[tokio::test(start_paused = true)]
async fn guesses_are_counted_by_address_and_good_keys_are_not_shut_out_with_them() {
    let router = limited(None, rate(1, 2));
    for _ in 0..9 {
        assert_eq!(ask(&router, Key::Ann).await.status, StatusCode::OK, "good keys do not count");
    }
    for letter in ["x", "y"] {
        assert_eq!(guess(letter).to(router.clone()).await.code(), "UNAUTHENTICATED");
    }
    let refused = guess("z").to(router.clone()).await;
    assert_snapshot!(refused.picture());
    assert_eq!(
        Call::get("/api/pricing").to(router.clone()).await.code(),
        "RATE_LIMITED",
        "nor without a key"
    );
    assert_eq!(ask(&router, Key::Ann).await.status, StatusCode::OK, "who was good before");
    assert_eq!(Call::get("/healthz").to(router.clone()).await.status, StatusCode::OK);
    let unsigned = Call::post("/api/voice-agent/handle-call", "{}").to(router.clone()).await;
    assert_eq!(unsigned.code(), "FORBIDDEN", "webhooks are judged by their signatures");
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(ask(&router, Key::Ben).await.status, StatusCode::OK, "and everybody in time");
}

/// A mistake of ours, or a store that is away, is no guess.
#[tokio::test]
async fn only_bad_credentials_count_against_an_address() {
    let mut world =
        World { rates: RateSettings { per_address: rate(1, 1), ..RateSettings::default() }, ..World::new() };
    world.orders.expect_orders().returning(|_| Err(StoreError::Unavailable("inside".into())));
    let router = world.router();
    for _ in 0..5 {
        let answer = Call::get("/api/orders").key(Key::Ann).to(router.clone()).await;
        assert_eq!(answer.code(), "STORAGE_UNAVAILABLE");
    }
    assert_eq!(guess("x").to(router).await.code(), "UNAUTHENTICATED");
}

/// Over real connections: a stranger's word about its address changes nothing.
#[tokio::test]
async fn nobody_makes_an_address_up() {
    let router = limited(None, rate(1, 3));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
    let server = tokio::spawn(serve(listener, router, ConnectionLimits::default(), stop.clone()));
    let mut statuses = Vec::new();
    for n in 1..=8 {
        statuses.push(status(address, &format!("198.51.100.{n}")).await);
    }
    let refused = statuses.iter().filter(|status| **status == "429").count();
    // One may have come back while the others were sent.
    assert!(statuses.starts_with(&["401".to_owned()]) && refused >= 4, "{statuses:?}");
    stop.cancel();
    server.await.unwrap();
}

async fn status(address: SocketAddr, forwarded: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET /api/pricing HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-forwarded-for: {forwarded}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).unwrap().to_owned()
}
