//! The provider's list against our rows. Pure: rows are put in one by one, and nothing is asked of anybody.
//!
//! Whatever may still be on its way is left alone: a number or row to which something happened a moment ago, a release
//! under way, an order that is not decided. The list was made before the rows were read, so a row that is newer than it
//! proves nothing against it, and is young.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use trunkline_domain::{DeploymentId, NumberSid, NumberStatus, Order, OrderState, OwnedNumber, WebhookUrls};
use trunkline_provider::{Listing, ProviderNumber};

use super::finding::{BookedNumber, Difference, Finding, HeldNumber, Setting};
use crate::Marker;

/// A complete list of what an account holds, and how far it has been compared.
pub(super) struct Comparison<'a> {
    listing: &'a Listing,
    deployment: DeploymentId,
    /// What happened later, by our clock, is left alone.
    before: DateTime<Utc>,
    /// The same by the provider's clock.
    held_before: DateTime<Utc>,
    /// What no row has named yet.
    unnamed: HashMap<&'a NumberSid, &'a ProviderNumber>,
    pub(super) compared: u64,
    pub(super) skipped: u64,
    pub(super) on_other_accounts: u64,
}

/// What one of our rows comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RowVerdict {
    /// Nothing, or not yet.
    Quiet,
    /// The list lacks it. Nothing is concluded before it was looked for.
    Missing(BookedNumber),
    /// A disagreement.
    Found(Finding),
}

impl<'a> Comparison<'a> {
    /// A list that was begun at this moment of our clock. What happened less than `after` before it is left alone.
    pub(super) fn new(
        listing: &'a Listing,
        deployment: DeploymentId,
        begun_at: DateTime<Utc>,
        after: TimeDelta,
    ) -> Self {
        let unnamed = listing.numbers.iter().map(|number| (&number.identity.number, number)).collect();
        let (before, held_before) = (begun_at - after, listing.begun_at - after);
        Self {
            listing,
            deployment,
            before,
            held_before,
            unnamed,
            compared: 0,
            skipped: 0,
            on_other_accounts: 0,
        }
    }

    /// Compares one row of ours with the list.
    pub(super) fn row(&mut self, row: &OwnedNumber) -> RowVerdict {
        let (Some(identity), Some(booked)) = (&row.identity, BookedNumber::of(row)) else {
            return RowVerdict::Quiet;
        };
        let held = self.unnamed.remove(&identity.number);
        if identity.account != self.listing.account {
            self.on_other_accounts += u64::from(row.status.is_live());
            // Ids are never given twice: it was moved here.
            return match held {
                Some(held) if row.status.is_live() => {
                    let moved_to = Some(held.identity.account.clone());
                    RowVerdict::Found(Finding::Ghost { booked, moved_to })
                }
                Some(_) | None => RowVerdict::Quiet,
            };
        }
        if row.updated_at > self.before {
            self.skipped += 1;
            return RowVerdict::Quiet;
        }
        // Somebody is at it in the provider's console, or a change of ours is not in its row yet.
        if held.is_some_and(|held| held.date_updated > self.held_before) {
            self.skipped += 1;
            return RowVerdict::Quiet;
        }
        self.compared += 1;
        match (row.status, held) {
            (NumberStatus::Active | NumberStatus::Suspended, None) => RowVerdict::Missing(booked),
            (NumberStatus::Active | NumberStatus::Suspended, Some(held)) => {
                let differences = differences(row, held, self.deployment);
                if differences.is_empty() {
                    return RowVerdict::Quiet;
                }
                RowVerdict::Found(Finding::Drifted { booked, differences })
            }
            (NumberStatus::Released, Some(_)) => RowVerdict::Found(Finding::ReleasedButPresent { booked }),
            // Somebody is deciding it, or it is gone as it should be.
            (NumberStatus::Releasing | NumberStatus::Review, _) | (NumberStatus::Released, None) => {
                RowVerdict::Quiet
            }
        }
    }

    /// What no row has named, after every row was put in: those with a marker of ours wait for their order to be read.
    pub(super) fn unnamed(&mut self) -> Vec<&'a ProviderNumber> {
        let mut settled: Vec<_> = self.unnamed.drain().map(|(_, number)| number).collect();
        let all = settled.len();
        settled.retain(|number| number.date_updated.max(number.date_created) <= self.held_before);
        self.skipped += u64::try_from(all - settled.len()).unwrap_or(u64::MAX);
        settled.sort_by(|a, b| a.phone_number.cmp(&b.phone_number));
        settled
    }
}

/// The marker by which a number may be ours, where its order has to be read.
pub(super) fn own_marker(number: &ProviderNumber, deployment: DeploymentId) -> Option<Marker> {
    Marker::find_in(&number.friendly_name).filter(|marker| marker.deployment == deployment)
}

/// What a number comes to that no row names; `order` is that of its marker, where the marker is ours and this database
/// has the order. `None` where the order is still being decided, or has just been: its row came after the rows were read.
pub(super) fn judge_unnamed(
    number: &ProviderNumber,
    deployment: DeploymentId,
    known: Option<&Order>,
) -> Option<Finding> {
    let held = HeldNumber::from(number);
    let Some(marker) = own_marker(number, deployment) else {
        let other = Marker::find_in(&number.friendly_name).map(|marker| marker.deployment);
        return Some(Finding::Foreign { held, deployment: other });
    };
    let order = marker.order;
    match known.map(|order| order.state) {
        None => Some(Finding::UnknownOrder { held, order }),
        Some(OrderState::Failed) => Some(Finding::Orphan { held, order }),
        Some(OrderState::Completed) => {
            let is_its_own = known.and_then(|order| order.number_sid.as_ref()) == Some(&held.number_sid);
            (!is_its_own).then_some(Finding::SecondNumber { held, order })
        }
        Some(OrderState::Ordering | OrderState::Unresolved | OrderState::Review) => None,
    }
}

/// What of a number is set up otherwise than its row says.
pub(crate) fn differences(
    row: &OwnedNumber,
    held: &ProviderNumber,
    deployment: DeploymentId,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut compare = |setting, held: Option<&str>, booked: Option<&str>| {
        if held != booked {
            let text = |value: Option<&str>| value.map(str::to_owned);
            found.push(Difference { setting, held: text(held), booked: text(booked) });
        }
    };
    // What an imported number is called at the provider is its owner's: there is no marker of ours in it to keep.
    if let Some(order) = row.order.filter(|_| !row.is_imported()) {
        let name = Marker { deployment, order }.friendly_name(&row.display_name);
        compare(Setting::FriendlyName, Some(&held.friendly_name), Some(&name));
    }
    let WebhookUrls { voice_url, sms_url, status_callback_url } = &row.webhooks;
    compare(Setting::VoiceUrl, held.webhooks.voice_url.as_deref(), voice_url.as_deref());
    compare(Setting::SmsUrl, held.webhooks.sms_url.as_deref(), sms_url.as_deref());
    compare(
        Setting::StatusCallbackUrl,
        held.webhooks.status_callback_url.as_deref(),
        status_callback_url.as_deref(),
    );
    found
}
