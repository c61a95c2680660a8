//! API keys, test credentials, and accounts that clients make.

use reqwest::Method;
use serde_json::json;
use trunkline_twilio_sim::{ApiKey, ApiKeyKind, SimulatorConfig, Subaccount, TestCredentials};

use crate::bench::{ACCOUNT, Bench, Reply, TOKEN, reply, texts};

const BELOW: &str = "AC11111111111111111111111111111111";
const TESTING: &str = "AC22222222222222222222222222222222";
const MAIN_KEY: &str = "SK00000000000000000000000000000001";
const STANDARD_KEY: &str = "SK00000000000000000000000000000002";

async fn bench() -> Bench {
    let mut config = SimulatorConfig::new(ACCOUNT, TOKEN);
    let below =
        Subaccount { sid: BELOW.into(), auth_token: "below".into(), friendly_name: "Customer".into() };
    config.subaccounts.push(below);
    for (sid, kind) in [(MAIN_KEY, ApiKeyKind::Main), (STANDARD_KEY, ApiKeyKind::Standard)] {
        let key = ApiKey { sid: sid.into(), secret: "secret".into(), account_sid: ACCOUNT.into(), kind };
        config.api_keys.push(key);
    }
    config.test_credentials =
        Some(TestCredentials { account_sid: TESTING.into(), auth_token: "testing".into() });
    let shown = format!("{config:?}");
    assert!(!shown.contains("secret") && !shown.contains("\"testing\""), "{shown}");
    Bench::with(config).await
}

async fn ask(bench: &Bench, user: &str, password: &str, method: Method, path: &str) -> Reply {
    reply(bench.request_as(user, password, method, &format!("/2010-04-01/Accounts{path}"))).await
}

#[tokio::test]
async fn a_key_reaches_its_own_account_only() {
    let bench = bench().await;
    for key in [MAIN_KEY, STANDARD_KEY] {
        let numbers = |account: &str| format!("/{account}/IncomingPhoneNumbers.json");
        assert_eq!(ask(&bench, key, "secret", Method::GET, &numbers(ACCOUNT)).await.status, 200);
        ask(&bench, key, "wrong", Method::GET, &numbers(ACCOUNT)).await.assert_refused(401, 20003);
        ask(&bench, key, "secret", Method::GET, &numbers(BELOW)).await.assert_refused(401, 20003);
    }
    for path in [".json".to_owned(), format!("/{ACCOUNT}.json")] {
        assert_eq!(ask(&bench, MAIN_KEY, "secret", Method::GET, &path).await.status, 200);
        let refused = ask(&bench, STANDARD_KEY, "secret", Method::GET, &path).await;
        refused.assert_refused(401, 20003);
        assert_eq!(refused.message(), "Authentication Error - invalid username");
    }
    let balance = format!("/{ACCOUNT}/Balance.json");
    assert_eq!(ask(&bench, STANDARD_KEY, "secret", Method::GET, &balance).await.status, 200);
    let prices = bench.request_as(STANDARD_KEY, "secret", Method::GET, "/v1/PhoneNumbers/Countries/US");
    assert_eq!(reply(prices).await.status, 200);
}

#[tokio::test]
async fn test_credentials_buy_magic_numbers_and_do_nothing_else() {
    let bench = bench().await;
    let in_stock = bench.any_number().await;
    let buy = async |resource: &str, form: &[(&str, &str)]| {
        let path = format!("/2010-04-01/Accounts/{TESTING}/{resource}.json");
        reply(bench.request_as(TESTING, "testing", Method::POST, &path).form(form)).await
    };
    let numbers = "IncomingPhoneNumbers";
    let voice_url = ("VoiceUrl", "https://e.example/voice");
    let bought = buy(numbers, &[("PhoneNumber", "+15005550006"), voice_url]).await;
    assert_eq!((bought.status, &bought.body["voice_url"]), (201, &json!("https://e.example/voice")));
    assert_eq!(
        (&bought.body["account_sid"], &bought.body["friendly_name"]),
        (&json!(TESTING), &json!("(500) 555-0006"))
    );
    assert_eq!(buy("IncomingPhoneNumbers/Local", &[("PhoneNumber", "+15005550006")]).await.status, 201);
    assert_eq!(buy(numbers, &[("AreaCode", "500")]).await.status, 201);
    for (form, code) in [
        (("PhoneNumber", "+15005550000"), 21422),
        (("PhoneNumber", "+15005550001"), 21421),
        (("PhoneNumber", in_stock.as_str()), 21422),
        (("PhoneNumber", "33"), 21421),
        (("AreaCode", "533"), 21452),
        (("AreaCode", "415"), 21452),
        (("AreaCode", "4"), 21451),
    ] {
        buy(numbers, &[form]).await.assert_refused(400, code);
    }
    for resource in
        [".json", "/IncomingPhoneNumbers.json", "/Balance.json", "/AvailablePhoneNumbers/US/Local.json"]
    {
        let path = format!("/{TESTING}{resource}");
        ask(&bench, TESTING, "testing", Method::GET, &path).await.assert_refused(403, 20008);
    }
    let live = format!("/{ACCOUNT}/IncomingPhoneNumbers.json");
    ask(&bench, TESTING, "testing", Method::POST, &live).await.assert_refused(401, 20003);
    assert!(bench.admin.owned().is_empty() && bench.admin.charges().is_empty());
}

#[tokio::test]
async fn accounts_are_made_listed_renamed_and_closed() {
    let bench = bench().await;
    let post = async |path: &str, form: &[(&str, &str)]| {
        let path = format!("/2010-04-01/Accounts{path}");
        reply(bench.request_as(ACCOUNT, TOKEN, Method::POST, &path).form(form)).await
    };
    let made = post(".json", &[("FriendlyName", "Made here")]).await;
    assert_eq!((made.status, &made.body["owner_account_sid"]), (201, &json!(ACCOUNT)));
    let (sid, token) = (made.body["sid"].as_str().unwrap(), made.body["auth_token"].as_str().unwrap());
    let own = format!("/{sid}.json");
    assert_eq!(ask(&bench, sid, token, Method::GET, &own).await.body["auth_token"], json!(null));
    let listed = async |user: &str, password: &str, query: &str| {
        let list = ask(&bench, user, password, Method::GET, &format!(".json{query}")).await;
        texts(&list.body["accounts"], "sid")
    };
    assert_eq!(listed(ACCOUNT, TOKEN, "").await, [ACCOUNT, BELOW, sid]);
    assert_eq!(listed(ACCOUNT, TOKEN, "?FriendlyName=Customer").await, [BELOW]);
    assert_eq!(listed(sid, token, "").await, [sid], "an account below sees itself");
    reply(bench.request_as(sid, token, Method::POST, "/2010-04-01/Accounts.json"))
        .await
        .assert_refused(401, 20003);

    assert_eq!(post(&own, &[("FriendlyName", "Renamed")]).await.body["friendly_name"], "Renamed");
    post(&own, &[("Status", "asleep")]).await.assert_refused(400, 20422);
    post(&format!("/{ACCOUNT}.json"), &[("Status", "closed")]).await.assert_refused(400, 20422);

    let number = bench.any_number().await;
    let buy = format!("/2010-04-01/Accounts/{sid}/IncomingPhoneNumbers.json");
    let buy = bench.request_as(sid, token, Method::POST, &buy).form(&[("PhoneNumber", &number)]);
    assert_eq!(reply(buy).await.status, 201);
    post(&own, &[("Status", "suspended")]).await;
    ask(&bench, sid, token, Method::GET, &format!("/{sid}/IncomingPhoneNumbers.json"))
        .await
        .assert_refused(403, 20005);
    assert_eq!(listed(ACCOUNT, TOKEN, "?Status=suspended").await, [sid]);
    let transfer = bench.buy(&bench.any_number().await).await;
    let path = format!("/IncomingPhoneNumbers/{}.json", transfer["sid"].as_str().unwrap());
    bench.post(&path, &[("AccountSid", sid)]).await.assert_refused(400, 21472);

    assert_eq!(post(&own, &[("Status", "closed")]).await.body["status"], "closed");
    ask(&bench, sid, token, Method::GET, &own).await.assert_refused(401, 20003);
    assert!(bench.search("US/Local.json").await.contains(&number), "a closed account loses its numbers");
    post(&own, &[("Status", "active")]).await.assert_refused(400, 20422);
}
