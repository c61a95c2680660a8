//! What limits a user: that each limit is kept exactly, whoever opens what beside it, that nothing is left of what is
//! refused, and that what is set for one user comes before what holds for everybody.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a suite fails by panicking")]

use chrono::{NaiveTime, TimeDelta};
use futures::future::join_all;
use trunkline_domain::{Change, Country, Currency, Money, NumberType, Origin, RequestOperation, UserId};
use trunkline_wallet::{AccountId, HoldPlacement};

use super::fixture::{Fixture, ann, bob, key, sid, unexpected, usd};
use crate::port::{
    ClaimEnd, LimitsFile, LimitsSetting, NumberRecording, OpenAnswer, OpenRefusal, PurchaseOpening,
    ReleaseEnd, SetLimitsAnswer,
};
use crate::{LimitReached, LimitUse, OwnLimits, UserLimits};

/// Limits as they are written.
fn limits(json: &str) -> UserLimits {
    serde_json::from_str(json).unwrap()
}

fn own(json: &str) -> OwnLimits {
    serde_json::from_str(json).unwrap()
}

/// An opening under limits that hold for everybody.
fn limited(f: &Fixture, number: u16, everybody: &str) -> Change<PurchaseOpening> {
    let mut change = f.opening(&ann(), number, usd("1.50"));
    change.body.limits = limits(everybody);
    change
}

fn setting(f: &Fixture, user: &UserId, version: u32, json: &str) -> Change<LimitsSetting> {
    let audit = Origin::command_line().audit("user.limit", user, Some(user), f.now());
    Change::new(LimitsSetting { user: user.clone(), own: own(json), version, at: f.now() }).audit(audit)
}

/// Sets what holds for Ann alone.
async fn set(f: &Fixture, version: u32, json: &str) {
    f.wait(1);
    let answer = f.limits.set_limits(&setting(f, &ann(), version, json)).await.unwrap();
    assert_eq!(answer, SetLimitsAnswer::Set);
}

async fn refused(f: &Fixture, change: &Change<PurchaseOpening>) -> LimitReached {
    match f.purchases.open(change).await.unwrap() {
        OpenAnswer::Refused(OpenRefusal::LimitExceeded { reached }) => reached,
        other => unexpected(&other),
    }
}

/// Buys a number and gives it back.
async fn churn(f: &Fixture, number: u16) {
    let number = f.buy(&ann(), number).await;
    f.releases.begin(&f.release_of(&number)).await.unwrap();
    f.releases.finish(&Change::new(ReleaseEnd { number: number.id, at: f.now() })).await.unwrap();
}

/// Nobody is limited until somebody sets a limit.
pub async fn a_user_begins_without_limits(f: &Fixture) {
    assert_eq!(f.limits.limits(&ann()).await.unwrap(), LimitsFile::default());
}

/// What is set is read back, once per change, and only where it still is what was read.
pub async fn limits_are_set_once_on_what_was_read(f: &Fixture) {
    let json =
        r#"{"numbers": 3, "monthlyPrice": {"INR": 150.5, "USD": 20.00}, "countries": ["US"], "churn": null}"#;
    let first = setting(f, &ann(), 0, json);
    assert_eq!(f.limits.set_limits(&first).await.unwrap(), SetLimitsAnswer::Set);
    assert_eq!(f.limits.set_limits(&first).await.unwrap(), SetLimitsAnswer::Set, "a lost acknowledgement");
    let file = LimitsFile { own: own(json), version: 1, used: LimitUse::default() };
    assert_eq!(f.limits.limits(&ann()).await.unwrap(), file);
    f.wait(1);
    for version in [0, 2] {
        let answer = f.limits.set_limits(&setting(f, &ann(), version, "{}")).await.unwrap();
        assert_eq!(answer, SetLimitsAnswer::Moved);
    }
    assert_eq!(f.limits.limits(&ann()).await.unwrap(), file);
    set(f, 1, "{}").await;
    assert_eq!(f.limits.limits(&ann()).await.unwrap(), LimitsFile { version: 2, ..LimitsFile::default() });
    assert_eq!(f.limits.limits(&bob()).await.unwrap(), LimitsFile::default());
}

/// Twenty who change the same limits: one of them at a time.
pub async fn parallel_changes_of_limits_do_not_lose_one(f: &Fixture) {
    let changes: Vec<_> = (1..=20)
        .map(|n| {
            f.wait(1);
            setting(f, &ann(), 0, &format!(r#"{{"numbers": {n}}}"#))
        })
        .collect();
    let answers = join_all(changes.iter().map(|change| f.limits.set_limits(change))).await;
    let set = answers.iter().filter(|answer| matches!(answer, Ok(SetLimitsAnswer::Set))).count();
    assert_eq!((set, f.limits.limits(&ann()).await.unwrap().version), (1, 1));
}

/// Fifty at once where three are allowed: three open, and nothing is held for the others.
pub async fn parallel_openings_keep_to_the_numbers_limit(f: &Fixture) {
    f.credit(&ann(), usd("100")).await;
    let changes: Vec<_> = (1..=50).map(|n| limited(f, n, r#"{"numbers": 3}"#)).collect();
    let answers = join_all(changes.iter().map(|change| f.purchases.open(change))).await;
    let is_limited =
        |answer: &&Result<_, _>| matches!(answer, Ok(OpenAnswer::Refused(OpenRefusal::LimitExceeded { .. })));
    let refused = answers.iter().filter(is_limited).count();
    let opened = answers.iter().filter(|answer| matches!(answer, Ok(OpenAnswer::Opened(_)))).count();
    assert_eq!((opened, refused), (3, 47), "{answers:?}");
    assert_eq!(f.balance(&ann()).await.held, usd("4.50"));
    assert_eq!(f.limits.limits(&ann()).await.unwrap().used.numbers, 3);
    f.assert_ledger_whole().await;
}

/// One user with wallets in two currencies has one limit.
pub async fn openings_in_two_currencies_keep_to_one_limit(f: &Fixture) {
    let rupees = |amount| Money::parse(amount, Currency::INR).unwrap();
    f.credit(&ann(), usd("100")).await;
    f.credit(&ann(), rupees("9000")).await;
    let changes: Vec<_> = (1..=20)
        .map(|n| {
            let mut change = limited(f, n, r#"{"purchasesPerDay": 3}"#);
            if n % 2 == 0 {
                let (opening, price) = (&mut change.body, rupees("120"));
                let hold = &opening.hold;
                opening.hold =
                    HoldPlacement::new(hold.hold, ann(), price, opening.order.id, hold.description.clone());
                opening.order.wallet = AccountId::wallet(&ann(), Currency::INR).into();
                (opening.order.charge, opening.order.monthly_cost) = (price, price);
            }
            change
        })
        .collect();
    let answers = join_all(changes.iter().map(|change| f.purchases.open(change))).await;
    let opened = answers.iter().filter(|answer| matches!(answer, Ok(OpenAnswer::Opened(_)))).count();
    assert_eq!(opened, 3, "{answers:?}");
    f.assert_ledger_whole().await;
}

/// Orders in flight and live numbers count; what failed or was given back makes room again, and a record does not count.
pub async fn numbers_held_are_counted_exactly(f: &Fixture) {
    const TWO: &str = r#"{"numbers": 2}"#;
    f.credit(&ann(), usd("25")).await;
    f.credit(&bob(), usd("25")).await;
    let record = NumberRecording { number: f.record_of(&ann(), 90) };
    f.numbers.record(&Change::new(record)).await.unwrap();
    f.buy(&bob(), 80).await;
    let first = f.open_as(&limited(f, 1, TWO)).await;
    let second = f.open_as(&limited(f, 2, TWO)).await;
    let full = LimitReached::Numbers { allowed: 2.try_into().unwrap() };
    assert_eq!(refused(f, &limited(f, 3, TWO)).await, full);
    let bought = f.settle(&first.order, &sid(1)).await;
    assert_eq!(refused(f, &limited(f, 3, TWO)).await, full);
    f.fail(&second, ClaimEnd::Free).await;
    f.open_as(&limited(f, 3, TWO)).await;
    f.releases.begin(&f.release_of(&bought)).await.unwrap();
    assert_eq!(refused(f, &limited(f, 4, TWO)).await, full, "until it is given back it is held");
    f.releases.finish(&Change::new(ReleaseEnd { number: bought.id, at: f.now() })).await.unwrap();
    f.open_as(&limited(f, 4, TWO)).await;
    let used = LimitUse { numbers: 2, purchases_today: 3, released_recently: 1 };
    assert_eq!(f.limits.limits(&ann()).await.unwrap().used, used);
}

/// Nothing is held, nobody has the number, and the key may be used again when there is room.
pub async fn what_a_limit_refuses_leaves_nothing_behind(f: &Fixture) {
    f.credit(&ann(), usd("25")).await;
    let request = || key(&ann(), RequestOperation::Purchase, "k", &["1"]);
    let first = f.open_as(&limited(f, 1, r#"{"numbers": 1}"#)).await;
    let keyed = |json| limited(f, 2, json).request(Some(request()));
    refused(f, &keyed(r#"{"numbers": 1}"#)).await;
    assert_eq!(f.purchases.repeat(&request()).await.unwrap(), None);
    assert_eq!(f.balance(&ann()).await.held, usd("1.50"));
    // Somebody else gets the number.
    f.credit(&bob(), usd("25")).await;
    f.open(&bob(), 2, usd("1.50")).await;
    f.fail(&first, ClaimEnd::Free).await;
    f.open_as(&limited(f, 3, r#"{"numbers": 1}"#).request(Some(request()))).await;
    f.assert_ledger_whole().await;
}

/// A client that lost an answer finds its order, full or not; and a key answers before any limit does.
pub async fn what_the_user_has_already_is_said_before_a_limit(f: &Fixture) {
    const ONE: &str = r#"{"numbers": 1}"#;
    f.credit(&ann(), usd("25")).await;
    let first = limited(f, 1, ONE);
    let order = f.open_as(&first).await.order;
    let own = OpenAnswer::Refused(OpenRefusal::AlreadyOrdering { order: order.id });
    assert_eq!(f.purchases.open(&limited(f, 1, ONE)).await.unwrap(), own);
    assert_eq!(f.open_as(&first).await.order, order, "a lost acknowledgement");
    refused(f, &limited(f, 2, ONE)).await;
}

/// A limit is said before the want of money.
pub async fn limits_come_before_money(f: &Fixture) {
    f.credit(&ann(), usd("1.50")).await;
    f.open_as(&limited(f, 1, r#"{"numbers": 1}"#)).await;
    refused(f, &limited(f, 2, r#"{"numbers": 1}"#)).await;
    let poor = f.purchases.open(&limited(f, 2, r#"{"numbers": 2}"#)).await.unwrap();
    assert!(matches!(poor, OpenAnswer::Refused(OpenRefusal::InsufficientBalance { .. })), "{poor:?}");
}

/// A day is one of UTC, by the store's clock; failed purchases do not count.
pub async fn purchases_of_a_day_are_counted(f: &Fixture) {
    const TWO: &str = r#"{"purchasesPerDay": 2}"#;
    f.credit(&ann(), usd("25")).await;
    let midnight = f.now().date_naive().and_time(NaiveTime::MIN).and_utc() + TimeDelta::days(1);
    f.clock.advance(midnight - f.now() - TimeDelta::microseconds(1));
    churn(f, 1).await;
    let second = f.open_as(&limited(f, 2, TWO)).await;
    let full = LimitReached::PurchasesPerDay { allowed: 2.try_into().unwrap() };
    assert_eq!(refused(f, &limited(f, 3, TWO)).await, full);
    f.fail(&second, ClaimEnd::Free).await;
    f.open_as(&limited(f, 3, TWO)).await;
    assert_eq!(refused(f, &limited(f, 4, TWO)).await, full);
    f.clock.advance(TimeDelta::microseconds(1));
    f.open_as(&limited(f, 4, TWO)).await;
}

/// By the month's price, in the currency of the purchase; what is not named in a currency is not for sale in it.
pub async fn a_price_is_limited_in_its_currency(f: &Fixture) {
    f.credit(&ann(), usd("25")).await;
    let (price, allowed) = (usd("1.50"), Some(usd("1.499999")));
    let dear = LimitReached::MonthlyPrice { price, allowed };
    assert_eq!(refused(f, &limited(f, 1, r#"{"monthlyPrice": {"USD": 1.499999}}"#)).await, dear);
    let other = LimitReached::MonthlyPrice { price, allowed: None };
    assert_eq!(refused(f, &limited(f, 1, r#"{"monthlyPrice": {"INR": 5000}}"#)).await, other);
    f.open_as(&limited(f, 1, r#"{"monthlyPrice": {"INR": 5000, "USD": 1.5}}"#)).await;
}

/// Countries and types that are not named are not for sale.
pub async fn countries_and_types_are_limited(f: &Fixture) {
    f.credit(&ann(), usd("25")).await;
    let allowed = "CA, GB".parse().unwrap();
    let country = LimitReached::Countries { country: Country::US, allowed };
    assert_eq!(refused(f, &limited(f, 1, r#"{"countries": ["GB", "CA"]}"#)).await, country);
    let allowed = "toll_free, mobile".parse().unwrap();
    let number_type = LimitReached::NumberTypes { number_type: NumberType::Local, allowed };
    assert_eq!(refused(f, &limited(f, 1, r#"{"numberTypes": ["mobile", "toll_free"]}"#)).await, number_type);
    f.open_as(&limited(f, 1, r#"{"countries": ["US"], "numberTypes": ["local"]}"#)).await;
}

/// Five, or twice what is held, within thirty days.
pub async fn churn_is_limited_by_what_is_held(f: &Fixture) {
    const CHURN: &str = r#"{"churn": true}"#;
    f.credit(&ann(), usd("100")).await;
    for number in 1..=5 {
        churn(f, number).await;
    }
    let held = f.open_as(&limited(f, 20, CHURN)).await;
    churn(f, 6).await;
    assert_eq!(refused(f, &limited(f, 7, CHURN)).await, LimitReached::Churn { released: 6, allowed: 5 });
    f.open(&ann(), 21, usd("1")).await;
    f.open(&ann(), 22, usd("1")).await;
    f.open_as(&limited(f, 23, CHURN)).await;
    f.fail(&held, ClaimEnd::Free).await;
    for number in 7..=8 {
        churn(f, number).await;
    }
    assert_eq!(refused(f, &limited(f, 24, CHURN)).await, LimitReached::Churn { released: 8, allowed: 6 });
    f.clock.advance(TimeDelta::days(UserLimits::CHURN_DAYS));
    f.open_as(&limited(f, 24, CHURN)).await;
}

/// What is set for one user replaces what holds for everybody, limit by limit.
pub async fn own_limits_come_first(f: &Fixture) {
    const EVERYBODY: &str = r#"{"numbers": 1, "countries": ["CA"], "purchasesPerDay": 3}"#;
    f.credit(&ann(), usd("25")).await;
    assert_eq!(refused(f, &limited(f, 1, EVERYBODY)).await.name(), "countries");
    set(f, 0, r#"{"countries": ["US"]}"#).await;
    f.open_as(&limited(f, 1, EVERYBODY)).await;
    assert_eq!(refused(f, &limited(f, 2, EVERYBODY)).await.name(), "numbers");
    set(f, 1, r#"{"countries": null, "numbers": 2}"#).await;
    f.open_as(&limited(f, 2, EVERYBODY)).await;
    assert_eq!(refused(f, &limited(f, 3, EVERYBODY)).await.name(), "numbers");
    set(f, 2, r#"{"countries": null, "numbers": null}"#).await;
    f.open_as(&limited(f, 3, EVERYBODY)).await;
    assert_eq!(refused(f, &limited(f, 4, EVERYBODY)).await.name(), "purchasesPerDay");
    set(f, 3, r#"{"monthlyPrice": {"USD": 1}}"#).await;
    assert_eq!(refused(f, &limited(f, 4, "{}")).await.name(), "monthlyPrice");
    set(f, 4, "{}").await;
    f.open_as(&limited(f, 4, "{}")).await;
}
