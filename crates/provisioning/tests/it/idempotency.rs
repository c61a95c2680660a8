//! Repeats: the same key again, while the first request runs, waits, has ended, or has freed it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use trunkline_domain::{FailureReason, OrderState, RequestOperation, ReviewReason};
use trunkline_provider::ProviderError;
use trunkline_provisioning::port::{OpenAnswer, OpenRefusal, Repeat};
use trunkline_provisioning::{
    CurrentPrices, PurchaseCommand, PurchaseEnd, PurchaseError, PurchaseOutcome, Purchased,
};

use crate::fixture::{
    command, failed, id, in_review, keyed, number, order, seconds, store_down, unresolved, usd,
};
use crate::stage::Stage;

fn repeated() -> PurchaseCommand {
    PurchaseCommand { request: Some(keyed(RequestOperation::Purchase)), ..command() }
}

fn completed() -> PurchaseEnd {
    let purchased = Purchased { number: number(), transaction: order().hold, amount: usd("1.50") };
    PurchaseEnd::Completed(Box::new(purchased))
}

fn open_repeat() -> Repeat<PurchaseEnd> {
    Repeat::Open { subject: id(1) }
}

/// A stage on which TX1 finds the key used.
fn with_repeat(repeat: Repeat<PurchaseEnd>) -> Stage {
    let mut stage = Stage::new();
    stage.purchases.expect_open().times(1).return_once(|_| Ok(OpenAnswer::Repeat(repeat)));
    stage
}

#[tokio::test(start_paused = true)]
async fn an_ended_request_is_answered_as_it_ended() {
    let scene = with_repeat(Repeat::Ended(completed())).open();
    match scene.provisioning.purchase(repeated()).await.unwrap() {
        PurchaseOutcome::Completed(purchased) => assert_eq!(PurchaseEnd::Completed(purchased), completed()),
        PurchaseOutcome::Pending(order) => panic!("{order:?}"),
    }
    let reason = FailureReason::NumberUnavailable;
    let scene = with_repeat(Repeat::Ended(PurchaseEnd::Failed { order: order().id, reason })).open();
    let answer = scene.provisioning.purchase(repeated()).await;
    assert!(matches!(answer, Err(PurchaseError::Failed { reason: FailureReason::NumberUnavailable, .. })));
    let refusal = OpenRefusal::InsufficientBalance { required: usd("1.50"), available: usd("1") };
    let scene = with_repeat(Repeat::Ended(PurchaseEnd::Refused(refusal.clone()))).open();
    match scene.provisioning.purchase(repeated()).await {
        Err(PurchaseError::Refused(told)) => assert_eq!(told, refusal),
        other => panic!("{other:?}"),
    }
    assert_eq!((scene.asked.looks.count(), scene.asked.buys.count()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_key_used_for_something_else_is_refused() {
    let scene = with_repeat(Repeat::OtherCommand).open();
    assert!(matches!(scene.provisioning.purchase(repeated()).await, Err(PurchaseError::KeyReused)));
}

#[tokio::test(start_paused = true)]
async fn an_open_request_is_waited_for() {
    let mut stage = with_repeat(open_repeat());
    stage.standing.put_order(&order());
    stage.purchases.expect_repeat().times(20).returning(|_| Ok(Some(open_repeat())));
    stage.purchases.expect_repeat().times(1).returning(|_| Ok(Some(Repeat::Ended(completed()))));
    let scene = stage.open();
    let answer = scene.provisioning.purchase(repeated()).await.unwrap();
    assert!(matches!(answer, PurchaseOutcome::Completed(_)));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_stays_open_is_in_progress_after_ten_seconds() {
    let mut stage = with_repeat(open_repeat());
    stage.standing.put_order(&order());
    stage.purchases.expect_repeat().returning(|_| Ok(Some(open_repeat())));
    let scene = stage.open();
    let begun = tokio::time::Instant::now();
    let answer = scene.provisioning.purchase(repeated()).await;
    assert!(matches!(answer, Err(PurchaseError::InProgress)), "{answer:?}");
    assert!(begun.elapsed() >= seconds(10) && begun.elapsed() < seconds(11), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_undecided_request_answers_its_order_at_once() {
    for undecided in [unresolved(), in_review(ReviewReason::StrangeMarker)] {
        let stage = with_repeat(open_repeat());
        stage.standing.put_order(&undecided);
        let scene = stage.open();
        let begun = tokio::time::Instant::now();
        match scene.provisioning.purchase(repeated()).await.unwrap() {
            PurchaseOutcome::Pending(pending) => assert_eq!(*pending, undecided),
            PurchaseOutcome::Completed(purchased) => panic!("{purchased:?}"),
        }
        assert_eq!(begun.elapsed(), seconds(0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_its_first_request_frees_runs() {
    let stage = with_repeat(open_repeat());
    stage.standing.put_order(&failed(FailureReason::ProviderUnavailable));
    let scene = stage.open();
    let answer = scene.provisioning.purchase(repeated()).await.unwrap();
    assert!(matches!(answer, PurchaseOutcome::Completed(_)));
    assert_eq!((scene.asked.opened.count(), scene.asked.buys.count()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_may_be_retried_frees_its_key_and_others_keep_theirs() {
    for (error, spent) in [
        (crate::fixture::unavailable(), false),
        (ProviderError::NotConfigured, false),
        (crate::fixture::refused(trunkline_provider::Refusal::NumberUnavailable, 21422), true),
    ] {
        let mut stage = Stage::new();
        stage.buy(|_| Err(error));
        let scene = stage.open();
        scene.provisioning.purchase(repeated()).await.unwrap_err();
        assert_eq!(scene.asked.aborted.only().body.end.is_some(), spent);
    }
}

/// Stages on which nothing can be bought any more, each for another reason.
fn where_nothing_can_be_bought() -> Vec<Stage> {
    let dearer = "[US.local]\nmonthly = { USD = \"9.00\" }";
    let unpriced = "[GB.local]\nmonthly = { USD = \"9.00\" }";
    let mut stages: Vec<Stage> = [dearer, unpriced]
        .into_iter()
        .map(|text| {
            let mut stage = Stage::new();
            stage.prices = CurrentPrices::new(trunkline_domain::PriceBook::parse(text).unwrap());
            stage
        })
        .collect();
    let mut unconfigured = Stage::new();
    unconfigured.configured_account(Err(()));
    stages.push(unconfigured);
    let mut sold = Stage::new();
    sold.businesses.expect_owner_of().returning(|_| Ok(None));
    stages.push(sold);
    stages
}

#[tokio::test(start_paused = true)]
async fn a_repeat_hears_its_first_end_whatever_prices_and_settings_have_become() {
    let again = PurchaseCommand {
        max_amount: Some(usd("1.50")),
        business: Some(trunkline_domain::BusinessId::from_uuid(id(50))),
        ..repeated()
    };
    for mut stage in where_nothing_can_be_bought() {
        stage.purchases.expect_repeat().returning(|_| Ok(Some(Repeat::Ended(completed()))));
        let scene = stage.open();
        let answer = scene.provisioning.purchase(again.clone()).await;
        assert!(matches!(answer, Ok(PurchaseOutcome::Completed(_))), "{answer:?}");
    }
    for stage in where_nothing_can_be_bought() {
        let scene = stage.open();
        let answer = scene.provisioning.purchase(again.clone()).await;
        assert!(answer.is_err(), "a fresh key hears the refusal");
        assert_eq!(scene.asked.opened.count(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_repeat_that_cannot_be_looked_up_is_a_storage_failure() {
    let mut stage = with_repeat(open_repeat());
    stage.orders.expect_order().returning(|_, _| Err(store_down()));
    let scene = stage.open();
    let answer = scene.provisioning.purchase(repeated()).await;
    assert!(matches!(answer, Err(PurchaseError::Storage { order: Some(told), .. }) if told == order().id));
}

#[tokio::test(start_paused = true)]
async fn repeats_side_by_side_end_alike() {
    let mut stage = Stage::new();
    stage.settings.repeat_wait = seconds(60);
    let opens = Arc::new(AtomicUsize::new(0));
    let (standing, count) = (stage.standing.clone(), Arc::clone(&opens));
    stage.purchases.expect_open().returning(move |change| {
        if count.fetch_add(1, Ordering::Relaxed) == 0 {
            standing.put_order(&change.body.order);
            Ok(crate::stage::opened(change))
        } else {
            Ok(OpenAnswer::Repeat(open_repeat()))
        }
    });
    let (standing, settled) = (stage.standing.clone(), stage.asked.settled.clone());
    stage.purchases.expect_repeat().returning(move |_| {
        Ok(Some(match standing.order() {
            Some(order) if order.state == OrderState::Completed => Repeat::Ended(settled.only().body.end),
            _ => open_repeat(),
        }))
    });
    let scene = stage.open();
    let answers = futures::future::join_all((0..8).map(|_| scene.provisioning.purchase(repeated()))).await;
    let answers: Vec<PurchaseOutcome> = answers.into_iter().map(Result::unwrap).collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!((scene.asked.buys.count(), scene.asked.settled.count()), (1, 1));
}
