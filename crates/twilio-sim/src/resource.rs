//! Which resource a path names. A path that names none is answered as a resource that does not exist.
//!
//! Three of Twilio's hosts are served here side by side, as their paths do not collide: `api.twilio.com`
//! (`/2010-04-01/…`), `numbers.twilio.com` (`/v2/RegulatoryCompliance/…`) and `pricing.twilio.com`
//! (`/v1/PhoneNumbers/…`).

use crate::{NumberType, number::API_VERSION};

/// What a path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target<'p> {
    Accounts,
    Of { account_sid: &'p str, resource: Resource<'p> },
    Regulatory(Regulatory<'p>),
    PricedCountries,
    PricedCountry { country: &'p str },
}

/// A resource of an account, in the API of 2010.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resource<'p> {
    Account,
    Balance,
    Addresses,
    Address {
        sid: &'p str,
    },
    DependentNumbers {
        address_sid: &'p str,
    },
    AvailableCountries,
    AvailableCountry {
        country: &'p str,
    },
    Available {
        country: &'p str,
        number_type: NumberType,
    },
    OwnedNumbers {
        number_type: Option<NumberType>,
    },
    OwnedNumber {
        sid: &'p str,
    },
    /// Add-ons of a number; it never has any.
    AddOns {
        number_sid: &'p str,
    },
}

/// A resource of the regulatory API, which belongs to the caller's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Regulatory<'p> {
    Regulations,
    Regulation {
        sid: &'p str,
    },
    Bundles,
    Bundle {
        sid: &'p str,
    },
    /// What a bundle is made of; here nothing.
    BundleItems {
        sid: &'p str,
    },
}

impl<'p> Target<'p> {
    /// The resource of a path.
    pub(crate) fn of(path: &'p str) -> Option<Self> {
        let path = path.strip_prefix('/')?;
        let (version, rest) = path.split_once('/')?;
        match version {
            API_VERSION => of_account(rest.strip_suffix(".json")?),
            "v1" => of_pricing(rest),
            "v2" => Some(Self::Regulatory(of_regulatory(rest)?)),
            _ => None,
        }
    }
}

/// `Accounts…`, without `.json`.
fn of_account(path: &str) -> Option<Target<'_>> {
    let mut segments = path.split('/');
    if segments.next() != Some("Accounts") {
        return None;
    }
    let Some(account_sid) = segments.next() else { return Some(Target::Accounts) };
    if account_sid.is_empty() {
        return None;
    }
    let rest: [Option<&str>; 4] = std::array::from_fn(|_| segments.next());
    let resource = match rest {
        [None, ..] => Resource::Account,
        [Some("Balance"), None, ..] => Resource::Balance,
        [Some("Addresses"), None, ..] => Resource::Addresses,
        [Some("Addresses"), Some(sid), None, _] => Resource::Address { sid },
        [Some("Addresses"), Some(address_sid), Some("DependentPhoneNumbers"), None] => {
            Resource::DependentNumbers { address_sid }
        }
        [Some("AvailablePhoneNumbers"), None, ..] => Resource::AvailableCountries,
        [Some("AvailablePhoneNumbers"), Some(country), None, _] => Resource::AvailableCountry { country },
        [Some("AvailablePhoneNumbers"), Some(country), Some(number_type), None] => {
            Resource::Available { country, number_type: NumberType::from_path(number_type)? }
        }
        [Some("IncomingPhoneNumbers"), None, ..] => Resource::OwnedNumbers { number_type: None },
        [Some("IncomingPhoneNumbers"), Some(name), None, _] => match NumberType::from_path(name) {
            Some(number_type) => Resource::OwnedNumbers { number_type: Some(number_type) },
            None => Resource::OwnedNumber { sid: name },
        },
        [Some("IncomingPhoneNumbers"), Some(number_sid), Some("AssignedAddOns"), None] => {
            Resource::AddOns { number_sid }
        }
        _ => return None,
    };
    Some(Target::Of { account_sid, resource })
}

fn of_pricing(path: &str) -> Option<Target<'_>> {
    let rest = path.strip_prefix("PhoneNumbers/Countries")?;
    match rest.strip_prefix('/') {
        None => rest.is_empty().then_some(Target::PricedCountries),
        Some(country) if !country.is_empty() && !country.contains('/') => {
            Some(Target::PricedCountry { country })
        }
        Some(_) => None,
    }
}

fn of_regulatory(path: &str) -> Option<Regulatory<'_>> {
    let mut segments = path.strip_prefix("RegulatoryCompliance/")?.split('/');
    let rest: [Option<&str>; 4] = std::array::from_fn(|_| segments.next());
    match rest {
        [Some("Regulations"), None, ..] => Some(Regulatory::Regulations),
        [Some("Regulations"), Some(sid), None, _] => Some(Regulatory::Regulation { sid }),
        [Some("Bundles"), None, ..] => Some(Regulatory::Bundles),
        [Some("Bundles"), Some(sid), None, _] => Some(Regulatory::Bundle { sid }),
        [Some("Bundles"), Some(sid), Some("ItemAssignments"), None] => Some(Regulatory::BundleItems { sid }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_resources_of_accounts() {
        let table = [
            ("", Some(Resource::Account)),
            ("/Balance", Some(Resource::Balance)),
            ("/Addresses", Some(Resource::Addresses)),
            ("/Addresses/AD1", Some(Resource::Address { sid: "AD1" })),
            ("/Addresses/AD1/DependentPhoneNumbers", Some(Resource::DependentNumbers { address_sid: "AD1" })),
            ("/AvailablePhoneNumbers", Some(Resource::AvailableCountries)),
            ("/AvailablePhoneNumbers/US", Some(Resource::AvailableCountry { country: "US" })),
            (
                "/AvailablePhoneNumbers/US/TollFree",
                Some(Resource::Available { country: "US", number_type: NumberType::TollFree }),
            ),
            ("/AvailablePhoneNumbers/US/National", None),
            ("/IncomingPhoneNumbers", Some(Resource::OwnedNumbers { number_type: None })),
            (
                "/IncomingPhoneNumbers/Mobile",
                Some(Resource::OwnedNumbers { number_type: Some(NumberType::Mobile) }),
            ),
            ("/IncomingPhoneNumbers/PN1", Some(Resource::OwnedNumber { sid: "PN1" })),
            ("/IncomingPhoneNumbers/PN1/AssignedAddOns", Some(Resource::AddOns { number_sid: "PN1" })),
            ("/IncomingPhoneNumbers/PN1/Extra", None),
            ("/Calls", None),
        ];
        for (rest, resource) in table {
            let path = format!("/2010-04-01/Accounts/AC1{rest}.json");
            let target = resource.map(|resource| Target::Of { account_sid: "AC1", resource });
            assert_eq!(Target::of(&path), target, "{path}");
        }
    }

    #[test]
    fn paths_name_resources_of_other_hosts() {
        let regulatory = |resource| Some(Target::Regulatory(resource));
        let table = [
            ("/2010-04-01/Accounts.json", Some(Target::Accounts)),
            ("/v2/RegulatoryCompliance/Regulations", regulatory(Regulatory::Regulations)),
            ("/v2/RegulatoryCompliance/Regulations/RN1", regulatory(Regulatory::Regulation { sid: "RN1" })),
            ("/v2/RegulatoryCompliance/Bundles", regulatory(Regulatory::Bundles)),
            ("/v2/RegulatoryCompliance/Bundles/BU1", regulatory(Regulatory::Bundle { sid: "BU1" })),
            (
                "/v2/RegulatoryCompliance/Bundles/BU1/ItemAssignments",
                regulatory(Regulatory::BundleItems { sid: "BU1" }),
            ),
            ("/v2/RegulatoryCompliance/EndUsers", None),
            ("/v1/PhoneNumbers/Countries", Some(Target::PricedCountries)),
            ("/v1/PhoneNumbers/Countries/US", Some(Target::PricedCountry { country: "US" })),
            ("/v1/PhoneNumbers/Countries/US/Local", None),
            ("/v1/PhoneNumbers/CountriesUS", None),
            ("/", None),
            ("", None),
            ("/2010-04-01/Accounts/AC1", None),
            ("/2010-04-01/Accounts/.json", None),
            ("/2008-08-01/Accounts/AC1.json", None),
        ];
        for (path, target) in table {
            assert_eq!(Target::of(path), target, "{path}");
        }
    }
}
