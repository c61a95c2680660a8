//! What somebody types to find a number again: some of its digits, or a part of its display name.
//!
//! *Invariant*: what is found is decided here, so that both engines only compare: the digits with those of the E.164 form, the
//! text with the display name in which the letters A to Z are small. Other letters are compared as they are.

use std::str::FromStr;

/// The longest text that is searched for, in characters: that of a display name.
const MAX_CHARS: usize = trunkline_domain::DISPLAY_NAME_MAX;

/// What to find: numbers whose name contains the text, or whose digits contain the digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberSearch {
    text: String,
    digits: Option<String>,
}

/// Text that nothing can be found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is a part of a number or of a display name, of 1 to {MAX_CHARS} characters")]
pub struct NumberSearchError;

impl NumberSearch {
    /// A part of the display name, its letters A to Z small.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A part of the number's digits, where nothing but a number can be meant.
    pub fn digits(&self) -> Option<&str> {
        self.digits.as_deref()
    }
}

impl FromStr for NumberSearch {
    type Err = NumberSearchError;

    /// Reads `(415) 555`, `+44 20`, `020 7946` and the like as digits; the zeros in front are how a country is left out, and no
    /// part of E.164.
    fn from_str(text: &str) -> Result<Self, NumberSearchError> {
        let text = text.trim();
        if !(1..=MAX_CHARS).contains(&text.chars().count()) || text.chars().any(char::is_control) {
            return Err(NumberSearchError);
        }
        let is_number = text.chars().all(|c| c.is_ascii_digit() || "+-()./ \u{a0}".contains(c));
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let digits = digits.trim_start_matches('0');
        let digits = (is_number && !digits.is_empty()).then(|| digits.to_owned());
        Ok(Self { text: text.to_ascii_lowercase(), digits })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("(415) 555-01", Some("41555501"))]
    #[case("+44\u{a0}20", Some("4420"))]
    #[case("020 7946", Some("207946"))]
    #[case("0044 20", Some("4420"))]
    #[case("0", None)]
    #[case("Desk 2", None)]
    #[case("+", None)]
    fn what_can_only_be_a_number_is_searched_by_its_digits(#[case] text: &str, #[case] digits: Option<&str>) {
        assert_eq!(text.parse::<NumberSearch>().unwrap().digits(), digits);
    }

    #[test]
    fn names_are_searched_in_small_letters() {
        assert_eq!("  Front DESK Ä ".parse::<NumberSearch>().unwrap().text(), "front desk Ä");
        for bad in ["", "  ", "a\u{7}b", &"n".repeat(MAX_CHARS + 1)] {
            assert_eq!(bad.parse::<NumberSearch>(), Err(NumberSearchError), "{bad:?}");
        }
    }
}
