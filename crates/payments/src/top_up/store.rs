//! The port to the store of top-ups, and the changes that it applies.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use trunkline_domain::{Change, Currency, Money, PaymentId, UserId};
use trunkline_notices::NewNotice;
use trunkline_wallet::WalletStoreError;
use uuid::Uuid;

use super::{Consent, SavedMethod, TopUp, TopUpState, TopUpTerms};
use crate::{CustomerId, MethodId, Payment, SessionId, Told};

/// The store of top-ups. A failure is the ledger's: see there whether the change may stand. Cool-downs, and when something is
/// due, go by the store's clock.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait TopUpStore: Send + Sync {
    /// Who a user is at the gateway, where they have been made.
    async fn customer(&self, user: &UserId) -> Result<Option<CustomerId>, WalletStoreError>;

    /// Keeps who a user is at the gateway. The first one stays, but for one that is still `instead_of`; answers who it is.
    async fn keep_customer(
        &self,
        user: &UserId,
        customer: &CustomerId,
        instead_of: Option<CustomerId>,
        at: DateTime<Utc>,
    ) -> Result<CustomerId, WalletStoreError>;

    /// Writes down a page on which a method is to be saved, before anybody is sent there, and makes void what the user had
    /// open in this currency before it.
    async fn begin_setup(&self, change: &Change<SetupBegin>) -> Result<(), WalletStoreError>;

    /// Makes void every page that a user has open in a currency: whatever is saved on one is forgotten. Answers how many; of
    /// none nothing is told.
    async fn void_setups(&self, change: &Change<SetupsVoid>) -> Result<u32, WalletStoreError>;

    /// The page that the gateway knows by this session and of which nothing has come yet.
    async fn open_setup(&self, session: &SessionId) -> Result<Option<TopUpSetup>, WalletStoreError>;

    /// Pages that are due to be asked about, each handed to one caller until `again` has passed.
    async fn due_setups(&self, again: Duration, limit: u16) -> Result<Vec<TopUpSetup>, WalletStoreError>;

    /// Ends a page, once. A saved method switches the top-up on with the terms of the page; the one that was there before is
    /// to be forgotten; a cool-down that runs goes on. `None` where the page had ended before, saved nothing, or is void: then
    /// the method that was saved is to be forgotten.
    async fn end_setup(&self, change: &Change<SetupEnd>) -> Result<Option<TopUp>, WalletStoreError>;

    /// A user's top-up in a currency.
    async fn top_up(&self, user: &UserId, currency: Currency) -> Result<Option<TopUp>, WalletStoreError>;

    /// Replaces the terms and the state, and lets the method go where the change has none. `None`, and nothing is changed,
    /// where there is no such version. Switching on forgets the declines, and never the cool-down.
    async fn change(&self, change: &Change<TopUpChange>) -> Result<Option<TopUp>, WalletStoreError>;

    /// Top-ups that are on, not cooling down, and whose wallets have less available than their threshold.
    async fn low(&self, limit: u16) -> Result<Vec<TopUp>, WalletStoreError>;

    /// Claims a charge: looks at everything again, alone, and writes the payment down and sets the cool-down, or says what
    /// keeps it from doing so and is not low again until the claim's pause has passed. Once per payment.
    async fn claim(&self, change: &Change<TopUpClaim>) -> Result<ClaimAnswer, WalletStoreError>;

    /// What a payment charges; `None` for one that is no top-up's.
    async fn charge(&self, payment: PaymentId) -> Result<Option<SavedMethod>, WalletStoreError>;

    /// Leaves a top-up of this version alone for a while: it is not low until then.
    async fn leave_alone(&self, top_up: &TopUp, pause: Duration) -> Result<(), WalletStoreError>;

    /// Before a charge is sent, each time: looks at everything again, alone. One that is certainly not at the gateway is
    /// sent, or withdrawn where something keeps it now. One that is perhaps there is sent again, or only looked for. What
    /// may be sent is written down as perhaps sent. Once per send.
    async fn begin_send(&self, change: &Change<SendBegin>) -> Result<SendAnswer, WalletStoreError>;

    /// What was perhaps sent was certainly not: the gateway has said so.
    async fn note_unsent(&self, payment: PaymentId, send: Uuid) -> Result<(), WalletStoreError>;

    /// Methods that the gateway is to forget, each handed to one caller until `again` has passed.
    async fn methods_to_forget(&self, again: Duration, limit: u16)
    -> Result<Vec<MethodId>, WalletStoreError>;

    /// The gateway has forgotten a method.
    async fn note_forgotten(&self, method: &MethodId) -> Result<(), WalletStoreError>;
}

/// A page on which a payment method is to be saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopUpSetup {
    /// Under which key it was opened.
    pub id: Uuid,
    /// Whose.
    pub user: UserId,
    /// What will hold once a method is saved.
    pub terms: TopUpTerms,
    /// To whom the method will belong.
    pub customer: CustomerId,
    /// The gateway's page.
    pub session: SessionId,
    /// That its user agreed.
    pub consent: Consent,
    /// Until when it can be used.
    pub expires_at: DateTime<Utc>,
    /// Whether it counts for nothing: its user has removed or switched off the top-up since, or begun another page.
    pub is_void: bool,
}

/// Pages that count for nothing any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupsVoid {
    /// Whose.
    pub user: UserId,
    /// In which currency.
    pub currency: Currency,
    /// What is told where there was one.
    pub told: Told,
}

/// A page on which a payment method is to be saved, to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupBegin {
    /// The page.
    pub setup: TopUpSetup,
    /// When to ask the gateway about it if nothing is heard.
    pub look_after: Duration,
}

/// What came of a page on which a payment method was to be saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupEnd {
    /// The page's key.
    pub setup: Uuid,
    /// Whose it is.
    pub user: UserId,
    /// In which currency.
    pub currency: Currency,
    /// What came of it.
    pub outcome: SetupOutcome,
    /// When.
    pub at: DateTime<Utc>,
}

/// What came of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetupOutcome {
    /// This method.
    Saved {
        /// The gateway's id of it.
        method: MethodId,
        /// What people know it by.
        label: String,
    },
    /// Nothing: nobody did so in time.
    Expired,
}

/// Another standing of a top-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopUpChange {
    /// Whose.
    pub user: UserId,
    /// What is replaced: the change is made of this version alone.
    pub version: u32,
    /// When, and how much.
    pub terms: TopUpTerms,
    /// Whether it charges.
    pub state: TopUpState,
    /// The method that stays; `None` has the gateway forget the one that is there.
    pub method: Option<SavedMethod>,
    /// A consent that takes the place of the one that is there.
    pub consent: Option<Consent>,
    /// When.
    pub at: DateTime<Utc>,
}

/// A charge to be claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopUpClaim {
    /// The payment that it will be.
    pub payment: PaymentId,
    /// Whose.
    pub user: UserId,
    /// Of which version of the top-up: what was read is what is charged.
    pub version: u32,
    /// How much.
    pub amount: Money,
    /// A sentence for the customer.
    pub description: String,
    /// What one user may pay in this currency on one day, with all that is open; `None` is no cap.
    pub daily_cap: Option<Money>,
    /// When the day began.
    pub day: DateTime<Utc>,
    /// When the month began.
    pub month: DateTime<Utc>,
    /// For how long nothing more is charged, whatever comes of it.
    pub cool_down: Duration,
    /// For how long nothing is tried where something keeps it.
    pub pause: Duration,
    /// When to ask the gateway about it if nothing is heard.
    pub look_after: Duration,
    /// What is told where the charge is claimed now; of a claim that something keeps nothing is.
    pub told: Told,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimAnswer {
    /// The payment is written down, now or before: it is to be charged.
    Claimed,
    /// Nothing is charged.
    Kept(Brake),
}

/// What keeps a top-up from being charged, in the order in which it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Brake {
    /// It is off, or another than was read.
    Changed,
    /// The amount is not taken any more, or its currency is not.
    OutOfBounds,
    /// The gateway refuses for a reason that is not the card's.
    Refused,
    /// The last charge is too recent, whatever came of it.
    CoolingDown,
    /// A charge is under way.
    InFlight,
    /// The month's cap leaves less room.
    MonthlyCap,
    /// The day's cap leaves less room.
    DailyCap,
    /// The wallet owes: what was charged before was taken back.
    InDebt,
    /// Enough is available, or on its way.
    Enough,
}

impl Brake {
    /// All brakes.
    pub const ALL: [Self; 9] = [
        Self::Changed,
        Self::OutOfBounds,
        Self::Refused,
        Self::CoolingDown,
        Self::InFlight,
        Self::MonthlyCap,
        Self::DailyCap,
        Self::InDebt,
        Self::Enough,
    ];

    /// The name in SQL and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::OutOfBounds => "out_of_bounds",
            Self::Refused => "refused",
            Self::CoolingDown => "cooling_down",
            Self::InFlight => "in_flight",
            Self::MonthlyCap => "monthly_cap",
            Self::DailyCap => "daily_cap",
            Self::InDebt => "in_debt",
            Self::Enough => "enough",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|brake| brake.as_str() == name)
    }
}

/// A charge that was claimed, about to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendBegin {
    /// The payment.
    pub payment: PaymentId,
    /// Whose.
    pub user: UserId,
    /// In which currency.
    pub currency: Currency,
    /// This send among all of the payment's.
    pub send: Uuid,
    /// What the sender knows to keep it.
    pub brake: Option<Brake>,
    /// What one user may pay in this currency on one day, with all that is open; `None` is no cap.
    pub daily_cap: Option<Money>,
    /// When the day began.
    pub day: DateTime<Utc>,
    /// When the month began.
    pub month: DateTime<Utc>,
    /// For how long after it was first sent it may be sent again.
    pub repeat_within: Duration,
    /// For how long nothing is tried after it was withdrawn.
    pub pause: Duration,
    /// What is told where it is withdrawn now.
    pub withdrawn: Told,
    /// When.
    pub at: DateTime<Utc>,
}

/// What is to be done about a charge that was claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendAnswer {
    /// Send it: it is written down as perhaps sent. A repeat charges the same.
    Send(SavedMethod),
    /// It is perhaps at the gateway, and may not be sent again: look for it.
    Look(Sends),
    /// It has ended, or the gateway has a name for it by now. One that something kept was withdrawn: no card was asked.
    Stands(Payment),
    /// It is no charge of a top-up's.
    Unknown,
}

/// When a charge was perhaps sent, by the store's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sends {
    /// For the first time.
    pub first: DateTime<Utc>,
    /// For the last time.
    pub last: DateTime<Utc>,
    /// What that clock says now.
    pub now: DateTime<Utc>,
}

/// Why a charge that was withdrawn has failed.
pub const WITHDRAWN: &str = "withdrawn";

/// What is told when a decline switches a top-up off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchOff {
    /// At how many declines in a row.
    pub declines: u32,
    /// What the customer is told.
    pub notice: NewNotice,
    /// What others are told.
    pub told: Told,
}
