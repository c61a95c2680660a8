//! Giving a number back: TX1 `begin`, the deletion by id on the account that is stored with the number, TX2 `finish`,
//! `give_back`, `park` or `refer`.
//!
//! Deleting by id can be repeated, since ids are never reused. So an unknown outcome is answered by doing it again,
//! and only a bounded number of times.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use trunkline_alarms::{Alarm, Onset};
use trunkline_domain::{
    Change, Event, EventId, NumberStatus, Origin, OwnedNumber, ProviderIdentity, ReviewReason,
};
use trunkline_provider::{ProviderError, ReleaseAnswer as ProviderAnswer};

use crate::engine::{Engine, stored};
use crate::port::{
    BegunRelease, ReleaseAnswer, ReleaseEnd, ReleaseOpening, ReleaseParking, ReleaseReferral, ReleaseReturn,
    ReleaseTransition, Repeat, StalledRelease, StoreError,
};
use crate::purchase::changes::backoff;
use crate::{LeaseToken, ReleaseOutcome};

/// The pause before the opener first tries again; each further one is twice as long, up to ten times.
const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// All that the opener tries while its caller waits counts as one attempt: an outage of half a minute must not spend
/// what is meant for hours.
const OPENERS_ATTEMPT: u32 = 1;

/// What a deletion at the provider came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deletion {
    /// The account does not have the number any more.
    Gone,
    /// The owner has moved the number to another account of theirs, where it lives on.
    Moved,
    /// The provider says no.
    Refused {
        /// Its error code, where it gave one.
        code: Option<u32>,
    },
    /// Certainly not done this time; the next time it may be.
    NotDone,
    /// The provider may have done it.
    Unknown,
}

/// What was tried before a release's opener deletes a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Earlier {
    /// Nothing: the release begins now.
    Nothing,
    /// Deletions that nobody knows the end of, until an operator had it tried again.
    Deletions,
}

/// How a release's task ends.
#[derive(Debug)]
pub(crate) enum ReleaseTaskEnd {
    /// Begun, and come to this.
    Ended(ReleaseOutcome, Box<OwnedNumber>),
    /// A record of a number elsewhere is removed.
    RecordRemoved,
    /// Not begun: the idempotency key was used before.
    Repeat(Repeat<ReleaseOutcome>),
    /// Not begun.
    Refused(crate::port::ReleaseRefusal),
}

impl Engine {
    /// Gives one number back, run whole in a task that nobody cancels. `progress` hears of the number once the
    /// release stands.
    pub(crate) async fn give_back(
        &self,
        opening: &Change<ReleaseOpening>,
        origin: &Origin,
        started: Instant,
        progress: &watch::Sender<Option<OwnedNumber>>,
    ) -> Result<ReleaseTaskEnd, StoreError> {
        let begun = match stored(|| self.parts.releases.begin(opening)).await? {
            ReleaseAnswer::Begun(begun) => begun,
            ReleaseAnswer::RecordRemoved(_) => return Ok(ReleaseTaskEnd::RecordRemoved),
            ReleaseAnswer::Refused(refusal) => return Ok(ReleaseTaskEnd::Refused(refusal)),
            ReleaseAnswer::Repeat(repeat) => return Ok(ReleaseTaskEnd::Repeat(repeat)),
        };
        progress.send_replace(Some(begun.number.clone()));
        self.delete_begun(&begun, origin, started, Earlier::Nothing).await
    }

    /// The deletion of a number whose release has begun, until it is decided or `purchase_wait` after `started` is over.
    pub(crate) async fn delete_begun(
        &self,
        begun: &BegunRelease,
        origin: &Origin,
        started: Instant,
        earlier: Earlier,
    ) -> Result<ReleaseTaskEnd, StoreError> {
        let identity = identity_of(&begun.number)?;
        if !self.is_configured_account(&identity) {
            return self.refer_release(&begun.number, begun.lease, ReviewReason::AccountChanged).await;
        }
        let until = started + self.settings.purchase_wait;
        let mut may_be_gone = earlier == Earlier::Deletions;
        for tried in 0_u32.. {
            match self.delete_at_provider(&identity).await {
                Deletion::Gone => return self.finish_release(&begun.number, origin).await,
                Deletion::Moved => {
                    let reason = ReviewReason::TransferredAway;
                    return self.refer_release(&begun.number, begun.lease, reason).await;
                }
                // A refusal proves that the number is still there only while no earlier attempt may have deleted it.
                Deletion::Refused { code } if !may_be_gone => {
                    return self.return_number(begun, code, origin).await;
                }
                // Those of before are long over: what the account shows now, it will go on to show.
                Deletion::Refused { code }
                    if earlier == Earlier::Deletions && tried == 0 && self.is_held(&identity).await =>
                {
                    return self.return_number(begun, code, origin).await;
                }
                Deletion::Refused { .. } | Deletion::NotDone => {}
                Deletion::Unknown => may_be_gone = true,
            }
            let pause = backoff(RETRY_PAUSE, tried);
            if Instant::now() + pause >= until || !self.pause(pause).await {
                break;
            }
        }
        self.park_release(&begun.number, begun.lease, OPENERS_ATTEMPT).await
    }

    /// Tries again to give a stalled number back. Whether its opener's deletion arrived is not known, so a refusal
    /// proves nothing here; after enough attempts an operator has to look.
    pub(crate) async fn recover_release(&self, stalled: StalledRelease) {
        let outcome = match self.try_recover_release(&stalled).await {
            // Repeating mends nothing: an operator has to look, or the number would be deleted forever.
            Err(StoreError::Broken(why)) => {
                let (number, lease) = (&stalled.number, stalled.lease);
                tracing::error!(number.id = %number.id, why, "a release cannot be brought any further");
                self.refer_release(number, lease, ReviewReason::AttemptsSpent).await.map(drop)
            }
            outcome => outcome,
        };
        if let Err(error) = outcome {
            let error = &error as &dyn std::error::Error;
            tracing::error!(number.id = %stalled.number.id, error, "an undecided release stays undecided for now");
        }
    }

    async fn try_recover_release(&self, stalled: &StalledRelease) -> Result<(), StoreError> {
        let number = &stalled.number;
        let identity = identity_of(number)?;
        if self.parts.provider.account().is_err() {
            return self.park_release(number, stalled.lease, stalled.attempts).await.map(drop);
        }
        if !self.is_configured_account(&identity) {
            return self.refer_release(number, stalled.lease, ReviewReason::AccountChanged).await.map(drop);
        }
        let attempts = stalled.attempts.saturating_add(1);
        match self.delete_at_provider(&identity).await {
            Deletion::Gone => self.finish_release(number, &Origin::system()).await.map(drop),
            Deletion::Moved => {
                self.refer_release(number, stalled.lease, ReviewReason::TransferredAway).await.map(drop)
            }
            Deletion::Refused { .. } | Deletion::NotDone | Deletion::Unknown
                if attempts >= self.settings.release_attempts =>
            {
                self.refer_release(number, stalled.lease, ReviewReason::AttemptsSpent).await.map(drop)
            }
            Deletion::Refused { .. } | Deletion::NotDone | Deletion::Unknown => {
                self.park_release(number, stalled.lease, attempts).await.map(drop)
            }
        }
    }

    /// Deletes a number by id on its own account, once.
    pub(crate) async fn delete_at_provider(&self, identity: &ProviderIdentity) -> Deletion {
        let error = match self.parts.provider.release(identity).await {
            Ok(ProviderAnswer::Released) => return Deletion::Gone,
            Ok(ProviderAnswer::Gone) => return self.locate_at_provider(identity).await,
            Err(error) => error,
        };
        tracing::warn!(
            number.sid = %identity.number,
            error = &error as &dyn std::error::Error,
            "the provider did not take a number back"
        );
        match error {
            ProviderError::Refused { code, .. } | ProviderError::Unauthorized { code } => {
                Deletion::Refused { code }
            }
            ProviderError::NotConfigured => Deletion::Refused { code: None },
            ProviderError::Unavailable { .. } => Deletion::NotDone,
            ProviderError::OutcomeUnknown { .. } => Deletion::Unknown,
        }
    }

    /// Tells a number that is given back from one that was only moved: its own account has neither.
    async fn locate_at_provider(&self, identity: &ProviderIdentity) -> Deletion {
        match self.parts.provider.locate(identity).await {
            Ok(None) => Deletion::Gone,
            Ok(Some(account)) => {
                tracing::warn!(number.sid = %identity.number, %account, "a number was moved to another account");
                Deletion::Moved
            }
            Err(error) => {
                tracing::warn!(
                    number.sid = %identity.number,
                    error = &error as &dyn std::error::Error,
                    "it cannot be told whether a number was given back or moved to another account"
                );
                Deletion::Unknown
            }
        }
    }

    async fn is_held(&self, identity: &ProviderIdentity) -> bool {
        matches!(self.parts.provider.fetch(identity).await, Ok(Some(found)) if found.identity == *identity)
    }

    pub(crate) fn is_configured_account(&self, identity: &ProviderIdentity) -> bool {
        self.parts.provider.account().is_ok_and(|configured| configured == identity.account)
    }

    async fn finish_release(
        &self,
        number: &OwnedNumber,
        origin: &Origin,
    ) -> Result<ReleaseTaskEnd, StoreError> {
        let now = self.now();
        let data = serde_json::json!({ "phoneNumber": number.phone_number });
        let mut audit = origin.audit("number.released", number.id, Some(&number.user), now);
        audit.details = data.clone();
        let event = Event {
            id: EventId::from_uuid(self.parts.ids.next()),
            kind: "number.released".to_owned(),
            user: number.user.clone(),
            subject: number.id.to_string(),
            at: now,
            data,
        };
        let change = Change::new(ReleaseEnd { number: number.id, at: now }).event(event).audit(audit);
        let transition = stored(|| self.parts.releases.finish(&change)).await?;
        tracing::info!(number.id = %number.id, "number released");
        Ok(end_of(transition, ReleaseOutcome::Released))
    }

    async fn return_number(
        &self,
        begun: &BegunRelease,
        code: Option<u32>,
        origin: &Origin,
    ) -> Result<ReleaseTaskEnd, StoreError> {
        let (number, now) = (&begun.number, self.now());
        let mut audit = origin.audit("number.release_refused", number.id, Some(&number.user), now);
        audit.details = serde_json::json!({ "code": code });
        let change =
            Change::new(ReleaseReturn { number: number.id, lease: begun.lease, code, at: now }).audit(audit);
        let transition = stored(|| self.parts.releases.give_back(&change)).await?;
        Ok(end_of(transition, ReleaseOutcome::RefusedByProvider { code }))
    }

    async fn park_release(
        &self,
        number: &OwnedNumber,
        lease: LeaseToken,
        attempts: u32,
    ) -> Result<ReleaseTaskEnd, StoreError> {
        let next_attempt_in = backoff(self.settings.look_gap, attempts.saturating_sub(1));
        let parking = ReleaseParking { number: number.id, lease, next_attempt_in, attempts, at: self.now() };
        let change = Change::new(parking);
        let transition = stored(|| self.parts.releases.park(&change)).await?;
        Ok(end_of(transition, ReleaseOutcome::Pending))
    }

    async fn refer_release(
        &self,
        number: &OwnedNumber,
        lease: LeaseToken,
        reason: ReviewReason,
    ) -> Result<ReleaseTaskEnd, StoreError> {
        let onset = Onset::of(Alarm::ReleaseInReview, number.id, "a release waits for an operator")
            .with("numberSid", number.identity.as_ref().map(|identity| identity.number.to_string()))
            .with("reason", reason.as_str());
        self.parts.alarms.raise(onset);
        let now = self.now();
        let mut audit = Origin::system().audit("number.refer", number.id, Some(&number.user), now);
        audit.details = serde_json::json!({ "reason": reason });
        let change = Change::new(ReleaseReferral { number: number.id, lease, reason, at: now }).audit(audit);
        let transition = stored(|| self.parts.releases.refer(&change)).await?;
        Ok(end_of(transition, ReleaseOutcome::Pending))
    }
}

/// The end of a release: what its worker meant to store, or, where somebody else was faster, what stands now.
fn end_of(transition: ReleaseTransition, meant: ReleaseOutcome) -> ReleaseTaskEnd {
    match transition {
        ReleaseTransition::Applied(number) => ReleaseTaskEnd::Ended(meant, Box::new(number)),
        ReleaseTransition::Stale(number) => {
            let stands = match number.status {
                NumberStatus::Released => ReleaseOutcome::Released,
                NumberStatus::Releasing | NumberStatus::Review => ReleaseOutcome::Pending,
                NumberStatus::Active | NumberStatus::Suspended => {
                    ReleaseOutcome::RefusedByProvider { code: None }
                }
            };
            ReleaseTaskEnd::Ended(stands, Box::new(number))
        }
    }
}

fn identity_of(number: &OwnedNumber) -> Result<ProviderIdentity, StoreError> {
    let missing =
        || StoreError::Broken(format!("number {} is being released and has no identity", number.id));
    number.identity.clone().ok_or_else(missing)
}
