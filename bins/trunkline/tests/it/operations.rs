//! The server as its operator sees it: metrics on a listener of their own, readiness on a disk that is full, and the
//! audit of a ledger that somebody has touched.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use reqwest::{Method, StatusCode};
use rstest::rstest;
use serde_json::Value;
use tempfile::TempDir;
use trunkline_testkit::{Cluster, Durability, StopMode};
use trunkline_twilio_sim::{Fault, FaultAction};

use crate::engine::{Engine, Place};
use crate::process::{Process, run};
use crate::stage::{SCALED, Stage};

/// How long anything may take to come true.
const PATIENCE: Duration = Duration::from_secs(20);

const METERED: [(&str, &str); 3] =
    [("METRICS_LISTEN", "127.0.0.1:0"), ("METRICS_INTERVAL_S", "0.05"), ("LEDGER_CHECK_INTERVAL_S", "0.05")];

/// What the server shows on its metrics listener, whose address it has told.
async fn metrics(stage: &Stage) -> String {
    let log = stage.server.log();
    let (_, rest) = log.split_once("metrics at ").unwrap();
    let response = reqwest::get(rest.lines().next().unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    response.text().await.unwrap()
}

/// The value of one series.
fn value<'t>(text: &'t str, series: &str) -> Option<&'t str> {
    text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))
}

/// Waits until a series has a value that satisfies.
async fn wait_for(stage: &Stage, series: &str, satisfies: impl Fn(&str) -> bool) {
    let waiting = async {
        while !value(&metrics(stage).await, series).is_some_and(&satisfies) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, waiting).await;
    assert!(in_time.is_ok(), "{series}: {:?}", value(&metrics(stage).await, series));
}

#[rstest]
#[case::sqlite(Engine::Sqlite, "read")]
#[case::postgres(Engine::Postgres, "postgres")]
#[tokio::test]
async fn metrics_tell_what_an_operator_has_to_know(#[case] engine: Engine, #[case] pool: &str) {
    let environment = [&METERED[..], &SCALED[..]].concat();
    let stage = Stage::on(engine, "25.00", &environment).await;
    let (status, answer) = stage.buy(&stage.free_number(0)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    stage.ask(Method::GET, "/wp-login.php", None).await;
    wait_for(&stage, "trunkline_orders{state=\"completed\"}", |count| count == "1").await;
    wait_for(&stage, "trunkline_ledger_transfers", |count| count == "3").await;

    let text = metrics(&stage).await;
    for (series, expected) in [
        ("trunkline_ledger_balanced", "1"),
        ("trunkline_orders{state=\"unresolved\"}", "0"),
        ("trunkline_holds_oldest_age_seconds", "0"),
        ("trunkline_sagas_in_flight{saga=\"purchase\"}", "0"),
        ("trunkline_alarms_total{alarm=\"order_undecided\"}", "0"),
        ("trunkline_provider_call_duration_seconds_count{operation=\"buy\",outcome=\"ok\"}", "1"),
        (
            "trunkline_http_request_duration_seconds_count{route=\"/api/numbers/purchase\",method=\"POST\",status=\"200\"}",
            "1",
        ),
        (
            "trunkline_http_request_duration_seconds_count{route=\"unmatched\",method=\"GET\",status=\"404\"}",
            "1",
        ),
    ] {
        assert_eq!(value(&text, series), Some(expected), "{series} in\n{text}");
    }
    for series in
        ["_max{pool=\"{pool}\"}", "{pool=\"{pool}\",state=\"in_use\"}", "{pool=\"{pool}\",state=\"idle\"}"]
    {
        let series = format!("trunkline_pool_connections{}", series.replace("{pool}", pool));
        assert!(value(&text, &series).is_some(), "{series} in\n{text}");
    }
    for line in text.lines().filter(|line| line.starts_with("# TYPE ")) {
        let name = line.split(' ').nth(2).unwrap();
        assert!(name.starts_with("trunkline_"), "{name}");
        assert!(text.contains(&format!("# HELP {name} ")), "{name} is not described");
    }
    for secret in [&stage.user, &stage.operator, "+1", "user123"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn an_order_that_waits_is_seen_with_its_age_and_its_hold() {
    let stage = Stage::with("25.00", &[&METERED[..], &SCALED[..]].concat()).await;
    let twilio = stage.twilio();
    twilio.script(
        Fault::new(FaultAction::NeverAnswer { act: false }).on("POST", "*/IncomingPhoneNumbers/Local.json"),
    );
    let down = Fault::new(FaultAction::Status { status: 503, retry_after_s: None });
    twilio.script(down.on("GET", "*/IncomingPhoneNumbers.json").nth(2).forever());
    let (status, answer) = stage.buy(&stage.free_number(0)).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    wait_for(&stage, "trunkline_orders{state=\"unresolved\"}", |count| count == "1").await;
    let old = |age: &str| age.parse::<f64>().unwrap() > 1.0;
    wait_for(&stage, "trunkline_orders_oldest_age_seconds{state=\"unresolved\"}", old).await;
    wait_for(&stage, "trunkline_holds_oldest_age_seconds", old).await;
    let text = metrics(&stage).await;
    let lost = "trunkline_provider_call_duration_seconds_count{operation=\"buy\",outcome=\"unknown\"}";
    assert_eq!(value(&text, lost), Some("1"), "{text}");
}

/// Also proves that nothing is listened on where nobody asked for it.
#[tokio::test]
async fn metrics_are_off_until_asked_for_and_never_on_the_apis_listener() {
    let stage = Stage::new("0").await;
    assert!(!stage.server.log().contains("metrics at"));
    let (status, _) = stage.ask(Method::GET, "/metrics", None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

/// Limits how large a file the server may write: what lies beyond is a full disk.
fn limit_files(server: &Process, bytes: &str) {
    let limit = Command::new("prlimit")
        .args(["--pid", &server.id().to_string(), &format!("--fsize={bytes}")])
        .status()
        .unwrap();
    assert!(limit.success());
}

async fn wait_for_readiness(stage: &Stage, expected: StatusCode) -> Value {
    let waiting = async {
        loop {
            let (status, body) = stage.ask(Method::GET, "/readyz", None).await;
            if status == expected {
                return body;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let ready = tokio::time::timeout(PATIENCE, waiting).await;
    ready.unwrap_or_else(|_| panic!("readiness is not {expected}:\n{}", stage.server.log()))
}

#[tokio::test]
async fn a_server_on_a_full_disk_is_alive_and_not_ready_until_there_is_room() {
    let stage = Stage::new("25.00").await;
    wait_for_readiness(&stage, StatusCode::OK).await;
    limit_files(&stage.server, "4096:");
    let body = wait_for_readiness(&stage, StatusCode::SERVICE_UNAVAILABLE).await;
    assert_eq!((body["code"].as_str(), body["failing"].as_str()), (Some("NOT_READY"), Some("database")));
    assert!(!body.to_string().contains("SQL"), "{body}");
    let (alive, _) = stage.ask(Method::GET, "/healthz", None).await;
    assert_eq!(alive, StatusCode::OK, "it need not be restarted");
    let (status, answer) = stage.buy(&stage.free_number(0)).await;
    assert_eq!(
        (status, answer["charged"].as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, Some("no")),
        "{answer}"
    );

    limit_files(&stage.server, "unlimited:");
    wait_for_readiness(&stage, StatusCode::OK).await;
    let (status, answer) = stage.buy(&stage.free_number(0)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(stage.purchases_seen(), 1);
}

/// A server whose PostgreSQL is gone waits for it, alive and not ready.
#[tokio::test]
async fn a_server_whose_database_is_gone_is_not_ready_until_it_is_back() {
    let cluster = Cluster::start(Durability::Fast);
    let place = Place::on(&cluster.server()).await;
    let stage = Stage::at(place, tempfile::tempdir().unwrap(), "25.00", &[]).await;
    wait_for_readiness(&stage, StatusCode::OK).await;
    cluster.stop(StopMode::Immediate);
    let body = wait_for_readiness(&stage, StatusCode::SERVICE_UNAVAILABLE).await;
    assert_eq!((body["code"].as_str(), body["failing"].as_str()), (Some("NOT_READY"), Some("database")));
    assert_eq!(stage.command(&["ledger", "verify"]).status.code(), Some(2), "nobody knows");
    cluster.start_again();
    wait_for_readiness(&stage, StatusCode::OK).await;
    assert_eq!(stage.command(&["ledger", "verify"]).status.code(), Some(0));
}

/// A database with one purchase in it, closed.
async fn sold() -> TempDir {
    let mut stage = Stage::new("25.00").await;
    let (status, answer) = stage.buy(&stage.free_number(0)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    stage.server.stop();
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(stage.folder.path().join("trunkline.db"), folder.path().join("trunkline.db")).unwrap();
    folder
}

fn database(folder: &TempDir) -> PathBuf {
    folder.path().join("trunkline.db")
}

/// What a stranger does who has the file and knows SQL.
async fn tamper(database: &Path, steps: &[&'static str]) {
    use sqlx::ConnectOptions;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(database).foreign_keys(false);
    let mut stranger = options.connect().await.unwrap();
    for step in steps {
        sqlx::query(*step).execute(&mut stranger).await.unwrap();
    }
    sqlx::Connection::close(stranger).await.unwrap();
}

fn verify(folder: &TempDir, arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } =
        run("trunkline", folder.path(), &[&["ledger", "verify"], arguments].concat());
    (status.code(), String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap())
}

#[tokio::test]
async fn a_ledger_that_balances_is_status_0_and_one_that_was_touched_1() {
    let folder = sold().await;
    let (status, text) = verify(&folder, &[]);
    assert_eq!(status, Some(0), "{text}");
    assert!(text.contains("USD  wallets 23.5 (held 0)  revenue 1.5  funding -25  sum 0"), "{text}");
    assert!(text.contains("The ledger balances. 3 transfers between 3 accounts were read."), "{text}");

    let rich = [
        "DROP TRIGGER transfer_is_never_changed",
        "UPDATE transfer SET amount = amount + 100000000 WHERE kind = 'post'",
        "UPDATE account SET posted = posted + 100000000 WHERE kind = 'wallet'",
    ];
    tamper(&database(&folder), &rich).await;
    let (status, text) = verify(&folder, &["--json"]);
    assert_eq!(status, Some(1), "{text}");
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["balanced"], false);
    // Every row says less than what the one before it and its own amount make.
    let kinds: Vec<_> = report["faults"].as_array().unwrap().iter().map(|fault| &fault["kind"]).collect();
    assert_eq!(kinds, ["wrong_running_balance"; 3]);
    let named = report["faults"][0]["transfer"].as_str().unwrap();
    assert!(report["faults"][0]["message"].as_str().unwrap().contains(named), "{text}");
    let (status, text) = verify(&folder, &[]);
    assert_eq!(status, Some(1));
    assert!(text.contains(named) && text.contains("THE LEDGER DOES NOT BALANCE: 3 faults."), "{text}");
}

#[tokio::test]
async fn a_ledger_that_cannot_be_read_is_status_2() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(verify(&folder, &[]).0, Some(2), "there is none");
    std::fs::write(database(&folder), "not a database, whatever its name says").unwrap();
    let (status, text) = verify(&folder, &[]);
    assert_eq!(status, Some(2), "{text}");

    let folder = sold().await;
    tamper(&database(&folder), &["DROP TABLE transfer"]).await;
    let (status, text) = verify(&folder, &[]);
    assert_eq!(status, Some(2), "{text}");
    assert_eq!(verify(&folder, &["--no-such-option"]).0, Some(2));
}

#[rstest]
#[case::sqlite(Engine::Sqlite)]
#[case::postgres(Engine::Postgres)]
#[tokio::test]
async fn a_running_server_finds_what_was_touched_and_says_so(#[case] engine: Engine) {
    let stage = Stage::on(engine, "25.00", &METERED).await;
    wait_for(&stage, "trunkline_ledger_balanced", |verdict| verdict == "1").await;
    assert_eq!(stage.command(&["ledger", "verify"]).status.code(), Some(0));
    match engine {
        Engine::Sqlite => {
            let touch = "UPDATE account SET posted = posted + 1 WHERE kind = 'wallet'";
            tamper(&database(&stage.folder), &[touch]).await;
        }
        Engine::Postgres => {
            let touch = "UPDATE trunkline.account SET posted = posted + 0.000001 WHERE kind = 'wallet'";
            stage.place.run(&[touch]);
        }
    }
    wait_for(&stage, "trunkline_ledger_balanced", |verdict| verdict == "0").await;
    let log = stage.server.log();
    assert!(log.contains("ledger_unbalanced"), "{log}");
    assert!(log.contains("its transfers add up to posted 25.00 USD"), "the row is named: {log}");
    assert_eq!(stage.command(&["ledger", "verify"]).status.code(), Some(1), "beside the server");
}

#[rstest]
#[case::sqlite(Engine::Sqlite)]
#[case::postgres(Engine::Postgres)]
#[tokio::test]
async fn an_older_program_on_a_newer_schema_says_so(#[case] engine: Engine) {
    const WARNING: &str = "the database's schema is newer than this binary";

    let mut stage = Stage::on(engine, "0", &[]).await;
    assert!(!stage.server.log().contains(WARNING));
    stage.server.stop();
    match engine {
        Engine::Sqlite => {
            let newer =
                "INSERT INTO trunkline_migration (version, description, success, checksum, execution_time)
                         VALUES (9000, 'from the future', TRUE, x'00', 0)";
            tamper(&database(&stage.folder), &[newer]).await;
        }
        Engine::Postgres => {
            let newer =
                "INSERT INTO trunkline.migration (version, description, success, checksum, execution_time)
                         VALUES (9000, 'from the future', TRUE, '', 0)";
            stage.place.run(&[newer]);
        }
    }
    stage.restart();
    let log = stage.server.log();
    let warnings: Vec<_> = log.lines().filter(|line| line.contains(WARNING)).collect();
    assert_eq!(warnings.len(), 1, "{log}");
    assert!(warnings[0].contains("WARN") && warnings[0].contains("database=9000 binary="), "{log}");
}
