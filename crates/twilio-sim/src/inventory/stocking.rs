//! Fills the shelves. The order in which numbers are made is the order in which a search lists them.

use std::collections::HashSet;

use serde_json::json;

use super::{
    AddressRequirements, AvailableNumber, Capabilities, Place,
    place::{AMERICAN_TOLL_FREE, CA_PLACES, GB_MOBILE, GB_PLACES, GB_TOLL_FREE, US_PLACES},
};
use crate::{NumberType, splitmix::SplitMix};

/// Numbers per area, with San Francisco's share apart.
const ROUNDS: usize = 8;
const SAN_FRANCISCO_EXTRA: usize = 32;
/// Numbers per toll-free code of the US and of Canada, and per range of Great Britain.
const PER_AMERICAN_CODE: usize = 4;
const PER_BRITISH_MOBILE_RANGE: usize = 6;
const PER_BRITISH_TOLL_FREE_RANGE: usize = 15;
const PER_SMALL_AREA: usize = 6;
/// The first numbers of the US are plain: every capability, no address, so that examples and tests may take any.
const PLAIN: usize = 60;
/// Digits of a national number; all three countries agree.
const NATIONAL_DIGITS: usize = 10;

const EVERYTHING: Capabilities = Capabilities { voice: true, sms: true, mms: true };
const VOICE_AND_SMS: Capabilities = Capabilities { voice: true, sms: true, mms: false };
const VOICE: Capabilities = Capabilities { voice: true, sms: false, mms: false };

/// Every number, country by country and type by type.
pub(super) fn stock(seed: u64) -> Vec<AvailableNumber> {
    let mut stocker = Stocker { digits: SplitMix::new(seed), made: HashSet::new(), numbers: Vec::new() };
    stocker.american_areas("US", &US_PLACES, ROUNDS);
    stocker.san_francisco();
    stocker.vary_after_the_plain_ones();
    stocker.ranges("US", NumberType::TollFree, &AMERICAN_TOLL_FREE, PER_AMERICAN_CODE, EVERYTHING);
    stocker.american_areas("CA", &CA_PLACES, PER_SMALL_AREA);
    stocker.ranges("CA", NumberType::TollFree, &AMERICAN_TOLL_FREE, PER_AMERICAN_CODE, EVERYTHING);
    stocker.british_areas();
    stocker.ranges("GB", NumberType::TollFree, &GB_TOLL_FREE, PER_BRITISH_TOLL_FREE_RANGE, VOICE);
    stocker.ranges("GB", NumberType::Mobile, &GB_MOBILE, PER_BRITISH_MOBILE_RANGE, VOICE_AND_SMS);
    stocker.numbers
}

struct Stocker {
    digits: SplitMix,
    made: HashSet<String>,
    numbers: Vec<AvailableNumber>,
}

impl Stocker {
    /// Area by area in rounds, so that the first page of a search shows many places.
    fn american_areas(&mut self, country: &'static str, places: &'static [Place], rounds: usize) {
        for _ in 0..rounds {
            for place in places {
                self.add(country, NumberType::Local, place.prefix, Some(place), EVERYTHING);
            }
        }
    }

    fn san_francisco(&mut self) {
        let Some(place) = US_PLACES.first() else { return };
        for _ in 0..SAN_FRANCISCO_EXTRA {
            self.add("US", NumberType::Local, place.prefix, Some(place), EVERYTHING);
        }
    }

    /// Beyond the plain numbers, and never in San Francisco, some want an address, lack a capability or are new.
    fn vary_after_the_plain_ones(&mut self) {
        let varied =
            self.numbers.iter_mut().skip(PLAIN).filter(|number| !number.phone_number.starts_with("+1415"));
        for (turn, number) in varied.enumerate() {
            match turn % 30 {
                2 | 12 => number.address_requirements = AddressRequirements::Any,
                4 | 14 => number.address_requirements = AddressRequirements::Local,
                6 | 16 => number.address_requirements = AddressRequirements::Foreign,
                8 | 18 => number.capabilities = VOICE_AND_SMS,
                20 => number.capabilities = VOICE,
                25 => number.beta = true,
                _ => {}
            }
        }
    }

    fn british_areas(&mut self) {
        for _ in 0..PER_SMALL_AREA {
            for place in &GB_PLACES {
                self.add("GB", NumberType::Local, place.prefix, Some(place), VOICE);
            }
        }
    }

    fn ranges(
        &mut self,
        country: &'static str,
        number_type: NumberType,
        prefixes: &[&'static str],
        rounds: usize,
        capabilities: Capabilities,
    ) {
        for _ in 0..rounds {
            for prefix in prefixes {
                self.add(country, number_type, prefix, None, capabilities);
            }
        }
    }

    fn add(
        &mut self,
        country: &'static str,
        number_type: NumberType,
        prefix: &str,
        place: Option<&'static Place>,
        capabilities: Capabilities,
    ) {
        let national = self.unused_national(country, prefix);
        let american = country != "GB";
        let phone_number = format!("{}{national}", if american { "+1" } else { "+44" });
        self.numbers.push(AvailableNumber {
            friendly_name: friendly_name(&phone_number),
            phone_number,
            country,
            number_type,
            place,
            address_requirements: AddressRequirements::None,
            beta: false,
            capabilities,
        });
    }

    /// A national number with this prefix that nobody made before and that a telephone network could have assigned.
    fn unused_national(&mut self, country: &str, prefix: &str) -> String {
        loop {
            let national = format!("{prefix}{}", self.digits.digits(NATIONAL_DIGITS - prefix.len()));
            let assignable =
                country == "GB" || is_assignable_exchange(national.get(3..6).unwrap_or_default());
            if assignable && self.made.insert(national.clone()) {
                return national;
            }
        }
    }
}

/// Exchanges begin with 2 to 9; N11 are services, 555 is fiction and information, 95x are tests.
fn is_assignable_exchange(exchange: &str) -> bool {
    let service = exchange.ends_with("11");
    !exchange.starts_with(['0', '1']) && !service && !exchange.starts_with("95") && exchange != "555"
}

/// The name that Twilio gives a number nobody has named.
pub(crate) fn friendly_name(phone_number: &str) -> String {
    match phone_number.strip_prefix("+1") {
        Some(national) if national.len() == NATIONAL_DIGITS && national.is_ascii() => {
            let (area, rest) = national.split_at(3);
            let (exchange, line) = rest.split_at(3);
            format!("({area}) {exchange}-{line}")
        }
        _ => phone_number.to_owned(),
    }
}

/// A row of `available_phone_numbers`. The live API and Twilio's sample answers write `voice`, `SMS` and `MMS` here
/// and decimal strings for the position, where the published description has lower case and numbers.
pub(super) fn search_row(number: &AvailableNumber) -> String {
    let place = number.place;
    json!({
        "friendly_name": number.friendly_name,
        "phone_number": number.phone_number,
        "lata": place.and_then(|place| place.lata),
        "locality": place.map(|place| place.locality),
        "rate_center": place.and_then(|place| place.rate_center),
        "latitude": place.map(|place| place.latitude),
        "longitude": place.map(|place| place.longitude),
        "region": place.and_then(|place| place.region),
        "postal_code": place.and_then(|place| place.postal_code),
        "iso_country": number.country,
        "address_requirements": number.address_requirements,
        "beta": number.beta,
        "capabilities": {
            "voice": number.capabilities.voice,
            "SMS": number.capabilities.sms,
            "MMS": number.capabilities.mms,
        },
    })
    .to_string()
}
