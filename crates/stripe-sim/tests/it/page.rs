//! The hosted page, as a browser without scripts sees it.

use crate::bench::{Bench, PAYMENT, Reply, id, reply};

async fn press(bench: &Bench, session: &str, button: &str) -> Reply {
    reply(bench.client.post(bench.url(&format!("/c/pay/{session}/{button}")))).await
}

async fn look(bench: &Bench, session: &str) -> Reply {
    reply(bench.client.get(bench.url(&format!("/c/pay/{session}")))).await
}

#[track_caller]
fn location(reply: &Reply) -> &str {
    assert_eq!(reply.status, 303, "{}", reply.text);
    reply.headers["location"].to_str().unwrap()
}

#[tokio::test]
async fn somebody_pays_on_the_page() {
    let bench = Bench::start().await;
    let session = bench.session().await;
    let page = look(&bench, &session).await;
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    for part in ["25.00 USD", "Credit &lt;&amp; more&gt;", "/pay\"", "/decline\"", "/later\"", "/abandon\""] {
        assert!(page.text.contains(part), "{part} is missing in {}", page.text);
    }
    let paid = press(&bench, &session, "pay").await;
    assert_eq!(location(&paid), format!("https://shop.example/paid?session={session}"));
    assert!(look(&bench, &session).await.text.contains("This is paid"));
    let again = press(&bench, &session, "pay").await;
    assert_eq!(again.status, 409);
    assert!(again.text.contains("cannot be paid twice"));
    assert_eq!(bench.told(), ["payment_intent.succeeded", "checkout.session.completed"]);
}

#[tokio::test]
async fn a_decline_is_said_and_tried_again_and_leaving_changes_nothing() {
    let bench = Bench::start().await;
    let session = bench.session().await;
    assert_eq!(location(&press(&bench, &session, "decline").await), format!("/c/pay/{session}"));
    assert!(look(&bench, &session).await.text.contains("Your card was declined."));
    assert_eq!(location(&press(&bench, &session, "abandon").await), "https://shop.example/left");
    assert_eq!(bench.admin.object(&session).unwrap()["status"], "open");
    location(&press(&bench, &session, "later").await);
    assert!(look(&bench, &session).await.text.contains("on its way"));
    assert_eq!(press(&bench, &session, "fly").await.status, 409);
}

#[tokio::test]
async fn an_expired_session_says_so() {
    let bench = Bench::start().await;
    let session = bench.session().await;
    bench.admin.expire(&session).unwrap();
    assert!(look(&bench, &session).await.text.contains("has expired"));
    assert_eq!(press(&bench, &session, "pay").await.status, 409);
    assert_eq!(look(&bench, "cs_test_nothing").await.status, 404);
}

#[tokio::test]
async fn a_card_is_saved_on_the_page() {
    let bench = Bench::start().await;
    let customer = id(&bench.made("/v1/customers", &[]).await);
    let form = [("mode", "setup"), ("customer", &customer), ("success_url", "https://shop.example/saved")];
    let session = id(&bench.made("/v1/checkout/sessions", &form).await);
    assert!(look(&bench, &session).await.text.contains("declined later"));
    assert_eq!(location(&press(&bench, &session, "save-declining").await), "https://shop.example/saved");
    let methods = bench.found(&format!("/v1/customers/{customer}/payment_methods")).await;
    assert_eq!(methods["data"][0]["card"]["last4"], "0341");
    // A payment cannot save what it does not ask for.
    let payment = id(&bench.made("/v1/checkout/sessions", PAYMENT).await);
    assert_eq!(press(&bench, &payment, "save").await.status, 409);
}
