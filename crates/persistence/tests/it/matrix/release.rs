//! The rows about giving a number back.

use trunkline_domain::{NumberStatus, OwnedNumber, ReviewReason};
use trunkline_provisioning::contract::fixture::{ann, phone};
use trunkline_provisioning::{Provisioning, ReleaseError};

use crate::saga::{Fault, Moods, Plan, Process, World, release_of};

async fn owned(world: &World) -> OwnedNumber {
    world.credit(&ann(), "10").await;
    world.buy(&ann(), 1).await
}

/// Ann gives her number back, and something is done while the supplier has done it and its answer is held.
async fn released_while(world: &World, meanwhile: impl AsyncFnOnce(&World, &OwnedNumber)) {
    let number = owned(world).await;
    let process = Process::new(Plan::On("provider.release", Fault::HeldAfter));
    let provisioning = world.provisioning(&process);
    let release = tokio::spawn({
        let (provisioning, id) = (provisioning.clone(), number.id);
        async move { provisioning.release(release_of(&ann(), id)).await }
    });
    process.holds().await;
    meanwhile(world, &number).await;
    process.let_go();
    release.await.unwrap().ok();
    world.end(&process, &provisioning).await;
    assert_eq!(world.row(number.id).await.status, NumberStatus::Released);
    assert!(world.supplier.look(&phone(1)).number.is_none());
    world.assert_whole("released once, charged once, nothing refunded").await;
}

fn another(world: &World) -> Provisioning {
    world.provisioning(&Process::new(Plan::Healthy))
}

pub(crate) async fn racing_recovery_ends_once(world: World) {
    released_while(&world, async |world, number| {
        world.stores.wait(61);
        assert_eq!(another(world).run_once().await.unwrap().releases, 1);
        assert_eq!(world.row(number.id).await.status, NumberStatus::Released);
    })
    .await;
}

pub(crate) async fn racing_a_credit_changes_no_charge(world: World) {
    released_while(&world, async |world, _| world.credit(&ann(), "5").await).await;
}

pub(crate) async fn racing_a_second_release_refuses_the_second(world: World) {
    released_while(&world, async |world, number| {
        world.stores.wait(1);
        let told = another(world).release(release_of(&ann(), number.id)).await;
        assert!(matches!(told, Err(ReleaseError::Busy)), "{told:?}");
    })
    .await;
}

pub(crate) async fn unknown_is_sent_again(world: World) {
    let number = owned(&world).await;
    let process = Process::new(Plan::On("provider.release", Fault::NeverArrived));
    let provisioning = world.provisioning(&process);
    provisioning.release(release_of(&ann(), number.id)).await.ok();
    world.end(&process, &provisioning).await;
    assert_eq!(world.row(number.id).await.status, NumberStatus::Releasing);
    world.decide(&Process::new(Plan::Healthy)).await;
    assert_eq!(world.row(number.id).await.status, NumberStatus::Released);
    world.assert_whole("again").await;
}

pub(crate) async fn refused_goes_back_to_active(world: World) {
    let number = owned(&world).await;
    world.supplier.misbehave(Moods { refuses_releases: true, ..Moods::default() });
    let provisioning = another(&world);
    let told = provisioning.release(release_of(&ann(), number.id)).await;
    provisioning.shutdown().await;
    assert!(matches!(told, Err(ReleaseError::RefusedByProvider { code: Some(_) }) | Ok(_)), "{told:?}");
    assert_eq!(world.row(number.id).await.status, NumberStatus::Active);
    world.assert_whole("active").await;
}

/// The configured account has no such number, and says so truly: it is not the account that the number is in.
pub(crate) async fn not_found_on_another_account_is_for_review(world: World) {
    let number = owned(&world).await;
    world.supplier.change_account();
    let provisioning = another(&world);
    provisioning.release(release_of(&ann(), number.id)).await.ok();
    provisioning.shutdown().await;
    let row = world.row(number.id).await;
    assert_eq!((row.status, row.review), (NumberStatus::Review, Some(ReviewReason::AccountChanged)));
    world.assert_whole_but_for_reviews().await;
}

/// The account has no such number, and says so truly: it lives on in another one of the operator's.
pub(crate) async fn transferred_away_is_for_review(world: World) {
    let number = owned(&world).await;
    world.supplier.move_in_console(&phone(1));
    let provisioning = another(&world);
    provisioning.release(release_of(&ann(), number.id)).await.ok();
    provisioning.shutdown().await;
    let row = world.row(number.id).await;
    assert_eq!((row.status, row.review), (NumberStatus::Review, Some(ReviewReason::TransferredAway)));
    world.assert_whole_but_for_reviews().await;
}
