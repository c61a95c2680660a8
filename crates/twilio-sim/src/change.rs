//! Changing an owned number: its settings, and the account that owns it.

use crate::{
    accounts::Account,
    inventory::AddressRequirements,
    number::{OwnedNumber, apply_settings},
    parameters::Parameters,
    refusal::Refusal,
    requirements::{check_emergency_address, check_requirements},
    sid,
    world::World,
};

/// Changes an owned number's settings and puts it back. What a country asks for is looked at again only if the
/// change touches it: a number that came by the console may lack it for ever.
pub(crate) fn update(
    world: &mut World,
    mut number: OwnedNumber,
    form: &Parameters,
) -> Result<OwnedNumber, Refusal> {
    apply_settings(&mut number, form)?;
    if form.get("AddressSid").is_some() || form.get("BundleSid").is_some() {
        check_requirements(world, &number)?;
    }
    if form.get("EmergencyAddressSid").is_some() {
        check_emergency_address(world, &number)?;
    }
    number.date_updated = world.now();
    world.holdings.replace(number.clone());
    Ok(number)
}

/// Moves the number to the account that an update names, if it names another one. The change is not yet kept.
pub(crate) fn transfer(
    world: &World,
    caller_sid: &str,
    number: &mut OwnedNumber,
    form: &Parameters,
) -> Result<(), Refusal> {
    let Some(target) = form.given("AccountSid").filter(|target| *target != number.account_sid) else {
        return Ok(());
    };
    if !sid::is_sid("AC", target) {
        return Err(Refusal::transfer_target_invalid(target));
    }
    if world.accounts.get(target).is_none() {
        return Err(Refusal::transfer_target_unknown(target));
    }
    if world.accounts.refuse_inactive(target).is_err() {
        return Err(Refusal::transfer_target_inactive(target));
    }
    if !world.accounts.get(caller_sid).is_some_and(Account::is_main) {
        return Err(Refusal::transfer_by_subaccount());
    }
    target.clone_into(&mut number.account_sid);
    number.emergency_address_sid = None;
    find_address(world, number, form)
}

/// An address stays with its account. The number gets one of its new account, which must have one that satisfies
/// the number's country.
fn find_address(world: &World, number: &mut OwnedNumber, form: &Parameters) -> Result<(), Refusal> {
    number.address_sid = None;
    if number.address_requirements == AddressRequirements::None || form.given("AddressSid").is_some() {
        return Ok(());
    }
    let account_sid = &number.account_sid;
    let address = world
        .addresses_of(account_sid)
        .find(|address| address.satisfies(number.address_requirements, &number.country))
        .ok_or_else(|| Refusal::no_address_satisfies(account_sid))?;
    number.address_sid = Some(address.sid.clone());
    Ok(())
}
