//! What a 2xx to a purchase proves, and what becomes of a purchase that succeeded when storing it does not.

use std::sync::Arc;

use rstest::rstest;
use trunkline_domain::{FailureReason, NumberType, OrderState, OwnedNumber, ReviewReason};
use trunkline_provider::{Bought, NumberSettings, ProviderNumber};
use trunkline_provisioning::port::{SettleAnswer, StoreError, Transition};
use trunkline_provisioning::{PurchaseError, PurchaseOutcome};

use crate::fixture::{
    acknowledgement_lost, at, command, failed, id, identity, lease, marker, number, order, other_account,
    outcome_unknown, provider_number, seconds, sighting, store_down, webhooks, webhooks_without_sms,
};
use crate::lingering::{Delay, LingeringProvider};
use crate::stage::{Scene, Stage};

/// The order waits for an operator, for this reason, with the id that the provider named.
#[track_caller]
fn assert_referred(scene: &Scene, answer: Result<PurchaseOutcome, PurchaseError>, reason: ReviewReason) {
    match answer.unwrap() {
        PurchaseOutcome::Pending(pending) => assert_eq!(pending.state, OrderState::Review),
        PurchaseOutcome::Completed(_) => panic!("an order under review was expected"),
    }
    let referred = scene.asked.referred.only().body;
    assert_eq!((referred.order, referred.lease, referred.reason), (order().id, lease(), reason));
    assert_eq!(referred.number_sid, Some(identity().number));
    assert_eq!(scene.asked.aborted.count(), 0, "the money stays held");
}

/// A live number of ours under the id that the provider names.
fn neighbour() -> OwnedNumber {
    let mut neighbour = number();
    neighbour.id = trunkline_domain::NumberId::from_uuid(id(80));
    neighbour.order = Some(trunkline_domain::OrderId::from_uuid(id(81)));
    neighbour.display_name = "Neighbour".parse().unwrap();
    neighbour.webhooks.voice_url = Some("https://numbers.example/neighbour".to_owned());
    neighbour
}

fn settings_of(row: &OwnedNumber) -> NumberSettings {
    let marker = trunkline_provisioning::Marker { order: row.order.unwrap(), ..marker() };
    NumberSettings {
        friendly_name: Some(marker.friendly_name(&row.display_name)),
        webhooks: Some(row.webhooks.clone()),
    }
}

#[tokio::test(start_paused = true)]
async fn a_purchase_taken_for_an_update_is_referred_and_our_neighbours_settings_put_back() {
    let mut stage = Stage::new();
    stage.numbers.expect_number_by_identity().returning(|_| Ok(Some(neighbour())));
    stage.buy(|purchase| {
        let Bought { number } = crate::fixture::bought(purchase)?;
        Ok(Bought { number: ProviderNumber { date_created: at(-3), ..number } })
    });
    let scene = stage.open();
    let answer = scene.provisioning.purchase(command()).await;
    assert_referred(&scene, answer, ReviewReason::OwnedBefore);
    assert_eq!(scene.asked.configured.only(), (identity(), settings_of(&neighbour())));
    assert_eq!(scene.asked.settled.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_number_that_is_no_row_of_ours_keeps_its_settings() {
    let mut stage = Stage::new();
    stage.buy(|purchase| {
        let Bought { number } = crate::fixture::bought(purchase)?;
        Ok(Bought { number: ProviderNumber { date_created: at(-3), ..number } })
    });
    let scene = stage.open();
    let answer = scene.provisioning.purchase(command()).await;
    assert_referred(&scene, answer, ReviewReason::OwnedBefore);
    assert_eq!(scene.asked.configured.count(), 0);
}

fn named_otherwise(what: &str) -> ProviderNumber {
    let mut named = provider_number();
    match what {
        "number" => named.phone_number = "+14152300199".parse().unwrap(),
        "account" => named.identity.account = other_account(),
        "type" => named.number_type = Some(NumberType::TollFree),
        other => panic!("{other}"),
    }
    named
}

#[rstest]
#[case("number")]
#[case("account")]
#[case("type")]
#[tokio::test(start_paused = true)]
async fn an_answer_that_names_something_else_goes_to_an_operator(#[case] what: &'static str) {
    let mut stage = Stage::new();
    stage.buy(move |_| Ok(Bought { number: named_otherwise(what) }));
    let scene = stage.open();
    let answer = scene.provisioning.purchase(command()).await;
    assert_referred(&scene, answer, ReviewReason::AnswerMismatch);
    assert_eq!(scene.asked.looks.count(), 2, "once before the purchase and once after the answer");
    assert_eq!(scene.asked.settled.count(), 0);
}

#[rstest]
#[case("number")]
#[case("account")]
#[tokio::test(start_paused = true)]
async fn a_look_that_shows_what_was_ordered_counts_more_than_a_strange_answer(#[case] what: &'static str) {
    let mut stage = Stage::new();
    stage.look(|| Ok(sighting(None)));
    stage.look(|| Ok(sighting(Some(provider_number()))));
    stage.buy(move |_| Ok(Bought { number: named_otherwise(what) }));
    let scene = stage.open();
    let answer = scene.provisioning.purchase(command()).await;
    assert!(matches!(answer, Ok(PurchaseOutcome::Completed(_))));
    assert_eq!(scene.asked.referred.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_look_that_shows_another_type_settles_nothing() {
    let mut stage = Stage::new();
    stage.look(|| Ok(sighting(None)));
    stage.look(|| Ok(sighting(Some(named_otherwise("type")))));
    stage.buy(|_| Ok(Bought { number: named_otherwise("type") }));
    let scene = stage.open();
    let answer = scene.provisioning.purchase(command()).await;
    assert_referred(&scene, answer, ReviewReason::AnswerMismatch);
}

#[tokio::test(start_paused = true)]
async fn a_number_bought_under_a_strange_label_is_looked_for() {
    let mut stage = Stage::new();
    stage.look(|| Ok(sighting(None)));
    stage.look(|| Ok(sighting(Some(provider_number()))));
    stage.buy(|_| {
        let number = ProviderNumber { friendly_name: "(415) 230-0101".to_owned(), ..provider_number() };
        Ok(Bought { number })
    });
    let scene = stage.open();
    let answer = scene.provisioning.purchase(command()).await;
    assert!(matches!(answer, Ok(PurchaseOutcome::Completed(_))));
    assert_eq!(scene.asked.parked.count(), 1, "the answer proves nothing, so the order waits for the look");
}

#[tokio::test(start_paused = true)]
async fn a_settlement_that_conflicts_is_referred_with_its_number() {
    let mut stage = Stage::new();
    stage.settle(|_, _| Ok(SettleAnswer::Conflict));
    let scene = stage.open();
    let answer = scene.provisioning.purchase(command()).await;
    assert_referred(&scene, answer, ReviewReason::SettlementConflict);
}

#[tokio::test(start_paused = true)]
async fn a_conflict_with_a_neighbour_puts_the_neighbours_settings_back() {
    let mut stage = Stage::new();
    stage.settle(|_, _| Ok(SettleAnswer::Conflict));
    stage.numbers.expect_number_by_identity().returning(|_| Ok(Some(neighbour())));
    let scene = stage.open();
    scene.provisioning.purchase(command()).await.unwrap();
    assert_eq!(scene.asked.configured.only(), (identity(), settings_of(&neighbour())));
}

#[tokio::test(start_paused = true)]
async fn a_settlement_that_the_database_can_never_store_is_referred_with_its_number() {
    let mut stage = Stage::new();
    stage.settle(|_, _| Err(StoreError::Broken("a check refuses it".to_owned())));
    let scene = stage.open();
    let answer = scene.provisioning.purchase(command()).await;
    assert_referred(&scene, answer, ReviewReason::SettlementConflict);
}

#[tokio::test(start_paused = true)]
async fn success_for_an_order_given_up_is_kept_and_the_number_released() {
    let mut stage = Stage::new();
    stage.settle(|standing, _| {
        standing.put_order(&failed(FailureReason::ProviderUnavailable));
        Ok(SettleAnswer::OrderFailed)
    });
    stage.provider.expect_fetch().returning(|_| Ok(Some(provider_number())));
    let scene = stage.open();
    match scene.provisioning.purchase(command()).await {
        Err(PurchaseError::Failed { reason, .. }) => assert_eq!(reason, FailureReason::ProviderUnavailable),
        other => panic!("a failed order was expected: {other:?}"),
    }
    assert_eq!(scene.asked.late.only().body.number_sid, identity().number);
    assert_eq!(scene.asked.orphan_begun.only().body.orphan.identity, identity());
    assert_eq!(scene.asked.deleted.only(), identity());
    assert_eq!(scene.asked.orphan_finished.only().body.identity, identity());
}

#[tokio::test(start_paused = true)]
async fn an_order_completed_with_another_number_is_answered_as_it_stands() {
    let mut stage = Stage::new();
    let standing_number = OwnedNumber { notes: Some("as it stands".to_owned()), ..number() };
    let shown = standing_number.clone();
    stage.settle(move |standing, settlement| {
        standing.settle(settlement);
        standing.put_number(&shown);
        Ok(SettleAnswer::SettledOtherwise)
    });
    let scene = stage.open();
    match scene.provisioning.purchase(command()).await.unwrap() {
        PurchaseOutcome::Completed(purchased) => assert_eq!(purchased.number, standing_number),
        PurchaseOutcome::Pending(order) => panic!("{order:?}"),
    }
    assert_eq!(scene.asked.deleted.count(), 0, "a second number is reported, not released");
}

#[tokio::test(start_paused = true)]
async fn a_lost_acknowledgement_of_the_settlement_still_answers_the_number() {
    let mut stage = Stage::new();
    stage.settle(|standing, settlement| {
        standing.settle(settlement);
        Err(acknowledgement_lost())
    });
    stage.settle(|_, settlement| Ok(SettleAnswer::SettledBefore(settlement.number.clone())));
    let scene = stage.open();
    let answer = scene.provisioning.purchase(command()).await.unwrap();
    assert!(matches!(answer, PurchaseOutcome::Completed(_)));
    let settled = scene.asked.settled.all();
    assert_eq!(settled[0], settled[1], "the very same change is offered again");
    assert_eq!(scene.asked.buys.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_settlement_that_cannot_be_stored_now_is_left_to_recovery() {
    let mut stage = Stage::new();
    stage.purchases.expect_settle().returning(|_| Err(store_down()));
    let scene = stage.open();
    match scene.provisioning.purchase(command()).await {
        Err(PurchaseError::Storage { order: Some(told), .. }) => assert_eq!(told, order().id),
        other => panic!("a storage failure was expected: {other:?}"),
    }
    assert_eq!((scene.asked.aborted.count(), scene.asked.referred.count()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_no_whose_lease_is_lost_leaves_the_order_to_whoever_has_it() {
    let mut stage = Stage::new();
    stage.buy(|_| Err(crate::fixture::refused(trunkline_provider::Refusal::NumberUnavailable, 21422)));
    stage.purchases.expect_abort().returning(|_| Ok(Transition::Stale(crate::fixture::unresolved())));
    let scene = stage.open();
    match scene.provisioning.purchase(command()).await.unwrap() {
        PurchaseOutcome::Pending(pending) => assert_eq!(pending.state, OrderState::Unresolved),
        PurchaseOutcome::Completed(_) => panic!("an undecided order was expected"),
    }
}

#[tokio::test(start_paused = true)]
async fn an_abort_is_answered_even_when_the_order_cannot_be_read_again() {
    let mut stage = Stage::new();
    stage.buy(|_| Err(crate::fixture::refused(trunkline_provider::Refusal::NumberUnavailable, 21422)));
    stage.orders.expect_order().returning(|_, _| Err(store_down()));
    let scene = stage.open();
    let answer = scene.provisioning.purchase(command()).await;
    assert!(matches!(answer, Err(PurchaseError::Failed { reason: FailureReason::NumberUnavailable, .. })));
}

/// A purchase whose search did not tell that the number takes texts.
fn without_hint() -> Stage {
    let mut stage = Stage::new();
    stage.provider.expect_search().returning(|_| Err(outcome_unknown()));
    stage
}

#[tokio::test(start_paused = true)]
async fn the_address_for_texts_is_added_where_the_search_did_not_know() {
    let scene = without_hint().open();
    scene.provisioning.purchase(command()).await.unwrap();
    assert_eq!(scene.asked.buys.only().webhooks, webhooks_without_sms());
    let wanted = NumberSettings { friendly_name: None, webhooks: Some(webhooks()) };
    assert_eq!(scene.asked.configured.only(), (identity(), wanted));
    let noted = scene.asked.updated.only().body.number;
    assert_eq!(noted, number());
}

#[tokio::test(start_paused = true)]
async fn the_address_for_texts_is_added_after_a_lost_acknowledgement_too() {
    let mut stage = without_hint();
    stage.settle(|standing, settlement| {
        standing.settle(settlement);
        Err(acknowledgement_lost())
    });
    stage.settle(|_, settlement| Ok(SettleAnswer::SettledBefore(settlement.number.clone())));
    let scene = stage.open();
    scene.provisioning.purchase(command()).await.unwrap();
    assert_eq!(scene.asked.updated.only().body.number.webhooks, webhooks());
}

#[tokio::test(start_paused = true)]
async fn an_address_for_texts_that_cannot_be_set_undoes_nothing() {
    let mut stage = without_hint();
    stage.provider.expect_configure().returning(|_, _| Err(outcome_unknown()));
    let scene = stage.open();
    let answer = scene.provisioning.purchase(command()).await;
    assert!(matches!(answer, Ok(PurchaseOutcome::Completed(_))));
    assert_eq!(scene.asked.updated.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_search_that_hangs_does_not_make_the_purchase_late() {
    let stage = Stage::new();
    let scene = stage.open_with(
        |provider| Arc::new(LingeringProvider::new(provider).with_search(Delay::of(seconds(10)))),
        |purchases| Arc::new(purchases),
    );
    let answer = scene.provisioning.purchase(command()).await;
    assert!(matches!(answer, Ok(PurchaseOutcome::Completed(_))), "{answer:?}");
    assert_eq!(scene.asked.buys.only().webhooks, webhooks_without_sms());
}
