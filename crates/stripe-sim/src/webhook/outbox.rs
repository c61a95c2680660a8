//! The deliveries that wait, with their time. Nothing here sends anything: the courier asks what is due, and says what
//! became of it.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{ids::SplitMix, model::Fate, webhook::WebhookSettings};

/// More than so many waiting deliveries are lost, and that is logged.
const WAITING_MAX: usize = 100_000;

/// One copy of an event, on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delivery {
    pub(crate) event: String,
    pub(crate) copy: u32,
    /// How many attempts failed before.
    failed: usize,
    due: Instant,
    /// It goes out even while deliveries are paused.
    urgent: bool,
}

/// What waits.
pub(crate) struct Outbox {
    settings: WebhookSettings,
    waiting: Vec<Delivery>,
    /// Collected until they are shuffled, since then.
    collected: Vec<Delivery>,
    collecting_since: Option<Instant>,
    order: SplitMix,
    is_paused: bool,
    under_way: usize,
    urgent_under_way: usize,
}

impl Outbox {
    pub(crate) fn new(settings: WebhookSettings) -> Self {
        let seed = settings.shuffle.map_or(0, |shuffle| shuffle.seed);
        Self {
            settings,
            waiting: Vec::new(),
            collected: Vec::new(),
            collecting_since: None,
            order: SplitMix::new(seed),
            is_paused: false,
            under_way: 0,
            urgent_under_way: 0,
        }
    }

    pub(crate) const fn settings(&self) -> &WebhookSettings {
        &self.settings
    }

    /// Takes new settings; what waits already keeps its time. A new shuffle begins with its seed.
    pub(crate) fn configure(&mut self, settings: WebhookSettings) {
        if settings.shuffle != self.settings.shuffle {
            self.order = SplitMix::new(settings.shuffle.map_or(0, |shuffle| shuffle.seed));
            self.scatter();
        }
        self.settings = settings;
    }

    /// Takes an event to be told, as often as is asked for, unless a script loses it.
    pub(crate) fn take(&mut self, event: &str, kind: &str) -> Fate {
        if self.settings.url.is_none() {
            return Fate::Untold;
        }
        if self.settings.loses(kind) {
            return Fate::Lost;
        }
        if self.waiting.len() + self.collected.len() >= WAITING_MAX {
            tracing::warn!(event, "too many webhooks wait: this one is lost");
            return Fate::Lost;
        }
        let now = Instant::now();
        for copy in 1..=self.settings.copies {
            let due = now + Duration::from_millis(self.settings.delay_ms);
            let delivery = Delivery { event: event.to_owned(), copy, failed: 0, due, urgent: false };
            match self.settings.shuffle {
                None => self.waiting.push(delivery),
                Some(shuffle) => {
                    self.collected.push(delivery);
                    self.collecting_since.get_or_insert(now);
                    if self.collected.len() >= shuffle.window {
                        self.scatter();
                    }
                }
            }
        }
        Fate::Waiting
    }

    /// Has an event told once more, now.
    pub(crate) fn resend(&mut self, event: &str) {
        let due = Instant::now();
        self.waiting.push(Delivery { event: event.to_owned(), copy: 1, failed: 0, due, urgent: true });
    }

    /// Puts what was collected behind what waits, in another order.
    fn scatter(&mut self) {
        let mut collected = std::mem::take(&mut self.collected);
        self.order.shuffle(&mut collected);
        self.waiting.append(&mut collected);
        self.collecting_since = None;
    }

    pub(crate) const fn pause(&mut self) {
        self.is_paused = true;
    }

    pub(crate) const fn resume(&mut self) {
        self.is_paused = false;
    }

    /// Everything that waits goes out now, paused or not.
    pub(crate) fn hurry(&mut self) {
        self.scatter();
        let now = Instant::now();
        for delivery in &mut self.waiting {
            delivery.due = delivery.due.min(now);
            delivery.urgent = true;
        }
    }

    /// Whether nothing is left of what was hurried.
    pub(crate) fn is_hurried_through(&self) -> bool {
        self.urgent_under_way == 0 && !self.waiting.iter().any(|delivery| delivery.urgent)
    }

    /// Whether nothing waits and nothing is under way.
    pub(crate) const fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.collected.is_empty() && self.under_way == 0
    }

    /// What is due, as far as there is room for it, and when to ask again if nothing happens before.
    pub(crate) fn due(&mut self, now: Instant) -> (Vec<Delivery>, Option<Instant>) {
        let settle = self.settings.shuffle.map(|shuffle| Duration::from_millis(shuffle.linger_ms));
        let collected_until = self.collecting_since.zip(settle).map(|(since, linger)| since + linger);
        if !self.is_paused && collected_until.is_some_and(|until| until <= now) {
            self.scatter();
        }
        let mut room = self.settings.concurrency.saturating_sub(self.under_way);
        let mut due = Vec::new();
        let paused = self.is_paused;
        self.waiting.retain(|delivery| {
            let goes = room > 0 && delivery.due <= now && (delivery.urgent || !paused);
            if goes {
                room -= 1;
                due.push(delivery.clone());
            }
            !goes
        });
        self.under_way += due.len();
        self.urgent_under_way += due.iter().filter(|delivery| delivery.urgent).count();
        let next =
            self.waiting.iter().filter(|delivery| delivery.urgent || !paused).map(|delivery| delivery.due);
        let collected = collected_until.filter(|until| !paused && *until > now);
        let next = if room == 0 { None } else { next.chain(collected).min() };
        (due, next)
    }

    /// What became of a delivery; gives the fate of its event. One that failed waits for its next attempt.
    pub(crate) fn done(&mut self, delivery: Delivery, took: bool, before: Fate) -> Fate {
        self.under_way = self.under_way.saturating_sub(1);
        if delivery.urgent {
            self.urgent_under_way = self.urgent_under_way.saturating_sub(1);
        }
        if took {
            return Fate::Delivered;
        }
        match self.settings.retry_ms.get(delivery.failed) {
            Some(wait) => {
                let due = Instant::now() + Duration::from_millis(*wait);
                self.waiting.push(Delivery { failed: delivery.failed + 1, due, urgent: false, ..delivery });
                if before == Fate::Delivered { before } else { Fate::Waiting }
            }
            None if before == Fate::Delivered => before,
            None => Fate::GivenUp,
        }
    }

    pub(crate) fn view(&self) -> Value {
        json!({
            "settings": self.settings,
            "secretCount": self.settings.secrets.len(),
            "paused": self.is_paused,
            "waiting": self.waiting.len() + self.collected.len(),
            "underWay": self.under_way,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhook::WebhookShuffle;

    fn settings() -> WebhookSettings {
        WebhookSettings { retry_ms: vec![0], ..WebhookSettings::to("http://127.0.0.1:1/", "whsec_1") }
    }

    fn names(due: &[Delivery]) -> Vec<&str> {
        due.iter().map(|delivery| delivery.event.as_str()).collect()
    }

    #[tokio::test]
    async fn a_delivery_is_repeated_until_it_is_given_up() {
        let mut outbox = Outbox::new(settings());
        assert_eq!(outbox.take("a", "t"), Fate::Waiting);
        let (mut due, _) = outbox.due(Instant::now());
        assert_eq!(outbox.done(due.remove(0), false, Fate::Waiting), Fate::Waiting);
        let (mut due, _) = outbox.due(Instant::now());
        assert_eq!(outbox.done(due.remove(0), false, Fate::Waiting), Fate::GivenUp);
        assert!(outbox.is_empty());
    }

    #[tokio::test]
    async fn no_more_is_under_way_than_there_is_room_for() {
        let mut outbox = Outbox::new(WebhookSettings { concurrency: 2, copies: 3, ..settings() });
        outbox.take("a", "t");
        let (due, next) = outbox.due(Instant::now());
        assert_eq!((due.len(), next), (2, None));
        assert_eq!(outbox.due(Instant::now()).0.len(), 0);
        outbox.done(due[0].clone(), true, Fate::Waiting);
        assert_eq!(outbox.due(Instant::now()).0.len(), 1);
    }

    #[tokio::test]
    async fn what_is_paused_waits_until_it_is_hurried() {
        let mut outbox = Outbox::new(settings());
        outbox.pause();
        outbox.take("a", "t");
        assert_eq!(outbox.due(Instant::now()).0.len(), 0);
        outbox.hurry();
        assert!(!outbox.is_hurried_through());
        let (mut due, _) = outbox.due(Instant::now());
        outbox.done(due.remove(0), true, Fate::Waiting);
        assert!(outbox.is_hurried_through() && outbox.is_empty());
    }

    #[tokio::test]
    async fn a_full_window_goes_out_in_another_order() {
        let shuffle = Some(WebhookShuffle { window: 6, seed: 3, linger_ms: 60_000 });
        let mut outbox = Outbox::new(WebhookSettings { shuffle, concurrency: 10, ..settings() });
        let events = ["a", "b", "c", "d", "e", "f"];
        for event in &events[..5] {
            outbox.take(event, "t");
        }
        assert_eq!(outbox.due(Instant::now()).0.len(), 0);
        outbox.take("f", "t");
        let (due, _) = outbox.due(Instant::now());
        assert_ne!(names(&due), events);
        assert_eq!(due.len(), events.len());
    }
}
