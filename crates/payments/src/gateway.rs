//! The port to whoever takes the customers' money.

use std::error::Error;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use trunkline_domain::{Money, PaymentId, UserId};
use url::Url;

use crate::{CustomerId, GatewayEvent, IntentId, MethodId, PaymentRef, PaymentReport, SessionId};

/// A payment gateway. Whatever changes something there is asked under a key of its own, so it may be asked again
/// unchanged, within [`REPEAT_WITHIN`], and happens once.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait PaymentGateway: Send + Sync {
    /// Opens a page on which a customer pays.
    async fn open_checkout(&self, checkout: &CheckoutRequest) -> Result<OpenedPage, GatewayError>;

    /// One payment as it stands now; `None` where the gateway knows no such payment.
    async fn payment(&self, of: &PaymentRef) -> Result<Option<PaymentReport>, GatewayError>;

    /// Payments whose intent was made in a span of time and that bear this deployment's mark, oldest or newest first, from
    /// the page after `after`.
    async fn payments_between(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        after: Option<IntentId>,
    ) -> Result<ReportPage, GatewayError>;

    /// Every charge under the mark of one payment whose intent was made in a span of time: one that is well, and more where
    /// something went wrong. Of whatever else was made then nothing but its mark is read.
    async fn charges_of(
        &self,
        payment: PaymentId,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Vec<PaymentReport>, GatewayError>;

    /// The intents of payments of which a refund or dispute that was made in a span of time took something back; those of
    /// other programs among them.
    async fn taken_between(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Vec<IntentId>, GatewayError>;

    /// Makes the customer to whom saved payment methods of a user belong; a new one where the gateway does not know
    /// `instead_of` any more.
    async fn make_customer(
        &self,
        user: &UserId,
        email: Option<String>,
        instead_of: Option<CustomerId>,
    ) -> Result<CustomerId, GatewayError>;

    /// Opens a page on which a customer saves a payment method and agrees to its use.
    async fn open_setup(&self, setup: &SetupRequest) -> Result<OpenedPage, GatewayError>;

    /// What became of such a page; `None` where the gateway knows no such page.
    async fn setup(&self, session: &SessionId) -> Result<Option<SetupReport>, GatewayError>;

    /// Closes such a page, so that nothing is saved on it any more. One that is not open any more is refused.
    async fn expire_setup(&self, session: &SessionId) -> Result<(), GatewayError>;

    /// Charges a saved payment method while its owner is away. A decline is a report whose progress is failed, and that
    /// says why; a failure that says nothing was no decline.
    async fn charge_saved(&self, charge: &SavedCharge) -> Result<PaymentReport, GatewayError>;

    /// Ends a charge that waits for somebody, so that nobody can pay it any more, and says how it stands then: failed, or
    /// what became of it before it could be ended.
    async fn cancel_charge(&self, intent: &IntentId) -> Result<PaymentReport, GatewayError>;

    /// Forgets a saved payment method. One that is gone already is forgotten.
    async fn forget_method(&self, method: &MethodId) -> Result<(), GatewayError>;

    /// Whether an amount is a whole number of the smallest units in which the gateway takes its currency.
    fn can_express(&self, amount: Money) -> bool;

    /// Reads an event out of a webhook's raw body, if its signature is the gateway's and not too old.
    fn read_event(
        &self,
        body: &[u8],
        signature: &str,
        now: DateTime<Utc>,
    ) -> Result<GatewayEvent, crate::EventError>;
}

/// For how long asking again under the same key has no second effect (Stripe keeps keys for a day at least, "Idempotent
/// requests"); less a margin for clocks.
pub const REPEAT_WITHIN: Duration = Duration::from_hours(23);

/// A page to be opened on which a customer pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutRequest {
    /// The payment, and the key under which this may be repeated.
    pub payment: PaymentId,
    /// Whose wallet it is for.
    pub user: UserId,
    /// How much. The gateway's smallest unit divides it.
    pub amount: Money,
    /// What the customer reads on the page and on the gateway's receipt.
    pub description: String,
    /// Until when it can be paid.
    pub expires_at: DateTime<Utc>,
    /// Where the customer is led afterwards.
    pub pages: ReturnPages,
}

/// Where a customer is led from the gateway's page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnPages {
    /// When they have paid.
    pub done: Url,
    /// When they leave.
    pub cancelled: Url,
}

/// A page that was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedPage {
    /// Its session.
    pub session: SessionId,
    /// Where to send the customer.
    pub url: Url,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

/// A page to be opened on which a customer saves a payment method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupRequest {
    /// Under which key this may be repeated.
    pub key: uuid::Uuid,
    /// Whose.
    pub user: UserId,
    /// To whom it will belong at the gateway.
    pub customer: CustomerId,
    /// In which currency it will be charged.
    pub currency: trunkline_domain::Currency,
    /// Until when it can be used.
    pub expires_at: DateTime<Utc>,
    /// Where the customer is led afterwards.
    pub pages: ReturnPages,
}

/// What became of a page on which a customer saves a payment method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupReport {
    /// Under which key it was opened; `None` for a page that is none of this deployment's.
    pub key: Option<uuid::Uuid>,
    /// How far it is.
    pub progress: SetupProgress,
}

/// How far the saving of a payment method is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetupProgress {
    /// It can still be done.
    Open,
    /// Saved.
    Saved {
        /// The method.
        method: MethodId,
        /// What people know it by, such as `visa •••• 4242`.
        label: String,
    },
    /// Nobody did so in time.
    Expired,
}

/// A charge of a saved payment method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedCharge {
    /// The payment, and the key under which this may be repeated.
    pub payment: PaymentId,
    /// Whose wallet it is for.
    pub user: UserId,
    /// To whom the method belongs.
    pub customer: CustomerId,
    /// What is charged.
    pub method: MethodId,
    /// How much. The gateway's smallest unit divides it.
    pub amount: Money,
    /// What the customer reads on the gateway's receipt.
    pub description: String,
}

/// One page of reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportPage {
    /// The reports of this deployment's payments.
    pub reports: Vec<PaymentReport>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<IntentId>,
}

/// A gateway that did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// It said no, and would again.
    #[error("the payment gateway refused: {message}")]
    Refused {
        /// Its own code (`amount_too_small`), where it gave one.
        code: Option<String>,
        /// Its own sentence, for the operator.
        message: String,
    },
    /// It does not know the customer who was named: another account's, or deleted there. Certainly nothing was done.
    #[error("the payment gateway does not know this customer: {message}")]
    NoSuchCustomer {
        /// Its own sentence, for the operator.
        message: String,
    },
    /// It cannot be reached or limits us; certainly nothing was done.
    #[error("the payment gateway is not available: {detail}")]
    Unavailable {
        /// When it asks to be tried again.
        retry_after: Option<Duration>,
        /// What was seen.
        detail: String,
        /// The cause, where there is one.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// It does not accept our key.
    #[error("the payment gateway does not accept the configured key")]
    Unauthorized,
    /// The payment is another program's or deployment's, and says what cannot be read here.
    #[error("the payment is none of this deployment's")]
    NotOurs,
    /// It may have done it: a timeout or reset after sending, a server error, an unreadable answer. Asking again under the
    /// same key tells.
    #[error("the payment gateway gave no answer that counts: {detail}")]
    OutcomeUnknown {
        /// What was seen.
        detail: String,
        /// The cause, where there is one.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
}
