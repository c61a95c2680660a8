//! What is taken back: out of what is available, and owed where it was spent.

use chrono::TimeDelta;
use futures::future::join_all;
use trunkline_domain::{Clock, Money};
use trunkline_wallet::{TransactionDirection, TransactionStatus};

use super::{PaymentFixture, ann, dispute, paid, payment_id, refund, taking, usd, with};
use crate::{TakingKind, TakingStanding};

/// What may still come back is asked about again: disputes longer than refunds; what has come back is not.
pub async fn undecided_disputes_are_found(f: &PaymentFixture) {
    let since = f.clock.now();
    for n in 1..=4 {
        f.paid(n, usd("25")).await;
    }
    let taken = |standing| [dispute("dp_1", usd("25"), standing)];
    f.assess(1, &with(&paid(1, usd("25")), &taken(TakingStanding::Taken))).await;
    f.assess(2, &with(&paid(2, usd("25")), &[refund("re_2", usd("25"))])).await;
    let won = [dispute("dp_3", usd("25"), TakingStanding::Returned)];
    f.assess(3, &with(&paid(3, usd("25")), &won)).await;
    let lost = [dispute("dp_4", usd("25"), TakingStanding::Taken)];
    f.assess(4, &with(&paid(4, usd("25")), &lost)).await;
    let ids = async |disputes, refunds, limit| {
        let (mut ids, mut after) = (Vec::new(), None);
        loop {
            let page = f.store.undecided_since(disputes, refunds, after, limit).await.unwrap();
            ids.extend(page.payments.into_iter().map(|payment| payment.id));
            after = page.next;
            if after.is_none() {
                return ids;
            }
        }
    };
    let later = since + TimeDelta::seconds(1);
    assert_eq!(ids(since, later, 1).await, [payment_id(1), payment_id(4)]);
    assert_eq!(ids(later, since, 10).await, [payment_id(2)]);
    assert_eq!(ids(since, since, 10).await, [1, 2, 4].map(payment_id));
    assert_eq!(ids(later, later, 10).await, []);
    f.assess(1, &with(&paid(1, usd("25")), &taken(TakingStanding::Returned))).await;
    assert_eq!(ids(since, later, 10).await, [payment_id(4)]);
}

/// A refund of what is there takes it, once, and leaves the rest.
pub async fn a_refund_takes_what_is_available(f: &PaymentFixture) {
    f.paid(1, usd("25")).await;
    let said = with(&paid(1, usd("25")), &[refund("re_1", usd("10"))]);
    assert!(f.assess(1, &said).await.1);
    assert!(!f.assess(1, &said).await.1, "told twice");
    assert_eq!(f.standing().await, (usd("15"), usd("0")));
    let takings = f.store.takings(payment_id(1)).await.unwrap();
    assert_eq!((takings.len(), takings[0].amount, takings[0].returned_at), (1, usd("10"), None));
    f.assert_whole().await;
}

/// Less is there than is taken: the rest is owed, and nothing is available meanwhile.
pub async fn what_was_spent_is_owed(f: &PaymentFixture) {
    f.paid(1, usd("25")).await;
    f.spend(100, usd("18")).await;
    f.assess(1, &with(&paid(1, usd("25")), &[dispute("dp_1", usd("25"), TakingStanding::Taken)])).await;
    assert_eq!(f.standing().await, (usd("0"), usd("18")));
    let lines = f.lines().await;
    assert!(lines.contains(&(
        TransactionDirection::Credit,
        "25.00 USD".to_owned(),
        TransactionStatus::Refunded
    )));
    assert!(lines.contains(&(
        TransactionDirection::Credit,
        "18.00 USD".to_owned(),
        TransactionStatus::Completed
    )));
    f.assert_whole().await;
}

/// What comes in pays what is owed first; the rest is available. Credits, corrections and payments alike.
pub async fn a_debt_is_paid_first(f: &PaymentFixture) {
    f.paid(1, usd("25")).await;
    f.spend(100, usd("25")).await;
    f.assess(1, &with(&paid(1, usd("25")), &[dispute("dp_1", usd("25"), TakingStanding::Taken)])).await;
    f.credit(101, usd("5")).await;
    assert_eq!(f.standing().await, (usd("0"), usd("20")));
    f.adjust(102, TransactionDirection::Credit, usd("8")).await;
    assert_eq!(f.standing().await, (usd("0"), usd("12")));
    f.paid(2, usd("20")).await;
    assert_eq!(f.standing().await, (usd("8"), usd("0")));
    f.spend(103, usd("8")).await;
    f.credit(104, usd("1")).await;
    assert_eq!(f.standing().await, (usd("1"), usd("0")));
    f.assert_whole().await;
}

/// The money comes back, and pays what was owed for it.
pub async fn a_dispute_that_is_won_gives_back(f: &PaymentFixture) {
    f.paid(1, usd("25")).await;
    f.spend(100, usd("18")).await;
    let taken = with(&paid(1, usd("25")), &[dispute("dp_1", usd("25"), TakingStanding::Taken)]);
    let won = with(&paid(1, usd("25")), &[dispute("dp_1", usd("25"), TakingStanding::Returned)]);
    f.assess(1, &taken).await;
    f.credit(101, usd("3")).await;
    assert_eq!(f.standing().await, (usd("0"), usd("15")));
    assert!(f.assess(1, &won).await.1);
    assert_eq!(f.standing().await, (usd("10"), usd("0")), "7 that were there, and 3 that came in");
    assert!(!f.assess(1, &taken).await.1, "late news of the dispute takes nothing again");
    assert!(!f.assess(1, &won).await.1);
    assert_eq!(f.standing().await, (usd("10"), usd("0")));
    f.assert_whole().await;
    f.assess(1, &with(&won, &[won.takings[0].clone(), refund("re_1", usd("25"))])).await;
    assert_eq!(f.standing().await, (usd("0"), usd("15")), "what came back can be refunded");
    f.assert_whole().await;
}

/// Both are heard of at once, before anything else.
pub async fn taken_and_returned_leaves_nothing(f: &PaymentFixture) {
    f.open(1, usd("25")).await;
    let failed = taking("re_1", TakingKind::Refund, usd("25"), TakingStanding::Returned);
    f.assess(1, &with(&paid(1, usd("25")), &[failed])).await;
    assert_eq!(f.standing().await, (usd("25"), usd("0")));
    let lines = f.lines().await;
    assert_eq!(lines.len(), 3);
    assert!(
        lines
            .iter()
            .all(|(_, amount, status)| { amount == "25.00 USD" && *status == TransactionStatus::Completed })
    );
    f.assert_whole().await;
}

/// A bank may take back what was refunded already.
pub async fn more_than_was_paid_can_be_taken(f: &PaymentFixture) {
    f.paid(1, usd("25")).await;
    let refunded = refund("re_1", usd("10"));
    let said =
        |standing| with(&paid(1, usd("25")), &[refunded.clone(), dispute("dp_1", usd("25"), standing)]);
    f.assess(1, &said(TakingStanding::Taken)).await;
    assert_eq!(f.standing().await, (usd("0"), usd("10")));
    let refunded = f.lines().await.into_iter().any(|(_, _, status)| status == TransactionStatus::Refunded);
    assert!(refunded, "nothing is left of it");
    f.assert_whole().await;
    f.assess(1, &said(TakingStanding::Returned)).await;
    assert_eq!(f.standing().await, (usd("15"), usd("0")));
    f.assert_whole().await;
}

/// Servers that know different parts of the same story, in any order and at once, with money going in and out between.
pub async fn takings_in_any_order_lead_to_the_same(f: &PaymentFixture) {
    let whole = usd("40");
    f.open(1, whole).await;
    let (taken, won) = (TakingStanding::Taken, TakingStanding::Returned);
    let said = [
        paid(1, whole),
        with(&paid(1, whole), &[refund("re_1", usd("5"))]),
        with(&paid(1, whole), &[refund("re_1", usd("5")), dispute("dp_1", usd("35"), taken)]),
        with(&paid(1, whole), &[refund("re_1", usd("5")), dispute("dp_1", usd("35"), won)]),
        with(&paid(1, whole), &[dispute("dp_1", usd("35"), won), refund("re_2", usd("2"))]),
    ];
    f.credit(100, usd("3")).await;
    for round in 0..4_usize {
        let shuffled = (0..said.len()).map(|place| &said[(place * (round + 1) + round) % said.len()]);
        let changes: Vec<_> = shuffled.map(|report| f.said(1, report)).collect();
        let news = join_all(changes.iter().map(|change| f.store.assess(change)));
        let (answers, ()) = futures::join!(news, f.credit(200 + round as u128, usd("1")));
        assert!(answers.into_iter().all(|answer| answer.is_ok()));
        f.assert_whole().await;
    }
    let expected: Money = usd("40"); // 3 + 4 given, 40 paid, 5 and 2 refunded.
    assert_eq!(f.standing().await, (expected, usd("0")));
    assert_eq!(f.store.takings(payment_id(1)).await.unwrap().len(), 3);
    assert_eq!(f.wallets.debt(&ann(), expected.currency()).await.unwrap(), usd("0"));
}
