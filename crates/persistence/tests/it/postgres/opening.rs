//! Making, opening and closing a database, and what happens to its schema meanwhile.

use futures::future::join_all;
use trunkline_persistence::{OpenError, PostgresOptions, PostgresStore};
use trunkline_provisioning::port::{OperationsStore, StoreError};
use trunkline_testkit::Server;

use super::database::Database;

async fn refusal(database: &Database) -> OpenError {
    PostgresStore::open(database.options()).await.unwrap_err()
}

#[tokio::test]
async fn migrating_makes_the_schema_once_and_says_what_it_did() {
    let database = Database::empty();
    let first = PostgresStore::migrate(&database.options()).await.unwrap();
    assert_eq!(first.applied.first().map(String::as_str), Some("1 deployment"));
    assert_eq!(usize::try_from(first.version).unwrap(), first.applied.len());
    let deployment = database.open().await.deployment();
    let second = PostgresStore::migrate(&database.options()).await.unwrap();
    assert!(second.applied.is_empty());
    assert_eq!(second.version, first.version);
    assert_eq!(database.open().await.deployment(), deployment, "made once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn six_replicas_that_start_at_once_migrate_once() {
    let database = Database::empty();
    let options = database.options();
    let reports = join_all((0..6).map(|_| PostgresStore::migrate(&options))).await;
    let reports: Vec<_> = reports.into_iter().map(Result::unwrap).collect();
    assert_eq!(reports.iter().filter(|report| !report.applied.is_empty()).count(), 1, "{reports:?}");
    assert!(reports.iter().all(|report| report.version == reports[0].version));
    let stores = join_all((0..6).map(|_| database.open())).await;
    assert!(stores.iter().all(|store| store.deployment() == stores[0].deployment()));
}

/// A migration that fails in the middle leaves nothing of any.
#[tokio::test]
async fn a_failed_migration_changes_nothing() {
    let database = Database::empty();
    database.place.run(&["CREATE SCHEMA trunkline", "CREATE TABLE trunkline.api_keys (strange int)"]);
    let error = PostgresStore::migrate(&database.options()).await.unwrap_err();
    assert!(matches!(error, OpenError::Migration(_)), "{error:?}");
    let tables = database.place.run(&["SELECT count(*) FROM pg_tables WHERE schemaname = 'trunkline'"]);
    assert_eq!(tables, "1");
}

/// Everything of ours is in one schema, and a host's tables and migrations beside it are left alone.
#[tokio::test]
async fn a_hosts_tables_live_beside_ours() {
    let database = Database::empty();
    database.place.run(&[
        "CREATE TABLE users (id int)",
        "CREATE TABLE _sqlx_migrations (version bigint)",
        "CREATE SCHEMA trunkline",
    ]);
    PostgresStore::migrate(&database.options()).await.unwrap();
    database.open().await.check_writable().await.unwrap();
    let ours = "SELECT DISTINCT schemaname FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
                ORDER BY 1";
    assert_eq!(database.place.run(&[ours]), "public\ntrunkline");
    let strangers =
        "SELECT string_agg(tablename, ',' ORDER BY tablename) FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(database.place.run(&[strangers]), "_sqlx_migrations,users");
}

#[tokio::test]
async fn an_older_schema_is_refused_with_what_to_do() {
    let database = Database::new().await;
    let forget =
        "DELETE FROM trunkline.migration WHERE version = (SELECT max(version) FROM trunkline.migration)";
    database.place.run(&[forget]);
    let error = refusal(&database).await;
    assert!(matches!(error, OpenError::SchemaTooOld { found, needed } if found + 1 == needed));
    assert!(error.to_string().contains("trunkline migrate"));
    assert!(matches!(refusal(&Database::empty()).await, OpenError::SchemaTooOld { found: 0, .. }));
}

#[tokio::test]
async fn a_newer_schema_is_tolerated() {
    let database = Database::new().await;
    database.place.run(&[
        "INSERT INTO trunkline.migration (version, description, success, checksum, execution_time)
         VALUES (9000, 'from the future', TRUE, '', 0)",
        "ALTER TABLE trunkline.users ADD COLUMN invented text",
    ]);
    let report = PostgresStore::migrate(&database.options()).await.unwrap();
    assert!(report.applied.is_empty());
    assert_eq!(report.version, 9000);
    database.open().await.check_writable().await.unwrap();
}

#[tokio::test]
async fn a_closed_store_answers_that_it_is() {
    let database = Database::new().await;
    let store = database.open().await;
    let clone = store.clone();
    store.close().await;
    assert!(matches!(clone.check_writable().await, Err(StoreError::Unavailable(_))));
    let connections = "SELECT count(*) FROM pg_stat_activity
                       WHERE datname = current_database() AND pid <> pg_backend_pid()";
    database.place.wait_for(connections, "0");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_said_without_the_password() {
    let address = "postgres://ann:s3cret@localhost/shop?host=/tmp/no-such-place".parse().unwrap();
    let error = PostgresStore::open(PostgresOptions::new(address)).await.unwrap_err();
    assert!(matches!(error, OpenError::Engine(_)), "{error:?}");
    assert!(!format!("{error:?} {error}").contains("s3cret"));
}

/// What is printed of an error: all of its sources, one after the other.
fn printed(error: &OpenError) -> String {
    let mut texts = vec![error.to_string()];
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        texts.push(error.to_string());
        source = error.source();
    }
    texts.join(": ")
}

#[tokio::test]
async fn what_postgres_says_is_said_once_without_a_line_of_its_program() {
    let server = Server::shared();
    let database = server.empty_database();
    let nowhere = database.url().replace(database.name(), "nosuch");
    let error = PostgresStore::open(PostgresOptions::new(nowhere.parse().unwrap())).await.unwrap_err();
    assert_eq!(printed(&error), r#"the database could not be opened: database "nosuch" does not exist"#);

    database.run(&["CREATE SCHEMA trunkline", "CREATE TABLE trunkline.api_keys (strange int)"]);
    let error =
        PostgresStore::migrate(&PostgresOptions::new(database.url().parse().unwrap())).await.unwrap_err();
    let said = printed(&error);
    assert_eq!(said.matches("already exists").count(), 1, "{said}");
    assert!(!said.contains("at line"), "{said}");
}

#[tokio::test]
async fn a_database_in_another_encoding_is_refused() {
    let server = Server::shared();
    let place = server.empty_database();
    let name = format!("{}_latin", place.name());
    let make = format!(
        r#"CREATE DATABASE "{name}" ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"#
    );
    server.run(&[&make]);
    let options = PostgresOptions::new(place.url().replace(place.name(), &name).parse().unwrap());
    let outcomes = [PostgresStore::migrate(&options).await.err(), PostgresStore::open(options).await.err()];
    server.run(&[&format!(r#"DROP DATABASE "{name}""#)]);
    for error in outcomes {
        let error = error.unwrap();
        assert!(matches!(&error, OpenError::Encoding { found } if found == "LATIN1"), "{error:?}");
        assert!(error.to_string().contains("ENCODING 'UTF8'"), "{error}");
    }
}
