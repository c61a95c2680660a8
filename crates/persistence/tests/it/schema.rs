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
    for sql in [
        "UPDATE transfer SET amount = amount + 1",
        "UPDATE OR REPLACE transfer SET wallet_version = 1",
        "UPDATE transfer SET rowid = rowid + 100",
        "DELETE FROM transfer",
        "DELETE FROM transfer WHERE kind = 'hold'",
    ] {
        assert_refused(sql, "append-only").await;
    }
}

/// A row that is replaced is deleted without its DELETE triggers.
#[tokio::test]
async fn no_insert_takes_the_place_of_a_journal_row() {
    const SAME_ID: &str = "INSERT OR REPLACE INTO transfer
        SELECT id, kind, debit_account, credit_account, amount + 1, currency, pending_id, reverses_id, order_id, number_id,
               description, wallet_id, wallet_version, posted_after, held_after, created_at FROM transfer WHERE kind = 'post'";
    const SAME_PLACE: &str = "REPLACE INTO transfer
        SELECT 'other', kind, debit_account, credit_account, amount + 1, currency, pending_id, reverses_id, order_id,
               number_id, description, wallet_id, wallet_version, posted_after, held_after, created_at
        FROM transfer WHERE kind = 'post'";
    const SAME_HOLD: &str = "INSERT OR REPLACE INTO transfer
        SELECT 'second', 'void', debit_account, credit_account, amount, currency, id, NULL, order_id, NULL, '', wallet_id,
               90 + n, posted_after, 0, created_at FROM transfer, (SELECT 1 AS n UNION SELECT 2) WHERE kind = 'hold'";
    const UPSERT: &str = "INSERT INTO transfer
        SELECT id, kind, debit_account, credit_account, amount, currency, pending_id, reverses_id, order_id, number_id,
               description, wallet_id, wallet_version, posted_after, held_after, created_at FROM transfer WHERE true
        ON CONFLICT DO UPDATE SET amount = amount + 1";
    for sql in [SAME_ID, SAME_PLACE, SAME_HOLD, UPSERT] {
        assert_refused(sql, "append-only").await;
    }
}

#[tokio::test]
async fn the_audit_trail_is_append_only() {
    for sql in [
        "UPDATE audit SET action = 'nothing'",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT sequence, actor, 'nothing', subject, user_id, at, reason, details, request_id,
         address FROM audit",
    ] {
        assert_refused(sql, "append-only").await;
    }
}

/// A migration runs as the owner, whom no trigger stops from taking triggers away.
#[test]
fn no_migration_takes_a_guard_of_the_journal_or_the_audit_trail_away() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../migrations");
    let files = ["sqlite", "postgres"].into_iter().flat_map(|engine| {
        std::fs::read_dir(format!("{folder}/{engine}")).unwrap().map(|file| file.unwrap().path())
    });
    let guarded = ["audit", "transfer", "trunkline.audit", "trunkline.transfer"];
    for file in files {
        let sql = std::fs::read_to_string(&file).unwrap().to_lowercase();
        let words = sql.split(|c: char| !(c.is_alphanumeric() || "_.".contains(c)));
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        let said = |first: &str, second: &str| words.windows(2).any(|pair| pair == [first, second]);
        for (first, second) in [("drop", "trigger"), ("disable", "trigger")] {
            assert!(!said(first, second), "{first} {second} in {}", file.display());
        }
        for table in guarded {
            for (first, second) in [("drop", "table"), ("delete", "from"), ("truncate", "table")] {
                let whole = words.windows(3).any(|triple| triple == [first, second, table]);
                assert!(!whole, "{first} {second} {table} in {}", file.display());
            }
            assert!(
                !said("update", table) && !said("truncate", table),
                "a change of {table} in {}",
                file.display()
            );
        }
        assert!(!words.contains(&"session_replication_role"), "{}", file.display());
    }
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
    assert_refused(copy, "another one has this id, place or hold").await;
}

#[tokio::test]
async fn a_claim_belongs_to_an_order() {
    let claim = "INSERT INTO number_claim (phone_number, order_id, state) VALUES ('+14152309999', 'none', 'ordering')";
    assert_refused(claim, "FOREIGN KEY").await;
}
