//! What an operator asks about numbers: each with who asks, and why.

use trunkline_domain::{
    BusinessId, Country, Currency, DeploymentId, DisplayName, NumberId, NumberSid, OrderId, Origin, Reason,
    UserId,
};

use crate::port::NumberName;

/// Takes a number that the configured account holds, and no row of ours has, into a user's possession. It is charged
/// as a purchase is; except where the named order has paid for this very number, whose row is gone.
#[derive(Debug, Clone)]
pub struct AdoptCommand {
    /// The number's id at the provider.
    pub number_sid: NumberSid,
    /// Who gets it, and pays.
    pub user: UserId,
    /// What to assign it to; must be the user's.
    pub business: Option<BusinessId>,
    /// The customer's name for it; without one, what the provider calls it.
    pub display_name: Option<DisplayName>,
    /// Its country, for the toll-free ranges that several countries share; must not contradict the number.
    pub country: Option<Country>,
    /// Which wallet pays.
    pub currency: Currency,
    /// The deployment whose marker the number may have: a number of another one is not adopted without.
    pub from_deployment: Option<DeploymentId>,
    /// The order of ours whose marker the number may have, although that order failed or has another number; or that has
    /// paid for this very number, whatever its marker.
    pub from_order: Option<OrderId>,
    /// Why.
    pub reason: Reason,
    /// Who asked.
    pub origin: Origin,
}

/// Says that a live number is gone at the provider.
#[derive(Debug, Clone)]
pub struct WriteOffCommand {
    /// Which.
    pub number: NumberId,
    /// What of a number that only moved.
    pub if_moved: IfMoved,
    /// Why.
    pub reason: Reason,
    /// Who asked.
    pub origin: Origin,
}

/// What an operator wants of a number that was moved to another account of theirs, where it lives on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfMoved {
    /// Leave it as it is.
    Refuse,
    /// Write it off here all the same.
    WriteOff,
}

/// Ends a review, one way or the other.
#[derive(Debug, Clone)]
pub struct ReviewCommand {
    /// The number, or the orphan by its id at the provider.
    pub number: NumberName,
    /// Why.
    pub reason: Reason,
    /// Who asked.
    pub origin: Origin,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_trimmed_and_bounded() {
        assert_eq!("  ticket 7 ".parse::<Reason>().unwrap().as_str(), "ticket 7");
        assert!(" ".parse::<Reason>().is_err());
        assert!("é".repeat(200).parse::<Reason>().is_ok());
        assert!("é".repeat(201).parse::<Reason>().is_err());
    }
}
