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

const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const TOKEN: &str = "a-token-that-nothing-prints";

/// The command, killed if the test ends before it.
struct Running {
    child: Child,
    url: String,
    client: reqwest::Client,
}

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_twilio-sim"));
    command.env_clear();
    command
}

fn run(arguments: &[&str]) -> Output {
    command().args(arguments).output().unwrap()
}

impl Running {
    fn start(state: &Path) -> Self {
        let mut child = command()
            .args(["--listen", "127.0.0.1:0", "--account-sid", ACCOUNT, "--state"])
            .arg(state)
            .env("TWILIO_AUTH_TOKEN", TOKEN)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.split_whitespace().find(|word| word.starts_with("http://")).expect(&line);
        let url = url.trim_end_matches(',').to_owned();
        Self { child, url, client: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    fn request(&self, method: reqwest::Method, resource: &str) -> reqwest::RequestBuilder {
        let url = format!("{}/2010-04-01/Accounts/{ACCOUNT}{resource}", self.url);
        self.client.request(method, url).basic_auth(ACCOUNT, Some(TOKEN))
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
async fn it_sells_a_number_stops_on_a_signal_and_remembers() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.json");
    let search = "/AvailablePhoneNumbers/US/Local.json?AreaCode=415&PageSize=1";

    let running = Running::start(&state);
    let found = running.request(reqwest::Method::GET, search).send().await.unwrap();
    let found: serde_json::Value = serde_json::from_str(&found.text().await.unwrap()).unwrap();
    let number = found["available_phone_numbers"][0]["phone_number"].as_str().unwrap().to_owned();
    let buy = running.request(reqwest::Method::POST, "/IncomingPhoneNumbers.json");
    assert_eq!(buy.form(&[("PhoneNumber", &number)]).send().await.unwrap().status(), 201);
    assert!(running.stop(Signal::SIGTERM).success());

    let again = Running::start(&state);
    let list = again.request(reqwest::Method::GET, "/IncomingPhoneNumbers.json").send().await.unwrap();
    assert!(list.text().await.unwrap().contains(&number));
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
        "TWILIO_SIM_LISTEN",
        "127.0.0.1:4010",
        "--account-sid",
        "TWILIO_ACCOUNT_SID",
        "--auth-token",
        "--seed",
        "--rebuy",
        "--api-key",
        "--standard-api-key",
        "--subaccount",
        "--test-credentials",
        "--trial",
        "--record",
        "TWILIO_SIM_RECORD",
        "/_sim/clock",
        "/_sim/accounts",
        "percent",
        "duplicate",
        "--state",
        "/_sim/faults",
        "actThenReset",
        "neverAnswer",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
}

#[test]
fn a_wrong_setting_is_explained_and_the_token_is_not_shown() {
    let wrong = run(&["--account-sid", "AC1", "--auth-token", TOKEN]);
    assert_eq!(wrong.status.code(), Some(2));
    let text = String::from_utf8(wrong.stderr).unwrap();
    assert!(text.contains("AC and 32 hexadecimal digits"), "{text}");
    assert!(!text.contains(TOKEN), "{text}");

    let key = ["--account-sid", ACCOUNT, "--auth-token", TOKEN, "--api-key", "SK1:a-secret"];
    let refused = run(&key);
    assert_eq!(refused.status.code(), Some(1));
    let text = String::from_utf8(refused.stderr).unwrap();
    assert!(text.contains("--api-key takes SK") && !text.contains("a-secret"), "{text}");

    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("absent/state.json");
    let state = state.to_str().unwrap();
    let listen =
        ["--listen", "127.0.0.1:0", "--account-sid", ACCOUNT, "--auth-token", TOKEN, "--state", state];
    let failed = run(&listen);
    assert_eq!(failed.status.code(), Some(1));
    let text = String::from_utf8(failed.stderr).unwrap();
    assert!(text.contains("cannot use the state file") && text.contains(state), "{text}");
}
