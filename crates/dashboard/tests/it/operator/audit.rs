//! The audit trail.

use axum::http::{StatusCode, header};

use crate::house::House;

#[tokio::test]
async fn the_trail_says_who_did_what_and_why() {
    let house = House::without_stripe().await;
    house.post("operator", "/operator", &[("do", "stop"), ("reason", "case 118")]).await.leads_to();
    house.credit("ann", "10 USD", "a gift").await;
    let page = house.get("operator", "/operator/audit").await;
    page.says("sales.stop").says("case 118").says("You").says("a gift").says("/operator/users/ann");
    let anns = house.get("operator", "/operator/audit?userId=ann").await;
    anns.says("a gift").does_not_say("case 118").says("audit.csv?userId=ann");
    house.get("operator", "/operator/audit?to=2020-01-01").await.says("No line is like that.");

    let sheet = house.get("operator", "/operator/audit.csv?action=sales.stop").await;
    assert_eq!(sheet.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8; header=present");
    sheet.says("case 118").does_not_say("a gift");
}

#[tokio::test]
async fn a_filter_that_is_none_stands_at_its_field() {
    let house = House::without_stripe().await;
    let refused = house.get("operator", "/operator/audit?from=soon&action=sales.stop").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    refused.says("id=\"from-mistake\"").says("value=\"sales.stop\"");
    let unknown = house.get("operator", "/operator/audit?userId=nobody-here").await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    unknown.says("id=\"userId-mistake\"").says("value=\"nobody-here\"");
}
