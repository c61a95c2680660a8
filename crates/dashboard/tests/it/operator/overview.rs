//! The switch of sales, the balance, and what waits; alarms.

use axum::http::StatusCode;
use serde_json::json;
use trunkline_alarms::{Alarm, AlarmBoard, Onset};

use crate::house::House;

#[tokio::test]
async fn sales_are_stopped_with_a_reason_and_started_again() {
    let house = House::without_stripe().await;
    house.get("operator", "/operator").await.says("Numbers are sold").says("0 today");
    let refused = house.post("operator", "/operator", &[("do", "stop"), ("reason", " ")]).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    refused.says("id=\"reason-mistake\"").says("Numbers are sold");

    let stop = [("do", "stop"), ("reason", "Twilio case 118 <b>")];
    let next = house.post("operator", "/operator", &stop).await.leads_to().to_owned();
    house
        .get("operator", &next)
        .await
        .says("Sales are stopped.")
        .says("No numbers are sold")
        .says("Stopped by You since")
        .says("Twilio case 118 &#60;b&#62;");
    let state = house.sales.state().await.unwrap();
    assert_eq!(state.stop.unwrap().reason, "Twilio case 118 <b>");
    let again = house.post("operator", "/operator", &stop).await.leads_to().to_owned();
    house.get("operator", &again).await.says("It stood like that already");

    let start = [("do", "start"), ("reason", "case 118 is closed")];
    let next = house.post("operator", "/operator", &start).await.leads_to().to_owned();
    house.get("operator", &next).await.says("The stop is over.").says("Numbers are sold");
    assert!(house.sales.state().await.unwrap().stop.is_none());
}

#[tokio::test]
async fn a_balance_that_cannot_be_read_is_said_and_the_rest_is_shown() {
    let house = House::without_stripe().await;
    let overview = house.get("operator", "/operator").await;
    overview.says("Open alarms").says("Ask Twilio what is left").does_not_say("cannot be read");
    let balance = house.get("operator", "/operator/balance").await;
    balance.says("The balance cannot be read").says("trunkline doctor");
}

#[tokio::test]
async fn an_alarm_is_shown_and_ended_by_hand() {
    let house = House::without_stripe().await;
    house.get("operator", "/operator/alarms").await.says("Nothing is alarming.");
    let mut onset = Onset::of(Alarm::LateSuccess, "o-1", "a number came too late");
    onset.details.insert("attempts".to_owned(), json!(3));
    house.alarms.raise(onset);
    house.alarms.drain().await;
    let page = house.get("operator", "/operator/alarms").await;
    page.says("Late success").says("a number came too late").says("o-1").says("Attempts");
    house.get("operator", "/operator").await.says("<span class=\"badge waiting\">1</span>");

    let end = |reason| [("alarm", "late_success"), ("subject", "o-1"), ("reason", reason)];
    let refused = house.post("operator", "/operator/alarms", &end("")).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    refused.says("id=\"reason-0-mistake\"");
    let next = house.post("operator", "/operator/alarms", &end("looked into it")).await.leads_to().to_owned();
    house.get("operator", &next).await.says("The alarm is ended.").says("Nothing is alarming.");
    house.get("operator", "/operator/alarms?all=true").await.says("by an operator");
    let over = house.post("operator", "/operator/alarms", &end("once more")).await;
    assert_eq!(over.status, StatusCode::NOT_FOUND);
}
