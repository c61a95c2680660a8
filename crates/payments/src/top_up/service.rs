//! What users ask of their top-ups: setting one up, changing it, and having its method forgotten.

use std::time::Duration;

use serde_json::json;
use trunkline_domain::{Change, Currency, Event, EventId, Money, Origin, UserId};
use trunkline_wallet::WalletStoreError;

use super::{CONSENT_VERSION, Consent, SetupsVoid, TopUp, TopUpChange, TopUpState, TopUpTerms};
use crate::service::until_known;
use crate::{AmountError, AssessError, EventOutcome, GatewayError, OpenedPage, Payments, Told};

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
    /// Whether its user agrees to the new terms. Needed where they allow more than the ones before.
    pub agreement: Agreement,
    /// Why, where an operator says so.
    pub reason: Option<String>,
    /// Who asks.
    pub origin: Origin,
}

/// Whether a user agrees to be charged by new terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    /// They have said so, to the text of today.
    Given,
    /// They have not.
    NotGiven,
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
    /// More would be charged than its user has agreed to.
    #[error("its user has not agreed to more")]
    NotAgreed,
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

    /// Changes the terms, or switches on or off. A cool-down that runs goes on. What is open becomes void where it is switched off
    /// or the terms change.
    pub async fn change(&self, command: &TopUpCommand) -> Result<TopUp, TopUpError> {
        let TopUpCommand { user, currency, origin, .. } = command;
        if let Some(before) = self.top_up(user, *currency).await? {
            let after = self.changed(command, &before)?;
            // A page that was begun with other terms would put those over these.
            if command.state == Some(TopUpState::Off) || after.terms != before.terms {
                self.void_setups(user, *currency, origin).await?;
            }
        }
        self.replace(user, *currency, (origin, command.reason.as_deref()), "top_up.change", |before| {
            self.changed(command, before)
        })
        .await
    }

    /// What a change makes of a top-up.
    fn changed(&self, command: &TopUpCommand, before: &TopUp) -> Result<TopUp, TopUpError> {
        let terms = TopUpTerms {
            threshold: command.threshold.unwrap_or(before.terms.threshold),
            amount: command.amount.unwrap_or(before.terms.amount),
            monthly_cap: command.monthly_cap.unwrap_or(before.terms.monthly_cap),
        };
        let state = command.state.unwrap_or(before.state);
        let is_switched_on = state == TopUpState::On && before.state != TopUpState::On;
        if terms != before.terms || is_switched_on {
            self.check(&terms)?;
        }
        if is_switched_on && before.method.is_none() {
            return Err(TopUpError::NoMethod);
        }
        let consent = match command.agreement {
            Agreement::NotGiven if allows_more(&terms, &before.terms) => return Err(TopUpError::NotAgreed),
            Agreement::NotGiven => before.consent.clone(),
            Agreement::Given => Consent {
                version: CONSENT_VERSION,
                by: command.origin.actor.clone(),
                at: self.payments.clock.now(),
            },
        };
        Ok(TopUp { terms, state, consent, ..before.clone() })
    }

    /// Switches off, has the gateway forget the method, now or as soon as it answers, and makes void what was begun before:
    /// nothing that is saved on a page that is open can switch it on again, and the watch has the gateway close it. `None` where
    /// only such a page was there.
    pub async fn remove(&self, command: &RemoveTopUpCommand) -> Result<Option<TopUp>, TopUpError> {
        let RemoveTopUpCommand { user, currency, origin } = command;
        // First: of what is void by now none can end as a top-up that is read as absent here.
        let voided = self.void_setups(user, *currency, origin).await?;
        let removed = self
            .replace(user, *currency, (origin, None), "top_up.remove", |before| {
                Ok(TopUp { state: TopUpState::Off, method: None, ..before.clone() })
            })
            .await;
        let removed = match removed {
            Ok(after) => Some(after),
            Err(TopUpError::NotFound(_)) if voided > 0 => None,
            Err(error) => return Err(error),
        };
        self.forget_methods().await;
        Ok(removed)
    }

    /// Makes void what a user has open.
    async fn void_setups(
        &self,
        user: &UserId,
        currency: Currency,
        origin: &Origin,
    ) -> Result<u32, TopUpError> {
        let audit =
            origin.audit("top_up.void_pages", subject(user, currency), Some(user), self.payments.clock.now());
        let told = Told { events: Vec::new(), audit: vec![audit] };
        let change = Change::new(SetupsVoid { user: user.clone(), currency, told });
        Ok(until_known(|| self.payments.top_ups.void_setups(&change)).await?)
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
        because: Because<'_>,
        action: &str,
        after: impl Fn(&TopUp) -> Result<TopUp, TopUpError> + Send + Sync,
    ) -> Result<TopUp, TopUpError> {
        let store = &self.payments.top_ups;
        for _ in 0..ATTEMPTS {
            let before = store.top_up(user, currency).await?.ok_or(TopUpError::NotFound(currency))?;
            let after = after(&before)?;
            let is_the_same =
                (after.terms, after.state, &after.method) == (before.terms, before.state, &before.method);
            if is_the_same {
                return Ok(before);
            }
            let change = self.changing(&before, after, because, action);
            if let Some(stands) = until_known(|| store.change(&change)).await? {
                return Ok(stands);
            }
        }
        Err(TopUpError::Contended)
    }

    fn changing(
        &self,
        before: &TopUp,
        after: TopUp,
        (origin, reason): Because<'_>,
        action: &str,
    ) -> Change<TopUpChange> {
        let at = self.payments.clock.now();
        let TopUp { user, terms, state, method, consent, .. } = after;
        let consent = Some(consent).filter(|consent| *consent != before.consent);
        let mut audit = origin.audit(action, subject(&user, terms.currency()), Some(&user), at);
        audit.details = described(&terms, state);
        audit.reason = reason.map(str::to_owned);
        if let Some(consent) = &consent {
            audit.details["consent"] = consent.version.into();
        }
        let event = (state != before.state).then(|| self.switched(&user, &terms, state));
        let change =
            Change::new(TopUpChange { user, version: before.version, terms, state, method, consent, at })
                .audit(audit);
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

/// Who asks for a change, and why.
type Because<'a> = (&'a Origin, Option<&'a str>);

/// Whether terms could have more charged than others, or sooner.
fn allows_more(terms: &TopUpTerms, before: &TopUpTerms) -> bool {
    let more = |new: Money, old: Money| new.micros() > old.micros();
    more(terms.threshold, before.threshold)
        || more(terms.amount, before.amount)
        || more(terms.monthly_cap, before.monthly_cap)
}

/// How events and the audit name a top-up.
pub(super) fn subject(user: &UserId, currency: Currency) -> String {
    format!("{user}/{}", currency.code())
}

pub(super) fn described(terms: &TopUpTerms, state: TopUpState) -> serde_json::Value {
    let TopUpTerms { threshold, amount, monthly_cap } = terms;
    json!({ "threshold": threshold, "amount": amount, "monthlyCap": monthly_cap, "state": state.as_str() })
}
