//! Buying: every end of a purchase as its client reads it.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use insta::assert_snapshot;
use rstest::rstest;
use trunkline_domain::{BundleGap, BundleStatus, FailureReason, Fingerprint, Order, OrderState, RequestKey};
use trunkline_provider::{Bought, ProviderError, ProviderNumber, Sighting};
use trunkline_provisioning::port::{
    OpenAnswer, OpenRefusal, OpenedPurchase, PauseCause, Repeat, SettleAnswer, StoreError, Transition,
};
use trunkline_provisioning::{LeaseToken, LimitReached, PurchaseEnd};

use crate::sample::{ann, at, bakery, capabilities, completed, identity, number, order, usd, webhooks};
use crate::world::{Answer, Call, Key, World};

const BODY: &str = r#"{"phoneNumber": "(415) 230-0101", "countryCode": "US", "displayName": "Front desk"}"#;

fn buy(body: &str) -> Call {
    Call::post("/api/numbers/purchase", body).key(Key::Ann)
}

/// A world in which opening an order has this end.
fn opening(answer: Result<OpenAnswer, StoreError>) -> World {
    let mut world = World::new();
    world.purchases.expect_open().return_once(|_| answer);
    world
}

fn refusing(refusal: OpenRefusal) -> World {
    opening(Ok(OpenAnswer::Refused(refusal)))
}

fn failing(reason: FailureReason) -> World {
    let end = PurchaseEnd::Failed { order: order().id, reason };
    let mut world = opening(Ok(OpenAnswer::Repeat(Repeat::Ended(end))));
    world.orders.expect_order().returning(|_, _| Ok(Some(order())));
    world
}

/// A world in which an order opens and the number is not there yet.
fn opened() -> World {
    let mut world = World::new();
    world.purchases.expect_open().times(1).returning(|change| {
        let order = change.body.order.clone();
        Ok(OpenAnswer::Opened(OpenedPurchase { order, lease: LeaseToken::from_i64(1), send_by: at(20) }))
    });
    world.provider.expect_search().returning(|_| Ok(Vec::new()));
    world.provider.expect_look().returning(|_| Ok(Sighting { number: None, provider_time: at(0) }));
    world
}

#[tokio::test(start_paused = true)]
async fn a_number_is_bought() {
    let mut world = opened();
    world.provider.expect_buy().times(1).returning(|purchase| {
        let number = ProviderNumber {
            identity: identity(),
            phone_number: purchase.phone_number.clone(),
            friendly_name: purchase.friendly_name.clone(),
            number_type: Some(purchase.number_type),
            capabilities: capabilities(),
            webhooks: webhooks(),
            date_created: at(1),
            date_updated: at(1),
        };
        Ok(Bought { number })
    });
    world
        .purchases
        .expect_settle()
        .times(1)
        .returning(|change| Ok(SettleAnswer::Settled(change.body.number.clone())));
    assert_snapshot!(world.answer(buy(BODY)).await.picture());
}

#[tokio::test(start_paused = true)]
async fn an_undecided_purchase_is_202_with_the_money_held() {
    let parked: Arc<Mutex<Option<Order>>> = Arc::default();
    let mut world = opened();
    let unknown = || ProviderError::OutcomeUnknown { detail: "no answer".to_owned(), source: None };
    world.provider.expect_buy().times(1).returning(move |_| Err(unknown()));
    let slot = parked.clone();
    world.purchases.expect_park().times(1).returning(move |change| {
        let unresolved = Order { id: change.body.order, state: OrderState::Unresolved, ..order() };
        *slot.lock().unwrap() = Some(unresolved.clone());
        Ok(Transition::Applied(unresolved))
    });
    world.orders.expect_order().returning(move |_, _| Ok(parked.lock().unwrap().clone()));
    assert_snapshot!(world.answer(buy(BODY)).await.picture());
}

#[tokio::test]
async fn a_repeat_reads_the_same_answer() {
    let mut world = World::new();
    let expected = RequestKey::new(
        ann(),
        trunkline_domain::RequestOperation::Purchase,
        "key-1",
        Fingerprint::of(&[
            "+14152300101",
            "Front desk",
            &bakery().to_string(),
            "US",
            "local",
            "USD",
            "2.00 USD",
        ]),
    );
    world.purchases.expect_open().times(1).return_once(move |change| {
        assert_eq!(change.request, Some(expected.unwrap()));
        Ok(OpenAnswer::Repeat(Repeat::Ended(completed())))
    });
    let body = format!(
        r#"{{"phoneNumber": "+14152300101", "displayName": "Front desk", "businessId": "{}", "countryCode": "us",
            "numberType": "local", "userId": "ann", "currency": "usd", "maxAmount": "2.00"}}"#,
        bakery()
    );
    let answer = world.answer(buy(&body).header("Idempotency-Key", "key-1")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.json()["number"]["id"], number().id.to_string());
    assert!(answer.body.contains(r#""amount":1.50"#), "{}", answer.body);
}

#[tokio::test]
async fn a_key_that_was_used_for_something_else_or_is_no_key() {
    let reused = opening(Ok(OpenAnswer::Repeat(Repeat::OtherCommand)));
    let reused = reused.answer(buy(BODY).header("Idempotency-Key", "key-1")).await;
    assert_eq!((reused.status.as_u16(), reused.code().as_str()), (422, "IDEMPOTENCY_KEY_REUSED"));
    for key in ["two words", "", &"k".repeat(256)] {
        let answer = World::new().answer(buy(BODY).header("Idempotency-Key", key)).await;
        assert_eq!(answer.fields(), ["Idempotency-Key"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_repeat_beside_the_first_request_waits_and_then_says_so() {
    let mut world = opening(Ok(OpenAnswer::Repeat(Repeat::Open { subject: order().id.as_uuid() })));
    world.orders.expect_order().returning(|_, _| Ok(Some(order())));
    world.purchases.expect_repeat().returning(|_| Ok(Some(Repeat::Open { subject: order().id.as_uuid() })));
    assert_snapshot!(world.answer(buy(BODY).header("Idempotency-Key", "key-1")).await.picture());
}

#[tokio::test]
async fn refusals_of_the_wallet_and_the_claim() {
    let refusals = [
        OpenRefusal::InsufficientBalance { required: usd("1.5"), available: usd("0.25") },
        OpenRefusal::AlreadyOwned { number: number().id },
        OpenRefusal::AlreadyOrdering { order: order().id },
        OpenRefusal::TakenByOther,
        OpenRefusal::CoolingDown,
    ];
    let mut pictures = Vec::new();
    for refusal in refusals {
        pictures.push(refusing(refusal).answer(buy(BODY)).await.picture());
    }
    assert_snapshot!(pictures.join("\n\n---\n\n"));
}

/// Customers are not told which limit of the operator's it is.
#[tokio::test]
async fn sales_that_are_paused_say_one_thing_whatever_the_cause() {
    let cap = NonZeroU32::MIN;
    let causes = [PauseCause::OperatorStop, PauseCause::LowBalance, PauseCause::DailyCap { cap }];
    let mut pictures = Vec::new();
    for why in causes {
        pictures.push(refusing(OpenRefusal::SalesPaused { why }).answer(buy(BODY)).await.picture());
    }
    pictures.dedup();
    assert_snapshot!(pictures.join("\n\n---\n\n"));
}

/// Each limit says what it is, for people and for programs, and that no money moved.
#[tokio::test]
async fn limits_say_what_they_are() {
    let (one, three) = (NonZeroU32::MIN, NonZeroU32::new(3).unwrap());
    let (country, number_type) = ("US".parse().unwrap(), "local".parse().unwrap());
    let price = usd("1.5");
    let reached = [
        LimitReached::Countries { country, allowed: "CA, GB".parse().unwrap() },
        LimitReached::NumberTypes { number_type, allowed: "mobile".parse().unwrap() },
        LimitReached::MonthlyPrice { price, allowed: Some(usd("1.25")) },
        LimitReached::MonthlyPrice { price, allowed: None },
        LimitReached::PurchasesPerDay { allowed: three },
        LimitReached::Numbers { allowed: one },
        LimitReached::Churn { released: 6, allowed: 5 },
    ];
    let mut pictures = Vec::new();
    for reached in reached {
        pictures.push(refusing(OpenRefusal::LimitExceeded { reached }).answer(buy(BODY)).await.picture());
    }
    assert_snapshot!(pictures.join("\n\n---\n\n"));
}

#[rstest]
#[case(FailureReason::NumberUnavailable, 410, "NUMBER_UNAVAILABLE")]
#[case(FailureReason::HeldAtProvider, 409, "NUMBER_ALREADY_EXISTS")]
#[case(FailureReason::AddressRequired, 422, "ADDRESS_REQUIRED")]
#[case(FailureReason::BundleRequired { gap: None }, 422, "BUNDLE_REQUIRED")]
#[case(FailureReason::WrongType, 400, "VALIDATION_FAILED")]
#[case(FailureReason::ProviderRejected { code: Some(20_003) }, 502, "PROVIDER_REJECTED")]
#[case(FailureReason::ProviderUnavailable, 503, "PROVIDER_UNAVAILABLE")]
#[case(FailureReason::ProviderNotConfigured, 503, "TWILIO_NOT_CONFIGURED")]
#[case(FailureReason::NeverArrived, 503, "PROVIDER_UNAVAILABLE")]
#[case(FailureReason::VoidedByOperator, 503, "PROVIDER_UNAVAILABLE")]
#[tokio::test]
async fn every_failed_order_has_its_code(
    #[case] reason: FailureReason,
    #[case] status: u16,
    #[case] code: &str,
) {
    let answer = failing(reason).answer(buy(BODY)).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code));
    assert_eq!(answer.json()["charged"], "no");
    assert_eq!(answer.json()["orderId"], order().id.to_string());
}

#[tokio::test]
async fn what_the_operator_must_register_is_named() {
    let address = failing(FailureReason::AddressRequired).answer(buy(BODY)).await;
    let gaps = [None, Some(BundleGap::Unapproved(BundleStatus::InReview)), Some(BundleGap::NotSet)];
    let mut pictures = vec![address.picture()];
    for gap in gaps {
        pictures.push(failing(FailureReason::BundleRequired { gap }).answer(buy(BODY)).await.picture());
    }
    assert_snapshot!(pictures.join("\n\n---\n\n"));
}

#[tokio::test(start_paused = true)]
async fn a_lost_acknowledgement_is_never_called_free_of_charge() {
    let mut world = World::new();
    world.purchases.expect_open().returning(|_| Err(StoreError::OutcomeUnknown("inside".into())));
    let lost = world.answer(buy(BODY)).await;

    let mut world = World::new();
    world.purchases.expect_open().returning(|_| Err(StoreError::Unavailable("inside".into())));
    let nothing = world.answer(buy(BODY)).await;
    assert_snapshot!([lost, nothing].map(|answer| answer.picture()).join("\n\n---\n\n"));
}

#[tokio::test]
async fn nothing_is_opened_for_a_purchase_that_contradicts_itself() {
    let changed = r#"{"phoneNumber": "+14152300101", "displayName": "Desk", "maxAmount": 1.49}"#;
    let unpriced = r#"{"phoneNumber": "+14152300101", "displayName": "Desk", "currency": "INR"}"#;
    let toll_free = r#"{"phoneNumber": "+18332300101", "displayName": "Desk", "numberType": "local"}"#;
    let mut pictures = Vec::new();
    for body in [changed, unpriced, toll_free] {
        pictures.push(World::new().answer(buy(body)).await.picture());
    }
    assert_snapshot!(pictures.join("\n\n---\n\n"));
}

#[rstest]
#[case("{}", &["phoneNumber", "displayName"])]
#[case(r#"{"phoneNumber": "555", "displayName": "Desk"}"#, &["phoneNumber"])]
#[case(r#"{"phoneNumber": 14152300101, "displayName": "Desk"}"#, &["phoneNumber"])]
#[case(r#"{"phoneNumber": "+14152300101", "displayName": "Desk", "numberType": "vanity"}"#, &["numberType"])]
#[case(r#"{"phoneNumber": "+14152300101", "displayName": "Desk", "businessId": "bakery"}"#, &["businessId"])]
#[case(r#"{"phoneNumber": "+14152300101", "displayName": "Desk", "maxAmount": "much"}"#, &["maxAmount"])]
#[case(r#"{"phoneNumber": "+14152300101", "displayName": "Desk", "maxAmount": 0.0000001}"#, &["maxAmount"])]
#[case(r#"{"phoneNumber": "+14152300101", "displayName": "Desk", "currency": "dollars"}"#, &["currency"])]
#[tokio::test]
async fn mistakes_are_named_and_cost_nothing(#[case] body: &str, #[case] fields: &[&str]) {
    let answer = World::new().answer(buy(body)).await;
    assert_eq!(
        (answer.status, answer.fields()),
        (StatusCode::BAD_REQUEST, fields.iter().map(|f| (*f).to_owned()).collect())
    );
    assert_eq!(answer.json()["charged"], "no");
}

fn code(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.code())
}

#[tokio::test]
async fn anothers_business_wallet_and_name_are_out_of_reach() {
    let body =
        format!(r#"{{"phoneNumber": "+14152300101", "displayName": "Desk", "businessId": "{}"}}"#, bakery());
    let call = Call::post("/api/numbers/purchase", &body).key(Key::Ben);
    assert_eq!(code(&World::new().answer(call).await), (404, "BUSINESS_NOT_FOUND".to_owned()));

    let body = r#"{"phoneNumber": "+14152300101", "displayName": "Desk", "userId": "ann"}"#;
    let call = Call::post("/api/numbers/purchase", body).key(Key::Ben);
    assert_eq!(code(&World::new().answer(call).await), (403, "FORBIDDEN".to_owned()));
    let call = Call::post("/api/numbers/purchase", body).key(Key::Service).acting_for("ben");
    assert_eq!(code(&World::new().answer(call).await), (400, "VALIDATION_FAILED".to_owned()));
}

#[tokio::test]
async fn a_service_may_name_the_user_in_the_body() {
    let body = r#"{"phoneNumber": "+14152300101", "displayName": "Desk", "userId": "ann"}"#;
    let mut world = World::new();
    world.purchases.expect_open().times(1).return_once(|change| {
        assert_eq!(change.body.order.user, ann());
        Ok(OpenAnswer::Refused(OpenRefusal::TakenByOther))
    });
    let answer = world.answer(Call::post("/api/numbers/purchase", body).key(Key::Service)).await;
    assert_eq!(code(&answer), (409, "NUMBER_ALREADY_EXISTS".to_owned()));
}

#[tokio::test]
async fn without_a_provider_nothing_is_opened() {
    let mut world = World::new();
    world.provider = trunkline_provider::MockNumberProvider::new();
    world.provider.expect_account().returning(|| Err(ProviderError::NotConfigured));
    assert_snapshot!(world.answer(buy(BODY)).await.picture());
}

#[tokio::test]
async fn a_header_that_decides_is_sent_once() {
    for (name, first, second) in [("Idempotency-Key", "a", "b"), ("Trunkline-User", "ann", "ben")] {
        let answer = World::new().answer(buy(BODY).header(name, first).header(name, second)).await;
        assert_eq!((answer.status, answer.fields()), (StatusCode::BAD_REQUEST, vec![name.to_owned()]));
    }
    let twice = buy(BODY).header("Authorization", &format!("Bearer {}", Key::Ben.secret()));
    assert_eq!(World::new().answer(twice).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_most_that_is_less_than_nothing_is_refused() {
    let body = r#"{"phoneNumber": "+14152300101", "displayName": "Front desk", "maxAmount": -1}"#;
    let answer = World::new().answer(buy(body)).await;
    assert_eq!((answer.status, answer.fields()), (StatusCode::BAD_REQUEST, vec!["maxAmount".to_owned()]));
}
