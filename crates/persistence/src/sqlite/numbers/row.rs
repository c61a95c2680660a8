//! The row of a number.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, SqliteConnection};
use trunkline_domain::{
    DisplayName, NumberId, NumberStatus, OwnedNumber, ProviderIdentity, ReviewReason, UserId, WebhookUrls,
};
use trunkline_provisioning::LeaseToken;

use crate::codec::{
    from_json, money, named, optional_text, parse, parse_optional, phone_number, text, to_json,
};
use crate::error::Fault;
use crate::sqlite::columns::number_columns;
use crate::sqlite::time;
use crate::sqlite::writer::Transaction;

/// A number as it is stored.
#[derive(Debug, FromRow)]
pub(crate) struct NumberRow {
    id: String,
    user_id: String,
    business_id: Option<String>,
    phone_number: String,
    display_name: String,
    country_code: String,
    number_type: String,
    status: String,
    is_primary: bool,
    is_active: bool,
    provider: String,
    purchase_date: String,
    monthly_cost: i64,
    currency: String,
    capabilities: String,
    notes: Option<String>,
    twilio_sid: Option<String>,
    twilio_account_sid: Option<String>,
    voice_url: Option<String>,
    sms_url: Option<String>,
    status_callback_url: Option<String>,
    order_id: Option<String>,
    review_reason: Option<String>,
    version: i64,
    pub(super) release_lease: i64,
    pub(super) release_opener_lease: i64,
    release_leased_until: Option<String>,
    pub(super) release_attempts: i64,
    created_at: String,
    updated_at: String,
}

impl NumberRow {
    /// Reads one number, if it exists.
    pub(super) async fn find(connection: &mut SqliteConnection, id: NumberId) -> Result<Option<Self>, Fault> {
        let row =
            sqlx::query_as(concat!("SELECT ", number_columns!(), " FROM business_numbers WHERE id = ?1"))
                .bind(text(id))
                .fetch_optional(connection)
                .await?;
        Ok(row)
    }

    /// Reads a number that must exist.
    pub(crate) async fn load(transaction: &mut Transaction<'_>, id: NumberId) -> Result<Self, Fault> {
        let row = Self::find(transaction.connection, id).await?;
        row.ok_or_else(|| Fault::Broken(format!("there is no number {id}")))
    }

    /// Stores a new number as it is given.
    pub(crate) async fn insert(
        transaction: &mut Transaction<'_>,
        number: &OwnedNumber,
    ) -> Result<OwnedNumber, Fault> {
        let identity = number.identity.as_ref();
        let row: Self = sqlx::query_as(concat!(
            "INSERT INTO business_numbers
                 (id, user_id, business_id, phone_number, display_name, country_code, number_type, status, is_primary,
                  is_active, provider, purchase_date, monthly_cost, currency, capabilities, notes, twilio_sid,
                  twilio_account_sid, voice_url, sms_url, status_callback_url, order_id, review_reason, version,
                  created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
                     ?22, ?23, ?24, ?25, ?26)
             RETURNING ",
            number_columns!()
        ))
        .bind(text(number.id))
        .bind(number.user.as_str())
        .bind(optional_text(number.business))
        .bind(number.phone_number.as_str())
        .bind(number.display_name.as_str())
        .bind(number.country.as_str())
        .bind(number.kind.as_str())
        .bind(number.status.as_str())
        .bind(number.is_primary)
        .bind(number.is_active)
        .bind(&number.provider)
        .bind(time::to_text(number.purchased_at))
        .bind(number.monthly_cost.micros())
        .bind(number.monthly_cost.currency().code())
        .bind(to_json(&number.capabilities)?)
        .bind(number.notes.as_deref())
        .bind(optional_text(identity.map(|identity| &identity.number)))
        .bind(optional_text(identity.map(|identity| &identity.account)))
        .bind(number.webhooks.voice_url.as_deref())
        .bind(number.webhooks.sms_url.as_deref())
        .bind(number.webhooks.status_callback_url.as_deref())
        .bind(optional_text(number.order))
        .bind(number.review.map(ReviewReason::as_str))
        .bind(number.version)
        .bind(time::to_text(number.created_at))
        .bind(time::to_text(number.updated_at))
        .fetch_one(&mut *transaction.connection)
        .await?;
        row.number()
    }

    /// Where the number stands.
    pub(super) fn status(&self) -> Result<NumberStatus, Fault> {
        named("business_numbers.status", &self.status, NumberStatus::from_name)
    }

    /// Whose it is.
    pub(super) fn is_of(&self, user: &UserId) -> bool {
        self.user_id == user.as_str()
    }

    /// Whether this is the version that a change was made against.
    pub(super) const fn has_version(&self, version: i64) -> bool {
        self.version == version
    }

    /// Whether a worker's lease on the release is the current one and not given up.
    pub(super) fn is_leased_by(&self, lease: LeaseToken) -> bool {
        self.release_lease == lease.as_i64() && self.release_leased_until.is_some()
    }

    /// Whether a worker had the current lease on the release and has given it up since.
    pub(super) fn was_left_by(&self, lease: LeaseToken) -> bool {
        self.release_lease == lease.as_i64() && self.release_leased_until.is_none()
    }

    /// Whether this is the row's last change.
    pub(super) fn was_changed_at(&self, at: DateTime<Utc>) -> bool {
        self.updated_at == time::to_text(at)
    }

    /// The number.
    pub(crate) fn number(&self) -> Result<OwnedNumber, Fault> {
        Ok(OwnedNumber {
            id: parse("business_numbers.id", &self.id)?,
            user: parse("business_numbers.user_id", &self.user_id)?,
            business: parse_optional("business_numbers.business_id", self.business_id.as_deref())?,
            phone_number: phone_number("business_numbers.phone_number", &self.phone_number)?,
            display_name: parse::<DisplayName>("business_numbers.display_name", &self.display_name)?,
            country: parse("business_numbers.country_code", &self.country_code)?,
            kind: parse("business_numbers.number_type", &self.number_type)?,
            status: self.status()?,
            is_primary: self.is_primary,
            is_active: self.is_active,
            provider: self.provider.clone(),
            identity: self.identity()?,
            order: parse_optional("business_numbers.order_id", self.order_id.as_deref())?,
            monthly_cost: money(self.monthly_cost, &self.currency)?,
            capabilities: from_json("business_numbers.capabilities", &self.capabilities)?,
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
            purchased_at: time::from_text(&self.purchase_date)?,
            created_at: time::from_text(&self.created_at)?,
            updated_at: time::from_text(&self.updated_at)?,
            version: self.version,
        })
    }

    fn identity(&self) -> Result<Option<ProviderIdentity>, Fault> {
        let account =
            parse_optional("business_numbers.twilio_account_sid", self.twilio_account_sid.as_deref())?;
        let number = parse_optional("business_numbers.twilio_sid", self.twilio_sid.as_deref())?;
        Ok(account.zip(number).map(|(account, number)| ProviderIdentity { account, number }))
    }
}
