//! What the clients know together: the numbers that are for sale, and those that they believe to hold.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::api::Number;
use crate::dice::Dice;

/// A number that a client believes a user to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holding {
    pub number: String,
    pub user: String,
    pub phone_number: String,
}

/// The numbers.
pub(crate) struct Market {
    stock: Vec<String>,
    forbidden: Vec<String>,
    holdings: Mutex<Vec<Holding>>,
}

impl Market {
    pub(crate) fn new(stock: Vec<String>, forbidden: Vec<String>) -> Self {
        Self { stock, forbidden, holdings: Mutex::default() }
    }

    /// A number that is believed to be free; after some tries any.
    pub(crate) fn free(&self, dice: &mut Dice) -> Option<String> {
        let holdings = self.lock();
        let is_held = |phone_number: &String| holdings.iter().any(|held| held.phone_number == *phone_number);
        let tries: Vec<&String> = (0..4).filter_map(|_| dice.pick(&self.stock)).collect();
        tries.iter().find(|drawn| !is_held(drawn)).or_else(|| tries.first()).map(|drawn| (*drawn).clone())
    }

    /// A number that nobody may get.
    pub(crate) fn forbidden(&self, dice: &mut Dice) -> Option<String> {
        dice.pick(&self.forbidden).cloned()
    }

    /// A number that is believed to be held. It stays so until it is taken.
    pub(crate) fn held(&self, dice: &mut Dice) -> Option<Holding> {
        dice.pick(&self.lock()).cloned()
    }

    /// Somebody releases it, or it turned out to be gone.
    pub(crate) fn forget(&self, number: &str) {
        self.lock().retain(|held| held.number != number);
    }

    /// Somebody holds it.
    pub(crate) fn learn(&self, holding: Holding) {
        let mut holdings = self.lock();
        if !holdings.iter().any(|held| held.number == holding.number) {
            holdings.push(holding);
        }
    }

    /// The same of a list that a user was shown.
    pub(crate) fn learn_all(&self, numbers: Vec<Number>) {
        for number in numbers {
            let Number { id, user_id, phone_number, .. } = number;
            self.learn(Holding { number: id, user: user_id, phone_number });
        }
    }

    /// How many of a hundred numbers of the stock are believed to be held.
    pub(crate) fn percent_held(&self) -> usize {
        self.lock().len() * 100 / self.stock.len().max(1)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Holding>> {
        self.holdings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_not_offered_while_something_else_is() {
        let market = Market::new(vec!["+1".to_owned(), "+2".to_owned()], Vec::new());
        let mut dice = Dice::new(1);
        let holding = Holding { number: "n".into(), user: "u".into(), phone_number: "+1".into() };
        market.learn(holding.clone());
        market.learn(holding.clone());
        assert_eq!((market.percent_held(), market.held(&mut dice)), (50, Some(holding)));
        let offered: Vec<_> = (0..50).filter_map(|_| market.free(&mut dice)).collect();
        assert!(offered.iter().filter(|number| *number == "+2").count() > 35);
        market.forget("n");
        assert_eq!((market.percent_held(), market.held(&mut dice)), (0, None));
    }
}
