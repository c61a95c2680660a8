//! Alerts, marks and looks.

use std::collections::BTreeMap;

use futures::future::join_all;
use trunkline_domain::{Change, Currency, Money, UserId};

use super::{NoticeFixture, email, thresholds, usd, user};
use crate::{Alerts, Look, MailState, NoticeBody, Standing, Step, Thresholds};

/// And not before it has moved, nor again.
pub async fn a_wallet_that_has_moved_is_looked_at_once(f: &NoticeFixture) {
    let ann = user("ann");
    assert_eq!(f.moved().await, []);
    f.wallets.credit(&ann, usd(10)).await;
    f.wallets.debit(&ann, usd(7)).await;
    let moved = f.moved().await.remove(0);
    assert_eq!((&moved.user, moved.currency, &moved.alerts), (&ann, Currency::USD, &Alerts::default()));
    let unseen = Standing { version: 0, available: usd(0), thresholds: Thresholds::NONE };
    assert_eq!((moved.mark.revision, &moved.mark.standing), (0, &unseen));
    let steps = [Step { version: 1, available: usd(10) }, Step { version: 2, available: usd(3) }];
    assert_eq!(moved.steps, steps);
    let mut look = f.look_at(&moved, 1);
    look.body.standing.thresholds = thresholds(&[5, 2]);
    assert!(f.alerts.look(&look).await.unwrap());
    assert_eq!((f.moved().await, f.listed(&ann).await.len()), (vec![], 1));
    f.wallets.credit(&ann, usd(1)).await;
    let moved = f.moved().await.remove(0);
    let seen = Standing { version: 2, available: usd(3), thresholds: thresholds(&[5, 2]) };
    assert_eq!((moved.mark.revision, &moved.mark.standing), (1, &seen));
    assert_eq!(moved.steps, [Step { version: 3, available: usd(4) }]);
}

/// Nothing is told twice.
pub async fn a_look_is_repeated_harmlessly(f: &NoticeFixture) {
    let ann = user("ann");
    f.wallets.credit(&ann, usd(10)).await;
    let look = f.look_at(&f.moved().await[0], 2);
    assert!(f.alerts.look(&look).await.unwrap());
    assert!(!f.alerts.look(&look).await.unwrap());
    assert_eq!(f.listed(&ann).await.len(), 2);
}

/// What was decided by alerts that hold no more is not told; the wallet comes again.
pub async fn a_look_is_void_where_the_alerts_have_changed(f: &NoticeFixture) {
    let ann = user("ann");
    f.wallets.credit(&ann, usd(10)).await;
    let look = f.look_at(&f.moved().await[0], 1);
    f.set(&ann, Some(thresholds(&[3])), None).await;
    assert!(!f.alerts.look(&look).await.unwrap());
    assert_eq!(f.listed(&ann).await, []);
    assert_eq!(f.moved().await[0].alerts.own, Some(thresholds(&[3])));
}

/// Of two who read the same one is heard.
pub async fn a_look_is_void_where_somebody_looked_since(f: &NoticeFixture) {
    let ann = user("ann");
    f.wallets.credit(&ann, usd(10)).await;
    let moved = f.moved().await.remove(0);
    let looks: Vec<Change<Look>> = (0..8).map(|_| f.look_at(&moved, 1)).collect();
    let heard = join_all(looks.iter().map(|look| f.alerts.look(look))).await;
    assert_eq!(heard.into_iter().filter(|heard| *heard.as_ref().unwrap()).count(), 1);
    assert_eq!(f.listed(&ann).await.len(), 1);
}

/// A row that was written while somebody looked is the next look's.
pub async fn a_wallet_with_more_rows_stays_on_the_list(f: &NoticeFixture) {
    let ann = user("ann");
    f.wallets.credit(&ann, usd(10)).await;
    let look = f.look_at(&f.moved().await[0], 0);
    f.wallets.debit(&ann, usd(1)).await;
    assert!(f.alerts.look(&look).await.unwrap());
    let moved = f.moved().await.remove(0);
    assert_eq!((moved.mark.standing.version, moved.steps), (1, vec![Step { version: 2, available: usd(9) }]));
}

/// Each of them once.
pub async fn wallets_come_in_pages(f: &NoticeFixture) {
    for n in 0..5 {
        f.wallets.credit(&user(&format!("user{n}")), usd(1)).await;
    }
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = f.alerts.moved_wallets(after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.wallet);
        seen.extend(page.into_iter().map(|moved| moved.wallet));
    }
    let mut sorted = seen.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!((seen.len(), seen), (5, sorted));
}

/// Nor of one whom nobody knows.
pub async fn nothing_is_known_of_a_user_who_has_set_nothing(f: &NoticeFixture) {
    f.wallets.add_user(&user("ann"), "ann@example.com").await;
    let account_email = Some(email("ann@example.com"));
    let alerts = f.alerts.alerts(&user("ann"), Currency::USD).await.unwrap();
    assert_eq!(alerts, Alerts { account_email, ..Alerts::default() });
    assert_eq!(f.alerts.alerts(&user("nobody"), Currency::USD).await.unwrap(), Alerts::default());
}

/// And each currency has its own.
pub async fn alerts_are_replaced_whole_and_repeated_harmlessly(f: &NoticeFixture) {
    let ann = user("ann");
    let first = f.setting(&ann, Some(thresholds(&[5, 2])), Some(email("money@example.com")));
    f.alerts.set_alerts(&first).await.unwrap();
    let second = f.setting(&ann, Some(Thresholds::NONE), None);
    f.alerts.set_alerts(&second).await.unwrap();
    f.alerts.set_alerts(&first).await.unwrap();
    let alerts = f.alerts.alerts(&ann, Currency::USD).await.unwrap();
    assert_eq!(alerts, Alerts { own: Some(Thresholds::NONE), version: 2, ..Alerts::default() });
    f.set(&ann, None, None).await;
    let alerts = f.alerts.alerts(&ann, Currency::USD).await.unwrap();
    assert_eq!(alerts, Alerts { version: 3, ..Alerts::default() });
    assert_eq!(f.alerts.alerts(&ann, Currency::INR).await.unwrap(), Alerts::default());
}

/// And one to which no mail can be sent is none.
pub async fn an_address_of_ones_own_comes_first(f: &NoticeFixture) {
    let ann = user("ann");
    f.wallets.add_user(&ann, "ann@example.com").await;
    f.set(&ann, None, Some(email("money@example.com"))).await;
    let alerts = f.alerts.alerts(&ann, Currency::USD).await.unwrap();
    assert_eq!(alerts.address(), Some(&email("money@example.com")));
    assert_eq!(alerts.account_email, Some(email("ann@example.com")));
    f.wallets.add_user(&user("ben"), "ben@bücher.example").await;
    assert_eq!(f.alerts.alerts(&user("ben"), Currency::USD).await.unwrap().address(), None);
}

/// A threshold above the balance fires without a movement of money, once.
pub async fn setting_alerts_has_the_wallet_looked_at(f: &NoticeFixture) {
    let (ann, watch) = (user("ann"), f.watch(""));
    f.wallets.credit(&ann, usd(4)).await;
    assert_eq!(watch.run_once().await.unwrap(), 0);
    f.set(&ann, Some(thresholds(&[5])), None).await;
    f.set(&ann, Some(thresholds(&[5, 1])), None).await;
    assert_eq!((watch.run_once().await.unwrap(), watch.run_once().await.unwrap()), (1, 0));
    f.set(&ann, Some(thresholds(&[5])), None).await;
    f.wallets.debit(&ann, usd(1)).await;
    assert_eq!(watch.run_once().await.unwrap(), 0, "it was told");
}

/// What is held cannot be spent.
pub async fn a_hold_counts_and_its_void_arms_again(f: &NoticeFixture) {
    let (ann, watch) = (user("ann"), f.watch("5 USD"));
    f.wallets.credit(&ann, usd(10)).await;
    assert_eq!(watch.run_once().await.unwrap(), 0);
    for told in 1..=2 {
        f.wallets.hold_and_void(&ann, usd(7)).await;
        assert_eq!(watch.run_once().await.unwrap(), 1, "it fell and recovered between two looks");
        let listed = f.listed(&ann).await;
        assert_eq!(listed.len(), told);
        assert_eq!(listed[0].body, NoticeBody::BalanceLow { available: usd(10), threshold: usd(5) });
    }
}

/// How many walks are walked at once, and how often they are looked at.
const WALKS: u64 = 200;
const LOOKS: u64 = 3;

/// Random walks of many balances, looked at by two watches at once: what is told is what a model of one line expects.
pub async fn crossings_are_told_once_whoever_looks(f: &NoticeFixture) {
    let watches = [f.watch("8 USD, 5 USD"), f.watch("8 USD, 5 USD")];
    let mut seed = 7;
    let mut balances = BTreeMap::new();
    let mut expected: BTreeMap<u64, usize> = BTreeMap::new();
    for _ in 0..LOOKS {
        let mut walks = Vec::new();
        for walk in 0..WALKS {
            let steps: Vec<i64> = (0..=next(&mut seed, 2)).map(|_| target(&mut seed)).collect();
            let before = balances.insert(walk, *steps.last().unwrap()).unwrap_or(0);
            let all: Vec<i64> = std::iter::once(before).chain(steps).collect();
            let crossed =
                |threshold: i64| all.windows(2).any(|pair| pair[0] >= threshold && pair[1] < threshold);
            *expected.entry(walk).or_default() += usize::from(crossed(8)) + usize::from(crossed(5));
            walks.push(walked(f, walk, all));
        }
        join_all(walks).await;
        let told = join_all(watches.iter().map(crate::BalanceWatch::run_once)).await;
        for told in told {
            told.unwrap();
        }
        assert_eq!(f.moved().await, [], "everything was looked at");
    }
    let all = join_all((0..WALKS).map(|walk| async move { f.listed(&walker(walk)).await })).await;
    let told: BTreeMap<u64, usize> = (0..).zip(all.iter().map(Vec::len)).collect();
    assert_eq!(told, expected);
    assert!(all.iter().flatten().all(|notice| notice.mail == MailState::NoAddress), "nobody has an address");
    assert!(expected.values().sum::<usize>() > usize::try_from(WALKS).unwrap() / 2, "the walks cross");
}

fn walker(walk: u64) -> UserId {
    user(&format!("walker{walk}"))
}

/// Takes a wallet from balance to balance.
async fn walked(f: &NoticeFixture, walk: u64, balances: Vec<i64>) {
    let user = walker(walk);
    for pair in balances.windows(2) {
        let moved: Money = usd((pair[1] - pair[0]).abs());
        if pair[1] > pair[0] {
            f.wallets.credit(&user, moved).await;
        } else if pair[1] < pair[0] {
            f.wallets.debit(&user, moved).await;
        }
    }
}

fn target(seed: &mut u64) -> i64 {
    i64::try_from(next(seed, 12)).unwrap()
}

/// Below `bound`, and the same in every run.
fn next(seed: &mut u64, bound: u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) % bound
}
