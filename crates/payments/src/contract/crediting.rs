//! What is paid is credited, once, whatever arrives.

use chrono::TimeDelta;
use futures::future::join_all;
use trunkline_domain::{Change, Clock, Currency, Money};
use trunkline_wallet::{TransactionDirection, TransactionStatus};

use super::{PaymentFixture, ann, paid, payment_id, refund, report, usd, with};
use crate::assess::{Subject, assessment};
use crate::{AssessmentAnswer, PaymentKind, PaymentState, Progress};

/// However often it is told.
pub async fn a_payment_is_credited_once(f: &PaymentFixture) {
    f.open(1, usd("25")).await;
    let (payment, moved) = f.assess(1, &paid(1, usd("25"))).await;
    assert!(moved);
    assert_eq!((payment.state, payment.paid), (PaymentState::Completed, Some(usd("25"))));
    f.clock.advance(TimeDelta::hours(1));
    assert_eq!(f.assess(1, &paid(1, usd("25"))).await, (payment.clone(), false));
    assert_eq!(f.standing().await, (usd("25"), usd("0")));
    let (from, to) = (payment.updated_at, f.clock.now());
    let credited = f.store.credited_between(from, to, None, 10).await.unwrap();
    assert_eq!(credited.payments, [payment]);
    assert_eq!(f.store.credited_between(to, to + TimeDelta::days(1), None, 10).await.unwrap().payments, []);
    f.assert_whole().await;
}

/// Servers that hear of it at the same moment credit it once, and tell of it once.
pub async fn at_once_a_payment_is_credited_once(f: &PaymentFixture) {
    f.open(1, usd("25")).await;
    let said = f.said(1, &with(&paid(1, usd("25")), &[refund("re_1", usd("10"))]));
    let answers = join_all((0..12).map(|_| f.store.assess(&said))).await;
    let moved = answers
        .into_iter()
        .filter(|answer| matches!(answer, Ok(AssessmentAnswer::Stands { moved: true, .. })))
        .count();
    assert_eq!(moved, 1);
    assert_eq!(f.standing().await, (usd("15"), usd("0")));
    f.assert_whole().await;
}

/// Every order of what can be said of one payment.
pub async fn news_in_any_order_lead_to_the_same(f: &PaymentFixture) {
    let said = |n: u128| {
        [
            report(n, usd("25"), Progress::Open),
            report(n, usd("25"), Progress::Processing),
            report(n, usd("25"), Progress::Failed),
            paid(n, usd("25")),
        ]
    };
    let mut n = 0;
    for order in orders_of_four() {
        n += 1;
        f.open(n, usd("25")).await;
        let news = said(n);
        for place in order {
            f.assess(n, &news[place]).await;
        }
        let payment = f.store.payment(payment_id(n)).await.unwrap().unwrap();
        assert_eq!((payment.state, payment.paid), (PaymentState::Completed, Some(usd("25"))), "{order:?}");
    }
    assert_eq!(f.standing().await, (usd("600"), usd("0")), "24 orders of 25");
    f.assert_whole().await;
}

fn orders_of_four() -> Vec<[usize; 4]> {
    let mut orders = Vec::new();
    for a in 0..4 {
        for b in 0..4 {
            for c in 0..4 {
                for d in 0..4 {
                    let mut seen = [a, b, c, d];
                    seen.sort_unstable();
                    if seen == [0, 1, 2, 3] {
                        orders.push([a, b, c, d]);
                    }
                }
            }
        }
    }
    orders
}

/// What was given up and is paid all the same is credited; what is credited is never given up.
pub async fn yes_beats_no(f: &PaymentFixture) {
    f.open(1, usd("25")).await;
    let (expired, moved) = f.assess(1, &report(1, usd("25"), Progress::Expired)).await;
    assert_eq!((expired.state, moved), (PaymentState::Expired, false));
    let (paid_late, moved) = f.assess(1, &paid(1, usd("25"))).await;
    assert_eq!((paid_late.state, moved), (PaymentState::Completed, true));
    let (after, _) = f.assess(1, &report(1, usd("25"), Progress::Failed)).await;
    assert_eq!(after.state, PaymentState::Completed);
    assert_eq!(f.standing().await, (usd("25"), usd("0")));
}

/// Only what was paid, in the currency in which it was paid.
pub async fn a_payment_is_paid_in_the_currency_in_which_it_is_paid(f: &PaymentFixture) {
    f.open(1, usd("25")).await;
    let rupees = Money::parse("2000", Currency::INR).unwrap();
    let (payment, _) = f.assess(1, &report(1, usd("25"), Progress::Paid { amount: rupees })).await;
    assert_eq!((payment.asked, payment.paid), (usd("25"), Some(rupees)));
    let balance = f.wallets.balance(&ann(), Currency::INR).await.unwrap().unwrap();
    assert_eq!(balance.posted, rupees);
    assert_eq!(f.standing().await, (usd("0"), usd("0")));
    f.assert_whole().await;
}

/// A restored backup is older than the payment.
pub async fn a_payment_of_which_nothing_is_known_is_written_down(f: &PaymentFixture) {
    let (payment, moved) = f.assess(1, &paid(1, usd("25"))).await;
    assert_eq!((payment.state, moved, payment.asked), (PaymentState::Completed, true, usd("25")));
    assert_eq!(payment.session.unwrap().as_str(), "cs_1");
    let (open, moved) = f.assess(2, &report(2, usd("5"), Progress::Open)).await;
    assert_eq!((open.state, moved), (PaymentState::Open, false));
    assert_eq!(f.standing().await, (usd("25"), usd("0")));
    f.assert_whole().await;
}

/// A report that names another user than the one who opened the payment moves nothing.
pub async fn what_is_anothers_is_left_alone(f: &PaymentFixture) {
    let before = f.open(1, usd("25")).await;
    let subject = Subject {
        id: payment_id(1),
        user: "bob".parse().unwrap(),
        kind: PaymentKind::Checkout,
        description: String::new(),
    };
    let change = Change::new(assessment(&subject, &paid(1, usd("25")), f.clock.now()).unwrap());
    assert_eq!(f.store.assess(&change).await.unwrap(), AssessmentAnswer::OtherUser);
    assert_eq!(f.store.payment(payment_id(1)).await.unwrap(), Some(before));
    assert!(f.wallets.snapshot().await.unwrap().transfers.is_empty());
}

/// Pending, completed, failed and refunded, in pages that lose and repeat nothing.
pub async fn the_history_shows_payments(f: &PaymentFixture) {
    use TransactionDirection::{Credit, Debit};
    let tick = || f.clock.advance(TimeDelta::seconds(1));
    f.open(1, usd("1")).await;
    tick();
    f.open(2, usd("2")).await;
    f.assess(2, &report(2, usd("2"), Progress::Failed)).await;
    tick();
    f.credit(100, usd("3")).await;
    tick();
    f.paid(4, usd("4")).await;
    tick();
    f.assess(4, &with(&paid(4, usd("4")), &[refund("re_4", usd("4"))])).await;
    tick();
    f.paid(5, usd("5")).await;
    tick();
    f.assess(5, &with(&paid(5, usd("5")), &[refund("re_5", usd("1"))])).await;
    let expected = [
        (Debit, "1.00 USD", TransactionStatus::Completed),
        (Credit, "5.00 USD", TransactionStatus::Completed),
        (Debit, "4.00 USD", TransactionStatus::Completed),
        (Credit, "4.00 USD", TransactionStatus::Refunded),
        (Credit, "3.00 USD", TransactionStatus::Completed),
        (Credit, "2.00 USD", TransactionStatus::Failed),
        (Credit, "1.00 USD", TransactionStatus::Pending),
    ]
    .map(|(direction, amount, status)| (direction, amount.to_owned(), status));
    assert_eq!(f.lines().await, expected);

    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = f.wallets.transactions(&ann(), after, 2).await.unwrap();
        seen.extend(page.transactions.into_iter().map(|line| line.amount.to_string()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, expected.map(|(_, amount, _)| amount));
}
