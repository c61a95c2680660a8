//! Phone numbers: read in any form that libphonenumber's rules parse, kept in E.164.

use std::fmt;
use std::str::FromStr;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType, Region};
use serde::{Deserialize, Serialize};

use crate::{Country, NumberType};

/// A valid phone number in E.164 form (`+14155550100`).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

/// Text that is not a phone number that could be dialled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhoneNumberError {
    /// Cannot be read at all, or needs a country to be read.
    #[error(
        "not a phone number: write it with + and the country code, such as +14155550100, or name the country"
    )]
    Unreadable,
    /// Readable, but no such number exists in its numbering plan.
    #[error("no such number in its country's numbering plan")]
    Invalid,
}

impl PhoneNumber {
    /// Text longer than this is refused unread.
    const MAX_CHARS: usize = 64;

    /// Reads a number in any usual form; `country` is needed where the text has no `+` and country code.
    pub fn parse(text: &str, country: Option<Country>) -> Result<Self, PhoneNumberError> {
        if text.len() > Self::MAX_CHARS {
            return Err(PhoneNumberError::Unreadable);
        }
        let region = country.and_then(|c| Region::from_str(c.as_str()).ok());
        let number = PHONE_NUMBER_UTIL.parse(text, region).map_err(|_| PhoneNumberError::Unreadable)?;
        if !number.is_valid() {
            return Err(PhoneNumberError::Invalid);
        }
        // Some plans have numbers that are longer than E.164 allows, and could not be read from a database again.
        Self::from_stored(&number.format_as(PhoneNumberFormat::E164)).map_err(|_| PhoneNumberError::Invalid)
    }

    /// A number as it was stored, valid when it was written. Only the shape of E.164 is asked for: numbering plans
    /// change, and a number that is owned must stay readable when its plan does.
    pub fn from_stored(text: &str) -> Result<Self, PhoneNumberError> {
        let digits = text.strip_prefix('+').unwrap_or_default();
        let well_formed = (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        if well_formed { Ok(Self(text.to_owned())) } else { Err(PhoneNumberError::Unreadable) }
    }

    /// The E.164 form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The country whose plan the number is in. For +1 toll-free numbers, which the United States and Canada share,
    /// this is the United States. `None` for numbers of no country (+800 and the like).
    pub fn country(&self) -> Option<Country> {
        let region = self.parsed()?.get_region_code()?;
        region.as_region_str().parse().ok()
    }

    /// The type, where the numbering plan alone tells it: toll-free everywhere, mobile outside +1. `None` means that
    /// the seller has to say.
    pub fn plan_type(&self) -> Option<NumberType> {
        match self.parsed()?.get_type() {
            PhoneNumberType::TollFree => Some(NumberType::TollFree),
            PhoneNumberType::Mobile if !self.is_nanp() => Some(NumberType::Mobile),
            PhoneNumberType::FixedLine
            | PhoneNumberType::Mobile
            | PhoneNumberType::FixedLineOrMobile
            | PhoneNumberType::PremiumRate
            | PhoneNumberType::SharedCost
            | PhoneNumberType::VoIP
            | PhoneNumberType::PersonalNumber
            | PhoneNumberType::Pager
            | PhoneNumberType::UAN
            | PhoneNumberType::VoiceMail
            | PhoneNumberType::Unknown => None,
        }
    }

    /// Whether the number is in the North American plan (+1).
    pub fn is_nanp(&self) -> bool {
        self.0.starts_with("+1")
    }

    /// The number with all but its first and last digits hidden, for logs: `+1415•••••00`.
    pub fn masked(&self) -> String {
        let digits = self.0.chars().count();
        self.0.chars().enumerate().map(|(i, c)| if i < 5 || i + 2 >= digits { c } else { '•' }).collect()
    }

    /// The number as people read it: `+1 415 230 0101`. A number that its plan does not know any more stays in E.164.
    pub fn readable(&self) -> String {
        let international = |number: rlibphonenumber::PhoneNumber| {
            number.format_as(PhoneNumberFormat::International).replace('-', " ")
        };
        self.parsed().map_or_else(|| self.0.clone(), international)
    }

    fn parsed(&self) -> Option<rlibphonenumber::PhoneNumber> {
        PHONE_NUMBER_UTIL.parse(&self.0, None).ok()
    }
}

impl FromStr for PhoneNumber {
    type Err = PhoneNumberError;

    fn from_str(text: &str) -> Result<Self, PhoneNumberError> {
        Self::parse(text, None)
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = PhoneNumberError;

    /// For documents that are read back: see [`PhoneNumber::from_stored`].
    fn try_from(text: String) -> Result<Self, PhoneNumberError> {
        Self::from_stored(&text)
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("+1 415-230-0101", None, "+14152300101")]
    #[case("(415) 230-0101", Some(Country::US), "+14152300101")]
    #[case("1 415 230 0101", Some(Country::US), "+14152300101")]
    #[case("020 7946 0018", Some(Country::GB), "+442079460018")]
    #[case("tel:+442079460018", None, "+442079460018")]
    fn usual_forms_become_e164(#[case] text: &str, #[case] country: Option<Country>, #[case] e164: &str) {
        assert_eq!(PhoneNumber::parse(text, country).unwrap().as_str(), e164);
    }

    #[rstest]
    #[case("", PhoneNumberError::Unreadable)]
    #[case("hello", PhoneNumberError::Unreadable)]
    #[case("415 230 0101", PhoneNumberError::Unreadable)]
    #[case("+1 415 230 010", PhoneNumberError::Invalid)]
    #[case("+10000000000", PhoneNumberError::Invalid)]
    // Berlin's plan goes on to 17 digits, E.164 ends at 15.
    #[case("+49 30 1234567890123", PhoneNumberError::Invalid)]
    fn nonsense_is_refused(#[case] text: &str, #[case] error: PhoneNumberError) {
        assert_eq!(text.parse::<PhoneNumber>(), Err(error));
    }

    #[rstest]
    #[case("+14152300101", Country::US, None)]
    #[case("+16042300101", Country::CA, None)]
    #[case("+18332300101", Country::US, Some(NumberType::TollFree))]
    #[case("+442079460018", Country::GB, None)]
    #[case("+447400123456", Country::GB, Some(NumberType::Mobile))]
    #[case("+448081570192", Country::GB, Some(NumberType::TollFree))]
    fn the_plan_tells_country_and_sometimes_type(
        #[case] text: &str,
        #[case] country: Country,
        #[case] plan_type: Option<NumberType>,
    ) {
        let number: PhoneNumber = text.parse().unwrap();
        assert_eq!(number.country(), Some(country));
        assert_eq!(number.plan_type(), plan_type);
    }

    #[test]
    fn what_was_stored_stays_readable_when_plans_change() {
        assert!("+15555550100".parse::<PhoneNumber>().is_err());
        assert_eq!(PhoneNumber::from_stored("+15555550100").unwrap().as_str(), "+15555550100");
        for broken in ["", "15555550100", "+1555 555", "+1", "+1234567890123456"] {
            assert!(PhoneNumber::from_stored(broken).is_err(), "{broken}");
        }
    }

    #[rstest]
    #[case("+14152300101", "+1 415 230 0101")]
    #[case("+442079460018", "+44 20 7946 0018")]
    #[case("+15555550100", "+1 555 555 0100")]
    fn people_read_groups_of_digits(#[case] e164: &str, #[case] readable: &str) {
        assert_eq!(PhoneNumber::from_stored(e164).unwrap().readable(), readable);
    }

    #[test]
    fn logs_see_a_masked_number() {
        assert_eq!("+14152300101".parse::<PhoneNumber>().unwrap().masked(), "+1415•••••01");
    }
}
