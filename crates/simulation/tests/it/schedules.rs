//! What a search and a replay promise. `scripts/test` plays many more schedules, by the program itself.

use std::process::Command;
use std::sync::Arc;

use trunkline_simulation::{Database, Tally, Trace, play, replay, search};

#[test]
fn a_seed_tells_the_same_story_on_every_database() {
    let tally = Arc::new(Tally::default());
    let worn = Database::fresh();
    for seed in 1..40 {
        let trace = Trace::kept();
        let losses = play(&worn, seed, &trace, &tally);
        let (lost_again, again) = replay(seed, &tally);
        assert_eq!(losses, lost_again, "seed {seed}");
        let [first, second] = [trace, again].map(|trace| without_deployments(&trace));
        let differing = first.iter().zip(&second).find(|(first, second)| first != second);
        assert_eq!(differing, None, "seed {seed}");
        assert_eq!(first.len(), second.len(), "seed {seed}");
    }
}

/// Each database is an installation of its own, and its markers say which.
fn without_deployments(trace: &Trace) -> Vec<String> {
    trace.lines().iter().map(|line| without_deployment(line)).collect()
}

fn without_deployment(line: &str) -> String {
    let Some((before, marker)) = line.split_once("tl1:") else { return line.to_owned() };
    format!("{before}{}", marker.split_once(':').map_or(marker, |(_, order)| order))
}

#[test]
fn neighbouring_seeds_tell_different_stories() {
    let tally = Arc::new(Tally::default());
    let [first, second] = [1, 2].map(|seed| without_deployments(&replay(seed, &tally).1));
    assert_ne!(first, second);
}

#[test]
fn a_few_hundred_schedules_lose_nothing_and_meet_every_fault() {
    let tally = Arc::new(Tally::default());
    let finding = search(1..1_001, 2, &tally);
    assert!(finding.is_none(), "{finding:?}");
    assert_eq!(tally.schedules(), 1_000);
    assert_eq!(tally.never_struck(), [""; 0]);
}

#[test]
fn a_seed_alone_shows_its_trace() {
    let program = env!("CARGO_BIN_EXE_trunkline-simulation");
    let output = Command::new(program).args(["--seed", "1"]).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{printed}");
    assert!(printed.contains("purchases.open: opened"), "{printed}");
    assert!(printed.contains("seed 1 loses nothing"), "{printed}");
}
