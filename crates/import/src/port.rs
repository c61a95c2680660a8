//! The port to where everything is moved to.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use trunkline_domain::{
    BusinessId, Change, Money, NumberId, NumberSid, Order, OwnedNumber, PhoneNumber, TransferId, UserId,
};
use trunkline_tenancy::{Business, User};
use trunkline_wallet::{Credit, Transaction};

/// Stores what comes from another system.
#[async_trait]
pub trait ImportStore: Send + Sync {
    /// What of this is here already.
    async fn standing(&self, question: &StandingQuestion) -> Result<Standing, ImportStoreError>;

    /// Adds a user with all that is theirs, in one transaction: what is there under its own id already stays as it is,
    /// and everything else is added. Balances are paid out of the account of opening balances, each once per transfer.
    /// Where something else is in the way, nothing of it is stored. Safe to repeat, and then nothing is announced again.
    async fn import_user(&self, change: &Change<UserImport>) -> Result<ImportAnswer, ImportStoreError>;

    /// What the accounts of opening balances have paid out, by currency.
    async fn opened(&self) -> Result<Vec<Money>, ImportStoreError>;
}

/// Asks what is here already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingQuestion {
    /// Whose.
    pub user: UserId,
    /// Businesses, whoever has them.
    pub businesses: Vec<BusinessId>,
    /// Numbers, whoever has them.
    pub numbers: Vec<NumberId>,
    /// The same by their ids at the provider.
    pub number_sids: Vec<NumberSid>,
    /// The same by themselves.
    pub phone_numbers: Vec<PhoneNumber>,
    /// Transfers of opening balances.
    pub openings: Vec<TransferId>,
    /// Lines of the history.
    pub lines: Vec<TransferId>,
}

/// What is here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// The user.
    pub user: Option<User>,
    /// Those businesses.
    pub businesses: Vec<Business>,
    /// Those numbers: by our id or the provider's, and the user's own live records of the phone numbers.
    pub numbers: Vec<OwnedNumber>,
    /// Phone numbers that somebody here deals with. One that cools down after a failed order is free.
    pub claimed: Vec<PhoneNumber>,
    /// Those transfers.
    pub openings: Vec<Opened>,
    /// Those lines.
    pub lines: Vec<TransferId>,
}

/// A balance that was moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// Its transfer.
    pub transfer: TransferId,
    /// How much it was.
    pub amount: Money,
}

/// A user with what is theirs, all of it or a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserImport {
    /// The user.
    pub user: User,
    /// Their businesses.
    pub businesses: Vec<Business>,
    /// Their numbers.
    pub numbers: Vec<NumberImport>,
    /// Their balances: posts out of the account of opening balances, one for each wallet.
    pub openings: Vec<Credit>,
    /// Their history, which is only read.
    pub lines: Vec<Transaction>,
    /// When.
    pub at: DateTime<Utc>,
}

/// A number that comes along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberImport {
    /// The number.
    pub number: OwnedNumber,
    /// The order that stands for its purchase, `completed` and charging nothing. `None` exactly for records of numbers
    /// elsewhere.
    pub order: Option<Order>,
}

/// What became of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportAnswer {
    /// All of it stands, added now or before.
    Stands,
    /// Something else is in the way; a sentence says what. Nothing was stored.
    InTheWay(String),
}

/// A store that could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ImportStoreError {
    /// Certainly nothing was changed.
    #[error("the store is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The change may or may not be stored. Repeating the same change is safe.
    #[error("it is not known whether the change is stored")]
    OutcomeUnknown(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The rows are not what the rules promise. Nothing was changed.
    #[error("the store is broken: {0}")]
    Broken(String),
}
