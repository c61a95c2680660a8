//! A thousand events about a hundred pages, told twice and thrice and in any order to two servers, which die meanwhile.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use nix::sys::signal::Signal;
use trunkline_stripe_sim::{DisputeKind, RefundFate, WebhookChange, WebhookShuffle};

use super::till::{Page, Till, WEBHOOK_SECRET};
use crate::engine::Engine;

const PAGES: usize = 100;

/// What becomes of the `n`th page, and what it leaves in the wallet, in cents.
fn fate(till: &Till, n: usize, page: &Page) -> i64 {
    let bank = till.bank();
    match n % 5 {
        0 => {
            bank.pay(&page.session).unwrap();
            1_000
        }
        1 => {
            bank.pay(&page.session).unwrap();
            bank.refund(&page.session, Some(300), RefundFate::Succeeded).unwrap();
            700
        }
        2 => {
            bank.decline(&page.session, "generic_decline").unwrap();
            bank.pay(&page.session).unwrap();
            let dispute =
                bank.dispute(&page.session, None, "fraudulent", DisputeKind::NeedsResponse).unwrap();
            bank.win(dispute["id"].as_str().unwrap()).unwrap();
            1_000
        }
        3 => {
            bank.pay_later(&page.session, None).unwrap();
            bank.settle(&page.session, trunkline_stripe_sim::Outcome::Succeed).unwrap();
            bank.dispute(&page.session, None, "fraudulent", DisputeKind::NeedsResponse).unwrap();
            0
        }
        _ => {
            bank.decline(&page.session, "generic_decline").unwrap();
            bank.expire(&page.session).unwrap();
            0
        }
    }
}

#[tokio::test]
async fn a_thousand_events_in_any_order_credit_each_payment_once() {
    let environment = [
        ("PAYMENT_DAILY_MAXIMUM", "off"),
        ("PAYMENT_MINIMUM", "1.00 USD"),
        ("PAYMENT_MAXIMUM", "1000.00 USD"),
    ];
    let mut till = Till::on(Engine::Postgres, "0", &environment).await;
    let other = till.stage.replica();
    till.bank().pause_webhooks();
    let pages = join_all((0..PAGES).map(|_| till.open("10.00"))).await;
    let expected: i64 = pages.iter().enumerate().map(|(n, page)| fate(&till, n, page)).sum();
    till.bank()
        .configure_webhooks(WebhookChange {
            copies: Some(3),
            concurrency: Some(8),
            retry_ms: Some(vec![50; 30]),
            shuffle: Some(Some(WebhookShuffle { window: 400, seed: 7, linger_ms: 50 })),
            ..WebhookChange::default()
        })
        .unwrap();
    till.bank().resume_webhooks();
    // The events are told to one server, then to the other, and the first dies and comes back while they are.
    for round in 0..3 {
        tokio::time::sleep(Duration::from_millis(400)).await;
        till.bank().point_webhooks(format!("{}/api/payment/webhook", other.url), WEBHOOK_SECRET).unwrap();
        till.stage.server.signal(Signal::SIGKILL);
        tokio::time::sleep(Duration::from_millis(200)).await;
        till.stage.restart();
        if round % 2 == 0 {
            till.tell(&till.stage.server);
        }
    }
    let told = tokio::time::timeout(Duration::from_mins(3), till.bank().wait_for_webhooks()).await;
    assert!(told.is_ok(), "{}", till.bank().webhook_state());

    let events = till.bank().events();
    let deliveries: usize =
        events.iter().map(|event| event["delivery"]["attempts"].as_array().map_or(0, Vec::len)).sum();
    assert!(deliveries >= 1_000, "{deliveries} deliveries of {} events", events.len());
    let mut states: BTreeMap<String, usize> = BTreeMap::new();
    for page in &pages {
        let reached = till.payment(page).await["status"].as_str().unwrap().to_owned();
        *states.entry(reached).or_default() += 1;
    }
    assert_eq!(states, BTreeMap::from([("completed".to_owned(), 80), ("expired".to_owned(), 20)]));
    let balance = till.stage.get("/api/wallet/balance").await;
    let cents = |name: &str| balance[name].to_string().replace('.', "").parse::<i64>().unwrap();
    assert_eq!(cents("available") - cents("debt"), expected, "{balance}");
    assert!(cents("available") == 0 || cents("debt") == 0, "{balance}");
    till.verify_ledger();
}
