//! What customers are told, and how it reaches them.
//!
//! A [`NoticeBody`] is something to be told, of a kind that has its words in one file (`text/`). A store keeps notices in the
//! transition that causes them, so none is lost and none is made up; their user reads them, mailed or not.
//!
//! 1. [`BalanceWatch`] looks at wallets that have moved and finds the crossings of thresholds in the rows of their
//!    journal (`crossing.rs`): once per crossing, whatever replicas, restarts and intervals do.
//! 2. [`NoticeCourier`] hands their mail to a [`Mailer`]: at least once, and always under the same message id, so that mail
//!    systems drop repeats. What is refused for good has failed; the rest is tried for two days.
//! 3. [`Notices`] is what users ask: which notices they have, and at which balances they are told.
//!
//! Other crates cause notices, too: a transition of theirs stores a [`NewNotice`] with the rest of it.
//!
//! Features: `smtp` has a mailer; `mock` exports mocks of every port; `contract-tests` exports the suites that every store
//! must pass.

mod address;
#[cfg(feature = "contract-tests")]
pub mod contract;
mod courier;
mod crossing;
mod mailer;
mod measure;
mod notice;
mod service;
#[cfg(feature = "smtp")]
mod smtp;
mod store;
mod text;
mod thresholds;
mod watch;

pub use address::{EmailAddress, EmailAddressError};
pub use courier::{CourierParts, NoticeCourier, Sending};
#[cfg(feature = "mock")]
pub use mailer::MockMailer;
pub use mailer::{Mail, MailError, Mailer};
pub use measure::describe_metrics;
pub use notice::{Delivery, Letter, LetterLease, MailState, NewNotice, NoticeBody, NoticeRecord};
pub use service::{AlertSource, AlertsView, MailRoute, NoticePage, NoticeParts, Notices, SetAlertsCommand};
#[cfg(feature = "smtp")]
pub use smtp::{Reached, Sender, SenderError, SmtpMailer, SmtpMailerError, SmtpServer, SmtpUrlError, Tls};
pub use store::{
    AlertStore, Alerts, AlertsSetting, LetterDelivery, LetterSetback, Look, Mark, MovedWallet, NextSending,
    NoticeFilter, NoticeStore, NoticeStoreError, STEPS_MAX, Standing, Step,
};
#[cfg(feature = "mock")]
pub use store::{MockAlertStore, MockNoticeStore};
pub use text::{RenderError, Rendered, test_message};
pub use thresholds::{DefaultThresholds, THRESHOLDS_MAX, Thresholds, ThresholdsError};
pub use watch::{BalanceWatch, WatchParts};
