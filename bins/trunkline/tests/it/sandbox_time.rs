//! The sandbox's time, moved: a month passes here and at the simulated Twilio, selling goes on, and a restart keeps it.

use std::collections::HashMap;
use std::path::Path;
use std::process::Output;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use crate::process::{Process, command, run};

/// A sandbox in a folder, running.
struct Sandbox {
    process: Process,
    env: HashMap<String, String>,
    http: Client,
}

impl Sandbox {
    fn start(folder: &Path) -> Self {
        let mut command = command("trunkline", folder);
        command.args(["sandbox", "--listen", "127.0.0.1:0"]);
        let process = Process::start(command);
        let text = std::fs::read_to_string(folder.join("trunkline-sandbox/sandbox.env")).unwrap();
        let pair = |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        let http = Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        Self { process, env: text.lines().filter_map(pair).collect(), http }
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value, DateTime<Utc>) {
        let url = format!("{}{path}", self.env["TRUNKLINE_URL"]);
        let mut request = self.http.request(method, url).bearer_auth(&self.env["TRUNKLINE_API_KEY"]);
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or(Value::Null), Utc::now())
    }

    /// Buys the first number that is found, and answers its row.
    async fn buy(&self) -> Value {
        let search = json!({ "countryCode": "US", "numberType": "local", "areaCode": "415", "limit": 1 });
        let (_, found, _) = self.ask(Method::POST, "/api/numbers/search", search).await;
        let number = &found["numbers"][0]["phoneNumber"];
        let purchase = json!({ "phoneNumber": number, "displayName": "Front desk" });
        let (status, answer, _) = self.ask(Method::POST, "/api/numbers/purchase", purchase).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let (_, all, _) = self.ask(Method::GET, "/api/numbers?limit=100", Value::Null).await;
        let rows = all["numbers"].as_array().unwrap();
        rows.iter().find(|row| row["phone_number"] == *number).unwrap().clone()
    }

    async fn simulator(&self, path: &str) -> Value {
        let url = format!("{}/_sim/{path}", self.env["TWILIO_BASE_URL"]);
        self.http.get(url).send().await.unwrap().json().await.unwrap()
    }

    /// How far the simulator's clock is ahead of this machine's.
    async fn simulator_ahead(&self) -> TimeDelta {
        time(&self.simulator("clock").await["now"]) - Utc::now()
    }
}

fn time(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap_or_else(|| panic!("{value} is no time")).parse().unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn close(one: TimeDelta, other: TimeDelta) -> bool {
    (one - other).abs() < TimeDelta::seconds(2)
}

// On two threads: the command is waited for on one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_passes_on_both_sides_and_is_kept() {
    const MONTH: TimeDelta = TimeDelta::days(31);

    let folder = tempfile::tempdir().unwrap();
    let mut sandbox = Sandbox::start(folder.path());
    let first = sandbox.buy().await;
    let moved = run("trunkline", folder.path(), &["sandbox", "advance", "31d"]);
    assert!(moved.status.success(), "{}\n{}", text(&moved), sandbox.process.log());
    let told = text(&moved);
    let number = first["phone_number"].as_str().unwrap();
    assert!(told.contains(&format!("Twilio charged    $1.15 for {number}")), "{told}");
    assert!(told.contains("The ledger balances."), "{told}");

    assert!(close(sandbox.simulator_ahead().await, MONTH));
    let charges = sandbox.simulator("charges").await;
    let reasons: Vec<_> = charges.as_array().unwrap().iter().map(|charge| &charge["reason"]).collect();
    assert_eq!(reasons, ["purchase", "month"], "the second month is charged");
    let second = sandbox.buy().await;
    let created = time(&second["created_at"]);
    assert!(close(created - Utc::now(), MONTH), "{second}");
    let path = format!("/api/numbers/{}/release", first["id"].as_str().unwrap());
    let (status, answer, _) = sandbox.ask(Method::DELETE, &path, Value::Null).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let (status, _, _) = sandbox.ask(Method::GET, "/readyz", Value::Null).await;
    assert_eq!(status, StatusCode::OK, "its clocks are not apart");
    let books = command("trunkline", folder.path())
        .args(["reconcile", "--database-url", "sqlite:trunkline-sandbox/trunkline.db"])
        .envs(sandbox.env.iter().filter(|(name, _)| name.starts_with("TWILIO_")))
        .env("RECONCILE_AFTER_S", "0")
        .output()
        .unwrap();
    assert!(books.status.success(), "commands beside it go by its clock: {}", text(&books));
    assert!(!sandbox.process.log().contains("ERROR"), "{}", sandbox.process.log());

    sandbox.process.stop();
    let refused = command("trunkline", folder.path())
        .args(["serve", "--database-url", "sqlite:trunkline-sandbox/trunkline.db", "--listen", "127.0.0.1:0"])
        .output()
        .unwrap();
    assert!(text(&refused).contains("`trunkline sandbox` serves it"), "{}", text(&refused));
    // As after a crash between the two moves: the simulator's is on the disk, the server's is not.
    std::fs::remove_file(folder.path().join("trunkline-sandbox/sandbox-clock.json")).unwrap();
    let sandbox = Sandbox::start(folder.path());
    assert!(close(sandbox.simulator_ahead().await, MONTH));
    assert!(close(time(&sandbox.buy().await["created_at"]) - Utc::now(), MONTH), "the server came after");
}

#[test]
fn only_whoever_has_the_token_moves_a_running_sandbox() {
    let folder = tempfile::tempdir().unwrap();
    let none = run("trunkline", folder.path(), &["sandbox", "advance", "1d"]);
    assert!(!none.status.success() && text(&none).contains("says of no running sandbox"), "{}", text(&none));
    let wrong = run("trunkline", folder.path(), &["sandbox", "advance", "31"]);
    assert!(text(&wrong).contains("write 90s, 15m, 6h, 31d or 2w"), "{}", text(&wrong));
    let mut sandbox = Sandbox::start(folder.path());
    let file = folder.path().join("trunkline-sandbox/sandbox.env");
    let env = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, env.replace(&sandbox.env["TRUNKLINE_SANDBOX_TOKEN"], "0000")).unwrap();
    let refused = run("trunkline", folder.path(), &["sandbox", "advance", "1d"]);
    assert!(text(&refused).contains("the token is another one"), "{}", text(&refused));
    sandbox.process.stop();
    let gone = run("trunkline", folder.path(), &["sandbox", "advance", "1d"]);
    assert!(text(&gone).contains("no sandbox answers there"), "{}", text(&gone));
}
