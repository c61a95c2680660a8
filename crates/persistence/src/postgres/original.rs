//! The original's database, read as of one moment: one read-only transaction, in which each table has a cursor, so that
//! neither side ever holds more than a page of it.
//!
//! What the tables mean is the import's to know: here they are rows, told as JSON by the database itself, which keeps
//! every digit of a number.

use std::fmt::Write as _;

use async_trait::async_trait;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, ConnectOptions, FromRow, PgConnection};
use trunkline_import::{Original, OriginalError, OriginalRow, OriginalTable, Ownership, Reading};

use super::PostgresAddress;

/// An original that is open for reading. It ends with it: nothing was written there.
#[derive(Debug)]
pub struct PostgresOriginal {
    connection: PgConnection,
    schema: String,
}

/// An original that cannot be reached.
#[derive(Debug, thiserror::Error)]
#[error("the original database could not be opened")]
pub struct OriginalOpenError(#[source] Box<dyn std::error::Error + Send + Sync>);

#[derive(FromRow)]
struct Row {
    owner: Option<String>,
    columns: Json<serde_json::Map<String, serde_json::Value>>,
}

impl PostgresOriginal {
    /// Opens a database whose tables are in this schema, and begins the transaction that reads them.
    pub async fn open(address: &PostgresAddress, schema: &str) -> Result<Self, OriginalOpenError> {
        // Boxed, because it is large and needed once.
        let connection = Box::pin(begin(address)).await;
        let connection = connection.map_err(|error| OriginalOpenError(Box::new(error)))?;
        Ok(Self { connection, schema: schema.to_owned() })
    }

    fn table(&self, table: OriginalTable) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(table.name()))
    }

    /// The table as `r`, with what it takes to know whose a row is.
    fn source(&self, reading: &Reading) -> (String, String) {
        let table = self.table(reading.table);
        match &reading.ownership {
            Ownership::Column(column) => (format!("r.{}::text", quoted(column)), format!("{table} r")),
            Ownership::Through { column, table: through, key, owner } => {
                let join = format!(
                    "{table} r LEFT JOIN {} o ON o.{}::text = r.{}::text",
                    self.table(*through),
                    quoted(key),
                    quoted(column)
                );
                (format!("o.{}::text", quoted(owner)), join)
            }
        }
    }
}

async fn begin(address: &PostgresAddress) -> Result<PgConnection, sqlx::Error> {
    // It may take as long as it needs, and the server must not end it while the provider is asked.
    let options = address.connect().options([
        ("statement_timeout", "0"),
        ("idle_in_transaction_session_timeout", "0"),
        ("default_transaction_read_only", "on"),
        // Rows that policies hide from us would be missed in silence; so they are refused aloud.
        ("row_security", "off"),
        ("TimeZone", "UTC"),
    ]);
    let mut connection = options.connect().await?;
    sqlx::query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").execute(&mut connection).await?;
    Ok(connection)
}

#[async_trait]
impl Original for PostgresOriginal {
    async fn columns(&mut self, table: OriginalTable) -> Result<Vec<String>, OriginalError> {
        sqlx::query_scalar(
            "SELECT a.attname::text FROM pg_attribute a
             JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped
             ORDER BY a.attnum",
        )
        .bind(&self.schema)
        .bind(table.name())
        .fetch_all(&mut self.connection)
        .await
        .map_err(unread)
    }

    async fn begin(&mut self, readings: &[Reading]) -> Result<u64, OriginalError> {
        let mut owners = Vec::new();
        for reading in readings {
            let (owner, source) = self.source(reading);
            let mut order = format!("{owner} COLLATE \"C\" NULLS LAST");
            for column in &reading.order {
                // Writing to a string does not fail.
                let _ = write!(order, ", r.{}", quoted(column));
            }
            let sql = format!(
                "DECLARE {} NO SCROLL CURSOR FOR
                 SELECT {owner} AS owner, to_jsonb(r) AS columns FROM {source} ORDER BY {order}",
                cursor(reading.table)
            );
            sqlx::query(AssertSqlSafe(sql)).execute(&mut self.connection).await.map_err(unread)?;
            owners.push(format!("SELECT {owner} AS owner FROM {source}"));
        }
        let sql =
            format!("SELECT count(DISTINCT COALESCE(owner, '')) FROM ({}) owners", owners.join(" UNION "));
        let count: i64 =
            sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut self.connection).await.map_err(unread)?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    async fn next(&mut self, table: OriginalTable, limit: u16) -> Result<Vec<OriginalRow>, OriginalError> {
        let sql = format!("FETCH {limit} FROM {}", cursor(table));
        let rows: Vec<Row> =
            sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut self.connection).await.map_err(unread)?;
        Ok(rows.into_iter().map(|row| OriginalRow { owner: row.owner, columns: row.columns.0 }).collect())
    }
}

fn cursor(table: OriginalTable) -> String {
    quoted(&format!("trunkline_{}", table.name()))
}

/// A name as SQL takes it, whatever is in it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn unread(error: sqlx::Error) -> OriginalError {
    OriginalError(Box::new(error))
}
