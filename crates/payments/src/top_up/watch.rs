//! The watch over wallets with a top-up: claims a charge for each that is low, and charges it.
//!
//! Nothing is claimed before this process has compared both books, and none before the gateway was asked about every page on
//! which the wallet's owner can pay: one of them may be paid, and not heard of. What cannot be done for one wallet is in no
//! other's way.

use std::time::Duration;

use chrono::{DateTime, Datelike, NaiveTime, TimeDelta, Utc};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use trunkline_domain::{Change, Event, EventId, Origin, PaymentId};

use super::{Brake, ClaimAnswer, TopUp, TopUpClaim, TopUps};
use crate::service::until_known;
use crate::{AssessError, Payment, PaymentKind, PaymentState, Told};

/// How often low wallets, pages and methods are looked for.
const INTERVAL: Duration = Duration::from_secs(2);

/// For how long a top-up that something keeps from charging is left alone.
pub(super) const PAUSE: Duration = Duration::from_mins(1);

/// How many wallets are taken at a time. The rest is taken the next time: each that is taken is not low for a while.
const AT_ONCE: u16 = 50;

/// How old a page can be on which something is still paid: they close after an hour, and a day is for what was not heard.
const PAGES_OF: TimeDelta = TimeDelta::days(1);

/// How many payments are read at a time.
const PAGES_AT_ONCE: u16 = 100;

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
        if !self.payments.has_compared() {
            return Ok(watched);
        }
        for top_up in self.payments.top_ups.low(AT_ONCE).await? {
            watched.low += 1;
            match self.top_up_if_free(&top_up).await {
                Ok(is_claimed) => watched.claimed += u32::from(is_claimed),
                Err(error) => {
                    tell_of_failure(&top_up, &error);
                    self.leave_alone(&top_up).await;
                }
            }
        }
        Ok(watched)
    }

    /// Claims a charge and charges it, unless something keeps it. True where it was claimed.
    async fn top_up_if_free(&self, top_up: &TopUp) -> Result<bool, AssessError> {
        let kept = if let Some(brake) = self.payments.refused_amount(top_up.terms.amount) {
            self.leave_alone(top_up).await;
            Some(brake)
        } else {
            self.ask_about_pages(top_up).await?;
            self.claim_and_charge(top_up).await?
        };
        if let Some(brake) = kept {
            tracing::debug!(user.id = %top_up.user, brake = brake.as_str(), "a low wallet is not topped up");
        }
        Ok(kept.is_none())
    }

    /// What keeps the charge; `None` where it was claimed.
    async fn claim_and_charge(&self, top_up: &TopUp) -> Result<Option<Brake>, AssessError> {
        let claim = self.claim(top_up);
        let payment = claim.body.payment;
        match until_known(|| self.payments.top_ups.claim(&claim)).await? {
            ClaimAnswer::Kept(brake) => return Ok(Some(brake)),
            ClaimAnswer::Claimed => {}
        }
        let Some(payment) = self.payments.store.payment(payment).await? else { return Ok(None) };
        match self.payments.charge(&payment).await {
            Ok(charged) => tell(&charged.unwrap_or(payment)),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(payment.id = %payment.id, error, "a top-up was claimed and has not ended; it is tried again, or looked for");
            }
        }
        Ok(None)
    }

    /// Asks the gateway about the wallet's payments that can be paid on a page: what was paid there, or is on its way, counts
    /// from now on. Where it does not answer nothing is claimed.
    async fn ask_about_pages(&self, top_up: &TopUp) -> Result<(), AssessError> {
        let currency = top_up.terms.currency();
        let since = self.payments.clock.now() - PAGES_OF;
        let mut after = None;
        loop {
            let page = self.payments.store.payments(&top_up.user, after, PAGES_AT_ONCE).await?;
            let is_old = page.payments.last().is_none_or(|last| last.opened_at < since);
            for payment in page.payments {
                let is_open = (payment.kind, payment.state) == (PaymentKind::Checkout, PaymentState::Open);
                if is_open && payment.opened_at >= since && payment.asked.currency() == currency {
                    self.payments.look(&payment).await?;
                }
            }
            after = page.next.filter(|_| !is_old);
            if after.is_none() {
                return Ok(());
            }
        }
    }

    async fn leave_alone(&self, top_up: &TopUp) {
        if let Err(error) = self.payments.top_ups.leave_alone(top_up, PAUSE).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(user.id = %top_up.user, error, "a top-up could not be left alone");
        }
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

fn tell_of_failure(top_up: &TopUp, error: &AssessError) {
    let error = error as &dyn std::error::Error;
    tracing::warn!(user.id = %top_up.user, error, "a low wallet could not be topped up; it is tried again");
}

/// Says in the log what came of a charge.
fn tell(charged: &Payment) {
    let (id, state) = (charged.id, charged.state.as_str());
    match charged.state {
        PaymentState::Completed | PaymentState::Processing => {
            tracing::info!(payment.id = %id, payment.state = state, "a wallet is topped up");
        }
        PaymentState::Opening | PaymentState::Open | PaymentState::Expired | PaymentState::Failed => {
            let decline = charged.decline.as_deref();
            tracing::warn!(payment.id = %id, payment.state = state, decline, "a wallet is not topped up");
        }
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
