//! What exactly is being bought and at what price: derived from the number, checked against what the client believes.

use trunkline_domain::{Country, Currency, NumberType, Offer, PhoneNumber, PriceBook, ProvisioningNeeds};
use trunkline_provider::ProviderNumber;

use crate::{NumberDecisionError, PurchaseCommand, PurchaseError};

/// What a purchase will buy and take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Quote {
    pub offer: Offer,
    pub needs: ProvisioningNeeds,
}

/// Derives country, type and price of a purchase. Refuses a command that contradicts its number, before anything is
/// held or sent.
pub(crate) fn quote(command: &PurchaseCommand, book: &PriceBook) -> Result<Quote, PurchaseError> {
    let number_type = number_type_of(&command.phone_number, command.number_type)?;
    let country = country_of(&command.phone_number, number_type, command.country)?;
    let currency = command.currency;
    let offer = book.offer(country, number_type, currency);
    let offer = offer.ok_or(PurchaseError::PricingUnavailable { country, number_type, currency })?;
    if let Some(max) = command.max_amount {
        let dearer =
            max.is_less_than(offer.charge).map_err(|error| contradiction("maxAmount", error.to_string()))?;
        if dearer {
            return Err(PurchaseError::PriceChanged { charge: offer.charge, max });
        }
    }
    Ok(Quote { offer, needs: book.needs(country, number_type) })
}

/// The type that the numbering plan tells, else what the client says, else local. The plan knows every toll-free
/// number; where it says nothing of mobile, as in countries whose numbers do not tell, the provider has the last word.
fn number_type_of(number: &PhoneNumber, believed: Option<NumberType>) -> Result<NumberType, Contradiction> {
    match (number.plan_type(), believed) {
        (Some(planned), Some(believed)) if planned != believed => {
            Err(contradiction("numberType", format!("{number} is a {planned} number, not {believed}")))
        }
        (Some(planned), _) => Ok(planned),
        (None, Some(NumberType::TollFree)) => {
            Err(contradiction("numberType", format!("{number} is not a toll_free number")))
        }
        (None, Some(believed)) => Ok(believed),
        (None, None) => Ok(NumberType::Local),
    }
}

/// What a number that the account holds takes, were it bought now. The provider's own word on its type counts, then the
/// numbering plan's.
pub(crate) fn quote_held(
    found: &ProviderNumber,
    believed: Option<Country>,
    currency: Currency,
    book: &PriceBook,
) -> Result<Offer, NumberDecisionError> {
    let planned = || found.phone_number.plan_type().unwrap_or(NumberType::Local);
    let number_type = found.number_type.unwrap_or_else(planned);
    let country = country_of(&found.phone_number, number_type, believed)
        .map_err(|Contradiction { field, message }| NumberDecisionError::Validation { field, message })?;
    let offer = book.offer(country, number_type, currency);
    offer.ok_or(NumberDecisionError::PricingUnavailable { country, number_type, currency })
}

/// The country that the number is in; for the toll-free ranges that the United States and Canada share, the one that
/// the client names.
fn country_of(
    number: &PhoneNumber,
    number_type: NumberType,
    believed: Option<Country>,
) -> Result<Country, Contradiction> {
    let derived = number.country();
    let shared = number.is_nanp() && number_type == NumberType::TollFree;
    match (derived, believed) {
        (_, Some(country)) if shared && country.has_area_codes() => Ok(country),
        (Some(derived), Some(believed)) if derived != believed => {
            Err(contradiction("countryCode", format!("{number} is a number of {derived}, not of {believed}")))
        }
        (Some(derived), _) => Ok(derived),
        (None, _) => Err(contradiction("phoneNumber", format!("{number} is in no country's numbering plan"))),
    }
}

/// What does not go together.
struct Contradiction {
    field: &'static str,
    message: String,
}

impl From<Contradiction> for PurchaseError {
    fn from(Contradiction { field, message }: Contradiction) -> Self {
        Self::Validation { field, message }
    }
}

const fn contradiction(field: &'static str, message: String) -> Contradiction {
    Contradiction { field, message }
}

#[cfg(test)]
mod tests {
    use trunkline_domain::{Currency, Money};

    use super::*;
    use crate::sample;

    fn command(number: &str, country: Option<&str>, number_type: Option<NumberType>) -> PurchaseCommand {
        PurchaseCommand {
            phone_number: number.parse().unwrap(),
            country: country.map(|c| c.parse().unwrap()),
            number_type,
            ..sample::purchase_command()
        }
    }

    fn quoted(
        number: &str,
        country: Option<&str>,
        number_type: Option<NumberType>,
    ) -> Option<(String, NumberType)> {
        let book = PriceBook::embedded().unwrap();
        let quote = quote(&command(number, country, number_type), &book).ok()?;
        Some((quote.offer.country.to_string(), quote.offer.number_type))
    }

    #[test]
    fn the_number_says_what_it_is_and_contradictions_are_refused() {
        use NumberType::{Local, Mobile, TollFree};
        let found = |country: &str, number_type| Some((country.to_owned(), number_type));
        assert_eq!(quoted("+14152300101", None, None), found("US", Local));
        assert_eq!(quoted("+14152300101", Some("US"), Some(Local)), found("US", Local));
        assert_eq!(quoted("+14152300101", Some("CA"), None), None);
        assert_eq!(quoted("+14152300101", None, Some(TollFree)), None);
        assert_eq!(quoted("+18332300101", None, None), found("US", TollFree));
        assert_eq!(quoted("+18332300101", Some("CA"), None), found("CA", TollFree));
        assert_eq!(quoted("+18332300101", Some("GB"), None), None);
        assert_eq!(quoted("+18332300101", None, Some(Local)), None);
        assert_eq!(quoted("+447400123456", None, None), found("GB", Mobile));
        assert_eq!(quoted("+447400123456", None, Some(Local)), None);
        assert_eq!(quoted("+442079460018", None, Some(Mobile)), found("GB", Mobile), "the provider decides");
    }

    #[test]
    fn no_price_and_a_dearer_price_are_told() {
        let book = PriceBook::embedded().unwrap();
        let rupees = PurchaseCommand { currency: Currency::INR, ..command("+14152300101", None, None) };
        assert!(matches!(quote(&rupees, &book), Err(PurchaseError::PricingUnavailable { .. })));
        let cheap = Money::parse("1.49", Currency::USD).unwrap();
        let shown = PurchaseCommand { max_amount: Some(cheap), ..command("+14152300101", None, None) };
        assert!(matches!(quote(&shown, &book), Err(PurchaseError::PriceChanged { .. })));
        let exact = Money::parse("1.50", Currency::USD).unwrap();
        let shown = PurchaseCommand { max_amount: Some(exact), ..command("+14152300101", None, None) };
        assert!(quote(&shown, &book).is_ok());
    }
}
