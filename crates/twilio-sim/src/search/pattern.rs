//! Patterns over the digits of a phone number, as in the search's `Contains` and the list's `PhoneNumber`.
//!
//! Digits and letters (as on a keypad) stand for themselves, `*` for any one digit, `%` for any run of digits;
//! `+` at the start ties the pattern to the country code and `$` at its end to the last digit. Twilio's pages
//! differ on whether wildcards may stand between digits: here they may.

/// How long a `Contains` may be.
const CONTAINS_LENGTH: std::ops::RangeInclusive<usize> = 2..=16;
/// How many digits a `Contains` with wildcards must have.
const CONTAINS_PLAIN_MIN: usize = 2;
/// A list filter is matched against at most this much text.
const PARTIAL_LENGTH_MAX: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Digit(u8),
    One,
    Run,
}

/// A pattern that was read once and is matched against many numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NumberPattern {
    tokens: Vec<Token>,
    from_start: bool,
    to_end: bool,
}

/// The text is no pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InvalidPattern;

impl NumberPattern {
    /// Reads the search's `Contains`.
    pub(crate) fn contains(text: &str) -> Result<Self, InvalidPattern> {
        if !CONTAINS_LENGTH.contains(&text.chars().count()) {
            return Err(InvalidPattern);
        }
        let pattern = Self::read(text)?;
        let plain = pattern.tokens.iter().filter(|token| matches!(token, Token::Digit(_))).count();
        if plain < pattern.tokens.len() && plain < CONTAINS_PLAIN_MIN {
            return Err(InvalidPattern);
        }
        Ok(pattern)
    }

    /// Reads the list's `PhoneNumber`: part of a number, with the marks that people write between digits.
    pub(crate) fn partial(text: &str) -> Result<Self, InvalidPattern> {
        if text.len() > PARTIAL_LENGTH_MAX {
            return Err(InvalidPattern);
        }
        let bare: String = text.chars().filter(|mark| !matches!(mark, ' ' | '-' | '(' | ')' | '.')).collect();
        Self::read(&bare)
    }

    fn read(text: &str) -> Result<Self, InvalidPattern> {
        let (from_start, text) = text.strip_prefix('+').map_or((false, text), |rest| (true, rest));
        let (to_end, text) = text.strip_suffix('$').map_or((false, text), |rest| (true, rest));
        let tokens = text.bytes().map(token).collect::<Option<Vec<_>>>().ok_or(InvalidPattern)?;
        Ok(Self { tokens, from_start, to_end })
    }

    /// Whether an E.164 number, with its plus, fits.
    pub(crate) fn matches(&self, phone_number: &str) -> bool {
        let digits = phone_number.strip_prefix('+').unwrap_or(phone_number).as_bytes();
        let mut start = Some(digits);
        while let Some(here) = start {
            if fits(&self.tokens, here, self.to_end) {
                return true;
            }
            start = if self.from_start { None } else { here.split_first().map(|(_, rest)| rest) };
        }
        false
    }
}

/// Whether the digits begin with the tokens, and end with them too if asked.
fn fits(tokens: &[Token], digits: &[u8], to_end: bool) -> bool {
    let Some((token, tokens)) = tokens.split_first() else {
        return !to_end || digits.is_empty();
    };
    match (token, digits.split_first()) {
        // The run swallows no digit, or one, or more. A number has at most 15, so the depth is bounded.
        (Token::Run, _) => {
            std::iter::successors(Some(digits), |digits| digits.split_first().map(|(_, rest)| rest))
                .any(|rest| fits(tokens, rest, to_end))
        }
        (_, None) => false,
        (Token::One, Some((_, rest))) => fits(tokens, rest, to_end),
        (Token::Digit(wanted), Some((digit, rest))) => wanted == digit && fits(tokens, rest, to_end),
    }
}

fn token(byte: u8) -> Option<Token> {
    let digit = match byte.to_ascii_uppercase() {
        digit @ b'0'..=b'9' => digit,
        b'A'..=b'C' => b'2',
        b'D'..=b'F' => b'3',
        b'G'..=b'I' => b'4',
        b'J'..=b'L' => b'5',
        b'M'..=b'O' => b'6',
        b'P'..=b'S' => b'7',
        b'T'..=b'V' => b'8',
        b'W'..=b'Z' => b'9',
        b'*' => return Some(Token::One),
        b'%' => return Some(Token::Run),
        _ => return None,
    };
    Some(Token::Digit(digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBER: &str = "+14152345678";

    #[test]
    fn patterns_match_as_documented() {
        let table = [
            ("415", true),
            ("5678", true),
            ("+1415", true),
            ("+415", false),
            ("5678$", true),
            ("567$", false),
            ("415*******", true),
            ("415****5678", false),
            ("415***5678", true),
            ("415%78$", true),
            ("%5678", true),
            ("+1%78$", true),
            ("23GJKM", false),
            ("2D45", true),
            ("999", false),
        ];
        for (text, expected) in table {
            let pattern = NumberPattern::contains(text).unwrap();
            assert_eq!(pattern.matches(NUMBER), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in ["", "4", "12345678901234567", "41+5", "4$15", "4*", "**", "41 5", "4é"] {
            assert_eq!(NumberPattern::contains(text), Err(InvalidPattern), "{text}");
        }
    }

    #[test]
    fn a_list_filter_may_be_any_part_of_a_number() {
        for (text, expected) in [
            ("+14152345678", true),
            (" 14152345678", true),
            ("(415) 234-5678", true),
            ("415234****", true),
            ("", true),
            ("+1415", true),
            ("+2415", false),
        ] {
            assert_eq!(NumberPattern::partial(text).unwrap().matches(NUMBER), expected, "{text}");
        }
        assert_eq!(NumberPattern::partial("four!"), Err(InvalidPattern));
    }
}
