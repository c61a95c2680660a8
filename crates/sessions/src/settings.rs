//! How long sessions last, and who may come.

use std::time::Duration;

use trunkline_tenancy::Newcomers;

/// How sessions are kept.
#[derive(Debug, Clone)]
pub struct SessionSettings {
    /// How long they last.
    pub times: SessionTimes,
    /// What becomes of a subject of the identity provider for whom there is no account. Where they are added, a user's
    /// id is their subject, so the provider's word is that they are that user.
    pub newcomers: Newcomers,
}

/// How long sessions last. Each is judged by what is set now, not by what was when it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionTimes {
    /// So long without use.
    pub idle: Duration,
    /// So long altogether.
    pub max: Duration,
}

impl Default for SessionTimes {
    /// Twelve hours without use, seven days altogether.
    fn default() -> Self {
        Self { idle: Duration::from_hours(12), max: Duration::from_hours(7 * 24) }
    }
}

impl Default for SessionSettings {
    /// The usual times; nobody comes for whom no account was made.
    fn default() -> Self {
        Self { times: SessionTimes::default(), newcomers: Newcomers::Refused }
    }
}
