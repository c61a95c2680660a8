//! What an audit can find, each with the row at fault.

use rust_decimal::Decimal;
use serde::Serialize;
use trunkline_domain::{Currency, Money, OrderId, TransferId};

use crate::{AccountId, StatementMonth};

/// Something in the ledger that its rules forbid, with the row at fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LedgerFault {
    /// A row that the store cannot read as what it should be.
    #[error("{row} cannot be read: {why}")]
    Unreadable {
        /// The table and the row's id as it is stored.
        row: String,
        /// What is wrong with it.
        why: String,
    },
    /// Two rows of the journal have one id.
    #[error("transfer {transfer}: another row has the same id")]
    RepeatedId {
        /// The id.
        transfer: TransferId,
    },
    /// A wallet's history has a gap or a double place.
    #[error(
        "wallet {wallet}: expected place {expected} in its history, found {found} at transfer {transfer}"
    )]
    BrokenChain {
        /// The wallet.
        wallet: AccountId,
        /// The transfer at fault.
        transfer: TransferId,
        /// The place that comes next.
        expected: i64,
        /// The place the row has.
        found: i64,
    },
    /// A row's balances are not those of its predecessor and its amount.
    #[error("transfer {transfer}: balances after it should be posted {posted}, held {held}")]
    WrongRunningBalance {
        /// The transfer at fault.
        transfer: TransferId,
        /// What `posted_after` should be.
        posted: Money,
        /// What `held_after` should be.
        held: Money,
    },
    /// The account row is not the fold of its transfers.
    #[error("account {account}: its transfers add up to posted {posted}, held {held}, version {version}")]
    WrongAccount {
        /// The account.
        account: AccountId,
        /// What `posted` should be.
        posted: Money,
        /// What `held` should be.
        held: Money,
        /// What `version` should be.
        version: i64,
    },
    /// An account's id is not that of its kind, user and currency: somebody gave it to somebody else.
    #[error("account {account}: is not the account of its user and currency")]
    WrongOwner {
        /// The account.
        account: AccountId,
    },
    /// An order says something else of its money than the journal.
    #[error("order {order}: {what}")]
    WrongOrder {
        /// The order.
        order: OrderId,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A hold, capture or void whose order does not exist.
    #[error("transfer {transfer}: belongs to no order that there is")]
    WithoutOrder {
        /// The transfer at fault.
        transfer: TransferId,
    },
    /// A wallet holds more than it has, or has less than nothing.
    #[error("wallet {wallet}: overdrawn after transfer {transfer}")]
    Overdrawn {
        /// The wallet.
        wallet: AccountId,
        /// The transfer at fault.
        transfer: TransferId,
    },
    /// A capture or void that names no open hold, or one of another wallet, amount, order or counterpart.
    #[error("transfer {transfer}: does not resolve an open hold of the same wallet, order and amount")]
    BadResolution {
        /// The transfer at fault.
        transfer: TransferId,
    },
    /// A reversal that names no earlier post or capture of its wallet, or undoes more of it than there is.
    #[error("transfer {transfer}: does not undo an earlier post or capture of the same wallet")]
    BadReversal {
        /// The transfer at fault.
        transfer: TransferId,
    },
    /// A row that cannot be read as a transfer: no wallet, no amount, two currencies, an unknown account.
    #[error("transfer {transfer}: {what}")]
    Malformed {
        /// The transfer at fault.
        transfer: TransferId,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Money that is reserved for nobody: the hold is open, and its order is decided or missing.
    #[error("hold {hold} of wallet {wallet}: is open, and no undecided order owns it")]
    StrandedHold {
        /// The hold.
        hold: TransferId,
        /// Whose money.
        wallet: AccountId,
        /// The order that it was made for.
        order: Option<OrderId>,
    },
    /// An order that could still be charged, and nothing is reserved for it.
    #[error("hold {hold}: an undecided order owns it, and it is not open")]
    MissingHold {
        /// The hold.
        hold: TransferId,
    },
    /// A closed month that does not follow from the one before it, or says something else than the journal.
    #[error("statement of wallet {wallet} for {month}: {what}")]
    WrongStatement {
        /// The wallet.
        wallet: AccountId,
        /// The month.
        month: StatementMonth,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The books of a currency do not sum to zero: the wallets as their accounts say, the operator's side as the
    /// journal says.
    #[error("{currency}: wallets, revenue and funding sum to {sum} instead of zero")]
    Unbalanced {
        /// The currency.
        currency: Currency,
        /// What they sum to.
        sum: Decimal,
    },
    /// Money left a wallet or a debt towards the other and did not arrive.
    #[error("{currency}: {left} lies between wallets and debts")]
    Uncleared {
        /// The currency.
        currency: Currency,
        /// What lies there.
        left: Decimal,
    },
    /// Something is owed while something is available, which pays debts first.
    #[error("debt {debt}: is owed, and something is available in wallet {wallet}")]
    UnpaidDebt {
        /// The debt.
        debt: AccountId,
        /// The wallet beside it.
        wallet: AccountId,
    },
}
