//! What the schema itself refuses, whoever asks.

use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteQueryResult;
use trunkline_domain::Origin;
use trunkline_provisioning::contract::fixture::{ann, usd};

use crate::fixture::Database;

/// A database with a credit, a hold and audit lines, and a stranger's connection to it.
async fn database() -> (Database, SqliteConnection) {
    let database = Database::new().await;
    let store = database.open().await;
    let f = database.changes(&store);
    let audit = Origin::system().audit("wallet.credit", "x", Some(&ann()), f.now());
    f.wallets.credit(&f.credit_of(&ann(), usd("5")).audit(audit)).await.unwrap();
    f.open(&ann(), 1, usd("1.50")).await;
    let stranger = database.stranger().await;
    (database, stranger)
}

async fn execute(
    stranger: &mut SqliteConnection,
    sql: &'static str,
) -> Result<SqliteQueryResult, sqlx::Error> {
    sqlx::query(sql).execute(stranger).await
}

async fn assert_refused(sql: &'static str, why: &str) {
    let (_database, mut stranger) = database().await;
    let refused = execute(&mut stranger, sql).await.unwrap_err().to_string();
    assert!(refused.contains(why), "{sql}: {refused}");
}

#[tokio::test]
async fn the_journal_is_append_only() {
    assert_refused("UPDATE transfer SET amount = amount + 1", "append-only").await;
    assert_refused("DELETE FROM transfer", "append-only").await;
}

#[tokio::test]
async fn the_audit_trail_is_append_only() {
    assert_refused("UPDATE audit SET action = 'nothing'", "append-only").await;
    assert_refused("DELETE FROM audit", "append-only").await;
}

#[tokio::test]
async fn a_wallet_is_never_overdrawn() {
    assert_refused("UPDATE account SET held = posted + 1 WHERE kind = 'wallet'", "CHECK").await;
    assert_refused("UPDATE account SET held = -1 WHERE kind = 'wallet'", "CHECK").await;
}

#[tokio::test]
async fn the_operators_accounts_are_never_updated() {
    assert_refused("UPDATE account SET posted = 1 WHERE kind = 'revenue'", "CHECK").await;
}

#[tokio::test]
async fn a_transfer_names_one_currency() {
    let copy = "INSERT INTO transfer
        SELECT 'copy', kind, debit_account, credit_account, amount, 'INR', NULL, NULL, NULL, NULL, '', wallet_id, 99,
               posted_after, held_after, created_at FROM transfer WHERE kind = 'post'";
    assert_refused(copy, "FOREIGN KEY").await;
}

#[tokio::test]
async fn a_wallets_history_has_one_transfer_in_each_place() {
    let copy = "INSERT INTO transfer
        SELECT 'copy', kind, debit_account, credit_account, amount, currency, NULL, NULL, NULL, NULL, '', wallet_id,
               wallet_version, posted_after, held_after, created_at FROM transfer WHERE kind = 'post'";
    assert_refused(copy, "UNIQUE").await;
}

#[tokio::test]
async fn a_claim_belongs_to_an_order() {
    let claim = "INSERT INTO number_claim (phone_number, order_id, state) VALUES ('+14152309999', 'none', 'ordering')";
    assert_refused(claim, "FOREIGN KEY").await;
}
