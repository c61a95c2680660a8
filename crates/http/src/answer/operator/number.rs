//! Numbers from both sides, and what became of decisions about them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use trunkline_domain::{
    AccountSid, BusinessId, Country, Currency, DeploymentId, JsonMoney, NumberId, NumberSid, NumberStatus,
    OrderId, OrderState, OwnedNumber, PhoneNumber, ReviewReason, UserId, WebhookUrls,
};
use trunkline_provisioning::port::{NumberFile, NumberPage, OrphanFile, OrphanStage};
use trunkline_provisioning::{
    AdoptedNumber, AdoptedSettings, Advice, AtProvider, Difference, NumberDossier, WrittenOff,
};
use utoipa::ToSchema;

use crate::answer::Success;
use crate::description::{things, words};

/// A row of ours.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OperatorNumber)]
struct NumberRecord {
    #[schema(value_type = words::Id)]
    id: NumberId,
    #[schema(value_type = words::E164)]
    phone_number: PhoneNumber,
    #[schema(value_type = words::NumberStatus)]
    status: NumberStatus,
    #[schema(value_type = Option<words::Review>, required)]
    review: Option<ReviewReason>,
    #[schema(value_type = words::UserId)]
    user_id: UserId,
    #[schema(value_type = Option<words::Id>, required)]
    business_id: Option<BusinessId>,
    display_name: String,
    #[schema(value_type = words::Country)]
    country_code: Country,
    #[schema(value_type = words::RecordedType)]
    number_type: &'static str,
    #[schema(value_type = words::Amount)]
    monthly_cost: JsonMoney,
    #[schema(value_type = words::Currency)]
    currency: Currency,
    #[schema(value_type = Option<words::Id>, required)]
    order_id: Option<OrderId>,
    #[schema(value_type = Option<words::AccountSid>, required)]
    account_sid: Option<AccountSid>,
    #[schema(value_type = Option<words::NumberSid>, required)]
    number_sid: Option<NumberSid>,
    webhooks: WebhookRecord,
    /// How often its latest release was attempted; only where one number is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    release_attempts: Option<u32>,
    purchased_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<OwnedNumber> for NumberRecord {
    fn from(number: OwnedNumber) -> Self {
        let (account_sid, number_sid) = number.identity.map(|known| (known.account, known.number)).unzip();
        Self {
            id: number.id,
            phone_number: number.phone_number,
            status: number.status,
            review: number.review,
            user_id: number.user,
            business_id: number.business,
            display_name: number.display_name.to_string(),
            country_code: number.country,
            number_type: number.kind.as_str(),
            monthly_cost: number.monthly_cost.into(),
            currency: number.monthly_cost.currency(),
            order_id: number.order,
            account_sid,
            number_sid,
            webhooks: number.webhooks.into(),
            release_attempts: None,
            purchased_at: number.purchased_at,
            updated_at: number.updated_at,
        }
    }
}

impl From<NumberFile> for NumberRecord {
    fn from(NumberFile { number, release_attempts }: NumberFile) -> Self {
        Self { release_attempts: Some(release_attempts), ..number.into() }
    }
}

#[expect(clippy::struct_field_names, reason = "these are the names that clients know")]
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Webhooks)]
struct WebhookRecord {
    #[schema(required)]
    voice_url: Option<String>,
    #[schema(required)]
    sms_url: Option<String>,
    #[schema(required)]
    status_callback_url: Option<String>,
}

impl From<WebhookUrls> for WebhookRecord {
    fn from(WebhookUrls { voice_url, sms_url, status_callback_url }: WebhookUrls) -> Self {
        Self { voice_url, sms_url, status_callback_url }
    }
}

/// A number of a failed order, which is nobody's.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Orphan)]
struct OrphanRecord {
    #[schema(value_type = words::NumberSid)]
    number_sid: NumberSid,
    #[schema(value_type = words::AccountSid)]
    account_sid: AccountSid,
    #[schema(value_type = words::E164)]
    phone_number: PhoneNumber,
    #[schema(value_type = words::Id)]
    order_id: OrderId,
    #[schema(value_type = words::Stage)]
    stage: &'static str,
    #[schema(value_type = Option<words::Review>, required)]
    review: Option<ReviewReason>,
    attempts: u32,
    updated_at: DateTime<Utc>,
}

impl From<OrphanFile> for OrphanRecord {
    fn from(file: OrphanFile) -> Self {
        let review = match file.stage {
            OrphanStage::Review(reason) => Some(reason),
            OrphanStage::Releasing | OrphanStage::Released => None,
        };
        Self {
            number_sid: file.orphan.identity.number,
            account_sid: file.orphan.identity.account,
            phone_number: file.orphan.phone_number,
            order_id: file.orphan.order,
            stage: file.stage.as_str(),
            review,
            attempts: file.attempts,
            updated_at: file.updated_at,
        }
    }
}

/// A page of numbers, and the orphans that wait for an operator.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OperatorNumberListAnswer)]
pub(crate) struct NumberListAnswer {
    success: Success,
    numbers: Vec<NumberRecord>,
    orphans: Vec<OrphanRecord>,
    total: u64,
    #[schema(value_type = Option<words::Id>, required)]
    next_cursor: Option<NumberId>,
}

impl NumberListAnswer {
    pub(crate) fn new(page: NumberPage, orphans: Vec<OrphanFile>) -> Self {
        Self {
            success: Success,
            numbers: page.numbers.into_iter().map(NumberRecord::from).collect(),
            orphans: orphans.into_iter().map(OrphanRecord::from).collect(),
            total: page.total,
            next_cursor: page.next,
        }
    }
}

/// Everything that is known of a number.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DossierAnswer {
    success: Success,
    /// Our rows, newest first.
    rows: Vec<NumberRecord>,
    orphans: Vec<OrphanRecord>,
    at_provider: AtProviderRecord,
    #[schema(required)]
    marker: Option<MarkerRecord>,
    advice: AdviceRecord,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "answer", rename_all = "snake_case")]
#[schema(as = AtProvider)]
enum AtProviderRecord {
    #[serde(rename_all = "camelCase")]
    Held {
        #[schema(value_type = words::AccountSid)]
        account_sid: AccountSid,
        #[schema(value_type = words::NumberSid)]
        number_sid: NumberSid,
        #[schema(value_type = words::E164)]
        phone_number: PhoneNumber,
        friendly_name: String,
        webhooks: WebhookRecord,
        created_at: DateTime<Utc>,
    },
    #[serde(rename_all = "camelCase")]
    Absent {
        #[schema(value_type = words::AccountSid)]
        account_sid: AccountSid,
    },
    NotAsked,
    Unknown {
        why: String,
    },
}

/// Whose purchase the provider's name for the number says that it was.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Marker)]
struct MarkerRecord {
    #[schema(value_type = words::Id)]
    deployment: DeploymentId,
    #[schema(value_type = words::Id)]
    order: OrderId,
    /// Where that order stands, if it is ours.
    #[schema(value_type = Option<words::OrderStatus>, required)]
    order_state: Option<OrderState>,
}

/// What to do: by name for programs, in words for people.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Advice)]
struct AdviceRecord {
    #[schema(value_type = words::AdviceName)]
    name: &'static str,
    #[schema(required)]
    of: Option<String>,
    #[schema(value_type = Option<Vec<things::Difference>>, required)]
    differences: Option<Vec<Difference>>,
    to_do: String,
}

impl From<NumberDossier> for DossierAnswer {
    fn from(dossier: NumberDossier) -> Self {
        let NumberDossier { files, at_provider, marker, marked_order, advice } = dossier;
        let order_state = marked_order.map(|order| order.state);
        let marker = marker.map(|marker| MarkerRecord {
            deployment: marker.deployment,
            order: marker.order,
            order_state,
        });
        Self {
            success: Success,
            rows: files.numbers.into_iter().map(NumberRecord::from).collect(),
            orphans: files.orphans.into_iter().map(OrphanRecord::from).collect(),
            at_provider: at_provider.into(),
            marker,
            advice: AdviceRecord::from(&advice),
        }
    }
}

impl From<&Advice> for AdviceRecord {
    fn from(advice: &Advice) -> Self {
        let differences = advice.differences().map(<[Difference]>::to_vec);
        Self { name: advice.as_str(), of: advice.of(), differences, to_do: advice.to_do() }
    }
}

impl From<AtProvider> for AtProviderRecord {
    fn from(at_provider: AtProvider) -> Self {
        match at_provider {
            AtProvider::Held(found) => Self::Held {
                account_sid: found.identity.account,
                number_sid: found.identity.number,
                phone_number: found.phone_number,
                friendly_name: found.friendly_name,
                webhooks: found.webhooks.into(),
                created_at: found.date_created,
            },
            AtProvider::Absent { account } => Self::Absent { account_sid: account },
            AtProvider::NotAsked => Self::NotAsked,
            AtProvider::Unknown(error) => Self::Unknown { why: error.to_string() },
        }
    }
}

/// One number.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OperatorNumberAnswer)]
pub(crate) struct NumberAnswer {
    success: Success,
    number: NumberRecord,
}

impl From<OwnedNumber> for NumberAnswer {
    fn from(number: OwnedNumber) -> Self {
        Self { success: Success, number: number.into() }
    }
}

/// A number that is a user's from now on, or was before.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdoptionAnswer {
    success: Success,
    number: NumberRecord,
    /// What it took; nothing where the user had the number already, or had paid for it.
    #[schema(required)]
    charge: Option<Charge>,
    /// Whether the number's name and addresses at the provider are as our row has them.
    #[schema(value_type = words::SettingsState)]
    settings: &'static str,
    message: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
struct Charge {
    #[schema(value_type = words::Amount)]
    amount: JsonMoney,
    #[schema(value_type = words::Currency)]
    currency: Currency,
}

impl From<AdoptedNumber> for AdoptionAnswer {
    fn from(AdoptedNumber { number, price, settings }: AdoptedNumber) -> Self {
        let (settings, message) = match settings {
            AdoptedSettings::Right => ("right", "The number's name and addresses at the provider are right."),
            AdoptedSettings::Set => ("set", "The number's name and addresses at the provider are set."),
            AdoptedSettings::NotSet(_) => (
                "not_set",
                "The number is adopted, but its name and addresses at the provider are not set. Send the same request \
                 again: nothing is charged twice. Until then a reconciliation shows it as drifted.",
            ),
        };
        let charge = price.charged().map(|money| Charge { amount: money.into(), currency: money.currency() });
        Self { success: Success, number: number.into(), charge, settings, message }
    }
}

/// A number that is written off.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WriteOffAnswer {
    success: Success,
    number: NumberRecord,
    /// The account where it lives on.
    #[schema(value_type = Option<words::AccountSid>, required)]
    moved_to: Option<AccountSid>,
}

impl From<WrittenOff> for WriteOffAnswer {
    fn from(WrittenOff { number, moved_to }: WrittenOff) -> Self {
        Self { success: Success, number: number.into(), moved_to }
    }
}

/// What a release that was tried again came to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReviewEndAnswer {
    success: Success,
    #[schema(value_type = words::ReviewOutcome)]
    outcome: &'static str,
    #[schema(value_type = Option<words::Review>, required)]
    review: Option<ReviewReason>,
    message: &'static str,
}

impl ReviewEndAnswer {
    pub(crate) const fn released() -> Self {
        Self { success: Success, outcome: "released", review: None, message: "The number is given back." }
    }

    pub(crate) const fn under_way() -> Self {
        let message = "The release is not decided yet; it goes on by itself.";
        Self { success: Success, outcome: "under_way", review: None, message }
    }

    pub(crate) const fn in_review(reason: ReviewReason) -> Self {
        let message = "The release waits for a decision again; look at the number, which says more.";
        Self { success: Success, outcome: "in_review", review: Some(reason), message }
    }
}
