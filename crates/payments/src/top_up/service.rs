//! What users ask of their top-ups: setting one up, changing it, and having its method forgotten.

use std::time::Duration;

use serde_json::json;
use trunkline_domain::{Change, Currency, Event, EventId, Money, Origin, UserId};
use trunkline_wallet::WalletStoreError;

use super::{TopUp, TopUpChange, TopUpState, TopUpTerms};
use crate::service::until_known;
use crate::{AmountError, AssessError, EventOutcome, GatewayError, OpenedPage, Payments};

/// How often a change is made anew of what somebody else has changed meanwhile.
const ATTEMPTS: usize = 5;

/// Charges saved payment methods when wallets are low. Cheap to clone.
#[derive(Clone)]
pub struct TopUps {
    pub(super) payments: Payments,
    pub(super) settings: TopUpSettings,
}

/// The brakes that are not their users' to set.
#[derive(Debug, Clone, Copy)]
pub struct TopUpSettings {
    /// For how long after a charge nothing more is charged, whatever came of it.
    pub cool_down: Duration,
}

/// Sets a top-up up. That its user agrees is for the caller to have asked: the command is the consent.
#[derive(Debug, Clone)]
pub struct SetUpCommand {
    /// Whose.
    pub user: UserId,
    /// When, and how much.
    pub terms: TopUpTerms,
    /// Who asks, and agrees.
    pub origin: Origin,
}

/// Changes a top-up. What is `None` stays.
#[derive(Debug, Clone)]
pub struct TopUpCommand {
    /// Whose.
    pub user: UserId,
    /// In which currency.
    pub currency: Currency,
    /// When to charge.
    pub threshold: Option<Money>,
    /// How much.
    pub amount: Option<Money>,
    /// How much in a month at most.
    pub monthly_cap: Option<Money>,
    /// Whether it charges: on, or off. That it was declined is nobody's to say.
    pub state: Option<TopUpState>,
    /// Who asks.
    pub origin: Origin,
}

/// Switches a top-up off and has its method forgotten.
#[derive(Debug, Clone)]
pub struct RemoveTopUpCommand {
    /// Whose.
    pub user: UserId,
    /// In which currency.
    pub currency: Currency,
    /// Who asks.
    pub origin: Origin,
}

/// A page on which a payment method is saved.
pub type SetUpPage = OpenedPage;

/// Terms that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TopUpTermsError {
    /// Nothing is below it.
    #[error("the threshold must be above zero")]
    Threshold,
    /// One charge would be above it.
    #[error("the monthly cap must be at least the amount, {0}")]
    MonthlyCap(Money),
}

/// Why nothing was set up or changed. Nothing was charged.
#[derive(Debug, thiserror::Error)]
pub enum TopUpError {
    /// The amount is not taken.
    #[error(transparent)]
    Amount(#[from] AmountError),
    /// The terms contradict each other.
    #[error(transparent)]
    Terms(#[from] TopUpTermsError),
    /// There is none in this currency.
    #[error("no automatic top-up is set up in {0}")]
    NotFound(Currency),
    /// Its method was forgotten: it is to be set up again.
    #[error("its payment method was forgotten")]
    NoMethod,
    /// Others went on changing it meanwhile.
    #[error("it is being changed by others")]
    Contended,
    /// The gateway did not do its part.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] WalletStoreError),
}

impl TopUps {
    /// Top-ups beside payments, with which they share everything.
    pub const fn new(payments: Payments, settings: TopUpSettings) -> Self {
        Self { payments, settings }
    }

    /// Hears a webhook, of a payment or of a page on which a method is saved. See [`Payments::hear`].
    pub async fn hear(&self, body: &[u8], signature: &str) -> Result<EventOutcome, AssessError> {
        match self.payments.hear(body, signature).await? {
            EventOutcome::Setup(session) => {
                let is_ours = self.look_at_session(&session).await?;
                Ok(if is_ours { EventOutcome::Applied } else { EventOutcome::Ignored })
            }
            heard @ (EventOutcome::Applied | EventOutcome::Ignored) => Ok(heard),
        }
    }

    /// A user's top-up in a currency.
    pub async fn top_up(&self, user: &UserId, currency: Currency) -> Result<Option<TopUp>, WalletStoreError> {
        self.payments.top_ups.top_up(user, currency).await
    }

    /// Changes the terms, or switches on or off. A cool-down that runs goes on.
    pub async fn change(&self, command: &TopUpCommand) -> Result<TopUp, TopUpError> {
        let TopUpCommand { user, currency, origin, .. } = command;
        self.replace(user, *currency, origin, "top_up.change", |before| {
            let terms = TopUpTerms {
                threshold: command.threshold.unwrap_or(before.terms.threshold),
                amount: command.amount.unwrap_or(before.terms.amount),
                monthly_cap: command.monthly_cap.unwrap_or(before.terms.monthly_cap),
            };
            self.check(&terms)?;
            let state = command.state.unwrap_or(before.state);
            if state == TopUpState::On && before.method.is_none() {
                return Err(TopUpError::NoMethod);
            }
            Ok(TopUp { terms, state, ..before.clone() })
        })
        .await
    }

    /// Switches off, and has the gateway forget the method: now, or as soon as it answers.
    pub async fn remove(&self, command: &RemoveTopUpCommand) -> Result<TopUp, TopUpError> {
        let RemoveTopUpCommand { user, currency, origin } = command;
        let after = self
            .replace(user, *currency, origin, "top_up.remove", |before| {
                Ok(TopUp { state: TopUpState::Off, method: None, ..before.clone() })
            })
            .await?;
        self.forget_methods().await;
        Ok(after)
    }

    /// Whether terms can be had.
    pub(super) fn check(&self, terms: &TopUpTerms) -> Result<(), TopUpError> {
        self.payments.terms.bounds.check(terms.amount)?;
        if !self.payments.gateway.can_express(terms.amount) {
            return Err(AmountError::TooPrecise(terms.amount).into());
        }
        if !terms.threshold.is_positive() {
            return Err(TopUpTermsError::Threshold.into());
        }
        if terms.monthly_cap.micros() < terms.amount.micros() {
            return Err(TopUpTermsError::MonthlyCap(terms.amount).into());
        }
        Ok(())
    }

    /// Makes a change of what is there, and anew where somebody else was faster.
    async fn replace(
        &self,
        user: &UserId,
        currency: Currency,
        origin: &Origin,
        action: &str,
        after: impl Fn(&TopUp) -> Result<TopUp, TopUpError> + Send + Sync,
    ) -> Result<TopUp, TopUpError> {
        let store = &self.payments.top_ups;
        for _ in 0..ATTEMPTS {
            let before = store.top_up(user, currency).await?.ok_or(TopUpError::NotFound(currency))?;
            let after = after(&before)?;
            if (after.terms, after.state, &after.method) == (before.terms, before.state, &before.method) {
                return Ok(before);
            }
            let change = self.changing(&before, after, origin, action);
            if let Some(stands) = until_known(|| store.change(&change)).await? {
                return Ok(stands);
            }
        }
        Err(TopUpError::Contended)
    }

    fn changing(&self, before: &TopUp, after: TopUp, origin: &Origin, action: &str) -> Change<TopUpChange> {
        let at = self.payments.clock.now();
        let TopUp { user, terms, state, method, .. } = after;
        let mut audit = origin.audit(action, subject(&user, terms.currency()), Some(&user), at);
        audit.details = described(&terms, state);
        let event = (state != before.state).then(|| self.switched(&user, &terms, state));
        let change =
            Change::new(TopUpChange { user, version: before.version, terms, state, method, at }).audit(audit);
        event.into_iter().fold(change, Change::event)
    }

    /// That a top-up is on or off now.
    pub(super) fn switched(&self, user: &UserId, terms: &TopUpTerms, state: TopUpState) -> Event {
        let kind = match state {
            TopUpState::On => "top_up.on",
            TopUpState::Off | TopUpState::Declined => "top_up.off",
        };
        Event {
            id: EventId::from_uuid(self.payments.ids.next()),
            kind: kind.to_owned(),
            user: user.clone(),
            subject: subject(user, terms.currency()),
            at: self.payments.clock.now(),
            data: described(terms, state),
        }
    }
}

/// How events and the audit name a top-up.
pub(super) fn subject(user: &UserId, currency: Currency) -> String {
    format!("{user}/{}", currency.code())
}

pub(super) fn described(terms: &TopUpTerms, state: TopUpState) -> serde_json::Value {
    let TopUpTerms { threshold, amount, monthly_cap } = terms;
    json!({ "threshold": threshold, "amount": amount, "monthlyCap": monthly_cap, "state": state.as_str() })
}
