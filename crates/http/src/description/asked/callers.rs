//! Users, businesses, keys and the audit trail, as they are asked for.

use chrono::{DateTime, Utc};
use utoipa::{IntoParams, ToSchema};

use crate::description::words::{BusinessNameSent, EmailSent, Id, MemberRole, Scope, UserId};

/// Which page of whose list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub(crate) struct Page {
    /// Whose list, for services and operators; a member of businesses names their owner, where the list is of numbers, orders
    /// or businesses. An operator who names nobody reads everybody's.
    user_id: Option<UserId>,
    /// `nextCursor` of the page before.
    cursor: Option<Id>,
    /// At most so many.
    #[param(minimum = 1, maximum = 100, default = 100)]
    limit: Option<u16>,
}

/// Which page of a list that is always of one user.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub(crate) struct OwnPage {
    /// Whose list, for services and operators, who must name somebody.
    user_id: Option<UserId>,
    /// `nextCursor` of the page before.
    cursor: Option<Id>,
    /// At most so many.
    #[param(minimum = 1, maximum = 100, default = 100)]
    limit: Option<u16>,
}

/// A user to be added.
#[derive(ToSchema)]
pub(crate) struct NewUser {
    /// The id that the identity provider gives them.
    id: UserId,
    email: Option<EmailSent>,
}

/// A business to be added.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct NewBusiness {
    /// An id of your own, which makes the request safe to repeat.
    id: Option<Id>,
    /// Whose it is, for services and operators.
    user_id: Option<UserId>,
    name: BusinessNameSent,
    /// Where its clocks are, by its IANA name, such as `Europe/London`.
    time_zone: Option<String>,
}

/// What shall be different about a business. What is not sent stays.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct BusinessChange {
    name: Option<BusinessNameSent>,
    /// Where its clocks are, by its IANA name; `null` takes it away.
    time_zone: Option<String>,
}

/// A key to be made.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct NewKey {
    /// Whose it is, for services and operators.
    user_id: Option<UserId>,
    /// What you call it.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// What it may be used for; everything that a user's key may, where this is not sent.
    #[schema(min_items = 1)]
    scopes: Option<Vec<Scope>>,
    /// When it ends; never, where this is not sent. A key makes none that outlives itself.
    expires_at: Option<DateTime<Utc>>,
}

/// As what somebody shall be a member.
#[derive(ToSchema)]
pub(crate) struct StandingSent {
    role: MemberRole,
}

/// How a key is to be rotated.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct Rotation {
    /// For how many minutes the old key stays open.
    #[schema(minimum = 0, maximum = 43200, default = 1440)]
    overlap_minutes: Option<u16>,
    /// When the new key ends; as the old one did, where this is not sent.
    expires_at: Option<DateTime<Utc>>,
}

/// Which lines of the audit trail, in which form.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub(crate) struct AuditQuery {
    /// Whose lines, for services and operators. An operator who names nobody reads everybody's.
    user_id: Option<UserId>,
    /// About the thing with this id.
    #[param(max_length = 255)]
    subject: Option<String>,
    /// Of this action, such as `number.release`, or of a family of actions, such as `number`.
    #[param(min_length = 1, max_length = 64, pattern = "^[a-z_.]+$")]
    action: Option<String>,
    /// Of this moment or later.
    from: Option<DateTime<Utc>>,
    /// Of before this moment, which is after `from`.
    to: Option<DateTime<Utc>>,
    /// `nextCursor` of the page before.
    #[param(pattern = "^[1-9][0-9]{0,17}$")]
    cursor: Option<String>,
    /// At most so many; as CSV every line comes, and this is not to be sent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    /// In which form; where this is not sent, the `Accept` header says it.
    #[param(inline)]
    format: Option<AuditForm>,
}

/// In which form lines of the audit trail come.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum AuditForm {
    Json,
    Csv,
}
