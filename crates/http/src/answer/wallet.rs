//! Balances and histories.

use chrono::{DateTime, Utc};
use serde::Serialize;
use trunkline_domain::{Currency, JsonMoney, Money, MoneyError, NumberId, TransferId, UserId};
use trunkline_wallet::{Balance, Credited, Transaction, TransactionPage, WalletStanding};
use utoipa::ToSchema;

use super::Success;
use crate::description::words;

/// A balance; the two fields that name a currency are the original system's.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BalanceAnswer {
    success: Success,
    #[schema(value_type = words::Currency)]
    currency: Currency,
    #[schema(value_type = words::Amount)]
    available: JsonMoney,
    #[schema(value_type = words::Amount)]
    held: JsonMoney,
    /// What is owed since a payment was taken back after its money was spent; what comes in pays it first.
    #[schema(value_type = words::Amount)]
    debt: JsonMoney,
    #[schema(value_type = words::Amount)]
    balance_usd: JsonMoney,
    #[schema(value_type = words::Amount)]
    balance_inr: JsonMoney,
    #[schema(required)]
    updated_at: Option<DateTime<Utc>>,
}

impl BalanceAnswer {
    /// The asked balance, with what is available in the two currencies that the original system names.
    pub(crate) fn new(
        balance: &Balance,
        debt: Money,
        usd: &Balance,
        inr: &Balance,
    ) -> Result<Self, MoneyError> {
        Ok(Self {
            success: Success,
            currency: balance.posted.currency(),
            available: balance.available()?.into(),
            held: balance.held.into(),
            debt: debt.into(),
            balance_usd: usd.available()?.into(),
            balance_inr: inr.available()?.into(),
            updated_at: balance.updated_at,
        })
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Wallet)]
struct WalletRecord {
    #[schema(value_type = words::Currency)]
    currency: Currency,
    #[schema(value_type = words::Amount)]
    available: JsonMoney,
    #[schema(value_type = words::Amount)]
    held: JsonMoney,
    /// What is owed since a payment was taken back after its money was spent; what comes in pays it first.
    #[schema(value_type = words::Amount)]
    debt: JsonMoney,
    #[schema(required)]
    updated_at: Option<DateTime<Utc>>,
}

/// All wallets of a user.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WalletListAnswer {
    success: Success,
    wallets: Vec<WalletRecord>,
}

impl WalletListAnswer {
    pub(crate) fn new(wallets: &[WalletStanding]) -> Result<Self, MoneyError> {
        let record = |wallet: &WalletStanding| {
            Ok(WalletRecord {
                currency: wallet.balance.posted.currency(),
                available: wallet.balance.available()?.into(),
                held: wallet.balance.held.into(),
                debt: wallet.debt.into(),
                updated_at: wallet.balance.updated_at,
            })
        };
        let wallets = wallets.iter().map(record).collect::<Result<_, _>>()?;
        Ok(Self { success: Success, wallets })
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Transaction)]
pub(super) struct TransactionRecord {
    #[schema(value_type = words::Id)]
    id: TransferId,
    date: DateTime<Utc>,
    #[serde(rename = "type")]
    #[schema(value_type = words::Direction)]
    direction: &'static str,
    #[schema(value_type = words::Amount)]
    amount: JsonMoney,
    #[schema(value_type = words::Currency)]
    currency: Currency,
    description: String,
    #[schema(value_type = words::TransactionState)]
    status: &'static str,
    #[schema(value_type = Option<words::Id>, required)]
    number_id: Option<NumberId>,
}

impl From<Transaction> for TransactionRecord {
    fn from(transaction: Transaction) -> Self {
        Self {
            id: transaction.id,
            date: transaction.date,
            direction: transaction.direction.as_str(),
            amount: transaction.amount.into(),
            currency: transaction.amount.currency(),
            description: transaction.description,
            status: transaction.status.as_str(),
            number_id: transaction.number,
        }
    }
}

/// A page of a user's history.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TransactionListAnswer {
    success: Success,
    transactions: Vec<TransactionRecord>,
    #[schema(value_type = Option<words::Id>, required)]
    next_cursor: Option<TransferId>,
}

impl From<TransactionPage> for TransactionListAnswer {
    fn from(page: TransactionPage) -> Self {
        let transactions = page.transactions.into_iter().map(TransactionRecord::from).collect();
        Self { success: Success, transactions, next_cursor: page.next }
    }
}

/// A credit that stands, with the balance that it led to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreditAnswer {
    success: Success,
    transaction: CreditRecord,
    balance: BalanceAfter,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Credit)]
struct CreditRecord {
    #[schema(value_type = words::Id)]
    id: TransferId,
    #[schema(value_type = words::UserId)]
    user_id: UserId,
    #[schema(value_type = words::Amount)]
    amount: JsonMoney,
    #[schema(value_type = words::Currency)]
    currency: Currency,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BalanceAfter {
    #[schema(value_type = words::Currency)]
    currency: Currency,
    #[schema(value_type = words::Amount)]
    available: JsonMoney,
    #[schema(value_type = words::Amount)]
    held: JsonMoney,
}

impl BalanceAfter {
    pub(super) fn new(balance: &Balance) -> Result<Self, MoneyError> {
        let (currency, available) = (balance.posted.currency(), balance.available()?.into());
        Ok(Self { currency, available, held: balance.held.into() })
    }
}

impl CreditAnswer {
    pub(crate) fn new(user: UserId, amount: Money, credited: &Credited) -> Result<Self, MoneyError> {
        let (currency, balance) = (amount.currency(), &credited.balance);
        let transaction =
            CreditRecord { id: credited.transfer, user_id: user, amount: amount.into(), currency };
        Ok(Self { success: Success, transaction, balance: BalanceAfter::new(balance)? })
    }
}
