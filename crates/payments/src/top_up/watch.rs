//! The watch over wallets with a top-up: claims a charge for each that is low, and charges it.

use std::time::Duration;

use chrono::{DateTime, Datelike, NaiveTime, Utc};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use trunkline_domain::{Change, Event, EventId, Origin, PaymentId};

use super::{ClaimAnswer, TopUp, TopUpClaim, TopUps};
use crate::service::until_known;
use crate::{AssessError, Told};

/// How often low wallets, pages and methods are looked for.
const INTERVAL: Duration = Duration::from_secs(2);

/// For how long a top-up that something keeps from charging is left alone.
const PAUSE: Duration = Duration::from_mins(1);

/// How many wallets are taken at a time. The rest is taken the next time: each that is taken is not low for a while.
const AT_ONCE: u16 = 50;

/// What customers read of a charge.
const DESCRIPTION: &str = "Automatic top-up";

/// What one look came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Watched {
    /// How many wallets were low.
    pub low: u32,
    /// How many charges were claimed.
    pub claimed: u32,
}

impl TopUps {
    /// Looks again and again, until told to stop. A charge that is under way is finished.
    pub async fn run(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.run_once().await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "automatic top-ups could not be looked at; they are looked at again");
            }
            stop.run_until_cancelled(tokio::time::sleep(INTERVAL)).await;
        }
    }

    /// Looks once: at pages of which nothing was heard, at methods that are to be forgotten, and at wallets that are low.
    pub async fn run_once(&self) -> Result<Watched, AssessError> {
        self.look_at_setups().await?;
        self.forget_methods().await;
        let mut watched = Watched::default();
        for top_up in self.payments.top_ups.low(AT_ONCE).await? {
            watched.low += 1;
            watched.claimed += u32::from(self.top_up_if_free(&top_up).await?);
        }
        Ok(watched)
    }

    /// Claims a charge and charges it, unless something keeps it. True where it was claimed.
    async fn top_up_if_free(&self, top_up: &TopUp) -> Result<bool, AssessError> {
        let claim = self.claim(top_up);
        let payment = claim.body.payment;
        match until_known(|| self.payments.top_ups.claim(&claim)).await? {
            ClaimAnswer::Kept(brake) => {
                tracing::debug!(user.id = %top_up.user, brake = brake.as_str(), "a low wallet is not topped up");
                return Ok(false);
            }
            ClaimAnswer::Claimed => {}
        }
        let Some(payment) = self.payments.store.payment(payment).await? else { return Ok(true) };
        match self.payments.charge(&payment).await {
            Ok(charged) => {
                let state = charged.map_or(payment.state, |charged| charged.state);
                tracing::info!(payment.id = %payment.id, payment.state = state.as_str(), "a wallet is topped up");
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(payment.id = %payment.id, error, "it is not known whether a charge was made; the gateway is asked again");
            }
        }
        Ok(true)
    }

    fn claim(&self, top_up: &TopUp) -> Change<TopUpClaim> {
        let payments = &self.payments;
        let at = payments.clock.now();
        let payment = PaymentId::from_uuid(payments.ids.next());
        let amount = top_up.terms.amount;
        let data = json!({ "amount": amount });
        let event = Event {
            id: EventId::from_uuid(payments.ids.next()),
            kind: "payment.opened".to_owned(),
            user: top_up.user.clone(),
            subject: payment.to_string(),
            at,
            data: data.clone(),
        };
        let mut audit = Origin::system().audit("top_up.charge", payment, Some(&top_up.user), at);
        audit.details = data;
        let claim = TopUpClaim {
            payment,
            user: top_up.user.clone(),
            version: top_up.version,
            amount,
            description: DESCRIPTION.to_owned(),
            daily_cap: payments.terms.bounds.daily_cap(amount.currency()),
            day: midnight_before(at),
            month: month_before(at),
            cool_down: self.settings.cool_down,
            pause: PAUSE,
            look_after: payments.terms.look_after,
            told: Told { events: vec![event], audit: vec![audit] },
            at,
        };
        Change::new(claim)
    }
}

/// When the day of a time began.
pub(crate) fn midnight_before(at: DateTime<Utc>) -> DateTime<Utc> {
    at.date_naive().and_time(NaiveTime::MIN).and_utc()
}

/// When the calendar month of a time began.
pub(crate) fn month_before(at: DateTime<Utc>) -> DateTime<Utc> {
    let day = at.date_naive();
    day.with_day(1).unwrap_or(day).and_time(NaiveTime::MIN).and_utc()
}
