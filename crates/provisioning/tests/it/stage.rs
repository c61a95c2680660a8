//! The stage of a test: a mock of every port, scripted by the test, with a log of what each was asked.
//!
//! What a test does not script is answered as on a good day. The stores hold no rules: they note a change and show
//! the order and the number as the change leaves them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use chrono::{DateTime, Utc};
use tokio::time::Instant;
use trunkline_alarms::{AlarmBoard, LoggedAlarms};
use trunkline_domain::{Change, Clock, IdSource, NumberStatus, OrderState, PriceBook};
use trunkline_provider::{
    Bought, Listing, MockNumberProvider, MockProviderAccount, NumberProvider, NumberPurchase, ProviderError,
    ProviderNumber, Sighting,
};
use trunkline_provisioning::port::{
    BegunRelease, Businesses, MockBusinesses, MockDecisionStore, MockNumberStore, MockOrderStore,
    MockOrphanStore, MockPurchaseStore, MockReconciliationStore, MockReleaseStore, OpenAnswer,
    OpenedPurchase, OrderPage, OrphanAnswer, PurchaseOpening, PurchaseSettlement, PurchaseStore,
    ReleaseAnswer, ReleaseTransition, SettleAnswer, StoreError, Transition, UpdateAnswer,
};
use trunkline_provisioning::{CurrentPrices, Provisioning, ProvisioningParts, ProvisioningSettings};
use uuid::Uuid;

use crate::asked::{Asked, Standing};
use crate::fixture;

/// Time that only a test moves.
#[derive(Clone)]
pub(crate) struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    pub(crate) fn set(&self, seconds: i64) {
        self.0.store(seconds, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        fixture::at(self.0.load(Ordering::Relaxed))
    }
}

/// Ids that a test can foretell: see [`fixture::id`].
#[derive(Default)]
struct CountedIds(AtomicU64);

impl IdSource for CountedIds {
    fn next(&self) -> Uuid {
        fixture::id(u128::from(self.0.fetch_add(1, Ordering::Relaxed) + 1))
    }
}

/// A mock of every port before the curtain rises.
pub(crate) struct Stage {
    pub provider: MockNumberProvider,
    pub account: MockProviderAccount,
    pub purchases: MockPurchaseStore,
    pub releases: MockReleaseStore,
    pub orphans: MockOrphanStore,
    pub decisions: MockDecisionStore,
    pub numbers: MockNumberStore,
    pub orders: MockOrderStore,
    pub reconciliations: MockReconciliationStore,
    pub businesses: MockBusinesses,
    /// Takes the place of `businesses`.
    pub owners: Option<Arc<dyn Businesses>>,
    pub settings: ProvisioningSettings,
    pub prices: CurrentPrices,
    pub alarms: Arc<dyn AlarmBoard>,
    pub clock: ManualClock,
    pub asked: Asked,
    pub standing: Standing,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self {
            provider: MockNumberProvider::new(),
            account: MockProviderAccount::new(),
            purchases: MockPurchaseStore::new(),
            releases: MockReleaseStore::new(),
            orphans: MockOrphanStore::new(),
            decisions: MockDecisionStore::new(),
            numbers: MockNumberStore::new(),
            orders: MockOrderStore::new(),
            reconciliations: MockReconciliationStore::new(),
            businesses: MockBusinesses::new(),
            owners: None,
            settings: fixture::settings(),
            prices: CurrentPrices::new(PriceBook::embedded().unwrap()),
            alarms: Arc::new(LoggedAlarms),
            clock: ManualClock(Arc::new(AtomicI64::new(0))),
            asked: Asked::default(),
            standing: Standing::default(),
        }
    }

    /// The answer to the next look.
    pub(crate) fn look(
        &mut self,
        answer: impl FnOnce() -> Result<Sighting, ProviderError> + Send + 'static,
    ) -> &mut Self {
        let log = self.asked.looks.clone();
        self.provider.expect_look().times(1).return_once(move |number| {
            log.note(&(number.clone(), Instant::now()));
            answer()
        });
        self
    }

    /// The answer to every further look that is not scripted.
    pub(crate) fn looks(
        &mut self,
        answer: impl Fn() -> Result<Sighting, ProviderError> + Send + 'static,
    ) -> &mut Self {
        let log = self.asked.looks.clone();
        self.provider.expect_look().returning(move |number| {
            log.note(&(number.clone(), Instant::now()));
            answer()
        });
        self
    }

    /// The answer to the purchase.
    pub(crate) fn buy(
        &mut self,
        answer: impl FnOnce(&NumberPurchase) -> Result<Bought, ProviderError> + Send + 'static,
    ) -> &mut Self {
        let log = self.asked.buys.clone();
        self.provider.expect_buy().times(1).return_once(move |purchase| {
            log.note(purchase);
            answer(purchase)
        });
        self
    }

    /// The answers to deletions, in order; the last one stays.
    pub(crate) fn deletions(
        &mut self,
        answer: impl Fn(usize) -> Result<trunkline_provider::ReleaseAnswer, ProviderError> + Send + 'static,
    ) -> &mut Self {
        let log = self.asked.deleted.clone();
        self.provider.expect_release().returning(move |identity| {
            log.note(identity);
            answer(log.count())
        });
        self
    }

    /// The answer to the next settlement.
    pub(crate) fn settle(
        &mut self,
        answer: impl FnOnce(&Standing, &PurchaseSettlement) -> Result<SettleAnswer, StoreError> + Send + 'static,
    ) -> &mut Self {
        let (log, standing) = (self.asked.settled.clone(), self.standing.clone());
        self.purchases.expect_settle().times(1).return_once(move |change| {
            log.note(change);
            answer(&standing, &change.body)
        });
        self
    }

    /// The provider whom the settings name.
    pub(crate) fn configured_account(
        &mut self,
        answer: Result<trunkline_domain::AccountSid, ()>,
    ) -> &mut Self {
        self.provider
            .expect_account()
            .returning(move || answer.clone().map_err(|()| ProviderError::NotConfigured));
        self
    }

    /// Raises the curtain.
    pub(crate) fn open(self) -> Scene {
        self.open_with(|provider| Arc::new(provider), |purchases| Arc::new(purchases))
    }

    /// Raises the curtain with something around the provider and the store of purchases.
    pub(crate) fn open_with(
        mut self,
        provider: impl FnOnce(MockNumberProvider) -> Arc<dyn NumberProvider>,
        purchases: impl FnOnce(MockPurchaseStore) -> Arc<dyn PurchaseStore>,
    ) -> Scene {
        self.play_provider();
        self.play_purchases();
        self.play_releases();
        self.play_orphans();
        self.play_reads();
        self.play_books();
        let parts = ProvisioningParts {
            alarms: self.alarms,
            provider: provider(self.provider),
            account: Arc::new(self.account),
            purchases: purchases(self.purchases),
            releases: Arc::new(self.releases),
            orphans: Arc::new(self.orphans),
            decisions: Arc::new(self.decisions),
            numbers: Arc::new(self.numbers),
            orders: Arc::new(self.orders),
            reconciliations: Arc::new(self.reconciliations),
            businesses: self.owners.unwrap_or_else(|| Arc::new(self.businesses)),
            prices: self.prices.clone(),
            clock: Arc::new(self.clock.clone()),
            ids: Arc::new(CountedIds::default()),
        };
        let provisioning = Provisioning::new(parts, self.settings).unwrap();
        Scene {
            provisioning,
            asked: self.asked,
            standing: self.standing,
            clock: self.clock,
            prices: self.prices,
        }
    }

    fn play_provider(&mut self) {
        self.configured_account(Ok(fixture::account()));
        self.looks(|| Ok(fixture::sighting(None)));
        self.provider.expect_search().returning(|_| Ok(vec![fixture::available()]));
        self.account.expect_addresses().returning(|| Ok(Vec::new()));
        self.account.expect_bundles().returning(|_, _| Err(ProviderError::NotConfigured));
        let log = self.asked.buys.clone();
        self.provider.expect_buy().returning(move |purchase| {
            log.note(purchase);
            fixture::bought(purchase)
        });
        let log = self.asked.configured.clone();
        self.provider.expect_configure().returning(move |identity, settings| {
            log.note(&(identity.clone(), settings.clone()));
            let webhooks = settings.webhooks.clone().unwrap_or_default();
            Ok(ProviderNumber { webhooks, ..fixture::provider_number() })
        });
        self.deletions(|_| Ok(trunkline_provider::ReleaseAnswer::Released));
        self.provider.expect_locate().returning(|_| Ok(None));
        self.provider.expect_list().returning(|| {
            let (account, begun_at) = (fixture::account(), fixture::at(0));
            Ok(Listing { account, numbers: Vec::new(), complete: true, begun_at })
        });
    }

    fn play_purchases(&mut self) {
        let (asked, store) = (&self.asked, &mut self.purchases);
        let (log, standing) = (asked.opened.clone(), self.standing.clone());
        store.expect_open().returning(move |change| {
            log.note(change);
            standing.put_order(&change.body.order);
            Ok(opened(change))
        });
        let (log, standing) = (asked.settled.clone(), self.standing.clone());
        store.expect_settle().returning(move |change| {
            log.note(change);
            Ok(SettleAnswer::Settled(standing.settle(&change.body)))
        });
        let (log, standing) = (asked.aborted.clone(), self.standing.clone());
        store.expect_abort().returning(move |change| {
            log.note(change);
            Ok(Transition::Applied(standing.change_order(|order| {
                order.state = OrderState::Failed;
                order.failure = Some(change.body.reason.clone());
            })))
        });
        let (log, standing) = (asked.parked.clone(), self.standing.clone());
        store.expect_park().returning(move |change| {
            log.note(change);
            Ok(Transition::Applied(standing.change_order(|order| order.state = OrderState::Unresolved)))
        });
        let (log, standing) = (asked.referred.clone(), self.standing.clone());
        store.expect_refer().returning(move |change| {
            log.note(change);
            Ok(Transition::Applied(standing.change_order(|order| {
                order.state = OrderState::Review;
                order.review = Some(change.body.reason);
                order.number_sid.clone_from(&change.body.number_sid);
            })))
        });
        let (log, standing) = (asked.late.clone(), self.standing.clone());
        store.expect_record_late_success().returning(move |change| {
            log.note(change);
            let sid = change.body.number_sid.clone();
            Ok(Transition::Applied(standing.change_order(|order| order.number_sid = Some(sid))))
        });
        store.expect_claim_stalled().returning(|_, _| Ok(Vec::new()));
        store.expect_repeat().returning(|_| Ok(None));
    }

    fn play_releases(&mut self) {
        let (asked, store) = (&self.asked, &mut self.releases);
        let (log, standing) = (asked.release_begun.clone(), self.standing.clone());
        store.expect_begin().returning(move |change| {
            log.note(change);
            let number = standing.change_number(|number| number.status = NumberStatus::Releasing);
            Ok(ReleaseAnswer::Begun(BegunRelease { number, lease: fixture::lease() }))
        });
        let (log, standing) = (asked.release_finished.clone(), self.standing.clone());
        store.expect_finish().returning(move |change| {
            log.note(change);
            Ok(ReleaseTransition::Applied(standing.change_number(|n| n.status = NumberStatus::Released)))
        });
        let (log, standing) = (asked.release_returned.clone(), self.standing.clone());
        store.expect_give_back().returning(move |change| {
            log.note(change);
            Ok(ReleaseTransition::Applied(standing.change_number(|n| n.status = NumberStatus::Active)))
        });
        let (log, standing) = (asked.release_parked.clone(), self.standing.clone());
        store.expect_park().returning(move |change| {
            log.note(change);
            Ok(ReleaseTransition::Applied(standing.change_number(|n| n.status = NumberStatus::Releasing)))
        });
        let (log, standing) = (asked.release_referred.clone(), self.standing.clone());
        store.expect_refer().returning(move |change| {
            log.note(change);
            Ok(ReleaseTransition::Applied(standing.change_number(|n| n.status = NumberStatus::Review)))
        });
        store.expect_claim_stalled().returning(|_, _| Ok(Vec::new()));
        store.expect_repeat().returning(|_| Ok(None));
    }

    fn play_orphans(&mut self) {
        let (asked, store) = (&self.asked, &mut self.orphans);
        let log = asked.orphan_begun.clone();
        store.expect_begin().returning(move |change| {
            log.note(change);
            Ok(OrphanAnswer::Begun(fixture::lease()))
        });
        let log = asked.orphan_finished.clone();
        store.expect_finish().returning(move |change| {
            log.note(change);
            Ok(true)
        });
        let log = asked.orphan_parked.clone();
        store.expect_park().returning(move |change| {
            log.note(change);
            Ok(true)
        });
        let log = asked.orphan_referred.clone();
        store.expect_refer().returning(move |change| {
            log.note(change);
            Ok(true)
        });
        let log = asked.passes.clone();
        store.expect_finish_pass().returning(move |change| {
            log.note(change);
            Ok(0)
        });
        store.expect_begin_pass().returning(|_, _| Ok(None));
        store.expect_renew_pass().returning(|_, _| Ok(true));
        store.expect_orphan_standing().returning(|_| Ok(None));
        store.expect_claim_stalled().returning(|_, _| Ok(Vec::new()));
    }

    /// Books in which nothing is, and an operator who has just reconciled them.
    fn play_books(&mut self) {
        let (store, log) = (&mut self.reconciliations, self.asked.reports.clone());
        store.expect_bought_numbers().returning(|_, _| Ok(Vec::new()));
        store.expect_contradictions().returning(|_, _| Ok(Vec::new()));
        store.expect_keep_report().returning(move |report, _| {
            log.note(report);
            Ok(())
        });
        store.expect_reports().returning(|_| Ok(Vec::new()));
        store.expect_was_written_off().returning(|_| Ok(false));
        store.expect_last_reconciled_at().returning(|| Ok(fixture::at(0)));
        store.expect_remember_webhooks().returning(|_, _| Ok(()));
        store.expect_webhooks_used().returning(|| Ok(Vec::new()));
    }

    fn play_reads(&mut self) {
        let standing = self.standing.clone();
        self.orders.expect_order().returning(move |_, id| Ok(standing.order().filter(|o| o.id == id)));
        let standing = self.standing.clone();
        self.orders.expect_orders().returning(move |filter| {
            let order = standing.order().filter(|order| filter.states.contains(&order.state));
            Ok(OrderPage { orders: order.into_iter().collect(), next: None })
        });
        let standing = self.standing.clone();
        self.numbers.expect_number().returning(move |_, id| Ok(standing.number().filter(|n| n.id == id)));
        self.numbers.expect_number_by_identity().returning(|_| Ok(None));
        let (log, standing) = (self.asked.updated.clone(), self.standing.clone());
        self.numbers.expect_update().returning(move |change| {
            log.note(change);
            standing.put_number(&change.body.number);
            Ok(UpdateAnswer::Updated(change.body.number.clone()))
        });
        self.businesses.expect_owner_of().returning(|_| Ok(Some(fixture::user())));
    }
}

/// The answer of a store that opened an order.
pub(crate) fn opened(change: &Change<PurchaseOpening>) -> OpenAnswer {
    let order = change.body.order.clone();
    OpenAnswer::Opened(OpenedPurchase { order, lease: fixture::lease(), send_by: fixture::at(20) })
}

/// A stage on which the play has begun.
pub(crate) struct Scene {
    pub provisioning: Provisioning,
    pub asked: Asked,
    pub standing: Standing,
    pub clock: ManualClock,
    pub prices: CurrentPrices,
}
