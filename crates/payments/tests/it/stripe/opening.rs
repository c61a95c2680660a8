//! Pages: the forms to the letter, the keys, and what comes back.

use serde_json::json;
use trunkline_payments::{
    GatewayError, OpenedPage, PaymentGateway, STRIPE_VERSION, SetupProgress, SetupReport,
};
use wiremock::{MockServer, ResponseTemplate};

use super::*;

fn opened() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(session("open", "unpaid", &json!(null)))
}

#[tokio::test]
async fn a_page_for_paying_is_asked_for_to_the_letter() {
    let server = MockServer::start().await;
    answer_post(&server, "/v1/checkout/sessions", opened()).await;
    let page = gateway_of(&server).open_checkout(&checkout(usd("25"))).await.unwrap();
    let expected = OpenedPage {
        session: "cs_test_1".parse().unwrap(),
        url: Url::parse("https://checkout.stripe.com/c/pay/cs_test_1").unwrap(),
        expires_at: at(1_800_000_000),
    };
    assert_eq!(page, expected);
    let form = owned(&[
        ("mode", "payment"),
        ("client_reference_id", PAYMENT),
        ("line_items[0][quantity]", "1"),
        ("line_items[0][price_data][currency]", "usd"),
        ("line_items[0][price_data][unit_amount]", "2500"),
        ("line_items[0][price_data][product_data][name]", "Credit & more"),
        ("payment_intent_data[description]", "Credit & more"),
        ("adaptive_pricing[enabled]", "false"),
        ("metadata[trunkline_deployment]", DEPLOYMENT),
        ("metadata[trunkline_payment]", PAYMENT),
        ("metadata[trunkline_user]", "auth0|u1"),
        ("payment_intent_data[metadata][trunkline_deployment]", DEPLOYMENT),
        ("payment_intent_data[metadata][trunkline_payment]", PAYMENT),
        ("payment_intent_data[metadata][trunkline_user]", "auth0|u1"),
        ("expires_at", "1800000000"),
        ("success_url", "https://x.example/paid?session={CHECKOUT_SESSION_ID}&a=b"),
        ("cancel_url", "https://x.example/wallet"),
    ]);
    assert_eq!(requests(&server).await, [("POST".into(), "/v1/checkout/sessions".into(), form)]);
    let request = &server.received_requests().await.unwrap()[0];
    let header = |name: &str| request.headers.get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!(header("Idempotency-Key"), format!("trunkline-checkout-{PAYMENT}"));
    assert_eq!(header("Authorization"), format!("Bearer {KEY}"));
    assert_eq!(header("Stripe-Version"), STRIPE_VERSION);
    assert_eq!(header("Content-Type"), "application/x-www-form-urlencoded");
}

#[tokio::test]
async fn a_repeat_is_the_same_to_the_letter() {
    let server = MockServer::start().await;
    answer_post(&server, "/v1/checkout/sessions", opened()).await;
    let gateway = gateway_of(&server);
    for _ in 0..2 {
        gateway.open_checkout(&checkout(usd("25"))).await.unwrap();
        gateway.open_setup(&setup()).await.unwrap();
    }
    let received = server.received_requests().await.unwrap();
    let sent = |at: usize| (&received[at].headers["Idempotency-Key"], &received[at].body);
    assert_eq!(sent(0), sent(2));
    assert_eq!(sent(1), sent(3));
    assert_ne!(sent(0).0, sent(1).0);
}

#[tokio::test]
async fn an_amount_that_stripe_cannot_express_is_not_sent() {
    let server = MockServer::start().await;
    let gateway = gateway_of(&server);
    for (amount, currency) in [("25.005", "USD"), ("0.5", "JPY"), ("1.5", "ISK"), ("1", "IQD"), ("0", "USD")]
    {
        let amount = Money::parse(amount, currency.parse().unwrap()).unwrap();
        let refused = gateway.open_checkout(&checkout(amount)).await.unwrap_err();
        assert!(matches!(refused, GatewayError::Refused { code: None, .. }), "{amount}: {refused}");
    }
    assert!(requests(&server).await.is_empty());
}

#[tokio::test]
async fn a_currency_has_its_own_unit() {
    let server = MockServer::start().await;
    answer_post(&server, "/v1/checkout/sessions", opened()).await;
    let amount = Money::parse("500", "JPY".parse().unwrap()).unwrap();
    gateway_of(&server).open_checkout(&checkout(amount)).await.unwrap();
    let form = &requests(&server).await[0].2;
    assert!(form.contains(&("line_items[0][price_data][unit_amount]".into(), "500".into())));
    assert!(form.contains(&("line_items[0][price_data][currency]".into(), "jpy".into())));
}

#[tokio::test]
async fn a_page_without_an_address_may_have_been_opened() {
    let server = MockServer::start().await;
    let body = json!({"id": "cs_1", "url": null, "expires_at": 1_800_000_000});
    answer_post(&server, "/v1/checkout/sessions", ResponseTemplate::new(200).set_body_json(body)).await;
    let error = gateway_of(&server).open_checkout(&checkout(usd("25"))).await.unwrap_err();
    assert!(matches!(error, GatewayError::OutcomeUnknown { .. }), "{error}");
}

#[tokio::test]
async fn a_page_for_saving_is_asked_for_to_the_letter() {
    let server = MockServer::start().await;
    answer_post(&server, "/v1/checkout/sessions", opened()).await;
    gateway_of(&server).open_setup(&setup()).await.unwrap();
    let key = Uuid::from_u128(7).to_string();
    let form = owned(&[
        ("mode", "setup"),
        ("customer", "cus_1"),
        ("currency", "inr"),
        ("allowed_payment_method_types[0]", "card"),
        ("metadata[trunkline_deployment]", DEPLOYMENT),
        ("metadata[trunkline_setup]", &key),
        ("metadata[trunkline_user]", "auth0|u1"),
        ("setup_intent_data[metadata][trunkline_deployment]", DEPLOYMENT),
        ("setup_intent_data[metadata][trunkline_setup]", &key),
        ("setup_intent_data[metadata][trunkline_user]", "auth0|u1"),
        ("expires_at", "1800000000"),
        ("success_url", "https://x.example/paid?session={CHECKOUT_SESSION_ID}&a=b"),
        ("cancel_url", "https://x.example/wallet"),
    ]);
    assert_eq!(requests(&server).await, [("POST".into(), "/v1/checkout/sessions".into(), form)]);
    let request = &server.received_requests().await.unwrap()[0];
    assert_eq!(request.headers["Idempotency-Key"].to_str().unwrap(), format!("trunkline-setup-{key}"));
}

fn card() -> Value {
    json!({"id": "pm_1", "type": "card", "card": {"brand": "visa", "last4": "4242"}, "customer": "cus_1"})
}

fn saved() -> SetupProgress {
    SetupProgress::Saved { method: "pm_1".parse().unwrap(), label: "visa •••• 4242".into() }
}

#[rstest::rstest]
#[case::open("open", json!({"status": "requires_payment_method", "payment_method": null}), Some(SetupProgress::Open))]
#[case::expired("expired", json!(null), Some(SetupProgress::Expired))]
#[case::saved("complete", json!({"status": "succeeded", "payment_method": card()}), Some(saved()))]
#[case::at_the_bank("complete", json!({"status": "processing", "payment_method": card()}), Some(SetupProgress::Open))]
#[case::refused("complete", json!({"status": "requires_payment_method", "payment_method": null}), Some(SetupProgress::Expired))]
#[case::no_setup("complete", json!(null), None)]
#[case::no_method("complete", json!({"status": "succeeded", "payment_method": null}), None)]
#[case::new_status("complete", json!({"status": "something_new", "payment_method": card()}), None)]
#[tokio::test]
async fn a_setup_is_as_far_as_its_page(
    #[case] status: &str,
    #[case] setup_intent: Value,
    #[case] expected: Option<SetupProgress>,
) {
    let server = MockServer::start().await;
    let key = Uuid::from_u128(7);
    let body = json!({
        "id": "cs_1", "mode": "setup", "status": status, "payment_status": "no_payment_required",
        "setup_intent": setup_intent, "payment_intent": null, "amount_total": null, "currency": "usd",
        "metadata": {"trunkline_deployment": DEPLOYMENT, "trunkline_setup": key.to_string()},
    });
    answer(&server, "/v1/checkout/sessions/cs_1", body).await;
    let report = gateway_of(&server).setup(&"cs_1".parse().unwrap()).await;
    match expected {
        Some(progress) => {
            assert_eq!(report.unwrap(), Some(SetupReport { key: Some(key), progress }));
        }
        None => assert!(matches!(report.unwrap_err(), GatewayError::OutcomeUnknown { .. })),
    }
    let query = owned(&[("expand[]", "setup_intent.payment_method")]);
    assert_eq!(requests(&server).await[0].2, query);
}

#[tokio::test]
async fn a_setup_of_another_deployment_has_no_key() {
    let server = MockServer::start().await;
    let body = json!({
        "id": "cs_1", "mode": "setup", "status": "open", "payment_status": "no_payment_required",
        "metadata": {"trunkline_deployment": "other", "trunkline_setup": Uuid::from_u128(7).to_string()},
    });
    answer(&server, "/v1/checkout/sessions/cs_1", body).await;
    let report = gateway_of(&server).setup(&"cs_1".parse().unwrap()).await.unwrap();
    assert_eq!(report, Some(SetupReport { key: None, progress: SetupProgress::Open }));
}

#[tokio::test]
async fn a_page_for_paying_is_no_setup() {
    let server = MockServer::start().await;
    answer(&server, "/v1/checkout/sessions/cs_test_1", session("open", "unpaid", &json!(null))).await;
    assert_eq!(gateway_of(&server).setup(&"cs_test_1".parse().unwrap()).await.unwrap(), None);
}
