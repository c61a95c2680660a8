//! Idempotency keys.

use crate::bench::{Bench, PAYMENT, Reply, id, reply, text};
use trunkline_stripe_sim::{Behaviour, Fault, FaultAction, HangAct};

async fn post(bench: &Bench, key: &str, path: &str, form: &[(&str, &str)]) -> Reply {
    reply(bench.posting(path, form).header("idempotency-key", key)).await
}

#[tokio::test]
async fn a_repeat_is_answered_as_the_first_request() {
    let bench = Bench::start().await;
    let first = post(&bench, "key-1", "/v1/checkout/sessions", PAYMENT).await;
    let again = post(&bench, "key-1", "/v1/checkout/sessions", PAYMENT).await;
    assert_eq!((again.status, &again.text), (200, &first.text));
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!(again.headers["original-request"], first.headers["request-id"]);
    assert!(!first.headers.contains_key("idempotent-replayed"));
    assert_eq!(bench.admin.state()["sessions"].as_array().unwrap().len(), 1);

    let other = post(&bench, "key-1", "/v1/customers", &[]).await;
    other.refused(400, "idempotency_error", None);
    bench.admin.advance(24 * 3_600_000);
    let new = post(&bench, "key-1", "/v1/checkout/sessions", PAYMENT).await;
    assert_ne!(id(&new.body), id(&first.body), "a key is forgotten after a day");
}

#[tokio::test]
async fn a_refusal_can_be_asked_again_and_a_decline_is_kept() {
    let bench = Bench::start().await;
    let wrong = [("email", "nobody")];
    post(&bench, "key-1", "/v1/customers", &wrong).await.refused(
        400,
        "invalid_request_error",
        Some("email_invalid"),
    );
    let right = post(&bench, "key-1", "/v1/customers", &[("email", "ann@example.com")]).await;
    let customer = id(&right.body);
    let method = id(&bench.admin.add_payment_method(&customer, Behaviour::Decline).unwrap());
    let form = [
        ("amount", "500"),
        ("currency", "usd"),
        ("customer", customer.as_str()),
        ("payment_method", method.as_str()),
        ("confirm", "true"),
    ];
    let declined = post(&bench, "key-2", "/v1/payment_intents", &form).await;
    declined.refused(402, "card_error", Some("card_declined"));
    bench.admin.set_behaviour(&method, Behaviour::Accept).unwrap();
    assert_eq!(post(&bench, "key-2", "/v1/payment_intents", &form).await.text, declined.text);
    assert_eq!(bench.told(), ["payment_intent.payment_failed"], "charged once");
    let event = &bench.admin.events()[0];
    assert_eq!(event["request"]["idempotency_key"], "key-2");
    assert_eq!(text(&event["request"]["id"]), declined.headers["request-id"].to_str().unwrap());
}

#[tokio::test]
async fn a_key_in_use_is_refused_until_its_request_is_done() {
    let bench = Bench::start().await;
    let hang = FaultAction::Hang { act: HangAct::Later };
    bench.admin.script(Fault::new(hang).on("POST", "/v1/checkout")).unwrap();
    let first = bench.posting("/v1/checkout/sessions", PAYMENT).header("idempotency-key", "key-1");
    let first = tokio::spawn(reply(first));
    bench.admin.wait_for_request("POST", "/v1/checkout", 1).await;
    let meanwhile = post(&bench, "key-1", "/v1/checkout/sessions", PAYMENT).await;
    meanwhile.refused(409, "idempotency_error", Some("idempotency_key_in_use"));
    bench.admin.release_held();
    let first = first.await.unwrap();
    let after = post(&bench, "key-1", "/v1/checkout/sessions", PAYMENT).await;
    assert_eq!((first.status, after.text), (200, first.text));
}
