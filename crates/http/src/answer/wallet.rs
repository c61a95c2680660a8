//! Balances and histories.

use chrono::{DateTime, Utc};
use serde::Serialize;
use trunkline_domain::{Currency, JsonMoney, Money, MoneyError, NumberId, TransferId, UserId};
use trunkline_wallet::{Balance, Credited, Transaction, TransactionPage};

use super::Success;

/// A balance; the two fields that name a currency are the original system's.
#[derive(Debug, Serialize)]
pub(crate) struct BalanceAnswer {
    success: Success,
    currency: Currency,
    available: JsonMoney,
    held: JsonMoney,
    balance_usd: JsonMoney,
    balance_inr: JsonMoney,
    updated_at: Option<DateTime<Utc>>,
}

impl BalanceAnswer {
    /// The asked balance, with what is available in the two currencies that the original system names.
    pub(crate) fn new(balance: &Balance, usd: &Balance, inr: &Balance) -> Result<Self, MoneyError> {
        Ok(Self {
            success: Success,
            currency: balance.posted.currency(),
            available: balance.available()?.into(),
            held: balance.held.into(),
            balance_usd: usd.available()?.into(),
            balance_inr: inr.available()?.into(),
            updated_at: balance.updated_at,
        })
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TransactionRecord {
    id: TransferId,
    date: DateTime<Utc>,
    #[serde(rename = "type")]
    direction: &'static str,
    amount: JsonMoney,
    currency: Currency,
    description: String,
    status: &'static str,
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
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TransactionListAnswer {
    success: Success,
    transactions: Vec<TransactionRecord>,
    next_cursor: Option<TransferId>,
}

impl From<TransactionPage> for TransactionListAnswer {
    fn from(page: TransactionPage) -> Self {
        let transactions = page.transactions.into_iter().map(TransactionRecord::from).collect();
        Self { success: Success, transactions, next_cursor: page.next }
    }
}

/// A credit that stands, with the balance that it led to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreditAnswer {
    success: Success,
    transaction: CreditRecord,
    balance: BalanceAfter,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CreditRecord {
    id: TransferId,
    user_id: UserId,
    amount: JsonMoney,
    currency: Currency,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BalanceAfter {
    currency: Currency,
    available: JsonMoney,
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
