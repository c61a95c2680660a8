//! The audit trail, for reading: who did what to what, when and why. Lines are written with the changes that they tell
//! of, in every crate; nothing here writes, and no line is ever changed.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};
use trunkline_domain::{AuditEntry, UserId};

use crate::{Audience, AuditExport, TenancyStoreError};

/// The longest page.
pub(crate) const PAGE_MAX: u16 = 100;

/// Reads the audit trail.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait AuditReader: Send + Sync {
    /// Lines, newest first.
    async fn audit(&self, filter: &AuditFilter) -> Result<AuditPage, TenancyStoreError>;
}

/// Which lines; all that is said must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditFilter {
    /// About the thing with this id.
    pub subject: Option<String>,
    /// About this user's things.
    pub user: Option<UserId>,
    /// Of this action, or of this family of actions.
    pub action: Option<ActionName>,
    /// Of this moment or later.
    pub from: Option<DateTime<Utc>>,
    /// Of before this moment.
    pub until: Option<DateTime<Utc>>,
    /// From the line after this one, which is older.
    pub after: Option<AuditPlace>,
    /// At most so many, 1 to 100.
    pub limit: u16,
}

/// What was done, as `number.release`; or a family of it, as `number`, which has every action that begins with the name
/// and a dot.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ActionName(String);

/// Text that names no action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is an action such as number.release, or a family of them such as number")]
pub struct ActionNameError;

impl ActionName {
    /// The longest name, in characters.
    const MAX: usize = 64;

    /// The name in SQL.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the names of the family's actions begin with.
    pub fn family(&self) -> String {
        format!("{}.", self.0)
    }
}

impl FromStr for ActionName {
    type Err = ActionNameError;

    fn from_str(text: &str) -> Result<Self, ActionNameError> {
        let plain = |b: u8| b.is_ascii_lowercase() || b == b'_' || b == b'.';
        let good = (1..=Self::MAX).contains(&text.len()) && text.bytes().all(plain);
        if good { Ok(Self(text.to_owned())) } else { Err(ActionNameError) }
    }
}

/// A line's place in the order of writing. Lines of transactions that run at once may become visible in another order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuditPlace(i64);

/// Text that is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a cursor of the audit trail")]
pub struct AuditPlaceError;

impl AuditPlace {
    /// A place as it is stored.
    pub const fn from_i64(place: i64) -> Self {
        Self(place)
    }

    /// The place for storing.
    pub const fn as_i64(self) -> i64 {
        self.0
    }
}

impl fmt::Display for AuditPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for AuditPlace {
    type Err = AuditPlaceError;

    fn from_str(text: &str) -> Result<Self, AuditPlaceError> {
        text.parse().ok().filter(|place| *place > 0).map(Self).ok_or(AuditPlaceError)
    }
}

/// As text: there are numbers that readers of JSON round.
impl Serialize for AuditPlace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A line where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Where.
    pub place: AuditPlace,
    /// The line.
    pub entry: AuditEntry,
}

/// One page of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPage {
    /// The lines.
    pub records: Vec<AuditRecord>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<AuditPlace>,
}

/// The history of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Its lines, oldest first.
    pub entries: Vec<AuditEntry>,
    /// Whether there are older lines that were left out.
    pub begins_earlier: bool,
}

/// Reads the audit trail, in the ways that people ask for it.
#[derive(Clone)]
pub struct AuditTrail {
    reader: Arc<dyn AuditReader>,
}

impl AuditTrail {
    /// A service over a reader.
    pub fn new(reader: Arc<dyn AuditReader>) -> Self {
        Self { reader }
    }

    /// One page, newest first; the filter's limit is brought into 1 to 100.
    pub async fn page(&self, filter: &AuditFilter) -> Result<AuditPage, TenancyStoreError> {
        let filter = AuditFilter { limit: filter.limit.clamp(1, PAGE_MAX), ..filter.clone() };
        self.reader.audit(&filter).await
    }

    /// Every line that the filter lets through, newest first, as CSV of at most `most` lines, a page at a time. The
    /// filter's limit plays no part.
    pub fn export(&self, filter: AuditFilter, audience: Audience, most: NonZeroU32) -> AuditExport {
        AuditExport::new(Arc::clone(&self.reader), filter, audience, most)
    }

    /// What happened to one thing, oldest first: the newest `most` lines of it.
    pub async fn history(&self, subject: String, most: usize) -> Result<History, TenancyStoreError> {
        let mut filter = AuditFilter { subject: Some(subject), limit: PAGE_MAX, ..AuditFilter::default() };
        let mut entries = Vec::new();
        let begins_earlier = loop {
            let page = self.reader.audit(&filter).await?;
            entries.extend(page.records.into_iter().map(|record| record.entry));
            match page.next {
                Some(_) if entries.len() >= most => break true,
                Some(next) => filter.after = Some(next),
                None => break entries.len() > most,
            }
        };
        entries.truncate(most);
        entries.reverse();
        Ok(History { entries, begins_earlier })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_an_action_or_a_family_of_them() {
        for good in ["reconcile", "number.release", "order.late_success"] {
            assert_eq!(good.parse::<ActionName>().unwrap().as_str(), good);
        }
        for bad in ["", "Number", "number%", "a b", "number.release\n", &"a".repeat(65)] {
            assert!(bad.parse::<ActionName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_cursor_is_a_place() {
        assert_eq!("41".parse(), Ok(AuditPlace::from_i64(41)));
        for bad in ["", "0", "-1", "1.5", "9223372036854775808"] {
            assert!(bad.parse::<AuditPlace>().is_err(), "{bad}");
        }
    }
}
