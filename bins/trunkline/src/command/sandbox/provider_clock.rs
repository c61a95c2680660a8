//! The simulated Twilio's clock, over its admin endpoint: the same for the sandbox's own simulator and one beside it.

use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use reqwest::{Client, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

/// The way to the simulator's admin endpoint.
#[derive(Clone)]
pub(super) struct ProviderClock {
    http: Client,
    base: String,
}

/// What the simulator has charged, in its own words.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Charge {
    pub phone_number: String,
    /// Decimal digits, US dollars.
    pub amount: String,
    pub at: DateTime<Utc>,
    pub reason: String,
}

#[derive(Deserialize)]
struct Time {
    now: DateTime<Utc>,
}

impl ProviderClock {
    /// Of the simulator at this address.
    pub(super) fn at(simulator: &Url) -> anyhow::Result<Self> {
        // It is on this machine and speaks plain HTTP: neither proxies nor certificates are of use.
        let http = Client::builder().no_proxy().tls_certs_only([]).build()?;
        Ok(Self { http, base: format!("{}/_sim", simulator.as_str().trim_end_matches('/')) })
    }

    pub(super) async fn now(&self) -> anyhow::Result<DateTime<Utc>> {
        let answer = self.http.get(format!("{}/clock", self.base)).send().await;
        self.time(answer).await
    }

    /// Moves it to a time that has not come yet, and answers what it shows then.
    pub(super) async fn move_to(&self, time: DateTime<Utc>) -> anyhow::Result<DateTime<Utc>> {
        let to = json!({ "to": time });
        let answer = self.http.post(format!("{}/clock", self.base)).json(&to).send().await;
        self.time(answer).await
    }

    /// What was charged for numbers, oldest first.
    pub(super) async fn charges(&self) -> anyhow::Result<Vec<Charge>> {
        let answer = self.http.get(format!("{}/charges", self.base)).send().await?.error_for_status()?;
        Ok(answer.json().await?)
    }

    async fn time(&self, answer: reqwest::Result<Response>) -> anyhow::Result<DateTime<Utc>> {
        let answer = answer.with_context(|| format!("the simulator does not answer at {}", self.base))?;
        let status = answer.status();
        if !status.is_success() {
            let said = answer.text().await.unwrap_or_default();
            bail!("the simulator has no clock to move at {}/clock: {status} {said}", self.base);
        }
        let time: Time = answer.json().await.context("the simulator's clock says no time")?;
        Ok(time.now)
    }
}
