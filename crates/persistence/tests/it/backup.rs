//! Copies of a database beside its server, and their way back: whole or refused, and never at the price of what is
//! there.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use trunkline_domain::Origin;
use trunkline_persistence::{
    BackupError, BackupReport, BackupStep, Existing, OpenError, RestoreReport, Scruples, SqliteOptions,
    SqliteStore,
};
use trunkline_provisioning::contract::fixture::{ann, bob, usd};
use trunkline_wallet::WalletStore;

use crate::fixture::Database;

/// Enough rows that a copy takes many steps, of bytes that nothing looks at.
async fn fatten(connection: &mut SqliteConnection, megabytes: u32) {
    sqlx::query("CREATE TABLE fat (bytes BLOB) STRICT").execute(&mut *connection).await.unwrap();
    sqlx::query(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
         INSERT INTO fat SELECT randomblob(1000000) FROM n",
    )
    .bind(megabytes)
    .execute(connection)
    .await
    .unwrap();
}

async fn connect(file: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(file).foreign_keys(false).connect().await.unwrap()
}

/// What a stranger does to a file who knows SQL.
async fn tamper(file: &Path, statements: &[&'static str]) {
    let mut stranger = connect(file).await;
    for statement in statements {
        sqlx::query(*statement).execute(&mut stranger).await.unwrap();
    }
    stranger.close().await.unwrap();
}

impl Database {
    fn copy(&self) -> PathBuf {
        self.folder.path().join("copy.db")
    }

    async fn back_up(&self, existing: Existing) -> Result<BackupReport, BackupError> {
        SqliteStore::back_up(&self.options(), &self.copy(), existing, self.clock.as_ref(), |_| {}).await
    }

    async fn restore(&self, scruples: Scruples) -> Result<RestoreReport, BackupError> {
        let (origin, reason) = (Origin::command_line(), "a test".parse().unwrap());
        SqliteStore::restore(&self.options(), &self.copy(), scruples, self.clock(), &origin, &reason).await
    }

    /// The names in its folder, less the database, its lock and the copy.
    fn beside(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.folder.path()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let known = ["trunkline.db", "trunkline.db.lock", "copy.db"];
        let mut names: Vec<_> = names.filter(|name| !known.contains(&name.as_str())).collect();
        names.sort();
        names
    }
}

#[tokio::test]
async fn a_copy_beside_a_writing_server_is_one_moment_and_ends() {
    let database = Database::new().await;
    let store = database.open().await;
    let f = database.changes(&store);
    f.buy(&ann(), 1).await;
    fatten(&mut database.stranger().await, 6).await;
    let (ended, steps) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
    let (seen, stop) = (Arc::clone(&steps), Arc::clone(&ended));
    let options = database.options();
    let copying = async {
        let told = move |step| seen.lock().unwrap().push(step);
        let report =
            SqliteStore::back_up(&options, &database.copy(), Existing::Keep, database.clock.as_ref(), told)
                .await;
        stop.store(true, Ordering::Relaxed);
        report.unwrap()
    };
    // Every commit would make a copy begin again that does not hold its moment.
    let selling = async {
        let mut sold: u32 = 0;
        while !ended.load(Ordering::Relaxed) {
            f.credit(&bob(), usd("1")).await;
            sold += 1;
        }
        sold
    };
    let (report, sold) = tokio::join!(copying, selling);
    assert!(sold > 0);
    let copied = |step: &BackupStep| matches!(step, BackupStep::Copied { .. });
    let steps = steps.lock().unwrap().clone();
    assert!(steps.iter().filter(|step| copied(step)).count() > 4, "{steps:?}");
    assert_eq!(steps.last(), Some(&BackupStep::Verifying));
    assert_eq!((report.contents.orders, report.contents.numbers), (1, 1));
    assert!(report.contents.transfers < u64::from(sold) + 3, "it is of the moment when it began");
    assert!(report.bytes > 6_000_000);
    let mode = std::fs::metadata(database.copy()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    store.close().await;
    assert_eq!(database.beside(), Vec::<String>::new(), "nothing is left over");
}

#[tokio::test]
async fn a_file_that_is_there_stays_until_a_whole_copy_takes_its_place() {
    let database = Database::new().await;
    let store = database.open().await;
    database.back_up(Existing::Keep).await.unwrap();
    let first = std::fs::read(database.copy()).unwrap();
    let refused = database.back_up(Existing::Keep).await.unwrap_err();
    assert!(matches!(&refused, BackupError::Exists { .. }) && refused.to_string().contains("--force"));
    database.changes(&store).buy(&ann(), 1).await;
    assert_eq!(database.back_up(Existing::Replace).await.unwrap().contents.orders, 1);

    tamper(&database.path(), &["UPDATE account SET posted = posted + 1 WHERE kind = 'wallet'"]).await;
    let good = std::fs::read(database.copy()).unwrap();
    assert_ne!(good, first);
    let refused = database.back_up(Existing::Replace).await.unwrap_err();
    let BackupError::UnbalancedCopy { faults, kept } = refused else { panic!("{refused}") };
    assert!(faults > 0 && kept.exists(), "whoever looks into it has the copy");
    assert_eq!(std::fs::read(database.copy()).unwrap(), good, "a good backup is not given for a bad one");

    let refusal = async |from: &Path, to: &Path| {
        let options = SqliteOptions::new(from);
        let refused =
            SqliteStore::back_up(&options, to, Existing::Replace, database.clock.as_ref(), |_| {}).await;
        refused.unwrap_err()
    };
    assert!(matches!(refusal(&database.path(), &database.path()).await, BackupError::Itself { .. }));
    let nowhere = database.folder.path().join("no.db");
    let missing = refusal(&nowhere, &database.copy()).await;
    assert!(matches!(missing, BackupError::Open(OpenError::Missing { .. })));
}

#[tokio::test]
async fn a_restored_copy_is_the_database_again_and_the_one_before_is_kept() {
    let database = Database::new().await;
    let store = database.open().await;
    let f = database.changes(&store);
    f.credit(&ann(), usd("5")).await;
    database.back_up(Existing::Keep).await.unwrap();
    f.credit(&ann(), usd("7")).await;
    let in_use = database.restore(Scruples::None).await.unwrap_err();
    assert!(matches!(in_use, BackupError::Open(OpenError::InUse { .. })), "{in_use}");
    drop(f);
    store.close().await;

    let mut reading = connect(&database.path()).await;
    let _: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM orders").fetch_one(&mut reading).await.unwrap();
    let busy = database.restore(Scruples::None).await.unwrap_err();
    assert!(matches!(busy, BackupError::Busy { .. }), "{busy}");
    reading.close().await.unwrap();

    let report = database.restore(Scruples::All).await.unwrap();
    assert_eq!((report.contents.transfers, report.faults, report.migrated.len()), (1, 0, 0));
    let kept = report.kept.unwrap();
    assert_eq!(database.beside(), [kept.file_name().unwrap().to_str().unwrap()], "and no journal of it");
    let store = database.open().await;
    assert_eq!(database.changes(&store).balance(&ann()).await.posted, usd("5"));
    store.close().await;
    let before = SqliteStore::open(SqliteOptions::new(kept), database.clock()).await.unwrap();
    assert_eq!(database.changes(&before).balance(&ann()).await.posted, usd("12"));
    before.close().await;
}

#[tokio::test]
async fn what_must_not_be_restored_is_refused_and_touches_nothing() {
    let database = Database::new().await;
    let store = database.open().await;
    database.changes(&store).credit(&ann(), usd("5")).await;
    store.close().await;
    database.back_up(Existing::Keep).await.unwrap();
    let good = std::fs::read(database.copy()).unwrap();
    let refusal = async || {
        let refused = database.restore(Scruples::All).await.unwrap_err();
        std::fs::write(database.copy(), &good).unwrap();
        refused
    };
    let newer = "INSERT INTO trunkline_migration (version, description, success, checksum, execution_time)
                 VALUES (9000, 'from the future', TRUE, x'00', 0)";
    tamper(&database.copy(), &[newer]).await;
    assert!(matches!(refusal().await, BackupError::Newer { found: 9000, .. }));
    tamper(&database.copy(), &["UPDATE deployment SET id = '01890a5d-ac96-774b-bcce-b302099a8057'"]).await;
    assert!(matches!(refusal().await, BackupError::OtherDeployment { .. }));
    tamper(&database.copy(), &["UPDATE account SET posted = 7 WHERE kind = 'wallet'"]).await;
    assert!(matches!(refusal().await, BackupError::UnbalancedFile { .. }));
    tamper(&database.copy(), &["DROP TABLE trunkline_migration"]).await;
    let foreign = refusal().await;
    assert!(matches!(&foreign, BackupError::Foreign { path } if *path == database.copy()), "{foreign}");
    std::fs::write(database.copy(), "a letter, not a database, whatever its name says").unwrap();
    assert!(matches!(refusal().await, BackupError::Foreign { .. }));
    let mut torn = good.clone();
    let middle = torn.len() / 2;
    torn[middle..middle + 8192].fill(0xa5);
    std::fs::write(database.copy(), torn).unwrap();
    let damaged = refusal().await;
    assert!(matches!(damaged, BackupError::Damaged { .. } | BackupError::Open(_)), "{damaged:?}");
    let journal = database.folder.path().join("copy.db-wal");
    std::fs::write(&journal, "not written back").unwrap();
    assert!(matches!(refusal().await, BackupError::Unfinished { .. }));
    std::fs::remove_file(journal).unwrap();

    assert_eq!(database.beside(), Vec::<String>::new());
    let store = database.open().await;
    assert_eq!(database.changes(&store).balance(&ann()).await.posted, usd("5"));
}

/// What restores are for: the file is ruined. Its journal must not be played into the copy that takes its place.
#[tokio::test]
async fn a_ruined_database_is_replaced_and_its_journal_goes_with_it() {
    let database = Database::new().await;
    let store = database.open().await;
    database.changes(&store).credit(&ann(), usd("5")).await;
    database.back_up(Existing::Keep).await.unwrap();
    store.close().await;
    std::fs::write(database.path(), "ruined").unwrap();
    std::fs::write(database.folder.path().join("trunkline.db-wal"), "of the ruined one").unwrap();
    let kept = database.restore(Scruples::All).await.unwrap().kept.unwrap();
    assert_eq!(std::fs::read(&kept).unwrap(), b"ruined");
    assert!(kept.with_file_name(format!("{}-wal", kept.file_name().unwrap().to_str().unwrap())).exists());
    let store = database.open().await;
    assert_eq!(database.changes(&store).balance(&ann()).await.posted, usd("5"));
    store.close().await;

    std::fs::remove_file(database.path()).unwrap();
    assert_eq!(database.restore(Scruples::All).await.unwrap().kept, None, "there was none");
}

/// A measurement, for `docs/deployment.md`: how long changes take while a copy is made.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement, which takes a quiet machine"]
async fn changes_beside_a_copy_take_about_as_long_as_without() {
    let database = Database::new().await;
    let store = database.open().await;
    let f = database.changes(&store);
    fatten(&mut database.stranger().await, 400).await;
    let p99 = |mut times: Vec<Duration>| {
        times.sort();
        (times.len(), times[times.len() / 2], times[times.len() * 99 / 100], times[times.len() - 1])
    };
    for round in 0..2 {
        let ended = AtomicBool::new(false);
        let load = async |until: Instant| {
            let mut times = Vec::new();
            while Instant::now() < until && !ended.load(Ordering::Relaxed) {
                let change = f.credit_of(&bob(), usd("1"));
                let began = Instant::now();
                store.credit(&change).await.unwrap();
                times.push(began.elapsed());
            }
            times
        };
        let alone = p99(load(Instant::now() + Duration::from_secs(4)).await);
        let copying = async {
            let report = database.back_up(Existing::Replace).await.unwrap();
            ended.store(true, Ordering::Relaxed);
            report
        };
        let (report, beside) = tokio::join!(copying, load(Instant::now() + Duration::from_mins(1)));
        let beside = p99(beside);
        println!(
            "{round}: count, p50, p99, max alone {alone:?}; beside a copy of {} MB in {:?} + {:?} {beside:?}",
            report.bytes / 1_000_000,
            report.copied_in,
            report.verified_in,
        );
    }
}
