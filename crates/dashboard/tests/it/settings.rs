//! Settings: businesses, members, keys, limits.

use axum::http::StatusCode;
use trunkline_domain::RequestContext;
use trunkline_tenancy::KeyScope;

use crate::house::{House, Seen};

const BUSINESSES: &str = "/dashboard/settings/businesses";
const KEYS: &str = "/dashboard/settings/keys";

/// A business of Ann's, at its address.
async fn with_a_bakery() -> (House, String) {
    let house = House::without_stripe().await;
    let id = house.get("ann", BUSINESSES).await.value_of("id").to_owned();
    let form = [("id", id.as_str()), ("name", "Bakery"), ("timeZone", "Europe/Berlin")];
    let added = house.post("ann", BUSINESSES, &form).await;
    // A double click adds it once.
    assert_eq!(house.post("ann", BUSINESSES, &form).await.leads_to(), added.leads_to());
    let address = added.leads_to().split('?').next().unwrap().to_owned();
    (house, address)
}

#[tokio::test]
async fn a_business_is_added_changed_and_deleted() {
    let (house, bakery) = with_a_bakery().await;
    let list = house.get("ann", BUSINESSES).await;
    list.says("Bakery").says("Europe/Berlin");
    assert_eq!(list.body.matches(&format!("href=\"{bakery}\"")).count(), 1);
    let form = [("do", "change"), ("name", "Bread & more"), ("timeZone", "")];
    let next = house.post("ann", &bakery, &form).await.leads_to().to_owned();
    house
        .get("ann", &next)
        .await
        .says("Saved.")
        .says("Bread &#38; more")
        .does_not_say("Berlin\" autocomplete");
    let refused =
        house.post("ann", &bakery, &[("do", "change"), ("name", ""), ("timeZone", "Mars/Base")]).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    refused.says("value=\"Mars/Base\"").says("id=\"timeZone-mistake\"").says("nothing was done");
    let next = house.post("ann", &bakery, &[("do", "delete")]).await.leads_to().to_owned();
    house.get("ann", &next).await.says("The business is deleted.").does_not_say("Bread");
    assert_eq!(house.get("ann", &bakery).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_business_without_a_name_is_not_added() {
    let house = House::without_stripe().await;
    let refused = house.post("ann", BUSINESSES, &[("id", ""), ("name", ""), ("timeZone", "UTC")]).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    refused.says("id=\"name-mistake\"").says("value=\"UTC\"").says("You have no business yet");
}

#[tokio::test]
async fn members_come_change_and_go() {
    let (house, bakery) = with_a_bakery().await;
    assert_eq!(house.get("ben", &bakery).await.status, StatusCode::NOT_FOUND);
    let put = |role| [("do", "put-member"), ("userId", "ben"), ("role", role)];
    for role in ["viewer", "manager"] {
        let next = house.post("ann", &bakery, &put(role)).await.leads_to().to_owned();
        house.get("ann", &next).await.says("They have this role from now on").says("Role of ben");
    }
    let bens = house.get("ben", &bakery).await;
    bens.says("Leave the business")
        .says("Manager: buys")
        .does_not_say("Add a member")
        .does_not_say("Delete the");
    house.get("ben", BUSINESSES).await.says("Businesses of others").says("Bakery");
    let foreign = house.post("ben", &bakery, &[("do", "delete")]).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    let next = house.post("ben", &bakery, &[("do", "leave"), ("userId", "ben")]).await.leads_to().to_owned();
    house
        .get("ben", &next)
        .await
        .says("You are not a member of the business any more")
        .does_not_say("Bakery");

    house.post("ann", &bakery, &put("viewer")).await.leads_to();
    let gone = [("do", "remove-member"), ("userId", "ben")];
    let next = house.post("ann", &bakery, &gone).await.leads_to().to_owned();
    house.get("ann", &next).await.says("They are not a member any more").does_not_say("Role of ben");
    assert_eq!(house.get("ben", &bakery).await.status, StatusCode::NOT_FOUND);
    for (user, wrong) in [("", "This is required."), ("no body", "This ")] {
        let refused =
            house.post("ann", &bakery, &[("do", "put-member"), ("userId", user), ("role", "viewer")]).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{user}");
        refused.says("id=\"userId-mistake\"").says(wrong).says(&format!("value=\"{user}\""));
    }
}

/// The secret on the page.
fn secret(page: &Seen) -> String {
    let at = page.body.find("tl_").unwrap();
    page.body[at..].split('<').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_key_is_shown_once_and_revoked() {
    let house = House::without_stripe().await;
    house.get("ann", KEYS).await.says("You have no keys yet").says("name=\"read\" value=\"yes\" checked");
    let form =
        [("do", "make"), ("name", "Backend"), ("read", "yes"), ("trade", "yes"), ("expires", "2031-05-01")];
    let made = house.post("ann", KEYS, &form).await;
    assert_eq!((made.status, made.headers["cache-control"].to_str().unwrap()), (StatusCode::OK, "no-store"));
    made.says("it is shown this once").says("1 May 2031");
    let principal = house.tenancy.authenticate(&secret(&made), &RequestContext::NONE).await.unwrap();
    assert!(principal.scopes.contains(KeyScope::Trade) && !principal.scopes.contains(KeyScope::Manage));

    let list = house.get("ann", KEYS).await;
    list.says("Backend").says("read, trade").says("In use").does_not_say("tl_");
    let key = list.value_of("key").to_owned();
    assert_eq!(
        house.post("ben", KEYS, &[("do", "revoke"), ("key", &key)]).await.status,
        StatusCode::NOT_FOUND
    );
    let rotated = house.post("ann", KEYS, &[("do", "rotate"), ("key", &key)]).await;
    rotated.says("The old one ends");
    let next = house.post("ann", KEYS, &[("do", "revoke"), ("key", &key)]).await.leads_to().to_owned();
    house.get("ann", &next).await.says("The key is revoked").says("Revoked");
    assert!(house.tenancy.authenticate(&secret(&made), &RequestContext::NONE).await.is_err());
    assert!(house.tenancy.authenticate(&secret(&rotated), &RequestContext::NONE).await.is_ok());
}

#[tokio::test]
async fn a_key_for_nothing_is_not_made() {
    let house = House::without_stripe().await;
    let refused = house.post("ann", KEYS, &[("do", "make"), ("name", "Idle")]).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    refused.says("tick what it is for").says("value=\"Idle\"").says("You have no keys yet");
    let refused = house.post("ann", KEYS, &[("do", "make"), ("read", "yes"), ("expires", "soon")]).await;
    refused.says("id=\"expires-mistake\"").says("value=\"soon\"").says("name=\"read\" value=\"yes\" checked");
}

#[tokio::test]
async fn an_operator_sees_whose_keys_there_are() {
    let house = House::without_stripe().await;
    let key = house.key_of("ann").await;
    let list = house.get("operator", KEYS).await;
    list.says("stored").says("<td data-label=\"Whose\" translate=\"no\">ann</td>").does_not_say("Make a key");
    list.does_not_say("/dashboard/settings/limits");
    house.post("operator", KEYS, &[("do", "revoke"), ("key", &key)]).await.leads_to();
    house.get("ann", KEYS).await.says("Revoked");
    house.get("operator", BUSINESSES).await.does_not_say("Add a business");
}

#[tokio::test]
async fn limits_are_shown() {
    let house = House::without_stripe().await;
    house
        .get("ann", "/dashboard/settings/limits")
        .await
        .says("Numbers at a time")
        .says("No limit")
        .says("All that are sold");
    assert_eq!(house.get("ann", "/dashboard/settings").await.leads_to(), BUSINESSES);
}
