//! Repointing: every number that was bought here gets the present addresses, after `PUBLIC_URL` has moved.
//!
//! Each number first at the provider, then in its row: a crash in between is drift towards an address that we set, which
//! the next run mends. What is right is left alone, so a run that was broken off is simply made again; and so is what
//! somebody has pointed to an address that was never ours.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::{StreamExt, stream};
use serde::Serialize;
use serde_json::json;
use trunkline_domain::{AccountSid, Change, NumberId, Origin, OwnedNumber, ProviderIdentity, WebhookUrls};
use trunkline_provider::{NumberSettings, ProviderError};

use crate::engine::{Engine, stored};
use crate::port::{NumberUpdate, Scope, StoreError, UpdateAnswer};
use crate::reconcile::{addresses_in, count};
use crate::{BookedNumber, FINDINGS_KEPT, Repair, RepairCounts, RepointCommand, RepointMode};

/// Rows that are read at once.
const PAGE: u16 = 500;

/// How many numbers are given their addresses at once.
const AT_ONCE: usize = 8;

/// How often a number is repointed whose row was changed meanwhile.
const UPDATE_ATTEMPTS: usize = 4;

/// Why nothing was repointed.
#[derive(Debug, thiserror::Error)]
pub enum RepointError {
    /// There are no present addresses.
    #[error("no public address is set, so there is nothing that numbers could point to")]
    NoAddresses,
    /// There is no account.
    #[error("the provider cannot be asked")]
    Provider(#[source] ProviderError),
    /// Our rows could not be read.
    #[error("the store could not be asked")]
    Store(#[from] StoreError),
}

/// Where a number points, as reports have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Addresses {
    /// Calls.
    pub voice_url: Option<String>,
    /// Texts.
    pub sms_url: Option<String>,
    /// Ends of calls.
    pub status_callback_url: Option<String>,
}

impl Addresses {
    fn each(&self) -> impl Iterator<Item = String> + use<> {
        let Self { voice_url, sms_url, status_callback_url } = self.clone();
        [voice_url, sms_url, status_callback_url].into_iter().flatten()
    }
}

impl From<WebhookUrls> for Addresses {
    fn from(WebhookUrls { voice_url, sms_url, status_callback_url }: WebhookUrls) -> Self {
        Self { voice_url, sms_url, status_callback_url }
    }
}

/// A number that has, or had, other addresses than the present ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RepointedNumber {
    /// Which.
    #[serde(flatten)]
    pub booked: BookedNumber,
    /// Where its row pointed.
    pub from: Addresses,
    /// Where it shall point.
    pub to: Addresses,
    /// What came of it; in a dry run only why nothing would.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repair: Option<Repair>,
}

/// What repointing came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RepointReport {
    /// The account whose numbers were repointed.
    pub account: AccountSid,
    /// The present addresses; a number that takes no texts has none for texts.
    pub to: Addresses,
    /// Live numbers that pointed there already.
    pub right_already: u64,
    /// Live numbers on other accounts, which were left alone.
    pub on_other_accounts: u64,
    /// Numbers that pointed elsewhere.
    pub elsewhere: u64,
    /// What came of those.
    pub repairs: RepairCounts,
    /// Those, the failed ones first; of very many the first thousand.
    pub numbers: Vec<RepointedNumber>,
}

impl Engine {
    pub(crate) async fn repoint_webhooks(
        &self,
        command: &RepointCommand,
        progress: &(dyn Fn(u64, u64) + Send + Sync),
    ) -> Result<RepointReport, RepointError> {
        let account = self.parts.provider.account().map_err(RepointError::Provider)?;
        if self.settings.webhooks == WebhookUrls::default() {
            return Err(RepointError::NoAddresses);
        }
        let mut report = RepointReport {
            account,
            to: self.settings.webhooks.clone().into(),
            right_already: 0,
            on_other_accounts: 0,
            elsewhere: 0,
            repairs: RepairCounts::default(),
            numbers: Vec::new(),
        };
        let elsewhere = self.find_elsewhere(&mut report).await?;
        report.elsewhere = count(elsewhere.len());
        // Whatever the rows have was ours once, or came with an imported number, and a crash may leave it at the provider.
        let before = elsewhere.iter().flat_map(|number| number.from.each());
        let ours: HashSet<String> = addresses_in(&self.settings.webhooks).chain(before).collect();
        if command.mode == RepointMode::Apply {
            self.remember_addresses(ours.clone()).await?;
        }
        let used = self.parts.reconciliations.webhooks_used().await?.into_iter().chain(ours).collect();
        let numbers = self.each(elsewhere, &report.account, command, &used, progress).await;
        for repair in numbers.iter().filter_map(|number| number.repair.as_ref()) {
            report.repairs.add(repair);
        }
        report.numbers = numbers;
        report.numbers.sort_by_key(|number| !matches!(number.repair, Some(Repair::Failed { .. })));
        report.numbers.truncate(FINDINGS_KEPT);
        Ok(report)
    }

    /// Live numbers of the account whose rows point elsewhere, page by page.
    async fn find_elsewhere(&self, report: &mut RepointReport) -> Result<Vec<RepointedNumber>, StoreError> {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = self.parts.reconciliations.bought_numbers(after, PAGE).await?;
            for row in page.iter().filter(|row| row.status.accepts_changes()) {
                let Some(booked) = BookedNumber::of(row) else { continue };
                let wanted = self.webhooks_for(row.capabilities);
                if row.identity.as_ref().is_none_or(|identity| identity.account != report.account) {
                    report.on_other_accounts += 1;
                } else if row.webhooks == wanted {
                    report.right_already += 1;
                } else {
                    let (from, to) = (row.webhooks.clone().into(), wanted.into());
                    found.push(RepointedNumber { booked, from, to, repair: None });
                }
            }
            after = page.last().map(|row| row.id);
            if page.len() < usize::from(PAGE) {
                return Ok(found);
            }
        }
    }

    /// Repoints each, or in a dry run only looks whether it would be.
    async fn each(
        &self,
        elsewhere: Vec<RepointedNumber>,
        account: &AccountSid,
        command: &RepointCommand,
        used: &HashSet<String>,
        progress: &(dyn Fn(u64, u64) + Send + Sync),
    ) -> Vec<RepointedNumber> {
        let (all, done) = (count(elsewhere.len()), &AtomicU64::new(0));
        let work = stream::iter(elsewhere).map(|number| async move {
            let id = number.booked.number_id;
            let repair = match command.mode {
                RepointMode::DryRun => {
                    let sid = number.booked.number_sid.clone();
                    let identity = ProviderIdentity { account: account.clone(), number: sid };
                    self.why_not(&identity, used).await
                }
                RepointMode::Apply => {
                    Some(self.repoint(id, used, &command.origin).await.unwrap_or_else(|error| {
                        Repair::failed_by(
                            "the store did not answer; the row may still have the old addresses",
                            &error,
                        )
                    }))
                }
            };
            if let (Some(Repair::Failed { why }), RepointMode::Apply) = (&repair, command.mode) {
                tracing::error!(number.id = %id, why, "a number was not repointed");
            }
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, all);
            RepointedNumber { repair, ..number }
        });
        work.buffered(AT_ONCE).collect().await
    }

    /// Why a number is left as it is. Somebody may have pointed it elsewhere on purpose, and nobody could tell afterwards
    /// where to.
    async fn why_not(&self, identity: &ProviderIdentity, used: &HashSet<String>) -> Option<Repair> {
        match self.patiently(|| self.parts.provider.fetch(identity)).await {
            Ok(Some(found)) => {
                let strange = addresses_in(&found.webhooks)
                    .find(|address| !address.is_empty() && !used.contains(address))?;
                Some(Repair::failed(format!(
                    "at the provider it points to {strange}, which this deployment never gave it; if nobody means it, \
                     empty it in the provider's console and run this again"
                )))
            }
            Ok(None) => {
                Some(Repair::failed("the provider does not have it; `trunkline reconcile` says more"))
            }
            Err(error) => Some(Repair::failed_by("the provider did not say where it points", &error)),
        }
    }

    async fn repoint(
        &self,
        id: NumberId,
        used: &HashSet<String>,
        origin: &Origin,
    ) -> Result<Repair, StoreError> {
        for _ in 0..UPDATE_ATTEMPTS {
            if self.stopping.is_cancelled() {
                return Ok(Repair::failed("it was stopped before its turn came"));
            }
            let row = self.parts.numbers.number(&Scope::Everyone, id).await?;
            let Some(row) = row.filter(|row| row.status.accepts_changes()) else {
                return Ok(Repair::skipped("it is being released, or waits for an operator"));
            };
            let Some(identity) =
                row.identity.as_ref().filter(|identity| self.is_configured_account(identity))
            else {
                return Ok(Repair::skipped("it is on another account than the configured one"));
            };
            if let Some(reason) = self.why_not(identity, used).await {
                return Ok(reason);
            }
            let webhooks = self.webhooks_for(row.capabilities);
            let settings = NumberSettings { friendly_name: None, webhooks: Some(webhooks.clone()) };
            if let Err(error) = self.patiently(|| self.parts.provider.configure(identity, &settings)).await {
                return Ok(Repair::failed_by("the provider did not take the addresses", &error));
            }
            match self.note_repointed(row, webhooks, origin).await? {
                UpdateAnswer::Updated(_) => return Ok(Repair::Done),
                UpdateAnswer::Busy => return Ok(Repair::skipped("it is being released")),
                UpdateAnswer::Stale => {}
            }
        }
        Ok(Repair::failed("its row changes all the time"))
    }

    async fn note_repointed(
        &self,
        row: OwnedNumber,
        webhooks: WebhookUrls,
        origin: &Origin,
    ) -> Result<UpdateAnswer, StoreError> {
        let now = self.now();
        let mut audit = origin.audit("number.repoint", row.id, Some(&row.user), now);
        let (before, after) = (Addresses::from(row.webhooks.clone()), Addresses::from(webhooks.clone()));
        audit.details = json!({ "before": before, "after": after });
        let number = OwnedNumber { webhooks, updated_at: now, ..row };
        let change = Change::new(NumberUpdate { number }).audit(audit);
        stored(|| self.parts.numbers.update(&change)).await
    }
}
