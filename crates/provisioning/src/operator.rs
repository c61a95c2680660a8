//! An operator's decisions on orders that no machine could decide: the same transitions, on fresh evidence, audited.

use trunkline_domain::{FailureReason, NumberSid, Order, OrderId, OrderState, Origin, ProviderIdentity};
use trunkline_provider::Sighting;

use crate::causes::ORDER_ALARMS;
use crate::engine::{Engine, stored};
use crate::evidence::{LookVerdict, judge_look};
use crate::port::{Authority, ClaimEnd, Scope, Transition};
use crate::purchase::{SagaEnd, changes};
use crate::{DecisionError, Marker, PurchaseEnd};

impl Engine {
    /// The operator says that the order bought this number. The account must hold it, under exactly that id.
    pub(crate) async fn settle_by_operator(
        &self,
        id: OrderId,
        number_sid: NumberSid,
        origin: &Origin,
    ) -> Result<Order, DecisionError> {
        let order = self.undecided(id).await?;
        let identity = ProviderIdentity { account: order.account.clone(), number: number_sid };
        let fetched = self.parts.provider.fetch(&identity).await.map_err(DecisionError::Provider)?;
        let found = fetched.ok_or_else(|| {
            DecisionError::Evidence(format!("account {} has no number {}", identity.account, identity.number))
        })?;
        if found.phone_number != order.phone_number {
            let (sid, held, ordered) = (&identity.number, &found.phone_number, &order.phone_number);
            return Err(DecisionError::Evidence(format!("{sid} is {held}, and the order is for {ordered}")));
        }
        match self.settle(&order, &found, None, origin).await? {
            SagaEnd::Ended(PurchaseEnd::Completed(_)) => {
                let completed = self.order_now(id).await?;
                if completed.number_sid.as_ref() == Some(&identity.number) {
                    self.end_alarms_of(id);
                    return Ok(completed);
                }
                Err(DecisionError::Evidence(
                    "the order was completed with another number meanwhile".to_owned(),
                ))
            }
            SagaEnd::Ended(_) | SagaEnd::Undecided(_) | SagaEnd::Repeat(_) => Err(DecisionError::Evidence(
                "the number cannot be stored for this order: another number or order of ours has it"
                    .to_owned(),
            )),
        }
    }

    /// The operator says that the order bought nothing. A fresh look must agree: absent, or plainly somebody else's.
    pub(crate) async fn void_by_operator(
        &self,
        id: OrderId,
        origin: &Origin,
    ) -> Result<Order, DecisionError> {
        let order = self.undecided(id).await?;
        if self.parts.provider.account().map_err(DecisionError::Provider)? != order.account {
            return Err(DecisionError::Evidence(format!(
                "the order was sent to account {}, which is not the configured one, so it cannot be looked at",
                order.account
            )));
        }
        let sighting =
            self.parts.provider.look(&order.phone_number).await.map_err(DecisionError::Provider)?;
        self.require_not_ours(&order, sighting).await?;
        let change = changes::abort(
            &order,
            Authority::Operator,
            FailureReason::VoidedByOperator,
            ClaimEnd::Cool,
            origin,
            self.parts.ids.as_ref(),
            self.now(),
        );
        match stored(|| self.parts.purchases.abort(&change)).await? {
            Transition::Applied(order) => {
                self.end_alarms_of(id);
                Ok(order)
            }
            Transition::Stale(order) => Err(DecisionError::NotUndecided(order.state.as_str())),
        }
    }

    async fn require_not_ours(&self, order: &Order, sighting: Sighting) -> Result<(), DecisionError> {
        let held = sighting.number.clone();
        let (LookVerdict::Other | LookVerdict::Ours(_), Some(held)) =
            (judge_look(sighting, order, self.marker(order)), held)
        else {
            return Ok(());
        };
        let row = self.parts.numbers.number_by_identity(&held.identity).await?;
        let marked = Marker::find_in(&held.friendly_name).is_some_and(|marker| marker != self.marker(order));
        if row.is_some() || marked {
            return Ok(());
        }
        Err(DecisionError::Evidence(format!(
            "the account holds {} as {}: settle the order with it, or release it at the provider first",
            order.phone_number, held.identity.number
        )))
    }

    /// An order that is decided is nobody's matter any more.
    fn end_alarms_of(&self, id: OrderId) {
        for alarm in ORDER_ALARMS {
            self.parts.alarms.end(alarm, &id.to_string());
        }
    }

    async fn undecided(&self, id: OrderId) -> Result<Order, DecisionError> {
        let order = self.order_now(id).await?;
        match order.state {
            OrderState::Unresolved | OrderState::Review => Ok(order),
            OrderState::Ordering | OrderState::Completed | OrderState::Failed => {
                Err(DecisionError::NotUndecided(order.state.as_str()))
            }
        }
    }

    async fn order_now(&self, id: OrderId) -> Result<Order, DecisionError> {
        self.parts.orders.order(&Scope::Everyone, id).await?.ok_or(DecisionError::NotFound)
    }
}
