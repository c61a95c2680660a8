//! Every standing of session and intent, and what it means for the payment.

use rstest::rstest;
use serde_json::{Value, json};
use trunkline_domain::Currency;

use super::*;

fn session(status: &str, payment_status: &str) -> Session {
    serde_json::from_value(json!({
        "id": "cs_1", "mode": "payment", "status": status, "payment_status": payment_status,
        "amount_total": 2500, "currency": "usd",
    }))
    .unwrap()
}

fn intent(status: &str, error: &Value) -> Intent {
    serde_json::from_value(json!({
        "id": "pi_1", "amount": 2500, "amount_received": if status == "succeeded" { 2400 } else { 0 },
        "currency": "usd", "status": status, "last_payment_error": error,
    }))
    .unwrap()
}

fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

#[rstest]
#[case::nobody_began("open", "unpaid", None, Progress::Open)]
#[case::declined_once("open", "unpaid", Some("requires_payment_method"), Progress::Open)]
#[case::being_authenticated("open", "unpaid", Some("requires_action"), Progress::Open)]
#[case::under_way_before_the_page_says_so("open", "unpaid", Some("processing"), Progress::Processing)]
#[case::bank_debit("complete", "unpaid", Some("processing"), Progress::Processing)]
#[case::voucher("complete", "unpaid", Some("requires_action"), Progress::Processing)]
#[case::bank_debit_failed("complete", "unpaid", Some("requires_payment_method"), Progress::Failed)]
#[case::cancelled("complete", "unpaid", Some("canceled"), Progress::Failed)]
#[case::nothing_to_pay("complete", "no_payment_required", None, Progress::Failed)]
#[case::nobody_paid("expired", "unpaid", None, Progress::Expired)]
#[case::declined_and_left("expired", "unpaid", Some("canceled"), Progress::Expired)]
fn a_payment_with_a_page(
    #[case] status: &str,
    #[case] payment_status: &str,
    #[case] intent_status: Option<&str>,
    #[case] expected: Progress,
) {
    let session = session(status, payment_status);
    let intent = intent_status.map(|status| intent(status, &json!({"code": "card_declined"})));
    assert_eq!(progress(Some(&session), intent.as_ref()).unwrap(), expected);
}

#[rstest]
#[case::never_confirmed("requires_payment_method", json!(null), Progress::Open)]
#[case::declined("requires_payment_method", json!({"code": "card_declined"}), Progress::Failed)]
#[case::about_to_be_tried("requires_confirmation", json!(null), Progress::Open)]
#[case::wants_its_owner("requires_action", json!(null), Progress::Open)]
#[case::bank_debit("processing", json!(null), Progress::Processing)]
#[case::reserved("requires_capture", json!(null), Progress::Processing)]
#[case::cancelled("canceled", json!(null), Progress::Failed)]
fn a_payment_without_a_page(#[case] status: &str, #[case] error: Value, #[case] expected: Progress) {
    assert_eq!(progress(None, Some(&intent(status, &error))).unwrap(), expected);
}

/// What was received counts, not what was asked for, and whatever the session says by then.
#[rstest]
#[case(Some(("complete", "paid")))]
#[case(Some(("complete", "unpaid")))]
#[case(Some(("open", "unpaid")))]
#[case(Some(("expired", "unpaid")))]
#[case(None)]
fn an_intent_that_succeeded_is_paid(#[case] of_session: Option<(&str, &str)>) {
    let session = of_session.map(|(status, payment_status)| session(status, payment_status));
    let intent = intent("succeeded", &json!(null));
    let paid = Progress::Paid { amount: usd("24") };
    assert_eq!(progress(session.as_ref(), Some(&intent)).unwrap(), paid);
    assert_eq!(asked(session.as_ref(), Some(&intent)).unwrap(), usd("25"));
}

#[rstest]
#[case::paid_without_intent("complete", "paid", None)]
#[case::paid_by_word_alone("complete", "paid", Some("processing"))]
#[case::done_without_intent("complete", "unpaid", None)]
#[case::new_payment_status("complete", "something_new", Some("canceled"))]
#[case::new_status("something_new", "unpaid", None)]
#[case::new_intent_status("complete", "unpaid", Some("something_new"))]
fn what_contradicts_itself_is_no_report(
    #[case] status: &str,
    #[case] payment_status: &str,
    #[case] intent_status: Option<&str>,
) {
    let intent = intent_status.map(|status| intent(status, &json!(null)));
    assert!(progress(Some(&session(status, payment_status)), intent.as_ref()).is_err());
}

#[test]
fn an_intent_that_received_nothing_is_not_paid() {
    let mut intent = intent("succeeded", &json!(null));
    intent.amount_received = 0;
    assert!(progress(None, Some(&intent)).is_err());
}

#[rstest]
#[case(json!({"code": "card_declined", "decline_code": "insufficient_funds"}), Some("insufficient_funds"))]
#[case(json!({"code": "expired_card", "decline_code": null}), Some("expired_card"))]
#[case(json!({"code": "Your card <b>", "decline_code": null}), Some("declined"))]
#[case(json!({}), Some("declined"))]
#[case(json!(null), None)]
fn a_decline_is_one_plain_word(#[case] error: Value, #[case] expected: Option<&str>) {
    let intent = intent("requires_payment_method", &error);
    assert_eq!(decline(Some(&intent)).as_deref(), expected);
}
