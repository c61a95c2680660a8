//! The connections that read. They refuse to write, and none goes back to the pool inside a transaction: a reader
//! left in one would show the database as it was at that moment for ever.

use futures::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{ConnectOptions, Connection, Sqlite, SqliteConnection, SqlitePool, Transaction};
use trunkline_provisioning::port::PoolUse;

use super::options::SqliteOptions;
use crate::error::Failure;

/// The pool of reading connections.
#[derive(Debug, Clone)]
pub(crate) struct Readers {
    pool: SqlitePool,
    connect: SqliteConnectOptions,
}

impl Readers {
    pub(crate) async fn open(options: &SqliteOptions) -> Result<Self, sqlx::Error> {
        let connect: SqliteConnectOptions = options.connect_options().pragma("query_only", "ON");
        let pool = SqlitePoolOptions::new()
            .max_connections(options.read_connections.max(1))
            .acquire_timeout(options.acquire_timeout)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .after_release(|connection, _| is_outside_of_transactions(connection))
            .connect_with(connect.clone())
            .await?;
        Ok(Self { pool, connect })
    }

    /// A connection for one statement.
    pub(crate) async fn one(&self) -> Result<PoolConnection<Sqlite>, Failure> {
        Ok(self.pool.acquire().await?)
    }

    /// A connection for several statements that must see the same moment.
    pub(crate) async fn moment(&self) -> Result<Transaction<'static, Sqlite>, Failure> {
        Ok(self.pool.begin().await?)
    }

    /// A connection of its own for a reading that takes as long as the ledger is: nobody waits for it, and it is no
    /// slow statement to warn of.
    pub(crate) async fn apart(&self) -> Result<SqliteConnection, Failure> {
        if self.pool.is_closed() {
            return Err(sqlx::Error::PoolClosed.into());
        }
        Ok(self.connect.clone().disable_statement_logging().connect().await?)
    }

    /// How busy the connections are.
    pub(crate) fn in_use(&self) -> PoolUse {
        let (size, max) = (self.pool.size(), self.pool.options().get_max_connections());
        let idle = u32::try_from(self.pool.num_idle()).unwrap_or(size).min(size);
        PoolUse { pool: "read", in_use: size - idle, idle, max }
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

/// Whether a connection may be used again. A `begin` that is cancelled may still be on its way to the connection's
/// thread, which works in order: after the ping it has either happened or never will. A connection that a dropped
/// future left in a transaction is closed, which rolls it back.
fn is_outside_of_transactions(connection: &mut SqliteConnection) -> BoxFuture<'_, Result<bool, sqlx::Error>> {
    Box::pin(async move {
        connection.ping().await?;
        Ok(!connection.is_in_transaction())
    })
}

#[cfg(test)]
mod tests {
    use trunkline_domain::SystemClock;

    use super::*;
    use crate::SqliteStore;

    /// Two hundred transactions whose beginning is cancelled at some point, and then every connection of the pool.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_cancelled_beginning_leaves_no_connection_in_a_transaction() {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteOptions::new(folder.path().join("test.db"));
        SqliteStore::migrate(&options, &SystemClock).await.unwrap();
        let readers = Readers::open(&options).await.unwrap();
        for n in 0..200_u32 {
            let mut beginning = Box::pin(readers.moment());
            for _ in 0..n % 4 {
                if futures::poll!(&mut beginning).is_ready() {
                    break;
                }
                std::thread::yield_now();
            }
        }
        let mut connections = Vec::new();
        for _ in 0..options.read_connections {
            connections.push(readers.one().await.unwrap());
        }
        let stuck = connections.iter().filter(|connection| connection.is_in_transaction()).count();
        assert_eq!(stuck, 0);
    }
}
