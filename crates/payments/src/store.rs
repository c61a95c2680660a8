//! The port to the store of payments, and the changes that it applies.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use trunkline_domain::{AuditEntry, Change, Event, Money, PaymentId, TransferId, UserId};
use trunkline_wallet::WalletStoreError;
use url::Url;

use crate::{
    IntentId, Payment, PaymentKind, PaymentRef, PaymentState, SessionId, SwitchOff, TakingId, TakingKind,
};

/// The store of payments. A failure is the ledger's: see there whether the change may stand.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait PaymentStore: Send + Sync {
    /// Writes a payment down, once per id and once per idempotency key, if the day's cap leaves room: what the same user
    /// opened at the same time is counted in the same transaction.
    async fn open(&self, change: &Change<PaymentOpening>) -> Result<OpeningAnswer, WalletStoreError>;

    /// Notes the page that the gateway opened. Later news are not undone by it. Answers the payment as it stands.
    async fn note_page(&self, change: &Change<PageNoted>) -> Result<Payment, WalletStoreError>;

    /// Applies what the gateway says of a payment: its credit, what was taken back and given again, each once however often
    /// and in whatever order it comes; and the state, which only ever moves on. A payment that is not known is written down
    /// with it: the store is older than the payment, because a backup was restored. Of a second intent under one mark the
    /// first that is paid is the payment's, and what was taken back of another is not taken out of the wallet.
    async fn assess(&self, change: &Change<Assessment>) -> Result<AssessmentAnswer, WalletStoreError>;

    /// One payment.
    async fn payment(&self, id: PaymentId) -> Result<Option<Payment>, WalletStoreError>;

    /// The payment that the gateway knows by this name.
    async fn payment_of(&self, of: &PaymentRef) -> Result<Option<Payment>, WalletStoreError>;

    /// A user's payments, newest first, from the one after `after`; `limit` is 1 to 100.
    async fn payments(
        &self,
        user: &UserId,
        after: Option<PaymentId>,
        limit: u16,
    ) -> Result<PaymentPage, WalletStoreError>;

    /// Payments that are due to be asked about, each handed to one caller until `again` has passed.
    async fn due(&self, again: Duration, limit: u16) -> Result<Vec<Payment>, WalletStoreError>;

    /// Completed payments credited in a span of time, oldest first, from the one after `after`; `limit` is 1 to 500.
    async fn credited_between(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        after: Option<PaymentId>,
        limit: u16,
    ) -> Result<PaymentPage, WalletStoreError>;

    /// Payments with a dispute or a refund that took its money since then and has not given it back, from the one after
    /// `after`, in the order of ids; `limit` is 1 to 500.
    async fn undecided_since(
        &self,
        disputes: DateTime<Utc>,
        refunds: DateTime<Utc>,
        after: Option<PaymentId>,
        limit: u16,
    ) -> Result<PaymentPage, WalletStoreError>;

    /// What was taken back of these payments so far.
    async fn takings(&self, payment: PaymentId) -> Result<Vec<StoredTaking>, WalletStoreError>;
}

/// One page of payments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentPage {
    /// The payments.
    pub payments: Vec<Payment>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<PaymentId>,
}

/// A payment to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentOpening {
    /// Identity.
    pub id: PaymentId,
    /// Whose wallet it is for.
    pub user: UserId,
    /// How it is paid.
    pub kind: PaymentKind,
    /// How much.
    pub amount: Money,
    /// A sentence for the customer.
    pub description: String,
    /// What one user may pay in this currency on one day (UTC), with all that is open; `None` is no cap.
    pub daily_cap: Option<Money>,
    /// When to ask the gateway about it if nothing is heard.
    pub look_after: Duration,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of a payment to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpeningAnswer {
    /// Written down, now or before.
    Opened(Payment),
    /// The same request opened this payment before.
    Repeated(Payment),
    /// The idempotency key was used for another payment.
    KeyReused,
    /// The day's cap leaves less room.
    CapReached {
        /// What is paid and open today.
        used: Money,
    },
}

/// A page that the gateway opened for a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageNoted {
    /// The payment.
    pub payment: PaymentId,
    /// The gateway's session.
    pub session: SessionId,
    /// Where the customer pays.
    pub page: Url,
    /// Until when.
    pub expires_at: DateTime<Utc>,
    /// When to ask the gateway about it if nothing is heard.
    pub look_after: Duration,
    /// When.
    pub at: DateTime<Utc>,
}

/// What the gateway says of a payment, as changes of the books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// The payment.
    pub payment: PaymentId,
    /// Whose wallet it is for. One that is another's in the store is left alone.
    pub user: UserId,
    /// How it is paid, if it is not known.
    pub kind: PaymentKind,
    /// How much is asked for, if it is not known.
    pub asked: Money,
    /// A sentence for the customer, if it is not known.
    pub description: String,
    /// The gateway's session.
    pub session: Option<SessionId>,
    /// The gateway's intent.
    pub intent: Option<IntentId>,
    /// Where it stands, at least.
    pub state: PaymentState,
    /// Why an attempt was declined.
    pub decline: Option<String>,
    /// What was paid, exactly when it is completed.
    pub credit: Option<PaymentCredit>,
    /// What was taken back of it.
    pub takings: Vec<TakingChange>,
    /// What is told when it has come to nothing now.
    pub failed: Told,
    /// What is told when its failure now is the one that switches its top-up off; `None` where it cannot be.
    pub switch_off: Option<SwitchOff>,
    /// When to ask the gateway about it if it is not known yet and not ended.
    pub look_after: Duration,
    /// When.
    pub at: DateTime<Utc>,
}

/// The credit of a payment, whose transfer has the payment's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentCredit {
    /// How much, in the currency in which it was paid; more than zero.
    pub amount: Money,
    /// What is told when it is credited now.
    pub told: Told,
}

/// Something that was taken back of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakingChange {
    /// The gateway's id of it.
    pub id: TakingId,
    /// What it is.
    pub kind: TakingKind,
    /// How much, in the currency in which it was paid; more than zero.
    pub amount: Money,
    /// The row that takes it out of the wallet.
    pub taken: Movement,
    /// The rows that lend to the wallet what it has not: out of the debt, and into the wallet.
    pub lent: [TransferId; 2],
    /// A sentence for the customer about what is lent.
    pub lent_description: String,
    /// The row that gives it again, where the money came back.
    pub returned: Option<Movement>,
}

/// A row of the journal that is written once, and what is told then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// Its id.
    pub transfer: TransferId,
    /// A sentence for the customer.
    pub description: String,
    /// What is told when it is written now.
    pub told: Told,
}

/// What is told with a part of a change, if that part is applied now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    /// What other systems are told, in order.
    pub events: Vec<Event>,
    /// Who did what.
    pub audit: Vec<AuditEntry>,
}

/// What became of an assessment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssessmentAnswer {
    /// It stands, applied now or before.
    Stands {
        /// The payment.
        payment: Payment,
        /// Whether money moved now.
        moved: bool,
    },
    /// It says something of another intent than the payment's; nothing was changed. The payment has been credited by its
    /// own, or this one brought no money.
    OtherIntent(Payment),
    /// The payment is another user's; nothing was changed.
    OtherUser,
    /// The balance would leave what can be represented; nothing was changed.
    TooLarge,
}

/// Something that was taken back of a payment, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTaking {
    /// The gateway's id of it.
    pub id: TakingId,
    /// What it is.
    pub kind: TakingKind,
    /// How much.
    pub amount: Money,
    /// When it was taken.
    pub taken_at: DateTime<Utc>,
    /// When it was given again, if it was.
    pub returned_at: Option<DateTime<Utc>>,
}
