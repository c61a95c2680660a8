//! The port to what a reconciliation reads of our books, and to where its reports are kept.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use trunkline_domain::{AuditEntry, Change, NumberId, OrderId, OwnedNumber, PhoneNumber, UserId};

use super::StoreError;
use crate::reconcile::Report;

/// Reads our books whole, page by page, and keeps what comparing them with the provider's found.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ReconciliationStore: Send + Sync {
    /// Numbers that were bought here, released ones included, in the order of their ids, after this one. At most
    /// `limit`; fewer are the last.
    async fn bought_numbers(
        &self,
        after: Option<NumberId>,
        limit: u16,
    ) -> Result<Vec<OwnedNumber>, StoreError>;

    /// Orders whose money and number contradict each other, of those that nothing has happened to since `before`; the
    /// oldest first. At most `limit`.
    async fn contradictions(
        &self,
        before: DateTime<Utc>,
        limit: u16,
    ) -> Result<Vec<Contradiction>, StoreError>;

    /// Keeps a report, with the line of the audit trail that says who asked for it. Of the kept ones the latest
    /// [`REPORTS_KEPT`] stay.
    async fn keep_report(&self, report: &Report, audit: &AuditEntry) -> Result<(), StoreError>;

    /// The latest reports, newest first. At most `limit`.
    async fn reports(&self, limit: u16) -> Result<Vec<Report>, StoreError>;

    /// When the provider's inventory was last gone through whole, by a pass or by a reconciliation; without either,
    /// when the deployment began.
    async fn last_reconciled_at(&self) -> Result<DateTime<Utc>, StoreError>;

    /// Begins to set a number up at the provider as its row says. Taken only while the row has this version and accepts
    /// changes; leaves nothing behind but the line of the audit trail.
    async fn begin_mending(&self, change: &Change<Mending>) -> Result<MendingAnswer, StoreError>;

    /// Whether an operator has written this number off: its customer never gave it up.
    async fn was_written_off(&self, number: NumberId) -> Result<bool, StoreError>;

    /// Notes addresses that this deployment gives to the provider. One that is known stays as it is.
    async fn remember_webhooks(&self, addresses: &[String], at: DateTime<Utc>) -> Result<(), StoreError>;

    /// Every address that this deployment has ever given to the provider.
    async fn webhooks_used(&self) -> Result<Vec<String>, StoreError>;
}

/// Begins to set a number up at the provider as its row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mending {
    /// The number.
    pub number: NumberId,
    /// The version that its row was read with.
    pub version: i64,
}

/// What became of beginning to mend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MendingAnswer {
    /// Begun: the row is as it was read.
    Begun,
    /// The row has changed since, or accepts no changes. Nothing is noted.
    Changed,
}

/// How many reports stay.
pub const REPORTS_KEPT: u16 = 100;

/// An order whose money and number contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Contradiction {
    /// The order.
    pub order: OrderId,
    /// Whose.
    pub user: UserId,
    /// The number that was ordered.
    pub phone_number: PhoneNumber,
    /// What is missing.
    pub missing: Missing,
}

/// The half that an order lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// The order is completed or a number stands for it, and its hold was never captured.
    Charge,
    /// The order is completed or its hold was captured, and no number, live or released, stands for it.
    Number,
}

impl Missing {
    /// The name in reports and alarms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Number => "number",
        }
    }
}
