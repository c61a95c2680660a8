//! Money: every charge is one completed order's, every completed order has one charge, nothing is held, and each
//! user has what came in less what went out.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::picture::UserBooks;
use super::{Loss, LossKind, Picture};
use crate::api::{Direction, NumberStatus, OrderStatus, Transaction, TransactionStatus};
use crate::stage::LedgerVerdict;

pub(super) fn judge(picture: &Picture) -> Vec<Loss> {
    let mut losses = Vec::new();
    for (user, books) in &picture.users {
        losses.extend(charges(user, books));
        losses.extend(balance(user, books));
        losses.extend(stranded(user, books));
    }
    let stuck = |status| matches!(status, NumberStatus::Releasing | NumberStatus::Review);
    losses.extend(picture.numbers.iter().filter(|number| stuck(number.status)).map(|number| {
        let what = format!("number {} is {} still", number.id, number.status.name());
        Loss::new(LossKind::StrandedHold, what)
    }));
    if let LedgerVerdict::Faulty(said) = &picture.ledger {
        losses.push(Loss::new(LossKind::UnbalancedLedger, format!("`trunkline ledger verify`: {said}")));
    }
    losses
}

/// Completed orders and completed debits are the same, one by one, by the number that they paid for.
fn charges(user: &str, books: &UserBooks) -> Vec<Loss> {
    let mut losses = Vec::new();
    let debits = books.of(Direction::Debit, TransactionStatus::Completed);
    let mut paid_for: BTreeMap<Option<&str>, Vec<&Transaction>> = BTreeMap::new();
    for debit in debits {
        paid_for.entry(debit.number_id.as_deref()).or_default().push(debit);
    }
    for order in books.orders.iter().filter(|order| order.status == OrderStatus::Completed) {
        let paid = paid_for.remove(&order.number_id.as_deref()).unwrap_or_default();
        let amounts: Vec<Decimal> = paid.iter().map(|debit| debit.amount).collect();
        let kind = match amounts.as_slice() {
            [amount] if *amount == order.amount => continue,
            [] | [_] => LossKind::UnbalancedLedger,
            _ => LossKind::DoubleCharge,
        };
        let what = format!("{user}: order {} over {} was charged {amounts:?}", order.id, order.amount);
        losses.push(Loss::new(kind, what));
    }
    losses.extend(paid_for.into_values().flatten().map(|debit| {
        let Transaction { id, amount, number_id, .. } = debit;
        let what = format!("{user}: charge {id} over {amount} for {number_id:?} is no completed order's");
        Loss::new(LossKind::DoubleCharge, what)
    }));
    losses
}

fn balance(user: &str, books: &UserBooks) -> Option<Loss> {
    let sum = |direction| -> Decimal {
        books.of(direction, TransactionStatus::Completed).map(|transaction| transaction.amount).sum()
    };
    let (credits, debits) = (sum(Direction::Credit), sum(Direction::Debit));
    let stands = books.balance.available + books.balance.held;
    (stands != credits - debits).then(|| {
        let what = format!("{user} has {stands}, and was credited {credits} and charged {debits}");
        Loss::new(LossKind::UnbalancedLedger, what)
    })
}

/// Nothing is held and nothing undecided any more.
fn stranded(user: &str, books: &UserBooks) -> Vec<Loss> {
    let held = Some(books.balance.held).filter(|held| !held.is_zero());
    let held = held.map(|held| format!("{user}: {held} is held still"));
    let pending = books.transactions.iter().filter(|line| line.status == TransactionStatus::Pending);
    let pending = pending.map(|line| format!("{user}: transaction {} is pending still", line.id));
    let open = books.orders.iter().filter(|order| order.status.is_open());
    let open = open.map(|order| format!("{user}: order {} is {} still", order.id, order.status.name()));
    let all = held.into_iter().chain(pending).chain(open);
    all.map(|what| Loss::new(LossKind::StrandedHold, what)).collect()
}

impl UserBooks {
    fn of(&self, direction: Direction, status: TransactionStatus) -> impl Iterator<Item = &Transaction> {
        self.transactions.iter().filter(move |line| line.direction == direction && line.status == status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::sample;

    fn kinds(change: impl FnOnce(&mut UserBooks)) -> Vec<LossKind> {
        let mut picture = sample::picture();
        change(picture.users.get_mut("user-1").unwrap());
        judge(&picture).into_iter().map(|loss| loss.kind).collect()
    }

    fn charge(books: &mut UserBooks) -> &mut Transaction {
        books.transactions.iter_mut().find(|line| line.id == sample::CHARGE).unwrap()
    }

    #[test]
    fn sound_books_show_nothing() {
        assert_eq!(judge(&sample::picture()), []);
    }

    #[test]
    fn a_charge_too_many_is_double_and_one_too_few_unbalanced() {
        use LossKind::{DoubleCharge, UnbalancedLedger};
        let again = kinds(|books| {
            let again = Transaction { id: "t-9".into(), ..charge(books).clone() };
            books.transactions.push(again);
        });
        assert_eq!(again, [DoubleCharge, UnbalancedLedger], "and the balance does not show it");
        assert_eq!(kinds(|books| charge(books).number_id = None), [UnbalancedLedger, DoubleCharge]);
        let gone = kinds(|books| books.transactions.retain(|line| line.id != sample::CHARGE));
        assert_eq!(gone, [UnbalancedLedger, UnbalancedLedger]);
        assert_eq!(kinds(|books| charge(books).amount = Decimal::new(151, 2)).len(), 2);
    }

    #[test]
    fn what_is_held_or_open_at_the_end_is_stranded() {
        use LossKind::StrandedHold;
        let held = |books: &mut UserBooks| {
            books.balance.held = Decimal::ONE;
            books.balance.available -= Decimal::ONE;
        };
        assert_eq!(kinds(held), [StrandedHold]);
        for status in OrderStatus::OPEN {
            assert_eq!(kinds(|books| books.orders[1].status = status), [StrandedHold]);
        }
        let mut picture = sample::picture();
        picture.numbers[0].status = NumberStatus::Releasing;
        assert_eq!(judge(&picture)[0].kind, StrandedHold);
    }

    #[test]
    fn the_programs_own_audit_is_believed() {
        let mut picture = sample::picture();
        picture.ledger = LedgerVerdict::Faulty("1 fault".into());
        assert_eq!(judge(&picture)[0].kind, LossKind::UnbalancedLedger);
    }
}
