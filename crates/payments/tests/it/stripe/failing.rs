//! What each failure means for each call, and what is on the wire how often.

use std::io::Read as _;
use std::net::TcpListener;
use std::time::Duration;

use serde_json::json;
use trunkline_payments::{GatewayError, PaymentGateway, PaymentRef};
use wiremock::MockServer;
use wiremock::matchers::any;

use super::*;

/// The calls of the port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    Checkout,
    Session,
    Intent,
    Between,
    Customer,
    OpenSetup,
    Setup,
    Charge,
    Forget,
}

use Call::{Between, Charge, Checkout, Customer, Forget, Intent, OpenSetup, Session, Setup};

const READS: &[Call] = &[Session, Intent, Between, Setup];
const WRITES: &[Call] = &[Checkout, Customer, OpenSetup, Charge, Forget];

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    None,
    Refused,
    Unavailable,
    Unauthorized,
    Unknown,
}

async fn ask(gateway: &StripeGateway, call: Call) -> Result<Outcome, GatewayError> {
    let seen = |there: bool| if there { Outcome::Done } else { Outcome::None };
    match call {
        Checkout => gateway.open_checkout(&checkout(usd("25"))).await.map(|_| Outcome::Done),
        Session => {
            gateway.payment(&PaymentRef::Session("cs_1".parse().unwrap())).await.map(|p| seen(p.is_some()))
        }
        Intent => {
            gateway.payment(&PaymentRef::Intent("pi_1".parse().unwrap())).await.map(|p| seen(p.is_some()))
        }
        Between => gateway.payments_between(at(0), at(1), None).await.map(|_| Outcome::Done),
        Customer => gateway.make_customer(&user(), None, None).await.map(|_| Outcome::Done),
        OpenSetup => gateway.open_setup(&setup()).await.map(|_| Outcome::Done),
        Setup => gateway.setup(&"cs_1".parse().unwrap()).await.map(|s| seen(s.is_some())),
        Charge => gateway.charge_saved(&charge()).await.map(|_| Outcome::Done),
        Forget => gateway.forget_method(&"pm_1".parse().unwrap()).await.map(|()| Outcome::Done),
    }
}

async fn outcome(gateway: &StripeGateway, call: Call) -> Outcome {
    ask(gateway, call).await.unwrap_or_else(|error| match error {
        GatewayError::Refused { .. } | GatewayError::NoSuchCustomer { .. } => Outcome::Refused,
        GatewayError::Unavailable { .. } => Outcome::Unavailable,
        GatewayError::Unauthorized => Outcome::Unauthorized,
        GatewayError::NotOurs => unreachable!("every payment here bears our mark"),
        GatewayError::OutcomeUnknown { .. } => Outcome::Unknown,
    })
}

/// Everything is answered so.
async fn server_answering(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

fn bare(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_string("<html>a proxy</html>")
}

const INVALID: &str = "invalid_request_error";

#[rstest::rstest]
#[case::bad_request(error(400, INVALID, Some("amount_too_small")), Outcome::Refused)]
#[case::key_with_other_parameters(error(400, "idempotency_error", None), Outcome::Unknown)]
#[case::unauthorized(error(401, INVALID, None), Outcome::Unauthorized)]
#[case::decline_that_shows_no_intent(error(402, "card_error", Some("card_declined")), Outcome::Refused)]
#[case::failed(error(402, INVALID, None), Outcome::Refused)]
#[case::forbidden(error(403, INVALID, Some("more_permissions_required")), Outcome::Unauthorized)]
#[case::key_in_use(error(409, INVALID, Some("idempotency_key_in_use")), Outcome::Unknown)]
#[case::beyond_stripe(error(424, "api_error", None), Outcome::Unknown)]
#[case::limited(error(429, INVALID, Some("rate_limit")), Outcome::Unavailable)]
#[case::limited_by_somebody(bare(429), Outcome::Unavailable)]
#[case::stripes_failure(error(500, "api_error", None), Outcome::Unknown)]
#[case::bad_gateway(bare(502), Outcome::Unknown)]
#[case::unavailable(bare(503), Outcome::Unknown)]
#[case::somebodys_refusal(bare(400), Outcome::Unknown)]
#[case::somebodys_login(bare(401), Outcome::Unknown)]
#[case::somebodys_forbidden(bare(403), Outcome::Unknown)]
#[case::somebodys_not_found(bare(404), Outcome::Unknown)]
#[case::redirect(bare(307).insert_header("Location", "https://example.com/"), Outcome::Unknown)]
#[case::success_that_is_none(bare(200), Outcome::Unknown)]
#[case::another_object(ResponseTemplate::new(200).set_body_json(json!({"id": 1})), Outcome::Unknown)]
#[case::too_long(ResponseTemplate::new(200).set_body_bytes(vec![b' '; 4 * 1024 * 1024 + 1]), Outcome::Unknown)]
#[tokio::test]
async fn a_failure_means_the_same_for_every_call(
    #[case] answer: ResponseTemplate,
    #[case] expected: Outcome,
) {
    let server = server_answering(answer).await;
    let gateway = gateway_of(&server);
    for call in [READS, WRITES].concat() {
        assert_eq!(outcome(&gateway, call).await, expected, "{call:?}");
    }
}

#[tokio::test]
async fn not_found_is_an_answer_to_a_question_alone() {
    let server = server_answering(error(404, INVALID, Some("resource_missing"))).await;
    let gateway = gateway_of(&server);
    for (call, expected) in [
        (Session, Outcome::None),
        (Intent, Outcome::None),
        (Setup, Outcome::None),
        (Forget, Outcome::Done),
        (Between, Outcome::Refused),
        (Checkout, Outcome::Refused),
        (Customer, Outcome::Refused),
        (OpenSetup, Outcome::Refused),
        (Charge, Outcome::Refused),
    ] {
        assert_eq!(outcome(&gateway, call).await, expected, "{call:?}");
    }
}

#[tokio::test]
async fn a_refusal_has_stripes_code_and_sentence() {
    let server = server_answering(error(400, INVALID, Some("amount_too_small"))).await;
    let refused = ask(&gateway_of(&server), Checkout).await.unwrap_err();
    let GatewayError::Refused { code, message } = refused else { panic!("{refused}") };
    assert_eq!((code.as_deref(), message.as_str()), (Some("amount_too_small"), "A sentence of Stripe's"));
}

/// A change is on the wire once whatever comes of it, a read again where nobody could answer.
#[rstest::rstest]
#[case::failed(error(500, "api_error", None), 3)]
#[case::limited(bare(429), 3)]
#[case::unreadable(bare(200), 3)]
#[case::refused(error(400, INVALID, None), 1)]
#[case::unauthorized(error(401, INVALID, None), 1)]
#[tokio::test]
async fn reads_alone_are_repeated(#[case] answer: ResponseTemplate, #[case] times: usize) {
    let server = server_answering(answer).await;
    let gateway = gateway_of(&server);
    outcome(&gateway, Session).await;
    assert_eq!(requests(&server).await.len(), times);
    outcome(&gateway, Checkout).await;
    assert_eq!(requests(&server).await.len(), times + 1);
}

#[tokio::test]
async fn a_read_that_is_answered_at_last_is_answered() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(bare(503)).up_to_n_times(2).mount(&server).await;
    answer(&server, "/v1/checkout/sessions/cs_1", session("open", "unpaid", &json!(null))).await;
    assert_eq!(outcome(&gateway_of(&server), Session).await, Outcome::Done);
}

#[rstest::rstest]
#[case("7", Some(Duration::from_secs(7)))]
#[case("soon", None)]
#[tokio::test]
async fn how_long_to_wait_is_handed_on(#[case] header: &str, #[case] expected: Option<Duration>) {
    let server = server_answering(bare(429).insert_header("Retry-After", header)).await;
    let error = ask(&gateway_of(&server), Charge).await.unwrap_err();
    let GatewayError::Unavailable { retry_after, .. } = error else { panic!("{error}") };
    assert_eq!(retry_after, expected);
}

#[tokio::test]
async fn a_read_does_not_wait_beyond_its_time() {
    let server = server_answering(bare(429).insert_header("Retry-After", "3600")).await;
    assert_eq!(outcome(&gateway_of(&server), Session).await, Outcome::Unavailable);
    assert_eq!(requests(&server).await.len(), 1);
}

#[tokio::test]
async fn no_answer_in_time_may_have_been_done() {
    let server = server_answering(bare(200).set_delay(Duration::from_mins(1))).await;
    let mut config = config(&server.uri());
    config.request_timeout = Duration::from_millis(150);
    let gateway = gateway(config);
    for call in [Session, Charge] {
        assert_eq!(outcome(&gateway, call).await, Outcome::Unknown, "{call:?}");
    }
}

#[tokio::test]
async fn a_connection_that_ends_may_have_been_done() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // It hears each request out and hangs up; it ends with the test's process.
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 8192]);
        }
    });
    assert_eq!(outcome(&gateway(config(&url)), Charge).await, Outcome::Unknown);
}

#[tokio::test]
async fn without_a_connection_nothing_was_done() {
    let url = format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let gateway = gateway(config(&url));
    for call in [READS, WRITES].concat() {
        assert_eq!(outcome(&gateway, call).await, Outcome::Unavailable, "{call:?}");
    }
}

#[tokio::test]
async fn a_key_that_is_no_header_is_not_sent() {
    let server = server_answering(bare(200)).await;
    let mut config = config(&server.uri());
    config.secret_key = SecretString::from("sk_test_a\nb");
    assert_eq!(outcome(&gateway(config), Charge).await, Outcome::Unavailable);
    assert!(requests(&server).await.is_empty());
}

#[tokio::test]
async fn neither_errors_nor_debug_show_a_secret() {
    let gone = format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    for server in [server_answering(error(401, INVALID, None)).await, server_answering(bare(200)).await] {
        for url in [server.uri(), gone.clone()] {
            let gateway = gateway(config(&url));
            for call in [Session, Charge] {
                let error = ask(&gateway, call).await.unwrap_err();
                let shown = format!("{gateway:?} {error:?} {error}");
                assert!(!shown.contains("correcthorse") && !shown.contains("batterystaple"), "{shown}");
            }
        }
    }
}
