//! The command `torture`: what it says of itself, and that it notices what is broken on purpose.

#![expect(clippy::unwrap_used, reason = "what a helper of a test cannot do ends the test")]

use std::process::{Command, Output};

fn torture(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_torture"));
    // A run of all tests records what its simulators say; a load like this one would drown the rest.
    command.args(arguments).env_remove("TWILIO_SIM_RECORD").output().unwrap()
}

fn said(output: &Output) -> String {
    [output.stdout.as_slice(), &output.stderr].map(String::from_utf8_lossy).concat()
}

#[test]
fn it_says_what_it_does_and_what_its_status_means() {
    let help = torture(&["--help"]);
    assert!(help.status.success());
    for words in ["--seed", "--minutes", "--engine", "--sabotage", "Exit status: 0 nothing lost", "Examples:"]
    {
        assert!(said(&help).contains(words), "{words}");
    }
    for wrong in [["--minutes", "soon"], ["--engine", "oracle"], ["--seed", "-1"]] {
        assert_eq!(torture(&wrong).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn what_is_broken_on_purpose_is_found_and_named() {
    let run = torture(&[
        "--seed=1",
        "--minutes=0.1",
        "--engine=sqlite",
        "--sabotage=lose-number,stray-number,touch-neighbour,post-twice",
    ]);
    let said = said(&run);
    assert_eq!(run.status.code(), Some(1), "{said}");
    for loss in [
        "which at Twilio is None",
        "and nobody here has it",
        "which is another deployment's, was touched",
        "one credit was posted 2 times",
    ] {
        assert_eq!(said.matches(loss).count(), 1, "{loss}\n{said}");
    }
    assert!(said.contains("seed 1"), "{said}");
}
