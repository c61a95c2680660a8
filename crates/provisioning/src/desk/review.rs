//! The ends of reviews: a release that no machine could decide is tried again, or given up.
//!
//! Both take the number out of `review` by a transition of their own, so a worker that was slow has no say in what
//! follows. Trying again is a release like every other, with its attempts counted anew: it may come back to `review`.

use tokio::time::Instant;
use trunkline_alarms::Alarm;
use trunkline_domain::{NumberEvent, NumberStatus, OwnedNumber, ProviderIdentity, ReviewReason};

use super::changes;
use super::command::ReviewCommand;
use super::error::NumberDecisionError;
use crate::engine::{Engine, stored};
use crate::port::{
    NumberFiles, NumberName, OrphanFile, OrphanRefusal, OrphanResumeAnswer, OrphanStage, ReleaseTransition,
    ResumeAnswer, StalledOrphan,
};
use crate::release::{Earlier, ReleaseTaskEnd};
use crate::{Marker, ReleaseOutcome};

/// What a release that was tried again came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewedRelease {
    /// Given back.
    Released,
    /// The provider refuses to take it back; the number works as before.
    Refused {
        /// The provider's error code, where it gave one.
        code: Option<u32>,
    },
    /// Not decided yet; it goes on by itself.
    UnderWay,
    /// It waits for an operator again.
    InReview(ReviewReason),
}

impl Engine {
    pub(super) async fn release_reviewed(
        &self,
        command: &ReviewCommand,
    ) -> Result<ReviewedRelease, NumberDecisionError> {
        let files = self.parts.decisions.files(&command.number).await?;
        match (live_row(&files), files.orphans.first()) {
            (Some(number), _) => self.resume(number, command).await,
            (None, Some(orphan)) => self.resume_orphan(orphan, command).await,
            (None, None) => Err(not_live(&files)),
        }
    }

    pub(super) async fn keep_reviewed(
        &self,
        command: &ReviewCommand,
    ) -> Result<OwnedNumber, NumberDecisionError> {
        let files = self.parts.decisions.files(&command.number).await?;
        let number = live_row(&files).ok_or_else(|| not_live(&files))?;
        let identity = reviewed(number, NumberEvent::Keep)?;
        self.require_account(&identity)?;
        let fetched = self.parts.provider.fetch(&identity).await.map_err(NumberDecisionError::Provider)?;
        if fetched.is_none_or(|found| found.identity != identity) {
            let ProviderIdentity { account, number } = identity;
            return Err(NumberDecisionError::Evidence(format!("account {account} does not have {number}")));
        }
        let change = changes::keeping(command, number, self.now());
        match stored(|| self.parts.decisions.keep(&change)).await? {
            ReleaseTransition::Applied(number) => {
                self.parts.alarms.end(Alarm::ReleaseInReview, &number.id.to_string());
                Ok(number)
            }
            ReleaseTransition::Stale(_) => Err(NumberDecisionError::Overtaken),
        }
    }

    async fn resume(
        &self,
        number: &OwnedNumber,
        command: &ReviewCommand,
    ) -> Result<ReviewedRelease, NumberDecisionError> {
        let started = Instant::now();
        let identity = reviewed(number, NumberEvent::ResumeRelease)?;
        self.require_account(&identity)?;
        let change = changes::resumption(command, number, self.terms(), self.now());
        let begun = match stored(|| self.parts.decisions.resume_release(&change)).await? {
            ResumeAnswer::Resumed(begun) => begun,
            ResumeAnswer::Stale(_) => return Err(NumberDecisionError::Overtaken),
        };
        self.parts.alarms.end(Alarm::ReleaseInReview, &number.id.to_string());
        let end = self.delete_begun(&begun, &command.origin, started, Earlier::Deletions).await?;
        let ReleaseTaskEnd::Ended(outcome, number) = end else { return Err(NumberDecisionError::Overtaken) };
        Ok(match (outcome, number.status, number.review) {
            (ReleaseOutcome::Released, ..) => ReviewedRelease::Released,
            (ReleaseOutcome::RefusedByProvider { code }, ..) => ReviewedRelease::Refused { code },
            (
                ReleaseOutcome::Pending | ReleaseOutcome::Refused { .. },
                NumberStatus::Review,
                Some(reason),
            ) => ReviewedRelease::InReview(reason),
            (ReleaseOutcome::Pending | ReleaseOutcome::Refused { .. }, ..) => ReviewedRelease::UnderWay,
        })
    }

    /// The guards of every orphan's release hold here, too: the marker is asked for just before, and the order and the
    /// rows are tested in the transaction.
    async fn resume_orphan(
        &self,
        file: &OrphanFile,
        command: &ReviewCommand,
    ) -> Result<ReviewedRelease, NumberDecisionError> {
        let orphan = &file.orphan;
        let OrphanStage::Review(_) = file.stage else {
            return Err(NumberDecisionError::OrphanStage { stage: file.stage });
        };
        self.require_account(&orphan.identity)?;
        let provider = &self.parts.provider;
        let fetched = provider.fetch(&orphan.identity).await.map_err(NumberDecisionError::Provider)?;
        let Some(found) = fetched else { return self.finish_absent_orphan(file, command).await };
        let marker = Marker { deployment: self.settings.deployment, order: orphan.order };
        if found.phone_number != orphan.phone_number || Marker::find_in(&found.friendly_name) != Some(marker)
        {
            return Err(NumberDecisionError::Evidence(format!(
                "{} is called \"{}\" now, which is not the marker of order {}: somebody may need it",
                orphan.identity.number, found.friendly_name, orphan.order
            )));
        }
        let change = changes::orphan_resumption(command, file, self.terms(), self.now());
        let lease = match stored(|| self.parts.decisions.resume_orphan(&change)).await? {
            OrphanResumeAnswer::Resumed(lease) => lease,
            OrphanResumeAnswer::Refused(refusal) => return Err(left_alone(refusal)),
        };
        self.parts.alarms.end(Alarm::OrphanInReview, orphan.identity.number.as_str());
        self.delete_orphan(StalledOrphan { orphan: orphan.clone(), lease, attempts: 0 }).await?;
        let name = NumberName::Sid(orphan.identity.number.clone());
        let files = self.parts.decisions.files(&name).await?;
        Ok(match files.orphans.first().map(|file| file.stage) {
            Some(OrphanStage::Released) => ReviewedRelease::Released,
            Some(OrphanStage::Review(reason)) => ReviewedRelease::InReview(reason),
            Some(OrphanStage::Releasing) | None => ReviewedRelease::UnderWay,
        })
    }

    /// The account does not have it. Gone, unless it was only moved.
    async fn finish_absent_orphan(
        &self,
        file: &OrphanFile,
        command: &ReviewCommand,
    ) -> Result<ReviewedRelease, NumberDecisionError> {
        let identity = &file.orphan.identity;
        let located = self.parts.provider.locate(identity).await.map_err(NumberDecisionError::Provider)?;
        if let Some(account) = located {
            return Err(NumberDecisionError::Moved { account });
        }
        let change = changes::orphan_end(command, file, self.now());
        stored(|| self.parts.orphans.finish(&change)).await?;
        self.parts.alarms.end(Alarm::OrphanInReview, identity.number.as_str());
        Ok(ReviewedRelease::Released)
    }
}

/// The live row of a name; a released one is history.
fn live_row(files: &NumberFiles) -> Option<&OwnedNumber> {
    let rows = files.numbers.iter().map(|file| &file.number);
    rows.filter(|number| number.status.is_live() && !number.is_record_only()).max_by_key(|row| row.created_at)
}

/// Why there is nothing to decide about.
fn not_live(files: &NumberFiles) -> NumberDecisionError {
    match files.numbers.first().map(|file| &file.number) {
        None => NumberDecisionError::NotFound,
        Some(number) if number.is_record_only() => NumberDecisionError::RecordOnly,
        Some(number) => NumberDecisionError::Status { status: number.status },
    }
}

/// What the number is at the provider, if its status allows what is asked.
fn reviewed(number: &OwnedNumber, event: NumberEvent) -> Result<ProviderIdentity, NumberDecisionError> {
    number.status.after(event).map_err(|error| NumberDecisionError::Status { status: error.status })?;
    number.identity.clone().ok_or(NumberDecisionError::RecordOnly)
}

fn left_alone(refusal: OrphanRefusal) -> NumberDecisionError {
    let why = match refusal {
        OrphanRefusal::InProgress | OrphanRefusal::ClaimedByOther => return NumberDecisionError::Overtaken,
        OrphanRefusal::UnknownOrder => "this database does not have its order",
        OrphanRefusal::OrderNotFailed => "its order has not failed",
        OrphanRefusal::NumberExists => "a number row of ours has it",
        OrphanRefusal::NotReleased => "our row of it has changed since",
    };
    NumberDecisionError::Evidence(why.to_owned())
}
