//! The connection that writes. Replaced when it cannot be brought out of a failed transaction.

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};

/// The one connection that writes, opened again after a failure that it did not survive.
pub(crate) struct WriteConnection {
    options: SqliteConnectOptions,
    connection: Option<SqliteConnection>,
}

impl WriteConnection {
    pub(crate) fn new(options: SqliteConnectOptions, connection: SqliteConnection) -> Self {
        Self { options, connection: Some(connection) }
    }

    pub(super) async fn get(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.options.connect().await?,
        };
        Ok(self.connection.insert(connection))
    }

    /// Leaves the transaction, if there still is one: the engine ends it by itself after some errors. A connection
    /// that refuses to roll back is not used again.
    pub(super) async fn roll_back(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        match sqlx::query("ROLLBACK").execute(&mut connection).await {
            Ok(_) => self.connection = Some(connection),
            Err(_) => close(connection).await,
        }
    }

    /// Writes the log back into the database file and closes.
    pub(super) async fn close(mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        for statement in ["PRAGMA optimize", "PRAGMA wal_checkpoint(TRUNCATE)"] {
            if let Err(error) = sqlx::query(statement).execute(&mut connection).await {
                tracing::warn!(%error, statement, "the database could not be tidied up on closing");
            }
        }
        close(connection).await;
    }
}

async fn close(connection: SqliteConnection) {
    if let Err(error) = connection.close().await {
        tracing::warn!(%error, "the connection that writes could not be closed");
    }
}
