//! A notice: something that a customer is told, from its cause to its end.
//!
//! *Invariants*: what a notice says never changes after it is stored; a notice that is `sent`, `failed`, `no_address` or
//! `not_configured` stays so.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use trunkline_domain::{Currency, Money, NoticeId, UserId};

use crate::EmailAddress;

/// What a notice is about, with what its text needs. Stored as it is here: a field that is added later needs a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NoticeBody {
    /// What can be spent from a wallet has fallen below an amount.
    BalanceLow {
        /// What can be spent, as of the notice; above the threshold again where money came in at once.
        available: Money,
        /// Below which amount it had fallen.
        threshold: Money,
    },
    /// An automatic top-up is off, because its payment method was declined too often in a row.
    TopUpOff {
        /// How much it would have charged.
        amount: Money,
        /// What its owner knows the method by.
        method: String,
        /// How often.
        declines: u32,
    },
}

impl NoticeBody {
    /// The names of all kinds, for descriptions.
    pub const KINDS: [&'static str; 2] = ["balance_low", "top_up_off"];

    /// The kind's name in answers, metrics and events.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::BalanceLow { .. } => "balance_low",
            Self::TopUpOff { .. } => "top_up_off",
        }
    }

    /// The currency of the wallet that it is about.
    pub const fn currency(&self) -> Currency {
        match self {
            Self::BalanceLow { threshold, .. } => threshold.currency(),
            Self::TopUpOff { amount, .. } => amount.currency(),
        }
    }
}

/// What becomes of a notice's mail, decided when the notice is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// It is sent to this address.
    To(EmailAddress),
    /// Nobody knows an address of the user's.
    NoAddress,
    /// The deployment has no mail server.
    NotConfigured,
}

impl Delivery {
    /// Where a notice stands that is stored with this.
    pub const fn state(&self) -> MailState {
        match self {
            Self::To(_) => MailState::Waiting,
            Self::NoAddress => MailState::NoAddress,
            Self::NotConfigured => MailState::NotConfigured,
        }
    }

    /// The address, where there is one.
    pub const fn address(&self) -> Option<&EmailAddress> {
        match self {
            Self::To(address) => Some(address),
            Self::NoAddress | Self::NotConfigured => None,
        }
    }
}

/// Where the mail of a notice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailState {
    /// It is to be sent, or to be tried again.
    Waiting,
    /// A mail server took it.
    Sent,
    /// It was refused for good, or given up.
    Failed,
    /// No address was known when the notice was made.
    NoAddress,
    /// No mail server was configured when the notice was made.
    NotConfigured,
}

impl MailState {
    /// All states.
    pub const ALL: [Self; 5] =
        [Self::Waiting, Self::Sent, Self::Failed, Self::NoAddress, Self::NotConfigured];

    /// The name in SQL and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::NoAddress => "no_address",
            Self::NotConfigured => "not_configured",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// A notice that is to be stored, in the transition that causes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNotice {
    /// A fresh id; it also names the mail, so that mail systems know a repeat.
    pub id: NoticeId,
    /// Who is told.
    pub user: UserId,
    /// What.
    pub body: NoticeBody,
    /// How.
    pub delivery: Delivery,
    /// When it became so.
    pub at: DateTime<Utc>,
}

/// A notice as its user reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRecord {
    /// Identity.
    pub id: NoticeId,
    /// Who is told.
    pub user: UserId,
    /// What.
    pub body: NoticeBody,
    /// Where its mail stands.
    pub mail: MailState,
    /// When it became so.
    pub created_at: DateTime<Utc>,
}

/// A notice whose mail a worker has claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Identity.
    pub id: NoticeId,
    /// What.
    pub body: NoticeBody,
    /// Where to.
    pub to: EmailAddress,
    /// When it became so.
    pub created_at: DateTime<Utc>,
    /// How often sending it has failed.
    pub attempts: u32,
    /// The worker's right to send it.
    pub lease: LetterLease,
}

/// The right to send a letter: a token that grows by one with every worker who takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LetterLease(i64);

impl LetterLease {
    /// A token as it was stored.
    pub const fn from_i64(token: i64) -> Self {
        Self(token)
    }

    /// The token for storing.
    pub const fn as_i64(self) -> i64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_stored_with_its_digits_and_read_back() {
        let usd = |text| Money::parse(text, Currency::USD).unwrap();
        let body = NoticeBody::BalanceLow { available: usd("3.20"), threshold: usd("5") };
        let stored = serde_json::to_string(&body).unwrap();
        assert_eq!(
            stored,
            r#"{"kind":"balance_low","available":{"amount":"3.20","currency":"USD"},"threshold":{"amount":"5.00","currency":"USD"}}"#
        );
        assert_eq!(serde_json::from_str::<NoticeBody>(&stored).unwrap(), body);
        assert_eq!((body.kind(), body.currency()), (NoticeBody::KINDS[0], Currency::USD));
    }

    #[test]
    fn states_have_names() {
        for state in MailState::ALL {
            assert_eq!(MailState::from_name(state.as_str()), Some(state));
        }
        assert_eq!(MailState::from_name("lost"), None);
    }
}
