//! How amounts and times are written: numbers as the visitor's language does, with the currency's letters; times in the zone of the
//! business, or UTC, always saying which.

use std::fmt;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use fixed_decimal::Decimal;
use icu_decimal::DecimalFormatter;
use icu_decimal::options::DecimalFormatterOptions;
use icu_locale_core::Locale;
use trunkline_domain::{Currency, Money, PhoneNumber};

/// How a visitor writes numbers and times. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Formats {
    numbers: Option<std::sync::Arc<DecimalFormatter>>,
    zone: Tz,
}

impl fmt::Debug for Formats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Formats").field("zone", &self.zone).finish_non_exhaustive()
    }
}

impl Formats {
    /// By what `Accept-Language` says; English where that cannot be read.
    pub(crate) fn of(languages: &str) -> Self {
        let first = languages.split(',').next().unwrap_or_default();
        let tag = first.split(';').next().unwrap_or_default().trim();
        let locale = Locale::try_from_str(tag).unwrap_or(icu_locale_core::locale!("en"));
        let numbers = DecimalFormatter::try_new((&locale).into(), DecimalFormatterOptions::default());
        Self { numbers: numbers.ok().map(std::sync::Arc::new), zone: Tz::UTC }
    }

    /// The same, with times in another zone.
    pub(crate) fn in_zone(&self, zone: Option<&str>) -> Self {
        let zone = zone.and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC);
        Self { zone, ..self.clone() }
    }

    /// An amount with its currency, at least to the currency's own places: `1,234.50 USD`.
    pub(crate) fn money(&self, money: Money) -> String {
        format!("{}\u{a0}{}", self.digits(&plain(money)), money.currency().code())
    }

    /// A whole number.
    pub(crate) fn count(&self, count: u64) -> String {
        self.digits(&count.to_string())
    }

    fn digits(&self, plain: &str) -> String {
        match (&self.numbers, Decimal::try_from_str(plain)) {
            (Some(numbers), Ok(decimal)) => numbers.format(&decimal).to_string(),
            (_, _) => plain.to_owned(),
        }
    }

    /// A day: `28 Nov 2026`.
    pub(crate) fn day(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone).format("%-d %b %Y").to_string()
    }

    /// A moment, with its zone: `28 Nov 2026, 17:05 UTC`.
    pub(crate) fn moment(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone).format("%-d %b %Y, %H:%M %Z").to_string()
    }

    /// A moment to the second, where the order of things counts: `28 Nov 2026, 17:05:09 UTC`.
    pub(crate) fn instant(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone).format("%-d %b %Y, %H:%M:%S %Z").to_string()
    }
}

/// A name of the API's as people write it: `displayName` is "Display name", and `ledger_unbalanced` "Ledger unbalanced".
pub(crate) fn in_words(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        match letter {
            letter if words.is_empty() => words.push(letter.to_ascii_uppercase()),
            letter if letter.is_ascii_uppercase() => words.extend([' ', letter.to_ascii_lowercase()]),
            '_' | '-' => words.push(' '),
            letter => words.push(letter),
        }
    }
    words
}

/// A phone number as people read it: `+1 415 555 0100`. What is none stays as it is.
pub(crate) fn phone_number(text: &str) -> String {
    PhoneNumber::from_stored(text).map_or_else(|_| text.to_owned(), |number| number.readable())
}

/// The amount's digits, with a point and at least the currency's places.
pub(crate) fn plain(money: Money) -> String {
    money.amount().to_string()
}

/// Reads an amount as people type it into a form, where a point or a comma may stand before the cents. What one reader takes for a
/// thousand and another for one is no amount.
pub(crate) fn typed(text: &str, currency: Currency) -> Option<Money> {
    if is_ambiguous(text, currency) {
        return None;
    }
    let text = without_spaces(text);
    let text = match (text.contains('.'), text.rsplit_once(',')) {
        (false, Some((whole, cents))) if cents.len() <= 2 && !whole.contains(',') => {
            format!("{whole}.{cents}")
        }
        _ => without_groups(&text).unwrap_or(text),
    };
    Money::parse(&text, currency).ok()
}

/// `1,234.50` and `1.234,50` as `1234.50`: where both signs stand, the last one is before the cents.
fn without_groups(text: &str) -> Option<String> {
    let (whole, cents) = text.rsplit_once(['.', ','])?;
    let group = if text[whole.len()..].starts_with('.') { ',' } else { '.' };
    let mut groups = whole.split(group);
    let first = groups.next()?;
    let others: Vec<&str> = groups.collect();
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let are_groups =
        !others.is_empty() && others.iter().all(|part| matches!(part.len(), 2 | 3) && are_digits(part));
    (are_groups && first.len() <= 3 && are_digits(first) && are_digits(cents))
        .then(|| format!("{first}{}.{cents}", others.concat()))
}

/// Whether it is written as `1.000`, in a currency without thousandths.
pub(crate) fn is_ambiguous(text: &str, currency: Currency) -> bool {
    let text = without_spaces(text);
    let Some((whole, rest)) = text.split_once(['.', ',']) else { return false };
    let are_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    currency.exponent() < 3
        && (1..=3).contains(&whole.len())
        && rest.len() == 3
        && are_digits(whole)
        && are_digits(rest)
        && !whole.starts_with('0')
}

fn without_spaces(text: &str) -> String {
    text.trim().replace([' ', '\u{a0}', '\u{202f}', '\'', '’'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(text: &str) -> Money {
        Money::parse(text, Currency::USD).unwrap()
    }

    #[test]
    fn amounts_are_written_as_their_reader_writes_them() {
        for (languages, written) in [
            ("en-US,en;q=0.5", "1,234,567.50\u{a0}USD"),
            ("de", "1.234.567,50\u{a0}USD"),
            ("en-IN", "12,34,567.50\u{a0}USD"),
            ("", "1,234,567.50\u{a0}USD"),
            ("???", "1,234,567.50\u{a0}USD"),
        ] {
            assert_eq!(Formats::of(languages).money(usd("1234567.5")), written, "{languages}");
        }
        assert_eq!(Formats::of("en").money(usd("-0.0065")), "-0.0065\u{a0}USD");
    }

    #[test]
    fn times_are_in_the_zone_of_the_business() {
        let at = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let formats = Formats::of("en");
        assert_eq!(formats.moment(at), "21 Sep 2026, 14:13 UTC");
        assert_eq!(formats.instant(at), "21 Sep 2026, 14:13:20 UTC");
        assert_eq!(formats.in_zone(Some("America/New_York")).moment(at), "21 Sep 2026, 10:13 EDT");
        assert_eq!(formats.in_zone(Some("Nowhere/At_All")).day(at), "21 Sep 2026");
    }

    #[test]
    fn what_people_type_is_read_exactly_or_not_at_all() {
        for (text, amount) in [("25", "25"), (" 25.50 ", "25.50"), ("25,50", "25.50"), ("1 000", "1000")] {
            assert_eq!(typed(text, Currency::USD), Some(usd(amount)), "{text}");
        }
        for text in ["", "ten", "1,000", "1.000", "25.000", "1.2.3"] {
            assert_eq!(typed(text, Currency::USD), None, "{text}");
        }
        // No groups of three: so many of the smallest parts, or of what has such parts.
        for text in ["0.500", "1000.000", "1.0005"] {
            assert_eq!(typed(text, Currency::USD), Some(usd(text)), "{text}");
        }
        let dinars = "KWD".parse().unwrap();
        assert_eq!(typed("5.000", dinars), Some(Money::parse("5", dinars).unwrap()));
    }

    #[test]
    fn names_are_written_as_people_do() {
        let names = ["displayName", "ledger_unbalanced", "way", ""].map(in_words);
        assert_eq!(names, ["Display name", "Ledger unbalanced", "Way", ""]);
    }

    #[test]
    fn amounts_are_read_as_pages_write_them() {
        for text in ["1,234.50", "1.234,50", "1'234.50", "1’234,50", "1\u{202f}234,50", "1234.5"] {
            assert_eq!(typed(text, Currency::USD), Some(usd("1234.50")), "{text}");
        }
        assert_eq!(typed("12,34,567.50", Currency::USD), Some(usd("1234567.50")));
        for text in ["1,23.4,5", "1.2.3", ",5.0", "1,234", "1,234.", "a,bcd.50"] {
            assert_eq!(typed(text, Currency::USD), None, "{text}");
        }
    }
}
