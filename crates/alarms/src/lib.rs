//! What an operator is woken for.
//!
//! One mechanism: whoever finds something wrong raises an [`Alarm`] about a subject on an [`AlarmBoard`]. That is a line
//! at `error` in the log with the field `alarm`, and a count. The crates below take the board as a part; a host that has
//! alarms of its own implements it.
//!
//! [`LoggedAlarms`] is a board that does no more. [`AlarmDesk`] remembers:
//!
//! 1. What is raised goes into a queue, so that nobody who raises an alarm waits, and from there into an [`AlarmStore`].
//!    Raised again about the same subject, an alarm that is open goes on; replicas share the store.
//! 2. An alarm ends when whoever raised it says so, when [`Causes`] says that what it was raised about is gone, or when
//!    an operator ends it.
//! 3. Each onset and each end is a [`Notice`], which a [`Courier`] delivers: in order, at least once, and again with the
//!    same id where it is not known whether it arrived. The feature `webhook` has a courier that posts them, signed.
//!
//! Features: `mock` exports mocks of every port; `contract-tests` exports the suite that every store must pass.

mod alarm;
mod board;
mod causes;
#[cfg(feature = "contract-tests")]
pub mod contract;
mod courier;
mod desk;
mod measure;
mod record;
mod store;
#[cfg(feature = "webhook")]
mod webhook;

pub use alarm::{Alarm, Onset};
pub use board::{AlarmBoard, LoggedAlarms};
#[cfg(feature = "mock")]
pub use causes::MockCauses;
pub use causes::{CauseError, CauseVerdict, Causes};
#[cfg(feature = "mock")]
pub use courier::MockCourier;
pub use courier::{Courier, DeliveryError};
pub use desk::{AlarmDesk, DeskParts, DeskSettings, EndAlarmCommand, EndAlarmError};
pub use measure::describe_metrics;
pub use record::{AlarmEnd, AlarmRecord, EndReason, Notice, NoticeKind, NoticeLease};
#[cfg(feature = "mock")]
pub use store::MockAlarmStore;
pub use store::{
    AlarmEnding, AlarmFilter, AlarmRaising, AlarmStore, AlarmStoreError, AlarmsShown, ENDED_ALARMS_KEPT,
    NextAttempt, NoticeDelivery, NoticeSetback, RaiseAnswer,
};
#[cfg(feature = "webhook")]
pub use webhook::{
    DELIVERY_HEADER, SIGNATURE_HEADER, WebhookCourier, WebhookSettings, WebhookUrlError, check_webhook_url,
    sign_webhook,
};
