//! A picture of the whole world: what the servers say of every user, what Twilio holds, and what the ledger's own audit
//! says. Judged when the world is at rest.

use std::collections::BTreeMap;

use crate::api::{Balance, Number, Order, OrderStatus, Transaction};
use crate::plan::users;
use crate::stage::{self, HeldNumber, LedgerVerdict, Sale, Stage};

/// Everything that can be seen from outside.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    pub users: BTreeMap<String, UserBooks>,
    /// Every number that is held or was.
    pub numbers: Vec<Number>,
    /// What Twilio says the account owns.
    pub at_twilio: Vec<HeldNumber>,
    /// What Twilio has ever sold to the account.
    pub sales: Vec<Sale>,
    /// What another deployment has there.
    pub neighbours: Vec<HeldNumber>,
    pub ledger: LedgerVerdict,
}

/// One user's books.
#[derive(Debug, Clone)]
pub(crate) struct UserBooks {
    pub orders: Vec<Order>,
    pub transactions: Vec<Transaction>,
    pub balance: Balance,
}

impl Picture {
    /// Looks at everything.
    pub(crate) async fn take(stage: &Stage) -> anyhow::Result<Self> {
        let api = &stage.api;
        let mut books = BTreeMap::new();
        for user in users() {
            let orders = api.orders(&user).await?;
            let transactions = api.transactions(&user).await?;
            let balance = api.balance(&user).await?;
            books.insert(user, UserBooks { orders, transactions, balance });
        }
        let mut numbers = api.numbers(false).await?;
        numbers.extend(api.numbers(true).await?);
        Ok(Self {
            users: books,
            numbers,
            at_twilio: stage::held(&stage.twilio()),
            sales: stage::sales(&stage.twilio()),
            neighbours: stage.neighbours.clone(),
            ledger: stage.fleet.verify_ledger().await?,
        })
    }

    /// Every order, with its user.
    pub(super) fn orders(&self) -> impl Iterator<Item = (&String, &Order)> {
        self.users.iter().flat_map(|(user, books)| books.orders.iter().map(move |order| (user, order)))
    }

    /// Where every order stands.
    pub(crate) fn statuses(&self) -> impl Iterator<Item = OrderStatus> {
        self.orders().map(|(_, order)| order.status)
    }
}
