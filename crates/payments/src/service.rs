//! The service of payments: opening checkouts, hearing events, asking the gateway, and applying what it says.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;
use trunkline_alarms::AlarmBoard;
use trunkline_domain::{
    Change, Clock, DeploymentId, Event, EventId, IdSource, Money, Origin, PaymentId, RequestKey, UserId,
};
use trunkline_notices::{AlertStore, MailRoute, NoticeStoreError};
use trunkline_wallet::WalletStoreError;
use url::Url;

use crate::assess::{self, Subject};
use crate::{
    AmountError, AssessmentAnswer, CheckoutRequest, EventClaims, EventError, EventSubject, GatewayError,
    GatewayEvent, OpeningAnswer, PageNoted, Payment, PaymentBounds, PaymentGateway, PaymentKind,
    PaymentOpening, PaymentPage, PaymentRef, PaymentReport, PaymentState, PaymentStore, ReturnPages,
    SessionId, StoredTaking, TopUpStore,
};

/// When a payment of which nothing is heard is asked about for the first time, unless a setting says otherwise.
pub(crate) const LOOK_AFTER: Duration = Duration::from_mins(5);

/// For how long a customer can pay on a page. Stripe takes 30 minutes to 24 hours ("Create a Checkout Session").
const PAGE_LIFETIME: TimeDelta = TimeDelta::minutes(60);

/// Until when the page of a payment may be asked for: Stripe opens none for less than half an hour ("Create a Checkout
/// Session"), and a minute is for clocks.
const PAGE_ASKED_WITHIN: TimeDelta = TimeDelta::minutes(29);

/// How often a change is offered in all while its outcome is unknown, unchanged.
const ATTEMPTS: usize = 3;

/// Puts customers' money into their wallets.
#[derive(Clone)]
pub struct Payments {
    pub(crate) gateway: Arc<dyn PaymentGateway>,
    pub(crate) store: Arc<dyn PaymentStore>,
    pub(crate) top_ups: Arc<dyn TopUpStore>,
    pub(crate) alerts: Arc<dyn AlertStore>,
    pub(crate) mail: MailRoute,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) alarms: Arc<dyn AlarmBoard>,
    pub(crate) terms: Arc<PaymentTerms>,
    /// What this process has raised an alarm about: whatever else agrees needs no end of one.
    pub(crate) contradicted: Arc<Mutex<BTreeSet<String>>>,
    /// Whether this process has compared both books.
    pub(crate) compared: Arc<AtomicBool>,
}

/// What payments work with.
#[derive(Clone)]
pub struct PaymentParts {
    /// Whoever takes the money.
    pub gateway: Arc<dyn PaymentGateway>,
    /// Where payments are kept.
    pub store: Arc<dyn PaymentStore>,
    /// Where top-ups are kept: a payment of one counts there.
    pub top_ups: Arc<dyn TopUpStore>,
    /// Where customers are written to.
    pub alerts: Arc<dyn AlertStore>,
    /// Whether there is mail.
    pub mail: MailRoute,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Fresh ids.
    pub ids: Arc<dyn IdSource>,
    /// Who is woken.
    pub alarms: Arc<dyn AlarmBoard>,
}

/// What payments are made of beside their ports.
#[derive(Debug, Clone)]
pub struct PaymentTerms {
    /// The deployment, by which its payments are known at the gateway.
    pub deployment: DeploymentId,
    /// How much may be paid.
    pub bounds: PaymentBounds,
    /// Where customers are led from the gateway's page.
    pub pages: ReturnPages,
    /// When a payment of which nothing is heard is asked about, and how often again.
    pub look_after: Duration,
}

/// A customer's wish to pay.
#[derive(Debug, Clone)]
pub struct CheckoutCommand {
    /// Whose wallet.
    pub user: UserId,
    /// How much.
    pub amount: Money,
    /// The client's idempotency key.
    pub request: Option<RequestKey>,
    /// Who asked.
    pub origin: Origin,
}

/// A page on which a customer can pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// The payment.
    pub payment: Payment,
    /// Where.
    pub url: Url,
}

/// Why there is no page. Nothing was paid.
#[derive(Debug, thiserror::Error)]
pub enum CheckoutError {
    /// The amount is not taken.
    #[error(transparent)]
    Amount(#[from] AmountError),
    /// The day's cap leaves less room.
    #[error("{used} is paid or open today, of {cap} that one may pay on one day")]
    CapReached {
        /// What is paid and open today.
        used: Money,
        /// The cap.
        cap: Money,
    },
    /// The idempotency key was used for another payment.
    #[error("this idempotency key was used for another payment")]
    KeyReused,
    /// The payment of this key has ended: paid, expired or failed.
    #[error("the payment of this idempotency key has ended")]
    Ended(Box<Payment>),
    /// The gateway did not open the page.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] WalletStoreError),
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventOutcome {
    /// What the gateway says of the payment is applied, now or before.
    Applied,
    /// It is about nothing of this deployment's.
    Ignored,
    /// It is about a page on which a payment method is saved, which is for the top-ups to ask about.
    Setup(SessionId),
}

/// Why an event, or a question to the gateway, came to nothing. Nothing moved.
#[derive(Debug, thiserror::Error)]
pub enum AssessError {
    /// It is no event of the gateway's.
    #[error(transparent)]
    Event(#[from] EventError),
    /// It contradicts what the gateway answers, or what is stored.
    #[error("the event contradicts what the gateway answers: {0}")]
    Contradicts(&'static str),
    /// The gateway did not answer; the event may be sent again.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// The store failed; the event may be sent again.
    #[error(transparent)]
    Store(#[from] WalletStoreError),
    /// It is not known where the customer is written to; the event may be sent again.
    #[error(transparent)]
    Notices(NoticeStoreError),
}

impl Payments {
    /// A service over its parts.
    pub fn new(parts: PaymentParts, terms: PaymentTerms) -> Self {
        let PaymentParts { gateway, store, top_ups, alerts, mail, clock, ids, alarms } = parts;
        let (terms, contradicted, compared) = (Arc::new(terms), Arc::default(), Arc::default());
        Self { gateway, store, top_ups, alerts, mail, clock, ids, alarms, terms, contradicted, compared }
    }

    /// Whether this process has compared both books and made good what was missing here. Nothing is charged before: the
    /// database is perhaps a backup, which does not know of the last charges.
    pub fn has_compared(&self) -> bool {
        self.compared.load(Ordering::Acquire)
    }

    /// Opens a page on which a customer pays. The payment is written down first; a repeat under the same key leads to the
    /// same page.
    pub async fn open_checkout(&self, command: CheckoutCommand) -> Result<Checkout, CheckoutError> {
        self.terms.bounds.check(command.amount)?;
        if !self.gateway.can_express(command.amount) {
            return Err(AmountError::TooPrecise(command.amount).into());
        }
        let cap = self.terms.bounds.daily_cap(command.amount.currency());
        let change = self.opening(&command, cap);
        let payment = match until_known(|| self.store.open(&change)).await? {
            OpeningAnswer::Opened(payment) | OpeningAnswer::Repeated(payment) => payment,
            OpeningAnswer::KeyReused => return Err(CheckoutError::KeyReused),
            OpeningAnswer::CapReached { used } => {
                return Err(CheckoutError::CapReached { used, cap: cap.unwrap_or(used) });
            }
        };
        self.open_page(payment).await
    }

    fn opening(&self, command: &CheckoutCommand, daily_cap: Option<Money>) -> Change<PaymentOpening> {
        let at = self.clock.now();
        let id = PaymentId::from_uuid(self.ids.next());
        let CheckoutCommand { user, amount, request, origin } = command;
        let data = json!({ "amount": amount });
        let event = Event {
            id: EventId::from_uuid(self.ids.next()),
            kind: "payment.opened".to_owned(),
            user: user.clone(),
            subject: id.to_string(),
            at,
            data: data.clone(),
        };
        let mut audit = origin.audit("payment.open", id, Some(user), at);
        audit.details = data;
        let opening = PaymentOpening {
            id,
            user: user.clone(),
            kind: PaymentKind::Checkout,
            amount: *amount,
            description: DESCRIPTION.to_owned(),
            daily_cap,
            look_after: self.terms.look_after,
            at,
        };
        Change::new(opening).request(request.clone()).event(event).audit(audit)
    }

    /// Has the gateway open the page of a payment that has none yet, and notes it before anybody is sent there.
    pub(crate) async fn open_page(&self, payment: Payment) -> Result<Checkout, CheckoutError> {
        if payment.state.is_ended() || payment.state == PaymentState::Processing {
            return Err(CheckoutError::Ended(Box::new(payment)));
        }
        if let Some(url) = payment.page.clone() {
            return Ok(Checkout { payment, url });
        }
        if self.clock.now() - payment.opened_at > PAGE_ASKED_WITHIN {
            // Nobody was sent to a page of it, and no page is to be had any more.
            return Err(CheckoutError::Ended(Box::new(self.give_up(&payment).await?)));
        }
        let request = CheckoutRequest {
            payment: payment.id,
            user: payment.user.clone(),
            amount: payment.asked,
            description: payment.description.clone(),
            expires_at: payment.opened_at + PAGE_LIFETIME,
            pages: self.terms.pages.clone(),
        };
        let page = self.gateway.open_checkout(&request).await?;
        let noted = Change::new(PageNoted {
            payment: payment.id,
            session: page.session,
            page: page.url.clone(),
            expires_at: page.expires_at,
            look_after: self.terms.look_after,
            at: self.clock.now(),
        });
        let payment = until_known(|| self.store.note_page(&noted)).await?;
        Ok(Checkout { payment, url: page.url })
    }

    /// Hears a webhook. The event is a hint: the gateway is asked, and what it answers is applied. An error other than
    /// [`AssessError::Event`] and [`AssessError::Contradicts`] means that the event should be sent again.
    pub async fn hear(&self, body: &[u8], signature: &str) -> Result<EventOutcome, AssessError> {
        let event = self.gateway.read_event(body, signature, self.clock.now())?;
        match &event.subject {
            EventSubject::Other => Ok(EventOutcome::Ignored),
            EventSubject::Setup(session) => Ok(EventOutcome::Setup(session.clone())),
            EventSubject::Payment(of) => self.hear_of(&event, of).await,
        }
    }

    async fn hear_of(&self, event: &GatewayEvent, of: &PaymentRef) -> Result<EventOutcome, AssessError> {
        let report = match self.gateway.payment(of).await {
            Ok(Some(report)) => report,
            Ok(None) => return Err(AssessError::Contradicts("it knows no such payment")),
            Err(GatewayError::NotOurs) => return Ok(EventOutcome::Ignored),
            Err(error) => return Err(error.into()),
        };
        let deployment = self.terms.deployment.to_string();
        let Some(mark) = report.mark.as_ref().filter(|mark| mark.deployment == deployment) else {
            return Ok(EventOutcome::Ignored);
        };
        let EventClaims { payment, user, asked } = &event.claims;
        if payment.is_some_and(|payment| payment != mark.payment) {
            return Err(AssessError::Contradicts("another payment"));
        }
        if user.as_ref().is_some_and(|user| *user != mark.user) {
            return Err(AssessError::Contradicts("another user"));
        }
        if asked.is_some_and(|asked| asked != report.asked) {
            return Err(AssessError::Contradicts("another amount or currency"));
        }
        self.apply(&report).await?;
        Ok(EventOutcome::Applied)
    }

    /// Asks the gateway about a payment and applies what it says. `None` where the gateway has not heard of it.
    pub async fn look(&self, payment: &Payment) -> Result<Option<Payment>, AssessError> {
        let Some(of) = payment.reference() else { return Ok(None) };
        let Some(report) = self.gateway.payment(&of).await? else { return Ok(None) };
        self.apply(&report).await.map(Some)
    }

    /// Applies what the gateway says of one of this deployment's payments.
    pub async fn apply(&self, report: &PaymentReport) -> Result<Payment, AssessError> {
        let deployment = self.terms.deployment.to_string();
        let Some(mark) = report.mark.as_ref().filter(|mark| mark.deployment == deployment) else {
            return Err(AssessError::Contradicts("it is none of this deployment's"));
        };
        let subject = match self.store.payment(mark.payment).await? {
            Some(known) if known.user != mark.user => return self.contradicted(report, "another user"),
            Some(known) => Subject::of(&known),
            None => Subject {
                id: mark.payment,
                user: mark.user.clone(),
                kind: if report.session.is_some() { PaymentKind::Checkout } else { PaymentKind::TopUp },
                description: DESCRIPTION.to_owned(),
            },
        };
        let ended = self.without_its_owner(subject.kind, report).await?;
        let report = ended.as_ref().unwrap_or(report);
        let at = self.clock.now();
        let mut assessment = match assess::assessment(&subject, report, at) {
            Ok(assessment) => assessment,
            Err(assess::OtherCurrency) => return self.contradicted(report, "another currency"),
        };
        if subject.kind == PaymentKind::TopUp {
            assessment.switch_off = self.switch_off(&subject, report, at).await?;
        }
        let change = Change::new(assessment);
        match until_known(|| self.store.assess(&change)).await? {
            AssessmentAnswer::Stands { payment, moved } => {
                self.compare_amounts(&payment, report);
                if moved {
                    tracing::info!(payment.id = %payment.id, payment.state = payment.state.as_str(), "a payment moved money");
                }
                Ok(payment)
            }
            AssessmentAnswer::OtherIntent(payment) => self.of_another_intent(payment, report),
            AssessmentAnswer::OtherUser => self.contradicted(report, "another user"),
            AssessmentAnswer::TooLarge => self.contradicted(report, "more than a wallet holds"),
        }
    }

    /// What the gateway says of a payment now; `None` where it has not heard of it. Nothing is applied.
    pub async fn report(&self, payment: &Payment) -> Result<Option<PaymentReport>, GatewayError> {
        match payment.reference() {
            Some(of) => self.gateway.payment(&of).await,
            None => Ok(None),
        }
    }

    /// What was taken back of a payment so far.
    pub async fn takings(&self, payment: PaymentId) -> Result<Vec<StoredTaking>, WalletStoreError> {
        self.store.takings(payment).await
    }

    /// When a payment of which nothing is heard is asked about.
    pub fn look_after(&self) -> Duration {
        self.terms.look_after
    }

    /// One payment.
    pub async fn payment(&self, id: PaymentId) -> Result<Option<Payment>, WalletStoreError> {
        self.store.payment(id).await
    }

    /// A user's payments, newest first; `limit` is brought into 1 to 100.
    pub async fn payments(
        &self,
        user: &UserId,
        after: Option<PaymentId>,
        limit: u16,
    ) -> Result<PaymentPage, WalletStoreError> {
        self.store.payments(user, after, limit.clamp(1, 100)).await
    }
}

/// What customers read of a payment.
pub(crate) const DESCRIPTION: &str = "Funds added";

/// Offers a change until the store says what became of it, and a few times at most.
pub(crate) async fn until_known<T, F>(mut offer: impl FnMut() -> F) -> Result<T, WalletStoreError>
where
    F: Future<Output = Result<T, WalletStoreError>>,
{
    let mut left = ATTEMPTS;
    loop {
        left -= 1;
        match offer().await {
            Err(WalletStoreError::OutcomeUnknown(_)) if left > 0 => {}
            answer => return answer,
        }
    }
}
