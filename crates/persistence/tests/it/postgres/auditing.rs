//! The audit on real rows: a ledger that lived is whole, and whatever the database's owner does to it is found.

use rstest::rstest;
use trunkline_persistence::PostgresStore;
use trunkline_provisioning::contract::fixture::ann;
use trunkline_wallet::WalletStore;

use super::database::Database;
use crate::auditing::{audited, live};

async fn lived() -> (Database, PostgresStore) {
    let database = Database::new().await;
    let store = database.open().await;
    live(&database.changes(&store)).await;
    (database, store)
}

#[tokio::test]
async fn a_ledger_that_lived_is_whole() {
    let (_database, store) = lived().await;
    let snapshot = store.snapshot().await.unwrap();
    let report = audited(&store).await;
    assert_eq!(report.faults, []);
    assert_eq!((report.accounts, report.transfers), (3, snapshot.transfers.len() as u64));
}

#[rstest]
#[case::an_amount(
    "UPDATE transfer SET amount = amount + 1 WHERE kind = 'post'",
    "balances after it should be"
)]
#[case::an_account("UPDATE account SET posted = posted + 1 WHERE kind = 'wallet'", "its transfers add up to")]
#[case::a_lost_row("DELETE FROM transfer WHERE kind = 'void'", "expected place")]
#[case::another_order(
    "UPDATE transfer SET order_id = NULL WHERE kind = 'capture'",
    "does not resolve an open hold"
)]
#[case::a_kind_that_is_none(
    "ALTER TABLE transfer DROP CONSTRAINT transfer_kind_check, DROP CONSTRAINT transfer_check2;
     UPDATE transfer SET kind = 'gift' WHERE kind = 'post'",
    "unknown name `gift`"
)]
#[case::a_currency_that_is_none(
    "UPDATE account SET currency = 'XXY' WHERE kind = 'funding'",
    "cannot be read"
)]
#[case::an_order_that_forgot_its_money(
    "UPDATE orders SET state = 'failed', leased_until = NULL, failure = '{}' WHERE state = 'ordering'",
    "no undecided order owns it"
)]
#[case::money_that_forgot_its_order(
    "UPDATE orders SET state = 'unresolved', failure = NULL WHERE state = 'failed'",
    "it is not open"
)]
#[case::a_wallet_given_away(
    "UPDATE account SET user_id = 'mallory' WHERE kind = 'wallet'",
    "of its user and currency"
)]
#[case::a_charge_that_was_changed(
    "UPDATE orders SET charge = charge + 1 WHERE state = 'completed'",
    "differs from its hold"
)]
#[case::a_paid_order_that_failed(
    "UPDATE orders SET state = 'failed', failure = '{}', number_id = NULL WHERE state = 'completed'",
    "its hold was not voided"
)]
#[case::orders_that_are_gone("DELETE FROM orders WHERE state = 'completed'", "belongs to no order")]
#[tokio::test]
async fn what_a_vandal_does_is_found_and_its_row_named(#[case] vandalism: &str, #[case] words: &str) {
    let (database, store) = lived().await;
    database.place.run(&[
        "SET search_path = trunkline; SET session_replication_role = replica",
        "ALTER TABLE transfer DISABLE TRIGGER ALL",
        vandalism,
    ]);
    let report = audited(&store).await;
    assert!(!report.is_balanced());
    assert!(report.faults.iter().any(|fault| fault.to_string().contains(words)), "{:?}", report.faults);
}

/// The audit sees one moment, however much is written beside it.
#[tokio::test]
async fn the_audit_is_of_one_moment() {
    let database = Database::new().await;
    let store = database.open().await;
    let (f, user) = (database.changes(&store), ann());
    for n in 0..20 {
        let (_, report) = tokio::join!(f.buy(&user, n), audited(&store));
        assert_eq!(report.faults, []);
    }
}
