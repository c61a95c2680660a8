//! Databases on either engine, and tests that run on both.

use std::sync::Arc;

use trunkline_provisioning::contract::Fixture;
use trunkline_provisioning::port::OperationsStore;

/// A fresh, empty store, asked what operations ask, with the makers of changes over it.
pub(crate) struct OperationsFixture {
    pub(crate) store: Arc<dyn OperationsStore>,
    pub(crate) changes: Fixture,
}

/// Fresh stores in a kind of database.
macro_rules! engine {
    ($name:ident, $database:ty) => {
        pub(crate) mod $name {
            use std::sync::Arc;

            use chrono::TimeDelta;
            use trunkline_alarms::contract::AlarmFixture;
            use trunkline_import::contract::ImportFixture;
            use trunkline_notices::contract::NoticeFixture;
            use trunkline_payments::contract::PaymentFixture;
            use trunkline_provisioning::contract::Fixture;
            use trunkline_sessions::contract::SessionFixture;
            use trunkline_tenancy::contract::{AuditFixture, TenancyFixture};
            use trunkline_wallet::contract::{LedgerFixture, StatementFixture, WalletFixture};

            use super::OperationsFixture;
            use crate::importing::BothFixture;
            use crate::notices::NeighbouringWallets;
            use crate::statements::YearFixture;

            pub(crate) type Database = $database;

            pub(crate) async fn wallet() -> WalletFixture {
                ledger().await.wallet
            }

            pub(crate) async fn ledger() -> LedgerFixture {
                let database = <$database>::new().await;
                let store = Arc::new(database.open().await);
                let (reader, clock) = (Arc::clone(&store), Arc::clone(&database.clock));
                LedgerFixture { wallet: WalletFixture { store, clock, keep: Box::new(database) }, reader }
            }

            pub(crate) async fn payments() -> PaymentFixture {
                let database = <$database>::new().await;
                let store = Arc::new(database.open().await);
                let (top_ups, notices) = (Arc::clone(&store), Arc::clone(&store));
                let (wallets, clock) = (Arc::clone(&store), Arc::clone(&database.clock));
                PaymentFixture { store, top_ups, notices, wallets, clock, keep: Box::new(database) }
            }

            pub(crate) async fn statements() -> StatementFixture {
                let database = <$database>::new().await;
                let store = Arc::new(database.open().await);
                let (reader, statements) = (Arc::clone(&store), Arc::clone(&store));
                let clock = Arc::clone(&database.clock);
                let wallet = WalletFixture { store, clock, keep: Box::new(database) };
                StatementFixture { ledger: LedgerFixture { wallet, reader }, statements }
            }

            pub(crate) async fn year() -> YearFixture {
                let database = <$database>::new().await;
                let store = Arc::new(database.open().await);
                let (reader, clock) = (Arc::clone(&store), Arc::clone(&database.clock));
                let changes = Fixture::of(&store, clock, Box::new(database));
                YearFixture { store, reader, changes }
            }

            pub(crate) async fn provisioning() -> Fixture {
                let database = <$database>::new().await;
                let store = Arc::new(database.open().await);
                let clock = Arc::clone(&database.clock);
                Fixture::of(&store, clock, Box::new(database))
            }

            pub(crate) async fn story() -> Fixture {
                let database = <$database>::copied().await;
                let store = Arc::new(database.open_narrow().await);
                let clock = Arc::clone(&database.clock);
                Fixture::of(&store, clock, Box::new(database))
            }

            pub(crate) async fn operations() -> OperationsFixture {
                let database = <$database>::new().await;
                let store = Arc::new(database.open().await);
                let clock = Arc::clone(&database.clock);
                let changes = Fixture::of(&store, clock, Box::new(database));
                OperationsFixture { store, changes }
            }

            pub(crate) async fn alarms() -> AlarmFixture {
                let database = <$database>::new().await;
                let store = Arc::new(database.open().await);
                let (clock, moved) = (Arc::clone(&database.clock), Arc::clone(&database.clock));
                let advance = Box::new(move |by| moved.advance(TimeDelta::from_std(by).unwrap()));
                AlarmFixture { store, clock, advance, keep: Box::new(database) }
            }

            pub(crate) async fn notices() -> NoticeFixture {
                let database = <$database>::new().await;
                let store = Arc::new(database.open().await);
                let (clock, moved) = (Arc::clone(&database.clock), Arc::clone(&database.clock));
                let advance = Box::new(move |by| moved.advance(TimeDelta::from_std(by).unwrap()));
                let wallets = Arc::new(NeighbouringWallets::of(&store, Arc::clone(&clock)));
                let alerts = Arc::clone(&store);
                NoticeFixture { alerts, notices: store, wallets, clock, advance, keep: Box::new(database) }
            }

            pub(crate) async fn sessions() -> SessionFixture {
                let database = <$database>::new().await;
                let store = Arc::new(database.open().await);
                let other = Arc::new(database.open_beside().await);
                let (tenancy, trail) = (Arc::clone(&store), Arc::clone(&store));
                let (clock, moved) = (Arc::clone(&database.clock), Arc::clone(&database.clock));
                let advance = Box::new(move |by| moved.advance(TimeDelta::from_std(by).unwrap()));
                SessionFixture { store, other, tenancy, trail, clock, advance, keep: Box::new(database) }
            }

            pub(crate) async fn importing() -> ImportFixture {
                let database = <$database>::new().await;
                let store = Arc::new(database.open().await);
                let (wallets, ledger) = (Arc::clone(&store), Arc::clone(&store));
                ImportFixture { store, wallets, ledger, keep: Box::new(database) }
            }

            pub(crate) async fn both() -> BothFixture {
                let database = <$database>::new().await;
                let store = Arc::new(database.open().await);
                let (numbers, orders, clock) =
                    (Arc::clone(&store), Arc::clone(&store), Arc::clone(&database.clock));
                let f = Fixture::of(&store, clock, Box::new(database));
                BothFixture { import: store, numbers, orders, f }
            }

            pub(crate) async fn tenancy() -> TenancyFixture {
                let database = <$database>::new().await;
                TenancyFixture { store: Arc::new(database.open().await), keep: Box::new(database) }
            }

            pub(crate) async fn audit() -> AuditFixture {
                let database = <$database>::new().await;
                let store = Arc::new(database.open().await);
                let reader = Arc::clone(&store);
                AuditFixture { tenancy: TenancyFixture { store, keep: Box::new(database) }, reader }
            }
        }
    };
}

engine!(sqlite, crate::fixture::Database);
engine!(postgres, crate::postgres::database::Database);

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
