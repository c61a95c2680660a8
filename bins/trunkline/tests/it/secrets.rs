//! Nothing that the program prints or answers has a secret in it, at whatever level it logs; and `./.env` is read by the
//! sandbox alone.
//!
//! Which settings are secret is read from `.env.example`, so a new one is looked for without a word here.

use std::process::Output;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::{Method, StatusCode};
use secrecy::SecretString;
use serde_json::json;
use trunkline_twilio::{SIGNATURE_HEADER, SignedBody, WebhookForm, sign};

use crate::engine::{Engine, Place};
use crate::process::{command, run};
use crate::stage::{ACCOUNT_SID, AUTH_TOKEN, Stage};

const EXAMPLE: &str = include_str!("../../../../.env.example");

/// What every secret's value begins with.
const SECRET: &str = "hunter2-";
const FIRST_TOKEN: &str = "hunter2-the-first-token";

/// The settings that are secrets, or have one in them.
fn secret_settings() -> Vec<String> {
    let lines = EXAMPLE.lines().filter_map(|line| line.trim_start_matches('#').split_once('='));
    let names = lines.map(|(name, _)| name).filter(|name| {
        let is_secret = ["TOKEN", "SECRET", "PASSWORD", "_KEY"].iter().any(|part| name.contains(part));
        is_secret || *name == "DATABASE_URL"
    });
    names.map(str::to_owned).collect()
}

/// Every secret setting with a value of its own.
fn secrets() -> Vec<(String, String)> {
    let value = |name: &str| {
        let secret = format!("{SECRET}{}", name.to_lowercase());
        if name == "DATABASE_URL" { format!("postgres://ann:{secret}@127.0.0.1:1/shop") } else { secret }
    };
    secret_settings().into_iter().map(|name| (name.clone(), value(&name))).collect()
}

/// Fails if a text has one of the secrets in it, as it is or as HTTP's Basic authentication writes it.
#[track_caller]
fn assert_tells_nothing(what: &str, text: &str, others: &[&str]) {
    let basic = |token: &str| BASE64_STANDARD.encode(format!("{ACCOUNT_SID}:{token}"));
    let (first, second) = (basic(FIRST_TOKEN), basic(AUTH_TOKEN));
    for secret in [SECRET, AUTH_TOKEN, &first, &second].iter().chain(others) {
        let place = text.find(secret).map(|at| text[..at].lines().next_back().unwrap_or_default());
        assert!(place.is_none(), "{what} tells `{secret}` after: {place:?}");
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

#[test]
fn the_secret_settings_are_known() {
    let names = secret_settings();
    for name in ["TWILIO_AUTH_TOKEN", "TWILIO_AUTH_TOKEN_SECONDARY", "TWILIO_API_SECRET", "DATABASE_URL"] {
        assert!(names.iter().any(|known| known == name), "{name}: {names:?}");
    }
}

/// Help shows what the environment says for a setting, unless it is a secret.
#[test]
fn help_and_mistakes_in_the_settings_tell_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let commands: [&[&str]; 10] = [
        &["--help"],
        &["-h"],
        &["serve", "--help"],
        &["sandbox", "--help"],
        // API keys and a parent account are both set, which no command takes.
        &["serve"],
        &["migrate"],
        &["doctor"],
        &["key", "create", "--operator"],
        &["order", "list"],
        &["serve", "--no-such-flag"],
    ];
    for arguments in commands {
        let mut command = command("trunkline", folder.path());
        command.args(arguments).envs(secrets()).env("LOG", "trace").env("RUST_BACKTRACE", "full");
        assert_tells_nothing(&format!("{arguments:?}"), &said(&command.output().unwrap()), &[]);
    }
    for (name, value) in secrets() {
        let mut command = command("trunkline", folder.path());
        command.args(["migrate"]).env(&name, value).env("LOG", "trace").env("RUST_BACKTRACE", "full");
        command.env("DATABASE_ACQUIRE_TIMEOUT_S", "0.2");
        assert_tells_nothing(&name, &said(&command.output().unwrap()), &[]);
    }
}

/// A parser likes to show the line that it does not understand.
#[test]
fn a_broken_settings_file_is_said_without_its_lines() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trunkline.toml");
    for text in [
        "twilio_auth_token = \"hunter2-unfinished",
        "twilio_auth_token = hunter2-bare\n",
        "twilio_auth_token = [\"hunter2-list\"]\n",
        "twilio_auth_token = { value = \"hunter2-table\" }\n",
        "database_url = \"postgres://ann:hunter2-database@\"\n",
        "twilio_auth_token = \"hunter2-a\"\ntwilio_auth_token = \"hunter2-b\"\n",
        "\"hunter2-twilio_auth_token\n",
    ] {
        std::fs::write(&file, text).unwrap();
        let output = run("trunkline", folder.path(), &["migrate"]);
        assert!(!output.status.success(), "{text}");
        assert_tells_nothing(text, &said(&output), &[]);
        assert!(
            said(&output).contains("trunkline.toml") || said(&output).contains("DATABASE_URL"),
            "{}",
            said(&output)
        );
    }
}

#[test]
fn dotenv_is_read_by_the_sandbox_and_by_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let write = |text: &str| std::fs::write(folder.path().join(".env"), text).unwrap();
    let ask = |arguments: &[&str], environment: &[(&str, &str)]| {
        let mut command = command("trunkline", folder.path());
        said(&command.args(arguments).envs(environment.iter().copied()).output().unwrap())
    };
    // A mistake ends the sandbox at once, so nothing has to be stopped.
    write("LISTEN=nowhere\nTWILIO_AUTH_TOKEN=hunter2-of-dotenv\n");
    let sandbox = ask(&["sandbox"], &[]);
    assert!(sandbox.contains("LISTEN: `nowhere`"), "{sandbox}");
    assert_tells_nothing("sandbox", &sandbox, &[]);
    let over = ask(&["sandbox"], &[("LISTEN", "elsewhere")]);
    assert!(over.contains("LISTEN: `elsewhere`"), "the environment is above the file: {over}");
    for others in [&["migrate"][..], &["order", "list"], &["serve", "--listen", "still-nowhere"]] {
        let other = ask(others, &[]);
        assert!(!other.contains("`nowhere`"), "{others:?}: {other}");
    }
    write("TWILIO_AUTH_TOKEN hunter2-without-a-sign\n");
    let broken = ask(&["sandbox"], &[]);
    assert!(broken.contains("./.env has a line that is not NAME=value"), "{broken}");
    assert_tells_nothing("a broken .env", &broken, &[]);
}

/// A form as Twilio posts it, signed with a token.
async fn post_webhook(stage: &Stage, token: &str) -> StatusCode {
    const FORM: &str = "CallSid=CA1&From=%2B14158675309&To=%2B14152300101&CallStatus=ringing";
    const PATH: &str = "/api/voice-agent/handle-call";
    let fields = WebhookForm::parse(FORM.as_bytes());
    let token = SecretString::from(token.to_owned());
    let url = format!("https://numbers.example.com{PATH}");
    let signature = sign(&token, &url, SignedBody::Form(fields.fields()));
    let request = reqwest::Client::new().post(format!("{}{PATH}", stage.server.url)).body(FORM);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    request.header(SIGNATURE_HEADER, signature).send().await.unwrap().status()
}

/// The whole life of a server while its token is being changed: Twilio refuses the first token already, and takes the
/// second.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_whose_token_is_being_changed_works_and_tells_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(Engine::Postgres, folder.path()).await;
    let password = format!("postgres:{SECRET}of-the-database@");
    place.url = place.url.replacen("postgres@", &password, 1);
    assert!(place.url.contains(SECRET));
    let environment = [
        ("TWILIO_AUTH_TOKEN", FIRST_TOKEN),
        ("TWILIO_AUTH_TOKEN_SECONDARY", AUTH_TOKEN),
        ("LOG", "trace"),
        ("RUST_BACKTRACE", "full"),
        ("METRICS_LISTEN", "127.0.0.1:0"),
        ("METRICS_INTERVAL_S", "0.05"),
    ];
    let mut stage = Stage::at(place, folder, "25.00", &environment).await;

    let (status, answer) = stage.buy(&stage.free_number(0)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(stage.twilio().owned().len(), 1);
    let mut told = vec![answer.to_string()];
    for (token, expected) in [
        (FIRST_TOKEN, StatusCode::OK),
        (AUTH_TOKEN, StatusCode::OK),
        ("hunter2-of-somebody-else", StatusCode::FORBIDDEN),
    ] {
        assert_eq!(post_webhook(&stage, token).await, expected, "{token}");
    }
    let user = stage.user.clone();
    for (key, method, path, body) in [
        ("hunter2-no-key-of-ours", Method::GET, "/api/numbers", None),
        (user.as_str(), Method::GET, "/api/no-such-route", None),
        (&user, Method::POST, "/api/numbers/purchase", Some(json!({ "phoneNumber": "hunter2" }))),
        (&user, Method::POST, "/api/wallet/credits", Some(json!({}))),
        (&user, Method::GET, "/readyz", None),
    ] {
        let (status, answer) = stage.ask_as(key, method, path, body).await;
        told.push(format!("{status} {answer}"));
    }
    let (_, rest) =
        stage.server.log().split_once("metrics at ").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let metrics = reqwest::get(rest.lines().next().unwrap()).await.unwrap().text().await.unwrap();
    let keys = [stage.user.clone(), stage.operator.clone()];
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    assert_tells_nothing("the metrics", &metrics, &keys);
    assert_tells_nothing("the answers", &told.join("\n"), &keys);

    let doctor = stage.command(&["doctor"]);
    let report = said(&doctor);
    assert!(report.contains("Twilio refuses the first and takes the second"), "{report}");
    for output in [doctor, stage.command(&["order", "list"]), stage.command(&["ledger", "verify"])] {
        assert_tells_nothing("a command", &said(&output), &keys);
    }
    stage.server.stop();
    let log = stage.server.log();
    assert!(log.contains("TRACE") && log.contains("asking once more with the second one"), "{log}");
    assert_tells_nothing("the log", &log, &keys);
}

#[test]
fn the_example_has_no_secret() {
    let set = secret_settings().into_iter().filter(|name| {
        let value =
            EXAMPLE.lines().find_map(|line| line.trim_start_matches('#').strip_prefix(&format!("{name}=")));
        !["", "sqlite:trunkline.db"].contains(&value.unwrap())
    });
    assert_eq!(set.collect::<Vec<_>>(), Vec::<String>::new());
}
