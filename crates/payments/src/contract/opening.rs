//! Writing payments down, their pages, and who is due.

use chrono::TimeDelta;
use futures::future::join_all;
use trunkline_domain::{Change, Clock};

use super::{LOOK_AFTER, PaymentFixture, ann, key, paid, payment_id, report, usd};
use crate::{OpeningAnswer, PageNoted, PaymentRef, PaymentState, Progress};

/// A lost acknowledgement is mended by asking again.
pub async fn a_payment_is_written_down_once(f: &PaymentFixture) {
    let change = f.opening(1, usd("25"));
    let first = f.store.open(&change).await.unwrap();
    assert_eq!(f.store.open(&change).await.unwrap(), first);
    let OpeningAnswer::Opened(payment) = first else { panic!("{first:?}") };
    assert_eq!((payment.asked, payment.state, &payment.session), (usd("25"), PaymentState::Opening, &None));
    assert_eq!((payment.opened_at, payment.paid), (f.clock.now(), None));
    assert_eq!(f.store.payment(payment_id(1)).await.unwrap(), Some(payment));
    assert_eq!(f.store.payment(payment_id(2)).await.unwrap(), None);
    f.assert_whole().await;
}

/// The same request opens one payment, whatever id it comes with; another request with its key opens none.
pub async fn a_key_leads_to_its_payment(f: &PaymentFixture) {
    let opened = f.store.open(&f.opening(1, usd("25")).request(Some(key("k", &["25"])))).await.unwrap();
    let OpeningAnswer::Opened(payment) = opened else { panic!("{opened:?}") };
    let again = f.opening(2, usd("25")).request(Some(key("k", &["25"])));
    assert_eq!(f.store.open(&again).await.unwrap(), OpeningAnswer::Repeated(payment));
    let other = f.opening(3, usd("30")).request(Some(key("k", &["30"])));
    assert_eq!(f.store.open(&other).await.unwrap(), OpeningAnswer::KeyReused);
    assert_eq!(f.store.payments(&ann(), None, 10).await.unwrap().payments.len(), 1);
}

/// Payments opened at the same time count each other.
pub async fn at_once_no_more_is_opened_than_the_cap(f: &PaymentFixture) {
    let changes: Vec<_> = (1..=8)
        .map(|n| {
            let mut change = f.opening(n, usd("25"));
            change.body.daily_cap = Some(usd("60"));
            change
        })
        .collect();
    let answers = join_all(changes.iter().map(|change| f.store.open(change))).await;
    let (mut opened, mut refused) = (0, 0);
    for answer in answers {
        match answer.unwrap() {
            OpeningAnswer::Opened(_) => opened += 1,
            OpeningAnswer::CapReached { used } => {
                assert_eq!(used, usd("50"));
                refused += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((opened, refused), (2, 6));
    f.clock.advance(TimeDelta::days(1));
    let mut tomorrow = f.opening(9, usd("60"));
    tomorrow.body.daily_cap = Some(usd("60"));
    assert!(matches!(f.store.open(&tomorrow).await.unwrap(), OpeningAnswer::Opened(_)), "another day");
}

/// A payment that came to nothing does not count for the day's cap; one that is paid does.
pub async fn what_came_to_nothing_leaves_room(f: &PaymentFixture) {
    let capped = |n, amount: &str| {
        let mut change = f.opening(n, usd(amount));
        change.body.daily_cap = Some(usd("50"));
        change
    };
    f.store.open(&capped(1, "50")).await.unwrap();
    assert_eq!(f.store.open(&capped(2, "1")).await.unwrap(), OpeningAnswer::CapReached { used: usd("50") });
    f.assess(1, &report(1, usd("50"), Progress::Expired)).await;
    assert!(matches!(f.store.open(&capped(2, "30")).await.unwrap(), OpeningAnswer::Opened(_)));
    f.assess(2, &paid(2, usd("30"))).await;
    assert_eq!(f.store.open(&capped(3, "21")).await.unwrap(), OpeningAnswer::CapReached { used: usd("30") });
}

/// The page stands; what is known since is not undone by it.
pub async fn a_page_is_noted_once(f: &PaymentFixture) {
    f.open(1, usd("25")).await;
    let noted = |n| {
        Change::new(PageNoted {
            payment: payment_id(n),
            session: format!("cs_{n}").parse().unwrap(),
            page: format!("https://pay.example/{n}").parse().unwrap(),
            expires_at: f.clock.now() + TimeDelta::hours(1),
            look_after: LOOK_AFTER,
            at: f.clock.now(),
        })
    };
    let payment = f.store.note_page(&noted(1)).await.unwrap();
    assert_eq!(payment.state, PaymentState::Open);
    assert_eq!(payment.page.as_ref().unwrap().as_str(), "https://pay.example/1");
    assert_eq!(f.store.note_page(&noted(1)).await.unwrap(), payment);
    let of = PaymentRef::Session("cs_1".parse().unwrap());
    assert_eq!(f.store.payment_of(&of).await.unwrap(), Some(payment));
    assert_eq!(f.store.payment_of(&PaymentRef::Session("cs_2".parse().unwrap())).await.unwrap(), None);

    f.paid(2, usd("25")).await;
    let late = f.store.note_page(&noted(2)).await.unwrap();
    assert_eq!((late.state, late.page.is_some()), (PaymentState::Completed, true));
    let of = PaymentRef::Intent("pi_2".parse().unwrap());
    assert_eq!(f.store.payment_of(&of).await.unwrap().unwrap().id, payment_id(2));
}

/// Two sweepers at once get each payment once; and again when it was not heard of since.
pub async fn due_payments_are_handed_to_one(f: &PaymentFixture) {
    for n in 1..=5 {
        f.open(n, usd("25")).await;
    }
    f.paid(6, usd("25")).await;
    assert_eq!(f.store.due(LOOK_AFTER, 10).await.unwrap(), [], "nothing is due yet");
    f.clock.advance(TimeDelta::from_std(LOOK_AFTER).unwrap());
    let handed = join_all((0..4).map(|_| f.store.due(LOOK_AFTER, 10))).await;
    let mut ids: Vec<_> = handed.into_iter().flat_map(Result::unwrap).map(|payment| payment.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, (1..=5).map(payment_id).collect::<Vec<_>>());
    assert_eq!(f.store.due(LOOK_AFTER, 10).await.unwrap(), []);
    f.clock.advance(TimeDelta::from_std(LOOK_AFTER).unwrap());
    assert_eq!(f.store.due(LOOK_AFTER, 2).await.unwrap().len(), 2);
}

/// Newest first, each once.
pub async fn payments_are_listed_in_pages(f: &PaymentFixture) {
    for n in 1..=5 {
        f.open(n, usd("25")).await;
        f.clock.advance(TimeDelta::seconds(1));
    }
    let first = f.store.payments(&ann(), None, 2).await.unwrap();
    let second = f.store.payments(&ann(), first.next, 3).await.unwrap();
    let ids = first.payments.iter().chain(&second.payments).map(|payment| payment.id);
    assert_eq!(ids.collect::<Vec<_>>(), [5, 4, 3, 2, 1].map(payment_id));
    assert_eq!(second.next, None);
    let nobody = "bob".parse().unwrap();
    assert_eq!(f.store.payments(&nobody, None, 10).await.unwrap().payments, []);
}
