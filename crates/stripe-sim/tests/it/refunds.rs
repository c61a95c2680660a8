//! Money given back.

use serde_json::json;
use trunkline_stripe_sim::{Outcome, RefundFate};

use crate::bench::{Bench, id, text};

#[tokio::test]
async fn a_payment_is_refunded_in_parts_and_never_beyond() {
    let bench = Bench::start().await;
    let intent = bench.paid().await;
    let before = bench.balance().await;
    let refund = bench.made("/v1/refunds", &[("payment_intent", &intent), ("amount", "1000")]).await;
    assert_eq!((&refund["status"], &refund["amount"]), (&json!("succeeded"), &json!(1000)));
    assert_eq!(bench.balance().await, before - 1000);
    let too_much = bench.post("/v1/refunds", &[("payment_intent", &intent), ("amount", "1501")]).await;
    assert_eq!(too_much.refused(400, "invalid_request_error", None)["param"], "amount");

    let rest = bench.made("/v1/refunds", &[("payment_intent", &intent)]).await;
    assert_eq!(rest["amount"], 1500);
    let charge = bench.found(&format!("/v1/charges/{}", text(&rest["charge"]))).await;
    assert_eq!((&charge["amount_refunded"], &charge["refunded"]), (&json!(2500), &json!(true)));
    let none_left = bench.post("/v1/refunds", &[("charge", &id(&charge))]).await;
    none_left.refused(400, "invalid_request_error", Some("charge_already_refunded"));
    let listed = bench.found(&format!("/v1/refunds?payment_intent={intent}")).await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 2);
    assert_eq!(bench.told()[2..], ["refund.created", "charge.refunded", "refund.created", "charge.refunded"]);
}

#[tokio::test]
async fn a_refund_waits_and_comes_back() {
    let bench = Bench::start().await;
    let intent = bench.paid().await;
    let before = bench.balance().await;
    let refund = bench.admin.refund(&intent, None, RefundFate::Pending).unwrap();
    assert_eq!(refund["status"], "pending");
    assert_eq!(bench.balance().await, before - 2500);
    let failed = bench.admin.settle_refund(&id(&refund), Outcome::Fail).unwrap();
    assert_eq!(failed["status"], "failed");
    assert_eq!(bench.balance().await, before);
    assert_eq!(bench.told()[2..], ["refund.created", "charge.refunded", "refund.updated", "refund.failed"]);
    let charge = bench.admin.object(&text(&failed["charge"])).unwrap();
    assert_eq!(charge["amount_refunded"], 0);
    assert!(bench.admin.settle_refund(&id(&refund), Outcome::Fail).is_err());

    let again = bench.admin.refund(&intent, Some(700), RefundFate::Pending).unwrap();
    assert_eq!(bench.admin.settle_refund(&id(&again), Outcome::Succeed).unwrap()["status"], "succeeded");
    assert_eq!(bench.admin.refund(&intent, None, RefundFate::Failed).unwrap()["status"], "failed");
}

#[tokio::test]
async fn only_what_came_is_given_back() {
    let bench = Bench::start().await;
    let session = bench.session().await;
    assert!(bench.admin.refund(&session, None, RefundFate::Succeeded).is_err());
    let begun = bench.admin.pay_later(&session, None).unwrap();
    let intent = text(&begun["payment_intent"]);
    let reply = bench.post("/v1/refunds", &[("payment_intent", &intent)]).await;
    reply.refused(400, "invalid_request_error", Some("payment_intent_unexpected_state"));
    let nobody = bench.post("/v1/refunds", &[("payment_intent", "pi_nothing")]).await;
    nobody.refused(400, "invalid_request_error", Some("resource_missing"));
}
