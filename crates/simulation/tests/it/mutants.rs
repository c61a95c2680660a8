//! Six rules of the protocol, left out one at a time: the schedules must find each, by what is lost for want of it.
//!
//! A mistake is made by a whole process, so each has one of its own.

use std::process::Command;

use rstest::rstest;

/// Every mistake is found within so many schedules. A hundred are enough for most, some need a thousand.
const BOUND: &str = "5000";

#[rstest]
#[case::recovery_off("recovery-off", "undecided: order")]
#[case::void_on_first_absent("void-on-first-absent", "lost number: ")]
#[case::timeout_is_no("timeout-is-no", "lost number: ")]
#[case::settle_in_two("settle-in-two", "stranded hold: ")]
#[case::stale_settle_drops_sid("stale-settle-drops-sid", "lost evidence: ")]
#[case::orphan_by_marker_alone("orphan-by-marker-alone", "lost number: ")]
fn a_mistake_is_found(#[case] mutant: &str, #[case] loss: &str) {
    let output = Command::new(env!("CARGO_BIN_EXE_trunkline-simulation"))
        .args(["--schedules", BOUND, "--mutant", mutant])
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{printed}");
    assert!(printed.contains("lost        by seed "), "{printed}");
    assert!(printed.contains(loss), "{printed}");
    assert!(printed.contains("what happened"), "the trace: {printed}");
}
