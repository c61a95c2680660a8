//! The supplier: what Twilio does with a numbers request, as far as buying and releasing depend on it.
//!
//! It acts at once and tells the truth; everything that goes wrong on the way is a matter of fates. What its lists do
//! not show yet, a fetch by id does. A purchase of a number that the account holds is an update of it, as with Twilio.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use trunkline_domain::{
    AccountSid, Capabilities, IdSource, NumberSid, NumberType, OrderId, PhoneNumber, ProviderIdentity,
    WebhookUrls,
};
use trunkline_provider::{
    Bought, Listing, NumberPurchase, NumberSettings, ProviderError, ProviderNumber, Refusal, ReleaseAnswer,
    Sighting,
};
use trunkline_provisioning::Marker;

use crate::time::Timeline;

/// What a number can do that is for sale here.
pub(crate) const CAPABILITIES: Capabilities = Capabilities { voice: true, sms: true, mms: true, fax: false };

/// Two purchases within this time, in the whole seconds of the supplier's dates, look like one.
const TELLING_APART: TimeDelta = TimeDelta::seconds(2);

/// The supplier, with the operator's account there.
pub(crate) struct Supplier {
    timeline: Timeline,
    ids: Arc<dyn IdSource>,
    state: Mutex<State>,
}

struct State {
    account: AccountSid,
    held: BTreeMap<NumberSid, Held>,
    elsewhere: BTreeSet<PhoneNumber>,
    deals: Vec<Deal>,
}

/// A number that the account holds.
#[derive(Debug, Clone)]
struct Held {
    number: ProviderNumber,
    shown_from: DateTime<Utc>,
}

/// A number that was bought, whatever became of it.
#[derive(Debug, Clone)]
pub(crate) struct Deal {
    /// The number as it was bought.
    pub(crate) number: ProviderNumber,
    /// From when on the supplier's lists showed it.
    pub(crate) shown_from: DateTime<Utc>,
    /// Whether somebody else than its buyer had a hand in it: the console, or another order's purchase.
    pub(crate) meddled_with: bool,
    /// Whether its buyer's own request came again and updated it, which nobody can tell from somebody else's update.
    pub(crate) updated: bool,
    /// Whether it was bought in the console, and is to be there as long as the console does not release it. Not what an
    /// order bought as well in the same two seconds: no answer of the supplier tells the one from the other.
    pub(crate) by_console: bool,
}

impl Deal {
    /// The order whose marker the number was bought under.
    pub(crate) fn order(&self) -> Option<OrderId> {
        Marker::find_in(&self.number.friendly_name).map(|marker| marker.order)
    }
}

impl Supplier {
    pub(crate) fn new(timeline: Timeline, ids: Arc<dyn IdSource>) -> Self {
        let state = State {
            account: account('0'),
            held: BTreeMap::new(),
            elsewhere: BTreeSet::new(),
            deals: Vec::new(),
        };
        Self { timeline, ids, state: Mutex::new(state) }
    }

    /// The account that is configured.
    pub(crate) fn account(&self) -> AccountSid {
        self.state().account.clone()
    }

    /// The numbers that the account holds.
    pub(crate) fn owned(&self) -> Vec<ProviderNumber> {
        let state = self.state();
        let own = |held: &&Held| held.number.identity.account == state.account;
        state.held.values().filter(own).map(|held| held.number.clone()).collect()
    }

    /// The number under an id, in whatever account.
    pub(crate) fn number(&self, sid: &NumberSid) -> Option<ProviderNumber> {
        self.state().held.get(sid).map(|held| held.number.clone())
    }

    /// Every number that was ever bought.
    pub(crate) fn deals(&self) -> Vec<Deal> {
        self.state().deals.clone()
    }

    /// Somebody else, in an account of their own, has the number.
    pub(crate) fn sell_elsewhere(&self, number: &PhoneNumber) {
        self.state().elsewhere.insert(number.clone());
    }

    /// The operator buys a number in the console.
    pub(crate) fn buy_in_console(&self, phone_number: &PhoneNumber) -> NumberSid {
        let purchase = |account| NumberPurchase {
            phone_number: phone_number.clone(),
            country: trunkline_domain::Country::US,
            number_type: NumberType::Local,
            account,
            friendly_name: phone_number.to_string(),
            webhooks: WebhookUrls::default(),
            regulatory: trunkline_domain::RegulatoryIds::default(),
        };
        let sid = self.sell(&purchase(self.account()), Duration::ZERO).unwrap().number.identity.number;
        self.meddle(&sid, |_| {});
        self.mark(&sid, |deal| deal.by_console = true);
        sid
    }

    /// The operator renames a number in the console.
    pub(crate) fn rename_in_console(&self, sid: &NumberSid, friendly_name: &str) {
        self.meddle(sid, |number| friendly_name.clone_into(&mut number.friendly_name));
    }

    /// The operator moves a number to a subaccount.
    pub(crate) fn move_in_console(&self, sid: &NumberSid) {
        self.meddle(sid, |number| number.identity.account = account('1'));
    }

    /// The operator releases a number in the console.
    pub(crate) fn release_in_console(&self, sid: &NumberSid) {
        self.meddle(sid, |_| {});
        self.mark(sid, |deal| deal.by_console = false);
        self.state().held.remove(sid);
    }

    fn meddle(&self, sid: &NumberSid, change: impl FnOnce(&mut ProviderNumber)) {
        self.change(sid, change);
        self.mark(sid, |deal| deal.meddled_with = true);
    }

    fn change(&self, sid: &NumberSid, change: impl FnOnce(&mut ProviderNumber)) {
        let now = self.now();
        if let Some(held) = self.state().held.get_mut(sid) {
            change(&mut held.number);
            held.number.date_updated = now;
        }
    }

    /// A purchase of a number that the account holds.
    fn update(&self, sid: &NumberSid, purchase: &NumberPurchase) {
        let change = |number: &mut ProviderNumber| {
            number.friendly_name.clone_from(&purchase.friendly_name);
            number.webhooks = purchase.webhooks.clone();
        };
        let Some(before) = self.number(sid) else { return };
        if before.friendly_name == purchase.friendly_name {
            self.change(sid, change);
            self.mark(sid, |deal| deal.updated = true);
            return;
        }
        self.meddle(sid, change);
        if self.now() - before.date_created <= TELLING_APART {
            self.mark(sid, |deal| deal.by_console = false);
        }
    }

    fn mark(&self, sid: &NumberSid, change: impl FnOnce(&mut Deal)) {
        let mut state = self.state();
        state.deals.iter_mut().find(|deal| deal.number.identity.number == *sid).map(change);
    }

    pub(crate) fn look(&self, phone_number: &PhoneNumber) -> Sighting {
        let (state, time) = (self.state(), self.timeline.now());
        let shown = state.held.values().find(|held| {
            held.number.phone_number == *phone_number
                && held.number.identity.account == state.account
                && held.shown_from <= time
        });
        Sighting { number: shown.map(|held| held.number.clone()), provider_time: self.now() }
    }

    pub(crate) fn fetch(&self, identity: &ProviderIdentity) -> Option<ProviderNumber> {
        self.number(&identity.number).filter(|number| number.identity == *identity)
    }

    pub(crate) fn list(&self) -> Listing {
        let (state, time) = (self.state(), self.timeline.now());
        let shown = |held: &&Held| held.number.identity.account == state.account && held.shown_from <= time;
        let numbers = state.held.values().filter(shown).map(|held| held.number.clone()).collect();
        Listing { account: state.account.clone(), numbers, complete: true, begun_at: self.now() }
    }

    /// Sells a number. The lists lack it for so long.
    pub(crate) fn sell(&self, purchase: &NumberPurchase, lag: Duration) -> Result<Bought, ProviderError> {
        let (mut state, now) = (self.state(), self.now());
        let held = state.held.values().find(|held| held.number.phone_number == purchase.phone_number);
        if let Some(sid) = held.map(|held| held.number.identity.number.clone()) {
            drop(state);
            self.update(&sid, purchase);
            let number = self.number(&sid).unwrap();
            return Ok(Bought { number });
        }
        if state.elsewhere.contains(&purchase.phone_number) {
            let message = format!("{} is not available", purchase.phone_number);
            return Err(ProviderError::Refused {
                reason: Refusal::NumberUnavailable,
                code: Some(21_422),
                message,
            });
        }
        let sid: NumberSid = format!("PN{}", self.ids.next().simple()).try_into().unwrap();
        let number = ProviderNumber {
            identity: ProviderIdentity { account: purchase.account.clone(), number: sid.clone() },
            phone_number: purchase.phone_number.clone(),
            friendly_name: purchase.friendly_name.clone(),
            number_type: Some(purchase.number_type),
            capabilities: CAPABILITIES,
            webhooks: purchase.webhooks.clone(),
            date_created: now,
            date_updated: now,
        };
        let shown_from = self.timeline.now() + lag;
        state.held.insert(sid, Held { number: number.clone(), shown_from });
        state.deals.push(Deal {
            number: number.clone(),
            shown_from,
            meddled_with: false,
            updated: false,
            by_console: false,
        });
        Ok(Bought { number })
    }

    pub(crate) fn configure(
        &self,
        identity: &ProviderIdentity,
        settings: &NumberSettings,
    ) -> Result<ProviderNumber, ProviderError> {
        let (mut state, now) = (self.state(), self.now());
        let held = state.held.get_mut(&identity.number).filter(|held| held.number.identity == *identity);
        let Some(held) = held else { return Err(no_such_number()) };
        if let Some(name) = &settings.friendly_name {
            held.number.friendly_name.clone_from(name);
        }
        if let Some(webhooks) = &settings.webhooks {
            held.number.webhooks = webhooks.clone();
        }
        held.number.date_updated = now;
        Ok(held.number.clone())
    }

    pub(crate) fn take_back(&self, identity: &ProviderIdentity) -> Result<ReleaseAnswer, ProviderError> {
        let mut state = self.state();
        let is_here = state.held.get(&identity.number).is_some_and(|held| held.number.identity == *identity);
        if !is_here {
            return Ok(ReleaseAnswer::Gone);
        }
        state.held.remove(&identity.number);
        Ok(ReleaseAnswer::Released)
    }

    pub(crate) fn locate(&self, identity: &ProviderIdentity) -> Option<AccountSid> {
        let held = self.number(&identity.number).filter(|held| held.identity.account != identity.account);
        held.map(|held| held.identity.account)
    }

    /// The supplier's clock, to the second, as its answers show it.
    fn now(&self) -> DateTime<Utc> {
        self.timeline.now().trunc_subsecs(0)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn account(digit: char) -> AccountSid {
    format!("AC{}", digit.to_string().repeat(32)).try_into().unwrap()
}

fn no_such_number() -> ProviderError {
    let message = "the account has no such number".to_owned();
    ProviderError::Refused { reason: Refusal::Other, code: Some(20_404), message }
}
