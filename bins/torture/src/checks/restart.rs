//! The checks after a restart, under load: the ledger verifies, what was acknowledged is there, nothing is owned twice.

use std::collections::{BTreeMap, BTreeSet};

use super::{Loss, LossKind};
use crate::api::{Api, Number};
use crate::diary::{Deed, Diary};
use crate::stage::{Fleet, LedgerVerdict};

/// What was looked at before, so that each acknowledgement is checked once.
#[derive(Default)]
pub(crate) struct RestartCheck {
    seen: BTreeSet<String>,
    /// How often it ran.
    pub(crate) runs: u64,
}

impl RestartCheck {
    /// Looks. Everything goes on meanwhile, so what could be a passing sight is looked at twice.
    pub(crate) async fn run(&mut self, fleet: &Fleet, api: &Api, diary: &Diary) -> anyhow::Result<Vec<Loss>> {
        self.runs += 1;
        let mut losses = self.acknowledged(api, diary).await?;
        losses.extend(owned_twice(api).await?);
        if let LedgerVerdict::Faulty(said) = fleet.verify_ledger().await? {
            losses.push(Loss::new(LossKind::UnbalancedLedger, format!("`trunkline ledger verify`: {said}")));
        }
        Ok(losses)
    }

    /// Every number that was acknowledged since the last check has a row of its user's, live or released.
    async fn acknowledged(&mut self, api: &Api, diary: &Diary) -> anyhow::Result<Vec<Loss>> {
        let mut losses = Vec::new();
        for attempt in diary.attempts().into_values() {
            let (Deed::Buy { phone_number }, Some(number)) = (&attempt.deed, attempt.bought()) else {
                continue;
            };
            if !self.seen.insert(number.to_owned()) {
                continue;
            }
            let found = api.number(number).await?;
            let stands = found
                .as_ref()
                .is_some_and(|found| found.user_id == attempt.user && found.phone_number == *phone_number);
            if !stands {
                let what = format!(
                    "{}: {} was told that {number} is theirs, and after a restart it is {found:?}",
                    attempt.name, attempt.user
                );
                losses.push(Loss::new(LossKind::LostNumber, what));
            }
        }
        Ok(losses)
    }
}

/// A list is read page by page while numbers change hands, so two rows of one phone number are read again.
async fn owned_twice(api: &Api) -> anyhow::Result<Vec<Loss>> {
    let mut rows: BTreeMap<String, Vec<Number>> = BTreeMap::new();
    for number in api.numbers(false).await? {
        rows.entry(number.phone_number.clone()).or_default().push(number);
    }
    let mut losses = Vec::new();
    for (phone_number, suspects) in rows.into_iter().filter(|(_, rows)| rows.len() > 1) {
        let mut live = Vec::new();
        for suspect in suspects {
            live.extend(api.number(&suspect.id).await?.filter(Number::is_live));
        }
        if live.len() > 1 {
            let owners: Vec<&str> = live.iter().map(|number| number.user_id.as_str()).collect();
            let what = format!("{phone_number} is held {} times, by {owners:?}", live.len());
            losses.push(Loss::new(LossKind::DoubleNumber, what));
        }
    }
    Ok(losses)
}
