//! The row of an orphan's release.

use sqlx::{FromRow, SqliteConnection};
use trunkline_domain::{NumberSid, OrderId, PhoneNumber, ProviderIdentity};
use trunkline_provisioning::LeaseToken;
use trunkline_provisioning::port::{Orphan, StalledOrphan};

use crate::codec::{count, named, parse, phone_number};
use crate::error::Fault;
use crate::sqlite::columns::orphan_columns;

/// Where an orphan's release stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OrphanState {
    Releasing,
    Review,
    Released,
}

impl OrphanState {
    fn from_name(name: &str) -> Option<Self> {
        match name {
            "releasing" => Some(Self::Releasing),
            "review" => Some(Self::Review),
            "released" => Some(Self::Released),
            _ => None,
        }
    }
}

/// An orphan's release as it is stored.
#[derive(Debug, FromRow)]
pub(super) struct OrphanRow {
    twilio_sid: String,
    twilio_account_sid: String,
    phone_number: String,
    order_id: String,
    state: String,
    lease: i64,
    leased_until: Option<String>,
    attempts: i64,
    next_attempt_at: Option<String>,
}

impl OrphanRow {
    pub(super) async fn find(
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

    pub(super) fn state(&self) -> Result<OrphanState, Fault> {
        named("orphan_release.state", &self.state, OrphanState::from_name)
    }

    /// Whether nobody works on it and its next attempt is due.
    pub(super) fn is_due(&self, now: &str) -> bool {
        let is_past = |time: &Option<String>| time.as_deref().is_none_or(|time| time <= now);
        is_past(&self.leased_until) && is_past(&self.next_attempt_at)
    }

    /// Whether a worker's lease is the current one and not given up.
    pub(super) fn is_leased_by(&self, lease: LeaseToken) -> bool {
        self.lease == lease.as_i64() && self.leased_until.is_some()
    }

    pub(super) fn order(&self) -> Result<OrderId, Fault> {
        parse("orphan_release.order_id", &self.order_id)
    }

    pub(super) fn phone_number(&self) -> Result<PhoneNumber, Fault> {
        phone_number("orphan_release.phone_number", &self.phone_number)
    }

    /// The orphan as a worker takes it over.
    pub(super) fn stalled(&self) -> Result<StalledOrphan, Fault> {
        Ok(StalledOrphan {
            orphan: Orphan {
                identity: ProviderIdentity {
                    account: parse("orphan_release.twilio_account_sid", &self.twilio_account_sid)?,
                    number: parse("orphan_release.twilio_sid", &self.twilio_sid)?,
                },
                phone_number: self.phone_number()?,
                order: self.order()?,
            },
            lease: LeaseToken::from_i64(self.lease),
            attempts: count("orphan_release.attempts", self.attempts)?,
        })
    }
}
