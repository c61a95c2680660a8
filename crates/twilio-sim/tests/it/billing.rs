//! What numbers cost, when, and what happens to an account that cannot pay.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde_json::{Value, json};
use trunkline_twilio_sim::{AccountStatus, AccountType, Cents, ChargeReason, ConsoleError, SimulatorConfig};

use crate::bench::{ACCOUNT, Bench, Reply, TOKEN, reply};

const NUMBERS: &str = "/IncomingPhoneNumbers.json";
const DAY: Duration = Duration::from_hours(24);

async fn admin(bench: &Bench, path: &str, body: Value) -> Reply {
    reply(bench.client.post(format!("{}/_sim{path}", bench.simulator.url())).json(&body)).await
}

async fn balance(bench: &Bench) -> Value {
    bench.get("/Balance.json").await.body["balance"].clone()
}

#[tokio::test]
async fn a_month_is_paid_up_front_and_again_on_the_same_day() {
    let bench = Bench::start().await;
    assert_eq!(admin(&bench, "/clock", json!({ "to": "2100-01-31T12:00:00Z" })).await.status, 200);
    let number = bench.any_number().await;
    let bought = bench.buy(&number).await;
    assert!(bought["date_created"].as_str().unwrap().contains("31 Jan 2100 12:00:0"), "{bought}");
    assert_eq!(balance(&bench).await, "98.85");

    for to in ["2100-02-27T00:00:00Z", "2100-03-01T00:00:00Z", "2100-03-28T13:00:00Z", "2100-05-01T00:00:00Z"]
    {
        admin(&bench, "/clock", json!({ "to": to })).await;
    }
    let charges = bench.admin.charges();
    let days: Vec<_> = charges.iter().map(|charge| charge.at.format("%m-%d").to_string()).collect();
    assert_eq!(days, ["01-31", "02-28", "03-28", "04-28"], "it stays on the 28th");
    assert_eq!(charges[0].reason, ChargeReason::Purchase);
    assert!(charges[1..].iter().all(|charge| charge.reason == ChargeReason::Month));
    assert!(charges.iter().all(|charge| charge.amount == Cents(115) && charge.phone_number == number));
    assert_eq!(balance(&bench).await, "95.40");

    bench.admin.console_release(&number).unwrap();
    bench.admin.advance_clock(DAY * 100);
    assert_eq!(bench.admin.charges().len(), 4, "a released number costs nothing more");
}

/// A clock that stopped short of a month's first moment would bill by the month before.
#[tokio::test]
async fn the_clock_never_stops_short_of_where_it_is_sent() {
    let bench = Bench::start().await;
    for year in 2101..2120 {
        let to = format!("{year}-05-01T00:00:00Z");
        let answer = admin(&bench, "/clock", json!({ "to": to })).await;
        let now: DateTime<Utc> = answer.body["now"].as_str().unwrap().parse().unwrap();
        assert!(now >= to.parse::<DateTime<Utc>>().unwrap(), "{now}");
    }
}

#[tokio::test]
async fn answers_are_dated_by_the_simulators_clock() {
    let bench = Bench::start().await;
    bench.admin.advance_clock(DAY * 40);
    let number = bench.any_number().await;
    let form = [("PhoneNumber", number.as_str())];
    let bought = bench.post(NUMBERS, &form).await;
    let date = |text: &str| DateTime::parse_from_rfc2822(text).unwrap().to_utc();
    let header = date(bought.headers["date"].to_str().unwrap());
    let created = date(bought.body["date_created"].as_str().unwrap());
    assert!((header - created).num_seconds().abs() <= 2, "{header} {created}");
    assert!((header - Utc::now()).num_days() >= 39);
    assert_eq!(admin(&bench, "/clock", json!({ "to": "2020-01-01T00:00:00Z" })).await.status, 400);
    assert_eq!(admin(&bench, "/clock", json!({ "advanceDays": 99_999 })).await.status, 400);
    bench.admin.reset();
    assert!((bench.admin.now() - Utc::now()).num_seconds().abs() <= 2);
}

#[tokio::test]
async fn a_card_keeps_the_account_alive_and_a_drained_one_is_suspended() {
    let bench = Bench::start().await;
    let numbers = bench.search("US/Local.json?PageSize=3").await;
    let path = format!("/accounts/{ACCOUNT}");
    bench.admin.refill_balance(ACCOUNT, Cents(100)).unwrap();
    bench.buy(&numbers[0]).await;
    assert_eq!(balance(&bench).await, "99.85", "the card was charged 100.00");

    let drained = admin(&bench, &path, json!({ "balance": "1.15" })).await;
    assert_eq!((&drained.body["balance"], &drained.body["autoRecharge"]), (&json!("1.15"), &json!(false)));
    bench.buy(&numbers[1]).await;
    bench.post(NUMBERS, &[("PhoneNumber", &numbers[2])]).await.assert_refused(403, 20005);
    assert_eq!(bench.get("/AvailablePhoneNumbers/US/Local.json").await.status, 200, "only buying is refused");

    bench.admin.advance_clock(DAY * 32);
    bench.get("/AvailablePhoneNumbers/US/Local.json").await.assert_refused(403, 20005);
    assert_eq!(bench.get(".json").await.body["status"], "suspended");
    assert_eq!(balance(&bench).await, "-2.30");
    assert_eq!(bench.admin.owned().len(), 2, "suspended, it still owns its numbers");

    admin(&bench, &path, json!({ "balance": "20.00", "autoRecharge": true, "status": "active" })).await;
    bench.buy(&numbers[2]).await;
}

#[tokio::test]
async fn a_suspended_account_reaches_nothing_but_itself() {
    let bench = Bench::start().await;
    let number = bench.any_number().await;
    let sid = bench.buy(&number).await["sid"].as_str().unwrap().to_owned();
    bench.admin.set_status(ACCOUNT, AccountStatus::Suspended).unwrap();
    for resource in [NUMBERS, "/Addresses.json", "/AvailablePhoneNumbers.json"] {
        bench.get(resource).await.assert_refused(403, 20005);
    }
    bench.delete(&format!("/IncomingPhoneNumbers/{sid}.json")).await.assert_refused(403, 20005);
    for path in ["/v1/PhoneNumbers/Countries", "/v2/RegulatoryCompliance/Bundles"] {
        reply(bench.request_as(ACCOUNT, TOKEN, Method::GET, path)).await.assert_refused(403, 20005);
    }
    assert_eq!(bench.get(".json").await.body["status"], "suspended");
    bench.admin.set_status(ACCOUNT, AccountStatus::Active).unwrap();
    assert_eq!(bench.listed("").await, [number]);
    bench.admin.set_status(ACCOUNT, AccountStatus::Closed).unwrap();
    bench.get(".json").await.assert_refused(401, 20003);
    let nobody = Err(ConsoleError::NoAccount("AC9".to_owned()));
    assert_eq!(bench.admin.set_status("AC9", AccountStatus::Active), nobody);
    assert_eq!(admin(&bench, "/accounts/AC9", json!({ "status": "active" })).await.status, 404);
}

#[tokio::test]
async fn a_trial_account_owns_one_number() {
    let mut config = SimulatorConfig::new(ACCOUNT, TOKEN);
    config.account_type = AccountType::Trial;
    let bench = Bench::with(config).await;
    assert_eq!(bench.get(".json").await.body["type"], "Trial");
    let numbers = bench.search("US/Local.json?PageSize=2").await;
    bench.buy(&numbers[0]).await;
    bench.post(NUMBERS, &[("PhoneNumber", &numbers[1])]).await.assert_refused(400, 21404);
    admin(&bench, &format!("/accounts/{ACCOUNT}"), json!({ "type": "Full" })).await;
    bench.buy(&numbers[1]).await;
}

#[tokio::test]
async fn a_reclaimed_number_is_gone_and_not_for_sale() {
    let bench = Bench::start().await;
    let number = bench.any_number().await;
    let sid = bench.buy(&number).await["sid"].as_str().unwrap().to_owned();
    assert_eq!(admin(&bench, &format!("/numbers/{sid}/reclaim"), json!({})).await.status, 200);
    assert_eq!(admin(&bench, &format!("/numbers/{sid}/reclaim"), json!({})).await.status, 404);
    bench.get(&format!("/IncomingPhoneNumbers/{sid}.json")).await.assert_refused(404, 20404);
    assert!(!bench.search("US/Local.json?PageSize=1000").await.contains(&number));
    bench.post(NUMBERS, &[("PhoneNumber", &number)]).await.assert_refused(400, 21422);
    assert_eq!(bench.admin.console_purchase(&number, "x"), Err(ConsoleError::NotAvailable(number)));
}

#[tokio::test]
async fn addresses_accounts_and_the_clock_outlive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let config = || {
        let mut config = SimulatorConfig::new(ACCOUNT, TOKEN);
        config.state_file = Some(folder.path().join("sim.json"));
        config
    };
    let bench = Bench::with(config()).await;
    let address = bench.address("US").await;
    let url = "/2010-04-01/Accounts.json";
    let made =
        reply(bench.request_as(ACCOUNT, TOKEN, Method::POST, url).form(&[("FriendlyName", "Below")])).await;
    let (below, token) = (made.body["sid"].as_str().unwrap(), made.body["auth_token"].as_str().unwrap());
    bench.admin.drain_balance(ACCOUNT, Cents(1234)).unwrap();
    bench.admin.advance_clock(DAY * 3);
    bench.simulator.shutdown().await;
    let text = std::fs::read_to_string(folder.path().join("sim.json")).unwrap();
    assert!(!text.contains(TOKEN), "the configured password is not written down");

    let again = Bench::with(config()).await;
    assert_eq!(again.get(&format!("/Addresses/{address}.json")).await.status, 200);
    assert_eq!(balance(&again).await, "12.34");
    assert!((again.admin.now() - Utc::now()).num_hours() > 70);
    let path = format!("/2010-04-01/Accounts/{below}.json");
    let own = reply(again.request_as(below, token, Method::GET, &path)).await;
    assert_eq!((own.status, &own.body["friendly_name"]), (200, &json!("Below")));
}
