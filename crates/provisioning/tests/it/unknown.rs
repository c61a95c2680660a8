//! Outcomes that nobody knows: of the purchase, and of the transactions around it.

use std::sync::Arc;

use trunkline_domain::OrderState;
use trunkline_provider::ProviderNumber;
use trunkline_provisioning::port::{PurchaseParking, SettleAnswer, StoreError};
use trunkline_provisioning::{PurchaseError, PurchaseOutcome};

use crate::fixture::{
    acknowledgement_lost, at, command, lease, order, outcome_unknown, provider_number, seconds, sighting,
    store_down,
};
use crate::lingering::{Delay, LingeringProvider, LingeringPurchases};
use crate::stage::{Scene, Stage, opened};

fn parking() -> PurchaseParking {
    PurchaseParking {
        order: order().id,
        lease: lease(),
        next_look_in: seconds(30),
        first_absent_at: None,
        unanswered: 0,
        at: at(0),
    }
}

#[track_caller]
fn assert_pending(answer: Result<PurchaseOutcome, PurchaseError>, state: OrderState) {
    match answer.unwrap() {
        PurchaseOutcome::Pending(pending) => assert_eq!((pending.id, pending.state), (order().id, state)),
        PurchaseOutcome::Completed(_) => panic!("an undecided order was expected"),
    }
}

#[tokio::test(start_paused = true)]
async fn acted_and_not_answered_is_found_by_the_first_look() {
    let mut stage = Stage::new();
    stage.look(|| Ok(sighting(None)));
    stage.looks(|| Ok(sighting(Some(provider_number()))));
    stage.buy(|_| Err(outcome_unknown()));
    let scene = stage.open();
    let answer = scene.provisioning.purchase(command()).await.unwrap();
    assert!(matches!(answer, PurchaseOutcome::Completed(_)));
    assert_eq!(scene.asked.parked.only().body, parking());
    assert_eq!(scene.asked.looks.count(), 2, "the look follows at once");
    assert_eq!((scene.asked.buys.count(), scene.asked.settled.count()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_look_too_early_is_followed_by_others() {
    let mut stage = Stage::new();
    for _ in 0..4 {
        stage.look(|| Ok(sighting(None)));
    }
    stage.look(|| Err(outcome_unknown()));
    stage.look(|| Ok(sighting(Some(provider_number()))));
    stage.buy(|_| Err(outcome_unknown()));
    let scene = stage.open();
    let answer = scene.provisioning.purchase(command()).await.unwrap();
    assert!(matches!(answer, PurchaseOutcome::Completed(_)));
    assert_eq!(scene.asked.buys.count(), 1, "never bought again");
}

#[tokio::test(start_paused = true)]
async fn absent_until_the_wait_ends_is_pending_and_nothing_is_given_up() {
    let mut stage = Stage::new();
    stage.buy(|_| Err(outcome_unknown()));
    let scene = stage.open();
    let begun = tokio::time::Instant::now();
    assert_pending(scene.provisioning.purchase(command()).await, OrderState::Unresolved);
    assert!(begun.elapsed() <= seconds(30), "the caller waits no longer than it was told");
    let looks: Vec<u128> =
        scene.asked.looks.all().iter().skip(1).take(6).map(|(_, when)| (*when - begun).as_millis()).collect();
    assert_eq!(looks, [0, 250, 750, 1750, 3750, 5750]);
    assert_eq!(scene.asked.parked.only().body, parking());
    assert_eq!((scene.asked.buys.count(), scene.asked.aborted.count()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn strangers_and_old_numbers_settle_nothing_here() {
    for held in [
        ProviderNumber { friendly_name: "(415) 230-0101".to_owned(), ..provider_number() },
        ProviderNumber { date_created: at(-301), ..provider_number() },
    ] {
        let mut stage = Stage::new();
        stage.look(|| Ok(sighting(None)));
        stage.looks(move || Ok(sighting(Some(held.clone()))));
        stage.buy(|_| Err(outcome_unknown()));
        let scene = stage.open();
        assert_pending(scene.provisioning.purchase(command()).await, OrderState::Unresolved);
        assert_eq!((scene.asked.settled.count(), scene.asked.referred.count()), (0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn an_adapter_that_never_answers_is_an_unknown_outcome() {
    let mut stage = Stage::new();
    stage.look(|| Ok(sighting(None)));
    stage.looks(|| Ok(sighting(Some(provider_number()))));
    let scene = stage.open_with(
        |provider| Arc::new(LingeringProvider::new(provider).with_buy(Delay::of(seconds(3_600)))),
        |purchases| Arc::new(purchases),
    );
    let begun = tokio::time::Instant::now();
    let answer = scene.provisioning.purchase(command()).await.unwrap();
    assert!(matches!(answer, PurchaseOutcome::Completed(_)));
    assert_eq!(begun.elapsed(), seconds(15), "a request timeout and half a margin");
    assert_eq!(scene.asked.parked.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn recovery_may_decide_while_the_opener_waits() {
    let mut stage = Stage::new();
    let standing = stage.standing.clone();
    stage.look(|| Ok(sighting(None)));
    stage.looks(move || {
        standing.change_order(|order| order.state = OrderState::Review);
        Ok(sighting(None))
    });
    stage.buy(|_| Err(outcome_unknown()));
    let scene = stage.open();
    assert_pending(scene.provisioning.purchase(command()).await, OrderState::Review);
}

#[tokio::test(start_paused = true)]
async fn an_order_that_cannot_be_parked_is_looked_for_all_the_same() {
    let mut stage = Stage::new();
    stage.look(|| Ok(sighting(None)));
    stage.looks(|| Ok(sighting(Some(provider_number()))));
    stage.buy(|_| Err(outcome_unknown()));
    stage.purchases.expect_park().returning(|_| Err(store_down()));
    let scene = stage.open();
    let answer = scene.provisioning.purchase(command()).await;
    assert!(matches!(answer, Ok(PurchaseOutcome::Completed(_))));
}

#[tokio::test(start_paused = true)]
async fn an_order_that_is_neither_parked_nor_found_is_held() {
    let mut stage = Stage::new();
    stage.buy(|_| Err(outcome_unknown()));
    stage.purchases.expect_park().returning(|_| Err(store_down()));
    let scene = stage.open();
    let answer = scene.provisioning.purchase(command()).await;
    assert!(matches!(answer, Err(PurchaseError::Storage { order: Some(_), .. })));
}

#[tokio::test(start_paused = true)]
async fn a_number_found_and_not_stored_is_offered_again_by_the_next_look() {
    let mut stage = Stage::new();
    stage.look(|| Ok(sighting(None)));
    stage.looks(|| Ok(sighting(Some(provider_number()))));
    stage.buy(|_| Err(outcome_unknown()));
    for _ in 0..6 {
        stage.settle(|_, _| Err(store_down()));
    }
    let scene = stage.open();
    let answer = scene.provisioning.purchase(command()).await;
    assert!(matches!(answer, Ok(PurchaseOutcome::Completed(_))));
    assert_eq!(scene.asked.buys.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_conflict_found_after_the_lease_was_given_up_waits_for_recovery() {
    let mut stage = Stage::new();
    stage.look(|| Ok(sighting(None)));
    stage.looks(|| Ok(sighting(Some(provider_number()))));
    stage.buy(|_| Err(outcome_unknown()));
    stage.settle(|_, _| Ok(SettleAnswer::Conflict));
    let scene = stage.open();
    assert_pending(scene.provisioning.purchase(command()).await, OrderState::Unresolved);
    assert_eq!((scene.asked.referred.count(), scene.asked.configured.count()), (0, 0));
}

/// The order of a failed answer, or `None` where nothing stands.
#[track_caller]
fn told_order(answer: Result<PurchaseOutcome, PurchaseError>) -> Option<trunkline_domain::OrderId> {
    match answer {
        Err(PurchaseError::Storage { order, .. }) => order,
        other => panic!("a storage failure was expected: {other:?}"),
    }
}

fn with_opens(errors: Vec<StoreError>) -> Scene {
    let mut stage = Stage::new();
    for error in errors {
        let log = stage.asked.opened.clone();
        stage.purchases.expect_open().times(1).return_once(move |change| {
            log.note(change);
            Err(error)
        });
    }
    stage.open()
}

#[tokio::test(start_paused = true)]
async fn a_lost_acknowledgement_of_the_first_transaction_is_asked_for_with_the_same_order() {
    let scene = with_opens(vec![acknowledgement_lost(), store_down()]);
    let answer = scene.provisioning.purchase(command()).await.unwrap();
    assert!(matches!(answer, PurchaseOutcome::Completed(_)));
    let offered = scene.asked.opened.all();
    assert_eq!(offered.len(), 3);
    assert!(offered.iter().all(|change| *change == offered[0]), "one order, whatever happens");
}

#[tokio::test(start_paused = true)]
async fn a_first_transaction_unknown_to_the_end_tells_the_order_that_may_stand() {
    let scene = with_opens((0..6).map(|_| acknowledgement_lost()).collect());
    assert_eq!(told_order(scene.provisioning.purchase(command()).await), Some(order().id));
    assert_eq!((scene.asked.looks.count(), scene.asked.buys.count()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn one_unknown_attempt_is_enough_for_an_order_to_stand() {
    let mut errors = vec![acknowledgement_lost()];
    errors.extend((0..5).map(|_| store_down()));
    let scene = with_opens(errors);
    assert_eq!(told_order(scene.provisioning.purchase(command()).await), Some(order().id));
    let broken = StoreError::Broken("a rule is broken".to_owned());
    let scene = with_opens(vec![acknowledgement_lost(), broken]);
    assert_eq!(told_order(scene.provisioning.purchase(command()).await), Some(order().id));
}

#[tokio::test(start_paused = true)]
async fn a_database_that_is_down_has_opened_nothing() {
    let scene = with_opens((0..6).map(|_| store_down()).collect());
    assert_eq!(told_order(scene.provisioning.purchase(command()).await), None);
    assert_eq!((scene.asked.looks.count(), scene.asked.buys.count()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_first_transaction_that_takes_longer_than_the_caller_waits_is_held() {
    let mut stage = Stage::new();
    let standing = stage.standing.clone();
    stage.purchases.expect_open().returning(move |change| {
        standing.put_order(&change.body.order);
        Ok(opened(change))
    });
    let scene = stage.open_with(
        |provider| Arc::new(provider),
        |purchases| Arc::new(LingeringPurchases::delayed(purchases, Delay::of(seconds(31)))),
    );
    assert_eq!(told_order(scene.provisioning.purchase(command()).await), Some(order().id));
    scene.provisioning.shutdown().await;
    assert_eq!((scene.asked.buys.count(), scene.asked.aborted.count()), (0, 1), "too late to send");
}

#[tokio::test(start_paused = true)]
async fn a_purchase_under_way_when_the_wait_ends_is_pending() {
    let mut stage = Stage::new();
    stage.settings.purchase_wait = seconds(5);
    let scene = stage.open_with(
        |provider| Arc::new(LingeringProvider::new(provider).with_buy(Delay::of(seconds(9)))),
        |purchases| Arc::new(purchases),
    );
    assert_pending(scene.provisioning.purchase(command()).await, OrderState::Ordering);
    scene.provisioning.shutdown().await;
    assert_eq!(scene.asked.settled.count(), 1, "nothing stops because the caller went away");
}
