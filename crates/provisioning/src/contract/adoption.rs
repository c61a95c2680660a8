//! Taking numbers that the account holds into our books.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a suite fails by panicking")]

use futures::future::join_all;
use trunkline_domain::{Change, OrderState, OwnedNumber, ProviderIdentity};

use super::fixture::{Fixture, account, ann, bob, phone, sid, terms, unexpected, usd};
use crate::port::{
    AdoptAnswer, Adoption, ClaimEnd, ClaimHolder, OpenAnswer, OpenRefusal, Orphan, OrphanAnswer,
    OrphanOpening, OrphanRefusal, ReleaseEnd, Scope,
};

async fn adopt(f: &Fixture, change: &Change<Adoption>) -> AdoptAnswer {
    f.decisions.adopt(change).await.unwrap()
}

async fn adopted(f: &Fixture, change: &Change<Adoption>) -> OwnedNumber {
    match adopt(f, change).await {
        AdoptAnswer::Adopted(number) => number,
        other => unexpected(&other),
    }
}

/// Somebody else who wants the number; `None` where they get it.
async fn refusal(f: &Fixture, number: u16) -> Option<OpenRefusal> {
    f.credit(&bob(), usd("1.50")).await;
    match f.purchases.open(&f.opening(&bob(), number, usd("1.50"))).await.unwrap() {
        OpenAnswer::Refused(refusal) => Some(refusal),
        OpenAnswer::Opened(_) => None,
        other @ OpenAnswer::Repeat(_) => unexpected(&other),
    }
}

/// The beginning of an orphan's release.
fn orphan_of(f: &Fixture, change: &Change<Adoption>, order: trunkline_domain::OrderId) -> OrphanOpening {
    let identity =
        ProviderIdentity { account: account(), number: change.body.order.number_sid.clone().unwrap() };
    let phone_number = change.body.order.phone_number.clone();
    OrphanOpening { orphan: Orphan { identity, phone_number, order }, terms: terms(), at: f.now() }
}

/// Order, claim, hold, capture and row, as if it had been bought in this moment.
pub async fn an_adoption_makes_everything_together(f: &Fixture) {
    f.credit(&ann(), usd("5")).await;
    let change = f.adoption(&ann(), 1, &sid(1));
    f.wait(3);
    let number = adopted(f, &change).await;
    assert_eq!(number, change.body.number);
    assert_eq!(f.numbers.number_by_phone(&phone(1)).await.unwrap(), Some(number.clone()));
    let order = f.orders.order(&Scope::Everyone, change.body.order.id).await.unwrap().unwrap();
    let expected =
        trunkline_domain::Order { opened_at: f.now(), updated_at: f.now(), ..change.body.order.clone() };
    assert_eq!((order.state, order), (OrderState::Completed, expected));
    let balance = f.balance(&ann()).await;
    assert_eq!((balance.posted, balance.held), (usd("3.50"), usd("0")));
    assert_eq!(f.reconciliations.contradictions(f.now(), 10).await.unwrap(), []);
    assert_eq!(refusal(f, 1).await, Some(OpenRefusal::TakenByOther));
    f.assert_ledger_whole().await;
    let released = f.releases.begin(&f.release_of(&number)).await.unwrap();
    assert!(matches!(released, crate::port::ReleaseAnswer::Begun(_)), "it lives like every other");
}

/// One number and one charge, however often the acknowledgement is lost.
pub async fn an_adoption_is_repeated_harmlessly(f: &Fixture) {
    f.credit(&ann(), usd("5")).await;
    let change = f.adoption(&ann(), 1, &sid(1));
    let first = adopted(f, &change).await;
    f.wait(1);
    assert_eq!(adopted(f, &change).await, first);
    assert_eq!(f.balance(&ann()).await.posted, usd("3.50"));
    f.releases.begin(&f.release_of(&first)).await.unwrap();
    assert_eq!(adopted(f, &change).await.id, first.id, "as it stands by now");
    f.assert_ledger_whole().await;
}

/// Whoever has it, and whether it is live or released.
pub async fn a_number_that_a_row_has_is_known(f: &Fixture) {
    f.credit(&ann(), usd("5")).await;
    let bought = f.buy(&bob(), 1).await;
    let its_sid = bought.identity.clone().unwrap().number;
    let known = adopt(f, &f.adoption(&ann(), 1, &its_sid)).await;
    assert_eq!(known, AdoptAnswer::Known(bought.clone()));
    f.releases.begin(&f.release_of(&bought)).await.unwrap();
    f.releases.finish(&Change::new(ReleaseEnd { number: bought.id, at: f.now() })).await.unwrap();
    match adopt(f, &f.adoption(&ann(), 1, &its_sid)).await {
        AdoptAnswer::Known(number) => assert_eq!(number.id, bought.id),
        other => unexpected(&other),
    }
    assert_eq!(f.balance(&ann()).await.posted, usd("5"));
}

/// An id is made once.
pub async fn an_order_that_exists_is_not_made_again(f: &Fixture) {
    f.credit(&ann(), usd("5")).await;
    let opened = f.open(&ann(), 1, usd("1.50")).await;
    f.fail(&opened, ClaimEnd::Free).await;
    let mut change = f.adoption(&ann(), 1, &sid(1));
    let id = opened.order.id;
    change.body.order.id = id;
    change.body.number.order = Some(id);
    change.body.hold.order = id;
    assert_eq!(adopt(f, &change).await, AdoptAnswer::OrderExists);
    assert_eq!(refusal(f, 1).await, None, "and the phone number is free");
}

/// An undecided order, a live number, and an orphan that is being released.
pub async fn a_claim_that_somebody_needs_is_respected(f: &Fixture) {
    f.credit(&ann(), usd("5")).await;
    f.credit(&bob(), usd("5")).await;
    let ordering = f.open(&bob(), 1, usd("1.50")).await.order.id;
    let live = f.buy(&bob(), 2).await.order.unwrap();
    let failed = f.open(&bob(), 3, usd("1.50")).await;
    f.fail(&failed, ClaimEnd::Cool).await;
    let orphan = orphan_of(f, &f.adoption(&ann(), 3, &sid(3)), failed.order.id);
    f.orphans.begin(&Change::new(orphan)).await.unwrap();
    for (number, order, holder) in [
        (1, ordering, ClaimHolder::Order),
        (2, live, ClaimHolder::Number),
        (3, failed.order.id, ClaimHolder::Orphan),
    ] {
        let answer = adopt(f, &f.adoption(&ann(), number, &sid(u64::from(number) + 900))).await;
        assert_eq!(answer, AdoptAnswer::Claimed { order, holder });
    }
    assert_eq!(f.balance(&ann()).await.posted, usd("5"));
    f.assert_ledger_whole().await;
}

/// A pass that still sees the failed order's marker leaves the number alone, because a row has it; and a complete pass
/// a day later does not free its claim.
pub async fn a_cooling_claim_is_taken_over(f: &Fixture) {
    f.credit(&ann(), usd("5")).await;
    let failed = f.open(&bob_with_money(f).await, 1, usd("1.50")).await;
    f.fail(&failed, ClaimEnd::Cool).await;
    let change = f.adoption(&ann(), 1, &sid(1));
    let number = adopted(f, &change).await;
    let orphan = orphan_of(f, &change, failed.order.id);
    let begun = f.orphans.begin(&Change::new(orphan)).await.unwrap();
    assert_eq!(begun, OrphanAnswer::Refused(OrphanRefusal::NumberExists));
    f.wait(100_000);
    let every = std::time::Duration::ZERO;
    let pass = f.orphans.begin_pass(terms(), every).await.unwrap().unwrap();
    let nothing = crate::port::PassResult {
        pass,
        account: account(),
        complete: true,
        present: Vec::new(),
        cooling: every,
    };
    assert_eq!(f.orphans.finish_pass(&Change::new(nothing)).await.unwrap(), 0);
    assert_eq!(f.numbers.number_by_phone(&phone(1)).await.unwrap(), Some(number));
    assert_eq!(refusal(f, 1).await, Some(OpenRefusal::TakenByOther));
    let order = f.orders.order(&Scope::Everyone, failed.order.id).await.unwrap().unwrap();
    assert_eq!(order.state, OrderState::Failed);
}

async fn bob_with_money(f: &Fixture) -> trunkline_domain::UserId {
    f.credit(&bob(), usd("1.50")).await;
    bob()
}

/// Neither with a wallet that has too little nor without any; a claim stays as it was.
pub async fn an_adoption_without_money_leaves_nothing(f: &Fixture) {
    let change = f.adoption(&ann(), 1, &sid(1));
    let (required, nothing) = (usd("1.50"), usd("0"));
    let short = |available| AdoptAnswer::InsufficientBalance { required, available };
    assert_eq!(adopt(f, &change).await, short(nothing));
    f.credit(&ann(), usd("1.49")).await;
    assert_eq!(adopt(f, &change).await, short(usd("1.49")));
    let failed = f.open(&bob_with_money(f).await, 2, usd("1.50")).await;
    f.fail(&failed, ClaimEnd::Cool).await;
    assert_eq!(adopt(f, &f.adoption(&ann(), 2, &sid(2))).await, short(usd("1.49")));
    assert_eq!(refusal(f, 1).await, None, "nobody deals with the one");
    assert_eq!(refusal(f, 2).await, Some(OpenRefusal::CoolingDown), "and the other cools on");
    assert_eq!(f.orders.order(&Scope::Everyone, change.body.order.id).await.unwrap(), None);
    assert_eq!(f.balance(&ann()).await.posted, usd("1.49"));
    f.credit(&ann(), usd("0.01")).await;
    assert!(matches!(adopt(f, &f.adoption(&ann(), 3, &sid(3))).await, AdoptAnswer::Adopted(_)));
    f.assert_ledger_whole().await;
}

/// Eight operators at once: one number, one charge, and everybody hears of it.
pub async fn parallel_adoptions_make_one(f: &Fixture) {
    f.credit(&ann(), usd("20")).await;
    let changes: Vec<_> = (0..8).map(|_| f.adoption(&ann(), 1, &sid(1))).collect();
    let answers = join_all(changes.iter().map(|change| adopt(f, change))).await;
    let count = |is: fn(&AdoptAnswer) -> bool| answers.iter().filter(|answer| is(answer)).count();
    assert_eq!(count(|answer| matches!(answer, AdoptAnswer::Adopted(_))), 1);
    assert_eq!(count(|answer| matches!(answer, AdoptAnswer::Known(_))), 7);
    assert_eq!(f.balance(&ann()).await.posted, usd("18.50"));
    f.assert_ledger_whole().await;
}

/// A pass finds the orphan at the moment in which an operator adopts it: one of them has it.
pub async fn an_adoption_and_an_orphans_release_exclude_each_other(f: &Fixture) {
    f.credit(&ann(), usd("50")).await;
    for (n, end) in (1..=12_u16).zip([ClaimEnd::Cool, ClaimEnd::Free].into_iter().cycle()) {
        let failed = f.open(&bob_with_money(f).await, n, usd("1.50")).await;
        f.fail(&failed, end).await;
        let change = f.adoption(&ann(), n, &sid(n.into()));
        let opening = Change::new(orphan_of(f, &change, failed.order.id));
        let (adopted, begun) = futures::join!(adopt(f, &change), f.orphans.begin(&opening));
        match (adopted, begun.unwrap()) {
            (AdoptAnswer::Adopted(_), OrphanAnswer::Refused(_))
            | (AdoptAnswer::Claimed { holder: ClaimHolder::Orphan, .. }, OrphanAnswer::Begun(_)) => {}
            other => unexpected(&other),
        }
    }
    f.assert_ledger_whole().await;
}
