//! A number from both sides, and what to do.

use trunkline_domain::{DeploymentId, NumberStatus, Order, OrderState, OwnedNumber, ReviewReason};
use trunkline_provider::ProviderNumber;
use trunkline_provisioning::port::{NumberName, OrphanStage};
use trunkline_provisioning::{Advice, AtProvider, Marker};
use uuid::Uuid;

use super::{called, filed, in_review, orphan, stuck};
use crate::fixture::{
    account, at, identity, marker, number, order, outcome_unknown, provider_number, sighting,
};
use crate::stage::Stage;

async fn advice(mut stage: Stage, found: Result<Option<ProviderNumber>, ()>) -> Advice {
    stage.provider.expect_fetch().returning(move |_| found.clone().map_err(|()| outcome_unknown()));
    let dossier = stage.open().provisioning.dossier(&NumberName::Sid(identity().number)).await.unwrap();
    dossier.advice
}

#[tokio::test(start_paused = true)]
async fn a_dossier_says_what_to_do() {
    let row = |status| OwnedNumber { status, ..number() };
    let held = || Ok(Some(provider_number()));
    let rows = |number| filed(vec![number], Vec::new());
    let nobody = || filed(Vec::new(), Vec::new());
    assert_eq!(advice(rows(number()), held()).await, Advice::Nothing);
    assert_eq!(advice(rows(number()), Ok(None)).await, Advice::WriteOff);
    assert_eq!(advice(rows(number()), Err(())).await, Advice::AskAgain);
    assert!(matches!(advice(rows(number()), Ok(Some(called("Sales")))).await, Advice::Settings(_)));
    assert_eq!(advice(rows(row(NumberStatus::Releasing)), held()).await, Advice::Wait);
    let waiting = in_review(ReviewReason::AttemptsSpent);
    assert_eq!(advice(rows(waiting.clone()), held()).await, Advice::ReleaseOrKeep);
    assert_eq!(advice(rows(waiting), Ok(None)).await, Advice::WriteOff);
    assert_eq!(advice(rows(row(NumberStatus::Released)), held()).await, Advice::ReleaseAtProvider);
    assert_eq!(advice(nobody(), held()).await, Advice::Adopt, "its order is not here");
    assert_eq!(advice(nobody(), Ok(Some(called("Sales")))).await, Advice::Adopt);
    assert_eq!(advice(nobody(), Ok(None)).await, Advice::Nothing);
    assert_eq!(advice(filed(Vec::new(), vec![orphan(stuck())]), held()).await, Advice::ReleaseOrphan);
    let given_back = filed(Vec::new(), vec![orphan(OrphanStage::Released)]);
    assert_eq!(advice(given_back, held()).await, Advice::ReleaseOrphanAtProvider);
    let theirs = DeploymentId::from_uuid(Uuid::from_u128(77));
    let found = called(&Marker { deployment: theirs, ..marker() }.to_string());
    assert_eq!(advice(nobody(), Ok(Some(found))).await, Advice::AdoptFromDeployment(theirs));
    for (number_sid, expected) in [
        ("PN00000000000000000000000000000009".parse().unwrap(), Advice::SecondNumber(order().id)),
        (identity().number, Advice::PutBack { order: order().id, user: order().user }),
    ] {
        let stage = nobody();
        let number_sid = Some(number_sid);
        stage.standing.put_order(&Order { state: OrderState::Completed, number_sid, ..order() });
        assert_eq!(advice(stage, held()).await, expected);
    }
    for (state, expected) in [
        (OrderState::Failed, Advice::AwaitPass(order().id)),
        (OrderState::Review, Advice::DecideOrder(order().id)),
    ] {
        let stage = nobody();
        stage.standing.put_order(&Order { state, ..order() });
        assert_eq!(advice(stage, held()).await, expected);
    }
    let stage = nobody();
    stage.standing.put_order(&Order { state: OrderState::Failed, ..order() });
    let changed_since = ProviderNumber { date_updated: at(3_600), ..provider_number() };
    assert_eq!(
        advice(stage, Ok(Some(changed_since))).await,
        Advice::InDoubt(order().id),
        "no pass releases it"
    );
}

#[tokio::test(start_paused = true)]
async fn a_phone_number_that_no_row_has_is_looked_for() {
    let mut stage = filed(Vec::new(), Vec::new());
    stage.looks(|| Ok(sighting(Some(called("Sales")))));
    let scene = stage.open();
    let name = NumberName::Phone(order().phone_number);
    let dossier = scene.provisioning.dossier(&name).await.unwrap();
    assert_eq!((dossier.at_provider.held(), dossier.advice), (Some(&called("Sales")), Advice::Adopt));
    let dossier = filed(Vec::new(), Vec::new()).open().provisioning.dossier(&name).await.unwrap();
    let AtProvider::Absent { account: asked } = dossier.at_provider else { panic!("it is absent") };
    assert_eq!(asked, account());
}

/// Its name says nothing of an order, or nobody can look: a customer's money is held for it all the same.
#[tokio::test(start_paused = true)]
async fn a_number_that_an_order_is_buying_is_that_orders() {
    let name = NumberName::Phone(order().phone_number);
    for found in [Some(Some(called("Sales"))), Some(None), None] {
        let mut stage = filed(Vec::new(), Vec::new());
        stage.standing.put_order(&Order { state: OrderState::Review, ..order() });
        stage.looks(move || found.clone().map(sighting).ok_or_else(outcome_unknown));
        let dossier = stage.open().provisioning.dossier(&name).await.unwrap();
        assert_eq!(dossier.advice, Advice::DecideOrder(order().id));
    }
}

/// A number that a customer has paid for is lost to them for good where it is released.
#[test]
fn nobody_is_told_to_release_what_is_paid_for() {
    let told = Advice::PutBack { order: order().id, user: order().user }.to_do();
    assert!(told.starts_with("do not release it"), "{told}");
    assert!(told.contains(&format!("--user {} --from-order {}", order().user, order().id)), "{told}");
    assert!(Advice::Settings(Vec::new()).to_do().contains("`trunkline reconcile --repair`"));
    assert!(Advice::ReleaseAtProvider.to_do().contains("`trunkline reconcile --repair`"));
}
