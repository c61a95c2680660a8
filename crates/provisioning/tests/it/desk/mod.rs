//! The operator's desk: every decision on fresh evidence, in one change, audited with who and why.

mod adoption;
mod dossier;
mod review;
mod write_off;

use trunkline_domain::{NumberStatus, OwnedNumber, ReviewReason};
use trunkline_provider::ProviderNumber;
use trunkline_provisioning::LeaseToken;
use trunkline_provisioning::port::{NumberFile, NumberFiles, Orphan, OrphanFile, OrphanStage};

use crate::fixture::{identity, number, order, provider_number};
use crate::stage::Stage;

pub(super) fn called(friendly_name: &str) -> ProviderNumber {
    ProviderNumber { friendly_name: friendly_name.to_owned(), ..provider_number() }
}

pub(super) fn in_review(reason: ReviewReason) -> OwnedNumber {
    OwnedNumber { status: NumberStatus::Review, review: Some(reason), ..number() }
}

/// A stage whose database has these rows.
pub(super) fn filed(numbers: Vec<OwnedNumber>, orphans: Vec<OrphanFile>) -> Stage {
    let mut stage = Stage::new();
    if let Some(number) = numbers.first() {
        stage.standing.put_number(number);
    }
    let numbers = numbers.into_iter().map(|number| NumberFile { number, release_attempts: 5 }).collect();
    let files = NumberFiles { numbers, orphans };
    stage.decisions.expect_files().returning(move |_| Ok(files.clone()));
    stage
}

pub(super) fn orphan(stage: OrphanStage) -> OrphanFile {
    let orphan = Orphan { identity: identity(), phone_number: order().phone_number, order: order().id };
    let (lease, updated_at) = (LeaseToken::from_i64(4), crate::fixture::at(0));
    OrphanFile { orphan, stage, attempts: 5, lease, updated_at }
}

pub(super) fn stuck() -> OrphanStage {
    OrphanStage::Review(ReviewReason::AttemptsSpent)
}
