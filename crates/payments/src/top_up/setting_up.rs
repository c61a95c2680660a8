//! Saving a payment method on a page of the gateway, what came of it, and having methods forgotten.
//!
//! The page is opened before it is written down: nobody is sent to one that is not, and one that nobody was sent to saves
//! nothing.

use std::time::Duration;

use chrono::TimeDelta;
use trunkline_domain::{Change, Origin, UserId};

use super::service::{described, subject};
use super::{
    CONSENT_VERSION, Consent, SetUpCommand, SetUpPage, SetupBegin, SetupEnd, SetupOutcome, TopUpError,
    TopUpSetup, TopUpState, TopUps,
};
use crate::service::until_known;
use crate::{AssessError, CustomerId, GatewayError, SessionId, SetupProgress, SetupRequest};

/// For how long a method can be saved on a page.
const PAGE_LIFETIME: TimeDelta = TimeDelta::minutes(60);

/// When the gateway is asked again to forget a method.
const FORGET_AGAIN: Duration = Duration::from_mins(5);

/// How many pages or methods are taken at a time.
const AT_ONCE: u16 = 20;

impl TopUps {
    /// Opens a page on which the user saves a payment method. The top-up is on when they have, with these terms; one that is
    /// on already stays as it is until then.
    pub async fn set_up(&self, command: SetUpCommand) -> Result<SetUpPage, TopUpError> {
        let SetUpCommand { user, terms, origin } = command;
        self.check(&terms)?;
        let (id, now) = (self.payments.ids.next(), self.payments.clock.now());
        let mut request = SetupRequest {
            key: id,
            user: user.clone(),
            customer: self.customer(&user, None).await?,
            currency: terms.currency(),
            expires_at: now + PAGE_LIFETIME,
            pages: self.payments.terms.pages.clone(),
        };
        let page = match self.payments.gateway.open_setup(&request).await {
            // Another account's, or deleted there: nothing that was saved under it can be charged any more.
            Err(GatewayError::NoSuchCustomer { message }) => {
                tracing::warn!(user.id = %user, message, "the payment gateway does not know a customer any more; a new one is made");
                request.key = self.payments.ids.next();
                request.customer = self.customer(&user, Some(request.customer)).await?;
                self.payments.gateway.open_setup(&request).await?
            }
            answer => answer?,
        };
        let consent = Consent { version: CONSENT_VERSION, by: origin.actor.clone(), at: now };
        let mut audit = origin.audit("top_up.set_up", subject(&user, terms.currency()), Some(&user), now);
        audit.details = described(&terms, TopUpState::Off);
        audit.details["consent"] = CONSENT_VERSION.into();
        let setup = TopUpSetup {
            id: request.key,
            user,
            terms,
            customer: request.customer,
            session: page.session.clone(),
            consent,
            expires_at: page.expires_at,
            is_void: false,
        };
        let look_after = self.payments.terms.look_after;
        let change = Change::new(SetupBegin { setup, look_after }).audit(audit);
        until_known(|| self.payments.top_ups.begin_setup(&change)).await?;
        Ok(page)
    }

    /// Who a user is at the gateway. Made once: of two who make them at once, both get the first that is kept. One whom the
    /// gateway does not know any more is made anew, once, too.
    async fn customer(
        &self,
        user: &UserId,
        instead_of: Option<CustomerId>,
    ) -> Result<CustomerId, TopUpError> {
        let store = &self.payments.top_ups;
        let known = store.customer(user).await?;
        if let Some(known) = known.filter(|known| Some(known) != instead_of.as_ref()) {
            return Ok(known);
        }
        let made = self.payments.gateway.make_customer(user, None, instead_of.clone()).await?;
        let at = self.payments.clock.now();
        Ok(until_known(|| store.keep_customer(user, &made, instead_of.clone(), at)).await?)
    }

    /// Asks the gateway what came of a page. False where it is none that is waited for.
    pub(super) async fn look_at_session(&self, session: &SessionId) -> Result<bool, AssessError> {
        match self.payments.top_ups.open_setup(session).await? {
            Some(setup) => self.look_at_setup(&setup).await,
            None => Ok(false),
        }
    }

    /// Pages of which nothing was heard.
    pub(super) async fn look_at_setups(&self) -> Result<(), AssessError> {
        let again = self.payments.terms.look_after;
        for setup in self.payments.top_ups.due_setups(again, AT_ONCE).await? {
            if let Err(error) = self.look_at_setup(&setup).await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(setup.id = %setup.id, error, "a page for saving a payment method could not be asked about; it is tried again");
            }
        }
        Ok(())
    }

    async fn look_at_setup(&self, setup: &TopUpSetup) -> Result<bool, AssessError> {
        let report = self.payments.gateway.setup(&setup.session).await?;
        let outcome = match report {
            None if self.payments.clock.now() <= setup.expires_at => return Ok(false),
            None => SetupOutcome::Expired,
            Some(report) if report.key != Some(setup.id) => {
                return Err(AssessError::Contradicts("another page for saving a payment method"));
            }
            Some(report) => match report.progress {
                // Refused where a method is being saved on it: the next look says which, to be forgotten.
                SetupProgress::Open if setup.is_void => {
                    self.payments.gateway.expire_setup(&setup.session).await?;
                    SetupOutcome::Expired
                }
                SetupProgress::Open => return Ok(false),
                SetupProgress::Saved { method, label } => SetupOutcome::Saved { method, label },
                SetupProgress::Expired => SetupOutcome::Expired,
            },
        };
        let is_saved = matches!(outcome, SetupOutcome::Saved { .. });
        let change = self.ending(setup, outcome);
        let on = until_known(|| self.payments.top_ups.end_setup(&change)).await?;
        if on.is_some() {
            tracing::info!(user.id = %setup.user, "an automatic top-up is on");
        }
        if is_saved {
            self.forget_methods().await;
        }
        Ok(true)
    }

    fn ending(&self, setup: &TopUpSetup, outcome: SetupOutcome) -> Change<SetupEnd> {
        let at = self.payments.clock.now();
        let is_saved = matches!(outcome, SetupOutcome::Saved { .. });
        let TopUpSetup { id, user, terms, .. } = setup;
        let end = SetupEnd { setup: *id, user: user.clone(), currency: terms.currency(), outcome, at };
        let change = Change::new(end);
        if !is_saved {
            return change;
        }
        let of = subject(user, terms.currency());
        let mut audit = Origin::system().audit("top_up.switch_on", of, Some(user), at);
        audit.details = described(terms, TopUpState::On);
        change.event(self.switched(user, terms, TopUpState::On)).audit(audit)
    }

    /// Has the gateway forget what is to be forgotten. What it does not forget now is tried again.
    pub(super) async fn forget_methods(&self) {
        let store = &self.payments.top_ups;
        let methods = match store.methods_to_forget(FORGET_AGAIN, AT_ONCE).await {
            Ok(methods) => methods,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                return tracing::warn!(error, "payment methods that are to be forgotten could not be read");
            }
        };
        for method in methods {
            let forgotten = match self.payments.gateway.forget_method(&method).await {
                Ok(()) => store.note_forgotten(&method).await.map_err(AssessError::from),
                Err(error) => Err(error.into()),
            };
            if let Err(error) = forgotten {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(method.id = %method, error, "a payment method was not forgotten; it is tried again");
            }
        }
    }
}
