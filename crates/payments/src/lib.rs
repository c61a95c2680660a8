//! Money into wallets: a customer pays at the gateway, and the wallet is credited with what the gateway says was paid.
//!
//! A payment is written down before the gateway hears of it, and nothing that arrives from outside is believed: an event is
//! a hint to ask the gateway, and only its answer ([`PaymentReport`]) moves money. Reports only ever grow, so they may be
//! applied late, twice and in any order, by any server.

mod alarming;
mod assess;
mod comparison;
#[cfg(feature = "contract-tests")]
pub mod contract;
mod event;
mod gateway;
mod payment;
mod reconcile;
mod reference;
mod report;
mod service;
mod store;
mod stripe;
mod sums;
mod sweeper;
mod top_up;

pub use comparison::{PaymentComparison, PaymentFinding, Repair, agrees};
pub use event::{EventClaims, EventError, EventSubject, GatewayEvent};
#[cfg(feature = "mock")]
pub use gateway::MockPaymentGateway;
pub use gateway::{
    CheckoutRequest, GatewayError, OpenedPage, PaymentGateway, REPEAT_WITHIN, ReportPage, ReturnPages,
    SavedCharge, SetupProgress, SetupReport, SetupRequest,
};
pub use payment::{Payment, PaymentKind, PaymentState};
pub use reference::{CustomerId, IntentId, MethodId, PaymentRef, ReferenceError, SessionId, TakingId};
pub use report::{PaymentMark, PaymentReport, Progress, Taking, TakingKind, TakingStanding};
pub use service::{
    AssessError, Checkout, CheckoutCommand, CheckoutError, EventOutcome, PaymentParts, PaymentTerms, Payments,
};
#[cfg(feature = "mock")]
pub use store::MockPaymentStore;
pub use store::{
    Assessment, AssessmentAnswer, Movement, OpeningAnswer, PageNoted, PaymentCredit, PaymentOpening,
    PaymentPage, PaymentStore, StoredTaking, TakingChange, Told,
};
pub use stripe::{
    ReadRetry, STRIPE_SIGNATURE_HEADER, STRIPE_VERSION, StripeClientError, StripeConfig, StripeGateway,
    can_be_charged, smallest_unit,
};
pub use sums::{AmountError, PaymentBounds, Sums, SumsError};
pub use sweeper::Sweep;
#[cfg(feature = "mock")]
pub use top_up::MockTopUpStore;
pub use top_up::{
    Agreement, Brake, CONSENT_TEXT, CONSENT_VERSION, ClaimAnswer, Consent, DECLINES_MAX, RemoveTopUpCommand,
    SavedMethod, SendAnswer, SendBegin, Sends, SetUpCommand, SetUpPage, SetupBegin, SetupEnd, SetupOutcome,
    SetupsVoid, SwitchOff, TopUp, TopUpChange, TopUpClaim, TopUpCommand, TopUpError, TopUpSettings,
    TopUpSetup, TopUpState, TopUpStore, TopUpTerms, TopUpTermsError, TopUps, WITHDRAWN, Watched,
};
