//! The ports to where notices and alerts are kept. All replicas of a database share one, so what two of them see at once is
//! told once.

use std::error::Error;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use trunkline_domain::{Change, Currency, Money, NoticeId, UserId, WalletId};

use crate::{EmailAddress, Letter, LetterLease, MailState, NewNotice, NoticeRecord, Thresholds};

/// How many rows of one wallet's journal a look takes at most. What is more is the next look's.
pub const STEPS_MAX: u16 = 1_000;

/// Keeps alerts, and knows which wallets have moved since they were looked at. Every change is safe to repeat.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait AlertStore: Send + Sync {
    /// What is set for a user in a currency, and where they are written to. Also of a user whom nobody knows.
    async fn alerts(&self, user: &UserId, currency: Currency) -> Result<Alerts, NoticeStoreError>;

    /// Replaces what is set, and has the wallet looked at, where there is one. The change is known again by its audit line.
    async fn set_alerts(&self, change: &Change<AlertsSetting>) -> Result<(), NoticeStoreError>;

    /// Wallets with rows or alerts that nobody has looked at, by their ids, from the one after `after` on. One that has not
    /// moved costs nothing. At most [`STEPS_MAX`] rows of each come, the oldest first.
    async fn moved_wallets(
        &self,
        after: Option<WalletId>,
        limit: u16,
    ) -> Result<Vec<MovedWallet>, NoticeStoreError>;

    /// Moves a wallet's mark forward and stores the notices of it, together. False where somebody else has looked since,
    /// or where the alerts have changed: then nothing is stored, and the wallet comes again if there is more to see.
    async fn look(&self, change: &Change<Look>) -> Result<bool, NoticeStoreError>;
}

/// Keeps notices, and hands their mail to whoever sends it. Leases and attempts go by the store's clock.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait NoticeStore: Send + Sync {
    /// A user's notices, the newest first.
    async fn notices(&self, filter: &NoticeFilter) -> Result<Vec<NoticeRecord>, NoticeStoreError>;

    /// Takes up to `limit` letters that are due, the oldest first, for as long as `lease`.
    async fn claim_letters(&self, lease: Duration, limit: u16) -> Result<Vec<Letter>, NoticeStoreError>;

    /// A mail server took a letter. Needs no lease: that it was taken is true whoever sent it. False where it was known.
    async fn note_sent(&self, change: &Change<LetterDelivery>) -> Result<bool, NoticeStoreError>;

    /// A letter was not sent: leaves it until later or gives it up. False when the lease is lost.
    async fn set_letter_back(&self, change: &Change<LetterSetback>) -> Result<bool, NoticeStoreError>;
}

/// What is set for a user in a currency.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Alerts {
    /// The user's own thresholds; `None` where they have what everybody has.
    pub own: Option<Thresholds>,
    /// The address that they have set here.
    pub email: Option<EmailAddress>,
    /// That of their account; `None` also for one to which no mail can be sent.
    pub account_email: Option<EmailAddress>,
    /// Grows by one with every change; 0 where nothing was ever set.
    pub version: u32,
}

impl Alerts {
    /// Where they are written to: what is set here comes before the account's.
    pub fn address(&self) -> Option<&EmailAddress> {
        self.email.as_ref().or(self.account_email.as_ref())
    }
}

/// Replaces what is set for a user in a currency, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertsSetting {
    /// Whose.
    pub user: UserId,
    /// In which currency.
    pub currency: Currency,
    /// Their own thresholds; `None` for what everybody has.
    pub own: Option<Thresholds>,
    /// Where they are written to; `None` for their account's address.
    pub email: Option<EmailAddress>,
    /// When.
    pub at: DateTime<Utc>,
}

/// A wallet that has moved since it was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedWallet {
    /// Which.
    pub wallet: WalletId,
    /// Whose.
    pub user: UserId,
    /// In which currency.
    pub currency: Currency,
    /// What is remembered of the last look.
    pub mark: Mark,
    /// What could be spent after each row since, in the journal's order and without a gap.
    pub steps: Vec<Step>,
    /// What is set for its user.
    pub alerts: Alerts,
}

/// What is remembered of the last look at a wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Which look it was; 0 where there was none.
    pub revision: i64,
    /// Where the wallet stood; empty where it was never looked at.
    pub standing: Standing,
}

/// Where a wallet stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Up to which row of its journal, by the wallet's version.
    pub version: i64,
    /// What could be spent after it.
    pub available: Money,
    /// The thresholds with which it was compared.
    pub thresholds: Thresholds,
}

/// One row of a wallet's journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The wallet's version by it.
    pub version: i64,
    /// What could be spent after it: posted without held.
    pub available: Money,
}

/// A look at a wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// At which.
    pub wallet: WalletId,
    /// Whose.
    pub user: UserId,
    /// In which currency.
    pub currency: Currency,
    /// The look before it, as it was read: another one since makes this one void.
    pub after: i64,
    /// The version of the alerts that it goes by.
    pub alerts: u32,
    /// What is remembered from now on.
    pub standing: Standing,
    /// What is told.
    pub notices: Vec<NewNotice>,
}

/// Whose notices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeFilter {
    /// Whose.
    pub user: UserId,
    /// From the one after this.
    pub after: Option<NoticeId>,
    /// At most so many.
    pub limit: u16,
}

/// A mail server took a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LetterDelivery {
    /// Of which notice.
    pub notice: NoticeId,
}

/// A letter was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LetterSetback {
    /// Of which notice.
    pub notice: NoticeId,
    /// The worker's lease, given up by this.
    pub lease: LetterLease,
    /// How often it has failed by now.
    pub attempts: u32,
    /// What follows.
    pub next: NextSending,
}

/// What follows a letter that was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextSending {
    /// Another attempt, so long from now by the store's clock.
    In(Duration),
    /// None: it has failed.
    Never,
}

impl NextSending {
    /// Where the notice stands after it.
    pub const fn state(self) -> MailState {
        match self {
            Self::In(_) => MailState::Waiting,
            Self::Never => MailState::Failed,
        }
    }
}

/// A store's failure.
#[derive(Debug, thiserror::Error)]
pub enum NoticeStoreError {
    /// Certainly nothing was changed.
    #[error("the database is not available")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// The change may or may not be stored; repeating it unchanged is safe.
    #[error("the database did not say whether the change is stored")]
    OutcomeUnknown(#[source] Box<dyn Error + Send + Sync>),
    /// The store holds something that its own rules forbid. An operator's matter.
    #[error("the database is broken: {0}")]
    Broken(String),
}
