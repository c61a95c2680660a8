//! Nobody takes what a program logs: its reader has gone away, or the disk is full. The lines are lost and nothing else.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use rstest::rstest;

use crate::engine::Engine;
use crate::process::{Process, command};
use crate::stage::Stage;

/// How long a server without any work may take to stop.
const PATIENCE: Duration = Duration::from_secs(20);

/// As in `trunkline serve 2>&1 | head`.
#[rstest]
#[tokio::test]
async fn a_server_whose_log_nobody_reads_any_more_sells_and_stops(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let mut stage = Stage::on(engine, "25.00", &[("LOG", "debug")]).await;
    stage.server.stop();
    stage.restart_unheard();
    let (status, answer) = stage.ask(Method::GET, "/readyz", None).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let (status, answer) = stage.buy(&stage.free_number(0)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(stage.balance().await, ("23.50".to_owned(), "0.00".to_owned()));
    stage.server.stop_within(PATIENCE).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_sandbox_whose_log_meets_a_full_disk_is_ready_and_stops() {
    let folder = tempfile::tempdir().unwrap();
    let mut sandbox = command("trunkline", folder.path());
    sandbox.args(["sandbox", "--listen", "127.0.0.1:0"]).env("LOG", "debug");
    let mut sandbox = Process::start_on_a_full_disk(sandbox);
    let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let ready = async {
        while !http.get(format!("{}/readyz", sandbox.url)).send().await.unwrap().status().is_success() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, ready).await.unwrap();
    sandbox.stop_within(PATIENCE).await;
}

#[cfg(target_os = "linux")]
#[test]
fn a_command_whose_complaint_meets_a_full_disk_ends_with_its_status() {
    let folder = tempfile::tempdir().unwrap();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = command("trunkline", folder.path());
    let status = command.args(["order", "list"]).stderr(full).status().unwrap();
    assert_eq!(status.code(), Some(1));
}
