//! Where numbers come from: areas, and the prefixes of toll-free and mobile ranges.

use serde::Serialize;

/// An area with the geography that Twilio tells of its numbers. What a country does not know is `None`.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The national digits that every number here begins with; the area code in the US and Canada.
    #[serde(skip)]
    pub(crate) prefix: &'static str,
    /// The city.
    pub locality: &'static str,
    /// Two letters of a state or province; outside the US and Canada a name.
    pub region: Option<&'static str>,
    /// The telephone companies' own name for the area.
    pub rate_center: Option<&'static str>,
    /// The local access and transport area.
    pub lata: Option<&'static str>,
    /// A postal code in the area.
    pub postal_code: Option<&'static str>,
    /// Degrees north, six decimals.
    pub latitude: &'static str,
    /// Degrees east, six decimals.
    pub longitude: &'static str,
}

/// An area of the North American plan.
const fn american(
    prefix: &'static str,
    city_and_region: (&'static str, &'static str),
    rate_center: &'static str,
    lata: &'static str,
    postal_code: &'static str,
    position: (&'static str, &'static str),
) -> Place {
    Place {
        prefix,
        locality: city_and_region.0,
        region: Some(city_and_region.1),
        rate_center: Some(rate_center),
        lata: Some(lata),
        postal_code: Some(postal_code),
        latitude: position.0,
        longitude: position.1,
    }
}

/// An area of Great Britain.
const fn british(
    prefix: &'static str,
    locality: &'static str,
    region: &'static str,
    position: (&'static str, &'static str),
) -> Place {
    Place {
        prefix,
        locality,
        region: Some(region),
        rate_center: None,
        lata: None,
        postal_code: None,
        latitude: position.0,
        longitude: position.1,
    }
}

/// San Francisco, which has more stock than every other place: examples and tests search for 415.
pub(crate) const SAN_FRANCISCO: Place =
    american("415", ("San Francisco", "CA"), "SNFC CNTRL", "722", "94102", ("37.774900", "-122.419400"));

#[rustfmt::skip]
pub(crate) static US_PLACES: [Place; 24] = [
    SAN_FRANCISCO,
    american("510", ("Oakland", "CA"), "OKLD MAIN", "722", "94607", ("37.804400", "-122.271100")),
    american("408", ("San Jose", "CA"), "SNJS WEST", "722", "95113", ("37.338200", "-121.886300")),
    american("213", ("Los Angeles", "CA"), "LSAN DA 01", "730", "90012", ("34.052200", "-118.243700")),
    american("619", ("San Diego", "CA"), "SNDG SNDG", "732", "92101", ("32.715700", "-117.161100")),
    american("212", ("New York", "NY"), "NWYRCYZN01", "132", "10007", ("40.712800", "-74.006000")),
    american("718", ("Brooklyn", "NY"), "NWYRCYZN08", "132", "11201", ("40.678200", "-73.944200")),
    american("716", ("Buffalo", "NY"), "BUFFALO", "140", "14202", ("42.886400", "-78.878400")),
    american("312", ("Chicago", "IL"), "CHICAGO", "358", "60602", ("41.878100", "-87.629800")),
    american("512", ("Austin", "TX"), "AUSTIN", "558", "78701", ("30.267200", "-97.743100")),
    american("214", ("Dallas", "TX"), "DALLAS", "552", "75201", ("32.776700", "-96.797000")),
    american("713", ("Houston", "TX"), "HOUSTON", "560", "77002", ("29.760400", "-95.369800")),
    american("305", ("Miami", "FL"), "MIAMI", "460", "33130", ("25.761700", "-80.191800")),
    american("404", ("Atlanta", "GA"), "ATLANTA", "438", "30303", ("33.749000", "-84.388000")),
    american("617", ("Boston", "MA"), "BOSTON", "128", "02108", ("42.360100", "-71.058900")),
    american("206", ("Seattle", "WA"), "SEATTLE", "674", "98104", ("47.606200", "-122.332100")),
    american("503", ("Portland", "OR"), "PORTLAND", "672", "97204", ("45.515200", "-122.678400")),
    american("303", ("Denver", "CO"), "DENVER", "656", "80202", ("39.739200", "-104.990300")),
    american("602", ("Phoenix", "AZ"), "PHOENIX", "666", "85003", ("33.448400", "-112.074000")),
    american("702", ("Las Vegas", "NV"), "LAS VEGAS", "721", "89101", ("36.169900", "-115.139800")),
    american("215", ("Philadelphia", "PA"), "PHLADELPHI", "228", "19107", ("39.952600", "-75.165200")),
    american("313", ("Detroit", "MI"), "DETROIT", "340", "48226", ("42.331400", "-83.045800")),
    american("612", ("Minneapolis", "MN"), "TWINCITIES", "628", "55415", ("44.977800", "-93.265000")),
    american("808", ("Honolulu", "HI"), "HONOLULU", "834", "96813", ("21.306900", "-157.858300")),
];

#[rustfmt::skip]
pub(crate) static CA_PLACES: [Place; 5] = [
    american("416", ("Toronto", "ON"), "TORONTO", "888", "M5H 2N2", ("43.653200", "-79.383200")),
    american("604", ("Vancouver", "BC"), "VANCOUVER", "888", "V5Y 1V4", ("49.282700", "-123.120700")),
    american("514", ("Montreal", "QC"), "MONTREAL", "888", "H2Y 1C6", ("45.501700", "-73.567300")),
    american("403", ("Calgary", "AB"), "CALGARY", "888", "T2G 2M3", ("51.044700", "-114.071900")),
    american("613", ("Ottawa", "ON"), "OTTAWAHULL", "888", "K1P 1J1", ("45.421500", "-75.697200")),
];

#[rustfmt::skip]
pub(crate) static GB_PLACES: [Place; 5] = [
    british("2071", "London", "London", ("51.507400", "-0.127800")),
    british("1612", "Manchester", "Manchester", ("53.480800", "-2.242600")),
    british("1212", "Birmingham", "Birmingham", ("52.486200", "-1.890400")),
    british("1312", "Edinburgh", "Edinburgh", ("55.953300", "-3.188300")),
    british("1179", "Bristol", "Bristol", ("51.454500", "-2.587900")),
];

/// Toll-free codes that the US and Canada share.
pub(crate) const AMERICAN_TOLL_FREE: [&str; 7] = ["833", "844", "855", "866", "877", "888", "800"];
pub(crate) const GB_MOBILE: [&str; 5] = ["7480", "7401", "7723", "7862", "7520"];
pub(crate) const GB_TOLL_FREE: [&str; 2] = ["8002", "8081"];
