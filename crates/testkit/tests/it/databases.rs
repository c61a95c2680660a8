//! Databases from templates.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use trunkline_testkit::{Cluster, Durability, Server};

fn psql(url: &str, statement: &str) {
    let status = Command::new("psql").args(["--no-psqlrc", "--quiet", "-c", statement, url]).status();
    assert!(status.unwrap().success());
}

/// Runs a future that never waits.
fn run<T>(future: impl Future<Output = T>) -> T {
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

#[test]
fn a_template_is_made_once_and_copied() {
    let cluster = Cluster::start(Durability::Fast);
    let made = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let database = run(cluster.server().migrated_database(async |url| {
                    made.fetch_add(1, Ordering::SeqCst);
                    psql(url, "CREATE TABLE migrated (n int)");
                }));
                assert_eq!(database.run(&["SELECT count(*) FROM migrated"]), "0");
                database.run(&["CREATE TABLE mine (n int)"]);
            });
        }
    });
    assert_eq!(made.load(Ordering::SeqCst), 1);
    let left = cluster.server().run(&["SELECT count(*) FROM pg_database WHERE datname LIKE 'test_%'"]);
    assert_eq!(left, "0", "every database is dropped with its test");
}

#[test]
fn a_template_that_was_left_unfinished_is_made_again() {
    let cluster = Cluster::start(Durability::Fast);
    let unfinished = std::panic::catch_unwind(|| {
        run(cluster.server().migrated_database(async |_| panic!("in the middle of it")));
    });
    unfinished.unwrap_err();
    let mut made = 0;
    run(cluster.server().migrated_database(async |_| made += 1));
    assert_eq!(made, 1);
}

#[test]
fn the_shared_server_is_one() {
    let one = Server::shared().empty_database();
    let other = Server::shared().empty_database();
    assert_ne!(one.name(), other.name());
    let question = format!("SELECT count(*) FROM pg_database WHERE datname = '{}'", one.name());
    assert_eq!(other.run(&[&question]), "1");
}
