//! Numbers, in the original system's `snake_case`.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use trunkline_domain::{
    AccountSid, BusinessId, Capabilities, Country, Currency, DisplayName, JsonMoney, Money, NumberId,
    NumberKind, NumberSid, NumberStatus, OwnedNumber, PhoneNumber, TransferId, UserId,
};
use trunkline_provisioning::Purchased;
use trunkline_provisioning::port::{MonthlyCost, NumberPage};
use utoipa::ToSchema;

use super::Success;
use crate::description::{things, words};
use crate::problem::Problem;

/// The number record.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Number)]
struct NumberRecord {
    #[schema(value_type = words::Id)]
    id: NumberId,
    #[schema(value_type = words::UserId)]
    user_id: UserId,
    #[schema(value_type = Option<words::Id>, required)]
    business_id: Option<BusinessId>,
    #[schema(value_type = words::E164)]
    phone_number: PhoneNumber,
    #[schema(value_type = String)]
    display_name: DisplayName,
    #[schema(value_type = words::Country)]
    country_code: Country,
    #[schema(value_type = words::RecordedType)]
    number_type: &'static str,
    #[schema(value_type = words::NumberStatus)]
    status: &'static str,
    is_primary: bool,
    is_active: bool,
    provider: String,
    purchase_date: DateTime<Utc>,
    #[schema(value_type = words::Amount)]
    monthly_cost: JsonMoney,
    #[schema(value_type = words::Currency)]
    currency: Currency,
    #[schema(value_type = Vec<words::Feature>)]
    features: Vec<&'static str>,
    #[schema(required)]
    notes: Option<String>,
    #[schema(value_type = things::Capabilities)]
    capabilities: Capabilities,
    #[schema(value_type = Option<words::NumberSid>, required)]
    twilio_sid: Option<NumberSid>,
    #[schema(value_type = Option<words::AccountSid>, required)]
    twilio_account_sid: Option<AccountSid>,
    #[schema(required)]
    voice_url: Option<String>,
    #[schema(required)]
    sms_url: Option<String>,
    #[schema(required)]
    status_callback_url: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<OwnedNumber> for NumberRecord {
    fn from(number: OwnedNumber) -> Self {
        let (sid, account) = number.identity.map(|identity| (identity.number, identity.account)).unzip();
        Self {
            id: number.id,
            user_id: number.user,
            business_id: number.business,
            phone_number: number.phone_number,
            display_name: number.display_name,
            country_code: number.country,
            number_type: number.kind.as_str(),
            status: number.status.as_str(),
            is_primary: number.is_primary,
            is_active: number.is_active,
            provider: number.provider,
            purchase_date: number.purchased_at,
            monthly_cost: number.monthly_cost.into(),
            currency: number.monthly_cost.currency(),
            features: number.capabilities.names(),
            notes: number.notes,
            capabilities: number.capabilities,
            twilio_sid: sid,
            twilio_account_sid: account,
            voice_url: number.webhooks.voice_url,
            sms_url: number.webhooks.sms_url,
            status_callback_url: number.webhooks.status_callback_url,
            created_at: number.created_at,
            updated_at: number.updated_at,
        }
    }
}

/// One number.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NumberAnswer {
    success: Success,
    number: NumberRecord,
}

impl From<OwnedNumber> for NumberAnswer {
    fn from(number: OwnedNumber) -> Self {
        Self { success: Success, number: number.into() }
    }
}

/// A page of numbers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NumberListAnswer {
    success: Success,
    numbers: Vec<NumberRecord>,
    total: u64,
    /// What all of them cost a month together, on whatever page they are, for each of their currencies.
    monthly_totals: Vec<MonthlyTotal>,
    #[schema(value_type = Option<words::Id>, required)]
    next_cursor: Option<NumberId>,
}

impl TryFrom<NumberPage> for NumberListAnswer {
    type Error = Problem;

    fn try_from(page: NumberPage) -> Result<Self, Problem> {
        let numbers = page.numbers.into_iter().map(NumberRecord::from).collect();
        let monthly_totals =
            page.monthly.into_iter().map(MonthlyTotal::try_from).collect::<Result<_, _>>()?;
        Ok(Self { success: Success, numbers, total: page.total, monthly_totals, next_cursor: page.next })
    }
}

/// What numbers cost a month together, in one currency.
#[derive(Debug, Serialize, ToSchema)]
struct MonthlyTotal {
    #[schema(value_type = words::Amount)]
    amount: JsonMoney,
    #[schema(value_type = words::Currency)]
    currency: Currency,
}

impl TryFrom<MonthlyCost> for MonthlyTotal {
    type Error = Problem;

    fn try_from(cost: MonthlyCost) -> Result<Self, Problem> {
        let MonthlyCost { currency, micros } = cost;
        let amount = if let Ok(micros) = i64::try_from(micros) {
            Money::from_micros(micros, currency).into()
        } else {
            // More than any wallet holds: costs that users have written into records.
            let amount = Decimal::try_from_i128_with_scale(micros, 6);
            JsonMoney(amount.map_err(|error| Problem::internal().because(error))?.normalize())
        };
        Ok(Self { amount, currency })
    }
}

/// A number that was bought, and what paid for it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PurchaseAnswer {
    success: Success,
    number: NumberRecord,
    transaction: Payment,
}

#[derive(Debug, Serialize, ToSchema)]
struct Payment {
    #[schema(value_type = words::Id)]
    id: TransferId,
    #[schema(value_type = words::Amount)]
    amount: JsonMoney,
    #[schema(value_type = words::Currency)]
    currency: Currency,
}

impl From<Purchased> for PurchaseAnswer {
    fn from(purchased: Purchased) -> Self {
        let Purchased { number, transaction, amount } = purchased;
        let transaction = Payment { id: transaction, amount: amount.into(), currency: amount.currency() };
        Self { success: Success, number: number.into(), transaction }
    }
}

/// A number that was given back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReleasedAnswer {
    success: Success,
    message: &'static str,
}

impl ReleasedAnswer {
    pub(crate) const fn new() -> Self {
        Self {
            success: Success,
            message: "The number is released. What was paid for its month is not refunded.",
        }
    }
}

/// A number that is being given back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReleasingAnswer {
    success: Success,
    message: &'static str,
    number: NumberRecord,
}

impl From<OwnedNumber> for ReleasingAnswer {
    fn from(number: OwnedNumber) -> Self {
        let message = match number.status {
            NumberStatus::Review => {
                "The carrier's answer leaves a doubt, so our team has a look. Nothing to do: your release is recorded."
            }
            NumberStatus::Active
            | NumberStatus::Suspended
            | NumberStatus::Releasing
            | NumberStatus::Released => {
                "We are still waiting for the carrier. Nothing to do: the release goes on by itself."
            }
        };
        Self { success: Success, message, number: number.into() }
    }
}

/// A number type as `camelCase` answers name it, and as requests are best written.
pub(crate) const fn number_type_name(kind: NumberKind) -> &'static str {
    match kind {
        NumberKind::TollFree => "tollFree",
        NumberKind::Local | NumberKind::Mobile | NumberKind::International | NumberKind::Vanity => {
            kind.as_str()
        }
    }
}
