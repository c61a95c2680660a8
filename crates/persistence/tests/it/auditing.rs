//! The audit on real rows: a ledger that lived is whole, and whatever a stranger does to the file is found.

use std::sync::Arc;

use rstest::rstest;
use sqlx::SqliteConnection;
use trunkline_domain::RandomIds;
use trunkline_persistence::SqliteStore;
use trunkline_provisioning::contract::Fixture;
use trunkline_provisioning::contract::fixture::{ann, usd};
use trunkline_provisioning::port::ClaimEnd;
use trunkline_wallet::{
    ClosingRound, LedgerAudit, LedgerFault, LedgerReader, LedgerReport, STATEMENT_GRACE, StatementCloser,
    StatementMonth, TransferKind, WalletStore,
};

use crate::fixture::Database;

/// What an audit finds.
pub(crate) async fn audited(store: &dyn LedgerReader) -> LedgerReport {
    let mut audit = LedgerAudit::new();
    store.read_into(&mut audit).await.unwrap();
    audit.finish()
}

async fn lived() -> (Database, SqliteStore) {
    let database = Database::new().await;
    let store = database.open().await;
    live(&database.changes(&store)).await;
    close_month(&database, &store).await;
    (database, store)
}

/// Credits, a bought number, an order that failed and one that is open.
pub(crate) async fn live(f: &Fixture) {
    f.buy(&ann(), 1).await;
    f.credit(&ann(), usd("5")).await;
    let failing = f.open(&ann(), 2, usd("1.50")).await;
    f.fail(&failing, ClaimEnd::Free).await;
    f.open(&ann(), 3, usd("1.50")).await;
}

/// The month that it lived in is over, and closed.
async fn close_month(database: &Database, store: &SqliteStore) {
    let ended = StatementMonth::of(database.now()).ends() + STATEMENT_GRACE;
    database.clock.advance(ended - database.now());
    let closer = StatementCloser::new(Arc::new(store.clone()), database.clock(), Arc::new(RandomIds));
    assert_eq!(closer.close_what_is_due().await.unwrap(), ClosingRound { closed: 1, broken: 0 });
}

/// A connection that no rule of the schema stops.
pub(crate) async fn vandal(database: &Database) -> SqliteConnection {
    let mut vandal = database.stranger().await;
    for rule in [
        "PRAGMA foreign_keys = OFF",
        "PRAGMA ignore_check_constraints = ON",
        "DROP TRIGGER IF EXISTS transfer_is_never_changed",
        "DROP TRIGGER IF EXISTS transfer_is_never_deleted",
        "DROP TRIGGER IF EXISTS statement_is_never_changed",
    ] {
        sqlx::query(rule).execute(&mut vandal).await.unwrap();
    }
    vandal
}

#[tokio::test]
async fn a_ledger_that_lived_is_whole() {
    let (_database, store) = lived().await;
    let snapshot = store.snapshot().await.unwrap();
    let report = audited(&store).await;
    assert_eq!(report.faults, []);
    assert_eq!(report.transfers, snapshot.transfers.len() as u64);
    assert_eq!(report.accounts, 3, "the wallet, revenue and funding");
    let [dollars] = &report.sums[..] else { unreachable!("one currency") };
    assert!(dollars.sum.is_zero());
    assert_eq!((dollars.wallets + dollars.revenue, dollars.held), (-dollars.funding, usd("1.50").amount()));
    for kind in [TransferKind::Post, TransferKind::Hold, TransferKind::Capture, TransferKind::Void] {
        assert!(snapshot.transfers.iter().any(|transfer| transfer.kind == kind), "{kind:?}");
    }
}

#[rstest]
#[case::an_amount(
    "UPDATE transfer SET amount = amount + 1 WHERE kind = 'post'",
    "balances after it should be"
)]
#[case::a_balance(
    "UPDATE transfer SET posted_after = posted_after + 1 WHERE kind = 'hold'",
    "balances after it should be"
)]
#[case::an_account("UPDATE account SET posted = posted + 1 WHERE kind = 'wallet'", "its transfers add up to")]
#[case::a_lost_row("DELETE FROM transfer WHERE kind = 'void'", "expected place")]
#[case::a_hold_that_nothing_resolves(
    "UPDATE transfer SET pending_id = 'x' WHERE kind = 'void'",
    "cannot be read"
)]
#[case::a_resolution_of_another_hold(
    "UPDATE transfer SET pending_id = (SELECT id FROM transfer WHERE kind = 'post') WHERE kind = 'void'",
    "does not resolve an open hold"
)]
#[case::another_order(
    "UPDATE transfer SET order_id = NULL WHERE kind = 'capture'",
    "does not resolve an open hold"
)]
#[case::a_kind_that_is_none("UPDATE transfer SET kind = 'gift' WHERE kind = 'post'", "unknown name `gift`")]
#[case::a_currency_that_is_none(
    "UPDATE account SET currency = 'XXY' WHERE kind = 'funding'",
    "cannot be read"
)]
#[case::a_side_that_is_not_there(
    "UPDATE transfer SET credit_account = debit_account WHERE kind = 'hold'",
    "one wallet"
)]
#[case::an_order_that_forgot_its_money(
    "UPDATE orders SET state = 'failed', failure = '{}' WHERE state = 'ordering'",
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
#[case::a_month_that_ends_nowhere(
    "UPDATE statement SET last_version = last_version + 9",
    "does not end with a place"
)]
#[case::a_month_cut_elsewhere(
    "UPDATE statement SET last_version = last_version - 1",
    "does not end with a place"
)]
#[case::a_month_that_begins_late("UPDATE statement SET after_version = 1", "does not begin with nothing")]
#[case::a_month_inflated(
    "UPDATE statement SET total_in = total_in + 1, total_out = total_out + 1",
    "of what came in than the journal"
)]
#[case::a_month_that_lost_something("UPDATE statement SET total_out = total_out + 1", "does not add up")]
#[case::a_month_that_is_none("UPDATE statement SET month = '2026-13'", "is a month as 2026-11")]
#[case::orders_that_are_gone("DELETE FROM orders WHERE state = 'completed'", "belongs to no order")]
#[tokio::test]
async fn what_a_vandal_does_is_found_and_its_row_named(#[case] vandalism: &'static str, #[case] words: &str) {
    let (database, store) = lived().await;
    let done = sqlx::query(vandalism).execute(&mut vandal(&database).await).await.unwrap();
    assert!(done.rows_affected() > 0, "{vandalism}");
    let report = audited(&store).await;
    assert!(!report.is_balanced());
    assert!(report.faults.iter().any(|fault| fault.to_string().contains(words)), "{:?}", report.faults);
}

#[tokio::test]
async fn a_transfer_that_is_there_twice_is_found() {
    let (database, store) = lived().await;
    let mut vandal = vandal(&database).await;
    // Whoever gets around a primary key has another table under the journal's name.
    for step in [
        "CREATE TABLE forged AS SELECT * FROM transfer",
        "DROP VIEW transactions",
        "DROP TABLE transfer",
        "ALTER TABLE forged RENAME TO transfer",
        "INSERT INTO transfer SELECT * FROM transfer WHERE kind = 'post'", // two
    ] {
        sqlx::query(step).execute(&mut vandal).await.unwrap();
    }
    let report = audited(&store).await;
    let repeated = |fault: &LedgerFault| matches!(fault, LedgerFault::RepeatedId { .. });
    assert_eq!(report.faults.iter().filter(|fault| repeated(fault)).count(), 2, "{:?}", report.faults);
}
