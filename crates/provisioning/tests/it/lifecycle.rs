//! Callers that go away, shutdown, and the background work.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::FutureExt;
use tokio::task::yield_now;
use tokio_util::sync::CancellationToken;
use trunkline_domain::OrderState;
use trunkline_provisioning::port::OrphanAnswer;
use trunkline_provisioning::{
    Provisioning, PurchaseError, PurchaseOutcome, RecoveryRound, ReleaseCommand, ReleaseError,
    ReleaseProgress,
};

use crate::fixture::{
    command, number, order, origin, outcome_unknown, provider_number, seconds, sighting, stalled, store_down,
    unresolved, user,
};
use crate::lingering::{Delay, LingeringProvider, LingeringPurchases};
use crate::stage::{Scene, Stage};

fn release() -> ReleaseCommand {
    ReleaseCommand { user: user(), within: None, number: number().id, request: None, origin: origin() }
}

fn lingering(stage: Stage) -> Scene {
    stage.open_with(
        |provider| Arc::new(LingeringProvider::new(provider)),
        |purchases| Arc::new(LingeringPurchases::new(purchases)),
    )
}

/// Polls a future once, lets everybody else take `turns` steps, and drops it. Says whether it had ended by then.
async fn drop_after<F: Future>(future: F, turns: usize) -> bool {
    let mut future = Box::pin(future);
    if (&mut future).now_or_never().is_some() {
        return true;
    }
    for _ in 0..turns {
        yield_now().await;
    }
    future.now_or_never().is_some()
}

/// Runs `check` with the caller dropped after 0, 1, 2… steps, until a caller lives to hear the answer.
async fn drop_everywhere<F, Fut>(check: F) -> usize
where
    F: Fn(usize) -> Fut,
    Fut: Future<Output = bool>,
{
    for turns in 0..200 {
        if check(turns).await {
            return turns;
        }
    }
    panic!("the caller never heard the answer");
}

#[tokio::test(start_paused = true)]
async fn a_purchase_whose_caller_goes_away_at_any_moment_still_ends() {
    let steps = drop_everywhere(|turns| async move {
        let scene = lingering(Stage::new());
        let heard = drop_after(scene.provisioning.purchase(command()), turns).await;
        scene.provisioning.shutdown().await;
        assert_eq!((scene.asked.buys.count(), scene.asked.settled.count()), (1, 1), "after {turns} steps");
        assert_eq!(scene.standing.order().unwrap().state, OrderState::Completed);
        heard
    })
    .await;
    assert!(steps >= 6, "the caller was dropped at {steps} different moments only");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_purchase_whose_caller_goes_away_at_any_moment_is_still_looked_for() {
    let steps = drop_everywhere(|turns| async move {
        let mut stage = Stage::new();
        stage.look(|| Ok(sighting(None)));
        stage.looks(|| Ok(sighting(Some(provider_number()))));
        stage.buy(|_| Err(outcome_unknown()));
        let scene = lingering(stage);
        let heard = drop_after(scene.provisioning.purchase(command()), turns).await;
        scene.provisioning.shutdown().await;
        assert_eq!((scene.asked.buys.count(), scene.asked.settled.count()), (1, 1), "after {turns} steps");
        assert_eq!(scene.asked.parked.count(), 1);
        heard
    })
    .await;
    assert!(steps >= 9, "the caller was dropped at {steps} different moments only");
}

#[tokio::test(start_paused = true)]
async fn a_release_whose_caller_goes_away_at_any_moment_still_ends() {
    let steps = drop_everywhere(|turns| async move {
        let stage = Stage::new();
        stage.standing.put_number(&number());
        let scene = lingering(stage);
        let heard = drop_after(scene.provisioning.release(release()), turns).await;
        scene.provisioning.shutdown().await;
        assert_eq!((scene.asked.deleted.count(), scene.asked.release_finished.count()), (1, 1));
        heard
    })
    .await;
    assert!(steps >= 2, "the caller was dropped at {steps} different moments only");
}

#[tokio::test(start_paused = true)]
async fn shutdown_waits_for_what_has_begun_and_begins_nothing_more() {
    let stage = Stage::new();
    let scene = stage.open_with(
        |provider| Arc::new(LingeringProvider::new(provider).with_buy(Delay::of(seconds(9)))),
        |purchases| Arc::new(purchases),
    );
    let purchase = scene.provisioning.purchase(command());
    tokio::pin!(purchase);
    assert!((&mut purchase).now_or_never().is_none());
    scene.provisioning.shutdown().await;
    assert_eq!(scene.asked.settled.count(), 1);
    assert!(matches!(purchase.await, Ok(PurchaseOutcome::Completed(_))));
    assert!(matches!(scene.provisioning.purchase(command()).await, Err(PurchaseError::ShuttingDown)));
    assert!(matches!(scene.provisioning.release(release()).await, Err(ReleaseError::ShuttingDown)));
    assert_eq!(scene.asked.opened.count(), 1);
}

/// Businesses that take a second to say whose one is.
struct SlowBusinesses;

#[async_trait::async_trait]
impl trunkline_provisioning::port::Businesses for SlowBusinesses {
    async fn owner_of(
        &self,
        _: trunkline_domain::BusinessId,
    ) -> Result<Option<trunkline_domain::UserId>, trunkline_provisioning::port::BusinessesError> {
        tokio::time::sleep(seconds(1)).await;
        Ok(Some(user()))
    }
}

#[tokio::test(start_paused = true)]
async fn shutdown_waits_for_a_purchase_that_is_not_opened_yet() {
    let mut stage = Stage::new();
    stage.owners = Some(Arc::new(SlowBusinesses));
    let scene = stage.open();
    let business = Some(trunkline_domain::BusinessId::from_uuid(crate::fixture::id(50)));
    let buying = trunkline_provisioning::PurchaseCommand { business, ..command() };
    let provisioning = scene.provisioning.clone();
    let purchase = tokio::spawn(async move { provisioning.purchase(buying).await });
    yield_now().await;
    scene.provisioning.shutdown().await;
    assert_eq!(scene.asked.settled.count(), 1, "accepted before the shutdown, so waited for");
    assert!(purchase.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn shutdown_ends_the_openers_looks() {
    let mut stage = Stage::new();
    stage.settings.purchase_wait = seconds(3_600);
    stage.buy(|_| Err(outcome_unknown()));
    let scene = stage.open();
    let begun = tokio::time::Instant::now();
    let (answer, ()) = tokio::join!(scene.provisioning.purchase(command()), async {
        tokio::time::sleep(seconds(5)).await;
        scene.provisioning.shutdown().await;
    });
    assert!(matches!(answer, Ok(PurchaseOutcome::Pending(_))));
    assert_eq!(begun.elapsed(), seconds(5));
    assert_eq!(scene.asked.parked.count(), 1, "recovery goes on after the restart");
}

/// Waits until something has been seen often enough; the paused clock runs meanwhile, and not for ever.
async fn until(count: &AtomicUsize, wanted: usize) {
    for _ in 0..1_000 {
        if count.load(Ordering::Relaxed) >= wanted {
            return;
        }
        tokio::time::sleep(seconds(1)).await;
    }
    panic!("seen {} times in 1,000 seconds, not {wanted}", count.load(Ordering::Relaxed));
}

fn spawn_run(provisioning: &Provisioning) -> (CancellationToken, tokio::task::JoinHandle<()>) {
    let (stop, running) = (CancellationToken::new(), provisioning.clone());
    let stopped = stop.clone();
    (stop, tokio::spawn(async move { running.run(stopped).await }))
}

#[tokio::test(start_paused = true)]
async fn background_work_goes_on_after_failures_until_it_is_told_to_stop() {
    let mut stage = Stage::new();
    let (rounds, passes) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&rounds);
    stage.purchases.expect_claim_stalled().returning(move |_, _| {
        match count.fetch_add(1, Ordering::Relaxed) {
            0 => Err(store_down()),
            _ => Ok(Vec::new()),
        }
    });
    let count = Arc::clone(&passes);
    stage.orphans.expect_begin_pass().returning(move |_, _| {
        count.fetch_add(1, Ordering::Relaxed);
        Ok(None)
    });
    let scene = stage.open();
    let (stop, run) = spawn_run(&scene.provisioning);
    until(&rounds, 5).await;
    until(&passes, 2).await;
    stop.cancel();
    run.await.unwrap();
    let (stop, run) = spawn_run(&scene.provisioning);
    scene.provisioning.shutdown().await;
    run.await.unwrap();
    assert!(!stop.is_cancelled(), "shutdown alone ends it");
}

#[tokio::test(start_paused = true)]
async fn a_long_pass_delays_no_order() {
    let mut stage = Stage::new();
    let rounds = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&rounds);
    stage.purchases.expect_claim_stalled().returning(move |_, _| {
        count.fetch_add(1, Ordering::Relaxed);
        Ok(Vec::new())
    });
    let pass = trunkline_provisioning::port::PassLease {
        lease: crate::fixture::lease(),
        begun_at: crate::fixture::at(0),
    };
    stage.orphans.expect_begin_pass().times(1).returning(move |_, _| Ok(Some(pass)));
    let scene = stage.open_with(
        |provider| Arc::new(LingeringProvider::new(provider).with_list(Delay::of(seconds(600)))),
        |purchases| Arc::new(purchases),
    );
    let begun = tokio::time::Instant::now();
    let (stop, run) = spawn_run(&scene.provisioning);
    until(&rounds, 10).await;
    assert!(begun.elapsed() < seconds(60), "ten rounds took {:?}", begun.elapsed());
    assert_eq!(scene.asked.passes.count(), 0, "the listing is still under way");
    stop.cancel();
    run.await.unwrap();
    assert_eq!(scene.asked.passes.count(), 1, "a pass that has begun is finished");
}

#[tokio::test(start_paused = true)]
async fn one_kind_of_work_does_not_wait_for_another() {
    let mut stage = Stage::new();
    stage.standing.put_order(&unresolved());
    stage.purchases.expect_claim_stalled().returning(|_, _| Err(store_down()));
    let parked = trunkline_provisioning::port::StalledOrphan {
        orphan: trunkline_provisioning::port::Orphan {
            identity: crate::fixture::identity(),
            phone_number: order().phone_number,
            order: order().id,
        },
        lease: crate::fixture::lease(),
        attempts: 0,
    };
    stage.orphans.expect_claim_stalled().returning(move |_, _| Ok(vec![parked.clone()]));
    stage.orphans.expect_begin().returning(|_| Ok(OrphanAnswer::Begun(crate::fixture::lease())));
    let scene = stage.open();
    assert!(scene.provisioning.run_once().await.is_err());
    assert_eq!(scene.asked.orphan_finished.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_round_tells_how_much_it_took_over() {
    let mut stage = Stage::new();
    stage.standing.put_order(&unresolved());
    stage.purchases.expect_claim_stalled().times(1).returning(|terms, limit| {
        assert_eq!((terms.lease, limit), (seconds(60), 32));
        Ok(vec![stalled(unresolved())])
    });
    let scene = stage.open();
    let round = scene.provisioning.run_once().await.unwrap();
    assert_eq!(round, RecoveryRound { orders: 1, releases: 0, orphans: 0 });
    assert_eq!(scene.provisioning.run_once().await.unwrap(), RecoveryRound::default());
}

#[tokio::test(start_paused = true)]
async fn a_release_that_ends_is_told() {
    let stage = Stage::new();
    stage.standing.put_number(&number());
    let scene = stage.open();
    assert_eq!(scene.provisioning.release(release()).await.unwrap(), ReleaseProgress::Released);
}
