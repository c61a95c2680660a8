//! The operator's desk: every decision on fresh evidence, in one change, audited with who and why.

use rstest::rstest;
use serde_json::json;
use trunkline_domain::{
    Actor, BusinessId, Change, Currency, DeploymentId, NumberStatus, NumberType, Order, OrderId, OrderState,
    Origin, OwnedNumber, ReviewReason, WebhookUrls,
};
use trunkline_provider::{ProviderError, ProviderNumber, Refusal};
use trunkline_provisioning::port::{
    AdoptAnswer, Adoption, BegunRelease, ClaimHolder, NumberFile, NumberFiles, NumberName, Orphan,
    OrphanFile, OrphanRefusal, OrphanResumeAnswer, OrphanStage, ReleaseTransition, ResumeAnswer,
    ReviewKeeping, StoreError, WriteOff,
};
use trunkline_provisioning::{
    AdoptCommand, AdoptedNumber, AdoptedSettings, Advice, AtProvider, IfMoved, LeaseToken, Marker,
    NumberDecisionError, ReviewCommand, ReviewedRelease, WriteOffCommand, WrittenOff,
};
use uuid::Uuid;

use crate::asked::Log;
use crate::fixture::{
    account, acknowledgement_lost, deployment, failed, identity, marker, number, order, other_account,
    outcome_unknown, provider_number, refused, sighting, usd, user, webhooks,
};
use crate::stage::Stage;

fn command() -> AdoptCommand {
    AdoptCommand {
        number_sid: identity().number,
        user: user(),
        business: None,
        display_name: None,
        country: None,
        currency: Currency::USD,
        from_deployment: None,
        from_order: None,
        reason: "ticket 7".parse().unwrap(),
        origin: Origin::command_line(),
    }
}

fn review_command(name: NumberName) -> ReviewCommand {
    ReviewCommand { number: name, reason: "ticket 7".parse().unwrap(), origin: Origin::command_line() }
}

fn called(friendly_name: &str) -> ProviderNumber {
    ProviderNumber { friendly_name: friendly_name.to_owned(), ..provider_number() }
}

fn in_review(reason: ReviewReason) -> OwnedNumber {
    OwnedNumber { status: NumberStatus::Review, review: Some(reason), ..number() }
}

/// A stage with a provider that holds this, and a store that adopts whatever it is asked to.
fn holding(found: ProviderNumber) -> (Stage, Log<Change<Adoption>>) {
    let mut stage = Stage::new();
    stage.decisions.expect_files().returning(|_| Ok(NumberFiles::default()));
    stage.provider.expect_fetch().returning(move |_| Ok(Some(found.clone())));
    let log = Log::default();
    let noted = Log::clone(&log);
    stage.decisions.expect_adopt().returning(move |change| {
        noted.note(change);
        Ok(AdoptAnswer::Adopted(change.body.number.clone()))
    });
    (stage, log)
}

/// A stage whose database has these rows.
fn filed(numbers: Vec<OwnedNumber>, orphans: Vec<OrphanFile>) -> Stage {
    let mut stage = Stage::new();
    if let Some(number) = numbers.first() {
        stage.standing.put_number(number);
    }
    let numbers = numbers.into_iter().map(|number| NumberFile { number, release_attempts: 5 }).collect();
    let files = NumberFiles { numbers, orphans };
    stage.decisions.expect_files().returning(move |_| Ok(files.clone()));
    stage
}

async fn adopt(stage: Stage, command: AdoptCommand) -> Result<AdoptedNumber, NumberDecisionError> {
    stage.open().provisioning.adopt_number(command).await
}

#[tokio::test(start_paused = true)]
async fn the_order_of_our_own_marker_is_made_again_under_its_id() {
    let (stage, adopted) = holding(provider_number());
    let answer = adopt(stage, command()).await.unwrap();
    assert_eq!(answer.charged, Some(usd("1.50")));
    assert!(matches!(answer.settings, AdoptedSettings::Right), "its marker is right as it is");
    let change = adopted.only();
    let Adoption { order: made, hold, capture, number } = &change.body;
    assert_eq!((made.id, made.state, made.number), (order().id, OrderState::Completed, Some(number.id)));
    assert_eq!((made.charge, hold.amount, hold.order), (usd("1.50"), usd("1.50"), made.id));
    assert_eq!((capture.hold, capture.number), (hold.hold, number.id));
    assert_eq!((number.order, number.display_name.as_str()), (Some(made.id), "Front desk"));
    assert_eq!((number.identity.clone(), number.webhooks.clone()), (Some(identity()), webhooks()));
    let audit = &change.audit[0];
    assert_eq!((audit.action.as_str(), audit.reason.as_deref()), ("number.adopt", Some("ticket 7")));
    assert_eq!(audit.actor, Actor::CommandLine);
    assert_eq!(audit.details["charge"], json!(usd("1.50")));
    assert_eq!(change.events[0].kind, "number.adopted");
}

#[tokio::test(start_paused = true)]
async fn a_number_from_the_console_gets_an_order_a_name_and_our_addresses() {
    let found = ProviderNumber { webhooks: WebhookUrls::default(), ..called("(415) 230-0101") };
    let (stage, adopted) = holding(found);
    let configured = stage.asked.configured.clone();
    let answer = adopt(stage, command()).await.unwrap();
    assert!(matches!(answer.settings, AdoptedSettings::Set));
    let fresh = adopted.only().body.order.id;
    assert_ne!(fresh, order().id);
    let (whose, settings) = configured.only();
    let name =
        Marker { deployment: deployment(), order: fresh }.friendly_name(&"(415) 230-0101".parse().unwrap());
    assert_eq!((whose, settings.friendly_name), (identity(), Some(name)));
    assert_eq!(settings.webhooks, Some(webhooks()));
}

#[tokio::test(start_paused = true)]
async fn a_number_that_is_not_set_up_is_adopted_all_the_same() {
    let (mut stage, adopted) = holding(called("Sales"));
    stage.provider.expect_configure().returning(|_, _| Err(outcome_unknown()));
    let answer = adopt(stage, command()).await.unwrap();
    assert!(matches!(answer.settings, AdoptedSettings::NotSet(ProviderError::OutcomeUnknown { .. })));
    assert_eq!(adopted.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn another_deployments_number_is_taken_only_from_exactly_that_one() {
    let theirs = DeploymentId::from_uuid(Uuid::from_u128(77));
    let found = called(&Marker { deployment: theirs, ..marker() }.friendly_name(&order().display_name));
    for from_deployment in [None, Some(deployment()), Some(DeploymentId::from_uuid(Uuid::from_u128(78)))] {
        let (stage, adopted) = holding(found.clone());
        let answer = adopt(stage, AdoptCommand { from_deployment, ..command() }).await;
        let Err(NumberDecisionError::OtherDeployment { deployment }) = answer else { panic!("{answer:?}") };
        assert_eq!((deployment, adopted.count()), (theirs, 0));
    }
    let (stage, adopted) = holding(found);
    adopt(stage, AdoptCommand { from_deployment: Some(theirs), ..command() }).await.unwrap();
    assert_ne!(adopted.only().body.order.id, order().id, "their order is not ours");
}

#[rstest]
#[case(failed(trunkline_domain::FailureReason::NeverArrived))]
#[case(Order { state: OrderState::Completed, ..order() })]
#[tokio::test(start_paused = true)]
async fn the_number_of_an_order_that_ended_without_it_is_taken_only_by_name(#[case] ended: Order) {
    for from_order in [None, Some(OrderId::from_uuid(Uuid::from_u128(77)))] {
        let (stage, adopted) = holding(provider_number());
        stage.standing.put_order(&ended);
        let answer = adopt(stage, AdoptCommand { from_order, ..command() }).await;
        assert!(matches!(answer, Err(NumberDecisionError::OtherOrder { .. })), "{answer:?}");
        assert_eq!(adopted.count(), 0);
    }
    let (stage, adopted) = holding(provider_number());
    stage.standing.put_order(&ended);
    let answer = adopt(stage, AdoptCommand { from_order: Some(order().id), ..command() }).await.unwrap();
    assert!(matches!(answer.settings, AdoptedSettings::Set), "its marker is the new order's");
    assert_ne!(adopted.only().body.order.id, order().id);
}

#[rstest]
#[case(OrderState::Ordering)]
#[case(OrderState::Unresolved)]
#[case(OrderState::Review)]
#[tokio::test(start_paused = true)]
async fn an_order_that_is_not_decided_comes_first(#[case] state: OrderState) {
    let (stage, adopted) = holding(provider_number());
    stage.standing.put_order(&Order { state, ..order() });
    let answer = adopt(stage, AdoptCommand { from_order: Some(order().id), ..command() }).await;
    assert!(matches!(answer, Err(NumberDecisionError::OrderUndecided { .. })));
    assert_eq!(adopted.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_marker_that_is_not_there_is_not_taken_for_granted() {
    let from_order = Some(order().id);
    let (stage, _) = holding(called("Sales"));
    let answer = adopt(stage, AdoptCommand { from_order, ..command() }).await;
    assert!(matches!(answer, Err(NumberDecisionError::Validation { field: "from", .. })));
    let (stage, _) = holding(provider_number());
    let answer = adopt(stage, AdoptCommand { from_order, ..command() }).await;
    assert!(matches!(answer, Err(NumberDecisionError::Validation { field: "from", .. })), "no such order");
}

#[tokio::test(start_paused = true)]
async fn what_the_provider_does_not_say_it_has_is_not_adopted() {
    let mut stage = Stage::new();
    stage.decisions.expect_files().returning(|_| Ok(NumberFiles::default()));
    stage.provider.expect_fetch().times(1).returning(|_| Ok(None));
    stage.provider.expect_fetch().times(1).returning(|_| Err(outcome_unknown()));
    let scene = stage.open();
    let absent = scene.provisioning.adopt_number(command()).await;
    assert!(matches!(absent, Err(NumberDecisionError::Evidence(_))));
    let unknown = scene.provisioning.adopt_number(command()).await;
    assert!(matches!(unknown, Err(NumberDecisionError::Provider(_))));
}

#[tokio::test(start_paused = true)]
async fn a_lost_acknowledgement_of_an_adoption_is_asked_for_again_unchanged() {
    let mut stage = Stage::new();
    stage.decisions.expect_files().returning(|_| Ok(NumberFiles::default()));
    stage.provider.expect_fetch().returning(|_| Ok(Some(provider_number())));
    let asked: Log<Change<Adoption>> = Log::default();
    let noted = Log::clone(&asked);
    stage.decisions.expect_adopt().times(2).returning(move |change| {
        noted.note(change);
        if noted.count() == 1 {
            return Err(acknowledgement_lost());
        }
        Ok(AdoptAnswer::Adopted(change.body.number.clone()))
    });
    assert!(adopt(stage, command()).await.is_ok());
    assert_eq!(asked.all()[0], asked.all()[1]);
}

#[tokio::test(start_paused = true)]
async fn an_adoption_that_was_cut_off_is_made_up_for_and_charged_once() {
    let mut stage = filed(vec![number()], Vec::new());
    stage.provider.expect_fetch().returning(|_| Ok(Some(called("Sales"))));
    let configured = stage.asked.configured.clone();
    let answer = adopt(stage, command()).await.unwrap();
    assert_eq!((answer.number, answer.charged), (number(), None));
    assert_eq!(configured.only().1.friendly_name, Some(provider_number().friendly_name));
}

#[rstest]
#[case(OwnedNumber { user: "bob".parse().unwrap(), ..number() })]
#[case(OwnedNumber { status: NumberStatus::Released, ..number() })]
#[case(in_review(ReviewReason::AttemptsSpent))]
#[tokio::test(start_paused = true)]
async fn a_number_that_a_row_has_is_not_adopted(#[case] row: OwnedNumber) {
    let answer = adopt(filed(vec![row], Vec::new()), command()).await;
    assert!(matches!(answer, Err(NumberDecisionError::Known(_))));
}

#[tokio::test(start_paused = true)]
async fn the_books_refusals_are_told() {
    let (required, available) = (usd("1.50"), usd("0.20"));
    let order = order().id;
    for answer in [
        AdoptAnswer::InsufficientBalance { required, available },
        AdoptAnswer::Claimed { order, holder: ClaimHolder::Orphan },
        AdoptAnswer::OrderExists,
    ] {
        let mut stage = Stage::new();
        stage.decisions.expect_files().returning(|_| Ok(NumberFiles::default()));
        stage.provider.expect_fetch().returning(|_| Ok(Some(provider_number())));
        stage.provider.expect_configure().never();
        let given = answer.clone();
        stage.decisions.expect_adopt().returning(move |_| Ok(given.clone()));
        let refusal = adopt(stage, command()).await;
        let fits = matches!(
            (&answer, &refusal),
            (AdoptAnswer::InsufficientBalance { .. }, Err(NumberDecisionError::InsufficientBalance { .. }))
                | (AdoptAnswer::Claimed { .. }, Err(NumberDecisionError::Claimed { .. }))
                | (AdoptAnswer::OrderExists, Err(NumberDecisionError::Overtaken))
        );
        assert!(fits, "{answer:?}: {refusal:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn price_and_type_are_the_numbers_own() {
    let toll_free = ProviderNumber {
        phone_number: "+18332300101".parse().unwrap(),
        number_type: Some(NumberType::TollFree),
        ..called("Sales")
    };
    let (stage, adopted) = holding(toll_free.clone());
    let country = Some("CA".parse().unwrap());
    adopt(stage, AdoptCommand { country, ..command() }).await.unwrap();
    let order = adopted.only().body.order;
    assert_eq!((order.country.as_str(), order.number_type), ("CA", NumberType::TollFree));
    let (stage, _) = holding(toll_free);
    let country = Some("GB".parse().unwrap());
    let answer = adopt(stage, AdoptCommand { country, ..command() }).await;
    assert!(matches!(answer, Err(NumberDecisionError::Validation { field: "countryCode", .. })));
    let (stage, _) = holding(provider_number());
    let answer = adopt(stage, AdoptCommand { currency: Currency::INR, ..command() }).await;
    assert!(matches!(answer, Err(NumberDecisionError::PricingUnavailable { .. })));
    let (mut stage, adopted) = holding(provider_number());
    stage.businesses.expect_owner_of().returning(|_| Ok(Some("bob".parse().unwrap())));
    let business = Some(BusinessId::from_uuid(Uuid::from_u128(9)));
    let answer = adopt(stage, AdoptCommand { business, ..command() }).await;
    assert!(matches!(answer, Err(NumberDecisionError::BusinessNotFound)));
    assert_eq!(adopted.count(), 0);
}

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
    assert_eq!(finished.only().audit[0].actor, Actor::CommandLine);

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

fn orphan(stage: OrphanStage) -> OrphanFile {
    let orphan = Orphan { identity: identity(), phone_number: order().phone_number, order: order().id };
    let (lease, updated_at) = (LeaseToken::from_i64(4), crate::fixture::at(0));
    OrphanFile { orphan, stage, attempts: 5, lease, updated_at }
}

fn stuck() -> OrphanStage {
    OrphanStage::Review(ReviewReason::AttemptsSpent)
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

async fn advice(mut stage: Stage, found: Result<Option<ProviderNumber>, ()>) -> Advice {
    stage.provider.expect_fetch().returning(move |_| found.clone().map_err(|()| outcome_unknown()));
    let dossier = stage.open().provisioning.dossier(&NumberName::Sid(identity().number)).await.unwrap();
    dossier.advice
}

#[tokio::test(start_paused = true)]
async fn a_dossier_says_what_to_do() {
    let row = |status| OwnedNumber { status, ..number() };
    let held = || Ok(Some(provider_number()));
    let rows = |number| filed(vec![number], Vec::new());
    let nobody = || filed(Vec::new(), Vec::new());
    assert_eq!(advice(rows(number()), held()).await, Advice::Nothing);
    assert_eq!(advice(rows(number()), Ok(None)).await, Advice::WriteOff);
    assert_eq!(advice(rows(number()), Err(())).await, Advice::AskAgain);
    assert!(matches!(advice(rows(number()), Ok(Some(called("Sales")))).await, Advice::Settings(_)));
    assert_eq!(advice(rows(row(NumberStatus::Releasing)), held()).await, Advice::Wait);
    let waiting = in_review(ReviewReason::AttemptsSpent);
    assert_eq!(advice(rows(waiting.clone()), held()).await, Advice::ReleaseOrKeep);
    assert_eq!(advice(rows(waiting), Ok(None)).await, Advice::WriteOff);
    assert_eq!(advice(rows(row(NumberStatus::Released)), held()).await, Advice::ReleaseAtProvider);
    assert_eq!(advice(nobody(), held()).await, Advice::Adopt, "its order is not here");
    assert_eq!(advice(nobody(), Ok(Some(called("Sales")))).await, Advice::Adopt);
    assert_eq!(advice(nobody(), Ok(None)).await, Advice::Nothing);
    assert_eq!(advice(filed(Vec::new(), vec![orphan(stuck())]), held()).await, Advice::ReleaseOrphan);
    let theirs = DeploymentId::from_uuid(Uuid::from_u128(77));
    let found = called(&Marker { deployment: theirs, ..marker() }.to_string());
    assert_eq!(advice(nobody(), Ok(Some(found))).await, Advice::AdoptFromDeployment(theirs));
    for (state, expected) in [
        (OrderState::Failed, Advice::AwaitPass(order().id)),
        (OrderState::Completed, Advice::SecondNumber(order().id)),
        (OrderState::Review, Advice::DecideOrder(order().id)),
    ] {
        let stage = nobody();
        stage.standing.put_order(&Order { state, ..order() });
        assert_eq!(advice(stage, held()).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_phone_number_that_no_row_has_is_looked_for() {
    let mut stage = filed(Vec::new(), Vec::new());
    stage.looks(|| Ok(sighting(Some(called("Sales")))));
    let scene = stage.open();
    let name = NumberName::Phone(order().phone_number);
    let dossier = scene.provisioning.dossier(&name).await.unwrap();
    assert_eq!((dossier.at_provider.held(), dossier.advice), (Some(&called("Sales")), Advice::Adopt));
    let dossier = filed(Vec::new(), Vec::new()).open().provisioning.dossier(&name).await.unwrap();
    let AtProvider::Absent { account: asked } = dossier.at_provider else { panic!("it is absent") };
    assert_eq!(asked, account());
}
