//! The payments of a span of time.

use serde_json::json;
use trunkline_payments::{GatewayError, IntentId, PaymentGateway, Progress};
use wiremock::MockServer;
use wiremock::matchers::query_param;

use super::*;

fn foreign(id: &str) -> Value {
    json!({
        "id": id, "amount": 1, "amount_received": 0, "currency": "usdc", "status": "something_new",
        "metadata": {}, "last_payment_error": null,
    })
}

#[tokio::test]
async fn a_page_has_this_deployments_payments_alone() {
    let server = MockServer::start().await;
    let mut elsewhere = intent("pi_elsewhere", "succeeded");
    elsewhere["metadata"]["trunkline_deployment"] = json!("other");
    let data = [intent("pi_1", "succeeded"), foreign("pi_foreign"), elsewhere, intent("pi_2", "canceled")];
    answer(&server, "/v1/payment_intents", list(&data)).await;
    let sessions = Mock::given(method("GET")).and(path("/v1/checkout/sessions"));
    let found = list(&[session("complete", "paid", &json!("pi_1"))]);
    let found = ResponseTemplate::new(200).set_body_json(found);
    sessions.and(query_param("payment_intent", "pi_1")).respond_with(found).mount(&server).await;
    answer(&server, "/v1/checkout/sessions", list(&[])).await;
    no_takings(&server).await;
    let page = gateway_of(&server).payments_between(at(1000), at(2000), None).await.unwrap();
    let rows: Vec<_> = page
        .reports
        .iter()
        .map(|report| (report.intent.as_ref().unwrap().as_str(), report.session.is_some(), report.progress))
        .collect();
    let paid = Progress::Paid { amount: usd("25") };
    assert_eq!(rows, [("pi_1", true, paid), ("pi_2", false, Progress::Failed)]);
    assert_eq!(page.next, None);
    let query = owned(&[("created[gte]", "1000"), ("created[lt]", "2000"), ("limit", "100")]);
    let asked = requests(&server).await;
    assert_eq!(asked[0], ("GET".into(), "/v1/payment_intents".into(), query));
    assert!(!asked.iter().any(|(_, _, sent)| sent.iter().any(|(_, value)| value == "pi_foreign")));
}

/// Also where none of the page is ours: the next one goes on after the last of all.
#[tokio::test]
async fn the_next_page_begins_after_the_last_intent() {
    let server = MockServer::start().await;
    let intents = || Mock::given(method("GET")).and(path("/v1/payment_intents"));
    let second = ResponseTemplate::new(200).set_body_json(list(&[]));
    intents().and(query_param("starting_after", "pi_b")).respond_with(second).mount(&server).await;
    let first = json!({"has_more": true, "data": [foreign("pi_a"), foreign("pi_b")]});
    intents().respond_with(ResponseTemplate::new(200).set_body_json(first)).mount(&server).await;
    let gateway = gateway_of(&server);
    let page = gateway.payments_between(at(0), at(1), None).await.unwrap();
    assert!(page.reports.is_empty());
    assert_eq!(page.next, Some("pi_b".parse().unwrap()));
    let last = gateway.payments_between(at(0), at(1), page.next).await.unwrap();
    assert_eq!((last.reports.len(), last.next), (0, None));
}

/// To pass it over would say that it is not there.
#[tokio::test]
async fn a_payment_of_ours_that_cannot_be_read_is_named() {
    let server = MockServer::start().await;
    answer(&server, "/v1/payment_intents", list(&[intent("pi_1", "something_new")])).await;
    answer(&server, "/v1/checkout/sessions", list(&[])).await;
    let error = gateway_of(&server).payments_between(at(0), at(1), None).await.unwrap_err();
    let GatewayError::OutcomeUnknown { detail, .. } = error else { panic!("{error}") };
    assert!(detail.starts_with("pi_1: "), "{detail}");
}

/// Of everything that was made meanwhile only what bears the payment's mark is read, and every one of it.
#[tokio::test]
async fn charges_are_found_by_their_mark_alone() {
    let server = MockServer::start().await;
    let mut others = intent("pi_others", "something_new");
    others["metadata"]["trunkline_payment"] = json!("01890000-0000-7000-8000-000000000002");
    let intents = || Mock::given(method("GET")).and(path("/v1/payment_intents"));
    let second = ResponseTemplate::new(200).set_body_json(list(&[intent("pi_2", "canceled")]));
    intents().and(query_param("starting_after", "pi_1")).respond_with(second).mount(&server).await;
    let first =
        json!({"has_more": true, "data": [others, foreign("pi_foreign"), intent("pi_1", "succeeded")]});
    intents().respond_with(ResponseTemplate::new(200).set_body_json(first)).mount(&server).await;
    answer(&server, "/v1/checkout/sessions", list(&[])).await;
    no_takings(&server).await;
    let found = gateway_of(&server).charges_of(payment_id(), at(0), at(9)).await.unwrap();
    let found: Vec<_> = found.iter().map(|report| report.intent.as_ref().unwrap().as_str()).collect();
    assert_eq!(found, ["pi_1", "pi_2"]);
    let asked = requests(&server).await;
    assert!(!asked.iter().any(|(_, _, sent)| sent.iter().any(|(_, value)| value == "pi_others")));
}

#[tokio::test]
async fn a_page_of_nothing_that_is_not_the_last_is_no_answer() {
    let server = MockServer::start().await;
    answer(&server, "/v1/payment_intents", json!({"has_more": true, "data": []})).await;
    let error = gateway_of(&server).payments_between(at(0), at(1), None).await.unwrap_err();
    assert!(matches!(error, GatewayError::OutcomeUnknown { .. }), "{error}");
}

/// Of whichever age the payments are, each once; what names no intent is none of ours.
#[tokio::test]
async fn what_was_taken_in_a_span_names_its_payments() {
    let server = MockServer::start().await;
    let row = |id: &str, intent: Value| json!({ "id": id, "payment_intent": intent, "amount": 1, "currency": "usdc" });
    answer(&server, "/v1/refunds", list(&[row("re_1", json!("pi_2")), row("re_2", Value::Null)])).await;
    answer(&server, "/v1/disputes", list(&[row("dp_1", json!("pi_1")), row("dp_2", json!("pi_2"))])).await;
    let taken = gateway_of(&server).taken_between(at(1000), at(2000)).await.unwrap();
    assert_eq!(taken.iter().map(IntentId::as_str).collect::<Vec<_>>(), ["pi_1", "pi_2"]);
    let query = owned(&[("created[gte]", "1000"), ("created[lt]", "2000"), ("limit", "100")]);
    assert!(requests(&server).await.iter().all(|(_, _, sent)| *sent == query));
}
