//! Everything that changes while a simulator runs. It stands behind one lock, which is never held across an await:
//! each operation on it is a plain function, so two requests are never half done at once.

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use crate::{
    accounts::Accounts,
    config::SimulatorConfig,
    fault::Script,
    holdings::{Holdings, Lag},
    inventory::Inventory,
    journal::Journal,
    number::OwnedNumber,
};

/// The state of a simulator.
pub(crate) struct World {
    pub(crate) accounts: Accounts,
    pub(crate) holdings: Holdings,
    pub(crate) script: Script,
    pub(crate) journal: Journal,
    /// Ends with the next reset. What was to be done later belongs to the world before it, and is not done.
    epoch: CancellationToken,
    stopping: CancellationToken,
}

impl World {
    /// The world as the numbers of an earlier run left it.
    pub(crate) fn new(
        config: &SimulatorConfig,
        inventory: &Inventory,
        owned: Vec<OwnedNumber>,
        stopping: &CancellationToken,
    ) -> Self {
        let mut holdings = Holdings::none_of(inventory);
        for number in owned {
            holdings.add(number, None, inventory);
        }
        Self {
            accounts: Accounts::of(config, now()),
            holdings,
            script: Script::default(),
            journal: Journal::default(),
            epoch: stopping.child_token(),
            stopping: stopping.clone(),
        }
    }

    /// Is cancelled by the next reset, and by a shutdown.
    pub(crate) fn epoch(&self) -> CancellationToken {
        self.epoch.clone()
    }

    /// No numbers, no faults, no requests, and nothing left to be done later.
    pub(crate) fn reset(&mut self) {
        self.holdings.clear();
        self.script.clear();
        self.journal.clear();
        self.epoch.cancel();
        self.epoch = self.stopping.child_token();
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
        let mut number = OwnedNumber::bought(inventory.number(position)?, account_sid, now());
        friendly_name.clone_into(&mut number.friendly_name);
        self.holdings.add(number.clone(), None::<Lag>, inventory);
        Some(number)
    }
}

/// The time by which numbers are created and updated.
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}
