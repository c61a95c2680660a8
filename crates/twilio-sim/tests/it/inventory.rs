//! The stock: enough of everything, the same for the same seed, and numbers that could exist.

use std::collections::HashSet;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberType as LibraryType};
use trunkline_twilio_sim::{AddressRequirements, NumberType, SimulatorConfig};

use crate::bench::{ACCOUNT, Bench, TOKEN};

const SOLD: [(&str, NumberType, usize); 7] = [
    ("US", NumberType::Local, 200),
    ("US", NumberType::TollFree, 20),
    ("CA", NumberType::Local, 20),
    ("CA", NumberType::TollFree, 20),
    ("GB", NumberType::Local, 20),
    ("GB", NumberType::Mobile, 20),
    ("GB", NumberType::TollFree, 20),
];

#[tokio::test]
async fn there_is_enough_of_everything() {
    let bench = Bench::start().await;
    let mut seen = HashSet::new();
    for (country, number_type, least) in SOLD {
        let numbers = bench.admin.available(country, number_type);
        assert!(numbers.len() >= least, "{country} {number_type:?}: {}", numbers.len());
        for number in numbers {
            assert!(seen.insert(number.phone_number.clone()), "{} is sold twice", number.phone_number);
        }
    }
    let us = bench.admin.available("US", NumberType::Local);
    assert!(us.iter().filter(|number| number.phone_number.starts_with("+1415")).count() >= 30);
    for number in &us[..50] {
        assert_eq!(number.address_requirements, AddressRequirements::None);
        let can = number.capabilities;
        assert!(can.voice && can.sms && can.mms && !number.beta, "{number:?}");
    }
    for wanted in [AddressRequirements::Any, AddressRequirements::Local, AddressRequirements::Foreign] {
        assert!(us[50..].iter().any(|number| number.address_requirements == wanted), "{wanted:?}");
    }
    assert!(bench.admin.available("US", NumberType::Mobile).is_empty());
}

#[tokio::test]
async fn the_seed_decides_what_is_for_sale() {
    let seeded = async |seed| {
        let mut config = SimulatorConfig::new(ACCOUNT, TOKEN);
        config.inventory_seed = seed;
        Bench::with(config).await.admin.available("US", NumberType::Local)
    };
    assert_eq!(seeded(7).await, seeded(7).await);
    assert_ne!(seeded(7).await, seeded(8).await);
}

#[tokio::test]
async fn every_number_is_valid_for_the_phone_library() {
    for seed in [1, 2, 3, 99] {
        let mut config = SimulatorConfig::new(ACCOUNT, TOKEN);
        config.inventory_seed = seed;
        let bench = Bench::with(config).await;
        for (country, number_type, _) in SOLD {
            for number in bench.admin.available(country, number_type) {
                let text = &number.phone_number;
                let parsed = PHONE_NUMBER_UTIL.parse(text, None).unwrap();
                assert!(PHONE_NUMBER_UTIL.is_valid_number(&parsed), "{country} {number_type:?} {text}");
                let kind = PHONE_NUMBER_UTIL.get_number_type(&parsed);
                let expected = match number_type {
                    NumberType::TollFree => kind == LibraryType::TollFree,
                    NumberType::Mobile => kind == LibraryType::Mobile,
                    NumberType::Local => {
                        matches!(kind, LibraryType::FixedLine | LibraryType::FixedLineOrMobile)
                    }
                };
                assert!(expected, "{country} {number_type:?} {text} is {kind:?}");
                let region = format!("{:?}", PHONE_NUMBER_UTIL.get_region_for_number(&parsed));
                // The US and Canada share their toll-free codes; the library gives all of them to the US.
                let shared = country == "CA" && number_type == NumberType::TollFree;
                assert!(shared || region.contains(country), "{country} {text} is in {region}");
            }
        }
    }
}
