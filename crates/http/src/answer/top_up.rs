//! Automatic top-ups, as clients see them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use trunkline_domain::{Currency, JsonMoney};
use trunkline_payments::{CONSENT_TEXT, CONSENT_VERSION, SetUpPage, TopUp};
use utoipa::ToSchema;

use super::Success;
use crate::description::words;

/// A page on which a customer saves a payment method.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TopUpPageAnswer {
    success: Success,
    /// Stripe's id of the page.
    session_id: String,
    /// Where to send the customer.
    url: String,
    expires_at: DateTime<Utc>,
}

impl From<SetUpPage> for TopUpPageAnswer {
    fn from(page: SetUpPage) -> Self {
        Self {
            success: Success,
            session_id: page.session.to_string(),
            url: page.url.to_string(),
            expires_at: page.expires_at,
        }
    }
}

/// A user's automatic top-up in a currency.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TopUpAnswer {
    success: Success,
    /// The text to which a customer agrees by setting one up.
    consent_text: &'static str,
    /// Which version of it that is.
    consent_version: u32,
    #[schema(required)]
    auto_top_up: Option<TopUpRecord>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AutoTopUp)]
struct TopUpRecord {
    #[schema(value_type = words::TopUpState)]
    status: &'static str,
    #[schema(value_type = words::Currency)]
    currency: Currency,
    /// Charged when less is available.
    #[schema(value_type = words::Amount)]
    threshold: JsonMoney,
    /// How much is charged at a time.
    #[schema(value_type = words::Amount)]
    amount: JsonMoney,
    /// How much is charged in a calendar month (UTC) at most.
    #[schema(value_type = words::Amount)]
    monthly_cap: JsonMoney,
    /// What its owner knows the payment method by; null once it was forgotten.
    #[schema(required)]
    payment_method: Option<String>,
    /// How often in a row it was declined. At the third time the top-up is off.
    declines: u32,
    /// Until when nothing more is charged after the last charge, whatever came of it; null before the first.
    #[schema(required)]
    cool_down_until: Option<DateTime<Utc>>,
    /// To which version of the text the customer agreed.
    agreed_to_version: u32,
    /// When they did.
    agreed_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl TopUpAnswer {
    pub(crate) fn new(top_up: Option<&TopUp>) -> Self {
        Self {
            success: Success,
            consent_text: CONSENT_TEXT,
            consent_version: CONSENT_VERSION,
            auto_top_up: top_up.map(TopUpRecord::from),
        }
    }
}

impl From<&TopUp> for TopUpRecord {
    fn from(top_up: &TopUp) -> Self {
        Self {
            status: top_up.state.as_str(),
            currency: top_up.terms.currency(),
            threshold: top_up.terms.threshold.into(),
            amount: top_up.terms.amount.into(),
            monthly_cap: top_up.terms.monthly_cap.into(),
            payment_method: top_up.method.as_ref().map(|method| method.label.clone()),
            declines: top_up.declines,
            cool_down_until: top_up.cool_until,
            agreed_to_version: top_up.consent.version,
            agreed_at: top_up.consent.at,
            updated_at: top_up.updated_at,
        }
    }
}
