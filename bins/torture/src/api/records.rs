//! What the API answers, as far as it is compared.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;

/// Where a number is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum NumberStatus {
    Active,
    Suspended,
    Releasing,
    Review,
    Released,
}

impl NumberStatus {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Releasing => "releasing",
            Self::Review => "review",
            Self::Released => "released",
        }
    }
}

/// A number here.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the API's names")]
pub(crate) struct Number {
    pub id: String,
    pub user_id: String,
    pub phone_number: String,
    pub display_name: String,
    pub status: NumberStatus,
    pub twilio_sid: Option<String>,
}

impl Number {
    /// Whether it is held, at the provider too.
    pub(crate) fn is_live(&self) -> bool {
        self.status != NumberStatus::Released
    }
}

/// Where an order is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OrderStatus {
    Ordering,
    Unresolved,
    Review,
    Completed,
    Failed,
}

impl OrderStatus {
    /// The states of an order that is not decided.
    pub(crate) const OPEN: [Self; 3] = [Self::Ordering, Self::Unresolved, Self::Review];

    pub(crate) fn is_open(self) -> bool {
        Self::OPEN.contains(&self)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ordering => "ordering",
            Self::Unresolved => "unresolved",
            Self::Review => "review",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }
}

/// An attempt to buy a number.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Order {
    pub id: String,
    pub status: OrderStatus,
    pub phone_number: String,
    #[serde(with = "rust_decimal::serde::arbitrary_precision")]
    pub amount: Decimal,
    pub number_id: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// Money in or out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Direction {
    Credit,
    Debit,
}

/// What became of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TransactionStatus {
    Pending,
    Completed,
    Failed,
    Refunded,
}

/// A line of a user's history.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Transaction {
    pub id: String,
    #[serde(rename = "type")]
    pub direction: Direction,
    #[serde(with = "rust_decimal::serde::arbitrary_precision")]
    pub amount: Decimal,
    pub description: String,
    pub status: TransactionStatus,
    pub number_id: Option<String>,
}

/// What a user has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Balance {
    #[serde(with = "rust_decimal::serde::arbitrary_precision")]
    pub available: Decimal,
    #[serde(with = "rust_decimal::serde::arbitrary_precision")]
    pub held: Decimal,
}

#[derive(Deserialize)]
pub(super) struct OneNumber {
    pub number: Number,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NumberPage {
    pub numbers: Vec<Number>,
    pub next_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderPage {
    pub orders: Vec<Order>,
    pub next_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TransactionPage {
    pub transactions: Vec<Transaction>,
    pub next_cursor: Option<String>,
}

/// What a reconciliation found and did, as far as the operator here decides by it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    pub held_back: Option<HeldBack>,
    pub repairs: Repairs,
}

/// Repairs that were not made, because there were too many to make them unasked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HeldBack {
    pub would_repair: u64,
}

#[derive(Deserialize)]
pub(crate) struct Repairs {
    pub done: u64,
}

#[derive(Deserialize)]
pub(super) struct OneReport {
    pub report: Report,
}

#[derive(Deserialize)]
pub(super) struct KeptReports {
    pub reports: Vec<Report>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_with_amounts_digit_by_digit() {
        let text = r#"{"success":true,"nextCursor":null,"transactions":[{"id":"t","date":"2026-11-22T17:37:26Z",
            "type":"debit","amount":1.50,"currency":"USD","description":"Phone number +14152008224",
            "status":"completed","numberId":"n"}]}"#;
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        let page: TransactionPage = serde_json::from_value(value).unwrap();
        let [line] = page.transactions.as_slice() else { panic!("one line") };
        assert_eq!((line.amount.to_string().as_str(), line.direction), ("1.50", Direction::Debit));
        assert_eq!(page.next_cursor, None);
    }
}
