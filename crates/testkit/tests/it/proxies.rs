//! Connections that are cut at a statement.

use std::process::Command;

use trunkline_testkit::{Cluster, Cut, Database, Durability, Proxy};

/// What a client by way of the proxy hears: its output, or `None` when it was cut off.
fn ask(proxy: &Proxy, database: &Database, statement: &str) -> Option<String> {
    let output = Command::new("psql")
        .args(["--no-psqlrc", "-At", "-c", statement, &proxy.url_of(database)])
        .output()
        .unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

#[test]
fn a_connection_is_cut_before_or_after_the_statement_is_done() {
    let cluster = Cluster::start(Durability::Fast);
    let database = cluster.server().empty_database();
    let proxy = Proxy::before(&cluster);
    ask(&proxy, &database, "CREATE TABLE kept (n int)").unwrap();
    let stored = || ask(&proxy, &database, "SELECT count(*) FROM kept").unwrap();

    proxy.cut_next("INSERT", Cut::BeforeRequest);
    assert_eq!(stored(), "0", "another statement passes");
    assert_eq!(ask(&proxy, &database, "INSERT INTO kept VALUES (1)"), None);
    assert_eq!((stored().as_str(), proxy.cuts()), ("0", 1));

    proxy.cut_next("INSERT", Cut::BeforeAnswer);
    assert_eq!(ask(&proxy, &database, "INSERT INTO kept VALUES (1)"), None);
    assert_eq!((stored().as_str(), proxy.cuts()), ("1", 2));

    assert_eq!(ask(&proxy, &database, "INSERT INTO kept VALUES (2)").unwrap(), "INSERT 0 1");
}

#[test]
fn what_clients_wait_for_is_known() {
    let cluster = Cluster::start(Durability::Fast);
    let database = cluster.server().empty_database();
    let proxy = Proxy::before(&cluster);
    ask(&proxy, &database, "SELECT 1").unwrap();
    assert_eq!(proxy.round_trips(), ["SELECT 1"]);
    assert_eq!(proxy.round_trips(), [""; 0]);
}
