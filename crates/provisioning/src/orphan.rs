//! Orphans: numbers that the provider holds for orders that failed here.
//!
//! Releasing a number that nobody has a row for is the most dangerous thing this crate does, so it is a transition of
//! its own with four guards in one transaction, taken only after a direct fetch has just shown the marker on a number
//! that was made for its order and not changed since.

use trunkline_alarms::{Alarm, Onset};
use trunkline_domain::{Change, Order, Origin, ProviderIdentity, ReviewReason};
use trunkline_provider::ProviderNumber;

use crate::causes::ACCOUNT;
use crate::engine::{Engine, stored};
use crate::evidence::doubt_about;
use crate::port::{
    Orphan, OrphanAnswer, OrphanEnd, OrphanOpening, OrphanParking, OrphanReferral, OrphanRefusal,
    StalledOrphan, StoreError,
};
use crate::purchase::changes::backoff;
use crate::release::Deletion;
use crate::{LeaseToken, Marker, Repair};

impl Engine {
    /// Releases a number that the provider holds for an order that failed here. Every doubt leaves it alone.
    pub(crate) async fn release_orphan(
        &self,
        found: &ProviderNumber,
        order: &Order,
        origin: &Origin,
    ) -> Repair {
        self.try_release_orphan(found, order, origin).await.unwrap_or_else(|error| {
            let sid = &found.identity.number;
            tracing::error!(number.sid = %sid, error = &error as &dyn std::error::Error, "an orphan is left for the next pass");
            Repair::failed_by("the store did not answer", &error)
        })
    }

    async fn try_release_orphan(
        &self,
        found: &ProviderNumber,
        order: &Order,
        origin: &Origin,
    ) -> Result<Repair, StoreError> {
        let marker = self.marker(order);
        let fetched = match self.patiently(|| self.parts.provider.fetch(&found.identity)).await {
            Ok(Some(fetched)) => fetched,
            Ok(None) => return Ok(Repair::skipped("the provider does not have it any more")),
            Err(error) => return Ok(Repair::failed_by("the provider did not say whether it has it", &error)),
        };
        let same = fetched.phone_number == found.phone_number && fetched.identity == found.identity;
        if !same || Marker::find_in(&fetched.friendly_name) != Some(marker) {
            return Ok(Repair::skipped("it was changed since it was found"));
        }
        // A purchase that arrives late puts its marker on whatever the account has bought since.
        if let Some(doubt) = doubt_about(&fetched, order) {
            return Ok(self.leave_in_doubt(&fetched, order, doubt));
        }
        let order = order.id;
        let orphan = Orphan { identity: fetched.identity, phone_number: fetched.phone_number, order };
        let now = self.now();
        let mut audit = origin.audit("orphan.release", order, None, now);
        audit.reason = Some("its order failed, and the account has the number".to_owned());
        audit.details =
            serde_json::json!({ "numberSid": orphan.identity.number, "phoneNumber": orphan.phone_number });
        let opening = OrphanOpening { orphan: orphan.clone(), terms: self.terms(), at: now };
        let change = Change::new(opening).audit(audit);
        let begun = stored(|| self.parts.orphans.begin(&change)).await?;
        self.go_on_with(begun, orphan).await
    }

    /// A number may be another's, although the marker says that it is nobody's: a person has to tell.
    pub(crate) fn leave_in_doubt(
        &self,
        found: &ProviderNumber,
        order: &Order,
        doubt: ReviewReason,
    ) -> Repair {
        let sentence =
            "a number has the marker of a failed order and may be another's all the same; it is left alone";
        let onset = Onset::of(Alarm::OrphanInDoubt, &found.identity.number, sentence)
            .with(ACCOUNT, found.identity.account.as_str())
            .with("orderId", order.id.to_string())
            .with("doubt", doubt.as_str());
        self.parts.alarms.raise(onset);
        Repair::skipped(
            "it may be another's all the same: it was changed since it was bought, or is older than its order",
        )
    }

    /// Deletes a number whose release has begun, unless the store has refused to begin it.
    pub(crate) async fn go_on_with(&self, begun: OrphanAnswer, orphan: Orphan) -> Result<Repair, StoreError> {
        match begun {
            OrphanAnswer::Begun(lease) => {
                self.delete_orphan(StalledOrphan { orphan, lease, attempts: 0 }).await
            }
            OrphanAnswer::Refused(refusal) => {
                tracing::info!(number.sid = %orphan.identity.number, ?refusal, "a number is not released");
                Ok(Repair::skipped(why_not(refusal)))
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
            outcome => outcome.map(drop),
        };
        if let Err(error) = outcome {
            let error = &error as &dyn std::error::Error;
            tracing::error!(number.sid = %sid, error, "an orphan's release stays undecided for now");
        }
    }

    pub(crate) async fn delete_orphan(&self, stalled: StalledOrphan) -> Result<Repair, StoreError> {
        const LATER: &str = "the provider did not take it back; recovery goes on with it";
        const REFERRED: &str = "the provider did not take it back; it waits for an operator";
        let StalledOrphan { orphan, lease, attempts } = stalled;
        let identity = orphan.identity;
        match self.parts.provider.account() {
            // Without a provider nothing can be tried, so nothing is counted.
            Err(_) => {
                self.park_orphan(identity, lease, attempts).await?;
                return Ok(Repair::failed(LATER));
            }
            Ok(configured) if configured != identity.account => {
                self.refer_orphan(identity, lease, ReviewReason::AccountChanged).await?;
                return Ok(Repair::failed(REFERRED));
            }
            Ok(_) => {}
        }
        let attempts = attempts.saturating_add(1);
        match self.delete_at_provider(&identity).await {
            Deletion::Gone => {
                tracing::warn!(number.sid = %identity.number, "a number that nobody had was released; the operator has paid for it");
                let now = self.now();
                let audit = Origin::system().audit("orphan.released", &identity.number, None, now);
                let change = Change::new(OrphanEnd { identity, at: now }).audit(audit);
                stored(|| self.parts.orphans.finish(&change)).await?;
                Ok(Repair::Done)
            }
            Deletion::Moved => {
                self.refer_orphan(identity, lease, ReviewReason::TransferredAway).await?;
                Ok(Repair::failed(REFERRED))
            }
            Deletion::Refused { .. } | Deletion::NotDone | Deletion::Unknown
                if attempts >= self.settings.release_attempts =>
            {
                self.refer_orphan(identity, lease, ReviewReason::AttemptsSpent).await?;
                Ok(Repair::failed(REFERRED))
            }
            Deletion::Refused { .. } | Deletion::NotDone | Deletion::Unknown => {
                self.park_orphan(identity, lease, attempts).await?;
                Ok(Repair::failed(LATER))
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
            .with(ACCOUNT, identity.account.as_str())
            .with("reason", reason.as_str());
        self.parts.alarms.raise(onset);
        let now = self.now();
        let mut audit = Origin::system().audit("orphan.refer", &identity.number, None, now);
        audit.details = serde_json::json!({ "reason": reason });
        let change = Change::new(OrphanReferral { identity, lease, reason, at: now }).audit(audit);
        stored(|| self.parts.orphans.refer(&change)).await.map(drop)
    }
}

const fn why_not(refusal: OrphanRefusal) -> &'static str {
    match refusal {
        OrphanRefusal::UnknownOrder => "this database does not have its order",
        OrphanRefusal::OrderNotFailed => "its order has not failed",
        OrphanRefusal::NumberExists => "a row of ours has it",
        OrphanRefusal::NotReleased => "our row of it has changed since",
        OrphanRefusal::ClaimedByOther => "somebody else deals with the phone number",
        OrphanRefusal::InProgress => "its release is under way, has just ended, or waits for an operator",
    }
}
