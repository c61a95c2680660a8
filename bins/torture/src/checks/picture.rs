//! A picture of the whole world: what the servers say of every user, what Twilio holds, and what the ledger's own audit
//! says. And whether the world is at rest, so that a picture of it can be judged.

use std::collections::{BTreeMap, BTreeSet};

use trunkline_twilio_sim::Admin;

use crate::api::{Api, Balance, Number, NumberStatus, Order, OrderStatus, Transaction};
use crate::plan::users;
use crate::stage::{self, Fleet, HeldNumber, LedgerVerdict};

/// Everything that can be seen from outside.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    pub users: BTreeMap<String, UserBooks>,
    /// Every number that is held or was.
    pub numbers: Vec<Number>,
    /// What Twilio says the account owns.
    pub at_twilio: Vec<HeldNumber>,
    /// What the operator bought at the console before the start.
    pub operators_own: Vec<HeldNumber>,
    pub ledger: LedgerVerdict,
}

/// One user's books.
#[derive(Debug, Clone)]
pub(crate) struct UserBooks {
    pub orders: Vec<Order>,
    pub transactions: Vec<Transaction>,
    pub balance: Balance,
}

/// Where pictures are taken.
pub(crate) struct Scene<'a> {
    pub(crate) api: &'a Api,
    pub(crate) twilio: Admin,
    pub(crate) operators_own: &'a [HeldNumber],
}

impl Scene<'_> {
    /// Looks at everything.
    pub(crate) async fn picture(&self, fleet: &Fleet) -> anyhow::Result<Picture> {
        let mut books = BTreeMap::new();
        for user in users() {
            let orders = self.api.orders(&user).await?;
            let transactions = self.api.transactions(&user).await?;
            let balance = self.api.balance(&user).await?;
            books.insert(user, UserBooks { orders, transactions, balance });
        }
        let mut numbers = self.api.numbers(false).await?;
        numbers.extend(self.api.numbers(true).await?);
        Ok(Picture {
            users: books,
            numbers,
            at_twilio: stage::held(&self.twilio),
            operators_own: self.operators_own.to_vec(),
            ledger: fleet.verify_ledger().await?,
        })
    }

    /// How many orders and releases are not decided.
    pub(crate) async fn undecided(&self) -> anyhow::Result<usize> {
        let mut open = 0;
        for status in OrderStatus::OPEN {
            open += self.api.orders_in(status).await?.len();
        }
        for status in [NumberStatus::Releasing, NumberStatus::Review] {
            open += self.api.numbers_in(status).await?.len();
        }
        Ok(open)
    }

    /// Whether Twilio holds exactly what is held here and what the operator bought.
    pub(crate) async fn is_matched(&self) -> anyhow::Result<bool> {
        let here: BTreeSet<String> =
            self.api.numbers(false).await?.into_iter().filter_map(|number| number.twilio_sid).collect();
        let operators: BTreeSet<&str> = self.operators_own.iter().map(|number| number.sid.as_str()).collect();
        let at_twilio = self.twilio.owned().into_iter().map(|number| number.sid);
        let at_twilio: BTreeSet<String> = at_twilio.filter(|sid| !operators.contains(sid.as_str())).collect();
        Ok(here == at_twilio)
    }
}

impl Picture {
    /// Every order, with its user.
    pub(super) fn orders(&self) -> impl Iterator<Item = (&String, &Order)> {
        self.users.iter().flat_map(|(user, books)| books.orders.iter().map(move |order| (user, order)))
    }

    /// Where every order stands.
    pub(crate) fn statuses(&self) -> impl Iterator<Item = OrderStatus> {
        self.orders().map(|(_, order)| order.status)
    }
}
