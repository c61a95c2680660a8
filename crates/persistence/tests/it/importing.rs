//! The import's contract, and where an imported number meets those who sell, release and reconcile.

use std::sync::Arc;

use chrono::TimeDelta;
use trunkline_domain::{Change, NumberStatus, OwnedNumber};
use trunkline_import::contract::{asked, at, bare, number, told};
use trunkline_import::{ImportAnswer, ImportStore, UserImport};
use trunkline_provisioning::contract::Fixture;
use trunkline_provisioning::contract::fixture::{ann, bob, unexpected, usd};
use trunkline_provisioning::port::{
    ClaimEnd, NumberStore, OpenAnswer, OpenRefusal, OrderStore, ReleaseAnswer, ReleaseEnd, Scope,
};

use crate::engine::on_every_engine;

on_every_engine!(trunkline_import::import_store_contract!(importing));

/// A fresh, empty store, as the import and as provisioning see it.
pub(crate) struct BothFixture {
    pub(crate) import: Arc<dyn ImportStore>,
    pub(crate) numbers: Arc<dyn NumberStore>,
    pub(crate) orders: Arc<dyn OrderStore>,
    pub(crate) f: Fixture,
}

impl BothFixture {
    /// Moves a number to ann.
    async fn import(&self, n: u16) -> OwnedNumber {
        let import = UserImport { numbers: vec![number("ann", n)], ..bare("ann") };
        let moved = import.numbers[0].number.clone();
        assert_eq!(self.import.import_user(&told(import)).await.unwrap(), ImportAnswer::Stands);
        moved
    }

    async fn read(&self, number: &OwnedNumber) -> OwnedNumber {
        self.numbers.number(&Scope::Everyone, number.id).await.unwrap().unwrap()
    }
}

macro_rules! on_both {
    ($($case:ident),+ $(,)?) => {
        mod with_provisioning {
            $(
                mod $case {
                    #[tokio::test]
                    async fn sqlite() {
                        super::super::$case(&crate::engine::sqlite::both().await).await;
                    }

                    #[tokio::test]
                    async fn postgres() {
                        super::super::$case(&crate::engine::postgres::both().await).await;
                    }
                }
            )+
        }
    };
}

on_both!(
    an_imported_number_is_found_sold_to_nobody_and_charged_nothing,
    an_imported_number_is_given_back_and_is_then_free,
    a_claim_that_cools_down_is_taken_over,
    a_number_that_is_being_bought_is_in_the_way,
);

async fn an_imported_number_is_found_sold_to_nobody_and_charged_nothing(both: &BothFixture) {
    let moved = both.import(1).await;
    assert_eq!(both.read(&moved).await, moved);
    let by_phone = both.numbers.number_by_phone(&moved.phone_number).await.unwrap();
    assert_eq!(by_phone.map(|number| number.id), Some(moved.id), "calls find it");

    both.f.credit(&bob(), usd("5")).await;
    let mut purchase = both.f.opening(&bob(), 1, usd("1.50"));
    purchase.body.order.phone_number = moved.phone_number.clone();
    let answer = both.f.purchases.open(&purchase).await.unwrap();
    assert!(matches!(answer, OpenAnswer::Refused(OpenRefusal::TakenByOther)), "{answer:?}");
    both.f.credit(&ann(), usd("5")).await;
    let mut purchase = both.f.opening(&ann(), 1, usd("1.50"));
    purchase.body.order.phone_number = moved.phone_number.clone();
    let answer = both.f.purchases.open(&purchase).await.unwrap();
    let OpenAnswer::Refused(OpenRefusal::AlreadyOwned { number }) = answer else { unexpected(&answer) };
    assert_eq!(number, moved.id);

    let order = both.orders.order(&Scope::Everyone, moved.order.unwrap()).await.unwrap().unwrap();
    assert_eq!((order.charge, order.opened_at), (usd("0"), at() - TimeDelta::days(31)));
    assert_eq!(order.charged(), trunkline_domain::ChargeState::No);
    both.f.wait(3_600);
    let contradictions =
        both.f.reconciliations.contradictions(both.f.now() + TimeDelta::days(9_999), 9).await.unwrap();
    assert_eq!(contradictions, [], "no charge is missing");
    both.f.assert_ledger_whole().await;
}

async fn an_imported_number_is_given_back_and_is_then_free(both: &BothFixture) {
    let moved = both.import(1).await;
    let begun = both.f.releases.begin(&both.f.release_of(&moved)).await.unwrap();
    let ReleaseAnswer::Begun(begun) = begun else { unexpected(&begun) };
    assert_eq!(begun.number.status, NumberStatus::Releasing);
    both.f.releases.finish(&Change::new(ReleaseEnd { number: moved.id, at: both.f.now() })).await.unwrap();
    assert_eq!(both.read(&moved).await.status, NumberStatus::Released);
    let import = UserImport { numbers: vec![number("ann", 1)], ..bare("ann") };
    assert_eq!(both.import.standing(&asked(&import)).await.unwrap().claimed, []);
    // The same import again leaves it as it has become.
    assert_eq!(both.import.import_user(&told(import)).await.unwrap(), ImportAnswer::Stands);
    assert_eq!(both.read(&moved).await.status, NumberStatus::Released);
}

async fn a_claim_that_cools_down_is_taken_over(both: &BothFixture) {
    both.f.credit(&bob(), usd("5")).await;
    let mut purchase = both.f.opening(&bob(), 1, usd("1.50"));
    purchase.body.order.phone_number = number("ann", 1).number.phone_number;
    let opened = both.f.open_as(&purchase).await;
    both.f.fail(&opened, ClaimEnd::Cool).await;
    let moved = both.import(1).await;
    let by_phone = both.numbers.number_by_phone(&moved.phone_number).await.unwrap();
    assert_eq!(by_phone.map(|number| number.id), Some(moved.id));
    both.f.assert_ledger_whole().await;
}

async fn a_number_that_is_being_bought_is_in_the_way(both: &BothFixture) {
    both.f.credit(&bob(), usd("5")).await;
    let mut purchase = both.f.opening(&bob(), 1, usd("1.50"));
    purchase.body.order.phone_number = number("ann", 1).number.phone_number;
    both.f.open_as(&purchase).await;
    let import = UserImport { numbers: vec![number("ann", 1)], ..bare("ann") };
    let answer = both.import.import_user(&told(import.clone())).await.unwrap();
    assert!(matches!(answer, ImportAnswer::InTheWay(_)), "{answer:?}");
    let standing = both.import.standing(&asked(&import)).await.unwrap();
    assert_eq!((standing.user, standing.numbers.len(), standing.claimed.len()), (None, 0, 1));
}
