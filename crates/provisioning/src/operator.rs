//! An operator's decisions on orders that no machine could decide: the same transitions, on fresh evidence, audited.

use std::sync::Arc;

use trunkline_domain::{
    FailureReason, NumberSid, Order, OrderId, OrderState, Origin, ProviderIdentity, Reason,
};
use trunkline_provider::Sighting;

use crate::calls::{CallAnswer, CallKind, Calls};
use crate::causes::ORDER_ALARMS;
use crate::engine::{Engine, stored};
use crate::evidence::LookVerdict;
use crate::facade::broken_task;
use crate::port::{Authority, ClaimEnd, Scope, Transition};
use crate::purchase::SagaEnd;
use crate::purchase::changes::{self, Decider, Failing};
use crate::{DecisionError, Marker, Provisioning, PurchaseEnd};

impl Provisioning {
    /// An operator says that an undecided order bought this number, and why; the reason is kept in the audit trail.
    pub async fn settle_order(
        &self,
        order: OrderId,
        number_sid: NumberSid,
        reason: Reason,
        origin: Origin,
    ) -> Result<Order, DecisionError> {
        let engine = Arc::clone(&self.engine);
        let work = async move {
            let decider = Decider { origin: &origin, reason: Some(&reason) };
            engine.settle_by_operator(order, number_sid, decider).await
        };
        self.in_task(work).await.unwrap_or_else(|error| Err(broken_task(error).into()))
    }

    /// An operator says that an undecided order bought nothing, and why; the reason is kept in the audit trail.
    pub async fn void_order(
        &self,
        order: OrderId,
        reason: Reason,
        origin: Origin,
    ) -> Result<Order, DecisionError> {
        let engine = Arc::clone(&self.engine);
        let work = async move {
            let decider = Decider { origin: &origin, reason: Some(&reason) };
            engine.void_by_operator(order, decider).await
        };
        self.in_task(work).await.unwrap_or_else(|error| Err(broken_task(error).into()))
    }
}

impl Engine {
    /// The operator says that the order bought this number. The account must hold it, under exactly that id.
    pub(crate) async fn settle_by_operator(
        &self,
        id: OrderId,
        number_sid: NumberSid,
        decider: Decider<'_>,
    ) -> Result<Order, DecisionError> {
        let order = self.undecided(id).await?;
        let identity = ProviderIdentity { account: order.account.clone(), number: number_sid };
        let (fetched, asked) = self.ask(self.parts.provider.fetch(&identity)).await;
        let fetched = fetched.map_err(DecisionError::Provider)?;
        let found = fetched.ok_or_else(|| {
            DecisionError::Evidence(format!("account {} has no number {}", identity.account, identity.number))
        })?;
        if found.phone_number != order.phone_number {
            let (sid, held, ordered) = (&identity.number, &found.phone_number, &order.phone_number);
            return Err(DecisionError::Evidence(format!("{sid} is {held}, and the order is for {ordered}")));
        }
        let mut calls = Calls::default();
        calls.note(asked, CallKind::Fetch, CallAnswer::Found);
        match self.settle(&order, &found, None, decider, &mut calls).await? {
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
        decider: Decider<'_>,
    ) -> Result<Order, DecisionError> {
        let order = self.undecided(id).await?;
        if self.parts.provider.account().map_err(DecisionError::Provider)? != order.account {
            return Err(DecisionError::Evidence(format!(
                "the order was sent to account {}, which is not the configured one, so it cannot be looked at",
                order.account
            )));
        }
        let mut calls = Calls::default();
        let (verdict, sighting) = self.look_for(&order, &mut calls).await.map_err(DecisionError::Provider)?;
        self.require_not_ours(&order, &verdict, sighting).await?;
        let failing = Failing {
            authority: Authority::Operator,
            reason: FailureReason::VoidedByOperator,
            claim: ClaimEnd::Cool,
        };
        let ids = self.parts.ids.as_ref();
        let change = changes::abort(&order, failing, decider, &calls, ids, self.now());
        match stored(|| self.parts.purchases.abort(&change)).await? {
            Transition::Applied(order) => {
                self.end_alarms_of(id);
                Ok(order)
            }
            Transition::Stale(order) => Err(DecisionError::NotUndecided(order.state)),
        }
    }

    async fn require_not_ours(
        &self,
        order: &Order,
        verdict: &LookVerdict,
        sighting: Sighting,
    ) -> Result<(), DecisionError> {
        let (LookVerdict::Other | LookVerdict::Ours(_), Some(held)) = (verdict, sighting.number) else {
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
                Err(DecisionError::NotUndecided(order.state))
            }
        }
    }

    async fn order_now(&self, id: OrderId) -> Result<Order, DecisionError> {
        self.parts.orders.order(&Scope::Everyone, id).await?.ok_or(DecisionError::NotFound)
    }
}
