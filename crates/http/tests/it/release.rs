//! Giving numbers back.

use axum::http::StatusCode;
use insta::assert_snapshot;
use rstest::rstest;
use trunkline_domain::{NumberStatus, OwnedNumber, ReviewReason};
use trunkline_provisioning::ReleaseOutcome;
use trunkline_provisioning::port::{ReleaseAnswer, ReleaseRefusal, Repeat, StoreError};

use crate::sample::{ann, number};
use crate::world::{Call, Key, World};

fn release() -> Call {
    Call::new("DELETE", &format!("/api/numbers/{}/release", number().id)).key(Key::Ann)
}

fn beginning(answer: Result<ReleaseAnswer, StoreError>) -> World {
    let mut world = World::new();
    world.releases.expect_begin().return_once(|change| {
        assert_eq!((change.body.number, &change.body.user), (number().id, &ann()));
        answer
    });
    world
}

#[tokio::test]
async fn a_record_is_removed() {
    let gone = OwnedNumber { status: NumberStatus::Released, identity: None, ..number() };
    let world = beginning(Ok(ReleaseAnswer::RecordRemoved(gone)));
    assert_snapshot!(world.answer(release()).await.picture());
}

#[tokio::test]
async fn a_repeat_reads_the_same_answer() {
    let world = || {
        let mut world = beginning(Ok(ReleaseAnswer::Repeat(Repeat::Ended(ReleaseOutcome::Released))));
        world.numbers.expect_number().returning(|_, _| Ok(Some(number())));
        world
    };
    let answer = world().answer(release().header("Idempotency-Key", "key-1")).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn an_undecided_release_is_202_with_the_number_releasing() {
    let mut world = beginning(Ok(ReleaseAnswer::Repeat(Repeat::Ended(ReleaseOutcome::Pending))));
    let releasing = OwnedNumber { status: NumberStatus::Releasing, ..number() };
    world.numbers.expect_number().return_once(|_, _| Ok(Some(releasing)));
    assert_snapshot!(world.answer(release().header("Idempotency-Key", "key-1")).await.picture());
}

#[tokio::test]
async fn a_release_that_waits_for_the_operator_does_not_say_that_it_goes_on() {
    let mut world = beginning(Ok(ReleaseAnswer::Repeat(Repeat::Ended(ReleaseOutcome::Pending))));
    let review = Some(ReviewReason::TransferredAway);
    let waiting = OwnedNumber { status: NumberStatus::Review, review, ..number() };
    world.numbers.expect_number().return_once(|_, _| Ok(Some(waiting)));
    let answer = world.answer(release().header("Idempotency-Key", "key-1")).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let message = answer.json()["message"].to_string();
    assert!(message.contains("our team has a look"), "{message}");
}

#[rstest]
#[case(ReleaseRefusal::NotFound, 404, "NUMBER_NOT_FOUND")]
#[case(ReleaseRefusal::Primary, 409, "PRIMARY_NUMBER_DELETE")]
#[case(ReleaseRefusal::Busy, 409, "NUMBER_BUSY")]
#[tokio::test]
async fn refusals_have_their_codes(#[case] refusal: ReleaseRefusal, #[case] status: u16, #[case] code: &str) {
    let answer = beginning(Ok(ReleaseAnswer::Refused(refusal))).answer(release()).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code));
}

#[tokio::test]
async fn a_key_that_was_used_for_another_number() {
    let world = beginning(Ok(ReleaseAnswer::Repeat(Repeat::OtherCommand)));
    let answer = world.answer(release().header("Idempotency-Key", "key-1")).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (422, "IDEMPOTENCY_KEY_REUSED"));
}

#[tokio::test(start_paused = true)]
async fn a_release_of_which_nobody_knows_says_so() {
    let mut world = World::new();
    world.releases.expect_begin().returning(|_| Err(StoreError::OutcomeUnknown("inside".into())));
    assert_snapshot!(world.answer(release()).await.picture());
}

#[tokio::test]
async fn text_that_is_no_id_is_a_number_that_does_not_exist() {
    let call = Call::new("DELETE", "/api/numbers/12/release").key(Key::Ann);
    let answer = World::new().answer(call).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "NUMBER_NOT_FOUND"));
}
