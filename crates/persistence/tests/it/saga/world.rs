//! The world of a play: a real store, the supplier, the clock that both go by, and the processes that come and go.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use trunkline_alarms::LoggedAlarms;
use trunkline_domain::{
    Actor, Clock, Currency, DeploymentId, Fingerprint, Money, NumberId, NumberStatus, Order, OrderState,
    Origin, OwnedNumber, PriceBook, RandomIds, RequestContext, RequestKey, RequestOperation, UserId,
    WebhookUrls,
};
use trunkline_provider::Unconfigured;
use trunkline_provisioning::contract::Fixture;
use trunkline_provisioning::contract::fixture::{phone, usd};
use trunkline_provisioning::port::{NumberFilter, OrderFilter, Scope};
use trunkline_provisioning::{
    CurrentPrices, Provisioning, ProvisioningParts, ProvisioningSettings, PurchaseCommand, PurchaseError,
    PurchaseOutcome, RecoveryRound, ReleaseCommand,
};
use trunkline_wallet::{CreditCommand, Wallets};
use uuid::Uuid;

use super::line::Line;
use super::link::Link;
use super::process::{Plan, Process};
use super::supplier::Supplier;

/// More rounds of recovery than any order needs.
const ROUNDS: usize = 40;

/// What a number costs here: its set-up and first month.
pub(crate) const CHARGE: &str = "1.50";

pub(crate) struct World {
    pub(crate) stores: Arc<Fixture>,
    pub(crate) supplier: Arc<Supplier>,
    prices: CurrentPrices,
}

impl World {
    pub(crate) fn on(stores: Fixture) -> Self {
        let supplier = Arc::new(Supplier::new(Arc::clone(&stores.clock)));
        supplier.buy_in_console(&phone(7_777), "the operator's own");
        let prices = CurrentPrices::new(PriceBook::embedded().unwrap());
        Self { stores: Arc::new(stores), supplier, prices }
    }

    pub(crate) fn deployment() -> DeploymentId {
        DeploymentId::from_uuid(Uuid::from_u128(1))
    }

    /// Minutes are the store's clock's; callers, whose time is real, are not kept waiting.
    pub(crate) fn settings() -> ProvisioningSettings {
        let url = |path: &str| Some(format!("https://numbers.example/{path}"));
        let webhooks =
            WebhookUrls { voice_url: url("voice"), sms_url: url("sms"), status_callback_url: url("status") };
        let purchase_wait = Duration::from_millis(200);
        let repeat_wait = Duration::from_millis(200);
        ProvisioningSettings {
            purchase_wait,
            repeat_wait,
            // What stands before a list begins is judged in it.
            reconcile_after: Duration::ZERO,
            ..ProvisioningSettings::new(Self::deployment(), webhooks)
        }
    }

    pub(crate) fn provisioning(&self, process: &Arc<Process>) -> Provisioning {
        self.provisioning_with(process, Self::settings(), self.clock())
    }

    pub(crate) fn provisioning_with(
        &self,
        process: &Arc<Process>,
        settings: ProvisioningSettings,
        clock: Arc<dyn Clock>,
    ) -> Provisioning {
        let link = self.link(process);
        let parts = ProvisioningParts {
            alarms: Arc::new(LoggedAlarms),
            provider: self.line(process),
            account: Arc::new(Unconfigured),
            purchases: Arc::<Link>::clone(&link),
            releases: Arc::<Link>::clone(&link),
            decisions: Arc::clone(&link.stores.decisions),
            orphans: Arc::<Link>::clone(&link),
            numbers: Arc::<Link>::clone(&link),
            orders: Arc::<Link>::clone(&link),
            reconciliations: Arc::<Link>::clone(&link),
            businesses: link,
            prices: self.prices.clone(),
            clock,
            ids: Arc::new(RandomIds),
        };
        Provisioning::new(parts, settings).unwrap()
    }

    pub(crate) fn wallets(&self, process: &Arc<Process>) -> Wallets {
        Wallets::new(self.link(process), self.clock(), Arc::new(RandomIds))
    }

    fn link(&self, process: &Arc<Process>) -> Arc<Link> {
        Arc::new(Link { process: Arc::clone(process), stores: Arc::clone(&self.stores) })
    }

    fn line(&self, process: &Arc<Process>) -> Arc<Line> {
        Arc::new(Line { process: Arc::clone(process), supplier: Arc::clone(&self.supplier) })
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::<trunkline_provisioning::contract::ManualClock>::clone(&self.stores.clock)
    }

    pub(crate) async fn credit(&self, user: &UserId, amount: &str) {
        self.stores.credit(user, usd(amount)).await;
    }

    /// Buys a number on a good day.
    pub(crate) async fn buy(&self, user: &UserId, number: u16) -> OwnedNumber {
        let provisioning = self.provisioning(&Process::new(Plan::Healthy));
        let outcome = provisioning.purchase(purchase_of(user, number)).await;
        provisioning.shutdown().await;
        match outcome {
            Ok(PurchaseOutcome::Completed(purchased)) => purchased.number,
            // It took longer than callers are kept waiting.
            Ok(PurchaseOutcome::Pending(_)) | Err(PurchaseError::Storage { .. }) => {
                self.rows().await.into_iter().find(|row| row.phone_number == phone(number)).unwrap()
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Lets minutes pass and recovery run, until nothing is undecided. Failures are part of the play.
    pub(crate) async fn decide(&self, process: &Arc<Process>) {
        if process.is_dead() {
            return;
        }
        let provisioning = self.provisioning(process);
        process.heard(self.recover(&provisioning)).await;
        self.end(process, &provisioning).await;
    }

    /// Lets days pass, with a pass on each of two.
    pub(crate) async fn settle_down(&self, process: &Arc<Process>) {
        if process.is_dead() {
            return;
        }
        let provisioning = self.provisioning(process);
        let settling = async {
            for _ in 0..2 {
                self.stores.clock.advance(TimeDelta::hours(25));
                let _ = provisioning.pass_once().await;
                self.finish(&provisioning).await;
            }
        };
        process.heard(settling).await;
        self.end(process, &provisioning).await;
    }

    pub(crate) async fn recover(&self, provisioning: &Provisioning) {
        for _ in 0..ROUNDS {
            if !self.is_undecided().await {
                return;
            }
            self.stores.wait(61);
            let _ = provisioning.run_once().await;
        }
    }

    /// Lets time pass until a round of recovery finds nothing to do.
    async fn finish(&self, provisioning: &Provisioning) {
        for _ in 0..ROUNDS {
            self.stores.wait(301);
            if provisioning.run_once().await.is_ok_and(|round| round == RecoveryRound::default()) {
                return;
            }
        }
    }

    /// Waits for everything that a process has begun, unless it is dead.
    pub(crate) async fn end(&self, process: &Process, provisioning: &Provisioning) {
        if !process.is_dead() {
            process.heard(provisioning.shutdown()).await;
        }
        if !process.is_dead() {
            provisioning.shutdown().await;
        }
    }

    async fn is_undecided(&self) -> bool {
        let undecided = |order: &Order| matches!(order.state, OrderState::Ordering | OrderState::Unresolved);
        self.orders().await.iter().any(undecided)
            || self.rows().await.iter().any(|row| row.status == NumberStatus::Releasing)
    }

    pub(crate) async fn orders(&self) -> Vec<Order> {
        let filter = OrderFilter {
            scope: Scope::Everyone,
            business: None,
            states: Vec::new(),
            after: None,
            limit: 100,
        };
        self.stores.orders.orders(&filter).await.unwrap().orders
    }

    /// Every row, the released ones too.
    pub(crate) async fn rows(&self) -> Vec<OwnedNumber> {
        let of = |status| NumberFilter { status, ..NumberFilter::of(Scope::Everyone, 100) };
        let mut rows = self.stores.numbers.numbers(&of(None)).await.unwrap().numbers;
        rows.extend(self.stores.numbers.numbers(&of(Some(NumberStatus::Released))).await.unwrap().numbers);
        rows
    }

    pub(crate) async fn row(&self, id: NumberId) -> OwnedNumber {
        self.stores.numbers.number(&Scope::Everyone, id).await.unwrap().unwrap()
    }

    /// The only order of a number.
    pub(crate) async fn order_of(&self, number: u16) -> Order {
        let mut orders = self.orders().await;
        orders.retain(|order| order.phone_number == phone(number));
        assert_eq!(orders.len(), 1, "{orders:?}");
        orders.remove(0)
    }
}

pub(crate) fn origin(user: &UserId) -> Origin {
    Origin { actor: Actor::User { user: user.clone(), key: None }, context: RequestContext::NONE }
}

fn key(user: &UserId, operation: RequestOperation) -> RequestKey {
    RequestKey::new(user.clone(), operation, "key-1", Fingerprint::of(&["what was asked"])).unwrap()
}

pub(crate) fn purchase_of(user: &UserId, number: u16) -> PurchaseCommand {
    PurchaseCommand {
        user: user.clone(),
        phone_number: phone(number),
        display_name: "Front desk".parse().unwrap(),
        business: None,
        country: None,
        number_type: None,
        currency: Currency::USD,
        max_amount: None,
        request: None,
        origin: origin(user),
    }
}

pub(crate) fn keyed_purchase_of(user: &UserId, number: u16) -> PurchaseCommand {
    PurchaseCommand { request: Some(key(user, RequestOperation::Purchase)), ..purchase_of(user, number) }
}

pub(crate) fn release_of(user: &UserId, number: NumberId) -> ReleaseCommand {
    ReleaseCommand { user: user.clone(), within: None, number, request: None, origin: origin(user) }
}

pub(crate) fn keyed_release_of(user: &UserId, number: NumberId) -> ReleaseCommand {
    ReleaseCommand { request: Some(key(user, RequestOperation::Release)), ..release_of(user, number) }
}

pub(crate) fn credit_of(user: &UserId, amount: &str) -> CreditCommand {
    let amount: Money = usd(amount);
    let (reason, request) = ("top-up".to_owned(), Some(key(user, RequestOperation::Credit)));
    CreditCommand { user: user.clone(), amount, reason, request, origin: Origin::system() }
}
