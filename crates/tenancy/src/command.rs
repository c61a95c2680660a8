//! What callers ask of the service: parsed, complete, and saying on whose behalf.

use chrono::{DateTime, TimeDelta, Utc};
use trunkline_domain::{ApiKeyId, BusinessId, Origin, UserId};

use crate::{BusinessName, Email, KeyHolder, KeyLimits, KeyScopes, MemberRole, Scope, TimeZone};

/// Adds a user.
#[derive(Debug, Clone)]
pub struct AddUserCommand {
    /// The identity provider's id.
    pub id: UserId,
    /// Where to write to them.
    pub email: Option<Email>,
    /// Who asked.
    pub origin: Origin,
}

/// Adds a business.
#[derive(Debug, Clone)]
pub struct AddBusinessCommand {
    /// An id that its owner uses for it elsewhere; a new one where there is none.
    pub id: Option<BusinessId>,
    /// Whose it is.
    pub owner: UserId,
    /// Its name.
    pub name: BusinessName,
    /// Where its clocks are.
    pub time_zone: Option<TimeZone>,
    /// Who asked.
    pub origin: Origin,
}

/// Changes a business. `None` leaves a part as it is.
#[derive(Debug, Clone)]
pub struct ChangeBusinessCommand {
    /// Which.
    pub business: BusinessId,
    /// Whose it must be.
    pub owner: UserId,
    /// A new name.
    pub name: Option<BusinessName>,
    /// A new time zone; the inner `None` clears it.
    pub time_zone: Option<Option<TimeZone>>,
    /// Who asked.
    pub origin: Origin,
}

/// Deletes a business.
#[derive(Debug, Clone)]
pub struct DeleteBusinessCommand {
    /// Which.
    pub business: BusinessId,
    /// Whose it must be.
    pub owner: UserId,
    /// Who asked.
    pub origin: Origin,
}

/// Adds a member to a business, or changes their role in it.
#[derive(Debug, Clone)]
pub struct PutMemberCommand {
    /// Which.
    pub business: BusinessId,
    /// Whose it must be.
    pub owner: UserId,
    /// Who shall be a member. Whether there is such a user is not asked.
    pub member: UserId,
    /// As what.
    pub role: MemberRole,
    /// Who asked.
    pub origin: Origin,
}

/// Removes a member of a business.
#[derive(Debug, Clone)]
pub struct RemoveMemberCommand {
    /// Which.
    pub business: BusinessId,
    /// Whose it must be.
    pub owner: UserId,
    /// Who shall be a member no more.
    pub member: UserId,
    /// Who asked.
    pub origin: Origin,
}

/// Makes an API key.
#[derive(Debug, Clone)]
pub struct MakeKeyCommand {
    /// Whose it will be. A user who does not exist yet is added.
    pub holder: KeyHolder,
    /// A name for it, 1 to 100 characters.
    pub name: Option<String>,
    /// What it may be used for; `None` is all that its holder may do and that the limits let through.
    pub scopes: Option<KeyScopes>,
    /// When it ends; `None` is never, or when whoever makes it ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// The most that it may be.
    pub limits: KeyLimits,
    /// Who asked.
    pub origin: Origin,
}

/// Gives a key a successor with the same holder, name and scopes, and ends the old one after an overlap.
#[derive(Debug, Clone)]
pub struct RotateKeyCommand {
    /// Which.
    pub key: ApiKeyId,
    /// Whose it must be.
    pub reach: Scope,
    /// How long the old one still opens what it did.
    pub overlap: TimeDelta,
    /// When the new one ends; `None` is when the old one would have.
    pub expires_at: Option<DateTime<Utc>>,
    /// The most that it may be.
    pub limits: KeyLimits,
    /// Who asked.
    pub origin: Origin,
}

/// Ends a key at once and for good.
#[derive(Debug, Clone)]
pub struct RevokeKeyCommand {
    /// Which.
    pub key: ApiKeyId,
    /// Whose it must be.
    pub reach: Scope,
    /// Who asked.
    pub origin: Origin,
}
