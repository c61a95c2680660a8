//! The opener's saga: from before TX1 to after TX2, run whole in a task that nobody cancels.
//!
//! Only the opener sends a purchase to the provider, once, and only while a whole request timeout is left before the
//! order's `send_by`, by a clock that never jumps. Everybody else merely looks.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::watch;
use tokio::time::Instant;
use trunkline_domain::{
    Capabilities, Change, FailureReason, Order, OrderState, Origin, RegulatoryIds, ReviewReason, WebhookUrls,
};
use trunkline_provider::{NumberPurchase, ProviderError, ProviderNumber, Refusal, SearchQuery};

use super::changes;
use crate::engine::{Engine, stored};
use crate::evidence::{LookVerdict, PurchaseVerdict, judge_look, judge_purchase};
use crate::port::{
    Authority, ClaimEnd, OpenAnswer, OpenedPurchase, PurchaseOpening, PurchaseParking, Repeat, StoreError,
    Transition,
};
use crate::{LeaseToken, Marker, PurchaseEnd, PurchaseError};

/// Pauses between the opener's own looks after an unknown outcome; the last one repeats.
const LOOK_PAUSES: [Duration; 4] =
    [Duration::from_millis(250), Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

/// Everything that one purchase starts from.
pub(crate) struct Opening {
    /// TX1.
    pub change: Change<PurchaseOpening>,
    /// What the operator has approved for this country and type.
    pub needs: RegulatoryIds,
    /// Who asked.
    pub origin: Origin,
    /// Monotonic time from before TX1.
    pub started: Instant,
}

/// How a saga ends.
#[derive(Debug)]
pub(crate) enum SagaEnd {
    /// Decided.
    Ended(PurchaseEnd),
    /// Left to recovery or to an operator.
    Undecided(Box<Order>),
    /// Never begun: the idempotency key was used before.
    Repeat(Repeat<PurchaseEnd>),
}

/// What came of the one attempt to buy.
enum Attempt {
    /// The number is ours.
    Bought(Box<ProviderNumber>),
    /// Certainly nothing was bought.
    Refused(FailureReason),
    /// The account owned the number before; what the purchase changed on it must be put back.
    OwnedBefore(Box<ProviderNumber>),
    /// Only looking will tell.
    Unknown,
}

impl Engine {
    /// Buys one number. `progress` hears of the order once it stands.
    pub(crate) async fn buy(
        &self,
        opening: Opening,
        progress: &watch::Sender<Option<Order>>,
    ) -> Result<SagaEnd, PurchaseError> {
        let id = opening.change.body.order.id;
        let opened = match stored(|| self.parts.purchases.open(&opening.change)).await {
            Ok(OpenAnswer::Opened(opened)) => opened,
            Ok(OpenAnswer::Refused(refusal)) => return Err(PurchaseError::Refused(refusal)),
            Ok(OpenAnswer::Repeat(repeat)) => return Ok(SagaEnd::Repeat(repeat)),
            Err(source @ StoreError::OutcomeUnknown(_)) => {
                return Err(PurchaseError::Storage { order: Some(id), source });
            }
            Err(source) => return Err(PurchaseError::Storage { order: None, source }),
        };
        progress.send_replace(Some(opened.order.clone()));
        match self.attempt(&opened, &opening).await {
            Attempt::Bought(found) => self.conclude_bought(&opened, &found, &opening.origin).await,
            Attempt::Refused(reason) => self.conclude_refused(&opened, reason, &opening.origin).await,
            Attempt::OwnedBefore(found) => self.conclude_owned_before(&opened, &found).await,
            Attempt::Unknown => self.conclude_unknown(&opened, &opening, progress).await,
        }
    }

    /// Looks, then sends the purchase once. Until the purchase is sent, every doubt ends the order at once.
    async fn attempt(&self, opened: &OpenedPurchase, opening: &Opening) -> Attempt {
        let order = &opened.order;
        let marker = self.marker(order);
        let (looked, capabilities) =
            tokio::join!(self.parts.provider.look(&order.phone_number), self.likely_capabilities(order));
        let looked_at = match looked {
            Err(error) => return Attempt::Refused(reason_before_sending(&error)),
            Ok(sighting) => {
                let looked_at = sighting.provider_time;
                match judge_look(sighting, order, marker) {
                    LookVerdict::Absent => looked_at,
                    LookVerdict::Ours(_) | LookVerdict::Other => {
                        tracing::warn!(order.id = %order.id, "the account already holds the number that was ordered");
                        return Attempt::Refused(FailureReason::HeldAtProvider);
                    }
                }
            }
        };
        let send_until =
            opening.started + self.settings.send_window.saturating_sub(self.settings.request_timeout);
        if Instant::now() >= send_until {
            tracing::warn!(order.id = %order.id, "too late to send the purchase; nothing was sent");
            return Attempt::Refused(FailureReason::ProviderUnavailable);
        }
        self.send(order, marker, opening, capabilities, looked_at).await
    }

    async fn send(
        &self,
        order: &Order,
        marker: Marker,
        opening: &Opening,
        capabilities: Capabilities,
        looked_at: DateTime<Utc>,
    ) -> Attempt {
        let purchase = NumberPurchase {
            phone_number: order.phone_number.clone(),
            country: order.country,
            number_type: order.number_type,
            account: order.account.clone(),
            friendly_name: marker.friendly_name(&order.display_name),
            webhooks: self.webhooks_for(capabilities),
            regulatory: opening.needs.clone(),
        };
        // The adapter keeps its own limit; this one holds even for an adapter that forgets it.
        let limit = self.settings.request_timeout + self.settings.settle_margin / 2;
        match tokio::time::timeout(limit, self.parts.provider.buy(&purchase)).await {
            Ok(Ok(bought)) => match judge_purchase(bought.number, order, marker, looked_at) {
                PurchaseVerdict::Bought(found) => Attempt::Bought(found),
                PurchaseVerdict::OwnedBefore(found) => Attempt::OwnedBefore(found),
                PurchaseVerdict::Mismatch => {
                    tracing::error!(order.id = %order.id, "the provider's answer names something else than was ordered");
                    Attempt::Unknown
                }
            },
            Ok(Err(error)) if error.may_have_happened() => {
                tracing::warn!(order.id = %order.id, error = &error as &dyn std::error::Error, "purchase outcome unknown");
                Attempt::Unknown
            }
            Ok(Err(error)) => {
                tracing::info!(order.id = %order.id, error = &error as &dyn std::error::Error, "purchase refused");
                Attempt::Refused(reason_of_refusal(&error))
            }
            Err(_) => Attempt::Unknown,
        }
    }

    /// What the number can do, as the provider's search says now. A hint: without it the purchase goes without an
    /// address for texts, which is added once the purchase has said what the number can do.
    async fn likely_capabilities(&self, order: &Order) -> Capabilities {
        let digits = order.phone_number.as_str().trim_start_matches('+').to_owned();
        let query =
            SearchQuery { contains: Some(digits), ..SearchQuery::new(order.country, order.number_type) };
        let found = self.parts.provider.search(&query).await.unwrap_or_default();
        let hit = found.into_iter().find(|number| number.phone_number == order.phone_number);
        hit.map(|number| number.capabilities).unwrap_or_default()
    }

    /// Our addresses, the one for texts only where the number takes texts: providers refuse it elsewhere.
    pub(crate) fn webhooks_for(&self, capabilities: Capabilities) -> WebhookUrls {
        let mut webhooks = self.settings.webhooks.clone();
        if !capabilities.sms {
            webhooks.sms_url = None;
        }
        webhooks
    }

    pub(crate) const fn marker(&self, order: &Order) -> Marker {
        Marker { deployment: self.settings.deployment, order: order.id }
    }

    async fn conclude_bought(
        &self,
        opened: &OpenedPurchase,
        found: &ProviderNumber,
        origin: &Origin,
    ) -> Result<SagaEnd, PurchaseError> {
        self.settle(&opened.order, found, Some(opened.lease), origin)
            .await
            .map_err(|source| PurchaseError::Storage { order: Some(opened.order.id), source })
    }

    async fn conclude_refused(
        &self,
        opened: &OpenedPurchase,
        reason: FailureReason,
        origin: &Origin,
    ) -> Result<SagaEnd, PurchaseError> {
        let authority = Authority::Lease(opened.lease);
        let (order, ids, now) = (&opened.order, self.parts.ids.as_ref(), self.now());
        let change = changes::abort(order, authority, reason, ClaimEnd::Free, origin, ids, now);
        let transition = stored(|| self.parts.purchases.abort(&change)).await;
        self.conclude_transition(order, transition).await
    }

    async fn conclude_owned_before(
        &self,
        opened: &OpenedPurchase,
        found: &ProviderNumber,
    ) -> Result<SagaEnd, PurchaseError> {
        tracing::error!(
            alarm = "purchase_hit_owned_number",
            order.id = %opened.order.id,
            number.sid = %found.identity.number,
            "the provider took the purchase for an update of a number that the account owned before"
        );
        let sid = Some(found.identity.number.clone());
        let change =
            changes::referral(&opened.order, opened.lease, ReviewReason::OwnedBefore, sid, self.now());
        let transition = stored(|| self.parts.purchases.refer(&change)).await;
        self.restore_settings(found).await;
        self.conclude_transition(&opened.order, transition).await
    }

    /// Parks the order and looks for as long as its caller waits; whatever is open then is recovery's.
    async fn conclude_unknown(
        &self,
        opened: &OpenedPurchase,
        opening: &Opening,
        progress: &watch::Sender<Option<Order>>,
    ) -> Result<SagaEnd, PurchaseError> {
        let parked = self.park_unknown(opened).await;
        if let Ok(transition) = &parked {
            progress.send_replace(Some(transition.order().clone()));
        }
        let until = opening.started + self.settings.purchase_wait;
        for pause in LOOK_PAUSES.into_iter().chain(std::iter::repeat(LOOK_PAUSES[LOOK_PAUSES.len() - 1])) {
            if let Some(end) = self.look_and_settle(&opened.order, &opening.origin).await {
                return Ok(end);
            }
            if Instant::now() + pause >= until || !self.pause(pause).await {
                break;
            }
        }
        self.conclude_transition(&opened.order, parked).await
    }

    async fn park_unknown(&self, opened: &OpenedPurchase) -> Result<Transition, StoreError> {
        let parking = PurchaseParking {
            order: opened.order.id,
            lease: opened.lease,
            next_look_in: self.settings.look_gap,
            first_absent_at: None,
            unanswered: 0,
            at: self.now(),
        };
        let change = Change::new(parking);
        stored(|| self.parts.purchases.park(&change)).await
    }

    /// One look after an unknown outcome. Only *ours* decides anything here.
    async fn look_and_settle(&self, order: &Order, origin: &Origin) -> Option<SagaEnd> {
        let sighting = self.parts.provider.look(&order.phone_number).await.ok()?;
        match judge_look(sighting, order, self.marker(order)) {
            LookVerdict::Ours(found) => self.settle(order, &found, None, origin).await.ok(),
            LookVerdict::Other | LookVerdict::Absent => None,
        }
    }

    async fn conclude_transition(
        &self,
        order: &Order,
        transition: Result<Transition, StoreError>,
    ) -> Result<SagaEnd, PurchaseError> {
        let storage = |source| PurchaseError::Storage { order: Some(order.id), source };
        transition.map_err(storage)?;
        self.end_of(order).await.map_err(storage)
    }

    /// What has become of an order by now, whoever decided it.
    pub(crate) async fn end_of(&self, order: &Order) -> Result<SagaEnd, StoreError> {
        let current = self.parts.orders.order(&crate::port::Scope::Everyone, order.id).await?;
        let current = current.ok_or_else(|| StoreError::Broken(format!("order {} is missing", order.id)))?;
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

/// Why an order ends when the look before the purchase fails: nothing was sent, so it certainly ends.
fn reason_before_sending(error: &ProviderError) -> FailureReason {
    match error {
        ProviderError::NotConfigured => FailureReason::ProviderNotConfigured,
        ProviderError::Unauthorized { code } => FailureReason::ProviderRejected { code: *code },
        ProviderError::Refused { .. }
        | ProviderError::Unavailable { .. }
        | ProviderError::OutcomeUnknown { .. } => FailureReason::ProviderUnavailable,
    }
}

/// Why an order ends when the provider certainly did not do what was asked.
fn reason_of_refusal(error: &ProviderError) -> FailureReason {
    match error {
        ProviderError::Refused { reason, code, .. } => match reason {
            Refusal::NumberUnavailable => FailureReason::NumberUnavailable,
            Refusal::WrongType => FailureReason::WrongType,
            Refusal::AddressRequired | Refusal::AddressRejected => FailureReason::AddressRequired,
            Refusal::BundleRequired => FailureReason::BundleRequired,
            Refusal::TypeNotOffered
            | Refusal::Filter { .. }
            | Refusal::AccountRestricted
            | Refusal::Other => FailureReason::ProviderRejected { code: *code },
        },
        ProviderError::Unauthorized { code } => FailureReason::ProviderRejected { code: *code },
        ProviderError::NotConfigured => FailureReason::ProviderNotConfigured,
        ProviderError::Unavailable { .. } | ProviderError::OutcomeUnknown { .. } => {
            FailureReason::ProviderUnavailable
        }
    }
}

/// The lease under which a settlement that cannot be stored is referred, where its worker still has one.
pub(crate) type HeldLease = Option<LeaseToken>;
