//! The words of an automatic top-up that is off because its payment method was declined.

use trunkline_domain::Money;

use super::Words;

pub(super) fn words(amount: Money, method: &str, declines: u32) -> Words {
    Words {
        subject: "Your automatic top-up is off".to_owned(),
        paragraphs: vec![
            format!(
                "Your payment method {method} was declined {declines} times in a row when {amount} was to be charged, so your \
                 automatic top-up is off. Nothing was charged by the attempts that were declined, and nothing more is charged \
                 by itself."
            ),
            "Your balance and your numbers are not touched by this message. You can add funds yourself, save another payment \
             method, or switch the automatic top-up on again."
                .to_owned(),
        ],
    }
}

#[cfg(test)]
mod tests {
    use trunkline_domain::Currency;

    use super::*;

    #[test]
    fn the_customer_reads_which_method_and_that_nothing_was_charged() {
        let amount = Money::parse("25", Currency::USD).unwrap();
        let text = words(amount, "visa •••• 0002", 3).render().unwrap().text;
        assert!(
            text.starts_with("Your payment method visa •••• 0002 was declined 3 times in a row"),
            "{text}"
        );
        assert!(
            text.contains("when 25.00 USD was to be charged") && text.contains("Nothing was charged"),
            "{text}"
        );
    }
}
