//! The ledger's rows: accounts, transfers, and what customers see of both.

use sqlx::FromRow;
use trunkline_domain::{Money, NumberId, OrderId, OrderState, TransferId};
use trunkline_wallet::{
    Account, AccountId, AccountKind, Balance, HoldBooks, OrderBooks, Transaction as Line,
    TransactionDirection, TransactionStatus, Transfer, TransferKind, WalletStanding,
};

use crate::cell::{Id, Micros, Moment};
use crate::codec::{money, named, parse_optional};
use crate::error::Fault;

/// A wallet's balance, now or after some transfer.
#[derive(Debug, FromRow)]
pub(crate) struct BalanceRow {
    posted: Micros,
    held: Micros,
    currency: String,
    updated_at: Option<Moment>,
}

impl BalanceRow {
    pub(crate) fn balance(&self) -> Result<Balance, Fault> {
        Ok(Balance {
            posted: money(self.posted.0, &self.currency)?,
            held: money(self.held.0, &self.currency)?,
            updated_at: self.updated_at.map(Moment::time),
        })
    }
}

/// A wallet, and what is owed in its currency.
#[derive(Debug, FromRow)]
pub(crate) struct WalletRow {
    #[sqlx(flatten)]
    balance: BalanceRow,
    debt: Micros,
}

impl WalletRow {
    pub(crate) fn standing(&self) -> Result<WalletStanding, Fault> {
        let debt = money(self.debt.0, &self.balance.currency)?;
        Ok(WalletStanding { balance: self.balance.balance()?, debt })
    }
}

/// A post, a hold with what became of it, or a reversal.
#[derive(Debug, FromRow)]
pub(crate) struct LineRow {
    id: Id,
    kind: String,
    amount: Micros,
    currency: String,
    description: String,
    created_at: Moment,
    is_incoming: bool,
    resolution: Option<String>,
    number_id: Option<Id>,
    is_reversed: bool,
}

impl LineRow {
    /// The line that a customer reads.
    pub(crate) fn line(&self) -> Result<Line, Fault> {
        let is_credit = self.is_incoming && self.kind != TransferKind::Hold.as_str();
        Ok(Line {
            id: TransferId::from_uuid(self.id.0),
            date: self.created_at.time(),
            direction: if is_credit { TransactionDirection::Credit } else { TransactionDirection::Debit },
            amount: money(self.amount.0, &self.currency)?,
            description: self.description.clone(),
            status: self.status()?,
            number: self.number_id.map(|id| NumberId::from_uuid(id.0)),
        })
    }

    fn status(&self) -> Result<TransactionStatus, Fault> {
        if self.is_reversed {
            return Ok(TransactionStatus::Refunded);
        }
        let kind = self.resolution.as_deref().unwrap_or(&self.kind);
        Ok(match named("transfer.kind", kind, TransferKind::from_name)? {
            TransferKind::Hold => TransactionStatus::Pending,
            TransferKind::Void => TransactionStatus::Failed,
            TransferKind::Post | TransferKind::Capture | TransferKind::Reversal => {
                TransactionStatus::Completed
            }
        })
    }
}

/// An account, with the balances kept of it.
#[derive(Debug, FromRow)]
pub(crate) struct AccountRow {
    id: Id,
    kind: String,
    user_id: Option<String>,
    currency: String,
    posted: Micros,
    held: Micros,
    version: i64,
}

impl AccountRow {
    pub(crate) fn account(&self) -> Result<Account, Fault> {
        Ok(Account {
            id: AccountId::from_uuid(self.id.0),
            kind: named("account.kind", &self.kind, AccountKind::from_name)?,
            user: parse_optional("account.user_id", self.user_id.as_deref())?,
            posted: money(self.posted.0, &self.currency)?,
            held: money(self.held.0, &self.currency)?,
            version: self.version,
        })
    }
}

/// A row of the journal.
#[derive(Debug, FromRow)]
pub(crate) struct TransferRow {
    id: Id,
    kind: String,
    debit_account: Id,
    credit_account: Id,
    amount: Micros,
    currency: String,
    pending_id: Option<Id>,
    reverses_id: Option<Id>,
    order_id: Option<Id>,
    number_id: Option<Id>,
    description: String,
    wallet_id: Id,
    wallet_version: i64,
    posted_after: Micros,
    held_after: Micros,
    created_at: Moment,
}

impl TransferRow {
    pub(crate) fn transfer(&self) -> Result<Transfer, Fault> {
        let amount_of = |micros: Micros| -> Result<Money, Fault> { money(micros.0, &self.currency) };
        let transfer_of = |id: Option<Id>| id.map(|id| TransferId::from_uuid(id.0));
        Ok(Transfer {
            id: TransferId::from_uuid(self.id.0),
            kind: named("transfer.kind", &self.kind, TransferKind::from_name)?,
            debit: AccountId::from_uuid(self.debit_account.0),
            credit: AccountId::from_uuid(self.credit_account.0),
            amount: amount_of(self.amount)?,
            pending: transfer_of(self.pending_id),
            reverses: transfer_of(self.reverses_id),
            order: self.order_id.map(|id| OrderId::from_uuid(id.0)),
            number: self.number_id.map(|id| NumberId::from_uuid(id.0)),
            description: self.description.clone(),
            wallet: AccountId::from_uuid(self.wallet_id.0),
            wallet_version: self.wallet_version,
            posted_after: amount_of(self.posted_after)?,
            held_after: amount_of(self.held_after)?,
            created_at: self.created_at.time(),
        })
    }
}

/// An order beside its hold, for the audit.
#[derive(Debug, FromRow)]
pub(crate) struct OrderBooksRow {
    id: Id,
    state: String,
    charge: Micros,
    currency: String,
    wallet_id: Id,
    hold_id: Option<Id>,
    hold_kind: Option<String>,
    hold_amount: Option<Micros>,
    hold_currency: Option<String>,
    hold_wallet_id: Option<Id>,
    hold_order_id: Option<Id>,
    resolution: Option<String>,
}

impl OrderBooksRow {
    pub(crate) fn books(&self) -> Result<OrderBooks, Fault> {
        Ok(OrderBooks {
            order: OrderId::from_uuid(self.id.0),
            state: named("orders.state", &self.state, OrderState::from_name)?,
            charge: money(self.charge.0, &self.currency)?,
            wallet: AccountId::from_uuid(self.wallet_id.0),
            hold_id: self.hold_id.map(|id| TransferId::from_uuid(id.0)),
            hold: self.hold()?,
        })
    }

    /// The columns of a hold come together, or not at all.
    fn hold(&self) -> Result<Option<HoldBooks>, Fault> {
        let kind_of = |name: &str| named("transfer.kind", name, TransferKind::from_name);
        let (Some(kind), Some(amount), Some(currency), Some(wallet)) =
            (&self.hold_kind, self.hold_amount, &self.hold_currency, self.hold_wallet_id)
        else {
            return Ok(None);
        };
        Ok(Some(HoldBooks {
            kind: kind_of(kind)?,
            amount: money(amount.0, currency)?,
            wallet: AccountId::from_uuid(wallet.0),
            order: self.hold_order_id.map(|id| OrderId::from_uuid(id.0)),
            resolution: self.resolution.as_deref().map(kind_of).transpose()?,
        }))
    }
}
