//! Accounts that sign in at the dashboard, as whoever sits at the machine makes and keeps them.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use crate::process::command;

const PASSWORD: &str = "correct horse battery\n";

/// Runs `trunkline user` with this on standard input: whether it succeeded, its answer, and its remarks.
fn user(folder: &Path, arguments: &[&str], input: &str) -> (bool, String, String) {
    let mut command = command("trunkline", folder);
    command.arg("user").args(arguments).env("PUBLIC_URL", "https://numbers.example.com");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(!text(&output.stdout).contains("horse") && !text(&output.stderr).contains("horse"));
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

fn done(folder: &Path, arguments: &[&str], input: &str) -> String {
    let (succeeded, answer, remarks) = user(folder, arguments, input);
    assert!(succeeded, "{arguments:?}: {remarks}");
    answer
}

fn refused(folder: &Path, arguments: &[&str], input: &str) -> String {
    let (succeeded, answer, remarks) = user(folder, arguments, input);
    assert!(!succeeded, "{arguments:?}: {answer}");
    remarks
}

#[test]
fn accounts_are_made_and_kept_at_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let ann = ["--email", "ann@example.com"];
    let short = refused(folder, &["create", "--email", "ann@example.com", "--user", "ann"], "short\n");
    assert!(short.contains("at least 12 characters; nothing was changed"), "{short}");
    assert!(done(folder, &["list"], "").contains("no accounts yet"));
    let made = done(folder, &["create", "--email", "Ann@example.com", "--user", "ann"], PASSWORD);
    assert!(made.contains("It is user ann."), "{made}");
    let refusal = refused(folder, &["create", "--email", "ann@example.com"], PASSWORD);
    assert!(
        refusal.contains("another account has this e-mail address, and nothing was changed"),
        "{refusal}"
    );
    let olga = done(folder, &["create", "--operator", "--subject", "idp|olga"], "");
    assert!(olga.contains("trunkline key revoke"), "{olga}");
    let listed = done(folder, &["list"], "");
    let lines: Vec<&str> = listed.lines().collect();
    assert!(lines[0].starts_with("Ann@example.com  user ann  [password]"), "{listed}");
    assert!(lines[1].starts_with("idp|olga  operator, key ") && lines.len() == 2, "{listed}");

    let link = done(folder, &["sign-in-link", ann[0], ann[1]], "");
    let token = link.trim().strip_prefix("https://numbers.example.com/sign-in/link/").unwrap();
    assert_eq!(token.len(), 43, "{link}");
    done(folder, &["password", ann[0], ann[1]], "another horse battery\n");
    assert!(done(folder, &["sessions", ann[0], ann[1]], "").contains("no sessions"));
    assert!(done(folder, &["sessions", ann[0], ann[1], "--end"], "").contains("0 sessions ended"));
    done(folder, &["disable", ann[0], ann[1]], "");
    assert!(done(folder, &["list"], "").contains("disabled since"));
    let none = refused(folder, &["sign-in-link", ann[0], ann[1]], "");
    assert!(none.contains("is disabled"), "{none}");
    done(folder, &["enable", ann[0], ann[1]], "");
    let nobody = refused(folder, &["disable", "--email", "bob@example.com"], "");
    assert!(nobody.contains("there is no such account, and nothing was changed"), "{nobody}");
}
