//! What the provider asks for a month of each kind of number, read once for each country.

use std::collections::HashMap;

use trunkline_domain::{Country, Money, NumberCost, NumberKind, OwnedNumber};
use trunkline_provider::{ProviderAccount, ProviderError};

use super::finding::{BookedNumber, Finding};

/// The costs of the countries that were asked for so far; `None` where the provider did not say.
pub(crate) struct Costs<'a> {
    account: &'a dyn ProviderAccount,
    known: HashMap<Country, Option<Vec<NumberCost>>>,
}

impl<'a> Costs<'a> {
    pub(crate) fn of(account: &'a dyn ProviderAccount) -> Self {
        Self { account, known: HashMap::new() }
    }

    /// The finding, where a live number costs the operator more than its customer pays. Only amounts of one currency
    /// are compared.
    pub(super) async fn judge(&mut self, row: &OwnedNumber) -> Option<Finding> {
        let booked = BookedNumber::of(row).filter(|_| row.status.is_live())?;
        let cost = self.monthly(row.country, row.kind).await?;
        let price = row.monthly_cost;
        is_under(price, cost).then_some(Finding::PriceUnderCost { booked, price, cost })
    }

    /// What the provider asks for a month of a kind of number, where it says so.
    pub(crate) async fn monthly(&mut self, country: Country, kind: NumberKind) -> Option<Money> {
        let costs = self.in_country(country).await?;
        Some(costs.iter().find(|cost| NumberKind::from(cost.number_type) == kind)?.monthly)
    }

    /// The countries whose costs the provider did not say.
    pub(super) fn unknown(&self) -> Vec<Country> {
        let mut unknown: Vec<_> =
            self.known.iter().filter(|(_, costs)| costs.is_none()).map(|(country, _)| *country).collect();
        unknown.sort_by_key(ToString::to_string);
        unknown
    }

    async fn in_country(&mut self, country: Country) -> Option<&[NumberCost]> {
        if !self.known.contains_key(&country) {
            let costs = self.account.number_costs(country).await.inspect_err(|error| match error {
                // Who embeds this may have no account's face; then no price is ever compared.
                ProviderError::NotConfigured => {}
                ProviderError::Refused { .. }
                | ProviderError::Unavailable { .. }
                | ProviderError::Unauthorized { .. }
                | ProviderError::OutcomeUnknown { .. } => {
                    let error = error as &dyn std::error::Error;
                    tracing::warn!(%country, error, "the provider does not say what numbers cost");
                }
            });
            self.known.insert(country, costs.ok());
        }
        self.known.get(&country)?.as_deref()
    }
}

fn is_under(price: Money, cost: Money) -> bool {
    price.currency() == cost.currency() && price.micros() < cost.micros()
}
