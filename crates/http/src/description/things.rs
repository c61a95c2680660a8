//! Things that the crates below write as JSON themselves, as schemas: what is in an answer and has no type of this crate.
//!
//! Nothing is ever read from these types. *Invariant*: they have the names and the shapes that the originals are written
//! with; the tests of the routes compare every answer with them, and refuse members that stand nowhere here.

#![expect(
    dead_code,
    clippy::zero_sized_map_values,
    reason = "they say how something looks, and are never made"
)]

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::words::{AlarmEndReason, AlarmName, Amount, Country, Id, SoldType, True, UserId};

/// What a number can do, as the carrier says.
#[derive(ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "four independent facts")]
pub(crate) struct Capabilities {
    voice: bool,
    sms: bool,
    mms: bool,
    fax: bool,
}

/// An alarm from its onset on.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct Alarm {
    id: Id,
    #[schema(rename = "alarm")]
    name: AlarmName,
    /// The id of what it is about.
    subject: String,
    /// What happened, as it was last said.
    sentence: String,
    /// Ids and figures, as they were last said.
    #[schema(value_type = Object)]
    details: (),
    raised_at: DateTime<Utc>,
    last_raised_at: DateTime<Utc>,
    /// How often it was raised since it began.
    times: u32,
    /// Its end; `null` while it is open.
    #[schema(required)]
    end: Option<AlarmEnd>,
}

/// The end of an alarm.
#[derive(ToSchema)]
pub(crate) struct AlarmEnd {
    at: DateTime<Utc>,
    reason: AlarmEndReason,
}

/// What limits a user; a limit that is missing is none.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct Limits {
    /// Numbers held, with those that are being bought.
    #[schema(minimum = 1)]
    numbers: Option<u32>,
    /// Purchases on one day, by UTC.
    #[schema(minimum = 1)]
    purchases_per_day: Option<u32>,
    /// The highest price of a number per month, by currency.
    monthly_price: Option<BTreeMap<String, Amount>>,
    /// Countries whose numbers may be bought.
    countries: Option<Vec<Country>>,
    /// Types of numbers that may be bought.
    number_types: Option<Vec<SoldType>>,
    /// Whether buying and giving back is limited.
    churn: Option<True>,
}

/// What an operator has set for one user: what is missing is as for everybody, `null` is no limit.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct OwnLimits {
    /// Numbers held, with those that are being bought.
    #[schema(minimum = 1)]
    numbers: Option<u32>,
    /// Purchases on one day, by UTC.
    #[schema(minimum = 1)]
    purchases_per_day: Option<u32>,
    /// The highest price of a number per month, by currency. In one that is not named nothing may be bought.
    monthly_price: Option<BTreeMap<String, Amount>>,
    /// Countries whose numbers may be bought.
    #[schema(min_items = 1)]
    countries: Option<Vec<Country>>,
    /// Types of numbers that may be bought.
    #[schema(min_items = 1)]
    number_types: Option<Vec<SoldType>>,
    /// Whether buying and giving back is limited.
    churn: Option<True>,
}

/// One step of an order: a transition, and what the provider was asked on the way to it.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct OrderStep {
    at: DateTime<Utc>,
    /// The transition, such as `order.open`. A later release may have further ones.
    action: String,
    actor: Actor,
    /// Why, where a person decided.
    #[schema(required)]
    reason: Option<String>,
    /// The request that caused it.
    #[schema(required)]
    request_id: Option<String>,
    /// What the provider was asked since the step before, in order.
    calls: Vec<ProviderCall>,
    /// What else is known of it, by action.
    #[schema(value_type = Value)]
    details: (),
}

/// Who did something.
#[derive(Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Actor {
    /// A user, for themselves.
    User {
        #[schema(value_type = UserId)]
        user: (),
        #[schema(value_type = Option<Id>, required)]
        key: (),
    },
    /// A service, for a user it names.
    Service {
        #[schema(value_type = Id)]
        key: (),
        #[schema(value_type = UserId)]
        user: (),
    },
    /// An operator, over HTTP.
    Operator {
        #[schema(value_type = Id)]
        key: (),
    },
    /// Somebody at the command line of the server's machine.
    CommandLine { login: Option<String> },
    /// Trunkline itself, in background work.
    System,
}

/// What the provider was asked, and what its answer means.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct ProviderCall {
    at: DateTime<Utc>,
    call: CallKind,
    answer: CallAnswer,
    /// The provider's own error code.
    code: Option<u32>,
    /// The beginning of what the provider said of a failure.
    says: Option<String>,
    /// How long the answer took.
    took_ms: u64,
}

/// What the provider was asked.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum CallKind {
    Look,
    Buy,
    Fetch,
    Search,
    Addresses,
    Bundles,
}

/// What an answer of the provider means.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum CallAnswer {
    Absent,
    Ours,
    Other,
    Bought,
    OwnedBefore,
    Mismatch,
    Unlabelled,
    Found,
    NotFound,
    Refused,
    Unavailable,
    Unauthorized,
    NotConfigured,
    Unknown,
}

/// Why an order failed.
#[derive(Serialize, ToSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub(crate) enum Failure {
    NumberUnavailable,
    HeldAtProvider,
    AddressRequired,
    BundleRequired {
        /// Why what the operator has does not serve, where the provider could tell.
        #[schema(value_type = Option<Value>)]
        gap: (),
    },
    WrongType,
    ProviderRejected {
        /// The provider's error code, where it gave one.
        #[schema(required)]
        code: Option<u32>,
    },
    ProviderUnavailable,
    NeverArrived,
    ProviderNotConfigured,
    VoidedByOperator,
}

/// A line of the audit trail, as far as its reader may see it.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct AuditLine {
    /// Its place in the order of writing, which is a cursor too.
    #[schema(pattern = "^[0-9]+$")]
    id: String,
    at: DateTime<Utc>,
    actor: ShownActor,
    /// What they did, such as `number.release`.
    action: String,
    /// The id of the thing they did it to.
    subject: String,
    /// Whose thing it is, where it is a user's.
    #[schema(required)]
    user_id: Option<UserId>,
    /// Why, where that is known and the reader's to know.
    #[schema(required)]
    reason: Option<String>,
    /// What changed, by action; `null` where nothing is known or the reader's to know.
    #[schema(value_type = Value)]
    details: (),
    /// The request that caused it.
    #[schema(required)]
    request_id: Option<String>,
    /// From which address the request came, where that is the reader's to know.
    #[schema(required)]
    address: Option<String>,
}

/// Who did something, as far as it is shown.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct ShownActor {
    kind: ActorKind,
    user_id: Option<UserId>,
    key_id: Option<Id>,
    /// Which user of the server's machine.
    login: Option<String>,
}

/// Who does something.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum ActorKind {
    User,
    Service,
    Operator,
    CommandLine,
    System,
}

/// A setting of a number that differs between the provider and our row.
#[derive(ToSchema)]
pub(crate) struct Difference {
    setting: Setting,
    /// What the provider has.
    #[schema(required)]
    held: Option<String>,
    /// What our row says.
    #[schema(required)]
    booked: Option<String>,
}

/// A setting of a number at the provider.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum Setting {
    FriendlyName,
    VoiceUrl,
    SmsUrl,
    StatusCallbackUrl,
}
