//! TX2 of the opener's saga: what each outcome of the one attempt to buy makes of the order.
//!
//! *Yes* settles and a certain *no* aborts. An answer that names something else is looked into once and handed to an
//! operator; everything else is parked, and looked at for as long as the caller waits.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use trunkline_alarms::{Alarm, Onset};
use trunkline_domain::{FailureReason, Order, OrderState, Origin, ReviewReason};
use trunkline_provider::ProviderNumber;

use super::changes::{self, Decider, Failing};
use super::opener::{Opening, SagaEnd};
use crate::calls::Calls;
use crate::engine::{Engine, stored};
use crate::evidence::{LookVerdict, doubt_about};
use crate::port::{Authority, ClaimEnd, OpenedPurchase, PurchaseParking, Scope, StoreError, Transition};
use crate::{LeaseToken, PurchaseEnd, PurchaseError};

/// Pauses between the opener's own looks after an unknown outcome; the last one repeats.
const LOOK_PAUSES: [Duration; 4] =
    [Duration::from_millis(250), Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

impl Engine {
    pub(super) async fn conclude_bought(
        &self,
        opened: &OpenedPurchase,
        found: &ProviderNumber,
        origin: &Origin,
        calls: &mut Calls,
    ) -> Result<SagaEnd, PurchaseError> {
        self.settle(&opened.order, found, Some(opened.lease), Decider::saga(origin), calls)
            .await
            .map_err(|source| PurchaseError::Storage { order: Some(opened.order.id), source })
    }

    /// Certainly nothing was bought, so the claim is free at once.
    pub(super) async fn conclude_refused(
        &self,
        opened: &OpenedPurchase,
        reason: FailureReason,
        origin: &Origin,
        calls: &Calls,
    ) -> Result<SagaEnd, PurchaseError> {
        let (order, ids, now) = (&opened.order, self.parts.ids.as_ref(), self.now());
        let failing = Failing { authority: Authority::Lease(opened.lease), reason, claim: ClaimEnd::Free };
        let change = changes::abort(order, failing, Decider::saga(origin), calls, ids, now);
        let transition = stored(|| self.parts.purchases.abort(&change)).await;
        self.conclude_transition(order, transition).await
    }

    pub(super) async fn conclude_owned_before(
        &self,
        opened: &OpenedPurchase,
        found: &ProviderNumber,
        calls: &Calls,
    ) -> Result<SagaEnd, PurchaseError> {
        let onset = Onset::of(
            Alarm::PurchaseHitOwnedNumber,
            opened.order.id,
            "the provider took the purchase for an update of a number that the account owned before",
        )
        .with("numberSid", found.identity.number.as_str());
        self.parts.alarms.raise(onset);
        let transition = self.refer_opened(opened, ReviewReason::OwnedBefore, found, calls).await;
        self.restore_settings(found).await;
        self.conclude_transition(&opened.order, transition).await
    }

    /// The provider says that it bought something else. If a look shows what was ordered all the same, that counts.
    pub(super) async fn conclude_mismatch(
        &self,
        opened: &OpenedPurchase,
        named: &ProviderNumber,
        origin: &Origin,
        calls: &mut Calls,
    ) -> Result<SagaEnd, PurchaseError> {
        let onset = Onset::of(
            Alarm::PurchaseAnswerMismatch,
            opened.order.id,
            "the provider's answer to a purchase names another number, account or type than was ordered",
        )
        .with("numberSid", named.identity.number.as_str());
        self.parts.alarms.raise(onset);
        if let Some(end) = self.look_and_settle(&opened.order, Some(opened.lease), origin, calls).await {
            return Ok(end);
        }
        let transition = self.refer_opened(opened, ReviewReason::AnswerMismatch, named, calls).await;
        self.restore_settings(named).await;
        self.conclude_transition(&opened.order, transition).await
    }

    async fn refer_opened(
        &self,
        opened: &OpenedPurchase,
        reason: ReviewReason,
        found: &ProviderNumber,
        calls: &Calls,
    ) -> Result<Transition, StoreError> {
        let sid = Some(found.identity.number.clone());
        let change = changes::referral(&opened.order, opened.lease, reason, sid, calls, self.now());
        stored(|| self.parts.purchases.refer(&change)).await
    }

    /// Parks the order and looks for as long as its caller waits; whatever is open then is recovery's.
    pub(super) async fn conclude_unknown(
        &self,
        opened: &OpenedPurchase,
        opening: &Opening,
        progress: &watch::Sender<Option<Order>>,
        calls: &mut Calls,
    ) -> Result<SagaEnd, PurchaseError> {
        let parked = self.park_unknown(opened, calls).await;
        if let Ok(Transition::Applied(_)) = &parked {
            calls.clear();
        }
        if let Ok(transition) = &parked {
            progress.send_replace(Some(transition.order().clone()));
        }
        let until = opening.started + self.settings.purchase_wait;
        for pause in LOOK_PAUSES.into_iter().chain(std::iter::repeat(LOOK_PAUSES[LOOK_PAUSES.len() - 1])) {
            if let Some(end) = self.look_and_settle(&opened.order, None, &opening.origin, calls).await {
                return Ok(end);
            }
            if Instant::now() + pause >= until || !self.pause(pause).await {
                break;
            }
        }
        let storage = |source| PurchaseError::Storage { order: Some(opened.order.id), source };
        parked.map_err(storage)?;
        // Recovery may have decided it meanwhile.
        self.end_of(&opened.order).await.map_err(storage)
    }

    async fn park_unknown(&self, opened: &OpenedPurchase, calls: &Calls) -> Result<Transition, StoreError> {
        let parking = PurchaseParking {
            order: opened.order.id,
            lease: opened.lease,
            next_look_in: self.settings.look_gap,
            first_absent_at: None,
            unanswered: 0,
            at: self.now(),
        };
        let change = changes::parking(&opened.order, parking, calls);
        stored(|| self.parts.purchases.park(&change)).await
    }

    /// One look after an answer that proves nothing. Only *ours*, beyond doubt, decides anything here.
    async fn look_and_settle(
        &self,
        order: &Order,
        lease: Option<LeaseToken>,
        origin: &Origin,
        calls: &mut Calls,
    ) -> Option<SagaEnd> {
        let (verdict, _) = self.look_for(order, calls).await.ok()?;
        let found = match verdict {
            LookVerdict::Ours(found) if doubt_about(&found, order).is_none() => found,
            LookVerdict::Ours(_) | LookVerdict::Other | LookVerdict::Absent => return None,
        };
        match self.settle(order, &found, lease, Decider::saga(origin), calls).await {
            Ok(end) => Some(end),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(order.id = %order.id, error, "the number is ours, and that is not stored yet");
                None
            }
        }
    }

    async fn conclude_transition(
        &self,
        order: &Order,
        transition: Result<Transition, StoreError>,
    ) -> Result<SagaEnd, PurchaseError> {
        let storage = |source| PurchaseError::Storage { order: Some(order.id), source };
        let (Transition::Applied(current) | Transition::Stale(current)) = transition.map_err(storage)?;
        self.end_at(current).await.map_err(storage)
    }

    /// What has become of an order by now, whoever decided it.
    pub(crate) async fn end_of(&self, order: &Order) -> Result<SagaEnd, StoreError> {
        let current = self.parts.orders.order(&Scope::Everyone, order.id).await?;
        let current = current.ok_or_else(|| StoreError::Broken(format!("order {} is missing", order.id)))?;
        self.end_at(current).await
    }

    /// The end that an order stands at.
    async fn end_at(&self, current: Order) -> Result<SagaEnd, StoreError> {
        match current.state {
            OrderState::Ordering | OrderState::Unresolved | OrderState::Review => {
                Ok(SagaEnd::Undecided(Box::new(current)))
            }
            OrderState::Completed => self.completed_end(&current).await,
            OrderState::Failed => {
                let reason = current.failure.unwrap_or(FailureReason::ProviderUnavailable);
                Ok(SagaEnd::Ended(PurchaseEnd::Failed { order: current.id, reason }))
            }
        }
    }
}
