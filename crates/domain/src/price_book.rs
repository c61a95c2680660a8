//! The price book: what each country and type costs a customer, and what the operator has approved for it.
//!
//! An operator edits it as a TOML file. Reading it finds every mistake at once, so a bad file is mended in one go.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use crate::{Country, Currency, Money, NumberType, RegulatoryIds};

/// The prices that the program carries; also the example an operator starts from.
const EMBEDDED: &str = include_str!("prices.toml");

/// Prices per country and type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceBook {
    entries: BTreeMap<(Country, NumberType), Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    monthly: Vec<Money>,
    setup: Vec<Money>,
    cost: Vec<Money>,
    needs: ProvisioningNeeds,
}

/// What the operator already has approved at the provider for a country and type.
pub type ProvisioningNeeds = RegulatoryIds;

/// What one number of a country and type costs, in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// Its country.
    pub country: Country,
    /// Its type.
    pub number_type: NumberType,
    /// Each month.
    pub monthly: Money,
    /// Once, with the first month.
    pub setup: Money,
    /// Set-up and first month together: what a purchase takes.
    pub charge: Money,
}

/// A price file with mistakes: all of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct PriceBookError {
    /// Every mistake that was found, in the order of the file's keys.
    pub mistakes: Vec<PriceMistake>,
}

impl fmt::Display for PriceBookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, mistake) in self.mistakes.iter().enumerate() {
            write!(f, "{}{mistake}", if i == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

/// One mistake in a price file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceMistake {
    /// Where: a key such as `US.local.monthly`, or empty for the file as a whole.
    pub place: String,
    /// What is wrong and how to write it.
    pub message: String,
}

impl fmt::Display for PriceMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.place, self.message)
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    monthly: BTreeMap<String, toml::Value>,
    #[serde(default)]
    setup: BTreeMap<String, toml::Value>,
    #[serde(default)]
    cost: BTreeMap<String, toml::Value>,
    #[serde(default)]
    allow_below_cost: bool,
    bundle_sid: Option<String>,
    address_sid: Option<String>,
}

impl PriceBook {
    /// The prices that the program carries.
    pub fn embedded() -> Result<Self, PriceBookError> {
        Self::parse(EMBEDDED)
    }

    /// The text of the embedded prices: the file an operator starts from.
    pub const fn embedded_text() -> &'static str {
        EMBEDDED
    }

    /// Reads a price file, or says everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, PriceBookError> {
        let countries: toml::Table = text.parse().map_err(|e: toml::de::Error| PriceBookError {
            mistakes: vec![mistake("", e.to_string().trim())],
        })?;
        let mut reader = Reader::default();
        for (code, types) in countries {
            reader.country(&code, types);
        }
        if reader.mistakes.is_empty() && reader.entries.is_empty() {
            reader.mistakes.push(mistake("", "the file has no prices; write at least one, as [US.local]"));
        }
        if reader.mistakes.is_empty() {
            Ok(Self { entries: reader.entries })
        } else {
            Err(PriceBookError { mistakes: reader.mistakes })
        }
    }

    /// What a number costs, or `None` where there is no price in that currency.
    pub fn offer(&self, country: Country, number_type: NumberType, currency: Currency) -> Option<Offer> {
        let entry = self.entries.get(&(country, number_type))?;
        let monthly = *entry.monthly.iter().find(|price| price.currency() == currency)?;
        let setup = entry.setup.iter().find(|price| price.currency() == currency).copied();
        let setup = setup.unwrap_or_else(|| Money::zero(currency));
        let charge = monthly.checked_add(setup).ok()?;
        Some(Offer { country, number_type, monthly, setup, charge })
    }

    /// What the provider charges the operator for each month, or `None` where the file does not say so in that currency.
    pub fn cost(&self, country: Country, number_type: NumberType, currency: Currency) -> Option<Money> {
        let entry = self.entries.get(&(country, number_type))?;
        entry.cost.iter().find(|cost| cost.currency() == currency).copied()
    }

    /// What the operator has approved for a country and type.
    pub fn needs(&self, country: Country, number_type: NumberType) -> ProvisioningNeeds {
        self.entries.get(&(country, number_type)).map(|entry| entry.needs.clone()).unwrap_or_default()
    }

    /// Whether a country and type has a price in any currency.
    pub fn has_price(&self, country: Country, number_type: NumberType) -> bool {
        self.entries.contains_key(&(country, number_type))
    }

    /// Every offer in every currency, by country and type.
    pub fn offers(&self) -> Vec<Offer> {
        let keys = self.entries.iter();
        keys.flat_map(|(&(country, number_type), entry)| {
            let currencies = entry.monthly.iter().map(|price| price.currency());
            currencies.filter_map(move |currency| self.offer(country, number_type, currency))
        })
        .collect()
    }
}

fn mistake(place: impl Into<String>, message: impl Into<String>) -> PriceMistake {
    PriceMistake { place: place.into(), message: message.into() }
}

/// Collects entries and mistakes while a file is read.
#[derive(Default)]
struct Reader {
    entries: BTreeMap<(Country, NumberType), Entry>,
    mistakes: Vec<PriceMistake>,
}

impl Reader {
    fn country(&mut self, code: &str, types: toml::Value) {
        let country = match code.parse::<Country>() {
            Ok(country) if country.as_str() == code => country,
            Ok(country) => return self.note(code, format!("write the country in capitals: {country}")),
            Err(error) => return self.note(code, error.to_string()),
        };
        let toml::Value::Table(types) = types else {
            return self.note(code, "a country holds tables, as [US.local]");
        };
        for (name, entry) in types {
            let place = format!("{code}.{name}");
            match name.parse::<NumberType>() {
                Ok(number_type) => self.entry(&place, country, number_type, entry),
                Err(error) => self.note(&place, error.to_string()),
            }
        }
    }

    fn entry(&mut self, place: &str, country: Country, number_type: NumberType, value: toml::Value) {
        let raw = match value.try_into::<RawEntry>() {
            Ok(raw) => raw,
            Err(error) => return self.note(place, error.message()),
        };
        let mistakes_before = self.mistakes.len();
        let monthly = self.prices(&format!("{place}.monthly"), &raw.monthly, true);
        let setup = self.prices(&format!("{place}.setup"), &raw.setup, false);
        let cost = self.prices(&format!("{place}.cost"), &raw.cost, false);
        if monthly.is_empty() && self.mistakes.len() == mistakes_before {
            self.note(place, "no price: write monthly = { USD = \"1.50\" }");
        }
        for price in &setup {
            match monthly.iter().find(|m| m.currency() == price.currency()) {
                Some(m) if m.checked_add(*price).is_ok() => {}
                Some(_) => {
                    self.note(place, format!("monthly and set-up price together are too large: {price}"));
                }
                None => self.note(
                    place,
                    format!("a set-up price in {0}, but no monthly price in {0}", price.currency()),
                ),
            }
        }
        if !raw.allow_below_cost {
            self.require_margin(place, &monthly, &cost);
        }
        self.sid(place, "bundle_sid", "BU", raw.bundle_sid.as_deref());
        self.sid(place, "address_sid", "AD", raw.address_sid.as_deref());
        let needs = ProvisioningNeeds { bundle_sid: raw.bundle_sid, address_sid: raw.address_sid };
        if self.entries.insert((country, number_type), Entry { monthly, setup, cost, needs }).is_some() {
            self.note(place, "this country and type stands twice in the file");
        }
    }

    fn prices(&mut self, place: &str, raw: &BTreeMap<String, toml::Value>, above_zero: bool) -> Vec<Money> {
        let mut prices = Vec::new();
        for (code, value) in raw {
            let place = format!("{place}.{code}");
            let parsed = code.parse::<Currency>().and_then(|currency| match value {
                toml::Value::String(digits) => Money::parse(digits, currency).map(Some),
                _ => Ok(None),
            });
            match parsed {
                Err(error) => self.note(&place, error.to_string()),
                Ok(None) => self.note(&place, format!("write the amount in quotes: {code} = \"{value}\"")),
                Ok(Some(price)) if price.is_negative() => self.note(&place, "a price cannot be negative"),
                Ok(Some(price)) if above_zero && !price.is_positive() => {
                    self.note(&place, "a monthly price is more than zero");
                }
                Ok(Some(price)) if prices.iter().any(|p: &Money| p.currency() == price.currency()) => {
                    self.note(&place, "this currency stands twice");
                }
                Ok(Some(price)) => prices.push(price),
            }
        }
        prices
    }

    fn require_margin(&mut self, place: &str, monthly: &[Money], costs: &[Money]) {
        for cost in costs {
            let price = monthly.iter().find(|price| price.currency() == cost.currency());
            if let Some(price) = price.filter(|price| price.micros() < cost.micros()) {
                let message = format!(
                    "{price} is below the cost of {cost}; if you mean it, add allow_below_cost = true"
                );
                self.note(place, message);
            }
        }
    }

    fn sid(&mut self, place: &str, key: &str, prefix: &str, sid: Option<&str>) {
        let digits = sid.map(|sid| sid.strip_prefix(prefix).unwrap_or_default());
        if digits.is_some_and(|d| d.len() != 32 || !d.bytes().all(|b| b.is_ascii_hexdigit())) {
            self.note(&format!("{place}.{key}"), format!("a SID is {prefix} and 32 hexadecimal digits"));
        }
    }

    fn note(&mut self, place: &str, message: impl Into<String>) {
        self.mistakes.push(mistake(place, message));
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn the_embedded_prices_are_good() {
        let book = PriceBook::embedded().unwrap();
        let offer = book.offer(Country::US, NumberType::Local, Currency::USD).unwrap();
        assert_eq!(offer.monthly.to_string(), "1.50 USD");
        assert_eq!(offer.charge.to_string(), "1.50 USD");
        assert_eq!(book.offers().len(), 9);
        let cost = |number_type| book.cost(Country::US, number_type, Currency::USD);
        assert_eq!(cost(NumberType::Local).unwrap().to_string(), "1.15 USD");
        assert_eq!(cost(NumberType::Mobile), None);
        assert!(book.offer(Country::US, NumberType::Local, Currency::INR).is_none());
    }

    #[test]
    fn another_country_is_an_edit_of_the_file() {
        let book = PriceBook::parse(
            "[IN.local]\nmonthly = { INR = \"250\" }\nsetup = { INR = \"99.5\" }\n\
             bundle_sid = \"BU00000000000000000000000000000001\"",
        )
        .unwrap();
        let india = "IN".parse().unwrap();
        assert_eq!(
            book.offer(india, NumberType::Local, Currency::INR).unwrap().charge.to_string(),
            "349.50 INR"
        );
        assert!(book.needs(india, NumberType::Local).bundle_sid.is_some());
    }

    #[rstest]
    #[case("[US.local]\nmonthly = { USD = \"1.00\" }\ncost = { USD = \"1.15\" }", "below the cost")]
    #[case("[US.local]\nmonthly = { USD = \"1.0000001\" }", "decimal places")]
    #[case("[US.local]\nmonthly = { USD = 1.5 }", "in quotes")]
    #[case("[US.local]\nmonthly = { USD = \"0\" }", "more than zero")]
    #[case("[US.local]\nmonthly = { USD = \"-1\" }", "negative")]
    #[case("[US.local]\nmonthly = { USA = \"1\" }", "currency")]
    #[case("[US.local]\nmonthly = { USD = \"1\" }\nmonhtly = 1", "unknown field")]
    #[case("[us.local]\nmonthly = { USD = \"1\" }", "capitals")]
    #[case("[US.vanity]\nmonthly = { USD = \"1\" }", "recorded")]
    #[case("[US.local]\nmonthly = { USD = \"1\" }\nbundle_sid = \"BU1\"", "32 hexadecimal")]
    #[case("[US.local]\nmonthly = { USD = \"1\" }\nsetup = { INR = \"1\" }", "no monthly price in INR")]
    #[case("[US.local]\nmonthly = { USD = \"1\", usd = \"2\" }", "currency stands twice")]
    #[case("[US.local]\nmonthly = { USD = \"9223372036854\" }\nsetup = { USD = \"1\" }", "too large")]
    #[case("[US.tollFree]\nmonthly = { USD = \"1\" }\n[US.toll_free]\nmonthly = { USD = \"1\" }", "twice")]
    #[case("", "no prices")]
    #[case("[US", "")]
    fn mistakes_are_named(#[case] text: &str, #[case] words: &str) {
        let error = PriceBook::parse(text).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }

    #[test]
    fn all_mistakes_are_named_at_once() {
        let error =
            PriceBook::parse("[XX.local]\nmonthly = {}\n[US.local]\nmonthly = { USD = \"x\", INR = 3 }");
        assert_eq!(error.unwrap_err().mistakes.len(), 3);
    }

    #[test]
    fn below_cost_can_be_meant() {
        let text = "[US.local]\nmonthly = { USD = \"1\" }\ncost = { USD = \"2\" }\nallow_below_cost = true";
        assert!(PriceBook::parse(text).is_ok());
    }
}
