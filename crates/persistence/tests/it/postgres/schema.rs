//! What the schema itself refuses, whoever asks, be it the database's owner.

use trunkline_domain::Origin;
use trunkline_provisioning::contract::fixture::{ann, usd};

use super::database::Database;

/// A database with a credit, a hold and audit lines.
async fn database() -> Database {
    let database = Database::new().await;
    let store = database.open().await;
    let f = database.changes(&store);
    let audit = Origin::system().audit("wallet.credit", "x", Some(&ann()), f.now());
    f.wallets.credit(&f.credit_of(&ann(), usd("5")).audit(audit)).await.unwrap();
    f.open(&ann(), 1, usd("1.50")).await;
    database
}

async fn assert_refused(statements: &[&str], why: &str) {
    let database = database().await;
    for statement in statements {
        let refused = database.place.try_run(&[statement]).unwrap_err();
        assert!(refused.contains(why), "{statement}: {refused}");
    }
}

#[tokio::test]
async fn the_journal_is_append_only() {
    let changes = [
        "UPDATE trunkline.transfer SET amount = amount + 1",
        "UPDATE trunkline.transfer SET amount = amount + 1 WHERE FALSE",
        "DELETE FROM trunkline.transfer",
        "TRUNCATE trunkline.transfer CASCADE",
        "TRUNCATE trunkline.account CASCADE",
        "INSERT INTO trunkline.transfer SELECT * FROM trunkline.transfer
         ON CONFLICT (id) DO UPDATE SET description = 'other'",
    ];
    assert_refused(&changes, "append-only").await;
}

#[tokio::test]
async fn the_audit_trail_is_append_only() {
    let changes = [
        "UPDATE trunkline.audit SET action = 'nothing'",
        "DELETE FROM trunkline.audit",
        "TRUNCATE trunkline.audit",
    ];
    assert_refused(&changes, "append-only").await;
}

#[tokio::test]
async fn a_wallet_is_never_overdrawn() {
    let changes = [
        "UPDATE trunkline.account SET held = posted + 1 WHERE kind = 'wallet'",
        "UPDATE trunkline.account SET held = -1 WHERE kind = 'wallet'",
        "UPDATE trunkline.account SET posted = -1, held = -1 WHERE kind = 'wallet'",
    ];
    assert_refused(&changes, "check constraint").await;
}

#[tokio::test]
async fn the_operators_accounts_are_never_updated() {
    assert_refused(&["UPDATE trunkline.account SET posted = 1 WHERE kind = 'revenue'"], "check constraint")
        .await;
}

/// PostgreSQL takes NaN for a number that is larger than all others.
#[tokio::test]
async fn money_is_a_number_that_the_program_can_hold() {
    let changes = [
        "UPDATE trunkline.account SET posted = 'NaN' WHERE kind = 'wallet'",
        "UPDATE trunkline.account SET posted = 9223372036854.775808 WHERE kind = 'wallet'",
        "UPDATE trunkline.orders SET charge = 'NaN'",
    ];
    assert_refused(&changes, "check constraint").await;
}

#[tokio::test]
async fn a_transfer_names_one_currency() {
    let copy = "INSERT INTO trunkline.transfer
        SELECT gen_random_uuid(), kind, debit_account, credit_account, amount, 'INR', NULL, NULL, NULL, NULL, '',
               wallet_id, 99, posted_after, held_after, created_at FROM trunkline.transfer WHERE kind = 'post'";
    assert_refused(&[copy], "foreign key").await;
}

#[tokio::test]
async fn a_wallets_history_has_one_transfer_in_each_place() {
    let copy = "INSERT INTO trunkline.transfer
        SELECT gen_random_uuid(), kind, debit_account, credit_account, amount, currency, NULL, NULL, NULL, NULL, '',
               wallet_id, wallet_version, posted_after, held_after, created_at
        FROM trunkline.transfer WHERE kind = 'post'";
    assert_refused(&[copy], "unique constraint").await;
}

/// The opening takes the claim before the order is there, so this is said at the end of the transaction.
#[tokio::test]
async fn a_claim_belongs_to_an_order() {
    let claim = "INSERT INTO trunkline.number_claim (phone_number, order_id, state)
        VALUES ('+14152309999', gen_random_uuid(), 'ordering')";
    assert_refused(&[claim], "foreign key").await;
}

/// Whoever may make temporary tables could otherwise slip the functions tables of their own.
#[tokio::test]
async fn the_functions_look_at_our_tables_only() {
    let database = database().await;
    let credit =
        "SELECT outcome, posted FROM trunkline.credit_wallet_1(gen_random_uuid(), 'bob', gen_random_uuid(),
        gen_random_uuid(), 5, 'EUR', 'x', now(), NULL, '[]', '[]', NULL)";
    let heard = database.place.run(&[
        "CREATE TEMP TABLE account (LIKE trunkline.account INCLUDING ALL);
         CREATE TEMP TABLE transfer (LIKE trunkline.transfer INCLUDING ALL);
         SET search_path = pg_temp, trunkline",
        credit,
        "SELECT count(*) FROM pg_temp.account",
        "SELECT count(*) FROM trunkline.account WHERE user_id = 'bob'",
    ]);
    let heard: Vec<_> = heard.lines().rev().take(3).collect();
    assert_eq!(heard, ["1", "0", "posted|5.000000"]);
}
