//! Everything that changes while a simulator runs. It stands behind one lock, which is never held across an await:
//! each operation on it is a plain function, so two requests are never half done at once.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use crate::{
    accounts::{AccountStatus, Accounts},
    address::Address,
    billing::Billing,
    clock::Clock,
    config::{Bundle, SimulatorConfig},
    fault::Script,
    holdings::{Holdings, Lag},
    inventory::Inventory,
    journal::Journal,
    number::OwnedNumber,
    state_file::Kept,
};

/// The state of a simulator.
pub(crate) struct World {
    clock: Arc<Clock>,
    pub(crate) accounts: Accounts,
    pub(crate) holdings: Holdings,
    /// Of all accounts, oldest first.
    pub(crate) addresses: Vec<Address>,
    pub(crate) bundles: Vec<Bundle>,
    pub(crate) billing: Billing,
    pub(crate) script: Script,
    pub(crate) journal: Journal,
    /// Counts changes to what is kept beside the holdings.
    changes: u64,
    /// Ends with the next reset. What was to be done later belongs to the world before it, and is not done.
    epoch: CancellationToken,
    stopping: CancellationToken,
}

impl World {
    /// The world as an earlier run left it.
    pub(crate) fn new(
        config: &SimulatorConfig,
        inventory: &Inventory,
        kept: Kept,
        clock: Arc<Clock>,
        stopping: &CancellationToken,
    ) -> Self {
        let mut holdings = Holdings::none_of(inventory);
        for mut number in kept.numbers {
            number.pay_until(clock.now());
            holdings.add(number, None, inventory);
        }
        let mut accounts = Accounts::of(config, clock.now());
        for account in kept.accounts {
            accounts.restore(account.account, account.auth_token.as_deref());
        }
        Self {
            accounts,
            billing: Billing::of(&holdings),
            holdings,
            addresses: kept.addresses,
            bundles: config.approved_bundles.clone(),
            script: Script::default(),
            journal: Journal::default(),
            changes: 0,
            clock,
            epoch: stopping.child_token(),
            stopping: stopping.clone(),
        }
    }

    /// The time by which everything here happens.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Says that something was changed that outlives the process, other than the holdings.
    pub(crate) fn touch(&mut self) {
        self.changes += 1;
    }

    /// Counts changes from 1; a stored state is out of date when it was made at a smaller one.
    pub(crate) fn revision(&self) -> u64 {
        self.holdings.revision() + self.changes
    }

    /// What outlives the process.
    pub(crate) fn kept(&self, config: &SimulatorConfig) -> Kept {
        Kept::of(self, config, self.clock.ahead_ms())
    }

    /// Is cancelled by the next reset, and by a shutdown.
    pub(crate) fn epoch(&self) -> CancellationToken {
        self.epoch.clone()
    }

    /// As at the first start: no numbers, addresses, faults or requests, accounts and bundles as configured, the
    /// machine's time, and nothing left to be done later.
    pub(crate) fn reset(&mut self, config: &SimulatorConfig) {
        self.clock.reset();
        self.holdings.clear();
        self.addresses.clear();
        self.accounts = Accounts::of(config, self.now());
        self.bundles.clone_from(&config.approved_bundles);
        self.billing = Billing::default();
        self.script.clear();
        self.journal.clear();
        self.epoch.cancel();
        self.epoch = self.stopping.child_token();
        self.touch();
    }

    /// Charges what has fallen due.
    pub(crate) fn settle_billing(&mut self) {
        let now = self.now();
        if self.billing.settle(&mut self.holdings, &mut self.accounts, now) {
            self.touch();
        }
    }

    /// Moves the clock, and charges what falls due until then.
    pub(crate) fn advance(&mut self, ms: i64) {
        self.clock.advance(ms);
        self.settle_billing();
        self.touch();
    }

    /// An account's addresses, oldest first.
    pub(crate) fn addresses_of(&self, account_sid: &str) -> impl DoubleEndedIterator<Item = &Address> {
        self.addresses.iter().filter(move |address| address.account_sid == account_sid)
    }

    pub(crate) fn address(&self, account_sid: &str, sid: &str) -> Option<&Address> {
        self.addresses_of(account_sid).find(|address| address.sid == sid)
    }

    /// The numbers that name an address.
    pub(crate) fn numbers_at(&self, address_sid: &str) -> impl Iterator<Item = &OwnedNumber> {
        self.holdings.numbers().filter(move |number| {
            [&number.address_sid, &number.emergency_address_sid]
                .into_iter()
                .any(|sid| sid.as_deref() == Some(address_sid))
        })
    }

    /// Suspends, closes or opens an account again; a closed one loses its numbers. False if there is none.
    pub(crate) fn set_status(
        &mut self,
        account_sid: &str,
        status: AccountStatus,
        inventory: &Inventory,
    ) -> bool {
        let Some(account) = self.accounts.get_mut(account_sid) else { return false };
        account.status = status;
        self.touch();
        if status == AccountStatus::Closed {
            let of_account = |number: &&OwnedNumber| number.account_sid == account_sid;
            let sids: Vec<_> =
                self.holdings.numbers().filter(of_account).map(|number| number.sid.clone()).collect();
            for sid in sids {
                self.holdings.remove(&sid, inventory);
            }
        }
        true
    }

    /// Adds a number that somebody has bought, and charges its first month.
    pub(crate) fn hold(&mut self, number: &OwnedNumber, lag: Option<Lag>, inventory: &Inventory) {
        self.holdings.add(number.clone(), lag, inventory);
        self.billing.bought(number, &mut self.accounts);
    }

    /// Buys a number as somebody at Twilio's console would: no rule asks for an address or a bundle.
    /// `None` if it is not for sale.
    pub(crate) fn console_purchase(
        &mut self,
        inventory: &Inventory,
        account_sid: &str,
        phone_number: &str,
        friendly_name: &str,
    ) -> Option<OwnedNumber> {
        let position = inventory.position_of(phone_number)?;
        if self.holdings.is_taken(position) {
            return None;
        }
        let mut number = OwnedNumber::bought(inventory.number(position)?, account_sid, self.now());
        friendly_name.clone_into(&mut number.friendly_name);
        self.hold(&number, None, inventory);
        Some(number)
    }
}
