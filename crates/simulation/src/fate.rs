//! What may become of one call through a port.

use std::time::Duration;

/// What becomes of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fate {
    /// How long it takes to arrive.
    pub delay: Duration,
    /// What its caller hears of it.
    pub ending: Ending,
    /// How long the answer takes.
    pub answer_delay: Duration,
    /// It is done (once more) by itself so much later: a request that the network kept back, or repeated.
    pub echo: Option<Duration>,
    /// How long the provider's lists do not show what it made.
    pub lag: Duration,
}

/// What a caller hears of its call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
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
    pub const FINE: Self = Self {
        delay: Duration::ZERO,
        ending: Ending::Answered,
        answer_delay: Duration::ZERO,
        echo: None,
        lag: Duration::ZERO,
    };

    /// At once, and then this.
    pub const fn of(ending: Ending) -> Self {
        Self { ending, ..Self::FINE }
    }
}

/// A call that is about to be made.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The process that makes it.
    pub process: &'a str,
    /// The port and its method, as `purchases.settle`.
    pub method: &'static str,
    /// Its number among the calls of the process, from zero.
    pub number: usize,
}

/// Decides what becomes of every call.
pub trait Fates: Send + Sync {
    /// What becomes of this one. Asked once for each call, in the order in which they are made.
    fn of(&self, call: Call<'_>) -> Fate;
}

/// Every day is a good day.
#[derive(Debug, Clone, Copy, Default)]
pub struct GoodDay;

impl Fates for GoodDay {
    fn of(&self, _: Call<'_>) -> Fate {
        Fate::FINE
    }
}

impl<F: Fn(Call<'_>) -> Fate + Send + Sync> Fates for F {
    fn of(&self, call: Call<'_>) -> Fate {
        self(call)
    }
}
