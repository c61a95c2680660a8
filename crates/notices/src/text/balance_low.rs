//! The words of a balance that has fallen below a threshold.

use chrono::{DateTime, Utc};
use trunkline_domain::Money;

use super::{Words, moment};

pub(super) fn words(available: Money, threshold: Money, at: DateTime<Utc>) -> Words {
    let now = if available.micros() < threshold.micros() {
        format!("Your balance has fallen below {threshold}. On {} you could spend {available}.", moment(at))
    } else {
        format!(
            "Your balance had fallen below {threshold}, and money has come in since. On {} you could spend {available}.",
            moment(at)
        )
    };
    Words {
        subject: format!("Your balance fell below {threshold}"),
        paragraphs: vec![
            now,
            "Money that is held for purchases under way is not counted. A purchase that costs more than you can spend is \
             refused; the numbers that you have are not touched by this message."
                .to_owned(),
            format!("You are told once each time your balance falls below {threshold}."),
        ],
    }
}

#[cfg(test)]
mod tests {
    use trunkline_domain::Currency;

    use super::*;

    fn said(available: &str) -> String {
        let usd = |text| Money::parse(text, Currency::USD).unwrap();
        let at = DateTime::from_timestamp(1_780_000_000, 0).unwrap();
        words(usd(available), usd("5"), at).render().unwrap().text
    }

    #[test]
    fn the_customer_reads_what_is_left_and_as_of_when() {
        let low = said("3.20");
        assert!(low.starts_with("Your balance has fallen below 5.00 USD. On 28 May 2026, "), "{low}");
        assert!(low.contains("you could spend 3.20 USD."), "{low}");
    }

    #[test]
    fn a_balance_that_has_recovered_is_not_called_low() {
        let recovered = said("25");
        assert!(recovered.contains("had fallen below 5.00 USD, and money has come in since"), "{recovered}");
    }
}
