//! The operator's desk: looking at a number from both sides, and deciding what no machine can decide about it.
//!
//! Every decision is made on fresh evidence, is one transaction, and is audited with who and why. Like every saga it
//! runs whole in a task of the facade's, whoever stops waiting for it.

mod adoption;
mod advice;
mod changes;
mod command;
mod dossier;
mod error;
mod restoration;
mod review;
mod write_off;

use std::sync::Arc;

use trunkline_domain::{Origin, OwnedNumber, Reason};

pub use self::adoption::{AdoptedNumber, AdoptedSettings, AdoptionPrice};
pub use self::advice::Advice;
pub use self::command::{AdoptCommand, IfMoved, ReviewCommand, WriteOffCommand};
pub use self::dossier::{AtProvider, NumberDossier};
pub use self::error::NumberDecisionError;
pub use self::review::ReviewedRelease;
pub use self::write_off::WrittenOff;
use crate::Provisioning;
use crate::engine::stored;
use crate::facade::broken_task;
use crate::port::{NumberName, OrphanFile, ReleaseStop, StoppedReleases, StoreError};

impl Provisioning {
    /// What our books and the provider say about a number now, and what to do about it. A provider that cannot be
    /// asked is part of the answer.
    pub async fn dossier(&self, name: &NumberName) -> Result<NumberDossier, StoreError> {
        self.engine.dossier(name).await
    }

    /// Orphans whose release waits for an operator, the longest waiting first; `limit` is brought into 1 to 100.
    pub async fn orphans_in_review(&self, limit: u16) -> Result<Vec<OrphanFile>, StoreError> {
        self.engine.parts.decisions.orphans_in_review(limit.clamp(1, 100)).await
    }

    /// An operator makes a number that the account holds, and no row has, a user's. It is charged as a purchase. Asked
    /// again for the same user it charges nothing, and makes up for what was cut off. Nor is the number charged that
    /// the named order has paid for: then its row, which is gone, is put back.
    pub async fn adopt_number(&self, command: AdoptCommand) -> Result<AdoptedNumber, NumberDecisionError> {
        let engine = Arc::clone(&self.engine);
        self.in_task(async move { engine.adopt(&command).await })
            .await
            .unwrap_or_else(|error| Err(broken_task(error).into()))
    }

    /// An operator says that a live number is gone at the provider. Nothing is refunded.
    pub async fn write_off_number(
        &self,
        command: WriteOffCommand,
    ) -> Result<WrittenOff, NumberDecisionError> {
        let engine = Arc::clone(&self.engine);
        self.in_task(async move { engine.write_off(&command).await })
            .await
            .unwrap_or_else(|error| Err(broken_task(error).into()))
    }

    /// An operator has a release that waits for them tried again: a number's, or an orphan's.
    pub async fn release_reviewed(
        &self,
        command: ReviewCommand,
    ) -> Result<ReviewedRelease, NumberDecisionError> {
        let engine = Arc::clone(&self.engine);
        self.in_task(async move { engine.release_reviewed(&command).await })
            .await
            .unwrap_or_else(|error| Err(broken_task(error).into()))
    }

    /// An operator stops every release that is under way: each waits for them, as after a restore, when what was to be given
    /// back then may be kept by now.
    pub async fn stop_releases(
        &self,
        reason: Reason,
        origin: Origin,
    ) -> Result<StoppedReleases, NumberDecisionError> {
        let engine = Arc::clone(&self.engine);
        self.in_task(async move {
            let change = ReleaseStop::change(&reason, &origin, engine.settings.deployment, engine.now());
            Ok(stored(|| engine.parts.decisions.stop_releases(&change)).await?)
        })
        .await
        .unwrap_or_else(|error| Err(broken_task(error).into()))
    }

    /// An operator gives up a release that waits for them: the number works again.
    pub async fn keep_number(&self, command: ReviewCommand) -> Result<OwnedNumber, NumberDecisionError> {
        let engine = Arc::clone(&self.engine);
        self.in_task(async move { engine.keep_reviewed(&command).await })
            .await
            .unwrap_or_else(|error| Err(broken_task(error).into()))
    }
}
