//! Wallets, transactions, payments, statements, top-ups and alerts as the API answers them, as far as pages show them.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use trunkline_domain::{Currency, JsonMoney, Money, NumberId};

use crate::refusal::Refusal;

/// An amount of the API with the currency that stands beside it. One that is none is a mistake of ours, and never zero.
pub(crate) fn money(amount: &JsonMoney, currency: Currency) -> Result<Money, Refusal> {
    Money::new(amount.0, currency).map_err(|error| {
        tracing::error!(%error, "an answer of the API has an amount that is none");
        Refusal::ours()
    })
}

#[derive(Deserialize)]
pub(crate) struct Wallets {
    pub(crate) wallets: Vec<Wallet>,
}

#[derive(Deserialize)]
pub(crate) struct Wallet {
    pub(crate) currency: Currency,
    pub(crate) available: JsonMoney,
    pub(crate) held: JsonMoney,
    pub(crate) debt: JsonMoney,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Transactions {
    pub(crate) transactions: Vec<Transaction>,
    pub(crate) next_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Transaction {
    pub(crate) date: DateTime<Utc>,
    #[serde(rename = "type")]
    pub(crate) direction: String,
    pub(crate) amount: JsonMoney,
    pub(crate) currency: Currency,
    pub(crate) description: String,
    pub(crate) status: String,
    pub(crate) number_id: Option<NumberId>,
}

impl Transaction {
    pub(crate) fn is_in(&self) -> bool {
        self.direction == "credit"
    }

    /// What became of it in a word for people, and how to mark it.
    pub(crate) fn state(&self) -> (&'static str, &'static str) {
        match (self.status.as_str(), self.is_in()) {
            ("pending", true) => ("Not paid yet", "waiting"),
            ("pending", false) => ("Held", "waiting"),
            ("completed", true) => ("Received", "good"),
            ("completed", false) => ("Paid", "plain"),
            ("failed", true) => ("Came to nothing", "bad"),
            ("failed", false) => ("Given back", "plain"),
            ("refunded", _) => ("Refunded", "plain"),
            (_, _) => ("Unknown", "plain"),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Payments {
    pub(super) payments: Vec<Payment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Payment {
    pub(super) kind: String,
    pub(super) status: String,
    pub(super) amount: JsonMoney,
    pub(super) currency: Currency,
    pub(super) decline: Option<String>,
    pub(super) url: Option<String>,
    pub(super) created_at: DateTime<Utc>,
}

/// A page of Stripe's that was opened.
#[derive(Deserialize)]
pub(super) struct OpenedPage {
    pub(super) url: String,
}

/// A page of Stripe's on which is paid.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OpenedPayment {
    pub(super) url: String,
    pub(super) payment_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Statements {
    pub(super) statements: Vec<Statement>,
    pub(super) next_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Statement {
    pub(super) month: String,
    pub(super) currency: Currency,
    pub(super) status: String,
    pub(super) opening: JsonMoney,
    pub(super) total_in: JsonMoney,
    pub(super) total_out: JsonMoney,
    pub(super) closing: JsonMoney,
    pub(super) line_count: u64,
}

/// A month with its lines.
#[derive(Deserialize)]
pub(super) struct MonthLines {
    pub(super) lines: Vec<Line>,
}

#[derive(Deserialize)]
pub(super) struct Line {
    pub(super) date: DateTime<Utc>,
    pub(super) balance: JsonMoney,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TopUpAnswer {
    pub(super) consent_text: String,
    pub(super) auto_top_up: Option<TopUp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TopUp {
    pub(super) status: String,
    pub(super) currency: Currency,
    pub(super) threshold: JsonMoney,
    pub(super) amount: JsonMoney,
    pub(super) monthly_cap: JsonMoney,
    pub(super) payment_method: Option<String>,
    pub(super) declines: u32,
    pub(super) cool_down_until: Option<DateTime<Utc>>,
    pub(super) agreed_at: DateTime<Utc>,
}

#[derive(Deserialize)]
pub(super) struct Alerts {
    pub(super) currency: Currency,
    pub(super) thresholds: Vec<JsonMoney>,
    pub(super) source: String,
    pub(super) email: Option<String>,
    pub(super) mail: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Notices {
    pub(super) notices: Vec<Notice>,
    pub(super) next_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Notice {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) created_at: DateTime<Utc>,
    pub(super) mail: String,
}

impl Notice {
    /// Whether it was mailed, in words for people, and how to mark it.
    pub(super) fn state(&self) -> (&'static str, &'static str) {
        match self.mail.as_str() {
            "waiting" => ("To be mailed", "waiting"),
            "sent" => ("Mailed", "good"),
            "failed" => ("Mail refused", "bad"),
            "no_address" => ("No address", "plain"),
            _ => ("Not mailed", "plain"),
        }
    }
}
