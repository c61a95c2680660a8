//! What users ask of notices: which they were sent, and at which balances they are told.

use std::sync::Arc;

use serde_json::json;
use trunkline_domain::{Change, Clock, Currency, NoticeId, Origin, UserId};

use crate::{
    AlertStore, AlertsSetting, DefaultThresholds, Delivery, EmailAddress, NoticeFilter, NoticeRecord,
    NoticeStore, NoticeStoreError, Thresholds,
};

/// How often a change is offered to a store that does not say whether it is stored.
const ATTEMPTS: u32 = 3;

/// Whether this deployment sends mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailRoute {
    /// A mail server is configured.
    Configured,
    /// None is: notices are kept, and mailed to nobody.
    Missing,
}

impl MailRoute {
    /// How somebody is told of whom this address is known, if any.
    pub fn delivery(self, address: Option<&EmailAddress>) -> Delivery {
        match (self, address) {
            (Self::Missing, _) => Delivery::NotConfigured,
            (Self::Configured, None) => Delivery::NoAddress,
            (Self::Configured, Some(address)) => Delivery::To(address.clone()),
        }
    }
}

/// What the service works with.
#[derive(Clone)]
pub struct NoticeParts {
    /// Where alerts are kept.
    pub alerts: Arc<dyn AlertStore>,
    /// Where notices are kept.
    pub notices: Arc<dyn NoticeStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// What holds for users who have set nothing.
    pub everybody: DefaultThresholds,
    /// Whether there is mail.
    pub mail: MailRoute,
}

/// The alerts and the notices of users. Cheap to clone.
#[derive(Clone)]
pub struct Notices(NoticeParts);

/// At which balances somebody is told, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertsView {
    /// In which currency.
    pub currency: Currency,
    /// The amounts.
    pub thresholds: Thresholds,
    /// Whether they are the user's own, or everybody's.
    pub source: AlertSource,
    /// The address that is known: set here, or their account's.
    pub email: Option<EmailAddress>,
    /// How they would be told now.
    pub delivery: Delivery,
}

/// Where thresholds come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertSource {
    /// The user has set them.
    Own,
    /// They are for everybody who has set none.
    Everybody,
}

impl AlertSource {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Own, Self::Everybody];

    /// The name in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Everybody => "everybody",
        }
    }
}

/// Replaces a user's alerts in a currency, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAlertsCommand {
    /// Whose. That there is such a user is for the caller to know.
    pub user: UserId,
    /// In which currency.
    pub currency: Currency,
    /// Their own thresholds, or `None` for what everybody has.
    pub thresholds: Option<Thresholds>,
    /// Where they are written to, or `None` for their account's address.
    pub email: Option<EmailAddress>,
    /// Who asks.
    pub origin: Origin,
}

/// A page of a user's notices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticePage {
    /// The notices, the newest first.
    pub notices: Vec<NoticeRecord>,
    /// After which the next page begins; `None` on the last one.
    pub next: Option<NoticeId>,
}

impl Notices {
    /// The service over these parts.
    pub const fn new(parts: NoticeParts) -> Self {
        Self(parts)
    }

    /// At which balances a user is told.
    pub async fn alerts(&self, user: &UserId, currency: Currency) -> Result<AlertsView, NoticeStoreError> {
        let alerts = self.0.alerts.alerts(user, currency).await?;
        let (email, delivery) = (alerts.address().cloned(), self.0.mail.delivery(alerts.address()));
        let (thresholds, source) = match alerts.own {
            Some(own) => (own, AlertSource::Own),
            None => (self.0.everybody.in_currency(currency), AlertSource::Everybody),
        };
        Ok(AlertsView { currency, thresholds, source, email, delivery })
    }

    /// Replaces that. A threshold above the present balance fires at once, and once.
    pub async fn set_alerts(&self, command: SetAlertsCommand) -> Result<AlertsView, NoticeStoreError> {
        let SetAlertsCommand { user, currency, thresholds: own, email, origin } = command;
        let at = self.0.clock.now();
        let mut audit = origin.audit("wallet.alerts", &user, Some(&user), at);
        let digits = |own: &Thresholds| -> Vec<String> {
            own.amounts().iter().map(|sum| sum.amount().to_string()).collect()
        };
        let amounts = own.as_ref().map(digits);
        // The address itself is not for the trail, which more people read than the user's own record.
        audit.details = json!({ "currency": currency, "thresholds": amounts, "ownAddress": email.is_some() });
        let setting = AlertsSetting { user: user.clone(), currency, own, email, at };
        let change = Change::new(setting).audit(audit);
        until_known(|| self.0.alerts.set_alerts(&change)).await?;
        self.alerts(&user, currency).await
    }

    /// A page of a user's notices, the newest first.
    pub async fn page(
        &self,
        user: &UserId,
        after: Option<NoticeId>,
        limit: u16,
    ) -> Result<NoticePage, NoticeStoreError> {
        let filter = NoticeFilter { user: user.clone(), after, limit: limit.saturating_add(1) };
        let mut notices = self.0.notices.notices(&filter).await?;
        let is_last = notices.len() <= usize::from(limit);
        notices.truncate(limit.into());
        let next = notices.last().filter(|_| !is_last).map(|notice| notice.id);
        Ok(NoticePage { notices, next })
    }
}

/// Offers a change until the store says what became of it, and a few times at most.
pub(crate) async fn until_known<T, F>(offer: impl Fn() -> F) -> Result<T, NoticeStoreError>
where
    F: Future<Output = Result<T, NoticeStoreError>>,
{
    let mut attempt = 1;
    loop {
        match offer().await {
            Err(NoticeStoreError::OutcomeUnknown(_)) if attempt < ATTEMPTS => attempt += 1,
            answer => return answer,
        }
    }
}
