//! Disputes and inquiries, with the money that they move.

use serde_json::json;
use trunkline_stripe_sim::{DisputeKind, RefundFate};

use crate::bench::{Bench, id};

#[tokio::test]
async fn a_dispute_takes_the_money_and_winning_it_brings_it_back() {
    let bench = Bench::start().await;
    let intent = bench.paid().await;
    let before = bench.balance().await;
    let dispute = bench.admin.dispute(&intent, None, "fraudulent", DisputeKind::NeedsResponse).unwrap();
    assert_eq!(
        (&dispute["status"], &dispute["is_charge_refundable"]),
        (&json!("needs_response"), &json!(false))
    );
    assert_eq!(dispute["balance_transactions"][0]["amount"], -2500);
    assert_eq!(bench.balance().await, before - 2500 - 1500, "the sum, and Stripe's fee");
    let refused = bench.post("/v1/refunds", &[("payment_intent", &intent)]).await;
    refused.refused(400, "invalid_request_error", Some("charge_disputed"));
    assert!(bench.admin.dispute(&intent, None, "fraudulent", DisputeKind::NeedsResponse).is_err());

    let won = bench.admin.win(&id(&dispute)).unwrap();
    assert_eq!(won["status"], "won");
    assert_eq!(won["balance_transactions"][1]["amount"], 2500);
    assert_eq!(bench.balance().await, before - 1500);
    let told = [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
    ];
    assert_eq!(bench.told()[2..], told);
    assert!(bench.admin.lose(&id(&dispute)).is_err(), "it is decided once");
}

#[tokio::test]
async fn a_lost_dispute_keeps_the_money() {
    let bench = Bench::start().await;
    let intent = bench.paid().await;
    let dispute = bench.admin.dispute(&intent, Some(900), "duplicate", DisputeKind::NeedsResponse).unwrap();
    let withdrawn = bench.balance().await;
    let lost = bench.admin.close(&id(&dispute)).unwrap();
    assert_eq!((&lost["status"], &lost["amount"]), (&json!("lost"), &json!(900)));
    assert_eq!(bench.balance().await, withdrawn);
    let listed = bench.found(&format!("/v1/disputes?payment_intent={intent}")).await;
    assert_eq!(listed["data"][0], bench.found(&format!("/v1/disputes/{}", id(&dispute))).await);
}

#[tokio::test]
async fn an_inquiry_moves_nothing_until_it_becomes_a_dispute() {
    let bench = Bench::start().await;
    let intent = bench.paid().await;
    let before = bench.balance().await;
    let inquiry = bench.admin.dispute(&intent, None, "general", DisputeKind::WarningNeedsResponse).unwrap();
    assert_eq!(inquiry["status"], "warning_needs_response");
    assert_eq!((bench.balance().await, &inquiry["balance_transactions"]), (before, &json!([])));
    assert!(bench.admin.win(&id(&inquiry)).is_err());
    bench.admin.refund(&intent, Some(100), RefundFate::Succeeded).unwrap();
    assert_eq!(bench.admin.escalate(&id(&inquiry)).unwrap()["status"], "needs_response");
    assert_eq!(bench.balance().await, before - 100 - 2500 - 1500);

    let other = bench.paid().await;
    let inquiry = bench.admin.dispute(&other, None, "general", DisputeKind::WarningNeedsResponse).unwrap();
    assert_eq!(bench.admin.close(&id(&inquiry)).unwrap()["status"], "warning_closed");
    assert_eq!(bench.told().last().unwrap(), "charge.dispute.closed");
}
