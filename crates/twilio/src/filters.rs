//! A query's filters as Twilio's parameters, and what is left for us to filter.
//!
//! Invariant: every filter of the query is either sent, applied here, or refused with the field's name. The limits
//! are those of Twilio's pages on the `AvailablePhoneNumber` resources.

use std::ops::RangeInclusive;

use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};
use trunkline_domain::{Country, NumberType, PhoneNumber};
use trunkline_provider::{ProviderError, Refusal, SearchQuery};

use crate::transport::Parameter;

/// The most that Twilio gives on a page; asked for where hits are filtered here.
const PAGE_SIZE_MAX: u16 = 1_000;
const CONTAINS_CHARS: RangeInclusive<usize> = 2..=16;
/// Plain characters that a pattern with wildcards must have.
const CONTAINS_PLAIN_MIN: usize = 2;
const AREA_CODE_DIGITS: RangeInclusive<usize> = 1..=8;
/// Countries in which a leading 0 is part of the number; elsewhere people dial it and the number goes without.
const KEEP_LEADING_ZERO: [&str; 6] = ["CG", "CI", "GA", "IT", "SM", "VA"];
const NAME_MAX_CHARS: usize = 64;
const DISTANCE_MILES: RangeInclusive<u16> = 1..=500;

/// The filters of one search.
#[derive(Debug)]
pub(crate) struct Filters {
    parameters: Vec<Parameter>,
    /// What every hit must begin with, in E.164.
    prefix: Option<String>,
}

impl Filters {
    /// Reads a query, without asking Twilio. `Refused` names the filter that cannot be kept.
    pub(crate) fn of(query: &SearchQuery) -> Result<Self, ProviderError> {
        if !(1..=SearchQuery::MAX_LIMIT).contains(&query.limit) {
            return Err(refused("limit", format!("must be from 1 to {}", SearchQuery::MAX_LIMIT)));
        }
        let mut filters = Self { parameters: Vec::new(), prefix: None };
        filters.add_number(query)?;
        filters.add_place(query)?;
        filters.add_nearness(query)?;
        filters.add_flags(query);
        Ok(filters)
    }

    /// What is sent to Twilio.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.parameters.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// Whether a hit keeps what could not be sent.
    pub(crate) fn fit(&self, phone_number: &PhoneNumber) -> bool {
        self.prefix.as_deref().is_none_or(|prefix| phone_number.as_str().starts_with(prefix))
    }

    fn add(&mut self, name: &'static str, value: impl Into<String>) {
        self.parameters.push((name, value.into()));
    }

    /// Area code, pattern and page size. Twilio takes one pattern, so where an area code needs it as well the
    /// client's own pattern is sent, and the hits are filtered by the area code here, out of as many as can be had.
    fn add_number(&mut self, query: &SearchQuery) -> Result<(), ProviderError> {
        if let Some(pattern) = &query.contains {
            self.add("Contains", checked_pattern(pattern)?);
        }
        if let Some(code) = &query.area_code {
            match area_code(code, query.country, query.number_type)? {
                AreaCode::Parameter(code) => self.add("AreaCode", code),
                AreaCode::Prefix(prefix) => {
                    if query.contains.is_none() {
                        self.add("Contains", prefix.clone());
                    }
                    self.prefix = Some(prefix);
                }
            }
        }
        let page_size = if self.prefix.is_some() { PAGE_SIZE_MAX } else { query.limit };
        self.add("PageSize", page_size.to_string());
        Ok(())
    }

    fn add_place(&mut self, query: &SearchQuery) -> Result<(), ProviderError> {
        if query.in_rate_center.is_some() && query.in_lata.is_none() {
            return Err(refused("in_rate_center", "needs in_lata as well"));
        }
        let names = [
            ("in_region", "InRegion", &query.in_region, Known::UsAndCanada),
            ("in_locality", "InLocality", &query.in_locality, Known::Everywhere),
            ("in_postal_code", "InPostalCode", &query.in_postal_code, Known::UsAndCanada),
            ("in_rate_center", "InRateCenter", &query.in_rate_center, Known::UsAndCanada),
            ("in_lata", "InLata", &query.in_lata, Known::UsAndCanada),
        ];
        for (field, name, value, known) in names {
            let Some(value) = value else { continue };
            known.check(field, query)?;
            let good = !value.trim().is_empty()
                && value.chars().count() <= NAME_MAX_CHARS
                && !value.chars().any(char::is_control);
            if !good {
                return Err(refused(field, format!("must have 1 to {NAME_MAX_CHARS} visible characters")));
            }
            self.add(name, value.trim());
        }
        Ok(())
    }

    fn add_nearness(&mut self, query: &SearchQuery) -> Result<(), ProviderError> {
        if let Some(number) = &query.near_number {
            Known::UsAndCanada.check("near_number", query)?;
            self.add("NearNumber", number.as_str());
        }
        if let Some(place) = &query.near_lat_long {
            Known::UsAndCanada.check("near_lat_long", query)?;
            self.add("NearLatLong", checked_place(place)?);
        }
        if let Some(miles) = query.distance {
            Known::UsAndCanada.check("distance", query)?;
            if query.near_number.is_none() && query.near_lat_long.is_none() {
                return Err(refused("distance", "needs near_number or near_lat_long as well"));
            }
            if !DISTANCE_MILES.contains(&miles) {
                return Err(refused("distance", "must be from 1 to 500 miles"));
            }
            self.add("Distance", miles.to_string());
        }
        Ok(())
    }

    fn add_flags(&mut self, query: &SearchQuery) {
        let flags = [
            ("VoiceEnabled", query.voice_enabled),
            ("SmsEnabled", query.sms_enabled),
            ("MmsEnabled", query.mms_enabled),
            ("ExcludeAllAddressRequired", query.exclude_all_address_required),
            ("ExcludeLocalAddressRequired", query.exclude_local_address_required),
            ("ExcludeForeignAddressRequired", query.exclude_foreign_address_required),
            ("Beta", query.beta),
        ];
        for (name, flag) in flags {
            if let Some(flag) = flag {
                self.add(name, flag.to_string());
            }
        }
    }
}

/// Where Twilio knows a filter.
#[derive(Debug, Clone, Copy)]
enum Known {
    Everywhere,
    UsAndCanada,
}

impl Known {
    fn check(self, field: &'static str, query: &SearchQuery) -> Result<(), ProviderError> {
        if query.number_type == NumberType::TollFree {
            return Err(refused(field, "toll-free numbers belong to no place"));
        }
        match self {
            Self::UsAndCanada if !query.country.has_area_codes() => {
                Err(refused(field, format!("works in US and CA only, not in {}", query.country)))
            }
            Self::Everywhere | Self::UsAndCanada => Ok(()),
        }
    }
}

/// How an area code is searched for.
#[derive(Debug, PartialEq, Eq)]
enum AreaCode {
    /// By Twilio's own filter.
    Parameter(String),
    /// By what the number begins with, in E.164.
    Prefix(String),
}

fn area_code(code: &str, country: Country, number_type: NumberType) -> Result<AreaCode, ProviderError> {
    let code = code.trim();
    if !AREA_CODE_DIGITS.contains(&code.len()) || !code.bytes().all(|b| b.is_ascii_digit()) {
        return Err(refused("area_code", "must be 1 to 8 digits"));
    }
    if country.has_area_codes() {
        return match number_type {
            NumberType::TollFree if code.len() == 3 && code.starts_with('8') => {
                Ok(AreaCode::Prefix(format!("+1{code}")))
            }
            NumberType::TollFree => Err(refused("area_code", "a toll-free prefix is 8 and two more digits")),
            NumberType::Local | NumberType::Mobile if code.len() == 3 => {
                Ok(AreaCode::Parameter(code.to_owned()))
            }
            NumberType::Local | NumberType::Mobile => {
                Err(refused("area_code", format!("has 3 digits in {country}")))
            }
        };
    }
    let country_code = country_code(country)
        .ok_or_else(|| refused("area_code", format!("{country} has no numbering plan of its own")))?;
    let significant = match code.strip_prefix('0') {
        Some(rest) if !KEEP_LEADING_ZERO.contains(&country.as_str()) => rest,
        Some(_) | None => code,
    };
    if significant.is_empty() {
        return Err(refused("area_code", "must have a digit after the leading 0"));
    }
    Ok(AreaCode::Prefix(format!("+{country_code}{significant}")))
}

/// The digits after the `+` of a country's numbers.
fn country_code(country: Country) -> Option<i32> {
    PHONE_NUMBER_UTIL.get_country_code_for_region(country.as_str().parse::<Region>().ok()?)
}

/// A pattern of digits and letters, with `*` for one digit and `%` for any, `+` only in front and `$` only behind.
fn checked_pattern(pattern: &str) -> Result<&str, ProviderError> {
    let inner = pattern.strip_prefix('+').unwrap_or(pattern);
    let inner = inner.strip_suffix('$').unwrap_or(inner);
    let plain = inner.bytes().filter(u8::is_ascii_alphanumeric).count();
    let wild = inner.bytes().filter(|b| matches!(b, b'*' | b'%')).count();
    let good = CONTAINS_CHARS.contains(&pattern.len())
        && plain + wild == inner.len()
        && (plain >= CONTAINS_PLAIN_MIN || (wild == 0 && plain > 0));
    if good {
        Ok(pattern)
    } else {
        Err(refused(
            "contains",
            "must be 2 to 16 digits and letters, two of them at least beside the wildcards * and %, \
             with + only in front and $ only at the end",
        ))
    }
}

/// `latitude,longitude` in degrees, without blanks.
fn checked_place(place: &str) -> Result<String, ProviderError> {
    let within =
        |text: &str, degrees: RangeInclusive<f64>| text.parse().is_ok_and(|value| degrees.contains(&value));
    match place.split_once(',').map(|(latitude, longitude)| (latitude.trim(), longitude.trim())) {
        Some((latitude, longitude))
            if within(latitude, -90.0..=90.0) && within(longitude, -180.0..=180.0) =>
        {
            Ok(format!("{latitude},{longitude}"))
        }
        Some(_) | None => {
            Err(refused("near_lat_long", "must be latitude,longitude in degrees, such as 37.77,-122.42"))
        }
    }
}

fn refused(field: &'static str, message: impl Into<String>) -> ProviderError {
    let message = message.into();
    ProviderError::Refused {
        reason: Refusal::Filter { field, message: message.clone() },
        code: None,
        message,
    }
}

#[cfg(test)]
#[path = "filters_tests.rs"]
mod tests;
