//! The views over the ledger, which say the same on both engines.

use trunkline_domain::{Change, Currency, FailureReason, Money, TransferId};
use trunkline_provisioning::contract::Fixture;
use trunkline_provisioning::contract::fixture::{ann, bob, sid, usd};
use trunkline_provisioning::port::{Authority, ClaimEnd};
use trunkline_wallet::{AccountId, Adjustment, TransactionDirection};

use crate::{fixture, postgres};

const WALLETS: &str =
    "SELECT user_id || ' ' || balance_usd || ' ' || held_usd || ' ' || balance_inr || ' ' || held_inr
                       FROM wallets ORDER BY user_id";

const TRANSACTIONS: &str =
    "SELECT user_id || ' ' || type || ' ' || amount || ' ' || currency || ' ' || status || ' '
            || CASE WHEN order_id IS NULL THEN '-' ELSE 'order' END || ' '
            || CASE WHEN number_id IS NULL THEN '-' ELSE 'number' END
     FROM transactions ORDER BY created_at, id";

/// A credit in each of two currencies, an order of each end, and a correction.
async fn story(f: &Fixture) {
    f.credit(&ann(), usd("25")).await;
    f.wait(1);
    f.credit(&bob(), Money::parse("100.5", Currency::INR).unwrap()).await;
    f.wait(1);
    let bought = f.open(&ann(), 1, usd("1.50")).await;
    f.settle(&bought.order, &sid(1)).await;
    f.wait(1);
    let failed = f.open(&ann(), 2, usd("2")).await;
    let authority = Authority::Lease(failed.lease);
    let abort = f.abort(&failed.order, authority, FailureReason::NumberUnavailable, ClaimEnd::Free);
    f.purchases.abort(&abort).await.unwrap();
    f.wait(1);
    f.open(&ann(), 3, usd("0.0085")).await;
    f.wait(1);
    let amount = Money::parse("0.5", Currency::INR).unwrap();
    let correction = Adjustment {
        transfer: TransferId::from_uuid(f.id()),
        user: bob(),
        wallet: AccountId::wallet(&bob(), Currency::INR),
        direction: TransactionDirection::Debit,
        amount,
        description: "half a rupee too much".to_owned(),
        at: f.now(),
        approval: None,
    };
    f.wallets.adjust(&Change::new(correction)).await.unwrap();
}

fn assert_told(wallets: &[String], transactions: &[String]) {
    assert_eq!(
        wallets,
        ["ann 23.491500 0.008500 0.000000 0.000000", "bob 0.000000 0.000000 100.000000 0.000000"]
    );
    assert_eq!(
        transactions,
        [
            "ann credit 25.000000 USD completed - -",
            "bob credit 100.500000 INR completed - -",
            "ann debit 1.500000 USD completed order number",
            "ann debit 2.000000 USD failed order -",
            "ann debit 0.008500 USD pending order -",
            "bob debit 0.500000 INR completed - -",
        ]
    );
}

#[tokio::test]
async fn the_views_tell_the_ledger_on_sqlite() {
    let database = fixture::Database::new().await;
    let store = database.open().await;
    story(&database.changes(&store)).await;
    let mut stranger = database.stranger().await;
    let wallets: Vec<String> = sqlx::query_scalar(WALLETS).fetch_all(&mut stranger).await.unwrap();
    let transactions: Vec<String> = sqlx::query_scalar(TRANSACTIONS).fetch_all(&mut stranger).await.unwrap();
    assert_told(&wallets, &transactions);
    assert!(sqlx::query("DELETE FROM transactions").execute(&mut stranger).await.is_err());
}

#[tokio::test]
async fn the_views_tell_the_ledger_on_postgres() {
    let database = postgres::database::Database::new().await;
    let store = database.open().await;
    story(&database.changes(&store)).await;
    let read = |view: &str| {
        let lines = database.place.run(&["SET search_path = trunkline", view]);
        lines.lines().filter(|line| *line != "SET").map(str::to_owned).collect::<Vec<_>>()
    };
    assert_told(&read(WALLETS), &read(TRANSACTIONS));
    for view in ["wallets", "transactions"] {
        assert!(database.place.try_run(&[&format!("DELETE FROM trunkline.{view}")]).is_err());
    }
}
