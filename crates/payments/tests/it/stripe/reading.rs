//! One payment as Stripe has it: which questions are asked, and what the answers add up to.

use serde_json::json;
use trunkline_payments::{
    GatewayError, PaymentGateway, PaymentRef, PaymentReport, Progress, Taking, TakingKind, TakingStanding,
};
use wiremock::MockServer;
use wiremock::matchers::query_param;

use super::*;

fn by_session() -> PaymentRef {
    PaymentRef::Session("cs_test_1".parse().unwrap())
}

fn by_intent() -> PaymentRef {
    PaymentRef::Intent("pi_1".parse().unwrap())
}

fn report(progress: Progress) -> PaymentReport {
    PaymentReport {
        mark: Some(mark()),
        session: Some("cs_test_1".parse().unwrap()),
        intent: Some("pi_1".parse().unwrap()),
        asked: usd("25"),
        progress,
        decline: None,
        takings: Vec::new(),
    }
}

fn paid() -> Progress {
    Progress::Paid { amount: usd("25") }
}

fn paths(requests: &[Sent]) -> Vec<&str> {
    let mut paths: Vec<_> = requests.iter().map(|(_, path, _)| path.as_str()).collect();
    paths.sort_unstable();
    paths
}

#[tokio::test]
async fn a_page_that_nobody_used_takes_one_question() {
    let server = MockServer::start().await;
    answer(&server, "/v1/checkout/sessions/cs_test_1", session("open", "unpaid", &json!(null))).await;
    let found = gateway_of(&server).payment(&by_session()).await.unwrap();
    assert_eq!(found, Some(PaymentReport { intent: None, ..report(Progress::Open) }));
    let asked = requests(&server).await;
    assert_eq!(paths(&asked), ["/v1/checkout/sessions/cs_test_1"]);
    assert_eq!(asked[0].2, owned(&[("expand[]", "payment_intent")]));
}

#[tokio::test]
async fn a_paid_page_tells_what_was_taken_back() {
    let server = MockServer::start().await;
    let body = session("complete", "paid", &intent("pi_1", "succeeded"));
    answer(&server, "/v1/checkout/sessions/cs_test_1", body).await;
    let refund = |id: &str, amount: i64, status: &str| json!({"id": id, "amount": amount, "currency": "usd", "status": status});
    let refunds = [
        refund("re_1", 500, "succeeded"),
        refund("re_2", 100, "failed"),
        refund("re_3", 200, "requires_action"),
    ];
    answer(&server, "/v1/refunds", list(&refunds)).await;
    let dispute = json!({
        "id": "du_1", "amount": 2000, "currency": "usd", "status": "needs_response",
        "balance_transactions": [{"amount": -2000, "currency": "eur"}],
    });
    answer(&server, "/v1/disputes", list(&[dispute])).await;
    let found = gateway_of(&server).payment(&by_session()).await.unwrap();
    let taking = |id: &str, kind, amount, standing| Taking {
        id: id.parse().unwrap(),
        kind,
        amount: usd(amount),
        standing,
    };
    let takings = vec![
        taking("re_1", TakingKind::Refund, "5", TakingStanding::Taken),
        taking("re_2", TakingKind::Refund, "1", TakingStanding::Returned),
        taking("du_1", TakingKind::Dispute, "20", TakingStanding::Taken),
    ];
    assert_eq!(found, Some(PaymentReport { takings, ..report(paid()) }));
    let query = owned(&[("payment_intent", "pi_1"), ("limit", "100")]);
    for (_, path, sent) in requests(&server).await {
        if path == "/v1/refunds" || path == "/v1/disputes" {
            assert_eq!(sent, query);
        }
    }
}

#[tokio::test]
async fn an_intent_is_read_with_its_page() {
    let server = MockServer::start().await;
    let mut declined = intent("pi_1", "requires_payment_method");
    declined["last_payment_error"] = json!({"code": "card_declined", "decline_code": "lost_card"});
    answer(&server, "/v1/payment_intents/pi_1", declined).await;
    answer(&server, "/v1/checkout/sessions", list(&[session("open", "unpaid", &json!("pi_1"))])).await;
    let found = gateway_of(&server).payment(&by_intent()).await.unwrap();
    let expected = PaymentReport { decline: Some("lost_card".into()), ..report(Progress::Open) };
    assert_eq!(found, Some(expected), "its page can still be paid");
    let asked = requests(&server).await;
    assert_eq!(paths(&asked), ["/v1/checkout/sessions", "/v1/payment_intents/pi_1"]);
    let query = owned(&[("payment_intent", "pi_1"), ("limit", "1")]);
    assert!(asked.iter().any(|(_, path, sent)| path == "/v1/checkout/sessions" && *sent == query));
}

#[tokio::test]
async fn an_intent_without_a_page_is_read_by_itself() {
    let server = MockServer::start().await;
    answer(&server, "/v1/payment_intents/pi_1", intent("pi_1", "succeeded")).await;
    answer(&server, "/v1/checkout/sessions", list(&[])).await;
    no_takings(&server).await;
    let found = gateway_of(&server).payment(&by_intent()).await.unwrap();
    assert_eq!(found, Some(PaymentReport { session: None, ..report(paid()) }));
}

#[tokio::test]
async fn the_mark_is_what_is_there() {
    for (metadata, expected) in [
        (json!({}), None),
        (json!(null), None),
        (json!({"trunkline_deployment": DEPLOYMENT}), None),
        (
            json!({"trunkline_deployment": "other", "trunkline_payment": PAYMENT, "trunkline_user": "auth0|u1"}),
            Some(PaymentMark { deployment: "other".into(), ..mark() }),
        ),
    ] {
        let server = MockServer::start().await;
        let mut body = session("open", "unpaid", &json!(null));
        body["metadata"] = metadata;
        answer(&server, "/v1/checkout/sessions/cs_test_1", body).await;
        let found = gateway_of(&server).payment(&by_session()).await.unwrap().unwrap();
        assert_eq!(found.mark, expected);
    }
}

/// An intent that was asked for in one currency is paid in it; what else Stripe may say is taken at its word.
#[tokio::test]
async fn what_was_received_counts_in_its_own_currency() {
    let server = MockServer::start().await;
    let mut yen = intent("pi_1", "succeeded");
    yen["currency"] = json!("jpy");
    yen["amount_received"] = json!(900);
    answer(&server, "/v1/checkout/sessions/cs_test_1", session("complete", "paid", &yen)).await;
    no_takings(&server).await;
    let found = gateway_of(&server).payment(&by_session()).await.unwrap().unwrap();
    let amount = Money::parse("900", "JPY".parse().unwrap()).unwrap();
    assert_eq!((found.asked, found.progress), (usd("25"), Progress::Paid { amount }));
}

#[tokio::test]
async fn a_page_for_saving_is_no_payment() {
    let server = MockServer::start().await;
    let mut body = session("complete", "no_payment_required", &json!(null));
    body["mode"] = json!("setup");
    answer(&server, "/v1/checkout/sessions/cs_test_1", body).await;
    assert_eq!(gateway_of(&server).payment(&by_session()).await.unwrap(), None);
}

/// Money that was received must not be reported while nobody knows what was taken back.
#[tokio::test]
async fn no_report_is_made_without_its_takings() {
    let server = MockServer::start().await;
    let body = session("complete", "paid", &intent("pi_1", "succeeded"));
    answer(&server, "/v1/checkout/sessions/cs_test_1", body).await;
    answer(&server, "/v1/refunds", list(&[])).await;
    let failed = error(500, "api_error", None);
    Mock::given(method("GET")).and(path("/v1/disputes")).respond_with(failed).mount(&server).await;
    let error = gateway_of(&server).payment(&by_session()).await.unwrap_err();
    assert!(matches!(error, GatewayError::OutcomeUnknown { .. }), "{error}");
}

#[rstest::rstest]
#[case::in_another_currency(json!({"id": "re_1", "amount": 5, "currency": "jpy", "status": "succeeded"}))]
#[case::of_a_new_status(json!({"id": "re_1", "amount": 5, "currency": "usd", "status": "something_new"}))]
#[case::with_places(json!({"id": "re_1", "amount": 5.5, "currency": "usd", "status": "succeeded"}))]
#[tokio::test]
async fn a_refund_that_cannot_be_read_is_not_passed_over(#[case] refund: Value) {
    let server = MockServer::start().await;
    let body = session("complete", "paid", &intent("pi_1", "succeeded"));
    answer(&server, "/v1/checkout/sessions/cs_test_1", body).await;
    answer(&server, "/v1/refunds", list(&[refund])).await;
    answer(&server, "/v1/disputes", list(&[])).await;
    let error = gateway_of(&server).payment(&by_session()).await.unwrap_err();
    assert!(matches!(error, GatewayError::OutcomeUnknown { .. }), "{error}");
}

fn refund(id: &str) -> Value {
    json!({"id": id, "amount": 100, "currency": "usd", "status": "succeeded"})
}

#[tokio::test]
async fn takings_are_read_to_the_last_page() {
    let server = MockServer::start().await;
    let body = session("complete", "paid", &intent("pi_1", "succeeded"));
    answer(&server, "/v1/checkout/sessions/cs_test_1", body).await;
    answer(&server, "/v1/disputes", list(&[])).await;
    let refunds = || Mock::given(method("GET")).and(path("/v1/refunds"));
    let second = ResponseTemplate::new(200).set_body_json(list(&[refund("re_2")]));
    refunds().and(query_param("starting_after", "re_1")).respond_with(second).mount(&server).await;
    let first = json!({"has_more": true, "data": [refund("re_1")]});
    refunds().respond_with(ResponseTemplate::new(200).set_body_json(first)).mount(&server).await;
    let found = gateway_of(&server).payment(&by_session()).await.unwrap().unwrap();
    let ids: Vec<_> = found.takings.iter().map(|taking| taking.id.as_str()).collect();
    assert_eq!(ids, ["re_1", "re_2"]);
}

#[rstest::rstest]
#[case::always_one_more(json!({"has_more": true, "data": [refund("re_1")]}), 10)]
#[case::nothing_and_more(json!({"has_more": true, "data": []}), 1)]
#[tokio::test]
async fn a_list_that_does_not_end_is_no_answer(#[case] page: Value, #[case] questions: usize) {
    let server = MockServer::start().await;
    let body = session("complete", "paid", &intent("pi_1", "succeeded"));
    answer(&server, "/v1/checkout/sessions/cs_test_1", body).await;
    answer(&server, "/v1/disputes", list(&[])).await;
    answer(&server, "/v1/refunds", page).await;
    let error = gateway_of(&server).payment(&by_session()).await.unwrap_err();
    assert!(matches!(error, GatewayError::OutcomeUnknown { .. }), "{error}");
    let asked = requests(&server).await;
    assert_eq!(asked.iter().filter(|(_, path, _)| path == "/v1/refunds").count(), questions);
}
