//! Customers, their wallets, and what a second operator must approve.

use axum::http::StatusCode;
use trunkline_domain::Currency;

use crate::house::House;
use crate::services::user;

const ANN: &str = "/operator/users/ann";

fn sent<'a>(key: &'a str, way: &'a str, amount: &'a str, reason: &'a str) -> [(&'a str, &'a str); 5] {
    [("key", key), ("way", way), ("amount", amount), ("currency", "USD"), ("reason", reason)]
}

async fn balance(house: &House) -> String {
    house.wallets.balance(&user("ann"), Currency::USD).await.unwrap().posted.to_string()
}

#[tokio::test]
async fn customers_are_found_by_a_part_of_their_account() {
    let house = House::without_stripe().await;
    house.get("operator", "/operator/users").await.says("/operator/users/ann").says("/operator/users/ben");
    house.get("operator", "/operator/users?search=NN").await.says("users/ann").does_not_say("users/ben");
    house.get("operator", "/operator/users?search=zz").await.says("Nobody is like that.");
    assert_eq!(house.get("operator", "/operator/users/nobody").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn money_is_put_in_and_taken_out_once_under_the_forms_key() {
    let house = House::without_stripe().await;
    let page = house.get("operator", ANN).await;
    page.says("There is no money yet");
    let key = page.value_of("key").to_owned();
    let credit = sent(&key, "credit", "25,00", "paid by bank transfer");
    for _ in 0..2 {
        let next = house.post("operator", ANN, &credit).await.leads_to().to_owned();
        house.get("operator", &next).await.says("The money is moved.").says("25.00\u{a0}USD").says("+25.00");
    }
    assert_eq!(balance(&house).await, "25.00 USD");
    // The same key for another sum is a mistake, and moves nothing; the form can be sent anew.
    let other = house.post("operator", ANN, &sent(&key, "credit", "30", "paid by bank transfer")).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    other.says("sent before with something else in it").does_not_say("harged").does_not_say(&key);

    let key = house.get("operator", ANN).await.value_of("key").to_owned();
    let taken = house.post("operator", ANN, &sent(&key, "take", "5", "credited twice")).await;
    house.get("operator", taken.leads_to()).await.says("−5.00\u{a0}USD").says("20.00\u{a0}USD");
    assert_eq!(balance(&house).await, "20.00 USD");
    // Neither does the choice beside it make another operation of the same form.
    let added = house.post("operator", ANN, &sent(&key, "add", "5", "credited twice")).await;
    assert_eq!(added.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(balance(&house).await, "20.00 USD");
}

#[tokio::test]
async fn what_cannot_be_moved_is_said_at_its_field_and_stays_typed() {
    let house = House::without_stripe().await;
    house.credit("ann", "10 USD", "for the test").await;
    for (way, amount, reason, mark) in [
        ("take", "-5", "twice", "id=\"correct-amount-mistake\""),
        ("add", "1.000", "twice", "id=\"correct-amount-mistake\""),
        ("add", "0", "twice", "id=\"correct-amount-mistake\""),
        ("add", "five", "twice", "id=\"correct-amount-mistake\""),
        ("add", "5", "", "id=\"correct-reason-mistake\""),
    ] {
        let refused = house.post("operator", ANN, &sent("k-1", way, amount, reason)).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{amount} {reason}");
        refused.says(mark).says(&format!("value=\"{way}\" selected")).says(&format!("value=\"{amount}\""));
    }
    let too_much = house.post("operator", ANN, &sent("k-2", "take", "11", "twice")).await;
    assert!(too_much.status.is_client_error(), "{}", too_much.body);
    assert_eq!(balance(&house).await, "10.00 USD");
}

#[tokio::test]
async fn what_is_too_much_for_one_operator_waits_for_another() {
    let house = House::with_approvals_above("100 USD").await;
    let key = house.get("operator", ANN).await.value_of("key").to_owned();
    let asked = house.post("operator", ANN, &sent(&key, "credit", "500", "an invoice")).await;
    house.get("operator", asked.leads_to()).await.says("No money moved: another operator must approve it");
    assert_eq!(balance(&house).await, "0.00 USD");
    house
        .get("second operator", ANN)
        .await
        .says("Waits for a second operator")
        .says("Put 500.00\u{a0}USD in");

    let page = house.get("operator", "/operator/approvals").await;
    page.says("Put 500.00\u{a0}USD in").says("an invoice").says("You, ");
    let approval = page.value_of("approval").to_owned();
    let decide = |what, reason| [("do", what), ("approval", approval.as_str()), ("reason", reason)];
    let own = house.post("operator", "/operator/approvals", &decide("approve", "looks good")).await;
    assert_eq!(own.status, StatusCode::FORBIDDEN);
    own.says("value=\"looks good\"");
    assert_eq!(balance(&house).await, "0.00 USD");

    let next = house.post("second operator", "/operator/approvals", &decide("approve", "invoice 7")).await;
    house.get("operator", next.leads_to()).await.says("Approved: the money is moved.").says("none like this");
    assert_eq!(balance(&house).await, "500.00 USD");
    house.get("operator", "/operator/approvals?status=all").await.says("invoice 7").says("Approved</span>");
}
