//! Ends of reviews: of a release that is tried again or given up, and of an orphan.

use trunkline_domain::{Actor, Change, NumberStatus, OrderId, Origin, ReviewReason};
use trunkline_provider::{ProviderNumber, Refusal};
use trunkline_provisioning::port::{
    BegunRelease, NumberFiles, NumberName, OrphanRefusal, OrphanResumeAnswer, OrphanStage, ReleaseTransition,
    ResumeAnswer, ReviewKeeping, StoreError,
};
use trunkline_provisioning::{LeaseToken, Marker, NumberDecisionError, ReviewCommand, ReviewedRelease};
use uuid::Uuid;

use super::{called, filed, in_review, orphan, stuck};
use crate::fixture::{identity, marker, number, other_account, outcome_unknown, provider_number, refused};
use crate::stage::Stage;

fn review_command(name: NumberName) -> ReviewCommand {
    ReviewCommand { number: name, reason: "ticket 7".parse().unwrap(), origin: Origin::command_line() }
}

fn kept(stage: &mut Stage, answer: fn(&Change<ReviewKeeping>) -> Result<ReleaseTransition, StoreError>) {
    stage.decisions.expect_keep().returning(move |change| {
        assert_eq!(change.audit[0].reason.as_deref(), Some("ticket 7"));
        answer(change)
    });
}

#[tokio::test(start_paused = true)]
async fn a_number_is_kept_only_where_its_account_has_it() {
    let name = || review_command(NumberName::Id(number().id));
    let mut stage = filed(vec![in_review(ReviewReason::AttemptsSpent)], Vec::new());
    stage.provider.expect_fetch().returning(|_| Ok(Some(provider_number())));
    kept(&mut stage, |_| Ok(ReleaseTransition::Applied(number())));
    assert_eq!(stage.open().provisioning.keep_number(name()).await.unwrap(), number());
    let mut stage = filed(vec![in_review(ReviewReason::AttemptsSpent)], Vec::new());
    stage.provider.expect_fetch().times(1).returning(|_| Ok(None));
    stage.provider.expect_fetch().times(1).returning(|_| Err(outcome_unknown()));
    let scene = stage.open();
    let absent = scene.provisioning.keep_number(name()).await;
    assert!(matches!(absent, Err(NumberDecisionError::Evidence(_))));
    let unknown = scene.provisioning.keep_number(name()).await;
    assert!(matches!(unknown, Err(NumberDecisionError::Provider(_))));
    let mut stage = filed(vec![in_review(ReviewReason::AttemptsSpent)], Vec::new());
    stage.provider.expect_fetch().returning(|_| Ok(Some(provider_number())));
    kept(&mut stage, |_| Ok(ReleaseTransition::Stale(number())));
    let raced = stage.open().provisioning.keep_number(name()).await;
    assert!(matches!(raced, Err(NumberDecisionError::Overtaken)));
    let active = filed(vec![number()], Vec::new()).open().provisioning.keep_number(name()).await;
    assert!(matches!(active, Err(NumberDecisionError::Status { status: NumberStatus::Active })));
}

/// A stage with a number under review, whose release can be resumed.
fn resumable() -> Stage {
    let mut stage = filed(vec![in_review(ReviewReason::AttemptsSpent)], Vec::new());
    let standing = stage.standing.clone();
    stage.decisions.expect_resume_release().times(1).returning(move |change| {
        assert_eq!(change.audit[0].reason.as_deref(), Some("ticket 7"));
        let number = standing.change_number(|n| {
            n.status = NumberStatus::Releasing;
            n.review = None;
        });
        Ok(ResumeAnswer::Resumed(BegunRelease { number, lease: LeaseToken::from_i64(9) }))
    });
    stage
}

async fn release(stage: Stage) -> Result<ReviewedRelease, NumberDecisionError> {
    let name = NumberName::Sid(identity().number);
    stage.open().provisioning.release_reviewed(review_command(name)).await
}

#[tokio::test(start_paused = true)]
async fn a_release_that_is_tried_again_ends_as_every_release_does() {
    let stage = resumable();
    let finished = stage.asked.release_finished.clone();
    assert_eq!(release(stage).await.unwrap(), ReviewedRelease::Released);
    assert_eq!(finished.only().audit[0].actor, Actor::CommandLine { login: None });

    let mut stage = resumable();
    stage.deletions(|_| Err(refused(Refusal::Other, 21_610)));
    stage.provider.expect_fetch().returning(|_| Ok(Some(provider_number())));
    let returned = stage.asked.release_returned.clone();
    assert_eq!(release(stage).await.unwrap(), ReviewedRelease::Refused { code: Some(21_610) });
    assert_eq!(returned.only().body.lease, LeaseToken::from_i64(9));

    let mut stage = resumable();
    stage.deletions(|_| Err(outcome_unknown()));
    let parked = stage.asked.release_parked.clone();
    assert_eq!(release(stage).await.unwrap(), ReviewedRelease::UnderWay);
    assert_eq!(parked.only().body.attempts, 1);
}

/// An earlier deletion may have done what this refusal speaks of.
#[tokio::test(start_paused = true)]
async fn a_refusal_without_sight_of_the_number_gives_nothing_back() {
    let mut stage = resumable();
    stage.deletions(|_| Err(refused(Refusal::Other, 21_610)));
    stage.provider.expect_fetch().returning(|_| Err(outcome_unknown()));
    let returned = stage.asked.release_returned.clone();
    assert_eq!(release(stage).await.unwrap(), ReviewedRelease::UnderWay);
    assert_eq!(returned.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_release_of_another_account_or_outside_of_review_is_not_resumed() {
    let mut stage = filed(vec![in_review(ReviewReason::AccountChanged)], Vec::new());
    stage.configured_account(Ok(other_account()));
    assert!(matches!(release(stage).await, Err(NumberDecisionError::OtherAccount { .. })));
    let stage = filed(vec![number()], Vec::new());
    assert!(matches!(release(stage).await, Err(NumberDecisionError::Status { .. })));
    let mut stage = filed(vec![in_review(ReviewReason::AttemptsSpent)], Vec::new());
    stage.decisions.expect_resume_release().returning(|_| Ok(ResumeAnswer::Stale(number())));
    assert!(matches!(release(stage).await, Err(NumberDecisionError::Overtaken)));
    assert!(matches!(release(filed(Vec::new(), Vec::new())).await, Err(NumberDecisionError::NotFound)));
}

#[tokio::test(start_paused = true)]
async fn an_orphans_release_is_resumed_on_sight_of_its_marker() {
    let mut stage = Stage::new();
    let before = NumberFiles { orphans: vec![orphan(stuck())], ..NumberFiles::default() };
    let after = NumberFiles { orphans: vec![orphan(OrphanStage::Released)], ..NumberFiles::default() };
    stage.decisions.expect_files().times(1).return_once(|_| Ok(before));
    stage.decisions.expect_files().times(1).return_once(|_| Ok(after));
    stage.provider.expect_fetch().returning(|_| Ok(Some(provider_number())));
    stage.decisions.expect_resume_orphan().times(1).returning(|change| {
        assert_eq!(change.body.after, LeaseToken::from_i64(4));
        assert_eq!(change.audit[0].reason.as_deref(), Some("ticket 7"));
        Ok(OrphanResumeAnswer::Resumed(LeaseToken::from_i64(5)))
    });
    let (deleted, finished) = (stage.asked.deleted.clone(), stage.asked.orphan_finished.clone());
    assert_eq!(release(stage).await.unwrap(), ReviewedRelease::Released);
    assert_eq!((deleted.only(), finished.count()), (identity(), 1));
}

#[tokio::test(start_paused = true)]
async fn an_orphan_in_doubt_is_left_alone() {
    for found in [
        called("Sales"),
        called(&Marker { order: OrderId::from_uuid(Uuid::from_u128(77)), ..marker() }.to_string()),
        ProviderNumber { phone_number: "+14152300199".parse().unwrap(), ..provider_number() },
    ] {
        let mut stage = filed(Vec::new(), vec![orphan(stuck())]);
        stage.provider.expect_fetch().returning(move |_| Ok(Some(found.clone())));
        let deleted = stage.asked.deleted.clone();
        assert!(matches!(release(stage).await, Err(NumberDecisionError::Evidence(_))));
        assert_eq!(deleted.count(), 0);
    }
    let mut stage = filed(Vec::new(), vec![orphan(stuck())]);
    stage.provider.expect_fetch().returning(|_| Ok(Some(provider_number())));
    stage
        .decisions
        .expect_resume_orphan()
        .returning(|_| Ok(OrphanResumeAnswer::Refused(OrphanRefusal::NumberExists)));
    let deleted = stage.asked.deleted.clone();
    assert!(matches!(release(stage).await, Err(NumberDecisionError::Evidence(_))));
    assert_eq!(deleted.count(), 0);
    let stage = filed(Vec::new(), vec![orphan(OrphanStage::Releasing)]);
    assert!(matches!(release(stage).await, Err(NumberDecisionError::OrphanStage { .. })));
}

#[tokio::test(start_paused = true)]
async fn an_orphan_that_is_gone_is_done_with_unless_it_was_moved() {
    let mut stage = filed(Vec::new(), vec![orphan(stuck())]);
    stage.provider.expect_fetch().returning(|_| Ok(None));
    let finished = stage.asked.orphan_finished.clone();
    assert_eq!(release(stage).await.unwrap(), ReviewedRelease::Released);
    assert_eq!(finished.only().audit[0].reason.as_deref(), Some("ticket 7"));
    let mut stage = filed(Vec::new(), vec![orphan(stuck())]);
    stage.provider.expect_fetch().returning(|_| Ok(None));
    stage.provider.expect_locate().returning(|_| Ok(Some(other_account())));
    let finished = stage.asked.orphan_finished.clone();
    assert!(matches!(release(stage).await, Err(NumberDecisionError::Moved { .. })));
    assert_eq!(finished.count(), 0);
}
