//! The rows about one purchase.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use trunkline_domain::{FailureReason, OrderState};
use trunkline_provisioning::contract::fixture::{ann, bob, phone};
use trunkline_provisioning::{ProvisioningSettings, PurchaseError, PurchaseOutcome};

use crate::saga::{Fault, Moods, Plan, Process, World, purchase_of};

/// Ann buys a number under a fault; then recovery decides. Whether her process heard an answer is no matter.
async fn bought_under(world: &World, plan: Plan) {
    world.credit(&ann(), "10").await;
    let process = Process::new(plan);
    let provisioning = world.provisioning(&process);
    process.heard(provisioning.purchase(purchase_of(&ann(), 1))).await;
    world.end(&process, &provisioning).await;
    assert!(plan == Plan::Healthy || process.was_struck());
    world.decide(&Process::new(Plan::Healthy)).await;
}

async fn passes(world: &World) {
    world.settle_down(&Process::new(Plan::Healthy)).await;
}

async fn assert_one_and_one(world: &World) {
    assert_eq!(world.order_of(1).await.state, OrderState::Completed);
    assert_eq!(world.rows().await.len(), 1);
    assert_eq!(world.supplier.purchases(), 1);
    world.assert_whole("one and one").await;
}

async fn assert_none(world: &World) {
    assert_eq!(world.rows().await, []);
    assert_eq!(world.supplier.owned().len(), 1, "the operator's own");
    world.assert_whole("none").await;
}

pub(crate) async fn crash_before_tx1_leaves_none(world: World) {
    bought_under(&world, Plan::On("purchases.open", Fault::DiesBefore)).await;
    assert_eq!(world.orders().await, []);
    assert_none(&world).await;
}

pub(crate) async fn crash_after_tx1_before_the_post_leaves_none(world: World) {
    bought_under(&world, Plan::On("purchases.open", Fault::DiesAfter)).await;
    assert_eq!(world.order_of(1).await.state, OrderState::Failed);
    assert_eq!(world.supplier.purchases(), 0, "recovery never buys");
    assert_none(&world).await;
}

pub(crate) async fn lost_acknowledgement_of_tx1_is_one_order_and_no_second_hold(world: World) {
    bought_under(&world, Plan::On("purchases.open", Fault::AnswerLost)).await;
    assert_one_and_one(&world).await;
    let lines = world.stores.wallets.transactions(&ann(), None, 100).await.unwrap().transactions;
    assert_eq!(lines.len(), 2, "the credit, and one purchase: {lines:?}");
}

pub(crate) async fn lost_acknowledgement_of_tx2_is_one_and_one(world: World) {
    bought_under(&world, Plan::On("purchases.settle", Fault::AnswerLost)).await;
    assert_one_and_one(&world).await;
}

pub(crate) async fn answer_lost_and_the_list_shows_it_at_once_is_one_and_one(world: World) {
    bought_under(&world, Plan::On("provider.buy", Fault::AnswerLost)).await;
    assert_one_and_one(&world).await;
}

pub(crate) async fn answer_lost_and_the_list_shows_it_late_within_the_window_is_one_and_one(world: World) {
    world.supplier.misbehave(Moods { lag: TimeDelta::seconds(250), ..Moods::default() });
    bought_under(&world, Plan::On("provider.buy", Fault::AnswerLost)).await;
    assert_one_and_one(&world).await;
}

pub(crate) async fn answer_lost_and_the_list_shows_it_beyond_the_window_is_none_and_the_orphan_released(
    world: World,
) {
    world.supplier.misbehave(Moods { lag: TimeDelta::hours(1), ..Moods::default() });
    bought_under(&world, Plan::On("provider.buy", Fault::AnswerLost)).await;
    let order = world.order_of(1).await;
    assert_eq!((order.state, order.failure), (OrderState::Failed, Some(FailureReason::NeverArrived)));
    assert_eq!(world.supplier.owned().len(), 2, "nobody has seen it yet");
    passes(&world).await;
    assert_none(&world).await;
}

pub(crate) async fn slow_opener_with_a_sid_after_its_lease_ended_is_one_and_one(world: World) {
    world.credit(&ann(), "10").await;
    world.supplier.misbehave(Moods { lag: TimeDelta::seconds(250), ..Moods::default() });
    let slow = Process::new(Plan::On("provider.buy", Fault::HeldAfter));
    let opener = world.provisioning(&slow);
    let purchase = tokio::spawn({
        let opener = opener.clone();
        async move { opener.purchase(purchase_of(&ann(), 1)).await }
    });
    slow.holds().await;
    world.stores.wait(61);
    // Another worker takes the order over, sees nothing, and leaves it for later: the opener's lease is gone.
    let round = world.provisioning(&Process::new(Plan::Healthy)).run_once().await.unwrap();
    assert_eq!(round.orders, 1);
    slow.let_go();
    purchase.await.unwrap().ok();
    world.end(&slow, &opener).await;
    assert_one_and_one(&world).await;
}

pub(crate) async fn slow_opener_that_has_not_posted_yet_is_stopped_by_send_by(world: World) {
    world.credit(&ann(), "10").await;
    let slow = Process::new(Plan::On("provider.look", Fault::HeldAfter));
    let (send_window, request_timeout) = (Duration::from_millis(20), Duration::from_millis(15));
    let settings = ProvisioningSettings { send_window, request_timeout, ..World::settings() };
    let opener = world.provisioning_with(&slow, settings, world.clock());
    let started = Instant::now();
    let purchase = tokio::spawn({
        let opener = opener.clone();
        async move { opener.purchase(purchase_of(&ann(), 1)).await }
    });
    slow.holds().await;
    while started.elapsed() <= send_window {
        tokio::task::yield_now().await;
    }
    slow.let_go();
    purchase.await.unwrap().ok();
    world.end(&slow, &opener).await;
    assert_eq!(world.order_of(1).await.failure, Some(FailureReason::ProviderUnavailable));
    assert_eq!(world.supplier.purchases(), 0);
    assert_none(&world).await;
}

pub(crate) async fn late_post_after_a_void_is_an_orphan_and_released(world: World) {
    world.supplier.misbehave(Moods { keeps_purchases_back: true, ..Moods::default() });
    bought_under(&world, Plan::Healthy).await;
    assert_eq!(world.order_of(1).await.state, OrderState::Failed);
    world.supplier.deliver();
    assert_eq!(world.supplier.owned().len(), 2);
    passes(&world).await;
    assert_none(&world).await;
}

pub(crate) async fn late_post_after_another_tenant_bought_the_number_changes_nothing_of_theirs(world: World) {
    world.supplier.misbehave(Moods { keeps_purchases_back: true, ..Moods::default() });
    bought_under(&world, Plan::Healthy).await;
    // Two complete passes without it end the cooling.
    passes(&world).await;
    world.supplier.misbehave(Moods::default());
    world.credit(&bob(), "10").await;
    let bobs = world.buy(&bob(), 1).await;
    // It reaches the supplier as an update of Bob's number, which now bears the marker of Ann's failed order.
    world.supplier.deliver();
    passes(&world).await;
    assert_eq!(world.row(bobs.id).await.status, trunkline_domain::NumberStatus::Active);
    assert_eq!(world.supplier.look(&phone(1)).number.unwrap().identity, bobs.identity.unwrap());
}

pub(crate) async fn late_post_after_the_console_bought_the_number_releases_nothing(world: World) {
    world.supplier.misbehave(Moods { keeps_purchases_back: true, ..Moods::default() });
    bought_under(&world, Plan::Healthy).await;
    assert_eq!(world.order_of(1).await.state, OrderState::Failed);
    let operators = world.supplier.buy_in_console(&phone(1), "the operator's own");
    world.stores.wait(3);
    // It puts the marker of Ann's failed order on the operator's number.
    world.supplier.deliver();
    passes(&world).await;
    assert_eq!(world.supplier.look(&phone(1)).number.unwrap().identity.number, operators);
}

pub(crate) async fn unknown_is_looked_for_and_never_sent_again(world: World) {
    // Whoever sent it again now would be told 21422, and give a number up that is there.
    bought_under(&world, Plan::On("provider.buy", Fault::AnswerLost)).await;
    assert_eq!(world.supplier.purchases(), 1);
    assert_one_and_one(&world).await;
}

pub(crate) async fn certain_no_leaves_none(world: World) {
    world.supplier.sell_elsewhere(&phone(1));
    bought_under(&world, Plan::Healthy).await;
    assert_eq!(world.order_of(1).await.failure, Some(FailureReason::NumberUnavailable));
    assert_none(&world).await;
    // The claim is free at once: the next one hears of the provider's no, and of nobody's claim.
    world.credit(&bob(), "10").await;
    let provisioning = world.provisioning(&Process::new(Plan::Healthy));
    let told = provisioning.purchase(purchase_of(&bob(), 1)).await;
    assert!(matches!(told, Err(PurchaseError::Failed { .. }) | Ok(PurchaseOutcome::Pending(_))), "{told:?}");
}

pub(crate) async fn client_gone_between_201_and_tx2_is_one_and_one(world: World) {
    bought_under(&world, Plan::On("purchases.settle", Fault::CallerLeaves)).await;
    assert_one_and_one(&world).await;
}
