//! Finding the row of an orphan's release, and who works on it.

use chrono::{DateTime, Utc};
use sqlx::SqliteConnection;
use trunkline_domain::NumberSid;
use trunkline_provisioning::LeaseToken;

use crate::cell::Moment;
use crate::columns::orphan_columns;
use crate::error::Fault;
use crate::row::OrphanRow;

impl OrphanRow {
    pub(crate) async fn find(
        connection: &mut SqliteConnection,
        number: &NumberSid,
    ) -> Result<Option<Self>, Fault> {
        let row = sqlx::query_as(concat!(
            "SELECT ",
            orphan_columns!(),
            " FROM orphan_release WHERE twilio_sid = ?1"
        ))
        .bind(number.as_str())
        .fetch_optional(connection)
        .await?;
        Ok(row)
    }

    /// Whether nobody works on it and its next attempt is due.
    pub(super) fn is_due(&self, now: DateTime<Utc>) -> bool {
        [self.leased_until, self.next_attempt_at].iter().flatten().all(|time| time.time() <= now)
    }

    /// Whether a worker's lease is the current one and not given up.
    pub(crate) fn is_leased_by(&self, lease: LeaseToken) -> bool {
        self.lease == lease.as_i64() && self.leased_until.is_some()
    }

    /// Whether this is the row's last change, takings over apart.
    pub(crate) fn was_changed_at(&self, at: DateTime<Utc>) -> bool {
        self.updated_at == Moment::of(at)
    }
}
