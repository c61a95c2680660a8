//! The hand behind the scenes: looks into the simulator, scripts faults, and does what people do at Twilio's console.
//! The HTTP endpoint `/_sim/` offers the same.

mod terms;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{
    NumberType,
    error::ConsoleError,
    fault::Fault,
    inventory::AvailableNumber,
    journal::RecordedRequest,
    number::{OwnedNumber, is_friendly_name},
    shared::{Release, Shared},
    world::World,
};

/// A handle to a running simulator. Clones reach the same one; after its shutdown they still show the last state.
#[derive(Clone)]
pub struct Admin {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Admin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Admin").field("account_sid", &self.account_sid()).finish_non_exhaustive()
    }
}

impl Admin {
    pub(crate) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The main account.
    pub fn account_sid(&self) -> &str {
        &self.shared.config.account_sid
    }

    /// Every owned number of every account, oldest purchase first. A number that lists leave out is among them.
    pub fn owned(&self) -> Vec<OwnedNumber> {
        self.shared.with_world(|world| world.holdings.numbers().cloned().collect())
    }

    /// The numbers of a country and type that nobody owns, as a search without filters would list them.
    pub fn available(&self, country: &str, number_type: NumberType) -> Vec<AvailableNumber> {
        let inventory = &self.shared.inventory;
        let positions = inventory.shelf(country, number_type).unwrap_or_default();
        self.shared.with_world(|world| {
            positions
                .filter(|position| !world.holdings.is_taken(*position))
                .filter_map(|position| inventory.number(position))
                .cloned()
                .collect()
        })
    }

    /// The requests to the API, oldest first; the last 20,000.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.with_world(|world| world.journal.requests().cloned().collect())
    }

    /// How many requests there have been since the start.
    pub fn request_count(&self) -> u64 {
        self.shared.with_world(|world| world.journal.count())
    }

    /// Forgets the recorded requests.
    pub fn clear_requests(&self) {
        self.shared.with_world(|world| world.journal.clear());
    }

    /// Waits until something became of the n-th recorded request (from 1) with this method and path: it was
    /// answered, withheld or reset. Whatever it did has then been done. The path is matched as [`Fault::on`] does.
    ///
    /// There is no time limit; a test puts its own around it.
    pub async fn wait_for_request(&self, method: &str, path: &str, nth: usize) -> RecordedRequest {
        let mut moved = self.shared.moved.subscribe();
        loop {
            let found = self.shared.with_world(|world| world.journal.nth(method, path, nth).cloned());
            if let Some(request) = found {
                return request;
            }
            // The sender is in `shared`, which this handle keeps alive.
            if moved.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Waits until so many numbers are owned, or more; again without a time limit.
    pub async fn wait_for_owned(&self, count: usize) {
        let mut moved = self.shared.moved.subscribe();
        while self.shared.with_world(|world| world.holdings.numbers().count()) < count {
            if moved.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Adds a fault behind those in force. It counts requests from now on.
    pub fn script(&self, fault: Fault) {
        self.shared.with_world(|world| world.script.add(fault));
    }

    /// The faults that can still strike.
    pub fn faults(&self) -> Vec<Fault> {
        self.shared.with_world(|world| world.script.faults())
    }

    /// How often each kind of fault has struck since the start, by [`crate::FaultAction::kind`].
    pub fn struck(&self) -> BTreeMap<String, u64> {
        self.shared.with_world(|world| world.script.tally().clone())
    }

    /// Ends every fault. Answers that are withheld stay so until [`Self::release_held`] or [`Self::drop_held`].
    pub fn clear_faults(&self) {
        self.shared.with_world(|world| world.script.clear());
    }

    /// How many answers are withheld from clients that still wait.
    pub fn held(&self) -> usize {
        self.shared.held.receiver_count()
    }

    /// Waits until nobody waits for a withheld answer any more, be it that it was released or that its client gave up.
    pub async fn wait_until_none_held(&self) {
        self.shared.held.closed().await;
    }

    /// Lets the withheld answers go out. Requests that were withheld before acting are never acted on; their
    /// connections are reset.
    pub fn release_held(&self) {
        self.shared.held.send_replace(Release::Answer);
    }

    /// Resets the connections whose answers are withheld.
    pub fn drop_held(&self) {
        self.shared.held.send_replace(Release::Drop);
    }

    /// Lists show every number from now on.
    pub fn end_list_lag(&self) {
        self.shared.with_world(|world| world.holdings.end_lag());
    }

    /// Takes back everything: no numbers, addresses, faults or recorded requests, accounts and bundles as configured,
    /// the clock as the machine's; connections whose answers are withheld or late are reset.
    pub fn reset(&self) {
        self.shared.with_world(|world| world.reset(&self.shared.config));
        self.shared.save_now();
    }

    /// Buys a number for the main account as somebody at Twilio's console would, past every fault and requirement.
    pub fn console_purchase(
        &self,
        phone_number: &str,
        friendly_name: &str,
    ) -> Result<OwnedNumber, ConsoleError> {
        check_name(friendly_name)?;
        let account_sid = &self.shared.config.account_sid;
        let bought = self.shared.with_world(|world| {
            world.console_purchase(&self.shared.inventory, account_sid, phone_number, friendly_name)
        });
        let bought = bought.ok_or_else(|| ConsoleError::NotAvailable(phone_number.to_owned()))?;
        self.shared.save_now();
        Ok(bought)
    }

    /// Renames a number at the console. `number` is its SID or its phone number.
    pub fn rename(&self, number: &str, friendly_name: &str) -> Result<OwnedNumber, ConsoleError> {
        check_name(friendly_name)?;
        self.change(number, |owned| friendly_name.clone_into(&mut owned.friendly_name))
    }

    /// Points a number's calls and texts elsewhere at the console. `number` is its SID or its phone number.
    pub fn repoint(&self, number: &str, voice_url: &str, sms_url: &str) -> Result<OwnedNumber, ConsoleError> {
        self.change(number, |owned| {
            voice_url.clone_into(&mut owned.voice_url);
            sms_url.clone_into(&mut owned.sms_url);
        })
    }

    /// Releases a number at the console. `number` is its SID or its phone number.
    pub fn console_release(&self, number: &str) -> Result<OwnedNumber, ConsoleError> {
        let released = self.shared.with_world(|world| {
            let sid = find(world, number)?.sid.clone();
            world.holdings.remove(&sid, &self.shared.inventory)
        });
        let released = released.ok_or_else(|| ConsoleError::NotOwned(number.to_owned()))?;
        self.shared.save_now();
        Ok(released)
    }

    fn change(
        &self,
        number: &str,
        change: impl FnOnce(&mut OwnedNumber),
    ) -> Result<OwnedNumber, ConsoleError> {
        let changed = self.shared.with_world(|world| {
            let mut owned = find(world, number)?.clone();
            change(&mut owned);
            owned.date_updated = world.now();
            world.holdings.replace(owned.clone());
            Some(owned)
        });
        let changed = changed.ok_or_else(|| ConsoleError::NotOwned(number.to_owned()))?;
        self.shared.save_now();
        Ok(changed)
    }
}

fn find<'w>(world: &'w World, number: &str) -> Option<&'w OwnedNumber> {
    world.holdings.by_sid(number).or_else(|| world.holdings.by_phone(number))
}

fn check_name(friendly_name: &str) -> Result<(), ConsoleError> {
    if is_friendly_name(friendly_name) { Ok(()) } else { Err(ConsoleError::FriendlyName) }
}
