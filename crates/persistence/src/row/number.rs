//! The row of a number.

use sqlx::FromRow;
use trunkline_domain::{
    BusinessId, DisplayName, NumberId, NumberStatus, OrderId, OwnedNumber, ProviderIdentity, ReviewReason,
    WebhookUrls,
};
use trunkline_provisioning::LeaseToken;
use trunkline_provisioning::port::{BegunRelease, NumberFile, StalledRelease};

use crate::cell::{Document, Id, Micros, Moment};
use crate::codec::{count, from_json, money, named, parse, parse_optional, phone_number};
use crate::error::Fault;

/// A number as it is stored.
#[derive(Debug, FromRow)]
pub(crate) struct NumberRow {
    pub(crate) id: Id,
    pub(crate) user_id: String,
    business_id: Option<Id>,
    phone_number: String,
    display_name: String,
    country_code: String,
    number_type: String,
    status: String,
    is_primary: bool,
    is_active: bool,
    provider: String,
    purchase_date: Moment,
    monthly_cost: Micros,
    currency: String,
    capabilities: Document,
    notes: Option<String>,
    twilio_sid: Option<String>,
    twilio_account_sid: Option<String>,
    voice_url: Option<String>,
    sms_url: Option<String>,
    status_callback_url: Option<String>,
    order_id: Option<Id>,
    review_reason: Option<String>,
    pub(crate) version: i64,
    pub(crate) release_lease: i64,
    release_opener_lease: i64,
    pub(crate) release_leased_until: Option<Moment>,
    release_attempts: i64,
    created_at: Moment,
    pub(crate) updated_at: Moment,
}

impl NumberRow {
    /// Where the number stands.
    pub(crate) fn status(&self) -> Result<NumberStatus, Fault> {
        named("business_numbers.status", &self.status, NumberStatus::from_name)
    }

    /// How often its release was attempted.
    pub(crate) fn attempts(&self) -> Result<u32, Fault> {
        count("business_numbers.release_attempts", self.release_attempts)
    }

    /// The number.
    pub(crate) fn number(&self) -> Result<OwnedNumber, Fault> {
        Ok(OwnedNumber {
            id: NumberId::from_uuid(self.id.0),
            user: parse("business_numbers.user_id", &self.user_id)?,
            business: self.business_id.map(|id| BusinessId::from_uuid(id.0)),
            phone_number: phone_number("business_numbers.phone_number", &self.phone_number)?,
            display_name: parse::<DisplayName>("business_numbers.display_name", &self.display_name)?,
            country: parse("business_numbers.country_code", &self.country_code)?,
            kind: parse("business_numbers.number_type", &self.number_type)?,
            status: self.status()?,
            is_primary: self.is_primary,
            is_active: self.is_active,
            provider: self.provider.clone(),
            identity: self.identity()?,
            order: self.order_id.map(|id| OrderId::from_uuid(id.0)),
            monthly_cost: money(self.monthly_cost.0, &self.currency)?,
            capabilities: from_json("business_numbers.capabilities", &self.capabilities.0)?,
            notes: self.notes.clone(),
            webhooks: WebhookUrls {
                voice_url: self.voice_url.clone(),
                sms_url: self.sms_url.clone(),
                status_callback_url: self.status_callback_url.clone(),
            },
            review: self
                .review_reason
                .as_deref()
                .map(|name| named("business_numbers.review_reason", name, ReviewReason::from_name))
                .transpose()?,
            purchased_at: self.purchase_date.time(),
            created_at: self.created_at.time(),
            updated_at: self.updated_at.time(),
            version: self.version,
        })
    }

    /// The number as the one who began its release gets it, now or when they ask again.
    pub(crate) fn begun(&self) -> Result<BegunRelease, Fault> {
        Ok(BegunRelease { number: self.number()?, lease: LeaseToken::from_i64(self.release_opener_lease) })
    }

    /// The number as a worker takes its release over.
    pub(crate) fn stalled(&self) -> Result<StalledRelease, Fault> {
        Ok(StalledRelease {
            number: self.number()?,
            lease: LeaseToken::from_i64(self.release_lease),
            attempts: self.attempts()?,
        })
    }

    /// The number as an operator decides about it.
    pub(crate) fn file(&self) -> Result<NumberFile, Fault> {
        Ok(NumberFile { number: self.number()?, release_attempts: self.attempts()? })
    }

    fn identity(&self) -> Result<Option<ProviderIdentity>, Fault> {
        let account =
            parse_optional("business_numbers.twilio_account_sid", self.twilio_account_sid.as_deref())?;
        let number = parse_optional("business_numbers.twilio_sid", self.twilio_sid.as_deref())?;
        Ok(account.zip(number).map(|(account, number)| ProviderIdentity { account, number }))
    }
}
