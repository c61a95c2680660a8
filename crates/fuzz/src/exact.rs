//! A decimal number as its digits, reckoned on text alone: what money is compared with, so that no arithmetic of the
//! product judges itself.

/// A number as ±`digits` × 10^`exponent`, its digits without zeros at either end. Nothing at all is `""` × 10⁰.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exact {
    is_negative: bool,
    digits: String,
    exponent: i64,
}

impl Exact {
    /// Reads `-12.50`, `1e3` and the like; `_` between digits is what decimals are read with, too.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let (is_negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let plain = |part: &str| part.replace('_', "");
        let (whole, fraction) = (plain(whole), plain(fraction));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || !all.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let exponent = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
        let significant = all.trim_start_matches('0');
        let digits = significant.trim_end_matches('0');
        if digits.is_empty() {
            return Some(Self { is_negative: false, digits: String::new(), exponent: 0 });
        }
        let zeros = i64::try_from(significant.len() - digits.len()).ok()?;
        Some(Self { is_negative, digits: digits.to_owned(), exponent: exponent.checked_add(zeros)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_its_digits_however_it_is_written() {
        for (one, other) in [("1.50", "15e-1"), ("-0", "0.00"), ("1000", "1e3"), ("+0.010", "1E-2")] {
            assert_eq!(Exact::of(one).unwrap(), Exact::of(other).unwrap(), "{one} and {other}");
        }
        assert_ne!(Exact::of("0.1"), Exact::of("0.10000000000000001"));
        assert_ne!(Exact::of("1"), Exact::of("-1"));
        for none in ["", ".", "e1", "1e", "0x1", "NaN"] {
            assert_eq!(Exact::of(none), None, "{none}");
        }
    }
}
