//! What a reconciliation reads of our books that is no row of a table, and the reports that are kept of it.

use sqlx::FromRow;
use trunkline_domain::OrderId;
use trunkline_provisioning::Report;
use trunkline_provisioning::port::{Contradiction, Missing};

use crate::cell::{Document, Id};
use crate::codec::{from_json, parse, phone_number};
use crate::error::Fault;

/// An order that lacks its charge, its number, or both.
#[derive(Debug, FromRow)]
pub(crate) struct ContradictionRow {
    id: Id,
    user_id: String,
    phone_number: String,
    lacks_charge: bool,
    lacks_number: bool,
}

impl ContradictionRow {
    /// One contradiction for each half that is missing, of rows that each have one: at most `limit`.
    pub(crate) fn contradictions(rows: &[Self], limit: u16) -> Result<Vec<Contradiction>, Fault> {
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            for (is_missing, half) in
                [(row.lacks_charge, Missing::Charge), (row.lacks_number, Missing::Number)]
            {
                if is_missing {
                    found.push(row.contradiction(half)?);
                }
            }
        }
        found.truncate(usize::from(limit));
        Ok(found)
    }

    fn contradiction(&self, missing: Missing) -> Result<Contradiction, Fault> {
        Ok(Contradiction {
            order: OrderId::from_uuid(self.id.0),
            user: parse("orders.user_id", &self.user_id)?,
            phone_number: phone_number("orders.phone_number", &self.phone_number)?,
            missing,
        })
    }
}

/// A report that was kept.
#[derive(Debug, FromRow)]
pub(crate) struct ReportRow {
    sequence: i64,
    report: Document,
}

impl ReportRow {
    /// The report, unless it says what this binary cannot read: a newer one's, perhaps, that was rolled back. It must
    /// not hide all the others.
    pub(crate) fn report(&self) -> Option<Report> {
        match from_json("reconciliation.report", &self.report.0) {
            Ok(report) => Some(report),
            Err(fault) => {
                tracing::warn!(
                    sequence = self.sequence,
                    ?fault,
                    "a kept report cannot be read, and is left out"
                );
                None
            }
        }
    }
}

/// How many findings a report has, for binding.
pub(crate) fn found(report: &Report) -> i64 {
    i64::try_from(report.found).unwrap_or(i64::MAX)
}
