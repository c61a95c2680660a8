//! Whether what an alarm was raised about still stands: asked of our own rows, of the release of orphans, and of what
//! reconciliations found.
//!
//! *Invariants*: what was not looked at is not gone. That a reconciliation does not name something is only a hint, since it
//! leaves out what is young and what it could not ask about: the provider is asked about that one number before it is
//! called gone, and only on the account that the number is on.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use tokio::time::Instant;
use trunkline_alarms::{Alarm, AlarmRecord, CauseError, CauseVerdict, Causes};
use trunkline_domain::{
    AccountSid, DeploymentId, NumberId, NumberSid, NumberStatus, OrderId, ProviderIdentity,
};
use trunkline_provider::{ProviderError, ProviderNumber};

use crate::port::{OrphanStanding, Scope, StoreError};
use crate::{Finding, Marker, ProvisioningParts, ProvisioningSettings, Report};

/// The detail of an alarm that says on which account of the provider its subject is.
pub(crate) const ACCOUNT: &str = "account";

/// The alarms that end with the order that they are about.
pub(crate) const ORDER_ALARMS: [Alarm; 5] = [
    Alarm::OrderUndecided,
    Alarm::OrderInReview,
    Alarm::PurchaseHitOwnedNumber,
    Alarm::PurchaseAnswerMismatch,
    Alarm::SettlementConflict,
];

/// How long a mistake of ours that is not met again is remembered as an open alarm.
const PANIC_FORGOTTEN: TimeDelta = TimeDelta::hours(24);

/// How long the latest report serves: many alarms are looked at together, and a report may be long.
const REPORT_SERVES: Duration = Duration::from_secs(5);

/// Knows the causes of the alarms that provisioning raises.
#[derive(Clone)]
pub struct ProvisioningCauses {
    parts: ProvisioningParts,
    /// What happened later than so long before a reconciliation, it left alone.
    after: Duration,
    deployment: DeploymentId,
    latest: Arc<Mutex<Option<LatestReport>>>,
}

/// The latest report, and when it was read.
type LatestReport = (Instant, Option<Arc<Report>>);

/// What the provider says of one number.
enum Answer {
    /// Not to be asked: the number is on another account than the one that is configured.
    OtherAccount,
    /// What it has under that id.
    Held(Option<Box<ProviderNumber>>),
}

/// What keeps a cause from being looked at.
#[derive(Debug, thiserror::Error)]
enum Unseen {
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The provider did not answer.
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

impl ProvisioningCauses {
    /// The causes behind these parts.
    pub fn new(parts: ProvisioningParts, settings: &ProvisioningSettings) -> Self {
        let (after, deployment) = (settings.reconcile_after, settings.deployment);
        Self { parts, after, deployment, latest: Arc::default() }
    }

    /// Whoever raises these looks again and again, and ends them; but only those of the account that is configured.
    fn of_the_account(&self, record: &AlarmRecord) -> CauseVerdict {
        match self.parts.provider.account() {
            Ok(account) if account.as_str() != record.subject => CauseVerdict::Gone,
            Ok(_) | Err(_) => CauseVerdict::NotKnown,
        }
    }

    /// An order's alarm ends with the order.
    async fn order(&self, record: &AlarmRecord) -> Result<CauseVerdict, Unseen> {
        let Ok(id) = record.subject.parse::<OrderId>() else { return Ok(CauseVerdict::NotKnown) };
        let order = self.parts.orders.order(&Scope::Everyone, id).await?;
        Ok(order.map_or(CauseVerdict::NotKnown, |order| gone_if(order.state.is_end())))
    }

    /// The alarm is raised just before the release goes to review, so one that is under way may be about to.
    async fn release(&self, record: &AlarmRecord) -> Result<CauseVerdict, Unseen> {
        let Ok(id) = record.subject.parse::<NumberId>() else { return Ok(CauseVerdict::NotKnown) };
        let number = self.parts.numbers.number(&Scope::Everyone, id).await?;
        Ok(number.map_or(CauseVerdict::NotKnown, |number| match number.status {
            NumberStatus::Releasing | NumberStatus::Review => CauseVerdict::Stands,
            NumberStatus::Active | NumberStatus::Suspended | NumberStatus::Released => CauseVerdict::Gone,
        }))
    }

    /// A number at the provider that should not be there: gone when it was given back, when a customer has it, or when
    /// neither a reconciliation nor the provider knows of it under our marker any more.
    async fn stray(&self, record: &AlarmRecord) -> Result<CauseVerdict, Unseen> {
        let Some(identity) = identity_of(record) else { return Ok(CauseVerdict::NotKnown) };
        let otherwise = match self.parts.orphans.orphan_standing(&identity).await? {
            Some(OrphanStanding::Released) => return Ok(CauseVerdict::Gone),
            Some(OrphanStanding::UnderWay | OrphanStanding::InReview) => CauseVerdict::Stands,
            None => CauseVerdict::NotKnown,
        };
        if self.parts.numbers.number_by_identity(&identity).await?.is_some() {
            return Ok(CauseVerdict::Gone);
        }
        let Some(report) = self.report_since(record).await? else { return Ok(otherwise) };
        if report.findings.iter().any(|found| strays(&found.finding) == Some(&identity.number)) {
            return Ok(CauseVerdict::Stands);
        }
        let held = match self.ask_for(&identity).await? {
            Answer::OtherAccount => return Ok(otherwise),
            Answer::Held(held) => held,
        };
        let marker = held.and_then(|held| Marker::find_in(&held.friendly_name));
        Ok(gone_if(marker.is_none_or(|marker| marker.deployment != self.deployment)))
    }

    /// A customer's number that the provider did not have: gone when the customer does not have it any more, or when the
    /// provider says that it does.
    async fn ghost(&self, record: &AlarmRecord) -> Result<CauseVerdict, Unseen> {
        let Ok(id) = record.subject.parse::<NumberId>() else { return Ok(CauseVerdict::NotKnown) };
        let Some(number) = self.parts.numbers.number(&Scope::Everyone, id).await? else {
            return Ok(CauseVerdict::NotKnown);
        };
        let identity = match (number.status, number.identity) {
            (NumberStatus::Released, _) => return Ok(CauseVerdict::Gone),
            (_, None) => return Ok(CauseVerdict::NotKnown),
            (_, Some(identity)) => identity,
        };
        let Some(report) = self.report_since(record).await? else { return Ok(CauseVerdict::NotKnown) };
        if report.findings.iter().any(|found| is_ghost(&found.finding, id)) {
            return Ok(CauseVerdict::Stands);
        }
        Ok(match self.ask_for(&identity).await? {
            Answer::OtherAccount => CauseVerdict::NotKnown,
            Answer::Held(held) => gone_if(held.is_some_and(|held| held.identity == identity)),
        })
    }

    /// Asks the provider for one number by its id. Of an account that is not the configured one it would not know.
    async fn ask_for(&self, identity: &ProviderIdentity) -> Result<Answer, ProviderError> {
        if self.parts.provider.account()? != identity.account {
            return Ok(Answer::OtherAccount);
        }
        Ok(Answer::Held(self.parts.provider.fetch(identity).await?.map(Box::new)))
    }

    /// An order whose charge and number contradict each other: gone when a reconciliation that judged it names it no
    /// more.
    async fn contradiction(&self, record: &AlarmRecord) -> Result<CauseVerdict, Unseen> {
        let Ok(id) = record.subject.parse::<OrderId>() else { return Ok(CauseVerdict::NotKnown) };
        let Some(report) = self.report_since(record).await? else { return Ok(CauseVerdict::NotKnown) };
        if report.findings.iter().any(|found| is_contradiction(&found.finding, id)) {
            return Ok(CauseVerdict::Stands);
        }
        let Some(order) = self.parts.orders.order(&Scope::Everyone, id).await? else {
            return Ok(CauseVerdict::NotKnown);
        };
        let number = match order.number {
            Some(number) => self.parts.numbers.number(&Scope::Everyone, number).await?,
            None => None,
        };
        let after = TimeDelta::from_std(self.after).ok();
        let is_judged =
            after.and_then(|after| report.begun_at.checked_sub_signed(after)).is_some_and(|judged| {
                order.updated_at < judged && number.is_none_or(|number| number.updated_at < judged)
            });
        Ok(if is_judged { CauseVerdict::Gone } else { CauseVerdict::NotKnown })
    }

    /// A mistake of ours is met again soon, or not at all.
    fn mistake(&self, record: &AlarmRecord) -> CauseVerdict {
        let is_forgotten = self.parts.clock.now() - record.last_raised_at > PANIC_FORGOTTEN;
        if is_forgotten { CauseVerdict::Gone } else { CauseVerdict::NotKnown }
    }

    /// The latest report that may speak of an alarm: complete, with all that was found, begun since it was last raised.
    async fn report_since(&self, record: &AlarmRecord) -> Result<Option<Arc<Report>>, StoreError> {
        Ok(self.latest_report().await?.filter(|report| {
            let names_all = u64::try_from(report.findings.len()).is_ok_and(|named| named == report.found);
            report.complete && names_all && report.begun_at > record.last_raised_at
        }))
    }

    async fn latest_report(&self) -> Result<Option<Arc<Report>>, StoreError> {
        let known = self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((read_at, report)) = known
            && read_at.elapsed() < REPORT_SERVES
        {
            return Ok(report);
        }
        let report = self.parts.reconciliations.reports(1).await?.into_iter().next().map(Arc::new);
        let read = (Instant::now(), report.clone());
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(read);
        Ok(report)
    }
}

#[async_trait]
impl Causes for ProvisioningCauses {
    async fn stands(&self, alarm: &AlarmRecord) -> Result<CauseVerdict, CauseError> {
        let verdict = match alarm.alarm {
            Alarm::OrderUndecided
            | Alarm::OrderInReview
            | Alarm::PurchaseHitOwnedNumber
            | Alarm::PurchaseAnswerMismatch
            | Alarm::SettlementConflict => self.order(alarm).await,
            Alarm::ReleaseInReview => self.release(alarm).await,
            Alarm::SecondNumberForOrder
            | Alarm::LateSuccess
            | Alarm::OrphanInReview
            | Alarm::OrphanInDoubt
            | Alarm::UnknownOrder => self.stray(alarm).await,
            Alarm::GhostNumber => self.ghost(alarm).await,
            Alarm::BooksContradict => self.contradiction(alarm).await,
            Alarm::RecoveryPanicked => Ok(self.mistake(alarm)),
            Alarm::RepairsHeldBack
            | Alarm::ReconciliationOverdue
            | Alarm::BalanceLow
            | Alarm::BalanceUnreadable => Ok(self.of_the_account(alarm)),
            // Whoever raises it looks again and again, and ends it.
            Alarm::LedgerUnbalanced
            | Alarm::PaymentContradicts
            | Alarm::TopUpStalled
            | Alarm::MailUndelivered => Ok(CauseVerdict::NotKnown),
        };
        verdict.map_err(|unseen| CauseError(Box::new(unseen)))
    }
}

const fn gone_if(is_gone: bool) -> CauseVerdict {
    if is_gone { CauseVerdict::Gone } else { CauseVerdict::Stands }
}

/// What an alarm about a number at the provider is about.
fn identity_of(record: &AlarmRecord) -> Option<ProviderIdentity> {
    let number: NumberSid = record.subject.parse().ok()?;
    let account: AccountSid = record.details.get(ACCOUNT)?.as_str()?.parse().ok()?;
    Some(ProviderIdentity { account, number })
}

/// The number of a finding that says that the provider holds one which it should not, under our marker.
const fn strays(finding: &Finding) -> Option<&NumberSid> {
    match finding {
        Finding::Orphan { held, .. }
        | Finding::UnknownOrder { held, .. }
        | Finding::SecondNumber { held, .. } => Some(&held.number_sid),
        Finding::Foreign { .. }
        | Finding::Ghost { .. }
        | Finding::Drifted { .. }
        | Finding::ReleasedButPresent { .. }
        | Finding::Contradiction(_)
        | Finding::PriceUnderCost { .. } => None,
    }
}

/// Whether a finding is that the provider does not have this number.
fn is_ghost(finding: &Finding, number: NumberId) -> bool {
    matches!(finding, Finding::Ghost { booked, .. } if booked.number_id == number)
}

/// Whether a finding is that this order's charge and number contradict each other.
fn is_contradiction(finding: &Finding, order: OrderId) -> bool {
    matches!(finding, Finding::Contradiction(contradiction) if contradiction.order == order)
}
