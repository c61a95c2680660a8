//! The alarms: every one has a name, a section in the operator's runbook, and a subject that it is about.

use std::fmt::{self, Display};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Something that an operator should look at. `docs/operations.md` says of each what happened and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alarm {
    /// An order is undecided for longer than a day. Its subject is the order.
    OrderUndecided,
    /// No machine can decide an order. Its subject is the order.
    OrderInReview,
    /// A purchase was taken for an update of a number that the account had. Its subject is the order.
    PurchaseHitOwnedNumber,
    /// The provider says that it sold something else than was ordered. Its subject is the order.
    PurchaseAnswerMismatch,
    /// The provider holds a second number for an order. Its subject is the number's id there.
    SecondNumberForOrder,
    /// A purchase arrived after its order was given up. Its subject is the number's id at the provider.
    LateSuccess,
    /// A number was bought that our books give to something else. Its subject is the order.
    SettlementConflict,
    /// A release waits for an operator. Its subject is the number.
    ReleaseInReview,
    /// The release of an orphan waits for an operator. Its subject is the number's id at the provider.
    OrphanInReview,
    /// A number has the marker of a failed order and may be another's. Its subject is the number's id at the provider.
    OrphanInDoubt,
    /// The provider holds a number of ours whose order this database lacks. Its subject is the number's id there.
    UnknownOrder,
    /// The provider does not have a number that a customer has. Its subject is the number.
    GhostNumber,
    /// An order has its number and no charge, or its charge and no number. Its subject is the order.
    BooksContradict,
    /// A reconciliation would have repaired more than is usual, and repaired nothing. Its subject is the account.
    RepairsHeldBack,
    /// No reconciliation has come to its end for long. Its subject is the account.
    ReconciliationOverdue,
    /// The money left at the provider is below the floor, and sales are stopped. Its subject is the account.
    BalanceLow,
    /// The provider does not say how much money is left. Its subject is the account.
    BalanceUnreadable,
    /// What the payment gateway says of a payment contradicts what is stored. Its subject is the payment.
    PaymentContradicts,
    /// Automatic top-ups stand still. Its subject is the payment that does not end, or `charges` where the gateway takes none.
    TopUpStalled,
    /// The ledger's audit found faults. Its subject is `ledger`.
    LedgerUnbalanced,
    /// Mail to customers does not leave. Its subject is `mail`.
    MailUndelivered,
    /// A mistake of ours. Its subject is what was being recovered.
    RecoveryPanicked,
}

impl Alarm {
    /// All alarms.
    pub const ALL: [Self; 22] = [
        Self::OrderUndecided,
        Self::OrderInReview,
        Self::PurchaseHitOwnedNumber,
        Self::PurchaseAnswerMismatch,
        Self::SecondNumberForOrder,
        Self::LateSuccess,
        Self::SettlementConflict,
        Self::ReleaseInReview,
        Self::OrphanInReview,
        Self::OrphanInDoubt,
        Self::UnknownOrder,
        Self::GhostNumber,
        Self::BooksContradict,
        Self::RepairsHeldBack,
        Self::ReconciliationOverdue,
        Self::BalanceLow,
        Self::BalanceUnreadable,
        Self::PaymentContradicts,
        Self::TopUpStalled,
        Self::LedgerUnbalanced,
        Self::MailUndelivered,
        Self::RecoveryPanicked,
    ];

    /// Its name in logs, metrics, messages and SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OrderUndecided => "order_undecided",
            Self::OrderInReview => "order_in_review",
            Self::PurchaseHitOwnedNumber => "purchase_hit_owned_number",
            Self::PurchaseAnswerMismatch => "purchase_answer_mismatch",
            Self::SecondNumberForOrder => "second_number_for_order",
            Self::LateSuccess => "late_success",
            Self::SettlementConflict => "settlement_conflict",
            Self::ReleaseInReview => "release_in_review",
            Self::OrphanInReview => "orphan_in_review",
            Self::OrphanInDoubt => "orphan_in_doubt",
            Self::UnknownOrder => "unknown_order",
            Self::GhostNumber => "ghost_number",
            Self::BooksContradict => "books_contradict",
            Self::RepairsHeldBack => "repairs_held_back",
            Self::ReconciliationOverdue => "reconciliation_overdue",
            Self::BalanceLow => "balance_low",
            Self::BalanceUnreadable => "balance_unreadable",
            Self::PaymentContradicts => "payment_contradicts",
            Self::TopUpStalled => "top_up_stalled",
            Self::LedgerUnbalanced => "ledger_unbalanced",
            Self::MailUndelivered => "mail_undelivered",
            Self::RecoveryPanicked => "recovery_panicked",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|alarm| alarm.as_str() == name)
    }
}

impl Display for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An alarm that is raised. One that is raised again about the same subject goes on; it does not begin anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Onset {
    /// Which.
    pub alarm: Alarm,
    /// The id of what it is about.
    pub subject: String,
    /// What happened, in a sentence for the operator.
    pub sentence: &'static str,
    /// Ids and figures that help to find the cause. No secrets, and no full phone numbers.
    pub details: Map<String, Value>,
}

impl Onset {
    /// An alarm about a subject.
    pub fn of(alarm: Alarm, subject: impl Display, sentence: &'static str) -> Self {
        Self { alarm, subject: subject.to_string(), sentence, details: Map::new() }
    }

    /// Adds a detail.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for alarm in Alarm::ALL {
            assert_eq!(Alarm::from_name(alarm.as_str()), Some(alarm));
            assert_eq!(serde_json::to_value(alarm).unwrap(), alarm.as_str(), "one name everywhere");
        }
        assert_eq!(Alarm::from_name("late success"), None);
    }
}
