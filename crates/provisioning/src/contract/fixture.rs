//! The store under test, and the changes that the cases ask of it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a suite fails by panicking"
)]

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use trunkline_domain::{
    AccountSid, BusinessId, Capabilities, Change, Clock, Country, Currency, FailureReason, Fingerprint,
    Money, NumberId, NumberKind, NumberSid, NumberStatus, NumberType, Order, OrderId, OrderState, Origin,
    OwnedNumber, PhoneNumber, ProviderIdentity, RequestKey, RequestOperation, TransferId, UserId,
    WebhookUrls,
};
use trunkline_wallet::contract::ManualClock;
use trunkline_wallet::{
    AccountId, Balance, Credit, HoldCapture, HoldPlacement, HoldVoid, WalletStore, verify_ledger,
};
use uuid::Uuid;

use crate::port::{
    Adoption, Authority, ClaimEnd, DecisionStore, LimitStore, NumberStore, OpenAnswer, OpenedPurchase,
    OrderStore, OrphanStore, PurchaseAbort, PurchaseOpening, PurchaseSettlement, PurchaseStore,
    ReconciliationStore, ReleaseOpening, ReleaseStore, SalesStore, SettleAnswer, Transition,
};
use crate::{LeaseTerms, LeaseToken, PurchaseEnd, Purchased, RepairCounts, Report, UserLimits};

/// A fresh, empty store behind all the ports that it implements.
pub struct Fixture {
    /// Orders' transitions.
    pub purchases: Arc<dyn PurchaseStore>,
    /// Releases' transitions.
    pub releases: Arc<dyn ReleaseStore>,
    /// Orphans and passes.
    pub orphans: Arc<dyn OrphanStore>,
    /// What an operator decides about numbers.
    pub decisions: Arc<dyn DecisionStore>,
    /// Numbers.
    pub numbers: Arc<dyn NumberStore>,
    /// Orders, for reading.
    pub orders: Arc<dyn OrderStore>,
    /// What reconciliations read and keep.
    pub reconciliations: Arc<dyn ReconciliationStore>,
    /// The switch of sales.
    pub sales: Arc<dyn SalesStore>,
    /// What limits users.
    pub limits: Arc<dyn LimitStore>,
    /// The ledger of the same store.
    pub wallets: Arc<dyn WalletStore>,
    /// The store's clock.
    pub clock: Arc<ManualClock>,
    /// Counts the ids that were made.
    pub ids: AtomicU64,
    /// Whatever must live as long as the store, such as its folder.
    pub keep: Box<dyn Any + Send + Sync>,
}

impl Fixture {
    /// A fixture of one store that implements every port.
    pub fn of<S>(store: &Arc<S>, clock: Arc<ManualClock>, keep: Box<dyn Any + Send + Sync>) -> Self
    where
        S: PurchaseStore
            + ReleaseStore
            + OrphanStore
            + DecisionStore
            + NumberStore
            + OrderStore
            + ReconciliationStore
            + LimitStore
            + SalesStore
            + WalletStore
            + 'static,
    {
        Self {
            purchases: Arc::<S>::clone(store),
            releases: Arc::<S>::clone(store),
            orphans: Arc::<S>::clone(store),
            decisions: Arc::<S>::clone(store),
            numbers: Arc::<S>::clone(store),
            orders: Arc::<S>::clone(store),
            reconciliations: Arc::<S>::clone(store),
            limits: Arc::<S>::clone(store),
            sales: Arc::<S>::clone(store),
            wallets: Arc::<S>::clone(store),
            clock,
            ids: AtomicU64::new(0),
            keep,
        }
    }

    /// A fresh id.
    pub fn id(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.ids.fetch_add(1, Ordering::Relaxed)) + 1)
    }

    /// The store's clock.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Moves the store's clock on.
    pub fn wait(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    /// A user's balance in dollars.
    pub async fn balance(&self, user: &UserId) -> Balance {
        let balance = self.wallets.balance(user, Currency::USD).await.unwrap();
        balance.unwrap_or_else(|| Balance::empty(Currency::USD))
    }

    /// Fails unless the ledger is whole.
    pub async fn assert_ledger_whole(&self) {
        assert_eq!(verify_ledger(&self.wallets.snapshot().await.unwrap()), []);
    }

    /// A credit that is not posted yet.
    pub fn credit_of(&self, user: &UserId, amount: Money) -> Change<Credit> {
        Change::new(Credit {
            transfer: TransferId::from_uuid(self.id()),
            user: user.clone(),
            wallet: AccountId::wallet(user, amount.currency()),
            amount,
            description: "credit".to_owned(),
            at: self.now(),
            approval: None,
        })
    }

    /// Credits a user.
    pub async fn credit(&self, user: &UserId, amount: Money) {
        self.wallets.credit(&self.credit_of(user, amount)).await.unwrap();
    }

    /// The opening of an order that is not stored yet, for the `number`th phone number.
    pub fn opening(&self, user: &UserId, number: u16, charge: Money) -> Change<PurchaseOpening> {
        let id = OrderId::from_uuid(self.id());
        let hold = HoldPlacement::new(
            TransferId::from_uuid(self.id()),
            user.clone(),
            charge,
            id,
            format!("Phone number {}", phone(number)),
        );
        let order = Order {
            id,
            user: user.clone(),
            business: None,
            phone_number: phone(number),
            display_name: "Front desk".parse().unwrap(),
            country: Country::US,
            number_type: NumberType::Local,
            charge,
            monthly_cost: charge,
            account: account(),
            wallet: hold.wallet.into(),
            hold: hold.hold,
            state: OrderState::Ordering,
            failure: None,
            review: None,
            number_sid: None,
            number: None,
            opened_at: self.now(),
            updated_at: self.now(),
        };
        let audit = Origin::system().audit("order.open", id, Some(user), self.now());
        let send_window = Duration::from_secs(20);
        let (daily_cap, limits) = (None, UserLimits::NONE);
        Change::new(PurchaseOpening { order, hold, terms: terms(), send_window, daily_cap, limits })
            .audit(audit)
    }

    /// Opens an order that must open.
    pub async fn open(&self, user: &UserId, number: u16, charge: Money) -> OpenedPurchase {
        self.open_as(&self.opening(user, number, charge)).await
    }

    /// Opens an order that must open.
    pub async fn open_as(&self, change: &Change<PurchaseOpening>) -> OpenedPurchase {
        opened(self.purchases.open(change).await.unwrap())
    }

    /// The settlement of an order under an id at the provider.
    pub fn settlement(&self, order: &Order, sid: &NumberSid) -> Change<PurchaseSettlement> {
        let at = self.now();
        let number = OwnedNumber {
            id: NumberId::from_uuid(self.id()),
            user: order.user.clone(),
            business: order.business,
            phone_number: order.phone_number.clone(),
            display_name: order.display_name.clone(),
            country: order.country,
            kind: order.number_type.into(),
            status: NumberStatus::Active,
            is_primary: false,
            is_active: true,
            provider: OwnedNumber::PROVIDER.to_owned(),
            identity: Some(ProviderIdentity { account: order.account.clone(), number: sid.clone() }),
            order: Some(order.id),
            monthly_cost: order.monthly_cost,
            capabilities: Capabilities { voice: true, sms: true, mms: false, fax: false },
            notes: None,
            webhooks: WebhookUrls {
                voice_url: Some("https://numbers.example/voice".to_owned()),
                sms_url: Some("https://numbers.example/sms".to_owned()),
                status_callback_url: None,
            },
            review: None,
            purchased_at: at,
            created_at: at,
            updated_at: at,
            version: 1,
        };
        let end = PurchaseEnd::Completed(Box::new(Purchased {
            number: number.clone(),
            transaction: order.hold,
            amount: order.charge,
        }));
        let capture =
            HoldCapture { transfer: TransferId::from_uuid(self.id()), hold: order.hold, number: number.id };
        Change::new(PurchaseSettlement { order: order.id, number, number_sid: sid.clone(), capture, end, at })
    }

    /// Settles an order that must settle.
    pub async fn settle(&self, order: &Order, sid: &NumberSid) -> OwnedNumber {
        match self.purchases.settle(&self.settlement(order, sid)).await.unwrap() {
            SettleAnswer::Settled(number) => number,
            other => unexpected(&other),
        }
    }

    /// Credits, opens and settles: a number that the user owns.
    pub async fn buy(&self, user: &UserId, number: u16) -> OwnedNumber {
        self.credit(user, usd("1.50")).await;
        let opened = self.open(user, number, usd("1.50")).await;
        let sid = sid(self.ids.fetch_add(1, Ordering::Relaxed));
        self.settle(&opened.order, &sid).await
    }

    /// The abort of an order, whose end is kept for repeats unless it may be retried.
    pub fn abort(
        &self,
        order: &Order,
        authority: Authority,
        reason: FailureReason,
        claim: ClaimEnd,
    ) -> Change<PurchaseAbort> {
        let end =
            (!reason.is_retryable()).then(|| PurchaseEnd::Failed { order: order.id, reason: reason.clone() });
        let void = HoldVoid { transfer: TransferId::from_uuid(self.id()), hold: order.hold };
        Change::new(PurchaseAbort { order: order.id, authority, reason, claim, void, end, at: self.now() })
    }

    /// Fails an order under its opener's lease, leaving the claim as said.
    pub async fn fail(&self, opened: &OpenedPurchase, claim: ClaimEnd) -> Order {
        let authority = Authority::Lease(opened.lease);
        let change = self.abort(&opened.order, authority, FailureReason::ProviderUnavailable, claim);
        applied(self.purchases.abort(&change).await.unwrap())
    }

    /// The beginning of a number's release.
    pub fn release_of(&self, number: &OwnedNumber) -> Change<ReleaseOpening> {
        let (id, user) = (number.id, number.user.clone());
        Change::new(ReleaseOpening { number: id, user, within: None, terms: terms(), at: self.now() })
    }

    /// The adoption of the `number`th phone number under an id at the provider, as a new order.
    pub fn adoption(&self, user: &UserId, number: u16, sid: &NumberSid) -> Change<Adoption> {
        let PurchaseOpening { order, hold, .. } = self.opening(user, number, usd("1.50")).body;
        let PurchaseSettlement { number, capture, .. } = self.settlement(&order, sid).body;
        let order = Order {
            state: OrderState::Completed,
            number: Some(number.id),
            number_sid: Some(sid.clone()),
            ..order
        };
        let audit = Origin::command_line().audit("number.adopt", number.id, Some(user), self.now());
        Change::new(Adoption { order, hold, capture, number }).audit(audit)
    }

    /// The report of a reconciliation at this moment that found nothing.
    pub fn report(&self) -> Report {
        Report {
            account: account(),
            begun_at: self.now(),
            ended_at: self.now() + TimeDelta::milliseconds(1_500),
            complete: true,
            held: 12,
            compared: 9,
            skipped: 2,
            on_other_accounts: 1,
            costs_unknown: Vec::new(),
            found: 0,
            repairable: 0,
            repairs: RepairCounts::default(),
            held_back: None,
            findings: Vec::new(),
        }
    }

    /// Keeps a report, as one that was asked for at the command line.
    pub async fn keep_report(&self, report: &Report) {
        let audit = Origin::command_line().audit("reconcile", &report.account, None, report.ended_at);
        self.reconciliations.keep_report(report, &audit).await.unwrap();
    }

    /// The record of a number that lives elsewhere.
    pub fn record_of(&self, user: &UserId, number: u16) -> OwnedNumber {
        let at = self.now();
        OwnedNumber {
            id: NumberId::from_uuid(self.id()),
            user: user.clone(),
            business: None,
            phone_number: phone(number),
            display_name: "Shop".parse().unwrap(),
            country: Country::US,
            kind: NumberKind::Vanity,
            status: NumberStatus::Active,
            is_primary: false,
            is_active: true,
            provider: "elsewhere".to_owned(),
            identity: None,
            order: None,
            monthly_cost: usd("0"),
            capabilities: Capabilities::default(),
            notes: Some("by hand".to_owned()),
            webhooks: WebhookUrls::default(),
            review: None,
            purchased_at: at,
            created_at: at,
            updated_at: at,
            version: 1,
        }
    }
}

/// Fails a case with what the store answered instead.
pub fn unexpected(answer: &dyn std::fmt::Debug) -> ! {
    panic!("unexpected answer: {answer:?}")
}

/// What was opened, or a failure.
pub fn opened(answer: OpenAnswer) -> OpenedPurchase {
    match answer {
        OpenAnswer::Opened(opened) => opened,
        other => unexpected(&other),
    }
}

/// The order of a transition that must have been applied.
pub fn applied(transition: Transition) -> Order {
    match transition {
        Transition::Applied(order) => order,
        other @ Transition::Stale(_) => unexpected(&other),
    }
}

/// The order of a transition that must not have been applied.
pub fn stale(transition: Transition) -> Order {
    match transition {
        Transition::Stale(order) => order,
        other @ Transition::Applied(_) => unexpected(&other),
    }
}

/// Dollars.
pub fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

/// A user.
pub fn ann() -> UserId {
    "ann".parse().unwrap()
}

/// Another user.
pub fn bob() -> UserId {
    "bob".parse().unwrap()
}

/// The `n`th business.
pub fn business(n: u128) -> BusinessId {
    BusinessId::from_uuid(Uuid::from_u128(0xb000 + n))
}

/// The `n`th phone number, below 10,000.
pub fn phone(n: u16) -> PhoneNumber {
    format!("+1415230{n:04}").parse().unwrap()
}

/// The provider's account.
pub fn account() -> AccountSid {
    format!("AC{}", "0".repeat(32)).parse().unwrap()
}

/// The `n`th number id at the provider.
pub fn sid(n: u64) -> NumberSid {
    format!("PN{n:032x}").parse().unwrap()
}

/// A lease of a minute.
pub const fn terms() -> LeaseTerms {
    LeaseTerms { lease: Duration::from_mins(1) }
}

/// The `n`th lease.
pub const fn token(n: i64) -> LeaseToken {
    LeaseToken::from_i64(n)
}

/// An idempotency key.
pub fn key(user: &UserId, operation: RequestOperation, text: &str, parts: &[&str]) -> RequestKey {
    RequestKey::new(user.clone(), operation, text, Fingerprint::of(parts)).unwrap()
}
