//! One reconciliation from the list to the report.

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;
use trunkline_alarms::{Alarm, Onset};
use trunkline_domain::{AccountSid, Change, NumberId, OrderId, Origin, OwnedNumber, ProviderIdentity};
use trunkline_provider::{Listing, ProviderError, ProviderNumber};

use super::comparison::{Comparison, RowVerdict, judge_unnamed, own_marker};
use super::costs::Costs;
use super::finding::{BookedNumber, Finding};
use super::plan::{Act, Planned, Repairs, set_up};
use super::report::{FINDINGS_KEPT, Found, Repair, Report, count};
use crate::engine::{Engine, stored};
use crate::evidence::doubt_about;
use crate::port::{OrphanStanding, PassLease, PassResult, Scope, StoreError};
use crate::{Marker, ReconcileCommand};

/// Rows that are read at once.
const PAGE: u16 = 500;

/// Missing numbers that are looked for in one reconciliation; the others wait for the next one.
const MISSING_LOOKED_FOR: usize = FINDINGS_KEPT;

/// Why a number that is written off is left alone.
const WRITTEN_OFF: &str =
    "an operator wrote it off, and it is back; if nobody is to have it, release it in the provider's console";

/// The longest time after which a number is judged; what is longer is as long.
const AFTER_MAX: Duration = Duration::from_hours(24 * 365);

/// How far a reconciliation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The provider's list is read; so many numbers.
    Listed(usize),
    /// So many rows of ours are compared with it.
    Compared(usize),
    /// So many numbers that the list lacks are looked for, of so many.
    LookedFor(usize, usize),
    /// So many repairs are made, of so many.
    Repaired(usize, usize),
}

/// Whoever hears how far it is.
pub(crate) type ShowProgress<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// Somebody else goes through the provider's inventory.
    #[error("another reconciliation of the provider's inventory is under way; try again in a minute")]
    UnderWay,
    /// It was told to stop before it had compared the books, or somebody else has begun one since.
    #[error("the reconciliation was stopped before the books were compared; nothing was repaired")]
    Stopped,
    /// The provider's list could not be begun.
    #[error("the provider's numbers could not be listed")]
    Provider(#[source] ProviderError),
    /// Our books could not be read, or the report not kept.
    #[error("the store could not be asked")]
    Store(#[from] StoreError),
}

/// What comparing found, before anything is repaired.
struct Compared {
    report: Report,
    planned: Vec<Planned>,
}

impl Engine {
    /// Reconciles because somebody asks for it, and keeps the report.
    pub(crate) async fn reconcile(
        &self,
        command: &ReconcileCommand,
        progress: ShowProgress<'_>,
    ) -> Result<Report, ReconcileError> {
        let account = self.parts.provider.account().map_err(ReconcileError::Provider)?;
        let pass = stored(|| self.parts.orphans.begin_pass(self.terms(), Duration::ZERO)).await?;
        let pass = pass.ok_or(ReconcileError::UnderWay)?;
        let report =
            self.holding(pass, async |halt| self.list_and_repair(command, halt, progress).await).await;
        self.give_back_pass(pass, account).await?;
        let (report, _) = report?;
        self.tell_of_brake(&report, &command.repairs);
        self.keep(&report, &command.origin).await?;
        Ok(report)
    }

    /// Lists, compares and repairs what the command allows. Halted while it compares it comes to nothing; halted while it
    /// repairs it ends what it has begun, and skips the others.
    pub(super) async fn list_and_repair(
        &self,
        command: &ReconcileCommand,
        halt: &CancellationToken,
        progress: ShowProgress<'_>,
    ) -> Result<(Report, Listing), ReconcileError> {
        let begun_at = self.now();
        let listing = halt.run_until_cancelled(self.parts.provider.list()).await;
        let listing = listing.ok_or(ReconcileError::Stopped)?.map_err(ReconcileError::Provider)?;
        progress(Progress::Listed(listing.numbers.len()));
        let compared = halt.run_until_cancelled(self.compare(&listing, begun_at, progress)).await;
        let compared = compared.ok_or(ReconcileError::Stopped)??;
        let mut report = self.repair(compared, command, halt, progress).await;
        report.ended_at = self.now();
        Ok((report, listing))
    }

    /// Compares our own books with one another and with the provider's list.
    async fn compare(
        &self,
        listing: &Listing,
        begun_at: DateTime<Utc>,
        progress: ShowProgress<'_>,
    ) -> Result<Compared, StoreError> {
        let mut compared = Compared { report: Report::of(listing, begun_at), planned: Vec::new() };
        if listing.complete {
            self.compare_with(listing, begun_at, &mut compared, progress).await?;
        }
        let limit = u16::try_from(FINDINGS_KEPT).unwrap_or(u16::MAX);
        for contradiction in
            self.parts.reconciliations.contradictions(begun_at - self.reconcile_after(), limit).await?
        {
            compared.report.add(Finding::Contradiction(contradiction));
        }
        self.leave_what_is_begun(&mut compared).await?;
        Ok(compared)
    }

    /// Plans no release of what is being given back already or waits for an operator, of which nothing would come, and none
    /// of a number that an operator wrote off and that is back: nobody gave it up. So these count as no repairs either.
    async fn leave_what_is_begun(&self, compared: &mut Compared) -> Result<(), StoreError> {
        for Planned { finding, act } in std::mem::take(&mut compared.planned) {
            let why = match act.released(&finding, &compared.report.account) {
                None => None,
                Some(_) if self.was_written_off(&act).await? => Some(WRITTEN_OFF),
                Some(identity) => match self.parts.orphans.orphan_standing(&identity).await? {
                    Some(OrphanStanding::UnderWay) => Some("it is being given back"),
                    Some(OrphanStanding::InReview) => {
                        Some("it waits for an operator: `trunkline number list --review`")
                    }
                    Some(OrphanStanding::Released) | None => None,
                },
            };
            match why {
                Some(why) => compared.report.add(Found { finding, repair: Some(Repair::skipped(why)) }),
                None => compared.planned.push(Planned { finding, act }),
            }
        }
        Ok(())
    }

    async fn was_written_off(&self, act: &Act) -> Result<bool, StoreError> {
        match act {
            Act::ReleaseAgain { number } => self.parts.reconciliations.was_written_off(*number).await,
            Act::ReleaseOrphan { .. } | Act::SetUp { .. } => Ok(false),
        }
    }

    async fn repair(
        &self,
        compared: Compared,
        command: &ReconcileCommand,
        halt: &CancellationToken,
        progress: ShowProgress<'_>,
    ) -> Report {
        let Compared { mut report, planned } = compared;
        if command.repairs == Repairs::Nothing {
            report.forget_repairs();
        }
        report.repairable = count(planned.len());
        let (allowed, others): (Vec<_>, Vec<_>) =
            planned.into_iter().partition(|planned| command.repairs.allow(planned));
        report.held_back = command.repairs.brake(allowed.len(), report.held);
        let repaired = if report.held_back.is_some() {
            allowed.into_iter().map(|planned| planned.finding.into()).collect()
        } else {
            self.repair_all(allowed, &command.origin, halt, progress).await
        };
        report.add_repaired(others.into_iter().map(|planned| planned.finding.into()).collect());
        report.add_repaired(repaired);
        report
    }

    fn reconcile_after(&self) -> TimeDelta {
        TimeDelta::from_std(self.settings.reconcile_after.min(AFTER_MAX)).unwrap_or_default()
    }

    /// Compares all rows with a complete list.
    async fn compare_with(
        &self,
        listing: &Listing,
        begun_at: DateTime<Utc>,
        compared: &mut Compared,
        progress: ShowProgress<'_>,
    ) -> Result<(), StoreError> {
        let after_moment = self.reconcile_after();
        let mut comparison = Comparison::new(listing, self.settings.deployment, begun_at, after_moment);
        let used: HashSet<String> = self.parts.reconciliations.webhooks_used().await?.into_iter().collect();
        let mut costs = Costs::of(self.parts.account.as_ref());
        let (mut missing, mut rows, mut after) = (Vec::new(), 0, None);
        loop {
            let page = self.parts.reconciliations.bought_numbers(after, PAGE).await?;
            for row in &page {
                match comparison.row(row) {
                    RowVerdict::Quiet => {}
                    RowVerdict::Missing(booked) => missing.push(booked),
                    RowVerdict::Found(finding) => self.plan_row(row, finding, &used, compared),
                }
                if let Some(finding) = costs.judge(row).await {
                    compared.report.add(finding);
                }
            }
            rows += page.len();
            progress(Progress::Compared(rows));
            after = page.last().map(|row| row.id);
            if page.len() < usize::from(PAGE) {
                break;
            }
        }
        self.judge_unnamed(&mut comparison, compared).await?;
        self.look_for_missing(&listing.account, missing, &mut compared.report, progress).await?;
        compared.report.compared = comparison.compared;
        compared.report.skipped += comparison.skipped;
        compared.report.on_other_accounts = comparison.on_other_accounts;
        compared.report.costs_unknown = costs.unknown();
        Ok(())
    }

    /// What is to be done about a row that disagrees.
    fn plan_row(&self, row: &OwnedNumber, finding: Finding, used: &HashSet<String>, compared: &mut Compared) {
        let act = match &finding {
            Finding::ReleasedButPresent { .. } => Ok(Act::ReleaseAgain { number: row.id }),
            Finding::Drifted { differences, .. } => {
                set_up(differences, self.marker_of(row), used, &self.webhooks_for(row.capabilities))
                    .map(|_| Act::SetUp { number: row.id })
                    .map_err(|reserve| Some(Repair::skipped(reserve.why())))
            }
            Finding::Orphan { .. }
            | Finding::UnknownOrder { .. }
            | Finding::Foreign { .. }
            | Finding::SecondNumber { .. }
            | Finding::Ghost { .. }
            | Finding::Contradiction(_)
            | Finding::PriceUnderCost { .. } => Err(None),
        };
        match act {
            Ok(act) => compared.planned.push(Planned { finding, act }),
            Err(repair) => compared.report.add(Found { finding, repair }),
        }
    }

    /// The marker that its name at the provider carries; that of an imported number carries none.
    pub(super) fn marker_of(&self, row: &OwnedNumber) -> Option<Marker> {
        let with = |order: OrderId| Marker { deployment: self.settings.deployment, order };
        row.order.filter(|_| !row.is_imported()).map(with)
    }

    async fn judge_unnamed(
        &self,
        comparison: &mut Comparison<'_>,
        compared: &mut Compared,
    ) -> Result<(), StoreError> {
        for number in comparison.unnamed() {
            let order = match own_marker(number, self.settings.deployment) {
                Some(marker) => self.parts.orders.order(&Scope::Everyone, marker.order).await?,
                None => None,
            };
            let finding = judge_unnamed(number, self.settings.deployment, order.as_ref());
            match (finding, order) {
                (Some(finding @ Finding::Orphan { .. }), Some(order)) => {
                    // A purchase that arrives late puts its marker on whatever the account has bought since.
                    if let Some(doubt) = doubt_about(number, &order) {
                        let repair = Some(self.leave_in_doubt(number, &order, doubt));
                        compared.report.add(Found { finding, repair });
                    } else {
                        let (held, order) = (Box::new(number.clone()), Box::new(order));
                        compared.planned.push(Planned { finding, act: Act::ReleaseOrphan { held, order } });
                    }
                }
                (Some(finding), _) => compared.report.add(finding),
                (None, _) => compared.report.skipped += 1,
            }
        }
        Ok(())
    }

    /// The list lacks these: each is looked for and asked for by id before it is called gone.
    async fn look_for_missing(
        &self,
        account: &AccountSid,
        missing: Vec<BookedNumber>,
        report: &mut Report,
        progress: ShowProgress<'_>,
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

    /// Gives the right to go through the inventory back. To the schedule it counts as none: it has repaired less than
    /// the scheduled one does, perhaps, so it must not put that one off, and it ends no cooling.
    async fn give_back_pass(&self, pass: PassLease, account: AccountSid) -> Result<(), StoreError> {
        let nothing =
            PassResult { pass, account, complete: false, present: Vec::new(), cooling: Duration::ZERO };
        let change = Change::new(nothing);
        stored(|| self.parts.orphans.finish_pass(&change)).await.map(drop)
    }

    /// Keeps a report, and raises what it is to be woken for. That a later one does not name something ends no alarm:
    /// it may have been skipped, so whoever keeps the alarms looks for the cause itself.
    pub(super) async fn keep(&self, report: &Report, origin: &Origin) -> Result<(), StoreError> {
        let mut audit = origin.audit("reconcile", &report.account, None, report.ended_at);
        audit.details = serde_json::json!({
            "complete": report.complete, "found": report.found, "repairs": report.repairs,
            "heldBack": report.held_back,
        });
        stored(|| self.parts.reconciliations.keep_report(report, &audit)).await?;
        let alarms = self.parts.alarms.as_ref();
        for onset in report.findings.iter().filter_map(|found| found.finding.onset(&report.account)) {
            alarms.raise(onset);
        }
        if report.complete {
            alarms.end(Alarm::ReconciliationOverdue, report.account.as_str());
        }
        Ok(())
    }

    /// Says that repairs were held back, or that they no longer are.
    pub(super) fn tell_of_brake(&self, report: &Report, repairs: &Repairs) {
        let alarms = self.parts.alarms.as_ref();
        match report.held_back {
            Some(held_back) if held_back.would_repair > held_back.limit => {
                let sentence =
                    "a reconciliation would have repaired more than is usual, and repaired nothing";
                let onset = Onset::of(Alarm::RepairsHeldBack, &report.account, sentence)
                    .with("wouldRepair", held_back.would_repair)
                    .with("limit", held_back.limit);
                alarms.raise(onset);
            }
            None if report.complete && repairs.are_whole() => {
                alarms.end(Alarm::RepairsHeldBack, report.account.as_str());
            }
            // Nobody asked for all repairs, or another number was confirmed: that says nothing of whether it is too much.
            Some(_) | None => {}
        }
    }
}
