//! Funds: the balance, adding to it, the history, statements, notices.

use axum::http::{StatusCode, header};
use trunkline_domain::Currency;
use trunkline_payments::PaymentState;
use trunkline_stripe_sim::{Fault, FaultAction};

use crate::house::House;
use crate::services::user;

const FUNDS: &str = "/dashboard/funds";
const NEXT: &str = "/dashboard/numbers/buy?number=%2B14155550123";

#[tokio::test]
async fn a_wallet_is_shown_with_its_history() {
    let house = House::without_stripe().await;
    let empty = house.get("ann", FUNDS).await;
    empty
        .says("0.00\u{a0}USD")
        .says("Nothing has happened in this wallet yet")
        .does_not_say("Balance over time");
    house.credit("ann", "25 USD", "Welcome & <b>hello</b>").await;
    house.credit("ann", "0.5 USD", "More").await;
    house.credit("ann", "100 INR", "Rupees").await;
    let page = house.get("ann", FUNDS).await;
    page.says("25.50\u{a0}USD")
        .says("Welcome &#38; &#60;b&#62;hello")
        .says("+25.00\u{a0}USD")
        .says("Received");
    page.does_not_say("Rupees").says("<option>INR</option>").says("<option selected>USD</option>");
    // The line begins at the first balance and steps to the second.
    page.says("Balance over time")
        .says("<td class=\"amount\">25.00\u{a0}USD</td>")
        .says("<path class=\"line\"");
    let rupees = house.get("ann", "/dashboard/funds?currency=inr").await;
    rupees.says("100.00\u{a0}INR").says("Rupees").does_not_say("Welcome");
    house.get("ben", FUNDS).await.does_not_say("Welcome").does_not_say("25.50");
}

#[tokio::test]
async fn the_history_is_filtered_paged_and_a_file() {
    let house = House::without_stripe().await;
    for n in 1..=27 {
        house.credit("ann", "1 USD", &format!("credit no. {n};")).await;
    }
    let newest = house.get("ann", FUNDS).await;
    newest.says("credit no. 27;").does_not_say("credit no. 2;").does_not_say("Back to the newest");
    let older = newest.body.split("href=\"").find(|link| link.contains("cursor=")).unwrap();
    let older = older.split('"').next().unwrap().replace("&#38;", "&");
    house
        .get("ann", &older)
        .await
        .says("credit no. 2;")
        .does_not_say("credit no. 3;")
        .says("Back to the newest");
    let nothing = house.get("ann", "/dashboard/funds?type=debit&status=pending").await;
    nothing.says("No line is like this").says("<option value=\"debit\" selected>");
    let file = house.get("ann", "/dashboard/funds/transactions.csv?currency=USD&type=credit").await;
    assert_eq!(file.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8; header=present");
    assert_eq!(file.body.lines().count(), 28);
    let wrong = house.get("ann", "/dashboard/funds?status=lost").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn without_payments_it_is_said_whom_to_ask() {
    let house = House::without_stripe().await;
    let page = house.get("ann", FUNDS).await;
    page.says("Ask whoever runs this service").says("<strong translate=\"no\">ann</strong>");
    page.does_not_say("method=\"post\" action=\"/dashboard/funds\"");
    let sent = house.post("ann", FUNDS, &[("amount", "25"), ("currency", "USD")]).await;
    assert_eq!(sent.status, StatusCode::SERVICE_UNAVAILABLE);
    sent.says("Payments are not set up here").says("Nothing was charged");
}

/// A double click, a reload and the back button lead to the one page, and the money arrives once.
#[tokio::test]
async fn adding_funds_leads_to_the_till_once() {
    let house = House::with_stripe().await;
    let page = house.get("ann", &format!("{FUNDS}?amount=6.50&next={}", NEXT.replace('%', "%25"))).await;
    assert_eq!(page.value_of("amount"), "10.00", "the first that is offered");
    page.says("value=\"6.50\"").says("back to your purchase");
    let key = page.value_of("key").to_owned();
    let form = [("key", key.as_str()), ("currency", "USD"), ("amount", "25,00"), ("next", NEXT)];
    let once = house.post("ann", FUNDS, &form).await;
    let twice = house.post("ann", FUNDS, &form).await;
    assert!(once.leads_to().starts_with(&house.stripe().url()), "{}", once.leads_to());
    assert_eq!(once.leads_to(), twice.leads_to());
    let cookie = once.headers[header::SET_COOKIE].to_str().unwrap();
    let next = "%2Fdashboard%2Fnumbers%2Fbuy%3Fnumber%3D%252B14155550123; ";
    assert!(cookie.starts_with("__Host-trunkline-next=") && cookie.contains(next), "{cookie}");
    assert!(cookie.contains("HttpOnly") && cookie.contains("Secure"), "{cookie}");

    let listed = house.payments.as_ref().unwrap().payments(&user("ann"), None, 10).await.unwrap().payments;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].asked.to_string(), "25.00 USD");
    let waiting = house.get("ann", FUNDS).await;
    waiting
        .says("Payments under way")
        .says("Not paid yet")
        .says("hx-trigger=\"every 5s\"")
        .says(once.leads_to());

    house.stripe().admin().pay(listed[0].session.as_ref().unwrap().as_str()).unwrap();
    house.hear().await;
    let paid = house.get("ann", FUNDS).await;
    paid.says("25.00\u{a0}USD").says("Received").does_not_say("Payments under way");
    let again = house.post("ann", FUNDS, &form).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    again.says("This payment has ended already").says("value=\"25,00\"").does_not_say(&key);
    assert_eq!(
        house.wallets.balance(&user("ann"), Currency::USD).await.unwrap().posted.to_string(),
        "25.00 USD"
    );
}

/// Another amount on the same form is another payment.
#[tokio::test]
async fn a_changed_mind_is_another_payment() {
    let house = House::with_stripe().await;
    let page = house.get("ann", FUNDS).await;
    let key = page.value_of("key");
    let mut pages = Vec::new();
    for amount in ["25.00", "50.00"] {
        let form = [("key", key), ("currency", "USD"), ("amount", amount)];
        pages.push(house.post("ann", FUNDS, &form).await.leads_to().to_owned());
    }
    assert_ne!(pages[0], pages[1]);
    let listed = house.payments.as_ref().unwrap().payments(&user("ann"), None, 10).await.unwrap().payments;
    assert!(listed.iter().all(|payment| payment.state == PaymentState::Open) && listed.len() == 2);
}

#[tokio::test]
async fn an_amount_that_is_not_taken_stays_with_what_is_wrong() {
    let house = House::with_stripe().await;
    for (amount, wrong) in [
        ("4.99", "At least 5.00 USD"),
        ("ten", "An amount is a decimal number"),
        ("1.000", "a thousand times as much"),
        ("", "required"),
    ] {
        let form = [("key", ""), ("currency", "USD"), ("amount", amount), ("next", NEXT)];
        let seen = house.post("ann", FUNDS, &form).await;
        assert_eq!(seen.status, StatusCode::BAD_REQUEST, "{amount}");
        seen.says(wrong)
            .says(&format!("value=\"{amount}\""))
            .says("aria-invalid=\"true\"")
            .says("id=\"amount-mistake\"");
        seen.says("role=\"alert\"").says("nothing was done").says("back to your purchase");
    }
    let form = [("currency", "USD"), ("amount", "25"), ("next", "https://evil.example/dashboard/")];
    let seen = house.post("ann", FUNDS, &form).await;
    let cookie = seen.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.contains("%2Fdashboard%2Ffunds;") && !cookie.contains("evil"), "{cookie}");
}

#[tokio::test]
async fn a_declined_card_is_told_with_the_way_on() {
    let house = House::with_stripe().await;
    let opened = house.post("ann", FUNDS, &[("currency", "USD"), ("amount", "25")]).await;
    let listed = house.payments.as_ref().unwrap().payments(&user("ann"), None, 10).await.unwrap().payments;
    let session = listed[0].session.as_ref().unwrap();
    house.stripe().admin().decline(session.as_str(), "insufficient_funds").unwrap();
    house.hear().await;
    let page = house.get("ann", FUNDS).await;
    page.says("Declined; can be tried again")
        .says("the bank said: insufficient funds")
        .says(opened.leads_to());
}

#[tokio::test]
async fn statements_are_listed_printed_and_files() {
    let house = House::without_stripe().await;
    house.get("ann", "/dashboard/funds/statements").await.says("There are no statements in USD yet");
    house.credit("ann", "25 USD", "Welcome").await;
    let list = house.get("ann", "/dashboard/funds/statements").await;
    list.says("Still open").says("25.00\u{a0}USD");
    let at = list.body.find("/print?currency=USD").unwrap();
    let month = &list.body[at - "2026-11".len()..at];
    let printed = house.get("ann", &format!("/dashboard/funds/statements/{month}/print?currency=USD")).await;
    printed.says("Welcome");
    let policy = printed.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("style-src 'sha256-"), "its own style is not shut out: {policy}");
    let file = house.get("ann", &format!("/dashboard/funds/statements/{month}/csv")).await;
    file.says("\"closing\"");
    assert!(file.headers[header::CONTENT_DISPOSITION].to_str().unwrap().contains("attachment"));
    let absent = house.get("ann", "/dashboard/funds/statements/1999-01/print").await;
    assert_eq!(absent.status, StatusCode::NOT_FOUND);
    assert_eq!(
        house.get("ben", &format!("/dashboard/funds/statements/{month}/csv")).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn low_balances_are_set_and_kept_as_typed() {
    let house = House::without_stripe().await;
    let path = "/dashboard/funds/notices";
    house.get("ann", path).await.says("This service sends no mail").says("for everybody who has set none");
    let form = [
        ("do", "save"),
        ("currency", "USD"),
        ("first", "5"),
        ("second", "2,50"),
        ("email", "ann@example.com"),
    ];
    let next = house.post("ann", path, &form).await.leads_to().to_owned();
    let saved = house.get("ann", &next).await;
    saved.says("Saved.").says("value=\"5.00\"").says("value=\"2.50\"").says("value=\"ann@example.com\"");
    for (form, wrong) in [
        ([("do", "save"), ("first", "-1"), ("email", "")], "thresholds-mistake"),
        ([("do", "save"), ("first", "7"), ("email", "nobody")], "email-mistake"),
    ] {
        let refused = house.post("ann", path, &form).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        refused
            .says(wrong)
            .says(&format!("value=\"{}\"", form[1].1))
            .says(&format!("value=\"{}\"", form[2].1));
    }
    let usual = [("do", "as-everybody"), ("currency", "USD")];
    let next = house.post("ann", path, &usual).await.leads_to().to_owned();
    house.get("ann", &next).await.says("for everybody who has set none");
}

/// What became of a try of which nobody heard is found again by the next one, under the same key.
#[tokio::test]
async fn stripe_out_of_reach_charges_nothing_and_the_form_stays() {
    let house = House::with_stripe().await;
    let lost = Fault::new(FaultAction::ActThenReset).on("POST", "/v1/checkout/sessions");
    house.stripe().admin().script(lost).unwrap();
    let key = house.get("ann", FUNDS).await.value_of("key").to_owned();
    let form = [("key", key.as_str()), ("currency", "USD"), ("amount", "25")];
    let refused = house.post("ann", FUNDS, &form).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    refused.says("Nothing was charged; send the form again").says("value=\"25\"").does_not_say("Idempotency");
    assert_eq!(refused.value_of("key"), key);
    house.post("ann", FUNDS, &form).await.leads_to();
    assert_eq!(house.stripe().admin().state()["sessions"].as_array().unwrap().len(), 1);
}
