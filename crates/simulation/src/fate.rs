//! What may become of one call through a port.

use std::time::Duration;

/// What becomes of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fate {
    /// How long it takes to arrive.
    pub(crate) delay: Duration,
    /// What its caller hears of it.
    pub(crate) ending: Ending,
    /// How long the answer takes.
    pub(crate) answer_delay: Duration,
    /// It is done (once more) by itself so much later: a request that the network kept back, or repeated.
    pub(crate) echo: Option<Duration>,
    /// How long the provider's lists do not show what it made.
    pub(crate) lag: Duration,
}

/// What a caller hears of its call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The answer.
    Answered,
    /// An error that says that certainly nothing was done; and nothing was.
    NotDone,
    /// The provider's certain no. A store cannot say that: there it is as `NotDone`.
    Refused,
    /// An error that says that nobody knows.
    Unknown {
        /// Whether it was done.
        done: bool,
    },
    /// Nothing, for its process is dead.
    Death {
        /// Whether it was done.
        done: bool,
    },
}

impl Fate {
    /// The fate of a call on a good day.
    pub(crate) const FINE: Self = Self {
        delay: Duration::ZERO,
        ending: Ending::Answered,
        answer_delay: Duration::ZERO,
        echo: None,
        lag: Duration::ZERO,
    };
}

/// Decides what becomes of every call.
pub(crate) trait Fates: Send + Sync {
    /// What becomes of this one, a port and its method, as `purchases.settle`. Asked once for each call, in the order in
    /// which they are made.
    fn of(&self, method: &'static str) -> Fate;
}

/// Every day is a good day.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct GoodDay;

impl Fates for GoodDay {
    fn of(&self, _: &'static str) -> Fate {
        Fate::FINE
    }
}
