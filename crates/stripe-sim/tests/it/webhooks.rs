//! Webhooks: signed, repeated, doubled, shuffled, late and lost.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use trunkline_stripe_sim::{SimulatorConfig, WebhookChange, WebhookSettings, WebhookShuffle, sign};

use crate::{
    bench::{Bench, KEY, text},
    endpoint::Endpoint,
};

const SECRET: &str = "whsec_for_tests";

async fn told_to(endpoint: &Endpoint, change: WebhookChange) -> Bench {
    let mut config = SimulatorConfig::new(KEY);
    config.webhooks = WebhookSettings {
        retry_ms: vec![1; 3],
        concurrency: 1,
        ..WebhookSettings::to(&endpoint.url, SECRET)
    };
    let bench = Bench::with(config).await;
    bench.admin.configure_webhooks(change).unwrap();
    bench
}

fn fates(bench: &Bench) -> Vec<String> {
    bench.admin.events().iter().map(|event| text(&event["delivery"]["fate"])).collect()
}

#[tokio::test]
async fn an_event_is_delivered_and_signed() {
    let endpoint = Endpoint::start().await;
    let secrets = Some(vec![SECRET.to_owned(), "whsec_next".to_owned()]);
    let bench = told_to(&endpoint, WebhookChange { secrets, ..WebhookChange::default() }).await;
    let intent = bench.paid().await;
    bench.admin.wait_for_webhooks().await;
    assert_eq!(endpoint.types(), ["payment_intent.succeeded", "checkout.session.completed"]);
    let letter = &endpoint.letters()[0];
    let at: i64 = letter.signature[2..].split(',').next().unwrap().parse().unwrap();
    let both = sign(&letter.body, &[SECRET.to_owned(), "whsec_next".to_owned()], at);
    assert_eq!(letter.signature, both);
    assert_eq!(letter.signature.matches(",v1=").count(), 2);
    let event = letter.event();
    assert_eq!((&event["object"], &event["livemode"]), (&json!("event"), &json!(false)));
    assert_eq!(event["data"]["object"]["id"], intent);
    let asked = bench.found(&format!("/v1/events/{}", text(&event["id"]))).await;
    assert_eq!(asked["pending_webhooks"], 0);
    assert_eq!(asked["data"], event["data"]);
    assert_eq!(fates(&bench), ["delivered", "delivered"]);
}

#[tokio::test]
async fn a_failed_delivery_is_repeated_until_it_is_given_up() {
    let endpoint = Endpoint::answering(&[500, 404, 200, 500, 500, 500, 500]).await;
    let bench = told_to(&endpoint, WebhookChange { lose_next: Some(1), ..WebhookChange::default() }).await;
    bench.paid().await;
    bench.admin.wait_for_webhooks().await;
    let session = bench.session().await;
    bench.admin.expire(&session).unwrap();
    bench.admin.wait_for_webhooks().await;
    assert_eq!(fates(&bench), ["lost", "delivered", "givenUp"]);
    let attempts = |event: &Value| -> Vec<u64> {
        let attempts = event["delivery"]["attempts"].as_array().unwrap();
        attempts.iter().map(|attempt| attempt["status"].as_u64().unwrap()).collect()
    };
    let events = bench.admin.events();
    assert_eq!(attempts(&events[1]), [500, 404, 200]);
    assert_eq!(attempts(&events[2]), [500; 4]);

    bench.admin.resend(&text(&events[2]["id"])).unwrap();
    bench.admin.resend(&text(&events[0]["id"])).unwrap();
    bench.admin.wait_for_webhooks().await;
    assert_eq!(fates(&bench), ["delivered"; 3]);
    assert!(bench.admin.resend("evt_nothing").is_err());
}

#[tokio::test]
async fn events_are_doubled_and_shuffled_by_a_seed() {
    let mut orders = Vec::new();
    for seed in [3, 3, 4] {
        let endpoint = Endpoint::start().await;
        let shuffle = Some(Some(WebhookShuffle { window: 1000, seed, linger_ms: 60_000 }));
        let change = WebhookChange { copies: Some(2), shuffle, ..WebhookChange::default() };
        let bench = told_to(&endpoint, change).await;
        for _ in 0..5 {
            bench.paid().await;
        }
        assert_eq!(endpoint.letters().len(), 0, "the window is not full");
        bench.admin.deliver_webhooks().await;
        let ids = endpoint.ids();
        assert_eq!((ids.len(), ids.iter().collect::<BTreeSet<_>>().len()), (20, 10));
        orders.push(ids);
    }
    assert_eq!(orders[0], orders[1]);
    assert_ne!(orders[0], orders[2]);
}

#[tokio::test]
async fn what_is_paused_or_late_waits() {
    let endpoint = Endpoint::start().await;
    let bench = told_to(&endpoint, WebhookChange::default()).await;
    bench.admin.pause_webhooks();
    bench.paid().await;
    assert_eq!(bench.admin.webhook_state()["waiting"], 2);
    bench.admin.deliver_webhooks().await;
    assert_eq!(endpoint.letters().len(), 2, "delivered while paused");
    bench.paid().await;
    bench.admin.resume_webhooks();
    bench.admin.wait_for_webhooks().await;
    assert_eq!(endpoint.letters().len(), 4);

    bench
        .admin
        .configure_webhooks(WebhookChange { delay_ms: Some(3_600_000), ..WebhookChange::default() })
        .unwrap();
    bench.paid().await;
    assert_eq!(fates(&bench)[4..], ["waiting", "waiting"]);
    bench.admin.deliver_webhooks().await;
    assert_eq!(endpoint.letters().len(), 6);
}

#[tokio::test]
async fn types_are_lost_and_nobody_is_told_without_an_address() {
    let endpoint = Endpoint::start().await;
    let lose_types = Some(vec!["checkout.session.completed".to_owned()]);
    let bench = told_to(&endpoint, WebhookChange { lose_types, ..WebhookChange::default() }).await;
    bench.paid().await;
    bench.admin.wait_for_webhooks().await;
    assert_eq!(fates(&bench), ["delivered", "lost"]);
    bench.admin.configure_webhooks(WebhookChange { url: Some(None), ..WebhookChange::default() }).unwrap();
    bench.paid().await;
    assert_eq!(fates(&bench)[2..], ["untold", "untold"]);
    let wrong = WebhookChange { url: Some(Some("nowhere".to_owned())), ..WebhookChange::default() };
    assert!(bench.admin.configure_webhooks(wrong).is_err());
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_written_down() {
    let bench = Bench::start().await;
    // A port that was free a moment ago.
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    bench.admin.point_webhooks(format!("http://127.0.0.1:{port}/hook"), SECRET).unwrap();
    let retry_ms = Some(Vec::new());
    bench.admin.configure_webhooks(WebhookChange { retry_ms, ..WebhookChange::default() }).unwrap();
    bench.paid().await;
    bench.admin.wait_for_webhooks().await;
    assert_eq!(fates(&bench), ["givenUp", "givenUp"]);
    assert!(bench.admin.events()[0]["delivery"]["attempts"][0]["error"].is_string());
}
