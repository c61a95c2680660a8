//! What a column holds where the engines store it differently: an id is a `uuid` on one and text on the other, and so
//! on. Each engine says in its own `cells` how it reads these, so that a row is one type on both.

use chrono::{DateTime, SubsecRound, Utc};
use uuid::Uuid;

/// An id of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Id(pub(crate) Uuid);

/// A time, to the microsecond: the finest that both engines store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(DateTime<Utc>);

impl Moment {
    /// A time as it is stored: finer parts are cut off.
    pub(crate) fn of(time: DateTime<Utc>) -> Self {
        Self(time.trunc_subsecs(6))
    }

    /// The time.
    pub(crate) const fn time(self) -> DateTime<Utc> {
        self.0
    }
}

/// Money, in millionths of whatever currency stands beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Micros(pub(crate) i64);

/// A JSON document, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Document(pub(crate) String);
