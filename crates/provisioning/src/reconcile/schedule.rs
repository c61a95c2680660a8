//! The scheduled reconciliation: one at a time in every deployment, by the lease of the pass. It ends cooling, repairs what
//! nobody has any more, and keeps its report.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::TimeDelta;
use trunkline_alarms::{Alarm, Onset};
use trunkline_domain::{AccountSid, Change, Origin, PhoneNumber, WebhookUrls};
use trunkline_provider::Listing;

use super::plan::Repairs;
use super::reconciler::ReconcileError;
use super::report::Report;
use crate::engine::{Engine, stored};
use crate::mutant::Mutant;
use crate::port::{PassLease, PassResult, StoreError};
use crate::{Marker, ReconcileCommand};

/// So many intervals without a whole reconciliation are too many.
const INTERVALS_UNTIL_OVERDUE: u32 = 4;

/// However short the interval is, a day without one is not too long.
const OVERDUE_AFTER_MIN: Duration = Duration::from_hours(24);

impl Engine {
    /// One scheduled reconciliation, if one is due.
    pub(crate) async fn make_pass(&self) -> Result<(), StoreError> {
        self.remember_own_addresses().await?;
        let every: Duration = self.settings.pass_interval;
        let Ok(account) = self.parts.provider.account() else { return Ok(()) };
        let pass = stored(|| self.parts.orphans.begin_pass(self.terms(), every)).await?;
        let Some(pass) = pass else { return Ok(()) };
        let command = ReconcileCommand { repairs: Repairs::Leftovers, origin: Origin::system() };
        let ended =
            self.holding(pass, async |halt| self.list_and_repair(&command, halt, &|_| {}).await).await;
        let (report, listing) = match ended {
            Ok((report, listing)) if report.complete => (report, listing),
            other => return self.end_without_conclusion(pass, account, other.map(drop)).await,
        };
        if Mutant::OrphanByMarkerAlone.is_made() {
            self.release_by_marker_alone(&listing).await;
        }
        self.finish_pass(pass, account, Some(listing)).await?;
        tell(&report);
        self.tell_of_brake(&report, &command.repairs);
        self.keep(&report, &command.origin).await
    }

    /// Ends a pass whose list was not whole, or that was stopped. The next one comes soon.
    async fn end_without_conclusion(
        &self,
        pass: PassLease,
        account: AccountSid,
        ended: Result<(), ReconcileError>,
    ) -> Result<(), StoreError> {
        self.finish_pass(pass, account, None).await?;
        match ended {
            Ok(()) => {
                tracing::warn!("the provider's inventory could not be listed whole; nothing is concluded");
                Ok(())
            }
            Err(ReconcileError::Store(error)) => Err(error),
            Err(error @ ReconcileError::Provider(_)) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "nothing is concluded");
                Ok(())
            }
            Err(ReconcileError::Stopped | ReconcileError::UnderWay) => Ok(()),
        }
    }

    /// The mistake on purpose: whatever has a marker of ours goes.
    async fn release_by_marker_alone(&self, listing: &Listing) {
        for number in &listing.numbers {
            let marker = Marker::find_in(&number.friendly_name);
            if marker.is_some_and(|marker| marker.deployment == self.settings.deployment) {
                self.delete_at_provider(&number.identity).await;
            }
        }
    }

    /// Ends a pass; only one that has compared a whole list ends cooling, and puts the next one off.
    async fn finish_pass(
        &self,
        pass: PassLease,
        account: AccountSid,
        whole: Option<Listing>,
    ) -> Result<(), StoreError> {
        let complete = whole.is_some();
        let numbers = whole.map(|listing| listing.numbers).unwrap_or_default();
        let present: Vec<PhoneNumber> = numbers.into_iter().map(|number| number.phone_number).collect();
        let cooling = self.settings.cooling;
        let change = Change::new(PassResult { pass, account, complete, present, cooling });
        let freed = stored(|| self.parts.orphans.finish_pass(&change)).await?;
        if freed > 0 {
            tracing::info!(freed, "claims have cooled down");
        }
        Ok(())
    }

    /// Raises an alarm when no reconciliation has come to its end for long. The next one that does ends it.
    pub(crate) async fn watch_schedule(&self) -> Result<(), StoreError> {
        let Ok(account) = self.parts.provider.account() else { return Ok(()) };
        let last = self.parts.reconciliations.last_reconciled_at().await?;
        let patience =
            self.settings.pass_interval.saturating_mul(INTERVALS_UNTIL_OVERDUE).max(OVERDUE_AFTER_MIN);
        let is_overdue = TimeDelta::from_std(patience).is_ok_and(|patience| self.now() - last > patience);
        // Once for each onset; every look would be a line in the log.
        let was_overdue = self.overdue.swap(is_overdue, Ordering::Relaxed);
        if is_overdue && !was_overdue {
            let sentence = "no reconciliation has come to its end for long";
            let onset = Onset::of(Alarm::ReconciliationOverdue, &account, sentence);
            self.parts.alarms.raise(onset.with("last", last.to_rfc3339()));
        }
        Ok(())
    }

    /// Notes the addresses that purchases of this process give to the provider, once.
    async fn remember_own_addresses(&self) -> Result<(), StoreError> {
        if self.addresses_noted.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.remember_addresses(addresses_in(&self.settings.webhooks)).await?;
        self.addresses_noted.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Notes addresses that are given to the provider.
    pub(crate) async fn remember_addresses(
        &self,
        addresses: impl IntoIterator<Item = String> + Send,
    ) -> Result<(), StoreError> {
        let distinct: BTreeSet<String> = addresses.into_iter().collect();
        if distinct.is_empty() {
            return Ok(());
        }
        let (addresses, now): (Vec<String>, _) = (distinct.into_iter().collect(), self.now());
        stored(|| self.parts.reconciliations.remember_webhooks(&addresses, now)).await
    }
}

/// The addresses that are set.
pub(crate) fn addresses_in(webhooks: &WebhookUrls) -> impl Iterator<Item = String> + Send + use<> {
    let WebhookUrls { voice_url, sms_url, status_callback_url } = webhooks.clone();
    [voice_url, sms_url, status_callback_url].into_iter().flatten()
}

fn tell(report: &Report) {
    let (found, repaired) = (report.found, report.repairs.done);
    if report.on_other_accounts > 0 {
        let (account, elsewhere) = (&report.account, report.on_other_accounts);
        tracing::warn!(%account, elsewhere, "live numbers of ours are on other accounts and were not compared");
    }
    if report.remaining() > 0 {
        tracing::warn!(found, repaired, "the books disagree; `trunkline reconcile` says how");
    } else {
        tracing::info!(found, repaired, "the provider's numbers and ours were compared");
    }
}
