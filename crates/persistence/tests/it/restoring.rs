//! Putting the row back of a number that its order has paid for, after somebody has deleted it, which no port can do. On
//! both engines.

use futures::future::join_all;
use trunkline_domain::{Change, Origin, OwnedNumber, ProviderIdentity};
use trunkline_provisioning::contract::Fixture;
use trunkline_provisioning::contract::fixture::{account, ann, bob, phone, sid, unexpected, usd};
use trunkline_provisioning::port::{
    AdoptAnswer, ClaimEnd, ClaimHolder, Contradiction, Missing, OpenAnswer, OpenRefusal, ReleaseAnswer,
    Restoration, RestoreAnswer,
};

use crate::engine::on_every_engine;
use crate::reconciling::Place;

const NO_NUMBER: &str = "DELETE FROM business_numbers";
const NO_CLAIM: &str = "DELETE FROM number_claim";
const NO_CAPTURE: &str = "DELETE FROM transfer WHERE kind = 'capture'";
const TOLD: &str = "SELECT COUNT(*) FROM audit WHERE action = 'number.restore'";

/// The row as it shall be again, a minute later than it was made.
fn restoration(f: &Fixture, number: &OwnedNumber) -> Change<Restoration> {
    let number = OwnedNumber { created_at: f.now(), updated_at: f.now(), ..number.clone() };
    let audit = Origin::command_line().audit("number.restore", number.id, Some(&number.user), f.now());
    Change::new(Restoration { number }).audit(audit)
}

async fn restore(f: &Fixture, change: &Change<Restoration>) -> RestoreAnswer {
    f.decisions.restore(change).await.unwrap()
}

async fn missing(f: &Fixture) -> Vec<Missing> {
    let found = f.reconciliations.contradictions(f.now() + chrono::TimeDelta::seconds(1), 10).await.unwrap();
    found.into_iter().map(|Contradiction { missing, .. }| missing).collect()
}

/// With the claim that the number left behind, and without it. Nothing is charged, whoever asks how often.
async fn a_lost_row_is_put_back_and_nothing_is_charged<P: Place>() {
    for damage in [&[NO_NUMBER][..], &[NO_NUMBER, NO_CLAIM]] {
        let place = P::new().await;
        let f = place.fixture().await;
        let bought = f.buy(&ann(), 1).await;
        place.vandalise(damage).await;
        assert_eq!(missing(&f).await, [Missing::Number]);
        f.wait(60);
        let change = restoration(&f, &bought);
        for _ in 0..2 {
            assert_eq!(restore(&f, &change).await, RestoreAnswer::Restored(change.body.number.clone()));
        }
        assert_eq!(f.numbers.number_by_phone(&phone(1)).await.unwrap(), Some(change.body.number.clone()));
        assert_eq!((missing(&f).await, f.balance(&ann()).await.posted), (Vec::new(), usd("0")));
        assert_eq!(place.count(TOLD).await, 1);
        f.credit(&bob(), usd("1.50")).await;
        match f.purchases.open(&f.opening(&bob(), 1, usd("1.50"))).await.unwrap() {
            OpenAnswer::Refused(refusal) => assert_eq!(refusal, OpenRefusal::TakenByOther),
            other => unexpected(&other),
        }
        f.assert_ledger_whole().await;
        let released = f.releases.begin(&f.release_of(&bought)).await.unwrap();
        assert!(matches!(released, ReleaseAnswer::Begun(_)), "it lives on like every other");
        match restore(&f, &change).await {
            RestoreAnswer::Restored(number) => assert_eq!(number.id, bought.id, "as it stands by now"),
            other => unexpected(&other),
        }
    }
}

/// What another purchase left cooling is taken over; what somebody deals with is not.
async fn the_claims_of_others_are_respected<P: Place>() {
    let place = P::new().await;
    let f = place.fixture().await;
    let bought = f.buy(&ann(), 1).await;
    place.vandalise(&[NO_NUMBER, NO_CLAIM]).await;
    f.credit(&bob(), usd("3")).await;
    let other = f.open(&bob(), 1, usd("1.50")).await;
    let change = restoration(&f, &bought);
    let (order, holder) = (other.order.id, ClaimHolder::Order);
    assert_eq!(restore(&f, &change).await, RestoreAnswer::Claimed { order, holder });
    assert_eq!(missing(&f).await, [Missing::Number]);
    f.fail(&other, ClaimEnd::Cool).await;
    assert!(matches!(restore(&f, &change).await, RestoreAnswer::Restored(_)));
    assert_eq!((missing(&f).await, place.count(TOLD).await), (Vec::new(), 1));
}

/// A number that a customer never paid for is not given to them by this.
async fn a_number_that_nobody_paid_for_is_not_put_back<P: Place>() {
    let place = P::new().await;
    let f = place.fixture().await;
    let bought = f.buy(&ann(), 1).await;
    place.vandalise(&[NO_NUMBER, NO_CAPTURE]).await;
    assert_eq!(restore(&f, &restoration(&f, &bought)).await, RestoreAnswer::NotCharged);
    assert_eq!((f.numbers.number_by_phone(&phone(1)).await.unwrap(), place.count(TOLD).await), (None, 0));
}

/// Where a row stands there is nothing to put back, and no order is made to have bought what it did not.
async fn what_is_not_lost_is_not_put_back<P: Place>() {
    let place = P::new().await;
    let f = place.fixture().await;
    let bought = f.buy(&ann(), 1).await;
    assert_eq!(restore(&f, &restoration(&f, &bought)).await, RestoreAnswer::Restored(bought.clone()));
    let identity = Some(ProviderIdentity { account: account(), number: sid(900) });
    let another = OwnedNumber { identity, ..bought.clone() };
    assert_eq!(restore(&f, &restoration(&f, &another)).await, RestoreAnswer::Known(bought.clone()));
    place.vandalise(&[NO_NUMBER]).await;
    for wrong in
        [another, OwnedNumber { user: bob(), ..bought.clone() }, OwnedNumber { order: None, ..bought }]
    {
        assert!(f.decisions.restore(&restoration(&f, &wrong)).await.is_err());
    }
    assert_eq!((missing(&f).await, place.count(TOLD).await), (vec![Missing::Number], 0));
}

/// Two operators, the one of whom would adopt it anew: one row, and one charge.
async fn one_of_many_puts_it_back<P: Place>() {
    let place = P::new().await;
    let f = place.fixture().await;
    let bought = f.buy(&ann(), 1).await;
    place.vandalise(&[NO_NUMBER]).await;
    f.credit(&ann(), usd("5")).await;
    let change = restoration(&f, &bought);
    let adoption = f.adoption(&ann(), 1, &bought.identity.clone().unwrap().number);
    let restored = join_all((0..4).map(|_| restore(&f, &change)));
    let (restored, adopted) = futures::join!(restored, f.decisions.adopt(&adoption));
    assert!(restored.iter().all(|answer| matches!(answer, RestoreAnswer::Restored(_))), "{restored:?}");
    match adopted.unwrap() {
        AdoptAnswer::Known(number) => assert_eq!(number.id, bought.id),
        AdoptAnswer::Claimed { order, .. } => assert_eq!(Some(order), bought.order),
        other => unexpected(&other),
    }
    assert_eq!((f.balance(&ann()).await.posted, place.count(TOLD).await), (usd("5"), 1));
}

macro_rules! restoring_tests {
    ($place:ty) => {
        restoring_tests!(
            $place,
            a_lost_row_is_put_back_and_nothing_is_charged,
            the_claims_of_others_are_respected,
            a_number_that_nobody_paid_for_is_not_put_back,
            what_is_not_lost_is_not_put_back,
            one_of_many_puts_it_back,
        );
    };
    ($place:ty, $($case:ident),+ $(,)?) => {
        $(
            #[tokio::test]
            async fn $case() {
                super::$case::<$place>().await;
            }
        )+
    };
}

on_every_engine!(restoring_tests!(Database));
