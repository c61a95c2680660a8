//! Events by their types: what each is about and claims.

use rstest::rstest;
use serde_json::json;
use trunkline_domain::{Currency, Money, PaymentId};

use super::*;

const PAYMENT: &str = "01890000-0000-7000-8000-000000000001";

fn read_event(kind: &str, object: &Value) -> Result<GatewayEvent, EventError> {
    let event = json!({
        "id": "evt_1", "object": "event", "type": kind, "api_version": "2020-08-27", "livemode": false,
        "created": 1_764_339_949, "data": {"object": object},
    });
    read(event.to_string().as_bytes())
}

fn metadata() -> Value {
    json!({"trunkline_deployment": "d", "trunkline_payment": PAYMENT, "trunkline_user": "u1", "more": "x"})
}

fn claims() -> EventClaims {
    EventClaims {
        payment: Some(PAYMENT.parse::<PaymentId>().unwrap()),
        user: Some("u1".parse().unwrap()),
        asked: Some(Money::parse("25", Currency::USD).unwrap()),
    }
}

fn intent(id: &str) -> EventSubject {
    EventSubject::Payment(PaymentRef::Intent(id.parse().unwrap()))
}

#[rstest]
#[case("checkout.session.completed")]
#[case("checkout.session.async_payment_succeeded")]
#[case("checkout.session.async_payment_failed")]
#[case("checkout.session.expired")]
fn a_session_for_paying_is_a_payment(#[case] kind: &str) {
    let event = read_event(
        kind,
        &json!({"id": "cs_test_1", "object": "checkout.session", "mode": "payment", "amount_total": 2500,
               "currency": "usd", "metadata": metadata(), "payment_intent": "pi_1"}),
    );
    let subject = EventSubject::Payment(PaymentRef::Session("cs_test_1".parse().unwrap()));
    let expected = GatewayEvent { id: "evt_1".into(), kind: kind.into(), subject, claims: claims() };
    assert_eq!(event, Ok(expected));
}

#[test]
fn a_session_for_saving_is_a_setup() {
    let object =
        json!({"id": "cs_1", "mode": "setup", "amount_total": null, "metadata": {"trunkline_user": "u1"}});
    let event = read_event("checkout.session.completed", &object).unwrap();
    assert_eq!(event.subject, EventSubject::Setup("cs_1".parse().unwrap()));
    assert_eq!(event.claims, EventClaims { user: claims().user, ..EventClaims::default() });
}

#[rstest]
#[case("payment_intent.succeeded")]
#[case("payment_intent.payment_failed")]
#[case("payment_intent.processing")]
fn an_intent_is_a_payment(#[case] kind: &str) {
    let object = json!({"id": "pi_1", "amount": 2500, "currency": "usd", "metadata": metadata()});
    let event = read_event(kind, &object).unwrap();
    assert_eq!((event.subject, event.claims), (intent("pi_1"), claims()));
}

#[rstest]
#[case("charge.refunded")]
#[case("charge.refund.updated")]
#[case("charge.dispute.created")]
#[case("charge.dispute.funds_reinstated")]
#[case("refund.created")]
#[case("refund.failed")]
fn what_takes_money_back_is_about_its_intent(#[case] kind: &str) {
    for payment_intent in [json!("pi_1"), json!({"id": "pi_1", "object": "payment_intent"})] {
        let event =
            read_event(kind, &json!({"id": "x_1", "amount": 1, "payment_intent": payment_intent})).unwrap();
        assert_eq!((event.subject, event.claims), (intent("pi_1"), EventClaims::default()));
    }
    for object in [json!({"id": "x_1", "payment_intent": null}), json!({"id": "x_1"})] {
        assert_eq!(read_event(kind, &object).unwrap().subject, EventSubject::Other);
    }
}

#[rstest]
#[case("customer.created", json!({"id": "cus_1"}))]
#[case("checkout.other", json!({}))]
#[case("ping", json!({}))]
#[case("checkout.session.completed", json!({"id": "cs_1", "mode": "subscription"}))]
fn everything_else_is_none_of_ours(#[case] kind: &str, #[case] object: Value) {
    let event = read_event(kind, &object).unwrap();
    assert_eq!((event.subject, event.claims), (EventSubject::Other, EventClaims::default()));
}

#[test]
fn a_thin_event_is_none_of_ours() {
    let event =
        json!({"id": "evt_2", "object": "v2.core.event", "type": "v1.billing.meter.error_report_triggered"});
    assert_eq!(read(event.to_string().as_bytes()).unwrap().subject, EventSubject::Other);
}

/// A session of another program on the same account may be in a currency that we cannot read.
#[test]
fn what_cannot_be_read_as_a_claim_claims_nothing() {
    let object = json!({"id": "cs_1", "mode": "payment", "amount_total": 5, "currency": "usdc",
                        "metadata": {"trunkline_payment": "7", "trunkline_user": " "}});
    let event = read_event("checkout.session.completed", &object).unwrap();
    assert_eq!(event.claims, EventClaims::default());
}

#[rstest]
#[case::not_json("{")]
#[case::nothing("")]
#[case::a_list("[]")]
#[case::no_event(r#"{"id":"evt_1","object":"customer","type":"x.y","data":{"object":{}}}"#)]
#[case::no_object(r#"{"id":"evt_1","object":"event","type":"payment_intent.succeeded"}"#)]
#[case::amount_as_text(r#"{"id":"e","object":"event","type":"payment_intent.succeeded","data":{"object":{"id":"pi_1","amount":"2500","currency":"usd"}}}"#)]
#[case::amount_with_places(r#"{"id":"e","object":"event","type":"payment_intent.succeeded","data":{"object":{"id":"pi_1","amount":25.5,"currency":"usd"}}}"#)]
#[case::id_with_a_path(r#"{"id":"e","object":"event","type":"payment_intent.succeeded","data":{"object":{"id":"../customers","amount":1,"currency":"usd"}}}"#)]
#[case::intent_with_a_path(r#"{"id":"e","object":"event","type":"charge.refunded","data":{"object":{"payment_intent":"pi_1/cancel"}}}"#)]
#[case::intent_as_number(
    r#"{"id":"e","object":"event","type":"charge.refunded","data":{"object":{"payment_intent":1}}}"#
)]
fn another_form_is_unreadable(#[case] body: &str) {
    let error = read(body.as_bytes()).unwrap_err();
    assert!(matches!(error, EventError::Unreadable(_)), "{error}");
}

#[test]
fn an_error_repeats_nothing_of_the_body() {
    let body = r#"{"id":"evt_1","object":"event","type":{"email":"ann@example.com"}}"#;
    assert!(!read(body.as_bytes()).unwrap_err().to_string().contains("example"));
}
