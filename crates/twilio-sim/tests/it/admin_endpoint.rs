//! The admin endpoint, and what people do at the console.

use reqwest::Method;
use serde_json::{Value, json};
use trunkline_twilio_sim::{ConsoleError, NumberType};

use crate::bench::{Bench, Reply, reply, texts};

async fn admin(bench: &Bench, method: Method, path: &str, body: Option<Value>) -> Reply {
    let request = bench.client.request(method, format!("{}/_sim{path}", bench.simulator.url()));
    reply(match body {
        Some(body) => request.json(&body),
        None => request,
    })
    .await
}

#[tokio::test]
async fn the_console_buys_changes_and_releases() {
    let bench = Bench::start().await;
    let number = bench.any_number().await;
    let body = json!({ "phoneNumber": number, "friendlyName": "by hand" });
    let bought = admin(&bench, Method::POST, "/numbers", Some(body.clone())).await;
    assert_eq!((bought.status, &bought.body["friendlyName"]), (201, &json!("by hand")));
    assert_eq!(bench.listed("").await, [number.as_str()]);
    assert_eq!(admin(&bench, Method::POST, "/numbers", Some(body)).await.status, 409);

    let sid = bought.body["sid"].as_str().unwrap();
    let path = format!("/numbers/{sid}");
    let renamed = admin(&bench, Method::POST, &path, Some(json!({ "friendlyName": "renamed" }))).await;
    assert_eq!(renamed.body["friendlyName"], "renamed");
    let moved = admin(&bench, Method::POST, &path, Some(json!({ "voiceUrl": "https://x.example/" }))).await;
    assert_eq!((&moved.body["friendlyName"], &moved.body["smsUrl"]), (&json!("renamed"), &json!("")));
    assert_eq!(bench.admin.owned()[0].voice_url, "https://x.example/");
    let long = json!({ "friendlyName": "x".repeat(65) });
    assert_eq!(admin(&bench, Method::POST, &path, Some(long)).await.status, 400);

    assert_eq!(admin(&bench, Method::GET, "/numbers", None).await.body.as_array().unwrap().len(), 1);
    let by_number = format!("/numbers/{}", number.replace('+', "%2B"));
    assert_eq!(admin(&bench, Method::DELETE, &by_number, None).await.status, 200);
    assert!(bench.listed("").await.is_empty());
    assert_eq!(admin(&bench, Method::DELETE, &by_number, None).await.status, 404);
    assert!(bench.admin.requests().iter().all(|request| !request.path.starts_with("/_sim")));
}

#[tokio::test]
async fn the_handle_says_why_it_did_nothing() {
    let bench = Bench::start().await;
    let absent = "+14155550199".to_owned();
    assert_eq!(bench.admin.console_purchase(&absent, "x"), Err(ConsoleError::NotAvailable(absent.clone())));
    assert_eq!(bench.admin.rename(&absent, "x"), Err(ConsoleError::NotOwned(absent.clone())));
    assert_eq!(bench.admin.rename(&absent, ""), Err(ConsoleError::FriendlyName));
    assert_eq!(bench.admin.console_release("PN1"), Err(ConsoleError::NotOwned("PN1".to_owned())));
    // The console needs no bundle: it asks a person instead.
    let british = bench.admin.available("GB", NumberType::Local);
    assert!(bench.admin.console_purchase(&british[0].phone_number, "London").is_ok());
}

#[tokio::test]
async fn faults_are_scripted_listed_and_cleared() {
    let bench = Bench::start().await;
    let list = json!([
        { "method": "GET", "path": "/Balance.json", "action": { "status": { "status": 503 } } },
        { "nth": 5, "times": "forever", "action": { "delay": { "ms": 1, "act": "later" } } },
    ]);
    let scripted = admin(&bench, Method::POST, "/faults", Some(list)).await;
    assert_eq!((scripted.status, scripted.body.as_array().unwrap().len()), (201, 2));
    bench.get("/Balance.json").await.assert_refused(503, 20503);
    let left = admin(&bench, Method::GET, "/faults", None).await.body;
    assert_eq!(
        left,
        json!([{ "method": null, "path": null, "nth": 5, "times": "forever", "percent": null, "seed": 0,
                 "action": { "delay": { "ms": 1, "act": "later" } } }])
    );
    assert_eq!(admin(&bench, Method::DELETE, "/faults", None).await.status, 204);
    assert!(bench.admin.faults().is_empty());

    let broken = json!([{ "action": "actThenReset" }, { "action": "explode" }]);
    let refused = admin(&bench, Method::POST, "/faults", Some(broken)).await;
    assert_eq!(refused.status, 400);
    assert!(refused.body["error"].as_str().unwrap().contains("explode"));
    assert!(bench.admin.faults().is_empty(), "none of a bad list is taken");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_in_json() {
    let bench = Bench::start().await;
    let faults = [
        (json!({ "nth": 0, "action": "actThenReset" }), "nth"),
        (json!({ "times": 0, "action": "actThenReset" }), "times"),
        (json!({ "action": { "refuse": { "status": 200, "code": 20003 } } }), "400"),
        (json!({ "action": { "status": { "status": 99 } } }), "200"),
    ];
    for (fault, word) in faults {
        let refused = admin(&bench, Method::POST, "/faults", Some(fault)).await;
        assert_eq!(refused.status, 400);
        assert!(refused.body["error"].as_str().unwrap().contains(word), "{}", refused.body);
    }
    assert!(bench.admin.faults().is_empty());
    let refused = admin(&bench, Method::POST, "/clock", Some(json!({ "advanceWeeks": 1 }))).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body["error"].as_str().unwrap().contains("advanceWeeks"), "{}", refused.body);
}

#[tokio::test]
async fn requests_are_shown_with_what_became_of_them() {
    let bench = Bench::start().await;
    let number = bench.any_number().await;
    bench.post("/IncomingPhoneNumbers.json", &[("PhoneNumber", &number), ("FriendlyName", "a b+c")]).await;
    bench
        .admin
        .script(trunkline_twilio_sim::Fault::new(trunkline_twilio_sim::FaultAction::ResetBeforeActing));
    bench.request(Method::GET, "/Balance.json").send().await.unwrap_err();

    let path = "/requests?method=post&path=/IncomingPhoneNumbers.json";
    let shown = admin(&bench, Method::GET, path, None).await.body;
    assert_eq!(shown.as_array().unwrap().len(), 1);
    assert_eq!(shown[0]["form"], json!({ "PhoneNumber": number, "FriendlyName": "a b+c" }));
    assert_eq!(shown[0]["outcome"], json!({ "answered": { "status": 201 } }));
    assert_eq!(shown[0]["authenticated"], true);
    let all = admin(&bench, Method::GET, "/requests", None).await.body;
    assert_eq!(texts(&all, "method"), ["GET", "POST", "GET"]);
    assert_eq!(all[0]["query"], json!({ "PageSize": "1" }));
    assert_eq!(all[2]["outcome"], "reset");
    assert!(!all.to_string().contains(crate::bench::TOKEN));
    assert_eq!(admin(&bench, Method::DELETE, "/requests", None).await.status, 204);
    assert!(bench.admin.requests().is_empty());
}

#[tokio::test]
async fn the_state_is_shown_and_reset() {
    let bench = Bench::start().await;
    let number = bench.any_number().await;
    bench.buy(&number).await;
    admin(&bench, Method::POST, "/faults", Some(json!({ "action": "actThen500", "nth": 9 }))).await;
    let state = admin(&bench, Method::GET, "/state", None).await.body;
    assert_eq!(state["accountSid"], crate::bench::ACCOUNT);
    assert_eq!(state["owned"][0]["phoneNumber"], number);
    assert_eq!((&state["requestCount"], &state["held"]), (&json!(2), &json!(0)));
    assert_eq!(state["faults"].as_array().unwrap().len(), 1);

    assert_eq!(admin(&bench, Method::POST, "/reset", None).await.status, 204);
    let state = admin(&bench, Method::GET, "/state", None).await.body;
    assert_eq!((&state["owned"], &state["faults"]), (&json!([]), &json!([])));
    assert_eq!(bench.any_number().await, number);
    let available = admin(&bench, Method::GET, "/available?country=GB&type=tollFree", None).await.body;
    assert_eq!(available.as_array().unwrap().len(), bench.admin.available("GB", NumberType::TollFree).len());
    assert_eq!(admin(&bench, Method::GET, "/nothing", None).await.status, 404);
}

#[tokio::test]
async fn withheld_answers_and_lagging_lists_are_let_go_over_http() {
    let bench = Bench::start().await;
    let number = bench.any_number().await;
    let never = json!({ "path": "/Balance.json", "times": 2, "action": { "neverAnswer": { "act": true } } });
    let lag = json!({ "method": "POST", "action": { "listLag": {} } });
    admin(&bench, Method::POST, "/faults", Some(json!([never, lag]))).await;

    for (path, answered) in [("/held/release", true), ("/held/drop", false)] {
        let waiting = tokio::spawn(bench.request(Method::GET, "/Balance.json").send());
        bench.admin.wait_for_request("GET", "/Balance.json", if answered { 1 } else { 2 }).await;
        assert_eq!(admin(&bench, Method::POST, path, None).await.status, 204);
        assert_eq!(waiting.await.unwrap().is_ok(), answered);
    }
    bench.buy(&number).await;
    assert!(bench.listed("").await.is_empty());
    assert_eq!(admin(&bench, Method::POST, "/lists/catch-up", None).await.status, 204);
    assert_eq!(bench.listed("").await, [number]);
}
