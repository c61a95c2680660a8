//! Credentials, accounts below the main one, and resources that nobody has.

use reqwest::Method;
use trunkline_twilio_sim::{SimulatorConfig, Subaccount};

use crate::bench::{ACCOUNT, Bench, TOKEN, reply};

const SUBACCOUNT: &str = "ACsubaccount";
const BELOW: &str = "AC11111111111111111111111111111111";

fn config() -> SimulatorConfig {
    let mut config = SimulatorConfig::new(ACCOUNT, TOKEN);
    for sid in [SUBACCOUNT, BELOW] {
        config.subaccounts.push(Subaccount {
            sid: sid.to_owned(),
            auth_token: "below".to_owned(),
            friendly_name: "A customer".to_owned(),
        });
    }
    config
}

#[tokio::test]
async fn wrong_credentials_are_refused_with_twilios_words() {
    let bench = Bench::start().await;
    let url = format!("{}/2010-04-01/Accounts/{ACCOUNT}/Balance.json", bench.simulator.url());
    let none = bench.client.get(&url);
    let wrong = none.try_clone().unwrap().basic_auth(ACCOUNT, Some("wrong"));
    let unknown = none.try_clone().unwrap().basic_auth("AC2", Some(TOKEN));
    let bearer = none.try_clone().unwrap().bearer_auth(TOKEN);
    for (request, message) in [
        (none, "Authentication Error - No credentials provided"),
        (wrong, "Authenticate"),
        (unknown, "Authentication Error - invalid username"),
        (bearer, "Authentication Error - No credentials provided"),
    ] {
        let answer = reply(request).await;
        answer.assert_refused(401, 20003);
        assert_eq!(answer.message(), message);
        assert_eq!(answer.headers["www-authenticate"], "Basic realm=\"Twilio API\"");
    }
    let requests = bench.admin.requests();
    assert_eq!(requests.len(), 4);
    assert!(requests.iter().all(|request| !request.authenticated && request.status() == Some(401)));
    let number = bench.any_number().await;
    let buy = bench.client.post(url.replace("Balance", "IncomingPhoneNumbers"));
    reply(buy.form(&[("PhoneNumber", number)])).await.assert_refused(401, 20003);
    assert!(bench.admin.owned().is_empty());
}

#[tokio::test]
async fn an_account_reaches_itself_and_those_below() {
    let bench = Bench::with(config()).await;
    let ask = async |user: &str, token: &str, account: &str| {
        let url = format!("{}/2010-04-01/Accounts/{account}.json", bench.simulator.url());
        reply(bench.client.get(url).basic_auth(user, Some(token))).await
    };
    let main = ask(ACCOUNT, TOKEN, ACCOUNT).await;
    assert_eq!((main.status, &main.body["status"]), (200, &"active".into()));
    assert_eq!(main.body["owner_account_sid"], ACCOUNT);
    let below = ask(ACCOUNT, TOKEN, BELOW).await;
    assert_eq!((below.status, &below.body["owner_account_sid"]), (200, &ACCOUNT.into()));
    assert_eq!(ask(BELOW, "below", BELOW).await.status, 200);
    ask(BELOW, "below", ACCOUNT).await.assert_refused(401, 20003);
    ask(BELOW, "below", SUBACCOUNT).await.assert_refused(401, 20003);
    ask(ACCOUNT, TOKEN, "AC99999999999999999999999999999999").await.assert_refused(404, 20404);
    assert!(!format!("{:?} {:?}", config(), bench.simulator).contains(TOKEN), "passwords are not shown");
}

#[tokio::test]
async fn another_accounts_number_is_not_for_sale_and_not_found() {
    let bench = Bench::with(config()).await;
    let number = bench.any_number().await;
    let bought = bench.buy(&number).await;
    let sid = bought["sid"].as_str().unwrap();
    let url = format!("{}/2010-04-01/Accounts/{BELOW}/IncomingPhoneNumbers", bench.simulator.url());
    let below = |method, rest: &str| {
        bench.client.request(method, format!("{url}{rest}.json")).basic_auth(BELOW, Some("below"))
    };
    reply(below(Method::POST, "").form(&[("PhoneNumber", &number)])).await.assert_refused(400, 21422);
    reply(below(Method::GET, &format!("/{sid}"))).await.assert_refused(404, 20404);
    reply(below(Method::DELETE, &format!("/{sid}"))).await.assert_refused(404, 20404);

    let path = format!("/IncomingPhoneNumbers/{sid}.json");
    bench.post(&path, &[("AccountSid", "nobody")]).await.assert_refused(400, 21470);
    let unknown = "AC99999999999999999999999999999999";
    bench.post(&path, &[("AccountSid", unknown)]).await.assert_refused(400, 21471);
    let moved = bench.post(&path, &[("AccountSid", BELOW)]).await;
    assert_eq!((moved.status, &moved.body["account_sid"]), (200, &BELOW.into()));
    bench.get(&path).await.assert_refused(404, 20404);
    let back = below(Method::POST, &format!("/{sid}")).form(&[("AccountSid", ACCOUNT)]);
    reply(back).await.assert_refused(400, 21474);
    assert_eq!(reply(below(Method::DELETE, &format!("/{sid}"))).await.status, 204);
}

#[tokio::test]
async fn the_balance_is_a_decimal_string() {
    let bench = Bench::start().await;
    let balance = bench.get("/Balance.json").await.body;
    assert_eq!(balance["account_sid"], ACCOUNT);
    assert_eq!((&balance["balance"], &balance["currency"]), (&"100.00".into(), &"USD".into()));
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let bench = Bench::start().await;
    for resource in ["/Calls.json", "/IncomingPhoneNumbers/PN1.json", "/IncomingPhoneNumbers", "/Balance.xml"]
    {
        let answer = bench.get(resource).await;
        answer.assert_refused(404, 20404);
        let path = format!("/2010-04-01/Accounts/{ACCOUNT}{resource}");
        assert_eq!(answer.message(), format!("The requested resource {path} was not found"));
    }
    let huge = bench.post("/IncomingPhoneNumbers.json", &[("FriendlyName", &"x".repeat(100_000))]).await;
    assert_eq!(huge.status, 413);
}

#[tokio::test]
async fn too_many_requests_at_once_are_answered_429() {
    use trunkline_twilio_sim::{Fault, FaultAction};
    let mut config = SimulatorConfig::new(ACCOUNT, TOKEN);
    config.concurrent_requests_max = Some(1);
    let bench = Bench::with(config).await;
    bench.admin.script(Fault::new(FaultAction::NeverAnswer { act: true }));
    let held = tokio::spawn(bench.request(Method::GET, "/Balance.json").send());
    bench.admin.wait_for_request("GET", "/Balance.json", 1).await;
    bench.get("/Balance.json").await.assert_refused(429, 20429);
    bench.admin.release_held();
    assert_eq!(held.await.unwrap().unwrap().status(), 200);
    assert_eq!(bench.get("/Balance.json").await.status, 200);
}
