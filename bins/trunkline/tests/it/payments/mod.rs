//! Customers pay: the real server, a simulated Stripe, and everything between that can go wrong.

mod believing;
mod comparing;
mod crowd;
mod taking;
pub(crate) mod till;
mod topping_up;

use reqwest::StatusCode;
use serde_json::Value;
use trunkline_stripe_sim::{Fault, FaultAction, Outcome};

use self::till::{Till, page_of, standing};
use crate::engine::Engine;
use crate::stage::Stage;

/// What the history says of payments: type, amount and status, newest first.
async fn lines(till: &Till) -> Vec<[String; 3]> {
    let line = |line: &Value| {
        [
            line["type"].as_str().unwrap().to_owned(),
            line["amount"].to_string(),
            line["status"].as_str().unwrap().to_owned(),
        ]
    };
    till.stage.transactions().await.iter().map(line).collect()
}

fn line(kind: &str, amount: &str, status: &str) -> [String; 3] {
    [kind, amount, status].map(str::to_owned)
}

#[tokio::test]
async fn not_enough_money_then_paid_then_bought() {
    let till = Till::new("0").await;
    let number = till.stage.free_number(0);
    let (status, refused) = till.stage.buy(&number).await;
    assert_eq!(
        (status, refused["code"].as_str()),
        (StatusCode::PAYMENT_REQUIRED, Some("INSUFFICIENT_BALANCE"))
    );

    let page = till.open("10.00").await;
    assert!(page.url.starts_with(&till.stripe.url()), "{page:?}");
    assert_eq!(lines(&till).await, [line("credit", "10.00", "pending")]);
    let form = reqwest::get(&page.url).await.unwrap().text().await.unwrap();
    assert!(form.contains("10.00"), "{form}");
    till.bank().pay(&page.session).unwrap();
    let payment = till.wait_for(&page, "completed").await;
    assert_eq!((payment["paidAmount"].to_string(), payment["url"].is_null()), ("10.00".to_owned(), true));

    let (status, bought) = till.stage.buy(&number).await;
    assert_eq!(status, StatusCode::OK, "{bought}");
    assert_eq!(till.standing().await, standing("8.50", "0.00", "0.00"));
    assert_eq!(
        lines(&till).await,
        [line("debit", "1.50", "completed"), line("credit", "10.00", "completed")]
    );
    till.told().await;
    till.verify_ledger();
}

/// A declined card leaves the page open; another card pays on it, once.
#[tokio::test]
async fn a_declined_card_can_be_tried_again() {
    let till = Till::new("0").await;
    let page = till.open("25.00").await;
    till.bank().decline(&page.session, "insufficient_funds").unwrap();
    till.told().await;
    let payment = till.payment(&page).await;
    assert_eq!(payment["status"], "open", "{payment}");
    assert!(payment["decline"].is_string(), "{payment}");
    assert_eq!(till.standing().await, standing("0.00", "0.00", "0.00"));
    till.bank().pay(&page.session).unwrap();
    till.wait_for(&page, "completed").await;
    assert_eq!(till.standing().await, standing("25.00", "0.00", "0.00"));
}

#[tokio::test]
async fn a_page_that_is_left_comes_to_nothing() {
    let till = Till::new("0").await;
    let page = till.open("25.00").await;
    till.bank().expire(&page.session).unwrap();
    till.wait_for(&page, "expired").await;
    assert_eq!(lines(&till).await, [line("credit", "25.00", "failed")]);
    assert_eq!(till.standing().await, standing("0.00", "0.00", "0.00"));
}

/// A bank debit: on its way for days, then there, or not.
#[tokio::test]
async fn money_that_comes_later_is_credited_when_it_has_come() {
    let till = Till::new("0").await;
    let (comes, fails) = (till.open("25.00").await, till.open("30.00").await);
    for page in [&comes, &fails] {
        till.bank().pay_later(&page.session, None).unwrap();
        till.wait_for(page, "processing").await;
    }
    assert_eq!(till.standing().await, standing("0.00", "0.00", "0.00"));
    assert_eq!(lines(&till).await.iter().filter(|line| line[2] == "pending").count(), 2);
    till.bank().settle(&comes.session, Outcome::Succeed).unwrap();
    till.bank().settle(&fails.session, Outcome::Fail).unwrap();
    till.wait_for(&comes, "completed").await;
    till.wait_for(&fails, "failed").await;
    assert_eq!(till.standing().await, standing("25.00", "0.00", "0.00"));
    till.verify_ledger();
}

/// No event ever comes; the sweep asks.
#[tokio::test]
async fn a_lost_event_is_made_good_by_asking() {
    let till = Till::on(Engine::Sqlite, "0", &[("PAYMENT_LOOK_AFTER_S", "0.5")]).await;
    till.bank().pause_webhooks();
    let page = till.open("25.00").await;
    till.bank().pay(&page.session).unwrap();
    till.wait_for(&page, "completed").await;
    assert_eq!(till.standing().await, standing("25.00", "0.00", "0.00"));
}

/// Stripe opens the page and its answer is lost; the same request again leads to that very page.
#[tokio::test]
async fn a_page_whose_opening_nobody_heard_of_is_found_by_its_key() {
    let till = Till::new("0").await;
    till.bank().script(Fault::new(FaultAction::ActThenReset).on("POST", "/v1/checkout/sessions")).unwrap();
    let (status, refused) = till.try_open("25.00", Some("once")).await;
    assert_eq!(
        (status, refused["code"].as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, Some("PAYMENTS_UNAVAILABLE"))
    );
    assert_eq!(refused["charged"], "no");
    let (status, body) = till.try_open("25.00", Some("once")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let page = page_of(&body);
    assert_eq!(till.try_open("25.00", Some("once")).await, (StatusCode::OK, body));
    assert_eq!(till.bank().state()["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(till.try_open("26.00", Some("once")).await.1["code"], "IDEMPOTENCY_KEY_REUSED");
    till.bank().pay(&page.session).unwrap();
    till.wait_for(&page, "completed").await;
    let (status, ended) = till.try_open("25.00", Some("once")).await;
    assert_eq!((status, ended["code"].as_str()), (StatusCode::CONFLICT, Some("PAYMENT_ENDED")));
}

#[tokio::test]
async fn amounts_are_bounded_and_what_is_wrong_is_said() {
    let environment = [("PAYMENT_DAILY_MAXIMUM", "60.00 USD")];
    let till = Till::on(Engine::Sqlite, "0", &environment).await;
    for (amount, what) in
        [("4.99", "at least 5.00 USD"), ("1000.01", "at most 1000.00 USD"), ("7.005", "decimal places")]
    {
        let (status, refused) = till.try_open(amount, None).await;
        assert_eq!((status, refused["code"].as_str()), (StatusCode::BAD_REQUEST, Some("VALIDATION_FAILED")));
        assert!(refused["fields"][0]["message"].as_str().unwrap().contains(what), "{refused}");
    }
    till.pay("35.00").await;
    let (status, refused) = till.try_open("25.01", None).await;
    assert_eq!((status, refused["code"].as_str()), (StatusCode::FORBIDDEN, Some("LIMIT_EXCEEDED")));
    assert_eq!(refused["limit"], "payments_per_day");
    till.open("25.00").await;
}

#[tokio::test]
async fn without_stripe_operators_put_money_into_wallets() {
    let stage = Stage::new("25.00").await;
    let body = Some(serde_json::json!({ "amount": "10" }));
    let (status, refused) =
        stage.ask(reqwest::Method::POST, "/api/payment/create-checkout-session", body).await;
    assert_eq!(
        (status, refused["code"].as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, Some("PAYMENTS_NOT_CONFIGURED"))
    );
    assert_eq!(stage.balance().await.0, "25.00");
}
