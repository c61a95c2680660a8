//! Orphans: numbers that the provider holds for orders that failed here. And the pass that finds them.
//!
//! Releasing a number that nobody has a row for is the most dangerous thing this crate does, so it is a transition of
//! its own with four guards in one transaction, taken only after a direct fetch has just shown the marker on a number
//! that was made for its order and not changed since.

use std::time::Duration;

use trunkline_alarms::{Alarm, Onset};
use trunkline_domain::{
    AccountSid, Change, Order, OrderState, Origin, PhoneNumber, ProviderIdentity, ReviewReason,
};
use trunkline_provider::{Listing, ProviderNumber};

use crate::engine::{Engine, stored};
use crate::evidence::doubt_about;
use crate::mutant::Mutant;
use crate::port::{
    Orphan, OrphanAnswer, OrphanEnd, OrphanOpening, OrphanParking, OrphanReferral, PassLease, PassResult,
    Scope, StalledOrphan, StoreError,
};
use crate::purchase::changes::backoff;
use crate::release::Deletion;
use crate::{LeaseTerms, LeaseToken, Marker};

/// A listing may take long: the right to make a pass is held for so many leases.
const LEASES_PER_PASS: u32 = 10;

impl Engine {
    /// Releases a number that the provider holds for an order that failed here. Every doubt leaves it alone.
    pub(crate) async fn release_orphan(&self, found: &ProviderNumber, order: &Order) {
        if let Err(error) = self.try_release_orphan(found, order).await {
            let error = &error as &dyn std::error::Error;
            tracing::error!(number.sid = %found.identity.number, error, "an orphan is left for the next pass");
        }
    }

    async fn try_release_orphan(&self, found: &ProviderNumber, order: &Order) -> Result<(), StoreError> {
        let marker = self.marker(order);
        let Ok(Some(fetched)) = self.parts.provider.fetch(&found.identity).await else { return Ok(()) };
        let same = fetched.phone_number == found.phone_number && fetched.identity == found.identity;
        if !same || Marker::find_in(&fetched.friendly_name) != Some(marker) {
            return Ok(());
        }
        // A purchase that arrives late puts its marker on whatever the account has bought since.
        if let Some(doubt) = doubt_about(&fetched, order) {
            let onset = Onset::of(Alarm::OrphanInDoubt, &fetched.identity.number, "a number has the marker of a failed order and may be another's all the same; it is left alone").with("orderId", order.id.to_string()).with("doubt", doubt.as_str());
            self.parts.alarms.raise(onset);
            return Ok(());
        }
        let order = order.id;
        let orphan = Orphan { identity: fetched.identity, phone_number: fetched.phone_number, order };
        let now = self.now();
        let mut audit = Origin::system().audit("orphan.release", order, None, now);
        audit.details =
            serde_json::json!({ "numberSid": orphan.identity.number, "phoneNumber": orphan.phone_number });
        let opening = OrphanOpening { orphan: orphan.clone(), terms: self.terms(), at: now };
        let change = Change::new(opening).audit(audit);
        match stored(|| self.parts.orphans.begin(&change)).await? {
            OrphanAnswer::Begun(lease) => {
                self.delete_orphan(StalledOrphan { orphan, lease, attempts: 0 }).await
            }
            OrphanAnswer::Refused(refusal) => {
                tracing::info!(number.sid = %orphan.identity.number, ?refusal, "an orphan is left alone");
                Ok(())
            }
        }
    }

    /// Goes on with an orphan's release that its worker left.
    pub(crate) async fn recover_orphan(&self, stalled: StalledOrphan) {
        let (identity, lease) = (stalled.orphan.identity.clone(), stalled.lease);
        let sid = identity.number.clone();
        let outcome = match self.delete_orphan(stalled).await {
            // Repeating mends nothing: an operator has to look, or the number would be deleted forever.
            Err(StoreError::Broken(why)) => {
                tracing::error!(number.sid = %sid, why, "an orphan's release cannot be brought any further");
                self.refer_orphan(identity, lease, ReviewReason::AttemptsSpent).await
            }
            outcome => outcome,
        };
        if let Err(error) = outcome {
            let error = &error as &dyn std::error::Error;
            tracing::error!(number.sid = %sid, error, "an orphan's release stays undecided for now");
        }
    }

    pub(crate) async fn delete_orphan(&self, stalled: StalledOrphan) -> Result<(), StoreError> {
        let StalledOrphan { orphan, lease, attempts } = stalled;
        let identity = orphan.identity;
        match self.parts.provider.account() {
            // Without a provider nothing can be tried, so nothing is counted.
            Err(_) => return self.park_orphan(identity, lease, attempts).await,
            Ok(configured) if configured != identity.account => {
                return self.refer_orphan(identity, lease, ReviewReason::AccountChanged).await;
            }
            Ok(_) => {}
        }
        let attempts = attempts.saturating_add(1);
        match self.delete_at_provider(&identity).await {
            Deletion::Gone => {
                tracing::warn!(number.sid = %identity.number, "an orphan was released; the operator paid a month for it");
                let now = self.now();
                let audit = Origin::system().audit("orphan.released", &identity.number, None, now);
                let change = Change::new(OrphanEnd { identity, at: now }).audit(audit);
                stored(|| self.parts.orphans.finish(&change)).await.map(drop)
            }
            Deletion::Moved => self.refer_orphan(identity, lease, ReviewReason::TransferredAway).await,
            Deletion::Refused { .. } | Deletion::NotDone | Deletion::Unknown
                if attempts >= self.settings.release_attempts =>
            {
                self.refer_orphan(identity, lease, ReviewReason::AttemptsSpent).await
            }
            Deletion::Refused { .. } | Deletion::NotDone | Deletion::Unknown => {
                self.park_orphan(identity, lease, attempts).await
            }
        }
    }

    async fn park_orphan(
        &self,
        identity: ProviderIdentity,
        lease: LeaseToken,
        attempts: u32,
    ) -> Result<(), StoreError> {
        let next_attempt_in = backoff(self.settings.look_gap, attempts.saturating_sub(1));
        let parking = OrphanParking { identity, lease, next_attempt_in, attempts, at: self.now() };
        let change = Change::new(parking);
        stored(|| self.parts.orphans.park(&change)).await.map(drop)
    }

    async fn refer_orphan(
        &self,
        identity: ProviderIdentity,
        lease: LeaseToken,
        reason: ReviewReason,
    ) -> Result<(), StoreError> {
        let onset = Onset::of(Alarm::OrphanInReview, &identity.number, "an orphan waits for an operator")
            .with("reason", reason.as_str());
        self.parts.alarms.raise(onset);
        let now = self.now();
        let mut audit = Origin::system().audit("orphan.refer", &identity.number, None, now);
        audit.details = serde_json::json!({ "reason": reason });
        let change = Change::new(OrphanReferral { identity, lease, reason, at: now }).audit(audit);
        stored(|| self.parts.orphans.refer(&change)).await.map(drop)
    }

    /// One pass over the provider's inventory, if one is due: releases orphans and ends the cooling of claims.
    pub(crate) async fn make_pass(&self) -> Result<(), StoreError> {
        let terms = LeaseTerms { lease: self.settings.lease.saturating_mul(LEASES_PER_PASS) };
        let every: Duration = self.settings.pass_interval;
        let Ok(account) = self.parts.provider.account() else { return Ok(()) };
        let Some(pass) = stored(|| self.parts.orphans.begin_pass(terms, every)).await? else { return Ok(()) };
        match self.parts.provider.list().await {
            Ok(listing) => self.conclude_pass(pass, listing).await,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the provider's inventory could not be listed; nothing is concluded"
                );
                self.finish_pass(pass, account, false, Vec::new()).await
            }
        }
    }

    async fn conclude_pass(&self, pass: PassLease, listing: Listing) -> Result<(), StoreError> {
        for number in &listing.numbers {
            if let Some(marker) = Marker::find_in(&number.friendly_name) {
                self.consider_orphan(number, marker).await?;
            }
        }
        let present = listing.numbers.into_iter().map(|number| number.phone_number).collect();
        self.finish_pass(pass, listing.account, listing.complete, present).await
    }

    async fn consider_orphan(&self, number: &ProviderNumber, marker: Marker) -> Result<(), StoreError> {
        if marker.deployment != self.settings.deployment {
            tracing::info!(number.sid = %number.identity.number, "a number of another deployment is left alone");
            return Ok(());
        }
        if Mutant::OrphanByMarkerAlone.is_made() {
            self.delete_at_provider(&number.identity).await;
            return Ok(());
        }
        match self.parts.orders.order(&Scope::Everyone, marker.order).await? {
            Some(order) if order.state == OrderState::Failed => {
                self.release_orphan(number, &order).await;
            }
            Some(_) => {}
            None => {
                let onset = Onset::of(Alarm::UnknownOrder, &number.identity.number, "the provider holds a number of ours whose order this database does not have; was a backup restored?").with("orderId", marker.order.to_string());
                self.parts.alarms.raise(onset);
            }
        }
        Ok(())
    }

    async fn finish_pass(
        &self,
        pass: PassLease,
        account: AccountSid,
        complete: bool,
        present: Vec<PhoneNumber>,
    ) -> Result<(), StoreError> {
        let cooling = self.settings.cooling;
        let change = Change::new(PassResult { pass, account, complete, present, cooling });
        let freed = stored(|| self.parts.orphans.finish_pass(&change)).await?;
        if freed > 0 {
            tracing::info!(freed, "claims have cooled down");
        }
        Ok(())
    }
}
