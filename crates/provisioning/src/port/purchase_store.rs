//! The port to the orders' state transitions.

use std::num::NonZeroU32;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use trunkline_domain::{
    Change, FailureReason, Money, NumberId, NumberSid, Order, OrderId, OwnedNumber, RequestKey, ReviewReason,
};
use trunkline_wallet::{HoldCapture, HoldPlacement, HoldVoid};

use super::{PauseCause, StoreError};
use crate::{LeaseTerms, LeaseToken, LimitReached, PurchaseEnd, UserLimits};

/// Stores orders. Each method is one database transaction.
///
/// Guards that every implementation keeps: one claim per phone number; a hold never exceeds what is available and is
/// resolved once; a transition out of a state happens once; `park`, `abort` and `refer` need the current lease, and
/// `settle` does not, because it carries evidence.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait PurchaseStore: Send + Sync {
    /// Opens an order: order row, claim, hold and idempotency request together. `opened_at`, `updated_at`, the lease
    /// and `send_by` are set by the store's clock, whatever the change says. A refusal is final, and where the
    /// change has a request key it is stored as that request's answer; but sales that are paused, and a limit that is
    /// reached, leave nothing behind, not even under the key. Paused sales are looked for after what the key stands for,
    /// and before anything else; limits after the claim and before the money, counted exactly however many orders of one
    /// user open at once. An order with this id that exists already is answered as `Opened`, with the lease and `send_by`
    /// it got then, which makes a lost acknowledgement harmless.
    async fn open(&self, change: &Change<PurchaseOpening>) -> Result<OpenAnswer, StoreError>;

    /// What an idempotency key stands for now; `None` when it is free.
    async fn repeat(&self, request: &RequestKey) -> Result<Option<Repeat<PurchaseEnd>>, StoreError>;

    /// Completes an order that is in any state but an end: the number row appears, the claim stays, the hold is
    /// captured, the request is answered with `end`. Needs no lease.
    async fn settle(&self, change: &Change<PurchaseSettlement>) -> Result<SettleAnswer, StoreError>;

    /// Fails an order: the hold is voided, the claim freed or left cooling, the request answered with `end`, or freed
    /// where there is none.
    async fn abort(&self, change: &Change<PurchaseAbort>) -> Result<Transition, StoreError>;

    /// Leaves an order undecided until later, and gives the lease up.
    async fn park(&self, change: &Change<PurchaseParking>) -> Result<Transition, StoreError>;

    /// Hands an order to an operator.
    async fn refer(&self, change: &Change<PurchaseReferral>) -> Result<Transition, StoreError>;

    /// Notes on a failed order that the provider turned out to hold a number for it.
    async fn record_late_success(&self, change: &Change<LateSuccess>) -> Result<Transition, StoreError>;

    /// Takes over up to `limit` orders in `ordering` or `unresolved` whose lease has run out and whose next look is
    /// due, oldest first.
    async fn claim_stalled(&self, terms: LeaseTerms, limit: u16) -> Result<Vec<StalledOrder>, StoreError>;
}

/// Opens an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurchaseOpening {
    /// The order, in `ordering`.
    pub order: Order,
    /// The hold that it owns.
    pub hold: HoldPlacement,
    /// How long its opener has before somebody else takes it over.
    pub terms: LeaseTerms,
    /// How long it may be sent to the provider at all.
    pub send_window: Duration,
    /// How many orders of all users may be opened on one day, by UTC and the store's clock; failed ones do not count.
    pub daily_cap: Option<NonZeroU32>,
    /// What limits users of whom nothing else is set; what is set for the order's user comes before it.
    pub limits: UserLimits,
}

/// What became of opening an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenAnswer {
    /// Open.
    Opened(OpenedPurchase),
    /// Not opened; nothing is held and nothing was sent anywhere.
    Refused(OpenRefusal),
    /// The idempotency key was used before.
    Repeat(Repeat<PurchaseEnd>),
}

/// An order that is open, with what its opener needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedPurchase {
    /// The order as it stands.
    pub order: Order,
    /// The opener's lease.
    pub lease: LeaseToken,
    /// Until when it may be sent, by the store's clock.
    pub send_by: DateTime<Utc>,
}

/// Why an order was not opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "refusal", rename_all = "snake_case")]
pub enum OpenRefusal {
    /// The wallet has too little available.
    InsufficientBalance {
        /// What would be held.
        required: Money,
        /// What is available.
        available: Money,
    },
    /// Something is owed, because a payment was taken back after its money was spent; nothing is available until it is
    /// made good.
    WalletInDebt {
        /// What is owed.
        debt: Money,
    },
    /// The user owns the number already.
    AlreadyOwned {
        /// As this number.
        number: NumberId,
    },
    /// The user is buying the number already.
    AlreadyOrdering {
        /// With this order.
        order: OrderId,
    },
    /// Another user owns the number or is buying it.
    TakenByOther,
    /// The number is cooling down after an order that came to nothing.
    CoolingDown,
    /// Nothing is sold now, to nobody. Never kept under a key: the same request may be sent again.
    SalesPaused {
        /// Why.
        why: PauseCause,
    },
    /// The user would have or buy more than they may. Never kept under a key: the same request may be sent again.
    LimitExceeded {
        /// Which limit.
        reached: LimitReached,
    },
}

/// What an idempotency key that was used before stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repeat<T> {
    /// Another command.
    OtherCommand,
    /// The same command, not ended yet.
    Open {
        /// The order (or number) that it is about.
        subject: uuid::Uuid,
    },
    /// The same command, with this end.
    Ended(T),
}

/// Completes an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurchaseSettlement {
    /// The order.
    pub order: OrderId,
    /// The number row; its order, user and phone number are the order's.
    pub number: OwnedNumber,
    /// The number's id at the provider: the evidence.
    pub number_sid: NumberSid,
    /// Takes the hold.
    pub capture: HoldCapture,
    /// The answer for the client, stored for repeats.
    pub end: PurchaseEnd,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of completing an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettleAnswer {
    /// Completed now.
    Settled(OwnedNumber),
    /// Completed before, with the same number id at the provider.
    SettledBefore(OwnedNumber),
    /// The order has failed; the evidence belongs into a late success.
    OrderFailed,
    /// The order is completed with another number id at the provider.
    SettledOtherwise,
    /// Another number row has this id at the provider, or another order holds the claim.
    Conflict,
}

/// Who says that an order ends, waits or goes to review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authority {
    /// The worker that holds this lease, on an order in `ordering` or `unresolved`.
    Lease(LeaseToken),
    /// An operator, on an order in `unresolved` or `review` that nobody works on now.
    Operator,
}

/// What becomes of the claim on the phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimEnd {
    /// Freed: certainly nothing was bought.
    Free,
    /// Kept, cooling, until a complete listing a day later lacks the number.
    Cool,
}

/// Fails an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurchaseAbort {
    /// The order.
    pub order: OrderId,
    /// Who says so.
    pub authority: Authority,
    /// Why.
    pub reason: FailureReason,
    /// What becomes of the claim.
    pub claim: ClaimEnd,
    /// Gives the hold back.
    pub void: HoldVoid,
    /// The answer for the client, stored for repeats; `None` frees the idempotency key, for ends that may be retried.
    pub end: Option<PurchaseEnd>,
    /// When.
    pub at: DateTime<Utc>,
}

/// Leaves an order undecided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurchaseParking {
    /// The order.
    pub order: OrderId,
    /// The worker's lease, given up by this.
    pub lease: LeaseToken,
    /// When to look again, from now by the store's clock.
    pub next_look_in: Duration,
    /// When the first look that counts towards an abort began and found the number absent; kept as it is stored.
    pub first_absent_at: Option<DateTime<Utc>>,
    /// How many looks in a row got no answer.
    pub unanswered: u32,
    /// When.
    pub at: DateTime<Utc>,
}

/// Hands an order to an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurchaseReferral {
    /// The order.
    pub order: OrderId,
    /// The worker's lease.
    pub lease: LeaseToken,
    /// Why.
    pub reason: ReviewReason,
    /// A number id at the provider that has to do with it.
    pub number_sid: Option<NumberSid>,
    /// When.
    pub at: DateTime<Utc>,
}

/// A number id at the provider that turned up for a failed order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateSuccess {
    /// The order, in `failed`.
    pub order: OrderId,
    /// The number's id at the provider.
    pub number_sid: NumberSid,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of a transition, with the order as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transition {
    /// Done, now or by an earlier repeat of the same change.
    Applied(Order),
    /// Not done: somebody else holds the lease, or the order is past it.
    Stale(Order),
}

impl Transition {
    /// The order as it stands, either way.
    pub fn order(&self) -> &Order {
        match self {
            Self::Applied(order) | Self::Stale(order) => order,
        }
    }
}

/// An order that a worker has taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StalledOrder {
    /// The order.
    pub order: Order,
    /// The worker's lease.
    pub lease: LeaseToken,
    /// Until when the opener may have sent it, by the store's clock.
    pub send_by: DateTime<Utc>,
    /// The store's clock when the order was taken over.
    pub claimed_at: DateTime<Utc>,
    /// When the first look that counts towards an abort began and found the number absent.
    pub first_absent_at: Option<DateTime<Utc>>,
    /// How many looks in a row got no answer.
    pub unanswered: u32,
}
