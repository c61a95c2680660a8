//! What the API answers operators about numbers, as far as pages show it.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use trunkline_domain::{
    Currency, JsonMoney, Money, NumberId, NumberStatus, OrderId, OrderState, PhoneNumber, ReviewReason,
};

/// A row of our books.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    pub(super) id: NumberId,
    pub(super) phone_number: PhoneNumber,
    pub(super) status: NumberStatus,
    pub(super) review: Option<ReviewReason>,
    pub(super) user_id: String,
    pub(super) display_name: String,
    monthly_cost: JsonMoney,
    currency: Currency,
    pub(super) order_id: Option<OrderId>,
    pub(super) account_sid: Option<String>,
    pub(super) number_sid: Option<String>,
    pub(super) webhooks: Webhooks,
    pub(super) release_attempts: Option<u32>,
    pub(super) purchased_at: DateTime<Utc>,
    pub(super) updated_at: DateTime<Utc>,
}

impl Row {
    /// What it costs a month.
    pub(super) fn monthly(&self) -> Option<Money> {
        Money::new(self.monthly_cost.0, self.currency).ok()
    }

    /// Where it stands in a word or two, and how to mark it.
    pub(super) const fn state(&self) -> (&'static str, &'static str) {
        match self.status {
            NumberStatus::Active => ("Active", "good"),
            NumberStatus::Suspended => ("Suspended", "bad"),
            NumberStatus::Releasing => ("Being released", "waiting"),
            NumberStatus::Review => ("Waits for you", "bad"),
            NumberStatus::Released => ("Released", "plain"),
        }
    }

    /// Whether a customer has it, and it was bought here.
    pub(super) const fn is_theirs(&self) -> bool {
        let is_live = match self.status {
            NumberStatus::Active
            | NumberStatus::Suspended
            | NumberStatus::Releasing
            | NumberStatus::Review => true,
            NumberStatus::Released => false,
        };
        is_live && self.number_sid.is_some()
    }
}

/// Where calls and texts go.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the API calls them so")]
pub(in crate::operator) struct Webhooks {
    pub(super) voice_url: Option<String>,
    pub(super) sms_url: Option<String>,
    pub(super) status_callback_url: Option<String>,
}

/// A number of a failed order, which is nobody's.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Orphan {
    pub(super) number_sid: String,
    pub(super) account_sid: String,
    pub(super) phone_number: PhoneNumber,
    pub(super) order_id: OrderId,
    pub(super) stage: Stage,
    pub(super) review: Option<ReviewReason>,
    pub(super) attempts: u32,
    pub(super) updated_at: DateTime<Utc>,
}

/// Where its release stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stage {
    /// It goes on by itself.
    Releasing,
    /// It waits for an operator.
    Review,
    /// It is given back.
    Released,
}

impl Stage {
    /// In a word or two, and how to mark it.
    pub(super) const fn badge(self) -> (&'static str, &'static str) {
        match self {
            Self::Releasing => ("Being released", "waiting"),
            Self::Review => ("Waits for you", "bad"),
            Self::Released => ("Released", "plain"),
        }
    }
}

/// A page of numbers.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Listed {
    pub(super) numbers: Vec<Row>,
    pub(super) orphans: Vec<Orphan>,
    pub(super) next_cursor: Option<NumberId>,
}

/// Everything that is known of a number.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::operator) struct Dossier {
    /// Newest first.
    pub(super) rows: Vec<Row>,
    pub(super) orphans: Vec<Orphan>,
    pub(in crate::operator) at_provider: AtTwilio,
    pub(super) marker: Option<Marker>,
    pub(super) advice: Advice,
}

impl Dossier {
    /// The row that counts: the one that a customer has, else the newest.
    pub(super) fn row(&self) -> Option<&Row> {
        self.rows.iter().find(|row| row.is_theirs()).or_else(|| self.rows.first())
    }
}

/// What Twilio says of it now.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub(in crate::operator) enum AtTwilio {
    /// The account has it.
    Held {
        /// Which account.
        account_sid: String,
        /// Its id there.
        number_sid: String,
        /// The number.
        phone_number: PhoneNumber,
        /// Its name there.
        friendly_name: String,
        /// Where its calls and texts go.
        webhooks: Webhooks,
        /// When the account got it.
        created_at: DateTime<Utc>,
    },
    /// The account does not have it.
    Absent {
        /// Which account.
        account_sid: String,
    },
    /// It lives elsewhere, so there is nothing to ask.
    NotAsked,
    /// It could not be asked.
    Unknown {
        /// Why, for operators.
        why: String,
    },
}

/// Whose purchase its name at Twilio says that it was.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Marker {
    pub(super) deployment: String,
    pub(super) order: OrderId,
    /// Where that order stands, if it is ours.
    pub(super) order_state: Option<OrderState>,
}

/// What to do.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Advice {
    pub(super) name: AdviceName,
    /// The order or deployment that it is about.
    pub(super) of: Option<String>,
    pub(super) differences: Option<Vec<Difference>>,
}

/// What to do, by its name in the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AdviceName {
    Nothing,
    AskAgain,
    Wait,
    Settings,
    ReleaseOrKeep,
    ReleaseOrphan,
    WriteOff,
    ReleaseAtProvider,
    ReleaseOrphanAtProvider,
    Adopt,
    AdoptFromDeployment,
    AwaitPass,
    InDoubt,
    SecondNumber,
    PutBack,
    DecideOrder,
}

/// A setting that Twilio has otherwise than our row.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(in crate::operator) struct Difference {
    setting: Setting,
    held: Option<String>,
    booked: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Setting {
    FriendlyName,
    VoiceUrl,
    SmsUrl,
    StatusCallbackUrl,
}

impl Difference {
    /// As a sentence.
    pub(in crate::operator) fn sentence(&self) -> String {
        let setting = match self.setting {
            Setting::FriendlyName => "Its name",
            Setting::VoiceUrl => "Its address for calls",
            Setting::SmsUrl => "Its address for texts",
            Setting::StatusCallbackUrl => "Its address for the ends of calls",
        };
        let value = |value: &Option<String>| {
            value
                .as_deref()
                .filter(|text| !text.is_empty())
                .map_or("empty".to_owned(), |text| format!("“{text}”"))
        };
        format!("{setting} is {} and should be {}.", value(&self.held), value(&self.booked))
    }
}
