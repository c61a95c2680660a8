//! Saved methods: the customer, the charge and its declines, forgetting.

use serde_json::json;
use trunkline_payments::{GatewayError, PaymentGateway, PaymentReport, Progress};
use wiremock::MockServer;

use super::*;

fn report(progress: Progress, decline: Option<&str>) -> PaymentReport {
    PaymentReport {
        mark: Some(mark()),
        session: None,
        intent: Some("pi_1".parse().unwrap()),
        asked: usd("25"),
        progress,
        decline: decline.map(str::to_owned),
        takings: Vec::new(),
    }
}

/// A decline as the page "Errors" shows it, with the intent in it.
fn declined(code: &str, decline_code: Option<&str>, status: &str) -> ResponseTemplate {
    ResponseTemplate::new(402).set_body_json(json!({"error": {
        "type": "card_error", "code": code, "decline_code": decline_code, "message": "Your card was declined.",
        "charge": "ch_1", "payment_intent": intent("pi_1", status),
    }}))
}

fn ok(body: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

#[tokio::test]
async fn a_charge_is_asked_for_to_the_letter() {
    let server = MockServer::start().await;
    answer_post(&server, "/v1/payment_intents", ok(intent("pi_1", "succeeded"))).await;
    let charged = gateway_of(&server).charge_saved(&charge()).await.unwrap();
    assert_eq!(charged, report(Progress::Paid { amount: usd("25") }, None));
    let form = owned(&[
        ("amount", "2500"),
        ("currency", "usd"),
        ("customer", "cus_1"),
        ("payment_method", "pm_1"),
        ("off_session", "true"),
        ("confirm", "true"),
        ("automatic_payment_methods[enabled]", "true"),
        ("automatic_payment_methods[allow_redirects]", "never"),
        ("description", "Credit"),
        ("metadata[trunkline_deployment]", DEPLOYMENT),
        ("metadata[trunkline_payment]", PAYMENT),
        ("metadata[trunkline_user]", "auth0|u1"),
    ]);
    assert_eq!(requests(&server).await, [("POST".into(), "/v1/payment_intents".into(), form)]);
    let request = &server.received_requests().await.unwrap()[0];
    assert_eq!(request.headers["Idempotency-Key"].to_str().unwrap(), format!("trunkline-charge-{PAYMENT}"));
}

#[rstest::rstest]
#[case::declined(
    declined("card_declined", Some("insufficient_funds"), "requires_payment_method"),
    "insufficient_funds"
)]
#[case::expired(declined("expired_card", None, "requires_payment_method"), "expired_card")]
#[case::wants_its_owner(
    declined("authentication_required", Some("authentication_required"), "requires_payment_method"),
    "authentication_required"
)]
#[tokio::test]
async fn a_decline_is_a_report(#[case] answer: ResponseTemplate, #[case] reason: &str) {
    let server = MockServer::start().await;
    answer_post(&server, "/v1/payment_intents", answer).await;
    let charged = gateway_of(&server).charge_saved(&charge()).await.unwrap();
    assert_eq!(charged, report(Progress::Failed, Some(reason)));
    assert_eq!(requests(&server).await.len(), 1, "such an intent is not paid without being tried again");
}

#[tokio::test]
async fn a_bank_debit_is_under_way() {
    let server = MockServer::start().await;
    answer_post(&server, "/v1/payment_intents", ok(intent("pi_1", "processing"))).await;
    let charged = gateway_of(&server).charge_saved(&charge()).await.unwrap();
    assert_eq!(charged, report(Progress::Processing, None));
}

#[rstest::rstest]
#[case::as_an_answer(ok(intent("pi_1", "requires_action")))]
#[case::as_a_decline(declined("authentication_required", None, "requires_action"))]
#[tokio::test]
async fn an_intent_that_wants_its_owner_is_cancelled(#[case] answer: ResponseTemplate) {
    let server = MockServer::start().await;
    answer_post(&server, "/v1/payment_intents", answer).await;
    answer_post(&server, "/v1/payment_intents/pi_1/cancel", ok(intent("pi_1", "canceled"))).await;
    let charged = gateway_of(&server).charge_saved(&charge()).await.unwrap();
    assert_eq!(charged, report(Progress::Failed, Some("authentication_required")));
}

/// Nobody confirmed it, or it has no method and no card has said anything: it ends, and is no decline.
#[rstest::rstest]
#[case("requires_confirmation")]
#[case("requires_payment_method")]
#[tokio::test]
async fn an_intent_that_was_not_tried_is_cancelled_and_no_decline(#[case] status: &str) {
    let server = MockServer::start().await;
    answer_post(&server, "/v1/payment_intents", ok(intent("pi_1", status))).await;
    answer_post(&server, "/v1/payment_intents/pi_1/cancel", ok(intent("pi_1", "canceled"))).await;
    let charged = gateway_of(&server).charge_saved(&charge()).await.unwrap();
    assert_eq!(charged, report(Progress::Failed, None));
}

/// What is found waiting is ended where it is found, and says what it was waiting for; what was paid meanwhile is paid.
#[rstest::rstest]
#[case("requires_confirmation", Progress::Failed, None)]
#[case("requires_payment_method", Progress::Failed, None)]
#[case("requires_action", Progress::Failed, Some("authentication_required"))]
#[case("succeeded", Progress::Paid { amount: usd("25") }, None)]
#[case("processing", Progress::Processing, None)]
#[tokio::test]
async fn a_charge_that_waits_for_somebody_is_ended(
    #[case] status: &str,
    #[case] progress: Progress,
    #[case] decline: Option<&str>,
) {
    let server = MockServer::start().await;
    answer(&server, "/v1/payment_intents/pi_1", intent("pi_1", status)).await;
    answer_post(&server, "/v1/payment_intents/pi_1/cancel", ok(intent("pi_1", "canceled"))).await;
    let ended = gateway_of(&server).cancel_charge(&"pi_1".parse().unwrap()).await.unwrap();
    assert_eq!(ended, report(progress, decline));
}

/// Stripe's account is another one, or the customer was deleted there: certainly no card was asked.
#[tokio::test]
async fn a_customer_who_is_not_known_is_said_to_be() {
    let server = MockServer::start().await;
    let missing = ResponseTemplate::new(400).set_body_json(json!({"error": {
        "type": "invalid_request_error", "code": "resource_missing", "param": "customer",
        "message": "No such customer: 'cus_1'",
    }}));
    answer_post(&server, "/v1/payment_intents", missing).await;
    let error = gateway_of(&server).charge_saved(&charge()).await.unwrap_err();
    assert!(matches!(error, GatewayError::NoSuchCustomer { .. }), "{error}");
}

/// It was paid, or cancelled by an earlier attempt, before it could be cancelled.
#[rstest::rstest]
#[case("succeeded", Progress::Paid { amount: usd("25") }, None)]
#[case("canceled", Progress::Failed, Some("authentication_required"))]
#[tokio::test]
async fn an_intent_that_cannot_be_cancelled_is_looked_at(
    #[case] status: &str,
    #[case] progress: Progress,
    #[case] decline: Option<&str>,
) {
    let server = MockServer::start().await;
    answer_post(&server, "/v1/payment_intents", ok(intent("pi_1", "requires_action"))).await;
    let no = error(400, "invalid_request_error", Some("payment_intent_unexpected_state"));
    answer_post(&server, "/v1/payment_intents/pi_1/cancel", no).await;
    answer(&server, "/v1/payment_intents/pi_1", intent("pi_1", status)).await;
    let charged = gateway_of(&server).charge_saved(&charge()).await.unwrap();
    assert_eq!(charged, report(progress, decline));
}

/// The charge was made, so nothing that follows may say that nothing was done.
#[rstest::rstest]
#[case::limited(error(429, "invalid_request_error", Some("rate_limit")))]
#[case::unauthorized(error(403, "invalid_request_error", None))]
#[case::failed(error(500, "api_error", None))]
#[case::still_open(ok(intent("pi_1", "requires_action")))]
#[tokio::test]
async fn a_charge_that_cannot_be_settled_is_unknown(#[case] answer: ResponseTemplate) {
    let server = MockServer::start().await;
    answer_post(&server, "/v1/payment_intents", ok(intent("pi_1", "requires_action"))).await;
    answer_post(&server, "/v1/payment_intents/pi_1/cancel", answer).await;
    let error = gateway_of(&server).charge_saved(&charge()).await.unwrap_err();
    assert!(matches!(error, GatewayError::OutcomeUnknown { .. }), "{error}");
}

#[tokio::test]
async fn a_customer_bears_the_mark() {
    let server = MockServer::start().await;
    answer_post(&server, "/v1/customers", ok(json!({"id": "cus_1", "object": "customer"}))).await;
    let gateway = gateway_of(&server);
    let customer = gateway.make_customer(&user(), Some("ann@example.com".into()), None).await.unwrap();
    assert_eq!(customer.as_str(), "cus_1");
    let form = owned(&[
        ("metadata[trunkline_deployment]", DEPLOYMENT),
        ("metadata[trunkline_user]", "auth0|u1"),
        ("email", "ann@example.com"),
    ]);
    assert_eq!(requests(&server).await, [("POST".into(), "/v1/customers".into(), form)]);
    let request = &server.received_requests().await.unwrap()[0];
    let key = request.headers["Idempotency-Key"].to_str().unwrap();
    assert!(key.starts_with("trunkline-customer-a-deployment-auth0|u1-"), "{key}");
    assert!(!key.contains("ann"), "{key}");
}

#[rstest::rstest]
#[case::attached(ok(json!({"id": "pm_1", "type": "card", "customer": null})), json!(null), true)]
#[case::not_there(error(404, "invalid_request_error", Some("resource_missing")), json!(null), true)]
#[case::detached_before(error(400, "invalid_request_error", None), json!(null), true)]
#[case::kept(error(400, "invalid_request_error", None), json!("cus_1"), false)]
#[tokio::test]
async fn a_method_that_is_gone_is_forgotten(
    #[case] detached: ResponseTemplate,
    #[case] owner: Value,
    #[case] forgotten: bool,
) {
    let server = MockServer::start().await;
    answer_post(&server, "/v1/payment_methods/pm_1/detach", detached).await;
    let method = json!({"id": "pm_1", "type": "card", "card": null, "customer": owner});
    answer(&server, "/v1/payment_methods/pm_1", method).await;
    let outcome = gateway_of(&server).forget_method(&"pm_1".parse().unwrap()).await;
    if forgotten {
        outcome.unwrap();
    } else {
        assert!(matches!(outcome.unwrap_err(), GatewayError::Refused { .. }));
    }
}
