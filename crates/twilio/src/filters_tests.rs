//! Every filter is sent, applied here, or refused by its name.

use rstest::rstest;

use super::*;

fn query(change: impl FnOnce(&mut SearchQuery)) -> SearchQuery {
    let mut query = SearchQuery::new(Country::US, NumberType::Local);
    change(&mut query);
    query
}

fn sent(query: &SearchQuery) -> Vec<String> {
    Filters::of(query).unwrap().parameters().map(|(name, value)| format!("{name}={value}")).collect()
}

fn refused_field(query: &SearchQuery) -> &'static str {
    match Filters::of(query) {
        Err(ProviderError::Refused { reason: Refusal::Filter { field, .. }, .. }) => field,
        other => panic!("not refused by a filter: {other:?}"),
    }
}

fn country(code: &str) -> Country {
    code.parse().unwrap()
}

#[rstest]
#[case("US", NumberType::Local, "415", AreaCode::Parameter("415".into()))]
#[case("CA", NumberType::Local, " 604 ", AreaCode::Parameter("604".into()))]
#[case("US", NumberType::TollFree, "833", AreaCode::Prefix("+1833".into()))]
#[case("CA", NumberType::TollFree, "800", AreaCode::Prefix("+1800".into()))]
#[case("GB", NumberType::Local, "0161", AreaCode::Prefix("+44161".into()))]
#[case("GB", NumberType::Local, "161", AreaCode::Prefix("+44161".into()))]
#[case("GB", NumberType::TollFree, "0800", AreaCode::Prefix("+44800".into()))]
#[case("GB", NumberType::Mobile, "07400", AreaCode::Prefix("+447400".into()))]
#[case("AU", NumberType::Local, "02", AreaCode::Prefix("+612".into()))]
#[case("DE", NumberType::Local, "030", AreaCode::Prefix("+4930".into()))]
#[case::the_zero_is_part_of_it("IT", NumberType::Local, "06", AreaCode::Prefix("+3906".into()))]
fn an_area_code_becomes(
    #[case] code: &str,
    #[case] number_type: NumberType,
    #[case] area: &str,
    #[case] expected: AreaCode,
) {
    assert_eq!(area_code(area, country(code), number_type).unwrap(), expected);
}

#[rstest]
#[case("US", NumberType::Local, "41")]
#[case("US", NumberType::Local, "4155")]
#[case("US", NumberType::Local, "four")]
#[case("US", NumberType::Local, "")]
#[case("US", NumberType::TollFree, "415")]
#[case("US", NumberType::TollFree, "80")]
#[case("GB", NumberType::Local, "0")]
#[case("GB", NumberType::Local, "+44")]
#[case("GB", NumberType::Local, "123456789")]
fn a_bad_area_code_is_refused(#[case] code: &str, #[case] number_type: NumberType, #[case] area: &str) {
    let mut query = SearchQuery::new(country(code), number_type);
    query.area_code = Some(area.to_owned());
    assert_eq!(refused_field(&query), "area_code");
}

#[test]
fn area_code_and_pattern_are_both_kept() {
    let both = query(|q| {
        q.area_code = Some("415".into());
        q.contains = Some("777$".into());
    });
    assert_eq!(sent(&both), ["Contains=777$", "AreaCode=415", "PageSize=20"]);

    let mut both = SearchQuery::new(Country::GB, NumberType::Local);
    (both.area_code, both.contains) = (Some("0161".into()), Some("777".into()));
    assert_eq!(sent(&both), ["Contains=777", "PageSize=1000"]);
    let filters = Filters::of(&both).unwrap();
    assert!(filters.fit(&"+441617770777".parse().unwrap()));
    assert!(!filters.fit(&"+442077770777".parse().unwrap()));

    both.contains = None;
    assert_eq!(sent(&both), ["Contains=+44161", "PageSize=1000"]);
}

#[rstest]
#[case("77", true)]
#[case("STORM", true)]
#[case("415*******", true)]
#[case("%5678$", true)]
#[case("+1415", true)]
#[case("1234567890123456", true)]
#[case("7", false)]
#[case("12345678901234567", false)]
#[case("7*", false)]
#[case("**", false)]
#[case("+$", false)]
#[case("41+5", false)]
#[case("4$15", false)]
#[case("41 5", false)]
#[case("é15", false)]
#[case("", false)]
fn patterns_are_checked(#[case] pattern: &str, #[case] good: bool) {
    let query = query(|q| q.contains = Some(pattern.to_owned()));
    if good {
        assert_eq!(sent(&query)[0], format!("Contains={pattern}"));
    } else {
        assert_eq!(refused_field(&query), "contains");
    }
}

#[test]
fn every_filter_is_sent() {
    let all = query(|q| {
        q.in_region = Some("CA".into());
        q.in_locality = Some(" San Francisco ".into());
        q.in_postal_code = Some("94105".into());
        q.in_rate_center = Some("SNFC CNTRL".into());
        q.in_lata = Some("722".into());
        q.near_number = Some("+14152300101".parse().unwrap());
        q.near_lat_long = Some("37.77, -122.42".into());
        q.distance = Some(500);
        q.voice_enabled = Some(true);
        q.sms_enabled = Some(false);
        q.mms_enabled = Some(true);
        q.exclude_all_address_required = Some(true);
        q.exclude_local_address_required = Some(false);
        q.exclude_foreign_address_required = Some(true);
        q.beta = Some(false);
        q.limit = 100;
    });
    assert_eq!(
        sent(&all),
        [
            "PageSize=100",
            "InRegion=CA",
            "InLocality=San Francisco",
            "InPostalCode=94105",
            "InRateCenter=SNFC CNTRL",
            "InLata=722",
            "NearNumber=+14152300101",
            "NearLatLong=37.77,-122.42",
            "Distance=500",
            "VoiceEnabled=true",
            "SmsEnabled=false",
            "MmsEnabled=true",
            "ExcludeAllAddressRequired=true",
            "ExcludeLocalAddressRequired=false",
            "ExcludeForeignAddressRequired=true",
            "Beta=false",
        ]
    );
}

type Change = fn(&mut SearchQuery);

/// Filters that Twilio knows in the United States and Canada only.
const NORTH_AMERICAN: [(&str, Change); 6] = [
    ("in_region", |q| q.in_region = Some("X".into())),
    ("in_postal_code", |q| q.in_postal_code = Some("X".into())),
    ("in_lata", |q| q.in_lata = Some("X".into())),
    ("near_number", |q| q.near_number = Some("+442079460018".parse().unwrap())),
    ("near_lat_long", |q| q.near_lat_long = Some("51.5,-0.1".into())),
    ("distance", |q| q.distance = Some(5)),
];

#[test]
fn a_filter_that_the_country_does_not_know_is_refused() {
    for (field, change) in NORTH_AMERICAN {
        let mut british = SearchQuery::new(Country::GB, NumberType::Local);
        change(&mut british);
        assert_eq!(refused_field(&british), field);
        let mut toll_free = SearchQuery::new(Country::US, NumberType::TollFree);
        change(&mut toll_free);
        assert_eq!(refused_field(&toll_free), field);
    }
    let mut british = SearchQuery::new(Country::GB, NumberType::Local);
    british.in_locality = Some("Manchester".into());
    assert_eq!(sent(&british), ["PageSize=20", "InLocality=Manchester"]);
}

#[rstest]
#[case("in_rate_center", |q: &mut SearchQuery| q.in_rate_center = Some("X".into()))]
#[case("in_locality", |q: &mut SearchQuery| q.in_locality = Some("  ".into()))]
#[case("in_region", |q: &mut SearchQuery| q.in_region = Some("x".repeat(65)))]
#[case("near_lat_long", |q: &mut SearchQuery| q.near_lat_long = Some("here".into()))]
#[case("near_lat_long", |q: &mut SearchQuery| q.near_lat_long = Some("91,0".into()))]
#[case("near_lat_long", |q: &mut SearchQuery| q.near_lat_long = Some("NaN,0".into()))]
#[case("distance", |q: &mut SearchQuery| q.distance = Some(5))]
#[case("distance", |q: &mut SearchQuery| {
    q.near_lat_long = Some("1,1".into());
    q.distance = Some(501);
})]
#[case("limit", |q: &mut SearchQuery| q.limit = 0)]
#[case("limit", |q: &mut SearchQuery| q.limit = 101)]
fn a_bad_value_is_refused(#[case] field: &str, #[case] change: Change) {
    assert_eq!(refused_field(&query(change)), field);
}
