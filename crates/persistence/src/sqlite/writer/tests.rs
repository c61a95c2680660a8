//! What a batch does when one of its changes goes wrong. On one thread everything that is asked for before the first
//! wait is taken as one batch, so these tests know their batches.

use std::sync::atomic::{AtomicU32, Ordering};

use futures::future::join_all;
use tempfile::TempDir;
use tokio::sync::Notify;
use trunkline_domain::{Fingerprint, RequestKey, RequestOperation};
use trunkline_wallet::contract::ManualClock;
use uuid::Uuid;

use super::*;
use crate::sqlite::{SqliteOptions, SqliteStore};

/// What a test change does after storing its row.
#[derive(Clone)]
enum Then {
    Apply,
    Refuse,
    /// Finds that there was nothing to do.
    Retract,
    /// The engine says no.
    Fail,
    /// The database is full.
    Fill,
    /// COMMIT says no: a reference that is only checked there.
    BreakCommit,
    /// Meets a mistake of ours.
    Panic,
    /// Says that it runs, and waits to be let on.
    Wait {
        running: Arc<Notify>,
        go_on: Arc<Notify>,
    },
}

#[derive(Clone)]
struct Row {
    id: &'static str,
    then: Then,
    runs: Arc<AtomicU32>,
}

impl Row {
    fn new(id: &'static str, then: Then) -> Self {
        Self { id, then, runs: Arc::default() }
    }

    fn runs(&self) -> u32 {
        self.runs.load(Ordering::Relaxed)
    }

    fn key() -> RequestKey {
        let user = "ann".parse().unwrap();
        RequestKey::new(user, RequestOperation::Credit, "k", Fingerprint::of(&[])).unwrap()
    }
}

#[async_trait]
impl Work for Row {
    type Answer = &'static str;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Decision<&'static str>, Fault> {
        self.runs.fetch_add(1, Ordering::Relaxed);
        sqlx::query("INSERT INTO users (id, created_at) VALUES (?1, ?2)")
            .bind(self.id)
            .bind(transaction.now_text())
            .execute(&mut *transaction.connection)
            .await?;
        match &self.then {
            Then::Apply => {}
            Then::Refuse => {
                let request = RefusedRequest::of(Some(&Self::key()), Uuid::nil(), &"no")?;
                return Ok(Decision::Refused("refused", request));
            }
            Then::Retract => return Ok(Decision::Unchanged("unchanged")),
            Then::Fail => execute(transaction, "SELECT * FROM no_such_table").await?,
            Then::Fill => {
                execute(transaction, "PRAGMA max_page_count = 1").await?;
                execute(transaction, "UPDATE users SET email = hex(zeroblob(4000000))").await?;
            }
            Then::BreakCommit => {
                execute(transaction, "PRAGMA defer_foreign_keys = ON").await?;
                let orphan = "INSERT INTO businesses VALUES ('b', 'nobody', 'B', NULL, '', '')";
                execute(transaction, orphan).await?;
            }
            Then::Panic => panic!("on purpose"),
            Then::Wait { running, go_on } => {
                running.notify_one();
                go_on.notified().await;
            }
        }
        Ok(Decision::Applied(self.id))
    }
}

async fn execute(transaction: &mut Transaction<'_>, sql: &'static str) -> Result<(), Fault> {
    sqlx::query(sql).execute(&mut *transaction.connection).await?;
    Ok(())
}

async fn store() -> (TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let (options, clock) = (SqliteOptions::new(folder.path().join("test.db")), ManualClock::new());
    SqliteStore::migrate(&options, clock.as_ref()).await.unwrap();
    let store = SqliteStore::open(options, clock).await.unwrap();
    (folder, store)
}

async fn write_all(store: &SqliteStore, rows: &[&Row]) -> Vec<Result<&'static str, Failure>> {
    join_all(rows.iter().map(|row| store.writer.write((*row).clone()))).await
}

async fn stored(store: &SqliteStore) -> Vec<String> {
    let mut connection = store.readers.one().await.unwrap();
    sqlx::query_scalar("SELECT id FROM users ORDER BY id").fetch_all(&mut *connection).await.unwrap()
}

#[tokio::test]
async fn a_batch_is_one_commit() {
    let (_folder, store) = store().await;
    let rows = [Row::new("a", Then::Apply), Row::new("b", Then::Apply)];
    let answers = write_all(&store, &[&rows[0], &rows[1]]).await;
    assert!(matches!(answers[..], [Ok("a"), Ok("b")]));
    assert_eq!(stored(&store).await, ["a", "b"]);
    assert_eq!((rows[0].runs(), rows[1].runs()), (1, 1));
}

#[tokio::test]
async fn a_refused_change_is_undone_alone_and_its_request_remembered() {
    let (_folder, store) = store().await;
    let rows = [Row::new("a", Then::Apply), Row::new("b", Then::Refuse), Row::new("c", Then::Apply)];
    let answers = write_all(&store, &[&rows[0], &rows[1], &rows[2]]).await;
    assert!(matches!(answers[..], [Ok("a"), Ok("refused"), Ok("c")]));
    assert_eq!(stored(&store).await, ["a", "c"]);
    let known = store.repeat_of::<String>(&Row::key()).await.unwrap();
    assert_eq!(known, Some(trunkline_provisioning::port::Repeat::Ended("no".to_owned())));
}

#[tokio::test]
async fn a_change_that_changes_nothing_leaves_nothing() {
    let (_folder, store) = store().await;
    let rows = [Row::new("a", Then::Retract), Row::new("b", Then::Apply)];
    let answers = write_all(&store, &[&rows[0], &rows[1]]).await;
    assert!(matches!(answers[..], [Ok("unchanged"), Ok("b")]));
    assert_eq!(stored(&store).await, ["b"]);
}

#[tokio::test]
async fn an_engines_error_discards_the_batch_and_the_rest_runs_again_one_by_one() {
    let (_folder, store) = store().await;
    let rows = [Row::new("a", Then::Apply), Row::new("b", Then::Fail), Row::new("c", Then::Apply)];
    let answers = write_all(&store, &[&rows[0], &rows[1], &rows[2]]).await;
    assert!(matches!(answers[..], [Ok("a"), Err(Failure::Unavailable(_)), Ok("c")]), "{answers:?}");
    assert_eq!(stored(&store).await, ["a", "c"]);
    assert_eq!([rows[0].runs(), rows[1].runs(), rows[2].runs()], [2, 2, 1], "one batch, then one by one");
}

#[tokio::test]
async fn a_broken_rule_is_nobody_elses_matter() {
    let (_folder, store) = store().await;
    let rows = [Row::new("a", Then::Apply), Row::new("a", Then::Apply), Row::new("b", Then::Apply)];
    let answers = write_all(&store, &[&rows[0], &rows[1], &rows[2]]).await;
    assert!(matches!(answers[..], [Ok("a"), Err(Failure::Broken(_)), Ok("b")]), "{answers:?}");
    assert_eq!(stored(&store).await, ["a", "b"]);
}

#[tokio::test]
async fn a_full_disk_takes_what_still_fits() {
    let (_folder, store) = store().await;
    let rows = [Row::new("a", Then::Apply), Row::new("b", Then::Fill), Row::new("c", Then::Apply)];
    let answers = write_all(&store, &[&rows[0], &rows[1], &rows[2]]).await;
    assert!(matches!(answers[..], [Ok("a"), Err(Failure::Unavailable(_)), Ok("c")]), "{answers:?}");
    assert_eq!(stored(&store).await, ["a", "c"]);
}

#[tokio::test]
async fn a_commit_that_fails_leaves_everybody_in_doubt_and_the_writer_working() {
    let (_folder, store) = store().await;
    let rows = [Row::new("a", Then::Apply), Row::new("b", Then::BreakCommit)];
    let answers = write_all(&store, &[&rows[0], &rows[1]]).await;
    assert!(answers.iter().all(|answer| matches!(answer, Err(Failure::OutcomeUnknown(_)))), "{answers:?}");
    assert!(stored(&store).await.is_empty());
    assert!(matches!(write_all(&store, &[&rows[0]]).await[..], [Ok("a")]), "asking again is safe");
}

#[tokio::test]
async fn nobody_is_answered_before_the_commit() {
    let (_folder, store) = store().await;
    let (running, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let slow = Row::new("b", Then::Wait { running: Arc::clone(&running), go_on: Arc::clone(&go_on) });
    let quick = Row::new("a", Then::Apply);
    let rows = [&quick, &slow];
    let writes = write_all(&store, &rows);
    let mut writes = std::pin::pin!(writes);
    assert!(futures::poll!(&mut writes).is_pending());
    running.notified().await;
    assert_eq!(quick.runs(), 1);
    assert!(futures::poll!(&mut writes).is_pending());
    assert!(stored(&store).await.is_empty());
    go_on.notify_one();
    assert!(matches!(writes.await[..], [Ok("a"), Ok("b")]));
}

#[tokio::test]
async fn a_full_queue_says_so_at_once() {
    let (_folder, store) = store().await;
    let (running, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let slow = Row::new("slow", Then::Wait { running: Arc::clone(&running), go_on: Arc::clone(&go_on) });
    let blocking = tokio::spawn({
        let writer = store.writer.clone();
        async move { writer.write(slow).await }
    });
    running.notified().await;
    let mut waiting: Vec<_> =
        (0..QUEUE_LENGTH + 5).map(|_| Box::pin(store.writer.write(CheckWritable))).collect();
    let mut refused = 0;
    for write in &mut waiting {
        if let std::task::Poll::Ready(answer) = futures::poll!(write) {
            assert!(matches!(answer, Err(Failure::Unavailable(_))));
            refused += 1;
        }
    }
    assert_eq!(refused, 5);
    go_on.notify_one();
    assert!(blocking.await.unwrap().is_ok());
    for write in waiting.into_iter().take(QUEUE_LENGTH) {
        write.await.unwrap();
    }
}

#[tokio::test]
async fn closing_finishes_what_waits() {
    let (_folder, store) = store().await;
    let rows = [Row::new("a", Then::Apply), Row::new("b", Then::Apply)];
    let rows = [&rows[0], &rows[1]];
    let (answers, ()) = tokio::join!(write_all(&store, &rows), store.clone().close());
    assert!(matches!(answers[..], [Ok("a"), Ok("b")]), "{answers:?}");
}

#[tokio::test]
async fn a_writer_that_panics_is_lost_and_says_so() {
    let (_folder, store) = store().await;
    assert!(futures::poll!(std::pin::pin!(store.lost())).is_pending());
    let answers = write_all(&store, &[&Row::new("a", Then::Panic)]).await;
    assert!(matches!(answers[..], [Err(Failure::OutcomeUnknown(_))]), "{answers:?}");
    store.lost().await;
    let answers = write_all(&store, &[&Row::new("b", Then::Apply)]).await;
    assert!(matches!(answers[..], [Err(Failure::Unavailable(_))]), "{answers:?}");
}

#[tokio::test]
async fn a_store_that_is_closed_is_not_lost() {
    let (_folder, store) = store().await;
    store.clone().close().await;
    assert!(futures::poll!(std::pin::pin!(store.lost())).is_pending());
}
