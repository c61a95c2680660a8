//! Which resource a path names. A path that names none is answered as a resource that does not exist.

use crate::{NumberType, number::API_VERSION};

/// A resource of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resource<'p> {
    Account,
    Balance,
    AvailableCountries,
    AvailableCountry { country: &'p str },
    Available { country: &'p str, number_type: NumberType },
    OwnedNumbers { number_type: Option<NumberType> },
    OwnedNumber { sid: &'p str },
}

/// The account's SID and the resource: `/2010-04-01/Accounts/{account}…json`.
pub(crate) fn parse_path(path: &str) -> Option<(&str, Resource<'_>)> {
    let path = path.strip_prefix('/')?.strip_suffix(".json")?;
    let mut segments = path.split('/');
    if segments.next() != Some(API_VERSION) || segments.next() != Some("Accounts") {
        return None;
    }
    let account = segments.next().filter(|account| !account.is_empty())?;
    let rest: [Option<&str>; 4] = std::array::from_fn(|_| segments.next());
    let resource = match rest {
        [None, ..] => Resource::Account,
        [Some("Balance"), None, ..] => Resource::Balance,
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
        _ => return None,
    };
    Some((account, resource))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_resources() {
        let table = [
            ("", Some(Resource::Account)),
            ("/Balance", Some(Resource::Balance)),
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
            ("/IncomingPhoneNumbers/PN1/Extra", None),
            ("/Calls", None),
        ];
        for (rest, resource) in table {
            let path = format!("/2010-04-01/Accounts/AC1{rest}.json");
            assert_eq!(parse_path(&path), resource.map(|resource| ("AC1", resource)), "{path}");
        }
        for path in [
            "/",
            "",
            "/2010-04-01/Accounts/AC1",
            "/2010-04-01/Accounts/.json",
            "/2008-08-01/Accounts/AC1.json",
        ] {
            assert_eq!(parse_path(path), None, "{path}");
        }
    }
}
