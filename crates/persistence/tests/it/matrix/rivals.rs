//! The rows about two who want the same.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use trunkline_domain::{Clock, OrderState};
use trunkline_provisioning::contract::fixture::{ann, bob};
use trunkline_provisioning::port::OpenRefusal;
use trunkline_provisioning::{Provisioning, PurchaseError};

use crate::saga::{Fault, Plan, Process, World, purchase_of};

/// A server's clock that is wrong.
struct Skewed {
    right: Arc<dyn Clock>,
    by: TimeDelta,
}

impl Clock for Skewed {
    fn now(&self) -> DateTime<Utc> {
        self.right.now() + self.by
    }
}

/// The opener's answer is lost with the opener, and two replicas go for its order at once, again and again.
async fn decided_by_two(world: &World, replicas: [Provisioning; 2]) {
    world.credit(&ann(), "10").await;
    let opener = Process::new(Plan::On("provider.buy", Fault::DiesAfter));
    opener.heard(world.provisioning(&opener).purchase(purchase_of(&ann(), 1))).await;
    let [one, two] = &replicas;
    for _ in 0..10 {
        world.stores.wait(61);
        let (first, second) = tokio::join!(one.run_once(), two.run_once());
        assert!(first.unwrap().orders + second.unwrap().orders <= 1, "one of them takes it over");
    }
    assert_eq!(world.order_of(1).await.state, OrderState::Completed);
    world.assert_whole("one and one").await;
}

pub(crate) async fn two_replicas_on_one_order_are_one_and_one(world: World) {
    let replica = || world.provisioning(&Process::new(Plan::Healthy));
    decided_by_two(&world, [replica(), replica()]).await;
}

pub(crate) async fn two_replicas_whose_clocks_are_90_s_apart_are_one_and_one(world: World) {
    let replica = |seconds| {
        let clock = Skewed { right: world.clock(), by: TimeDelta::seconds(seconds) };
        world.provisioning_with(&Process::new(Plan::Healthy), World::settings(), Arc::new(clock))
    };
    decided_by_two(&world, [replica(-45), replica(45)]).await;
}

pub(crate) async fn two_tenants_at_the_same_moment_one_wins(world: World) {
    world.credit(&ann(), "10").await;
    world.credit(&bob(), "10").await;
    let provisioning = world.provisioning(&Process::new(Plan::Healthy));
    let (anns, bobs) = tokio::join!(
        provisioning.purchase(purchase_of(&ann(), 1)),
        provisioning.purchase(purchase_of(&bob(), 1))
    );
    provisioning.shutdown().await;
    let is_refused = |told: &Result<_, PurchaseError>| {
        matches!(told, Err(PurchaseError::Refused(OpenRefusal::TakenByOther)))
    };
    assert!(is_refused(&anns) != is_refused(&bobs), "{anns:?}, {bobs:?}");
    assert_eq!(world.order_of(1).await.state, OrderState::Completed);
    world.assert_whole("one wins").await;
}

pub(crate) async fn two_tenants_while_the_first_settles_the_first_wins(world: World) {
    world.credit(&ann(), "10").await;
    world.credit(&bob(), "10").await;
    let first = Process::new(Plan::On("purchases.settle", Fault::HeldBefore));
    let provisioning = world.provisioning(&first);
    let purchase = tokio::spawn({
        let provisioning = provisioning.clone();
        async move { provisioning.purchase(purchase_of(&ann(), 1)).await }
    });
    first.holds().await;
    let second = world.provisioning(&Process::new(Plan::Healthy));
    let told = second.purchase(purchase_of(&bob(), 1)).await;
    assert!(matches!(told, Err(PurchaseError::Refused(OpenRefusal::TakenByOther))), "{told:?}");
    first.let_go();
    purchase.await.unwrap().ok();
    world.end(&first, &provisioning).await;
    assert_eq!(world.order_of(1).await.user, ann());
    world.assert_whole("the first wins").await;
}
