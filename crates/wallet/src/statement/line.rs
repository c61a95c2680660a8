//! The lines of a statement: what moved the balance, and nothing else.

use chrono::{DateTime, Utc};
use trunkline_domain::{Money, NumberId, OrderId, TransferId};

use crate::{TransactionDirection, Transfer, TransferKind};

/// One movement of a wallet's posted balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementLine {
    /// Its place in the wallet's history, by which lines are ordered. Holds have places too, so places of lines have gaps.
    pub version: i64,
    /// The transfer.
    pub transfer: TransferId,
    /// When, by the clock of the server that posted it. Dates of neighbours may be seconds out of order.
    pub date: DateTime<Utc>,
    /// What for.
    pub description: String,
    /// In or out.
    pub direction: TransactionDirection,
    /// How much; always more than zero.
    pub amount: Money,
    /// The wallet's balance after it, holds not taken off.
    pub balance: Money,
    /// The number it paid for.
    pub number: Option<NumberId>,
    /// The order it belongs to.
    pub order: Option<OrderId>,
}

impl StatementLine {
    /// The line of a transfer. A hold and what gives it back move nothing, and are no lines.
    pub fn of(transfer: &Transfer) -> Option<Self> {
        match transfer.kind {
            TransferKind::Post | TransferKind::Capture | TransferKind::Reversal => {}
            TransferKind::Hold | TransferKind::Void => return None,
        }
        let is_incoming = transfer.credit == transfer.wallet;
        Some(Self {
            version: transfer.wallet_version,
            transfer: transfer.id,
            date: transfer.created_at,
            description: transfer.description.clone(),
            direction: if is_incoming { TransactionDirection::Credit } else { TransactionDirection::Debit },
            amount: transfer.amount,
            balance: transfer.posted_after,
            number: transfer.number,
            order: transfer.order,
        })
    }
}
