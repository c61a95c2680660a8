//! What the row of a number is made of.

use serde_json::json;
use sqlx::types::{Json, JsonValue};
use trunkline_domain::{OwnedNumber, ReviewReason};

use crate::cell::Moment;

/// A number for binding, to be read by `jsonb_populate_record`; all of it but who works on its release.
pub(in crate::postgres) fn number_row(number: &OwnedNumber) -> Json<JsonValue> {
    let identity = number.identity.as_ref();
    let time = |time| Moment::of(time).time();
    Json(json!({
        "id": number.id,
        "user_id": number.user,
        "business_id": number.business,
        "phone_number": number.phone_number.as_str(),
        "display_name": number.display_name,
        "country_code": number.country.as_str(),
        "number_type": number.kind.as_str(),
        "status": number.status.as_str(),
        "is_primary": number.is_primary,
        "is_active": number.is_active,
        "provider": number.provider,
        "purchase_date": time(number.purchased_at),
        "monthly_cost": number.monthly_cost.amount().to_string(),
        "currency": number.monthly_cost.currency().code(),
        "capabilities": number.capabilities,
        "notes": number.notes,
        "twilio_sid": identity.map(|identity| &identity.number),
        "twilio_account_sid": identity.map(|identity| &identity.account),
        "voice_url": number.webhooks.voice_url,
        "sms_url": number.webhooks.sms_url,
        "status_callback_url": number.webhooks.status_callback_url,
        "order_id": number.order,
        "review_reason": number.review.map(ReviewReason::as_str),
        "version": number.version,
        "created_at": time(number.created_at),
        "updated_at": time(number.updated_at),
    }))
}
