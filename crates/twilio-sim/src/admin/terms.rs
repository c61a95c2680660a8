//! What Twilio does on terms of its own: it takes numbers back, suspends accounts, charges by the month, and reviews
//! bundles.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Admin, find};
use crate::{
    AccountType, Cents,
    accounts::{Account, AccountStatus},
    billing::Charge,
    config::Bundle,
    error::ConsoleError,
    number::OwnedNumber,
};

impl Admin {
    /// The simulator's time, which dates its answers.
    pub fn now(&self) -> DateTime<Utc> {
        self.shared.clock.now()
    }

    /// Moves the simulator's time ahead, by whole milliseconds and never by less than asked, and charges every month
    /// that begins until then.
    pub fn advance_clock(&self, by: Duration) {
        let ms = i64::try_from(by.as_nanos().div_ceil(1_000_000)).unwrap_or(i64::MAX);
        self.shared.with_world(|world| world.advance(ms));
        self.shared.save_now();
    }

    /// What was paid for numbers since the start, oldest first; the last 20,000 at most.
    pub fn charges(&self) -> Vec<Charge> {
        self.shared.with_world(|world| {
            world.settle_billing();
            world.billing.charges().to_vec()
        })
    }

    /// Takes a number from its owner. Unlike a released one it is not for sale again. `number` is its SID or its
    /// phone number.
    pub fn reclaim(&self, number: &str) -> Result<OwnedNumber, ConsoleError> {
        let reclaimed = self.shared.with_world(|world| {
            let sid = find(world, number)?.sid.clone();
            world.holdings.reclaim(&sid, &self.shared.inventory)
        });
        let reclaimed = reclaimed.ok_or_else(|| ConsoleError::NotOwned(number.to_owned()))?;
        self.shared.save_now();
        Ok(reclaimed)
    }

    /// The main account, then those below it.
    pub fn accounts(&self) -> Vec<Account> {
        self.shared.with_world(|world| {
            world.settle_billing();
            world.accounts.all().cloned().collect()
        })
    }

    /// Suspends, closes or opens an account again.
    pub fn set_status(&self, account_sid: &str, status: AccountStatus) -> Result<(), ConsoleError> {
        let found =
            self.shared.with_world(|world| world.set_status(account_sid, status, &self.shared.inventory));
        self.shared.save_now();
        if found { Ok(()) } else { Err(ConsoleError::NoAccount(account_sid.to_owned())) }
    }

    /// Puts an account on trial, or lifts it from there.
    pub fn set_account_type(&self, account_sid: &str, account_type: AccountType) -> Result<(), ConsoleError> {
        self.change_account(account_sid, |account| account.account_type = account_type)
    }

    /// Sets what is left to spend and removes the card, so that this is all there is: purchases that cost more are
    /// refused, and a month that falls due beyond it suspends the account.
    pub fn drain_balance(&self, account_sid: &str, left: Cents) -> Result<(), ConsoleError> {
        self.change_account(account_sid, |account| {
            account.balance = left;
            account.auto_recharge = false;
        })
    }

    /// Sets what is left to spend, with a card behind it that is charged when it is spent.
    pub fn refill_balance(&self, account_sid: &str, balance: Cents) -> Result<(), ConsoleError> {
        self.change_account(account_sid, |account| {
            account.balance = balance;
            account.auto_recharge = true;
        })
    }

    /// Every bundle, approved or not.
    pub fn bundles(&self) -> Vec<Bundle> {
        self.shared.with_world(|world| world.bundles.clone())
    }

    /// Adds a bundle, or gives the one with its SID, country and type its status.
    pub fn set_bundle(&self, bundle: Bundle) {
        self.shared.with_world(|world| {
            let same = |other: &&mut Bundle| {
                other.sid == bundle.sid
                    && other.country == bundle.country
                    && other.number_type == bundle.number_type
            };
            match world.bundles.iter_mut().find(same) {
                Some(other) => other.status = bundle.status,
                None => world.bundles.push(bundle),
            }
        });
    }

    fn change_account(&self, sid: &str, change: impl FnOnce(&mut Account)) -> Result<(), ConsoleError> {
        let found = self.shared.with_world(|world| {
            let found = world.accounts.get_mut(sid).map(change).is_some();
            world.touch();
            found
        });
        self.shared.save_now();
        if found { Ok(()) } else { Err(ConsoleError::NoAccount(sid.to_owned())) }
    }
}
