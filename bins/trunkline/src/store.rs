//! The store, whichever engine keeps it: every port, and what commands ask of it besides.

use async_trait::async_trait;
use trunkline_alarms::AlarmStore;
use trunkline_domain::DeploymentId;
use trunkline_import::ImportStore;
use trunkline_notices::{AlertStore, NoticeStore};
use trunkline_payments::{PaymentStore, TopUpStore};
use trunkline_persistence::{PostgresStore, SqliteStore};
use trunkline_provisioning::port::{
    Businesses, DecisionStore, LimitStore, NumberStore, OperationsStore, OrderStore, OrphanStore,
    PurchaseStore, ReconciliationStore, ReleaseStore, SalesStore,
};
use trunkline_sessions::SessionStore;
use trunkline_tenancy::{AuditReader, TenancyStore};
use trunkline_voice::NumberDirectory;
use trunkline_wallet::{LedgerReader, StatementStore, WalletStore};

/// A store that serves the whole product.
#[async_trait]
pub(crate) trait Store:
    PurchaseStore
    + ReleaseStore
    + OrphanStore
    + DecisionStore
    + NumberStore
    + OrderStore
    + OperationsStore
    + ReconciliationStore
    + SalesStore
    + LimitStore
    + Businesses
    + WalletStore
    + PaymentStore
    + TopUpStore
    + StatementStore
    + LedgerReader
    + TenancyStore
    + SessionStore
    + AuditReader
    + NumberDirectory
    + AlarmStore
    + AlertStore
    + NoticeStore
    + ImportStore
{
    /// The installation that the database is.
    fn deployment(&self) -> DeploymentId;

    /// Waits until the store will never take a write again in this process; for ever if that does not happen.
    async fn lost(&self);

    /// Finishes what is under way and closes every connection.
    async fn close(&self);
}

macro_rules! store_of_the_product {
    ($store:ty) => {
        #[async_trait]
        impl Store for $store {
            fn deployment(&self) -> DeploymentId {
                <$store>::deployment(self)
            }

            async fn lost(&self) {
                <$store>::lost(self).await;
            }

            async fn close(&self) {
                <$store>::close(self.clone()).await;
            }
        }
    };
}

store_of_the_product!(SqliteStore);
store_of_the_product!(PostgresStore);
