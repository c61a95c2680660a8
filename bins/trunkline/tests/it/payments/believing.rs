//! What the webhook believes: nothing but what Stripe has signed and then confirms.

use serde_json::{Value, json};
use trunkline_stripe_sim::sign;

use super::till::{Page, Till, WEBHOOK_SECRET, standing};
use crate::engine::Engine;

fn signed(body: &Value, secret: &str, age_s: i64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    sign(&body.to_string(), &[secret.to_owned()], i64::try_from(now.as_secs()).unwrap() - age_s)
}

/// An event of Stripe's about a page, as it would be told if it had been paid.
fn completed(till: &Till, page: &Page) -> Value {
    let mut session = till.bank().object(&page.session).unwrap();
    session["payment_status"] = json!("paid");
    session["status"] = json!("complete");
    json!({
        "id": "evt_made_up", "object": "event", "api_version": "2026-10-28.endive", "created": 1_790_000_000,
        "data": { "object": session }, "livemode": false, "pending_webhooks": 1,
        "request": { "id": null, "idempotency_key": null }, "type": "checkout.session.completed",
    })
}

/// Whoever signs with another secret, too late, or something else than was sent, moves nothing; nor does who signs rightly
/// what Stripe does not confirm.
#[tokio::test]
async fn forged_stale_and_altered_events_move_nothing() {
    let till = Till::new("0").await;
    let page = till.open("25.00").await;
    let event = completed(&till, &page);
    let text = event.to_string();
    let good = signed(&event, WEBHOOK_SECRET, 0);
    assert_eq!(till.post_event(&text, None).await, 403);
    assert_eq!(till.post_event(&text, Some("t=1,v1=00")).await, 403);
    assert_eq!(till.post_event(&text, Some(&signed(&event, "whsec_guessed", 0))).await, 403);
    assert_eq!(till.post_event(&text, Some(&signed(&event, WEBHOOK_SECRET, 3600))).await, 403);
    assert_eq!(till.post_event(&text, Some(&signed(&event, WEBHOOK_SECRET, -3600))).await, 403);
    assert_eq!(till.post_event(&text.replace("2500", "2501"), Some(&good)).await, 403);

    // Signed rightly, and Stripe says that nobody has paid.
    assert_eq!(till.post_event(&text, Some(&good)).await, 200);
    assert_eq!(till.payment(&page).await["status"], "open");
    assert_eq!(till.standing().await, standing("0.00", "0.00", "0.00"));
}

/// An event that claims another amount, currency, user or payment than Stripe answers is refused, although it is signed.
#[tokio::test]
async fn events_that_contradict_stripe_are_refused() {
    let till = Till::new("0").await;
    let page = till.open("25.00").await;
    till.bank().pause_webhooks();
    till.bank().pay(&page.session).unwrap();
    let session = till.bank().object(&page.session).unwrap();
    let user = session["metadata"]["trunkline_user"].as_str().unwrap();
    assert_eq!(user, crate::stage::USER);
    let lies: [(&str, Value); 4] = [
        ("/amount_total", json!(250_000)),
        ("/currency", json!("inr")),
        ("/metadata/trunkline_user", json!("mallory")),
        ("/metadata/trunkline_payment", json!("0192f0c1-2d3e-7000-8000-00000000000b")),
    ];
    for (place, lie) in lies {
        let mut event = completed(&till, &page);
        let object = event.pointer_mut("/data/object").unwrap();
        *object.pointer_mut(place).unwrap_or_else(|| panic!("{place} in {session}")) = lie;
        let status = till.post_event(&event.to_string(), Some(&signed(&event, WEBHOOK_SECRET, 0))).await;
        assert_eq!(status, 400, "{place}");
        assert_eq!(till.payment(&page).await["status"], "open", "{place}");
    }
    let mut other = completed(&till, &page);
    other["data"]["object"]["id"] = json!("cs_test_of_somebody_else");
    assert_eq!(till.post_event(&other.to_string(), Some(&signed(&other, WEBHOOK_SECRET, 0))).await, 400);
    assert_eq!(till.standing().await, standing("0.00", "0.00", "0.00"));

    let honest = completed(&till, &page);
    assert_eq!(till.post_event(&honest.to_string(), Some(&signed(&honest, WEBHOOK_SECRET, 0))).await, 200);
    assert_eq!(till.standing().await, standing("25.00", "0.00", "0.00"));
}

/// While the secret is rolled, both are good.
#[tokio::test]
async fn two_secrets_are_good_while_one_is_changed() {
    let secrets = format!("whsec_next, {WEBHOOK_SECRET}");
    let till = Till::on(Engine::Sqlite, "0", &[("STRIPE_WEBHOOK_SECRET", &secrets)]).await;
    let page = till.open("25.00").await;
    let event = completed(&till, &page);
    for secret in ["whsec_next", WEBHOOK_SECRET] {
        assert_eq!(till.post_event(&event.to_string(), Some(&signed(&event, secret, 0))).await, 200);
    }
    assert_eq!(till.post_event(&event.to_string(), Some(&signed(&event, &secrets, 0))).await, 403);
}

/// What is none of ours, and what is no event.
#[tokio::test]
async fn others_events_are_taken_and_ignored() {
    let till = Till::new("0").await;
    let foreign = json!({
        "id": "evt_1", "object": "event", "type": "invoice.paid", "created": 1_790_000_000, "livemode": false,
        "api_version": "2026-10-28.endive", "data": { "object": { "id": "in_1", "object": "invoice" } },
    });
    assert_eq!(till.post_event(&foreign.to_string(), Some(&signed(&foreign, WEBHOOK_SECRET, 0))).await, 200);
    let nothing = json!(["not", "an", "event"]);
    assert_eq!(till.post_event(&nothing.to_string(), Some(&signed(&nothing, WEBHOOK_SECRET, 0))).await, 400);
    assert_eq!(till.standing().await, standing("0.00", "0.00", "0.00"));
}
