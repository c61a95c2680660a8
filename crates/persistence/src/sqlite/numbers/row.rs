//! Finding and storing the row of a number.

use chrono::{DateTime, Utc};
use sqlx::SqliteConnection;
use trunkline_domain::{NumberId, OwnedNumber, ReviewReason};
use trunkline_provisioning::LeaseToken;

use crate::cell::Moment;
use crate::codec::{optional_text, text, to_json};
use crate::columns::number_columns;
use crate::error::Fault;
use crate::row::NumberRow;
use crate::sqlite::time;
use crate::sqlite::writer::Transaction;

impl NumberRow {
    /// Reads one number, if it exists.
    pub(in crate::sqlite) async fn find(
        connection: &mut SqliteConnection,
        id: NumberId,
    ) -> Result<Option<Self>, Fault> {
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

    /// Whether this is the version that a change was made against.
    pub(in crate::sqlite) const fn has_version(&self, version: i64) -> bool {
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
    pub(crate) fn was_changed_at(&self, at: DateTime<Utc>) -> bool {
        self.updated_at == Moment::of(at)
    }
}
