//! Automatic top-ups: a saved payment method is charged when a wallet is low, with brakes.
//!
//! *Invariants*: nothing is charged without a consent that is kept word for word; of one user and currency at most one charge
//! is in flight; the cool-down is set before anything is charged, and kept whatever a card says. What is sent is written down
//! before it is sent, so that it is known of each charge whether it is certainly not at the gateway: only such a one is judged
//! anew, and may be withdrawn.

mod charging;
mod looking;
mod service;
mod setting_up;
mod store;
pub(crate) mod watch;

use std::fmt;

use chrono::{DateTime, Utc};
use trunkline_domain::{Actor, Currency, Money, UserId};

use crate::{CustomerId, MethodId};

pub use self::service::{
    Agreement, RemoveTopUpCommand, SetUpCommand, SetUpPage, TopUpCommand, TopUpError, TopUpSettings,
    TopUpTermsError, TopUps,
};
#[cfg(feature = "mock")]
pub use self::store::MockTopUpStore;
pub use self::store::{
    Brake, ClaimAnswer, SendAnswer, SendBegin, Sends, SetupBegin, SetupEnd, SetupOutcome, SetupsVoid,
    SwitchOff, TopUpChange, TopUpClaim, TopUpSetup, TopUpStore, WITHDRAWN,
};
pub use self::watch::Watched;

/// How many declines of one method in a row switch it off.
pub const DECLINES_MAX: u32 = 3;

/// To which text a customer agrees. Another text gets another number, and the old one stays here.
pub const CONSENT_VERSION: u32 = 1;

/// The text to which a customer agrees, as of [`CONSENT_VERSION`].
pub const CONSENT_TEXT: &str = "I allow this service to charge my saved payment method, without asking me each time, \
    the amount that I have set whenever my balance falls below the threshold that I have set, and in a calendar month \
    no more than the cap that I have set. I can change this, switch it off and have the payment method forgotten at \
    any time.";

/// When to charge, and how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopUpTerms {
    /// Charged when less is available, with what is on its way.
    pub threshold: Money,
    /// How much is charged at a time.
    pub amount: Money,
    /// How much in a calendar month (UTC) at most, with what is under way.
    pub monthly_cap: Money,
}

impl TopUpTerms {
    /// The currency of all three.
    pub const fn currency(&self) -> Currency {
        self.amount.currency()
    }
}

/// A saved payment method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedMethod {
    /// To whom it belongs at the gateway.
    pub customer: CustomerId,
    /// The gateway's id of it.
    pub id: MethodId,
    /// What people know it by, such as `visa •••• 4242`.
    pub label: String,
}

/// That a customer agreed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// To which text.
    pub version: u32,
    /// Who said so: they, or a service on their behalf.
    pub by: Actor,
    /// When.
    pub at: DateTime<Utc>,
}

/// The automatic top-up of a user in a currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopUp {
    /// Whose.
    pub user: UserId,
    /// When, and how much.
    pub terms: TopUpTerms,
    /// Whether it charges.
    pub state: TopUpState,
    /// What it charges; `None` once it was forgotten, and then it is off.
    pub method: Option<SavedMethod>,
    /// By which consent.
    pub consent: Consent,
    /// How often in a row the method was declined.
    pub declines: u32,
    /// Until when nothing more is charged, whatever came of the last charge.
    pub cool_until: Option<DateTime<Utc>>,
    /// Grows by one with every change of its terms, its method or its state.
    pub version: u32,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// Whether a top-up charges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TopUpState {
    /// It does.
    On,
    /// Its user has switched it off.
    Off,
    /// Its method was declined too often.
    Declined,
}

impl TopUpState {
    /// All states.
    pub const ALL: [Self; 3] = [Self::On, Self::Off, Self::Declined];

    /// The name in SQL and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Declined => "declined",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

impl fmt::Display for TopUpState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for state in TopUpState::ALL {
            assert_eq!(TopUpState::from_name(state.as_str()), Some(state));
        }
        assert_eq!(TopUpState::from_name("paused"), None);
        for brake in Brake::ALL {
            assert_eq!(Brake::from_name(brake.as_str()), Some(brake));
        }
    }
}
