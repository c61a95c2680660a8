//! The lines of the audit trail.

use sqlx::FromRow;
use trunkline_domain::AuditEntry;
use trunkline_tenancy::{AuditPage, AuditPlace, AuditRecord};

use crate::cell::{Document, Moment};
use crate::codec::{from_json, parse_optional};
use crate::error::Fault;
use crate::row::page::cut_page;

/// One line.
#[derive(Debug, FromRow)]
pub(crate) struct AuditRow {
    sequence: i64,
    actor: Document,
    action: String,
    subject: String,
    user_id: Option<String>,
    at: Moment,
    reason: Option<String>,
    details: Document,
    request_id: Option<String>,
    address: Option<String>,
}

impl AuditRow {
    fn record(&self) -> Result<AuditRecord, Fault> {
        let entry = AuditEntry {
            actor: from_json("audit.actor", &self.actor.0)?,
            action: self.action.clone(),
            subject: self.subject.clone(),
            user: parse_optional("audit.user_id", self.user_id.as_deref())?,
            at: self.at.time(),
            reason: self.reason.clone(),
            details: from_json("audit.details", &self.details.0)?,
            request_id: self.request_id.clone(),
            address: parse_optional("audit.address", self.address.as_deref())?,
        };
        Ok(AuditRecord { place: AuditPlace::from_i64(self.sequence), entry })
    }
}

/// The page that these lines are, of which one more than `limit` was asked for.
pub(crate) fn page_of(rows: &[AuditRow], limit: u16) -> Result<AuditPage, Fault> {
    let records = rows.iter().map(AuditRow::record).collect::<Result<Vec<_>, Fault>>()?;
    let (records, next) = cut_page(records, limit, |record| record.place);
    Ok(AuditPage { records, next })
}
