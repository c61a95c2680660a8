//! Searching, with our prices joined to what the provider finds.

use trunkline_domain::{Country, Currency, NumberType};
use trunkline_provider::{ProviderError, Refusal, SearchQuery};

use crate::engine::Engine;
use crate::{PricedNumber, SearchCommand, SearchError};

impl Engine {
    pub(crate) async fn search(&self, command: SearchCommand) -> Result<Vec<PricedNumber>, SearchError> {
        let SearchCommand { query, currency } = command;
        let book = self.parts.prices.current();
        let offer = book.offer(query.country, query.number_type, currency);
        let Some(offer) = offer else { return Err(unpriced(&query, currency)) };
        let found = match self.parts.provider.search(&query).await {
            Ok(found) => found,
            Err(error) => return Err(self.explain(error, &query).await),
        };
        let on_file = book.needs(query.country, query.number_type);
        let priced = |number| PricedNumber {
            number,
            monthly: offer.monthly,
            setup: offer.setup,
            on_file: on_file.clone(),
        };
        Ok(found.into_iter().take(usize::from(query.limit)).map(priced).collect())
    }

    async fn explain(&self, error: ProviderError, query: &SearchQuery) -> SearchError {
        match error {
            ProviderError::Refused { reason: Refusal::TypeNotOffered, .. } => SearchError::TypeUnsupported {
                country: query.country,
                number_type: query.number_type,
                supported: self.supported_types(query.country).await,
            },
            ProviderError::Refused { reason: Refusal::Filter { field, message }, .. } => {
                SearchError::Filter { field, message }
            }
            other => SearchError::Provider(other),
        }
    }

    /// The types that the provider has in the country and that have a price. Empty where the provider does not say.
    pub(crate) async fn supported_types(&self, country: Country) -> Vec<NumberType> {
        let offered = self.parts.provider.types_offered(country).await.unwrap_or_default();
        let book = self.parts.prices.current();
        offered.into_iter().filter(|&number_type| book.has_price(country, number_type)).collect()
    }
}

fn unpriced(query: &SearchQuery, currency: Currency) -> SearchError {
    SearchError::PricingUnavailable { country: query.country, number_type: query.number_type, currency }
}
