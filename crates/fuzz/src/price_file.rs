//! The operator's price file: a book whose every price is in range and on offer, or an error that says where.

use std::collections::HashSet;

use trunkline_domain::{Money, PriceBook, propose_prices};

/// The input is the text of a price file.
pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    match PriceBook::parse(&text) {
        Ok(book) => {
            every_price_is_on_offer(&text, &book);
            a_proposal_of_it_is_a_price_file(&book);
        }
        Err(error) => {
            assert!(!error.mistakes.is_empty(), "refused for nothing");
            for mistake in &error.mistakes {
                assert!(!mistake.message.is_empty(), "a mistake without words at {:?}", mistake.place);
            }
        }
    }
}

fn every_price_is_on_offer(text: &str, book: &PriceBook) {
    let mut offered = HashSet::new();
    for offer in book.offers() {
        let currency = offer.monthly.currency();
        assert!(offer.monthly.is_positive() && !offer.setup.is_negative(), "{offer:?}");
        assert_eq!(offer.monthly.checked_add(offer.setup), Ok(offer.charge), "{offer:?}");
        assert!(offered.insert((offer.country, offer.number_type, currency)), "twice: {offer:?}");
        assert_eq!(book.offer(offer.country, offer.number_type, currency).as_ref(), Some(&offer));
        assert!(book.has_price(offer.country, offer.number_type));
    }
    let file: toml::Table = text.parse().expect("a price file is TOML");
    let types = file.values().filter_map(toml::Value::as_table).flat_map(toml::Table::values);
    let prices = types.filter_map(|entry| entry.get("monthly")?.as_table()).map(toml::Table::len);
    assert_eq!(offered.len(), prices.sum::<usize>(), "a price that stands in the file is not on offer");
}

fn a_proposal_of_it_is_a_price_file(book: &PriceBook) {
    let mark_up = "30%".parse().expect("a mark-up");
    let Ok(proposed) = propose_prices(&[], mark_up, book) else { return };
    let again = PriceBook::parse(&proposed).unwrap_or_else(|error| panic!("{error}\n\n{proposed}"));
    let monthly =
        |book: &PriceBook| -> Vec<Money> { book.offers().iter().map(|offer| offer.charge).collect() };
    let (mut before, mut after) = (monthly(book), monthly(&again));
    before.sort_by_key(|money| (money.currency().code(), money.micros()));
    after.sort_by_key(|money| (money.currency().code(), money.micros()));
    assert_eq!(before, after, "prices that nobody changed are others in a proposal");
}
