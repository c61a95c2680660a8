//! A public address that has moved: the numbers follow when they are told to, and nothing changes by itself.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::Value;
use trunkline_twilio_sim::{Fault, FaultAction};

use crate::engine::Engine;
use crate::stage::Stage;

const MOVED: &[(&str, &str)] = &[("PUBLIC_URL", "https://moved.example.com")];

/// Runs the command to its end, and answers its status and its report.
fn repoint(stage: &Stage, arguments: &[&str]) -> (i32, Value) {
    let arguments = [&["webhooks", "repoint", "--json"], arguments].concat();
    let output = stage.command_with(&arguments, MOVED).output().unwrap();
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code().unwrap(), report)
}

async fn stage_with(count: usize) -> Stage {
    let stage = Stage::on(Engine::Sqlite, "100.00", &[("RECONCILE_AFTER_S", "0")]).await;
    for nth in 0..count {
        let (status, answer) = stage.buy(&stage.free_number(nth)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }
    stage
}

/// How many numbers point to this host, at Twilio and here.
async fn pointing_to(stage: &Stage, host: &str) -> (usize, usize) {
    let there = stage.twilio().owned().iter().filter(|owned| owned.voice_url.contains(host)).count();
    let here = stage.numbers().await.iter().filter(|row| row.to_string().contains(host)).count();
    (there, here)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_follow_through_429s_and_only_once() {
    let stage = stage_with(8).await;
    let (status, report) = repoint(&stage, &["--dry-run"]);
    assert_eq!(
        (status, report["elsewhere"].as_u64(), report["rightAlready"].as_u64()),
        (0, Some(8), Some(0))
    );
    assert_eq!(
        report["numbers"][0]["to"]["voiceUrl"],
        "https://moved.example.com/api/voice-agent/handle-call"
    );
    assert_eq!(pointing_to(&stage, "moved.example.com").await.0, 0, "a dry run changes nothing");

    let released = stage.numbers().await[0]["id"].as_str().unwrap().to_owned();
    stage.ask(Method::DELETE, &format!("/api/numbers/{released}/release"), None).await;
    let limited = FaultAction::Status { status: 429, retry_after_s: None };
    let limit = Fault::new(limited).by_chance(50, 7);
    stage.twilio().script(limit.on("POST", "*/IncomingPhoneNumbers/*").forever());
    let (status, report) = repoint(&stage, &[]);
    assert_eq!((status, report["repairs"]["done"].as_u64()), (0, Some(7)), "{report:#}");
    assert_eq!(pointing_to(&stage, "moved.example.com").await.0, 7);

    stage.twilio().clear_requests();
    let (status, report) = repoint(&stage, &[]);
    assert_eq!(
        (status, report["elsewhere"].as_u64(), report["rightAlready"].as_u64()),
        (0, Some(0), Some(7))
    );
    assert!(stage.twilio().requests().is_empty(), "what is right is left alone");
}

/// A crash between Twilio and our row leaves drift towards an address of ours, which the next run mends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_was_killed_is_made_again() {
    let stage = stage_with(12).await;
    let unheard = Fault::new(FaultAction::NeverAnswer { act: true }).nth(3);
    stage.twilio().script(unheard.on("POST", "*/IncomingPhoneNumbers/*").forever());
    let mut running = stage.command_with(&["webhooks", "repoint"], MOVED).spawn().unwrap();
    let held = async {
        while stage.twilio().held() == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), held).await.expect("it comes to the third");
    running.kill().unwrap();
    running.wait().unwrap();
    stage.twilio().drop_held();
    stage.twilio().clear_faults();
    let (there, _) = pointing_to(&stage, "moved.example.com").await;
    assert!((1..12).contains(&there), "{there} were repointed at Twilio when it was killed");

    let (status, report) = repoint(&stage, &[]);
    assert_eq!((status, report["repairs"]["failed"].as_u64()), (0, Some(0)), "{report:#}");
    assert_eq!(pointing_to(&stage, "moved.example.com").await.0, 12);
    let agreed = stage.command(&["reconcile"]);
    assert_eq!(agreed.status.code(), Some(0), "{}", String::from_utf8_lossy(&agreed.stdout));
}

/// Where somebody has pointed a number in the Console is known nowhere else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_that_somebody_has_pointed_elsewhere_is_left_alone() {
    let stage = stage_with(3).await;
    let sid = stage.twilio().owned()[1].sid.clone();
    stage.set_at_twilio(&sid, &[("VoiceUrl", "https://pbx.example/answer")]).await;
    for (arguments, there) in [(&["--dry-run"][..], 0), (&[], 2)] {
        let (status, report) = repoint(&stage, arguments);
        assert_eq!((status, report["repairs"]["failed"].as_u64()), (1, Some(1)), "{report:#}");
        assert_eq!(report["numbers"][0]["numberSid"], sid.as_str());
        assert_eq!(pointing_to(&stage, "moved.example.com").await, (there, there));
        assert_eq!(pointing_to(&stage, "pbx.example").await.0, 1);
    }
}

/// A database from before the numbers were repointed: the numbers keep the present address, and the rows get it back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_row_takes_no_number_back_to_the_address_of_its_time() {
    let mut stage = stage_with(2).await;
    let copy = stage.folder.path().join("copy.db");
    let backup = stage.command(&["backup", copy.to_str().unwrap()]);
    assert!(backup.status.success(), "{}", String::from_utf8_lossy(&backup.stderr));
    assert_eq!(repoint(&stage, &[]).0, 0);
    stage.server.stop();
    let restore = stage.command(&["restore", copy.to_str().unwrap()]);
    assert!(restore.status.success(), "{}", String::from_utf8_lossy(&restore.stderr));
    stage.restart();
    assert_eq!(pointing_to(&stage, "moved.example.com").await, (2, 0));
    let repaired = stage.command_with(&["reconcile", "--repair"], MOVED).output().unwrap();
    let told = String::from_utf8(repaired.stdout).unwrap();
    assert_eq!(repaired.status.code(), Some(1), "{told}");
    assert_eq!(told.matches("`trunkline webhooks repoint` puts the row right").count(), 2, "{told}");
    assert_eq!(pointing_to(&stage, "moved.example.com").await, (2, 0), "no number is taken back");
    assert_eq!(repoint(&stage, &[]).0, 0);
    assert_eq!(pointing_to(&stage, "moved.example.com").await, (2, 2));
    let agreed = stage.command_with(&["reconcile"], MOVED).output().unwrap();
    assert_eq!(agreed.status.code(), Some(0), "{}", String::from_utf8_lossy(&agreed.stdout));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_that_twilio_refuses_to_change_is_listed() {
    let stage = stage_with(3).await;
    let refusal = FaultAction::Refuse { status: 400, code: 21_402, message: None };
    stage.twilio().script(Fault::new(refusal).on("POST", "*/IncomingPhoneNumbers/*"));
    let output = stage.command_with(&["webhooks", "repoint"], MOVED).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("2 of 3 numbers repointed") && told.contains("1 STILL POINT ELSEWHERE"), "{told}");
    assert_eq!(repoint(&stage, &[]).0, 0, "the others go on, and the next run takes it");
    let nowhere =
        stage.command_with(&["webhooks", "repoint"], &[]).env_remove("PUBLIC_URL").output().unwrap();
    assert_eq!(nowhere.status.code(), Some(2));
}
