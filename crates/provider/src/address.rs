//! The account's addresses, and which of them satisfies a number. Pure.

use trunkline_domain::{AddressSid, Country};

use crate::AddressRequirement;

/// An address that the account has at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountAddress {
    /// Its id.
    pub sid: AddressSid,
    /// The name of whoever lives there.
    pub customer_name: String,
    /// Town.
    pub city: String,
    /// Its country; `None` where it is none that we know.
    pub country: Option<Country>,
    /// Whether the provider has found it to exist.
    pub validated: bool,
}

/// What an address must satisfy to be given with a purchase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressNeed {
    /// Country of the number.
    pub country: Country,
    /// Whose address the provider wants to see.
    pub requirement: AddressRequirement,
    /// The number's town, where it is known: among several addresses one in that town is taken.
    pub locality: Option<String>,
    /// An address that the provider has just refused, and that another attempt must not repeat.
    pub refused: Option<AddressSid>,
}

impl AddressNeed {
    /// The best of the account's validated addresses, or `None` where none satisfies the requirement or none is
    /// required. Of equals the first is taken, so the choice is the same each time.
    pub fn choose<'a>(&self, addresses: &'a [AccountAddress]) -> Option<&'a AccountAddress> {
        let fitting = addresses.iter().filter(|address| self.is_met_by(address));
        // `min_by_key` keeps the first of equals.
        fitting.min_by_key(|address| (!self.is_in_town(address), address.country != Some(self.country)))
    }

    fn is_met_by(&self, address: &AccountAddress) -> bool {
        let satisfies = match self.requirement {
            AddressRequirement::None => false,
            AddressRequirement::Any => true,
            AddressRequirement::Local => address.country == Some(self.country),
            AddressRequirement::Foreign => address.country.is_some_and(|country| country != self.country),
        };
        satisfies && address.validated && self.refused.as_ref() != Some(&address.sid)
    }

    fn is_in_town(&self, address: &AccountAddress) -> bool {
        let town = self.locality.as_deref().map(str::trim);
        town.is_some_and(|town| town.to_lowercase() == address.city.trim().to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sid(last: u8) -> AddressSid {
        format!("AD{last:032x}").parse().unwrap()
    }

    fn address(last: u8, country: Country, city: &str) -> AccountAddress {
        let (customer_name, city) = ("Us".to_owned(), city.to_owned());
        AccountAddress { sid: sid(last), customer_name, city, country: Some(country), validated: true }
    }

    fn need(requirement: AddressRequirement) -> AddressNeed {
        AddressNeed { country: Country::GB, requirement, locality: None, refused: None }
    }

    fn addresses() -> Vec<AccountAddress> {
        let mut unproven = address(1, Country::GB, "London");
        unproven.validated = false;
        vec![
            unproven,
            address(2, Country::US, "Boston"),
            address(3, Country::GB, "London"),
            address(4, Country::GB, "Leeds"),
        ]
    }

    #[track_caller]
    fn chosen(need: &AddressNeed, expected: Option<u8>) {
        let all = addresses();
        assert_eq!(need.choose(&all).map(|address| address.sid.clone()), expected.map(sid), "{need:?}");
    }

    #[test]
    fn a_validated_address_of_the_right_place_is_chosen() {
        chosen(&need(AddressRequirement::None), None);
        chosen(&need(AddressRequirement::Any), Some(3));
        chosen(&need(AddressRequirement::Local), Some(3));
        chosen(&need(AddressRequirement::Foreign), Some(2));
        chosen(&AddressNeed { country: Country::CA, ..need(AddressRequirement::Local) }, None);
        chosen(&AddressNeed { country: Country::CA, ..need(AddressRequirement::Any) }, Some(2));
    }

    #[test]
    fn the_numbers_own_town_comes_first_and_a_refused_address_not_again() {
        let in_leeds = AddressNeed { locality: Some("leeds ".into()), ..need(AddressRequirement::Local) };
        chosen(&in_leeds, Some(4));
        chosen(&AddressNeed { refused: Some(sid(4)), ..in_leeds.clone() }, Some(3));
        let others = AddressNeed { refused: Some(sid(2)), ..need(AddressRequirement::Foreign) };
        chosen(&others, None);
    }
}
