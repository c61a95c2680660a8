//! What callers ask of the service: parsed, complete, and saying on whose behalf.

use trunkline_domain::{BusinessId, Origin, UserId};

use crate::{BusinessName, Email, KeyHolder, TimeZone};

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

/// Makes an API key.
#[derive(Debug, Clone)]
pub struct MakeKeyCommand {
    /// Whose it will be. A user who does not exist yet is added.
    pub holder: KeyHolder,
    /// A name for it, 1 to 100 characters.
    pub name: Option<String>,
    /// Who asked.
    pub origin: Origin,
}
