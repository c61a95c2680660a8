//! An older copy of the database in its place, on both engines: what was bought since is at Twilio and not in the
//! books. Selling goes on, and nothing is released, lost or sold twice.

use std::process::Output;

use reqwest::{Method, StatusCode};
use rstest::rstest;
use serde_json::Value;
use trunkline_twilio_sim::{Fault, FaultAction};

use crate::engine::Engine;
use crate::process::command;
use crate::stage::Stage;

fn text(output: &Output) -> String {
    let Output { stdout, stderr, .. } = output;
    format!("{}{}", String::from_utf8_lossy(stdout), String::from_utf8_lossy(stderr))
}

/// Makes the copy, beside the running server.
fn back_up(stage: &Stage, engine: Engine) {
    let output = stage.command(&["backup", "copy.db", "--json"]);
    match engine {
        Engine::Sqlite => {
            assert!(output.status.success(), "{}", text(&output));
            let report: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(report["orders"], report["numbers"], "{report}");
            assert!(report["numbers"].as_u64() >= Some(1), "{report}");
        }
        Engine::Postgres => {
            assert!(!output.status.success());
            assert!(
                text(&output)
                    .contains("pg_dump --format=custom --schema=trunkline --schema=trunkline_tenant --host=")
            );
            stage.place.dump(&stage.folder.path().join("copy.dump"));
        }
    }
}

/// Puts the copy in the database's place, while no server runs.
fn restore(stage: &Stage, engine: Engine) {
    let output = stage.command(&["restore", "copy.db"]);
    match engine {
        Engine::Sqlite => {
            assert!(output.status.success(), "{}", text(&output));
            for word in ["before-restore-", "trunkline reconcile", "trunkline number adopt"] {
                assert!(text(&output).contains(word), "{word}: {}", text(&output));
            }
        }
        Engine::Postgres => {
            assert!(!output.status.success());
            assert!(text(&output).contains("pg_restore --exit-on-error --single-transaction"));
            stage.place.restore(&stage.folder.path().join("copy.dump"));
            assert!(text(&output).contains("trunkline number stop-releases --reason"));
            let stopped = stage.command(&["number", "stop-releases", "--reason", "restored"]);
            assert!(stopped.status.success(), "{}", text(&stopped));
        }
    }
}

/// `trunkline reconcile`, with whatever repairs it knows.
fn reconcile(stage: &Stage) -> Output {
    let help = text(&stage.command(&["reconcile", "--help"]));
    let repair = help.contains("--repair").then_some("--repair");
    let arguments: Vec<&str> = ["reconcile"].into_iter().chain(repair).collect();
    stage.command(&arguments)
}

/// Whether its number was kept after the copy was made, the copy cannot know.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_of_an_older_copy_waits_for_an_operator(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let mut stage = Stage::on(engine, "25.00", &[("PASS_INTERVAL_S", "0.5")]).await;
    assert_eq!(stage.buy(&stage.free_number(0)).await.0, StatusCode::OK);
    let id = stage.numbers().await[0]["id"].as_str().unwrap().to_owned();
    let down = FaultAction::Status { status: 503, retry_after_s: None };
    stage.twilio().script(Fault::new(down).on("DELETE", "*/IncomingPhoneNumbers/*").forever());
    let (status, _) = stage.ask(Method::DELETE, &format!("/api/numbers/{id}/release"), None).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    back_up(&stage, engine);
    stage.server.stop();
    stage.twilio().clear_faults();
    restore(&stage, engine);
    stage.twilio().clear_requests();
    stage.restart();
    for nth in 1..4 {
        stage.twilio().wait_for_request("GET", "*/IncomingPhoneNumbers.json", nth).await;
    }
    assert_eq!(stage.twilio().owned().len(), 1, "nothing is given back");
    let waiting = text(&stage.command(&["number", "list", "--review"]));
    assert!(waiting.contains(&id), "{waiting}");
    let kept = stage.command(&["number", "keep", &id, "--reason", "the customer wants it"]);
    assert!(kept.status.success(), "{}", text(&kept));
}

// On two threads: the commands are waited for on one while the simulator answers them on the other.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_copy_sells_on_and_releases_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let often = [("RECONCILE_AFTER_S", "0"), ("PASS_INTERVAL_S", "0.5")];
    let mut stage = Stage::on(engine, "25.00", &often).await;
    let numbers: Vec<String> = (0..5).map(|nth| stage.free_number(nth)).collect();
    for number in &numbers[..2] {
        assert_eq!(stage.buy(number).await.0, StatusCode::OK);
    }
    back_up(&stage, engine);
    // Since the copy: two are bought, and one is given back that the copy believes to be the customer's.
    for number in &numbers[2..4] {
        assert_eq!(stage.buy(number).await.0, StatusCode::OK);
    }
    let rows = stage.numbers().await;
    let first = rows.iter().find(|row| row["phone_number"] == numbers[0].as_str()).unwrap();
    let path = format!("/api/numbers/{}/release", first["id"].as_str().unwrap());
    assert_eq!(stage.ask(Method::DELETE, &path, None).await.0, StatusCode::OK);
    if engine == Engine::Sqlite {
        let refused = stage.command(&["restore", "copy.db"]);
        assert!(!refused.status.success(), "a server runs");
        assert!(text(&refused).contains("nothing was restored"), "{}", text(&refused));
    }
    stage.server.stop();
    restore(&stage, engine);
    stage.restart();

    let held = |stage: &Stage| {
        let mut held: Vec<_> = stage.twilio().owned().into_iter().map(|number| number.phone_number).collect();
        held.sort();
        held
    };
    let mut expected = numbers[1..4].to_vec();
    expected.sort();
    assert_eq!(held(&stage), expected);
    assert_eq!(stage.balance().await, ("22.00".to_owned(), "0.00".to_owned()), "the copy's two");
    let (status, answer) = stage.buy(&numbers[4]).await;
    assert_eq!(status, StatusCode::OK, "it sells on: {answer}");
    let (status, answer) = stage.buy(&numbers[2]).await;
    assert!(!status.is_success(), "nobody sells what the account holds: {answer}");
    assert_eq!(stage.balance().await, ("20.50".to_owned(), "0.00".to_owned()));

    // A pass over Twilio's whole list, which releases what it may.
    let lists = || {
        stage.twilio().requests().iter().filter(|r| r.path.ends_with("/IncomingPhoneNumbers.json")).count()
    };
    let (before, began) = (lists(), std::time::Instant::now());
    while lists() < before + 4 {
        assert!(began.elapsed().as_secs() < 20, "no pass is made:\n{}", stage.server.log());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let told = text(&reconcile(&stage));
    for number in &numbers[2..4] {
        let line = told.lines().find(|line| line.contains(number.as_str()));
        assert!(line.is_some_and(|line| line.contains("unknown_order")), "{number}:\n{told}");
    }
    assert!(told.contains("ghost"), "{told}");
    expected.push(numbers[4].clone());
    expected.sort();
    assert_eq!(held(&stage), expected, "nothing is released, and nothing lost");
    let verified = stage.command(&["ledger", "verify"]);
    assert_eq!(verified.status.code(), Some(0), "{}", text(&verified));
}

#[tokio::test]
async fn a_backup_says_what_it_made_and_replaces_nothing_unasked() {
    let stage = Stage::new("25.00").await;
    let first = stage.command(&["backup", "copy.db"]);
    assert!(first.status.success(), "{}", text(&first));
    assert!(text(&first).contains("The copy is whole, and its ledger balances."), "{}", text(&first));
    let second = stage.command(&["backup", "copy.db"]);
    assert_eq!(second.status.code(), Some(1));
    let said = text(&second);
    assert!(said.contains("there is no new backup") && said.contains("--force"), "{said}");
    assert!(stage.command(&["backup", "copy.db", "--force"]).status.success());
}

#[test]
fn the_command_for_postgresql_has_no_password() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [["backup", "x.dump"], ["restore", "x.dump"]] {
        let mut command = command("trunkline", folder.path());
        command.args(arguments).env("DATABASE_URL", "postgres://ann:hunter2@db:5433/shop");
        let output = command.output().unwrap();
        let said = text(&output);
        assert!(!output.status.success());
        assert!(said.contains("--host=db --port=5433 --username=ann --dbname=shop"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}
