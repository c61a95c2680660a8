//! The row of an orphan's release.

use sqlx::FromRow;
use trunkline_domain::{OrderId, PhoneNumber, ProviderIdentity};
use trunkline_provisioning::LeaseToken;
use trunkline_provisioning::port::{Orphan, StalledOrphan};

use crate::cell::{Id, Moment};
use crate::codec::{count, parse, phone_number};
use crate::error::Fault;

/// An orphan's release as it is stored.
#[derive(Debug, FromRow)]
pub(crate) struct OrphanRow {
    pub(crate) twilio_sid: String,
    twilio_account_sid: String,
    phone_number: String,
    order_id: Id,
    pub(crate) state: String,
    pub(crate) lease: i64,
    pub(crate) leased_until: Option<Moment>,
    attempts: i64,
    pub(crate) next_attempt_at: Option<Moment>,
}

impl OrphanRow {
    /// The failed order that it was bought for.
    pub(crate) const fn order(&self) -> OrderId {
        OrderId::from_uuid(self.order_id.0)
    }

    /// The number.
    pub(crate) fn phone_number(&self) -> Result<PhoneNumber, Fault> {
        phone_number("orphan_release.phone_number", &self.phone_number)
    }

    /// The orphan as a worker takes it over.
    pub(crate) fn stalled(&self) -> Result<StalledOrphan, Fault> {
        Ok(StalledOrphan {
            orphan: Orphan {
                identity: ProviderIdentity {
                    account: parse("orphan_release.twilio_account_sid", &self.twilio_account_sid)?,
                    number: parse("orphan_release.twilio_sid", &self.twilio_sid)?,
                },
                phone_number: self.phone_number()?,
                order: self.order(),
            },
            lease: LeaseToken::from_i64(self.lease),
            attempts: count("orphan_release.attempts", self.attempts)?,
        })
    }
}
