//! What a simulator is started with.

use std::path::PathBuf;

use crate::webhook::WebhookSettings;

/// How a simulator behaves. [`SimulatorConfig::new`] gives an account without webhooks; the rest is changed by its
/// fields.
#[derive(Clone)]
pub struct SimulatorConfig {
    /// The account's secret keys: each of them opens everything.
    pub secret_keys: Vec<String>,
    /// The account's API version: of requests that name none, and of all events.
    pub api_version: String,
    /// Makes the identifiers: the same requests in the same order get the same ones.
    pub seed: u64,
    /// How webhooks are delivered.
    pub webhooks: WebhookSettings,
    /// How many seconds of the simulator's time a payment that takes days takes to succeed by itself; `None` is until
    /// the admin settles it.
    pub settle_after_s: Option<i64>,
    /// Keeps everything in this file, from one run to the next.
    pub state_file: Option<PathBuf>,
    /// How many objects are kept at most; more are refused. Of events the oldest are forgotten instead.
    pub objects_max: usize,
}

impl SimulatorConfig {
    /// An account with this secret key. Stripe's begin with `sk_test_`; here any text will do.
    pub fn new(secret_key: impl Into<String>) -> Self {
        Self {
            secret_keys: vec![secret_key.into()],
            api_version: "2026-10-28.endive".to_owned(),
            seed: 1,
            webhooks: WebhookSettings::default(),
            settle_after_s: None,
            state_file: None,
            objects_max: 200_000,
        }
    }
}

impl std::fmt::Debug for SimulatorConfig {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("SimulatorConfig")
            .field("api_version", &self.api_version)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
