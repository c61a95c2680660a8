//! What the scheduled reconciliation reads and keeps.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use trunkline_domain::{AuditEntry, Change, NumberId, OwnedNumber};
use trunkline_provisioning::Report;
use trunkline_provisioning::port::{Contradiction, Mending, MendingAnswer, ReconciliationStore, StoreError};

use super::Link;

#[async_trait]
impl ReconciliationStore for Link {
    async fn bought_numbers(
        &self,
        after: Option<NumberId>,
        limit: u16,
    ) -> Result<Vec<OwnedNumber>, StoreError> {
        let call = || self.store.bought_numbers(after, limit);
        self.process.ask_store("reconciliations.bought_numbers", call).await
    }

    async fn contradictions(
        &self,
        before: DateTime<Utc>,
        limit: u16,
    ) -> Result<Vec<Contradiction>, StoreError> {
        let call = || self.store.contradictions(before, limit);
        self.process.ask_store("reconciliations.contradictions", call).await
    }

    async fn keep_report(&self, report: &Report, audit: &AuditEntry) -> Result<(), StoreError> {
        let call = || self.store.keep_report(report, audit);
        self.process.ask_store("reconciliations.keep_report", call).await
    }

    async fn reports(&self, limit: u16) -> Result<Vec<Report>, StoreError> {
        self.process.ask_store("reconciliations.reports", || self.store.reports(limit)).await
    }

    async fn last_reconciled_at(&self) -> Result<DateTime<Utc>, StoreError> {
        let call = || self.store.last_reconciled_at();
        self.process.ask_store("reconciliations.last_reconciled_at", call).await
    }

    async fn begin_mending(&self, change: &Change<Mending>) -> Result<MendingAnswer, StoreError> {
        self.process.ask_store("reconciliations.begin_mending", || self.store.begin_mending(change)).await
    }

    async fn remember_webhooks(&self, addresses: &[String], at: DateTime<Utc>) -> Result<(), StoreError> {
        let call = || self.store.remember_webhooks(addresses, at);
        self.process.ask_store("reconciliations.remember_webhooks", call).await
    }

    async fn webhooks_used(&self) -> Result<Vec<String>, StoreError> {
        self.process.ask_store("reconciliations.webhooks_used", || self.store.webhooks_used()).await
    }
}
