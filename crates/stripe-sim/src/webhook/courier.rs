//! The task that delivers: it takes what is due from the outbox, posts it with its signature, and writes down what the
//! endpoint answered. It ends with the simulator; what waits then is told after a restart from a state file.

use std::{sync::Arc, time::Duration};

use reqwest::{Client, header};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

use crate::{
    model::Attempt,
    shared::Shared,
    webhook::{outbox::Delivery, sign},
};

/// How long to sleep when nothing waits; a change wakes it before.
const IDLE: Duration = Duration::from_hours(1);
/// Of an event that is sent again and again only so many attempts are written down.
const ATTEMPTS_KEPT_MAX: usize = 1_000;

/// Delivers until the simulator stops. What is under way then is seen to its end.
pub(crate) async fn carry(shared: Arc<Shared>, client: Client) {
    let mut moved = shared.moved.subscribe();
    let mut under_way = JoinSet::new();
    loop {
        moved.borrow_and_update();
        let (due, next) = shared.with_world(|world| world.outbox.due(Instant::now()));
        for delivery in due {
            under_way.spawn(deliver(Arc::clone(&shared), client.clone(), delivery));
        }
        tokio::select! {
            biased;
            () = shared.stopping.cancelled() => break,
            Some(_) = under_way.join_next() => {}
            changed = moved.changed() => if changed.is_err() { break },
            () = sleep_until(next.unwrap_or_else(|| Instant::now() + IDLE)) => {}
        }
    }
    while under_way.join_next().await.is_some() {}
}

/// One attempt.
async fn deliver(shared: Arc<Shared>, client: Client, delivery: Delivery) {
    let at = shared.clock.seconds();
    let letter = shared.with_world(|world| {
        let settings = world.outbox.settings();
        let body = world.books.events.get(&delivery.event).map(|event| format!("{:#}", event.view(1)));
        settings.url.clone().zip(body).map(|(url, body)| {
            let signature = sign(&body, &settings.secrets, at);
            (url, body, signature, Duration::from_millis(settings.timeout_ms))
        })
    });
    let (status, error) = match letter {
        None => (None, Some("there is no endpoint any more".to_owned())),
        Some((url, body, signature, timeout)) => {
            let request = client
                .post(url)
                .timeout(timeout)
                .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
                .header(header::USER_AGENT, "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
                .header("stripe-signature", signature)
                .body(body);
            match request.send().await {
                Ok(response) => (Some(response.status().as_u16()), None),
                Err(error) => (None, Some(error.without_url().to_string())),
            }
        }
    };
    let took = status.is_some_and(|status| (200..300).contains(&status));
    let attempt = Attempt { at, copy: delivery.copy, status, error };
    shared.change(|world| {
        world.counters.webhook_attempts += 1;
        let before = world.books.events.get(&delivery.event).map(|event| event.fate);
        let Some(before) = before else {
            world.outbox.done(delivery, true, crate::model::Fate::Lost);
            return;
        };
        let event = delivery.event.clone();
        let fate = world.outbox.done(delivery, took, before);
        if let Some(event) = world.books.events.get_mut(&event) {
            if event.attempts.len() < ATTEMPTS_KEPT_MAX {
                event.attempts.push(attempt);
            }
            event.fate = fate;
        }
    });
    shared.save().await;
}
