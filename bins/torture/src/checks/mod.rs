//! The checks. Those after a restart run under load and look at what a crash could have taken; those at the end, when
//! everything is decided, compare all that there is: the servers' books, what Twilio holds, what clients were told.
//!
//! Every check looks through what an operator has. Nothing here knows how the servers keep anything.

mod money;
mod numbers;
mod picture;
mod restart;
mod sales;
#[cfg(test)]
mod sample;
mod word;

use std::fmt;

pub(crate) use picture::Picture;
pub(crate) use restart::RestartCheck;

use crate::diary::Diary;

/// What kind of promise is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LossKind {
    /// A number that was paid for or acknowledged is not there, or one is paid for at Twilio and nobody has it.
    LostNumber,
    /// A number that Twilio sold in time for its order, and the order was given up.
    AbandonedNumber,
    /// A number with two owners, or two numbers for one wish.
    DoubleNumber,
    /// Money taken twice, or for nothing, or after the word that nothing was taken.
    DoubleCharge,
    /// Money held, an order or a release undecided when everything has had its time.
    StrandedHold,
    /// Books that do not add up.
    UnbalancedLedger,
    /// A client was told something that is not so.
    BrokenWord,
}

impl LossKind {
    pub(crate) const ALL: [Self; 7] = [
        Self::LostNumber,
        Self::AbandonedNumber,
        Self::DoubleNumber,
        Self::DoubleCharge,
        Self::StrandedHold,
        Self::UnbalancedLedger,
        Self::BrokenWord,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::LostNumber => "lost number",
            Self::AbandonedNumber => "abandoned number",
            Self::DoubleNumber => "double number",
            Self::DoubleCharge => "double charge",
            Self::StrandedHold => "stranded hold",
            Self::UnbalancedLedger => "unbalanced ledger",
            Self::BrokenWord => "broken word",
        }
    }
}

/// A broken promise, with what shows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Loss {
    pub kind: LossKind,
    pub what: String,
}

impl Loss {
    pub(crate) fn new(kind: LossKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into() }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.kind.name(), self.what)
    }
}

/// The full invariants, over a picture of a world at rest.
pub(crate) fn judge(picture: &Picture, diary: &Diary) -> Vec<Loss> {
    let attempts = diary.attempts();
    let mut losses = numbers::judge(picture);
    losses.extend(sales::judge(picture));
    losses.extend(money::judge(picture));
    losses.extend(word::judge(picture, &attempts));
    losses.sort();
    losses.dedup();
    losses
}
