//! Moving from the original, with the real program: what is certain is moved once, and everything else is told.

mod original;

use std::process::Output;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use trunkline_twilio_sim::{Fault, FaultAction};

use self::original::Original;
use crate::engine::Engine;
use crate::stage::{Stage, make_key};

const AT_ONCE: &[(&str, &str)] = &[("RECONCILE_AFTER_S", "0")];

/// A user of the original, by the identity provider's id.
const ANN: &str = "0b9cfb4e-7d7c-4ec3-9f0a-1c1f6f2f4a11";
const BOB: &str = "5c2de7aa-3f0b-49fb-8c52-6d0e2b0d9e22";
const CID: &str = "9d1f4f5e-65f5-4c83-9a0f-d3a9c0bb7a33";

/// Every table that a transition of the import writes.
const WRITTEN: [&str; 9] = [
    "users",
    "businesses",
    "business_numbers",
    "account",
    "transfer",
    "orders",
    "number_claim",
    "imported_line",
    "audit",
];

fn import(stage: &Stage, original: &Original, arguments: &[&str]) -> Output {
    let (arguments, from) = ([&["import"], arguments].concat(), original.url());
    stage.command_with(&arguments, &[("IMPORT_FROM", &from)]).output().unwrap()
}

/// The exit status and the report.
#[track_caller]
fn report(stage: &Stage, original: &Original, arguments: &[&str]) -> (i32, Value) {
    let output = import(stage, original, &[arguments, &["--json"]].concat());
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code().unwrap(), report)
}

/// `moved`, `here`, `differ`, `left`.
fn tally(report: &Value, what: &str) -> [u64; 4] {
    ["moved", "here", "differ", "left"].map(|count| report[what][count].as_u64().unwrap())
}

fn sum<'a>(report: &'a Value, currency: &str) -> [&'a str; 6] {
    let sums = report["sums"].as_array().unwrap();
    let sum = sums.iter().find(|sum| sum["currency"] == currency).unwrap();
    ["original", "moved", "here", "changedSince", "left", "ledger"].map(|part| sum[part].as_str().unwrap())
}

/// What the report says about something, by words of its subject.
#[track_caller]
fn told(report: &Value, kind: &str, subject: &str) -> String {
    let findings = report["findings"].as_array().unwrap();
    let found =
        findings.iter().find(|f| f["kind"] == kind && f["subject"].as_str().unwrap().contains(subject));
    found.unwrap_or_else(|| panic!("no {kind} about {subject} in {report:#}"))["message"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn stranger(stage: &Stage) -> SqliteConnection {
    let file = stage.folder.path().join("trunkline.db");
    SqliteConnectOptions::new().filename(file).busy_timeout(Duration::from_secs(5)).connect().await.unwrap()
}

/// How many rows each table has that an import writes.
async fn rows(stage: &Stage, engine: Engine) -> Vec<String> {
    let mut counts = Vec::new();
    for table in WRITTEN {
        let count = match engine {
            Engine::Postgres => stage.place.run(&[&format!("SELECT count(*) FROM trunkline.{table}")]),
            Engine::Sqlite => {
                let sql = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
                let mut connection = stranger(stage).await;
                let count: i64 = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
                connection.close().await.unwrap();
                count.to_string()
            }
        };
        counts.push(format!("{table} {count}"));
    }
    counts
}

async fn get(stage: &Stage, user: &str, path: &str) -> Value {
    let operator = stage.operator.clone();
    let (status, body) =
        stage.ask_with(&operator, Method::GET, path, None, &[("Trunkline-User", user)]).await;
    assert_eq!(status, StatusCode::OK, "{path}: {body}");
    body
}

/// A number that the account got in the original's time; its id there.
async fn bought(stage: &Stage, nth: usize) -> (String, String) {
    let phone_number = stage.free_number(nth);
    stage.buy_at_twilio(&phone_number, "old label").await;
    let owned = stage.twilio().owned();
    let sid = owned.iter().find(|owned| owned.phone_number == phone_number).unwrap().sid.clone();
    stage
        .set_at_twilio(
            &sid,
            &[("VoiceUrl", "https://old.example.com/call"), ("SmsUrl", "https://old.example.com/text")],
        )
        .await;
    (phone_number, sid)
}

/// What a number of ann's, of bob's and of cid's come to; `mine` is cid's whose row names another number's id.
struct Told {
    ann: [String; 2],
    bob: String,
    cid: String,
}

/// Three users with what is awkward about each, and one whom no wallet here can belong to.
async fn fill(stage: &Stage, original: &Original) -> Told {
    let business = original.run(&format!(
        "INSERT INTO business_v2 (user_id, business_name, timezone) VALUES ('{ANN}', 'Corner Bakery', 'Asia/Kolkata')
         RETURNING id"
    ));
    let business = format!("'{}'", business.lines().next().unwrap());
    let (first, sid) = bought(stage, 0).await;
    let primary = [
        ("business_id", business.as_str()),
        ("is_primary", "true"),
        ("monthly_cost", "1.15"),
        ("display_name", "'Front desk'"),
        ("purchase_date", "now() - interval '40 days'"),
    ];
    let first_id = original.number(ANN, &first, &sid, &primary);
    let (second, sid) = bought(stage, 1).await;
    let second_id = original.number(ANN, &second, &sid, &[]);
    original.wallet(ANN, "25.500", "100");
    for (kind, amount, days) in [("credit", "30", 50), ("debit", "1.15", 40), ("debit", "3.35", 10)] {
        original.transaction(ANN, kind, amount, days);
    }

    let (gone, sid) = bought(stage, 2).await;
    stage.delete_at_twilio(&sid).await;
    original.number(BOB, &gone, &sid, &[("monthly_cost", "1.15")]);
    original.wallet(BOB, "10.005", "0");
    original.transaction(BOB, "credit", "10.005", 5);

    let (_, sid) = bought(stage, 3).await;
    let other = stage.free_number(9);
    original.number(CID, &other, &sid, &[("monthly_cost", "1.15")]);
    original.wallet(CID, "-2.50", "0");

    original.wallet("two words", "7", "0");
    Told { ann: [first_id, second_id], bob: gone, cid: other }
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_certain_is_moved_once_and_the_rest_is_told(#[case] engine: Engine) {
    let (stage, original) = (Stage::on(engine, "0", AT_ONCE).await, Original::new());
    let of = fill(&stage, &original).await;

    let before = rows(&stage, engine).await;
    stage.twilio().clear_requests();
    let (status, dry) = report(&stage, &original, &["--dry-run"]);
    assert_eq!((status, &dry["dryRun"]), (1, &json!(true)));
    assert_eq!(rows(&stage, engine).await, before, "a dry run writes nothing");
    assert!(stage.twilio().requests().iter().all(|request| request.method == "GET"), "nor at Twilio");

    let (status, moved) = report(&stage, &original, &[]);
    assert_eq!(status, 1, "{moved:#}");
    for what in ["users", "businesses", "numbers", "balances", "lines"] {
        assert_eq!(tally(&moved, what), tally(&dry, what), "the dry run has said so: {what}");
    }
    assert_eq!(tally(&moved, "users"), [3, 0, 0, 1]);
    assert_eq!(tally(&moved, "businesses"), [1, 0, 0, 0]);
    assert_eq!(tally(&moved, "numbers"), [2, 0, 0, 2]);
    assert_eq!(tally(&moved, "balances"), [2, 0, 0, 3]);
    assert_eq!(tally(&moved, "lines"), [4, 0, 0, 0]);
    assert_eq!(sum(&moved, "USD"), ["40.005", "25.50", "0.00", "0.00", "14.505", "25.50"]);
    assert_eq!(sum(&moved, "INR"), ["100.00", "100.00", "0.00", "0.00", "0.00", "100.00"]);
    assert!(told(&moved, "not_moved", &of.bob).contains("does not have it any more"));
    assert!(told(&moved, "not_moved", &of.cid).contains("at Twilio: put the original's row right"));
    assert!(
        told(&moved, "not_moved", "balance_usd of wallet")
            .contains("10.005 USD has more than the 2 decimal places")
    );
    assert!(told(&moved, "not_moved", "two words").contains("a user id is 1 to 128 visible characters"));
    assert!(told(&moved, "adjusted", &of.ann[1]).contains("it costs 1.50 USD a month, from the price file"));

    assert_here(&stage, &of).await;
    assert_again(&stage, &original, engine).await;
    assert_lives_on(&stage, &of).await;
    let (_, after) = report(&stage, &original, &[]);
    assert_eq!(tally(&after, "numbers"), [0, 1, 1, 2]);
    assert_eq!(told(&after, "differs", &of.ann[1]), "it was given back here, and not there");
}

/// Ids, balances and history are what they were, and our own books agree.
async fn assert_here(stage: &Stage, of: &Told) {
    let numbers = get(stage, ANN, "/api/numbers?limit=10").await["numbers"].as_array().unwrap().clone();
    let first = numbers.iter().find(|number| number["id"] == of.ann[0].as_str()).unwrap();
    assert_eq!((&first["is_primary"], &first["display_name"]), (&json!(true), &json!("Front desk")));
    assert_eq!((first["monthly_cost"].to_string(), &first["status"]), ("1.15".to_owned(), &json!("active")));
    assert_eq!(first["voice_url"], "https://old.example.com/call", "calls go on to where they went");
    let balance = get(stage, ANN, "/api/wallet/balance").await;
    assert_eq!(
        (balance["balance_usd"].to_string(), balance["balance_inr"].to_string()),
        ("25.50".into(), "100.00".into())
    );
    let history = get(stage, ANN, "/api/wallet/transactions?limit=100").await["transactions"]
        .as_array()
        .unwrap()
        .clone();
    let read: Vec<&str> = history.iter().map(|line| line["description"].as_str().unwrap()).collect();
    assert_eq!(read[2..], ["debit of 10 days ago", "debit of 40 days ago", "credit of 50 days ago"]);
    assert_eq!(read[..2], ["Opening balance"; 2]);
    let orders = get(stage, ANN, "/api/orders").await["orders"].as_array().unwrap().clone();
    assert!(
        orders.iter().all(|order| order["charged"] == "no" && order["status"] == "completed"),
        "{orders:?}"
    );
    assert_eq!(get(stage, BOB, "/api/wallet/balance").await["available"].to_string(), "0.00");

    let verified = stage.command(&["ledger", "verify"]);
    let said = String::from_utf8(verified.stdout).unwrap();
    assert!(verified.status.success() && said.contains("opening balances -25.5  sum 0"), "{said}");
    assert_eq!(
        findings(stage),
        ["foreign"],
        "imported numbers are ours by their ids, whatever they are called"
    );
}

/// The classes of what a reconciliation finds.
fn findings(stage: &Stage) -> Vec<String> {
    let found = stage.command(&["reconcile", "--json"]);
    let found: Value = serde_json::from_slice(&found.stdout).unwrap();
    let findings = found["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["class"].as_str().unwrap().to_owned()).collect()
}

/// A second run moves nothing, and says what has become otherwise.
async fn assert_again(stage: &Stage, original: &Original, engine: Engine) {
    let before = rows(stage, engine).await;
    let (status, again) = report(stage, original, &[]);
    assert_eq!(status, 1);
    assert_eq!(tally(&again, "users"), [0, 3, 0, 1]);
    assert_eq!(tally(&again, "numbers"), [0, 2, 0, 2]);
    assert_eq!(tally(&again, "balances"), [0, 2, 0, 3]);
    assert_eq!(tally(&again, "lines"), [0, 4, 0, 0]);
    assert_eq!(sum(&again, "USD"), ["40.005", "0.00", "25.50", "0.00", "14.505", "25.50"]);

    original.run(&format!("UPDATE wallets SET balance_usd = 30 WHERE user_id = '{ANN}'"));
    original.run("UPDATE business_v2 SET business_name = 'Bakery'");
    let (_, changed) = report(stage, original, &[]);
    assert_eq!((tally(&changed, "balances"), tally(&changed, "businesses")), ([0, 1, 1, 3], [0, 0, 1, 0]));
    assert!(told(&changed, "differs", "balance_usd").contains("moved as 25.50 USD, and is 30"));
    assert_eq!(sum(&changed, "USD")[2..4], ["25.50", "4.50"]);
    assert_eq!(rows(stage, engine).await, before, "it is not moved again");
    let people = String::from_utf8(import(stage, original, &[]).stdout).unwrap();
    assert!(people.ends_with("Nothing to move; 2 differ, 6 not moved.\n"), "{people}");
}

/// An imported number is pointed here on request, and is given back as any other.
async fn assert_lives_on(stage: &Stage, of: &Told) {
    let repointed = stage.command(&["webhooks", "repoint"]);
    assert!(repointed.status.success(), "{}", String::from_utf8_lossy(&repointed.stdout));
    let here =
        stage.twilio().owned().into_iter().filter(|owned| owned.voice_url.contains("numbers.example.com"));
    let here: Vec<_> = here.collect();
    assert_eq!(here.len(), 2);
    assert!(here.iter().all(|owned| owned.friendly_name == "old label"), "its label is its owner's");
    assert_eq!(findings(stage), ["foreign"]);
    let service = make_key(&stage.folder, &stage.place.url, &["--service"]);
    let path = format!("/api/numbers/{}/release", of.ann[1]);
    let (status, answer) =
        stage.ask_with(&service, Method::DELETE, &path, None, &[("Trunkline-User", ANN)]).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(stage.twilio().owned().len(), 2);
}

/// Killed while it waits for its next user; made again, it comes to the same end as one that was never disturbed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_was_killed_is_made_again() {
    let (stage, original) = (Stage::on(Engine::Sqlite, "0", &[]).await, Original::new());
    original.run(
        "INSERT INTO wallets (id, user_id, balance_usd) SELECT md5(n::text)::uuid, 'user' || n, n FROM generate_series(1, 300) n",
    );
    original.run(
        "INSERT INTO transactions (wallet_id, type, amount)
         SELECT md5((1 + n % 300)::text)::uuid, 'credit', 1 FROM generate_series(1, 1500) n",
    );
    let from = original.url();
    let mut stranger = stranger(&stage).await;
    let opened = "SELECT count(*) FROM transfer";
    let mut running = stage.command_with(&["import"], &[("IMPORT_FROM", &from)]).spawn().unwrap();
    let some_are_moved = async {
        loop {
            sqlx::query("BEGIN IMMEDIATE").execute(&mut stranger).await.unwrap();
            let moved: i64 = sqlx::query_scalar(opened).fetch_one(&mut stranger).await.unwrap();
            if moved >= 20 {
                // Nobody else writes while this is open, so it dies in the middle of its work.
                return moved;
            }
            sqlx::query("ROLLBACK").execute(&mut stranger).await.unwrap();
        }
    };
    let moved =
        tokio::time::timeout(Duration::from_secs(30), some_are_moved).await.expect("it begins to move");
    running.kill().unwrap();
    running.wait().unwrap();
    sqlx::query("ROLLBACK").execute(&mut stranger).await.unwrap();
    assert!(moved < 300, "{moved}");

    let (status, report) = report(&stage, &original, &[]);
    assert_eq!(status, 0, "{report:#}");
    let [now, before, differ, left] = tally(&report, "balances");
    assert_eq!((now + before, differ, left), (300, 0, 0));
    assert!(before >= 20, "{report:#}");
    assert_eq!(tally(&report, "lines")[..2].iter().sum::<u64>(), 1_500);
    assert_eq!(sum(&report, "USD")[5], "45150.00");
    assert!(stage.command(&["ledger", "verify"]).status.success());
    let again = import(&stage, &original, &[]);
    let said = String::from_utf8(again.stdout).unwrap();
    assert!(said.ends_with("Nothing to move; everything is as the original has it.\n"), "{said}");
}

/// Twilio's silence is never taken for an answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_twilio_does_not_say_is_not_known() {
    let (stage, original) = (Stage::on(Engine::Sqlite, "0", &[]).await, Original::new());
    let (phone_number, sid) = bought(&stage, 0).await;
    stage.delete_at_twilio(&sid).await;
    original.number(ANN, &phone_number, &sid, &[("monthly_cost", "1.15")]);
    original.wallet(ANN, "5", "0");
    let refusal = FaultAction::Refuse { status: 401, code: 20_003, message: None };

    stage.twilio().script(Fault::new(refusal.clone()).on("GET", "*/IncomingPhoneNumbers.json").forever());
    let before = rows(&stage, Engine::Sqlite).await;
    let stopped = import(&stage, &original, &[]);
    let complaint = String::from_utf8(stopped.stderr).unwrap();
    assert_eq!(stopped.status.code(), Some(2));
    assert!(
        complaint.contains("nothing was moved; see `trunkline doctor`, then run this again"),
        "{complaint}"
    );
    assert_eq!(rows(&stage, Engine::Sqlite).await, before);

    stage.twilio().clear_faults();
    stage.twilio().script(Fault::new(refusal).on("GET", "*/IncomingPhoneNumbers/*").forever());
    let (_, unsure) = report(&stage, &original, &[]);
    assert!(
        told(&unsure, "not_moved", &phone_number).contains("Twilio did not say whether it has it"),
        "{unsure:#}"
    );
    assert_eq!((tally(&unsure, "balances"), tally(&unsure, "numbers")), ([1, 0, 0, 0], [0, 0, 0, 1]));
    stage.twilio().clear_faults();
    let (_, sure) = report(&stage, &original, &[]);
    assert!(told(&sure, "not_moved", &phone_number).contains("does not have it any more"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_database_is_not_taken_for_the_original() {
    let (stage, original) = (Stage::on(Engine::Sqlite, "0", &[]).await, Original::new());
    original.run("DROP TABLE transactions; ALTER TABLE wallets RENAME user_id TO whose");
    let stopped = import(&stage, &original, &[]);
    let said = String::from_utf8(stopped.stderr).unwrap();
    assert_eq!(stopped.status.code(), Some(2));
    for words in
        ["nothing was moved", "there is no table transactions", "wallets has no column user_id or owner_id"]
    {
        assert!(said.contains(words), "{said}");
    }
    let nowhere =
        stage.command_with(&["import"], &[("IMPORT_FROM", "postgres://reader:secret@127.0.0.1:1/nowhere")]);
    let stopped = { nowhere }.output().unwrap();
    let said = String::from_utf8(stopped.stderr).unwrap();
    assert_eq!(stopped.status.code(), Some(2));
    assert!(said.contains("is --from the original's database?") && !said.contains("secret"), "{said}");
}
