//! Searching the stock: the parameters of `AvailablePhoneNumbers`, and the one pass over a shelf that they cause.
//!
//! The pass copies the stored JSON of each hit and allocates one string for the answer.

mod distance;
mod pattern;

pub(crate) use self::pattern::NumberPattern;
use self::{distance::Position, pattern::InvalidPattern};
use crate::{
    inventory::{AddressRequirements, AvailableNumber, Inventory, Place},
    parameters::Parameters,
    refusal::Refusal,
};

/// Rows of an answer when the request does not say how many.
const ROWS_DEFAULT: usize = 30;
const DISTANCE_DEFAULT_MILES: u32 = 25;
const DISTANCE_MAX_MILES: u32 = 500;
/// About the length of a row in JSON.
const ROW_LENGTH: usize = 420;

/// What a search asks for; every condition must hold.
#[expect(clippy::struct_excessive_bools, reason = "each is a parameter of its own")]
#[derive(Debug)]
pub(crate) struct Search<'p> {
    contains: Option<NumberPattern>,
    area_code: Option<&'p str>,
    region: Option<&'p str>,
    locality: Option<&'p str>,
    postal_code: Option<&'p str>,
    rate_center: Option<&'p str>,
    lata: Option<&'p str>,
    near: Option<(Position, u32)>,
    voice: Option<bool>,
    sms: Option<bool>,
    mms: Option<bool>,
    fax: Option<bool>,
    exclude_any_address: bool,
    exclude_local_address: bool,
    exclude_foreign_address: bool,
    exclude_beta: bool,
    rows: usize,
}

impl<'p> Search<'p> {
    /// Reads the query of a search. Parameters that Twilio does not know are ignored, as it does.
    pub(crate) fn read(query: &'p Parameters, inventory: &Inventory) -> Result<Self, Refusal> {
        let contains = query
            .given("Contains")
            .map(NumberPattern::contains)
            .transpose()
            .map_err(|InvalidPattern| Refusal::invalid_parameter("Contains: Invalid Pattern."))?;
        let area_code = query.given("AreaCode");
        if let Some(code) = area_code
            && (code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_digit()))
        {
            return Err(Refusal::invalid_area_code(code));
        }
        // Twilio has a single page of a search: it is as long as asked for, and there is none behind it.
        let first_page = query.number("Page")?.unwrap_or(0) == 0;
        let rows = if first_page { query.page_size()?.unwrap_or(ROWS_DEFAULT) } else { 0 };
        Ok(Self {
            contains,
            area_code,
            region: query.given("InRegion"),
            locality: query.given("InLocality"),
            postal_code: query.given("InPostalCode"),
            rate_center: query.given("InRateCenter"),
            lata: query.given("InLata"),
            near: near(query, inventory)?,
            voice: query.boolean("VoiceEnabled")?,
            sms: query.boolean("SmsEnabled")?,
            mms: query.boolean("MmsEnabled")?,
            fax: query.boolean("FaxEnabled")?,
            exclude_any_address: query.boolean("ExcludeAllAddressRequired")?.unwrap_or(false),
            exclude_local_address: query.boolean("ExcludeLocalAddressRequired")?.unwrap_or(false),
            exclude_foreign_address: query.boolean("ExcludeForeignAddressRequired")?.unwrap_or(false),
            exclude_beta: query.boolean("Beta")? == Some(false),
            rows,
        })
    }

    /// The rows of the answer, comma-separated JSON, from the given positions in their order.
    pub(crate) fn rows(&self, inventory: &Inventory, positions: impl Iterator<Item = usize>) -> String {
        let mut rows = String::with_capacity(self.rows.min(ROWS_DEFAULT) * ROW_LENGTH);
        let hits = positions
            .filter(|position| inventory.number(*position).is_some_and(|number| self.matches(number)))
            .take(self.rows);
        for position in hits {
            if !rows.is_empty() {
                rows.push(',');
            }
            rows.push_str(inventory.json(position));
        }
        rows
    }

    fn matches(&self, number: &AvailableNumber) -> bool {
        let can = number.capabilities;
        self.voice.is_none_or(|wanted| can.voice == wanted)
            && self.sms.is_none_or(|wanted| can.sms == wanted)
            && self.mms.is_none_or(|wanted| can.mms == wanted)
            // Twilio has given up faxes.
            && self.fax != Some(true)
            && !(self.exclude_beta && number.beta)
            && !self.excludes(number.address_requirements)
            && self.area_code.is_none_or(|code| has_area_code(number, code))
            && self.matches_place(number.place)
            && self.contains.as_ref().is_none_or(|pattern| pattern.matches(&number.phone_number))
    }

    const fn excludes(&self, requirements: AddressRequirements) -> bool {
        match requirements {
            AddressRequirements::None => false,
            AddressRequirements::Any => self.exclude_any_address,
            AddressRequirements::Local => self.exclude_any_address || self.exclude_local_address,
            AddressRequirements::Foreign => self.exclude_any_address || self.exclude_foreign_address,
        }
    }

    fn matches_place(&self, place: Option<&Place>) -> bool {
        let same = |wanted: Option<&str>, value: Option<&str>| {
            wanted.is_none_or(|wanted| value.is_some_and(|value| value.eq_ignore_ascii_case(wanted)))
        };
        same(self.region, place.and_then(|place| place.region))
            && same(self.locality, place.map(|place| place.locality))
            && same(self.postal_code, place.and_then(|place| place.postal_code))
            && same(self.rate_center, place.and_then(|place| place.rate_center))
            && same(self.lata, place.and_then(|place| place.lata))
            && self.near.is_none_or(|(position, miles)| {
                place.and_then(Position::of).is_some_and(|there| position.is_within(miles, there))
            })
    }
}

/// Whether an American number has this area code. Other countries have none.
pub(crate) fn has_area_code(number: &AvailableNumber, code: &str) -> bool {
    number.phone_number.strip_prefix("+1").is_some_and(|national| national.starts_with(code))
}

/// The circle that `NearLatLong` or `NearNumber` draws. A number is near its own area.
fn near(query: &Parameters, inventory: &Inventory) -> Result<Option<(Position, u32)>, Refusal> {
    let miles = query.number("Distance")?.unwrap_or(DISTANCE_DEFAULT_MILES);
    if miles > DISTANCE_MAX_MILES {
        return Err(Refusal::invalid_parameter("Distance may be at most 500 miles"));
    }
    if let Some(text) = query.given("NearLatLong") {
        let position = Position::parse(text)
            .ok_or_else(|| Refusal::invalid_parameter("NearLatLong must be latitude,longitude"))?;
        return Ok(Some((position, miles)));
    }
    let Some(text) = query.given("NearNumber") else { return Ok(None) };
    let area = text.strip_prefix("+1").and_then(|national| national.get(..3));
    area.and_then(|area| inventory.place_of_area(area))
        .and_then(Position::of)
        .map(|position| Some((position, miles)))
        .ok_or_else(|| Refusal::not_a_number(text))
}
