//! The sandbox's own simulated Stripe: in this process, spoken to over real HTTP, its state kept across restarts. Its events go
//! to the sandbox's server.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use chrono::{DateTime, Utc};
use tokio::sync::Mutex;
use trunkline_stripe_sim::{Admin, Simulator, SimulatorConfig, WebhookSettings};
use url::Url;

use crate::settings::PaymentSettings;

/// What opens the simulated account, and what its events are signed with. Neither opens anything but the simulator.
pub(super) const SECRET_KEY: &str = "sk_test_sandbox";
pub(super) const WEBHOOK_SECRET: &str = "whsec_sandbox";

/// A simulator that lives as long as the sandbox.
#[derive(Clone)]
pub(super) struct Till {
    url: String,
    admin: Admin,
    simulator: Arc<Mutex<Option<Simulator>>>,
}

impl Till {
    /// Starts it on a free port of this machine.
    pub(super) async fn start(data: &Path, server: &Url) -> anyhow::Result<Self> {
        let mut config = SimulatorConfig::new(SECRET_KEY);
        config.state_file = Some(data.join("stripe-sim.json"));
        config.webhooks = WebhookSettings::to(format!("{server}api/payment/webhook"), WEBHOOK_SECRET);
        // Money that comes later comes after three days, which `trunkline sandbox advance` lets pass.
        config.settle_after_s = Some(3 * 24 * 3600);
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let simulator =
            Simulator::start(listen, config).await.context("the simulated Stripe cannot start")?;
        let (url, admin) = (simulator.url(), simulator.admin());
        Ok(Self { url, admin, simulator: Arc::new(Mutex::new(Some(simulator))) })
    }

    /// Where it is served.
    pub(super) fn url(&self) -> String {
        self.url.clone()
    }

    /// The settings of payments, with where it is served.
    pub(super) fn settings(&self, settings: PaymentSettings) -> anyhow::Result<PaymentSettings> {
        Ok(PaymentSettings { api_url: Some(Url::parse(&self.url)?), ..settings })
    }

    /// Moves its clock to the server's, where it is behind: what has fallen due there happens, and is told.
    pub(super) fn follow(&self, server: DateTime<Utc>) {
        let behind_s = server.timestamp() - self.admin.now();
        if behind_s > 0 {
            self.admin.advance(behind_s * 1000);
        }
    }

    /// Ends it, its state written.
    pub(super) async fn stop(&self) {
        if let Some(simulator) = self.simulator.lock().await.take() {
            simulator.shutdown().await;
        }
    }
}
