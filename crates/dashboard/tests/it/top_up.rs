//! Automatic top-ups: with consent, changed, off, on and removed.

use axum::http::StatusCode;
use trunkline_domain::Currency;
use trunkline_payments::TopUpState;
use trunkline_stripe_sim::Behaviour;

use crate::house::House;
use crate::services::user;

const PATH: &str = "/dashboard/funds/top-up";

fn terms<'t>(what: &'t str, cap: &'t str) -> Vec<(&'t str, &'t str)> {
    vec![("do", what), ("currency", "USD"), ("threshold", "5"), ("amount", "25"), ("monthlyCap", cap)]
}

/// One that is on, with a saved card.
async fn with_a_top_up() -> House {
    let house = House::with_stripe().await;
    let mut form = terms("set-up", "100");
    form.push(("consent", "yes"));
    let page = house.post("ann", PATH, &form).await;
    let session = page.leads_to().rsplit('/').next().unwrap().split(['#', '?']).next().unwrap().to_owned();
    house.stripe().admin().save(&session, Behaviour::Accept).unwrap();
    house.hear().await;
    house
}

#[tokio::test]
async fn nothing_is_set_up_without_consent() {
    let house = House::with_stripe().await;
    house
        .get("ann", PATH)
        .await
        .says("I allow this service to charge my saved payment method")
        .says("Set it up");
    let refused = house.post("ann", PATH, &terms("set-up", "100")).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    refused.says("tick the box if you agree").says("value=\"25\"").says("value=\"100\"");
    let mut form = terms("set-up", "10");
    form.push(("consent", "yes"));
    let refused = house.post("ann", PATH, &form).await;
    refused.says("id=\"monthlyCap-mistake\"").says("value=\"yes\" required checked");
    assert_eq!(house.stripe().admin().state()["sessions"].as_array().map_or(0, Vec::len), 0);
}

#[tokio::test]
async fn one_that_is_on_is_changed_and_switched() {
    let house = with_a_top_up().await;
    house
        .get("ann", PATH)
        .await
        .says("badge good\">On")
        .says("When less than 5.00\u{a0}USD is available")
        .says("4242");
    // More is not charged without another consent.
    let raised = house.post("ann", PATH, &terms("change", "200")).await;
    assert_eq!(raised.status, StatusCode::BAD_REQUEST);
    raised.says("id=\"consent-mistake\"").says("value=\"200\"");
    let mut agreed = terms("change", "200");
    agreed.push(("consent", "yes"));
    for (form, says) in [
        (agreed, "200.00\u{a0}USD at most"),
        (vec![("do", "off"), ("currency", "USD")], "You have switched it off"),
        (vec![("do", "on"), ("currency", "USD")], "It is on again"),
    ] {
        let next = house.post("ann", PATH, &form).await.leads_to().to_owned();
        house.get("ann", &next).await.says(says);
    }
    let refused = house.post("ann", PATH, &terms("change", "1")).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    refused.says("id=\"monthlyCap-mistake\"").says("value=\"1\"");
    assert_eq!(house.top_up("ann", Currency::USD).await.unwrap().state, TopUpState::On);
}

#[tokio::test]
async fn a_removed_method_is_forgotten() {
    let house = with_a_top_up().await;
    let next = house.post("ann", PATH, &[("do", "remove"), ("currency", "USD")]).await.leads_to().to_owned();
    house
        .get("ann", &next)
        .await
        .says("Stripe forgets your payment method")
        .says("Set it up")
        .does_not_say("4242");
    let stored = house.top_up("ann", Currency::USD).await.unwrap();
    assert_eq!((stored.user, stored.state, stored.method), (user("ann"), TopUpState::Off, None));
    let refused = house.post("ann", PATH, &[("do", "on"), ("currency", "USD")]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    refused
        .says("Your payment method was forgotten. Set the top-up up again below")
        .does_not_say("POST /api");
}

#[tokio::test]
async fn others_have_none_and_without_stripe_nobody_has() {
    let house = with_a_top_up().await;
    house.get("ben", PATH).await.does_not_say("4242").says("Set it up");
    let refused = house.post("ben", PATH, &[("do", "off"), ("currency", "USD")]).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    refused.says("There is no automatic top-up to change");
    assert_eq!(house.top_up("ann", Currency::USD).await.unwrap().state, TopUpState::On);
    let house = House::without_stripe().await;
    house
        .get("ann", PATH)
        .await
        .says("so nothing can be charged by itself")
        .does_not_say("method=\"post\" action=\"/dashboard/funds");
}
