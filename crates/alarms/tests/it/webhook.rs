//! What a receiver of alarms sees.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::Url;
use rstest::rstest;
use serde_json::{Map, Value, json};
use trunkline_alarms::{
    Alarm, AlarmEnd, AlarmRecord, Courier, DELIVERY_HEADER, DeliveryError, EndReason, Notice, NoticeKind,
    NoticeLease, SIGNATURE_HEADER, WebhookCourier, WebhookSettings, sign_webhook,
};
use trunkline_domain::{Clock, DeploymentId};
use uuid::Uuid;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

const SECRET: &str = "hunter2-hunter2-hunter2";

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> DateTime<Utc> {
        at(60)
    }
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000 + second, 0).unwrap()
}

fn notice(kind: NoticeKind) -> Notice {
    let mut details = Map::new();
    details.insert("reason".to_owned(), "strange_marker".into());
    let alarm = AlarmRecord {
        id: Uuid::from_u128(7),
        alarm: Alarm::OrderInReview,
        subject: "o1".to_owned(),
        sentence: "an order waits for an operator".to_owned(),
        details,
        raised_at: at(0),
        last_raised_at: at(30),
        times: 2,
        end: Some(AlarmEnd { at: at(50), reason: EndReason::CauseGone }),
    };
    Notice { kind, alarm, attempts: 0, lease: NoticeLease::from_i64(1) }
}

fn courier_to(url: &str) -> WebhookCourier {
    let url: Url = url.parse().unwrap();
    let http = WebhookCourier::http_client(&url).unwrap();
    let deployment = DeploymentId::from_uuid(Uuid::from_u128(1));
    let settings = WebhookSettings { url, secret: SECRET.into(), deployment };
    WebhookCourier::new(http, settings, Arc::new(Fixed))
}

async fn receiver(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path("/hook")).respond_with(answer).mount(&server).await;
    server
}

async fn received(server: &MockServer) -> Vec<Request> {
    server.received_requests().await.unwrap()
}

fn header<'r>(request: &'r Request, name: &str) -> &'r str {
    request.headers.get(name).unwrap().to_str().unwrap()
}

#[rstest]
#[case::raised(NoticeKind::Raised, "raised", Value::Null)]
#[case::ended(NoticeKind::Ended, "ended", json!("2026-05-28T20:27:30Z"))]
#[tokio::test]
async fn a_notice_is_one_signed_post(#[case] kind: NoticeKind, #[case] state: &str, #[case] ended_at: Value) {
    let server = receiver(ResponseTemplate::new(204)).await;
    courier_to(&format!("{}/hook?key=1", server.uri())).deliver(&notice(kind)).await.unwrap();
    let requests = received(&server).await;
    assert_eq!(requests.len(), 1);
    let request = &requests[0];
    assert_eq!(request.url.query(), Some("key=1"));
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let expected = json!({
        "id": "00000000-0000-0000-0000-000000000007",
        "alarm": "order_in_review",
        "state": state,
        "subject": "o1",
        "sentence": "an order waits for an operator",
        "details": { "reason": "strange_marker" },
        "raisedAt": "2026-05-28T20:26:40Z",
        "endedAt": ended_at,
        "times": 2,
        "deployment": "00000000-0000-0000-0000-000000000001",
        "runbook": "docs/operations.md#order_in_review",
    });
    assert_eq!(body, expected);
    assert_eq!(header(request, "content-type"), "application/json");
    let id = format!("00000000-0000-0000-0000-000000000007-{state}");
    assert_eq!(header(request, DELIVERY_HEADER), id);
    assert_eq!(header(request, SIGNATURE_HEADER), sign_webhook(&SECRET.into(), at(60), &request.body));
}

/// Computed with `printf '1780000060.{"a":1}' | openssl dgst -sha256 -hmac hunter2-hunter2-hunter2`.
#[test]
fn the_signature_is_hmac_sha256_of_moment_and_body() {
    let signature = sign_webhook(&SECRET.into(), at(60), br#"{"a":1}"#);
    assert_eq!(signature, "t=1780000060,v1=80e49a42cb81a51320af947f21211e538c137d5b1f0d63e5bfa5ffe90afa8edd");
}

#[rstest]
#[case(400)]
#[case(404)]
#[case(500)]
#[tokio::test]
async fn what_is_not_2xx_is_not_delivered(#[case] status: u16) {
    let server = receiver(ResponseTemplate::new(status)).await;
    let error = courier_to(&format!("{}/hook", server.uri())).deliver(&notice(NoticeKind::Raised)).await;
    assert!(matches!(error, Err(DeliveryError::Refused { status: answered }) if answered == status));
    assert_eq!(received(&server).await.len(), 1, "it is the desk that tries again");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = receiver(ResponseTemplate::new(200)).await;
    let location = format!("{}/hook", elsewhere.uri());
    let server = receiver(ResponseTemplate::new(307).insert_header("location", location)).await;
    let error = courier_to(&format!("{}/hook", server.uri())).deliver(&notice(NoticeKind::Raised)).await;
    assert!(matches!(error, Err(DeliveryError::Refused { status: 307 })));
    assert_eq!(received(&elsewhere).await.len(), 0);
}

#[tokio::test]
async fn nobody_there_is_an_error_without_the_address() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = listener.local_addr().unwrap();
    drop(listener);
    let courier = courier_to(&format!("http://{nobody}/T0KEN"));
    let error = courier.deliver(&notice(NoticeKind::Raised)).await.unwrap_err();
    let said = format!("{error} {error:?}");
    assert!(matches!(error, DeliveryError::Unanswered(_)), "{said}");
    assert!(!said.contains("T0KEN") && !said.contains("hunter2"), "{said}");
}

/// On a clock that the test moves: a receiver that takes the request and never answers.
#[tokio::test]
async fn a_receiver_that_does_not_answer_is_not_waited_for() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let courier = courier_to(&format!("http://{}/hook", listener.local_addr().unwrap()));
    let delivery = tokio::spawn(async move { courier.deliver(&notice(NoticeKind::Raised)).await });
    let (_held, _) = listener.accept().await.unwrap();
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(11)).await;
    let error = delivery.await.unwrap().unwrap_err();
    assert!(matches!(error, DeliveryError::Unanswered(_)));
}
