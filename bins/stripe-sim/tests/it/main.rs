//! The real command: started, asked, restarted and told to stop.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where it fails")]

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

const KEY: &str = "sk_test_that_nothing_prints";

/// The command, killed if the test ends before it.
struct Running {
    child: Child,
    url: String,
    client: reqwest::Client,
}

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stripe-sim"));
    command.env_clear();
    command
}

fn run(arguments: &[&str]) -> Output {
    command().args(arguments).output().unwrap()
}

impl Running {
    fn start(state: &Path) -> Self {
        let mut child = command()
            .args(["--listen", "127.0.0.1:0", "--state"])
            .arg(state)
            .env("STRIPE_SECRET_KEY", KEY)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.split_whitespace().find(|word| word.starts_with("http://")).expect(&line);
        let url = url.trim_end_matches(',').to_owned();
        Self { child, url, client: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    fn stop(mut self, signal: Signal) -> ExitStatus {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
        self.child.wait().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It fails only if the process is gone already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[tokio::test]
async fn it_keeps_a_customer_stops_on_a_signal_and_remembers() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.json");
    let running = Running::start(&state);
    let made = running.client.post(format!("{}/v1/customers", running.url)).bearer_auth(KEY);
    let made = made.form(&[("email", "ann@example.com")]).send().await.unwrap().text().await.unwrap();
    let made: serde_json::Value = serde_json::from_str(&made).unwrap();
    let id = made["id"].as_str().expect("a customer").to_owned();
    assert!(running.stop(Signal::SIGTERM).success());

    let again = Running::start(&state);
    let found = again.client.get(format!("{}/v1/customers/{id}", again.url)).bearer_auth(KEY);
    assert_eq!(found.send().await.unwrap().status(), 200);
    assert!(again.stop(Signal::SIGINT).success());
}

#[test]
fn the_help_explains_everything() {
    let help = run(&["--help"]);
    assert!(help.status.success());
    let text = String::from_utf8(help.stdout).unwrap();
    for part in [
        "Example:",
        "--listen",
        "127.0.0.1:4020",
        "--secret-key",
        "STRIPE_SECRET_KEY",
        "--webhook-url",
        "--webhook-secret",
        "--webhook-retry-ms",
        "--settle-after-s",
        "--seed",
        "--state",
        "/_sim/webhooks",
        "/_sim/disputes/{id}/win",
        "actThenReset",
        "insufficientFunds",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
}

#[test]
fn a_wrong_setting_is_explained_and_the_key_is_not_shown() {
    let missing = run(&[]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(String::from_utf8(missing.stderr).unwrap().contains("--secret-key"));

    assert_eq!(run(&["--secret-key", ""]).status.code(), Some(2), "nobody comes in without a key");

    let wrong = run(&["--listen", "127.0.0.1:0", "--secret-key", KEY, "--webhook-url", "nowhere"]);
    assert_eq!(wrong.status.code(), Some(1));
    let text = String::from_utf8(wrong.stderr).unwrap();
    assert!(text.contains("url is an http:// or https:// address") && !text.contains(KEY), "{text}");

    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("absent/state.json");
    let state = state.to_str().unwrap();
    let failed = run(&["--listen", "127.0.0.1:0", "--secret-key", KEY, "--state", state]);
    assert_eq!(failed.status.code(), Some(1));
    let text = String::from_utf8(failed.stderr).unwrap();
    assert!(text.contains("cannot use the state file") && text.contains(state), "{text}");
}
