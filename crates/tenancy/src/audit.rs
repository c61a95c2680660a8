//! The audit trail, for reading: who did what to what, when and why. Lines are written with the changes that they tell
//! of, in every crate; nothing here writes, and no line is ever changed.

use std::sync::Arc;

use async_trait::async_trait;
use trunkline_domain::{AuditEntry, UserId};

use crate::TenancyStoreError;

/// The longest page.
const PAGE_MAX: u16 = 100;

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
    /// From the line after this one, which is older.
    pub after: Option<AuditPlace>,
    /// At most so many, 1 to 100.
    pub limit: u16,
}

/// A line's place in the order of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuditPlace(i64);

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

/// One page of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPage {
    /// The lines.
    pub entries: Vec<AuditEntry>,
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

    /// What happened to one thing, oldest first: the newest `most` lines of it.
    pub async fn history(&self, subject: String, most: usize) -> Result<History, TenancyStoreError> {
        let mut filter = AuditFilter { subject: Some(subject), limit: PAGE_MAX, ..AuditFilter::default() };
        let mut entries = Vec::new();
        let begins_earlier = loop {
            let page = self.reader.audit(&filter).await?;
            entries.extend(page.entries);
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
