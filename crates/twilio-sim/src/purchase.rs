//! Buying a number: what Twilio checks, in which order, and what it then does. A refusal changes nothing.

use chrono::{DateTime, Utc};

use crate::{
    NumberType,
    accounts::AccountType,
    change::update,
    config::{Rebuy, SimulatorConfig},
    holdings::Lag,
    inventory::{AddressRequirements, AvailableNumber, Capabilities, Inventory},
    number::{OwnedNumber, apply_settings},
    parameters::Parameters,
    prices::month_of,
    refusal::Refusal,
    requirements::{check_emergency_address, check_requirements},
    search::has_area_code,
    world::World,
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
        Asked::Magic => return magic_number(purchase, world.now()),
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
        .filter(|position| !world.holdings.is_taken(*position))
        .and_then(|position| inventory.number(position))
        .ok_or_else(|| Refusal::not_available(&phone_number))?;
    check_type(purchase, &phone_number, offered.number_type)?;
    check_trial(world, purchase.account_sid)?;
    let mut number = OwnedNumber::bought(offered, purchase.account_sid, world.now());
    apply_settings(&mut number, purchase.form)?;
    check_requirements(world, &number)?;
    check_emergency_address(world, &number)?;
    if !world.accounts.can_pay(month_of(&number.country, number.number_type)) {
        return Err(Refusal::insufficient_funds());
    }
    world.hold(&number, purchase.lag, inventory);
    Ok(number)
}

/// A purchase with test credentials: the magic numbers answer, no other is for sale, and nothing is kept.
pub(crate) fn try_out(purchase: &Purchase<'_>, now: DateTime<Utc>) -> Result<OwnedNumber, Refusal> {
    match asked_by_number(purchase) {
        Some(asked) => match asked? {
            Asked::Magic => magic_number(purchase, now),
            Asked::Number(phone_number) => Err(Refusal::not_available(&phone_number)),
        },
        None => match asked_area_code(purchase)? {
            AskedArea::Magic => magic_number(purchase, now),
            AskedArea::Code(code) => Err(Refusal::nothing_in_area_code(code)),
        },
    }
}

enum Asked {
    Number(String),
    /// The test number that is always for sale and never kept.
    Magic,
}

enum AskedArea<'c> {
    Code(&'c str),
    Magic,
}

/// Which number a purchase asks for.
fn asked_number(world: &World, inventory: &Inventory, purchase: &Purchase<'_>) -> Result<Asked, Refusal> {
    if let Some(asked) = asked_by_number(purchase) {
        return asked;
    }
    let code = match asked_area_code(purchase)? {
        AskedArea::Code(code) => code,
        AskedArea::Magic => return Ok(Asked::Magic),
    };
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

/// `None` if the purchase names no number.
fn asked_by_number(purchase: &Purchase<'_>) -> Option<Result<Asked, Refusal>> {
    let text = purchase.form.get("PhoneNumber")?;
    Some(match text {
        MAGIC_TAKEN => Err(Refusal::not_available(text)),
        MAGIC_INVALID => Err(Refusal::not_a_number(text)),
        MAGIC_GOOD => Ok(Asked::Magic),
        _ if is_phone_number(text) => Ok(Asked::Number(text.to_owned())),
        _ => Err(Refusal::not_a_number(text)),
    })
}

fn asked_area_code<'c>(purchase: &Purchase<'c>) -> Result<AskedArea<'c>, Refusal> {
    let Some(code) = purchase.form.get("AreaCode") else {
        return Err(Refusal::new(400, Some(21421), "PhoneNumber or AreaCode is required"));
    };
    if purchase.number_type.is_some() {
        return Err(Refusal::area_code_here());
    }
    match code {
        MAGIC_EMPTY_AREA => Err(Refusal::nothing_in_area_code(code)),
        MAGIC_GOOD_AREA => Ok(AskedArea::Magic),
        _ if code.len() != 3 || code.parse::<u16>().is_err() => Err(Refusal::invalid_area_code(code)),
        _ => Ok(AskedArea::Code(code)),
    }
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

/// An account on trial owns one number.
fn check_trial(world: &World, account_sid: &str) -> Result<(), Refusal> {
    let trial = world.accounts.main().is_some_and(|main| main.account_type == AccountType::Trial);
    let has_one = world.holdings.numbers().any(|number| number.account_sid == account_sid);
    if trial && has_one { Err(Refusal::trial_has_its_number()) } else { Ok(()) }
}

/// A purchase of the test number: a whole answer, and nothing kept.
fn magic_number(purchase: &Purchase<'_>, now: DateTime<Utc>) -> Result<OwnedNumber, Refusal> {
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
    let mut number = OwnedNumber::bought(&offered, purchase.account_sid, now);
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
