//! The repairs. Each finds again what was found, by our row and by a direct question to the provider, and leaves alone
//! what has changed since; each is one audited act, and one that fails stops no other.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::{FutureExt, StreamExt, stream};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use trunkline_domain::{Change, NumberId, NumberStatus, Origin, OwnedNumber};
use trunkline_provider::{NumberSettings, ProviderNumber};

use super::comparison::differences;
use super::finding::Difference;
use super::plan::{Act, Planned, set_up};
use super::reconciler::{Progress, ShowProgress};
use super::report::{Found, Repair};
use crate::Marker;
use crate::engine::{Engine, stored};
use crate::port::{LeftoverOpening, Mending, MendingAnswer, Orphan, Scope, StoreError};

/// How many repairs are made at once.
const AT_ONCE: usize = 4;

/// How often a number is set up again whose row was changed meanwhile.
const SET_UP_ATTEMPTS: usize = 4;

impl Engine {
    /// Makes these repairs, a few at a time, until halted.
    pub(super) async fn repair_all(
        &self,
        planned: Vec<Planned>,
        origin: &Origin,
        halt: &CancellationToken,
        progress: ShowProgress<'_>,
    ) -> Vec<Found> {
        let (all, done) = (planned.len(), AtomicUsize::new(0));
        let done = &done;
        let work = stream::iter(planned).map(|planned| async move {
            let repair = AssertUnwindSafe(self.repair_one(&planned.act, origin, halt)).catch_unwind().await;
            let repair = repair.unwrap_or_else(|_| Repair::failed("a mistake of ours; the log has it"));
            if let Repair::Failed { why } = &repair {
                tracing::error!(class = planned.finding.class(), why, "a finding could not be repaired");
            }
            progress(Progress::Repaired(done.fetch_add(1, Ordering::Relaxed) + 1, all));
            Found { finding: planned.finding, repair: Some(repair) }
        });
        work.buffered(AT_ONCE).collect().await
    }

    async fn repair_one(&self, act: &Act, origin: &Origin, halt: &CancellationToken) -> Repair {
        if halt.is_cancelled() {
            return Repair::skipped("the reconciliation was stopped before this");
        }
        let repaired = match act {
            Act::ReleaseOrphan { held, order } => Ok(self.release_orphan(held, order, origin).await),
            Act::ReleaseAgain { number } => self.release_again(*number, origin).await,
            Act::SetUp { number } => self.set_up_again(*number, origin).await,
        };
        repaired.unwrap_or_else(|error: StoreError| Repair::failed_by("the store did not answer", &error))
    }

    /// Releases a number by its id that was given back, and that the account has still. Whoever has the phone number
    /// since has it under another id, and keeps it.
    async fn release_again(&self, id: NumberId, origin: &Origin) -> Result<Repair, StoreError> {
        let row = self.parts.numbers.number(&Scope::Everyone, id).await?;
        let row = row.filter(|row| row.status == NumberStatus::Released);
        let (Some(identity), Some(order)) =
            (row.as_ref().and_then(|row| row.identity.clone()), row.as_ref().and_then(|row| row.order))
        else {
            return Ok(Repair::skipped("our row of it has changed since"));
        };
        if !self.is_configured_account(&identity) {
            return Ok(Repair::skipped("it is on another account than the configured one"));
        }
        let found = match self.patiently(|| self.parts.provider.fetch(&identity)).await {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(Repair::skipped("the provider does not have it any more")),
            Err(error) => return Ok(Repair::failed_by("the provider did not say whether it has it", &error)),
        };
        let own = Marker { deployment: self.settings.deployment, order };
        let is_same = row.is_some_and(|row| row.phone_number == found.phone_number);
        if !is_same || Marker::find_in(&found.friendly_name).is_some_and(|marker| marker != own) {
            return Ok(Repair::skipped("its name carries another marker, or it is another number"));
        }
        let orphan = Orphan { identity, phone_number: found.phone_number, order };
        let now = self.now();
        let mut audit = origin.audit("number.release_again", id, None, now);
        audit.reason = Some("it was given back, and the account has it still".to_owned());
        audit.details = json!({
            "numberSid": orphan.identity.number, "phoneNumber": orphan.phone_number,
            "friendlyName": readable(&found.friendly_name), "heldSince": found.date_created,
        });
        let opening = LeftoverOpening { number: id, orphan: orphan.clone(), terms: self.terms(), at: now };
        let change = Change::new(opening).audit(audit);
        let begun = stored(|| self.parts.orphans.begin_leftover(&change)).await?;
        self.go_on_with(begun, orphan).await
    }

    /// Sets a number up as its row says, until the row is still the same afterwards.
    async fn set_up_again(&self, id: NumberId, origin: &Origin) -> Result<Repair, StoreError> {
        let used = self.parts.reconciliations.webhooks_used().await?.into_iter().collect();
        let mut version = None;
        for _ in 0..SET_UP_ATTEMPTS {
            let row = self.parts.numbers.number(&Scope::Everyone, id).await?;
            let Some(row) = row.filter(|row| row.status.accepts_changes()) else {
                return Ok(Repair::skipped("it is being released, or waits for an operator"));
            };
            if version == Some(row.version) {
                return Ok(Repair::Done);
            }
            match self.set_up_once(&row, &used, origin).await? {
                SetUpOnce::Sent => version = Some(row.version),
                SetUpOnce::RowChanged => {}
                SetUpOnce::Agrees if version.is_some() => return Ok(Repair::Done),
                SetUpOnce::Agrees => return Ok(Repair::skipped("it is set up as it should be by now")),
                SetUpOnce::Left(repair) => return Ok(repair),
            }
        }
        Ok(Repair::failed("our row of it changes all the time"))
    }

    async fn set_up_once(
        &self,
        row: &OwnedNumber,
        used: &HashSet<String>,
        origin: &Origin,
    ) -> Result<SetUpOnce, StoreError> {
        let left = |repair| Ok(SetUpOnce::Left(repair));
        let Some(identity) = row.identity.as_ref().filter(|identity| self.is_configured_account(identity))
        else {
            return left(Repair::skipped("it is on another account than the configured one"));
        };
        let found = match self.patiently(|| self.parts.provider.fetch(identity)).await {
            Ok(Some(found)) => found,
            Ok(None) => return left(Repair::skipped("the provider does not have it any more")),
            Err(error) => {
                return left(Repair::failed_by("the provider did not say how it is set up", &error));
            }
        };
        let differences = differences(row, &found, self.settings.deployment);
        if differences.is_empty() {
            return Ok(SetUpOnce::Agrees);
        }
        let part = match set_up(&differences, self.marker_of(row), used, &self.webhooks_for(row.capabilities))
        {
            Ok(part) => part,
            Err(reserve) => return left(Repair::skipped(reserve.why())),
        };
        if self.begin_mending(row, &found, &differences, origin).await? == MendingAnswer::Changed {
            return Ok(SetUpOnce::RowChanged);
        }
        let whole = NumberSettings {
            friendly_name: self.marker_of(row).map(|marker| marker.friendly_name(&row.display_name)),
            webhooks: Some(row.webhooks.clone()),
        };
        let settings = part.of(whole);
        match self.patiently(|| self.parts.provider.configure(identity, &settings)).await {
            Ok(_) => Ok(SetUpOnce::Sent),
            Err(error) => left(Repair::failed_by("the provider did not take the settings", &error)),
        }
    }

    async fn begin_mending(
        &self,
        row: &OwnedNumber,
        found: &ProviderNumber,
        differences: &[Difference],
        origin: &Origin,
    ) -> Result<MendingAnswer, StoreError> {
        let mut audit = origin.audit("number.set_up_again", row.id, Some(&row.user), self.now());
        let differences: Vec<Difference> = differences
            .iter()
            .map(|it| Difference { held: it.held.as_deref().map(readable), ..it.clone() })
            .collect();
        audit.reason = Some("it was set up otherwise than our row says".to_owned());
        audit.details = json!({ "numberSid": found.identity.number, "differences": differences });
        let change = Change::new(Mending { number: row.id, version: row.version }).audit(audit);
        stored(|| self.parts.reconciliations.begin_mending(&change)).await
    }
}

/// What came of setting a number up once.
enum SetUpOnce {
    /// The provider has taken the settings of the row as it was read.
    Sent,
    /// There is nothing to set up.
    Agrees,
    /// The row was changed since it was read; nothing was sent.
    RowChanged,
    /// It is left as it is.
    Left(Repair),
}

/// What somebody may have called a number, as every store takes it.
fn readable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
