//! Faults over real connections: what the client sees, and what has happened all the same.

use std::time::Duration;

use reqwest::{Method, Response};
use trunkline_twilio_sim::{Acting, Delivery, Fault, FaultAction, Outcome};

use crate::bench::{Bench, reply};

const NUMBERS: &str = "/IncomingPhoneNumbers.json";

async fn try_buy(bench: &Bench, number: &str) -> reqwest::Result<Response> {
    bench.request(Method::POST, NUMBERS).form(&[("PhoneNumber", number)]).send().await
}

fn last_outcome(bench: &Bench) -> Outcome {
    bench.admin.requests().last().unwrap().outcome
}

#[tokio::test]
async fn a_scripted_refusal_changes_nothing() {
    let bench = Bench::start().await;
    let number = bench.any_number().await;
    let refuse = |message: Option<&str>| {
        let message = message.map(str::to_owned);
        Fault::new(FaultAction::Refuse { status: 400, code: 21422, message }).on("POST", NUMBERS)
    };
    bench.admin.script(refuse(Some("not today")));
    bench.admin.script(refuse(None));
    let answer = bench.post(NUMBERS, &[("PhoneNumber", &number)]).await;
    answer.assert_refused(400, 21422);
    assert_eq!(answer.message(), "not today");
    bench.post(NUMBERS, &[("PhoneNumber", &number)]).await.assert_refused(400, 21422);
    assert!(bench.admin.owned().is_empty());
    bench.buy(&number).await;
}

#[tokio::test]
async fn a_scripted_status_has_twilios_body_where_it_has_one() {
    let bench = Bench::start().await;
    for (status, code) in [(429, 20429), (500, 20500), (503, 20503), (504, 20504)] {
        bench.admin.script(Fault::new(FaultAction::Status { status, retry_after_s: Some(2) }));
        let answer = bench.get("/Balance.json").await;
        answer.assert_refused(status, code);
        assert_eq!(answer.headers["retry-after"], "2");
    }
    bench.admin.script(Fault::new(FaultAction::Status { status: 502, retry_after_s: None }));
    let answer = bench.get("/Balance.json").await;
    assert_eq!((answer.status, answer.body.get("code")), (502, None));
    assert!(!answer.headers.contains_key("retry-after"));
    assert_eq!(bench.get("/Balance.json").await.status, 200);
}

#[tokio::test]
async fn a_reset_before_acting_does_nothing() {
    let bench = Bench::start().await;
    let number = bench.any_number().await;
    bench.admin.script(Fault::new(FaultAction::ResetBeforeActing).on("POST", NUMBERS));
    let error = try_buy(&bench, &number).await.unwrap_err();
    assert!(error.is_request() && error.status().is_none(), "{error:?}");
    assert!(bench.admin.owned().is_empty());
    assert_eq!(last_outcome(&bench), Outcome::Reset);
    assert_eq!(bench.admin.requests().iter().filter(|request| request.method == "POST").count(), 1);
}

#[tokio::test]
async fn a_reset_after_acting_loses_the_answer_and_not_the_number() {
    let bench = Bench::start().await;
    let number = bench.any_number().await;
    bench.admin.script(Fault::new(FaultAction::ActThenReset).on("POST", NUMBERS));
    let error = try_buy(&bench, &number).await.unwrap_err();
    assert!(error.is_request() && error.status().is_none(), "{error:?}");
    assert_eq!(bench.admin.owned()[0].phone_number, number);
    assert_eq!(last_outcome(&bench), Outcome::Reset);
    assert_eq!(bench.listed("").await, [number]);

    let sid = bench.admin.owned()[0].sid.clone();
    bench.admin.script(Fault::new(FaultAction::ActThenReset).on("DELETE", "*"));
    let path = format!("/IncomingPhoneNumbers/{sid}.json");
    bench.request(Method::DELETE, &path).send().await.unwrap_err();
    assert!(bench.admin.owned().is_empty());
}

#[tokio::test]
async fn a_500_after_acting_hides_a_purchase() {
    let bench = Bench::start().await;
    let number = bench.any_number().await;
    bench.admin.script(Fault::new(FaultAction::ActThen500).on("POST", NUMBERS));
    assert_eq!(try_buy(&bench, &number).await.unwrap().status(), 500);
    assert_eq!(bench.admin.owned().len(), 1);
    assert_eq!(last_outcome(&bench), Outcome::Answered { status: 500 });
}

#[tokio::test]
async fn a_truncated_answer_has_its_status_and_half_its_body() {
    let bench = Bench::start().await;
    let number = bench.any_number().await;
    bench.admin.script(Fault::new(FaultAction::TruncatedBody).on("POST", NUMBERS));
    let response = try_buy(&bench, &number).await.unwrap();
    assert_eq!(response.status(), 201);
    assert!(response.text().await.is_err());
    assert_eq!(bench.admin.owned().len(), 1);
    assert_eq!(last_outcome(&bench), Outcome::Truncated { status: 201 });
}

#[tokio::test]
async fn an_answer_is_withheld_until_it_is_released() {
    let bench = Bench::start().await;
    let number = bench.any_number().await;
    bench.admin.script(Fault::new(FaultAction::NeverAnswer { act: true }).on("POST", NUMBERS));
    let request = bench.request(Method::POST, NUMBERS).form(&[("PhoneNumber", &number)]);
    let waiting = tokio::spawn(reply(request));
    let held = bench.admin.wait_for_request("POST", NUMBERS, 1).await;
    assert_eq!((held.outcome, bench.admin.held()), (Outcome::Held, 1));
    assert_eq!(bench.admin.owned().len(), 1);
    assert!(!waiting.is_finished());
    assert_eq!(bench.listed("").await.len(), 1, "others are answered meanwhile");
    bench.admin.release_held();
    assert_eq!(waiting.await.unwrap().status, 201);
    let answered = Outcome::Answered { status: 201 };
    assert_eq!(bench.admin.wait_for_request("POST", NUMBERS, 1).await.outcome, answered);
    assert_eq!(bench.admin.held(), 0);
}

#[tokio::test]
async fn a_request_withheld_before_acting_is_never_acted_on() {
    let bench = Bench::start().await;
    let number = bench.any_number().await;
    for release in [trunkline_twilio_sim::Admin::release_held, trunkline_twilio_sim::Admin::drop_held] {
        bench.admin.script(Fault::new(FaultAction::NeverAnswer { act: false }).on("POST", NUMBERS));
        bench.admin.clear_requests();
        let request = bench.request(Method::POST, NUMBERS).form(&[("PhoneNumber", &number)]);
        let waiting = tokio::spawn(request.send());
        bench.admin.wait_for_request("POST", NUMBERS, 1).await;
        release(&bench.admin);
        assert!(waiting.await.unwrap().is_err());
        assert!(bench.admin.owned().is_empty());
    }
}

#[tokio::test]
async fn a_withheld_answer_can_be_dropped_and_a_client_can_give_up() {
    let bench = Bench::start().await;
    let number = bench.any_number().await;
    bench
        .admin
        .script(Fault::new(FaultAction::NeverAnswer { act: true }).on("GET", "/Balance.json").forever());
    let waiting = tokio::spawn(bench.request(Method::GET, "/Balance.json").send());
    bench.admin.wait_for_request("GET", "/Balance.json", 1).await;
    bench.admin.drop_held();
    assert!(waiting.await.unwrap().is_err());
    assert_eq!(last_outcome(&bench), Outcome::Reset);

    let impatient = tokio::spawn(bench.request(Method::GET, "/Balance.json").send());
    let held = bench.admin.wait_for_request("GET", "/Balance.json", 2).await;
    assert_eq!(held.outcome, Outcome::Held);
    impatient.abort();
    bench.admin.wait_until_none_held().await;
    bench.admin.clear_faults();
    assert_eq!(bench.get("/Balance.json").await.status, 200);
    bench.buy(&number).await;
}

#[tokio::test]
async fn a_late_answer_comes_and_a_late_purchase_happens_without_its_client() {
    let bench = Bench::start().await;
    let numbers = bench.search("US/Local.json?PageSize=2").await;
    bench.admin.script(Fault::new(FaultAction::Delay { ms: 30, act: Acting::First }).on("POST", NUMBERS));
    let begun = std::time::Instant::now();
    assert_eq!(try_buy(&bench, &numbers[0]).await.unwrap().status(), 201);
    assert!(begun.elapsed() >= Duration::from_millis(30));

    bench.admin.script(Fault::new(FaultAction::Delay { ms: 50, act: Acting::Later }).on("POST", NUMBERS));
    let impatient = bench.request(Method::POST, NUMBERS).form(&[("PhoneNumber", &numbers[1])]);
    let waiting = tokio::spawn(impatient.send());
    assert_eq!(bench.admin.wait_for_request("POST", NUMBERS, 2).await.outcome, Outcome::Held);
    waiting.abort();
    bench.admin.wait_for_owned(2).await;
    assert_eq!(bench.admin.owned()[1].phone_number, numbers[1]);
}

#[tokio::test]
async fn a_reset_of_the_world_forgets_what_was_to_be_done_later() {
    let bench = Bench::start().await;
    let number = bench.any_number().await;
    bench
        .admin
        .script(Fault::new(FaultAction::Delay { ms: 3_600_000, act: Acting::Later }).on("POST", NUMBERS));
    let request = bench.request(Method::POST, NUMBERS).form(&[("PhoneNumber", &number)]);
    let waiting = tokio::spawn(request.send());
    bench.admin.wait_for_request("POST", NUMBERS, 1).await;
    assert!(bench.admin.owned().is_empty(), "it is not acted on yet");
    bench.admin.reset();
    assert!(waiting.await.unwrap().is_err());
    assert!(bench.admin.owned().is_empty());
}

#[tokio::test]
async fn lists_can_lag_behind_a_purchase() {
    let bench = Bench::start().await;
    let numbers = bench.search("US/Local.json?PageSize=3").await;
    let lag = |lists| Fault::new(FaultAction::ListLag { lists }).on("POST", NUMBERS);
    bench.buy(&numbers[0]).await;
    bench.admin.script(lag(Some(2)));
    let hidden = bench.buy(&numbers[1]).await;

    let path = format!("/IncomingPhoneNumbers/{}.json", hidden["sid"].as_str().unwrap());
    assert_eq!(bench.get(&path).await.status, 200, "it can be fetched");
    let other = format!("?PhoneNumber={}", &numbers[0][1..]);
    assert_eq!(bench.listed(&other).await.len(), 1, "a list that would not show it does not count");
    assert_eq!(bench.listed("").await, [numbers[0].as_str()]);
    assert_eq!(bench.listed("").await, [numbers[0].as_str()]);
    assert_eq!(bench.listed("").await, [numbers[1].as_str(), numbers[0].as_str()]);

    bench.admin.script(lag(None));
    bench.buy(&numbers[2]).await;
    for _ in 0..5 {
        assert_eq!(bench.listed("").await.len(), 2);
    }
    assert_eq!(bench.admin.owned().len(), 3);
    bench.admin.end_list_lag();
    assert_eq!(bench.listed("").await.len(), 3);
}

#[tokio::test]
async fn a_fault_strikes_the_nth_matching_request_only() {
    let bench = Bench::start().await;
    let status = |status| FaultAction::Status { status, retry_after_s: None };
    bench.admin.script(Fault::new(status(503)).on("GET", "*/AvailablePhoneNumbers/*").nth(2).times(2));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        assert_eq!(bench.get("/Balance.json").await.status, 200);
        statuses.push(bench.get("/AvailablePhoneNumbers/US/Local.json").await.status);
    }
    assert_eq!(statuses, [200, 503, 503, 200]);
    assert!(bench.admin.faults().is_empty());

    bench.admin.script(Fault::new(status(500)).forever());
    for _ in 0..3 {
        assert_eq!(bench.get("/Balance.json").await.status, 500);
    }
    bench.admin.clear_faults();
    assert_eq!(bench.get("/Balance.json").await.status, 200);
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_withheld_answers() {
    let bench = Bench::start().await;
    let delay = FaultAction::Delay { ms: 3_600_000, act: Acting::Later };
    bench.admin.script(Fault::new(FaultAction::NeverAnswer { act: false }));
    bench.admin.script(Fault::new(delay));
    let first = tokio::spawn(bench.request(Method::GET, "/Balance.json").send());
    bench.admin.wait_for_request("GET", "/Balance.json", 1).await;
    let second = tokio::spawn(bench.request(Method::GET, "/Balance.json").send());
    bench.admin.wait_for_request("GET", "/Balance.json", 2).await;
    bench.simulator.shutdown().await;
    assert!(first.await.unwrap().is_err() && second.await.unwrap().is_err());
}

#[tokio::test]
async fn a_request_delivered_twice_acts_twice() {
    let bench = Bench::start().await;
    let twice = |answer| Fault::new(FaultAction::Duplicate { answer }).on("POST", NUMBERS);
    bench.admin.script(twice(Delivery::First));
    let bought = bench.post(NUMBERS, &[("AreaCode", "415")]).await;
    assert_eq!(bought.status, 201);
    let owned = bench.admin.owned();
    assert_eq!(owned.len(), 2, "by area code each delivery buys another number");
    assert_eq!(bought.body["sid"], owned[0].sid.as_str());
    let requests = bench.admin.requests();
    assert!(requests.iter().all(|request| request.status() == Some(201)));
    assert_eq!(requests.len(), 2);

    let path = format!("/IncomingPhoneNumbers/{}.json", owned[0].sid);
    bench.admin.script(Fault::new(FaultAction::Duplicate { answer: Delivery::Second }).on("DELETE", &path));
    bench.delete(&path).await.assert_refused(404, 20404);
    assert_eq!(bench.admin.owned().len(), 1);
}

#[tokio::test]
async fn a_fault_by_chance_strikes_the_same_requests_again() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let bench = Bench::start().await;
        let status = FaultAction::Status { status: 503, retry_after_s: None };
        bench.admin.script(Fault::new(status).by_chance(30, 42).forever());
        let mut statuses = Vec::new();
        for _ in 0..50 {
            statuses.push(bench.get("/Balance.json").await.status);
        }
        assert!(statuses.contains(&200) && statuses.contains(&503));
        runs.push(statuses);
    }
    assert_eq!(runs[0], runs[1]);
}
