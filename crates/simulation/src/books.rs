//! The books after a play: everything that the store says about its users, read once.

use trunkline_domain::{Currency, NumberId, Order, OrderId, OwnedNumber, PhoneNumber};
use trunkline_wallet::{Balance, Transaction, TransactionDirection, TransactionStatus, WalletStore};

use crate::world::World;

/// All users' books.
#[derive(Debug, Default)]
pub(crate) struct Books {
    pub(crate) users: Vec<UserBooks>,
}

/// One user's books.
#[derive(Debug)]
pub(crate) struct UserBooks {
    pub(crate) user: String,
    pub(crate) orders: Vec<Order>,
    /// The rows of completed orders, whatever has become of the numbers.
    pub(crate) bought: Vec<OwnedNumber>,
    /// The rows that are not released.
    pub(crate) live: Vec<OwnedNumber>,
    pub(crate) lines: Vec<Transaction>,
    pub(crate) balance: Option<Balance>,
}

impl Books {
    pub(crate) fn read(world: &World) -> Self {
        Self { users: world.users().into_iter().map(|user| UserBooks::read(world, user)).collect() }
    }

    pub(crate) fn of(&self, user: &str) -> Option<&UserBooks> {
        self.users.iter().find(|books| books.user == user)
    }

    pub(crate) fn order(&self, id: OrderId) -> Option<&Order> {
        self.users.iter().flat_map(|books| &books.orders).find(|order| order.id == id)
    }

    /// A number that was bought, whatever has become of it.
    pub(crate) fn number(&self, id: NumberId) -> Option<&OwnedNumber> {
        self.users.iter().flat_map(|books| &books.bought).find(|number| number.id == id)
    }
}

impl UserBooks {
    fn read(world: &World, name: &str) -> Self {
        let user = world.user(name);
        let orders = world.orders(name);
        let live = world.numbers(name);
        let row =
            |id: NumberId| live.iter().find(|number| number.id == id).cloned().or_else(|| world.number(id));
        let bought = orders.iter().filter_map(|order| order.number).filter_map(row).collect();
        let lines = world.read(world.store.transactions(&user, None, 100)).unwrap().transactions;
        let balance = world.read(world.store.balance(&user, Currency::USD)).unwrap();
        Self { user: name.to_owned(), orders, bought, live, lines, balance }
    }

    /// How many lines of the history go this way and came to this.
    pub(crate) fn count(&self, direction: TransactionDirection, status: TransactionStatus) -> usize {
        self.lines.iter().filter(|line| line.direction == direction && line.status == status).count()
    }

    /// What these lines add up to, in millionths.
    pub(crate) fn sum(&self, direction: TransactionDirection, status: TransactionStatus) -> i64 {
        let lines = self.lines.iter().filter(|line| line.direction == direction && line.status == status);
        lines.map(|line| line.amount.micros()).sum()
    }

    pub(crate) fn orders_for(&self, number: &PhoneNumber) -> usize {
        self.orders.iter().filter(|order| order.phone_number == *number).count()
    }
}
