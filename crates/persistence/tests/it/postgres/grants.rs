//! A server that does not own its tables, with the rights that the documentation gives it.

use std::sync::Arc;

use trunkline_domain::Change;
use trunkline_persistence::{OpenError, PostgresAddress, PostgresOptions, PostgresStore};
use trunkline_provisioning::contract::Fixture;
use trunkline_provisioning::contract::fixture::{ann, usd};
use trunkline_provisioning::port::{OperationsStore, ReleaseAnswer, ReleaseEnd};
use trunkline_testkit::{Cluster, Database, Durability};
use trunkline_wallet::contract::ManualClock;

const GRANTS: &str = include_str!("../../../../../docs/postgres-grants.sql");

/// The database as one of its users sees it.
fn address(database: &Database, user: &str) -> String {
    database.url().replace("postgres://postgres@", &format!("postgres://{user}@"))
}

fn options(database: &Database, user: &str) -> PostgresOptions {
    let address: PostgresAddress = address(database, user).parse().unwrap();
    PostgresOptions::new(address)
}

/// The user lacks rights, and the error says who has them.
fn assert_sent_to_the_owner(outcome: Result<(), OpenError>) {
    let error = outcome.unwrap_err();
    assert!(matches!(error, OpenError::NotAllowed { .. }), "{error:?}");
    let said = error.to_string();
    for words in ["permission denied", "as the database's owner first", "docs/postgres-grants.sql"] {
        assert!(said.contains(words), "{said}");
    }
    assert!(!said.contains("at line"), "{said}");
}

#[tokio::test]
async fn a_server_works_with_no_more_rights_than_documented() {
    let cluster = Cluster::start(Durability::Fast);
    let database = cluster.server().empty_database();
    database.run(&[
        "CREATE ROLE trunkline_owner LOGIN",
        "CREATE ROLE trunkline_app LOGIN",
        &format!(r#"GRANT CREATE ON DATABASE "{}" TO trunkline_owner"#, database.name()),
    ]);
    assert_sent_to_the_owner(PostgresStore::migrate(&options(&database, "trunkline_app")).await.map(drop));
    PostgresStore::migrate(&options(&database, "trunkline_owner")).await.unwrap();
    assert_sent_to_the_owner(PostgresStore::open(options(&database, "trunkline_app")).await.map(drop));
    database.run(&["SET ROLE trunkline_owner", GRANTS]);

    let app = options(&database, "trunkline_app");
    assert!(PostgresStore::migrate(&app).await.unwrap().applied.is_empty(), "it finds nothing to migrate");
    let store = Arc::new(PostgresStore::open(app).await.unwrap());
    store.check_writable().await.unwrap();
    let f = Fixture::of(&store, ManualClock::new(), Box::new(()));
    let number = f.buy(&ann(), 1).await;
    let begun = f.releases.begin(&f.release_of(&number)).await.unwrap();
    assert!(matches!(begun, ReleaseAnswer::Begun(_)));
    f.releases.finish(&Change::new(ReleaseEnd { number: number.id, at: f.now() })).await.unwrap();
    f.credit(&ann(), usd("1")).await;
    f.assert_ledger_whole().await;

    for forbidden in [
        "UPDATE trunkline.transfer SET amount = 1",
        "DELETE FROM trunkline.audit",
        "TRUNCATE trunkline.transfer",
        "ALTER TABLE trunkline.transfer DISABLE TRIGGER ALL",
        "DROP TRIGGER transfer_is_never_changed ON trunkline.transfer",
        "DELETE FROM trunkline.migration",
        "CREATE TABLE trunkline.mine (n int)",
    ] {
        let refusal = database.try_run(&["SET ROLE trunkline_app", forbidden]).unwrap_err();
        let is_ours = ["permission denied", "must be owner"].iter().any(|words| refusal.contains(words));
        assert!(is_ours, "{forbidden}: {refusal}");
    }
}
