//! The sandbox's own simulated Twilio: in this process, spoken to over real HTTP, its state kept across restarts.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context;
use secrecy::SecretString;
use trunkline_twilio_sim::{Simulator, SimulatorConfig};
use url::Url;

use super::{ACCOUNT_SID, AUTH_TOKEN};
use crate::settings::TwilioSettings;

/// A simulator that lives as long as the sandbox.
pub(super) struct Resident(Simulator);

impl Resident {
    /// Starts it on a free port of this machine.
    pub(super) async fn start(data: &Path) -> anyhow::Result<Self> {
        let mut config = SimulatorConfig::new(ACCOUNT_SID, AUTH_TOKEN);
        config.state_file = Some(data.join("twilio-sim.json"));
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        Ok(Self(Simulator::start(listen, config).await.context("the simulated Twilio cannot start")?))
    }

    /// How to reach it.
    pub(super) fn twilio(&self) -> anyhow::Result<TwilioSettings> {
        let url = Url::parse(&self.0.url())?;
        Ok(TwilioSettings::new(ACCOUNT_SID.parse()?, SecretString::from(AUTH_TOKEN), Some(url)))
    }

    /// Ends it, its state written.
    pub(super) async fn stop(self) {
        self.0.shutdown().await;
    }
}
