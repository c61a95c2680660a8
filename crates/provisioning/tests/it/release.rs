//! Giving numbers back, by their user and by recovery.

use std::sync::Arc;

use rstest::rstest;
use serde_json::json;
use trunkline_domain::{
    Change, Event, EventId, NumberStatus, Origin, OwnedNumber, RequestOperation, ReviewReason,
};
use trunkline_provider::{ProviderError, Refusal, ReleaseAnswer as Deleted};
use trunkline_provisioning::port::{
    ReleaseAnswer, ReleaseEnd, ReleaseOpening, ReleaseParking, ReleaseReferral, ReleaseRefusal,
    ReleaseReturn, ReleaseTransition, Repeat, StalledRelease, StoreError,
};
use trunkline_provisioning::{
    LeaseTerms, LeaseToken, ReleaseCommand, ReleaseError, ReleaseOutcome, ReleaseProgress,
};

use crate::fixture::{
    acknowledgement_lost, at, id, identity, keyed, lease, number, origin, other_account, outcome_unknown,
    refused, seconds, store_down, unavailable, user,
};
use crate::lingering::LingeringProvider;
use crate::stage::{Scene, Stage};

fn command() -> ReleaseCommand {
    ReleaseCommand { user: user(), within: None, number: number().id, request: None, origin: origin() }
}

fn keyed_command() -> ReleaseCommand {
    ReleaseCommand { request: Some(keyed(RequestOperation::Release)), ..command() }
}

fn owned() -> Stage {
    let stage = Stage::new();
    stage.standing.put_number(&number());
    stage
}

fn releasing() -> OwnedNumber {
    OwnedNumber { status: NumberStatus::Releasing, ..number() }
}

#[track_caller]
fn assert_pending(answer: Result<ReleaseProgress, ReleaseError>, status: NumberStatus) {
    match answer.unwrap() {
        ReleaseProgress::Pending(number) => assert_eq!(number.status, status),
        ReleaseProgress::Released => panic!("an undecided release was expected"),
    }
}

#[rstest]
#[case(Deleted::Released)]
#[case(Deleted::Gone)]
#[tokio::test(start_paused = true)]
async fn a_number_that_is_gone_is_released(#[case] answer: Deleted) {
    let mut stage = owned();
    stage.deletions(move |_| Ok(answer));
    let scene = stage.open();
    assert_eq!(scene.provisioning.release(keyed_command()).await.unwrap(), ReleaseProgress::Released);
    let opening = ReleaseOpening {
        number: number().id,
        user: user(),
        within: None,
        terms: LeaseTerms { lease: seconds(60) },
        at: at(0),
    };
    let audit = origin().audit("number.release", number().id, Some(&user()), at(0));
    let begun = Change::new(opening).request(Some(keyed(RequestOperation::Release))).audit(audit);
    assert_eq!(scene.asked.release_begun.only(), begun);
    assert_eq!(scene.asked.deleted.only(), identity());
    let event = Event {
        id: EventId::from_uuid(id(1)),
        kind: "number.released".to_owned(),
        user: user(),
        subject: number().id.to_string(),
        at: at(0),
        data: json!({ "phoneNumber": "+14152300101" }),
    };
    let mut audit = origin().audit("number.released", number().id, Some(&user()), at(0));
    audit.details = json!({ "phoneNumber": "+14152300101" });
    let finished = Change::new(ReleaseEnd { number: number().id, at: at(0) }).event(event).audit(audit);
    assert_eq!(scene.asked.release_finished.only(), finished);
}

#[tokio::test(start_paused = true)]
async fn a_number_that_was_moved_to_another_account_is_for_review() {
    let mut stage = owned();
    stage.deletions(|_| Ok(Deleted::Gone));
    stage.provider.expect_locate().times(1).returning(|_| Ok(Some(other_account())));
    let scene = stage.open();
    assert_pending(scene.provisioning.release(command()).await, NumberStatus::Review);
    assert_eq!(scene.asked.release_referred.only().body.reason, ReviewReason::TransferredAway);
    assert_eq!(scene.asked.release_finished.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_number_that_may_have_been_moved_is_neither_released_nor_given_back() {
    let mut stage = owned();
    stage.deletions(|n| if n == 1 { Ok(Deleted::Gone) } else { Err(refused(Refusal::Other, 20005)) });
    stage.provider.expect_locate().times(1).returning(|_| Err(unavailable()));
    let scene = stage.open();
    assert_pending(scene.provisioning.release(command()).await, NumberStatus::Releasing);
    assert_eq!((scene.asked.release_finished.count(), scene.asked.release_returned.count()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_release_refused_at_first_gives_the_number_back_to_its_user() {
    let mut stage = owned();
    stage.deletions(|_| Err(refused(Refusal::AccountInactive, 20005)));
    let scene = stage.open();
    let answer = scene.provisioning.release(command()).await;
    assert!(matches!(answer, Err(ReleaseError::RefusedByProvider { code: Some(20005) })));
    let mut audit = origin().audit("number.release_refused", number().id, Some(&user()), at(0));
    audit.details = json!({ "code": 20005 });
    let returned =
        Change::new(ReleaseReturn { number: number().id, lease: lease(), code: Some(20005), at: at(0) })
            .audit(audit);
    assert_eq!(scene.asked.release_returned.only(), returned);
    assert_eq!(scene.asked.deleted.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_after_a_limit_is_believed_because_nothing_was_done_before() {
    let mut stage = owned();
    stage.deletions(|n| Err(if n == 1 { unavailable() } else { refused(Refusal::Other, 20005) }));
    let scene = stage.open();
    let answer = scene.provisioning.release(command()).await;
    assert!(matches!(answer, Err(ReleaseError::RefusedByProvider { code: Some(20005) })));
    assert_eq!(scene.asked.deleted.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_after_an_unknown_outcome_is_not_believed() {
    let mut stage = owned();
    stage.deletions(|n| Err(if n == 1 { outcome_unknown() } else { refused(Refusal::Other, 20005) }));
    let scene = stage.open();
    assert_pending(scene.provisioning.release(command()).await, NumberStatus::Releasing);
    assert_eq!(scene.asked.release_returned.count(), 0);
    assert!(scene.asked.deleted.count() > 2, "deleting by id is repeated");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_outcome_is_repeated_until_the_number_is_gone() {
    let mut stage = owned();
    stage.deletions(|n| if n < 4 { Err(outcome_unknown()) } else { Ok(Deleted::Gone) });
    let scene = stage.open();
    assert_eq!(scene.provisioning.release(command()).await.unwrap(), ReleaseProgress::Released);
    assert_eq!(scene.asked.deleted.all(), vec![identity(); 4]);
}

#[tokio::test(start_paused = true)]
async fn a_release_unknown_to_the_end_is_pending_and_keeps_its_attempts() {
    let mut stage = owned();
    stage.deletions(|_| Err(outcome_unknown()));
    let scene = stage.open();
    let begun = tokio::time::Instant::now();
    assert_pending(scene.provisioning.release(command()).await, NumberStatus::Releasing);
    assert!(begun.elapsed() <= seconds(30));
    let parking = ReleaseParking {
        number: number().id,
        lease: lease(),
        next_attempt_in: seconds(30),
        attempts: 1,
        at: at(0),
    };
    assert_eq!(scene.asked.release_parked.only().body, parking);
    assert!(scene.asked.deleted.count() < 15, "an outage is not met with a flood");
}

#[tokio::test(start_paused = true)]
async fn a_number_of_another_account_is_never_taken_for_gone() {
    let mut stage = owned();
    stage.configured_account(Ok(other_account()));
    let scene = stage.open();
    assert_pending(scene.provisioning.release(command()).await, NumberStatus::Review);
    assert_eq!(scene.asked.deleted.count(), 0);
    let referred = scene.asked.release_referred.only();
    let (number, reason) = (number().id, ReviewReason::AccountChanged);
    assert_eq!(referred.body, ReleaseReferral { number, lease: lease(), reason, at: at(0) });
    assert_eq!(referred.audit[0].details, json!({ "reason": "account_changed" }));
}

#[rstest]
#[case(ReleaseRefusal::NotFound)]
#[case(ReleaseRefusal::Primary)]
#[case(ReleaseRefusal::Busy)]
#[tokio::test(start_paused = true)]
async fn what_may_not_be_released_is_refused_before_anything_is_sent(#[case] refusal: ReleaseRefusal) {
    let mut stage = owned();
    stage.releases.expect_begin().returning(move |_| Ok(ReleaseAnswer::Refused(refusal)));
    let scene = stage.open();
    let told = scene.provisioning.release(command()).await.unwrap_err();
    let expected = match refusal {
        ReleaseRefusal::NotFound => matches!(told, ReleaseError::NotFound),
        ReleaseRefusal::Primary => matches!(told, ReleaseError::Primary),
        ReleaseRefusal::Busy => matches!(told, ReleaseError::Busy),
    };
    assert!(expected, "{refusal:?} was told as {told:?}");
    assert_eq!(scene.asked.deleted.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_record_is_removed_without_a_word_to_the_provider() {
    let record = OwnedNumber { identity: None, order: None, provider: "elsewhere".to_owned(), ..number() };
    let mut stage = Stage::new();
    stage.standing.put_number(&record);
    stage.configured_account(Err(()));
    stage.releases.expect_begin().returning(move |_| Ok(ReleaseAnswer::RecordRemoved(record.clone())));
    let scene = stage.open();
    assert_eq!(scene.provisioning.release(command()).await.unwrap(), ReleaseProgress::Released);
    assert_eq!(scene.asked.deleted.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn without_a_provider_no_release_is_begun() {
    let mut stage = owned();
    stage.configured_account(Err(()));
    let scene = stage.open();
    let answer = scene.provisioning.release(command()).await;
    assert!(matches!(answer, Err(ReleaseError::NotConfigured)));
    assert_eq!(scene.asked.release_begun.count(), 0);
}

#[rstest]
#[case(NumberStatus::Released, ReleaseProgress::Released)]
#[case(NumberStatus::Releasing, ReleaseProgress::Pending(Box::new(releasing())))]
#[tokio::test(start_paused = true)]
async fn a_refusal_that_somebody_overtook_tells_what_stands(
    #[case] status: NumberStatus,
    #[case] progress: ReleaseProgress,
) {
    let mut stage = owned();
    stage.deletions(|_| Err(refused(Refusal::Other, 20005)));
    stage
        .releases
        .expect_give_back()
        .returning(move |_| Ok(ReleaseTransition::Stale(OwnedNumber { status, ..number() })));
    let scene = stage.open();
    assert_eq!(scene.provisioning.release(command()).await.unwrap(), progress);
}

#[tokio::test(start_paused = true)]
async fn a_lost_acknowledgement_is_asked_for_again() {
    let mut stage = owned();
    stage.releases.expect_begin().times(1).returning(|_| Err(acknowledgement_lost()));
    stage.releases.expect_finish().times(1).returning(|_| Err(acknowledgement_lost()));
    let scene = stage.open();
    assert_eq!(scene.provisioning.release(command()).await.unwrap(), ReleaseProgress::Released);
    assert_eq!(scene.asked.deleted.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_number_gone_and_not_stored_is_left_to_recovery() {
    let mut stage = owned();
    stage.releases.expect_finish().returning(|_| Err(store_down()));
    let scene = stage.open();
    let answer = scene.provisioning.release(command()).await;
    assert!(matches!(answer, Err(ReleaseError::Storage(_))));
    assert_eq!(scene.asked.release_returned.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_outlasts_the_callers_patience_is_pending() {
    let mut stage = owned();
    stage.settings.purchase_wait = std::time::Duration::from_nanos(1);
    let scene = stage.open_with(
        |provider| {
            Arc::new(LingeringProvider::new(provider).with_release(crate::lingering::Delay::of(seconds(9))))
        },
        |purchases| Arc::new(purchases),
    );
    assert_pending(scene.provisioning.release(command()).await, NumberStatus::Releasing);
    scene.provisioning.shutdown().await;
    assert_eq!(scene.asked.release_finished.count(), 1);
}

fn with_repeat(repeat: Repeat<ReleaseOutcome>) -> Stage {
    let mut stage = owned();
    stage.releases.expect_begin().times(1).return_once(|_| Ok(ReleaseAnswer::Repeat(repeat)));
    stage
}

#[tokio::test(start_paused = true)]
async fn repeats_hear_what_the_first_request_came_to() {
    let scene = with_repeat(Repeat::Ended(ReleaseOutcome::Released)).open();
    assert_eq!(scene.provisioning.release(keyed_command()).await.unwrap(), ReleaseProgress::Released);
    let refusal = ReleaseOutcome::RefusedByProvider { code: Some(20005) };
    let scene = with_repeat(Repeat::Ended(refusal)).open();
    let answer = scene.provisioning.release(keyed_command()).await;
    assert!(matches!(answer, Err(ReleaseError::RefusedByProvider { code: Some(20005) })));
    let primary = ReleaseOutcome::Refused { why: ReleaseRefusal::Primary };
    let scene = with_repeat(Repeat::Ended(primary)).open();
    assert!(matches!(scene.provisioning.release(keyed_command()).await, Err(ReleaseError::Primary)));
    let scene = with_repeat(Repeat::OtherCommand).open();
    assert!(matches!(scene.provisioning.release(keyed_command()).await, Err(ReleaseError::KeyReused)));
}

#[tokio::test(start_paused = true)]
async fn a_repeat_waits_for_a_release_under_way_and_then_hears_that_it_is_pending() {
    let open = || Repeat::Open { subject: number().id.as_uuid() };
    let mut stage = with_repeat(open());
    stage.releases.expect_repeat().times(10).returning(move |_| Ok(Some(open())));
    stage.releases.expect_repeat().times(1).returning(|_| Ok(Some(Repeat::Ended(ReleaseOutcome::Released))));
    let scene = stage.open();
    assert_eq!(scene.provisioning.release(keyed_command()).await.unwrap(), ReleaseProgress::Released);
    let mut stage = with_repeat(open());
    stage.standing.put_number(&releasing());
    stage.releases.expect_repeat().returning(move |_| Ok(Some(open())));
    let scene = stage.open();
    assert_pending(scene.provisioning.release(keyed_command()).await, NumberStatus::Releasing);
}

fn stalled(attempts: u32) -> StalledRelease {
    StalledRelease { number: releasing(), lease: LeaseToken::from_i64(2), attempts }
}

async fn recover(mut stage: Stage, attempts: u32) -> Scene {
    stage.standing.put_number(&releasing());
    stage.releases.expect_claim_stalled().times(1).return_once(move |_, _| Ok(vec![stalled(attempts)]));
    let scene = stage.open();
    assert_eq!(scene.provisioning.run_once().await.unwrap().releases, 1);
    scene
}

#[tokio::test(start_paused = true)]
async fn recovery_refers_a_number_that_was_moved() {
    let mut stage = Stage::new();
    stage.deletions(|_| Ok(Deleted::Gone));
    stage.provider.expect_locate().times(1).returning(|_| Ok(Some(other_account())));
    let scene = recover(stage, 0).await;
    assert_eq!(scene.asked.release_referred.only().body.reason, ReviewReason::TransferredAway);
    assert_eq!(scene.asked.release_finished.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn recovery_finishes_a_release_in_the_systems_name() {
    let scene = recover(Stage::new(), 3).await;
    let finished = scene.asked.release_finished.only();
    assert_eq!(finished.audit[0].actor, Origin::system().actor);
    assert_eq!(finished.events[0].kind, "number.released");
}

#[rstest]
#[case(outcome_unknown())]
#[case(unavailable())]
#[case(refused(Refusal::Other, 20005))]
#[case(ProviderError::Unauthorized { code: None })]
#[tokio::test(start_paused = true)]
async fn recovery_tries_again_later_each_time(#[case] error: ProviderError) {
    let mut stage = Stage::new();
    stage.provider.expect_release().times(1).return_once(|_| Err(error));
    let scene = recover(stage, 2).await;
    let parked = scene.asked.release_parked.only().body;
    assert_eq!((parked.attempts, parked.next_attempt_in), (3, seconds(120)));
    assert_eq!((parked.lease, scene.asked.release_returned.count()), (LeaseToken::from_i64(2), 0));
}

#[tokio::test(start_paused = true)]
async fn attempts_are_bounded() {
    let mut stage = Stage::new();
    stage.deletions(|_| Err(outcome_unknown()));
    let scene = recover(stage, 19).await;
    assert_eq!(scene.asked.release_referred.only().body.reason, ReviewReason::AttemptsSpent);
    assert_eq!(scene.asked.release_parked.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_release_that_can_never_be_stored_is_not_tried_forever() {
    let mut stage = Stage::new();
    stage
        .releases
        .expect_finish()
        .times(1)
        .returning(|_| Err(StoreError::Broken("a check refuses it".to_owned())));
    let scene = recover(stage, 0).await;
    assert_eq!(scene.asked.release_referred.only().body.reason, ReviewReason::AttemptsSpent);
}

#[tokio::test(start_paused = true)]
async fn recovery_without_a_provider_or_with_another_account_sends_nothing() {
    let mut stage = Stage::new();
    stage.configured_account(Err(()));
    let scene = recover(stage, 19).await;
    assert_eq!(scene.asked.release_parked.only().body.attempts, 19, "nothing was tried");
    let mut stage = Stage::new();
    stage.configured_account(Ok(other_account()));
    let scene = recover(stage, 0).await;
    assert_eq!(scene.asked.release_referred.only().body.reason, ReviewReason::AccountChanged);
    assert_eq!(scene.asked.deleted.count(), 0);
}
