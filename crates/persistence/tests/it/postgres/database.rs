//! Fresh databases on a throw-away server.

use std::sync::Arc;

use sqlx::{Connection, PgConnection};
use trunkline_persistence::{LeaseTime, PostgresOptions, PostgresStore};
use trunkline_provisioning::contract::Fixture;
use trunkline_testkit::{Database as Place, Server};
use trunkline_wallet::contract::ManualClock;

/// A migrated database, and the clock by which its stores reckon leases.
pub(crate) struct Database {
    pub(crate) place: Place,
    pub(crate) clock: Arc<ManualClock>,
}

impl Database {
    pub(crate) async fn new() -> Self {
        Self::on(&Server::shared()).await
    }

    /// The same: here every one is a copy.
    pub(crate) async fn copied() -> Self {
        Self::new().await
    }

    pub(crate) async fn on(server: &Server) -> Self {
        let migrate = async |url: &str| {
            PostgresStore::migrate(&PostgresOptions::new(url.parse().unwrap())).await.unwrap();
        };
        Self { place: server.migrated_database(migrate).await, clock: ManualClock::new() }
    }

    pub(crate) fn empty() -> Self {
        Self { place: Server::shared().empty_database(), clock: ManualClock::new() }
    }

    pub(crate) fn options(&self) -> PostgresOptions {
        let options = PostgresOptions::new(self.place.url().parse().unwrap());
        PostgresOptions { lease_time: LeaseTime::Given(self.clock.clone()), ..options }
    }

    pub(crate) async fn open(&self) -> PostgresStore {
        PostgresStore::open(self.options()).await.unwrap()
    }

    /// With as few connections as it works with: a story that is played a thousand times pays for each.
    pub(crate) async fn open_narrow(&self) -> PostgresStore {
        PostgresStore::open(PostgresOptions { connections: 2, ..self.options() }).await.unwrap()
    }

    /// As another server opens it.
    pub(crate) async fn open_beside(&self) -> PostgresStore {
        self.open().await
    }

    /// The makers of changes, over a store of this database.
    pub(crate) fn changes(&self, store: &PostgresStore) -> Fixture {
        Fixture::of(&Arc::new(store.clone()), Arc::clone(&self.clock), Box::new(()))
    }

    /// A connection of somebody who knows nothing of our rules.
    pub(crate) async fn stranger(&self) -> PgConnection {
        PgConnection::connect(&self.place.url()).await.unwrap()
    }
}
