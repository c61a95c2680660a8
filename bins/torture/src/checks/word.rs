//! What clients were told, against what is so in the end.

use std::collections::{BTreeMap, BTreeSet};

use super::{Loss, LossKind, Picture};
use crate::api::{Direction, Number, Order, OrderStatus, Transaction, TransactionStatus};
use crate::diary::{Attempt, Deed, Told};

/// What no request of these clients may be answered with: each is well formed, and may be made.
const UNDESERVED: [&str; 5] =
    ["VALIDATION_FAILED", "UNAUTHENTICATED", "FORBIDDEN", "IDEMPOTENCY_KEY_REUSED", "INTERNAL"];

/// The picture, to look things up in.
struct Books<'a> {
    numbers: BTreeMap<&'a str, &'a Number>,
    by_name: BTreeMap<&'a str, Vec<&'a Number>>,
    orders: BTreeMap<&'a str, (&'a str, &'a Order)>,
    transactions: BTreeMap<&'a str, (&'a str, &'a Transaction)>,
    credits: BTreeMap<&'a str, Vec<&'a Transaction>>,
}

pub(super) fn judge(picture: &Picture, attempts: &BTreeMap<String, Attempt>) -> Vec<Loss> {
    let books = Books::of(picture);
    let mut losses: Vec<Loss> = attempts.values().flat_map(|attempt| books.judge(attempt)).collect();
    losses.extend(picture.numbers.iter().filter_map(|number| unasked(number, attempts)));
    losses
}

/// A number that nobody asked for, or somebody else.
fn unasked(number: &Number, attempts: &BTreeMap<String, Attempt>) -> Option<Loss> {
    let asked = attempts.get(&number.display_name).is_some_and(|attempt| {
        let deed = Deed::Buy { phone_number: number.phone_number.clone() };
        attempt.user == number.user_id && attempt.deed == deed
    });
    (!asked).then(|| Loss::new(LossKind::DoubleNumber, format!("nobody asked for {number:?}")))
}

impl<'a> Books<'a> {
    fn of(picture: &'a Picture) -> Self {
        let mut books = Self {
            numbers: picture.numbers.iter().map(|number| (number.id.as_str(), number)).collect(),
            by_name: BTreeMap::new(),
            orders: BTreeMap::new(),
            transactions: BTreeMap::new(),
            credits: BTreeMap::new(),
        };
        for number in &picture.numbers {
            books.by_name.entry(&number.display_name).or_default().push(number);
        }
        for (user, order) in picture.orders() {
            books.orders.insert(&order.id, (user, order));
        }
        for (user, of_user) in &picture.users {
            for line in &of_user.transactions {
                books.transactions.insert(&line.id, (user, line));
                if line.direction == Direction::Credit {
                    books.credits.entry(&line.description).or_default().push(line);
                }
            }
        }
        books
    }

    fn judge(&self, attempt: &Attempt) -> Vec<Loss> {
        let mut losses: Vec<Loss> = attempt.told().filter_map(|told| self.answer(attempt, told)).collect();
        losses.extend(self.whole(attempt));
        for loss in &mut losses {
            loss.what = format!("{} of {}, {:?}: {}", attempt.name, attempt.user, attempt.deed, loss.what);
        }
        losses
    }

    /// What follows from one answer.
    fn answer(&self, attempt: &Attempt, told: &Told) -> Option<Loss> {
        match told {
            Told::Bought { number, transaction } => self.bought(attempt, number, transaction),
            Told::Pending { order } => match self.orders.get(order.as_str()) {
                Some((user, _)) if *user == attempt.user => None,
                _ => Some(broken(format!("order {order} was to be decided, and is not there"))),
            },
            Told::Released => self.released(attempt, "was told to be released"),
            Told::Credited { transaction } => match self.transactions.get(transaction.as_str()) {
                Some((user, line))
                    if *user == attempt.user && line.status == TransactionStatus::Completed =>
                {
                    None
                }
                _ => Some(broken(format!("credit {transaction} was acknowledged, and is not there"))),
            },
            Told::Refused { status: 404, code, .. } if code == "NUMBER_NOT_FOUND" => {
                self.released(attempt, "was told to be gone")
            }
            Told::Refused { code, charged: Some(charged), order: Some(order), .. }
                if charged == "no" && code != "NUMBER_ALREADY_EXISTS" =>
            {
                match self.orders.get(order.as_str()) {
                    Some((_, found)) if found.status == OrderStatus::Failed => None,
                    Some((_, found)) => Some(Loss::new(
                        LossKind::DoubleCharge,
                        format!("order {order} was told to cost nothing, and is {}", found.status.name()),
                    )),
                    None => Some(broken(format!("order {order} was told to have failed, and is not there"))),
                }
            }
            Told::Refused { code, .. } if UNDESERVED.contains(&code.as_str()) => {
                Some(broken(format!("answered {code}, which nobody has earned")))
            }
            Told::Garbled { status, body } => Some(broken(format!("answered {status} with {body}"))),
            Told::Releasing | Told::Refused { .. } | Told::Nothing | Told::HungUp => None,
        }
    }

    fn bought(&self, attempt: &Attempt, number: &str, transaction: &str) -> Option<Loss> {
        let Deed::Buy { phone_number } = &attempt.deed else { return None };
        let Some(found) = self.numbers.get(number) else {
            let what = format!("number {number} was acknowledged, and is not there");
            return Some(Loss::new(LossKind::LostNumber, what));
        };
        if found.user_id != attempt.user || found.phone_number != *phone_number {
            let what =
                format!("number {number} was acknowledged, and is another one or another's: {found:?}");
            return Some(Loss::new(LossKind::LostNumber, what));
        }
        let paid = self.transactions.get(transaction).is_some_and(|(user, line)| {
            *user == attempt.user
                && line.status == TransactionStatus::Completed
                && line.number_id.as_deref() == Some(number)
        });
        if paid { None } else { Some(broken(format!("payment {transaction} of number {number} is not so"))) }
    }

    fn released(&self, attempt: &Attempt, told: &str) -> Option<Loss> {
        let Deed::Release { number } = &attempt.deed else { return None };
        match self.numbers.get(number.as_str()) {
            Some(found) if !found.is_live() => None,
            Some(found) => Some(broken(format!("number {number} {told}, and is {}", found.status.name()))),
            None => Some(broken(format!("number {number} {told}, and there is no row of it"))),
        }
    }

    /// What follows from all answers together: one wish has one effect, every repeat the same answer, and a last word
    /// that nothing is charged holds.
    fn whole(&self, attempt: &Attempt) -> Vec<Loss> {
        let mut losses = Vec::new();
        let answers: BTreeSet<(&str, &str)> = attempt
            .told()
            .filter_map(|told| match told {
                Told::Bought { number, transaction } => Some((number.as_str(), transaction.as_str())),
                Told::Credited { transaction } => Some(("", transaction.as_str())),
                _ => None,
            })
            .collect();
        if answers.len() > 1 {
            losses.push(broken(format!("one wish was answered in several ways: {answers:?}")));
        }
        match &attempt.deed {
            Deed::Buy { .. } => {
                let bought = self.by_name.get(attempt.name.as_str()).map_or(0, Vec::len);
                if bought > 1 {
                    losses
                        .push(Loss::new(LossKind::DoubleNumber, format!("one wish bought {bought} numbers")));
                }
                if bought > 0 && attempt.ended_free_of_charge() {
                    let what = "the last word was that nothing is charged, and a number was bought";
                    losses.push(Loss::new(LossKind::DoubleCharge, what));
                }
            }
            Deed::Credit { amount } => {
                let posted = self.credits.get(attempt.name.as_str()).map(Vec::as_slice).unwrap_or_default();
                if posted.len() > 1 {
                    let what = format!("one credit was posted {} times", posted.len());
                    losses.push(Loss::new(LossKind::DoubleCharge, what));
                }
                if posted.iter().any(|line| line.amount != *amount) {
                    losses.push(broken(format!("another amount was posted: {posted:?}")));
                }
            }
            Deed::Release { .. } => {}
        }
        losses
    }
}

fn broken(what: String) -> Loss {
    Loss::new(LossKind::BrokenWord, what)
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;
    use crate::checks::sample;

    fn kinds_of(deed: Deed, rounds: Vec<Vec<Told>>) -> Vec<LossKind> {
        let mut attempts = sample::attempts();
        let name = match deed {
            Deed::Buy { .. } => sample::WISH,
            Deed::Credit { .. } => sample::CREDIT_WISH,
            Deed::Release { .. } => "a release",
        };
        let attempt = Attempt { name: name.into(), user: "user-1".into(), deed, rounds };
        attempts.insert(name.into(), attempt);
        judge(&sample::picture(), &attempts).into_iter().map(|loss| loss.kind).collect()
    }

    fn buying(told: Told) -> Vec<LossKind> {
        kinds_of(Deed::Buy { phone_number: sample::PHONE.into() }, vec![vec![told]])
    }

    fn bought(number: &str, transaction: &str) -> Told {
        Told::Bought { number: number.into(), transaction: transaction.into() }
    }

    fn no(order: Option<&str>) -> Told {
        Told::Refused {
            status: 503,
            code: "PROVIDER_UNAVAILABLE".into(),
            charged: Some("no".into()),
            order: order.map(str::to_owned),
        }
    }

    #[test]
    fn what_was_told_truly_shows_nothing() {
        assert_eq!(judge(&sample::picture(), &sample::attempts()), []);
        assert_eq!(buying(bought(sample::NUMBER, sample::CHARGE)), []);
        assert_eq!(buying(Told::Pending { order: sample::ORDER.into() }), []);
    }

    #[test]
    fn an_acknowledged_number_must_be_there_and_paid_as_told() {
        assert_eq!(buying(bought("n-9", sample::CHARGE)), [LossKind::LostNumber]);
        assert_eq!(buying(bought(sample::NUMBER, "t-9")), [LossKind::BrokenWord]);
        assert_eq!(buying(Told::Pending { order: "o-9".into() }), [LossKind::BrokenWord]);
        assert_eq!(buying(Told::Garbled { status: 200, body: "{}".into() }), [LossKind::BrokenWord]);
    }

    #[test]
    fn an_answer_that_nobody_has_earned_is_a_broken_word() {
        let internal = Told::Refused { status: 500, code: "INTERNAL".into(), charged: None, order: None };
        assert_eq!(buying(internal), [LossKind::BrokenWord]);
    }

    #[test]
    fn what_was_told_to_cost_nothing_costs_nothing() {
        assert_eq!(buying(no(None)), [LossKind::DoubleCharge], "the wish has a number");
        assert_eq!(
            buying(no(Some(sample::ORDER))),
            [LossKind::DoubleCharge, LossKind::DoubleCharge],
            "its order is completed, too"
        );
        assert_eq!(
            kinds_of(Deed::Buy { phone_number: sample::PHONE.into() }, vec![vec![no(None), Told::Nothing]]),
            []
        );
    }

    #[test]
    fn a_release_that_was_told_has_happened() {
        let release =
            |number: &str, told| kinds_of(Deed::Release { number: number.into() }, vec![vec![told]]);
        assert_eq!(release(sample::NUMBER, Told::Released), [LossKind::BrokenWord]);
        assert_eq!(release(sample::RELEASED, Told::Released), []);
        let gone = Told::Refused { status: 404, code: "NUMBER_NOT_FOUND".into(), charged: None, order: None };
        assert_eq!(release(sample::NUMBER, gone.clone()), [LossKind::BrokenWord]);
        assert_eq!(release(sample::RELEASED, gone), []);
    }

    #[test]
    fn a_credit_is_posted_once_and_whole() {
        let credit = |amount, told| kinds_of(Deed::Credit { amount }, vec![vec![told]]);
        let there = Told::Credited { transaction: sample::CREDIT.into() };
        assert_eq!(credit(Decimal::new(3000, 2), there.clone()), []);
        assert_eq!(credit(Decimal::new(3001, 2), there), [LossKind::BrokenWord]);
        let elsewhere = Told::Credited { transaction: "t-9".into() };
        assert_eq!(credit(Decimal::new(3000, 2), elsewhere), [LossKind::BrokenWord]);
        let mut picture = sample::picture();
        let lines = &mut picture.users.get_mut("user-1").unwrap().transactions;
        let again = Transaction { id: "t-8".into(), ..lines[0].clone() };
        lines.push(again);
        assert_eq!(judge(&picture, &sample::attempts())[0].kind, LossKind::DoubleCharge);
    }

    #[test]
    fn repeats_hear_the_same_and_nobody_gets_what_nobody_wanted() {
        let rounds = vec![vec![bought(sample::NUMBER, sample::CHARGE)], vec![bought("n-0", sample::CHARGE)]];
        let kinds = kinds_of(Deed::Buy { phone_number: sample::PHONE.into() }, rounds);
        assert!(kinds.contains(&LossKind::BrokenWord), "{kinds:?}");
        let mut attempts = sample::attempts();
        attempts.remove(sample::WISH);
        assert_eq!(judge(&sample::picture(), &attempts)[0].kind, LossKind::DoubleNumber);
    }
}
