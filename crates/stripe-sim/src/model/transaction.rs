//! Balance transactions: every movement of money at Stripe, and the balance that they add up to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::table::Row;

/// A movement on the account at Stripe. It is written once and never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Transaction {
    pub(crate) id: String,
    pub(crate) created: i64,
    /// What came, or went if it is negative.
    pub(crate) amount: i64,
    /// What Stripe kept of it.
    pub(crate) fee: i64,
    pub(crate) currency: String,
    pub(crate) kind: String,
    pub(crate) category: String,
    /// The object that it is about.
    pub(crate) source: String,
}

impl Transaction {
    pub(crate) const fn net(&self) -> i64 {
        self.amount.saturating_sub(self.fee)
    }

    pub(crate) fn view(&self) -> Value {
        let fees = if self.fee == 0 {
            json!([])
        } else {
            let description =
                if self.category == "dispute" { "Dispute fee" } else { "Stripe processing fees" };
            json!([{
                "amount": self.fee, "application": null, "currency": self.currency, "description": description,
                "type": "stripe_fee",
            }])
        };
        json!({
            "id": self.id,
            "object": "balance_transaction",
            "amount": self.amount,
            "available_on": self.created,
            "balance_type": "payments",
            "created": self.created,
            "currency": self.currency,
            "description": null,
            "exchange_rate": null,
            "fee": self.fee,
            "fee_details": fees,
            "net": self.net(),
            "reporting_category": self.category,
            "source": self.source,
            "status": "available",
            "type": self.kind,
        })
    }
}

/// The balance of each currency.
#[derive(Debug, Default)]
pub(crate) struct Balances(BTreeMap<String, i64>);

impl Balances {
    pub(crate) fn of<'t>(transactions: impl Iterator<Item = &'t Transaction>) -> Self {
        let mut balances = BTreeMap::new();
        for transaction in transactions {
            let balance: &mut i64 = balances.entry(transaction.currency.clone()).or_default();
            *balance = balance.saturating_add(transaction.net());
        }
        Self(balances)
    }

    pub(crate) fn view(&self) -> Value {
        let row = |currency: &str, amount: i64| json!({ "amount": amount, "currency": currency, "source_types": { "card": amount } });
        let available: Vec<Value> = self.0.iter().map(|(currency, amount)| row(currency, *amount)).collect();
        let pending: Vec<Value> = self.0.keys().map(|currency| row(currency, 0)).collect();
        json!({ "object": "balance", "available": available, "livemode": false, "pending": pending })
    }
}

impl Row for Transaction {
    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }
}
