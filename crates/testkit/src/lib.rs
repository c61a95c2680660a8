//! Throw-away PostgreSQL for tests, and ways to break it. Only ever a dev-dependency.
//!
//! A [`Cluster`] is a PostgreSQL server of its own in a folder of its own, made from the installed programs
//! (`$PG_BINDIR`, or the newest of `/usr/lib/postgresql/*/bin`), as root too. It listens on a Unix socket only, and it
//! ends with the process that made it, however that process ends: a small shell keeps it and watches a pipe, and the
//! system closes the pipe. [`Cluster::stop`] and [`Cluster::start_again`] are for tests of crashes.
//!
//! A [`Database`] is one test's: copied from a template that holds the migrated schema, dropped when the test is done.
//! It lives on the server that `TEST_DATABASE_URL` names, or else on one cluster per process. `scripts/test` starts a
//! server for the whole run, because nextest gives every test a process of its own.
//!
//! A [`Proxy`] stands between a client and a server and cuts the connection at a chosen statement: before it passes,
//! or after it is done and before its answer is through.
//!
//! Everything here panics when it cannot do what it is asked: a test without its server has failed, never passed.
//! There is no database driver in here; `psql` comes with the server.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "what a test needs and cannot have ends the test"
)]

mod cluster;
mod database;
mod programs;
mod proxy;
mod psql;

pub use cluster::{Cluster, Durability, StopMode};
pub use database::{Database, Server};
pub use proxy::{Cut, Proxy};
