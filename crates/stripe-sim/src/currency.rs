//! Stripe's currencies: all amounts are integers of the smallest unit, and how many of them make one of the currency
//! differs.

use crate::refusal::Refusal;

/// The smallest unit is the currency itself.
const ZERO_DECIMAL: &[&str] = &[
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf",
];
/// Thousandths, of which the last digit must be 0.
const THREE_DECIMAL: &[&str] = &["bhd", "jod", "kwd", "omr", "tnd"];
/// Hundredths on paper, whole units in fact: both decimals must be 0.
const WHOLE_HUNDREDTHS: &[&str] = &["isk", "ugx"];
/// At most eight digits.
const AMOUNT_MAX: i64 = 99_999_999;

/// What Stripe charges at least, where it says so in the currency itself.
const MINIMA: &[(&str, i64)] = &[
    ("usd", 50),
    ("aed", 200),
    ("aud", 50),
    ("brl", 50),
    ("cad", 50),
    ("chf", 50),
    ("czk", 1500),
    ("dkk", 250),
    ("eur", 50),
    ("gbp", 30),
    ("hkd", 400),
    ("huf", 17_500),
    ("inr", 50),
    ("jpy", 50),
    ("mxn", 1000),
    ("myr", 200),
    ("nok", 300),
    ("nzd", 50),
    ("pln", 200),
    ("ron", 200),
    ("sek", 300),
    ("sgd", 50),
    ("thb", 1000),
];

/// How many decimals an amount has on paper.
pub(crate) fn decimals(currency: &str) -> u32 {
    if ZERO_DECIMAL.contains(&currency) {
        0
    } else if THREE_DECIMAL.contains(&currency) {
        3
    } else {
        2
    }
}

/// The currency in lower case, if it has the shape of one.
pub(crate) fn read(text: &str, param: &str) -> Result<String, Refusal> {
    let lower = text.to_ascii_lowercase();
    if lower.len() == 3 && lower.bytes().all(|byte| byte.is_ascii_lowercase()) {
        Ok(lower)
    } else {
        let message = format!("Invalid currency: {text}. It must be a three-letter ISO code.");
        Err(Refusal::invalid(None, message).about(param))
    }
}

/// Refuses what Stripe would not charge.
pub(crate) fn check_charge(amount: i64, currency: &str, param: &str) -> Result<(), Refusal> {
    check_form(amount, currency, param)?;
    let least = MINIMA.iter().find(|(name, _)| *name == currency).map_or(1, |(_, least)| *least);
    if amount < least {
        let message = format!(
            "Amount must be at least {}; this is {}.",
            written(least, currency),
            written(amount, currency)
        );
        return Err(Refusal::invalid(Some("amount_too_small"), message).about(param));
    }
    Ok(())
}

/// Refuses what is no amount of the currency: too long, or with decimals that it must not have.
pub(crate) fn check_form(amount: i64, currency: &str, param: &str) -> Result<(), Refusal> {
    if amount < 0 {
        let message = "This value must be greater than or equal to 0.";
        return Err(Refusal::invalid(Some("parameter_invalid_integer"), message).about(param));
    }
    if amount > AMOUNT_MAX {
        let message = format!("Amount must be no more than {}.", written(AMOUNT_MAX, currency));
        return Err(Refusal::invalid(Some("amount_too_large"), message).about(param));
    }
    if THREE_DECIMAL.contains(&currency) && amount % 10 != 0 {
        let message = format!(
            "Invalid amount. The last digit of an amount in {} must be 0.",
            currency.to_ascii_uppercase()
        );
        return Err(Refusal::invalid(Some("invalid_charge_amount"), message).about(param));
    }
    if WHOLE_HUNDREDTHS.contains(&currency) && amount % 100 != 0 {
        let message = format!(
            "Invalid amount. Currency {} has become effectively zero-decimal and charged amounts must be evenly \
             divisible by 100.",
            currency.to_ascii_uppercase()
        );
        let code = Some("invalid_charge_amount_no_decimal_compatible");
        return Err(Refusal::invalid(code, message).about(param));
    }
    Ok(())
}

/// An amount for people, such as `25.00 USD`.
pub(crate) fn written(amount: i64, currency: &str) -> String {
    let name = currency.to_ascii_uppercase();
    match decimals(currency) {
        0 => format!("{amount} {name}"),
        decimals => {
            let unit = 10_i64.pow(decimals);
            let width = usize::try_from(decimals).unwrap_or(2);
            format!("{}.{:0width$} {name}", amount / unit, amount % unit)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_what_stripe_takes() {
        let table = [
            (2500, "usd", true),
            (49, "usd", false),
            (50, "usd", true),
            (99_999_999, "usd", true),
            (100_000_000, "usd", false),
            (-1, "usd", false),
            (50, "jpy", true),
            (49, "jpy", false),
            (5120, "kwd", true),
            (5124, "kwd", false),
            (500, "isk", true),
            (510, "isk", false),
            (100, "ugx", true),
            (101, "ugx", false),
            (50, "inr", true),
        ];
        for (amount, currency, accepted) in table {
            assert_eq!(check_charge(amount, currency, "amount").is_ok(), accepted, "{amount} {currency}");
        }
    }

    #[test]
    fn amounts_are_written_with_their_decimals() {
        assert_eq!(written(2500, "usd"), "25.00 USD");
        assert_eq!(written(2505, "jpy"), "2505 JPY");
        assert_eq!(written(5120, "kwd"), "5.120 KWD");
        assert!(read("dollars", "currency").is_err());
        assert_eq!(read("USD", "currency").unwrap(), "usd");
    }
}
