//! The commands apart from serving.

use rstest::rstest;
use trunkline_twilio_sim::{Fault, FaultAction};

use crate::engine::Engine;
use crate::process::{command, run};
use crate::stage::{ACCOUNT_SID, AUTH_TOKEN, SCALED, Stage, USER};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn every_mistake_in_the_settings_is_named_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let output = command("trunkline", folder.path())
        .arg("serve")
        .envs([("LISTEN", "nowhere"), ("TWILIO_AUTH_TOKEN", "secret-token"), ("LEASE_S", "soon")])
        .output()
        .unwrap();
    assert!(!output.status.success());
    let error = text(&output.stderr);
    for name in ["LISTEN", "TWILIO_ACCOUNT_SID", "LEASE_S"] {
        assert!(error.contains(name), "{error}");
    }
    assert!(!error.contains("secret-token"));
}

#[test]
fn a_settings_file_is_read_and_an_unknown_name_in_it_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("trunkline.toml"), "database_url = \"sqlite:here.db\"\n").unwrap();
    assert!(run("trunkline", folder.path(), &["migrate"]).status.success());
    assert!(folder.path().join("here.db").exists());
    std::fs::write(folder.path().join("trunkline.toml"), "databse_url = \"sqlite:there.db\"\n").unwrap();
    let output = run("trunkline", folder.path(), &["migrate"]);
    assert!(text(&output.stderr).contains("databse_url"), "{}", text(&output.stderr));
}

#[test]
fn prices_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prices.toml");
    std::fs::write(&file, trunkline_domain::PriceBook::embedded_text()).unwrap();
    let good = run("trunkline", folder.path(), &["prices", "check", "prices.toml"]);
    assert!(good.status.success());
    assert!(text(&good.stdout).contains("9 prices"), "{}", text(&good.stdout));
    std::fs::write(&file, "[US.local]\nmonthly = { USD = 1.5 }\n[XX.local]\nmonthly = {}\n").unwrap();
    let bad = run("trunkline", folder.path(), &["prices", "check", "prices.toml"]);
    assert!(!bad.status.success());
    assert!(
        text(&bad.stderr).contains("in quotes") && text(&bad.stderr).contains("XX"),
        "{}",
        text(&bad.stderr)
    );
}

#[test]
fn the_sandbox_never_reaches_twilio() {
    let folder = tempfile::tempdir().unwrap();
    let output = command("trunkline", folder.path())
        .arg("sandbox")
        .envs([("TWILIO_BASE_URL", "https://api.twilio.com"), ("TWILIO_ACCOUNT_SID", ACCOUNT_SID)])
        .env("TWILIO_AUTH_TOKEN", AUTH_TOKEN)
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("never reaches Twilio"), "{}", text(&output.stderr));
}

// On two threads: the commands are waited for on one while the simulator answers them on the other.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_sees_what_is_stuck_and_settles_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::on(engine, "25.00", &SCALED).await;
    let twilio = stage.twilio();
    twilio.script(
        Fault::new(FaultAction::NeverAnswer { act: true }).on("POST", "*/IncomingPhoneNumbers/Local.json"),
    );
    let number = stage.free_number(0);
    let buying = stage.buy(&number);
    let renaming = async {
        twilio.wait_for_owned(1).await;
        twilio.rename(&number, "somebody renamed this").unwrap();
    };
    let ((status, answer), ()) = tokio::join!(buying, renaming);
    assert_eq!(status.as_u16(), 202, "{answer}");
    let id = answer["order"]["id"].as_str().unwrap();
    stage.wait_for_order(id, "review").await;

    let order = |arguments: &[&str]| stage.command(&[&["order"], arguments].concat());
    assert!(text(&order(&["list", "--stuck"]).stdout).contains(id));
    let shown = text(&order(&["show", id]).stdout);
    for told in ["strange_marker", "opened: 1.50 USD held", "look: absent", "look: held under another label"]
    {
        assert!(shown.contains(told), "{told} is not in {shown}");
    }
    let refused = order(&["void", id, "--reason", "nothing there"]);
    assert!(!refused.status.success(), "the account holds the number");
    let sid = &twilio.owned()[0].sid;
    assert!(!order(&["settle", id, "--sid", sid]).status.success(), "a decision has a reason");
    let settled = order(&["settle", id, "--sid", sid, "--reason", "Twilio case 118"]);
    assert!(settled.status.success(), "{}", text(&settled.stderr));
    let shown = text(&order(&["show", id, "--json"]).stdout);
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let last = shown["steps"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["action"], &last["reason"]), (&"order.settle".into(), &"Twilio case 118".into()));
    assert_eq!(
        (&last["calls"][0]["call"], &last["actor"]["kind"]),
        (&"fetch".into(), &"command_line".into())
    );
    assert_eq!(stage.order(id).await["status"], "completed");
    assert_eq!(stage.balance().await, ("23.50".to_owned(), "0.00".to_owned()));
    assert!(text(&order(&["list", "--stuck"]).stdout).contains("nothing is stuck"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_corrects_a_wallet() {
    let stage = Stage::on(Engine::Sqlite, "25.00", &SCALED).await;
    let user = USER;
    let wallet = |arguments: &[&str]| stage.command(&[&["wallet"], arguments].concat());
    let take = ["adjust", user, "5", "USD", "--take", "--reason", "credited twice", "--key", "k-1"];
    for said in ["took 5.00 USD", "done before"] {
        let taken = wallet(&take);
        assert!(taken.status.success(), "{}", text(&taken.stderr));
        assert!(text(&taken.stdout).contains(said), "{}", text(&taken.stdout));
    }
    assert_eq!(stage.balance().await, ("20.00".to_owned(), "0.00".to_owned()));
    let shown = text(&wallet(&["show", user]).stdout);
    assert!(shown.contains("-5.00 USD  completed  credited twice"), "{shown}");

    let too_much = wallet(&["adjust", user, "20.01", "USD", "--take", "--reason", "all of it"]);
    let said = text(&too_much.stderr);
    assert!(!too_much.status.success());
    assert!(said.contains("20.00 USD is available") && said.contains("no money moved"), "{said}");
    for (arguments, said) in [
        (["adjust", user, "5", "USD", "--reason", "which way?"].as_slice(), "--give"),
        (&["adjust", user, "--take", "--reason", "a sign", "--", "-5", "USD"], "more than zero"),
        (&["adjust", user, "5", "USD", "--take"], "--reason"),
        (&["adjust", user, "5", "USD", "--give", "--reason", " "], "--reason"),
        (&["credit", user, "5", "USD"], "--reason"),
        (&["credit", "nobody-knows", "5", "USD", "--reason", "a gift"], "there is no user nobody-knows"),
    ] {
        let refused = wallet(arguments);
        assert!(!refused.status.success());
        assert!(text(&refused.stderr).contains(said), "{}", text(&refused.stderr));
    }
    let given = wallet(&["adjust", user, "0.50", "USD", "--give", "--reason", "never worked"]);
    assert!(given.status.success(), "{}", text(&given.stderr));
    assert_eq!(stage.balance().await, ("20.50".to_owned(), "0.00".to_owned()));
    assert!(stage.command(&["ledger", "verify"]).status.success());
}

#[test]
fn commands_without_a_database_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let output = run("trunkline", folder.path(), &["order", "list"]);
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("migrate"), "{}", text(&output.stderr));
}

#[test]
fn a_database_that_cannot_be_reached_is_said_without_its_password() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = "postgres://ann:hunter2@localhost/shop?host=/tmp/no-such-place";
    for arguments in
        [["migrate"].as_slice(), &["order", "list"], &["key", "create", "--operator"], &["serve"]]
    {
        let mut command = command("trunkline", folder.path());
        let output = command.args(arguments).env("DATABASE_URL", nowhere).output().unwrap();
        assert!(!output.status.success());
        let said = text(&[output.stdout, output.stderr].concat());
        assert!(said.contains("shop at /tmp/no-such-place"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn what_holds_is_printed_with_where_it_comes_from_and_every_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let account = format!("twilio_account_sid = \"{ACCOUNT_SID}\"\ntwilio_auth_token = \"hunter2\"\n");
    std::fs::write(folder.path().join("trunkline.toml"), account).unwrap();
    let mut check = command("trunkline", folder.path());
    check.args(["config", "check", "--look-gap-s", "31"]);
    check.envs([
        ("DATABASE_URL", "postgres://ann:hunter2@db/shop"),
        ("NEXT_PUBLIC_APP_URL", "https://x.example"),
    ]);
    let good = check.output().unwrap();
    let said = text(&good.stdout);
    assert!(good.status.success(), "{said}{}", text(&good.stderr));
    let line = |name: &str| {
        let words = said.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        words.into_iter().find(|words| words[0] == name).unwrap()[1..].join(" ")
    };
    assert_eq!(line("LOOK_GAP_S"), "31 flag");
    assert_eq!(line("LEASE_S"), "60 default");
    assert_eq!(line("TWILIO_AUTH_TOKEN"), "******** trunkline.toml");
    assert_eq!(line("DATABASE_URL"), "postgres://ann:********@db/shop environment, DATABASE_URL");
    assert_eq!(line("PUBLIC_URL"), "https://x.example environment, NEXT_PUBLIC_APP_URL");
    assert!(!said.contains("hunter2"));

    check.envs([("LISTEN", "nowhere"), ("LEASE_S", "soon")]);
    let bad = check.output().unwrap();
    assert_eq!(bad.status.code(), Some(1));
    assert!(text(&bad.stdout).contains("nowhere"), "what is wrong is shown, too");
    let error = text(&bad.stderr);
    assert!(error.contains("LISTEN: `nowhere`") && error.contains("LEASE_S: `soon`"), "{error}");
    assert!(!error.contains("hunter2"));
}
