//! Whether numbers are sold, and the money at the provider.

use std::num::NonZeroU32;

use chrono::{DateTime, Utc};
use serde::Serialize;
use trunkline_domain::{Actor, Currency, JsonMoney};
use trunkline_provider::ProviderError;
use trunkline_provisioning::port::{SalesPause, SalesState, SalesStop, Shortage};
use trunkline_provisioning::{BalanceFloor, RunwayFigures};
use utoipa::ToSchema;

use crate::answer::Success;
use crate::description::{things, words};

/// Everything that decides whether numbers are sold.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SalesAnswer {
    success: Success,
    /// Whether nothing holds sales back.
    open: bool,
    #[schema(required)]
    stop: Option<StopRecord>,
    #[schema(required)]
    pause: Option<PauseRecord>,
    purchases_today: u64,
    /// How many purchases a day are allowed, where that is limited.
    #[schema(value_type = Option<u32>, required)]
    purchases_per_day: Option<NonZeroU32>,
    /// What should be left at the provider, in the currency of its account.
    #[schema(value_type = Option<words::Amount>, required)]
    floor: Option<JsonMoney>,
    /// The money at the provider, where it is asked for; without it `unreadable` says why.
    #[schema(required)]
    runway: Option<RunwayRecord>,
    #[schema(required)]
    unreadable: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SalesStop)]
struct StopRecord {
    #[schema(value_type = things::Actor)]
    by: Actor,
    reason: String,
    since: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SalesPause)]
struct PauseRecord {
    #[schema(value_type = words::Amount)]
    balance: JsonMoney,
    #[schema(value_type = words::Amount)]
    coming_fees: JsonMoney,
    #[schema(value_type = words::Amount)]
    floor: JsonMoney,
    #[schema(value_type = words::Currency)]
    currency: Currency,
    since: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Runway)]
struct RunwayRecord {
    #[schema(value_type = words::Amount)]
    balance: JsonMoney,
    #[schema(value_type = words::Amount)]
    coming_fees: JsonMoney,
    /// What the fees leave of the balance; nothing where that is less than can be said.
    #[schema(value_type = Option<words::Amount>, required)]
    left: Option<JsonMoney>,
    #[schema(value_type = words::Currency)]
    currency: Currency,
    /// How many numbers are renewed within a week.
    renewals: u64,
    /// How many of them are not in the fees, because the provider says no cost of theirs in this currency.
    unpriced: u64,
}

impl SalesAnswer {
    pub(crate) fn new(
        state: SalesState,
        per_day: Option<NonZeroU32>,
        floor: Option<BalanceFloor>,
        figures: Result<Option<RunwayFigures>, ProviderError>,
    ) -> Self {
        let (runway, unreadable) = match figures {
            Ok(figures) => (figures.map(RunwayRecord::from), None),
            Err(error) => (None, Some(error.to_string())),
        };
        let open = state.are_open() && !state.is_day_used_up(per_day);
        let SalesState { stop, pause, purchases_today, .. } = state;
        Self {
            success: Success,
            open,
            stop: stop.map(|SalesStop { by, reason, at }| StopRecord { by, reason, since: at }),
            pause: pause.map(PauseRecord::from),
            purchases_today,
            purchases_per_day: per_day,
            // The same digits in every currency.
            floor: floor.map(|floor| floor.in_currency(Currency::USD).into()),
            runway,
            unreadable,
        }
    }
}

impl From<SalesPause> for PauseRecord {
    fn from(SalesPause { shortage, at }: SalesPause) -> Self {
        let Shortage { balance, coming_fees, floor } = shortage;
        Self {
            balance: balance.into(),
            coming_fees: coming_fees.into(),
            floor: floor.into(),
            currency: balance.currency(),
            since: at,
        }
    }
}

impl From<RunwayFigures> for RunwayRecord {
    fn from(figures: RunwayFigures) -> Self {
        Self {
            balance: figures.balance.into(),
            coming_fees: figures.coming_fees.into(),
            left: figures.left().ok().map(JsonMoney::from),
            currency: figures.balance.currency(),
            renewals: figures.renewals,
            unpriced: figures.unpriced,
        }
    }
}

/// What became of the switch.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SwitchAnswer {
    success: Success,
    /// Whether it stands otherwise than before.
    changed: bool,
    message: &'static str,
}

impl SwitchAnswer {
    pub(crate) const fn switched(message: &'static str) -> Self {
        Self { success: Success, changed: true, message }
    }

    pub(crate) const fn as_before(message: &'static str) -> Self {
        Self { success: Success, changed: false, message }
    }
}
