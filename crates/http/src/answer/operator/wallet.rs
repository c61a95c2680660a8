//! A user's wallet, and corrections of it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use trunkline_domain::{Currency, JsonMoney, Money, MoneyError, TransferId, UserId};
use trunkline_wallet::{Adjusted, Balance, TransactionDirection, TransactionPage};
use utoipa::ToSchema;

use crate::answer::Success;
use crate::answer::wallet::{BalanceAfter, TransactionRecord};
use crate::description::words;

/// A balance with the latest transactions in all currencies.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WalletAnswer {
    success: Success,
    #[schema(value_type = words::UserId)]
    user_id: UserId,
    balance: BalanceAfter,
    #[schema(required)]
    updated_at: Option<DateTime<Utc>>,
    transactions: Vec<TransactionRecord>,
    /// Where `GET /api/wallet/transactions?userId=` goes on.
    #[schema(value_type = Option<words::Id>, required)]
    next_cursor: Option<TransferId>,
}

impl WalletAnswer {
    pub(crate) fn new(user_id: UserId, balance: &Balance, page: TransactionPage) -> Result<Self, MoneyError> {
        Ok(Self {
            success: Success,
            user_id,
            balance: BalanceAfter::new(balance)?,
            updated_at: balance.updated_at,
            transactions: page.transactions.into_iter().map(TransactionRecord::from).collect(),
            next_cursor: page.next,
        })
    }
}

/// A correction that stands, with the balance that it led to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdjustmentAnswer {
    success: Success,
    transaction: AdjustmentRecord,
    balance: BalanceAfter,
}

/// Money that an operator moved.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Adjustment)]
pub(super) struct AdjustmentRecord {
    #[schema(value_type = words::Id)]
    id: TransferId,
    #[schema(value_type = words::UserId)]
    user_id: UserId,
    #[serde(rename = "type")]
    #[schema(value_type = words::Direction)]
    direction: &'static str,
    #[schema(value_type = words::Amount)]
    amount: JsonMoney,
    #[schema(value_type = words::Currency)]
    currency: Currency,
}

impl AdjustmentRecord {
    pub(super) fn new(
        id: TransferId,
        user_id: UserId,
        direction: TransactionDirection,
        amount: Money,
    ) -> Self {
        let (direction, currency) = (direction.as_str(), amount.currency());
        Self { id, user_id, direction, amount: amount.into(), currency }
    }
}

impl AdjustmentAnswer {
    pub(crate) fn new(
        user_id: UserId,
        direction: TransactionDirection,
        amount: Money,
        adjusted: &Adjusted,
    ) -> Result<Self, MoneyError> {
        let transaction = AdjustmentRecord::new(adjusted.transfer, user_id, direction, amount);
        Ok(Self { success: Success, transaction, balance: BalanceAfter::new(&adjusted.balance)? })
    }
}
