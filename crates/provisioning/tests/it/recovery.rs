//! Recovery through the facade: what a round makes of an order that nobody has decided.

use std::collections::BTreeMap;

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use rstest::rstest;
use trunkline_domain::{FailureReason, NumberType, Order, OrderState, Origin, PhoneNumber, ReviewReason};
use trunkline_provider::ProviderNumber;
use trunkline_provisioning::LeaseToken;
use trunkline_provisioning::port::{
    Authority, ClaimEnd, PurchaseParking, SettleAnswer, StalledOrder, StoreError, Transition,
};

use crate::fixture::{
    acknowledgement_lost, at, failed, identity, number, order, other_account, outcome_unknown,
    provider_number, seconds, sighting, stalled, store_down, unresolved,
};
use crate::stage::{Scene, Stage};

fn lease() -> LeaseToken {
    LeaseToken::from_i64(2)
}

/// A stage whose store hands out one stalled order.
fn with(stalled: StalledOrder) -> Stage {
    let mut stage = Stage::new();
    stage.standing.put_order(&stalled.order);
    stage.purchases.expect_claim_stalled().times(1).return_once(move |_, _| Ok(vec![stalled]));
    stage
}

/// An absent number, seen by a look that begins so many seconds after the order was opened.
fn absent_at(claimed_at: i64, first_absent_at: Option<i64>) -> StalledOrder {
    StalledOrder {
        claimed_at: at(claimed_at),
        first_absent_at: first_absent_at.map(at),
        ..stalled(unresolved())
    }
}

async fn recover(stage: Stage) -> Scene {
    let scene = stage.open();
    assert_eq!(scene.provisioning.run_once().await.unwrap().orders, 1);
    assert_eq!(scene.asked.buys.count(), 0, "recovery never buys");
    scene
}

fn parking(next_look_in: u64, first_absent_at: Option<i64>, unanswered: u32) -> PurchaseParking {
    PurchaseParking {
        order: order().id,
        lease: lease(),
        next_look_in: seconds(next_look_in),
        first_absent_at: first_absent_at.map(at),
        unanswered,
        at: at(0),
    }
}

#[rstest]
#[case(OrderState::Ordering)]
#[case(OrderState::Unresolved)]
#[tokio::test(start_paused = true)]
async fn ours_is_settled_in_the_systems_name(#[case] state: OrderState) {
    let mut stage = with(stalled(Order { state, ..order() }));
    stage.looks(|| Ok(sighting(Some(provider_number()))));
    let scene = recover(stage).await;
    let settled = scene.asked.settled.only();
    assert_eq!(settled.body.number_sid, identity().number);
    assert_eq!((settled.body.capture.hold, settled.body.number.order), (order().hold, Some(order().id)));
    assert_eq!(settled.audit[0].actor, Origin::system().actor);
    assert_eq!(scene.standing.order().unwrap().state, OrderState::Completed);
}

#[tokio::test(start_paused = true)]
async fn absent_before_the_window_is_over_counts_for_nothing() {
    let scene = recover(with(absent_at(30, None))).await;
    assert_eq!(scene.asked.parked.only().body, parking(10, None, 0));
}

#[tokio::test(start_paused = true)]
async fn the_first_absence_that_counts_is_noted() {
    let scene = recover(with(absent_at(60, None))).await;
    assert_eq!(scene.asked.parked.only().body, parking(240, Some(60), 0));
}

#[tokio::test(start_paused = true)]
async fn the_second_absence_gives_the_order_up_and_lets_its_claim_cool() {
    let scene = recover(with(absent_at(301, Some(60)))).await;
    let aborted = scene.asked.aborted.only();
    assert_eq!(aborted.body.reason, FailureReason::NeverArrived);
    assert_eq!((aborted.body.claim, aborted.body.authority), (ClaimEnd::Cool, Authority::Lease(lease())));
    assert_eq!((aborted.body.void.hold, aborted.body.end.clone()), (order().hold, None));
    assert_eq!(aborted.events[0].kind, "order.failed");
    assert_eq!(aborted.audit[0].actor, Origin::system().actor);
}

#[tokio::test(start_paused = true)]
async fn two_absences_too_close_together_are_one() {
    let scene = recover(with(absent_at(320, Some(300)))).await;
    assert_eq!(scene.asked.parked.only().body, parking(10, Some(300), 0));
    assert_eq!(scene.asked.aborted.count(), 0);
}

#[rstest]
#[case(0, 30)]
#[case(3, 240)]
#[case(40, 300)]
#[tokio::test(start_paused = true)]
async fn a_look_without_an_answer_comes_again_later_each_time(#[case] unanswered: u32, #[case] wait: u64) {
    let mut stage = with(StalledOrder { unanswered, ..absent_at(400, Some(60)) });
    stage.looks(|| Err(outcome_unknown()));
    let scene = recover(stage).await;
    assert_eq!(
        scene.asked.parked.only().body,
        parking(wait, Some(60), unanswered + 1),
        "no attempt, no proof"
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_provider_the_order_waits() {
    let mut stage = with(stalled(unresolved()));
    stage.configured_account(Err(()));
    let scene = recover(stage).await;
    assert_eq!(scene.asked.parked.only().body, parking(30, None, 1));
    assert_eq!(scene.asked.looks.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn another_account_proves_nothing_about_the_order() {
    let mut stage = with(absent_at(1_000, Some(60)));
    stage.configured_account(Ok(other_account()));
    let scene = recover(stage).await;
    assert_eq!(scene.asked.referred.only().body.reason, ReviewReason::AccountChanged);
    assert_eq!((scene.asked.looks.count(), scene.asked.aborted.count()), (0, 0));
}

#[rstest]
#[case("label", ReviewReason::StrangeMarker)]
#[case("age", ReviewReason::OwnedBefore)]
#[case("type", ReviewReason::AnswerMismatch)]
#[tokio::test(start_paused = true)]
async fn what_no_machine_can_judge_goes_to_an_operator(#[case] what: &str, #[case] reason: ReviewReason) {
    let found = match what {
        "label" => ProviderNumber { friendly_name: "Sales".to_owned(), ..provider_number() },
        "age" => ProviderNumber { date_created: at(-301), ..provider_number() },
        _ => ProviderNumber { number_type: Some(NumberType::Mobile), ..provider_number() },
    };
    let is_ours = found.friendly_name == provider_number().friendly_name;
    let mut stage = with(stalled(unresolved()));
    stage.looks(move || Ok(sighting(Some(found.clone()))));
    let scene = recover(stage).await;
    let referred = scene.asked.referred.only().body;
    assert_eq!((referred.order, referred.lease, referred.reason), (order().id, lease(), reason));
    assert_eq!(referred.number_sid, is_ours.then(|| identity().number));
    assert_eq!(scene.asked.settled.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn settings_that_an_unanswered_purchase_overwrote_are_put_back() {
    let mut stage = with(stalled(unresolved()));
    let old = ProviderNumber { date_created: at(-301), ..provider_number() };
    stage.looks(move || Ok(sighting(Some(old.clone()))));
    stage.numbers.expect_number_by_identity().returning(|_| Ok(Some(number())));
    let scene = recover(stage).await;
    assert_eq!(scene.asked.referred.only().body.reason, ReviewReason::OwnedBefore);
    let (put_back, settings) = scene.asked.configured.only();
    assert_eq!((put_back, settings.webhooks), (identity(), Some(number().webhooks)));
}

#[tokio::test(start_paused = true)]
async fn a_conflict_is_referred_under_the_workers_lease() {
    let mut stage = with(stalled(unresolved()));
    stage.looks(|| Ok(sighting(Some(provider_number()))));
    stage.settle(|_, _| Ok(SettleAnswer::Conflict));
    let scene = recover(stage).await;
    let referred = scene.asked.referred.only().body;
    assert_eq!((referred.lease, referred.reason), (lease(), ReviewReason::SettlementConflict));
    assert_eq!(referred.number_sid, Some(identity().number));
}

#[tokio::test(start_paused = true)]
async fn an_order_that_can_never_be_ended_is_not_tried_forever() {
    let mut stage = with(absent_at(301, Some(60)));
    stage.purchases.expect_abort().returning(|_| Err(StoreError::Broken("a check refuses it".to_owned())));
    let scene = recover(stage).await;
    assert_eq!(scene.asked.referred.only().body.reason, ReviewReason::AttemptsSpent);
}

#[tokio::test(start_paused = true)]
async fn an_order_that_can_never_be_parked_is_not_looked_for_forever() {
    let mut stage = with(stalled(unresolved()));
    stage
        .purchases
        .expect_park()
        .times(1)
        .returning(|_| Err(StoreError::Broken("a check refuses it".to_owned())));
    let scene = recover(stage).await;
    assert_eq!(scene.asked.referred.only().body.reason, ReviewReason::AttemptsSpent);
}

/// What the alarms count, by name.
fn alarms(snapshotter: &Snapshotter) -> BTreeMap<String, u64> {
    let counted = snapshotter.snapshot().into_vec().into_iter().filter_map(|(key, _, _, value)| {
        let (key, DebugValue::Counter(count)) = (key.key(), value) else { return None };
        let alarm = key.labels().find(|label| label.key() == "alarm")?;
        (key.name() == "trunkline_alarms_total").then(|| (alarm.value().to_owned(), count))
    });
    counted.collect()
}

#[rstest]
#[case::a_day_old(24 * 3_600, 0)]
#[case::older_than_a_day(24 * 3_600 + 1, 1)]
#[tokio::test(start_paused = true)]
async fn an_order_older_than_a_day_raises_an_alarm(#[case] claimed_at: i64, #[case] raised: u64) {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _recording = metrics::set_default_local_recorder(&recorder);
    trunkline_alarms::describe_metrics();
    let mut stage = with(absent_at(claimed_at, None));
    stage.looks(|| Err(outcome_unknown()));
    let scene = recover(stage).await;
    assert_eq!(scene.asked.parked.count(), 1, "and is looked for all the same");
    let alarms = alarms(&snapshotter);
    assert_eq!((alarms["order_undecided"], alarms["order_in_review"]), (raised, 0));
}

#[tokio::test(start_paused = true)]
async fn a_panic_over_one_order_stops_no_other() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _recording = metrics::set_default_local_recorder(&recorder);
    let poison: PhoneNumber = "+14152309999".parse().unwrap();
    let poisoned = Order { phone_number: poison.clone(), ..unresolved() };
    let mut stage = Stage::new();
    stage.standing.put_order(&unresolved());
    let both = vec![stalled(poisoned), stalled(unresolved())];
    stage.purchases.expect_claim_stalled().times(1).return_once(move |_, _| Ok(both));
    stage
        .provider
        .expect_look()
        .withf(move |number| *number == poison)
        .returning(|_| panic!("a mistake of ours"));
    stage.looks(|| Ok(sighting(Some(provider_number()))));
    let scene = stage.open();
    assert_eq!(scene.provisioning.run_once().await.unwrap().orders, 2);
    assert_eq!(scene.asked.settled.count(), 1);
    assert_eq!(alarms(&snapshotter)["recovery_panicked"], 1);
}

#[tokio::test(start_paused = true)]
async fn a_number_of_an_order_given_up_is_kept_on_record_and_released() {
    let mut stage = with(stalled(unresolved()));
    stage.looks(|| Ok(sighting(Some(provider_number()))));
    stage.provider.expect_fetch().returning(|_| Ok(Some(provider_number())));
    stage.settle(|standing, _| {
        standing.put_order(&failed(FailureReason::ProviderUnavailable));
        Ok(SettleAnswer::OrderFailed)
    });
    let scene = recover(stage).await;
    assert_eq!(scene.asked.late.only().body.number_sid, identity().number);
    assert_eq!(scene.asked.orphan_finished.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_lost_its_lease_does_no_harm() {
    let mut stage = with(absent_at(301, Some(60)));
    stage.purchases.expect_abort().times(1).returning(|_| Ok(Transition::Stale(unresolved())));
    let scene = recover(stage).await;
    assert_eq!(scene.standing.order().unwrap().state, OrderState::Unresolved);
}

#[tokio::test(start_paused = true)]
async fn a_database_that_fails_leaves_the_order_to_the_next_worker() {
    for error in [store_down, acknowledgement_lost] {
        let mut stage = with(stalled(unresolved()));
        stage.purchases.expect_park().times(6).returning(move |_| Err(error()));
        let scene = recover(stage).await;
        assert_eq!((scene.asked.referred.count(), scene.asked.aborted.count()), (0, 0));
    }
}
