//! What one request may take, how many are answered at once, and that who is slow holds no place.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode, header};
use futures::StreamExt;
use insta::assert_snapshot;
use tokio::sync::Notify;
use tower::ServiceExt;
use trunkline_domain::{BusinessId, UserId};
use trunkline_provisioning::port::{Businesses, BusinessesError};

use crate::world::{Answer, Call, Key, World};

/// A purchase for a business, whose owner is asked for.
const BODY: &str = r#"{"phoneNumber": "+14152300101", "displayName": "Desk",
                       "businessId": "00000000-0000-7000-8000-00000000dead"}"#;

/// Says when it is asked, and answers when it is let.
#[derive(Default)]
struct Held {
    asked: Notify,
    go: Notify,
}

#[async_trait::async_trait]
impl Businesses for Held {
    async fn owner_of(&self, _: BusinessId) -> Result<Option<UserId>, BusinessesError> {
        self.asked.notify_one();
        self.go.notified().await;
        Ok(None)
    }
}

fn buy() -> Call {
    Call::post("/api/numbers/purchase", BODY).key(Key::Ann)
}

#[tokio::test(start_paused = true)]
async fn one_request_more_than_there_are_places_for_is_refused_at_once() {
    let held = Arc::new(Held::default());
    let world = World { requests_at_once: 1, businesses: held.clone(), ..World::new() };
    let router = world.router();
    let first = tokio::spawn(buy().to(router.clone()));
    held.asked.notified().await;

    let began = tokio::time::Instant::now();
    let refused = buy().to(router.clone()).await;
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert_eq!((refused.code().as_str(), refused.header("retry-after")), ("OVERLOADED", Some("1")));
    assert_snapshot!(refused.picture());
    let elsewhere = Call::get("/api/pricing").key(Key::Ann).to(router.clone()).await;
    assert_eq!((elsewhere.code().as_str(), &elsewhere.json()["charged"]), ("OVERLOADED", &().into()));
    // Probes and webhooks are not held up.
    assert_eq!(Call::get("/healthz").to(router.clone()).await.status, StatusCode::OK);
    let unsigned = Call::post("/api/voice-agent/handle-call", "{}").to(router.clone()).await;
    assert_eq!(unsigned.code(), "FORBIDDEN");

    held.go.notify_one();
    assert_eq!(first.await.unwrap().code(), "BUSINESS_NOT_FOUND");
    assert_eq!(Call::get("/api/pricing").key(Key::Ann).to(router).await.status, StatusCode::OK);
}

/// A request whose body comes in these parts, each when the one before is taken; after them it stands still.
fn dawdling(parts: Vec<&'static str>) -> Request<Body> {
    let parts =
        futures::stream::iter(parts.into_iter().map(|part| Ok::<_, std::io::Error>(Bytes::from(part))));
    Request::post("/api/numbers/purchase")
        .header(header::AUTHORIZATION, format!("Bearer {}", Key::Ann.secret()))
        .header(header::CONTENT_TYPE, "application/json")
        .header("x-request-id", "test-request")
        .body(Body::from_stream(parts.chain(futures::stream::pending())))
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_body_has_its_time_and_who_waits_for_it_holds_no_place() {
    let router = World { requests_at_once: 1, ..World::new() }.router();
    let began = tokio::time::Instant::now();
    let slow = tokio::spawn(router.clone().oneshot(dawdling(vec!["{", r#""phone"#])));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let beside = Call::get("/api/pricing").key(Key::Ann).to(router).await;
    assert_eq!(beside.status, StatusCode::OK, "{}", beside.body);
    let answer = Answer::of(slow.await.unwrap().unwrap()).await;
    assert_eq!(began.elapsed(), Duration::from_secs(15));
    assert_snapshot!(answer.picture());
}

/// The place is gone when the body is there at last: nothing was begun, and the client may ask again.
#[tokio::test(start_paused = true)]
async fn who_is_slow_may_find_the_place_taken() {
    let held = Arc::new(Held::default());
    let router = World { requests_at_once: 1, businesses: held.clone(), ..World::new() }.router();
    let (go, wait) = tokio::sync::oneshot::channel::<()>();
    let rest = futures::stream::once(async move {
        let _ = wait.await;
        Ok::<_, std::io::Error>(Bytes::from(&BODY[1..]))
    });
    let parts = futures::stream::once(async { Ok(Bytes::from("{")) }).chain(rest).boxed();
    let request = dawdling(Vec::new()).map(|_| Body::from_stream(parts));
    let slow = tokio::spawn(router.clone().oneshot(request));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let first = tokio::spawn(buy().to(router));
    held.asked.notified().await;
    go.send(()).unwrap();
    let answer = Answer::of(slow.await.unwrap().unwrap()).await;
    assert_eq!((answer.code().as_str(), &answer.json()["charged"]), ("OVERLOADED", &"no".into()));
    held.go.notify_one();
    first.await.unwrap();
}

/// Nothing of it is read: it may never come.
#[tokio::test(start_paused = true)]
async fn a_strangers_body_is_not_waited_for() {
    let mut request = dawdling(vec!["{"]);
    request.headers_mut().remove(header::AUTHORIZATION);
    let began = tokio::time::Instant::now();
    let answer = World::new().router().oneshot(request).await.unwrap();
    assert_eq!((answer.status(), began.elapsed()), (StatusCode::UNAUTHORIZED, Duration::ZERO));
}

#[tokio::test]
async fn the_first_lines_have_a_limit() {
    let long = format!("/api/pricing?hint={}", "x".repeat(8 * 1024));
    let answer = World::new().answer(Call::get(&long).key(Key::Ann)).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::URI_TOO_LONG, "URL_TOO_LONG"));
    let large = Call::get("/api/pricing").key(Key::Ann).header("x-more", &"x".repeat(16 * 1024));
    let answer = World::new().answer(large).await;
    assert_eq!(answer.code(), "HEADERS_TOO_LARGE");
    assert_eq!(answer.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
}

#[tokio::test]
async fn json_has_a_depth() {
    for deep in ["[".repeat(10_000), r#"{"a":"#.repeat(10_000)] {
        let body = format!(r#"{{"phoneNumber": {deep}"#);
        let answer = World::new().answer(Call::post("/api/numbers/purchase", &body).key(Key::Ann)).await;
        assert_eq!((answer.fields(), answer.status), (vec!["body".to_owned()], StatusCode::BAD_REQUEST));
        assert!(answer.body.contains("recursion limit"), "{}", answer.body);
    }
}
