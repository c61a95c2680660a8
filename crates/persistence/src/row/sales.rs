//! How sales stand, as it is stored.

use sqlx::FromRow;
use trunkline_domain::Money;
use trunkline_provisioning::port::{SalesPause, SalesState, SalesStop, Shortage};

use crate::cell::{Document, Micros, Moment};
use crate::codec::{from_json, money};
use crate::error::Fault;

/// The one row of the switch, with the purchases of the day.
#[derive(Debug, FromRow)]
pub(crate) struct SalesRow {
    stopped_at: Option<Moment>,
    stopped_by: Option<Document>,
    stop_reason: Option<String>,
    paused_at: Option<Moment>,
    balance: Option<Micros>,
    coming_fees: Option<Micros>,
    floor: Option<Micros>,
    currency: Option<String>,
    purchases_today: i64,
}

impl SalesRow {
    /// How sales stood at this moment.
    pub(crate) fn state(&self, at: Moment) -> Result<SalesState, Fault> {
        Ok(SalesState {
            at: at.time(),
            stop: self.stop()?,
            pause: self.pause()?,
            purchases_today: self.purchases_today.unsigned_abs(),
        })
    }

    fn stop(&self) -> Result<Option<SalesStop>, Fault> {
        let (Some(at), Some(by), Some(reason)) = (self.stopped_at, &self.stopped_by, &self.stop_reason)
        else {
            return Ok(None);
        };
        let by = from_json("sales.stopped_by", &by.0)?;
        Ok(Some(SalesStop { by, reason: reason.clone(), at: at.time() }))
    }

    fn pause(&self) -> Result<Option<SalesPause>, Fault> {
        let Self { paused_at: Some(at), balance, coming_fees, floor, currency: Some(currency), .. } = self
        else {
            return Ok(None);
        };
        let amount = |micros: Option<Micros>| -> Result<Money, Fault> {
            let micros = micros.ok_or_else(|| Fault::Broken("a pause of sales lacks a figure".to_owned()))?;
            money(micros.0, currency)
        };
        let shortage = Shortage {
            balance: amount(*balance)?,
            coming_fees: amount(*coming_fees)?,
            floor: amount(*floor)?,
        };
        Ok(Some(SalesPause { shortage, at: at.time() }))
    }
}
