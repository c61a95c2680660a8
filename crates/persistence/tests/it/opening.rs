//! Making, opening, closing and reopening a database file.

use std::time::Duration;

use sqlx::Connection;
use trunkline_persistence::{OpenError, SqliteOptions, SqliteStore};
use trunkline_provisioning::contract::fixture::{ann, sid, terms, token, usd};
use trunkline_provisioning::port::{
    OperationsStore, ReleaseParking, ReleaseTransition, StoreError, Transition,
};
use trunkline_wallet::{WalletStore, WalletStoreError};

use crate::fixture::Database;

async fn refusal(options: SqliteOptions, database: &Database) -> OpenError {
    SqliteStore::open(options, database.clock()).await.unwrap_err()
}

#[tokio::test]
async fn migrating_makes_the_file_once_and_says_what_it_did() {
    let database = Database::empty();
    let first = SqliteStore::migrate(&database.options(), database.clock.as_ref()).await.unwrap();
    assert_eq!(first.applied.first().map(String::as_str), Some("1 deployment"));
    let newest = first.applied.last().unwrap();
    assert!(newest.starts_with(&format!("{} ", first.version)), "{newest}");
    let deployment = database.open().await.deployment();
    let second = SqliteStore::migrate(&database.options(), database.clock.as_ref()).await.unwrap();
    assert!(second.applied.is_empty());
    assert_eq!(second.version, first.version);
    let command = SqliteStore::open(database.options(), database.clock()).await.unwrap();
    assert_eq!(command.deployment(), deployment, "made once");
}

#[tokio::test]
async fn two_migrations_at_once_are_one() {
    let database = Database::empty();
    let options = database.options();
    let (one, other) = tokio::join!(
        SqliteStore::migrate(&options, database.clock.as_ref()),
        SqliteStore::migrate(&options, database.clock.as_ref()),
    );
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(one.version, other.version);
    assert!(one.applied.is_empty() != other.applied.is_empty());
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;

    let database = Database::new().await;
    let store = database.open().await;
    store.check_writable().await.unwrap();
    let mut seen = 0;
    for entry in std::fs::read_dir(database.folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", entry.path().display());
        seen += 1;
    }
    assert!(seen >= 3, "the database, its log and the lock");
}

#[tokio::test]
async fn a_file_that_is_not_there_is_not_made_by_opening() {
    let database = Database::empty();
    assert!(matches!(refusal(database.options(), &database).await, OpenError::Missing { .. }));
    assert!(!database.path().exists());
}

#[tokio::test]
async fn an_older_schema_is_refused_with_what_to_do() {
    let database = Database::new().await;
    let mut stranger = database.stranger().await;
    sqlx::query(
        "DELETE FROM trunkline_migration WHERE version = (SELECT MAX(version) FROM trunkline_migration)",
    )
    .execute(&mut stranger)
    .await
    .unwrap();
    let error = refusal(database.options(), &database).await;
    assert!(matches!(error, OpenError::SchemaTooOld { found, needed } if (1..needed).contains(&found)));
    assert!(error.to_string().contains("trunkline migrate"));
    sqlx::query("DROP TABLE trunkline_migration").execute(&mut stranger).await.unwrap();
    assert!(matches!(refusal(database.options(), &database).await, OpenError::SchemaTooOld { found: 0, .. }));
}

#[tokio::test]
async fn a_newer_schema_is_tolerated() {
    let database = Database::new().await;
    let mut stranger = database.stranger().await;
    sqlx::query(
        "INSERT INTO trunkline_migration (version, description, success, checksum, execution_time)
         VALUES (9000, 'from the future', TRUE, x'00', 0)",
    )
    .execute(&mut stranger)
    .await
    .unwrap();
    sqlx::query("ALTER TABLE orders ADD COLUMN invented TEXT").execute(&mut stranger).await.unwrap();
    sqlx::query("ALTER TABLE business_numbers ADD COLUMN invented TEXT")
        .execute(&mut stranger)
        .await
        .unwrap();
    let report = SqliteStore::migrate(&database.options(), database.clock.as_ref()).await.unwrap();
    assert!(report.applied.is_empty());
    let store = database.open().await;
    database.changes(&store).buy(&ann(), 1).await;
}

/// What a newer binary's migration looks like to a server that keeps running.
#[tokio::test]
async fn a_running_server_tolerates_a_migration_beside_it() {
    let database = Database::new().await;
    let store = database.open().await;
    let f = database.changes(&store);
    let before = f.buy(&ann(), 1).await;
    let mut stranger = database.stranger().await;
    for statement in [
        "ALTER TABLE orders ADD COLUMN invented TEXT NOT NULL DEFAULT 'x'",
        "ALTER TABLE business_numbers ADD COLUMN invented INTEGER",
        "CREATE INDEX invented ON orders (invented)",
    ] {
        sqlx::query(statement).execute(&mut stranger).await.unwrap();
    }
    let after = f.buy(&ann(), 2).await;
    for number in [before, after] {
        assert_eq!(f.numbers.number_by_phone(&number.phone_number).await.unwrap(), Some(number));
    }
    f.assert_ledger_whole().await;
}

#[tokio::test]
async fn a_second_server_is_turned_away_until_the_first_is_gone() {
    let database = Database::new().await;
    let first = database.open().await;
    let error = refusal(database.server_options(), &database).await;
    assert!(matches!(error, OpenError::InUse { .. }));
    assert!(error.to_string().contains("another trunkline server"));
    let command = SqliteStore::open(database.options(), database.clock()).await.unwrap();
    command.check_writable().await.unwrap();
    first.close().await;
    database.open().await.check_writable().await.unwrap();
}

/// The lock is the file's, not the path's: however a second server comes to the file, it is turned away.
#[cfg(unix)]
#[tokio::test]
async fn a_second_server_is_turned_away_at_a_symbolic_link_too() {
    let database = Database::new().await;
    let link = database.folder.path().join("link.db");
    std::os::unix::fs::symlink(database.path(), &link).unwrap();
    let elsewhere = SqliteOptions { path: link, ..database.server_options() };
    let first = database.open().await;
    assert!(matches!(refusal(elsewhere.clone(), &database).await, OpenError::InUse { .. }));
    first.close().await;
    let by_link = SqliteStore::open(elsewhere, database.clock()).await.unwrap();
    assert!(matches!(refusal(database.server_options(), &database).await, OpenError::InUse { .. }));
    by_link.close().await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_with_two_names_is_refused_by_either() {
    let database = Database::new().await;
    let other = database.folder.path().join("other.db");
    std::fs::hard_link(database.path(), &other).unwrap();
    for path in [database.path(), other.clone()] {
        for options in
            [SqliteOptions::new(&path), SqliteOptions { exclusive: true, ..SqliteOptions::new(&path) }]
        {
            let migrated = SqliteStore::migrate(&options, database.clock.as_ref()).await;
            assert!(matches!(migrated, Err(OpenError::Linked { links: 2, .. })), "{migrated:?}");
            let error = refusal(options, &database).await;
            assert!(error.to_string().contains("hard links"), "{error}");
        }
    }
    std::fs::remove_file(other).unwrap();
    database.open().await.check_writable().await.unwrap();
}

/// Whatever is written into it then is found by nobody.
#[cfg(unix)]
#[tokio::test]
async fn a_file_that_is_moved_away_takes_no_writes() {
    let database = Database::new().await;
    let (path, away) = (database.path(), database.folder.path().join("away.db"));
    let store = database.open().await;
    std::fs::rename(&path, &away).unwrap();
    assert!(matches!(store.check_writable().await, Err(StoreError::Unavailable(_))), "it is gone");
    std::fs::write(&path, "").unwrap();
    assert!(matches!(store.check_writable().await, Err(StoreError::Unavailable(_))), "it is another one");
    std::fs::rename(&away, &path).unwrap();
    store.check_writable().await.unwrap();
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_reopening_and_no_log_is_left() {
    let database = Database::new().await;
    let store = database.open().await;
    let number = database.changes(&store).buy(&ann(), 1).await;
    store.close().await;
    assert!(!database.folder.path().join("trunkline.db-wal").exists());
    let store = database.open().await;
    let f = database.changes(&store);
    assert_eq!(f.numbers.number_by_phone(&number.phone_number).await.unwrap(), Some(number));
    f.assert_ledger_whole().await;
}

#[tokio::test]
async fn a_closed_store_answers_that_it_is() {
    let database = Database::new().await;
    let store = database.open().await;
    let clone = store.clone();
    let f = database.changes(&store);
    store.close().await;
    let credit = clone.credit(&f.credit_of(&ann(), usd("1"))).await;
    assert!(matches!(credit, Err(WalletStoreError::Unavailable(_))));
    assert!(matches!(clone.check_writable().await, Err(StoreError::Unavailable(_))));
    let balance = clone.balance(&ann(), usd("0").currency()).await;
    assert!(matches!(balance, Err(WalletStoreError::Unavailable(_))));
    clone.close().await;
}

#[tokio::test]
async fn leases_of_the_server_before_are_void() {
    let database = Database::new().await;
    let store = database.open().await;
    let f = database.changes(&store);
    f.credit(&ann(), usd("5")).await;
    let opened = f.open(&ann(), 1, usd("1.50")).await;
    let number = f.buy(&ann(), 2).await;
    f.releases.begin(&f.release_of(&number)).await.unwrap();
    let pass = f.orphans.begin_pass(terms(), Duration::from_secs(1)).await.unwrap();
    assert!(pass.is_some());
    store.close().await;

    let command = SqliteStore::open(database.options(), database.clock()).await.unwrap();
    let beside = database.changes(&command);
    assert!(beside.purchases.claim_stalled(terms(), 10).await.unwrap().is_empty(), "a command voids nothing");
    command.close().await;

    let store = database.open().await;
    let f = database.changes(&store);
    let orders = f.purchases.claim_stalled(terms(), 10).await.unwrap();
    assert_eq!((orders.len(), orders[0].lease), (1, token(2)), "taken over at once");
    let releases = f.releases.claim_stalled(terms(), 10).await.unwrap();
    assert_eq!((releases.len(), releases[0].lease), (1, token(2)));
    assert!(f.orphans.begin_pass(terms(), Duration::from_secs(1)).await.unwrap().is_some());

    let parking = ReleaseParking {
        number: number.id,
        lease: token(1),
        next_attempt_in: Duration::ZERO,
        attempts: 1,
        at: f.now(),
    };
    let stale = f.releases.park(&trunkline_domain::Change::new(parking)).await.unwrap();
    assert!(matches!(stale, ReleaseTransition::Stale(_)));
    f.settle(&opened.order, &sid(77)).await;
    f.assert_ledger_whole().await;
}

#[tokio::test]
async fn a_void_lease_decides_nothing() {
    use trunkline_domain::FailureReason;
    use trunkline_provisioning::port::{Authority, ClaimEnd};

    let database = Database::new().await;
    let store = database.open().await;
    let f = database.changes(&store);
    f.credit(&ann(), usd("5")).await;
    let opened = f.open(&ann(), 1, usd("1.50")).await;
    store.close().await;
    let store = database.open().await;
    let f = database.changes(&store);
    let abort = f.abort(
        &opened.order,
        Authority::Lease(opened.lease),
        FailureReason::ProviderUnavailable,
        ClaimEnd::Free,
    );
    assert!(matches!(f.purchases.abort(&abort).await.unwrap(), Transition::Stale(_)));
}

#[tokio::test]
async fn a_database_that_somebody_else_holds_is_unavailable_and_then_works() {
    let database = Database::new().await;
    let options = SqliteOptions { busy_timeout: Duration::from_millis(1), ..database.server_options() };
    let store = SqliteStore::open(options, database.clock()).await.unwrap();
    let mut stranger = database.stranger().await;
    let held = stranger.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let f = database.changes(&store);
    let credit = f.credit_of(&ann(), usd("1"));
    assert!(matches!(store.credit(&credit).await, Err(WalletStoreError::Unavailable(_))));
    held.rollback().await.unwrap();
    store.credit(&credit).await.unwrap();
    assert_eq!(f.balance(&ann()).await.posted, usd("1"));
}
