//! Holds: the three changes that an order makes to its user's wallet. Applied inside the order's own transactions.

use trunkline_domain::{Money, NumberId, OrderId, TransferId, UserId};

use crate::AccountId;

/// Reserves money of a wallet for an order. Refused by the store when it exceeds what is available.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldPlacement {
    /// The hold's identity; its capture or void refers to it.
    pub hold: TransferId,
    /// Whose wallet.
    pub user: UserId,
    /// Which wallet: the user's in the amount's currency.
    pub wallet: AccountId,
    /// How much; more than zero.
    pub amount: Money,
    /// The order that owns the hold and alone may resolve it.
    pub order: OrderId,
    /// A sentence for the customer.
    pub description: String,
}

impl HoldPlacement {
    /// A hold on the user's wallet in the amount's currency.
    pub fn new(hold: TransferId, user: UserId, amount: Money, order: OrderId, description: String) -> Self {
        let wallet = AccountId::wallet(&user, amount.currency());
        Self { hold, user, wallet, amount, order, description }
    }
}

/// Takes what a hold reserved. The amount is the hold's; a hold is captured whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoldCapture {
    /// The capture's own identity.
    pub transfer: TransferId,
    /// The hold that it resolves.
    pub hold: TransferId,
    /// The number that it paid for.
    pub number: NumberId,
}

/// Gives back what a hold reserved, whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoldVoid {
    /// The void's own identity.
    pub transfer: TransferId,
    /// The hold that it resolves.
    pub hold: TransferId,
}
