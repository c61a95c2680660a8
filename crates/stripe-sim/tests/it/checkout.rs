//! Checkout sessions, from the request to the money.

use serde_json::{Value, json};
use trunkline_stripe_sim::{Outcome, PayLater, SimulatorConfig};

use crate::bench::{Bench, KEY, PAYMENT, id, text};

/// A field and its new value, or none.
type Change<'c> = (&'c str, Option<&'c str>);

/// The form of a session with some of its fields replaced, or left out.
fn changed<'f>(changes: &[Change<'f>]) -> Vec<(&'f str, &'f str)> {
    let kept = PAYMENT.iter().copied().filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    let added = changes.iter().filter_map(|(name, value)| value.map(|value| (*name, value)));
    kept.chain(added).collect()
}

#[tokio::test]
async fn a_session_is_paid_once() {
    let bench = Bench::start().await;
    let session = bench.made("/v1/checkout/sessions", PAYMENT).await;
    assert_eq!(session["status"], "open");
    assert_eq!(session["payment_status"], "unpaid");
    assert_eq!(session["payment_intent"], Value::Null);
    assert_eq!((&session["amount_total"], &session["currency"]), (&json!(2500), &json!("usd")));
    assert_eq!(text(&session["url"]), bench.url(&format!("/c/pay/{}", id(&session))));

    let paid = bench.admin.pay(&id(&session)).unwrap();
    assert_eq!((&paid["status"], &paid["payment_status"]), (&json!("complete"), &json!("paid")));
    assert_eq!(paid["url"], Value::Null);
    let path = format!(
        "/v1/checkout/sessions/{}?expand[]=payment_intent.latest_charge.balance_transaction",
        id(&session)
    );
    let found = bench.found(&path).await;
    let intent = &found["payment_intent"];
    assert_eq!((&intent["status"], &intent["amount_received"]), (&json!("succeeded"), &json!(2500)));
    assert_eq!(intent["metadata"]["payment"], "payment-1");
    assert_eq!(intent["description"], "Credit for the wallet");
    let charge = &intent["latest_charge"];
    assert_eq!((&charge["paid"], &charge["refunded"]), (&json!(true), &json!(false)));
    // 2.9 percent and 30 cents.
    assert_eq!(charge["balance_transaction"]["fee"], 103);
    assert_eq!(bench.balance().await, 2500 - 103);
    assert_eq!(bench.told(), ["payment_intent.succeeded", "checkout.session.completed"]);

    assert!(bench.admin.pay(&id(&session)).is_err());
    assert_eq!(bench.balance().await, 2500 - 103);
}

#[tokio::test]
async fn a_declined_payment_can_be_tried_again() {
    let bench = Bench::start().await;
    let session = bench.session().await;
    let declined = bench.admin.decline(&session, "insufficient_funds").unwrap();
    assert_eq!((&declined["status"], &declined["payment_status"]), (&json!("open"), &json!("unpaid")));
    let intent = bench.found(&format!("/v1/payment_intents/{}", text(&declined["payment_intent"]))).await;
    assert_eq!(intent["status"], "requires_payment_method");
    assert_eq!(intent["last_payment_error"]["decline_code"], "insufficient_funds");

    let paid = bench.admin.pay(&session).unwrap();
    assert_eq!(paid["payment_intent"], declined["payment_intent"], "one intent for all attempts");
    let told = ["payment_intent.payment_failed", "payment_intent.succeeded", "checkout.session.completed"];
    assert_eq!(bench.told(), told);
}

#[tokio::test]
async fn what_is_paid_later_comes_or_does_not() {
    let bench = Bench::start().await;
    for (outcome, payment_status, intent_status, last) in [
        (Outcome::Succeed, "paid", "succeeded", "checkout.session.async_payment_succeeded"),
        (Outcome::Fail, "unpaid", "requires_payment_method", "checkout.session.async_payment_failed"),
    ] {
        let session = bench.session().await;
        let begun = bench.admin.pay_later(&session, None).unwrap();
        assert_eq!((&begun["status"], &begun["payment_status"]), (&json!("complete"), &json!("unpaid")));
        let intent = text(&begun["payment_intent"]);
        assert_eq!(bench.admin.object(&intent).unwrap()["status"], "processing");

        bench.admin.settle(&session, outcome).unwrap();
        assert_eq!(bench.admin.object(&session).unwrap()["payment_status"], payment_status);
        assert_eq!(bench.admin.object(&intent).unwrap()["status"], intent_status);
        assert_eq!(bench.told().last().unwrap(), last);
        assert!(bench.admin.settle(&session, outcome).is_err(), "it is settled once");
    }
}

#[tokio::test]
async fn the_clock_settles_and_expires() {
    let mut config = SimulatorConfig::new(KEY);
    config.settle_after_s = Some(3600);
    let bench = Bench::with(config).await;
    let (later, failing, left) = (bench.session().await, bench.session().await, bench.session().await);
    bench.admin.pay_later(&later, None).unwrap();
    let fail = PayLater { settle_after_s: 60, outcome: Outcome::Fail };
    bench.admin.pay_later(&failing, Some(fail)).unwrap();

    bench.admin.advance(3_601_000);
    assert_eq!(bench.admin.object(&later).unwrap()["payment_status"], "paid");
    assert_eq!(bench.admin.object(&failing).unwrap()["payment_status"], "unpaid");
    assert_eq!(bench.admin.object(&left).unwrap()["status"], "open");
    bench.admin.advance(24 * 3_600_000);
    assert_eq!(bench.admin.object(&left).unwrap()["status"], "expired");
    assert_eq!(bench.told().last().unwrap(), "checkout.session.expired");
    assert!(bench.admin.pay(&left).is_err());
}

#[tokio::test]
async fn an_open_session_is_expired_by_its_client() {
    let bench = Bench::start().await;
    let session = bench.session().await;
    bench.admin.decline(&session, "generic_decline").unwrap();
    let path = format!("/v1/checkout/sessions/{session}/expire");
    let expired = bench.made(&path, &[]).await;
    assert_eq!(expired["status"], "expired");
    let intent = bench.admin.object(&text(&expired["payment_intent"])).unwrap();
    assert_eq!(intent["status"], "canceled");
    bench.post(&path, &[]).await.refused(400, "invalid_request_error", None);
}

#[tokio::test]
async fn a_card_is_saved_for_later() {
    let bench = Bench::start().await;
    let customer =
        id(&bench.made("/v1/customers", &[("email", "ann@example.com"), ("metadata[user]", "u1")]).await);
    let form = [
        ("mode", "setup"),
        ("currency", "usd"),
        ("customer", &customer),
        ("setup_intent_data[metadata][user]", "u1"),
        ("success_url", "https://shop.example/saved"),
    ];
    let session = bench.made("/v1/checkout/sessions", &form).await;
    assert_eq!(session["payment_status"], "no_payment_required");
    let intent = text(&session["setup_intent"]);
    assert_eq!(
        bench.found(&format!("/v1/setup_intents/{intent}")).await["status"],
        "requires_payment_method"
    );
    assert!(bench.admin.pay(&id(&session)).is_err(), "there is nothing to pay");

    bench.admin.save(&id(&session), trunkline_stripe_sim::Behaviour::Accept).unwrap();
    let setup = bench.found(&format!("/v1/setup_intents/{intent}?expand[]=payment_method")).await;
    assert_eq!((&setup["status"], &setup["metadata"]["user"]), (&json!("succeeded"), &json!("u1")));
    assert_eq!(setup["payment_method"]["customer"], customer);
    assert_eq!(setup["payment_method"]["card"]["last4"], "4242");
    assert_eq!(bench.told(), ["setup_intent.succeeded", "checkout.session.completed"]);
    let methods = bench.found(&format!("/v1/customers/{customer}/payment_methods?type=card")).await;
    assert_eq!(methods["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_paid_session_saves_a_card_when_it_says_so() {
    let bench = Bench::start().await;
    let customer = id(&bench.made("/v1/customers", &[]).await);
    let form = changed(&[
        ("customer", Some(&customer)),
        ("payment_intent_data[setup_future_usage]", Some("off_session")),
    ]);
    let session = id(&bench.made("/v1/checkout/sessions", &form).await);
    let paid = bench.admin.pay(&session).unwrap();
    let intent = bench.admin.object(&text(&paid["payment_intent"])).unwrap();
    let method = bench.found(&format!("/v1/payment_methods/{}", text(&intent["payment_method"]))).await;
    assert_eq!(method["customer"], customer);
}

#[tokio::test]
async fn what_stripe_would_not_take_is_refused() {
    let bench = Bench::start().await;
    let soon = (bench.admin.now() + 60).to_string();
    let late = (bench.admin.now() + 25 * 3600).to_string();
    let currency = "line_items[0][price_data][currency]";
    let amount = "line_items[0][price_data][unit_amount]";
    let table: &[(&[Change<'_>], &str, Option<&str>)] = &[
        (&[("mode", None)], "mode", Some("parameter_missing")),
        (&[("success_url", None)], "success_url", Some("parameter_missing")),
        (&[("success_url", Some("nowhere"))], "success_url", Some("url_invalid")),
        (&[("line_items[0][quantity]", None)], "line_items[0][quantity]", Some("parameter_missing")),
        (&[(amount, Some("25.5"))], amount, Some("parameter_invalid_integer")),
        (&[(amount, Some("49"))], "line_items", Some("amount_too_small")),
        (&[(amount, Some("100000000"))], amount, Some("amount_too_large")),
        (&[(amount, Some("5124")), (currency, Some("kwd"))], amount, Some("invalid_charge_amount")),
        (
            &[(amount, Some("2510")), (currency, Some("ugx"))],
            amount,
            Some("invalid_charge_amount_no_decimal_compatible"),
        ),
        (&[("expires_at", Some(&soon))], "expires_at", None),
        (&[("expires_at", Some(&late))], "expires_at", None),
        (&[("customer", Some("cus_nobody"))], "customer", Some("resource_missing")),
        (&[("sucess_url", Some("https://a.example"))], "sucess_url", Some("parameter_unknown")),
    ];
    for (changes, param, code) in table {
        let reply = bench.post("/v1/checkout/sessions", &changed(changes)).await;
        assert_eq!(reply.refused(400, "invalid_request_error", *code)["param"], *param);
    }
    assert_eq!(bench.found("/v1/checkout/sessions").await["data"], json!([]), "nothing was made");
    let yen = changed(&[(amount, Some("50")), (currency, Some("JPY"))]);
    assert_eq!(bench.made("/v1/checkout/sessions", &yen).await["currency"], "jpy");
}
