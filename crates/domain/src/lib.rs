//! The words and the arithmetic of Trunkline.
//!
//! Everything the other crates speak about is named here once: [`Money`], [`PhoneNumber`], [`PriceBook`], the ids,
//! and the two state machines of the product, [`OrderState`] (one attempt to buy a number) and [`NumberStatus`]
//! (one number that is owned). The machines are total functions: every state answers every event, and an event
//! that does not belong is an error value, never a panic.
//!
//! The crate does no I/O, is not async and reads no clock. Time and ids come in through [`Clock`] and [`IdSource`],
//! whose one-line system implementations stand beside them, so that every layer above shares the same two ports.
//!
//! [`Change`] is the envelope in which every state transition travels to a store: the change itself, the
//! idempotency key it answers, the events and the audit lines it causes. A store applies all of it or nothing.

mod capabilities;
mod change;
mod country;
mod ids;
mod json_money;
mod money;
mod number;
mod number_type;
mod order;
mod phone_number;
mod price_book;
mod price_proposal;
mod reason;
mod regulation;
mod sources;
mod spreadsheet;

pub use capabilities::Capabilities;
pub use change::{
    Actor, AuditEntry, Change, Event, Fingerprint, Origin, RequestContext, RequestKey, RequestOperation,
};
pub use country::{Country, CountryError};
pub use ids::{
    AccountSid, AddressSid, ApiKeyId, ApprovalId, BundleSid, BusinessId, DeploymentId, EventId, IdError,
    NoticeId, NumberId, NumberSid, OrderId, PaymentId, SessionId, SignInAccountId, TransferId, UserId,
    WalletId,
};
pub use json_money::JsonMoney;
pub use money::{Currency, Money, MoneyError};
pub use number::{
    DISPLAY_NAME_MAX, DisplayName, DisplayNameError, NumberEvent, NumberStatus, NumberTransitionError,
    OwnedNumber, ProviderIdentity, WebhookUrls,
};
pub use number_type::{NumberKind, NumberType, NumberTypeError};
pub use order::{
    ChargeState, FailureReason, Order, OrderEvent, OrderState, OrderTransitionError, ReviewReason,
};
pub use phone_number::{PhoneNumber, PhoneNumberError};
pub use price_book::{Offer, PriceBook, PriceBookError, PriceMistake, ProvisioningNeeds};
pub use price_proposal::{MarkUp, MarkUpError, NumberCost, propose_prices};
pub use reason::{Reason, ReasonError};
pub use regulation::{BundleGap, BundleStatus, RegulatoryIds};
pub use sources::{Clock, IdSource, RandomIds, SystemClock};
pub use spreadsheet::spreadsheet_cell;
