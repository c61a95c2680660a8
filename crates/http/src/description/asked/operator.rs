//! What operators ask for and decide.

use chrono::{DateTime, Utc};
use utoipa::{IntoParams, ToSchema};

use crate::description::things::OwnLimits;
use crate::description::words::{
    AlarmName, AmountSent, ApprovalState, CountrySent, CurrencySent, DigitsSent, DisplayNameSent, Id,
    NumberSid, OrderStatus, ReasonSent, UserId,
};

/// Which alarms.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AlarmQuery {
    /// Whether those that are over come, too.
    all: Option<bool>,
    /// At most so many.
    #[param(minimum = 1, maximum = 1000, default = 50)]
    limit: Option<u16>,
}

/// Which approvals.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ApprovalQuery {
    /// With this status.
    status: Option<ApprovalState>,
}

/// How much is said of sales.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SalesQuery {
    /// Whether the money at the provider is said; the provider is asked for it.
    #[param(default = true)]
    runway: Option<bool>,
}

/// Which users.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct UserQuery {
    /// Those alone whose id or email address contains this; capital and small letters from A to Z are the same.
    #[param(min_length = 1, max_length = 255)]
    search: Option<String>,
    /// From where on, as the page before says.
    cursor: Option<UserId>,
    /// At most so many.
    #[param(minimum = 1, maximum = 100, default = 100)]
    limit: Option<u16>,
}

/// That an alarm is over.
#[derive(ToSchema)]
pub(crate) struct AlarmEndSent {
    alarm: AlarmName,
    /// The id of what it is about.
    subject: String,
    reason: ReasonSent,
}

/// What shall hold for a user alone, whole, and why.
#[derive(ToSchema)]
pub(crate) struct LimitsSent {
    limits: OwnLimits,
    reason: ReasonSent,
}

/// Which numbers.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OperatorNumberQuery {
    /// Whether only those come that wait for a decision.
    review: Option<bool>,
}

/// That a number which the account holds becomes a user's.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct AdoptionSent {
    number_sid: NumberSid,
    user_id: UserId,
    reason: ReasonSent,
    business_id: Option<Id>,
    display_name: Option<DisplayNameSent>,
    country_code: Option<CountrySent>,
    /// In which currency it is charged; the deployment's own, where this is not sent.
    currency: Option<CurrencySent>,
    /// The deployment whose marker the number carries. Not with `fromOrder`.
    from_deployment: Option<Id>,
    /// The order whose marker the number carries, or that has paid for it.
    from_order: Option<Id>,
}

/// That a number is gone at the provider.
#[derive(ToSchema)]
pub(crate) struct WriteOffSent {
    reason: ReasonSent,
    /// Whether it is written off although it lives on in another account.
    moved: Option<bool>,
}

/// Why something is decided.
#[derive(ToSchema)]
pub(crate) struct ReasonOnly {
    reason: ReasonSent,
}

/// Which orders.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OperatorOrderQuery {
    /// In this state.
    state: Option<OrderStatus>,
    /// Whether only undecided ones come. Not with `state`.
    stuck: Option<bool>,
}

/// That an order bought this number.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct SettlementSent {
    number_sid: NumberSid,
    reason: ReasonSent,
}

/// Which reports, and how much of each.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub(crate) struct ReportQuery {
    /// At most so many.
    #[param(minimum = 1, maximum = 100, default = 10)]
    limit: Option<u16>,
    /// Of each at most so many findings; without it all that are kept.
    #[param(minimum = 0, maximum = 1000)]
    findings: Option<u16>,
    /// The one that began at exactly this moment; all that are kept are looked through.
    begun_at: Option<DateTime<Utc>>,
}

/// A reconciliation that is asked for.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct ReconciliationSent {
    /// Whether what is safe to repair is repaired.
    repair: Option<bool>,
    /// How many repairs are confirmed, where they are more than is usual. Only with `repair`.
    confirm: Option<DigitsSent>,
    /// The one number whose finding is repaired; the others are only told. Only with `repair`.
    number_sid: Option<NumberSid>,
}

/// A correction of a wallet.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct AdjustmentSent {
    user_id: UserId,
    /// Above zero it goes into the wallet, below zero out of it.
    amount: AmountSent,
    currency: CurrencySent,
    reason: ReasonSent,
}
