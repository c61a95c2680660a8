//! Money that is taken back: out of what is there, and owed where it was spent.

use reqwest::StatusCode;
use trunkline_stripe_sim::{DisputeKind, Outcome, RefundFate};
use trunkline_twilio_sim::{Fault, FaultAction};

use super::till::{Till, standing};
use crate::engine::Engine;
use crate::stage::SCALED;

fn dispute(till: &Till, session: &str) -> String {
    let dispute = till.bank().dispute(session, None, "fraudulent", DisputeKind::NeedsResponse).unwrap();
    dispute["id"].as_str().unwrap().to_owned()
}

async fn wait_for(till: &Till, expected: [String; 3]) {
    let wanted = async {
        while till.standing().await != expected {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let reached = tokio::time::timeout(std::time::Duration::from_secs(30), wanted).await;
    assert!(
        reached.is_ok(),
        "{:?} instead of {expected:?}\n{}",
        till.standing().await,
        till.stage.server.log()
    );
}

/// A dispute after the money was spent: debt, no purchase meanwhile, and the next credit pays it first.
async fn what_was_spent_is_owed_first(engine: Engine) {
    let till = Till::on(engine, "0", &[]).await;
    let page = till.pay("10.00").await;
    let numbers: Vec<String> = (0..6).map(|nth| till.stage.free_number(nth)).collect();
    for number in &numbers[..4] {
        assert_eq!(till.stage.buy(number).await.0, StatusCode::OK);
    }
    dispute(&till, &page.session);
    wait_for(&till, standing("0.00", "0.00", "6.00")).await;
    let (status, refused) = till.stage.buy(&numbers[4]).await;
    assert_eq!((status, refused["code"].as_str()), (StatusCode::PAYMENT_REQUIRED, Some("WALLET_IN_DEBT")));
    assert_eq!((refused["debt"].to_string(), &refused["charged"]), ("6.00".to_owned(), &"no".into()));
    assert_eq!(till.stage.numbers().await.len(), 4, "what was bought stays");

    till.pay("5.00").await;
    wait_for(&till, standing("0.00", "0.00", "1.00")).await;
    assert_eq!(till.stage.buy(&numbers[4]).await.1["code"], "WALLET_IN_DEBT");
    till.pay("5.00").await;
    wait_for(&till, standing("4.00", "0.00", "0.00")).await;
    assert_eq!(till.stage.buy(&numbers[4]).await.0, StatusCode::OK);
    till.told().await;
    till.verify_ledger();
}

#[tokio::test]
async fn what_was_spent_is_owed_first_on_sqlite() {
    what_was_spent_is_owed_first(Engine::Sqlite).await;
}

#[tokio::test]
async fn what_was_spent_is_owed_first_on_postgres() {
    what_was_spent_is_owed_first(Engine::Postgres).await;
}

/// The money is held for an order while the dispute comes: the hold is not touched; given back, it pays the debt.
async fn held_money_is_not_touched(engine: Engine) {
    let till = Till::on(engine, "0", &SCALED).await;
    let page = till.pay("5.00").await;
    let twilio = till.stage.twilio();
    twilio.script(
        Fault::new(FaultAction::NeverAnswer { act: false }).on("POST", "*/IncomingPhoneNumbers/Local.json"),
    );
    let number = till.stage.free_number(0);
    let (status, pending) = till.stage.buy(&number).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{pending}");
    let order = pending["order"]["id"].as_str().unwrap();
    dispute(&till, &page.session);
    let till = &till;
    let voided = async {
        till.stage.wait_for_order(order, "failed").await;
        wait_for(till, standing("0.00", "0.00", "0.00")).await;
    };
    voided.await;
    till.told().await;
    till.verify_ledger();
}

#[tokio::test]
async fn held_money_is_not_touched_on_sqlite() {
    held_money_is_not_touched(Engine::Sqlite).await;
}

#[tokio::test]
async fn held_money_is_not_touched_on_postgres() {
    held_money_is_not_touched(Engine::Postgres).await;
}

#[tokio::test]
async fn refunds_and_disputes_come_and_go() {
    let till = Till::new("0").await;
    let page = till.pay("20.00").await;
    till.bank().refund(&page.session, Some(500), RefundFate::Succeeded).unwrap();
    wait_for(&till, standing("15.00", "0.00", "0.00")).await;
    let pending = till.bank().refund(&page.session, Some(300), RefundFate::Pending).unwrap();
    wait_for(&till, standing("12.00", "0.00", "0.00")).await;
    till.bank().settle_refund(pending["id"].as_str().unwrap(), Outcome::Fail).unwrap();
    wait_for(&till, standing("15.00", "0.00", "0.00")).await;

    let other = till.pay("10.00").await;
    let inquiry =
        till.bank().dispute(&other.session, None, "general", DisputeKind::WarningNeedsResponse).unwrap();
    till.told().await;
    assert_eq!(till.standing().await, standing("25.00", "0.00", "0.00"), "a bank that asks takes nothing");
    till.bank().close(inquiry["id"].as_str().unwrap()).unwrap();
    let lost = till.pay("7.00").await;
    let won = dispute(&till, &lost.session);
    wait_for(&till, standing("25.00", "0.00", "0.00")).await;
    till.bank().win(&won).unwrap();
    wait_for(&till, standing("32.00", "0.00", "0.00")).await;
    till.told().await;
    till.verify_ledger();
}
