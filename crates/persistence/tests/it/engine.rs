//! Databases on either engine, and tests that run on both.

/// Fresh stores on SQLite.
pub(crate) mod sqlite {
    use std::sync::Arc;

    use trunkline_provisioning::contract::Fixture;
    use trunkline_tenancy::contract::TenancyFixture;
    use trunkline_wallet::contract::{LedgerFixture, WalletFixture};

    use crate::fixture::Database;

    pub(crate) async fn wallet() -> WalletFixture {
        let database = Database::new().await;
        let store = Arc::new(database.open().await);
        WalletFixture { store, clock: Arc::clone(&database.clock), keep: Box::new(database) }
    }

    pub(crate) async fn ledger() -> LedgerFixture {
        let database = Database::new().await;
        let store = Arc::new(database.open().await);
        let (reader, clock) = (Arc::clone(&store), Arc::clone(&database.clock));
        LedgerFixture { wallet: WalletFixture { store, clock, keep: Box::new(database) }, reader }
    }

    pub(crate) async fn provisioning() -> Fixture {
        let database = Database::new().await;
        let store = Arc::new(database.open().await);
        let clock = Arc::clone(&database.clock);
        Fixture::of(&store, clock, Box::new(database))
    }

    pub(crate) async fn tenancy() -> TenancyFixture {
        let database = Database::new().await;
        TenancyFixture { store: Arc::new(database.open().await), keep: Box::new(database) }
    }
}

/// Fresh stores on PostgreSQL.
pub(crate) mod postgres {
    use std::sync::Arc;

    use trunkline_provisioning::contract::Fixture;
    use trunkline_tenancy::contract::TenancyFixture;
    use trunkline_wallet::contract::{LedgerFixture, WalletFixture};

    use crate::postgres::database::Database;

    pub(crate) async fn wallet() -> WalletFixture {
        let database = Database::new().await;
        let store = Arc::new(database.open().await);
        WalletFixture { store, clock: Arc::clone(&database.clock), keep: Box::new(database) }
    }

    pub(crate) async fn ledger() -> LedgerFixture {
        let database = Database::new().await;
        let store = Arc::new(database.open().await);
        let (reader, clock) = (Arc::clone(&store), Arc::clone(&database.clock));
        LedgerFixture { wallet: WalletFixture { store, clock, keep: Box::new(database) }, reader }
    }

    pub(crate) async fn provisioning() -> Fixture {
        let database = Database::new().await;
        let store = Arc::new(database.open().await);
        let clock = Arc::clone(&database.clock);
        Fixture::of(&store, clock, Box::new(database))
    }

    pub(crate) async fn tenancy() -> TenancyFixture {
        let database = Database::new().await;
        TenancyFixture { store: Arc::new(database.open().await), keep: Box::new(database) }
    }
}

/// Makes the tests of a contract suite once for each engine, in modules with the engines' names.
macro_rules! on_every_engine {
    ($($suite:ident)::+ ! ($fixture:ident)) => {
        mod sqlite {
            $($suite)::+!(crate::engine::sqlite::$fixture);
        }
        mod postgres {
            $($suite)::+!(crate::engine::postgres::$fixture);
        }
    };
}

pub(crate) use on_every_engine;
