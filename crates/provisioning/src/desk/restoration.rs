//! Putting the row back of a number that its order has paid for. No play of ours loses a row; somebody who changed rows by
//! hand may have. The customer has paid and the account has the number, so nothing is charged and nothing is released:
//! the row is made again from what the order knows.

use trunkline_domain::{Order, OrderState};
use trunkline_provider::ProviderNumber;

use super::adoption::{AdoptedNumber, AdoptionPrice};
use super::changes;
use super::command::AdoptCommand;
use super::error::NumberDecisionError;
use crate::engine::{Engine, stored};
use crate::port::{ClaimHolder, RestoreAnswer, Scope, StoreError};

/// Whether this is the order that bought the number of the command.
pub(super) fn has_paid_for(order: &Order, command: &AdoptCommand) -> bool {
    order.state == OrderState::Completed && order.number_sid.as_ref() == Some(&command.number_sid)
}

impl Engine {
    /// The order that the operator named, if it has paid for this very number.
    pub(super) async fn order_that_paid(&self, command: &AdoptCommand) -> Result<Option<Order>, StoreError> {
        let Some(named) = command.from_order else { return Ok(None) };
        let order = self.parts.orders.order(&Scope::Everyone, named).await?;
        Ok(order.filter(|order| has_paid_for(order, command)))
    }

    /// Makes the row again, for the order's own user. The number is on the account, by an answer of this moment.
    pub(super) async fn put_back(
        &self,
        order: &Order,
        command: &AdoptCommand,
        found: &ProviderNumber,
    ) -> Result<AdoptedNumber, NumberDecisionError> {
        if order.user != command.user {
            return Err(NumberDecisionError::PaidFor { order: order.id, user: order.user.clone() });
        }
        if order.account != found.identity.account {
            return Err(NumberDecisionError::OtherAccount {
                stored: order.account.clone(),
                configured: found.identity.account.clone(),
            });
        }
        let webhooks = self.wanted_webhooks(found);
        let restoration =
            changes::restoration(command, order, found, webhooks, self.parts.ids.as_ref(), self.now());
        let Some(change) = restoration else {
            let why = format!(
                "order {} bought {}, and {} is {}",
                order.id, order.phone_number, found.identity.number, found.phone_number
            );
            return Err(NumberDecisionError::Evidence(why));
        };
        match stored(|| self.parts.decisions.restore(&change)).await? {
            RestoreAnswer::Restored(number) => {
                let sid = &found.identity.number;
                tracing::info!(number.id = %number.id, number.sid = %sid, order.id = %order.id, "number put back");
                let settings = self.set_up(&number, found).await;
                Ok(AdoptedNumber { number, price: AdoptionPrice::PaidFor(order.id), settings })
            }
            RestoreAnswer::Known(number) => self.adopted_before(number, command, &found.identity).await,
            RestoreAnswer::NotCharged => Err(NumberDecisionError::NotCharged { order: order.id }),
            RestoreAnswer::Claimed { order, holder } => Err(NumberDecisionError::Claimed { order, holder }),
        }
    }

    /// Who has the phone number, or that its own order has: then only the row is missing.
    pub(super) async fn claimed(
        &self,
        order: trunkline_domain::OrderId,
        holder: ClaimHolder,
        command: &AdoptCommand,
    ) -> Result<NumberDecisionError, StoreError> {
        let claimant = match holder {
            ClaimHolder::Number => self.parts.orders.order(&Scope::Everyone, order).await?,
            ClaimHolder::Order | ClaimHolder::Orphan => None,
        };
        Ok(match claimant.filter(|claimant| has_paid_for(claimant, command)) {
            Some(paid) => NumberDecisionError::PaidFor { order, user: paid.user },
            None => NumberDecisionError::Claimed { order, holder },
        })
    }
}
