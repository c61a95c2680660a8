//! Taking a number that the account holds, and nobody here has, into a user's possession.
//!
//! Evidence first, a direct question by the number's id; then one transaction, in which the books decide whether it is
//! free; then its name and addresses at the provider. A crash between the last two leaves a number that is adopted and
//! drifted: adopting it again finds it so and sets them. A number that an order has paid for, and whose row is gone, is
//! not charged again: see `restoration`.

use trunkline_alarms::Alarm;
use trunkline_domain::{DisplayName, Money, OrderId, OwnedNumber, ProviderIdentity};
use trunkline_provider::{NumberSettings, ProviderError, ProviderNumber};

use super::changes::{self, Adopted};
use super::command::AdoptCommand;
use super::error::NumberDecisionError;
use super::restoration::has_paid_for;
use crate::Marker;
use crate::engine::{Engine, stored};
use crate::port::{AdoptAnswer, NumberName, Scope};
use crate::purchase::quote_held;

/// A number that is a user's from now on.
#[derive(Debug)]
pub struct AdoptedNumber {
    /// The number.
    pub number: OwnedNumber,
    /// What it took.
    pub price: AdoptionPrice,
    /// What became of its name and addresses at the provider.
    pub settings: AdoptedSettings,
}

/// What an adoption takes out of the user's wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdoptionPrice {
    /// As much as a purchase.
    Charged(Money),
    /// Nothing: the user had the number already.
    TheirsBefore,
    /// Nothing: this order had paid for the number, and its row, which was gone, is put back.
    PaidFor(OrderId),
}

impl AdoptionPrice {
    /// What was charged, where anything was.
    pub const fn charged(self) -> Option<Money> {
        match self {
            Self::Charged(money) => Some(money),
            Self::TheirsBefore | Self::PaidFor(_) => None,
        }
    }
}

/// What became of an adopted number's name and addresses at the provider.
#[derive(Debug)]
pub enum AdoptedSettings {
    /// They were right.
    Right,
    /// They are right now.
    Set,
    /// They are not known to be right: a reconciliation will show the number as drifted. Adopting it again sets them.
    NotSet(ProviderError),
}

impl Engine {
    pub(super) async fn adopt(&self, command: &AdoptCommand) -> Result<AdoptedNumber, NumberDecisionError> {
        if let Some(business) = command.business {
            let owner = self.parts.businesses.owner_of(business).await?;
            if owner.as_ref() != Some(&command.user) {
                return Err(NumberDecisionError::BusinessNotFound);
            }
        }
        let account = self.parts.provider.account().map_err(NumberDecisionError::Provider)?;
        let identity = ProviderIdentity { account, number: command.number_sid.clone() };
        let name = NumberName::Sid(command.number_sid.clone());
        if let Some(file) = self.parts.decisions.files(&name).await?.numbers.into_iter().next() {
            return self.adopted_before(file.number, command, &identity).await;
        }
        let found = self.fetch_held(&identity).await?;
        if let Some(order) = self.order_that_paid(command).await? {
            return self.put_back(&order, command, &found).await;
        }
        let marker = Marker::find_in(&found.friendly_name);
        let order = self.order_for(marker, command).await?;
        let prices = self.parts.prices.current();
        let offer = quote_held(&found, command.country, command.currency, &prices)?;
        let display_name = command.display_name.clone().unwrap_or_else(|| name_of(&found));
        let webhooks = self.wanted_webhooks(&found);
        let adopted = Adopted { found: &found, order, display_name, offer, webhooks };
        let change = changes::adoption(command, adopted, self.parts.ids.as_ref(), self.now());
        match stored(|| self.parts.decisions.adopt(&change)).await? {
            AdoptAnswer::Adopted(number) => {
                tracing::info!(number.id = %number.id, number.sid = %identity.number, "number adopted");
                for alarm in [Alarm::UnknownOrder, Alarm::OrphanInDoubt, Alarm::SecondNumberForOrder] {
                    self.parts.alarms.end(alarm, identity.number.as_str());
                }
                let settings = self.set_up(&number, &found).await;
                Ok(AdoptedNumber { number, price: AdoptionPrice::Charged(offer.charge), settings })
            }
            AdoptAnswer::Known(number) => self.adopted_before(number, command, &identity).await,
            AdoptAnswer::OrderExists => Err(NumberDecisionError::Overtaken),
            AdoptAnswer::Claimed { order, holder } => Err(self.claimed(order, holder, command).await?),
            AdoptAnswer::InsufficientBalance { required, available } => {
                Err(NumberDecisionError::InsufficientBalance { required, available })
            }
        }
    }

    /// A row has the number. Where it is the user's own and live, this is an adoption that was cut off after its
    /// transaction, and its end is made up for; nothing is charged again.
    pub(super) async fn adopted_before(
        &self,
        number: OwnedNumber,
        command: &AdoptCommand,
        identity: &ProviderIdentity,
    ) -> Result<AdoptedNumber, NumberDecisionError> {
        let is_theirs = number.user == command.user
            && number.status.accepts_changes()
            && number.identity.as_ref() == Some(identity);
        if !is_theirs {
            return Err(NumberDecisionError::Known(Box::new(number)));
        }
        let found = self.fetch_held(identity).await?;
        let settings = self.set_up(&number, &found).await;
        Ok(AdoptedNumber { number, price: AdoptionPrice::TheirsBefore, settings })
    }

    /// The number as the account holds it at this moment.
    async fn fetch_held(&self, identity: &ProviderIdentity) -> Result<ProviderNumber, NumberDecisionError> {
        let fetched = self.parts.provider.fetch(identity).await.map_err(NumberDecisionError::Provider)?;
        fetched.filter(|found| found.identity == *identity).ok_or_else(|| {
            let ProviderIdentity { account, number } = identity;
            NumberDecisionError::Evidence(format!("account {account} does not have {number}"))
        })
    }

    /// The order that the number will have: that of its marker, where this deployment made it and this database does
    /// not have it; else a new one, which the operator must have asked for where the marker is somebody's.
    async fn order_for(
        &self,
        marker: Option<Marker>,
        command: &AdoptCommand,
    ) -> Result<OrderId, NumberDecisionError> {
        let named = (command.from_deployment, command.from_order);
        let fresh = || OrderId::from_uuid(self.parts.ids.next());
        let Some(marker) = marker else {
            return if named == (None, None) { Ok(fresh()) } else { Err(not_marked_so()) };
        };
        let Marker { deployment, order } = marker;
        if deployment != self.settings.deployment {
            return match named {
                (Some(named), None) if named == deployment => Ok(fresh()),
                _ => Err(NumberDecisionError::OtherDeployment { deployment }),
            };
        }
        let Some(known) = self.parts.orders.order(&Scope::Everyone, order).await? else {
            return if named == (None, None) { Ok(order) } else { Err(not_marked_so()) };
        };
        if has_paid_for(&known, command) {
            return Err(NumberDecisionError::PaidFor { order, user: known.user });
        }
        match named {
            _ if !known.state.is_end() => Err(NumberDecisionError::OrderUndecided { order }),
            (None, Some(named)) if named == order => Ok(fresh()),
            _ => Err(NumberDecisionError::OtherOrder { order, state: known.state }),
        }
    }

    /// Our own addresses; where none are configured, those that the number has.
    pub(super) fn wanted_webhooks(&self, found: &ProviderNumber) -> trunkline_domain::WebhookUrls {
        if self.settings.webhooks == trunkline_domain::WebhookUrls::default() {
            found.webhooks.clone()
        } else {
            self.webhooks_for(found.capabilities)
        }
    }

    /// Name, marker and addresses as our row has them.
    pub(super) async fn set_up(&self, number: &OwnedNumber, found: &ProviderNumber) -> AdoptedSettings {
        let friendly_name = number.order.filter(|_| !number.is_imported()).map(|order| {
            let marker = Marker { deployment: self.settings.deployment, order };
            marker.friendly_name(&number.display_name)
        });
        if friendly_name.as_ref() == Some(&found.friendly_name) && number.webhooks == found.webhooks {
            return AdoptedSettings::Right;
        }
        let settings = NumberSettings { friendly_name, webhooks: Some(number.webhooks.clone()) };
        match self.parts.provider.configure(&found.identity, &settings).await {
            Ok(_) => AdoptedSettings::Set,
            Err(error) => {
                let source = &error as &dyn std::error::Error;
                tracing::warn!(number.id = %number.id, error = source, "an adopted number is not set up");
                AdoptedSettings::NotSet(error)
            }
        }
    }
}

/// What the provider calls the number, markers apart; the number itself where that is nothing.
fn name_of(found: &ProviderNumber) -> DisplayName {
    let name = Marker::name_before(&found.friendly_name).parse();
    name.unwrap_or_else(|_| DisplayName::of_phone_number(&found.phone_number))
}

fn not_marked_so() -> NumberDecisionError {
    let message = "the number's name has no such marker; leave this out".to_owned();
    NumberDecisionError::Validation { field: "from", message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_number_is_called_what_the_provider_calls_it() {
        let named = |friendly_name: &str| {
            let found =
                ProviderNumber { friendly_name: friendly_name.to_owned(), ..sample::provider_number() };
            name_of(&found).to_string()
        };
        assert_eq!(named("(415) 230-0101"), "(415) 230-0101");
        assert_eq!(named(&format!("Sales {}", sample::marker())), "Sales");
        assert_eq!(named(&sample::marker().to_string()), "+14152300101");
        assert_eq!(named(""), "+14152300101");
    }
}
