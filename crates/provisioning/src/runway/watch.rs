//! The watch over the money at the provider: asked again and again, and written down only where something changes.
//!
//! Several servers may watch at once: each comes to the same verdict, and the store changes once. An alarm is raised when
//! this watch first sees what is wrong, and ended when it first sees it well; the board knows the rest.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use trunkline_alarms::{Alarm, Onset};
use trunkline_domain::{AccountSid, Change, Money, MoneyError, NumberId, Origin, OwnedNumber};
use trunkline_provider::ProviderError;

use super::BalanceFloor;
use super::fees::ComingFees;
use crate::engine::stored;
use crate::port::{RunwayAnswer, RunwayNote, SalesState, SalesStore, Shortage, StoreError};
use crate::reconcile::Costs;
use crate::{ProvisioningParts, measure};

/// Rows that are read at once.
const PAGE: u16 = 500;

/// Watches the money at the provider, and pauses sales before it is gone. Clones are one watch.
#[derive(Clone)]
pub struct Runway {
    parts: ProvisioningParts,
    /// Whose fees are coming.
    sales: Arc<dyn SalesStore>,
    floor: Option<BalanceFloor>,
    /// How many purchases a day there may be, for what is measured.
    per_day: Option<NonZeroU32>,
    said: Arc<Mutex<Said>>,
}

/// What this watch has last said to the board, where it has said anything.
#[derive(Default)]
struct Said {
    is_low: Option<bool>,
    is_unreadable: Option<bool>,
}

/// The money at the provider, and what will be asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunwayFigures {
    /// What the account has.
    pub balance: Money,
    /// What the numbers cost that are renewed within a week, as far as the provider says.
    pub coming_fees: Money,
    /// How many those are.
    pub renewals: u64,
    /// How many of them are not in the sum, because the provider says no cost of theirs in the account's currency.
    pub unpriced: u64,
}

impl RunwayFigures {
    /// What the coming fees leave of the balance.
    pub fn left(&self) -> Result<Money, MoneyError> {
        self.balance.checked_sub(self.coming_fees)
    }

    /// The shortage, where less than the floor is left.
    fn shortage(&self, floor: BalanceFloor) -> Option<Shortage> {
        let Self { balance, coming_fees, .. } = *self;
        let floor = floor.in_currency(balance.currency());
        // What is less than nothing by more than can be said is less than any floor.
        let is_low = self.left().and_then(|left| left.is_less_than(floor)).unwrap_or(true);
        is_low.then_some(Shortage { balance, coming_fees, floor })
    }
}

/// Why the money could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum RunwayError {
    /// The provider does not say what the account has.
    #[error("the provider does not say what the account has left")]
    Balance(#[source] ProviderError),
    /// Our books could not be read, or the change not stored.
    #[error("the store could not be asked")]
    Store(#[from] StoreError),
}

impl Runway {
    /// A watch over the account of these parts. Without a floor it only measures, and
    /// ends a pause of before.
    pub fn new(parts: ProvisioningParts, sales: Arc<dyn SalesStore>, floor: Option<BalanceFloor>) -> Self {
        let floor = floor.filter(|floor| !floor.is_zero());
        Self { parts, sales, floor, per_day: None, said: Arc::default() }
    }

    /// The same watch, which measures sales as held back from the moment that so many purchases of a day are made.
    #[must_use]
    pub fn with_purchases_per_day(self, per_day: Option<NonZeroU32>) -> Self {
        Self { per_day, ..self }
    }

    /// The floor, where there is one.
    pub const fn floor(&self) -> Option<BalanceFloor> {
        self.floor
    }

    /// Asks what the account has and adds up what is coming. Changes nothing.
    pub async fn figures(&self) -> Result<RunwayFigures, RunwayError> {
        let account = self.parts.provider.account().map_err(RunwayError::Balance)?;
        self.figures_of(&account).await
    }

    /// Looks once: pauses sales or lets them go on, and says so where it is new. A balance that cannot be read leaves
    /// sales as they are.
    pub async fn check_once(&self) -> Result<RunwayFigures, RunwayError> {
        let account = self.parts.provider.account().map_err(RunwayError::Balance)?;
        let looked = self.figures_of(&account).await;
        match &looked {
            Ok(figures) => {
                let shortage = self.floor.and_then(|floor| figures.shortage(floor));
                let noted = self.note(&account, shortage).await;
                self.say_readable(&account);
                self.say_low(&account, shortage);
                measure::runway(figures, self.are_open(&noted?), self.parts.clock.now());
            }
            Err(RunwayError::Balance(error)) => {
                self.say_unreadable(&account, error);
                let state = match self.floor {
                    Some(_) => self.sales.sales().await?,
                    // Without a floor no balance is too low, whatever it is.
                    None => self.note(&account, None).await?,
                };
                measure::sales_open(self.are_open(&state));
            }
            Err(RunwayError::Store(_)) => {}
        }
        looked
    }

    fn are_open(&self, state: &SalesState) -> bool {
        state.are_open() && !state.is_day_used_up(self.per_day)
    }

    /// Looks now and after every interval, until told to stop.
    pub async fn run(&self, interval: Duration, stop: CancellationToken) {
        let watching = async {
            loop {
                if let Err(error) = self.check_once().await {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(
                        error,
                        "the money at the provider could not be looked at; sales stay as they are"
                    );
                }
                tokio::time::sleep(interval).await;
            }
        };
        stop.run_until_cancelled(watching).await;
    }

    async fn figures_of(&self, account: &AccountSid) -> Result<RunwayFigures, RunwayError> {
        let balance = self.parts.account.balance().await.map_err(RunwayError::Balance)?;
        let now = self.parts.clock.now();
        let ComingFees { sum, renewals, unpriced, .. } = self.fees_after(now, account, balance).await?;
        Ok(RunwayFigures { balance, coming_fees: sum, renewals, unpriced })
    }

    /// Adds up what comes, page by page.
    async fn fees_after(
        &self,
        now: DateTime<Utc>,
        account: &AccountSid,
        balance: Money,
    ) -> Result<ComingFees, StoreError> {
        let mut fees = ComingFees::after(now, Money::zero(balance.currency()));
        let mut costs = Costs::of(self.parts.account.as_ref());
        let mut after: Option<NumberId> = None;
        loop {
            let page: Vec<OwnedNumber> = self.parts.reconciliations.bought_numbers(after, PAGE).await?;
            for row in &page {
                if fees.include(row, account) {
                    fees.add(costs.monthly(row.country, row.kind).await);
                }
            }
            after = page.last().map(|row| row.id);
            if page.len() < usize::from(PAGE) {
                return Ok(fees);
            }
        }
    }

    /// Brings the store to this verdict, where it has another one. Answers how sales stand then.
    async fn note(&self, account: &AccountSid, shortage: Option<Shortage>) -> Result<SalesState, StoreError> {
        let state = self.sales.sales().await?;
        if state.pause.is_some() == shortage.is_some() {
            return Ok(state);
        }
        let change = note_of(account, shortage, self.parts.clock.now());
        match stored(|| self.sales.note_runway(&change)).await? {
            RunwayAnswer::Paused => tracing::warn!("sales are paused for want of money at the provider"),
            RunwayAnswer::Resumed => tracing::info!("sales are no longer paused for want of money"),
            RunwayAnswer::AsBefore => {}
        }
        self.sales.sales().await
    }

    fn say_low(&self, account: &AccountSid, shortage: Option<Shortage>) {
        if !self.is_news(|said| said.is_low.replace(shortage.is_some()), shortage.is_some()) {
            return;
        }
        let Some(Shortage { balance, coming_fees, floor }) = shortage else {
            return self.parts.alarms.end(Alarm::BalanceLow, account.as_str());
        };
        let sentence = "the money at the provider runs out; nothing is sold until it is topped up";
        let onset = Onset::of(Alarm::BalanceLow, account, sentence)
            .with("balance", balance.to_string())
            .with("comingFees", coming_fees.to_string())
            .with("floor", floor.to_string());
        self.parts.alarms.raise(onset);
    }

    fn say_readable(&self, account: &AccountSid) {
        if self.is_news(|said| said.is_unreadable.replace(false), false) {
            self.parts.alarms.end(Alarm::BalanceUnreadable, account.as_str());
        }
    }

    /// Nobody is woken for a balance that nothing depends on.
    fn say_unreadable(&self, account: &AccountSid, error: &ProviderError) {
        if self.floor.is_none() || !self.is_news(|said| said.is_unreadable.replace(true), true) {
            return;
        }
        let sentence = "the provider does not say how much money is left; sales stay as they are";
        let onset = Onset::of(Alarm::BalanceUnreadable, account, sentence);
        self.parts.alarms.raise(onset.with("error", error.to_string()));
    }

    /// Remembers what is said, and whether it was said before.
    fn is_news(&self, remember: impl FnOnce(&mut Said) -> Option<bool>, now: bool) -> bool {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        remember(&mut said) != Some(now)
    }
}

/// The change that writes a verdict down, with the figures that led to it.
fn note_of(account: &AccountSid, shortage: Option<Shortage>, at: DateTime<Utc>) -> Change<RunwayNote> {
    let action = if shortage.is_some() { "sales.pause" } else { "sales.resume" };
    let mut audit = Origin::system().audit(action, "sales", None, at);
    audit.details = match &shortage {
        Some(Shortage { balance, coming_fees, floor }) => {
            json!({ "account": account, "balance": balance, "comingFees": coming_fees, "floor": floor })
        }
        None => json!({ "account": account }),
    };
    Change::new(RunwayNote { shortage, at }).audit(audit)
}
