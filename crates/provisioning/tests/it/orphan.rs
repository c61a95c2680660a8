//! Orphans and the pass that finds them: every doubt leaves a number alone.

use rstest::rstest;
use serde_json::json;
use trunkline_domain::{
    Change, DeploymentId, FailureReason, Order, OrderId, OrderState, Origin, ReviewReason,
};
use trunkline_provider::{Listing, ProviderError, ProviderNumber, Refusal, ReleaseAnswer};
use trunkline_provisioning::port::{
    Orphan, OrphanAnswer, OrphanEnd, OrphanOpening, OrphanParking, OrphanReferral, OrphanRefusal, PassLease,
    PassResult, StalledOrphan, StoreError,
};
use trunkline_provisioning::{LeaseTerms, LeaseToken, Marker};
use uuid::Uuid;

use crate::fixture::{
    account, acknowledgement_lost, at, failed, identity, lease, marker, order, other_account,
    outcome_unknown, provider_number, refused, seconds, unavailable,
};
use crate::stage::{Scene, Stage};

const DAY: u64 = 24 * 3_600;

fn pass() -> PassLease {
    PassLease { lease: LeaseToken::from_i64(7), begun_at: at(0) }
}

fn gone() -> Order {
    failed(FailureReason::ProviderUnavailable)
}

fn listing(numbers: Vec<ProviderNumber>) -> Listing {
    Listing { account: account(), numbers, complete: true, begun_at: at(3_600) }
}

/// A stage on which a pass is due, and the account holds the number of a failed order.
fn due() -> Stage {
    let mut stage = Stage::new();
    stage.settings.reconcile_after = seconds(0);
    stage.standing.put_order(&gone());
    stage.orphans.expect_begin_pass().times(1).returning(|terms, every| {
        assert_eq!((terms.lease, every), (seconds(60), seconds(6 * 3_600)));
        Ok(Some(pass()))
    });
    stage
}

fn holding(stage: &mut Stage, number: &ProviderNumber) {
    let listed = number.clone();
    stage.provider.expect_list().returning(move || Ok(listing(vec![listed.clone()])));
    let fetched = number.clone();
    stage.provider.expect_fetch().returning(move |_| Ok(Some(fetched.clone())));
}

async fn make_pass(stage: Stage) -> Scene {
    let scene = stage.open();
    scene.provisioning.pass_once().await.unwrap();
    scene
}

fn orphan() -> Orphan {
    Orphan { identity: identity(), phone_number: order().phone_number, order: order().id }
}

#[tokio::test(start_paused = true)]
async fn the_number_of_a_failed_order_is_released_by_its_id() {
    let mut stage = due();
    holding(&mut stage, &provider_number());
    let scene = make_pass(stage).await;
    let mut audit = Origin::system().audit("orphan.release", order().id, None, at(0));
    audit.reason = Some("its order failed, and the account has the number".to_owned());
    audit.details = json!({ "numberSid": identity().number, "phoneNumber": "+14152300101" });
    let opening = OrphanOpening { orphan: orphan(), terms: LeaseTerms { lease: seconds(60) }, at: at(0) };
    assert_eq!(scene.asked.orphan_begun.only(), Change::new(opening).audit(audit));
    assert_eq!(scene.asked.deleted.only(), identity());
    let audit = Origin::system().audit("orphan.released", identity().number, None, at(0));
    let end = OrphanEnd { identity: identity(), at: at(0) };
    assert_eq!(scene.asked.orphan_finished.only(), Change::new(end).audit(audit));
    let result = PassResult {
        pass: pass(),
        account: account(),
        complete: true,
        present: vec![order().phone_number],
        cooling: seconds(DAY),
    };
    assert_eq!(scene.asked.passes.only(), Change::new(result));
}

/// Labels that are not, or not certainly, the marker of an order of this database.
fn strange_labels() -> Vec<String> {
    let elsewhere = Marker { deployment: DeploymentId::from_uuid(Uuid::from_u128(77)), ..marker() };
    let unknown = Marker { order: OrderId::from_uuid(Uuid::from_u128(77)), ..marker() };
    let name = &order().display_name;
    vec![
        String::new(),
        "(415) 230-0101".to_owned(),
        elsewhere.friendly_name(name),
        unknown.friendly_name(name),
        format!("{} renamed", marker().friendly_name(name)),
    ]
}

#[tokio::test(start_paused = true)]
async fn numbers_of_nobody_of_other_deployments_and_of_unknown_orders_are_left_alone() {
    for friendly_name in strange_labels() {
        let mut stage = due();
        holding(&mut stage, &ProviderNumber { friendly_name: friendly_name.clone(), ..provider_number() });
        let scene = make_pass(stage).await;
        assert_eq!(scene.asked.orphan_begun.count(), 0, "{friendly_name}");
        assert_eq!(scene.asked.deleted.count(), 0);
        assert_eq!(scene.asked.passes.only().body.present, [order().phone_number]);
    }
}

#[rstest]
#[case(OrderState::Ordering)]
#[case(OrderState::Unresolved)]
#[case(OrderState::Review)]
#[case(OrderState::Completed)]
#[tokio::test(start_paused = true)]
async fn numbers_of_orders_that_have_not_failed_are_left_alone(#[case] state: OrderState) {
    let mut stage = due();
    stage.standing.put_order(&Order { state, ..order() });
    holding(&mut stage, &provider_number());
    let scene = make_pass(stage).await;
    assert_eq!((scene.asked.orphan_begun.count(), scene.asked.deleted.count()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_does_not_show_the_same_marker_stops_the_release() {
    let elsewhere = ProviderNumber { phone_number: "+14152300199".parse().unwrap(), ..provider_number() };
    let renamed = ProviderNumber { friendly_name: "Sales".to_owned(), ..provider_number() };
    let mut moved = provider_number();
    moved.identity.account = other_account();
    for answer in [Ok(None), Ok(Some(elsewhere)), Ok(Some(renamed)), Ok(Some(moved)), Err(outcome_unknown())]
    {
        let mut stage = due();
        stage.provider.expect_list().returning(|| Ok(listing(vec![provider_number()])));
        stage.provider.expect_fetch().times(1).return_once(|_| answer);
        let scene = make_pass(stage).await;
        assert_eq!((scene.asked.orphan_begun.count(), scene.asked.deleted.count()), (0, 0));
        assert_eq!(scene.asked.passes.count(), 1, "the pass goes on");
    }
}

#[tokio::test(start_paused = true)]
async fn a_number_that_its_order_may_not_have_made_is_left_alone() {
    let changed = ProviderNumber { date_updated: at(60), ..provider_number() };
    let older = ProviderNumber { date_created: at(-3_600), date_updated: at(-3_600), ..provider_number() };
    for number in [changed, older] {
        let mut stage = due();
        holding(&mut stage, &number);
        let scene = make_pass(stage).await;
        assert_eq!((scene.asked.orphan_begun.count(), scene.asked.deleted.count()), (0, 0), "{number:?}");
        assert_eq!(scene.asked.passes.count(), 1, "the pass goes on");
    }
}

#[tokio::test(start_paused = true)]
async fn an_orphan_that_was_moved_to_another_account_is_for_review() {
    let mut stage = due();
    holding(&mut stage, &provider_number());
    stage.deletions(|_| Ok(ReleaseAnswer::Gone));
    stage.provider.expect_locate().times(1).returning(|_| Ok(Some(other_account())));
    let scene = make_pass(stage).await;
    assert_eq!(scene.asked.orphan_referred.only().body.reason, ReviewReason::TransferredAway);
    assert_eq!(scene.asked.orphan_finished.count(), 0);
}

#[rstest]
#[case(OrphanRefusal::UnknownOrder)]
#[case(OrphanRefusal::OrderNotFailed)]
#[case(OrphanRefusal::NumberExists)]
#[case(OrphanRefusal::ClaimedByOther)]
#[case(OrphanRefusal::InProgress)]
#[tokio::test(start_paused = true)]
async fn the_guards_of_the_transaction_have_the_last_word(#[case] refusal: OrphanRefusal) {
    let mut stage = due();
    holding(&mut stage, &provider_number());
    stage.orphans.expect_begin().returning(move |_| Ok(OrphanAnswer::Refused(refusal)));
    let scene = make_pass(stage).await;
    assert_eq!(scene.asked.deleted.count(), 0);
}

#[rstest]
#[case(outcome_unknown())]
#[case(unavailable())]
#[case(refused(Refusal::Other, 20005))]
#[tokio::test(start_paused = true)]
async fn an_orphan_that_is_not_gone_is_tried_again_later(#[case] error: ProviderError) {
    let mut stage = due();
    holding(&mut stage, &provider_number());
    stage.provider.expect_release().times(1).return_once(|_| Err(error));
    let scene = make_pass(stage).await;
    let parking = OrphanParking {
        identity: identity(),
        lease: lease(),
        next_attempt_in: seconds(30),
        attempts: 1,
        at: at(0),
    };
    assert_eq!(scene.asked.orphan_parked.only().body, parking);
    assert_eq!(scene.asked.orphan_finished.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_incomplete_listing_ends_no_cooling() {
    let mut stage = due();
    let incomplete = Listing { complete: false, ..listing(vec![provider_number()]) };
    stage.provider.expect_fetch().returning(|_| Ok(None));
    stage.provider.expect_list().return_once(|| Ok(incomplete));
    let scene = make_pass(stage).await;
    assert!(!scene.asked.passes.only().body.complete);
    let mut stage = due();
    stage.provider.expect_list().returning(|| Err(outcome_unknown()));
    let scene = make_pass(stage).await;
    let result = scene.asked.passes.only().body;
    assert_eq!((result.complete, result.present), (false, Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn a_complete_listing_tells_the_store_everything_it_saw() {
    let foreign = ProviderNumber {
        phone_number: "+14152300199".parse().unwrap(),
        friendly_name: "(415) 230-0199".to_owned(),
        ..provider_number()
    };
    let mut stage = due();
    stage.provider.expect_list().return_once(|| Ok(listing(vec![foreign])));
    let scene = make_pass(stage).await;
    let result = scene.asked.passes.only().body;
    assert_eq!((result.complete, result.present), (true, vec!["+14152300199".parse().unwrap()]));
}

#[tokio::test(start_paused = true)]
async fn no_pass_is_made_that_is_not_due_or_has_no_provider() {
    let scene = make_pass(Stage::new()).await;
    assert_eq!(scene.asked.passes.count(), 0);
    let mut stage = Stage::new();
    stage.configured_account(Err(()));
    stage.orphans.expect_begin_pass().times(0);
    let scene = make_pass(stage).await;
    assert_eq!(scene.asked.passes.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_lost_acknowledgement_is_asked_for_again() {
    let mut stage = due();
    holding(&mut stage, &provider_number());
    stage.orphans.expect_begin().times(1).returning(|_| Err(acknowledgement_lost()));
    let scene = make_pass(stage).await;
    assert_eq!((scene.asked.deleted.count(), scene.asked.orphan_finished.count()), (1, 1));
}

async fn recover(mut stage: Stage, attempts: u32) -> Scene {
    let stalled = StalledOrphan { orphan: orphan(), lease: LeaseToken::from_i64(2), attempts };
    stage.orphans.expect_claim_stalled().times(1).return_once(move |_, _| Ok(vec![stalled]));
    let scene = stage.open();
    assert_eq!(scene.provisioning.run_once().await.unwrap().orphans, 1);
    scene
}

#[tokio::test(start_paused = true)]
async fn recovery_goes_on_with_an_orphan() {
    let scene = recover(Stage::new(), 3).await;
    assert_eq!(scene.asked.orphan_finished.only().body.identity, identity());
    let mut stage = Stage::new();
    stage.deletions(|_| Err(outcome_unknown()));
    let scene = recover(stage, 3).await;
    let parked = scene.asked.orphan_parked.only().body;
    assert_eq!((parked.attempts, parked.next_attempt_in), (4, seconds(240)));
}

#[tokio::test(start_paused = true)]
async fn attempts_at_an_orphan_are_bounded() {
    let mut stage = Stage::new();
    stage.deletions(|_| Err(outcome_unknown()));
    let scene = recover(stage, 19).await;
    let referral = OrphanReferral {
        identity: identity(),
        lease: LeaseToken::from_i64(2),
        reason: ReviewReason::AttemptsSpent,
        at: at(0),
    };
    let referred = scene.asked.orphan_referred.only();
    assert_eq!(referred.body, referral);
    assert_eq!(referred.audit[0].details, json!({ "reason": "attempts_spent" }));
}

#[tokio::test(start_paused = true)]
async fn an_orphan_that_can_never_be_stored_is_not_tried_forever() {
    let mut stage = Stage::new();
    stage
        .orphans
        .expect_finish()
        .times(1)
        .returning(|_| Err(StoreError::Broken("a check refuses it".to_owned())));
    let scene = recover(stage, 0).await;
    assert_eq!(scene.asked.orphan_referred.only().body.reason, ReviewReason::AttemptsSpent);
}

#[tokio::test(start_paused = true)]
async fn an_orphan_of_another_account_goes_to_an_operator() {
    let mut stage = Stage::new();
    stage.configured_account(Ok(other_account()));
    let scene = recover(stage, 0).await;
    assert_eq!(scene.asked.orphan_referred.only().body.reason, ReviewReason::AccountChanged);
    assert_eq!(scene.asked.deleted.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn without_a_provider_an_orphan_spends_no_attempt() {
    let mut stage = Stage::new();
    stage.configured_account(Err(()));
    let scene = recover(stage, 19).await;
    assert_eq!(scene.asked.orphan_parked.only().body.attempts, 19);
    assert_eq!(scene.asked.deleted.count(), 0);
}
