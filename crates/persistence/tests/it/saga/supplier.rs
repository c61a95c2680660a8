//! The supplier: what Twilio does with a number, as far as buying and releasing depend on it.
//!
//! It does at once what arrives, and tells the truth; what goes wrong on the way is a matter of faults. A purchase of
//! a number that the account holds is an update of it, as with Twilio.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use trunkline_domain::{
    AccountSid, Capabilities, Clock, Country, NumberSid, NumberType, PhoneNumber, ProviderIdentity,
    RegulatoryIds, WebhookUrls,
};
use trunkline_provider::{
    Bought, Listing, NumberPurchase, NumberSettings, ProviderError, ProviderNumber, Refusal, ReleaseAnswer,
    Sighting,
};
use trunkline_provisioning::contract::ManualClock;
use trunkline_provisioning::contract::fixture::{account, phone, sid};

/// What every number here can do.
pub(crate) const CAPABILITIES: Capabilities = Capabilities { voice: true, sms: true, mms: false, fax: false };

/// How the supplier misbehaves.
#[derive(Debug, Clone, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a habit of its own, and any of them may come together"
)]
pub(crate) struct Moods {
    /// Lists and looks show a number only so long after it was bought.
    pub(crate) lag: TimeDelta,
    /// A purchase is done, and not answered.
    pub(crate) buys_silently: bool,
    /// A purchase is neither done nor answered: it waits on the way until it is delivered.
    pub(crate) keeps_purchases_back: bool,
    /// A release is done, and not answered.
    pub(crate) releases_silently: bool,
    /// A release is refused.
    pub(crate) refuses_releases: bool,
    /// Instead of the number that was asked for, the next one is sold.
    pub(crate) sells_another_number: bool,
    /// The number is sold as a toll-free one.
    pub(crate) sells_another_type: bool,
}

/// The supplier, with the operator's account there.
pub(crate) struct Supplier {
    clock: Arc<ManualClock>,
    state: Mutex<State>,
}

struct State {
    account: AccountSid,
    held: BTreeMap<NumberSid, ProviderNumber>,
    taken: BTreeSet<PhoneNumber>,
    on_the_way: Vec<NumberPurchase>,
    purchases: usize,
    sold: u64,
    moods: Moods,
}

impl Supplier {
    pub(crate) fn new(clock: Arc<ManualClock>) -> Self {
        let state = State {
            account: account(),
            held: BTreeMap::new(),
            taken: BTreeSet::new(),
            on_the_way: Vec::new(),
            purchases: 0,
            sold: 0,
            moods: Moods::default(),
        };
        Self { clock, state: Mutex::new(state) }
    }

    pub(crate) fn account(&self) -> AccountSid {
        self.state().account.clone()
    }

    /// From now on another account is configured.
    pub(crate) fn change_account(&self) {
        self.state().account = another_account();
    }

    pub(crate) fn misbehave(&self, moods: Moods) {
        self.state().moods = moods;
    }

    /// Somebody else, in an account of their own, has the number.
    pub(crate) fn sell_elsewhere(&self, number: &PhoneNumber) {
        self.state().taken.insert(number.clone());
    }

    /// What the account holds, shown or not.
    pub(crate) fn owned(&self) -> Vec<ProviderNumber> {
        self.state().held.values().cloned().collect()
    }

    /// How many purchases were sent here.
    pub(crate) fn purchases(&self) -> usize {
        self.state().purchases
    }

    /// The operator buys a number in the console, under a label of their own.
    pub(crate) fn buy_in_console(&self, phone_number: &PhoneNumber, friendly_name: &str) -> NumberSid {
        let purchase = NumberPurchase {
            phone_number: phone_number.clone(),
            country: Country::US,
            number_type: NumberType::Local,
            account: self.account(),
            friendly_name: friendly_name.to_owned(),
            webhooks: WebhookUrls::default(),
            regulatory: RegulatoryIds::default(),
        };
        self.sell(&purchase).identity.number
    }

    /// The operator renames the number in the console.
    pub(crate) fn rename_in_console(&self, number: &PhoneNumber, friendly_name: &str) {
        let now = self.now();
        for held in self.state().held.values_mut().filter(|held| held.phone_number == *number) {
            friendly_name.clone_into(&mut held.friendly_name);
            held.date_updated = now;
        }
    }

    /// A number that was said to be gone is there still.
    pub(crate) fn put_back(&self, number: ProviderNumber) {
        self.state().held.insert(number.identity.number.clone(), number);
    }

    /// The operator moves the number to another account of theirs, where it keeps its id.
    pub(crate) fn move_in_console(&self, number: &PhoneNumber) {
        for held in self.state().held.values_mut().filter(|held| held.phone_number == *number) {
            held.identity.account = another_account();
        }
    }

    /// Purchases that were kept back on the way arrive after all.
    pub(crate) fn deliver(&self) {
        let on_the_way = std::mem::take(&mut self.state().on_the_way);
        for purchase in on_the_way {
            self.sell(&purchase);
        }
    }

    pub(crate) fn look(&self, number: &PhoneNumber) -> Sighting {
        let shown = self.list().numbers.into_iter().find(|held| held.phone_number == *number);
        Sighting { number: shown, provider_time: self.now() }
    }

    pub(crate) fn list(&self) -> Listing {
        let (state, now) = (self.state(), self.now());
        let shown = |held: &&ProviderNumber| {
            held.identity.account == state.account && held.date_created + state.moods.lag <= now
        };
        let numbers = state.held.values().filter(shown).cloned().collect();
        Listing { account: state.account.clone(), numbers, complete: true, begun_at: now }
    }

    pub(crate) fn fetch(&self, identity: &ProviderIdentity) -> Option<ProviderNumber> {
        self.state().held.get(&identity.number).filter(|held| held.identity == *identity).cloned()
    }

    pub(crate) fn buy(&self, purchase: &NumberPurchase) -> Result<Bought, ProviderError> {
        let moods = {
            let mut state = self.state();
            state.purchases += 1;
            if state.taken.contains(&purchase.phone_number) {
                let message = format!("{} is not available", purchase.phone_number);
                let reason = Refusal::NumberUnavailable;
                return Err(ProviderError::Refused { reason, code: Some(21_422), message });
            }
            if state.moods.keeps_purchases_back {
                state.on_the_way.push(purchase.clone());
                return Err(silence());
            }
            state.moods.clone()
        };
        let number = self.sell(purchase);
        if moods.buys_silently { Err(silence()) } else { Ok(Bought { number }) }
    }

    /// Sells the number, or updates it where the account holds it already.
    fn sell(&self, purchase: &NumberPurchase) -> ProviderNumber {
        let (mut state, now) = (self.state(), self.now());
        if let Some(held) = state.held.values_mut().find(|held| held.phone_number == purchase.phone_number) {
            held.friendly_name.clone_from(&purchase.friendly_name);
            held.webhooks.clone_from(&purchase.webhooks);
            held.date_updated = now;
            return held.clone();
        }
        state.sold += 1;
        let is_another = state.moods.sells_another_number;
        let sold_type =
            if state.moods.sells_another_type { NumberType::TollFree } else { purchase.number_type };
        let number = ProviderNumber {
            identity: ProviderIdentity {
                account: purchase.account.clone(),
                number: sid(0xa000 + state.sold),
            },
            phone_number: if is_another { phone(9_999) } else { purchase.phone_number.clone() },
            friendly_name: purchase.friendly_name.clone(),
            number_type: Some(sold_type),
            capabilities: CAPABILITIES,
            webhooks: purchase.webhooks.clone(),
            date_created: now,
            date_updated: now,
        };
        state.held.insert(number.identity.number.clone(), number.clone());
        number
    }

    pub(crate) fn configure(
        &self,
        identity: &ProviderIdentity,
        settings: &NumberSettings,
    ) -> Result<ProviderNumber, ProviderError> {
        let (mut state, now) = (self.state(), self.now());
        let held = state.held.get_mut(&identity.number).filter(|held| held.identity == *identity);
        let Some(held) = held else {
            let message = "the account has no such number".to_owned();
            return Err(ProviderError::Refused { reason: Refusal::Other, code: Some(20_404), message });
        };
        if let Some(name) = &settings.friendly_name {
            held.friendly_name.clone_from(name);
        }
        if let Some(webhooks) = &settings.webhooks {
            held.webhooks.clone_from(webhooks);
        }
        held.date_updated = now;
        Ok(held.clone())
    }

    pub(crate) fn release(&self, identity: &ProviderIdentity) -> Result<ReleaseAnswer, ProviderError> {
        let mut state = self.state();
        if state.moods.refuses_releases {
            let message = "the number cannot be released now".to_owned();
            return Err(ProviderError::Refused { reason: Refusal::Other, code: Some(21_610), message });
        }
        let is_held = state.held.get(&identity.number).is_some_and(|held| held.identity == *identity);
        if is_held {
            state.held.remove(&identity.number);
        }
        match (state.moods.releases_silently, is_held) {
            (true, _) => Err(silence()),
            (false, true) => Ok(ReleaseAnswer::Released),
            (false, false) => Ok(ReleaseAnswer::Gone),
        }
    }

    pub(crate) fn locate(&self, identity: &ProviderIdentity) -> Option<AccountSid> {
        let state = self.state();
        let held = state.held.get(&identity.number).filter(|held| held.identity.account != identity.account);
        held.map(|held| held.identity.account.clone())
    }

    /// The supplier's clock, to the second, as its answers show it.
    fn now(&self) -> DateTime<Utc> {
        self.clock.now().trunc_subsecs(0)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn another_account() -> AccountSid {
    format!("AC{}", "9".repeat(32)).parse().unwrap()
}

fn silence() -> ProviderError {
    ProviderError::OutcomeUnknown { detail: "no answer within the time".to_owned(), source: None }
}
