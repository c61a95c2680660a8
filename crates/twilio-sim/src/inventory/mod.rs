//! The stock: every number that this Twilio could ever sell. It is built once from a seed and never changes;
//! which of the numbers are owned is the world's business. Positions are indices into the stock and stay valid.

mod place;
mod stocking;

use std::{collections::HashMap, ops::Range};

use serde::{Deserialize, Serialize};

pub use self::place::Place;
pub(crate) use self::stocking::friendly_name;
use crate::NumberType;

/// A number that can be bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AvailableNumber {
    /// E.164.
    pub phone_number: String,
    /// `(415) 234-5678` for the US and Canada, else the number as it is.
    pub friendly_name: String,
    /// Two letters.
    pub country: &'static str,
    /// What kind of number it is.
    pub number_type: NumberType,
    /// Where it belongs; a toll-free or mobile number belongs nowhere.
    pub place: Option<&'static Place>,
    /// Whose address Twilio asks for when somebody buys it.
    pub address_requirements: AddressRequirements,
    /// New to Twilio's platform.
    pub beta: bool,
    /// What it can do.
    pub capabilities: Capabilities,
}

/// Whose address Twilio asks for when a number is bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AddressRequirements {
    /// Nobody's.
    None,
    /// One anywhere in the world.
    Any,
    /// One in the number's own country.
    Local,
    /// One outside the number's country.
    Foreign,
}

/// What a number can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// Calls.
    pub voice: bool,
    /// Texts.
    pub sms: bool,
    /// Texts with pictures.
    pub mms: bool,
}

/// The stock with the ways to find something in it. Searching allocates nothing: the JSON of each number is written
/// when the stock is built.
pub(crate) struct Inventory {
    numbers: Vec<AvailableNumber>,
    json: Vec<String>,
    shelves: Vec<Shelf>,
    position_of: HashMap<String, usize>,
}

/// The numbers of one country and type, which stand side by side.
struct Shelf {
    country: &'static str,
    number_type: NumberType,
    positions: Range<usize>,
}

impl Inventory {
    /// The stock of a seed.
    pub(crate) fn seeded(seed: u64) -> Self {
        let numbers = stocking::stock(seed);
        let json = numbers.iter().map(stocking::search_row).collect();
        let position_of = numbers.iter().map(|number| number.phone_number.clone()).zip(0..).collect();
        let mut shelves: Vec<Shelf> = Vec::new();
        for (position, number) in numbers.iter().enumerate() {
            match shelves.last_mut() {
                Some(shelf) if shelf.country == number.country && shelf.number_type == number.number_type => {
                    shelf.positions.end = position + 1;
                }
                _ => shelves.push(Shelf {
                    country: number.country,
                    number_type: number.number_type,
                    positions: position..position + 1,
                }),
            }
        }
        Self { numbers, json, shelves, position_of }
    }

    /// How many numbers there are, owned or not.
    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }

    pub(crate) fn number(&self, position: usize) -> Option<&AvailableNumber> {
        self.numbers.get(position)
    }

    /// The number as a row of a search's answer.
    pub(crate) fn json(&self, position: usize) -> &str {
        self.json.get(position).map_or("null", String::as_str)
    }

    /// Where an E.164 number stands.
    pub(crate) fn position_of(&self, phone_number: &str) -> Option<usize> {
        self.position_of.get(phone_number).copied()
    }

    /// Where a country's numbers of one type stand; `None` if Twilio sells none of that type there.
    pub(crate) fn shelf(&self, country: &str, number_type: NumberType) -> Option<Range<usize>> {
        self.shelves
            .iter()
            .find(|shelf| shelf.country == country && shelf.number_type == number_type)
            .map(|shelf| shelf.positions.clone())
    }

    /// The place of an American area code.
    pub(crate) fn place_of_area(&self, area_code: &str) -> Option<&'static Place> {
        self.numbers
            .iter()
            .filter_map(|number| number.place)
            .find(|place| place.lata.is_some() && place.prefix == area_code)
    }

    /// The countries, each with its types.
    pub(crate) fn countries(&self) -> Vec<(&'static str, Vec<NumberType>)> {
        let mut countries: Vec<(&'static str, Vec<NumberType>)> = Vec::new();
        for shelf in &self.shelves {
            match countries.last_mut() {
                Some((country, types)) if *country == shelf.country => types.push(shelf.number_type),
                _ => countries.push((shelf.country, vec![shelf.number_type])),
            }
        }
        countries
    }
}

/// What a country is called in Twilio's answers; the stock holds no other.
pub(crate) fn country_name(country: &str) -> &'static str {
    match country {
        "US" => "United States",
        "CA" => "Canada",
        _ => "United Kingdom",
    }
}
