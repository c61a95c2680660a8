//! Numbers of ours that the account does not have any more.

use serde_json::json;
use trunkline_domain::{Change, NumberStatus, Origin};
use trunkline_provisioning::port::{ReleaseTransition, WriteOff};
use trunkline_provisioning::{IfMoved, NumberDecisionError, WriteOffCommand, WrittenOff};

use super::called;
use crate::asked::Log;
use crate::fixture::{identity, number, other_account, outcome_unknown, provider_number, sighting};
use crate::stage::Stage;

/// A stage on which the number is Ann's and gone, with a log of what is written off.
fn gone() -> (Stage, Log<Change<WriteOff>>) {
    let mut stage = Stage::new();
    stage.standing.put_number(&number());
    let log = Log::default();
    let (noted, standing) = (Log::clone(&log), stage.standing.clone());
    stage.decisions.expect_write_off().returning(move |change| {
        noted.note(change);
        Ok(ReleaseTransition::Applied(standing.change_number(|n| n.status = NumberStatus::Released)))
    });
    (stage, log)
}

async fn write_off(mut stage: Stage, if_moved: IfMoved) -> Result<WrittenOff, NumberDecisionError> {
    stage.provider.expect_fetch().returning(|_| Ok(None));
    let reason = "ticket 7".parse().unwrap();
    let command = WriteOffCommand { number: number().id, if_moved, reason, origin: Origin::command_line() };
    stage.open().provisioning.write_off_number(command).await
}

#[tokio::test(start_paused = true)]
async fn a_number_is_written_off_after_a_look_and_a_direct_question() {
    let (stage, log) = gone();
    let looks = stage.asked.looks.clone();
    let written_off = write_off(stage, IfMoved::Refuse).await.unwrap();
    assert_eq!((written_off.number.status, written_off.moved_to), (NumberStatus::Released, None));
    assert_eq!(looks.count(), 1);
    let change = log.only();
    let audit = &change.audit[0];
    assert_eq!((audit.action.as_str(), audit.reason.as_deref()), ("number.write_off", Some("ticket 7")));
    assert_eq!(audit.details["evidence"]["numberSid"], json!(identity().number));
    assert_eq!(change.events[0].kind, "number.written_off");
}

#[tokio::test(start_paused = true)]
async fn a_number_that_is_there_or_may_be_is_not_written_off() {
    let refusals = async |prepare: fn(&mut Stage)| {
        let (mut stage, log) = gone();
        prepare(&mut stage);
        let refusal = write_off(stage, IfMoved::WriteOff).await.unwrap_err();
        assert_eq!(log.count(), 0, "{refusal}");
        refusal
    };
    let seen = refusals(|stage| {
        stage.looks(|| Ok(sighting(Some(called("renamed")))));
    });
    assert!(matches!(seen.await, NumberDecisionError::Evidence(_)));
    let fetched = refusals(|stage| {
        stage.provider.expect_fetch().times(1).returning(|_| Ok(Some(provider_number())));
    });
    assert!(matches!(fetched.await, NumberDecisionError::Evidence(_)));
    let unseen = refusals(|stage| {
        stage.looks(|| Err(outcome_unknown()));
    });
    assert!(matches!(unseen.await, NumberDecisionError::Provider(_)));
    let unasked = refusals(|stage| {
        stage.provider.expect_fetch().times(1).returning(|_| Err(outcome_unknown()));
    });
    assert!(matches!(unasked.await, NumberDecisionError::Provider(_)));
    let unlocated = refusals(|stage| {
        stage.provider.expect_locate().returning(|_| Err(outcome_unknown()));
    });
    assert!(matches!(unlocated.await, NumberDecisionError::Provider(_)));
    let elsewhere = refusals(|stage| {
        stage.configured_account(Ok(other_account()));
    });
    assert!(matches!(elsewhere.await, NumberDecisionError::OtherAccount { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_number_that_was_moved_is_written_off_only_on_purpose() {
    for if_moved in [IfMoved::Refuse, IfMoved::WriteOff] {
        let (mut stage, log) = gone();
        stage.provider.expect_locate().returning(|_| Ok(Some(other_account())));
        match (if_moved, write_off(stage, if_moved).await) {
            (IfMoved::Refuse, Err(NumberDecisionError::Moved { account })) => {
                assert_eq!((account, log.count()), (other_account(), 0));
            }
            (IfMoved::WriteOff, Ok(written_off)) => {
                assert_eq!(written_off.moved_to, Some(other_account()));
                assert_eq!(log.only().audit[0].details["evidence"]["movedTo"], json!(other_account()));
            }
            (_, other) => panic!("{other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn only_live_numbers_of_ours_are_written_off() {
    let (stage, log) = gone();
    stage.standing.change_number(|n| n.status = NumberStatus::Released);
    assert!(matches!(write_off(stage, IfMoved::Refuse).await, Err(NumberDecisionError::Status { .. })));
    let (stage, _) = gone();
    stage.standing.change_number(|n| n.identity = None);
    assert!(matches!(write_off(stage, IfMoved::Refuse).await, Err(NumberDecisionError::RecordOnly)));
    let unknown = write_off(Stage::new(), IfMoved::Refuse).await;
    assert!(matches!(unknown, Err(NumberDecisionError::NotFound)));
    assert_eq!(log.count(), 0);
}
