//! The rows that speak of reconciliation, each with everything allowed that may ever be repaired: what is in doubt is only
//! told.

use std::sync::Arc;

use trunkline_domain::{DeploymentId, NumberStatus, OrderId, OrderState, Origin};
use trunkline_provisioning::contract::fixture::{ann, phone};
use trunkline_provisioning::{Marker, ReconcileCommand, Repairs, Report};
use uuid::Uuid;

use super::doubt::{bought, bought_while};
use crate::saga::{Fault, Plan, Process, World, release_of};

/// Reconciles as an operator would who allows everything.
async fn reconcile(world: &World) -> Report {
    let provisioning = world.provisioning(&Process::new(Plan::Healthy));
    let repairs = Repairs::All { confirmed: None };
    let command = ReconcileCommand { repairs, origin: Origin::command_line() };
    let report = provisioning.reconcile(command, Arc::new(|_| {})).await.unwrap();
    provisioning.shutdown().await;
    report
}

/// What is found, but for the operator's own number, which is in every world.
fn classes(report: &Report) -> Vec<&'static str> {
    let findings = report.findings.iter().map(|found| found.finding.class());
    let mut classes: Vec<_> = findings.collect();
    let own = classes.iter().position(|class| *class == "foreign").unwrap();
    classes.remove(own);
    classes
}

pub(crate) async fn beside_a_purchase_in_flight_skips_it(world: World) {
    let meanwhile = async |world: &World| {
        world.stores.wait(60);
        let report = reconcile(world).await;
        assert_eq!((classes(&report), report.skipped), (Vec::new(), 1));
        assert!(world.supplier.look(&phone(1)).number.is_some(), "its order is not failed");
    };
    bought_while(&world, Plan::On("purchases.settle", Fault::HeldBefore), meanwhile).await;
    assert_eq!(world.order_of(1).await.state, OrderState::Completed);
    world.assert_whole("skipped").await;
}

async fn is_only_reported(world: &World, marker: Marker, class: &str) {
    world.supplier.buy_in_console(&phone(1), &format!("Front desk {marker}"));
    world.stores.wait(60);
    for _ in 0..2 {
        let report = reconcile(world).await;
        assert_eq!((classes(&report), report.repairs.done), (vec![class], 0));
        assert!(world.supplier.look(&phone(1)).number.is_some(), "reported, and nothing else");
    }
    assert_eq!((world.orders().await, world.rows().await), (Vec::new(), Vec::new()));
}

pub(crate) async fn after_a_restored_backup_is_report_only(world: World) {
    let order = OrderId::from_uuid(Uuid::from_u128(42));
    is_only_reported(&world, Marker { deployment: World::deployment(), order }, "unknown_order").await;
}

pub(crate) async fn of_a_second_deployment_is_report_only(world: World) {
    let deployment = DeploymentId::from_uuid(Uuid::from_u128(2));
    let order = OrderId::from_uuid(Uuid::from_u128(42));
    is_only_reported(&world, Marker { deployment, order }, "foreign").await;
}

pub(crate) async fn under_a_changed_account_sid_calls_nothing_gone(world: World) {
    bought(&world).await;
    world.supplier.change_account();
    world.stores.wait(60);
    let report = reconcile(&world).await;
    assert_eq!((report.on_other_accounts, report.repairs.done), (1, 0));
    let ghosts = report.findings.iter().filter(|found| found.finding.class() == "ghost").count();
    assert_eq!(ghosts, 0, "{report:?}");
    assert_eq!(world.rows().await[0].status, NumberStatus::Active);
}

/// Both leftovers that the schedule repairs, in one: what was given back and is there still.
pub(crate) async fn of_what_was_given_back_and_is_there_still_gives_it_back(world: World) {
    bought(&world).await;
    let row = world.rows().await.remove(0);
    let held = world.supplier.look(&phone(1)).number.unwrap();
    let process = Process::new(Plan::Healthy);
    let provisioning = world.provisioning(&process);
    provisioning.release(release_of(&ann(), row.id)).await.unwrap();
    world.end(&process, &provisioning).await;
    world.supplier.put_back(held);
    world.stores.wait(60);
    let report = reconcile(&world).await;
    assert_eq!((classes(&report), report.repairs.done), (vec!["released_but_present"], 1));
    assert!(world.supplier.look(&phone(1)).number.is_none());
    let again = reconcile(&world).await;
    assert_eq!((classes(&again), again.repairs.done), (Vec::new(), 0));
    world.assert_whole("given back twice, and charged once").await;
}
