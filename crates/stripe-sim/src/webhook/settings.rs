//! How webhooks are delivered, and what goes wrong with them.

use serde::{Deserialize, Deserializer, Serialize};

/// The most copies of one event that are asked for.
const COPIES_MAX: u32 = 20;
/// The most repeats of a delivery that failed.
const RETRIES_MAX: usize = 30;
/// The largest window in which events change places.
const WINDOW_MAX: usize = 10_000;
/// The longest wait of any kind, in milliseconds: a day.
const WAIT_MS_MAX: u64 = 24 * 3600 * 1000;

/// How webhooks are delivered. Times are those of the machine, not of the simulated clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookSettings {
    /// Where events are posted; without one they are written down and told nobody.
    pub url: Option<String>,
    /// The endpoint's secrets: each signs every delivery.
    #[serde(skip_serializing)]
    pub secrets: Vec<String>,
    /// How long a delivery that failed waits before each repeat; after the last it is given up.
    pub retry_ms: Vec<u64>,
    /// How long an answer is waited for.
    pub timeout_ms: u64,
    /// How many deliveries are under way at once. With one, they are told in order.
    pub concurrency: usize,
    /// How often each event is told.
    pub copies: u32,
    /// Whether events change places.
    pub shuffle: Option<WebhookShuffle>,
    /// How long each event waits before its first delivery.
    pub delay_ms: u64,
    /// So many of the next events are lost.
    pub lose_next: u32,
    /// Events of these types are lost; `*` is every type.
    pub lose_types: Vec<String>,
}

/// How events change places: so many are collected, or as many as come in a time, and then told in another order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WebhookShuffle {
    /// How many deliveries are collected.
    pub window: usize,
    /// Decides about the order: the same seed always the same.
    #[serde(default)]
    pub seed: u64,
    /// How long the first of them waits for the others at most.
    #[serde(default = "linger_ms")]
    pub linger_ms: u64,
}

const fn linger_ms() -> u64 {
    100
}

impl Default for WebhookSettings {
    fn default() -> Self {
        Self {
            url: None,
            secrets: Vec::new(),
            retry_ms: vec![1_000, 5_000, 30_000, 120_000, 600_000],
            timeout_ms: 10_000,
            concurrency: 4,
            copies: 1,
            shuffle: None,
            delay_ms: 0,
            lose_next: 0,
            lose_types: Vec::new(),
        }
    }
}

impl WebhookSettings {
    /// Settings that deliver to this address, signed with this secret.
    pub fn to(url: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { url: Some(url.into()), secrets: vec![secret.into()], ..Self::default() }
    }

    /// Whether a script loses an event of this type.
    pub(crate) fn loses(&mut self, kind: &str) -> bool {
        if self.lose_next > 0 {
            self.lose_next -= 1;
            return true;
        }
        self.lose_types.iter().any(|lost| lost == "*" || lost == kind)
    }

    /// What is wrong with them.
    pub(crate) fn mistake(&self) -> Option<&'static str> {
        let too_long = |ms: &u64| *ms > WAIT_MS_MAX;
        let address = self.url.as_deref().map(url::Url::parse);
        let reachable = |url: url::Url| matches!(url.scheme(), "http" | "https") && url.has_host();
        if address.is_some_and(|address| !address.is_ok_and(reachable)) {
            return Some("url is an http:// or https:// address");
        }
        if self.secrets.iter().any(String::is_empty) {
            return Some("a secret is not empty");
        }
        if self.retry_ms.len() > RETRIES_MAX || self.retry_ms.iter().any(too_long) {
            return Some("retryMs has at most 30 waits, each of a day at most");
        }
        if too_long(&self.delay_ms) || too_long(&self.timeout_ms) || self.timeout_ms == 0 {
            return Some("delayMs and timeoutMs are at most a day, and timeoutMs is not 0");
        }
        if !(1..=COPIES_MAX).contains(&self.copies) {
            return Some("copies is 1 to 20");
        }
        if !(1..=64).contains(&self.concurrency) {
            return Some("concurrency is 1 to 64");
        }
        match self.shuffle {
            Some(shuffle) if !(2..=WINDOW_MAX).contains(&shuffle.window) || too_long(&shuffle.linger_ms) => {
                Some("shuffle.window is 2 to 10000, and shuffle.lingerMs a day at most")
            }
            _ => None,
        }
    }
}

/// A change of some of the settings: what is absent stays. `null` takes `url` and `shuffle` away.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct WebhookChange {
    /// See [`WebhookSettings::url`].
    #[serde(deserialize_with = "given")]
    pub url: Option<Option<String>>,
    /// See [`WebhookSettings::secrets`].
    pub secrets: Option<Vec<String>>,
    /// See [`WebhookSettings::retry_ms`].
    pub retry_ms: Option<Vec<u64>>,
    /// See [`WebhookSettings::timeout_ms`].
    pub timeout_ms: Option<u64>,
    /// See [`WebhookSettings::concurrency`].
    pub concurrency: Option<usize>,
    /// See [`WebhookSettings::copies`].
    pub copies: Option<u32>,
    /// See [`WebhookSettings::shuffle`].
    #[serde(deserialize_with = "given")]
    pub shuffle: Option<Option<WebhookShuffle>>,
    /// See [`WebhookSettings::delay_ms`].
    pub delay_ms: Option<u64>,
    /// See [`WebhookSettings::lose_next`].
    pub lose_next: Option<u32>,
    /// See [`WebhookSettings::lose_types`].
    pub lose_types: Option<Vec<String>>,
}

#[expect(clippy::option_option, reason = "absent and null are two things")]
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

impl WebhookChange {
    /// The settings with this change.
    pub(crate) fn applied(self, to: &WebhookSettings) -> WebhookSettings {
        let old = to.clone();
        WebhookSettings {
            url: self.url.unwrap_or(old.url),
            secrets: self.secrets.unwrap_or(old.secrets),
            retry_ms: self.retry_ms.unwrap_or(old.retry_ms),
            timeout_ms: self.timeout_ms.unwrap_or(old.timeout_ms),
            concurrency: self.concurrency.unwrap_or(old.concurrency),
            copies: self.copies.unwrap_or(old.copies),
            shuffle: self.shuffle.unwrap_or(old.shuffle),
            delay_ms: self.delay_ms.unwrap_or(old.delay_ms),
            lose_next: self.lose_next.unwrap_or(old.lose_next),
            lose_types: self.lose_types.unwrap_or(old.lose_types),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_leaves_what_it_does_not_name() {
        let settings = WebhookSettings::to("http://127.0.0.1:1/hook", "whsec_1");
        let change: WebhookChange = serde_json::from_str(r#"{"copies": 3, "loseTypes": ["*"]}"#).unwrap();
        let changed = change.applied(&settings);
        assert_eq!((changed.url.is_some(), changed.copies), (true, 3));
        let change: WebhookChange = serde_json::from_str(r#"{"url": null}"#).unwrap();
        assert_eq!(change.applied(&changed).url, None);
        assert!(serde_json::from_str::<WebhookChange>(r#"{"urls": 1}"#).is_err());
    }

    #[test]
    fn mistakes_are_named() {
        let right = WebhookSettings::to("http://127.0.0.1:1/hook", "whsec_1");
        assert_eq!(right.mistake(), None);
        let wrong = [
            WebhookSettings { url: Some("ftp://a".to_owned()), ..right.clone() },
            WebhookSettings { copies: 0, ..right.clone() },
            WebhookSettings { concurrency: 0, ..right.clone() },
            WebhookSettings { retry_ms: vec![1; 31], ..right.clone() },
            WebhookSettings { timeout_ms: 0, ..right.clone() },
            WebhookSettings { secrets: vec![String::new()], ..right },
        ];
        for settings in wrong {
            assert!(settings.mistake().is_some(), "{settings:?}");
        }
    }

    #[test]
    fn events_are_lost_by_number_and_by_type() {
        let mut settings =
            WebhookSettings { lose_next: 1, lose_types: vec!["a".to_owned()], ..Default::default() };
        assert_eq!(["b", "b", "a"].map(|kind| settings.loses(kind)), [true, false, true]);
    }
}
