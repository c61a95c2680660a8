//! What the scheduled reconciliation reads and keeps. A database has seen other plays before this one, and a seed tells
//! the same story on each: of what others have left, nothing is read.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use trunkline_domain::{AuditEntry, Change, NumberId, NumberStatus, OwnedNumber};
use trunkline_provisioning::Report;
use trunkline_provisioning::port::{
    Contradiction, Mending, MendingAnswer, NumberFilter, NumberStore, ReconciliationStore, Scope, StoreError,
};

use super::Link;

#[async_trait]
impl ReconciliationStore for Link {
    async fn bought_numbers(
        &self,
        after: Option<NumberId>,
        limit: u16,
    ) -> Result<Vec<OwnedNumber>, StoreError> {
        let call = || self.bought_in_this_play(after, limit);
        self.process.ask_store("reconciliations.bought_numbers", call).await
    }

    /// What contradicts itself is found after each play, by comparing the books of all sides: the store's own search goes
    /// through everything that was ever ordered in it, which is a hundred thousand plays.
    async fn contradictions(&self, _: DateTime<Utc>, _: u16) -> Result<Vec<Contradiction>, StoreError> {
        self.process.ask_store("reconciliations.contradictions", || async { Ok(Vec::new()) }).await
    }

    async fn keep_report(&self, report: &Report, audit: &AuditEntry) -> Result<(), StoreError> {
        self.witness.keeps(report);
        let call = || self.store.keep_report(report, audit);
        self.process.ask_store("reconciliations.keep_report", call).await
    }

    async fn reports(&self, limit: u16) -> Result<Vec<Report>, StoreError> {
        let call = || async {
            let mut reports = self.store.reports(limit).await?;
            reports.retain(|report| self.witness.has_kept(report));
            Ok(reports)
        };
        self.process.ask_store("reconciliations.reports", call).await
    }

    async fn last_reconciled_at(&self) -> Result<DateTime<Utc>, StoreError> {
        let call = || self.store.last_reconciled_at();
        self.process.ask_store("reconciliations.last_reconciled_at", call).await
    }

    async fn begin_mending(&self, change: &Change<Mending>) -> Result<MendingAnswer, StoreError> {
        self.process.ask_store("reconciliations.begin_mending", || self.store.begin_mending(change)).await
    }

    async fn was_written_off(&self, number: NumberId) -> Result<bool, StoreError> {
        let call = || self.store.was_written_off(number);
        self.process.ask_store("reconciliations.was_written_off", call).await
    }

    async fn remember_webhooks(&self, addresses: &[String], at: DateTime<Utc>) -> Result<(), StoreError> {
        let call = || self.store.remember_webhooks(addresses, at);
        self.process.ask_store("reconciliations.remember_webhooks", call).await
    }

    async fn webhooks_used(&self) -> Result<Vec<String>, StoreError> {
        self.process.ask_store("reconciliations.webhooks_used", || self.store.webhooks_used()).await
    }
}

impl Link {
    /// As the store answers on a database of this play alone.
    async fn bought_in_this_play(
        &self,
        after: Option<NumberId>,
        limit: u16,
    ) -> Result<Vec<OwnedNumber>, StoreError> {
        let mut bought = Vec::new();
        for user in &self.users {
            for status in [None, Some(NumberStatus::Released)] {
                let scope = Scope::User(user.clone());
                let filter = NumberFilter { status, ..NumberFilter::of(scope, 100) };
                let page = NumberStore::numbers(&self.store, &filter).await?;
                bought.extend(page.numbers.into_iter().filter(|number| number.identity.is_some()));
            }
        }
        bought.retain(|number| after.is_none_or(|after| number.id > after));
        bought.sort_by_key(|number| number.id);
        bought.truncate(usize::from(limit));
        Ok(bought)
    }
}
