//! What a country asks of those who own its numbers: an address in the right place, and a bundle of evidence.

use crate::{
    config::BundleStatus, inventory::AddressRequirements, number::OwnedNumber, refusal::Refusal,
    regulatory::needs_bundle, world::World,
};

/// What the number's country asks for. Twilio names one missing thing at a time: the address first.
pub(crate) fn check_requirements(world: &World, number: &OwnedNumber) -> Result<(), Refusal> {
    check_address(world, number)?;
    if !needs_bundle(&number.country) {
        return Ok(());
    }
    let Some(sid) = number.bundle_sid.as_deref() else {
        return Err(Refusal::bundle_required(&number.country, number.number_type));
    };
    let mut candidates = world.bundles.iter().filter(|bundle| bundle.sid == sid).peekable();
    if candidates.peek().is_none() {
        return Err(Refusal::bundle_unknown(sid));
    }
    match candidates
        .find(|bundle| bundle.country == number.country && bundle.number_type == number.number_type)
    {
        None => Err(Refusal::bundle_of_another_regulation(sid)),
        Some(bundle) if bundle.status != BundleStatus::TwilioApproved => {
            Err(Refusal::bundle_not_approved(sid))
        }
        Some(_) => Ok(()),
    }
}

/// An address that is given must exist, and where one is needed it must be in the right place.
fn check_address(world: &World, number: &OwnedNumber) -> Result<(), Refusal> {
    let requirements = number.address_requirements;
    let Some(sid) = number.address_sid.as_deref() else {
        let needed = requirements != AddressRequirements::None;
        return if needed { Err(Refusal::address_required()) } else { Ok(()) };
    };
    let address = world
        .address(&number.account_sid, sid)
        .ok_or_else(|| Refusal::address_unknown(sid, &number.account_sid))?;
    match requirements {
        _ if address.satisfies(requirements, &number.country) => Ok(()),
        AddressRequirements::Local => Err(Refusal::local_address_required(&number.country)),
        AddressRequirements::None | AddressRequirements::Any | AddressRequirements::Foreign => {
            Err(Refusal::address_required())
        }
    }
}

/// The address that is told to emergency services must exist.
pub(crate) fn check_emergency_address(world: &World, number: &OwnedNumber) -> Result<(), Refusal> {
    match number.emergency_address_sid.as_deref() {
        Some(sid) if world.address(&number.account_sid, sid).is_none() => {
            Err(Refusal::address_unknown(sid, &number.account_sid))
        }
        _ => Ok(()),
    }
}
