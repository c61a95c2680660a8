//! Debts beside wallets: whole ones, and one broken ledger for every fault.

use trunkline_domain::{Currency, Money};

use super::ledger::{Ledger, ann, funding, revenue, usd};
use crate::{Account, AccountId, AccountKind, LedgerFault, TransferKind};

fn debt() -> AccountId {
    AccountId::debt(&"ann".parse().unwrap(), Currency::USD)
}

fn clearing() -> AccountId {
    AccountId::operator(AccountKind::Clearing, Currency::USD)
}

/// Ann has paid 30 and spent 20 of it; the 30 were taken back, for which 20 were lent.
fn owing() -> Ledger {
    let mut ledger = Ledger::new();
    let zero = Money::zero(Currency::USD);
    let account = |id, kind, user: Option<&str>| Account {
        id,
        kind,
        user: user.map(|name| name.parse().unwrap()),
        posted: zero,
        held: zero,
        version: 0,
    };
    ledger.0.accounts.push(account(debt(), AccountKind::Debt, Some("ann")));
    ledger.0.accounts.push(account(clearing(), AccountKind::Clearing, None));
    let paid = ledger.post(ann(), usd(30));
    let bought = ledger.hold(ann(), usd(20));
    ledger.capture(bought);
    lend(&mut ledger, 20);
    ledger.reverse(paid);
    ledger
}

fn lend(ledger: &mut Ledger, units: i64) {
    let (amount, micros) = (usd(units), usd(units).micros());
    ledger.write(TransferKind::Post, [debt(), clearing()], debt(), amount, [micros, 0]);
    ledger.write(TransferKind::Post, [clearing(), ann()], ann(), amount, [micros, 0]);
}

fn repay(ledger: &mut Ledger, units: i64) {
    let (amount, micros) = (usd(units), usd(units).micros());
    ledger.write(TransferKind::Post, [ann(), clearing()], ann(), amount, [-micros, 0]);
    ledger.write(TransferKind::Post, [clearing(), debt()], debt(), amount, [-micros, 0]);
}

#[test]
fn what_is_owed_and_paid_balances() {
    let mut ledger = owing();
    assert_eq!(ledger.faults(), []);
    ledger.post(ann(), usd(25));
    repay(&mut ledger, 20);
    assert_eq!(ledger.faults(), []);
}

#[test]
fn a_debt_is_paid_before_anything_is_available() {
    let mut ledger = owing();
    ledger.post(ann(), usd(5));
    assert_eq!(ledger.faults(), [LedgerFault::UnpaidDebt { debt: debt(), wallet: ann() }]);
    repay(&mut ledger, 5);
    assert_eq!(ledger.faults(), []);
}

#[test]
fn what_leaves_one_of_them_arrives_at_the_other() {
    let mut ledger = owing();
    ledger.post(ann(), usd(5));
    let amount = usd(5);
    ledger.write(TransferKind::Post, [ann(), clearing()], ann(), amount, [-amount.micros(), 0]);
    let left = rust_decimal::Decimal::from(5);
    assert_eq!(ledger.faults(), [LedgerFault::Uncleared { currency: Currency::USD, left }]);
}

#[test]
fn nobody_owes_less_than_nothing() {
    let mut ledger = owing();
    ledger.post(ann(), usd(25));
    repay(&mut ledger, 21);
    let transfer = ledger.0.transfers.last().unwrap().id;
    assert_eq!(ledger.faults(), [LedgerFault::Overdrawn { wallet: debt(), transfer }]);
}

#[test]
fn a_debt_deals_with_the_clearing_account_alone() {
    let malformed = |ledger: &Ledger| {
        ledger.faults().iter().any(
            |fault| matches!(fault, LedgerFault::Malformed { what, .. } if what.contains("touches a debt")),
        )
    };
    for (kind, other) in [
        (TransferKind::Post, funding()),
        (TransferKind::Hold, revenue()),
        (TransferKind::Reversal, clearing()),
    ] {
        let mut ledger = owing();
        ledger.write(kind, [debt(), other], debt(), usd(1), [usd(1).micros(), 0]);
        assert!(malformed(&ledger), "{kind:?}: {:?}", ledger.faults());
    }
}

/// A dispute that is won does again what was undone, and no more than that.
#[test]
fn what_was_undone_can_be_done_again() {
    let mut ledger = Ledger::new();
    let paid = ledger.post(ann(), usd(30));
    ledger.reverse(paid);
    let again = |ledger: &mut Ledger, units: i64| {
        let by = [usd(units).micros(), 0];
        let row = ledger.write(TransferKind::Reversal, [funding(), ann()], ann(), usd(units), by);
        row.reverses = Some(paid);
        row.id
    };
    again(&mut ledger, 30);
    assert_eq!(ledger.faults(), []);
    let transfer = again(&mut ledger, 1);
    assert_eq!(ledger.faults(), [LedgerFault::BadReversal { transfer }]);
}
