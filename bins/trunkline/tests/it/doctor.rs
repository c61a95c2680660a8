//! `trunkline doctor` and `trunkline prices propose`: against the simulator, and against a Twilio of canned answers where
//! each answer matters.

use std::process::Output;

use serde_json::{Value, json};
use tempfile::TempDir;
use trunkline_domain::{Country, Currency, NumberType, PriceBook};
use trunkline_twilio_sim::{AccountType, Cents};
use wiremock::matchers::{method, path, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::process::command;
use crate::stage::{ACCOUNT_SID, AUTH_TOKEN, Stage};
use crate::tls_front::TlsFront;

const PRICES: &str = "[GB.mobile]\nmonthly = { USD = \"2.00\" }\n";

async fn answer(server: &MockServer, at: &str, body: Value) {
    let template = ResponseTemplate::new(200).set_body_json(body);
    let date = chrono::Utc::now().to_rfc2822();
    let template = template.insert_header("Date", date.replace("+0000", "GMT").as_str());
    Mock::given(method("GET")).and(path(at)).respond_with(template).mount(server).await;
}

/// An account that may buy and lacks a bundle.
async fn twilio() -> MockServer {
    let server = MockServer::start().await;
    let account = format!("/2010-04-01/Accounts/{ACCOUNT_SID}");
    let row = json!({"sid": ACCOUNT_SID, "friendly_name": "Bakery", "status": "active", "type": "Full"});
    answer(&server, &format!("{account}.json"), row).await;
    let page = json!({"incoming_phone_numbers": [], "next_page_uri": null});
    answer(&server, &format!("{account}/IncomingPhoneNumbers.json"), page).await;
    let balance = json!({"balance": "12.50", "currency": "USD"});
    answer(&server, &format!("{account}/Balance.json"), balance).await;
    let page = json!({"addresses": [], "next_page_uri": null});
    answer(&server, &format!("{account}/Addresses.json"), page).await;
    let hit = json!({"phone_number": "+447400123456", "iso_country": "GB", "address_requirements": "none"});
    let hits = json!({"available_phone_numbers": [hit]});
    answer(&server, &format!("{account}/AvailablePhoneNumbers/GB/Mobile.json"), hits).await;
    let none = json!({"results": [], "meta": {"next_page_url": null}});
    answer(&server, "/v2/RegulatoryCompliance/Bundles", none).await;
    let asks = json!({"end_user": [{"name": "Business"}], "supporting_document": []});
    let regulation = json!({"friendly_name": "x", "end_user_type": "business", "requirements": asks});
    let regulations = json!({"results": [regulation], "meta": {"next_page_url": null}});
    answer(&server, "/v2/RegulatoryCompliance/Regulations", regulations).await;
    let cost = json!({
        "phone_number_prices": [{"number_type": "mobile", "base_price": "2.50", "current_price": "2.50"}],
        "price_unit": "USD",
    });
    answer(&server, "/v1/PhoneNumbers/Countries/GB", cost).await;
    Mock::given(path_regex("^/v1/PhoneNumbers/Countries/")).respond_with(not_found()).mount(&server).await;
    server
}

fn not_found() -> ResponseTemplate {
    ResponseTemplate::new(404).set_body_json(json!({"code": 20404, "message": "not found", "status": 404}))
}

/// Runs a command with the account's settings; the server of canned answers goes on answering meanwhile.
async fn run(server: &MockServer, arguments: &'static [&'static str]) -> (Output, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("prices.toml"), PRICES).unwrap();
    let mut command = command("trunkline", folder.path());
    command.args(arguments).envs([
        ("TWILIO_BASE_URL", server.uri().as_str()),
        ("TWILIO_ACCOUNT_SID", ACCOUNT_SID),
        ("TWILIO_AUTH_TOKEN", AUTH_TOKEN),
        // Nobody listens there.
        ("PUBLIC_URL", "https://127.0.0.1:9"),
        ("PRICE_FILE", "prices.toml"),
        ("LOG", "error"),
    ]);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    (output, folder)
}

fn level<'a>(report: &'a Value, check: &str) -> Vec<&'a str> {
    let findings = report["findings"].as_array().unwrap();
    let of_check = findings.iter().filter(|finding| finding["check"] == check);
    of_check.map(|finding| finding["level"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_doctor_names_what_is_wrong_and_only_reads() {
    let server = twilio().await;
    let (output, folder) = run(&server, &["doctor", "--json"]).await;
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["ok"], false);
    for check in ["prices", "credentials", "clock", "account", "balance", "addresses"] {
        assert_eq!(level(&report, check), ["ok"], "{report:#}");
    }
    // No bundle, and a price under Twilio's.
    assert_eq!(level(&report, "GB mobile"), ["problem", "warning"], "{report:#}");
    assert_eq!(level(&report, "public address"), ["problem"], "{report:#}");
    let requests = server.received_requests().await.unwrap();
    assert!(requests.iter().all(|request| request.method.as_str() == "GET"));
    assert!(!String::from_utf8_lossy(&output.stdout).contains(AUTH_TOKEN));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "it leaves no file behind");
}

#[tokio::test]
async fn the_doctor_speaks_in_lines() {
    let server = twilio().await;
    let (output, _folder) = run(&server, &["doctor"]).await;
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find(|line| line.starts_with("problem  GB mobile")).unwrap();
    assert!(line.contains("To do: create a bundle"), "{line}");
    assert!(text.ends_with("Problems: 2. Warnings: 1.\n"), "{text}");
}

#[tokio::test]
async fn wrong_credentials_are_named_and_nothing_more_is_asked() {
    let server = MockServer::start().await;
    let body = json!({"code": 20003, "message": "Authenticate", "status": 401});
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(401).set_body_json(body))
        .mount(&server)
        .await;
    let (output, _folder) = run(&server, &["doctor"]).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains("problem  credentials"), "{text}");
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn prices_are_proposed_from_what_twilio_charges() {
    let server = twilio().await;
    let (output, _folder) = run(&server, &["prices", "propose", "--markup", "30%", "--country", "IE"]).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let book = PriceBook::parse(&text).unwrap();
    let offer = book.offer(Country::GB, NumberType::Mobile, Currency::USD).unwrap();
    assert_eq!(offer.monthly.to_string(), "3.25 USD");
}

/// Runs a command against the stage's Twilio and server, the latter behind a proxy whose certificate is trusted or not.
async fn run_at(stage: &Stage, arguments: &'static [&'static str], prices: &str, trust: Trust) -> Output {
    let front = TlsFront::before(&stage.server.url).await;
    std::fs::write(stage.folder.path().join("prices.toml"), prices).unwrap();
    let mut command = command("trunkline", stage.folder.path());
    command.args(arguments).envs([
        ("TWILIO_BASE_URL", stage.simulator.url().as_str()),
        ("TWILIO_ACCOUNT_SID", ACCOUNT_SID),
        ("TWILIO_AUTH_TOKEN", AUTH_TOKEN),
        ("PUBLIC_URL", &front.url),
        ("PRICE_FILE", "prices.toml"),
        ("LOG", "error"),
    ]);
    if let Trust::Ours = trust {
        command.env("SSL_CERT_FILE", front.certificate.path());
    }
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

/// Whose certificates the machine trusts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    Ours,
    TheWorlds,
}

#[tokio::test]
async fn all_is_well_at_an_account_that_has_what_its_prices_need() {
    let stage = Stage::new("0").await;
    for (street, city, region, postal_code, country) in
        [("1 Main St", "Boston", "MA", "02108", "US"), ("1 Strand", "London", "London", "WC2N 5HR", "GB")]
    {
        stage.create_address(street, city, region, postal_code, country).await;
    }
    let prices = format!(
        "[US.local]\nmonthly = {{ USD = \"1.50\" }}\n\n[GB.mobile]\nmonthly = {{ USD = \"3.00\" }}\nbundle_sid = \"{}\"\n",
        trunkline_twilio_sim::GB_BUNDLE_SID
    );
    let output = run_at(&stage, &["doctor"], &prices, Trust::Ours).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("answers, as Trunkline, with a valid certificate"), "{text}");
    assert!(text.ends_with("Everything is well.\n"), "{text}");
}

#[tokio::test]
async fn everything_that_is_wrong_has_a_line_and_a_cure() {
    let stage = Stage::new("0").await;
    stage.twilio().set_account_type(ACCOUNT_SID, AccountType::Trial).unwrap();
    stage.twilio().drain_balance(ACCOUNT_SID, Cents(0)).unwrap();
    let prices = "[US.local]\nmonthly = { USD = \"0.50\" }\n\n[GB.mobile]\nmonthly = { USD = \"3.00\" }\n";
    let output = run_at(&stage, &["doctor", "--json"], prices, Trust::TheWorlds).await;
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = [
        ("credentials", vec!["ok"]),
        ("account", vec!["warning"]),
        ("balance", vec!["problem"]),
        // Some want an address, in the country, outside, or anywhere; and they are sold under cost.
        ("US local", vec!["warning", "warning", "warning", "warning"]),
        // An approved bundle that is not set.
        ("GB mobile", vec!["problem"]),
        ("public address", vec!["problem"]),
    ];
    for (check, levels) in expected {
        assert_eq!(level(&report, check), levels, "{check}: {report:#}");
    }
    let mut wrong = report["findings"].as_array().unwrap().iter().filter(|finding| finding["level"] != "ok");
    assert!(wrong.clone().all(|finding| finding["toDo"].is_string()), "{report:#}");
    let public = wrong.next_back().unwrap()["message"].as_str().unwrap();
    assert!(public.contains("certificate") && public.contains("not accepted"), "{public}");
}

#[tokio::test]
async fn proposed_prices_can_be_used_at_once() {
    let stage = Stage::new("0").await;
    let arguments = &["prices", "propose", "--markup", "30%", "--country", "US"];
    let output = run_at(&stage, arguments, PRICES, Trust::TheWorlds).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let checked = run_at(&stage, &["prices", "check", "prices.toml"], &text, Trust::TheWorlds).await;
    assert!(checked.status.success(), "{text}{}", String::from_utf8_lossy(&checked.stderr));
    let book = PriceBook::parse(&text).unwrap();
    for (country, number_type) in [(Country::GB, NumberType::Mobile), (Country::US, NumberType::TollFree)] {
        assert!(book.offer(country, number_type, Currency::USD).is_some(), "{text}");
    }
}
