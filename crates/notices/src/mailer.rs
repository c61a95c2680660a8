//! The port to whoever carries mail out of the house.

use std::error::Error;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use trunkline_domain::NoticeId;

use crate::{EmailAddress, Rendered};

/// A message to one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Names the message, so that the same mail is the same message however often it is sent.
    pub id: NoticeId,
    /// To whom.
    pub to: EmailAddress,
    /// What they read.
    pub content: Rendered,
    /// When it was written.
    pub at: DateTime<Utc>,
}

/// Sends mail.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands a message to a mail server, within a bounded time. `Ok` where the server has taken it. A message may be given
    /// more than once.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}

/// Why a message was not taken, as far as is known.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// This message will never be taken for this recipient.
    #[error("the mail server refuses the message for good")]
    Refused(#[source] Box<dyn Error + Send + Sync>),
    /// It was not taken now, or nobody said whether it was: greylisting, a full mailbox, a connection that broke.
    #[error("the mail server has not taken the message")]
    Deferred(#[source] Box<dyn Error + Send + Sync>),
    /// The server cannot be used for any message: not reached, not to be trusted, or it does not let us in.
    #[error("the mail server cannot be used")]
    Unusable(#[source] Box<dyn Error + Send + Sync>),
}
