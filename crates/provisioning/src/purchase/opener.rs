//! The opener's saga: from before TX1 to after TX2, run whole in a task that nobody cancels.
//!
//! Only the opener sends a purchase to the provider, once, and once more with an address after a certain refusal that
//! an address cures; each only while a whole request timeout is left before the order's `send_by`, by a clock that
//! never jumps. Everybody else merely looks.

use chrono::{DateTime, Utc};
use tokio::sync::watch;
use tokio::time::Instant;
use trunkline_domain::{Capabilities, Change, FailureReason, Order, Origin, RegulatoryIds, WebhookUrls};
use trunkline_provider::{NumberPurchase, ProviderError, ProviderNumber, Refusal};

use crate::calls::{CallAnswer, CallKind, Calls, Heard};
use crate::engine::{Engine, stored};
use crate::evidence::{LookVerdict, PurchaseVerdict, judge_purchase};
use crate::mutant::Mutant;
use crate::port::{OpenAnswer, OpenRefusal, OpenedPurchase, PurchaseOpening, Repeat, StoreError};
use crate::{LeaseToken, Marker, PurchaseEnd, PurchaseError};

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

/// What came of the attempt to buy.
enum Attempt {
    /// The number is ours.
    Bought(Box<ProviderNumber>),
    /// Certainly nothing was bought.
    Refused(FailureReason),
    /// The account owned the number before; what the purchase changed on it must be put back.
    OwnedBefore(Box<ProviderNumber>),
    /// The provider says that it bought something else than was ordered.
    Mismatch(Box<ProviderNumber>),
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
            Ok(OpenAnswer::Refused(refusal)) => {
                match &refusal {
                    OpenRefusal::SalesPaused { why } => {
                        tracing::info!(?why, "a purchase was not opened: nothing is sold now");
                    }
                    OpenRefusal::LimitExceeded { reached } => {
                        tracing::info!(
                            limit = reached.name(),
                            "a purchase was not opened: a limit is reached"
                        );
                    }
                    OpenRefusal::InsufficientBalance { .. }
                    | OpenRefusal::WalletInDebt { .. }
                    | OpenRefusal::AlreadyOwned { .. }
                    | OpenRefusal::AlreadyOrdering { .. }
                    | OpenRefusal::TakenByOther
                    | OpenRefusal::CoolingDown => {}
                }
                return Err(PurchaseError::Refused(refusal));
            }
            Ok(OpenAnswer::Repeat(repeat)) => return Ok(SagaEnd::Repeat(repeat)),
            Err(source @ StoreError::OutcomeUnknown(_)) => {
                return Err(PurchaseError::Storage { order: Some(id), source });
            }
            Err(source) => return Err(PurchaseError::Storage { order: None, source }),
        };
        progress.send_replace(Some(opened.order.clone()));
        let (mut calls, origin) = (Calls::default(), &opening.origin);
        match self.attempt(&opened, &opening, &mut calls).await {
            Attempt::Bought(found) => self.conclude_bought(&opened, &found, origin, &mut calls).await,
            Attempt::Refused(reason) => self.conclude_refused(&opened, reason, origin, &calls).await,
            Attempt::OwnedBefore(found) => self.conclude_owned_before(&opened, &found, &calls).await,
            Attempt::Mismatch(named) => self.conclude_mismatch(&opened, &named, origin, &mut calls).await,
            Attempt::Unknown => self.conclude_unknown(&opened, &opening, progress, &mut calls).await,
        }
    }

    /// Looks, then sends the purchase once; and once more only after a certain refusal that one of the account's
    /// addresses cures. Until a purchase is sent, every doubt ends the order at once.
    async fn attempt(&self, opened: &OpenedPurchase, opening: &Opening, calls: &mut Calls) -> Attempt {
        let order = &opened.order;
        let marker = self.marker(order);
        let mut beside = Calls::default();
        let (looked, hint) = tokio::join!(self.look_for(order, calls), self.hint(order, &mut beside));
        calls.append(beside);
        let looked_at = match looked {
            Err(error) => return Attempt::Refused(reason_before_sending(&error)),
            Ok((LookVerdict::Absent, sighting)) => sighting.provider_time,
            Ok((LookVerdict::Ours(_) | LookVerdict::Other, _)) => {
                tracing::warn!(order.id = %order.id, "the account already holds the number that was ordered");
                return Attempt::Refused(FailureReason::HeldAtProvider);
            }
        };
        let mut purchase = NumberPurchase {
            phone_number: order.phone_number.clone(),
            country: order.country,
            number_type: order.number_type,
            account: order.account.clone(),
            friendly_name: marker.friendly_name(&order.display_name),
            webhooks: self.webhooks_for(hint.capabilities),
            regulatory: self.regulatory_for(order, &opening.needs, &hint, calls).await,
        };
        if !self.may_send(opening) {
            tracing::warn!(order.id = %order.id, "too late to send the purchase; nothing was sent");
            return Attempt::Refused(FailureReason::ProviderUnavailable);
        }
        let refusal = match self.send(order, marker, &purchase, looked_at, calls).await {
            Ok(attempt) => return attempt,
            Err(refusal) => refusal,
        };
        let sent = &purchase.regulatory;
        let cure = self.curing_address(order, &opening.needs, sent, &hint, &refusal, calls).await;
        let Some(address) = cure.filter(|_| self.may_send(opening)) else {
            return Attempt::Refused(self.reason_of(order, &opening.needs, &refusal, calls).await);
        };
        tracing::info!(order.id = %order.id, address.sid = %address, "the purchase is sent once more, with an address");
        purchase.regulatory.address_sid = Some(address.into());
        match self.send(order, marker, &purchase, looked_at, calls).await {
            Ok(attempt) => attempt,
            Err(refusal) => Attempt::Refused(self.reason_of(order, &opening.needs, &refusal, calls).await),
        }
    }

    /// Whether a whole request timeout is left before the order's `send_by`.
    fn may_send(&self, opening: &Opening) -> bool {
        let window = self.settings.send_window.saturating_sub(self.settings.request_timeout);
        Instant::now() < opening.started + window
    }

    /// Sends a purchase. The error is a certain refusal: nothing was bought.
    async fn send(
        &self,
        order: &Order,
        marker: Marker,
        purchase: &NumberPurchase,
        looked_at: DateTime<Utc>,
        calls: &mut Calls,
    ) -> Result<Attempt, ProviderError> {
        // The adapter keeps its own limit; this one holds even for an adapter that forgets it.
        let limit = self.settings.request_timeout + self.settings.settle_margin / 2;
        let (answer, asked) = self.ask(tokio::time::timeout(limit, self.parts.provider.buy(purchase))).await;
        match answer {
            Ok(Ok(bought)) => {
                let verdict = judge_purchase(bought.number, order, marker, looked_at);
                calls.note(asked, CallKind::Buy, answer_of(&verdict));
                Ok(match verdict {
                    PurchaseVerdict::Bought(found) => Attempt::Bought(found),
                    PurchaseVerdict::OwnedBefore(found) => Attempt::OwnedBefore(found),
                    PurchaseVerdict::Mismatch(named) => Attempt::Mismatch(named),
                    PurchaseVerdict::Unlabelled => {
                        tracing::warn!(order.id = %order.id, "the provider bought the number under another label");
                        Attempt::Unknown
                    }
                })
            }
            Ok(Err(error)) => {
                calls.note(asked, CallKind::Buy, &error);
                let cause = &error as &dyn std::error::Error;
                if error.may_have_happened() && !Mutant::TimeoutIsNo.is_made() {
                    tracing::warn!(order.id = %order.id, error = cause, "purchase outcome unknown");
                    return Ok(Attempt::Unknown);
                }
                tracing::info!(order.id = %order.id, error = cause, "purchase refused");
                Err(error)
            }
            Err(_) => {
                calls.note(asked, CallKind::Buy, Heard::nothing_within(limit));
                tracing::warn!(order.id = %order.id, "purchase outcome unknown: the provider's adapter did not answer");
                Ok(Attempt::Unknown)
            }
        }
    }

    /// Why the order ends after a certain refusal, with what the operator's bundles lack where one is asked for.
    async fn reason_of(
        &self,
        order: &Order,
        set: &RegulatoryIds,
        refusal: &ProviderError,
        calls: &mut Calls,
    ) -> FailureReason {
        match reason_of_refusal(refusal) {
            FailureReason::BundleRequired { .. } => {
                FailureReason::BundleRequired { gap: self.bundle_gap(order, set, calls).await }
            }
            reason => reason,
        }
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
}

/// What the answer to a purchase means, in the words of a note.
const fn answer_of(verdict: &PurchaseVerdict) -> CallAnswer {
    match verdict {
        PurchaseVerdict::Bought(_) => CallAnswer::Bought,
        PurchaseVerdict::OwnedBefore(_) => CallAnswer::OwnedBefore,
        PurchaseVerdict::Mismatch(_) => CallAnswer::Mismatch,
        PurchaseVerdict::Unlabelled => CallAnswer::Unlabelled,
    }
}

/// Why an order ends when the look before the purchase fails: nothing was sent, so it certainly ends.
fn reason_before_sending(error: &ProviderError) -> FailureReason {
    match error {
        ProviderError::NotConfigured => FailureReason::ProviderNotConfigured,
        ProviderError::Unauthorized { code }
        | ProviderError::Refused {
            reason: Refusal::AccountInactive | Refusal::AccountRestricted | Refusal::TestCredentials,
            code,
            ..
        } => FailureReason::ProviderRejected { code: *code },
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
            Refusal::BundleRequired => FailureReason::BundleRequired { gap: None },
            Refusal::TypeNotOffered
            | Refusal::Filter { .. }
            | Refusal::AccountInactive
            | Refusal::AccountRestricted
            | Refusal::TestCredentials
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
