//! Buying, holding and releasing phone numbers: one number and one charge, or none of either.
//!
//! A purchase spends money in two books at once, the customer's wallet and the operator's account at the provider,
//! with no transaction across them. This crate makes that safe. [`Provisioning`] is what a service embeds; behind it
//! a purchase is three steps, each in a file of its own:
//!
//! 1. TX1 `open` (`purchase/changes.rs`): order, claim on the phone number and hold on the wallet, in one transaction.
//! 2. The provider (`purchase/opener.rs`): look, then buy, once, under a [`Marker`] that names the order.
//! 3. TX2: *yes* settles, *no* aborts, *unknown* parks; `purchase/recovery.rs` then looks until the order is decided,
//!    and never buys again.
//!
//! A crash at any point leaves an order whose lease runs out, and recovery takes it over. Nothing here holds a
//! transaction open, because [`port`] gives none away: each transition is one method with one change value.
//!
//! Features: `mock` exports mocks of every port; `contract-tests` exports the suites that every store must pass;
//! `mutants` lets a test's process make mistakes on purpose, and no release can be built with it.
//!
//! How to embed it:
#![doc = include_str!("../README.md")]

mod calls;
mod causes;
mod command;
#[cfg(feature = "contract-tests")]
pub mod contract;
mod desk;
mod engine;
mod error;
mod evidence;
mod facade;
mod lease;
mod limits;
mod marker;
mod measure;
mod mutant;
mod numbers;
mod observer;
mod operator;
mod orphan;
mod outcome;
pub mod port;
mod prices;
mod purchase;
mod reconcile;
mod recovery;
mod release;
mod repoint;
mod runway;
mod sales;
#[cfg(test)]
mod sample;
mod search;
mod settings;
mod step;

pub use calls::{CallAnswer, CallKind, ProviderCall};
pub use causes::ProvisioningCauses;
pub use command::{
    PricedNumber, PurchaseCommand, ReconcileCommand, RecordCommand, ReleaseCommand, RepointCommand,
    RepointMode, SearchCommand, UpdateCommand,
};
pub use desk::{
    AdoptCommand, AdoptedNumber, AdoptedSettings, AdoptionPrice, Advice, AtProvider, IfMoved,
    NumberDecisionError, NumberDossier, ReviewCommand, ReviewedRelease, WriteOffCommand, WrittenOff,
};
pub use engine::ProvisioningParts;
pub use error::{DecisionError, NumberError, PurchaseError, ReleaseError, SearchError};
pub use facade::Provisioning;
pub use lease::{LeaseTerms, LeaseToken};
pub use limits::{
    ChurnLimit, Countries, Limit, LimitChange, LimitReached, LimitUse, Limits, LimitsError, LimitsView,
    NumberTypes, OwnLimits, PriceLimit, UserLimits, ValueError,
};
pub use marker::Marker;
pub use measure::describe_metrics;
#[cfg(feature = "mutants")]
pub use mutant::Mutant;
pub use observer::StoreObserver;
pub use outcome::{PurchaseEnd, PurchaseOutcome, Purchased, ReleaseOutcome, ReleaseProgress};
pub use prices::CurrentPrices;
pub use reconcile::{
    BookedNumber, Difference, FINDINGS_KEPT, Finding, Found, HeldBack, HeldNumber, Progress, ReconcileError,
    Repair, RepairCounts, Repairs, Report, Setting,
};
pub use recovery::RecoveryRound;
pub use repoint::{Addresses, RepointError, RepointReport, RepointedNumber};
pub use runway::{BalanceFloor, Runway, RunwayError, RunwayFigures};
pub use sales::{Sales, SalesError};
pub use settings::{ProvisioningSettings, SettingsError};
pub use step::OrderStep;
