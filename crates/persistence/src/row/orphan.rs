//! The row of an orphan's release.

use sqlx::FromRow;
use trunkline_domain::{OrderId, PhoneNumber, ProviderIdentity, ReviewReason};
use trunkline_provisioning::LeaseToken;
use trunkline_provisioning::port::{Orphan, OrphanFile, OrphanStage, StalledOrphan};

use crate::cell::{Id, Moment};
use crate::codec::{count, named, parse, phone_number};
use crate::error::Fault;

/// An orphan's release as it is stored.
#[derive(Debug, FromRow)]
pub(crate) struct OrphanRow {
    pub(crate) twilio_sid: String,
    twilio_account_sid: String,
    phone_number: String,
    order_id: Id,
    pub(crate) state: String,
    review_reason: Option<String>,
    pub(crate) lease: i64,
    pub(crate) leased_until: Option<Moment>,
    attempts: i64,
    pub(crate) next_attempt_at: Option<Moment>,
    pub(crate) updated_at: Moment,
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
            orphan: self.orphan()?,
            lease: LeaseToken::from_i64(self.lease),
            attempts: self.attempts()?,
        })
    }

    /// The orphan as an operator decides about it.
    pub(crate) fn file(&self) -> Result<OrphanFile, Fault> {
        Ok(OrphanFile {
            orphan: self.orphan()?,
            stage: self.stage()?,
            attempts: self.attempts()?,
            lease: LeaseToken::from_i64(self.lease),
            updated_at: self.updated_at.time(),
        })
    }

    /// Where its release stands.
    pub(crate) fn stage(&self) -> Result<OrphanStage, Fault> {
        match (self.state.as_str(), self.review_reason.as_deref()) {
            ("releasing", None) => Ok(OrphanStage::Releasing),
            ("released", None) => Ok(OrphanStage::Released),
            ("review", Some(reason)) => {
                let reason = named("orphan_release.review_reason", reason, ReviewReason::from_name)?;
                Ok(OrphanStage::Review(reason))
            }
            (state, _) => Err(Fault::Broken(format!("orphan {} is in `{state}`", self.twilio_sid))),
        }
    }

    fn orphan(&self) -> Result<Orphan, Fault> {
        Ok(Orphan {
            identity: ProviderIdentity {
                account: parse("orphan_release.twilio_account_sid", &self.twilio_account_sid)?,
                number: parse("orphan_release.twilio_sid", &self.twilio_sid)?,
            },
            phone_number: self.phone_number()?,
            order: self.order(),
        })
    }

    fn attempts(&self) -> Result<u32, Fault> {
        count("orphan_release.attempts", self.attempts)
    }
}
