//! Any sequence of steps against a pure model of the wallet: credits, corrections, orders, settlements, aborts and
//! repeats.
//!
//! The model is a handful of numbers with no store and no rules but the two that matter: an order opens if its number
//! is free and its charge is available, and a hold is captured or voided once.

#![expect(clippy::unwrap_used, reason = "a suite fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use trunkline_domain::{Change, Currency, FailureReason, Money, Order, TransferId, UserId};
use trunkline_wallet::{AccountId, Adjustment, AdjustmentAnswer, CreditAnswer, TransactionDirection};

use super::fixture::{Fixture, sid, unexpected};
use crate::LeaseToken;
use crate::port::{Authority, ClaimEnd, OpenAnswer, OpenRefusal, SettleAnswer, Transition};

/// How many users take part.
const USERS: u8 = 3;

/// How many phone numbers they want.
const NUMBERS: u8 = 6;

/// One step: what to do (any value, taken modulo the kinds of steps), with how much money in millionths, and with
/// which of the things that are there.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// What to do.
    pub action: u8,
    /// With how much.
    pub micros: u32,
    /// With which user, number or order.
    pub pick: u8,
}

/// A wallet, as simply as it can be said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Wallet {
    posted: i64,
    held: i64,
}

#[derive(Default)]
struct Model {
    wallets: BTreeMap<u8, Wallet>,
    open: Vec<(u8, u8, Order, LeaseToken)>,
    taken: BTreeSet<u8>,
    sids: u64,
}

/// Plays the steps, and compares the store with the model after each.
pub async fn replay(f: &Fixture, steps: &[Step]) {
    let mut model = Model::default();
    for step in steps {
        match step.action % 6 {
            0 => credit(f, &mut model, *step).await,
            1 | 2 => open(f, &mut model, *step).await,
            3 => settle(f, &mut model, *step).await,
            4 => correct(f, &mut model, *step).await,
            _ => abort(f, &mut model, *step).await,
        }
        compare(f, &model).await;
    }
    f.assert_ledger_whole().await;
}

fn user(n: u8) -> UserId {
    format!("user{n}").parse().unwrap()
}

fn usd(micros: i64) -> Money {
    Money::from_micros(micros, Currency::USD)
}

async fn credit(f: &Fixture, model: &mut Model, step: Step) {
    let who = step.pick % USERS;
    let amount = i64::from(step.micros) + 1;
    let change = f.credit_of(&user(who), usd(amount));
    assert!(matches!(f.wallets.credit(&change).await.unwrap(), CreditAnswer::Posted { .. }));
    assert!(matches!(f.wallets.credit(&change).await.unwrap(), CreditAnswer::Repeated { .. }));
    model.wallets.entry(who).or_default().posted += amount;
}

/// A correction, out of the wallet two times of three: it takes what is available, or nothing.
async fn correct(f: &Fixture, model: &mut Model, step: Step) {
    let who = step.pick % USERS;
    let (user, amount) = (user(who), i64::from(step.micros) + 1);
    let direction = if step.micros.is_multiple_of(3) {
        TransactionDirection::Credit
    } else {
        TransactionDirection::Debit
    };
    let wallet = model.wallets.get(&who).copied().unwrap_or_default();
    let change = Change::new(Adjustment {
        transfer: TransferId::from_uuid(f.id()),
        wallet: AccountId::wallet(&user, Currency::USD),
        user,
        direction,
        amount: usd(amount),
        description: "correction".to_owned(),
        at: f.now(),
        approval: None,
    });
    let answer = f.wallets.adjust(&change).await.unwrap();
    let by = match direction {
        TransactionDirection::Credit => amount,
        TransactionDirection::Debit => -amount,
    };
    if wallet.posted + by < wallet.held {
        let AdjustmentAnswer::Insufficient { balance } = answer else { unexpected(&answer) };
        assert_eq!((balance.posted.micros(), balance.held.micros()), (wallet.posted, wallet.held));
        return;
    }
    assert!(matches!(answer, AdjustmentAnswer::Posted { .. }), "{answer:?}");
    assert!(matches!(f.wallets.adjust(&change).await.unwrap(), AdjustmentAnswer::Repeated { .. }));
    model.wallets.entry(who).or_default().posted += by;
}

async fn open(f: &Fixture, model: &mut Model, step: Step) {
    let (who, number) = (step.pick % USERS, (step.pick / USERS) % NUMBERS);
    let price = i64::from(step.micros) + 1;
    let change = f.opening(&user(who), u16::from(number), usd(price));
    let wallet = model.wallets.get(&who).copied().unwrap_or_default();
    match f.purchases.open(&change).await.unwrap() {
        OpenAnswer::Opened(opened) => {
            assert!(!model.taken.contains(&number) && wallet.posted - wallet.held >= price);
            model.wallets.entry(who).or_default().held += price;
            model.taken.insert(number);
            model.open.push((who, number, opened.order, opened.lease));
        }
        OpenAnswer::Refused(OpenRefusal::InsufficientBalance { required, available }) => {
            assert!(!model.taken.contains(&number));
            assert_eq!((required, available), (usd(price), usd(wallet.posted - wallet.held)));
            assert!(available.micros() < price);
        }
        OpenAnswer::Refused(_) => assert!(model.taken.contains(&number)),
        OpenAnswer::Repeat(_) => unreachable!("no key was used"),
    }
}

async fn settle(f: &Fixture, model: &mut Model, step: Step) {
    if model.open.is_empty() {
        return;
    }
    let (who, _, order, _) = model.open.remove(usize::from(step.pick) % model.open.len());
    model.sids += 1;
    let change = f.settlement(&order, &sid(model.sids));
    assert!(matches!(f.purchases.settle(&change).await.unwrap(), SettleAnswer::Settled(_)));
    assert!(matches!(f.purchases.settle(&change).await.unwrap(), SettleAnswer::SettledBefore(_)));
    let wallet = model.wallets.entry(who).or_default();
    wallet.posted -= order.charge.micros();
    wallet.held -= order.charge.micros();
}

async fn abort(f: &Fixture, model: &mut Model, step: Step) {
    if model.open.is_empty() {
        return;
    }
    let (who, number, order, lease) = model.open.remove(usize::from(step.pick) % model.open.len());
    let claim = if step.micros.is_multiple_of(2) { ClaimEnd::Free } else { ClaimEnd::Cool };
    let change = f.abort(&order, Authority::Lease(lease), FailureReason::NumberUnavailable, claim);
    for _ in 0..2 {
        assert!(matches!(f.purchases.abort(&change).await.unwrap(), Transition::Applied(_)));
    }
    model.wallets.entry(who).or_default().held -= order.charge.micros();
    if claim == ClaimEnd::Free {
        model.taken.remove(&number);
    }
}

async fn compare(f: &Fixture, model: &Model) {
    for who in 0..USERS {
        let balance = f.balance(&user(who)).await;
        let stored = Wallet { posted: balance.posted.micros(), held: balance.held.micros() };
        assert_eq!(stored, model.wallets.get(&who).copied().unwrap_or_default(), "user{who}");
    }
}
