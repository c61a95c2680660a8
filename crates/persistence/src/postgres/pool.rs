//! The connections. Every statement of this engine goes through here, and each that changes anything is a transaction of
//! its own, so that nothing is ever left half done on our side of the wire.
//!
//! A connection that comes back is rolled back first: a `begin` whose future was dropped leaves its connection inside
//! a transaction that nobody knows of, and the next statement on it would be acknowledged and later undone.

use std::time::Duration;

use futures::TryStreamExt;
use sqlx::pool::{PoolConnection, PoolConnectionMetadata};
use sqlx::postgres::{PgArguments, PgPoolOptions, PgRow};
use sqlx::query::QueryAs;
use sqlx::{Connection, Execute, Executor, FromRow, PgConnection, PgPool, Postgres, SqlStr, Transaction};
use trunkline_provisioning::port::PoolUse;

use super::error::{self, Silence, Work};
use super::options::PostgresOptions;
use super::retry;
use crate::error::Failure;

/// How much longer than its server's time for it a statement is waited for: then the connection is dead and nobody
/// has told us.
const GRACE: Duration = Duration::from_secs(2);

/// A connection that was idle for longer is asked whether it is still there before it is used.
const TRUSTED: Duration = Duration::from_secs(1);

/// How long a connection is kept at most, so that all replicas find a new primary in the end.
const LIFETIME: Duration = Duration::from_mins(30);

/// A statement with its arguments.
pub(crate) type Query<'q, O> = QueryAs<'q, Postgres, O, PgArguments>;

/// The pool.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    pool: PgPool,
    /// How long a statement is waited for.
    patience: Duration,
}

/// A row as a type.
pub(crate) trait Row: for<'r> FromRow<'r, PgRow> + Send + Unpin {}

impl<O> Row for O where O: for<'r> FromRow<'r, PgRow> + Send + Unpin {}

impl Pool {
    /// Makes the pool, and one connection to see that it can.
    pub(crate) async fn open(options: &PostgresOptions) -> Result<Self, sqlx::Error> {
        let patience = options.statement_timeout + GRACE;
        let pool = PgPoolOptions::new()
            .max_connections(options.connections.max(1))
            .acquire_timeout(options.acquire_timeout)
            .max_lifetime(LIFETIME)
            .test_before_acquire(false)
            .before_acquire(|connection, idle| Box::pin(is_there(connection, idle)))
            .after_release(move |connection, _| Box::pin(roll_back(connection, patience)))
            .connect_with(options.bounded())
            .await?;
        Ok(Self { pool, patience })
    }

    /// Executes a statement that changes rows and returns one.
    pub(crate) async fn change<O: Row>(&self, query: Query<'_, O>) -> Result<O, Failure> {
        let row = self.execute(Work::Change, query).await?.into_iter().next();
        row.ok_or_else(|| Failure::Broken("a change returned no row".to_owned()))
    }

    /// Executes a statement that changes rows and returns those it took.
    pub(crate) async fn take<O: Row>(&self, query: Query<'_, O>) -> Result<Vec<O>, Failure> {
        self.execute(Work::Change, query).await
    }

    /// Reads at most one row.
    pub(crate) async fn find<O: Row>(&self, query: Query<'_, O>) -> Result<Option<O>, Failure> {
        Ok(self.execute(Work::Reading, query).await?.into_iter().next())
    }

    /// Reads rows.
    pub(crate) async fn list<O: Row>(&self, query: Query<'_, O>) -> Result<Vec<O>, Failure> {
        self.execute(Work::Reading, query).await
    }

    /// A connection for several statements that must see the same moment, however long they take. They only read.
    pub(crate) async fn moment(&self) -> Result<Transaction<'static, Postgres>, Failure> {
        const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        let mut moment = self.pool.begin_with(BEGIN).await.map_err(error::not_connected)?;
        sqlx::query("SET LOCAL statement_timeout = 0")
            .execute(&mut *moment)
            .await
            .map_err(|error| error::failure(Work::Reading, error))?;
        Ok(moment)
    }

    /// How busy the connections are.
    pub(crate) fn in_use(&self) -> PoolUse {
        let (size, max) = (self.pool.size(), self.pool.options().get_max_connections());
        let idle = u32::try_from(self.pool.num_idle()).unwrap_or(size).min(size);
        PoolUse { pool: "postgres", in_use: size - idle, idle, max }
    }

    /// Closes every connection, when it has come back.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    /// One statement, repeated while others beside it are what undoes it.
    async fn execute<O: Row>(&self, work: Work, mut query: Query<'_, O>) -> Result<Vec<O>, Failure> {
        let arguments =
            query.take_arguments().map_err(|error| error::failure(work, sqlx::Error::Encode(error)))?;
        let arguments = arguments.unwrap_or_default();
        let sql = query.sql();
        let mut tries = 1;
        loop {
            let error = match self.try_once(&sql, arguments.clone()).await? {
                Attempt::Rows(rows) => return Ok(rows),
                Attempt::Silence => return Err(error::unknown(work, Box::new(Silence))),
                Attempt::Refused(error) => error,
            };
            if tries == retry::TRIES_MAX || !error::is_worth_repeating(&error) {
                return Err(error::failure(work, error));
            }
            retry::pause(tries).await;
            tries += 1;
        }
    }

    async fn try_once<O: Row>(&self, sql: &SqlStr, arguments: PgArguments) -> Result<Attempt<O>, Failure> {
        let mut connection = self.pool.acquire().await.map_err(error::not_connected)?;
        let query = sqlx::query_as_with(sql.clone(), arguments);
        let rows = query.fetch(&mut *connection).try_collect();
        match tokio::time::timeout(self.patience, rows).await {
            Ok(Ok(rows)) => Ok(Attempt::Rows(rows)),
            Ok(Err(error)) => {
                if refuses_everything(&error) {
                    drop_hard(connection);
                }
                Ok(Attempt::Refused(error))
            }
            Err(_) => {
                drop_hard(connection);
                Ok(Attempt::Silence)
            }
        }
    }
}

enum Attempt<O> {
    Rows(Vec<O>),
    Refused(sqlx::Error),
    Silence,
}

/// Whether the connection is of no use any more.
fn refuses_everything(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_))
}

/// Hangs up without a word, and without waiting for one.
fn drop_hard(connection: PoolConnection<Postgres>) {
    drop(connection.detach());
}

async fn is_there(connection: &mut PgConnection, idle: PoolConnectionMetadata) -> Result<bool, sqlx::Error> {
    if idle.idle_for < TRUSTED {
        return Ok(true);
    }
    match tokio::time::timeout(GRACE, connection.ping()).await {
        Ok(answer) => answer.map(|()| true),
        Err(_) => Ok(false),
    }
}

/// Whatever a dropped future has begun on a connection is finished or undone before anybody else gets it.
async fn roll_back(connection: &mut PgConnection, patience: Duration) -> Result<bool, sqlx::Error> {
    match tokio::time::timeout(patience, connection.execute("ROLLBACK")).await {
        Ok(answer) => answer.map(|_| true),
        Err(_) => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use trunkline_testkit::Server;

    use super::*;
    use crate::postgres::PostgresOptions;

    /// Two hundred transactions whose beginning is cancelled at some point, and a write after each. Without the
    /// roll-back on release, writes that were acknowledged are undone with the transaction of somebody who left.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_cancelled_beginning_takes_no_acknowledged_write_along() {
        let database = Server::shared().empty_database();
        database.run(&["CREATE TABLE written (n int)"]);
        let options = PostgresOptions::new(database.url().parse().unwrap());
        let pool = Pool::open(&PostgresOptions { connections: 3, ..options }).await.unwrap();
        for n in 0..200_i32 {
            let mut beginning = Box::pin(pool.pool.begin());
            for _ in 0..n % 4 {
                if futures::poll!(&mut beginning).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
            drop(beginning);
            let write = sqlx::query_as("INSERT INTO written VALUES ($1) RETURNING n").bind(n);
            let _: (i32,) = pool.change(write).await.unwrap();
        }
        pool.close().await;
        assert_eq!(database.run(&["SELECT count(*) FROM written"]), "200");
    }
}
