//! The contract of notices; and that what a database held before is told to nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use async_trait::async_trait;
use trunkline_domain::{Change, Money, UserId};
use trunkline_notices::contract::Wallets;
use trunkline_provisioning::contract::Fixture;
use trunkline_provisioning::port::ClaimEnd;
use trunkline_tenancy::{TenancyStore, User, UserCreation};
use trunkline_wallet::contract::ManualClock;
use trunkline_wallet::{AccountId, Adjustment, TransactionDirection};

use crate::engine::on_every_engine;

on_every_engine!(trunkline_notices::notice_store_contract!(notices));

/// The wallets and users of the same database, moved by what sells numbers.
pub(crate) struct NeighbouringWallets {
    f: Fixture,
    users: Arc<dyn TenancyStore>,
    /// How many phone numbers were ordered.
    numbers: AtomicU16,
}

impl NeighbouringWallets {
    pub(crate) fn of<S>(store: &Arc<S>, clock: Arc<ManualClock>) -> Self
    where
        S: trunkline_provisioning::port::PurchaseStore
            + trunkline_provisioning::port::ReleaseStore
            + trunkline_provisioning::port::OrphanStore
            + trunkline_provisioning::port::DecisionStore
            + trunkline_provisioning::port::NumberStore
            + trunkline_provisioning::port::OrderStore
            + trunkline_provisioning::port::ReconciliationStore
            + trunkline_provisioning::port::SalesStore
            + trunkline_provisioning::port::LimitStore
            + trunkline_wallet::WalletStore
            + trunkline_wallet::LedgerReader
            + TenancyStore
            + 'static,
    {
        let users = Arc::<S>::clone(store);
        Self { f: Fixture::of(store, clock, Box::new(())), users, numbers: AtomicU16::new(1) }
    }
}

#[async_trait]
impl Wallets for NeighbouringWallets {
    async fn add_user(&self, user: &UserId, email: &str) {
        let user = User { id: user.clone(), email: Some(email.parse().unwrap()), created_at: self.f.now() };
        self.users.create_user(&Change::new(UserCreation { user })).await.unwrap();
    }

    async fn credit(&self, user: &UserId, amount: Money) {
        self.f.credit(user, amount).await;
    }

    async fn debit(&self, user: &UserId, amount: Money) {
        let taking = Adjustment {
            transfer: trunkline_domain::TransferId::from_uuid(self.f.id()),
            user: user.clone(),
            wallet: AccountId::wallet(user, amount.currency()),
            direction: TransactionDirection::Debit,
            amount,
            description: "for the test".to_owned(),
            at: self.f.now(),
            approval: None,
        };
        self.f.wallets.adjust(&Change::new(taking)).await.unwrap();
    }

    async fn hold_and_void(&self, user: &UserId, amount: Money) {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let order = self.f.open(user, number, amount).await;
        self.f.fail(&order, ClaimEnd::Free).await;
    }
}
