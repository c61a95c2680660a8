//! The rows in which the provider's account and our rows tell different stories: a person decides, or nobody has to.

use trunkline_domain::{DeploymentId, NumberStatus, OrderId, OrderState, ReviewReason};
use trunkline_provisioning::Marker;
use trunkline_provisioning::contract::fixture::{ann, phone};
use uuid::Uuid;

use crate::saga::{Fault, Moods, Plan, Process, World, purchase_of, release_of};

/// Ann buys a number, and something is done while the call is held.
pub(super) async fn bought_while(world: &World, plan: Plan, meanwhile: impl AsyncFnOnce(&World)) {
    world.credit(&ann(), "10").await;
    let process = Process::new(plan);
    let provisioning = world.provisioning(&process);
    let purchase = tokio::spawn({
        let provisioning = provisioning.clone();
        async move { provisioning.purchase(purchase_of(&ann(), 1)).await }
    });
    process.holds().await;
    meanwhile(world).await;
    process.let_go();
    purchase.await.unwrap().ok();
    world.end(&process, &provisioning).await;
}

pub(super) async fn bought(world: &World) {
    world.credit(&ann(), "10").await;
    let process = Process::new(Plan::Healthy);
    let provisioning = world.provisioning(&process);
    provisioning.purchase(purchase_of(&ann(), 1)).await.ok();
    world.end(&process, &provisioning).await;
}

async fn assert_review(world: &World, reason: ReviewReason) {
    world.settle_down(&Process::new(Plan::Healthy)).await;
    let order = world.order_of(1).await;
    assert_eq!((order.state, order.review), (OrderState::Review, Some(reason)));
    world.assert_whole_but_for_reviews().await;
}

pub(crate) async fn console_bought_it_between_look_and_post_is_for_review(world: World) {
    let meanwhile = async |world: &World| {
        world.supplier.buy_in_console(&phone(1), "the operator's own");
        world.stores.wait(3);
    };
    bought_while(&world, Plan::On("provider.look", Fault::HeldAfter), meanwhile).await;
    assert_review(&world, ReviewReason::OwnedBefore).await;
    assert!(world.supplier.look(&phone(1)).number.is_some(), "it is the operator's, and stays");
}

pub(crate) async fn answer_for_another_number_is_for_review(world: World) {
    world.supplier.misbehave(Moods { sells_another_number: true, ..Moods::default() });
    bought(&world).await;
    assert_review(&world, ReviewReason::AnswerMismatch).await;
}

pub(crate) async fn answer_for_another_type_is_for_review(world: World) {
    world.supplier.misbehave(Moods { sells_another_type: true, ..Moods::default() });
    bought(&world).await;
    assert_review(&world, ReviewReason::AnswerMismatch).await;
}

pub(crate) async fn marker_renamed_before_settle_is_for_review(world: World) {
    world.supplier.misbehave(Moods {
        buys_silently: true,
        lag: chrono::TimeDelta::seconds(30),
        ..Moods::default()
    });
    bought(&world).await;
    world.supplier.rename_in_console(&phone(1), "reception");
    world.decide(&Process::new(Plan::Healthy)).await;
    assert_review(&world, ReviewReason::StrangeMarker).await;
    assert!(world.supplier.look(&phone(1)).number.is_some(), "nothing is released on a guess");
}

pub(crate) async fn marker_renamed_after_settle_changes_nothing(world: World) {
    bought(&world).await;
    world.supplier.rename_in_console(&phone(1), "reception");
    world.settle_down(&Process::new(Plan::Healthy)).await;
    let row = world.rows().await.remove(0);
    assert_eq!(row.status, NumberStatus::Active);
    world.assert_whole("the SID decides").await;
    let process = Process::new(Plan::Healthy);
    let provisioning = world.provisioning(&process);
    provisioning.release(release_of(&ann(), row.id)).await.unwrap();
    world.end(&process, &provisioning).await;
    assert_eq!(world.row(row.id).await.status, NumberStatus::Released);
    world.assert_whole("released by its SID").await;
}

/// A number whose marker says that we should leave it alone.
async fn is_left_alone(world: &World, marker: Marker) {
    world.supplier.buy_in_console(&phone(1), &format!("Front desk {marker}"));
    world.settle_down(&Process::new(Plan::Healthy)).await;
    assert!(world.supplier.look(&phone(1)).number.is_some(), "reported, and nothing else");
    assert_eq!((world.orders().await, world.rows().await), (Vec::new(), Vec::new()));
}

pub(crate) async fn restored_backup_is_report_only(world: World) {
    let order = OrderId::from_uuid(Uuid::from_u128(42));
    is_left_alone(&world, Marker { deployment: World::deployment(), order }).await;
}

pub(crate) async fn second_deployment_is_report_only(world: World) {
    let (deployment, order) = (Uuid::from_u128(2), Uuid::from_u128(42));
    let marker = Marker { deployment: DeploymentId::from_uuid(deployment), order: OrderId::from_uuid(order) };
    is_left_alone(&world, marker).await;
}

pub(crate) async fn changed_account_sid_is_for_review(world: World) {
    world.supplier.misbehave(Moods {
        buys_silently: true,
        lag: chrono::TimeDelta::seconds(30),
        ..Moods::default()
    });
    bought(&world).await;
    world.supplier.change_account();
    world.decide(&Process::new(Plan::Healthy)).await;
    assert_review(&world, ReviewReason::AccountChanged).await;
}

pub(crate) async fn pass_beside_a_purchase_in_flight_skips_it(world: World) {
    let meanwhile = async |world: &World| {
        world.provisioning(&Process::new(Plan::Healthy)).pass_once().await.unwrap();
        assert!(world.supplier.look(&phone(1)).number.is_some(), "its order is not failed");
    };
    bought_while(&world, Plan::On("purchases.settle", Fault::HeldBefore), meanwhile).await;
    assert_eq!(world.order_of(1).await.state, OrderState::Completed);
    world.assert_whole("skipped").await;
}
