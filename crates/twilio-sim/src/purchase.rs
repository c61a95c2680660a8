//! Buying a number, and changing or releasing an owned one: what Twilio checks, in which order, and what it then
//! does. A refusal changes nothing.

use crate::{
    NumberType,
    config::{Bundle, BundleStatus, Rebuy, SimulatorConfig},
    holdings::Lag,
    inventory::{AddressRequirements, AvailableNumber, Capabilities, Inventory},
    number::{OwnedNumber, apply_settings},
    parameters::Parameters,
    refusal::Refusal,
    search::has_area_code,
    sid,
    world::{World, now},
};

/// Test numbers of Twilio's page on test credentials; here they work under every credential.
const MAGIC_TAKEN: &str = "+15005550000";
const MAGIC_INVALID: &str = "+15005550001";
const MAGIC_GOOD: &str = "+15005550006";
const MAGIC_EMPTY_AREA: &str = "533";
const MAGIC_GOOD_AREA: &str = "500";

/// How many digits an E.164 number has.
const E164_DIGITS: std::ops::RangeInclusive<usize> = 8..=15;
const AMERICAN_DIGITS: usize = 11;

/// A purchase as it was sent.
pub(crate) struct Purchase<'c> {
    pub(crate) account_sid: &'c str,
    /// The sub-resource, which sells its own type only.
    pub(crate) number_type: Option<NumberType>,
    pub(crate) form: &'c Parameters,
    /// How long lists shall leave the number out.
    pub(crate) lag: Option<Lag>,
}

/// Buys the number, or updates it if the account owns it already and [`Rebuy::Update`] is set.
pub(crate) fn buy(
    world: &mut World,
    inventory: &Inventory,
    config: &SimulatorConfig,
    purchase: &Purchase<'_>,
) -> Result<OwnedNumber, Refusal> {
    let phone_number = match asked_number(world, inventory, purchase)? {
        Asked::Magic => return magic_number(purchase),
        Asked::Number(phone_number) => phone_number,
    };
    if let Some(owned) = world.holdings.by_phone(&phone_number) {
        let again = config.rebuy == Rebuy::Update && owned.account_sid == purchase.account_sid;
        let owned = if again { owned.clone() } else { return Err(Refusal::not_available(&phone_number)) };
        check_type(purchase, &owned.phone_number, owned.number_type)?;
        return update(world, owned, purchase.form);
    }
    let offered = inventory
        .position_of(&phone_number)
        .and_then(|position| inventory.number(position))
        .ok_or_else(|| Refusal::not_available(&phone_number))?;
    check_type(purchase, &phone_number, offered.number_type)?;
    let mut number = OwnedNumber::bought(offered, purchase.account_sid, now());
    apply_settings(&mut number, purchase.form)?;
    check_requirements(&number, &config.approved_bundles)?;
    world.holdings.add(number.clone(), purchase.lag, inventory);
    Ok(number)
}

/// Changes an owned number's settings and puts it back.
pub(crate) fn update(
    world: &mut World,
    mut number: OwnedNumber,
    form: &Parameters,
) -> Result<OwnedNumber, Refusal> {
    apply_settings(&mut number, form)?;
    number.date_updated = now();
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
    if !world.accounts.get(caller_sid).is_some_and(crate::accounts::Account::is_parent) {
        return Err(Refusal::transfer_by_subaccount());
    }
    target.clone_into(&mut number.account_sid);
    Ok(())
}

enum Asked {
    Number(String),
    /// The test number that is always for sale and never kept.
    Magic,
}

/// Which number a purchase asks for.
fn asked_number(world: &World, inventory: &Inventory, purchase: &Purchase<'_>) -> Result<Asked, Refusal> {
    if let Some(text) = purchase.form.get("PhoneNumber") {
        return match text {
            MAGIC_TAKEN => Err(Refusal::not_available(text)),
            MAGIC_INVALID => Err(Refusal::not_a_number(text)),
            MAGIC_GOOD => Ok(Asked::Magic),
            _ if is_phone_number(text) => Ok(Asked::Number(text.to_owned())),
            _ => Err(Refusal::not_a_number(text)),
        };
    }
    let Some(code) = purchase.form.get("AreaCode") else {
        return Err(Refusal::new(400, Some(21421), "PhoneNumber or AreaCode is required"));
    };
    if purchase.number_type.is_some() {
        return Err(Refusal::area_code_here());
    }
    match code {
        MAGIC_EMPTY_AREA => return Err(Refusal::nothing_in_area_code(code)),
        MAGIC_GOOD_AREA => return Ok(Asked::Magic),
        _ if code.len() != 3 || code.parse::<u16>().is_err() => return Err(Refusal::invalid_area_code(code)),
        _ => {}
    }
    ["US", "CA"]
        .into_iter()
        .filter_map(|country| inventory.shelf(country, NumberType::Local))
        .flatten()
        .filter(|position| !world.holdings.is_taken(*position))
        .filter_map(|position| inventory.number(position))
        .find(|number| has_area_code(number, code))
        .map(|number| Asked::Number(number.phone_number.clone()))
        .ok_or_else(|| Refusal::nothing_in_area_code(code))
}

/// Whether a text is an E.164 number that could exist.
fn is_phone_number(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('+') else { return false };
    let plausible = digits.bytes().all(|byte| byte.is_ascii_digit())
        && E164_DIGITS.contains(&digits.len())
        && !digits.starts_with('0');
    match digits.strip_prefix('1') {
        // North America: area codes and exchanges begin with 2 to 9.
        Some(national) => {
            let begins_well = |part: Option<&str>| part.is_some_and(|part| !part.starts_with(['0', '1']));
            plausible
                && digits.len() == AMERICAN_DIGITS
                && begins_well(Some(national))
                && begins_well(national.get(3..))
        }
        None => plausible,
    }
}

fn check_type(purchase: &Purchase<'_>, phone_number: &str, sold_as: NumberType) -> Result<(), Refusal> {
    match purchase.number_type {
        Some(wanted) if wanted != sold_as => Err(Refusal::wrong_type(phone_number, wanted)),
        _ => Ok(()),
    }
}

/// What the number's country asks for. Twilio names one missing thing at a time: the address first.
fn check_requirements(number: &OwnedNumber, bundles: &[Bundle]) -> Result<(), Refusal> {
    if number.address_requirements != AddressRequirements::None && number.address_sid.is_none() {
        return Err(Refusal::address_required());
    }
    if !needs_bundle(&number.country) {
        return Ok(());
    }
    let Some(sid) = number.bundle_sid.as_deref() else {
        return Err(Refusal::bundle_required(&number.country, number.number_type));
    };
    let mut candidates = bundles.iter().filter(|bundle| bundle.sid == sid).peekable();
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

/// Of the countries in stock only Great Britain is regulated. A search does not tell.
fn needs_bundle(country: &str) -> bool {
    country == "GB"
}

/// A purchase of the test number: a whole answer, and nothing kept.
fn magic_number(purchase: &Purchase<'_>) -> Result<OwnedNumber, Refusal> {
    let offered = AvailableNumber {
        phone_number: MAGIC_GOOD.to_owned(),
        friendly_name: crate::inventory::friendly_name(MAGIC_GOOD),
        country: "US",
        number_type: purchase.number_type.unwrap_or(NumberType::Local),
        place: None,
        address_requirements: AddressRequirements::None,
        beta: false,
        capabilities: Capabilities { voice: true, sms: true, mms: true },
    };
    let mut number = OwnedNumber::bought(&offered, purchase.account_sid, now());
    apply_settings(&mut number, purchase.form)?;
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_number_is_written_in_e164() {
        for good in ["+14155550100", "+442071234567", "+4930123456"] {
            assert!(is_phone_number(good), "{good}");
        }
        let bad =
            ["", "+", "33", "14155550100", " 14155550100", "+1415555010", "+11155550100", "+14150550100"];
        for bad in
            bad.into_iter().chain(["+0123456789", "+1234567890123456", "+44 2071234567", "+1415555O100"])
        {
            assert!(!is_phone_number(bad), "{bad}");
        }
    }
}
