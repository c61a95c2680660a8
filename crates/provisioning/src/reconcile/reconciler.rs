//! One reconciliation from its beginning to its report.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use trunkline_alarms::{Alarm, Onset};
use trunkline_domain::{AccountSid, Change, DeploymentId, NumberId, Origin, OwnedNumber, ProviderIdentity};
use trunkline_provider::{Listing, ProviderError, ProviderNumber};

use super::comparison::{Comparison, RowVerdict, judge_unnamed, own_marker};
use super::costs::Costs;
use super::finding::{BookedNumber, FINDINGS_KEPT, Finding, Report};
use crate::port::{Contradiction, PassLease, PassResult, ReconciliationStore, Scope, StoreError};
use crate::{LeaseTerms, ProvisioningParts, ProvisioningSettings};

/// Rows that are read at once.
const PAGE: u16 = 500;

/// Missing numbers that are looked for in one reconciliation; the others wait for the next one.
const MISSING_LOOKED_FOR: usize = FINDINGS_KEPT;

/// How long a reconciliation may take until another one may begin beside it.
const LEASE: Duration = Duration::from_mins(10);

/// The longest time after which a number is judged; what is longer is as long.
const AFTER_MAX: Duration = Duration::from_hours(24 * 365);

/// Compares the provider's books with ours. Changes nothing but the list of reports.
#[derive(Clone)]
pub struct Reconciler {
    parts: ProvisioningParts,
    /// Our books, and where reports go.
    books: Arc<dyn ReconciliationStore>,
    deployment: DeploymentId,
    /// What happened later than so long before a reconciliation is left alone.
    after: TimeDelta,
}

/// How far a reconciliation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The provider's list is read; so many numbers.
    Listed(usize),
    /// So many rows of ours are compared with it.
    Compared(usize),
    /// So many numbers that the list lacks are looked for, of so many.
    LookedFor(usize, usize),
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// Somebody else goes through the provider's inventory.
    #[error(
        "another reconciliation or pass over the provider's inventory is under way; try again in ten minutes"
    )]
    UnderWay,
    /// The provider's list could not be begun.
    #[error("the provider's numbers could not be listed")]
    Provider(#[source] ProviderError),
    /// Our books could not be read, or the report not kept.
    #[error("the store could not be asked")]
    Store(#[from] StoreError),
}

impl Reconciler {
    /// A reconciler of the books of these parts, which `books` reads whole.
    pub fn new(
        parts: ProvisioningParts,
        books: Arc<dyn ReconciliationStore>,
        settings: &ProvisioningSettings,
    ) -> Self {
        let after = TimeDelta::from_std(settings.reconcile_after.min(AFTER_MAX)).unwrap_or_default();
        Self { parts, books, deployment: settings.deployment, after }
    }

    /// Reconciles once, and keeps the report. May be dropped at any await: then there is none,
    /// and the next one may begin ten minutes after this one did.
    pub async fn reconcile(
        &self,
        origin: &Origin,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Report, ReconcileError> {
        let account = self.parts.provider.account().map_err(ReconcileError::Provider)?;
        let terms = LeaseTerms { lease: LEASE };
        let pass = self.parts.orphans.begin_pass(terms, Duration::ZERO).await?;
        let pass = pass.ok_or(ReconcileError::UnderWay)?;
        let report = self.list_and_compare(progress).await;
        self.give_back(pass, account).await?;
        let report = report?;
        self.keep(&report, origin).await?;
        for finding in &report.findings {
            self.warn_of(finding);
        }
        Ok(report)
    }

    /// Compares our own books with one another, and with the provider's list.
    async fn list_and_compare(&self, progress: &(dyn Fn(Progress) + Sync)) -> Result<Report, ReconcileError> {
        let begun_at = self.parts.clock.now();
        let listing = self.parts.provider.list().await.map_err(ReconcileError::Provider)?;
        progress(Progress::Listed(listing.numbers.len()));
        let mut report = Report::of(&listing, begun_at);
        if listing.complete {
            self.compare_with(&listing, begun_at, &mut report, progress).await?;
        }
        let limit = u16::try_from(FINDINGS_KEPT).unwrap_or(u16::MAX);
        for contradiction in self.books.contradictions(begun_at - self.after, limit).await? {
            report.add(Finding::Contradiction(contradiction));
        }
        report.ended_at = self.parts.clock.now();
        Ok(report)
    }

    /// Compares all rows with a complete list.
    async fn compare_with(
        &self,
        listing: &Listing,
        begun_at: DateTime<Utc>,
        report: &mut Report,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<(), StoreError> {
        let mut comparison = Comparison::new(listing, self.deployment, begun_at, self.after);
        let mut costs = Costs::of(self.parts.account.as_ref());
        let (mut missing, mut rows, mut after) = (Vec::new(), 0, None);
        loop {
            let page = self.books.bought_numbers(after, PAGE).await?;
            for row in &page {
                match comparison.row(row) {
                    RowVerdict::Quiet => {}
                    RowVerdict::Missing(booked) => missing.push(booked),
                    RowVerdict::Found(finding) => report.add(finding),
                }
                if let Some(finding) = costs.judge(row).await {
                    report.add(finding);
                }
            }
            rows += page.len();
            progress(Progress::Compared(rows));
            after = page.last().map(|row| row.id);
            if page.len() < usize::from(PAGE) {
                break;
            }
        }
        self.judge_unnamed(&mut comparison, report).await?;
        self.look_for(&listing.account, missing, report, progress).await?;
        report.compared = comparison.compared;
        report.skipped += comparison.skipped;
        report.on_other_accounts = comparison.on_other_accounts;
        report.costs_unknown = costs.unknown();
        Ok(())
    }

    async fn judge_unnamed(
        &self,
        comparison: &mut Comparison<'_>,
        report: &mut Report,
    ) -> Result<(), StoreError> {
        for number in comparison.unnamed() {
            let state = match own_marker(number, self.deployment) {
                Some(marker) => self.parts.orders.order(&Scope::Everyone, marker.order).await?,
                None => None,
            }
            .map(|order| order.state);
            match judge_unnamed(number, self.deployment, state) {
                Some(finding) => report.add(finding),
                None => report.skipped += 1,
            }
        }
        Ok(())
    }

    /// The list lacks these: each is looked for and asked for by id before it is called gone.
    async fn look_for(
        &self,
        account: &AccountSid,
        missing: Vec<BookedNumber>,
        report: &mut Report,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<(), StoreError> {
        let all = missing.len();
        for (looked_for, booked) in missing.into_iter().enumerate() {
            progress(Progress::LookedFor(looked_for, all));
            let identity = ProviderIdentity { account: account.clone(), number: booked.number_sid.clone() };
            let gone = looked_for < MISSING_LOOKED_FOR && self.is_gone(&booked, &identity).await;
            // Its user may have released it meanwhile.
            if !gone || !self.still_stands(booked.number_id).await? {
                report.skipped += 1;
                continue;
            }
            let moved_to = self.parts.provider.locate(&identity).await.ok().flatten();
            report.add(Finding::Ghost { booked, moved_to });
        }
        Ok(())
    }

    /// Whether a look and a direct question both say that the account does not have the number.
    async fn is_gone(&self, booked: &BookedNumber, identity: &ProviderIdentity) -> bool {
        let look = self.parts.provider.look(&booked.phone_number).await;
        let absent = look.is_ok_and(|sighting| {
            sighting.number.is_none_or(|number: ProviderNumber| number.identity.number != identity.number)
        });
        absent && matches!(self.parts.provider.fetch(identity).await, Ok(None))
    }

    async fn still_stands(&self, id: NumberId) -> Result<bool, StoreError> {
        let row: Option<OwnedNumber> = self.parts.numbers.number(&Scope::Everyone, id).await?;
        Ok(row.is_some_and(|row| row.status.accepts_changes()))
    }

    /// Gives the right to go through the inventory back. To passes it counts as none: it has released no orphan, so it
    /// must not put off the one that does, and it ends no cooling.
    async fn give_back(&self, pass: PassLease, account: AccountSid) -> Result<(), StoreError> {
        let nothing =
            PassResult { pass, account, complete: false, present: Vec::new(), cooling: Duration::ZERO };
        self.parts.orphans.finish_pass(&Change::new(nothing)).await.map(drop)
    }

    async fn keep(&self, report: &Report, origin: &Origin) -> Result<(), StoreError> {
        let mut audit = origin.audit("reconcile", &report.account, None, report.ended_at);
        audit.details = serde_json::json!({ "complete": report.complete, "found": report.found });
        self.books.keep_report(report, &audit).await
    }

    /// What a customer may be paying for, or may have for nothing, is worth a call at night; the rest can wait.
    fn warn_of(&self, finding: &Finding) {
        match finding {
            Finding::Ghost { booked, .. } => {
                let sentence = "the account does not have a number that a customer has";
                let onset = Onset::of(Alarm::GhostNumber, booked.number_id, sentence);
                self.parts.alarms.raise(onset.with("numberSid", booked.number_sid.as_str()));
            }
            Finding::Contradiction(Contradiction { order, missing, .. }) => {
                let sentence = "an order's charge and number contradict each other";
                let onset = Onset::of(Alarm::BooksContradict, order, sentence);
                self.parts.alarms.raise(onset.with("missing", missing.as_str()));
            }
            Finding::Orphan { .. }
            | Finding::UnknownOrder { .. }
            | Finding::Foreign { .. }
            | Finding::SecondNumber { .. }
            | Finding::Drifted { .. }
            | Finding::ReleasedButPresent { .. }
            | Finding::PriceUnderCost { .. } => {}
        }
    }
}
